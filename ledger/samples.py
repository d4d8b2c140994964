"""Samples for quality review: 100 interactions a month per campaign and channel, drawn at random (L10240).

The draw itself is a pure function elsewhere; here is what it draws from and what it drew. A month is drawn once, and
the draw is sealed (`ledger.seal`), so that no folio can be exchanged for another one that pleases more.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ColumnElement, Engine, func, select, true
from sqlalchemy.orm import Session

from conversation.message import Channel
from ledger import chain
from ledger.audit_log import AuditAction
from ledger.audit_schema import AuditRow
from ledger.periods import closed_in
from ledger.schema import InteractionRow, SampleRow
from ledger.stored import as_stored, read
from ledger.vault import Vault

COLUMNS = ("campaign", "channel", "month", "seed", "size", "drawn_by", "at", "folios")


class Sample(BaseModel):
    """The interactions drawn for review in one month."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    campaign: str
    channel: Channel
    month: Annotated[str, StringConstraints(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]
    seed: int = Field(ge=0, lt=2**63)
    """With it the draw can be repeated over the same folios."""
    size: int = Field(ge=1)
    """How many were asked for; `folios` has fewer when the month had fewer."""
    drawn_by: str
    at: datetime
    folios: tuple[str, ...]
    """In the order of the draw."""


def closed_folios(engine: Engine, month: str, campaign: str, channel: Channel) -> list[str]:
    """Folios a sample is drawn from, sorted: interactions opened in that month (central time) and closed by now."""
    query = select(InteractionRow.folio).where(closed_in(month, campaign, channel))
    with Session(engine) as session:
        return sorted(session.scalars(query))


def row_of(sample: Sample, vault: Vault) -> SampleRow:
    """The sealed row of a sample."""
    values = {**dict(sample), "folios": list(sample.folios)}
    return SampleRow(**values, seal=_seal_of(values, vault))


def find(session: Session, chosen: ColumnElement[bool]) -> list[Sample]:
    """Samples, the newest month first, then by campaign and channel."""
    order = (SampleRow.month.desc(), SampleRow.campaign, SampleRow.channel)
    return [Sample.model_validate(row) for row in session.scalars(select(SampleRow).where(chosen).order_by(*order))]


def broken(session: Session, vault: Vault, month: str | None = None) -> Iterator[tuple[str, str]]:
    """Samples that are not as they were drawn, like «cita_medica/webchat/2026-10», each with what is wrong (Spanish).

    A seal shows a changed draw. One that was removed, to draw again until it pleases, is missed by the audit log.
    """
    chosen = SampleRow.month == month if month else true()
    query = as_stored(SampleRow.metadata.tables["samples"]).where(chosen)
    present = set()
    for stored in session.execute(query.order_by(SampleRow.month, SampleRow.campaign, SampleRow.channel)).mappings():
        name = f"{stored['campaign']}/{stored['channel']}/{stored['month']}"
        present.add(name)
        if stored["seal"] != _seal_of(read(stored), vault):
            yield name, "la muestra cambió después de sortearse (o la clave es otra)"
    of_draws = AuditRow.action == AuditAction.SAMPLE_DRAWN, AuditRow.object.endswith(f"/{month}" if month else "")
    drawn = select(AuditRow.object, func.count()).where(*of_draws).group_by(AuditRow.object).order_by(AuditRow.object)
    for name, times in session.execute(drawn):
        if name not in present:
            yield name, "falta la muestra, y la bitácora dice que se sorteó"
        elif times > 1:
            yield name, f"la bitácora dice que la muestra se sorteó {times} veces, y un mes se sortea una sola vez"


def _seal_of(values: Mapping[str, Any], vault: Vault) -> str:
    return vault.mac("sample", chain.canonical({name: values[name] for name in COLUMNS}))
