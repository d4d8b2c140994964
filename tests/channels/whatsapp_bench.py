"""The application and a stand-in of Meta, each on a socket of its own; people with telephones, and an agent's desk."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from live_application import until
from scripted_dialogue import KEY, ScriptedEngine

from conversation.conversation import Conversation
from ledger.attachments import AttachmentStore
from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.schema import EventRow, WhatsAppInboxRow
from ledger.vault import Vault
from ledger.whatsapp_outbox import WhatsAppOutbox
from ledger.whatsapp_users import Address, WhatsAppUsers
from sandbox.whatsapp_graph import GraphStandIn, SentMessage
from sandbox.whatsapp_phone import Phone
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PHONE_ID, TOKEN, APP_SECRET, VERIFY_TOKEN = "106540352242922", "EAAtoken", "secreto-de-la-app", "prueba-de-direccion"
THURSDAY = datetime.fromisoformat("2026-10-15T10:00:00-06:00")
AGENT, PASSWORD = "alejandra", "otra-clave-de-prueba"
_CSRF = re.compile(r'(?:name="csrf_token" value|data-csrf-token)="([^"]+)"')


class Engine(ScriptedEngine):
    """The scripted engine in the place of Rasa's client, which the application makes from an address."""

    async def close(self) -> None:
        """Nothing to close."""


def settings(folder: Path, graph_url: str, **more: Any) -> Settings:
    return Settings(
        root=ROOT, database_url=f"sqlite:///{folder / 'ledger.db'}", engine_url="http://127.0.0.1:9", ledger_key=KEY,
        session_secret="x" * 40, control_token="reloj", desk_agents=folder / "desk_agents.yml",
        attachments=folder / "attachments", whatsapp_phone_id=PHONE_ID, whatsapp_token=TOKEN,
        whatsapp_app_secret=APP_SECRET, whatsapp_verify_token=VERIFY_TOKEN, whatsapp_graph_url=graph_url,
        **{"voice_model": "ninguno", "clock_start": THURSDAY, **more},
    )  # fmt: skip


class Bench:
    """What a test asks of the two."""

    def __init__(self, web: str, graph: GraphStandIn, folder: Path, engine: Engine) -> None:
        self.web, self.graph, self.engine = web, graph, engine
        self.webhook = f"{web}/whatsapp/webhook"
        database, vault = open_database(f"sqlite:///{folder / 'ledger.db'}"), Vault(KEY)
        self.database = database
        self.record, self.users = LedgerRecord(database, vault), WhatsAppUsers(database, vault)
        self.outbox = WhatsAppOutbox(database, vault)
        self.attachments = AttachmentStore(database, vault, folder / "attachments")

    def phone(self, last_digit: int = 1, **more: Any) -> Phone:
        number, user_id = f"521550000000{last_digit}", f"MX.1349120865530274{last_digit}"
        return Phone(self.graph, self.webhook, APP_SECRET, **{"number": number, "user_id": user_id, **more})

    def hears(self, phone: Phone, words: str) -> SentMessage:
        """Wait for a message with these words on that telephone."""

        def found() -> SentMessage | None:
            return next((one for one in phone.received() if words in one.text), None)

        try:
            return until(found)
        except AssertionError as error:
            raise AssertionError(f"«{words}» not in {[one.text for one in phone.received()]}") from error

    def conversations(self, phone: Phone) -> list[Conversation]:
        """All conversations of a person, the oldest first."""
        with self.database.connect() as connection:
            rows = connection.exec_driver_sql(
                "select conversation_id from whatsapp_sessions where user_id = ? order by opened_at",
                (self.user(phone),),
            )
            found = [self.record.load(row[0]) for row in rows]
        return [one for one in found if one is not None]

    def user(self, phone: Phone) -> int:
        return self.users.of(Address(user_id=phone.user_id, number=None if phone.hides_number else phone.number))

    def conversation(self, phone: Phone) -> Conversation:
        return self.conversations(phone)[-1]

    def transcript(self, phone: Phone) -> list[str]:
        return [f"{one.sender}: {one.text}" for one in self.record.messages(self.conversation(phone).id)]

    def events(self, phone: Phone, kind: str) -> list[EventRow]:
        return [one for one in self.record.events(self.conversation(phone).id) if one.kind == kind]

    def inbox(self) -> list[str]:
        """States of what came, in order."""
        with self.database.connect() as connection:
            return list(connection.scalars(WhatsAppInboxRow.__table__.select().with_only_columns(
                WhatsAppInboxRow.state).order_by(WhatsAppInboxRow.id)))  # fmt: skip

    def outcomes(self) -> list[tuple[str, int | None]]:
        """State and error of what went, in order."""
        return [(one.state, one.error_code) for one in self.outbox.rows()]

    def desk(self) -> "DeskOfAgent":
        return DeskOfAgent(self.web)

    def passes_to(self, moment: datetime) -> None:
        body, headers = {"now": moment.isoformat()}, {"Authorization": "Bearer reloj"}
        assert httpx.post(f"{self.web}/_control/clock", json=body, headers=headers).status_code == 200


class DeskOfAgent:
    """One agent's browser."""

    def __init__(self, web: str) -> None:
        self._client = httpx.Client(base_url=web, follow_redirects=True, timeout=20.0)
        form = {"username": AGENT, "password": PASSWORD, "csrf_token": self._token("/desk")}
        page = self._client.post("/desk/login", data=form)
        found = _CSRF.search(page.text)
        assert page.status_code == 200 and found, page.text
        self._client.headers["X-CSRF-Token"] = found[1]

    def _token(self, path: str) -> str:
        found = _CSRF.search(self._client.get(path).text)
        assert found
        return found[1]

    def act(self, conversation_id: str, step: str, **body: Any) -> None:
        answer = self._client.post(f"/desk/api/conversations/{conversation_id}/{step}", json=body)
        assert answer.status_code == 200, answer.text


Start = Callable[..., AbstractContextManager[Bench]]
"""Starts the application; a second time, it is a restart."""
