"""Agents and waiting citizens over a ledger of their own, with a clock that moves only when told."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from attended_desk import KEY, THURSDAY
from sqlalchemy import Engine

from content.catalogue import Catalogue
from conversation.conversation import Conversation
from conversation.events import EventKind
from conversation.handoff import HandoffReason
from conversation.message import Channel
from conversation.ports import NotAnswered, Turn
from conversation.service import ConversationService
from conversation.staff import Level
from desk.accounts import Accounts, Agent
from desk.distribution import Distribution
from desk.presence import Presence
from desk.stream import DeskStream, Frame
from ledger.agent_states import LedgerAgentLog
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.staffing import LedgerStaffing
from ledger.vault import Vault


class NoEngine:
    """An engine that is not there: every citizen ends with a person."""

    async def ask(self, turn: Turn) -> NotAnswered:
        return NotAnswered(reason="engine_unreachable")


class Floor:
    """One room of agents. `restart` is what a crash leaves: the ledger and the accounts."""

    def __init__(self, folder: Path, catalogue: Catalogue, *, automatic: bool = True) -> None:
        self.url = f"sqlite:///{folder / 'ledger.db'}"
        migrate(self.url)
        self.database: Engine = open_database(self.url)
        self.vault = Vault(KEY)
        self.record = LedgerRecord(self.database, self.vault)
        self.accounts_file = folder / "desk_agents.yml"
        self.accounts = Accounts(self.accounts_file)
        self.now, self.ticks = THURSDAY, 0.0
        self.catalogue, self._automatic = catalogue, automatic
        self._open = ExitStack()
        self.frames: dict[str, asyncio.Queue[Frame]] = {}
        self.log = LedgerAgentLog(self.database, self.clock)
        self.staffing = LedgerStaffing(self.database, self.clock)
        self.restart()

    def restart(self) -> None:
        """A new process over the same ledger; desks come back by themselves."""
        self._open.close()
        self.stream = DeskStream()
        self.service = ConversationService(self.record, NoEngine(), self.catalogue, self.clock, [self.stream])
        self.presence = Presence(self.accounts, self.log, self.record, self.clock, lambda: self.ticks)
        self.distribution = Distribution(
            self.service, self.record, self.catalogue, self.accounts, self.presence, self.stream, self.clock,
            automatic=self._automatic,
        )  # fmt: skip
        self.service.add_listener(self.distribution)
        for username in self.frames:
            self.frames[username] = self._open.enter_context(self.stream.follow(username))

    def clock(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds

    def agent(
        self, username: str, level: Level = Level.PS_I, skills: dict[str, int] | None = None, limit: int = 5
    ) -> Agent:
        """An agent who is here with the desk open."""
        agent = self.accounts.add(username, username.capitalize(), "clave", level=level, skills=skills, limit=limit)
        self.presence.log_in(agent)
        self.frames[username] = self._open.enter_context(self.stream.follow(username))
        return agent

    @contextmanager
    def away(self, username: str) -> Iterator[None]:
        """The browser is closed for a while, without a log-out."""
        kept = dict(self.frames)
        del self.frames[username]
        self.restart()
        yield
        self.frames = kept
        self.restart()

    async def waits(
        self, campaign: str = "derechohabiente", reason: HandoffReason | None = None, channel: Channel = Channel.WEBCHAT
    ) -> str:
        """The id of a conversation that waits for a person."""
        opened = await self.service.open(campaign, channel, "203.0.113.7", "hash")
        await self.service.hand_over(opened.conversation.id, reason or HandoffReason.USER_REQUEST)
        return opened.conversation.id

    def state(self, conversation: str) -> Conversation:
        found = self.record.load(conversation)
        assert found is not None
        return found

    def asked(self, conversation: str) -> str | None:
        """Whose desk it rings at."""
        handoff = self.state(conversation).handoff
        return handoff.offer.agent if handoff and handoff.offer else None

    def told(self, username: str) -> list[Frame]:
        """Frames for one agent since last asked."""
        queue = self.frames[username]
        return [queue.get_nowait() for _ in range(queue.qsize())]

    def data_of(self, conversation: str, kind: EventKind) -> list[dict[str, object]]:
        return [{"agent": event.agent, **event.data} for event in self.record.events(conversation, kind)]
