"""The contract's four criteria of a monitoring and the score of a month (L10240; payment.md, «Who decides»)."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

TARGET = Decimal(95)
"""Least quality of operation, in percent, below which a deductiva is due (L10240; reports-sla.md, G7)."""
LEVELS = (0, 25, 50, 75, 100)
"""Marks that the form offers. The contract names the criteria and no scale [ours]."""


class Criterion(StrEnum):
    """What a monitoring looks at (L10240)."""

    INFORMATION = "informacion"
    PROCEDURES = "procedimientos"
    ANALYSIS = "comprension"
    ETIQUETTE = "etiqueta"

    @property
    def label(self) -> str:
        """The contract's words."""
        return _LABELS[self][0]

    @property
    def question(self) -> str:
        """What the reviewer should ask of the conversation."""
        return _LABELS[self][1]


_LABELS = {
    Criterion.INFORMATION: ("Información correcta y completa", "¿Lo que se dijo es cierto y no falta nada?"),
    Criterion.PROCEDURES: ("Procedimientos adecuados", "¿Se identificó, consultó y transfirió como se debe?"),
    Criterion.ANALYSIS: ("Análisis y comprensión", "¿Se entendió lo que la persona necesitaba?"),
    Criterion.ETIQUETTE: ("Etiqueta", "¿El trato fue claro, amable y de usted?"),
}


def review_score(marks: Mapping[Criterion, int]) -> Decimal:
    """Score of one review, 0 to 100: the mean of the four marks, which weigh alike [ours; L10240 gives no weights].

    Raises:
        ValueError: a criterion has no mark, or a mark lies outside 0 to 100.
    """
    absent = [criterion.value for criterion in Criterion if criterion not in marks]
    if absent:
        raise ValueError(f"no mark for {', '.join(absent)}")
    if not all(0 <= marks[criterion] <= 100 for criterion in Criterion):
        raise ValueError("a mark lies between 0 and 100")
    return Decimal(sum(marks[criterion] for criterion in Criterion)) / len(Criterion)


def month_score(scores: Sequence[Decimal], monitorings: int = 100) -> Decimal | None:
    """The month's quality, in percent to two places: Σ scores / monitorings (L10240; reports-sla.md §6).

    `monitorings` is 100, or the number of interactions where the month had fewer; None without any.

    Raises:
        ValueError: there are more scores than monitorings.
    """
    if len(scores) > monitorings:
        raise ValueError(f"{len(scores)} scores of {monitorings} monitorings")
    if monitorings == 0:
        return None
    return (sum(scores, Decimal(0)) / monitorings).quantize(Decimal("0.01"), ROUND_HALF_UP)
