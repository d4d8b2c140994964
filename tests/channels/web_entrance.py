"""The application with its entrance, and a browser's part of the captcha, solved by the library itself."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import altcha
import httpx
from fastapi.testclient import TestClient

from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.schema import EventRow
from ledger.vault import Vault
from server.application import create_app
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
KEY = "dmVudGFuaWxsYS10ZXN0LWtleS0zMi1ieXRlcyEhISE="
CAPTCHA_SECRET = "secreto-de-la-comprobacion-de-prueba"
INTEGRATOR_KEY = "clave-de-la-integracion-de-prueba-1"
THURSDAY = datetime.fromisoformat("2026-10-15T10:00:00-06:00")
SUNDAY = datetime.fromisoformat("2026-10-18T12:00:00-06:00")
FORM = {
    "nombre": "Lucía",
    "apellidos": "Estrada Mora",
    "telefono": "55 0000 1234",
    "entidad": "Oaxaca",
    "tramite": "Otro",
}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Door:
    """One installation and what a test does at its entrance."""

    def __init__(self, folder: Path, **more: Any) -> None:
        values = {
            "root": ROOT, "database_url": f"sqlite:///{folder / 'ledger.db'}", "engine_url": "http://127.0.0.1:9",
            "ledger_key": KEY, "session_secret": "x" * 40, "clock_start": THURSDAY, "captcha_secret": CAPTCHA_SECRET,
            "captcha_work": 3, "control_token": "reloj", "attachments": folder / "attachments", **more,
        }  # fmt: skip
        self.settings = Settings(**values)
        self.app = create_app(self.settings)
        self.client = TestClient(self.app, headers={"user-agent": FIREFOX})
        self.record = LedgerRecord(open_database(self.settings.database_url), Vault(KEY))

    def solved(self, change: Callable[[altcha.Payload], None] = lambda payload: None) -> str:
        """A solved challenge; `change` spoils it before it is sent."""
        challenge = altcha.Challenge.from_dict(self.client.get("/api/v1/captcha").json())
        solution = altcha.solve_challenge(challenge)
        assert solution is not None
        payload = altcha.Payload(challenge, solution)
        change(payload)
        return payload.to_base64()

    def enter(self, campaign: str = "derechohabiente", *, key: str | None = None, **entrance: Any) -> httpx.Response:
        """Open as the chat page does."""
        brought = {"form": FORM, "captcha": entrance.pop("captcha", None) or self.solved(), **entrance}
        headers = {"X-Integrator-Key": key} if key else {}
        path = f"/api/v1/campaigns/{campaign}/conversations"
        answer: httpx.Response = self.client.post(path, json={"entrance": brought}, headers=headers)
        return answer

    def events(self, opened: httpx.Response, kind: str) -> list[EventRow]:
        """Events of a conversation that was opened."""
        assert opened.status_code == 201, opened.text
        return [event for event in self.record.events(opened.json()["conversation_id"]) if event.kind == kind]
