"""The synthetic people: who they are, where they belong, and what each one is for (services.md §11)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.clinics import Clinic, load_clinics
from sandbox.identifiers import curp_for
from sandbox.rules import Service, Turno, read_data

QUALITIES = {"1": "ASEGURADO", "2": "CONYUGE", "3": "HIJO", "4": "ASCENDIENTE", "5": "PENSIONADO"}


@dataclass(frozen=True)
class Weeks:
    """Semanas cotizadas of a titular; `last` is the date of the last movement."""

    imss: int
    descontadas: int
    reintegradas: int
    last: date | None

    @property
    def total(self) -> int:
        """What counts in the end."""
        return self.imss - self.descontadas + self.reintegradas


@dataclass(frozen=True)
class Pension:
    """One pension, without amount or account: those are never told."""

    tipo: str
    regimen: str
    estado: str
    inicio: date
    entidad_pagadora: str
    proximo_pago: date | None
    supervivencia_requerida: bool
    supervivencia_limite: date | None
    supervivencia_motivo: str


@dataclass(frozen=True)
class Person:
    """One patient: a titular (first of the NSS) or a member of the titular's family.

    `room` and `turno` are None while the adscripción is not completed. The last three flags are the traps
    that give P8, P10 and P9 their purpose.
    """

    id: str
    name: tuple[str, str, str]
    nss: str
    agregado: str
    born: date
    curp: str
    phone: str
    clinic: Clinic
    room: str | None
    turno: Turno | None
    purpose: str
    titular: bool = True
    vigente: bool = True
    vigente_hasta: date | None = None
    motivo_no_vigente: str | None = None
    weeks: Weeks = Weeks(0, 0, 0, None)
    pensions: tuple[Pension, ...] = ()
    upstream_timeout: bool = False
    first_booking_rejected: bool = False
    needs_clarification: bool = False
    paciente_id: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(f"paciente:{self.id}:{self.nss}".encode(), digest_size=8).hexdigest()
        object.__setattr__(self, "paciente_id", f"pac-{digest}")

    @property
    def full_name(self) -> str:
        """Given name and both surnames."""
        return " ".join(self.name)

    @property
    def sex(self) -> str:
        """F or M, as in the agregado médico."""
        return self.agregado[1]

    @property
    def calidad(self) -> str:
        """What the first digit of the agregado says."""
        return QUALITIES.get(self.agregado[0], "OTRO")

    @property
    def adscripcion_completa(self) -> bool:
        """Whether consultorio and turno are assigned."""
        return self.room is not None

    @property
    def services(self) -> tuple[Service, ...]:
        """Services the person is entitled to; none for a person not vigente."""
        return self.clinic.services if self.vigente else ()


class People:
    """All people, found by NSS or by the sandbox's own id."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._all = tuple(people)
        self._by_nss: dict[str, tuple[Person, ...]] = {}
        for person in self._all:
            self._by_nss[person.nss] = (*self._by_nss.get(person.nss, ()), person)
        self._by_id = {person.id: person for person in self._all}
        if len(self._by_id) != len(self._all):
            raise ValueError("dos personas del sandbox tienen el mismo id")

    def __iter__(self) -> Any:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def household(self, nss: str) -> tuple[Person, ...]:
        """The núcleo familiar under an NSS, titular first; empty when the NSS is unknown."""
        return self._by_nss.get(nss, ())

    def titular(self, nss: str) -> Person | None:
        """The person whom the NSS identifies."""
        return next((person for person in self.household(nss) if person.titular), None)

    def by_id(self, person_id: str) -> Person:
        """The person with the sandbox's own id, e.g. `P1`; raises KeyError when there is none."""
        return self._by_id[person_id]


def named_people() -> list[Person]:
    """P1 to P10 and P5's family, the same for every seed."""
    people: list[Person] = []
    for number, entry in enumerate(read_data("people.yml")["people"], start=1):
        titular = _named(entry, phone=f"550000{number:04d}")
        people.append(titular)
        for offset, member in enumerate(entry.get("family", ()), start=1):
            people.append(_relative(member, titular, phone=f"550000{number * 100 + offset:04d}"))
    return people


def _named(entry: dict[str, Any], phone: str) -> Person:
    seat = entry["seat"]
    weeks = entry["weeks"]
    ended = entry.get("vigente_hasta")
    return Person(
        id=entry["id"],
        name=tuple(entry["name"]),
        nss=entry["nss"],
        agregado=entry["agregado"],
        born=date.fromisoformat(entry["born"]),
        curp=entry["curp"],
        phone=phone,
        purpose=entry["purpose"],
        clinic=load_clinics()[seat["clinic"]],
        room=seat["room"],
        turno=seat["turno"],
        vigente=ended is None,
        vigente_hasta=_day(ended),
        motivo_no_vigente=entry.get("motivo_no_vigente"),
        weeks=Weeks(weeks["imss"], weeks["descontadas"], weeks["reintegradas"], _day(weeks["ultimo_movimiento"])),
        pensions=tuple(_pension(pension) for pension in entry.get("pensions", ())),
        upstream_timeout=entry.get("upstream_timeout", False),
        first_booking_rejected=entry.get("first_booking_rejected", False),
        needs_clarification=entry.get("needs_clarification", False),
    )


def _relative(entry: dict[str, Any], titular: Person, phone: str) -> Person:
    name, agregado, born = tuple(entry["name"]), entry["agregado"], date.fromisoformat(entry["born"])
    return Person(
        id=entry["id"],
        name=name,
        nss=titular.nss,
        agregado=agregado,
        born=born,
        phone=phone,
        curp=curp_for(name, born, agregado[1], entry["entity"], entry["homoclave"]),
        purpose=entry["purpose"],
        clinic=titular.clinic,
        room=titular.room,
        turno=titular.turno,
        titular=False,
        vigente=titular.vigente,
        vigente_hasta=titular.vigente_hasta,
        motivo_no_vigente=titular.motivo_no_vigente,
    )


def _pension(entry: dict[str, Any]) -> Pension:
    survival = entry["supervivencia"]
    return Pension(
        tipo=entry["tipo"],
        regimen=entry["regimen"],
        estado=entry["estado"],
        inicio=date.fromisoformat(entry["inicio"]),
        entidad_pagadora=entry["entidad_pagadora"],
        proximo_pago=_day(entry["proximo_pago"]),
        supervivencia_requerida=survival["requerida"],
        supervivencia_limite=_day(survival["fecha_limite"]),
        supervivencia_motivo=survival["motivo"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
