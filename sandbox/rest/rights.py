"""Vigencia de derechos, validation of an NSS, and núcleo familiar (operations 2, 2b and 3)."""

from fastapi import APIRouter

from sandbox.answers import Assignment, Entitlement, Household, Member, NssState, Patient
from sandbox.entitlement import entitlement
from sandbox.gate import GatedRoute, Operation, operation
from sandbox.institution import TheCaller, TheInstitution
from sandbox.requests import NssOnly, PersonData

router = APIRouter(route_class=GatedRoute, tags=["vigencia"])


@router.post("/vigencia/consultas")
@operation(Operation("vigencia"))
async def consult_entitlement(persona: PersonData, institution: TheInstitution, caller: TheCaller) -> Entitlement:
    """Vigencia and adscripción of a patient; not vigente is an answer, not an error."""
    return entitlement(institution, persona.claim(), caller.folio, caller.role)


@router.post("/vigencia/nss")
@operation(Operation("nss"))
async def validate_nss(body: NssOnly, institution: TheInstitution, caller: TheCaller) -> NssState:
    """Whether the NSS exists and its titular is vigente, and nothing else."""
    titular = institution.identification.by_nss_only(body.nss, caller.folio, institution.clock.now())
    return NssState(existe=titular is not None, vigente=titular is not None and titular.vigente)


@router.post("/nucleo-familiar/consultas")
@operation(Operation("nucleo_familiar"))
async def consult_household(persona: PersonData, institution: TheInstitution, caller: TheCaller) -> Household:
    """The members under an NSS and how many active appointments they have together."""
    now = institution.clock.now()
    person = institution.identification.patient(persona.claim(), caller.folio, now)
    with institution.engine.connect() as connection:
        active = institution.book.active_of_household(connection, person.nss, now)
    members = [
        Member(paciente=Patient.of(one, caller.role), vigente=one.vigente, adscripcion=Assignment.of(one))
        for one in institution.people.household(person.nss)
    ]
    maximum = institution.rules.citas.max_per_nucleo_familiar
    return Household(nss=person.nss, integrantes=members, citas_activas=active, maximo_citas=maximum)
