"""The table of mails, in the same metadata as `ledger.schema`."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.schema import Base, Moment


class TranscriptMailRow(Base):
    """The copy of a conversation on its way by e-mail (channels.md §2.4)."""

    __tablename__ = "transcript_mails"
    __table_args__ = (Index("ix_transcript_mails_state_next_at", "state", "next_at"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("interactions.id"), index=True)
    to_key: Mapped[str] = mapped_column(String(64), index=True)
    """Keyed hash of the address, to limit what one mailbox is sent."""
    address: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted; empty once the mail is settled."""
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(Moment)
    at: Mapped[datetime] = mapped_column(Moment)
