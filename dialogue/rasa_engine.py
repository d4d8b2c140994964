"""Asks the campaign's bot over Rasa's REST channel. Every failure is a `NotAnswered` with its reason."""

import asyncio
from typing import Any

import httpx
from pydantic import ValidationError

from conversation.message import Choice, Document, Reply
from conversation.ports import Answered, Finish, HandOff, MoveTo, NotAnswered, Turn
from dialogue.clauses import clauses
from dialogue.wire import HandOffReport, MoveReport, Part, TurnMetadata, TurnReport, choice_as_text, citizen_text

ENGINE_TIMEOUT = httpx.Timeout(45.0, connect=2.0)
"""Seconds: an action may wait for two institutional services with one retry each."""
PARSE_SECONDS = 2.0
"""To classify a part of a sentence, which takes milliseconds; without it the sentence is served as a whole."""


class RasaEngine:
    """Implements the conversation's `DialogueEngine` port."""

    def __init__(self, base_url: str, client: httpx.AsyncClient | None = None) -> None:
        """`base_url` is the engine host's, e.g. `http://127.0.0.1:5005`."""
        self._client = client or httpx.AsyncClient(
            base_url=base_url, timeout=ENGINE_TIMEOUT, limits=httpx.Limits(max_connections=50)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(self, turn: Turn) -> Answered | NotAnswered:
        """One turn of a campaign's bot."""
        metadata = TurnMetadata(
            conversation=turn.conversation, folio=turn.folio, campaign=turn.campaign, channel=turn.channel,
            now=turn.now, said=turn.text or "", choice=turn.choice, facts=turn.facts, moved_from=turn.moved_from,
            parts=await self._parts(turn),
        )  # fmt: skip
        body = {
            "sender": turn.conversation,
            "message": choice_as_text(turn.choice) if turn.choice else citizen_text(turn.text or ""),
            "metadata": metadata.model_dump(mode="json"),
        }
        try:
            response = await self._client.post(f"/campaigns/{turn.campaign}/webhooks/rest/webhook", json=body)
        except httpx.TimeoutException:
            return NotAnswered(reason="engine_timeout")
        except httpx.HTTPError as error:
            return NotAnswered(reason=f"engine_unreachable: {type(error).__name__}")
        if response.status_code != httpx.codes.OK:
            return NotAnswered(reason=f"engine_status_{response.status_code}")
        try:
            return read_answer(response.json())
        except (ValueError, ValidationError, LookupError, TypeError, AttributeError) as error:
            return NotAnswered(reason=f"engine_nonsense: {type(error).__name__}")

    async def _parts(self, turn: Turn) -> tuple[Part, ...]:
        """What the parts of a sentence would be taken for; none while a question is open: then it is the answer."""
        if turn.choice or turn.facts.get("pending"):
            return ()
        found = await asyncio.gather(
            *(self._parsed(turn.campaign, part) for part in clauses(citizen_text(turn.text or "")))
        )
        return tuple(part for part in found if part)

    async def _parsed(self, campaign: str, text: str) -> Part | None:
        try:
            response = await self._client.post(
                f"/campaigns/{campaign}/model/parse", json={"text": text}, timeout=PARSE_SECONDS
            )
            intent = response.json()["intent"]
            return Part(intent=intent["name"], confidence=intent["confidence"])
        except (httpx.HTTPError, ValueError, LookupError, TypeError):
            return None  # the sentence is served all the same


def read_answer(messages: list[dict[str, Any]]) -> Answered | NotAnswered:
    """The engine's list of messages as one answer.

    Raises:
        ValidationError, KeyError, IndexError, TypeError, AttributeError: the messages are not of the agreed form.
    """
    replies: list[Reply] = []
    report: TurnReport | None = None
    for message in messages:
        if "turn" in message.get("custom", {}):
            report = TurnReport.model_validate(message["custom"]["turn"])
        elif message.get("text"):
            choices = tuple(
                Choice(id=button["payload"], title=button["title"], key=button.get("key", ""))
                for button in message.get("buttons", ())
            )
            replies.append(Reply(text=message["text"], choices=choices))
        elif message.get("attachment"):
            document = Document.model_validate_json(message["attachment"])
            replies[-1] = replies[-1].model_copy(update={"document": document})
    if report is None:
        return NotAnswered(reason="no_report")
    if not replies and report.outcome is None:
        return NotAnswered(reason="empty_answer")
    return Answered(
        replies=tuple(replies), topic=report.topic, intent=report.intent, confidence=report.confidence,
        facts=report.facts, outcome=_outcome(report),
    )  # fmt: skip


def _outcome(report: TurnReport) -> HandOff | MoveTo | Finish | None:
    if report.outcome is None:
        return None
    if isinstance(report.outcome, HandOffReport):
        return HandOff(reason=report.outcome.reason, note=report.outcome.note)
    if isinstance(report.outcome, MoveReport):
        return MoveTo(campaign=report.outcome.campaign, forward=report.outcome.forward)
    return Finish()
