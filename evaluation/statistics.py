"""Rates of a run, each with what it is worth: counts when there is little, an interval when there is enough.

Failures of the infrastructure say nothing about the bot: they enter no rate and are counted apart.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import comb, sqrt

from evaluation.results import ConversationResult, Run, Status

Z95 = 1.959963984540054
"""97.5th percentile of the standard normal distribution: two sides of 2.5 % leave 95 %."""
FEWEST_FOR_A_PERCENTAGE = 10
REPETITIONS = 4
"""The k of pass^k."""
HARD_SPACE = "\u00a0"


def wilson(hits: float, total: float, z: float = Z95) -> tuple[float, float]:
    """Score interval of a binomial share, 0 to 1; nothing observed leaves all of it open.

    Source: E. B. Wilson, «Probable inference, the law of succession, and statistical inference», Journal of the
    American Statistical Association 22 (1927), 209-212, in its closed form. Unlike p ± z·s it stays within 0 to 1
    and is honest at 0 % and 100 %.

    Raises:
        ValueError: more hits than trials, or fewer than none.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"hits must lie between 0 and {total}, not {hits}")
    if total == 0:
        return 0.0, 1.0
    share, square = hits / total, z * z
    middle = share + square / (2 * total)
    half = z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    low, high = (middle - half) / (1 + square / total), (middle + half) / (1 + square / total)
    # At the ends the terms cancel but for a rounding error.
    return (0.0 if hits == 0 else low), (1.0 if hits == total else high)


def percent(share: float) -> str:
    """A share as people read it, with one decimal (`95.3 %`); only an exact 0 or 1 is shown as 0 % or 100 %."""
    text = f"{100 * share:.1f}"
    if share in (0, 1):
        text = text.removesuffix(".0")
    elif text in ("0.0", "100.0"):
        text = {"0.0": "<0.1", "100.0": ">99.9"}[text]
    return text + HARD_SPACE + "%"


@dataclass(frozen=True)
class Rate:
    """`hits` of `total`, shown as what it can bear.

    `cases` is the number of independent ones among the total, when that is less: repetitions of one case are alike,
    so four of them do not make the interval half as wide. None: all of them are independent. `hits` is a whole
    number but for pass^k with more than k repetitions.
    """

    hits: float
    total: int
    cases: int | None = None

    @property
    def independent(self) -> int:
        """How many independent observations the interval rests on."""
        return self.total if self.cases is None else self.cases

    @property
    def share(self) -> float | None:
        """0 to 1; None when nothing was observed."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return (0.0, 1.0) if self.share is None else wilson(self.share * self.independent, self.independent)

    @property
    def is_few(self) -> bool:
        """Whether a percentage would say more than is known: fewer than 10 cases."""
        return self.independent < FEWEST_FOR_A_PERCENTAGE

    @property
    def headline(self) -> str:
        """The figure without its interval: `7 de 9`, `93.3 %` or `sin datos`."""
        if self.share is None:
            return "sin datos"
        return f"{self.hits:g} de {self.total}" if self.is_few else percent(self.share)

    @property
    def range(self) -> str:
        """The interval in words, `90.1 a 95.6 %`; empty where counts are shown."""
        if self.is_few:
            return ""
        low, high = self.interval
        return f"{percent(low).removesuffix(HARD_SPACE + '%')} a {percent(high)}"

    def __str__(self) -> str:
        return f"{self.headline} ({self.range})" if self.range else self.headline


def counted(results: Iterable[ConversationResult]) -> list[ConversationResult]:
    """The conversations that say something about the bot: all but failures of the infrastructure."""
    return [one for one in results if one.status is not Status.INFRASTRUCTURE]


def repetitions_of(results: Iterable[ConversationResult]) -> dict[tuple[str, str, str], list[ConversationResult]]:
    """What was counted, by campaign, channel and case, in order of repetition."""
    found: dict[tuple[str, str, str], list[ConversationResult]] = defaultdict(list)
    for one in sorted(counted(results), key=lambda one: one.key):
        found[one.campaign, one.channel, one.case].append(one)
    return dict(found)


def pass_hat(results: Iterable[ConversationResult], k: int = REPETITIONS) -> Rate | None:
    """pass^k: how probable it is that a case passes k times out of k, averaged over the cases.

    A case with n repetitions and c passes contributes C(c,k) / C(n,k), which estimates it without bias; cases with
    fewer than k repetitions left cannot and are left out. None when there is no case with k of them.

    Source: S. Yao et al., «τ-bench» (2024), arXiv:2406.12045, section 4.
    """
    shares = [
        comb(sum(one.status is Status.PASSED for one in held), k) / comb(len(held), k)
        for held in repetitions_of(results).values()
        if len(held) >= k
    ]
    return Rate(sum(shares), len(shares)) if shares else None


@dataclass(frozen=True)
class Tally:
    """What one group of conversations came to."""

    cases: int
    """Different cases that were counted."""
    passed: Rate
    """pass^1: conversations that were resolved or rightly handed over, of those counted."""
    always_passed: Rate | None
    """pass^4; None with fewer than four repetitions."""
    wrong: Rate
    """Conversations in which something was answered wrongly, of those counted."""
    infrastructure: int
    """Conversations that failed for another reason than the bot, twice."""

    @property
    def failed(self) -> int:
        """Conversations that did not go as expected."""
        return self.passed.total - int(self.passed.hits)


def tally(results: Iterable[ConversationResult]) -> Tally:
    """Add up the results; the caller chooses which."""
    every = list(results)
    held = counted(every)
    cases = len(repetitions_of(held))
    return Tally(
        cases=cases,
        passed=Rate(sum(one.status is Status.PASSED for one in held), len(held), cases),
        always_passed=pass_hat(held),
        wrong=Rate(sum(one.is_wrong for one in held), len(held), cases),
        infrastructure=len(every) - len(held),
    )


def tallies(run: Run) -> dict[tuple[str, str], Tally]:
    """One tally for each campaign and channel that has results, in alphabetical order."""
    groups: dict[tuple[str, str], list[ConversationResult]] = defaultdict(list)
    for one in run.results:
        groups[one.campaign, one.channel].append(one)
    return {key: tally(groups[key]) for key in sorted(groups)}
