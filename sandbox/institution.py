"""The institution as one object: its people, units, agendas, book, clock and faults."""

import asyncio
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection

from sandbox import database
from sandbox.agenda import Agenda, Slot
from sandbox.appointments import AppointmentBook, Booking
from sandbox.clinics import load_clinics
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.identification import Identification
from sandbox.identifiers import appointment_folio
from sandbox.population import build_people
from sandbox.rules import load_rules, read_data
from sandbox.security import Caller
from sandbox.tickets import Tickets


class Institution:
    """Everything the services answer from. One instance per application; used from one event loop only."""

    def __init__(self, *, seed: int, now: datetime | None, tick: bool, path: Path | None) -> None:
        self.rules = load_rules()
        self.clinics = load_clinics()
        self.clock = Clock(now, tick=tick)
        self.faults = Faults(self.clock)
        self.people = build_people(seed)
        self.engine = database.open_engine(path)
        self.agenda = Agenda(self.rules, self.clinics, seed)
        self.book = AppointmentBook(self.agenda, self.people, self.clinics, self.rules.citas)
        self.identification = Identification(self.people, self.engine, self.rules.identificacion)
        self.catalogues = read_data("catalogues.yml")
        self.tickets = Tickets(self.catalogues)
        self.writing = asyncio.Lock()
        with self.engine.begin() as connection:
            if database.claim_seed(connection, seed):
                self._plant(connection)

    def reset(self) -> None:
        """Back to the seed's state: appointments, tickets, failed attempts, clock and faults."""
        self.clock.reset()
        self.faults.reset()
        with self.engine.begin() as connection:
            database.clear(connection)
            self._plant(connection)

    def _plant(self, connection: Connection) -> None:
        """Inserts the appointments and tickets that exist from the start."""
        made = self.clock.start - timedelta(days=1)
        for serial, entry in enumerate(read_data("people.yml")["appointments"], start=1):
            folio = appointment_folio(made.date(), serial)
            booking = Booking(
                service=entry["service"],
                slot_id="",
                folio_proveedor=folio,
                agente_tipo="HUMANO",
                canal="voice",
                telefono=None,
                sms_aceptado=False,
                folio_interaccion="SEMILLA",
            )
            person = self.people.by_id(entry["person"])
            self.book.seed(connection, self._seeded_slot(entry), person, booking, made)
        self.tickets.plant(connection, made)

    def _seeded_slot(self, entry: dict[str, Any]) -> Slot:
        clinic = self.people.by_id(entry["person"]).clinic
        day = self.clock.start.astimezone(clinic.zone).date() + timedelta(days=entry["day"])
        if entry["open_day"]:
            day = self.agenda.next_open_day(clinic, day)
        local = datetime.combine(day, time.fromisoformat(entry["at"]))
        return self.agenda.find(f"h-{clinic.number}-{entry['room']}-{local:%Y%m%dT%H%M}", entry["service"])


def institution_behind(request: Request) -> Institution:
    """The institution that answers `request`: a private one when its interaction has one (`sandbox.worlds`)."""
    answering: Institution = request.app.state.worlds.of(request.headers.get("x-folio"))
    return answering


# Dependencies are coroutines because FastAPI would run plain functions in another thread.
async def institution_of(request: Request) -> Institution:
    """The institution, as a dependency."""
    return institution_behind(request)


async def caller_of(request: Request) -> Caller:
    """The caller that the gate admitted."""
    caller: Caller = request.state.caller
    return caller


TheInstitution = Annotated[Institution, Depends(institution_of)]
TheCaller = Annotated[Caller, Depends(caller_of)]
