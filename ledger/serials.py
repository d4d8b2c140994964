"""Serial numbers of folios: each given out once, also when several processes ask.

How many folios of interactions were given out, on each day and in all, is sealed with the ledger's key. Else whoever
takes the last interaction of a day, or a whole day, out of the record would only have to set the counter back.
"""

from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ledger import chain
from ledger.database import insert_into
from ledger.schema import SerialRow
from ledger.stored import as_stored
from ledger.vault import Vault

INTERACTIONS, IN_ALL = "VEN", "SUM"
"""Series of interactions, a counter a day; and the one counter, by their series, of how many there are in all."""
UNSEALED = "el contador de folios no tiene sello («ventanilla ledger seal» sella lo anterior a los sellos)"


def next_serial(session: Session, series: str, day: date) -> int:
    """The next serial of a series on a day, taken in one statement so that no two callers get the same."""
    return _taken(session, series, day.isoformat())[0]


def next_interaction(session: Session, day: date, vault: Vault) -> int:
    """The next serial of an interaction's folio; its counters are sealed anew."""
    serial = _taken_and_sealed(session, INTERACTIONS, day.isoformat(), vault)
    _taken_and_sealed(session, IN_ALL, INTERACTIONS, vault)
    return serial


def _taken(session: Session, series: str, name: str) -> tuple[int, str | None]:
    """The counter after taking one, and the seal it had before."""
    statement = (
        insert_into(session, SerialRow)
        .values(series=series, day=name, last=1)
        .on_conflict_do_update(index_elements=["series", "day"], set_={"last": SerialRow.last + 1})
        .returning(SerialRow.last, SerialRow.seal)
    )
    last, seal = session.execute(statement).one()
    return last, seal


def _taken_and_sealed(session: Session, series: str, name: str, vault: Vault) -> int:
    """A seal that is broken, or was never there, stays so: counting on must not whitewash what somebody changed."""
    last, seal = _taken(session, series, name)
    if seal == (None if last == 1 else _seal_of(series, name, last - 1, vault)):
        _write_seal(session, series, name, last, vault)
    return last


def _write_seal(session: Session, series: str, name: str, last: int, vault: Vault) -> None:
    mine = SerialRow.series == series, SerialRow.day == name
    session.execute(update(SerialRow).where(*mine).values(seal=_seal_of(series, name, last, vault)))


def _seal_of(series: str, name: str, last: object, vault: Vault) -> str:
    return vault.mac("serial", chain.canonical({"series": series, "name": name, "last": last}))


def broken(session: Session, vault: Vault) -> list[tuple[str, str]]:
    """Counters that are not as they were left: what their folios begin with, and what is wrong (Spanish)."""
    table = SerialRow.metadata.tables["folio_serials"]
    query = as_stored(table).where(table.c.series.in_((INTERACTIONS, IN_ALL))).order_by(table.c.series, table.c.day)
    found, given = [], {INTERACTIONS: 0, IN_ALL: 0}
    for row in session.execute(query).mappings():
        series, day, last = row["series"], row["day"], row["last"]
        name = INTERACTIONS if series == IN_ALL else f"{INTERACTIONS}-{day.replace('-', '')}"
        if row["seal"] is None:
            found.append((name, UNSEALED))
        elif row["seal"] != _seal_of(series, day, last, vault):
            found.append((name, "cambió el contador de folios (o la clave es otra)"))
        else:
            given[series] += last
    if not found and given[INTERACTIONS] != given[IN_ALL]:
        told = f"se dieron {given[IN_ALL]} folios y los contadores de los días suman {given[INTERACTIONS]}"
        found.append((INTERACTIONS, f"{told}: se quitó un día o se atrasó un contador"))
    return found


def seal_older(session: Session, vault: Vault) -> None:
    """Seal the counters that have no seal, for once: whoever runs it vouches for what stands in them now."""
    unsealed = select(SerialRow).where(SerialRow.series.in_((INTERACTIONS, IN_ALL)), SerialRow.seal.is_(None))
    for row in session.scalars(unsealed):
        _write_seal(session, row.series, row.day, row.last, vault)
