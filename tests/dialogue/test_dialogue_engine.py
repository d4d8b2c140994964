"""What the adapter makes of an engine that answers, fails or answers nonsense; and what it asks besides."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from conversation.message import Channel
from conversation.ports import Answered, NotAnswered, Turn
from dialogue.rasa_engine import RasaEngine

ANSWER = [{"text": "Hola."}, {"custom": {"turn": {"topic": "saludo"}}}]
SENTENCE = "quiero saber mi vigencia y sacar una cita"


class Rasa:
    """Rasa's two end points, with the answers that a test chooses; keeps what it was asked."""

    def __init__(self, answer: Any = ANSWER, parsed: httpx.Response | None = None) -> None:
        self.answer, self.parsed = answer, parsed
        self.messages: list[dict[str, Any]] = []
        self.classified: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if request.url.path == "/campaigns/derechohabiente/model/parse":
            self.classified.append(body["text"])
            named = "cita_medica" if "cita" in body["text"] else "vigencia_derechos"
            return self.parsed or httpx.Response(200, json={"intent": {"name": named, "confidence": 0.9}})
        assert request.url.path == "/campaigns/derechohabiente/webhooks/rest/webhook"
        self.messages.append(body)
        return httpx.Response(200, json=self.answer)

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Of the last message's metadata."""
        return list(self.messages[-1]["metadata"]["parts"])


async def ask(rasa: Rasa, **turn: Any) -> Answered | NotAnswered:
    client = httpx.AsyncClient(base_url="http://engine", transport=httpx.MockTransport(rasa))
    given = {"text": SENTENCE, **turn}
    return await RasaEngine("http://engine", client).ask(
        Turn(
            conversation="c", folio="VEN-20261015-0000001-5", campaign="derechohabiente", channel=Channel.WEBCHAT,
            now=datetime(2026, 10, 15, 9, tzinfo=UTC), **given,
        )
    )  # fmt: skip


async def test_each_request_of_a_sentence_is_classified_too() -> None:
    rasa = Rasa()
    assert isinstance(await ask(rasa), Answered)
    assert rasa.classified == ["quiero saber mi vigencia", "sacar una cita"]
    assert [part["intent"] for part in rasa.parts] == ["vigencia_derechos", "cita_medica"]


@pytest.mark.parametrize(
    "turn",
    [
        {"text": "quiero saber mi vigencia, mi nss es 00058500018 y nací el 12/03/1985"},
        {"text": None, "choice": "vigencia_derechos"},
        {"facts": {"pending": {"name": "nss", "kind": "datum", "prompt": "¿NSS?"}}},
    ],
)
async def test_nothing_is_classified_apart_where_there_is_one_request_or_an_answer(turn: dict[str, Any]) -> None:
    rasa = Rasa()
    await ask(rasa, **turn)
    assert rasa.classified == [] and rasa.parts == []


@pytest.mark.parametrize(
    "parsed",
    [
        httpx.Response(500, json={"error": "failed"}), httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]), httpx.Response(200, json={"intent": None}),
        httpx.Response(200, json={"intent": {"name": None, "confidence": 0.0}}),
    ],
)  # fmt: skip
async def test_a_sentence_whose_parts_cannot_be_classified_is_served_as_a_whole(parsed: httpx.Response) -> None:
    rasa = Rasa(parsed=parsed)
    assert isinstance(await ask(rasa), Answered) and rasa.parts == []


@pytest.mark.parametrize("nonsense", [{"detail": "no"}, ["texto"], [None], 7, [{"attachment": "{}"}], "hola"])
async def test_an_answer_of_another_form_is_none(nonsense: object) -> None:
    answer = await ask(Rasa(answer=nonsense))
    assert isinstance(answer, NotAnswered) and answer.reason.startswith("engine_nonsense")
