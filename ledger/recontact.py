"""Whether people come back: interactions followed by another of the same person and topic, beside what surveys say.

A survey may say «resolved» and the person may still call again the next day; recontact is the measure that asks
nobody. Two interactions are of one person when they have the same origin or the same person key (`person_key`: a keyed
hash of the NSS, so that the number itself stands nowhere). FCR in reports-sla.md §6 rests on the same definition.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from conversation.conversation import Conversation
from ledger.database import as_of_now
from ledger.schema import InteractionRow

DAY, WEEK, NEVER = timedelta(hours=24), timedelta(days=7), timedelta.max
LONGEST = timedelta(days=1)
"""No interaction lasts longer; silence closes it much sooner (L6778)."""
FORGET_EVERY = 50_000
MARKS = ("closed", "within_day", "within_week", "resolved", "answered", "unknown")


@dataclass(frozen=True)
class Recontact:
    """Counts for one campaign and topic over a period; rates are derived, so that they can be added up first."""

    campaign: str
    topic: str | None
    """None: the whole campaign, each interaction once."""
    closed: int
    """Closed interactions that served the topic: the denominator of every rate."""
    within_day: int
    """Of these, followed by another of the same person and topic at most 24 hours after their close."""
    within_week: int
    """The same within 7 days; includes `within_day`."""
    resolved: int
    """Of these, the survey said resolved."""
    answered: int
    """Of these, the survey said yes or no."""
    unknown: int
    """Of these, without origin and person key: they cannot be recognised, and count as not followed."""

    @property
    def day_rate(self) -> float:
        """`within_day` / `closed`, 0 to 1."""
        return self.within_day / self.closed

    @property
    def week_rate(self) -> float:
        """`within_week` / `closed`, 0 to 1."""
        return self.within_week / self.closed

    @property
    def resolution_rate(self) -> float:
        """`resolved` / `closed`, 0 to 1."""
        return self.resolved / self.closed


def recontacts(engine: Engine, start: datetime, end: datetime, campaign: str | None = None) -> list[Recontact]:
    """Counts of the interactions opened in [start, end) and closed, by campaign and topic, in that order.

    Followers are sought up to 7 days behind the period, in every campaign and also while they are still open: counts of
    a period that ended less than 7 days ago may still grow. An interaction is counted for the campaign whose bot served
    last. `ledger.periods.month_bounds` gives the bounds of a month.
    """
    query = (
        select(InteractionRow.opened_at, InteractionRow.person_key, InteractionRow.snapshot)
        .where(InteractionRow.opened_at >= start, InteractionRow.opened_at < end + LONGEST + WEEK)
        .order_by(InteractionRow.opened_at.desc(), InteractionRow.folio.desc())
    )
    tallies: defaultdict[tuple[str, str | None], Counter[str]] = defaultdict(Counter)
    later = _Later()
    with as_of_now(engine) as session:
        for opened_at, person_key, snapshot in session.execute(query.execution_options(yield_per=1000)):
            one = Conversation.model_validate({**snapshot, "facts": {}})
            people = [name for name in (one.origin and f"origin {one.origin}", person_key) if name]
            waits = {topic: later.wait(people, topic, one) for topic in one.topics}
            if one.is_closed and opened_at < end and campaign in (None, one.bot_campaign):
                for topic, wait in waits.items():
                    tallies[one.bot_campaign, topic].update(_marks(one, people, wait))
                if waits:
                    tallies[one.bot_campaign, None].update(_marks(one, people, min(waits.values())))
            later.add(people, one)
    return [
        Recontact(campaign=name, topic=topic, **{mark: tally[mark] for mark in MARKS})
        for (name, topic), tally in sorted(tallies.items(), key=lambda entry: (entry[0][0], entry[0][1] or ""))
    ]


class _Later:
    """The next opening of each person and topic, while interactions are read from the latest to the earliest."""

    def __init__(self) -> None:
        self._openings: dict[tuple[str, str], datetime] = {}
        self._added = 0

    def wait(self, people: list[str], topic: str, one: Conversation) -> timedelta:
        """Time from the close of an interaction to the next one of the same person and topic."""
        found = [self._openings[key] for person in people if (key := (person, topic)) in self._openings]
        return min(found) - (one.closed_at or one.last_activity) if found else NEVER

    def add(self, people: list[str], one: Conversation) -> None:
        """Have an interaction found by those before it; forget those that none can reach any more."""
        self._openings.update({(person, topic): one.opened_at for person in people for topic in one.topics})
        self._added += 1
        if self._added % FORGET_EVERY == 0:
            horizon = one.opened_at + LONGEST + WEEK
            self._openings = {key: moment for key, moment in self._openings.items() if moment <= horizon}


def _marks(one: Conversation, people: list[str], wait: timedelta) -> dict[str, int]:
    return {
        "closed": 1, "within_day": wait <= DAY, "within_week": wait <= WEEK,
        "resolved": one.survey.resolved is True, "answered": one.survey.resolved is not None, "unknown": not people,
    }  # fmt: skip
