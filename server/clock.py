"""The institution's time: real, or started at another moment for the sandbox."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

CENTRE = ZoneInfo("America/Mexico_City")


class InstitutionClock:
    """Tells the time in America/Mexico_City («hora del centro», L3108)."""

    def __init__(self, start: datetime | None = None) -> None:
        self.set(start)

    def set(self, start: datetime | None) -> None:
        """Run from this moment on; None goes back to the real time."""
        self._start, self._since = start, time.monotonic()

    def __call__(self) -> datetime:
        """Now."""
        if self._start is None:
            return datetime.now(CENTRE)
        return (self._start + timedelta(seconds=time.monotonic() - self._since)).astimezone(CENTRE)
