"""Calls the action server as Rasa 3.6 does: the citizen's words, the intent, what is known so far."""

from typing import Any

import httpx
from fastapi import FastAPI
from institution_bench import NOW, Bench

from actions.server import all_actions, create_app, executor_of
from conversation.message import Channel
from conversation.ports import Answered, NotAnswered
from dialogue.rasa_engine import read_answer
from dialogue.wire import Part, TurnMetadata, choice_as_text, citizen_text


def action_server(bench: Bench) -> FastAPI:
    """The end point with every action, over the bench's clients."""
    return create_app(executor_of(all_actions(bench.catalogue, bench.institution)))


def rasa_call(action: str, text: str, intent: str, metadata: dict[str, Any], confidence: float = 1.0) -> dict[str, Any]:
    """The body that Rasa sends for one action."""
    return {
        "next_action": action,
        "sender_id": metadata.get("conversation", "c"),
        "version": "3.6.21",
        "domain": {"intents": [], "actions": [action], "slots": {}},
        "tracker": {
            "sender_id": metadata.get("conversation", "c"), "slots": {}, "events": [], "paused": False,
            "latest_event_time": 0.0, "followup_action": None, "active_loop": {}, "latest_action_name": "action_listen",
            "latest_message": {
                "text": text, "intent": {"name": intent, "confidence": confidence}, "intent_ranking": [],
                "entities": [], "metadata": metadata,
            },
        },
    }  # fmt: skip


def as_rasa_sends(responses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the REST channel makes of an action's responses: text with buttons, custom and attachment apart."""
    sent: list[dict[str, Any]] = []
    for one in responses:
        if one.get("text"):
            sent.append({"text": one["text"], **({"buttons": one["buttons"]} if one.get("buttons") else {})})
        sent += [{name: one[name]} for name in ("custom", "attachment") if one.get(name)]
    return sent


class Dialogue:
    """One conversation with the actions of a campaign; facts travel from turn to turn."""

    def __init__(self, bench: Bench, campaign: str = "cita_medica", channel: Channel = Channel.WEBCHAT) -> None:
        self.bench, self.campaign, self.channel = bench, campaign, channel
        self.facts: dict[str, Any] = {}
        transport = httpx.ASGITransport(action_server(bench))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    async def turn(
        self, action: str, text: str = "", intent: str = "nlu_fallback", choice: str | None = None,
        confidence: float = 1.0, parts: tuple[Part, ...] = (),
    ) -> Answered:  # fmt: skip
        """One turn; every one of them must answer."""
        metadata = TurnMetadata(
            conversation=self.bench.interaction.conversation_id, folio=self.bench.interaction.folio,
            campaign=self.campaign, channel=self.channel, now=NOW, said=text, choice=choice, facts=self.facts,
            parts=parts,
        )  # fmt: skip
        sent = choice_as_text(choice) if choice else citizen_text(text)
        call = rasa_call(action, sent, intent, metadata.model_dump(mode="json"), confidence)
        response = await self._client.post("/webhook", json=call)
        assert response.status_code == 200, response.text
        answer = read_answer(as_rasa_sends(response.json()["responses"]))
        assert not isinstance(answer, NotAnswered), answer
        self.facts = answer.facts
        return answer

    async def says(self, text: str, intent: str = "nlu_fallback", action: str = "action_no_entendi") -> Answered:
        return await self.turn(action, text, intent)

    async def chooses(self, choice: str) -> Answered:
        return await self.turn("action_continuar", intent="elegir", choice=choice)

    async def asks_to_book(self) -> Answered:
        return await self.turn(
            "action_agendar_cita", intent="agendar_medicina_familiar", choice="agendar_medicina_familiar"
        )


def words(answer: Answered) -> str:
    """Everything said in one turn."""
    return " ".join(reply.text for reply in answer.replies)
