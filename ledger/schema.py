"""Tables of the ledger. Migrations in `migrations/` bring a database to this shape."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
}  # fmt: skip


class Moment(TypeDecorator[datetime]):
    """A moment with time zone, kept as ISO 8601 in UTC so that every database sorts and compares it alike."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuse naive moments; write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without time zone cannot be recorded")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        return datetime.fromisoformat(value) if value else None


class Base(DeclarativeBase):
    """Common ground of the tables."""

    metadata = MetaData(naming_convention=NAMING)


class InteractionRow(Base):
    """The present state of one interaction; all that it went through is in `events`."""

    __tablename__ = "interactions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    folio: Mapped[str] = mapped_column(String(24), unique=True)
    campaign: Mapped[str] = mapped_column(String(40), index=True)
    state: Mapped[str] = mapped_column(String(8), index=True)
    agent: Mapped[str | None] = mapped_column(String(64), index=True)
    opened_at: Mapped[datetime] = mapped_column(Moment, index=True)
    last_activity: Mapped[datetime] = mapped_column(Moment)
    token_hash: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The conversation without its facts."""
    facts: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted."""
    person_key: Mapped[str | None] = mapped_column(String(64), index=True)
    """Keyed hash of the NSS once the institution knows it: tells that two interactions are of one family's number
    (`ledger.recontact`). A plain hash would be no secret: there are only 10^11 numbers to try."""
    chain_length: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rows in its chain (`ledger.chain`): what was cut off at the end is missed by it."""
    chain_head: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    """Hash of the last one; empty before the first."""
    sealed_length: Mapped[int] = mapped_column(default=0, server_default="0")
    """How far the chain went when it was last sealed."""
    seal: Mapped[str | None] = mapped_column(String(64))
    """Keyed hash over this row and the chain so far (`ledger.seal`); None in what is older than seals."""


class Chained:
    """A row in the chain of its interaction; events and appointment events share one (`ledger.chain`)."""

    position: Mapped[int]
    """1, 2, … in the interaction."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    """`hash` of the row before; empty for the first."""
    hash: Mapped[str] = mapped_column(String(64))


class EventRow(Chained, Base):
    """One thing that happened. Rows are never changed."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("conversation_id", "source_id"),
        Index("ix_events_conversation_seq", "conversation_id", "seq"),
        Index("ix_events_kind_at", "kind", "at"),
        Index("ix_events_conversation_position", "conversation_id", "position", unique=True),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("interactions.id"))
    folio: Mapped[str] = mapped_column(String(24), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(24), index=True)
    campaign: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(12))
    agent: Mapped[str | None] = mapped_column(String(64))
    source_id: Mapped[str | None] = mapped_column(String(80))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)


class SerialRow(Base):
    """Last serial given out per day and series of folios."""

    __tablename__ = "folio_serials"

    series: Mapped[str] = mapped_column(String(3), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    last: Mapped[int]
    seal: Mapped[str | None] = mapped_column(String(64))
    """Of interactions' folios only (`ledger.serials`)."""


class SampleRow(Base):
    """Interactions drawn for quality review (L10240). Rows are never changed; a month is drawn once."""

    __tablename__ = "samples"

    campaign: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]
    drawn_by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(Moment)
    folios: Mapped[list[str]] = mapped_column(JSON)
    seal: Mapped[str] = mapped_column(String(64))


class AgentStateRow(Base):
    """The moment in which a human agent entered a state, which lasts until the next one (L2150). Rows never change."""

    __tablename__ = "agent_states"
    __table_args__ = (Index("ix_agent_states_agent_number", "agent", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    agent: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    state: Mapped[str] = mapped_column(String(24))
    cause: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(12))
    campaigns: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Campaigns served then; None: all."""


class StaffMessageRow(Base):
    """A message between an agent and the supervisors, apart from what citizens read (L1702, L6742). Never changed."""

    __tablename__ = "staff_messages"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    sender: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str | None] = mapped_column(String(64))
    """None: from an agent, for all supervisors."""
    text: Mapped[str] = mapped_column(Text)
    """Masked."""


class AttachmentRow(Base):
    """A file that a citizen sent, kept for people (channels.md §2.3). Its content is a file of its own, encrypted."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("interactions.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    """As the sender called it; for display and download only."""
    kind: Mapped[str] = mapped_column(String(100))
    """MIME type, by content."""
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


class WhatsAppUserRow(Base):
    """A person on WhatsApp. Whom a key belongs to can be told only with the ledger's key."""

    __tablename__ = "whatsapp_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    user_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Keyed hash of the business-scoped user id, where Meta gave one."""
    number_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Keyed hash of the telephone number, where it is known."""
    address: Mapped[bytes] = mapped_column(LargeBinary)
    """Both, encrypted."""
    heard_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the last message came: free text may be sent for 24 hours from then."""
    opted_out_at: Mapped[datetime | None] = mapped_column(Moment)
    """«BAJA»: nothing is sent to them unasked."""


class WhatsAppSessionRow(Base):
    """Which conversations are whose, and how far they have been put into the outbox."""

    __tablename__ = "whatsapp_sessions"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("interactions.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("whatsapp_users.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    said_through: Mapped[int] = mapped_column(default=0, server_default="0")
    """`seq` of the last event of the conversation that is in the outbox."""
    over: Mapped[bool] = mapped_column(default=False, server_default=text("0"))
    """Closed, and all of it is in the outbox."""


class WhatsAppInboxRow(Base):
    """A message of WhatsApp that was acknowledged to Meta; written before the acknowledgement."""

    __tablename__ = "whatsapp_inbox"
    __table_args__ = (Index("ix_whatsapp_inbox_state_user", "state", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    """Meta's; the same message comes more than once."""
    user_id: Mapped[int] = mapped_column(ForeignKey("whatsapp_users.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """The message as Meta sent it, encrypted."""
    state: Mapped[str] = mapped_column(String(8))
    failure: Mapped[str | None] = mapped_column(String(200))


class WhatsAppOutboxRow(Base):
    """A message for WhatsApp and what became of it."""

    __tablename__ = "whatsapp_outbox"
    __table_args__ = (Index("ix_whatsapp_outbox_state_user", "state", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(80), unique=True)
    """What it says, so that nothing is put here twice: conversation, last event, part."""
    user_id: Mapped[int] = mapped_column(ForeignKey("whatsapp_users.id"))
    conversation_id: Mapped[str | None] = mapped_column(String(36), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """Type and body for the Cloud API, encrypted."""
    template: Mapped[bool]
    state: Mapped[str] = mapped_column(String(12))
    message_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    """Meta's, once it accepted the message."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """Not before, in real time: a refused attempt is repeated later."""
    error_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class WhatsAppReminderRow(Base):
    """An appointment that somebody was asked to confirm by a template (L5753-5757)."""

    __tablename__ = "whatsapp_reminders"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(80), unique=True)
    """Appointment and occasion: each is asked once."""
    user_id: Mapped[int] = mapped_column(ForeignKey("whatsapp_users.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """Whose appointment and which, encrypted."""
    state: Mapped[str] = mapped_column(String(12))
    sent_at: Mapped[datetime] = mapped_column(Moment)


class ChatwootLinkRow(Base):
    """A conversation that stands in Chatwoot as well, and how far it was brought there."""

    __tablename__ = "chatwoot_links"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("interactions.id"), primary_key=True)
    chatwoot_id: Mapped[int | None] = mapped_column(index=True)
    """The number that Chatwoot's people see (`display_id`); None until it was made there."""
    front: Mapped[bool]
    """The citizen writes to Chatwoot, and our bot answers there."""
    begun_at: Mapped[datetime] = mapped_column(Moment)
    said_through: Mapped[int] = mapped_column(default=0, server_default="0")
    """`seq` of the last event that was brought there."""
    noted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The private note of the present hand-over is there."""
    handed_over: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Opened for its people."""
    status: Mapped[str] = mapped_column(String(12), default="", server_default=text("''"))
    status_at: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")
    """Chatwoot's own time of the status, in seconds; older news are no news."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """Not before, in real time."""
    told: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The citizen was told that Chatwoot does not answer."""
    over: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class ChatwootInboxRow(Base):
    """An event that was acknowledged to Chatwoot; written before the acknowledgement."""

    __tablename__ = "chatwoot_inbox"
    __table_args__ = (Index("ix_chatwoot_inbox_state_chatwoot", "state", "chatwoot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_key: Mapped[str] = mapped_column(String(120), unique=True)
    """Which message, or which change of status: the same event comes more than once."""
    chatwoot_id: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Moment)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """The event as it came, encrypted."""
    state: Mapped[str] = mapped_column(String(8))
    failures: Mapped[int] = mapped_column(default=0, server_default="0")


class SpentChallengeRow(Base):
    """A challenge of the captcha that was used, until it expires."""

    __tablename__ = "spent_challenges"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of its signature."""
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class AppointmentEventRow(Chained, Base):
    """Our side of the booking ledger, which must match the institution's (L4035, services.md §7)."""

    __tablename__ = "appointment_events"
    __table_args__ = (Index("ix_appointment_events_conversation_position", "conversation_id", "position", unique=True),)

    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    folio_cita: Mapped[str] = mapped_column(String(20), index=True)
    cita_id: Mapped[str | None] = mapped_column(String(64))
    folio: Mapped[str] = mapped_column(String(24), index=True)
    conversation_id: Mapped[str] = mapped_column(String(36))
    campaign: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(24))
    agent_kind: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Moment)
    institution_code: Mapped[str | None] = mapped_column(String(24))
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str | None] = mapped_column(Text)


class ContentVersionRow(Base):
    """A change of a content file, in force or proposed (channels.md §10). Rows never change."""

    __tablename__ = "content_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    path: Mapped[str] = mapped_column(String(200), index=True)
    """Below the installation's root."""
    campaign: Mapped[str] = mapped_column(String(40), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    base: Mapped[int | None] = mapped_column(ForeignKey("content_versions.number"))
    """The version it was made from; None for the first one of a file."""
    before_sha256: Mapped[str] = mapped_column(String(64))
    after_sha256: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    """The whole file as it is then; empty: no file."""
    effective_at: Mapped[datetime | None] = mapped_column(Moment)
    """Not before; None: as soon as it may."""
    needs: Mapped[str] = mapped_column(String(40))
    """Parties that must approve it first, by comma."""


class ContentDecisionRow(Base):
    """What was decided about a version, or became of it. Rows never change."""

    __tablename__ = "content_decisions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    version: Mapped[int] = mapped_column(ForeignKey("content_versions.number"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))
    party: Mapped[str] = mapped_column(String(12))
    """Whom an approval stands for; else empty."""
    note: Mapped[str] = mapped_column(Text)
