"""The voice process from outside: everything wants the exchange's key, and nonsense with it is no error of ours."""

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from guarded_house import Door, everything_on
from starlette.websockets import WebSocketDisconnect

from server.voice import VoiceSettings, create_voice

KEY = "clave-de-la-central"
PUBLIC = {Door("GET", "/health")}
CLOCK = Door("POST", "/_control/clock")
"""In the sandbox alone; it wants the control token."""
NONSENSE = ["", "x", "9" * 40, "²", "\x00", "\u00f1", "VEN-20261015-0000001-5", "' or 1=1 --", "a" * 3000]


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The process without its telephone line: nothing is dialled here."""
    folder = tmp_path_factory.mktemp("voice")
    given = everything_on(folder).model_dump() | {"prompt_cache": folder / "prompts"}
    return TestClient(create_voice(VoiceSettings(**given)), raise_server_exceptions=False)


def doors(voice: TestClient) -> list[Door]:
    found = [Door.of(one) for one in iter_route_contexts(voice.app.routes)]  # type: ignore[attr-defined]
    return [door for doors in found for door in doors]


def test_without_the_key_nothing_answers(voice: TestClient) -> None:
    closed = [one for one in doors(voice) if one.method != "WEBSOCKET" and one not in PUBLIC | {CLOCK}]
    assert voice.post(CLOCK.path, json={"now": "2026-10-15T10:00:00-06:00"}).status_code in (401, 403)
    assert len(closed) >= 5
    for door in closed:
        path = door.filled()
        for form in ({}, {"key": ""}, {"key": "otra"}, {"key": "ñ"}):
            full = {"folio": "VEN-1", "campaign": "derechohabiente", "address": "x", **form}
            answer = voice.request(door.method, path, data=full if form else {})
            refusals = (401, 403) if form.get("key") else (401, 403, 422)
            assert answer.status_code in refusals, f"{door} {form}: {answer.text}"


def test_nonsense_with_the_key_is_refused_or_taken(voice: TestClient) -> None:
    for door in [one for one in doors(voice) if one.method == "POST"]:
        for value in NONSENSE:
            names = ("caller", "dialled", "folio", "purpose", "agent", "campaign", "address")
            answer = voice.post(door.filled(), data={"key": KEY, **dict.fromkeys(names, value)})
            assert answer.status_code < 500, f"{door} with «{value[:30]}»: {answer.text}"
            assert "Traceback" not in answer.text


def test_no_socket_begins_without_its_token(voice: TestClient) -> None:
    for door in [one for one in doors(voice) if one.method == "WEBSOCKET"]:
        with pytest.raises(WebSocketDisconnect) as closed, voice.websocket_connect(door.filled()) as socket:
            socket.send_text('{"type": "hello", "token": "x"}')
            socket.receive_text()
        assert closed.value.code >= 1000, door


def test_the_inside_is_not_described(voice: TestClient) -> None:
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert voice.get(path).status_code == 404
