"""Who gets into a web chat: form, captcha, key, limits, hours; decided by the server whatever a page checked before."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import altcha
import pytest
from web_entrance import CAPTCHA_SECRET, FIREFOX, FORM, INTEGRATOR_KEY, KEY, SUNDAY, Door

from channels import rate_limits
from channels.captcha import LIFETIME, Captcha, CaptchaRefused
from content.files import ContentError
from conversation.entrance import given_in
from ledger.challenges import SpentChallenges
from ledger.contacts import LedgerContacts
from ledger.database import migrate, open_database
from ledger.vault import Vault

OPENING = "/api/v1/campaigns/derechohabiente/conversations"


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


# ------------------------------------------------------------------------------------------------ the form


def test_the_form_opens_the_folio_and_its_data_stay_with_the_conversation(door: Door) -> None:
    opened = door.enter(visits=4)
    assert opened.status_code == 201 and opened.json()["folio"].startswith("VEN-20261015-")
    conversation = door.record.load(opened.json()["conversation_id"])
    assert conversation is not None and conversation.facts["nombre"] == "Lucía Estrada Mora"
    assert given_in(conversation.facts).telephones == ("5500001234",)
    [event] = door.events(opened, "form")
    assert event.data["values"] == {
        "nombre": "Lucía", "apellidos": "E. M.", "telefono": "******1234", "entidad": "Oaxaca", "tramite": "Otro",
    }  # fmt: skip
    assert "5500001234" in Vault(KEY).open(event.secret)
    [event] = door.events(opened, "opened")
    assert (event.data["visits"], event.data["user_agent"]) == (4, FIREFOX)


def test_nothing_of_the_form_is_readable_in_the_database(door: Door, tmp_path: Path) -> None:
    door.enter(form={**FORM, "correo": "lucia.estrada@correo.mx"})
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert b"VEN-20261015" in kept
    for secret in ("lucia.estrada", "5500001234", "Estrada Mora"):
        assert secret.encode() not in kept


def test_wrong_answers_are_told_by_field_and_cost_no_challenge(door: Door) -> None:
    solved = door.solved()
    refused = door.enter(captcha=solved, form={**FORM, "telefono": "123", "entidad": ""})
    assert refused.status_code == 422
    assert refused.json() == {
        "error": "form_wrong",
        "detail": "Revise los datos marcados.",
        "fields": {"telefono": "Escriba los 10 dígitos de su teléfono.", "entidad": "Elija la entidad donde vive."},
    }
    assert door.enter(captcha=solved).status_code == 201


def test_the_bot_keeps_the_form_through_a_turn_and_staff_see_it_masked(door: Door) -> None:
    opened = door.enter().json()
    bearer = {"Authorization": f"Bearer {opened['token']}"}
    said = door.client.post(
        f"/api/v1/conversations/{opened['conversation_id']}/messages",
        json={"text": "quiero mi vigencia"},
        headers=bearer,
    )
    assert said.json()["state"] == "queued", "the engine is not there, so a person is called"
    contacts = LedgerContacts(open_database(door.settings.database_url), Vault(KEY))
    assert contacts.masked_telephones(opened["conversation_id"]) == ("******1234",)


# ------------------------------------------------------------------------------------------------ the captcha


def test_a_challenge_is_taken_once_also_after_a_restart(tmp_path: Path) -> None:
    door = Door(tmp_path)
    solved = door.solved()
    assert door.enter(captcha=solved).status_code == 201
    for again in (door, Door(tmp_path)):
        refused = again.enter(captcha=solved)
        assert (refused.status_code, refused.json()["error"]) == (403, "captcha_spent")


def _easier(payload: altcha.Payload) -> None:
    payload.challenge.parameters.key_prefix = "00"


def _longer(payload: altcha.Payload) -> None:
    payload.challenge.parameters.expires_at = 2_000_000_000


def _unsigned(payload: altcha.Payload) -> None:
    payload.challenge.signature = None


def _guessed(payload: altcha.Payload) -> None:
    payload.solution.derived_key = "00" * 32


@pytest.mark.parametrize("change", [_easier, _longer, _unsigned, _guessed])
def test_a_challenge_that_was_changed_or_not_solved_is_refused(
    door: Door, change: Callable[[altcha.Payload], None]
) -> None:
    refused = door.enter(captcha=door.solved(change))
    assert (refused.status_code, refused.json()["error"]) == (403, "captcha_wrong")


@pytest.mark.parametrize("captcha", ["x", "e30=", "bnVsbA==", "W10="])
def test_what_is_no_solution_at_all(door: Door, captcha: str) -> None:
    assert door.enter(captcha=captcha).json()["error"] == "captcha_wrong"


def test_no_solution(door: Door) -> None:
    refused = door.client.post(OPENING, json={"entrance": {"form": FORM}})
    assert (refused.status_code, refused.json()["error"]) == (403, "captcha_missing")


def test_a_challenge_expires_after_ten_minutes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    spent = SpentChallenges(open_database(url))
    old = Captcha(CAPTCHA_SECRET, spent, 3, now=lambda: datetime.now(UTC) - LIFETIME - timedelta(seconds=2))
    young = Captcha(CAPTCHA_SECRET, spent, 3, now=lambda: datetime.now(UTC) - LIFETIME + timedelta(minutes=1))
    for captcha in (old, young):
        challenge = altcha.Challenge.from_dict(captcha.challenge())
        payload = altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()
        if captcha is young:
            young.take(payload)
            return
        with pytest.raises(CaptchaRefused) as refused:
            young.take(payload)
        assert refused.value.code == "captcha_expired"


def test_spent_challenges_are_kept_until_they_expire(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    spent, now = SpentChallenges(open_database(url)), datetime.now(UTC)
    assert spent.spend("a", now + timedelta(minutes=1), now)
    assert not spent.spend("a", now + timedelta(minutes=1), now + timedelta(seconds=59))
    assert spent.spend("b", now + timedelta(minutes=9), now + timedelta(minutes=2)), "sweeps «a» out"
    assert spent.spend("a", now + timedelta(minutes=9), now + timedelta(minutes=2))


def test_without_a_secret_nobody_gets_in(tmp_path: Path) -> None:
    door = Door(tmp_path, captcha_secret=None)
    assert door.client.get("/api/v1/captcha").status_code == 503
    refused = door.client.post(OPENING, json={"entrance": {"form": FORM, "captcha": "e30="}})
    assert (refused.status_code, refused.json()["error"]) == (503, "captcha_unavailable")


def test_outside_the_sandbox_nothing_starts_without_the_secret(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="VENTANILLA_CAPTCHA_SECRET is missing, and the form of «derechohabiente»"):
        Door(tmp_path, environment="no_productivo", captcha_secret=None)


# ------------------------------------------------------------------------------------------------ integrators


def test_in_the_sandbox_without_a_key_a_bare_request_is_an_integrators(door: Door) -> None:
    assert door.client.post(OPENING, json={}).status_code == 201


@pytest.mark.parametrize("more", [{"environment": "no_productivo"}, {"integrator_key": INTEGRATOR_KEY}])
def test_elsewhere_a_bare_request_is_a_browsers_and_meets_the_form(tmp_path: Path, more: dict[str, Any]) -> None:
    door = Door(tmp_path, **more)
    refused = door.client.post(OPENING, json={})
    assert (refused.status_code, refused.json()["error"]) == (422, "form_wrong")
    assert door.client.post(OPENING, json={}, headers={"X-Integrator-Key": "otra"}).status_code == 422


def test_an_integrator_with_the_key_needs_no_form_and_brings_its_citizens_address(tmp_path: Path) -> None:
    door = Door(tmp_path, environment="no_productivo", integrator_key=INTEGRATOR_KEY)
    key = {"X-Integrator-Key": INTEGRATOR_KEY}
    for number in range(5):
        opened = door.client.post(OPENING, json={"origin": f"203.0.113.{number}"}, headers=key)
        assert opened.status_code == 201
    conversation = door.record.load(opened.json()["conversation_id"])
    assert conversation is not None and conversation.origin == "203.0.113.4"


def test_a_browser_cannot_choose_its_address_or_its_channel(tmp_path: Path) -> None:
    door = Door(tmp_path, integrator_key=INTEGRATOR_KEY)
    body = {"origin": "203.0.113.9", "channel": "whatsapp", "entrance": {"form": FORM, "captcha": door.solved()}}
    opened = door.client.post(OPENING, json=body)
    conversation = door.record.load(opened.json()["conversation_id"])
    assert conversation is not None and (conversation.origin, conversation.channel) == ("testclient", "webchat")


# ------------------------------------------------------------------------------------------------ limits


def test_three_chats_of_one_address_may_be_open(door: Door) -> None:
    opened = [door.enter() for _ in range(3)][0].json()
    refused = door.enter()
    assert (refused.status_code, refused.json()["error"]) == (429, "too_many_open")
    bearer = {"Authorization": f"Bearer {opened['token']}"}
    door.client.post(f"/api/v1/conversations/{opened['conversation_id']}/close", headers=bearer)
    assert door.enter().status_code == 201


def test_campaigns_without_a_form_are_limited_as_well(door: Door) -> None:
    answers = [door.client.post("/api/v1/campaigns/recepcion/conversations", json={"entrance": {}}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]


def test_an_address_sends_so_many_forms_in_an_hour_and_the_wrong_ones_count(tmp_path: Path) -> None:
    door = Door(tmp_path, entrances_per_hour=2)
    for _ in range(2):
        assert door.enter(form={}).status_code == 422
    refused = door.enter()
    assert (refused.status_code, refused.json()["error"]) == (429, "too_many_entrances")
    assert 3000 < int(refused.headers["Retry-After"]) <= 3602


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "testclient"),
    ],
)
def test_limits_count_a_connection_and_not_each_of_the_addresses_that_ipv6_gives_it(address: str, line: str) -> None:
    assert rate_limits.line_of(address) == line
    limits = rate_limits.RateLimits(entrances_per_hour=1, messages=1)
    limits.count_entrance(line.removesuffix("/64") + ("5" if line.endswith("/64") else ""))
    with pytest.raises(rate_limits.TooMany):
        limits.count_entrance(address)


def test_ten_messages_in_ten_seconds_and_the_eleventh_may_be_sent_again(tmp_path: Path) -> None:
    door = Door(tmp_path, integrator_key=INTEGRATOR_KEY)
    opened = door.enter().json()
    path, bearer = f"/api/v1/conversations/{opened['conversation_id']}/messages", f"Bearer {opened['token']}"
    for number in range(10):
        sent = door.client.post(path, json={"text": f"mensaje {number}"}, headers={"Authorization": bearer})
        assert sent.status_code == 200
    refused = door.client.post(path, json={"text": "uno más"}, headers={"Authorization": bearer})
    assert (refused.status_code, refused.json()["error"]) == (429, "too_many_messages")
    assert 1 <= int(refused.headers["Retry-After"]) <= 11
    assert "uno más" not in [message.text for message in door.record.messages(opened["conversation_id"])]
    key = {"Authorization": bearer, "X-Integrator-Key": INTEGRATOR_KEY}
    assert door.client.post(path, json={"text": "uno más"}, headers=key).status_code == 200


def test_web_chat_answers_a_flood_later_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "SECONDS", 1)
    door = Door(tmp_path, messages_per_ten_seconds=2)
    opened = door.enter().json()
    with door.client.websocket_connect(f"/api/v1/conversations/{opened['conversation_id']}/stream") as stream:
        stream.send_json({"type": "hello", "token": opened["token"]})
        for number in range(5):
            stream.send_json({"type": "message", "client_message_id": str(number), "text": f"mensaje {number}"})
        acknowledged: list[str] = []
        while len(acknowledged) < 5:
            frame = stream.receive_json()
            acknowledged += [frame["client_message_id"]] if frame["type"] == "ack" else []
    assert acknowledged == ["0", "1", "2", "3", "4"]
    said = [message.text for message in door.record.messages(opened["conversation_id"]) if message.sender == "user"]
    assert said == [f"mensaje {number}" for number in range(5)]


# ------------------------------------------------------------------------------------------------ hours


def test_outside_the_window_no_form_is_asked_and_a_message_may_be_left(tmp_path: Path) -> None:
    door = Door(tmp_path, clock_start=SUNDAY)
    page = door.client.get("/chat/derechohabiente").text
    assert "Atendemos nuevamente el lunes 19 a las 08:00 horas." in page and "Dejar un mensaje" in page
    assert 'name="correo"' not in page
    opened = door.enter(form={}, leave_message=True)
    assert opened.status_code == 201
    assert "escriba aquí su mensaje" in opened.json()["messages"][-1]["text"]
    assert door.client.post(OPENING, json={"entrance": {"leave_message": True}}).json()["error"] == "captcha_missing"


def test_a_form_that_was_filled_in_when_the_window_closed_is_not_lost(tmp_path: Path) -> None:
    door = Door(tmp_path, clock_start=SUNDAY)
    opened = door.enter().json()
    path, bearer = f"/api/v1/conversations/{opened['conversation_id']}/messages", f"Bearer {opened['token']}"
    said = door.client.post(path, json={"text": "Necesito mi constancia"}, headers={"Authorization": bearer}).json()
    assert "quedó registrado" in said["messages"][0]["text"], "the telephone of the form is not asked for again"
    contacts = LedgerContacts(open_database(door.settings.database_url), Vault(KEY))
    assert contacts.left_messages()[0].telephone == "******1234"


def test_a_page_of_last_night_is_told_that_the_service_is_open(door: Door) -> None:
    refused = door.enter(form={}, leave_message=True)
    assert (refused.status_code, refused.json()["error"]) == (409, "form_due")


def test_the_style_sheet_of_a_campaign(door: Door) -> None:
    sheet = door.client.get("/chat/derechohabiente/theme.css")
    assert sheet.headers["content-type"].startswith("text/css") and sheet.text.startswith(":root")
    assert door.client.get("/chat/nadie/theme.css").status_code == 404
