"""The sandbox's clock: frozen by default, so that the same calls give the same answers."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

CENTRE = ZoneInfo("America/Mexico_City")
DEFAULT_NOW = datetime(2026, 10, 15, 9, 0, tzinfo=CENTRE)


class Clock:
    """Time in America/Mexico_City ("hora del centro", L3108); moves only when told to, or with `tick`."""

    def __init__(self, start: datetime | None = None, *, tick: bool = False) -> None:
        self._start = _aware(start or DEFAULT_NOW)
        self._tick = tick
        self.set(self._start)

    @property
    def start(self) -> datetime:
        """The time that a reset returns to."""
        return self._start

    def now(self) -> datetime:
        """The present second."""
        passed = time.monotonic() - self._set_at if self._tick else 0.0
        return (self._base + timedelta(seconds=int(passed))).astimezone(CENTRE)

    def set(self, moment: datetime) -> None:
        """Moves the clock to `moment`, which must carry a zone; raises ValueError otherwise."""
        self._base = _aware(moment).replace(microsecond=0)
        self._set_at = time.monotonic()

    def reset(self) -> None:
        """Back to the starting time."""
        self.set(self._start)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(
            f"la hora {moment.isoformat()} no dice su desfase; escriba por ejemplo 2026-10-15T09:00:00-06:00"
        )
    return moment.astimezone(CENTRE)
