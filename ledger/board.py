"""What goes on now and has gone on today, counted from the ledger for the live board (reports-sla.md §3, L3201, L6781).

Speed and waiting are of the human queue alone; what the bot answers has lines of its own (reports-sla.md §6).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, func, or_, select, true
from sqlalchemy.orm import Session

from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import Channel
from conversation.ports import Clock
from conversation.staff import AgentLog, AgentState, Level
from ledger.periods import CENTRE
from ledger.schema import EventRow, InteractionRow

ANSWERED_WITHIN = timedelta(seconds=20)
"""A person answers a queued citizen in less than this (L10213, L10233)."""
LEVEL_PERCENT = 80.0
"""At least (L10213)."""
_ABANDONS = (EventKind.LEFT_QUEUE, EventKind.CLOSED)
_QUEUE = (EventKind.QUEUED, EventKind.ANSWERED, *_ABANDONS)


@dataclass(frozen=True)
class OpenCount:
    """Open conversations of one campaign and channel, by who has them."""

    campaign: str
    channel: Channel
    by_state: dict[State, int]
    longest_wait: timedelta | None
    """Of those in the queue; None: nobody waits."""


@dataclass(frozen=True)
class AgentNow:
    """A person at the desk."""

    username: str
    level: Level
    state: AgentState
    since: timedelta
    """In that state."""
    conversations: int


@dataclass(frozen=True)
class BotNow:
    """A virtual agent: now, and of those interactions that began today."""

    campaign: str
    open_now: int
    today: int
    contained: int
    """Closed without a person."""
    transferred: int


@dataclass(frozen=True)
class QueueToday:
    """The human queue of a campaign since midnight."""

    campaign: str
    received: int
    answered: int
    in_time: int
    abandoned: int

    @property
    def level(self) -> float | None:
        """(atendidas − atendidas después de 20 s) / atendidas × 100 (L10233); None: nothing was answered."""
        return 100 * self.in_time / self.answered if self.answered else None


@dataclass(frozen=True)
class BoardNow:
    """All of it at one moment."""

    at: datetime
    open: tuple[OpenCount, ...]
    agents: tuple[AgentNow, ...]
    bots: tuple[BotNow, ...]
    queues: tuple[QueueToday, ...]


class LedgerBoard:
    """Counts when asked; `campaigns` None stands for all."""

    def __init__(self, engine: Engine, agents: AgentLog, clock: Clock) -> None:
        self._engine, self._agents, self._clock = engine, agents, clock

    def now(self, campaigns: Sequence[str] | None) -> BoardNow:
        """The board of these campaigns."""
        now = self._clock()
        midnight = now.astimezone(CENTRE).replace(hour=0, minute=0, second=0, microsecond=0)
        with Session(self._engine) as session:
            return BoardNow(
                at=now, open=tuple(_open(session, campaigns, now)), agents=tuple(self._people(session, campaigns, now)),
                bots=tuple(_bots(session, campaigns, midnight)), queues=tuple(_queues(session, campaigns, midnight)),
            )  # fmt: skip

    def _people(self, session: Session, campaigns: Sequence[str] | None, now: datetime) -> list[AgentNow]:
        held = Counter(session.scalars(select(InteractionRow.agent).where(InteractionRow.state == State.HUMAN)))
        found = []
        for entry in self._agents.latest().values():
            theirs = entry.campaigns is None or campaigns is None or set(entry.campaigns) & set(campaigns)
            if entry.state is AgentState.OUT or not theirs:
                continue
            attends = entry.state is AgentState.AVAILABLE and held[entry.agent]
            state = AgentState.ATTENDING if attends else entry.state
            found.append(AgentNow(entry.agent, entry.level, state, now - entry.at, held[entry.agent]))
        return sorted(found, key=lambda one: (one.state, one.username))


def _of(campaigns: Sequence[str] | None, column: ColumnElement[str]) -> ColumnElement[bool]:
    return true() if campaigns is None else column.in_(campaigns)


def _open(session: Session, campaigns: Sequence[str] | None, now: datetime) -> list[OpenCount]:
    channel, since = InteractionRow.snapshot["channel"].as_string(), InteractionRow.snapshot["handoff"]["since"]
    query = select(InteractionRow.campaign, channel, InteractionRow.state, since.as_string()).where(
        InteractionRow.state != State.CLOSED, _of(campaigns, InteractionRow.campaign.expression)
    )
    counts: dict[tuple[str, str], Counter[State]] = {}
    waits: dict[tuple[str, str], timedelta] = {}
    for campaign, of_channel, state, waits_since in session.execute(query):
        key = campaign, of_channel
        counts.setdefault(key, Counter())[State(state)] += 1
        if state == State.QUEUED and waits_since:
            waits[key] = max(waits.get(key, timedelta()), now - datetime.fromisoformat(waits_since))
    return [OpenCount(key[0], Channel(key[1]), dict(found), waits.get(key)) for key, found in sorted(counts.items())]


def _bots(session: Session, campaigns: Sequence[str] | None, midnight: datetime) -> list[BotNow]:
    bot = InteractionRow.snapshot["bot_campaign"].as_string()
    transferred = InteractionRow.snapshot["transferred_to_human"].as_boolean()
    today = InteractionRow.opened_at >= midnight
    query = (
        select(bot, InteractionRow.state, transferred, today, func.count())
        .where(or_(today, InteractionRow.state == State.BOT), _of(campaigns, bot))
        .group_by(bot, InteractionRow.state, transferred, today)
    )
    counts: dict[str, Counter[str]] = {}
    for campaign, state, is_transferred, is_today, number in session.execute(query):
        found = counts.setdefault(campaign, Counter())
        found["open"] += number if state == State.BOT else 0
        found["today"] += number if is_today else 0
        found["transferred"] += number if is_today and is_transferred else 0
        found["contained"] += number if is_today and state == State.CLOSED and not is_transferred else 0
    return [
        BotNow(campaign, found["open"], found["today"], found["contained"], found["transferred"])
        for campaign, found in sorted(counts.items())
    ]


def _queues(session: Session, campaigns: Sequence[str] | None, midnight: datetime) -> list[QueueToday]:
    query = (
        select(EventRow.conversation_id, EventRow.kind, EventRow.at, EventRow.campaign)
        .where(EventRow.kind.in_(_QUEUE), EventRow.at >= midnight, _of(campaigns, EventRow.campaign.expression))
        .order_by(EventRow.seq)
    )
    waiting: dict[str, tuple[datetime, str]] = {}
    counts: dict[str, Counter[str]] = {}
    for conversation, kind, at, campaign in session.execute(query):
        if kind == EventKind.QUEUED:
            if conversation not in waiting:
                counts.setdefault(campaign, Counter())["received"] += 1
                waiting[conversation] = at, campaign
        elif conversation in waiting:
            since, of_campaign = waiting.pop(conversation)
            found = counts[of_campaign]
            answered = kind == EventKind.ANSWERED
            found["answered" if answered else "abandoned"] += 1
            found["in_time"] += answered and at - since < ANSWERED_WITHIN
    return [
        QueueToday(campaign, found["received"], found["answered"], found["in_time"], found["abandoned"])
        for campaign, found in sorted(counts.items())
    ]
