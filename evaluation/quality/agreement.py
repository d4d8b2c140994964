"""How far two reviewers of the same interactions agree: counts and Cohen's kappa (Cohen 1960)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Verdicts = Mapping[str, str]
"""Verdict by topic, as one reviewer gave them for one interaction."""


@dataclass(frozen=True)
class Agreement:
    """What two reviewers said of the same questions."""

    judged_by_both: int
    agreed: int
    judged_by_one: int
    """Questions that only one of the two saw; they are no part of kappa, which needs two verdicts."""
    kappa: float | None
    """-1 to 1; None when it is undefined."""

    @property
    def words(self) -> str:
        """What the value means in words (Landis and Koch 1977)."""
        if self.kappa is None:
            return "no se puede calcular"
        if self.kappa <= 0:
            return "sin acuerdo más allá del azar"
        return next(word for limit, word in _SCALE if self.kappa <= limit)


_SCALE = ((0.2, "acuerdo leve"), (0.4, "acuerdo bajo"), (0.6, "acuerdo moderado"), (0.8, "buen acuerdo"),
          (1.0, "acuerdo casi perfecto"))  # fmt: skip


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Unweighted kappa over the verdicts of two reviewers, one pair per question.

    None when it is undefined: no pairs, or chance alone would make them agree always, because both gave every
    question the same verdict.
    """
    total = len(pairs)
    if total == 0:
        return None
    observed = Fraction(sum(first == second for first, second in pairs), total)
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    chance = sum((Fraction(firsts[one] * seconds[one], total**2) for one in firsts), Fraction(0))
    return None if chance == 1 else float((observed - chance) / (1 - chance))


def compare(reviews: Sequence[tuple[Verdicts, Verdicts]]) -> Agreement:
    """Agreement over interactions that two people reviewed, question by question (a question is its topic)."""
    pairs = [(first[topic], second[topic]) for first, second in reviews for topic in sorted(first.keys() & second)]
    return Agreement(
        judged_by_both=len(pairs),
        agreed=sum(first == second for first, second in pairs),
        judged_by_one=sum(len(first.keys() ^ second.keys()) for first, second in reviews),
        kappa=cohen_kappa(pairs),
    )
