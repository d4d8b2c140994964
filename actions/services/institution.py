"""All services of the institution, set up once per action server."""

from dataclasses import dataclass

from actions.services.appointments import AppointmentService
from actions.services.caller import Caller, Circuit
from actions.services.contribution_weeks import ContributionWeeksService
from actions.services.entitlement import EntitlementRest, EntitlementSoap
from actions.services.failure import ErrorTable
from actions.services.rest import RestAdapter
from actions.services.soap import AccederAdapter
from ledger.services import ServiceLedger


@dataclass(frozen=True)
class Institution:
    """The typed clients and the ledger they write to."""

    entitlement: EntitlementRest
    acceder: EntitlementSoap
    appointments: AppointmentService
    weeks: ContributionWeeksService
    ledger: ServiceLedger


def institution(
    base_url: str, token: str, environment: str, ledger: ServiceLedger, circuit_failures: int = 5
) -> Institution:
    """Wire the clients for one address; each service has a circuit of its own."""
    errors = ErrorTable()
    rest = RestAdapter(base_url, token, errors)

    def caller(service: str) -> Caller:
        return Caller(service, environment, ledger, Circuit(circuit_failures))

    return Institution(
        entitlement=EntitlementRest(rest, caller("vigencia_derechos")),
        acceder=EntitlementSoap(AccederAdapter(base_url, token, errors), caller("acceder")),
        appointments=AppointmentService(rest, caller("cita_medica")),
        weeks=ContributionWeeksService(rest, caller("semanas_cotizadas")),
        ledger=ledger,
    )
