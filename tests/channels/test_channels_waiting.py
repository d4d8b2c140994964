"""What a citizen who waits is told: the place in the queue, and that it is no time for a survey yet."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from channels import web_chat


def opened(application: TestClient) -> tuple[str, dict[str, str]]:
    """A conversation's path and the headers that open it."""
    answer = application.post("/api/v1/campaigns/derechohabiente/conversations", json={}).json()
    return f"/api/v1/conversations/{answer['conversation_id']}", {"Authorization": f"Bearer {answer['token']}"}


def waiting(application: TestClient) -> tuple[str, dict[str, str]]:
    path, headers = opened(application)
    sent = application.post(f"{path}/messages", json={"text": "quiero mi vigencia"}, headers=headers)
    assert sent.json()["state"] == "queued"
    return path, headers


def test_the_survey_is_refused_with_a_reason_until_it_is_due(application: TestClient) -> None:
    for path, headers in (opened(application), waiting(application)):
        refused = application.post(f"{path}/survey", json={"resolved": True, "rating": 5}, headers=headers)
        assert refused.status_code == 409
        assert refused.json() == {
            "error": "survey_not_due",
            "detail": "La encuesta se contesta al final, cuando ya se le atendió.",
        }
        assert application.get(path, headers=headers).json()["state"] != "closed"


def test_the_chat_is_told_of_a_better_place_in_the_queue(
    application: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_chat, "PLACE_SECONDS", 0.05)
    (first, first_headers), (second, second_headers) = waiting(application), waiting(application)
    with application.websocket_connect(f"{second}/stream") as stream:
        stream.send_json({"type": "hello", "token": second_headers["Authorization"].removeprefix("Bearer ")})
        welcome: dict[str, Any] = stream.receive_json()
        assert welcome["queue"] == {"position": 2, "minutes": None, "words": "Hay 1 persona antes que usted."}
        application.post(f"{first}/messages", json={"choice": "resume_bot"}, headers=first_headers)
        frame = stream.receive_json()
    next_one = {"position": 1, "minutes": None, "words": "Usted es la siguiente persona en la fila."}
    assert (frame["type"], frame["messages"], frame["queue"]) == ("messages", [], next_one)
