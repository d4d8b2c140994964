"""Bodies of the requests (services.md §10)."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sandbox.faults import EVERY_SERVICE, SERVICES, Mode
from sandbox.fields import (
    Agregado,
    AppointmentFolio,
    BirthDate,
    Curp,
    DayOrMoment,
    LongText,
    Moment,
    Nss,
    Phone,
    ShortText,
    WireModel,
    refuse,
)
from sandbox.identification import Claim
from sandbox.rules import Service, Turno

Channel = Literal["webchat", "whatsapp", "voice", "sms", "email", "desk"]
State = Literal["AGENDADA", "CONFIRMADA", "CANCELADA", "NO_CONFIRMADA", "ATENDIDA", "NO_ASISTIO"]


class PersonData(WireModel):
    """`persona`: NSS and at least one second datum."""

    nss: Nss
    fecha_nacimiento: BirthDate | None = None
    agregado_medico: Agregado | None = None

    @model_validator(mode="after")
    def _second_datum(self) -> Self:
        if self.fecha_nacimiento is None and self.agregado_medico is None:
            raise refuse("FMT-004", "fecha_nacimiento")
        return self

    def claim(self) -> Claim:
        """What the identification needs."""
        return Claim(self.nss, self.fecha_nacimiento, self.agregado_medico)


class NssOnly(WireModel):
    """Operation 2b."""

    nss: Nss


class AvailabilityRequest(PersonData):
    """Operation 4; `consultorio` only for Estomatología."""

    servicio: Service
    desde: Moment | None = None
    consultorio: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    turno: Turno | None = None
    limite: Annotated[int, Field(ge=1, le=10)] = 10

    @model_validator(mode="after")
    def _room_only_for_dentistry(self) -> Self:
        if self.consultorio is not None and self.servicio != "ESTOMATOLOGIA":
            raise refuse("FMT-006", "consultorio")
        return self


class BookingRequest(PersonData):
    """Operation 5."""

    servicio: Service
    horario_id: Annotated[str, Field(max_length=40)]
    folio_proveedor: AppointmentFolio
    agente_tipo: Literal["HUMANO", "NO_HUMANO"]
    canal: Channel
    telefono: Phone | None = None
    sms_aceptado: bool


class AppointmentsRequest(WireModel):
    """Operation 6: either a person, or the provider's folio alone."""

    nss: Nss | None = None
    fecha_nacimiento: BirthDate | None = None
    agregado_medico: Agregado | None = None
    estados: list[State] | None = None
    desde: DayOrMoment | None = None
    hasta: DayOrMoment | None = None
    folio_proveedor: AppointmentFolio | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, data: Any) -> Any:
        if isinstance(data, dict) and "folio_proveedor" in data and len(data) > 1:
            raise refuse("FMT-006", "folio_proveedor")
        return data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.folio_proveedor is None:
            if self.nss is None:
                raise refuse("FMT-010", "nss")
            if self.fecha_nacimiento is None and self.agregado_medico is None:
                raise refuse("FMT-004", "fecha_nacimiento")
        return self

    def claim(self) -> Claim:
        """What the identification needs; only for a request by person."""
        return Claim(self.nss or "", self.fecha_nacimiento, self.agregado_medico)


class CancellationRequest(PersonData):
    """Operation 7."""

    motivo: Literal["YA_NO_LA_NECESITA", "CAMBIO", "OTRO"]
    canal: Channel


class ConfirmationRequest(PersonData):
    """Operation 8."""

    respuesta: Literal["SI", "NO", "SIN_RESPUESTA"]
    medio: Literal["IVR", "SMS", "CHAT", "WHATSAPP", "AGENTE"]


class RecordRequest(WireModel):
    """Operations 9 and 10."""

    nss: Nss
    fecha_nacimiento: BirthDate
    curp: Curp | None = None


class Requester(WireModel):
    """The employee who opens a ticket."""

    matricula: ShortText
    extension: ShortText
    unidad: ShortText
    delegacion: ShortText
    correo: Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,120}$")]


class TicketRequest(WireModel):
    """Operation 11."""

    solicitante: Requester
    tipo: Literal["INCIDENTE", "REQUERIMIENTO", "CAMBIO"]
    servicio: ShortText
    descripcion: LongText
    impacto: Annotated[int, Field(ge=1, le=4)]
    urgencia: Annotated[int, Field(ge=1, le=4)]


class NoteRequest(WireModel):
    """Operation 13."""

    texto: LongText


class ClockRequest(WireModel):
    """Control: the sandbox's new time."""

    ahora: Moment


class WorldRequest(WireModel):
    """Control: the interaction whose private institution is opened or closed (see `sandbox.worlds`)."""

    folio: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class FaultRequest(WireModel):
    """Control: a fault to arm (see `sandbox.faults.Fault`)."""

    servicio: str
    modo: Mode
    ms: Annotated[int, Field(ge=0, le=600_000)] | None = None
    codigo: Annotated[str, Field(pattern=r"^([A-Z]{2,4}-[0-9]{3}|http:[45][0-9]{2}|HTML|JSON|VACIO)$")] | None = None
    veces: Annotated[int, Field(ge=1)] | None = None
    hasta: Moment | None = None

    @model_validator(mode="after")
    def _known_service(self) -> Self:
        if self.servicio not in (*SERVICES, EVERY_SERVICE):
            raise refuse("FMT-006", "servicio")
        wanted = {
            "basura": self.codigo in ("HTML", "JSON", "VACIO"),
            "error": self.codigo not in ("HTML", "JSON", "VACIO"),
        }
        if self.codigo is not None and not wanted.get(self.modo, False):
            raise refuse("FMT-006", "codigo")
        return self
