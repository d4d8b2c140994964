"""The whole web application with everything switched on, and who may knock at it: citizens, agents, administrators.

In process, over a ledger of its own and an engine that answers from a script; nothing is started beside it.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.testclient import TestClient
from httpx import Response
from starlette.routing import Mount, WebSocketRoute

from admin.accounts import AdminAccounts, Role
from conversation.handoff import HandoffReason
from conversation.message import Reply
from conversation.ports import Answered, HandOff, Turn
from conversation.staff import Level
from desk.accounts import Accounts
from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.vault import Vault
from server.application import create_app
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
KEY = "dmVudGFuaWxsYS10ZXN0LWtleS0zMi1ieXRlcyEhISE="
PASSWORD = "una-clave-larga-de-prueba"
THURSDAY = datetime.fromisoformat("2026-10-15T10:00:00-06:00")
NOBODY = "http://127.0.0.1:9"
PHONE_ID, APP_SECRET, CHATWOOT_SECRET = "106540352242922", "secreto-de-la-app", "secreto-de-chatwoot"
CONTROL = "reloj-de-prueba"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Passwords of tests need no protection."""
AGENTS: dict[str, tuple[Level, dict[str, int] | None]] = {
    "alejandra": (Level.PS_I, None),
    "bruno": (Level.PS_I, None),
    "pilar": (Level.PS_P, {"cita_medica": 1}),
    "sonia": (Level.SUPERVISOR, {"derechohabiente": 1}),
    "saul": (Level.SUPERVISOR, {"cita_medica": 1}),
}
BODIES: dict[str, dict[str, Any]] = {
    "/_control/clock": {"now": "2026-10-15T10:00:00-06:00"},
    "/desk/api/conversations/{conversation_id}/messages": {"text": "Buen día."},
    "/desk/api/conversations/{conversation_id}/close": {"topics": ["vigencia"]},
    "/desk/api/conversations/{conversation_id}/transfer": {"level": "ps_p", "reason": "user_request"},
    "/desk/api/conversations/{conversation_id}/notes": {"text": "Una nota."},
    "/desk/api/messages/{conversation_id}/done": {"note": "Se llamó."},
    "/desk/api/callbacks/{conversation_id}/attempts": {"result": "no_answer"},
    "/desk/api/me/state": {"state": "comida"},
    "/desk/api/staff-messages": {"text": "Un mensaje."},
}
"""What routes of the desk take. One that takes something and is not named here fails the tests that try them all:
a request refused for its body says nothing about who may send it."""
_CSRF = re.compile(r'(?:name="csrf_token" value|data-csrf-token)="([^"]+)"')


class ScriptedBot:
    """Answers every turn with the same words, or calls a person, in the place of Rasa's client."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    async def ask(self, turn: Turn) -> Answered:
        self.turns.append(turn)
        outcome = HandOff(reason=HandoffReason.USER_REQUEST) if "persona" in (turn.text or "") else None
        return Answered(replies=(Reply(text="Le escucho."),), facts=turn.facts, outcome=outcome)

    async def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True)
class Citizen:
    """One conversation and its token."""

    id: str
    folio: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def path(self) -> str:
        return f"/api/v1/conversations/{self.id}"


@dataclass(frozen=True, order=True)
class Door:
    """One method of one path; `WEBSOCKET` is a socket, `MOUNT` a folder."""

    method: str
    path: str

    @classmethod
    def of(cls, route: RouteContext) -> "list[Door]":
        if isinstance(route.original_route, Mount):
            return [cls("MOUNT", route.path or "")]
        if isinstance(route.original_route, WebSocketRoute):
            return [cls("WEBSOCKET", route.path or "")]
        return [cls(method, route.path or "") for method in sorted(route.methods or ()) if method != "HEAD"]

    @property
    def body(self) -> dict[str, Any]:
        """Options of a request: what the route takes as JSON."""
        return {"json": BODIES.get(self.path, {})} if self.changes else {}

    @property
    def changes(self) -> bool:
        """Whether something may change by it."""
        return self.method in ("POST", "PUT", "PATCH", "DELETE")

    def filled(self, **values: str) -> str:
        """The path with values in the place of its parameters; «1» where none is given."""
        return re.sub(r"{(\w+)(?::\w+)?}", lambda found: values.get(found[1], "1"), self.path)


def everything_on(folder: Path, **more: Any) -> Settings:
    """Settings under which every route exists."""
    values = {
        "root": ROOT, "database_url": f"sqlite:///{folder / 'ledger.db'}", "engine_url": NOBODY, "ledger_key": KEY,
        "session_secret": "x" * 40, "control_token": CONTROL, "clock_start": THURSDAY, "services_url": NOBODY,
        "desk_agents": folder / "desk_agents.yml", "admin_accounts": folder / "admin_accounts.yml",
        "recordings": folder / "recordings", "attachments": folder / "attachments", "runs": folder / "runs",
        "statements": folder / "statements", "payment_policy": folder / "payment_policy.yml",
        "desk_assignment": "manual", "open_sessions_per_ip": 10**6, "entrances_per_hour": 10**6,
        "messages_per_ten_seconds": 10**6, "captcha_secret": "secreto-de-la-comprobacion-de-prueba", "captcha_work": 3,
        "voice_url": NOBODY, "voice_key": "clave-de-la-central", "voice_model": "ninguno",
        "whatsapp_phone_id": PHONE_ID, "whatsapp_token": "EAAtoken", "whatsapp_app_secret": APP_SECRET,
        "whatsapp_verify_token": "prueba-de-direccion", "whatsapp_graph_url": NOBODY,
        "chatwoot_url": NOBODY, "chatwoot_account": 1, "chatwoot_inbox": 2, "chatwoot_token": "token-de-chatwoot",
        "chatwoot_webhook_secret": CHATWOOT_SECRET, "smtp_url": "smtp://127.0.0.1:9",
        "smtp_from": "copias@imss.invalid", **more,
    }  # fmt: skip
    return Settings(**values)


class House:
    """The application and those who knock."""

    def __init__(self, folder: Path, **more: Any) -> None:
        """`server.application.RasaEngine` is replaced by the caller; files are below `folder`."""
        people = Accounts(folder / "desk_agents.yml")
        for username, (level, skills) in AGENTS.items():
            people.add(username, username.capitalize(), PASSWORD, level=level, skills=skills)
        staff = AdminAccounts(folder / "admin_accounts.yml", QUICK)
        for role in Role:
            staff.add(role.value, role.label, PASSWORD, (role,), ("derechohabiente",))
            staff.add(f"{role.value}-ajeno", role.label, PASSWORD, (role,), ("cita_medica",))
        self.folder, self.settings = folder, everything_on(folder, **more)
        self.app: FastAPI = create_app(self.settings)
        self.database = open_database(self.settings.database_url)
        self.record = LedgerRecord(self.database, Vault(KEY))
        self.stranger = self.visitor()

    def visitor(self, **options: Any) -> TestClient:
        """A browser without a session; an error of ours is answered, not raised."""
        return TestClient(self.app, base_url="https://testserver", raise_server_exceptions=False,
                          follow_redirects=False, **options)  # fmt: skip

    def opens(self, campaign: str = "derechohabiente") -> Citizen:
        """A new conversation, opened as in the sandbox."""
        answer = self.stranger.post(f"/api/v1/campaigns/{campaign}/conversations", json={})
        assert answer.status_code == 201, answer.text
        opened = answer.json()
        return Citizen(opened["conversation_id"], opened["folio"], opened["token"])

    def says(self, citizen: Citizen, text: str) -> Response:
        return self.stranger.post(f"{citizen.path}/messages", json={"text": text}, headers=citizen.bearer)

    def at_the_desk(self, username: str) -> TestClient:
        """An agent who is logged in; changes carry the page's token."""
        browser = self.visitor()
        form = {"username": username, "password": PASSWORD, "csrf_token": csrf_of(browser.get("/desk").text)}
        assert browser.post("/desk/login", data=form).status_code == 303
        browser.headers["X-CSRF-Token"] = csrf_of(browser.get("/desk").text)
        return browser

    def in_administration(self, username: str) -> tuple[TestClient, str]:
        """Somebody of the administration, and the CSRF token of the pages."""
        browser = self.visitor()
        form = {"username": username, "password": PASSWORD, "csrf_token": csrf_of(browser.get("/admin/login").text)}
        assert browser.post("/admin/login", data=form).status_code == 303
        return browser, csrf_of(browser.get("/admin").text)

    def administrators(self, *, own: bool) -> list[str]:
        """User names, one for each role: of the campaign «derechohabiente», or of another."""
        return [role.value if own else f"{role.value}-ajeno" for role in Role]

    def attended(self, agent: TestClient, words: str = "quiero hablar con una persona") -> Citizen:
        """A conversation that an agent has taken."""
        citizen = self.opens()
        assert self.says(citizen, words).json()["state"] == "queued"
        taken = agent.post(f"/desk/api/conversations/{citizen.id}/take")
        assert taken.status_code == 200, taken.text
        return citizen

    def passes(self, **duration: float) -> None:
        """The institution's clock is put forward."""
        now = datetime.fromisoformat(self.stranger.get("/health").json()["now"]) + timedelta(**duration)
        told = self.stranger.post(
            "/_control/clock", json={"now": now.isoformat()}, headers={"Authorization": f"Bearer {CONTROL}"}
        )
        assert told.status_code == 200, told.text

    def doors(self) -> list[Door]:
        """Everything that answers, each method of each path."""
        found = [Door.of(one) for one in iter_route_contexts(self.app.routes)]
        return [door for doors in found for door in doors]


def csrf_of(page: str) -> str:
    """The anti-forgery token that a page carries."""
    found = _CSRF.search(page)
    assert found, page
    return found[1]
