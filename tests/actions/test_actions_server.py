"""The action server's end point: names, failures, and what it never tells."""

import logging
from typing import Any

import httpx
import pytest
from institution_bench import NOW, Bench
from scripted_tracker import Dialogue, action_server, rasa_call, words

from actions.protocol import CampaignAction, Protocol
from actions.server import DuplicateAction, create_app, executor_of
from actions.shared import Greet
from actions.turn import Turn
from content.catalogue import Catalogue


class SecondGreeting(CampaignAction):
    """Has a name that is taken."""

    action_name = "action_saludo"


class Broken(CampaignAction):
    """Fails with personal data in its message's way."""

    action_name = "action_rota"

    async def serve(self, turn: Turn, topic: str) -> None:
        raise RuntimeError("broken")


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def metadata(**changes: object) -> dict[str, Any]:
    return {
        "conversation": "c", "folio": "VEN-20261015-0000042-7", "campaign": "cita_medica", "channel": "webchat",
        "now": NOW.isoformat(), "said": "hola", **changes,
    }  # fmt: skip


def test_two_actions_with_one_name_are_refused(catalogue: Catalogue) -> None:
    protocol = Protocol(catalogue)
    with pytest.raises(DuplicateAction) as refusal:
        executor_of([Greet(protocol), SecondGreeting(protocol)])
    assert all(name in str(refusal.value) for name in ("action_saludo", "Greet", "SecondGreeting"))


def test_one_action_registered_twice_is_refused(catalogue: Catalogue) -> None:
    protocol = Protocol(catalogue)
    with pytest.raises(DuplicateAction):
        executor_of([Greet(protocol), Greet(protocol)])


async def test_the_health_names_every_action(bench: Bench) -> None:
    async with client(action_server(bench)) as server:
        health = (await server.get("/health")).json()
    assert health["status"] == "ok" and {"action_saludo", "action_agendar_cita", "action_informar"} <= set(
        health["actions"]
    )


async def test_an_unknown_action_is_not_found(bench: Bench) -> None:
    async with client(action_server(bench)) as server:
        answer = await server.post("/webhook", json=rasa_call("action_otra", "hola", "saludo", metadata()))
    assert answer.status_code == 404 and "action_otra" in answer.json()["error"]


async def test_a_failed_action_tells_and_logs_no_personal_data(
    catalogue: Catalogue, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(executor_of([Broken(Protocol(catalogue))]))
    call = rasa_call(
        "action_rota",
        "hola",
        "saludo",
        metadata(said="mi nss es 00058500018 y quiero una cita", facts={"curp": "EAML850312MDFNSC09"}),
    )
    with caplog.at_level(logging.DEBUG):
        async with client(app) as server:
            answer = await server.post("/webhook", json=call)
    assert answer.status_code == 500 and answer.json() == {"error": "action_failed", "action_name": "action_rota"}
    assert "action_rota" in caplog.text
    for datum in ("00058500018", "EAML850312MDFNSC09"):
        assert datum not in caplog.text + answer.text


async def test_a_message_that_did_not_come_from_the_conversation_is_refused(bench: Bench) -> None:
    async with client(action_server(bench)) as server:
        answer = await server.post("/webhook", json=rasa_call("action_saludo", "hola", "saludo", {}))
    assert answer.status_code == 500 and answer.json()["error"] == "action_failed"


async def test_a_turn_closes_with_its_report(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    answer = await dialogue.says("hola", "saludo", "action_saludo")
    assert "gusto" in words(answer) and answer.replies[-1].choices
    assert answer.intent == "saludo" and answer.outcome is None
