"""What may be erased today, by campaign and month, and what stands in the way of the rest (security.md §5).

Nothing is erased while its month is unsettled (it is the evidence of payment, L1288, L10564), while it or its month is
held (an audit, a complaint, a trial), or while an interaction is open.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.conversation import State
from ledger.erasure import is_erased
from ledger.periods import CENTRE
from ledger.retention import RetentionPolicy
from ledger.schema import InteractionRow

IsSettled = Callable[[str, str], bool]
"""Whether a campaign's month («2026-10») is settled: a statement that both parties agreed on is kept."""


class Obstacle(StrEnum):
    """Why a month stays."""

    UNSETTLED = "sin liquidar"
    HELD = "reservado"


@dataclass
class DueMonth:
    """Interactions of one campaign and month whose time is over."""

    campaign: str
    month: str
    profile: str
    needs_authorisation: bool
    folios: list[str] = field(default_factory=list)
    """That may go."""
    held: list[str] = field(default_factory=list)
    still_open: list[str] = field(default_factory=list)
    obstacle: Obstacle | None = None
    """Why none of them goes; authorisation is asked for by whoever executes."""


def due_months(
    engine: Engine, policy: RetentionPolicy, today: date, *, is_settled: IsSettled, holds: Collection[str],
    campaign: str | None = None,
) -> list[DueMonth]:  # fmt: skip
    """Months with interactions whose time is over, by month and campaign.

    `holds` are folios, campaigns with a month («cita_medica/2026-10»), or campaigns.
    """
    query = (
        select(InteractionRow.folio, InteractionRow.opened_at, InteractionRow.state, InteractionRow.snapshot)
        .where(~is_erased())
        .order_by(InteractionRow.opened_at, InteractionRow.folio)
    )
    months: dict[tuple[str, str], DueMonth] = {}
    with Session(engine) as session:
        for folio, opened_at, state, snapshot in session.execute(query.execution_options(yield_per=1000)):
            name = snapshot["bot_campaign"]
            due = policy.due(name, opened_at)
            if due is None or due > today or campaign not in (None, name):
                continue
            month = f"{opened_at.astimezone(CENTRE):%Y-%m}"
            found = months.setdefault((month, name), _month(policy, name, month))
            kept = found.held if folio in holds else found.still_open if state != State.CLOSED else found.folios
            kept.append(folio)
    for found in months.values():
        found.obstacle = obstacle(found.campaign, found.month, is_settled, holds)
    return [months[key] for key in sorted(months)]


def _month(policy: RetentionPolicy, campaign: str, month: str) -> DueMonth:
    profile = policy.campaigns.get(campaign, policy.default)
    return DueMonth(campaign, month, profile, policy.profile(campaign).authorisation)


def obstacle(campaign: str, month: str, is_settled: IsSettled, holds: Collection[str]) -> Obstacle | None:
    """What stands in the way of erasing anything of a campaign's month."""
    if campaign in holds or f"{campaign}/{month}" in holds:
        return Obstacle.HELD
    return None if is_settled(campaign, month) else Obstacle.UNSETTLED


def obstacle_of(engine: Engine, folio: str, is_settled: IsSettled, holds: Collection[str]) -> Obstacle | None:
    """What stands in the way of erasing one interaction; None, too, when there is none."""
    with Session(engine) as session:
        row = session.scalar(select(InteractionRow).where(InteractionRow.folio == folio))
        if row is None:
            return None
        campaign, month = row.snapshot["bot_campaign"], f"{row.opened_at.astimezone(CENTRE):%Y-%m}"
    return Obstacle.HELD if folio in holds else obstacle(campaign, month, is_settled, holds)
