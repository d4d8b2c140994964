"""Cita Médica: availability, booking, lists, cancelling, confirming, reconciling (operations 4 to 8, 15)."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from sandbox.answers import (
    AppointmentAnswer,
    AppointmentAnswered,
    AppointmentDone,
    AppointmentList,
    Availability,
    ReconciledAppointment,
    ReconciliationPage,
    SlotAnswer,
    WindowAnswer,
)
from sandbox.appointments import Booking
from sandbox.errors import ServiceError
from sandbox.fields import DayOrMoment
from sandbox.gate import GatedRoute, Operation, operation
from sandbox.institution import Institution, TheCaller, TheInstitution
from sandbox.requests import (
    AppointmentsRequest,
    AvailabilityRequest,
    BookingRequest,
    CancellationRequest,
    ConfirmationRequest,
)
from sandbox.security import Caller

router = APIRouter(route_class=GatedRoute, prefix="/citas", tags=["citas"])


@router.post("/disponibilidad")
@operation(Operation("disponibilidad"))
async def availability(body: AvailabilityRequest, institution: TheInstitution, caller: TheCaller) -> Availability:
    """The nearest free slots; an empty list is an answer."""
    now = institution.clock.now()
    person = institution.identification.patient(body.claim(), caller.folio, now)
    institution.book.require_entitled(person, body.servicio)
    with institution.engine.connect() as connection:
        free = institution.agenda.free_slots(
            connection, person, body.servicio, now, since=body.desde, room=body.consultorio, turno=body.turno
        )
        slots = [SlotAnswer.of(slot) for slot in islice(free, body.limite)]
    window = institution.agenda.window(person.clinic, now)
    return Availability(
        horarios=slots,
        motivo=None if slots else "SIN_DISPONIBILIDAD",
        ventana=WindowAnswer(minimo=window.earliest, maximo=window.latest),
        consultado_en=now,
    )


@router.post("", status_code=201)
@operation(Operation("agendar", writes=True))
async def book(body: BookingRequest, institution: TheInstitution, caller: TheCaller) -> AppointmentDone:
    """Books a slot that was offered."""
    now = institution.clock.now()
    person = institution.identification.patient(body.claim(), caller.folio, now)
    booking = Booking(
        service=body.servicio,
        slot_id=body.horario_id,
        folio_proveedor=body.folio_proveedor,
        agente_tipo=body.agente_tipo,
        canal=body.canal,
        telefono=body.telefono,
        sms_aceptado=body.sms_aceptado,
        folio_interaccion=caller.folio,
    )
    with institution.engine.begin() as connection:
        appointment = institution.book.book(connection, person, booking, now)
    if appointment is None:
        raise ServiceError("CIT-001", "horario_id")
    return AppointmentDone(cita=AppointmentAnswer.of(appointment))


@router.post("/consultas")
@operation(Operation("citas", roles=frozenset({"bot", "agente", "conciliador"})))
async def list_appointments(
    body: AppointmentsRequest, institution: TheInstitution, caller: TheCaller
) -> AppointmentList:
    """A patient's appointments, or those with one provider's folio."""
    if body.folio_proveedor is not None:
        return _by_folio(body.folio_proveedor, institution, caller)
    if caller.role == "conciliador":
        raise ServiceError("GEN-403")
    person = institution.identification.patient(body.claim(), caller.folio, institution.clock.now())
    limit = institution.rules.limites.max_appointments_listed
    with institution.engine.connect() as connection:
        found = institution.book.of_person(connection, person, body.estados, body.desde, body.hasta, limit)
    return AppointmentList(citas=[AppointmentAnswer.of(one) for one in found])


def _by_folio(folio_proveedor: str, institution: Institution, caller: Caller) -> AppointmentList:
    """A bot sees only what its own interaction booked: an empty list there would read as "not booked"."""
    with institution.engine.connect() as connection:
        limit = institution.rules.limites.max_appointments_listed
        found = institution.book.by_folio(connection, folio_proveedor, limit)
    if caller.role == "bot" and any(one.folio_interaccion != caller.folio for one in found):
        raise ServiceError("GEN-403", "folio_proveedor")
    return AppointmentList(citas=[AppointmentAnswer.of(one) for one in found])


@router.post("/{cita_id}/cancelacion")
@operation(Operation("cancelar", writes=True))
async def cancel(
    cita_id: str, body: CancellationRequest, institution: TheInstitution, caller: TheCaller
) -> AppointmentDone:
    """Cancels; the slot is free again."""
    now = institution.clock.now()
    person = institution.identification.patient(body.claim(), caller.folio, now)
    with institution.engine.begin() as connection:
        appointment = institution.book.cancel(connection, person, cita_id, now)
    return AppointmentDone(cita=AppointmentAnswer.of(appointment))


@router.post("/{cita_id}/confirmacion")
@operation(Operation("confirmar", writes=True))
async def confirm(
    cita_id: str, body: ConfirmationRequest, institution: TheInstitution, caller: TheCaller
) -> AppointmentAnswered:
    """Registers the answer to a reminder; NO changes nothing and suggests to cancel."""
    now = institution.clock.now()
    person = institution.identification.patient(body.claim(), caller.folio, now)
    with institution.engine.begin() as connection:
        appointment = institution.book.answer(connection, person, cita_id, body.respuesta, caller.campaign, now)
    suggestion = "CANCELAR" if body.respuesta == "NO" else None
    return AppointmentAnswered(cita=AppointmentAnswer.of(appointment), sugerencia=suggestion)


@router.get("/conciliacion")
@operation(Operation("conciliacion", roles=frozenset({"conciliador"}), interaction=False))
async def reconciliation(
    institution: TheInstitution,
    desde: DayOrMoment | None = None,
    hasta: DayOrMoment | None = None,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,10}$")] = None,
) -> ReconciliationPage:
    """Every appointment whose start lies in the period, page by page."""
    size = institution.rules.limites.reconciliation_page
    with institution.engine.connect() as connection:
        rows = institution.book.page(connection, desde, hasta, int(cursor or 0), size + 1)
    page = rows[:size]
    following = str(page[-1].serial) if len(rows) > size else None
    return ReconciliationPage(citas=[ReconciledAppointment.of(one) for one in page], siguiente=following)
