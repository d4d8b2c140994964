"""Kept versions of a statement, and what changed from one to the next."""

import argparse
import json
from datetime import datetime

import pytest

from evaluation.settlement.interaction import CENTRAL_TIME
from evaluation.settlement.policy import Policy
from evaluation.settlement.statement import settle
from evaluation.settlement.statement_command import add_arguments, run
from evaluation.settlement.versions import keep, versions

AT = datetime(2026, 11, 3, 10, tzinfo=CENTRAL_TIME)
PRICED = Policy.model_validate({"prices": {"avanzado_a": "10.00"}})


@pytest.fixture
def statement_command(capsys):
    def command(*options):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        status = run(parser.parse_args([str(option) for option in options]))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


@pytest.fixture
def october(interaction, wrong):
    """A statement of four folios; the verdicts of a review change VEN-2 and VEN-3, VEN-4 goes and VEN-5 comes."""

    def statement(reviewed=False, policy=PRICED):
        answers = wrong("requisito") if reviewed else None
        review = {"questions": answers} if answers else {}
        lines = [
            interaction("VEN-1", started_at="2026-10-01T09:00:00-06:00"),
            interaction("VEN-2", started_at="2026-10-02T09:00:00-06:00", **review),
            interaction("VEN-3", started_at="2026-10-03T09:00:00-06:00", **review),
            interaction("VEN-5" if reviewed else "VEN-4", started_at="2026-10-04T09:00:00-06:00"),
        ]
        return settle(lines, policy).narrowed("2026-10", None)

    return statement


def test_versions_are_numbered_and_never_overwritten(october, tmp_path):
    first, is_new = keep(october(), tmp_path, "primera", AT)
    assert (first.number, is_new, first.period, first.campaign) == (1, True, "2026-10", "todas")
    before = (first.folder(tmp_path) / "statement.csv").read_bytes()
    assert keep(october(), tmp_path, "otra vez", AT) == (first, False)
    second, _ = keep(october(reviewed=True), tmp_path, " revisión de calidad ", AT)
    assert (second.number, second.reason) == (2, "revisión de calidad")
    third, is_new = keep(october(), tmp_path, "se retiró la revisión", AT)
    assert (third.number, is_new, third.statement_sha256) == (3, True, first.statement_sha256)
    assert (first.folder(tmp_path) / "statement.csv").read_bytes() == before
    assert [version.number for version in versions(tmp_path)] == [1, 2, 3]
    assert {path.name for path in first.folder(tmp_path).parent.iterdir()} == {"v0001", "v0002", "v0003"}


def test_a_number_that_was_taken_meanwhile_is_not_taken_again(october, tmp_path):
    first, _ = keep(october(), tmp_path, "primera", AT)
    taken = first.folder(tmp_path).with_name("v0002")
    taken.mkdir()
    (taken / "statement.csv").write_text("de otra orden")
    with pytest.raises(OSError):
        keep(october(reviewed=True), tmp_path, "revisión", AT)
    assert (taken / "statement.csv").read_text() == "de otra orden"
    assert {path.name for path in taken.parent.iterdir()} == {"v0001", "v0002"}


def test_each_period_and_campaign_has_its_own_numbers(october, interaction, tmp_path):
    keep(october(), tmp_path, "primera", AT)
    other, _ = keep(settle([interaction(campaign="a/../../b")], PRICED).narrowed(None, "a/../../b"), tmp_path, "x", AT)
    months = [interaction("VEN-1"), interaction("VEN-2", started_at="2026-12-01T09:00:00-06:00")]
    both, _ = keep(settle(months, PRICED), tmp_path, "x", AT)
    assert (other.number, both.number, both.period) == (1, 1, "2026-10_2026-12")
    assert {path.name for path in tmp_path.iterdir()} == {"2026-10", "2026-10_2026-12"}


def test_the_policy_approved_later_makes_a_version(october, tmp_path):
    keep(october(), tmp_path, "primera", AT)
    approvals = [
        {"party": party, "role": "x", "at": AT, "policy_sha256": PRICED.sha256()}
        for party in ("institucion", "proveedor")
    ]
    agreed = Policy.model_validate({"prices": {"avanzado_a": "10.00"}, "approvals": approvals})
    version, is_new = keep(october(policy=agreed), tmp_path, "aprobada", AT)
    assert (version.number, is_new, version.status) == (2, True, "ACORDADO")


def test_list_shows_what_is_kept(october, tmp_path, statement_command):
    assert "No hay versiones" in statement_command("list", tmp_path)[1]
    version, _ = keep(october(), tmp_path, "primera", AT)
    status, said = statement_command("list", tmp_path)
    assert status == 0
    assert "2026-10" in said
    assert version.statement_sha256[:8] in said


def test_diff_names_every_change(october, tmp_path, statement_command):
    folders = [keep(october(reviewed), tmp_path, "x", AT)[0].folder(tmp_path) for reviewed in (False, True)]
    status, said = statement_command("diff", *folders, "--format", "json")
    assert status == 0
    turned = {
        "rule": {"before": "resuelta", "after": "respuesta_incorrecta"},
        "percent": {"before": "100", "after": "0"},
        "amount": {"before": "10.00", "after": "0.00"},
    }
    paid = {"rule": "resuelta", "percent": "100", "amount": "10.00"}
    assert json.loads(said) == {
        "totals": [
            {
                "month": "2026-10",
                "campaign": "derechohabiente",
                "agent_type": "avanzado_a",
                "equivalents": {"before": "4.00", "after": "2.00", "difference": "-2.00"},
                "gross": {"before": "40.00", "after": "20.00", "difference": "-20.00"},
                "deductions": {"before": "0.00", "after": "50.00", "difference": "50.00"},
                "net": {"before": "40.00", "after": "-30.00", "difference": "-70.00"},
            }
        ],
        "changed": [{"folio": "VEN-2", **turned}, {"folio": "VEN-3", **turned}],
        "added": [{"folio": "VEN-5", **paid}],
        "removed": [{"folio": "VEN-4", **paid}],
        "deductions_added": [{"folio": "VEN-3", "first_folio": "VEN-2", "deviation": "requisito", "amount": "50.00"}],
        "deductions_removed": [],
    }
    status, said = statement_command("diff", *folders)
    assert "VEN-2  rule resuelta -> respuesta_incorrecta  percent 100 -> 0  amount 10.00 -> 0.00" in said
    assert "net 40.00 -> -30.00 (-70.00)" in said
    assert statement_command("diff", folders[0], folders[0]) == (0, "No hay diferencias.\n")


def test_diff_says_that_the_policy_is_another_one(october, tmp_path, statement_command, written):
    for name, policy in (("a", PRICED), ("b", Policy())):
        (tmp_path / name).write_bytes(written("csv", october(policy=policy)))
    status, said = statement_command("diff", tmp_path / "a", tmp_path / "b", "--format", "json")
    difference = json.loads(said)
    assert difference["policy_sha256"] == {"before": PRICED.sha256(), "after": Policy().sha256()}
    assert difference["changed"][0] == {"folio": "VEN-1", "amount": {"before": "10.00", "after": ""}}
    assert difference["totals"][0]["gross"] == {"before": "40.00", "after": "", "difference": None}
    assert "Política (SHA-256)" in statement_command("diff", tmp_path / "a", tmp_path / "b")[1]


def test_diff_of_totals_that_only_one_statement_has(interaction, tmp_path, statement_command, written):
    one = settle([interaction("VEN-1")], PRICED)
    both = settle([interaction("VEN-1"), interaction("VEN-2", campaign="recepcion")], PRICED)
    for name, statement in (("a", one), ("b", both)):
        (tmp_path / name).write_bytes(written("csv", statement))
    (total,) = json.loads(statement_command("diff", tmp_path / "a", tmp_path / "b", "--format", "json")[1])["totals"]
    assert (total["campaign"], total["net"]) == ("recepcion", {"before": None, "after": "10.00", "difference": "10.00"})
    (total,) = json.loads(statement_command("diff", tmp_path / "b", tmp_path / "a", "--format", "json")[1])["totals"]
    assert total["net"] == {"before": "10.00", "after": None, "difference": "-10.00"}


def test_what_is_no_statement_or_was_changed_is_refused(october, tmp_path, statement_command, written):
    version, _ = keep(october(), tmp_path / "kept", "primera", AT)
    folder = version.folder(tmp_path / "kept")
    (tmp_path / "json").write_bytes(written("json", october()))
    assert statement_command("diff", folder, tmp_path / "json")[0] == 2
    assert statement_command("diff", folder, tmp_path / "absent")[0] == 2
    content = (folder / "statement.csv").read_bytes()
    (tmp_path / "short").write_bytes(content[:300])
    assert statement_command("diff", folder, tmp_path / "short")[0] == 2
    (tmp_path / "words").write_bytes(content.replace(b",40.00,", b",mucho,"))
    assert statement_command("diff", folder, tmp_path / "words")[0] == 2
    (tmp_path / "twice").write_bytes(content + content[content.index(b"\r\n") + 2 :])
    assert statement_command("diff", folder, tmp_path / "twice")[0] == 2
    (folder / "statement.csv").write_bytes(content.replace(b"10.00", b"11.00"))
    status, said = statement_command("diff", folder, folder)
    assert (status, "cambió después de guardarse" in said) == (2, True)
    (folder / "version.json").write_text("{}")
    assert statement_command("list", tmp_path / "kept")[0] == 2
