"""How long the calls of a month were in each phase: what IVR minutes are billed by (L13921, L14025).

Seconds are added up over the month and only then made whole minutes; no call is rounded (L7680, L10567).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Engine, select

from conversation.message import Channel
from conversation.phases import Happened, Phase, time_in_phases
from ledger.database import as_of_now
from ledger.periods import closed_in
from ledger.schema import EventRow, InteractionRow

BATCH = 500
"""Calls whose events are asked for at once."""


@dataclass
class PhaseTimes:
    """The calls of one campaign in one month."""

    campaign: str
    calls: int = 0
    lasted: dict[Phase, timedelta] = field(default_factory=lambda: dict.fromkeys(Phase, timedelta()))

    @property
    def total(self) -> timedelta:
        """All phases together: from the greeting to the close."""
        return sum(self.lasted.values(), timedelta())

    @property
    def whole_minutes(self) -> int:
        """What is billed of it."""
        return self.total // timedelta(minutes=1)


def phase_times(engine: Engine, month: str) -> list[PhaseTimes]:
    """The closed calls that began in a month («2026-10», central time), by the campaign whose bot served last."""
    calls = select(InteractionRow.id, InteractionRow.snapshot["bot_campaign"].as_string().label("campaign"))
    calls = calls.where(closed_in(month, channel=Channel.VOICE)).execution_options(yield_per=BATCH)
    found: dict[str, PhaseTimes] = {}
    with as_of_now(engine) as session:
        for batch in session.execute(calls).partitions():
            campaigns = {row.id: row.campaign for row in batch}
            events: defaultdict[str, list[Happened]] = defaultdict(list)
            query = select(EventRow.conversation_id, EventRow.kind, EventRow.at, EventRow.data)
            query = query.where(EventRow.conversation_id.in_(campaigns)).order_by(EventRow.position)
            for conversation_id, *happened in session.execute(query):
                events[conversation_id].append(Happened(*happened))
            for conversation_id, campaign in campaigns.items():
                times = found.setdefault(campaign, PhaseTimes(campaign))
                times.calls += 1
                for phase, lasted in time_in_phases(events[conversation_id]).items():
                    times.lasted[phase] += lasted
    return [found[campaign] for campaign in sorted(found)]
