"""Bodies of the answers (services.md §10)."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel

from sandbox.agenda import Slot
from sandbox.appointments import Appointment
from sandbox.clock import CENTRE
from sandbox.people import Pension, Person
from sandbox.security import Role
from sandbox.tickets import Ticket


class Patient(BaseModel):
    """`paciente`; the name is only for people, not for bots."""

    paciente_id: str
    nombre: str | None
    agregado_medico: str
    calidad: str
    sexo: str
    fecha_nacimiento: date

    @classmethod
    def of(cls, person: Person, role: Role) -> Self:
        """As `role` may see it."""
        return cls(
            paciente_id=person.paciente_id,
            nombre=None if role == "bot" else person.full_name,
            agregado_medico=person.agregado,
            calidad=person.calidad,
            sexo=person.sex,
            fecha_nacimiento=person.born,
        )


class Assignment(BaseModel):
    """`adscripcion`."""

    completa: bool
    clave_presupuestal: str
    umf: str
    delegacion: str
    consultorio: str | None
    turno: str | None
    zona_horaria: str

    @classmethod
    def of(cls, person: Person) -> Self:
        """Of one person."""
        clinic = person.clinic
        return cls(
            completa=person.adscripcion_completa,
            clave_presupuestal=clinic.clave_presupuestal,
            umf=clinic.umf,
            delegacion=clinic.delegacion,
            consultorio=person.room,
            turno=person.turno,
            zona_horaria=clinic.timezone,
        )


class Entitlement(BaseModel):
    """Operation 2, and what ACCEDER says over SOAP."""

    vigente: bool
    vigente_hasta: date | None
    motivo_no_vigente: str | None
    paciente: Patient
    adscripcion: Assignment
    servicios: list[str]
    tiene_nucleo_familiar: bool
    fecha_consulta: datetime


class NssState(BaseModel):
    """Operation 2b."""

    existe: bool
    vigente: bool


class Member(BaseModel):
    """One member of a núcleo familiar."""

    paciente: Patient
    vigente: bool
    adscripcion: Assignment


class Household(BaseModel):
    """Operation 3."""

    nss: str
    integrantes: list[Member]
    citas_activas: int
    maximo_citas: int


class SlotAnswer(BaseModel):
    """`horario`."""

    horario_id: str
    inicio: datetime
    fin: datetime
    servicio: str
    umf: str
    clave_presupuestal: str
    consultorio: str
    turno: str

    @classmethod
    def of(cls, slot: Slot) -> Self:
        """Of one slot."""
        return cls(
            horario_id=slot.id,
            inicio=slot.start,
            fin=slot.end,
            servicio=slot.room.service,
            umf=slot.clinic.umf,
            clave_presupuestal=slot.clinic.clave_presupuestal,
            consultorio=slot.room.room,
            turno=slot.turno,
        )


class WindowAnswer(BaseModel):
    """From when to when a booking may start."""

    minimo: datetime
    maximo: datetime


class Availability(BaseModel):
    """Operation 4."""

    horarios: list[SlotAnswer]
    motivo: str | None
    ventana: WindowAnswer
    consultado_en: datetime


class ReconciledAppointment(BaseModel):
    """`cita` without personal data."""

    cita_id: str
    folio_proveedor: str
    estado: str
    servicio: str
    inicio: datetime
    fin: datetime
    umf: str
    clave_presupuestal: str
    consultorio: str
    turno: str
    agente_tipo: str
    canal: str
    creada_en: datetime
    actualizada_en: datetime
    version: int

    @classmethod
    def of(cls, appointment: Appointment) -> Self:
        """Of one row of the book."""
        fields: dict[str, Any] = {
            "servicio": appointment.servicio,
            "inicio": appointment.start,
            "fin": appointment.end,
            "umf": appointment.clinic.umf,
            "clave_presupuestal": appointment.clinic.clave_presupuestal,
            "consultorio": appointment.room,
            "turno": appointment.turno,
            "cita_id": appointment.cita_id,
            "folio_proveedor": appointment.folio_proveedor,
            "estado": appointment.estado,
            "agente_tipo": appointment.agente_tipo,
            "canal": appointment.canal,
            "version": appointment.version,
            "creada_en": appointment.created.astimezone(CENTRE),
            "actualizada_en": appointment.updated.astimezone(CENTRE),
            "paciente_id": appointment.person.paciente_id,
            "agregado_medico": appointment.person.agregado,
        }
        return cls(**{name: fields[name] for name in cls.model_fields})


class AppointmentAnswer(ReconciledAppointment):
    """`cita`."""

    paciente_id: str
    agregado_medico: str


class AppointmentDone(BaseModel):
    """Operations 5 and 7."""

    resultado: str = "CONFIRMACION"
    cita: AppointmentAnswer


class AppointmentAnswered(AppointmentDone):
    """Operation 8; `sugerencia` is CANCELAR after a NO."""

    sugerencia: str | None = None


class AppointmentList(BaseModel):
    """Operation 6."""

    citas: list[AppointmentAnswer]


class ReconciliationPage(BaseModel):
    """Operation 15."""

    citas: list[ReconciledAppointment]
    siguiente: str | None


class WeeksAnswer(BaseModel):
    """Semanas: total = imss - descontadas + reintegradas."""

    imss: int
    descontadas: int
    reintegradas: int
    total: int


class WeeksRecord(BaseModel):
    """Operation 9."""

    semanas: WeeksAnswer
    ultimo_movimiento: date | None
    fecha_corte: date


class Survival(BaseModel):
    """Whether the pensionado must prove to be alive, until when and why."""

    requerida: bool
    fecha_limite: date | None
    motivo: str


class PensionAnswer(BaseModel):
    """One pension, without amount or account."""

    tipo: str
    regimen: str
    estado: str
    inicio: date
    entidad_pagadora: str
    proximo_pago: date | None
    supervivencia: Survival

    @classmethod
    def of(cls, pension: Pension) -> Self:
        """Of one pension."""
        survival = Survival(
            requerida=pension.supervivencia_requerida,
            fecha_limite=pension.supervivencia_limite,
            motivo=pension.supervivencia_motivo,
        )
        return cls(
            tipo=pension.tipo,
            regimen=pension.regimen,
            estado=pension.estado,
            inicio=pension.inicio,
            entidad_pagadora=pension.entidad_pagadora,
            proximo_pago=pension.proximo_pago,
            supervivencia=survival,
        )


class PensionList(BaseModel):
    """Operation 10."""

    pensiones: list[PensionAnswer]


class NoteAnswer(BaseModel):
    """A note on a ticket."""

    fecha: datetime
    texto: str
    publica: bool


class TicketAnswer(BaseModel):
    """`ticket`."""

    numero: str
    estado: str
    prioridad: str
    creado_en: datetime
    folio: str
    grupo: str
    notas: list[NoteAnswer]
    resolucion: str | None

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        """Of one ticket."""
        notes = [NoteAnswer(fecha=note.at.astimezone(CENTRE), texto=note.text, publica=True) for note in ticket.notes]
        return cls(
            numero=ticket.numero,
            estado=ticket.estado,
            prioridad=ticket.prioridad,
            folio=ticket.folio,
            creado_en=ticket.created.astimezone(CENTRE),
            grupo=ticket.grupo,
            notas=notes,
            resolucion=ticket.resolucion,
        )


class TicketEnvelope(BaseModel):
    """Operations 11 to 13."""

    ticket: TicketAnswer


class ServiceHealth(BaseModel):
    """State of one service: OPERATIVO, DEGRADADO or FUERA."""

    servicio: str
    estado: str
    latencia_ms: int


class Health(BaseModel):
    """Operation 1."""

    estado: str
    servicios: list[ServiceHealth]
    fecha: datetime


class Catalogue(BaseModel):
    """Operation 14."""

    catalogo: str
    version: str
    elementos: list[dict[str, Any]]


class Applied(BaseModel):
    """Operation 16."""

    aplicado: bool = True
