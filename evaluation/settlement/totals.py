"""Totals that are added up line by line, in any order, and take memory only per campaign, product and month."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Self

from evaluation.settlement.interaction import AgentType
from evaluation.settlement.lines import DeductionLine, InteractionLine, cents

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Total:
    """The sum of a campaign's product over one month, or over all months of the statement (`month` None).

    `equivalents` counts full interactions (a 30 % is 0.30); `minutes` is None unless the product is billed by
    minute; `cap_applied` is what the cap took off the deductivas; `net` is `gross` less `deductions`.
    """

    month: str | None
    campaign: str
    agent_type: AgentType
    interactions: int
    equivalents: Decimal
    minutes: int | None
    gross: Decimal | None
    deductions: Decimal | None
    cap_applied: Decimal | None
    net: Decimal | None
    pending: int


@dataclass
class RuleTotal:
    """What one rule decided.

    `amount` adds the lines that have one: no price, or a price per minute, has none. None when no line has.
    """

    rule: str
    line: str | None
    interactions: int = 0
    percent: int = 0
    amount: Decimal | None = None

    @property
    def equivalents(self) -> Decimal:
        """Full interactions paid under this rule."""
        return Decimal(self.percent) / 100

    def include(self, interactions: int, percent: int, amount: Decimal | None) -> None:
        """Count some more interactions, with the sum of their percentages and of their amounts."""
        self.interactions += interactions
        self.percent += percent
        if amount is not None:
            self.amount = amount + (self.amount or ZERO)


@dataclass
class _Sum:
    """The running sums of one campaign, product and month; its lines share one price."""

    price: Decimal | None = None
    interactions: int = 0
    percent: int = 0
    amount: Decimal = ZERO
    billable: timedelta = timedelta()
    pending: int = 0
    deductions: int = 0
    uncapped: Decimal = ZERO
    deducted: Decimal = ZERO
    rules: dict[str, RuleTotal] = field(default_factory=dict)
    settings: Counter[str] = field(default_factory=Counter)

    def total(self, campaign: str, agent_type: AgentType, month: str) -> Total:
        minutes = self.billable // timedelta(minutes=1) if agent_type == "sin_agente_humano" else None
        gross = self.amount if minutes is None or self.price is None else cents(self.price * minutes)
        priced = self.price is not None
        return Total(
            month=month,
            campaign=campaign,
            agent_type=agent_type,
            interactions=self.interactions,
            equivalents=Decimal(self.percent) / 100,
            minutes=minutes,
            gross=gross if priced else None,
            deductions=self.deducted if priced else None,
            cap_applied=self.uncapped - self.deducted if priced else None,
            net=gross - self.deducted if priced else None,
            pending=self.pending,
        )


class Tally:
    """Adds up interaction lines and deductivas, each once."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, AgentType, str], _Sum] = defaultdict(_Sum)

    @classmethod
    def of(cls, lines: Iterable[InteractionLine], deductions: Iterable[DeductionLine]) -> Self:
        """Add up all of them."""
        tally = cls()
        for line in lines:
            tally.add(line)
        for deduction in deductions:
            tally.deduct(deduction)
        return tally

    def add(self, line: InteractionLine) -> None:
        """Add what one interaction pays."""
        into = self._sums[line.campaign, line.agent_type, line.month]
        rule = into.rules.get(line.rule)
        if rule is None:
            rule = into.rules[line.rule] = RuleTotal(line.rule, line.line)
        into.price = line.price
        rule.include(1, line.percent, line.amount)
        into.interactions += 1
        into.percent += line.percent
        into.amount += line.amount or ZERO
        into.billable += line.billable or timedelta()
        into.pending += line.pending
        if line.setting is not None:
            into.settings[line.setting] += 1

    def deduct(self, deduction: DeductionLine) -> None:
        """Take off one deductiva; its interaction was, or will be, added too."""
        into = self._sums[deduction.campaign, deduction.agent_type, deduction.month]
        into.deductions += 1
        into.uncapped += deduction.uncapped or ZERO
        into.deducted += deduction.amount or ZERO
        into.settings[deduction.setting] += 1

    def narrowed(self, month: str | None, campaign: str | None) -> "Tally":
        """The sums of one month and one campaign; None means all."""
        part = Tally()
        for key, sums in self._sums.items():
            if campaign in (None, key[0]) and month in (None, key[2]):
                part._sums[key] = sums
        return part

    @property
    def interactions(self) -> int:
        """How many interactions were added."""
        return sum(sums.interactions for sums in self._sums.values())

    @property
    def deductions(self) -> int:
        """How many deductivas were taken off."""
        return sum(sums.deductions for sums in self._sums.values())

    @property
    def pending(self) -> int:
        """How many of them wait for their quality review."""
        return sum(sums.pending for sums in self._sums.values())

    def months(self) -> list[str]:
        """The months that hold an interaction, in order."""
        return sorted({month for _, _, month in self._sums})

    def by_month(self) -> list[Total]:
        """Totals by campaign, agent type and month, in that order."""
        return [self._sums[key].total(*key) for key in sorted(self._sums)]

    def overall(self) -> list[Total]:
        """Totals by campaign and agent type over all months: the sum of `by_month`."""
        months = defaultdict(list)
        for total in self.by_month():
            months[total.campaign, total.agent_type].append(total)
        return [_over_months(months[key]) for key in sorted(months)]

    def by_rule(self) -> list[RuleTotal]:
        """What each rule decided, by the name of the rule."""
        merged: dict[str, RuleTotal] = {}
        for sums in self._sums.values():
            for name, part in sums.rules.items():
                whole = merged.setdefault(name, RuleTotal(name, part.line))
                whole.include(part.interactions, part.percent, part.amount)
        return [merged[name] for name in sorted(merged)]

    def by_setting(self) -> list[tuple[str, int]]:
        """How many amounts each policy setting, or several of them together, decided; by name."""
        return sorted(sum((sums.settings for sums in self._sums.values()), Counter[str]()).items())


def _over_months(months: Sequence[Total]) -> Total:
    """Add the months of one campaign and agent type. `months` is never empty; they share one price."""
    minutes = [total.minutes for total in months if total.minutes is not None]
    return replace(
        months[0],
        month=None,
        interactions=sum(total.interactions for total in months),
        equivalents=sum((total.equivalents for total in months), Decimal(0)),
        minutes=sum(minutes) if minutes else None,
        gross=_sum(total.gross for total in months),
        deductions=_sum(total.deductions for total in months),
        cap_applied=_sum(total.cap_applied for total in months),
        net=_sum(total.net for total in months),
        pending=sum(total.pending for total in months),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add amounts; one that is unknown makes the sum unknown."""
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
