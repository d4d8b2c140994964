"""The month's random sample of interactions, and the share of it that a second person reviews (L10240).

A folio's place in the draw is the SHA-256 of seed and folio. So anyone can repeat a draw with nothing but the list of
folios and the seed, in any order and with any program, and no later version of a random generator changes it.
"""

import hashlib
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

SAMPLE_SIZE = 100
"""Monitorings a month per campaign and channel (L10240)."""
SECOND_SHARE = Decimal("0.20")
"""Share of a sample that a second person reviews without seeing the first one's marks [ours]."""


def draw(folios: Iterable[str], size: int = SAMPLE_SIZE, seed: int = 0) -> tuple[str, ...]:
    """The sample: `size` of the folios, all of them when there are fewer, in the order of the draw (L10240).

    The order of the draw is random too, so that a sample reviewed half-way is still a random one. Folios that occur
    twice count once. The same seed and folios give the same sample whatever their order.

    Raises:
        ValueError: `size` is less than 1.
    """
    if size < 1:
        raise ValueError(f"a sample has at least 1 folio, not {size}")
    return _ranked(folios, f"{seed}")[:size]


def second_share(sample: Iterable[str], share: Decimal = SECOND_SHARE, seed: int = 0) -> frozenset[str]:
    """Folios of a sample that get a second reviewer: `share` of them, rounded up.

    Raises:
        ValueError: `share` is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    ranked = _ranked(sample, f"{seed}:second")
    count = int((share * len(ranked)).to_integral_value(ROUND_CEILING))
    return frozenset(ranked[:count])


def _ranked(folios: Iterable[str], salt: str) -> tuple[str, ...]:
    return tuple(sorted(set(folios), key=lambda folio: hashlib.sha256(f"{salt}:{folio}".encode()).digest()))
