"""`ventanilla policy`: approving adds one approval and changes nothing else; changing a setting voids it."""

import argparse
from datetime import datetime

import pytest

from evaluation.settlement.approvals import NotInserted, approve
from evaluation.settlement.interaction import CENTRAL_TIME
from evaluation.settlement.policy import read_policy
from evaluation.settlement.policy_command import add_arguments, run

AT = datetime(2026, 10, 1, 10, tzinfo=CENTRAL_TIME)
APPROVED = "{party: a, role: b, at: '2026-10-01T10:00:00-06:00', policy_sha256: " + "a" * 64 + "}"
LAYOUTS = {
    "empty file": "",
    "no approvals": "# Acordada en junta.\nuser_hangup: 0   # corte del usuario",
    "empty list": "approvals: []   # {party, role, at, policy_sha256}\nuser_hangup: 0\n",
    "list in brackets": f"approvals: [{APPROVED}]\nuser_hangup: 0\n",
    "list in brackets, with a comma at its end": f"approvals: [\n  {APPROVED},  # la primera\n]\n# fin\n",
    "list of dashes": f"approvals:\n- {APPROVED}  # la primera\n\n# Llamadas cortadas\nuser_hangup: 0\n",
    "indented list, at the end of the file": f"user_hangup: 0\napprovals:\n  - {APPROVED}",
    "list of blocks": "approvals:\n- party: a\n  role: b\n  at: 2026-10-01T10:00:00-06:00\n  policy_sha256: '"
    + "a" * 64
    + "'   # anterior\n# Llamadas cortadas\nuser_hangup: 0\n",
    "Windows": "user_hangup: 0\r\napprovals: []\r\n# fin\r\n",
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_an_approval_is_added_and_the_rest_stays_as_it_was(text):
    before = read_policy(text)
    approved = approve(text, "institucion", "administración: «contrato» # 1", AT)
    after = read_policy(approved)
    assert after.sha256() == before.sha256()
    assert after.approvals[:-1] == before.approvals
    assert (after.approvals[-1].party, after.approvals[-1].at) == ("institucion", AT)
    assert after.standing_approvals() == [after.approvals[-1]]
    kept = [line for line in text.splitlines() if "approvals" not in line and APPROVED not in line]
    assert [line for line in approved.splitlines() if line in kept] == kept
    assert approved.count("#") == text.count("#") + 1
    both = read_policy(approve(approved, "proveedor", "dirección de operación", AT))
    assert (both.status(), both.sha256()) == ("ACORDADO", before.sha256())


def test_a_layout_that_was_not_foreseen_is_left_alone():
    with pytest.raises(NotInserted, match="policy_sha256"):
        approve("{user_hangup: 0}\n", "institucion", "administración", AT)


@pytest.fixture
def policy_command(tmp_path, capsys):
    path = tmp_path / "policy.yml"

    def command(verb, *options):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        status = run(parser.parse_args([verb, str(path), *options]))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    command.path = path
    return command


def test_two_parties_approve_and_a_change_voids_both(policy_command):
    path = policy_command.path
    path.write_text("user_hangup: 0  # del usuario\n", "utf-8")
    status, said = policy_command("verify")
    assert status == 1
    assert "Falta la aprobación de: institucion, proveedor" in said
    assert policy_command("approve", "--party", "institucion", "--role", "administración")[0] == 0
    assert "Falta la aprobación de: proveedor" in policy_command("verify")[1]
    once = path.read_text("utf-8")
    assert "ya había aprobado" in policy_command("approve", "--party", "institucion", "--role", "otra")[1]
    assert path.read_text("utf-8") == once
    status, said = policy_command("approve", "--party", "proveedor", "--role", "operación")
    assert (status, "ACORDADO" in said) == (0, True)
    assert policy_command("verify")[0] == 0
    path.write_text(path.read_text("utf-8").replace("user_hangup: 0", "user_hangup: 30"), "utf-8")
    status, said = policy_command("verify")
    assert (status, said.count("sin efecto")) == (1, 2)
    assert policy_command("approve", "--party", "proveedor", "--role", "operación")[0] == 0
    assert len(read_policy(path.read_text("utf-8")).approvals) == 3


def test_show_says_every_setting_with_its_default(policy_command):
    policy_command.path.write_text("prices_by_campaign: {cita_medica: {avanzado_a: '12.5'}}", "utf-8")
    status, said = policy_command("show")
    assert status == 0
    assert f"SHA-256: {read_policy(policy_command.path.read_text('utf-8')).sha256()}" in said
    assert "prices_by_campaign.cita_medica.avanzado_a: 12.50" in said
    assert "recurrence_window: contract" in said


def test_what_cannot_be_approved_is_left_alone(policy_command):
    assert policy_command("show")[0] == 2
    policy_command.path.write_text("user_hangup: 7", "utf-8")
    status, said = policy_command("approve", "--party", "proveedor", "--role", "operación")
    assert (status, "línea 1, campo user_hangup" in said) == (2, True)
    policy_command.path.write_text("user_hangup: 0", "utf-8")
    assert policy_command("approve", "--party", "proveedor", "--role", "\n")[0] == 2
    policy_command.path.write_text("{user_hangup: 0}", "utf-8")
    assert "Agréguela a mano" in policy_command("approve", "--party", "proveedor", "--role", "operación")[1]
    assert policy_command.path.read_text("utf-8") == "{user_hangup: 0}"
    policy_command.path.write_bytes(b"\xff")
    assert policy_command("verify")[0] == 2


def test_an_accent_or_a_capital_does_not_make_a_second_party():
    once = approve("", "institucion", "administración", AT)
    assert read_policy(approve(once, "Institución", "otra", AT)).status() == "PRELIMINAR"
    assert read_policy(approve(once, "proveedor", "otra", AT)).status() == "ACORDADO"
