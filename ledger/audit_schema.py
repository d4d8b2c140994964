"""Tables of the audit log (`ledger.audit_log`), beside those of `ledger.schema`."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.schema import Base, Moment


class AuditRow(Base):
    """Something that somebody of the staff did or saw (security.md §9). Rows are never changed (`ledger.audit_log`)."""

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, … without a gap."""
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(200))
    ip: Mapped[str] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(40), index=True)
    object: Mapped[str] = mapped_column(String(300))
    campaign: Mapped[str | None] = mapped_column(String(40), index=True)
    folio: Mapped[str | None] = mapped_column(String(24), index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    before_sha256: Mapped[str | None] = mapped_column(String(64))
    after_sha256: Mapped[str | None] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(String(16))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHeadRow(Base):
    """The end of the audit log, in one row that whoever appends holds alone."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str | None] = mapped_column(String(64))
    """Keyed hash over the two; None before the first line."""
