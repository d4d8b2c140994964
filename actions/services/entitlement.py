"""Vigencia de Derechos: is this person entitled, and where (L1027, L5706-5710). Two adapters, the same facts."""

from datetime import date, datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from actions.services.caller import Caller
from actions.services.failure import ServiceFailure
from actions.services.rest import RestAdapter
from actions.services.soap import AccederAdapter
from ledger.services import Interaction


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Person(BaseModel):
    """Key and second datum: the birth date, or the agregado médico when the birth date is not enough."""

    model_config = ConfigDict(frozen=True)

    nss: str
    fecha_nacimiento: date | None = None
    agregado_medico: str | None = None

    def body(self) -> dict[str, str]:
        """The fields that are known, as the services take them."""
        return {key: str(value) for key, value in self.model_dump(mode="json").items() if value is not None}


class Patient(_Answer):
    """Who the data belong to; the name never reaches a bot."""

    paciente_id: str
    agregado_medico: str


class Assignment(_Answer):
    """Adscripción: unit, consultorio and turno."""

    completa: bool
    umf: str | None = None
    delegacion: str | None = None
    consultorio: str | None = None
    turno: str | None = None
    zona_horaria: str = "America/Mexico_City"


class Entitlement(_Answer):
    """The institution's answer. Not vigente is an answer, not an error."""

    vigente: bool
    vigente_hasta: date | None = None
    motivo_no_vigente: str | None = None
    paciente: Patient
    adscripcion: Assignment
    servicios: tuple[str, ...] = ()
    tiene_nucleo_familiar: bool = False


class NssKnown(_Answer):
    """Whether an NSS exists; nothing else."""

    existe: bool
    vigente: bool


class EntitlementService(Protocol):
    """What the dialogues need, whatever the protocol behind it."""

    async def consult(self, person: Person, interaction: Interaction, now: datetime) -> Entitlement | ServiceFailure:
        """Reads. Vigencia of one person."""
        ...


class EntitlementRest:
    """The REST family (Cita Médica, L5805)."""

    def __init__(self, adapter: RestAdapter, caller: Caller) -> None:
        self._adapter, self._caller = adapter, caller

    async def consult(self, person: Person, interaction: Interaction, now: datetime) -> Entitlement | ServiceFailure:
        """Reads. Vigencia of one person."""
        return await self._caller.read(
            "vigencia",
            lambda: self._adapter.post("/v1/vigencia/consultas", person.body(), Entitlement, interaction),
            interaction,
            now,
        )

    async def nss_known(self, nss: str, interaction: Interaction, now: datetime) -> NssKnown | ServiceFailure:
        """Reads. Whether the NSS exists: the contract's first step, before the second datum (L5735)."""
        return await self._caller.read(
            "validacion_nss",
            lambda: self._adapter.post("/v1/vigencia/nss", {"nss": nss}, NssKnown, interaction),
            interaction,
            now,
        )


class EntitlementSoap:
    """ACCEDER, the SOAP family (Derechohabiente, L3982)."""

    def __init__(self, adapter: AccederAdapter, caller: Caller) -> None:
        self._adapter, self._caller = adapter, caller

    async def consult(self, person: Person, interaction: Interaction, now: datetime) -> Entitlement | ServiceFailure:
        """Reads. Vigencia of one person."""
        return await self._caller.read(
            "acceder", lambda: self._adapter.consult(person.body(), Entitlement, interaction), interaction, now
        )
