"""Tickets of the Mesa de Servicios Tecnológicos (operations 11 to 13)."""

from fastapi import APIRouter

from sandbox.answers import TicketAnswer, TicketEnvelope
from sandbox.gate import GatedRoute, Operation, operation
from sandbox.institution import TheCaller, TheInstitution
from sandbox.requests import NoteRequest, TicketRequest

router = APIRouter(route_class=GatedRoute, prefix="/mst/tickets", tags=["mst"])


@router.post("", status_code=201)
@operation(Operation("mst", writes=True))
async def open_ticket(body: TicketRequest, institution: TheInstitution, caller: TheCaller) -> TicketEnvelope:
    """Opens a ticket."""
    with institution.engine.begin() as connection:
        ticket = institution.tickets.open(
            connection,
            kind=body.tipo,
            service=body.servicio,
            text=body.descripcion,
            impact=body.impacto,
            urgency=body.urgencia,
            folio=caller.folio,
            now=institution.clock.now(),
        )
    return TicketEnvelope(ticket=TicketAnswer.of(ticket))


@router.get("/{numero}")
@operation(Operation("mst"))
async def get_ticket(numero: str, institution: TheInstitution) -> TicketEnvelope:
    """State and notes of a ticket."""
    with institution.engine.connect() as connection:
        ticket = institution.tickets.get(connection, numero)
    return TicketEnvelope(ticket=TicketAnswer.of(ticket))


@router.post("/{numero}/notas", status_code=201)
@operation(Operation("mst", writes=True))
async def annotate_ticket(numero: str, body: NoteRequest, institution: TheInstitution) -> TicketEnvelope:
    """Adds a note to an open ticket."""
    with institution.engine.begin() as connection:
        ticket = institution.tickets.annotate(connection, numero, body.texto, institution.clock.now())
    return TicketEnvelope(ticket=TicketAnswer.of(ticket))
