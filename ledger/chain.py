"""The chain of hashes through everything that happened in one interaction.

Every row of `events` and `appointment_events` has a position in its interaction, the hash of the row before, and its
own SHA-256 over all of its columns. Whoever changes, removes, inserts or moves a row leaves a chain that does not fit,
unless all that follows is computed anew. That, too, is found through the interaction's seal (`ledger.seal`).

The chain itself needs no key, because the action server, which appends look-ups and bookings, holds none: it must not
be able to open what citizens wrote. `seq` and `event_id` are given by the database after the hash is made and stand
outside; `ledger.verification` checks that they rise with the positions.

The form of what is hashed may never change: it would break every chain that was written before.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Update, update
from sqlalchemy.orm import Session

from ledger.schema import AppointmentEventRow, EventRow, InteractionRow

COLUMNS = {
    "events": (
        "position", "previous_hash", "conversation_id", "folio", "at", "kind", "campaign", "channel", "level", "agent",
        "source_id", "data", "secret",
    ),
    "appointment_events": (
        "position", "previous_hash", "conversation_id", "folio", "at", "folio_cita", "cita_id", "campaign", "state",
        "actor", "agent_kind", "channel", "institution_code", "request_id", "detail",
    ),
}  # fmt: skip
"""What is hashed of each table: all but the number that the database gives and the hash itself."""


def canonical(values: Mapping[str, Any]) -> str:
    """The one text for some values: JSON with sorted keys, moments in UTC, bytes as their SHA-256."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)


def row_hash(table: str, row: Mapping[str, Any]) -> str:
    """SHA-256 of one row, in hexadecimal."""
    values = {"table": table, **{name: row[name] for name in COLUMNS[table]}}
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def locking(conversation_id: str) -> Update:
    """The statement that locks an interaction: it changes nothing, and the next writer waits until the commit.

    One statement for both databases: PostgreSQL locks the row, SQLite takes its one write lock before anything is
    read, so that no writer ever extends a head that is no longer the last.
    """
    return (
        update(InteractionRow)
        .where(InteractionRow.id == conversation_id)
        .values(chain_length=InteractionRow.chain_length)
    )


def held(session: Session, conversation_id: str) -> InteractionRow:
    """The interaction's row as it is now, locked until the transaction ends.

    Raises:
        LookupError: there is none.
    """
    row = session.scalars(
        locking(conversation_id).returning(InteractionRow),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if row is None:
        raise LookupError(f"no interaction {conversation_id}")
    return row


def append(session: Session, interaction: InteractionRow, *rows: EventRow | AppointmentEventRow) -> None:
    """Add rows to the end of the chain of an interaction that is `held`."""
    for row in rows:
        interaction.chain_length += 1
        row.position, row.previous_hash = interaction.chain_length, interaction.chain_head
        if isinstance(row, EventRow):
            row.data = json.loads(json.dumps(row.data))  # as it will be read: enumerations and tuples are gone then
        values = {name: getattr(row, name) for name in COLUMNS[row.__tablename__]}
        row.hash = interaction.chain_head = row_hash(row.__tablename__, values)
    session.add_all(rows)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")  # as `ledger.schema.Moment` writes it
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"{type(value).__name__} has no canonical form")
