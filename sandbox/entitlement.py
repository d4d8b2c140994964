"""What the institution says about a person's rights: one answer for REST and SOAP."""

from sandbox.answers import Assignment, Entitlement, Patient
from sandbox.identification import Claim
from sandbox.institution import Institution
from sandbox.security import Role


def entitlement(institution: Institution, claim: Claim, folio: str, role: Role) -> Entitlement:
    """Vigencia, adscripción and services of the patient that matches; raises as `Identification.patient`."""
    now = institution.clock.now()
    person = institution.identification.patient(claim, folio, now)
    return Entitlement(
        vigente=person.vigente,
        vigente_hasta=person.vigente_hasta,
        motivo_no_vigente=person.motivo_no_vigente,
        paciente=Patient.of(person, role),
        adscripcion=Assignment.of(person),
        servicios=list(person.services),
        tiene_nucleo_familiar=len(institution.people.household(person.nss)) > 1,
        fecha_consulta=now,
    )
