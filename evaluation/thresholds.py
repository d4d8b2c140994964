"""From which confidence on the bot should answer: calibration, and what each hand-over threshold would pay.

All of it works on plain (confidence, right) pairs, so that held-out sentences serve as well as conversations. An
answer pays 100 % when right and nothing when wrong, a hand-over 30 % (payment.md): with a calibrated probability p,
answering pays more exactly when p > 0.3. That is what pays best, not what is best for citizens: hence two thresholds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluation.results import ConversationResult
from evaluation.statistics import Rate, counted

Pair = tuple[float, bool]
"""Confidence of an answer, 0 to 1, and whether it was right."""

HANDOVER_PAYS, RECURRENCE_COSTS = 0.3, 5.0
"""In full interactions: L2057 and L2059."""
WRONG_LIMIT = 0.02
"""Share of wrong answers, among those given, that the citizen-first threshold tolerates."""
NEVER_ANSWER = 1.01
"""A threshold that no confidence reaches."""


def pairs_of(results: Iterable[ConversationResult]) -> list[Pair]:
    """The pairs of a run: questions with a confidence and a verdict (`unverified` says nothing)."""
    return [
        (question.confidence, not question.is_wrong)
        for one in counted(results)
        for question in one.questions
        if question.confidence is not None and question.verdict != "unverified"
    ]


# --- Calibration: is a confidence of 0.8 right eight times out of ten? ---


@dataclass(frozen=True)
class Bin:
    """Answers whose confidence lies in [low, high); the last bin holds 1 too."""

    low: float
    high: float
    confidence: float | None
    """Mean of the bin; None when it is empty."""
    right: Rate


def reliability(pairs: Sequence[Pair], bins: int = 10) -> list[Bin]:
    """The reliability table, with bins of equal width."""
    groups: list[list[Pair]] = [[] for _ in range(bins)]
    for confidence, right in pairs:
        groups[min(int(confidence * bins), bins - 1)].append((confidence, right))
    return [
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            confidence=sum(confidence for confidence, _ in group) / len(group) if group else None,
            right=Rate(sum(right for _, right in group), len(group)),
        )
        for number, group in enumerate(groups)
    ]


def calibration_error(pairs: Sequence[Pair], bins: int = 10) -> float | None:
    """Expected calibration error: mean distance of confidence and share right, weighted by the bins' counts.

    Source: M. P. Naeini et al., «Obtaining well calibrated probabilities using Bayesian binning», AAAI 2015.
    None without pairs.
    """
    if not pairs:
        return None
    gaps = (
        one.right.total * abs(one.confidence - one.right.share)
        for one in reliability(pairs, bins)
        if one.confidence is not None and one.right.share is not None
    )
    return sum(gaps) / len(pairs)


def brier_score(pairs: Sequence[Pair]) -> float | None:
    """Mean squared distance of confidence and truth (G. W. Brier, 1950): 0 is perfect. None without pairs."""
    return sum((confidence - right) ** 2 for confidence, right in pairs) / len(pairs) if pairs else None


class Calibration:
    """Turns a confidence into a probability that never falls as confidence grows (isotonic regression).

    Fitted by pooling adjacent violators: neighbours that are out of order are merged until none is (M. Ayer et al.,
    «An empirical distribution function for sampling with incomplete information», 1955). Steps, not interpolated.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        blocks: list[tuple[float, int, int]] = []  # lowest confidence, right, total
        for confidence, right in sorted(pairs):
            # Equal confidences are one block from the start, or their probability would depend on their order.
            if blocks and confidence == blocks[-1][0]:
                start, hits, total = blocks.pop()
                blocks.append((start, hits + right, total + 1))
            else:
                blocks.append((confidence, int(right), 1))
        pooled: list[tuple[float, int, int]] = []
        for block in blocks:
            while pooled and pooled[-1][1] * block[2] >= block[1] * pooled[-1][2]:
                start, hits, total = pooled.pop()
                block = (start, hits + block[1], total + block[2])
            pooled.append(block)
        self._starts = [start for start, _, _ in pooled]
        self._shares = [hits / total for _, hits, total in pooled]

    def probability(self, confidence: float) -> float | None:
        """How probable it is that an answer of this confidence is right; None when there was nothing to fit."""
        if not self._starts:
            return None
        return self._shares[max(bisect_right(self._starts, confidence) - 1, 0)]


# --- Thresholds ---


@dataclass(frozen=True)
class Point:
    """What happens when the bot answers from this confidence on and hands over below it."""

    threshold: float
    pay: float
    """Full interactions paid per interaction; negative when deductivas outweigh it."""
    answered: float
    """Share of questions that it answers itself."""
    wrong: Rate
    """Wrong answers that citizens get, of those given."""

    @property
    def is_never(self) -> bool:
        """Whether everything is handed over."""
        return self.answered == 0


@dataclass(frozen=True)
class Choice:
    """The curve, and the two thresholds to decide between with open eyes."""

    curve: tuple[Point, ...]
    pay_optimal: Point
    """Pays most; of several equal ones, the highest: the fewest wrong answers."""
    citizen_first: Point
    """The lowest threshold with at most `wrong_limit` wrong answers; never answering if there is none."""
    wrong_limit: float
    recurring: float

    @property
    def is_flat(self) -> bool:
        """Whether all answers have the same confidence, so that no threshold tells them apart (keywords, menus)."""
        return len(self.curve) <= 2


def break_even(recurring: float = 0.0) -> float:
    """The probability above which answering pays more than handing over.

    p - (1 - p)·5·recurring > 0.3, where `recurring` is the share of wrong answers, 0 to 1, that repeat a deviation
    and cost five interactions each (L2059). Without any it is 0.3; if all repeat, 0.88.
    """
    cost = RECURRENCE_COSTS * recurring
    return (HANDOVER_PAYS + cost) / (1 + cost)


def choose(pairs: Sequence[Pair], wrong_limit: float = WRONG_LIMIT, recurring: float = 0.0) -> Choice | None:
    """Try every threshold that makes a difference on these pairs; None without pairs.

    The thresholds are confidences as the engine gives them, which is what is set in a campaign, so the outcome of
    each is counted, not modelled. On a calibrated scale the pay-optimal one lies where p passes `break_even`.

    Raises:
        ValueError: a share outside 0 to 1.
    """
    if not (0 <= wrong_limit <= 1 and 0 <= recurring <= 1):
        raise ValueError("wrong_limit and recurring are shares from 0 to 1")
    if not pairs:
        return None
    curve = tuple(_curve(sorted(pairs), recurring))
    # Rounded, so that two equal sums do not differ in their last bit.
    best = max(curve, key=lambda point: (round(point.pay, 9), point.threshold))
    tolerable = (point for point in curve if point.wrong.hits <= wrong_limit * point.wrong.total)
    return Choice(curve, best, next(tolerable), wrong_limit, recurring)


def _curve(ordered: Sequence[Pair], recurring: float) -> Iterable[Point]:
    """From always answering to never: at each step the answers of one confidence are handed over.

    It begins at the lowest confidence seen, not at 0: nothing is known of answers below it.
    """
    total = answered = len(ordered)
    right = sum(is_right for _, is_right in ordered)
    yield _point(ordered[0][0], right, answered, total, recurring)
    for index, (confidence, is_right) in enumerate(ordered):
        answered -= 1
        right -= is_right
        following = ordered[index + 1][0] if answered else NEVER_ANSWER
        if following > confidence:
            yield _point(following, right, answered, total, recurring)


def _point(threshold: float, right: int, answered: int, total: int, recurring: float) -> Point:
    wrong = answered - right
    pay = right - wrong * RECURRENCE_COSTS * recurring + (total - answered) * HANDOVER_PAYS
    return Point(threshold, pay / total, answered / total, Rate(wrong, answered))
