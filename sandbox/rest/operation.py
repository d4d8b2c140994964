"""Health, catalogues and control of the sandbox itself (operations 1, 14 and 16)."""

from typing import Any

from fastapi import APIRouter, Request

from sandbox.answers import Applied, Catalogue, Health, ServiceHealth
from sandbox.errors import ServiceError
from sandbox.faults import SERVICES, Fault
from sandbox.gate import GatedRoute, Operation, operation
from sandbox.institution import Institution, TheInstitution
from sandbox.requests import ClockRequest, FaultRequest, WorldRequest
from sandbox.security import Role

router = APIRouter(route_class=GatedRoute, tags=["operación"])
_EVERY_ROLE: frozenset[Role] = frozenset({"bot", "agente", "conciliador", "control"})
_CONTROL = Operation("", roles=frozenset({"control"}), interaction=False, loopback_only=True)


@router.get("/salud")
@operation(Operation("salud", roles=_EVERY_ROLE, interaction=False))
async def health(institution: TheInstitution) -> Health:
    """State of each service, as the armed faults leave it."""
    services = [_health_of(service, institution) for service in SERVICES]
    states = {one.estado for one in services}
    overall = "OPERATIVO" if states == {"OPERATIVO"} else "FUERA" if states == {"FUERA"} else "DEGRADADO"
    return Health(estado=overall, servicios=services, fecha=institution.clock.now())


def _health_of(service: str, institution: Institution) -> ServiceHealth:
    fault = institution.faults.on(service)
    if fault is None:
        return ServiceHealth(servicio=service, estado="OPERATIVO", latencia_ms=0)
    slow = fault.mode in ("latencia", "respuesta_tardia")
    return ServiceHealth(
        servicio=service, estado="DEGRADADO" if slow else "FUERA", latencia_ms=int(fault.seconds * 1000)
    )


@router.get("/catalogos/{name}")
@operation(Operation("catalogos", roles=_EVERY_ROLE, interaction=False))
async def catalogue(name: str, institution: TheInstitution) -> Catalogue:
    """A closed list: umf, festivos, servicios_mst or tipificaciones."""
    version = str(institution.catalogues["version"])
    return Catalogue(catalogo=name, version=version, elementos=_elements(name, institution))


def _elements(name: str, institution: Institution) -> list[dict[str, Any]]:
    if name == "umf":
        return [
            {
                "umf": clinic.umf,
                "clave_presupuestal": clinic.clave_presupuestal,
                "delegacion": clinic.delegacion,
                "zona_horaria": clinic.timezone,
                "servicios": list(clinic.services),
            }
            for clinic in institution.clinics.values()
        ]
    if name == "festivos":
        return [{"fecha": day.isoformat(), "nombre": label} for day, label in institution.rules.festivos.items()]
    if name in ("servicios_mst", "tipificaciones"):
        elements: list[dict[str, Any]] = institution.catalogues[name]
        return elements
    raise ServiceError("GEN-404", "catalogo")


@router.post("/_control/reloj")
@operation(_CONTROL)
async def set_clock(body: ClockRequest, institution: TheInstitution) -> Applied:
    """Moves the sandbox's clock."""
    institution.clock.set(body.ahora)
    return Applied()


@router.post("/_control/fallas")
@operation(_CONTROL)
async def arm_fault(body: FaultRequest, institution: TheInstitution) -> Applied:
    """Arms a fault, or removes those of a service with mode `ninguna`."""
    institution.faults.arm(
        Fault(body.servicio, body.modo, ms=body.ms, code=body.codigo, times=body.veces, until=body.hasta)
    )
    return Applied()


@router.post("/_control/reinicio")
@operation(_CONTROL)
async def reset(institution: TheInstitution) -> Applied:
    """Back to the seed's state, the starting time and no faults."""
    institution.reset()
    return Applied()


@router.post("/_control/mundos")
@operation(_CONTROL)
async def open_world(body: WorldRequest, request: Request) -> Applied:
    """Gives one interaction an institution of its own, fresh from the seed."""
    request.app.state.worlds.open(body.folio)
    return Applied()


@router.post("/_control/mundos/cierre")
@operation(_CONTROL)
async def close_world(body: WorldRequest, request: Request) -> Applied:
    """Takes the interaction's own institution away again."""
    request.app.state.worlds.close(body.folio)
    return Applied()
