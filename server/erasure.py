"""Erases what the retention policy or an order says, in every medium: ledger, recordings, files, keys, free pages.

The ledger comes first: it says that something is erased, and by whose order, before the files go. What a crash leaves
behind between the two is deleted by the next run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ledger.audit_log import AuditAction, AuditLog, NewAuditEntry, Result
from ledger.erasure import ErasedInteraction, ErasureOrder, NotErasable, erase_interaction, erased_folios
from ledger.erasure_plan import DueMonth, IsSettled, Obstacle, obstacle_of
from ledger.schema import EventRow
from ledger.vault import Vault
from server.erasure_memory import remember, remembered
from voice.recording_index import Recordings

SAMPLE = 20
"""Erased interactions that are looked at again, to verify that nothing can be read."""
SYSTEM = "sistema"
_BATCH = 500
_OBSTACLES = {
    Obstacle.UNSETTLED: "su mes no está liquidado: es evidencia del pago (L1288)",
    Obstacle.HELD: "está reservada: levante antes la reserva con «ventanilla retention release»",
}


@dataclass(frozen=True)
class Media:
    """Everywhere that personal data of interactions are kept."""

    engine: Engine
    vault: Vault
    log: AuditLog
    recordings: Recordings
    attachments: Path
    erasures: Path
    """Folder of the actas and of the list of what was erased; it is not restored with the database."""


@dataclass(frozen=True)
class Person:
    """Somebody who answers for an erasure; the password was checked."""

    username: str
    roles: str


@dataclass(frozen=True)
class Order:
    """Who ordered and who carries it out, and why: two people, or nobody for what the policy erases by itself."""

    reason: str
    authorised_by: Person | None = None
    executed_by: Person | None = None
    policy_sha256: str | None = None

    def for_ledger(self, basis: str) -> ErasureOrder:
        """As the chain keeps it: with roles, without names."""
        roles = [one.roles if one else SYSTEM for one in (self.authorised_by, self.executed_by)]
        return ErasureOrder(basis, self.reason, self.policy_sha256, *roles)


@dataclass
class Erasure:
    """What was done; the acta is written from it."""

    order: Order
    started: datetime
    ended: datetime | None = None
    interactions: list[ErasedInteraction] = field(default_factory=list)
    recordings: int = 0
    attachments: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    """Folio -> why it stays."""
    keys_destroyed: tuple[str, ...] = ()
    compacted: bool = False
    """Whether the database file was written anew, without what was deleted."""
    verified: tuple[str, ...] = ()
    """Folios that were looked at again."""
    still_readable: tuple[str, ...] = ()
    """Those of them of which something is left."""


def erase_folio(media: Media, folio: str, order: Order, now: datetime, is_settled: IsSettled) -> Erasure:
    """Erase one interaction on request (a right of the person, an order): authorised and executed, both logged.

    Raises:
        NotErasable: it stays, and nothing was changed; the order and its failure are in the audit log.
    """
    done = Erasure(order, now)
    media.log.append(_line(order.authorised_by, AuditAction.ERASURE_AUTHORISED, order, now, folio=folio))
    obstacle = obstacle_of(media.engine, folio, is_settled, media.log.holds())
    if obstacle:
        done.skipped[folio] = _OBSTACLES[obstacle]
    else:
        _erase(media, folio, order, "request", now, done)
    if folio in done.skipped:
        failed = _line(order.executed_by, AuditAction.ERASED, order, now, folio=folio)
        media.log.append(failed.model_copy(update={"result": Result.FAILED}))
        raise NotErasable(done.skipped[folio])
    [one] = done.interactions
    told = _line(order.executed_by, AuditAction.ERASED, order, now, folio=folio, campaign=one.campaign)
    hashes = {"before_sha256": one.before_sha256, "after_sha256": one.after_sha256}
    media.log.append(told.model_copy(update=hashes))
    return _finish(media, done, now)


def erase_months(media: Media, months: Sequence[DueMonth], order: Order, now: datetime) -> Erasure:
    """Erase what is due; months with an obstacle are passed over. One line of the audit log per month and person."""
    done = Erasure(order, now)
    for month in months:
        if month.obstacle is not None or not month.folios:
            continue
        name, count = f"{month.campaign}/{month.month}", len(done.interactions)
        media.log.append(
            _line(order.authorised_by, AuditAction.ERASURE_AUTHORISED, order, now, name, campaign=month.campaign)
        )
        for folio in month.folios:
            _erase(media, folio, order, month.profile, now, done)
        name = f"{name}: {len(done.interactions) - count} interacciones"
        media.log.append(_line(order.executed_by, AuditAction.ERASED, order, now, name, campaign=month.campaign))
    return _finish(media, done, now)


def erase_again(media: Media, now: datetime) -> Erasure:
    """After a backup of the database was restored: erase what had been erased since it was made (security.md §13)."""
    done, orders = Erasure(Order("restauración de un respaldo"), now), remembered(media.erasures)
    folios, gone = list(orders), set[str]()
    for start in range(0, len(folios), _BATCH):
        gone |= erased_folios(media.engine, folios[start : start + _BATCH])
    for folio in folios:
        if folio not in gone:
            _carry_out(media, folio, orders[folio], now, done)
    name = f"restauración: {len(done.interactions)} interacciones"
    media.log.append(_line(None, AuditAction.ERASED, done.order, now, name))
    return _finish(media, done, now)


def _erase(media: Media, folio: str, order: Order, basis: str, now: datetime, done: Erasure) -> None:
    _carry_out(media, folio, order.for_ledger(basis), now, done)


def _carry_out(media: Media, folio: str, order: ErasureOrder, now: datetime, done: Erasure) -> None:
    kept = media.recordings.of(folio)
    hashes = [one.sha256 for one in kept]
    try:
        erased = erase_interaction(media.engine, media.vault, folio, order, now, hashes)
    except NotErasable as refused:
        done.skipped[folio] = str(refused)
        return
    remember(media.erasures, folio, order)
    done.interactions.append(erased)
    for entry in kept:
        media.recordings.erase(entry, now)
    for name in erased.attachments:
        (media.attachments / f"{name}.bin").unlink(missing_ok=True)
    done.recordings, done.attachments = done.recordings + len(kept), done.attachments + len(erased.attachments)


def _finish(media: Media, done: Erasure, now: datetime) -> Erasure:
    """What an earlier run left, keys without recordings, the database file; and look whether anything is left."""
    done.recordings += _leftovers(media, now)
    done.keys_destroyed = media.recordings.destroy_keys(now)
    done.compacted = bool(done.interactions) and _compact(media.engine)
    done.verified = tuple(one.folio for one in done.interactions[:: max(1, len(done.interactions) // SAMPLE)][:SAMPLE])
    done.still_readable = tuple(folio for folio in done.verified if _is_readable(media, folio))
    done.ended = now
    return done


def _leftovers(media: Media, now: datetime) -> int:
    entries, found = media.recordings.all(), 0
    for start in range(0, len(entries), _BATCH):
        batch = entries[start : start + _BATCH]
        gone = erased_folios(media.engine, [one.folio for one in batch])
        for entry in batch:
            if entry.folio in gone:
                media.recordings.erase(entry, now)
                found += 1
    return found


def _compact(engine: Engine) -> bool:
    """Write the database file anew: deleted rows stay readable in free pages until then. False when it is in use."""
    engine.dispose()
    sqlite = engine.dialect.name == "sqlite"
    statements = ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM") if sqlite else ("VACUUM FULL events, interactions",)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in (*statements, *statements[:1] * sqlite):
                connection.exec_driver_sql(statement)
    except OperationalError:
        return False
    return True


def _is_readable(media: Media, folio: str) -> bool:
    with Session(media.engine) as session:
        secret = select(EventRow.seq).where(EventRow.folio == folio, EventRow.secret.is_not(None)).limit(1)
        return session.scalar(secret) is not None or bool(media.recordings.of(folio))


def _line(
    person: Person | None, action: AuditAction, order: Order, now: datetime, object_: str = "", *,
    folio: str | None = None, campaign: str | None = None,
) -> NewAuditEntry:  # fmt: skip
    return NewAuditEntry(
        at=now, actor=person.username if person else SYSTEM, role=person.roles if person else "", action=action,
        object=object_, folio=folio, campaign=campaign, reason=order.reason,
    )  # fmt: skip
