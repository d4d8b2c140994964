"""The ledger as an auditor reads it: what became of one interaction, without decrypting anything."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.conversation import Conversation
from conversation.events import EventKind
from ledger.schema import AppointmentEventRow, EventRow, InteractionRow


class AuditedInteraction(BaseModel):
    """One interaction and what stands in the record about it."""

    model_config = ConfigDict(frozen=True)

    conversation: Conversation
    """Without facts: they are encrypted."""
    kinds: tuple[str, ...]
    """Kinds of its events, in order."""
    lookups: tuple[dict[str, Any], ...]
    topics: tuple[dict[str, Any], ...]
    """Topics served, with intent and confidence, in order."""
    appointment_states: tuple[str, ...]
    """States that our booking ledger went through, in order."""
    texts: tuple[str, ...]
    """Everything said, as stored readable."""


def audit(engine: Engine, conversation_id: str) -> AuditedInteraction | None:
    """One interaction as the record has it; None when it has none."""
    with Session(engine) as session:
        row = session.get(InteractionRow, conversation_id)
        if row is None:
            return None
        query = select(EventRow).where(EventRow.conversation_id == conversation_id).order_by(EventRow.seq)
        events = list(session.scalars(query))
        states = session.scalars(
            select(AppointmentEventRow.state)
            .where(AppointmentEventRow.conversation_id == conversation_id)
            .order_by(AppointmentEventRow.event_id)
        )
        return AuditedInteraction(
            conversation=Conversation.model_validate({**row.snapshot, "facts": {}}),
            kinds=tuple(event.kind for event in events),
            lookups=tuple(event.data for event in events if event.kind == EventKind.LOOKUP),
            topics=tuple(event.data for event in events if event.kind == EventKind.TOPIC),
            appointment_states=tuple(states),
            texts=tuple(event.data["text"] for event in events if event.kind == EventKind.MESSAGE),
        )
