"""`ventanilla retention` and `ventanilla erase`: two people, both parties' policy, every medium, the acta, the log."""

import argparse
import asyncio
import getpass
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from admin import command_line as admin_command
from admin.accounts import AdminAccounts, Role
from conversation.campaign import Automation, Campaign
from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.message import Channel
from conversation.ports import NewEvent
from ledger.attachments import Attachment, AttachmentStore
from ledger.audit_log import AuditAction, Head, NewAuditEntry
from ledger.database import migrate
from ledger.record import LedgerRecord
from ledger.recording_evidence import recording_findings
from ledger.retention import PROPOSED
from ledger.verification import verify
from server import retention_command
from server.account_changes import change_account
from server.command_line import main
from server.erasure import Media
from server.retention_job import erase_daily, erase_unattended
from voice.recording_keys import KeyMissing

CENTRE = ZoneInfo("America/Mexico_City")
OPENED = datetime(2025, 3, 10, 9, 0, tzinfo=CENTRE)
PASSWORDS = {
    "tecla": "clave-de-tecla-1",
    "otto": "clave-de-otto-22",
    "iris": "clave-de-iris-33",
    "pilar": "clave-de-pilar-4",
}
ROLES = {
    "tecla": Role.TECHNICAL_AREA, "otto": Role.PROVIDER_OPERATIONS, "iris": Role.INSTITUTION_APPROVER,
    "pilar": Role.PROVIDER_APPROVER,
}  # fmt: skip
BY = ["--authorised-by", "tecla", "--executed-by", "otto", "--reason", "Oficio 12/2026 de la campaña"]
SAID = "mi nss es 00058500018"


class Installation:
    """A folder with a ledger, accounts, recordings, statements, and the commands over it."""

    def __init__(self, root: Path, key: str) -> None:
        self.root, self.key = root, key
        self.media: Media = retention_command.open_media(root, key)
        self.record = LedgerRecord(self.media.engine, self.media.vault)
        self.attachments = AttachmentStore(self.media.engine, self.media.vault, self.media.attachments)

    def call(self, campaign: str = "cita_medica", opened: datetime = OPENED) -> str:
        """A closed call with an original, a file and a recording; its folio."""
        of = Campaign(id=campaign, name=campaign, agent_type="avanzado_a", automation=Automation.BOT, version="v1")
        conversation = self.record.open(of, Channel.VOICE, "5500001234", opened, "0" * 64)
        recording = self.media.recordings.open(conversation.folio, campaign, opened)
        for _ in range(60):
            recording.caller(bytes(320))
            recording.bot(bytes(320))
        entry = self.media.recordings.close(recording)
        conversation.state, conversation.end, conversation.ended_by = State.CLOSED, End.COMPLETED, EndedBy.USER
        conversation.closed_at = opened + timedelta(minutes=3)
        noted = {"file": entry.file, "seconds": entry.seconds, "sha256": entry.sha256, "whole": True}
        events = [
            NewEvent(kind=EventKind.MESSAGE, data={"sender": "user", "text": "mi nss es *******0018"}, secret=SAID),
            NewEvent(kind=EventKind.CLOSED), NewEvent(kind=EventKind.RECORDED, data=noted),
        ]  # fmt: skip
        self.record.write(conversation, events, opened)
        kept = self.attachments.keep(conversation.id, "receta.pdf", b"%PDF-1.7 " + conversation.id.encode(), opened)
        assert isinstance(kept, Attachment)
        return conversation.folio

    def settle(self, month: str = "2025-03", campaign: str = "todas", status: str = "ACORDADO") -> None:
        """A kept statement, as `ventanilla settle --keep` leaves it."""
        folder = self.root / "var" / "statements" / month / campaign / "v0001"
        folder.mkdir(parents=True)
        version = {
            "number": 1, "period": month, "campaign": campaign, "status": status, "statement_sha256": "a" * 64,
            "policy_sha256": "b" * 64, "at": "2025-04-10T10:00:00-06:00", "reason": "cierre",
        }  # fmt: skip
        (folder / "version.json").write_text(json.dumps(version), encoding="utf-8")

    def retention(self, *words: str, passwords: dict[str, str] | None = None) -> int:
        parser = argparse.ArgumentParser()
        retention_command.add_arguments(parser)
        return retention_command.run(parser.parse_args(words), self.root, self.key, self._ask(passwords))

    def erase(self, folio: str, *words: str, passwords: dict[str, str] | None = None) -> int:
        parser = argparse.ArgumentParser()
        retention_command.add_erase_arguments(parser)
        arguments = parser.parse_args(["--folio", folio, *words])
        return retention_command.run_erase(arguments, self.root, self.key, self._ask(passwords))

    def agree(self) -> None:
        assert self.retention("approve", "--user", "iris") == self.retention("approve", "--user", "pilar") == 0

    def lines(self, *actions: str) -> list[tuple[str, str, str, str | None, str]]:
        return [
            (one.action, one.actor, one.role, one.folio or one.object, one.result)
            for one in reversed(self.media.log.entries())
            if one.action in actions
        ]

    def acta(self) -> dict:
        [path] = (self.root / "var" / "erasures").glob("*.json")
        return json.loads(path.read_text(encoding="utf-8"))

    @staticmethod
    def _ask(passwords: dict[str, str] | None) -> Callable[[str], str]:
        known = PASSWORDS | (passwords or {})
        return lambda question: known[question.removeprefix("Contraseña de ").removesuffix(": ")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    (tmp_path / "var").mkdir()
    for name in ("DATABASE_URL", "RECORDINGS", "ATTACHMENTS", "STATEMENTS", "RETENTION", "ADMIN_ACCOUNTS"):
        monkeypatch.delenv(f"VENTANILLA_{name}", raising=False)
    migrate(f"sqlite:///{tmp_path / 'var' / 'ledger.db'}")
    quick = AdminAccounts(
        tmp_path / "var" / "admin_accounts.yml", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    for username, password in PASSWORDS.items():
        quick.add(username, username.capitalize(), password, (ROLES[username],), ("*",))
    return Installation(tmp_path, Fernet.generate_key().decode())


def own_policy(place: Installation, old: str, new: str) -> None:
    (place.root / "var" / "retention.yml").write_text(PROPOSED.read_text("utf-8").replace(old, new), encoding="utf-8")


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


def test_what_is_due_goes_from_every_medium_by_order_of_two_people(place: Installation) -> None:
    first, second, later = place.call(), place.call(), place.call(opened=OPENED + timedelta(days=4000))
    files = [place.media.recordings.path(one) for folio in (first, second) for one in place.media.recordings.of(folio)]
    backup = files[0].read_bytes()
    place.settle()
    place.agree()
    assert place.retention("run", *BY) == 0
    assert not any(path.exists() for path in files) and place.media.recordings.of(later)
    assert len(list(place.media.attachments.glob("*.bin"))) == 1
    assert "cita_medica_2025-03" not in place.media.recordings.keys.names()
    files[0].write_bytes(backup)
    with pytest.raises(KeyMissing):  # a backup that comes back is noise
        place.media.recordings.keys.find("cita_medica_2025-03")
    files[0].unlink()
    database = b"".join(path.read_bytes() for path in (place.root / "var").glob("ledger.db*"))
    assert b"receta" in database, "the later one is still there"
    assert verify(place.media.engine, place.media.vault).is_sound
    assert list(recording_findings(place.media.engine, place.root / "var" / "recordings")) == []
    reason = {one.reason for one in place.media.log.entries() if one.action in ("erased", "erasure_authorised")}
    assert reason == {"Oficio 12/2026 de la campaña"}
    assert place.lines("erasure_authorised", "erased") == [
        ("erasure_authorised", "tecla", "area_tecnica", "cita_medica/2025-03", "done"),
        ("erased", "otto", "operacion_proveedor", "cita_medica/2025-03: 2 interacciones", "done"),
    ]
    assert place.media.log.verify().problem is None


def test_the_acta_says_what_was_done_and_names_nobody(place: Installation) -> None:
    folios = sorted([place.call(), place.call()])
    place.settle()
    place.agree()
    assert place.retention("run", *BY) == 0
    acta = place.acta()
    assert (acta["interacciones"], acta["grabaciones"], acta["archivos_recibidos"], acta["originales_cifrados"]) == (
        2, 2, 2, 2,
    )  # fmt: skip
    assert (acta["autorizo"], acta["ejecuto"]) == ("area_tecnica", "operacion_proveedor")
    assert acta["llaves_destruidas"] == ["cita_medica_2025-03"] and acta["base_compactada"] is True
    assert acta["verificacion"] == {"revisadas": 2, "legibles": []}
    assert acta["folios_sha256"] == hashlib.sha256("\n".join(folios).encode()).hexdigest()
    said = {name: value for name, value in acta.items() if name != "sha256"}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert acta["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert not any(folio in json.dumps(acta) for folio in folios) and "tecla" not in json.dumps(acta)
    [document] = (place.root / "var" / "erasures").glob("*.pdf")
    assert document.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("words", "passwords", "said"),
    [
        (["--authorised-by", "otto", "--executed-by", "tecla", "--reason", "x" * 20], {}, "corresponde a Área técnica"),
        (["--authorised-by", "tecla", "--executed-by", "tecla", "--reason", "x" * 20], {}, "Operación del proveedor"),
        (BY, {"otto": "no es esta"}, "o su contraseña no es correcta"),
        (["--authorised-by", "tecla", "--executed-by", "otto", "--reason", "corto"], {}, "Diga el motivo"),
        (["--authorised-by", "tecla", "--reason", "x" * 20], {}, "Falta quién"),
    ],
)
def test_an_order_that_is_not_in_order_erases_nothing(
    place: Installation, words: list[str], passwords: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folio = place.call()
    place.settle()
    place.agree()
    assert place.retention("run", *words, passwords=passwords) == 2
    assert said in capsys.readouterr().err
    assert place.media.recordings.of(folio)


def test_one_person_with_both_roles_is_still_one(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    accounts = AdminAccounts(place.root / "var" / "admin_accounts.yml")
    accounts.add("tecla", "Tecla", PASSWORDS["tecla"], (Role.TECHNICAL_AREA, Role.PROVIDER_OPERATIONS), ("*",))
    words = ["--authorised-by", "tecla", "--executed-by", "tecla", "--reason", "x" * 20]
    assert place.erase(place.call(), *words) == 2
    assert "Autoriza una persona y ejecuta otra" in capsys.readouterr().err


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


def test_one_interaction_is_erased_on_request(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    folio, other = place.call(), place.call()
    assert place.erase(folio, *BY) == 1 and "no está liquidado" in capsys.readouterr().out
    place.settle()
    assert place.erase(folio, *BY) == 0
    assert place.erase(folio, *BY) == 1 and "ya se había borrado" in capsys.readouterr().out
    assert place.erase("VEN-20250310-0000099-1", *BY) == 1
    assert not place.media.recordings.of(folio) and place.media.recordings.of(other)
    assert place.media.recordings.keys.names() == ("cita_medica_2025-03",), "the other one is under it"
    told = place.lines("erasure_authorised", "erased")
    assert [(action, actor, result) for action, actor, _, _, result in told[2:4]] == [
        ("erasure_authorised", "tecla", "done"), ("erased", "otto", "done"),
    ]  # fmt: skip
    [line] = [one for one in place.media.log.entries(folio=folio, action="erased") if one.result == "done"]
    assert line.before_sha256 and line.after_sha256 and line.before_sha256 != line.after_sha256
    assert [result for *_, result in told] == ["done", "failed", "done", "done", "done", "failed", "done", "failed"]


def test_what_a_crash_left_between_ledger_and_files_goes_with_the_next_run(place: Installation) -> None:
    first, second = place.call(), place.call()
    place.settle()
    place.agree()
    [entry] = place.media.recordings.of(first)
    content = place.media.recordings.path(entry).read_bytes()
    assert place.erase(first, *BY) == 0
    place.media.recordings.path(entry).write_bytes(content)
    with (place.root / "var" / "recordings" / "index.jsonl").open("a", encoding="utf-8") as index:
        index.write(entry.model_dump_json() + "\n")
    assert place.media.recordings.of(first)
    assert place.erase(second, *BY) == 0
    assert not place.media.recordings.of(first) and not place.media.recordings.path(entry).exists()


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


def test_a_restored_backup_is_erased_again(place: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    folio, kept = place.call(), place.call()
    path, before = place.root / "var" / "ledger.db", place.root / "before.db"
    place.settle()
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(before)) as backup:
        now.backup(backup)
    assert place.erase(folio, *BY) == 0
    place.media.engine.dispose()
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(before)) as backup:
        backup.backup(now)
    assert list(recording_findings(place.media.engine, place.root / "var" / "recordings", folio)), "it seems lost"
    capsys.readouterr()
    assert place.retention("reapply") == 0
    assert "Borradas: 1 interacciones" in capsys.readouterr().out
    assert list(recording_findings(place.media.engine, place.root / "var" / "recordings")) == []
    assert verify(place.media.engine, place.media.vault).is_sound and place.media.recordings.of(kept)
    with place.media.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT folio FROM events WHERE secret IS NOT NULL").scalars().all()
    assert left == [kept]
    assert place.retention("reapply") == 0 and "Borradas: 0 interacciones" in capsys.readouterr().out


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


def test_a_broken_interaction_stays_as_proof_and_the_others_go(
    place: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, whole = place.call(), place.call()
    place.settle()
    place.agree()
    with place.media.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET level = 'x' WHERE folio = ? AND position = 1", (broken,))
    assert place.retention("run", *BY) == 1
    assert f"{broken} no se borró: su evidencia está alterada" in capsys.readouterr().out
    assert place.media.recordings.of(broken) and not place.media.recordings.of(whole)


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
