"""An installation in a folder, with the four people that retention and erasure take, and the commands over it."""

import argparse
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from admin.accounts import AdminAccounts, Role
from conversation.campaign import Automation, Campaign
from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.message import Channel
from conversation.ports import NewEvent
from ledger.attachments import Attachment, AttachmentStore
from ledger.database import migrate
from ledger.record import LedgerRecord
from ledger.retention import PROPOSED
from server import retention_command
from server.erasure import Media

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


def own_policy(place: Installation, old: str, new: str) -> None:
    (place.root / "var" / "retention.yml").write_text(PROPOSED.read_text("utf-8").replace(old, new), encoding="utf-8")


def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An empty one, whatever the environment says."""
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
