"""What a run would have been paid: its conversations through the settlement, unchanged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.results import ConversationResult
from evaluation.settlement.interaction import Interaction
from evaluation.settlement.lines import InteractionLine
from evaluation.settlement.policy import Policy
from evaluation.settlement.reader import read_records
from evaluation.settlement.refusal import InputRefused, Problem
from evaluation.settlement.statement import Statement, settle
from evaluation.statistics import counted


@dataclass(frozen=True)
class RulePay:
    """What one rule paid, at one percentage."""

    rule: str
    percent: int
    interactions: int
    amount: Decimal | None
    """MXN without IVA; None without a price, or when the product is billed by minute."""
    line: str | None
    """Of the contract; None where it is silent."""
    setting: str | None
    """Setting of the policy that decided, where the contract is silent."""


@dataclass(frozen=True)
class Pay:
    """What a group of interactions comes to."""

    interactions: int
    equivalents: Decimal
    """Full interactions: a 30 % is 0.30."""
    deductions: int
    deducted: Decimal
    """Full interactions that deductivas take off, before any cap (L2059)."""
    pending: int
    gross: Decimal | None
    deductions_amount: Decimal | None
    net: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """Percentage of full pay, before deductivas; None without interactions."""
        return self.equivalents * 100 / self.interactions if self.interactions else None

    @property
    def net_percent(self) -> Decimal | None:
        """Percentage of full pay after deductivas; below zero when these outweigh it."""
        return (self.equivalents - self.deducted) * 100 / self.interactions if self.interactions else None


@dataclass(frozen=True)
class Payment:
    """The settlement of a run."""

    statement: Statement
    lines: dict[str, InteractionLine]
    """What each conversation was paid, by folio."""
    rules: tuple[RulePay, ...]
    campaigns: dict[str, Pay]
    total: Pay


def pay_run(results: Iterable[ConversationResult], policy: Policy) -> Payment:
    """Settle every conversation that has a payment record; failures of the infrastructure are left out.

    Raises:
        InputRefused: a record lacks something or contradicts itself; then nothing is settled, as with a ledger.
    """
    statement = settle(_interactions(counted(results)), policy)
    multiple = policy.recurrence_price_multiple
    campaigns = sorted({line.campaign for line in statement.interactions})
    return Payment(
        statement=statement,
        lines={line.folio: line for line in statement.interactions},
        rules=tuple(_rules(statement)),
        campaigns={name: _pay(statement.narrowed(None, name), multiple) for name in campaigns},
        total=_pay(statement, multiple),
    )


def pay_or_refusal(results: Iterable[ConversationResult], policy: Policy) -> Payment | str:
    """As `pay_run`; a refusal comes back as its text, so that one bad record does not cost the rest of a report."""
    try:
        return pay_run(results, policy)
    except InputRefused as refusal:
        return str(refusal)


def _interactions(results: Iterable[ConversationResult]) -> list[Interaction]:
    problems: list[Problem] = []
    found: dict[str, Interaction] = {}
    for reading in read_records(one.interaction for one in results if one.interaction is not None):
        problems += reading.problems
        if reading.interaction is not None:
            folio = reading.interaction.folio
            if folio in found:
                problems.append(Problem(reading.number, "folio", f"el folio {folio} aparece dos veces"))
            found[folio] = reading.interaction
    if problems:
        raise InputRefused("los registros de pago de la corrida", problems)
    return list(found.values())


def _rules(statement: Statement) -> Iterable[RulePay]:
    """Best paid first."""
    groups: dict[tuple[int, str], list[InteractionLine]] = defaultdict(list)
    for line in statement.interactions:
        groups[-line.percent, line.rule].append(line)
    for key in sorted(groups):
        lines = groups[key]
        settings = sorted({line.setting for line in lines if line.setting})
        yield RulePay(
            rule=lines[0].rule,
            percent=lines[0].percent,
            interactions=len(lines),
            amount=_sum([line.amount for line in lines]),
            line=lines[0].line,
            setting=", ".join(settings) or None,
        )


def _pay(statement: Statement, multiple: Decimal) -> Pay:
    totals = statement.totals()
    deductions = statement.tally.deductions
    return Pay(
        interactions=sum(total.interactions for total in totals),
        equivalents=sum((total.equivalents for total in totals), Decimal(0)),
        deductions=deductions,
        deducted=deductions * multiple,
        pending=sum(total.pending for total in totals),
        gross=_sum([total.gross for total in totals]),
        deductions_amount=_sum([total.deductions for total in totals]),
        net=_sum([total.net for total in totals]),
    )


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """One unknown amount makes the sum unknown."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal("0.00")) if len(known) == len(amounts) else None
