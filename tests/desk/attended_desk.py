"""A desk, its agents and the citizens that write to it, over HTTP as browsers do."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.accounts import Accounts
from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.schema import AgentStateRow, EventRow
from ledger.vault import Vault
from ledger.verification import verify
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CENTRE = ZoneInfo("America/Mexico_City")
THURSDAY = datetime(2026, 10, 15, 10, 0, tzinfo=CENTRE)
THURSDAY_NIGHT = datetime(2026, 10, 15, 22, 0, tzinfo=CENTRE)
KEY = "dmVudGFuaWxsYS10ZXN0LWtleS0zMi1ieXRlcyEhISE="
PASSWORD = "otra-clave-de-prueba"
AGENTS = {"alejandra": "Alejandra Ríos", "bruno": "Bruno Salas"}
_CSRF = re.compile(r'(?:name="csrf_token" value|data-csrf-token)="([^"]+)"')


@dataclass
class Citizen:
    """One conversation, seen from its citizen."""

    client: TestClient
    id: str
    folio: str
    token: str

    def says(self, text: str) -> dict[str, Any]:
        return self._sends({"text": text})

    def chooses(self, choice: str) -> dict[str, Any]:
        return self._sends({"choice": choice})

    def _sends(self, body: dict[str, str]) -> dict[str, Any]:
        answer = self.answers(f"/api/v1/conversations/{self.id}/messages", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def answers(self, path: str, body: dict[str, Any]) -> Response:
        return self.client.post(path, json=body, headers={"Authorization": f"Bearer {self.token}"})


class AttendedDesk:
    """The application, one agent's browser and what a test does with them."""

    def __init__(self, app: FastAPI, agent: TestClient, settings: Settings) -> None:
        self.app, self.agent, self._settings = app, agent, settings
        self.people = Accounts(settings.desk_agents)
        self._database, self._vault = open_database(settings.database_url), Vault(settings.ledger_key)
        self.record = LedgerRecord(self._database, self._vault)

    def log_in(self, client: TestClient, username: str) -> None:
        """Log in and carry the page's token from then on."""
        token = csrf_of(client.get("/desk").text)
        form = {"username": username, "password": PASSWORD, "csrf_token": token}
        page = client.post("/desk/login", data=form)
        assert self.people.all()[username].name in page.text
        client.headers["X-CSRF-Token"] = csrf_of(page.text)

    def another(self, username: str) -> TestClient:
        """A further agent's browser."""
        client = TestClient(self.app)
        self.log_in(client, username)
        return client

    def citizen(self, campaign: str = "derechohabiente") -> Citizen:
        client = TestClient(self.app)
        opened = client.post(f"/api/v1/campaigns/{campaign}/conversations", json={}).json()
        return Citizen(client, opened["conversation_id"], opened["folio"], opened["token"])

    def waiting(self, *texts: str) -> Citizen:
        """A citizen who waits: the engine is not there, so the first message leads to a person."""
        citizen = self.citizen()
        for text in texts or ("quiero mi vigencia",):
            citizen.says(text)
        return citizen

    def passes_to(self, moment: datetime) -> None:
        answer = self.agent.post(
            "/_control/clock", json={"now": moment.isoformat()}, headers={"Authorization": "Bearer reloj"}
        )
        assert answer.status_code == 200, answer.text

    def act(self, path: str, body: dict[str, Any] | None = None) -> Response:
        return self.agent.post(f"/desk/api/{path}", json=body or {})

    def look(self, path: str) -> Any:
        answer = self.agent.get(f"/desk/api/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def events(self, citizen: Citizen, kind: str) -> list[EventRow]:
        return [event for event in self.record.events(citizen.id) if event.kind == kind]

    def last_state(self, username: str) -> tuple[str, str]:
        """The state an agent entered last, and why."""
        with Session(self._database) as session:
            query = select(AgentStateRow).where(AgentStateRow.agent == username).order_by(AgentStateRow.number.desc())
            row = session.scalars(query).first()
            assert row is not None
            return row.state, row.cause

    def record_is_sound(self) -> bool:
        """Whether chains and seals fit."""
        return verify(self._database, self._vault).is_sound


def csrf_of(page: str) -> str:
    """The token that a page of the desk carries."""
    found = _CSRF.search(page)
    assert found, page
    return found[1]
