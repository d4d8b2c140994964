"""Who reviews an interaction in which part, and how a deviation gets its name."""

from collections.abc import Collection
from enum import StrEnum

from conversation.folding import folded

SHORTEST_DEVIATION, LONGEST_DEVIATION = 3, 80


class Part(StrEnum):
    """What one reviewer may do with one interaction of a sample."""

    FIRST = "first"
    """Nobody reviewed it yet."""
    CORRECT = "correct"
    """It is the reviewer's own; a correction is a new version."""
    SECOND = "second"
    """Somebody else reviewed it, and it is one of those that a second person reviews without seeing the first."""
    READ = "read"
    """Nothing is left to do for this reviewer."""

    @property
    def writes(self) -> bool:
        """Whether the reviewer may hand in a review."""
        return self is not Part.READ


def part_of(reviewer: str, firsts: Collection[str], seconds: Collection[str], second_is_due: bool) -> Part:
    """The part of a reviewer, given who handed in first-line and second reviews so far.

    A second review is never corrected: its worth is that it was written without knowing the first.
    """
    if not firsts:
        return Part.FIRST
    if reviewer in firsts:
        return Part.CORRECT
    return Part.SECOND if second_is_due and not seconds else Part.READ


def deviation_key(text: str) -> str:
    """The key of a deviation as it is compared: `Requisito equivocado (CURP)` -> `requisito_equivocado_curp`.

    «La misma desviación» costs five interactions (L2059), so that a capital or an accent must not make it another one.
    """
    return folded(text).replace(" ", "_")[:LONGEST_DEVIATION].rstrip("_")
