"""A stranger gets nowhere: every route that names a conversation is tried by those whom it does not concern.

The routes come from the application itself: a new one is tried as soon as it exists.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from guarded_house import Citizen, Door, House
from starlette.websockets import WebSocketDisconnect

from channels import web_chat
from channels.access import AFTER_CLOSE, LONGEST_LIFE
from channels.web_chat import FOREIGN, UNKNOWN
from ledger.vault import Vault
from ledger.verification import verify

SECRET_WORDS = "quiero hablar con una persona sobre mi pensión"
OpenHouse = Callable[..., House]


def of_conversations(house: House, prefix: str) -> list[Door]:
    """Doors below a prefix whose path names a conversation, or a call that was asked for."""
    named = ("{conversation_id}", "{callback_id}")
    return [one for one in house.doors() if one.path.startswith(prefix) and any(name in one.path for name in named)]


def knock(client: TestClient, door: Door, conversation: str, **options: Any) -> Any:
    return client.request(
        door.method, door.filled(conversation_id=conversation, callback_id=conversation), **door.body, **options
    )


def socket_answer(house: House, path: str, *frames: Any, **headers: str) -> int | str:
    """The close code of a socket, or the type of the first frame that it answers with."""
    try:
        with house.stranger.websocket_connect(path, headers=headers) as socket:
            for frame in frames:
                socket.send_json(frame)
            return str(socket.receive_json()["type"])
    except WebSocketDisconnect as closed:
        return closed.code


def wrong_headers(other: Citizen) -> dict[str, dict[str, str]]:
    """What strangers show."""
    return {
        "nothing": {}, "an empty token": {"Authorization": "Bearer "}, "no bearer": {"Authorization": "Basic eDp4"},
        "another's token": other.bearer, "an invented one": {"Authorization": "Bearer " + "A" * 43},
        "a token in other bytes": {"Authorization": "Bearer \u00f1"},
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ citizens' tokens


def test_every_route_of_a_conversation_refuses_strangers_alike(house: House) -> None:
    mine, other = house.opens(), house.opens()
    house.says(mine, SECRET_WORDS)
    before = house.record.load(mine.id)
    doors = [one for one in of_conversations(house, "/api/") if one.method != "WEBSOCKET"]
    assert len(doors) >= 4
    for door in doors:
        unknown = knock(house.stranger, door, "no-existe", headers=other.bearer)
        for who, headers in wrong_headers(other).items():
            answer = knock(house.stranger, door, mine.id, headers={k: v.encode("latin-1") for k, v in headers.items()})
            assert (answer.status_code, answer.text) == (401, unknown.text), f"{who}: {door}"
    assert house.record.load(mine.id) == before, "nothing was changed by it"


def test_every_socket_of_a_conversation_refuses_strangers_alike(house: House) -> None:
    mine, other = house.opens(), house.opens()
    doors = [one for one in of_conversations(house, "/api/") if one.method == "WEBSOCKET"]
    assert doors
    tokens = [None, "", 7, ["x"], {}, other.token, "A" * 43, "\u00f1", mine.token + "x"]
    for door in doors:
        path = door.filled(conversation_id=mine.id)
        for token in tokens:
            assert socket_answer(house, path, {"type": "hello", "token": token}) == UNKNOWN, token
        assert socket_answer(house, path, {"type": "message", "text": "hola"}) == UNKNOWN
        assert socket_answer(house, door.filled(conversation_id="x"), {"type": "hello", "token": mine.token}) == UNKNOWN
        assert socket_answer(house, path, {"type": "hello", "token": mine.token}) == "welcome"


def test_a_token_in_the_address_opens_nothing(house: House) -> None:
    mine = house.opens()
    assert house.stranger.get(f"{mine.path}?token={mine.token}&authorization=Bearer {mine.token}").status_code == 401


def test_other_methods_reveal_nothing(house: House) -> None:
    mine = house.opens()
    house.says(mine, SECRET_WORDS)
    for path in {one.filled(conversation_id=mine.id) for one in of_conversations(house, "/api/")}:
        for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
            answer = house.stranger.request(method, path)
            assert answer.status_code in (401, 404, 405), f"{method} {path}"
            assert "pensión" not in answer.text


# ------------------------------------------------------------------------------------------------ tokens end


def test_a_token_ends_a_day_after_the_close(open_house: OpenHouse) -> None:
    house = open_house()
    mine = house.opens()
    assert house.stranger.post(f"{mine.path}/close", headers=mine.bearer).json()["state"] == "closed"
    house.passes(seconds=AFTER_CLOSE.total_seconds() - 60)
    assert house.stranger.get(mine.path, headers=mine.bearer).status_code == 200, "the transcript may still be read"
    house.passes(minutes=2)
    refuses_everything(house, mine)


def test_a_token_ends_at_its_longest_life_whatever_happens(open_house: OpenHouse) -> None:
    house = open_house()
    mine = house.opens()
    house.passes(seconds=(LONGEST_LIFE - timedelta(minutes=1)).total_seconds())
    assert house.says(mine, "sigo aquí").status_code == 200
    house.passes(minutes=2)
    refuses_everything(house, mine)
    assert house.record.messages(mine.id)[-2].text == "sigo aquí", "what was said is kept"


def refuses_everything(house: House, mine: Citizen) -> None:
    """An expired token is answered as an unknown conversation is."""
    for door in of_conversations(house, "/api/"):
        path = door.filled(conversation_id=mine.id)
        if door.method == "WEBSOCKET":
            assert socket_answer(house, path, {"type": "hello", "token": mine.token}) == UNKNOWN
            continue
        answer = knock(house.stranger, door, mine.id, headers=mine.bearer)
        assert (answer.status_code, answer.text) == (401, knock(house.stranger, door, "no-existe").text), door


# ------------------------------------------------------------------------------------------------ sockets


def test_sockets_are_for_pages_of_this_site(house: House) -> None:
    mine = house.opens()
    hello = {"type": "hello", "token": mine.token}
    path = f"{mine.path}/stream"
    assert socket_answer(house, path, hello, origin="https://testserver") == "welcome"
    for foreign in ("https://malo.example", "null", "https://testserver.malo.example"):
        assert socket_answer(house, path, hello, origin=foreign) == FOREIGN
    for door in [one for one in house.doors() if one.method == "WEBSOCKET"]:
        closed = socket_answer(house, door.filled(conversation_id=mine.id), hello, origin="https://malo.example")
        assert closed in (FOREIGN, UNKNOWN), door


def test_who_shows_no_token_holds_no_socket(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_chat, "HELLO_SECONDS", 0.05)
    assert socket_answer(house, f"{house.opens().path}/stream") == UNKNOWN


# ------------------------------------------------------------------------------------------------ the desk


def test_an_agent_gets_nowhere_with_a_conversation_of_another(open_house: OpenHouse) -> None:
    house = open_house()
    alejandra, bruno, saul = (house.at_the_desk(name) for name in ("alejandra", "bruno", "saul"))
    mine = house.attended(alejandra, SECRET_WORDS)
    before = house.record.load(mine.id)
    doors = of_conversations(house, "/desk/")
    assert len(doors) >= 12
    for door in doors:
        for who, browser in {"a colleague": bruno, "another campaign's supervisor": saul}.items():
            answer = knock(browser, door, mine.id)
            assert answer.status_code in (403, 404, 409), f"{who}: {door} answers {answer.status_code}: {answer.text}"
            assert "pensión" not in answer.text
    assert house.record.load(mine.id) == before, "nothing was changed by it"
    assert verify(house.database, Vault(house.settings.ledger_key)).is_sound


def test_the_supervisor_of_the_campaign_reads_it(open_house: OpenHouse) -> None:
    house = open_house()
    mine = house.attended(house.at_the_desk("alejandra"), SECRET_WORDS)
    sonia = house.at_the_desk("sonia")
    assert "pensión" in sonia.get(f"/desk/api/conversations/{mine.id}").text


def test_nobody_of_another_campaign_opens_an_interaction(open_house: OpenHouse) -> None:
    """Every page of the administration that names a folio, and every role with another campaign (L3198)."""
    house = open_house()
    mine = house.attended(house.at_the_desk("alejandra"), SECRET_WORDS)
    doors = [one for one in house.doors() if one.path.startswith("/admin/") and "{folio}" in one.path]
    assert len(doors) >= 5
    values = {"folio": mine.folio, "campaign": "derechohabiente", "channel": "webchat", "month": "2026-10"}
    for username in house.administrators(own=False):
        browser, csrf = house.in_administration(username)
        for door in doors:
            data = {"data": {"csrf_token": csrf, "reason": "una razón suficiente"}} if door.changes else {}
            answer = browser.request(door.method, door.filled(**values), **data)
            assert answer.status_code in (403, 404), f"{username}: {door} answers {answer.status_code}"
            assert "pensión" not in answer.text
