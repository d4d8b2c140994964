"""Calls asked for over HTTP: form, captcha, limits, cancelling with the token that came with the folio."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from web_entrance import INTEGRATOR_KEY, KEY, Door

from ledger.callbacks import LedgerCallbacks
from ledger.database import open_database
from ledger.vault import Vault

PATH = "/api/v1/campaigns/derechohabiente/callbacks"
NUMBER = "55 0000 1234"
ELEVEN = "2026-10-15T11:00:00-06:00"


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path, integrator_key=INTEGRATOR_KEY)


def ask(door: Door, *, key: str | None = None, **change: Any) -> httpx.Response:
    body = {"telephone": NUMBER, "slot": ELEVEN, "topic": "vigencia_derechos", "consent": True, **change}
    headers = {"X-Integrator-Key": key} if key else {}
    answer: httpx.Response = door.client.post(PATH, json=body, headers=headers)
    return answer


def bearer(asked: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {asked['token']}"}


def test_a_browser_asks_with_the_captcha_and_cancels_with_its_token(door: Door) -> None:
    offered = door.client.get(f"{PATH}/slots").json()
    assert offered["slots"][0] == {"start": "2026-10-15T10:30:00-06:00", "words": "hoy de 10:30 a 11:00"}
    assert offered["topics"]["vigencia_derechos"]
    asked = ask(door, captcha=door.solved()).json()
    assert asked["folio"].startswith("VEN-20261015-") and asked["slot"]["words"] == "hoy de 11:00 a 11:30"
    mine = f"/api/v1/callbacks/{asked['callback_id']}"
    read = door.client.get(mine, headers=bearer(asked)).json()
    assert (read["telephone"], read["open"], read["attempts"]) == ("******1234", True, 0)
    for headers in ({}, {"Authorization": "Bearer otro"}):
        assert door.client.get(mine, headers=headers).status_code == 401
        assert door.client.post(f"{mine}/cancel", headers=headers).status_code == 401
    assert door.client.get("/api/v1/callbacks/nadie", headers=bearer(asked)).status_code == 401
    cancelled = door.client.post(f"{mine}/cancel", headers=bearer(asked)).json()
    assert (cancelled["open"], cancelled["cancelled"]) == (False, True)
    assert door.client.post(f"{mine}/cancel", headers=bearer(asked)).json()["error"] == "callback_closed"
    assert ask(door, captcha=door.solved()).status_code == 201, "the number is free again"


def test_the_token_ends_a_day_after_the_request_has_ended(door: Door) -> None:
    asked = ask(door, key=INTEGRATOR_KEY).json()
    mine = f"/api/v1/callbacks/{asked['callback_id']}"

    def status_at(now: str) -> int:
        door.client.post("/_control/clock", json={"now": now}, headers={"Authorization": "Bearer reloj"})
        return door.client.get(mine, headers=bearer(asked)).status_code

    assert status_at("2026-10-20T11:00:00-06:00") == 200, "nobody called yet: it may still be cancelled"
    door.client.post(f"{mine}/cancel", headers=bearer(asked))
    assert status_at("2026-10-16T10:59:00-06:00") == 200
    assert status_at("2026-10-16T11:00:00-06:00") == 401


def test_without_captcha_or_key_nobody_asks(door: Door) -> None:
    assert ask(door).json()["error"] == ask(door, captcha="").json()["error"] == "captcha_missing"
    assert ask(door, key="otra").json()["error"] == "captcha_missing"
    assert ask(door, key=INTEGRATOR_KEY).status_code == 201


def test_what_is_not_in_order_is_told(door: Door) -> None:
    for change in ({"telephone": "123"}, {"consent": False}, {"slot": "2026-10-15T11:00:00"}, {"more": 1}):
        refused = ask(door, key=INTEGRATOR_KEY, **change)
        assert refused.status_code == 422 and NUMBER not in refused.text
    closed = ask(door, key=INTEGRATOR_KEY, slot="2026-10-18T11:00:00-06:00")
    assert (closed.status_code, closed.json()["error"]) == (422, "slot_closed")
    unknown = ask(door, key=INTEGRATOR_KEY, topic="otro_tema")
    assert (unknown.status_code, unknown.json()["error"]) == (422, "bad_topic")
    assert ask(door, key=INTEGRATOR_KEY).status_code == 201
    assert ask(door, key=INTEGRATOR_KEY).json()["error"] == "callback_open"
    assert door.client.post("/api/v1/campaigns/nada/callbacks", json={}).status_code == 404
    assert door.client.get("/api/v1/campaigns/recepcion/callbacks/slots").json()["slots"] == []


def test_a_time_in_another_zone_is_the_same_half_hour(door: Door) -> None:
    asked = ask(door, key=INTEGRATOR_KEY, slot="2026-10-15T17:00:00Z").json()
    assert asked["slot"] == {"start": ELEVEN, "words": "hoy de 11:00 a 11:30"}
    callbacks = LedgerCallbacks(open_database(door.settings.database_url), Vault(KEY))
    assert callbacks.waiting()[0].slot.isoformat() == ELEVEN


def test_one_address_does_not_ask_without_end(tmp_path: Path) -> None:
    door = Door(tmp_path, integrator_key=INTEGRATOR_KEY, entrances_per_hour=2)
    codes = [ask(door, captcha="no").json()["error"] for _ in range(3)]
    assert codes == ["captcha_wrong", "captcha_wrong", "too_many_entrances"]


def test_only_campaigns_that_call_have_the_page(door: Door) -> None:
    page = door.client.get("/llamada/derechohabiente")
    assert page.status_code == 200 and "hoy de 10:30 a 11:00" in page.text and "data-captcha" in page.text
    assert door.client.get("/llamada/recepcion").status_code == door.client.get("/llamada/nada").status_code == 404
