"""`ventanilla retention`: what is due and when, both parties' policy, holds, the nightly job, and who is told."""

import argparse
import asyncio
import getpass
from datetime import timedelta

import pytest
from kept_installation import BY, OPENED, Installation, own_policy

from admin import command_line as admin_command
from ledger.audit_log import AuditAction, Head, NewAuditEntry
from ledger.retention import PROPOSED
from ledger.verification import verify
from server import retention_command
from server.account_changes import change_account
from server.command_line import main
from server.retention_job import erase_daily, erase_unattended


def test_a_rehearsal_says_what_is_due_and_changes_nothing(
    place: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    folio = place.call()
    place.call("derechohabiente")
    assert place.retention("run", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "cita_medica 2025-03 (general): 1 vencidas; sin liquidar; necesita la orden de dos personas" in said
    assert "derechohabiente" not in said and "Ensayo: no se borró nada." in said
    assert place.retention("run", "--dry-run", "--date", "2025-10-05") == 0
    assert "Nada vencido" in capsys.readouterr().out
    assert place.retention("run", "--date", "2025-10-05") == 2
    assert place.media.recordings.of(folio) and verify(place.media.engine, place.media.vault).is_sound


def test_terms_that_one_party_alone_approved_erase_nothing(
    place: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    place.call()
    place.settle()
    assert place.retention("approve", "--user", "iris") == 0
    assert "Falta: Aprobador del proveedor" in capsys.readouterr().out
    assert place.retention("run", *BY) == 2 and "PRELIMINARES" in capsys.readouterr().err
    assert place.retention("approve", "--user", "pilar") == 0 and "ACORDADO" in capsys.readouterr().out
    assert place.retention("show") == 0 and "Estado: ACORDADO" in capsys.readouterr().out
    own_policy(place, "months: 6", "months: 1")
    assert place.retention("run", *BY) == 2, "a change of any term voids both approvals"
    assert place.retention("approve", "--user", "tecla") == 2


def test_unsettled_and_held_months_and_folios_stay(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    held, free = place.call(), place.call()
    place.agree()
    assert place.retention("run", *BY) == 0 and place.media.recordings.of(free), "unsettled"
    place.settle(status="PRELIMINAR", campaign="cita_medica")
    assert place.retention("run", *BY) == 0 and place.media.recordings.of(free), "still not agreed on"
    place.settle()
    hold = ("--user", "tecla", "--reason", "Queja 118 en curso")
    assert place.retention("hold", "cita_medica/2025-03", *hold) == place.retention("hold", held, *hold) == 0
    assert place.retention("run", *BY) == 0 and place.media.recordings.of(free)
    assert place.retention("release", "cita_medica/2025-03", *hold) == 0
    assert place.retention("release", "cita_medica/2025-03", *hold) == 2, "it is not held any more"
    assert place.retention("hold", "cita_medica/2025-3", *hold) == 2, "a slip must not look like a hold"
    assert place.retention("show") == 0 and f"reservado: {held}" in capsys.readouterr().out
    assert place.retention("run", *BY) == 0
    assert place.media.recordings.of(held) and not place.media.recordings.of(free)
    assert place.erase(held, *BY) == 1 and "está reservada" in capsys.readouterr().out
    assert place.retention("release", held, *hold) == 0 and place.erase(held, *BY) == 0
    assert place.lines("held", "released")[0] == ("held", "tecla", "area_tecnica", "cita_medica/2025-03", "done")


def test_the_daily_job_erases_only_what_needs_no_order(place: Installation) -> None:
    own_policy(place, "  cobranza_dir: dir\n", "  cita_medica: dir\n")
    free, ordered = place.call(), place.call("banco_sangre")
    place.settle()
    assert erase_unattended(place.media, place.root, OPENED + timedelta(days=900)) is None, "not agreed yet"
    place.agree()
    assert erase_unattended(place.media, place.root, OPENED + timedelta(days=50)) is None, "not due yet"
    done = erase_unattended(place.media, place.root, OPENED + timedelta(days=900))
    assert done is not None and [one.folio for one in done.interactions] == [free]
    assert place.media.recordings.of(ordered)
    assert place.lines("erased") == [("erased", "sistema", "", "cita_medica/2025-03: 1 interacciones", "done")]
    assert place.acta()["autorizo"] == "sistema"
    assert erase_unattended(place.media, place.root, OPENED + timedelta(days=900)) is None


async def test_every_night_the_head_of_the_log_goes_out_and_what_is_due_goes(
    place: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    own_policy(place, "  cobranza_dir: dir\n", "  cita_medica: dir\n")
    folio = place.call()
    place.settle()
    place.agree()
    hours = [2, 4, 5]
    asked = iter(OPENED.replace(year=2026, hour=hour) for hour in hours)
    looking = asyncio.create_task(erase_daily(place.media, place.root, lambda: next(asked), every_seconds=0))
    with pytest.raises(RuntimeError):  # the clock of the test has stopped
        await asyncio.wait_for(looking, 60)
    assert not place.media.recordings.of(folio)
    heads = [one.getMessage() for one in caplog.records if "head of the audit log" in one.getMessage()]
    assert len(heads) == 1, "once a night"
    head = Head.model_validate_json(heads[0].removeprefix("head of the audit log: "))
    assert place.media.log.verify(head).problem is None


def test_what_cannot_be_read_is_refused(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    (place.root / "var" / "retention.yml").write_text("profiles: [", encoding="utf-8")
    assert place.retention("show") == 2 and "no es YAML" in capsys.readouterr().err
    assert retention_command.run(argparse.Namespace(verb="show"), place.root, None) == 2
    assert retention_command.run(argparse.Namespace(verb="show"), place.root / "nada", place.key) == 2
    damaged = place.root / "var" / "statements" / "2025-03" / "todas" / "v0001"
    damaged.mkdir(parents=True)
    (damaged / "version.json").write_text("{}", encoding="utf-8")
    assert place.erase("VEN-20250310-0000001-1", *BY) == 2


def test_an_approval_by_somebody_elses_line_does_not_count(place: Installation) -> None:
    """An approval of another policy, or under another role, approves nothing."""
    place.call()
    place.settle()
    for role in ("area_tecnica", "aprobador_institucion"):
        entry = NewAuditEntry(
            at=OPENED, actor="x", role=role, action=AuditAction.APPROVED, object=f"retención {'0' * 64}"
        )  # fmt: skip
        place.media.log.append(entry)
    assert place.retention("run", *BY) == 2


def test_the_commands_of_the_installation(
    place: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VENTANILLA_DATABASE_URL", str(place.media.engine.url))
    monkeypatch.setenv("VENTANILLA_LEDGER_KEY", place.key)
    monkeypatch.setenv("VENTANILLA_RETENTION", str(PROPOSED))
    assert main(["retention", "show"]) == 0 and "Estado: PRELIMINAR" in capsys.readouterr().out
    assert main(["audit", "verify"]) == 0 and "Bitácora íntegra: 0 líneas" in capsys.readouterr().out
    monkeypatch.setenv("VENTANILLA_ADMIN_ACCOUNTS", str(place.root / "var" / "admin_accounts.yml"))
    assert main(["erase", "--folio", "VEN-1", "--authorised-by", "x", "--executed-by", "y", "--reason", "corto"]) == 2


def test_a_change_of_accounts_is_logged(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "operadora")
    monkeypatch.setattr(admin_command, "getpass", lambda _: "una-clave-larga-de-prueba")
    parser = argparse.ArgumentParser()
    admin_command.add_arguments(parser)
    given = parser.parse_args(["nora", "Nora Gil", "--role", "auditor", "--campaign", "*"])
    assert change_account(given, place.root, place.key) == 0
    [line] = place.media.log.entries()
    assert (line.action, line.actor, line.object) == ("account_changed", "operadora", "nora")
    assert line.reason == "papeles: auditor; campañas: *"
