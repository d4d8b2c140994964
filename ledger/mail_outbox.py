"""Copies of conversations on their way by e-mail. An address is kept, encrypted, only until its mail is settled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from ledger.mail_schema import TranscriptMailRow
from ledger.vault import Vault

MOST_NUMBER = 2**31 - 1
"""More than a database counts to, while an address may say anything."""
LEASE = timedelta(minutes=2)
"""For so long nobody else tries a mail that somebody is trying."""
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2))
"""Before the second attempt, the third …; after the last one it has failed."""


class MailState(StrEnum):
    """What became of a mail."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    """The recipient's server does not take it, and never will."""
    FAILED = "failed"
    """It was tried for hours."""


@dataclass(frozen=True)
class DueMail:
    """A mail to be sent now."""

    number: int
    conversation_id: str
    to: str
    attempts: int


class MailOutbox:
    """The queue, in the ledger's database: a restart loses nothing."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def add(self, conversation_id: str, to: str, now: datetime) -> int:
        """Queue a mail; its number."""
        row = TranscriptMailRow(
            conversation_id=conversation_id, to_key=self._key(to), address=self._vault.lock(to),
            state=MailState.QUEUED, attempts=0, next_at=now, at=now,
        )  # fmt: skip
        with Session(self._engine) as session, session.begin():
            session.add(row)
            session.flush()
            return row.number

    def count(self, conversation_id: str, to: str, since: datetime) -> tuple[int, int]:
        """Mails of a conversation at all, and those to an address since then."""
        number = select(func.count()).select_from(TranscriptMailRow)
        with Session(self._engine) as session:
            return (
                session.scalar(number.where(TranscriptMailRow.conversation_id == conversation_id)) or 0,
                session.scalar(
                    number.where(TranscriptMailRow.to_key == self._key(to), TranscriptMailRow.at >= since)
                ) or 0,
            )  # fmt: skip

    def state(self, conversation_id: str, number: int) -> tuple[MailState, int] | None:
        """What became of a mail of this conversation, and how often it was tried."""
        with Session(self._engine) as session:
            row = session.get(TranscriptMailRow, number) if 0 < number <= MOST_NUMBER else None
            mine = row is not None and row.conversation_id == conversation_id
            return (MailState(row.state), row.attempts) if row and mine else None

    def take_due(self, now: datetime) -> list[DueMail]:
        """What is to be sent now; each is taken by one process only."""
        due = (TranscriptMailRow.state == MailState.QUEUED) & (TranscriptMailRow.next_at <= now)
        taken = []
        with Session(self._engine) as session, session.begin():
            for row in session.scalars(select(TranscriptMailRow).where(due).limit(20)).all():
                claimed = session.execute(
                    update(TranscriptMailRow)
                    .where(due, TranscriptMailRow.number == row.number)
                    .values(next_at=now + LEASE)
                    .execution_options(synchronize_session=False)
                )
                if claimed.rowcount == 1:  # type: ignore[attr-defined]
                    to = str(self._vault.open(row.address))
                    taken.append(DueMail(row.number, row.conversation_id, to, row.attempts))
        return taken

    def settle(self, number: int, state: MailState) -> None:
        """It is over; the address is forgotten."""
        self._set(number, state=state, address=b"", attempts=TranscriptMailRow.attempts + 1)

    def put_off(self, mail: DueMail, now: datetime) -> None:
        """It was not taken this time: later again, until it was tried often enough."""
        if mail.attempts >= len(WAITS):
            self.settle(mail.number, MailState.FAILED)
        else:
            self._set(mail.number, attempts=mail.attempts + 1, next_at=now + WAITS[mail.attempts])

    def _set(self, number: int, **values: object) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(update(TranscriptMailRow).where(TranscriptMailRow.number == number).values(**values))

    def _key(self, to: str) -> str:
        return self._vault.mac("transcript mail", to.lower())
