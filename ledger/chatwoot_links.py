"""Which of our conversations stand in Chatwoot, and how far they were brought there (docs/chatwoot.md)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from ledger.schema import ChatwootLinkRow


@dataclass(frozen=True)
class Link:
    """One conversation there; the fields are those of `ChatwootLinkRow`."""

    conversation_id: str
    chatwoot_id: int | None
    front: bool
    said_through: int
    noted: bool
    handed_over: bool
    status: str
    status_at: float
    attempts: int
    due_at: datetime | None
    told: bool


class ChatwootLinks:
    """The links in a SQL database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, conversation_id: str, *, chatwoot_id: int | None = None, front: bool = False) -> Link:
        """A conversation goes to Chatwoot, or came from there."""
        with Session(self._engine) as session, session.begin():
            row = ChatwootLinkRow(
                conversation_id=conversation_id, chatwoot_id=chatwoot_id, front=front, begun_at=datetime.now(UTC),
                said_through=0, noted=False, handed_over=False, status="", status_at=0.0, attempts=0, told=False,
                over=False,
            )  # fmt: skip
            session.add(row)
            return _link(row)

    def of(self, conversation_id: str) -> Link | None:
        """The link of one of our conversations."""
        with Session(self._engine) as session:
            row = session.get(ChatwootLinkRow, conversation_id)
            return _link(row) if row else None

    def latest(self, chatwoot_id: int) -> Link | None:
        """The link that was begun last for a conversation of Chatwoot: there one goes on where the last one ended."""
        query = select(ChatwootLinkRow).where(ChatwootLinkRow.chatwoot_id == chatwoot_id)
        with Session(self._engine) as session:
            row = session.scalar(query.order_by(ChatwootLinkRow.begun_at.desc()).limit(1))
            return _link(row) if row else None

    def unfinished(self) -> list[Link]:
        """Every link that is not over."""
        query = select(ChatwootLinkRow).where(ChatwootLinkRow.over.is_(False)).order_by(ChatwootLinkRow.begun_at)
        with Session(self._engine) as session:
            return [_link(row) for row in session.scalars(query)]

    def change(self, conversation_id: str, **values: Any) -> None:
        """Change columns of one link."""
        changed = update(ChatwootLinkRow).where(ChatwootLinkRow.conversation_id == conversation_id)
        with Session(self._engine) as session, session.begin():
            session.execute(changed.values(**values))


def _link(row: ChatwootLinkRow) -> Link:
    return Link(
        row.conversation_id, row.chatwoot_id, row.front, row.said_through, row.noted, row.handed_over, row.status,
        row.status_at, row.attempts, row.due_at, row.told,
    )  # fmt: skip
