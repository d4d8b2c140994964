"""The seal of an interaction: a keyed hash over its row and its chain, which only the ledger's key can make.

The chain (`ledger.chain`) shows a careless change; somebody who can write to the database could compute it anew. So
every write of the web process ends with a seal: HMAC-SHA-256, under a key derived from the ledger's, over all columns
of the interaction (state, origin, survey, hand-over, end: all that payment rests on), the chain's length and the hash
at its end. Without the key nobody can make a seal that fits a changed record.

What it does not protect:
- Look-ups and bookings that the action server appends are held by the plain chain alone until the web process writes
  next, which it does at the end of the same turn.
- Who holds the key can write anything. It belongs in the web process's environment and in no database.
- Who kept a copy of an older state, seal included, can put all of it back. Only a copy of the heads elsewhere shows it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hmac import compare_digest
from typing import Any

from sqlalchemy import Engine, select, union_all
from sqlalchemy.orm import Session

from ledger import chain
from ledger.schema import AppointmentEventRow, EventRow, InteractionRow
from ledger.vault import Vault

COLUMNS = (
    "id", "folio", "campaign", "state", "agent", "opened_at", "last_activity", "token_hash", "snapshot", "facts",
    "person_key", "sealed_length",
)  # fmt: skip


def seal_of(interaction: Mapping[str, Any], head: str, vault: Vault) -> str:
    """The seal that an interaction must have; `head` is the hash of its chain at `sealed_length`."""
    return vault.mac("seal", chain.canonical({"head": head, **{name: interaction[name] for name in COLUMNS}}))


def apply(row: InteractionRow, vault: Vault) -> None:
    """Seal an interaction as it is now."""
    row.sealed_length = row.chain_length
    row.seal = seal_of(_values(row), row.chain_head, vault)


@contextmanager
def writing(engine: Engine, conversation_id: str, vault: Vault) -> Iterator[tuple[Session, InteractionRow]]:
    """A transaction on one interaction, held alone and sealed at its end.

    A seal that is broken, or was never there, stays so: writing on must not whitewash what somebody changed.

    Raises:
        LookupError: there is no such interaction.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        row = chain.held(session, conversation_id)
        intact = _is_intact(session, row, vault)
        yield session, row
        if intact:
            apply(row, vault)


def _is_intact(session: Session, row: InteractionRow, vault: Vault) -> bool:
    head = row.chain_head if row.sealed_length == row.chain_length else _hash_at(session, row.id, row.sealed_length)
    return row.seal is not None and compare_digest(row.seal, seal_of(_values(row), head, vault))


def _hash_at(session: Session, conversation_id: str, position: int) -> str:
    """Hash at a position of the chain; empty when nothing is there."""
    events, appointments = (
        select(table.hash).where(table.conversation_id == conversation_id, table.position == position)
        for table in (EventRow, AppointmentEventRow)
    )
    return session.scalar(union_all(events, appointments)) or ""


def _values(row: InteractionRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}
