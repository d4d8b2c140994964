"""`ventanilla settle` from the outside: options, bytes written, exit status."""

import argparse
import json

import pytest

from evaluation.settlement.command_line import add_arguments, run
from evaluation.settlement.formats import FORMATS
from server.ledger_source import ledger_interactions


@pytest.fixture
def settle_command(tmp_path, capsysbinary):
    """Run the command with its options; return its exit status, standard output and standard error."""

    def command(*options, ledger=None):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        status = run(parser.parse_args([str(option) for option in options]), ledger)
        out, err = capsysbinary.readouterr()
        return status, out, err.decode()

    return command


@pytest.fixture
def interactions_file(tmp_path):
    def write(*records):
        path = tmp_path / "interactions.jsonl"
        path.write_text("".join(json.dumps(item) + "\n" for item in records), "utf-8")
        return path

    return write


def test_settles_a_file(settle_command, interactions_file, record, tmp_path):
    policy = tmp_path / "policy.yml"
    policy.write_text("prices: {avanzado_a: '2.50'}", "utf-8")
    source = interactions_file(record())
    status, out, _ = settle_command("--from", source, "--policy", policy)
    assert status == 0
    assert json.loads(out)["totals"][0]["gross"] == "2.50"
    written = tmp_path / "statement.csv"
    status, out, _ = settle_command("--from", source, "--policy", policy, "--format", "csv", "--out", written)
    assert (status, out) == (0, b"")
    assert written.read_bytes().startswith(b"record,month,campaign,")


def test_without_policy_the_default_is_preliminary(settle_command, interactions_file, record):
    status, out, _ = settle_command("--from", interactions_file(record()))
    assert status == 0
    assert json.loads(out)["status"] == "PRELIMINAR"


def test_a_format_that_is_not_there_is_a_clear_error(settle_command, capsysbinary):
    with pytest.raises(SystemExit) as stopped:
        settle_command("--from", "x", "--format", "docx")
    assert stopped.value.code == 2
    assert "formato no disponible; use json o csv o xlsx o pdf" in capsysbinary.readouterr().err.decode()


@pytest.mark.parametrize(("name", "beginning"), [("xlsx", b"PK"), ("pdf", b"%PDF-"), ("csv", b"record,")])
def test_every_format_goes_to_a_file_or_to_standard_output(
    settle_command, interactions_file, record, tmp_path, name, beginning
):
    source, out = interactions_file(record()), tmp_path / "statement"
    assert settle_command("--from", source, "--format", name, "--out", out) == (0, b"", "")
    status, printed, _ = settle_command("--from", source, "--format", name)
    assert (status, printed) == (0, out.read_bytes())
    assert printed.startswith(beginning)
    assert {path.name for path in tmp_path.iterdir()} == {"interactions.jsonl", "statement"}


def test_what_stood_in_the_file_stays_until_the_new_statement_is_complete(
    settle_command, interactions_file, record, tmp_path, monkeypatch
):
    def interrupted(statement, path):
        path.write_text("half of it")
        raise KeyboardInterrupt

    out = tmp_path / "statement"
    out.write_text("the earlier one")
    monkeypatch.setitem(FORMATS, "json", interrupted)
    status, _, err = settle_command("--from", interactions_file(record()), "--out", out)
    assert (status, err) == (130, "Interrumpido: no se escribió nada.\n")
    assert out.read_text() == "the earlier one"
    assert {path.name for path in tmp_path.iterdir()} == {"interactions.jsonl", "statement"}


def test_a_version_is_kept_with_its_reason_or_not_at_all(settle_command, interactions_file, record, tmp_path):
    source, kept = interactions_file(record()), tmp_path / "kept"
    options = ("--from", source, "--month", "2026-10", "--keep", kept)
    status, out, err = settle_command(*options)
    assert (status, out, kept.exists()) == (2, b"", False)
    assert "--reason" in err
    status, _, err = settle_command(*options, "--reason", "primera")
    assert status == 0
    assert f"Se guardó la versión 1: {kept / '2026-10' / 'todas' / 'v0001'}" in err
    assert "Nada cambió desde la versión 1" in settle_command(*options, "--reason", "otra vez")[2]
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert settle_command(*options[:-1], blocked, "--reason", "primera")[0] == 1


def test_contradictory_input_settles_nothing(settle_command, interactions_file, record, tmp_path):
    written = tmp_path / "statement.json"
    source = interactions_file(record("VEN-1"), record("VEN-1"), record("VEN-2", end="done"))
    status, out, err = settle_command("--from", source, "--out", written)
    assert (status, out, written.exists()) == (2, b"", False)
    assert "línea 2, campo folio: el folio ya aparece en la línea 1" in err
    assert "línea 3, campo end" in err


def test_a_refused_policy_settles_nothing(settle_command, interactions_file, record, tmp_path):
    policy = tmp_path / "policy.yml"
    policy.write_text("prices:\n  avanzado_a: '-1.00'", "utf-8")
    status, out, err = settle_command("--from", interactions_file(record()), "--policy", policy)
    assert (status, out) == (2, b"")
    assert "línea 2, campo prices.avanzado_a: debe ser 0 o más" in err
    policy.write_bytes(b"\xff\xfe")
    assert settle_command("--from", interactions_file(record()), "--policy", policy)[0] == 2


def test_files_that_cannot_be_read_or_written(settle_command, interactions_file, record, tmp_path):
    absent = tmp_path / "absent" / "file"
    status, _, err = settle_command("--from", absent)
    assert status == 2
    assert str(absent) in err
    assert settle_command("--from", interactions_file(record()), "--policy", absent)[0] == 2
    assert settle_command("--from", interactions_file(record()), "--out", absent)[0] == 1


def test_no_interactions_is_said_aloud(settle_command, interactions_file):
    status, out, err = settle_command("--from", interactions_file())
    assert status == 0
    assert json.loads(out)["interactions"] == []
    assert "no hay ninguna interacción" in err


@pytest.fixture
def ledger(record, wrong):
    """A ledger that filters as the real one does, and remembers what it was asked for."""
    rows = [
        record("VEN-1", started_at="2026-09-30T09:00:00-06:00", questions=wrong("x")),
        record("VEN-2", started_at="2026-10-01T09:00:00-06:00", questions=wrong("x")),
        record("VEN-3", started_at="2026-10-02T09:00:00-06:00", campaign="recepcion"),
    ]

    def interactions(month, campaign):
        interactions.asked = (month, campaign)
        return [
            row
            for row in rows
            if (month is None or row["started_at"].startswith(month)) and campaign in (None, row["campaign"])
        ]

    return interactions


def test_settles_a_month_of_the_ledger_with_first_occurrences_of_earlier_months(settle_command, ledger):
    status, out, _ = settle_command("--month", "2026-10", ledger=ledger)
    document = json.loads(out)
    assert status == 0
    assert [line["folio"] for line in document["interactions"]] == ["VEN-2", "VEN-3"]
    assert [(line["folio"], line["first_folio"]) for line in document["deductions"]] == [("VEN-2", "VEN-1")]
    _, out, _ = settle_command("--month", "2026-10", "--campaign", "recepcion", ledger=ledger)
    assert [line["folio"] for line in json.loads(out)["interactions"]] == ["VEN-3"]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ("{}", (None, "recepcion")),
        ("recurrence_window: month", ("2026-10", "recepcion")),
        ("{recurrence_window: month, recurrence_key: deviation}", ("2026-10", None)),
        ("{recurrence_window: month, deduction_cap: {amount: 100}}", (None, None)),
    ],
)
def test_reads_only_the_part_of_the_ledger_that_decides(settle_command, ledger, tmp_path, settings, asked):
    policy = tmp_path / "policy.yml"
    policy.write_text(settings, "utf-8")
    settle_command("--month", "2026-10", "--campaign", "recepcion", "--policy", policy, ledger=ledger)
    assert ledger.asked == asked


def test_says_what_to_settle_when_nothing_was_named(settle_command, ledger):
    assert settle_command(ledger=ledger)[0] == 2
    assert settle_command("--month", "2026-10")[0] == 2
    with pytest.raises(SystemExit):
        settle_command("--month", "2026-13", ledger=ledger)


def test_a_bad_ledger_record_is_refused(settle_command, record):
    status, out, err = settle_command("--month", "2026-10", ledger=lambda month, campaign: [record(end="done")])
    assert (status, out) == (2, b"")
    assert "libro de registro" in err
    assert "folio VEN-1, campo end: valor desconocido" in err


def test_a_ledger_that_is_not_there_or_cannot_be_read_settles_nothing(settle_command, tmp_path, monkeypatch):
    monkeypatch.setenv("VENTANILLA_DATABASE_URL", f"sqlite:///{tmp_path / 'nada.db'}")
    status, out, err = settle_command("--month", "2026-10", ledger=ledger_interactions(tmp_path))
    assert (status, out) == (2, b"")
    assert str(tmp_path / "nada.db") in err
    assert not (tmp_path / "nada.db").exists(), "an empty ledger was made and would have been settled"
    (tmp_path / "nada.db").write_bytes(b"esto no es una base de datos" * 100)
    status, out, err = settle_command("--month", "2026-10", ledger=ledger_interactions(tmp_path))
    assert (status, out) == (2, b"")
    assert "VENTANILLA_DATABASE_URL" in err


def test_a_damaged_version_is_told_and_nothing_is_kept(settle_command, interactions_file, record, tmp_path):
    source, kept = interactions_file(record()), tmp_path / "kept"
    options = ("--from", source, "--month", "2026-10", "--keep", kept, "--reason", "x")
    assert settle_command(*options)[0] == 0
    damaged = kept / "2026-10" / "todas" / "v0001" / "version.json"
    damaged.write_text("{")
    status, _, err = settle_command(*options)
    assert status == 1
    assert str(damaged) in err
