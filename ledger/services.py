"""What the action server writes: look-ups and our side of the booking ledger."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.events import EventKind
from conversation.message import Channel
from ledger import chain
from ledger.folio import appointment_folio
from ledger.schema import AppointmentEventRow, EventRow
from ledger.serials import next_serial


class AppointmentState(StrEnum):
    """States of one appointment in our ledger (services.md §7)."""

    REQUESTED = "SOLICITADA"
    BOOKED = "AGENDADA"
    REJECTED = "RECHAZADA"
    IN_DOUBT = "EN_DUDA"
    DISCREPANT = "DISCREPANTE"
    CONFIRMED = "CONFIRMADA"
    CANCELLED = "CANCELADA"


class Interaction(BaseModel):
    """Which interaction a look-up or a booking belongs to."""

    model_config = ConfigDict(frozen=True)

    conversation_id: str
    folio: str
    campaign: str
    channel: Channel


class ServiceLedger:
    """Appends to the ledger from the action server's process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lookup(self, interaction: Interaction, at: datetime, data: dict[str, Any]) -> None:
        """One call of an institutional service: service, operation, result, code, latency; no personal data.

        Raises:
            LookupError: there is no such interaction.
        """
        row = EventRow(
            conversation_id=interaction.conversation_id, folio=interaction.folio, at=at, kind=EventKind.LOOKUP,
            campaign=interaction.campaign, channel=interaction.channel, level="bot", agent=None, source_id=None,
            data=data, secret=None,
        )  # fmt: skip
        self._append(interaction, row)

    def next_appointment_folio(self, day: date) -> str:
        """The next appointment folio of the day."""
        with Session(self._engine) as session, session.begin():
            return appointment_folio(day, next_serial(session, "CMT", day))

    def appointment(
        self, interaction: Interaction, at: datetime, folio_cita: str, state: AppointmentState, *,
        cita_id: str | None = None, code: str | None = None, request_id: str | None = None, actor: str = "bot",
    ) -> None:  # fmt: skip
        """One event of an appointment; `agent_kind` is always no_humano here (L3335-3336).

        Raises:
            LookupError: there is no such interaction.
        """
        row = AppointmentEventRow(
            folio_cita=folio_cita, cita_id=cita_id, folio=interaction.folio,
            conversation_id=interaction.conversation_id, campaign=interaction.campaign, state=state, actor=actor,
            agent_kind="no_humano", channel=interaction.channel, at=at, institution_code=code, request_id=request_id,
            detail=None,
        )  # fmt: skip
        self._append(interaction, row)

    def appointment_events(self, folio: str) -> Sequence[AppointmentEventRow]:
        """The booking events of one interaction, in order."""
        query = select(AppointmentEventRow).where(AppointmentEventRow.folio == folio)
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query.order_by(AppointmentEventRow.event_id)))

    def _append(self, interaction: Interaction, row: EventRow | AppointmentEventRow) -> None:
        with Session(self._engine) as session, session.begin():
            chain.append(session, chain.held(session, interaction.conversation_id), row)
