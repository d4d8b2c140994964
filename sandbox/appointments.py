"""The institution's book of appointments: book, list, cancel, confirm, page for reconciliation."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from sandbox.agenda import Agenda, Slot
from sandbox.clinics import Clinic
from sandbox.database import appointments as table
from sandbox.database import from_utc, given_elsewhere, to_utc
from sandbox.errors import ServiceError
from sandbox.people import People, Person
from sandbox.rules import AppointmentRules, Service

ACTIVE = ("AGENDADA", "CONFIRMADA")


@dataclass(frozen=True)
class Booking:
    """What the contact centre sends to book: the offered slot, its own folio and who asks."""

    service: Service
    slot_id: str
    folio_proveedor: str
    agente_tipo: str
    canal: str
    telefono: str | None
    sms_aceptado: bool
    folio_interaccion: str


@dataclass(frozen=True)
class Appointment:
    """One row of the book; `start` and `end` in the unit's zone."""

    cita_id: str
    folio_proveedor: str
    estado: str
    servicio: str
    clinic: Clinic
    room: str
    turno: str
    start: datetime
    end: datetime
    person: Person
    agente_tipo: str
    canal: str
    folio_interaccion: str
    created: datetime
    updated: datetime
    version: int
    serial: int


class AppointmentBook:
    """All appointments. Every method works inside the connection's transaction and applies §9."""

    def __init__(self, agenda: Agenda, people: People, clinics: dict[str, Clinic], rules: AppointmentRules) -> None:
        self._agenda = agenda
        self._people = people
        self._clinics = clinics
        self._rules = rules

    def require_entitled(self, person: Person, service: Service) -> None:
        """Raises VIG-001, 002 or 003 when `person` may not have an appointment of `service`."""
        if self._rules.require_vigente and not person.vigente:
            raise ServiceError("VIG-001")
        if self._rules.require_adscripcion and not person.adscripcion_completa:
            raise ServiceError("VIG-002")
        if service not in self._rules.services or service not in person.services:
            raise ServiceError("VIG-003", "servicio")

    def active_of_household(self, connection: Connection, nss: str, now: datetime) -> int:
        """How many active future appointments the núcleo familiar has."""
        condition = (table.c.nss == nss) & table.c.estado.in_(ACTIVE) & (table.c.start_utc > to_utc(now))
        return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())

    def book(self, connection: Connection, person: Person, booking: Booking, now: datetime) -> Appointment | None:
        """Books a slot; None when somebody at the unit took it in that very moment (P10's first attempt).

        Raises VIG-*, CIT-001 to CIT-007 or FMT-006. None instead of CIT-001 lets the caller commit the loss.
        """
        self.require_entitled(person, booking.service)
        if self.active_of_household(connection, person.nss, now) >= self._rules.max_per_nucleo_familiar:
            raise ServiceError("CIT-005")
        slot = self._agenda.find(booking.slot_id, booking.service)
        self._agenda.check(connection, slot, person, now)
        if self._loses_slot(connection, person, slot):
            return None
        return self._insert(connection, slot, person, booking, now)

    def of_person(
        self,
        connection: Connection,
        person: Person,
        states: Collection[str] | None,
        since: date | datetime | None,
        until: date | datetime | None,
        limit: int,
    ) -> list[Appointment]:
        """The person's appointments by start, narrowed by state and by start (both ends included)."""
        conditions = [table.c.person_id == person.id, *_between(since, until)]
        if states is not None:
            conditions.append(table.c.estado.in_(states))
        return self._select(connection, conditions, table.c.start_utc, limit)

    def by_folio(self, connection: Connection, folio_proveedor: str, limit: int) -> list[Appointment]:
        """Every appointment that carries the provider's folio."""
        return self._select(connection, [table.c.folio_proveedor == folio_proveedor], table.c.start_utc, limit)

    def page(
        self,
        connection: Connection,
        since: date | datetime | None,
        until: date | datetime | None,
        after: int,
        size: int,
    ) -> list[Appointment]:
        """Appointments whose start lies in the period, in the order they were made, after serial `after`."""
        return self._select(connection, [table.c.serial > after, *_between(since, until)], table.c.serial, size)

    def cancel(self, connection: Connection, person: Person, cita_id: str, now: datetime) -> Appointment:
        """Cancels; raises CIT-008 (too late), CIT-009 (state, or not digital) or CIT-010 (not theirs)."""
        appointment = self._of(connection, person, cita_id)
        digital = appointment.canal in self._rules.digital_channels or not self._rules.cancel_only_digital_bookings
        if appointment.estado not in ACTIVE or not digital:
            raise ServiceError("CIT-009")
        if appointment.start - now < timedelta(hours=self._rules.cancel_min_hours_before):
            raise ServiceError("CIT-008")
        return self._change(connection, appointment, "CANCELADA", now)

    def answer(
        self, connection: Connection, person: Person, cita_id: str, answer: str, campaign: str, now: datetime
    ) -> Appointment:
        """Registers the answer; raises CIT-009, CIT-010, or GEN-403 (SIN_RESPUESTA in another campaign)."""
        if answer == "SIN_RESPUESTA" and campaign not in self._rules.no_answer_campaigns:
            raise ServiceError("GEN-403", "respuesta")
        appointment = self._of(connection, person, cita_id)
        allowed = ACTIVE if answer == "NO" else ("AGENDADA",)
        if appointment.estado not in allowed or appointment.start <= now:
            raise ServiceError("CIT-009")
        if answer == "NO":
            return appointment
        return self._change(connection, appointment, "CONFIRMADA" if answer == "SI" else "NO_CONFIRMADA", now)

    def seed(self, connection: Connection, slot: Slot, person: Person, booking: Booking, now: datetime) -> Appointment:
        """Inserts an appointment that exists from the start, without asking the rules."""
        return self._insert(connection, slot, person, booking, now)

    def _loses_slot(self, connection: Connection, person: Person, slot: Slot) -> bool:
        """Gives the slot to somebody else the first time `person` (P10) books; False from then on."""
        lost_before = select(given_elsewhere.c.person_id).where(given_elsewhere.c.person_id == person.id)
        if not person.first_booking_rejected or connection.execute(lost_before).first():
            return False
        connection.execute(insert(given_elsewhere).values(horario_id=slot.id, person_id=person.id))
        return True

    def _insert(
        self, connection: Connection, slot: Slot, person: Person, booking: Booking, now: datetime
    ) -> Appointment:
        serial = int(connection.execute(select(func.coalesce(func.max(table.c.serial), 0))).scalar_one()) + 1
        moment = to_utc(now)
        values: dict[str, Any] = dict(  # noqa: C408  (the column names, as keywords)
            serial=serial,
            cita_id=f"SIMF{serial:08d}",
            folio_proveedor=booking.folio_proveedor,
            estado="AGENDADA",
            servicio=booking.service,
            horario_id=slot.id,
            clinic=slot.clinic.number,
            room=slot.room.room,
            turno=slot.turno,
            day=slot.local.date().isoformat(),
            start_utc=to_utc(slot.start),
            end_utc=to_utc(slot.end),
            nss=person.nss,
            person_id=person.id,
            agente_tipo=booking.agente_tipo,
            canal=booking.canal,
            telefono=booking.telefono,
            sms_aceptado=booking.sms_aceptado,
            folio_interaccion=booking.folio_interaccion,
            created_utc=moment,
            updated_utc=moment,
            version=1,
        )
        connection.execute(insert(table).values(**values))
        return self._select(connection, [table.c.serial == serial], table.c.serial, 1)[0]

    def _of(self, connection: Connection, person: Person, cita_id: str) -> Appointment:
        found = self._select(
            connection, [table.c.cita_id == cita_id, table.c.person_id == person.id], table.c.serial, 1
        )
        if not found:
            raise ServiceError("CIT-010")
        return found[0]

    def _change(self, connection: Connection, appointment: Appointment, state: str, now: datetime) -> Appointment:
        connection.execute(
            update(table)
            .where(table.c.serial == appointment.serial)
            .values(estado=state, updated_utc=to_utc(now), version=appointment.version + 1)
        )
        return self._select(connection, [table.c.serial == appointment.serial], table.c.serial, 1)[0]

    def _select(
        self, connection: Connection, conditions: list[ColumnElement[bool]], order: Any, limit: int
    ) -> list[Appointment]:
        rows = connection.execute(select(table).where(*conditions).order_by(order, table.c.serial).limit(limit))
        return [self._appointment(row) for row in rows]

    def _appointment(self, row: Row[Any]) -> Appointment:
        clinic = self._clinics[row.clinic]
        return Appointment(
            cita_id=row.cita_id,
            folio_proveedor=row.folio_proveedor,
            estado=row.estado,
            servicio=row.servicio,
            clinic=clinic,
            room=row.room,
            turno=row.turno,
            start=from_utc(row.start_utc).astimezone(clinic.zone),
            end=from_utc(row.end_utc).astimezone(clinic.zone),
            person=self._people.by_id(row.person_id),
            agente_tipo=row.agente_tipo,
            canal=row.canal,
            folio_interaccion=row.folio_interaccion,
            created=from_utc(row.created_utc),
            updated=from_utc(row.updated_utc),
            version=row.version,
            serial=row.serial,
        )


def _between(since: date | datetime | None, until: date | datetime | None) -> list[ColumnElement[bool]]:
    """Conditions on the start: moments compare as moments, dates as the unit's local day."""
    conditions: list[ColumnElement[bool]] = []
    if since is not None:
        moment = isinstance(since, datetime)
        conditions.append(table.c.start_utc >= to_utc(since) if moment else table.c.day >= since.isoformat())  # type: ignore[arg-type]
    if until is not None:
        moment = isinstance(until, datetime)
        conditions.append(table.c.start_utc <= to_utc(until) if moment else table.c.day <= until.isoformat())  # type: ignore[arg-type]
    return conditions
