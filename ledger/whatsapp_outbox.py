"""What goes to WhatsApp and what became of it.

waiting -> sending -> sent -> delivered -> read, or failed with Meta's code; `kept` waits for the person to write again
(24-hour window); `unknown` was on its way when the connection or the process broke off: it is never sent again by
itself, and a status from Meta still tells what became of it. Statuses come in any order: the furthest one stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, func, or_, select, update
from sqlalchemy.orm import Session

from ledger.schema import WhatsAppOutboxRow, WhatsAppSessionRow
from ledger.vault import Vault


class SendState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    KEPT = "kept"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


_RANK = {state: rank for rank, state in enumerate((SendState.SENT, SendState.FAILED, SendState.DELIVERED,
                                                   SendState.READ))}  # fmt: skip
"""Failed is further than sent; what was delivered has not failed, whatever comes late."""


@dataclass(frozen=True)
class Body:
    """A message in the form of the Cloud API: `type` and what stands under that name."""

    type: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Outgoing:
    """One message of the outbox."""

    id: int
    user: int
    conversation_id: str | None
    body: Body
    template: bool
    attempts: int
    due_at: datetime | None


@dataclass(frozen=True)
class Status:
    """What Meta says of a message; `outbox_id` is what we gave it along."""

    message_id: str
    state: SendState
    outbox_id: int | None = None
    error_code: int | None = None
    error: str = ""


def outbox_row(
    vault: Vault, user: int, source: str, body: Body, *, conversation_id: str | None = None, template: bool = False
) -> WhatsAppOutboxRow:
    """A message that waits to be sent."""
    now = datetime.now(UTC)
    return WhatsAppOutboxRow(
        source=source, user_id=user, conversation_id=conversation_id, template=template,
        content=vault.lock({"type": body.type, "content": body.content}), state=SendState.WAITING,
        attempts=0, created_at=now, changed_at=now,
    )  # fmt: skip


class WhatsAppOutbox:
    """The outbox in a SQL database. Moments of attempts are real time, whatever the institution's clock says."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def say(self, conversation_id: str, through: int, bodies: Sequence[Body]) -> None:
        """Put a conversation's next messages in, up to event `through`: all or nothing, and never twice."""
        with Session(self._engine) as session, session.begin():
            held = (
                update(WhatsAppSessionRow)
                .where(WhatsAppSessionRow.conversation_id == conversation_id, WhatsAppSessionRow.said_through < through)
                .values(said_through=through)
                .returning(WhatsAppSessionRow.user_id)
            )
            user = session.scalar(held)
            if user is None:
                return  # somebody else has done so
            for part, body in enumerate(bodies):
                source = f"{conversation_id}:{through}:{part}"
                session.add(outbox_row(self._vault, user, source, body, conversation_id=conversation_id))

    def send_template(self, user: int, source: str, content: dict[str, Any]) -> bool:
        """Put a template in; False when this `source` was put in before."""
        with Session(self._engine) as session, session.begin():
            if session.scalar(select(WhatsAppOutboxRow.id).where(WhatsAppOutboxRow.source == source)):
                return False
            session.add(outbox_row(self._vault, user, source, Body("template", content), template=True))
        return True

    def apologise(self, user: int, received_id: int, text: str) -> None:
        """A message could not be worked on, and there may be no conversation to say so in."""
        body = Body("text", {"body": text, "preview_url": False})
        with Session(self._engine) as session, session.begin():
            session.add(outbox_row(self._vault, user, f"apology:{received_id}", body))

    def next(self, user: int, *, templates: bool = True) -> Outgoing | None:
        """The oldest message that is to go to a person: they go in order. Without `templates`, these stay for later."""
        query = select(WhatsAppOutboxRow).where(
            WhatsAppOutboxRow.user_id == user, WhatsAppOutboxRow.state == SendState.WAITING
        )
        if not templates:
            query = query.where(WhatsAppOutboxRow.template.is_(False))
        with Session(self._engine) as session:
            row = session.scalar(query.order_by(WhatsAppOutboxRow.id).limit(1))
            return self._outgoing(row) if row else None

    def people_waiting(self) -> list[int]:
        """Everybody to whom something is to go."""
        query = select(WhatsAppOutboxRow.user_id).where(WhatsAppOutboxRow.state == SendState.WAITING).distinct()
        with Session(self._engine) as session:
            return list(session.scalars(query))

    def claim(self, outgoing: Outgoing) -> None:
        """It is on its way from now on."""
        self._change(outgoing.id, state=SendState.SENDING, attempts=outgoing.attempts + 1)

    def accepted(self, outgoing: Outgoing, message_id: str) -> None:
        """Meta took it. A status that came before the answer stands."""
        with Session(self._engine) as session, session.begin():
            row = session.get_one(WhatsAppOutboxRow, outgoing.id)
            row.message_id, row.changed_at = message_id, datetime.now(UTC)
            if row.state == SendState.SENDING:
                row.state, row.error_code, row.error = SendState.SENT, None, None

    def later(self, outgoing: Outgoing, due_at: datetime, code: int | None, error: str) -> None:
        """It was refused for now."""
        self._change(outgoing.id, state=SendState.WAITING, due_at=due_at, error_code=code, error=error[:300])

    def settle(self, outgoing_id: int, state: SendState, code: int | None, error: str) -> None:
        """It will not go (`failed`), not now (`kept`), or nobody knows (`unknown`)."""
        self._change(outgoing_id, state=state, error_code=code, error=error[:300])

    def release_kept(self, user: int) -> None:
        """The person wrote: what was kept for then goes."""
        kept = update(WhatsAppOutboxRow).where(
            WhatsAppOutboxRow.user_id == user, WhatsAppOutboxRow.state == SendState.KEPT
        )
        with Session(self._engine) as session, session.begin():
            session.execute(kept.values(state=SendState.WAITING, attempts=0, due_at=None))

    def broken_off(self) -> int:
        """At the start of the process: what it was sending when it died has an unknown outcome; how many."""
        on_its_way = update(WhatsAppOutboxRow).where(WhatsAppOutboxRow.state == SendState.SENDING)
        values = {"state": SendState.UNKNOWN, "error": "the process ended while sending"}
        with Session(self._engine) as session, session.begin():
            return len(session.scalars(on_its_way.values(**values).returning(WhatsAppOutboxRow.id)).all())

    def apply(self, status: Status) -> Outgoing | None:
        """Take over a status; the message when it has failed only now. One that is not ours changes nothing."""
        found = [WhatsAppOutboxRow.message_id == status.message_id]
        if status.outbox_id is not None:
            found.append(WhatsAppOutboxRow.id == status.outbox_id)
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(WhatsAppOutboxRow).where(or_(*found)).with_for_update())
            if row is None or _RANK.get(SendState(row.state), -1) >= _RANK[status.state]:
                return None
            if row.message_id not in (None, status.message_id):
                return None  # of an attempt that was repeated since
            row.state, row.changed_at = status.state, datetime.now(UTC)
            row.message_id = row.message_id or status.message_id
            if status.state is not SendState.FAILED:
                return None
            row.error_code, row.error = status.error_code, status.error[:300]
            return self._outgoing(row)

    def counts(self) -> dict[str, int]:
        """How many messages are in which state."""
        query = select(WhatsAppOutboxRow.state, func.count()).group_by(WhatsAppOutboxRow.state)
        with Session(self._engine) as session:
            return {row[0]: row[1] for row in session.execute(query)}

    def rows(self, conversation_id: str | None = None) -> list[WhatsAppOutboxRow]:
        """The messages of a conversation, or all, in order, with what became of them."""
        query = select(WhatsAppOutboxRow).order_by(WhatsAppOutboxRow.id)
        if conversation_id is not None:
            query = query.where(WhatsAppOutboxRow.conversation_id == conversation_id)
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def _change(self, outgoing_id: int, **values: Any) -> None:
        changed = update(WhatsAppOutboxRow).where(WhatsAppOutboxRow.id == outgoing_id)
        with Session(self._engine) as session, session.begin():
            session.execute(changed.values(changed_at=datetime.now(UTC), **values))

    def _outgoing(self, row: WhatsAppOutboxRow) -> Outgoing:
        return Outgoing(
            row.id, row.user_id, row.conversation_id, Body(**self._vault.open(row.content)), row.template,
            row.attempts, row.due_at,
        )  # fmt: skip
