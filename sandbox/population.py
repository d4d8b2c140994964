"""Generates the rest of the people from a seed: same seed, same people."""

import string
from datetime import date, timedelta
from random import Random
from typing import Any

from sandbox.clinics import load_clinics
from sandbox.identifiers import curp_for, nss_for
from sandbox.people import Pension, People, Person, Weeks, named_people
from sandbox.rules import Turno, read_data

_TODAY = date(2026, 10, 15)
_TURNOS: tuple[Turno, ...] = ("MATUTINO", "VESPERTINO")


def build_people(seed: int) -> People:
    """The named people followed by the generated ones."""
    named = named_people()
    return People([*named, *_Population(seed, {person.nss for person in named}).people()])


class _Population:
    def __init__(self, seed: int, taken_nss: set[str]) -> None:
        self._random = Random(f"ventanilla-sandbox-{seed}")
        self._settings: dict[str, Any] = read_data("people.yml")["generated"]
        self._taken_nss = set(taken_nss)
        self._serial = 0
        self._seats = [
            (clinic, room.room, turno)
            for clinic in load_clinics().values()
            for room in clinic.rooms
            if room.service == "MEDICINA_FAMILIAR"
            for turno in _TURNOS
        ]

    def people(self) -> list[Person]:
        """Every generated household; seats are dealt in turn, so that each agenda has several patients."""
        people: list[Person] = []
        for number in range(1, self._settings["households"] + 1):
            titular = self._titular(number)
            people.append(titular)
            if self._chance("share_with_family"):
                people.extend(self._family(titular))
        return people

    def _chance(self, share: str) -> bool:
        return self._random.random() < float(self._settings[share])

    def _titular(self, number: int) -> Person:
        random = self._random
        clinic, room, turno = self._seats[number % len(self._seats)]
        pensioned = self._chance("share_pensioned")
        vigente = pensioned or not self._chance("share_not_vigente")
        assigned = not self._chance("share_without_adscripcion")
        born = self._birth(1942, 1960) if pensioned else self._birth(1962, 2005)
        sex = random.choice("FM")
        ended = None if vigente else _TODAY - timedelta(days=random.randint(10, 900))
        name = self._name(sex)
        return Person(
            id=f"S{number:03d}",
            name=name,
            nss=self._nss(born),
            agregado=f"1{sex}{born.year}{'PE' if pensioned else 'OR'}",
            born=born,
            curp=self._curp(name, born, sex),
            phone=self._phone(),
            clinic=clinic,
            room=room if assigned else None,
            turno=turno if assigned else None,
            purpose=_purpose(vigente, assigned, pensioned),
            vigente=vigente,
            vigente_hasta=ended,
            motivo_no_vigente=None if vigente else "BAJA_EN_EL_REGIMEN",
            weeks=self._weeks(born, ended),
            pensions=(self._pension(born),) if pensioned else (),
        )

    def _family(self, titular: Person) -> list[Person]:
        members: list[tuple[str, date]] = []
        if self._random.random() < 0.7:
            shift = timedelta(days=self._random.randint(-1500, 1500))
            sex = "M" if titular.sex == "F" else "F"
            members.append((f"2{sex}", min(titular.born + shift, date(2006, 12, 31))))
        for _ in range(self._random.randint(0 if members else 1, 2)):
            members.append((f"3{self._random.choice('FM')}", self._birth(2012, 2024)))
        return [self._relative(titular, number, kind, born) for number, (kind, born) in enumerate(members, start=2)]

    def _relative(self, titular: Person, number: int, kind: str, born: date) -> Person:
        name = self._name(kind[1])
        return Person(
            id=f"{titular.id}-{number}",
            name=name,
            nss=titular.nss,
            agregado=f"{kind}{born.year}OR",
            born=born,
            curp=self._curp(name, born, kind[1]),
            phone=self._phone(),
            clinic=titular.clinic,
            room=titular.room,
            turno=titular.turno,
            purpose=f"familiar de {titular.id}",
            titular=False,
            vigente=titular.vigente,
            vigente_hasta=titular.vigente_hasta,
            motivo_no_vigente=titular.motivo_no_vigente,
        )

    def _name(self, sex: str) -> tuple[str, str, str]:
        given = self._random.choice(self._settings["women" if sex == "F" else "men"])
        return (
            given,
            self._random.choice(self._settings["surnames"]),
            self._random.choice(self._settings["surnames"]),
        )

    def _birth(self, first_year: int, last_year: int) -> date:
        start = date(first_year, 1, 1)
        return start + timedelta(days=self._random.randrange((date(last_year, 12, 31) - start).days + 1))

    def _curp(self, name: tuple[str, str, str], born: date, sex: str) -> str:
        homoclave = self._random.choice(string.digits if born.year < 2000 else string.ascii_uppercase)
        return curp_for(name, born, sex, self._random.choice(self._settings["entities"]), homoclave)

    def _nss(self, born: date) -> str:
        while True:
            registered = min(born.year + self._random.randint(16, 30), _TODAY.year)
            nss = nss_for(registered, born.year, self._random.randrange(10_000))
            if nss not in self._taken_nss:
                self._taken_nss.add(nss)
                return nss

    def _phone(self) -> str:
        self._serial += 1
        return f"550000{5000 + self._serial:04d}"

    def _weeks(self, born: date, ended: date | None) -> Weeks:
        possible = max(0, (min(_TODAY, date(born.year + 65, 1, 1)) - date(born.year + 20, 1, 1)).days // 7)
        imss = self._random.randint(possible // 4, possible)
        withdrawn = self._random.choice((0, 0, 0, min(imss, 40)))
        returned = self._random.choice((0, withdrawn))
        return Weeks(imss, withdrawn, returned, (ended or date(2026, 10, 1)) if imss else None)

    def _pension(self, born: date) -> Pension:
        random = self._random
        estado = random.choice(("VIGENTE", "VIGENTE", "VIGENTE", "SUSPENDIDA", "EN_TRAMITE"))
        required = estado == "SUSPENDIDA" or random.random() < 0.2
        return Pension(
            tipo=random.choice(("CESANTIA", "VEJEZ", "INVALIDEZ", "VIUDEZ")),
            regimen=random.choice(("1973", "1997")),
            estado=estado,
            inicio=date(min(born.year + random.randint(60, 66), 2026), random.randint(1, 9), 1),
            entidad_pagadora=random.choice(("BANCO DE PRUEBA UNO", "BANCO DE PRUEBA DOS")),
            proximo_pago=date(2026, 11, 3) if estado == "VIGENTE" else None,
            supervivencia_requerida=required,
            supervivencia_limite=date(2026, 12, 31) if required else None,
            supervivencia_motivo="RESIDENCIA_EN_EL_EXTRANJERO" if required else "NO_REQUERIDA",
        )


def _purpose(vigente: bool, assigned: bool, pensioned: bool) -> str:
    if not vigente:
        return "generada: no vigente"
    if not assigned:
        return "generada: sin adscripción concluida"
    return "generada: pensionada" if pensioned else "generada: vigente"
