"""The ledger as the port `StaffMessages`: what agents and supervisors write to each other (L1702, L1714, L6742)."""

from datetime import datetime

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from conversation.staff import StaffMessage
from ledger.periods import CENTRE
from ledger.schema import StaffMessageRow


class LedgerStaffMessages:
    """Messages in a SQL database, append-only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, message: StaffMessage) -> StaffMessage:
        """Keep a message; with its number."""
        row = StaffMessageRow(at=message.at, sender=message.sender, recipient=message.recipient, text=message.text)
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            session.add(row)
        return message.model_copy(update={"number": row.number})

    def of(self, agent: str, since: datetime, *, supervisor: bool) -> list[StaffMessage]:
        """What somebody sent or received since then, in order; supervisors also what was sent to all of them."""
        own = or_(StaffMessageRow.sender == agent, StaffMessageRow.recipient == agent)
        seen = or_(own, StaffMessageRow.recipient.is_(None)) if supervisor else own
        query = select(StaffMessageRow).where(StaffMessageRow.at >= since, seen).order_by(StaffMessageRow.number)
        with Session(self._engine) as session:
            return [
                StaffMessage(
                    number=row.number, at=row.at.astimezone(CENTRE), sender=row.sender, recipient=row.recipient,
                    text=row.text,
                )
                for row in session.scalars(query)
            ]  # fmt: skip
