"""Samples for quality review: 100 interactions a month per campaign and channel, drawn at random (L10240).

The draw itself is a pure function elsewhere; here is what it draws from and what it drew. A month is drawn once, and
the draw is sealed (`ledger.seal`), so that no folio can be exchanged for another one that pleases more.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ColumnElement, Engine, select, true
from sqlalchemy.orm import Session

from conversation.message import Channel
from ledger import chain
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


def broken(session: Session, vault: Vault, month: str | None = None) -> Iterator[str]:
    """Names of the samples whose seal does not fit, like «cita_medica/webchat/2026-10»."""
    chosen = SampleRow.month == month if month else true()
    query = as_stored(SampleRow.metadata.tables["samples"]).where(chosen)
    for stored in session.execute(query.order_by(SampleRow.month, SampleRow.campaign, SampleRow.channel)).mappings():
        if stored["seal"] != _seal_of(read(stored), vault):
            yield f"{stored['campaign']}/{stored['channel']}/{stored['month']}"


def _seal_of(values: Mapping[str, Any], vault: Vault) -> str:
    return vault.mac("sample", chain.canonical({name: values[name] for name in COLUMNS}))
