"""The ledger as the port `Staffing`: agents in service and mean handling time, for the estimated wait (L6767)."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.events import EventKind
from conversation.ports import Clock
from conversation.staff import IN_SERVICE, Level
from ledger.agent_states import LedgerAgentLog
from ledger.schema import EventRow

ENDS = (EventKind.ATTENDED, EventKind.TYPIFIED, EventKind.PASSED_ON, EventKind.REQUEUED, EventKind.CLOSED)
"""What ends the attention of one person, whichever comes first after the answer."""


class LedgerStaffing:
    """Counted afresh at each call, so that every process that reads the ledger says the same."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock, self._log = engine, clock, LedgerAgentLog(engine, clock)

    def agents_in_service(self, campaign: str) -> int:
        """Agents of a campaign who attend now or in a moment, breaks and supervisors left out."""
        return sum(
            entry.state in IN_SERVICE
            and entry.level is not Level.SUPERVISOR
            and (entry.campaigns is None or campaign in entry.campaigns)
            for entry in self._log.latest().values()
        )

    def mean_handling(self, campaign: str, window: timedelta) -> timedelta | None:
        """Mean time from the answer to the end of what people ended within the last `window`; None: nothing ended."""
        now = self._clock()
        ended = select(EventRow.conversation_id).where(
            EventRow.kind.in_(ENDS), EventRow.at >= now - window, EventRow.at <= now, EventRow.campaign == campaign
        )
        query = (
            select(EventRow.conversation_id, EventRow.kind, EventRow.at)
            .where(EventRow.conversation_id.in_(ended), EventRow.kind.in_((EventKind.ANSWERED, *ENDS)))
            .order_by(EventRow.seq)
        )
        answered: dict[str, datetime] = {}
        spans: list[timedelta] = []
        with Session(self._engine) as session:
            for conversation, kind, at in session.execute(query):
                if kind == EventKind.ANSWERED:
                    answered[conversation] = at
                elif conversation in answered:
                    since = answered.pop(conversation)
                    if at >= now - window:
                        spans.append(at - since)
        return sum(spans, timedelta()) / len(spans) if spans else None
