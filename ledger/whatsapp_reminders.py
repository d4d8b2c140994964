"""Appointments that people were asked on WhatsApp to confirm (L5753-5757): each once per occasion."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from ledger.schema import WhatsAppOutboxRow, WhatsAppReminderRow
from ledger.vault import Vault
from ledger.whatsapp_outbox import Body, outbox_row

ASKED, HELPED, PAST, ANSWERED = "asked", "helped", "past", "answered"


@dataclass(frozen=True)
class Reminder:
    """One appointment that was asked about; `content` is what the asking program kept with it."""

    id: int
    starts_at: datetime
    content: dict[str, Any]
    helped: bool
    """What may be answered was explained once."""


class WhatsAppReminders:
    """The reminders in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def ask(
        self, user: int, source: str, starts_at: datetime, content: dict[str, Any],
        template: Callable[[int], dict[str, Any]], now: datetime,
    ) -> bool:  # fmt: skip
        """Keep a reminder and put its template into the outbox, both or none; False when it was asked before."""
        with Session(self._engine) as session, session.begin():
            if session.scalar(select(WhatsAppReminderRow.id).where(WhatsAppReminderRow.source == source)):
                return False
            row = WhatsAppReminderRow(
                source=source, user_id=user, starts_at=starts_at, content=self._vault.lock(content), state=ASKED,
                sent_at=now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            body = Body("template", template(row.id))
            session.add(outbox_row(self._vault, user, f"reminder:{row.id}", body, template=True))
        return True

    def open(self, user: int) -> list[Reminder]:
        """What a person was asked and has not answered, the nearest appointment first."""
        query = select(WhatsAppReminderRow).where(
            WhatsAppReminderRow.user_id == user, WhatsAppReminderRow.state != ANSWERED
        )
        with Session(self._engine) as session:
            return [
                Reminder(row.id, row.starts_at, self._vault.open(row.content), row.state == HELPED)
                for row in session.scalars(query.order_by(WhatsAppReminderRow.starts_at, WhatsAppReminderRow.id))
            ]

    def of_message(self, message_id: str) -> int | None:
        """The reminder that a message of ours (by Meta's id) was; None when it was none."""
        query = select(WhatsAppOutboxRow.source).where(WhatsAppOutboxRow.message_id == message_id)
        with Session(self._engine) as session:
            source = session.scalar(query) or ""
        return int(source.removeprefix("reminder:")) if source.startswith("reminder:") else None

    def helped(self, reminder_id: int) -> None:
        """What may be answered was explained."""
        self._change(reminder_id, HELPED)

    def answered(self, reminder_id: int) -> None:
        """It needs no answer any more; whose appointment it was is forgotten."""
        self._change(reminder_id, ANSWERED, content=self._vault.lock({}))

    def forget_past(self, now: datetime) -> None:
        """Whose appointments they were is kept no longer than it takes: what is past confirms nothing."""
        past = update(WhatsAppReminderRow).where(
            WhatsAppReminderRow.starts_at <= now, WhatsAppReminderRow.state.in_((ASKED, HELPED))
        )
        with Session(self._engine) as session, session.begin():
            session.execute(past.values(state=PAST, content=self._vault.lock({})))

    def _change(self, reminder_id: int, state: str, **values: Any) -> None:
        changed = update(WhatsAppReminderRow).where(WhatsAppReminderRow.id == reminder_id)
        with Session(self._engine) as session, session.begin():
            session.execute(changed.values(state=state, **values))
