"""What came from Chatwoot: kept before it is acknowledged, each event once, until it was worked on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from ledger.database import insert_into
from ledger.schema import ChatwootInboxRow
from ledger.vault import Vault

WAITING, DONE, FAILED = "waiting", "done", "failed"


@dataclass(frozen=True)
class Delivered:
    """An event that waits to be worked on."""

    id: int
    chatwoot_id: int
    content: dict[str, Any]


class ChatwootInbox:
    """The inbox in a SQL database. Its moments are real time, whatever the institution's clock says."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def keep(self, event_key: str, chatwoot_id: int, content: dict[str, Any], delay: timedelta) -> bool:
        """Write an event that is not to be worked on before `delay` is over; False when it came before."""
        with Session(self._engine) as session, session.begin():
            row = insert_into(session, ChatwootInboxRow).values(
                event_key=event_key, chatwoot_id=chatwoot_id, due_at=datetime.now(UTC) + delay, state=WAITING,
                content=self._vault.lock(content), failures=0,
            )  # fmt: skip
            once = row.on_conflict_do_nothing(index_elements=["event_key"]).returning(ChatwootInboxRow.id)
            return session.scalar(once) is not None

    def next(self, chatwoot_id: int) -> Delivered | None:
        """The first event of a conversation of Chatwoot that is due."""
        query = select(ChatwootInboxRow).where(
            ChatwootInboxRow.chatwoot_id == chatwoot_id, ChatwootInboxRow.state == WAITING,
            ChatwootInboxRow.due_at <= datetime.now(UTC),
        )  # fmt: skip
        with Session(self._engine) as session:
            row = session.scalar(query.order_by(ChatwootInboxRow.due_at, ChatwootInboxRow.id).limit(1))
            return Delivered(row.id, row.chatwoot_id, self._vault.open(row.content)) if row else None

    def waiting(self) -> list[int]:
        """Conversations of Chatwoot with an event that waits: what a process that was killed left behind."""
        query = select(ChatwootInboxRow.chatwoot_id).where(ChatwootInboxRow.state == WAITING).distinct()
        with Session(self._engine) as session:
            return list(session.scalars(query))

    def done(self, delivered: Delivered) -> None:
        """It was worked on; what was said stands in the record now, and is not kept here as well."""
        self._change(delivered.id, state=DONE, content=self._vault.lock({}))

    def failed(self, delivered: Delivered, most: int) -> bool:
        """It could not be worked on; True when that was the last attempt, and it is set aside."""
        with Session(self._engine) as session, session.begin():
            row = session.get_one(ChatwootInboxRow, delivered.id)
            row.failures += 1
            if row.failures >= most:
                row.state = FAILED
            return row.state == FAILED

    def _change(self, row_id: int, **values: Any) -> None:
        changed = update(ChatwootInboxRow).where(ChatwootInboxRow.id == row_id)
        with Session(self._engine) as session, session.begin():
            session.execute(changed.values(**values))
