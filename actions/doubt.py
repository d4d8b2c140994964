"""Bookings whose outcome is unknown (EN_DUDA): asked after 5, 30 and 120 s, then left to a person (services.md §7)."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from actions.services.failure import ServiceFailure
from actions.services.institution import Institution
from actions.turn import Turn
from ledger.services import AppointmentState

logger = logging.getLogger(__name__)
ASK_AFTER_SECONDS = (5.0, 30.0, 120.0)


class DoubtResolver:
    """Asks the institution in the background; what it says is written to the ledger."""

    def __init__(self, institution: Institution, ask_after: Sequence[float] = ASK_AFTER_SECONDS) -> None:
        """`ask_after` are seconds since the doubt arose."""
        self._institution, self._ask_after = institution, tuple(ask_after)
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, turn: Turn, folio: str) -> None:
        """Begin to resolve one doubt; returns at once."""
        task = asyncio.create_task(self._resolve(turn, folio))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _resolve(self, turn: Turn, folio: str) -> None:
        waited = 0.0
        for moment in self._ask_after:
            await asyncio.sleep(moment - waited)
            waited = moment
            found = await self._institution.appointments.by_folio(folio, turn.interaction, turn.now)
            # A write may still be under way: only the last «not found» means that there is no appointment.
            is_last = moment == self._ask_after[-1]
            if isinstance(found, ServiceFailure) or not (found.citas or is_last):
                continue
            state = AppointmentState.BOOKED if found.citas else AppointmentState.REJECTED
            cita_id = found.citas[0].cita_id if found.citas else None
            at = turn.now + timedelta(seconds=moment)
            self._institution.ledger.appointment(turn.interaction, at, folio, state, cita_id=cita_id, actor="resolutor")
            return
        logger.error("appointment %s is still in doubt; a person must resolve it", folio)
