"""Whether the evidence is whole: every interaction's chain and seal computed again and compared (L1288, L10562-10569).

Reads the columns as they are stored, so that one that somebody made unreadable is a finding like any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Engine, exists, select, true
from sqlalchemy.orm import Session

from conversation.events import EventKind
from ledger import chain, samples, seal, serials
from ledger.database import as_of_now
from ledger.folio import interaction_folio
from ledger.periods import opened_in
from ledger.schema import AppointmentEventRow, Base, EventRow, InteractionRow, SerialRow
from ledger.stored import as_stored, read
from ledger.vault import Vault

BATCH = 200
"""Interactions whose events are read at once."""
MOST_A_DAY = 9_999_999
"""Serials that a folio has room for; a counter beyond was tampered with."""
_TABLES = {"events": "seq", "appointment_events": "event_id"}


@dataclass(frozen=True)
class Finding:
    """What is wrong with one folio, or with one month's sample."""

    folio: str
    problem: str
    """In Spanish, for the person who asked; names the first broken event and no personal data."""
    position: int | None = None
    """Of the first broken event; None when it is not one event."""


@dataclass(frozen=True)
class Verification:
    """What was looked at and what is wrong with it."""

    interactions: int
    events: int
    findings: tuple[Finding, ...]
    bad_seals: int
    """Interactions of which only the seal does not fit: when it is all of them, the key is another."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(engine: Engine, vault: Vault, *, folio: str | None = None, month: str | None = None) -> Verification:
    """Check one interaction, those opened in a month («2026-10», central time), or all, as of one moment.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read, or its schema is an older one.
    """
    # By folio too, or whoever changes the moment of opening would move the interaction out of what is looked at.
    chosen = opened_in(month) | InteractionRow.folio.startswith(_folios_of(month)) if month else true()
    if folio:
        chosen = chosen & (InteractionRow.folio == folio)
    interactions = events = bad_seals = 0
    findings: list[Finding] = []
    with as_of_now(engine) as session:
        for interaction, rows in _interactions(session, chosen):
            interactions, events = interactions + 1, events + len(rows)
            finding = broken_link(interaction, rows)
            if finding is None:
                finding = broken_seal(interaction, rows, vault)
                bad_seals += finding is not None and interaction["seal"] is not None
            if finding:
                findings.append(finding)
        asked = _folios_of(month) if month else folio[:12] if folio else serials.INTERACTIONS
        findings += [Finding(name, told) for name, told in serials.broken(session, vault) if name.startswith(asked)]
        findings += _removed(session, asked, folio)
        if not folio:
            findings += _orphans(session) if not month else ()
            findings += [Finding(name, problem) for name, problem in samples.broken(session, vault, month)]
    return Verification(interactions, events, tuple(findings), bad_seals)


def broken_link(interaction: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Finding | None:
    """The first place at which the chain does not fit; `rows` by position. None when it is whole."""
    head, numbers, remains = "", dict.fromkeys(_TABLES, 0), _remains(rows)
    for expected, row in enumerate(rows, start=1):
        problem = None
        if row["position"] > expected:
            problem = f"falta el evento {expected}"
        elif row["position"] < expected:
            problem = f"sobra un evento en el lugar {row['position']}"
        elif row["previous_hash"] != head:
            problem = f"el evento {expected} no sigue al anterior: se cambió, quitó, insertó o movió alguno"
        elif remains.get(expected, row["hash"]) != chain.row_hash(row["table"], row):
            problem = f"cambió el contenido del evento {expected}{_named(row)}"
        elif row["number"] <= numbers[row["table"]]:
            problem = f"el evento {expected} cambió de lugar"
        if problem:
            return Finding(interaction["folio"], problem, min(row["position"], expected))
        head, numbers[row["table"]] = row["hash"], row["number"]
    if len(rows) < interaction["chain_length"]:
        lost = len(rows) + 1
        problem = f"falta el final desde el evento {lost}: debe haber {interaction['chain_length']}"
        return Finding(interaction["folio"], problem, lost)
    if len(rows) > interaction["chain_length"]:
        added = interaction["chain_length"] + 1
        return Finding(interaction["folio"], f"sobran eventos desde el {added}", added)
    if head != interaction["chain_head"]:
        return Finding(interaction["folio"], "el último evento no es el que se registró", len(rows) or None)
    return None


def _remains(rows: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Hashes of what an erasure left of earlier events, by position (`ledger.erasure`).

    Whoever adds an erasure, to hide a change behind it, or changes one, breaks the seal or the chain.
    """
    found: dict[int, str] = {}
    for row in rows:
        if row["table"] == "events" and row["kind"] == EventKind.ERASED and isinstance(row["data"], dict):
            told = row["data"].get("remains")
            if isinstance(told, dict):
                places = ((int(name), left) for name, left in told.items() if str(name).isdecimal())
                found |= {place: left for place, left in places if place < row["position"]}
    return found


def broken_seal(interaction: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], vault: Vault) -> Finding | None:
    """What is wrong with the seal of an interaction whose chain is whole; None when it fits."""
    if interaction["seal"] is None:
        return Finding(interaction["folio"], "no tiene sello («ventanilla ledger seal» sella lo anterior a los sellos)")
    length = interaction["sealed_length"]
    head = rows[length - 1]["hash"] if 0 < length <= len(rows) else ""
    if interaction["seal"] != seal.seal_of(interaction, head, vault):
        return Finding(
            interaction["folio"],
            "el sello no corresponde: cambiaron los datos de la interacción (encuesta, fin, origen, traslado u otros) "
            "o se rehízo su cadena de eventos",
        )
    for row in rows[length:]:
        if row["table"] == "events" and row["kind"] != EventKind.LOOKUP:
            return Finding(interaction["folio"], f"el evento {row['position']} no está sellado", row["position"])
    return None


def _named(row: Mapping[str, Any]) -> str:
    """What kind of event it is, unless somebody wrote something else there."""
    kind = "cita" if row["table"] == "appointment_events" else row["kind"]
    return f" ({kind})" if kind in {"cita", *EventKind} else ""


def _interactions(
    session: Session, chosen: ColumnElement[bool]
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Interactions by moment of opening, each with the rows of its chain by position."""
    table = Base.metadata.tables["interactions"]
    query = as_stored(table).where(chosen).order_by(table.c.opened_at, table.c.folio)
    for batch in session.execute(query.execution_options(yield_per=BATCH)).mappings().partitions():
        rows: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in batch}
        for name, number in _TABLES.items():
            events = Base.metadata.tables[name]
            found = session.execute(as_stored(events).where(events.c.conversation_id.in_(rows)))
            for stored in found.mappings():
                rows[stored["conversation_id"]].append(read(stored) | {"table": name, "number": stored[number]})
        for stored in batch:
            yield read(stored), sorted(rows[stored["id"]], key=lambda row: (row["position"], row["table"]))


def _folios_of(month: str) -> str:
    """How the folios of a month begin."""
    return f"VEN-{month.replace('-', '')}"


def _removed(session: Session, start: str, folio: str | None) -> Iterator[Finding]:
    """Folios that were given out and have no interaction: a serial is taken only together with its interaction."""
    counted = SerialRow.series == serials.INTERACTIONS, SerialRow.last.between(1, MOST_A_DAY)
    rows = session.execute(select(SerialRow.day, SerialRow.last).where(*counted).order_by(SerialRow.day))
    given = {f"VEN-{day.replace('-', '')}": last for day, last in rows if _is_day(day)}
    given = {day: last for day, last in given.items() if day.startswith(start)}
    present = select(InteractionRow.folio).where(InteractionRow.folio.startswith(start)).order_by(InteractionRow.folio)
    for day, folios in groupby(session.scalars(present.execution_options(yield_per=BATCH)), lambda one: one[:12]):
        yield from _missing(day, given.pop(day, 0), set(folios), folio)
    for day, last in given.items():
        yield from _missing(day, last, set(), folio)


def _is_day(text: str) -> bool:
    """Whether a counter is of a day; what else stands there, `serials.broken` tells."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _missing(day: str, last: int, present: set[str], folio: str | None) -> Iterator[Finding]:
    """Folios 1 to `last` of a day, like «VEN-20261015», that are not present; only the one asked for, if one was."""
    for serial in range(1, last + 1):
        name = interaction_folio(date.fromisoformat(day[4:]), serial)
        if name not in present and folio in (None, name):
            yield Finding(name, "falta la interacción entera")


def _orphans(session: Session) -> Iterator[Finding]:
    """Events of interactions that are not there."""
    for table in (EventRow, AppointmentEventRow):
        owned = exists().where(InteractionRow.id == table.conversation_id)
        for folio in session.scalars(select(table.folio).where(~owned).distinct().order_by(table.folio)):
            yield Finding(folio, "hay eventos sin su interacción")


def seal_older(engine: Engine, vault: Vault) -> tuple[int, tuple[Finding, ...]]:
    """Seal the interactions that have no seal and whose chain is whole: how many, and what is wrong with the others.

    So are the counters of folios, when no interaction is missing. For once, after the update that brought seals:
    whoever runs it vouches for what stands in them now.
    """
    sealed, findings = 0, []
    with as_of_now(engine) as session:
        unsealed = [
            (interaction["id"], broken_link(interaction, rows))
            for interaction, rows in _interactions(session, InteractionRow.seal.is_(None))
        ]
    for conversation_id, finding in unsealed:
        if finding:
            findings.append(finding)
            continue
        with Session(engine) as session, session.begin():
            seal.apply(chain.held(session, conversation_id), vault)
            sealed += 1
    with Session(engine) as session, session.begin():
        lost = tuple(_removed(session, serials.INTERACTIONS, None))
        if not lost:
            serials.seal_older(session, vault)
    findings += lost
    return sealed, tuple(findings)
