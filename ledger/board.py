"""What goes on now and has gone on today, counted from the ledger for the live board (reports-sla.md §3, L3201, L6781).

Speed and waiting are of the human queue alone; what the bot answers has lines of its own (reports-sla.md §6). What a
person passes on to another campaign is received there anew: its people answer for it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Select, func, or_, select, true
from sqlalchemy.orm import Session

from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import Channel
from conversation.ports import Clock
from conversation.staff import AgentLog, AgentState, Level
from ledger.periods import CENTRE
from ledger.schema import EventRow, InteractionRow
from ledger.service_levels import ServiceLevel, service_levels

_QUEUE = (EventKind.QUEUED, EventKind.PASSED_ON, EventKind.ANSWERED, EventKind.LEFT_QUEUE, EventKind.CLOSED)
_Line = tuple[str, Channel]


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
    """The human queue of a campaign and channel since midnight."""

    campaign: str
    channel: Channel
    wanted: ServiceLevel
    received: int
    answered: int
    in_time: int
    abandoned: int
    undecided: int
    """Who waits and may still be answered in time: neither kept nor missed so far."""

    @property
    def level(self) -> float | None:
        """The percentage reached so far, by the campaign's own formula; None: nothing is decided yet."""
        return self.wanted.share(self.received - self.undecided, self.answered, self.in_time)

    @property
    def is_low(self) -> bool:
        """Whether it is below what the contract asks for."""
        return self.level is not None and self.level < self.wanted.percent


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
                bots=tuple(_bots(session, campaigns, midnight)),
                queues=tuple(_queues(session, campaigns, midnight, now)),
            )  # fmt: skip

    def _people(self, session: Session, campaigns: Sequence[str] | None, now: datetime) -> list[AgentNow]:
        held = _held(session)
        found = []
        for entry in self._agents.latest().values():
            theirs = entry.campaigns is None or campaigns is None or set(entry.campaigns) & set(campaigns)
            if entry.state is AgentState.OUT or not theirs:
                continue
            taken = held[entry.agent]
            attends = entry.state is AgentState.AVAILABLE and bool(taken)
            state, since = (AgentState.ATTENDING, max(entry.at, min(taken))) if attends else (entry.state, entry.at)
            found.append(AgentNow(entry.agent, entry.level, state, now - since, len(taken)))
        return sorted(found, key=lambda one: (one.state, one.username))


def _held(session: Session) -> dict[str, list[datetime]]:
    """When each agent took the conversations that he or she has."""
    snapshot = InteractionRow.snapshot
    taken, opened = snapshot["handoff"]["answered_at"].as_string(), InteractionRow.opened_at
    found: dict[str, list[datetime]] = defaultdict(list)
    for agent, at, since in session.execute(
        select(InteractionRow.agent, taken, opened).where(InteractionRow.state == State.HUMAN)
    ):
        found[agent].append(datetime.fromisoformat(at) if at else since)
    return found


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


def _queues(session: Session, campaigns: Sequence[str] | None, midnight: datetime, now: datetime) -> list[QueueToday]:
    waiting: dict[str, tuple[datetime, _Line]] = {}
    counts: dict[_Line, Counter[str]] = defaultdict(Counter)
    for conversation, kind, at, campaign, channel, is_received in session.execute(_queue_events(campaigns, midnight)):
        line = campaign, Channel(channel)
        if kind in (EventKind.QUEUED, EventKind.PASSED_ON):
            if is_received and conversation not in waiting:
                counts[line]["received"] += 1
                waiting[conversation] = at, line
        elif conversation in waiting:
            since, line = waiting.pop(conversation)
            answered = kind == EventKind.ANSWERED
            counts[line]["answered" if answered else "abandoned"] += 1
            counts[line]["in_time"] += answered and at - since < _limit(line)
    for since, line in waiting.values():
        counts[line]["undecided"] += now - since < _limit(line)
    return [
        QueueToday(
            *line, service_levels().of(line[0]), found["received"], found["answered"], found["in_time"],
            found["abandoned"], found["undecided"],
        )
        for line, found in sorted(counts.items())
    ]  # fmt: skip


def _queue_events(campaigns: Sequence[str] | None, midnight: datetime) -> Select[str, str, datetime, str, str, bool]:
    """What happened in the queues, in order; the last column says whether a campaign received somebody by it.

    An event of passing on stands under the campaign it leads to; within one campaign nobody is received anew.
    """
    elsewhere = EventRow.data["to_campaign"].as_string().is_not(None)
    is_received = or_(EventRow.kind == EventKind.QUEUED, elsewhere)
    return (
        select(EventRow.conversation_id, EventRow.kind, EventRow.at, EventRow.campaign, EventRow.channel, is_received)
        .where(EventRow.kind.in_(_QUEUE), EventRow.at >= midnight, _of(campaigns, EventRow.campaign.expression))
        .order_by(EventRow.seq)
    )


def _limit(line: _Line) -> timedelta:
    return timedelta(seconds=service_levels().of(line[0]).seconds)
