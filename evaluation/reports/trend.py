"""How runs compare: one row a run, for the trend table of the administration pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from evaluation.reports.payment import Pay, pay_or_refusal
from evaluation.results import ConversationResult, Run
from evaluation.settlement.policy import Policy
from evaluation.statistics import Rate, tally


@dataclass(frozen=True)
class TrendCell:
    """What one campaign, or the whole run, came to."""

    passed: Rate
    """pass^1."""
    wrong: int
    """Conversations with a wrong answer."""
    infrastructure: int
    pay_percent: Decimal | None
    """Of full pay, deductivas taken off; None when nothing could be settled."""


@dataclass(frozen=True)
class TrendRow:
    """One run."""

    run_id: str
    started_at: datetime
    is_complete: bool
    total: TrendCell
    campaigns: dict[str, TrendCell]


def trend(runs: Iterable[Run], policy: Policy) -> list[TrendRow]:
    """One row a run, the oldest first; all are settled under the same policy, or they would not compare."""
    return sorted((_row(run, policy) for run in runs), key=lambda row: (row.started_at, row.run_id))


def _row(run: Run, policy: Policy) -> TrendRow:
    payment = pay_or_refusal(run.results, policy)
    total, pays = (None, {}) if isinstance(payment, str) else (payment.total, payment.campaigns)
    return TrendRow(
        run_id=run.header.run_id,
        started_at=run.header.started_at,
        is_complete=run.is_complete,
        total=_cell(run.results, total),
        campaigns={name: _cell(run.of(name), pays.get(name)) for name in run.campaigns()},
    )


def _cell(results: Iterable[ConversationResult], pay: Pay | None) -> TrendCell:
    found = tally(results)
    return TrendCell(found.passed, int(found.wrong.hits), found.infrastructure, pay.net_percent if pay else None)
