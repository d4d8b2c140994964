"""The ledger as the port `AgentLog`: what every human agent was doing, and when (L2150, L7672)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from conversation.ports import Clock
from conversation.staff import AgentState, Cause, Level, StateEntry
from ledger.periods import CENTRE
from ledger.schema import AgentStateRow

PRESENT_WITHIN = timedelta(hours=24)
"""Nobody is in one state for longer: ten minutes of silence log an agent out."""


class LedgerAgentLog:
    """States of agents in a SQL database, append-only."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def enter(self, entry: StateEntry) -> StateEntry:
        """Record that an agent enters a state; the entry with its number."""
        row = AgentStateRow(
            agent=entry.agent, at=entry.at, state=entry.state, cause=entry.cause, level=entry.level,
            campaigns=None if entry.campaigns is None else list(entry.campaigns),
        )  # fmt: skip
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            session.add(row)
        return entry.model_copy(update={"number": row.number})

    def latest(self) -> dict[str, StateEntry]:
        """The last entry of every agent of the last 24 hours, by user name."""
        recent = (
            select(func.max(AgentStateRow.number))
            .where(AgentStateRow.at >= self._clock() - PRESENT_WITHIN)
            .group_by(AgentStateRow.agent)
        )
        return {one.agent: one for one in self._read(select(AgentStateRow).where(AgentStateRow.number.in_(recent)))}

    def last_of(self, agent: str) -> StateEntry | None:
        """The last entry of one agent."""
        query = select(AgentStateRow).where(AgentStateRow.agent == agent).order_by(AgentStateRow.number.desc())
        return next(iter(self._read(query.limit(1))), None)

    def last_logout(self, agent: str) -> int:
        """The number of the agent's last log-out; 0 before the first."""
        query = select(func.max(AgentStateRow.number)).where(
            AgentStateRow.agent == agent, AgentStateRow.state == AgentState.OUT
        )
        with Session(self._engine) as session:
            return session.scalar(query) or 0

    def entries(self, start: datetime, end: datetime) -> Sequence[StateEntry]:
        """Entries in [start, end), in order."""
        query = select(AgentStateRow).where(AgentStateRow.at >= start, AgentStateRow.at < end)
        return self._read(query.order_by(AgentStateRow.number))

    def _read(self, query: Select[Any]) -> list[StateEntry]:
        with Session(self._engine) as session:
            return [_entry(row) for row in session.scalars(query)]


def _entry(row: AgentStateRow) -> StateEntry:
    return StateEntry(
        number=row.number, agent=row.agent, state=AgentState(row.state), cause=Cause(row.cause),
        at=row.at.astimezone(CENTRE), level=Level(row.level),
        campaigns=None if row.campaigns is None else tuple(row.campaigns),
    )  # fmt: skip
