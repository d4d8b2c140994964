"""The agendas: which slots exist, which are free, and what forbids booking one (services.md §9)."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from sqlalchemy import Connection, select

from sandbox.clinics import WEEKDAYS, Clinic, Room
from sandbox.database import appointments, given_elsewhere
from sandbox.errors import ServiceError
from sandbox.people import Person
from sandbox.rules import AppointmentRules, Rules, Service, Turno

_SLOT_ID = re.compile(r"h-([0-9]{3})-([0-9]{2})-([0-9]{8}T[0-9]{4})", re.ASCII)


@dataclass(frozen=True)
class Slot:
    """A stretch of a consultorio's agenda; `local` is the naive local start in the unit's zone."""

    clinic: Clinic
    room: Room
    turno: Turno
    local: datetime
    minutes: int

    @cached_property
    def id(self) -> str:
        """E.g. `h-901-07-20261016T0845`."""
        return f"h-{self.clinic.number}-{self.room.room}-{self.local:%Y%m%dT%H%M}"

    @property
    def start(self) -> datetime:
        """Start with offset."""
        return self.local.replace(tzinfo=self.clinic.zone)

    @property
    def end(self) -> datetime:
        """End with offset."""
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Window:
    """From when to when a booking may start, both inclusive, in the unit's zone."""

    earliest: datetime
    latest: datetime


class Agenda:
    """Computes slots from the units' calendars; only what was booked is stored."""

    def __init__(self, rules: Rules, clinics: dict[str, Clinic], seed: int) -> None:
        self._rules: AppointmentRules = rules.citas
        self._holidays = rules.festivos
        self._clinics = clinics
        self._seed = seed
        self._grid = {service: tuple(self._starts(service)) for service in self._rules.slot_minutes}

    def window(self, clinic: Clinic, now: datetime) -> Window:
        """The bookable window of a unit at `now`."""
        local = now.astimezone(clinic.zone)
        last_day = local.date() + timedelta(days=self._rules.max_horizon_days)
        earliest = now + timedelta(hours=self._rules.min_lead_hours)
        return Window(earliest.astimezone(clinic.zone), datetime.combine(last_day, time(23, 59, 59), clinic.zone))

    def free_slots(
        self,
        connection: Connection,
        person: Person,
        service: Service,
        now: datetime,
        *,
        since: datetime | None = None,
        room: str | None = None,
        turno: Turno | None = None,
    ) -> Iterator[Slot]:
        """Free slots for `person` in order of start; `since`, `room` and `turno` narrow them."""
        clinic = person.clinic
        window = self.window(clinic, now)
        earliest = max(window.earliest, since.astimezone(clinic.zone)) if since else window.earliest
        rooms = [one for one in self._rooms(person, service) if room in (None, one.room) and not self._closed(one)]
        if not rooms:
            return
        day = earliest.date()
        while day <= window.latest.date():
            if self._works(clinic, day):
                booked = self._booked(connection, clinic, day)
                for slot in self._day(clinic, rooms, service, day):
                    wanted = turno in (None, slot.turno) and self._in_turno(person, slot)
                    if wanted and earliest <= slot.start and self._is_free(slot, booked):
                        yield slot
            day += timedelta(days=1)

    def find(self, slot_id: str, service: Service) -> Slot:
        """The slot with this id; FMT-006 when no consultorio of that service has such a slot."""
        wrong = ServiceError("FMT-006", "horario_id")
        match = _SLOT_ID.fullmatch(slot_id)
        clinic = self._clinics.get(match.group(1)) if match else None
        room = clinic.room(match.group(2)) if clinic and match else None
        if match is None or clinic is None or room is None or room.service != service:
            raise wrong
        try:
            local = datetime.strptime(match.group(3), "%Y%m%dT%H%M")
        except ValueError:
            raise wrong from None
        minutes = self._rules.slot_minutes[service]
        if (local.hour * 60 + local.minute - _minutes(self._rules.slot_hours[0])) % minutes:
            raise wrong
        return Slot(clinic, room, self._turno(local.time()), local, minutes)

    def check(self, connection: Connection, slot: Slot, person: Person, now: datetime) -> None:
        """Raises CIT-001, 002, 003, 004, 006 or 007 when `person` may not book `slot` at `now`."""
        own_room = slot.room in self._rooms(person, slot.room.service)
        if slot.clinic is not person.clinic or not own_room or not self._in_turno(person, slot):
            raise ServiceError("CIT-007", "horario_id")
        window = self.window(slot.clinic, now)
        if slot.start < window.earliest:
            raise ServiceError("CIT-002", "horario_id")
        if slot.start > window.latest:
            raise ServiceError("CIT-003", "horario_id")
        offered = any(start == slot.local.time() for start, _ in self._grid[slot.room.service])
        if not offered or not self._works(slot.clinic, slot.local.date()) or self._blocked(slot):
            raise ServiceError("CIT-004", "horario_id")
        booked = self._booked(connection, slot.clinic, slot.local.date())
        if self._taken(slot, booked):
            raise ServiceError("CIT-001", "horario_id")
        if self._quota_used(slot, booked):
            raise ServiceError("CIT-006", "horario_id")

    def next_open_day(self, clinic: Clinic, day: date) -> date:
        """`day`, or the first day after it on which the unit works."""
        while not self._works(clinic, day):
            day += timedelta(days=1)
        return day

    def _starts(self, service: Service) -> Iterator[tuple[time, Turno]]:
        opens, closes = (_minutes(edge) for edge in self._rules.slot_hours)
        step = self._rules.slot_minutes[service]
        for minute in range(opens, closes - step + 1, step):
            start = time(minute // 60, minute % 60)
            if not any(begin <= start < end for begin, end in self._rules.excluded_windows.get(service, ())):
                yield start, self._turno(start)

    def _turno(self, start: time) -> Turno:
        return "VESPERTINO" if start >= self._rules.vespertino_from else "MATUTINO"

    def _rooms(self, person: Person, service: Service) -> list[Room]:
        rooms = [room for room in person.clinic.rooms if room.service == service]
        if service == "MEDICINA_FAMILIAR" and self._rules.mf_only_assigned_consultorio_and_turno:
            return [room for room in rooms if room.room == person.room]
        return rooms

    def _in_turno(self, person: Person, slot: Slot) -> bool:
        own = slot.room.service == "MEDICINA_FAMILIAR" and self._rules.mf_only_assigned_consultorio_and_turno
        return not own or slot.turno == person.turno

    def _works(self, clinic: Clinic, day: date) -> bool:
        holiday = self._rules.no_holidays and day in self._holidays
        return WEEKDAYS[day.weekday()] in clinic.weekdays and not holiday

    def _day(self, clinic: Clinic, rooms: list[Room], service: Service, day: date) -> Iterator[Slot]:
        minutes = self._rules.slot_minutes[service]
        for start, turno in self._grid[service]:
            for room in rooms:
                yield Slot(clinic, room, turno, datetime.combine(day, start), minutes)

    def _closed(self, room: Room) -> bool:
        return self._rules.respect_blocked_slots and room.closed

    def _blocked(self, slot: Slot) -> bool:
        return self._rules.respect_blocked_slots and any(closure.covers(slot.local) for closure in slot.room.blocked)

    def _occupied(self, slot: Slot) -> bool:
        """Whether the unit itself gave the slot away; follows from the seed."""
        if not slot.room.occupied:
            return False
        digest = hashlib.blake2b(f"{self._seed}:{slot.id}".encode(), digest_size=4).digest()
        return int.from_bytes(digest) < slot.room.occupied * 2**32

    def _is_free(self, slot: Slot, booked: "_Booked") -> bool:
        return not (self._blocked(slot) or self._taken(slot, booked) or self._quota_used(slot, booked))

    def _taken(self, slot: Slot, booked: "_Booked") -> bool:
        return slot.id in booked.slots or self._occupied(slot)

    def _quota_used(self, slot: Slot, booked: "_Booked") -> bool:
        return booked.per_turno[slot.room.room, slot.turno] >= self._rules.max_per_consultorio_turno_dia

    def _booked(self, connection: Connection, clinic: Clinic, day: date) -> "_Booked":
        columns = appointments.c
        rows = connection.execute(
            select(columns.horario_id, columns.room, columns.turno).where(
                columns.clinic == clinic.number, columns.day == day.isoformat(), columns.estado != "CANCELADA"
            )
        ).all()
        lost = connection.execute(
            select(given_elsewhere.c.horario_id).where(
                given_elsewhere.c.horario_id.like(f"h-{clinic.number}-%-{day:%Y%m%d}T%")
            )
        ).scalars()
        per_turno = Counter((row.room, row.turno) for row in rows)
        return _Booked(frozenset([*(row.horario_id for row in rows), *lost]), per_turno)


@dataclass(frozen=True)
class _Booked:
    """What one unit has given away on one day: slot ids, and appointments per consultorio and turno."""

    slots: frozenset[str]
    per_turno: Counter[tuple[str, str]]


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
