"""A conversation over the real ledger and the repository's campaigns; only the bot's words are scripted."""

import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from content.catalogue import Catalogue
from conversation.conversation import Conversation
from conversation.events import EventKind
from conversation.message import Channel, IncomingMessage, Message, Reply, Sender
from conversation.ports import Answered, NotAnswered, Turn
from conversation.service import ConversationError, ConversationService, Outcome
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.vault import Vault

ROOT = Path(__file__).resolve().parents[2]
CENTRE = ZoneInfo("America/Mexico_City")
THURSDAY = datetime(2026, 10, 15, 10, 0, tzinfo=CENTRE)
THURSDAY_NIGHT = datetime(2026, 10, 15, 22, 0, tzinfo=CENTRE)
NSS = "00058500018"
SERVED = {"topic": "vigencia_derechos", "intent": "vigencia_derechos", "confidence": 0.9}
KEY = "dmVudGFuaWxsYS10ZXN0LWtleS0zMi1ieXRlcyEhISE="
Step = Answered | NotAnswered | Exception | Callable[[Turn], Awaitable[Answered | NotAnswered]]


def says(text: str, **more: object) -> Answered:
    """An answer of one utterance."""
    return Answered.model_validate({"replies": (Reply(text=text),), **more})


class ScriptedEngine:
    """Answers what the test wrote, in order; keeps every turn it was asked."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._script: deque[Step] = deque()

    def will(self, *steps: Step) -> None:
        self._script.extend(steps)

    async def ask(self, turn: Turn) -> Answered | NotAnswered:
        self.turns.append(turn)
        step = self._script.popleft() if self._script else says("Le escucho.", facts=turn.facts)
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Answered | NotAnswered) else await step(turn)


class StoppedClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class Audience:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.heard: list[tuple[Conversation, Message]] = []

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        self.heard += [(conversation, message) for message in messages]


class Counter:
    """One service counter and what a test asks of it."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.url = f"sqlite:///{folder / 'ledger.db'}"
        migrate(self.url)
        self.database: Engine = open_database(self.url)
        self.record = LedgerRecord(self.database, Vault(KEY))
        self.engine, self.clock, self.audience = ScriptedEngine(), StoppedClock(THURSDAY), Audience()
        self.service = ConversationService(self.record, self.engine, catalogue, self.clock, [self.audience])

    async def opens(self, campaign: str = "derechohabiente", channel: Channel = Channel.WEBCHAT) -> str:
        """A new conversation's id."""
        token_hash = hashlib.sha256(b"token").hexdigest()
        return (await self.service.open(campaign, channel, "203.0.113.7", token_hash)).conversation.id

    async def hears(self, conversation: str, text: str, client_id: str | None = None) -> Outcome:
        message = IncomingMessage(text=text, client_message_id=client_id)
        return await self.service.receive(conversation, message)

    async def chooses(self, conversation: str, choice: str) -> Outcome:
        return await self.service.receive(conversation, IncomingMessage(choice=choice))

    async def attended(self, agent: str = "ana") -> str:
        """A conversation that a person has."""
        conversation = await self.waiting()
        await self.service.take(conversation, agent, "Ana Ruiz")
        return conversation

    async def waiting(self) -> str:
        """A conversation that waits for a person."""
        conversation = await self.opens()
        self.engine.will(NotAnswered(reason="engine_timeout"))
        await self.hears(conversation, "quiero mi vigencia")
        return conversation

    def state(self, conversation: str) -> Conversation:
        found = self.record.load(conversation)
        assert found is not None
        return found

    def kinds(self, conversation: str) -> list[str]:
        return [event.kind for event in self.record.events(conversation)]

    def data_of(self, conversation: str, kind: EventKind) -> list[dict[str, object]]:
        return [event.data for event in self.record.events(conversation, kind)]

    def transcript(self, conversation: str) -> list[tuple[Sender, str]]:
        return [(message.sender, message.text) for message in self.record.messages(conversation)]


def texts(outcome: Outcome) -> list[str]:
    """What was said to the citizen in one call."""
    return [message.text for message in outcome.messages]


async def refused(call: object) -> str:
    """The code of the refusal."""
    with pytest.raises(ConversationError) as caught:
        await call  # type: ignore[misc]
    assert str(caught.value), "a refusal explains itself"
    return caught.value.code
