"""Semanas cotizadas and pensions of a titular (operations 9 and 10)."""

from fastapi import APIRouter

from sandbox.answers import PensionAnswer, PensionList, WeeksAnswer, WeeksRecord
from sandbox.errors import ServiceError
from sandbox.gate import GatedRoute, Operation, operation
from sandbox.identification import Claim
from sandbox.institution import Institution, TheCaller, TheInstitution
from sandbox.people import Person
from sandbox.requests import RecordRequest
from sandbox.security import Caller

router = APIRouter(route_class=GatedRoute, tags=["expediente"])


@router.post("/semanas-cotizadas/consultas")
@operation(Operation("semanas"))
async def weeks(body: RecordRequest, institution: TheInstitution, caller: TheCaller) -> WeeksRecord:
    """Semanas cotizadas; SEM-001 when the record needs clarification."""
    titular = _titular(body, institution, caller)
    if titular.needs_clarification:
        raise ServiceError("SEM-001")
    count = titular.weeks
    return WeeksRecord(
        semanas=WeeksAnswer(
            imss=count.imss, descontadas=count.descontadas, reintegradas=count.reintegradas, total=count.total
        ),
        ultimo_movimiento=count.last,
        fecha_corte=institution.clock.now().date(),
    )


@router.post("/pensiones/consultas")
@operation(Operation("pensiones"))
async def pensions(body: RecordRequest, institution: TheInstitution, caller: TheCaller) -> PensionList:
    """Pensions, without amounts or accounts."""
    titular = _titular(body, institution, caller)
    return PensionList(pensiones=[PensionAnswer.of(pension) for pension in titular.pensions])


def _titular(body: RecordRequest, institution: Institution, caller: Caller) -> Person:
    if body.curp is None and institution.rules.expediente.require_curp:
        raise ServiceError("FMT-010", "curp")
    claim = Claim(body.nss, body.fecha_nacimiento)
    return institution.identification.titular(claim, body.curp, caller.folio, institution.clock.now())
