"""The statement: what each folio pays, what the reincidencias take off, and the totals of both.

`settle` makes it of interactions in memory and is the definition; `streaming` makes the same statement of a source
of any size, with the same functions.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from evaluation.settlement.interaction import Interaction
from evaluation.settlement.lines import DeductionLine, InteractionLine, deduction_lines, interaction_line
from evaluation.settlement.policy import Policy, Status
from evaluation.settlement.rules import occurrences
from evaluation.settlement.totals import Tally, Total

Item = TypeVar("Item")


@dataclass(frozen=True)
class Again(Generic[Item]):
    """An iterable that is computed anew each time it is gone through, so that it never stands in memory whole."""

    begin: Callable[[], Iterator[Item]]

    def __iter__(self) -> Iterator[Item]:
        return self.begin()


@dataclass(frozen=True)
class Statement:
    """A settlement: interactions and deductivas by `started_at`, then folio, the policy they rest on, their sums.

    `interactions` and `deductions` can be gone through any number of times. `month` and `campaign` say which part
    was asked for; None is all.
    """

    policy: Policy
    interactions: Iterable[InteractionLine]
    deductions: Iterable[DeductionLine]
    tally: Tally
    month: str | None = None
    campaign: str | None = None

    @property
    def status(self) -> Status:
        """`PRELIMINAR` until both parties approved this very policy (L2911)."""
        return self.policy.status()

    @property
    def policy_sha256(self) -> str:
        """SHA-256 of the policy's settings."""
        return self.policy.sha256()

    def totals_by_month(self) -> list[Total]:
        """Totals by campaign, agent type and month, in that order."""
        return self.tally.by_month()

    def totals(self) -> list[Total]:
        """Totals by campaign and agent type over all months: the sum of `totals_by_month`."""
        return self.tally.overall()

    def narrowed(self, month: str | None, campaign: str | None) -> "Statement":
        """The part of this statement that belongs to a month (`2026-10`) and to a campaign; None means all.

        Narrowing comes after settling, because first occurrences and the cap may lie in earlier months.
        """

        def belongs(line: InteractionLine | DeductionLine) -> bool:
            return month in (None, line.month) and campaign in (None, line.campaign)

        return replace(
            self,
            interactions=Again(lambda: filter(belongs, self.interactions)),
            deductions=Again(lambda: filter(belongs, self.deductions)),
            tally=self.tally.narrowed(month, campaign),
            month=month,
            campaign=campaign,
        )


def settle(interactions: Iterable[Interaction], policy: Policy) -> Statement:
    """Settle the interactions under the policy. The order in which they come does not matter.

    Raises `ValueError` when a folio occurs twice: it is unique and never repeated (L1719).
    """
    ordered = sorted(interactions, key=lambda interaction: (interaction.started_at, interaction.folio))
    if len({interaction.folio for interaction in ordered}) != len(ordered):
        raise ValueError("un folio aparece dos veces; no se liquidó nada")
    lines = tuple(interaction_line(interaction, policy) for interaction in ordered)
    occurred = (occurrence for interaction in ordered for occurrence in occurrences(interaction))
    deductions = tuple(deduction_lines(occurred, policy))
    return Statement(policy, lines, deductions, Tally.of(lines, deductions))
