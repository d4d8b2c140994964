"""What came from WhatsApp: kept before Meta is told that it arrived, each message once, until it was worked on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from ledger.database import insert_into
from ledger.schema import WhatsAppInboxRow
from ledger.vault import Vault
from ledger.whatsapp_users import Address, user_row

WAITING, DONE, FAILED = "waiting", "done", "failed"


@dataclass(frozen=True)
class Arrival:
    """A message as it came."""

    message_id: str
    address: Address
    content: dict[str, Any]


@dataclass(frozen=True)
class Received:
    """A message that waits to be worked on; `at` is when it came."""

    id: int
    user: int
    at: datetime
    content: dict[str, Any]


class WhatsAppInbox:
    """The inbox in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def keep(self, arrivals: Sequence[Arrival], now: datetime) -> list[int]:
        """Write what is new, all or nothing; the people it came from. What came before is left out."""
        people: dict[int, None] = {}
        with Session(self._engine) as session, session.begin():
            for arrival in arrivals:
                user = user_row(session, self._vault, arrival.address).id
                row = insert_into(session, WhatsAppInboxRow).values(
                    message_id=arrival.message_id, user_id=user, at=now, state=WAITING,
                    content=self._vault.lock(arrival.content),
                )  # fmt: skip
                once = row.on_conflict_do_nothing(index_elements=["message_id"]).returning(WhatsAppInboxRow.id)
                if session.scalar(once) is not None:
                    people[user] = None
        return list(people)

    def next(self, user: int) -> Received | None:
        """The oldest message of a person that waits."""
        query = select(WhatsAppInboxRow).where(WhatsAppInboxRow.user_id == user, WhatsAppInboxRow.state == WAITING)
        with Session(self._engine) as session:
            row = session.scalar(query.order_by(WhatsAppInboxRow.id).limit(1))
            return Received(row.id, row.user_id, row.at, self._vault.open(row.content)) if row else None

    def people_waiting(self) -> list[int]:
        """Everybody with a message that waits: what a process that was killed left behind."""
        query = select(WhatsAppInboxRow.user_id).where(WhatsAppInboxRow.state == WAITING).distinct()
        with Session(self._engine) as session:
            return list(session.scalars(query))

    def done(self, received: Received, failure: str | None = None) -> None:
        """It was worked on; with `failure`, in vain."""
        state = FAILED if failure else DONE
        changed = update(WhatsAppInboxRow).where(WhatsAppInboxRow.id == received.id)
        with Session(self._engine) as session, session.begin():
            session.execute(changed.values(state=state, failure=failure and failure[:200]))
