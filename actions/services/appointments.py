"""Cita Médica: free slots, book, consult, cancel, confirm (L4031-4039, L5714-5751). Writes carry an idempotency key."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from actions.services.caller import Caller
from actions.services.entitlement import Person
from actions.services.failure import ServiceFailure
from actions.services.rest import RestAdapter
from ledger.services import Interaction


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Slot(_Answer):
    """One free slot."""

    horario_id: str
    inicio: datetime
    fin: datetime
    servicio: str
    umf: str
    consultorio: str
    turno: str


class Availability(_Answer):
    """Free slots in order of start; none is an answer too."""

    horarios: tuple[Slot, ...]
    motivo: str | None = None


class Appointment(_Answer):
    """One appointment in the institution's agenda."""

    cita_id: str
    folio_proveedor: str | None = None
    estado: str
    servicio: str
    inicio: datetime
    umf: str
    consultorio: str | None = None
    paciente_id: str
    canal: str | None = None


class Appointments(_Answer):
    """Appointments in order of start."""

    citas: tuple[Appointment, ...]


class Confirmation(_Answer):
    """The institution carried it out; `cita` is how the appointment is now."""

    resultado: Literal["CONFIRMACION"] = "CONFIRMACION"
    cita: Appointment


class Family(_Answer):
    """Active future appointments of the núcleo familiar and their cap (L5781)."""

    citas_activas: int
    maximo_citas: int


class AppointmentService:
    """The appointment family over REST."""

    def __init__(self, adapter: RestAdapter, caller: Caller) -> None:
        self._adapter, self._caller = adapter, caller

    async def family(self, person: Person, interaction: Interaction, now: datetime) -> Family | ServiceFailure:
        """Reads. How many appointments the núcleo familiar has."""
        return await self._caller.read(
            "nucleo_familiar",
            lambda: self._adapter.post("/v1/nucleo-familiar/consultas", person.body(), Family, interaction),
            interaction, now,
        )  # fmt: skip

    async def availability(
        self, person: Person, service: str, limit: int, interaction: Interaction, now: datetime
    ) -> Availability | ServiceFailure:
        """Reads. The next free slots, at most `limit` (1-10)."""
        body = {**person.body(), "servicio": service, "limite": limit}
        return await self._caller.read(
            "disponibilidad",
            lambda: self._adapter.post("/v1/citas/disponibilidad", body, Availability, interaction),
            interaction, now,
        )  # fmt: skip

    async def book(
        self, person: Person, slot: Slot, folio: str, request_id: str, interaction: Interaction, now: datetime
    ) -> Confirmation | ServiceFailure:
        """Writes. Book a slot under our folio; the same `request_id` never books twice."""
        body = {
            **person.body(), "servicio": slot.servicio, "horario_id": slot.horario_id, "folio_proveedor": folio,
            "agente_tipo": "NO_HUMANO", "canal": interaction.channel, "telefono": None, "sms_aceptado": False,
        }  # fmt: skip
        return await self._caller.write(
            "agendar",
            lambda: self._adapter.post("/v1/citas", body, Confirmation, interaction, request_id),
            interaction, now,
        )  # fmt: skip

    async def of_person(self, person: Person, interaction: Interaction, now: datetime) -> Appointments | ServiceFailure:
        """Reads. The person's appointments that are still to come."""
        body = {**person.body(), "estados": ["AGENDADA", "CONFIRMADA"], "desde": now.isoformat()}
        return await self._caller.read(
            "citas",
            lambda: self._adapter.post("/v1/citas/consultas", body, Appointments, interaction),
            interaction, now,
        )  # fmt: skip

    async def by_folio(self, folio: str, interaction: Interaction, now: datetime) -> Appointments | ServiceFailure:
        """Reads. What became of a booking whose outcome is unknown."""
        return await self._caller.read(
            "citas",
            lambda: self._adapter.post("/v1/citas/consultas", {"folio_proveedor": folio}, Appointments, interaction),
            interaction, now,
        )  # fmt: skip

    async def cancel(
        self, person: Person, cita_id: str, request_id: str, interaction: Interaction, now: datetime
    ) -> Confirmation | ServiceFailure:
        """Writes. Cancel an appointment; the slot is free again."""
        body = {**person.body(), "motivo": "YA_NO_LA_NECESITA", "canal": interaction.channel}
        return await self._caller.write(
            "cancelar",
            lambda: self._adapter.post(f"/v1/citas/{cita_id}/cancelacion", body, Confirmation, interaction, request_id),
            interaction, now,
        )  # fmt: skip

    async def confirm(
        self, person: Person, cita_id: str, request_id: str, interaction: Interaction, now: datetime
    ) -> Confirmation | ServiceFailure:
        """Writes. Mark an appointment as confirmada (L5751)."""
        medium = {"voice": "IVR", "whatsapp": "WHATSAPP"}.get(interaction.channel, "CHAT")
        path, body = f"/v1/citas/{cita_id}/confirmacion", {**person.body(), "respuesta": "SI", "medio": medium}
        return await self._caller.write(
            "confirmar",
            lambda: self._adapter.post(path, body, Confirmation, interaction, request_id),
            interaction, now,
        )  # fmt: skip
