"""The audit log: who of the staff did or saw what, when, from where and why (L2912, security.md §9).

Every line carries its number and the hash of the line before, so that one that was changed, removed, inserted or moved
leaves a chain that does not fit; the end of the log is sealed with a key that is not in the database, so that nobody
can compute the chain anew. Who can put back an old copy of the whole database, or empties the table and its head, is
found with a head that was exported before (`exported_head`): give it to a second system every day.

Never logged: what citizens said, NSS, CURP, tokens. Reasons are typed by people and are masked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Engine, and_, or_, select, true, update
from sqlalchemy.orm import Session

from conversation.masking import mask
from ledger import chain
from ledger.audit_schema import AuditHeadRow, AuditRow
from ledger.database import as_of_now
from ledger.schema import Base
from ledger.stored import as_stored
from ledger.vault import Vault

COLUMNS = tuple(column.name for column in AuditRow.__table__.columns if column.name != "hash")
"""What is hashed of a line: all of it."""
MOST_OF_AN_OBJECT = 300


class AuditAction(StrEnum):
    """What was done."""

    LOG_IN = "log_in"
    LOG_IN_REFUSED = "log_in_refused"
    LOG_OUT = "log_out"
    INTERACTION_SEEN = "interaction_seen"
    UNMASKED = "unmasked"
    RECORDING_HEARD = "recording_heard"
    RECORDING_DOWNLOADED = "recording_downloaded"
    EXPORTED = "exported"
    SAMPLE_DRAWN = "sample_drawn"
    REVIEWED = "reviewed"
    AGREEMENT = "agreement"
    APPROVED = "approved"
    HELD = "held"
    """Kept from erasure: an audit, a complaint, a trial."""
    RELEASED = "released"
    ERASURE_AUTHORISED = "erasure_authorised"
    ERASED = "erased"
    ACCOUNT_CHANGED = "account_changed"
    CONTENT_PROPOSED = "content_proposed"
    CONTENT_PUBLISHED = "content_published"
    CONTENT_ENDED = "content_ended"
    """A proposed change was refused, withdrawn, or could not be applied."""
    CONTENT_NOTICED = "content_noticed"
    """A content file was found changed by hand."""


ACTION_LABELS = {
    AuditAction.LOG_IN: "Entró",
    AuditAction.LOG_IN_REFUSED: "Intentó entrar",
    AuditAction.LOG_OUT: "Salió",
    AuditAction.INTERACTION_SEEN: "Vio una interacción",
    AuditAction.UNMASKED: "Vio los datos sin máscara",
    AuditAction.RECORDING_HEARD: "Escuchó una grabación",
    AuditAction.RECORDING_DOWNLOADED: "Descargó una grabación",
    AuditAction.EXPORTED: "Descargó un archivo",
    AuditAction.SAMPLE_DRAWN: "Sorteó una muestra",
    AuditAction.REVIEWED: "Dictaminó",
    AuditAction.AGREEMENT: "Opinó sobre un dictamen",
    AuditAction.APPROVED: "Aprobó",
    AuditAction.HELD: "Reservó del borrado",
    AuditAction.RELEASED: "Levantó una reserva",
    AuditAction.ERASURE_AUTHORISED: "Autorizó un borrado",
    AuditAction.ERASED: "Borró",
    AuditAction.ACCOUNT_CHANGED: "Cambió una cuenta",
    AuditAction.CONTENT_PROPOSED: "Propuso un cambio de contenido",
    AuditAction.CONTENT_PUBLISHED: "Publicó un cambio de contenido",
    AuditAction.CONTENT_ENDED: "Descartó un cambio de contenido",
    AuditAction.CONTENT_NOTICED: "Archivo de contenido cambiado a mano",
}


class Result(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class _Entry(BaseModel):
    at: datetime
    actor: str
    """User name; «sistema» for what nobody asked for."""
    role: str
    """Roles that the person had, by comma."""
    ip: str = ""
    object: str = ""
    """What it was done to, when a folio does not say it."""
    campaign: str | None = None
    folio: str | None = None
    reason: str | None = None
    before_sha256: str | None = None
    after_sha256: str | None = None


class NewAuditEntry(_Entry):
    """A line as it is handed in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: AuditAction
    result: Result = Result.DONE


class AuditEntry(_Entry):
    """A line as it stands in the log; a later version may have written actions that this one does not know."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    action: str
    result: str
    hash: str


class Head(BaseModel):
    """The end of the log at a moment, to be kept elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    seq: int
    hash: str
    mac: str
    """Of the other three, under the ledger's key: nobody else can make a head."""


@dataclass(frozen=True)
class AuditVerification:
    """What was looked at and the first thing that is wrong with it."""

    lines: int
    problem: str | None
    """In Spanish; None when the log is whole."""


class AuditLog:
    """The log in the ledger's database. Web process and commands may append at once."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def append(self, *entries: NewAuditEntry) -> None:
        """Add lines, all or none. Whatever is logged is done only when this has returned.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the log cannot be written; then nothing may be shown or done.
        """
        with Session(self._engine) as session, session.begin():
            # The update takes the lock, as in `chain.locking`: nobody extends a head that is no longer the last.
            lock = update(AuditHeadRow).where(AuditHeadRow.id == 1).values(seq=AuditHeadRow.seq)
            head = session.scalars(lock.returning(AuditHeadRow), execution_options={"populate_existing": True}).one()
            for entry in entries:
                values = {**dict(entry), "object": entry.object[:MOST_OF_AN_OBJECT], "reason": _masked(entry.reason)}
                values |= {"action": entry.action.value, "result": entry.result.value}
                values |= {"seq": head.seq + 1, "prev_hash": head.hash}
                head.seq, head.hash = head.seq + 1, _hash(values)
                session.add(AuditRow(**values, hash=head.hash))
            head.seal = self._seal(head.seq, head.hash)

    def entries(
        self, *, campaigns: Sequence[str] | None = None, folio: str | None = None, action: str | None = None,
        actor: str | None = None, since: datetime | None = None, most: int = 200, before: int | None = None,
    ) -> list[AuditEntry]:  # fmt: skip
        """Lines, the newest first; `before` a line's number, to go on.

        With `campaigns` only what is of one of them; «*» stands for every campaign, without what belongs to none.
        """
        chosen: list[ColumnElement[bool]] = [true()]
        if campaigns is not None:
            of_any = AuditRow.campaign.is_not(None)
            chosen.append(of_any if "*" in campaigns else AuditRow.campaign.in_(campaigns))
        for column, value in ((AuditRow.folio, folio), (AuditRow.action, action), (AuditRow.actor, actor)):
            if value:
                chosen.append(column == value)
        if since:
            chosen.append(AuditRow.at >= since)
        if before:
            chosen.append(AuditRow.seq < before)
        query = select(AuditRow).where(and_(*chosen)).order_by(AuditRow.seq.desc()).limit(most)
        with Session(self._engine) as session:
            return [AuditEntry.model_validate(row) for row in session.scalars(query)]

    def of_object(self, action: AuditAction, name: str) -> list[AuditEntry]:
        """What was done in this way to one thing, in order."""
        query = select(AuditRow).where(AuditRow.action == action, AuditRow.object == name).order_by(AuditRow.seq)
        with Session(self._engine) as session:
            return [AuditEntry.model_validate(row) for row in session.scalars(query)]

    def holds(self) -> dict[str, AuditEntry]:
        """What is kept from erasure now, by object: the last word on it is a hold."""
        words = select(AuditRow).where(
            or_(AuditRow.action == AuditAction.HELD, AuditRow.action == AuditAction.RELEASED)
        )
        with Session(self._engine) as session:
            last = {row.object: row for row in session.scalars(words.order_by(AuditRow.seq))}
            return {
                name: AuditEntry.model_validate(row) for name, row in last.items() if row.action == AuditAction.HELD
            }

    def head(self, at: datetime) -> Head:
        """The end of the log as it is now, for a second system."""
        with Session(self._engine) as session:
            row = session.get_one(AuditHeadRow, 1)
            return Head(at=at, seq=row.seq, hash=row.hash, mac=self._mac_of_head(at, row.seq, row.hash))

    def verify(self, exported: Head | None = None) -> AuditVerification:
        """Whether no line was changed, removed, inserted or moved; and whether an earlier head is still in it."""
        lines = 0
        with as_of_now(self._engine) as session:
            head = session.get(AuditHeadRow, 1, populate_existing=True)
            last = ""
            for row in _stored(session):
                problem = _broken(row, lines + 1, last)
                if problem:
                    return AuditVerification(lines, problem)
                lines, last = lines + 1, row["hash"]
                if exported and exported.seq == lines and exported.hash != last:
                    return AuditVerification(lines, f"la línea {lines} no es la que estaba cuando se exportó la cabeza")
            return AuditVerification(lines, self._broken_end(head, lines, last) or self._missing(exported, lines))

    def _broken_end(self, head: AuditHeadRow | None, lines: int, last: str) -> str | None:
        if head is None:
            return "falta la cabeza de la bitácora"
        if lines < head.seq:
            return f"falta el final desde la línea {lines + 1}: debe haber {head.seq}"
        if (lines, last) != (head.seq, head.hash):
            return f"sobran líneas después de la {head.seq}"
        if lines and not compare_digest(head.seal or "", self._seal(head.seq, head.hash)):
            return "el sello no corresponde: se rehízo la cadena, o la clave es otra"
        return None

    def _missing(self, exported: Head | None, lines: int) -> str | None:
        if exported is None:
            return None
        if not compare_digest(exported.mac, self._mac_of_head(exported.at, exported.seq, exported.hash)):
            return "la cabeza exportada no es de esta bitácora, o la clave es otra"
        return f"falta desde la línea {lines + 1}: se exportó con {exported.seq}" if lines < exported.seq else None

    def _seal(self, seq: int, last: str) -> str:
        return self._vault.mac("audit", chain.canonical({"seq": seq, "hash": last}))

    def _mac_of_head(self, at: datetime, seq: int, last: str) -> str:
        return self._vault.mac("audit head", chain.canonical({"at": at, "seq": seq, "hash": last}))


def _stored(session: Session) -> Iterator[dict[str, Any]]:
    query = as_stored(Base.metadata.tables["audit_log"]).order_by(AuditRow.seq)
    for row in session.execute(query.execution_options(yield_per=1000)).mappings():
        yield {str(name): value for name, value in row.items()}


def _broken(row: Mapping[str, Any], expected: int, last: str) -> str | None:
    if row["seq"] != expected:
        return f"falta la línea {expected}"
    if row["prev_hash"] != last:
        return f"la línea {expected} no sigue a la anterior: se cambió, quitó, insertó o movió alguna"
    if row["hash"] != _hash(row):
        return f"cambió el contenido de la línea {expected}"
    return None


def _hash(values: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical form of a line; its form may never change."""
    return sha256(chain.canonical({name: values[name] for name in COLUMNS}).encode()).hexdigest()


def _masked(reason: str | None) -> str | None:
    return None if reason is None else mask(reason)
