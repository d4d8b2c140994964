"""Private copies of the institution, one for an interaction, so that many simulated citizens can be served at once.

Without one, every call shares one agenda, clock and set of faults, and two tests of the same person would disturb each
other. A test that opens a world for its interaction's folio has the institution to itself: calls that carry the folio
(header `X-Folio`, or `folioInteraccion` over SOAP) go there.
"""

from collections.abc import Callable

from sandbox.errors import ServiceError
from sandbox.institution import Institution

MOST_WORLDS = 64
"""Open at once; each costs about a megabyte. More means that a test run does not close its own."""


class Worlds:
    """The shared institution, and the private ones by folio."""

    def __init__(self, shared: Institution, make: Callable[[], Institution]) -> None:
        self.shared = shared
        self._make = make
        self._open: dict[str, Institution] = {}
        self._idle: list[Institution] = []

    def of(self, folio: str | None) -> Institution:
        """The institution that answers calls of this interaction."""
        return self._open.get(folio or "", self.shared)

    def open(self, folio: str) -> None:
        """Give an interaction an institution of its own: the seed's state, no faults, the shared clock's time.

        Raises GEN-429 when too many are open.
        """
        if folio not in self._open and len(self._open) >= MOST_WORLDS:
            raise ServiceError("GEN-429", "folio", "Hay demasiados mundos abiertos: cierre los que ya no usa")
        world = self._open.get(folio) or (self._idle.pop() if self._idle else self._make())
        world.reset()
        world.clock.set(self.shared.clock.now())
        self._open[folio] = world

    def close(self, folio: str) -> None:
        """Back to the shared institution; closing what is not open changes nothing."""
        world = self._open.pop(folio, None)
        if world is not None:
            self._idle.append(world)
