"""Finding the patient by NSS and second datum, and the limit of failed attempts (IDE-001 to IDE-003)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select

from sandbox.database import failed_identifications as failed
from sandbox.database import to_utc
from sandbox.errors import ServiceError
from sandbox.people import People, Person
from sandbox.rules import IdentificationRules


@dataclass(frozen=True)
class Claim:
    """What the caller says about a person; at least one of `born` and `agregado` is given."""

    nss: str
    born: date | None = None
    agregado: str | None = None


class Identification:
    """Identifies people and remembers failed attempts per interaction folio and per NSS."""

    def __init__(self, people: People, engine: Engine, rules: IdentificationRules) -> None:
        self._people = people
        self._engine = engine
        self._rules = rules

    def patient(self, claim: Claim, folio: str, now: datetime) -> Person:
        """The one patient that matches `claim`.

        Raises FMT-002 (born in the future), GEN-504 (P8), IDE-001 (none), IDE-002 (several), IDE-003 (limit).
        """
        if claim.born is not None and claim.born > now.date():
            raise ServiceError("FMT-002", "fecha_nacimiento")
        self._admit(claim.nss, folio, now)
        found = [person for person in self._people.household(claim.nss) if _matches(person, claim)]
        if len(found) > 1:
            raise ServiceError("IDE-002")
        if not found:
            self._remember(claim.nss, folio, now)
            raise ServiceError("IDE-001")
        return found[0]

    def titular(self, claim: Claim, curp: str | None, folio: str, now: datetime) -> Person:
        """The titular whose birth date, and CURP when given, match; raises as `patient`."""
        if claim.born is not None and claim.born > now.date():
            raise ServiceError("FMT-002", "fecha_nacimiento")
        self._admit(claim.nss, folio, now)
        titular = self._people.titular(claim.nss)
        if titular is None or not _matches(titular, claim) or curp not in (None, titular.curp):
            self._remember(claim.nss, folio, now)
            raise ServiceError("IDE-001")
        return titular

    def by_nss_only(self, nss: str, folio: str, now: datetime) -> Person | None:
        """The titular of an NSS, or None; an unknown NSS counts as a failed attempt."""
        if not self._rules.allow_nss_only:
            raise ServiceError("GEN-403", detail="La validación con el NSS solo no está permitida")
        self._admit(nss, folio, now)
        titular = self._people.titular(nss)
        if titular is None:
            self._remember(nss, folio, now)
        return titular

    def _admit(self, nss: str, folio: str, now: datetime) -> None:
        since = now - timedelta(minutes=self._rules.nss_window_minutes)
        with self._engine.connect() as connection:
            of_folio = _count(connection, failed.c.folio == folio)
            of_nss = _count(connection, (failed.c.nss == nss) & (failed.c.at_utc > to_utc(since)))
        if of_folio >= self._rules.max_failed_per_folio or of_nss >= self._rules.max_failed_per_nss:
            raise ServiceError("IDE-003")
        if any(person.upstream_timeout for person in self._people.household(nss)):
            raise ServiceError("GEN-504")

    def _remember(self, nss: str, folio: str, now: datetime) -> None:
        with self._engine.begin() as connection:
            connection.execute(insert(failed).values(folio=folio, nss=nss, at_utc=to_utc(now)))


def _matches(person: Person, claim: Claim) -> bool:
    return claim.born in (None, person.born) and claim.agregado in (None, person.agregado)


def _count(connection: Connection, condition: object) -> int:
    statement = select(func.count()).select_from(failed).where(condition)  # type: ignore[arg-type]
    return int(connection.execute(statement).scalar_one())
