"""The lines of a statement: what each folio pays, and what each reincidencia takes off.

Money is `Decimal` in MXN without IVA, rounded half-up to the cent line by line. An amount is None when its price is
not agreed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from evaluation.settlement.interaction import AgentType, Interaction
from evaluation.settlement.policy import CENT, Policy
from evaluation.settlement.rules import Occurrence, decide, recurrences


@dataclass(frozen=True)
class InteractionLine:
    """What one interaction pays and why.

    For `sin_agente_humano` the unit is the minute, and only whole minutes of the month are billed (L7680,
    L10562-10569): the line carries its `billable` time, its `amount` is None and the money is in the total.
    """

    folio: str
    campaign: str
    agent_type: AgentType
    month: str
    rule: str
    percent: int
    price: Decimal | None
    amount: Decimal | None
    setting: str | None
    line: str | None
    pending: bool
    billable: timedelta | None


@dataclass(frozen=True)
class DeductionLine:
    """The deductiva of one reincidencia (L2059): `uncapped` in full, `amount` as the cap leaves it."""

    folio: str
    first_folio: str
    deviation: str
    campaign: str
    agent_type: AgentType
    month: str
    uncapped: Decimal | None
    amount: Decimal | None

    @property
    def setting(self) -> str:
        """What decided it where the contract is silent: what is the same deviation, how long, its price, the cap."""
        names = ["recurrence_key", "recurrence_window", "recurrence_price_multiple"]
        return ", ".join([*names, "deduction_cap"] if self.amount != self.uncapped else names)


def interaction_line(interaction: Interaction, policy: Policy) -> InteractionLine:
    """Put a price on what `decide` says of one interaction. It depends on no other interaction."""
    decision = decide(interaction, policy)
    price = policy.price(interaction.agent_type, interaction.campaign)
    by_minute = interaction.agent_type == "sin_agente_humano"
    return InteractionLine(
        folio=interaction.folio,
        campaign=interaction.campaign,
        agent_type=interaction.agent_type,
        month=interaction.month,
        rule=decision.rule,
        percent=decision.percent,
        price=price,
        amount=None if price is None or by_minute else cents(price * decision.percent / 100),
        setting=decision.setting,
        line=decision.line,
        pending=decision.pending,
        billable=interaction.duration * (decision.percent // 100) if by_minute else None,
    )


def deduction_lines(ordered: Iterable[Occurrence], policy: Policy) -> Iterator[DeductionLine]:
    """Put a price on each reincidencia of `ordered` (by `started_at`, folio); the cap is used up in that order."""
    left = policy.deduction_cap.limit()
    for recurrence in recurrences(ordered, policy):
        occurrence = recurrence.occurrence
        price = policy.price(occurrence.agent_type, occurrence.campaign)
        uncapped = None if price is None else cents(price * policy.recurrence_price_multiple)
        amount = uncapped
        if amount is not None and left is not None:
            amount = min(amount, left)
            left -= amount
        yield DeductionLine(
            folio=occurrence.folio,
            first_folio=recurrence.first_folio,
            deviation=occurrence.deviation,
            campaign=occurrence.campaign,
            agent_type=occurrence.agent_type,
            month=occurrence.month,
            uncapped=uncapped,
            amount=amount,
        )


def cents(amount: Decimal) -> Decimal:
    """Round half-up to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)
