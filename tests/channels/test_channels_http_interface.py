"""The HTTP interface for integrators against the running system, field by field."""

import re
import uuid

import httpx
import pytest

from conversation.masking import luhn

FOLIO = re.compile(r"^VEN-\d{8}-\d{7}-\d$")


@pytest.fixture
def opened(api: httpx.Client, world) -> dict:
    answer = api.post("/api/v1/campaigns/cita_medica/conversations", json={})
    assert answer.status_code == 201
    api.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return answer.json()


def send(api: httpx.Client, opened: dict, **body: str) -> dict:
    body.setdefault("client_message_id", str(uuid.uuid4()))
    answer = api.post(f"/api/v1/conversations/{opened['conversation_id']}/messages", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_opening_gives_folio_token_greeting_and_menu(opened: dict) -> None:
    assert FOLIO.match(opened["folio"])
    assert opened["state"] == "bot"
    assert opened["messages"][0]["text"].startswith("Buenos días")
    assert {"id", "title"} <= set(opened["messages"][-1]["choices"][0])
    assert {message["sender"] for message in opened["messages"]} <= {"bot", "human", "system"}


def test_openapi_is_served(api: httpx.Client, world) -> None:
    assert api.get("/docs").status_code == 200
    paths = api.get("/openapi.json").json()["paths"]
    assert "/api/v1/campaigns/{campaign_id}/conversations" in paths


def test_the_same_message_id_is_answered_once(api: httpx.Client, opened: dict, world) -> None:
    send(api, opened, text="quiero cita con el doctor, mi nss es 00058500018 y naci el 12/03/1985")
    before = world.appointments()
    first = send(api, opened, digits="1", client_message_id="uno")
    again = send(api, opened, digits="1", client_message_id="uno")
    assert again["messages"] == first["messages"]
    assert len(world.appointments()) == len(before) + 1


def test_choice_digits_and_text_take_the_same_option(api: httpx.Client, opened: dict) -> None:
    by_choice = send(api, opened, choice="menu:6")
    assert [choice["id"] for choice in by_choice["messages"][-1]["choices"]][1] == "que_llevar"
    by_digits = send(api, opened, digits="2")
    assert by_digits["topic"] == "que_llevar"


def test_survey_closes_and_a_closed_conversation_refuses(api: httpx.Client, opened: dict) -> None:
    send(api, opened, text="que debo llevar a mi cita")
    path = f"/api/v1/conversations/{opened['conversation_id']}"
    closed = api.post(f"{path}/survey", json={"resolved": True, "rating": 5})
    assert closed.json()["state"] == "closed"
    refused = api.post(f"{path}/messages", json={"text": "hola"})
    assert refused.status_code == 409
    assert refused.json()["error"] == "conversation_closed"
    assert api.post(f"{path}/close").json()["state"] == "closed"


def test_transcript_is_complete_and_masked(api: httpx.Client, opened: dict) -> None:
    send(api, opened, text="quiero cita, mi nss es 00058500018")
    transcript = api.get(f"/api/v1/conversations/{opened['conversation_id']}").json()
    texts = [message["text"] for message in transcript["messages"]]
    assert any("*******0018" in text for text in texts)
    digits = re.findall(r"\d{11}", " ".join(texts))
    assert [number for number in digits if luhn(number)] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "exactly one"),
        ({"text": " "}, "blank"),
        ({"text": "x" * 2001}, "2000"),
        ({"text": "a", "digits": "1"}, "one"),
    ],
)
def test_bad_messages_are_refused_with_the_reason(api: httpx.Client, opened: dict, body: dict, field: str) -> None:
    answer = api.post(f"/api/v1/conversations/{opened['conversation_id']}/messages", json=body)
    assert answer.status_code == 422
    assert field in answer.text


def test_only_the_token_opens_a_conversation(api: httpx.Client, opened: dict) -> None:
    path = f"/api/v1/conversations/{opened['conversation_id']}"
    for header in ({"Authorization": "Bearer otro"}, {"Authorization": ""}):
        assert api.get(path, headers=header).status_code == 401
    assert api.get("/api/v1/conversations/no-existe").status_code == 401


def test_unknown_and_botless_campaigns(api: httpx.Client, world) -> None:
    assert api.post("/api/v1/campaigns/nadie/conversations", json={}).status_code == 404
    assert api.post("/api/v1/campaigns/codigo_infarto/conversations", json={}).status_code == 409


def test_services_down_lead_to_a_person_and_not_to_silence(api: httpx.Client, opened: dict, world) -> None:
    world.add_fault({"servicio": "*", "modo": "error", "codigo": "GEN-503"})
    send(api, opened, text="quiero una cita")
    answer = send(api, opened, text="00058500018")
    assert answer["state"] == "queued"
    assert "disculpa" in answer["messages"][0]["text"]
