"""The ledger as the conversation's `Record` port."""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from conversation.campaign import Campaign
from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.message import Asks, Channel, Choice, Document, Message, Sender
from conversation.ports import NewEvent
from ledger import chain, seal
from ledger.callbacks import LedgerCallbacks
from ledger.folio import interaction_folio
from ledger.periods import CENTRE
from ledger.schema import EventRow, InteractionRow
from ledger.serials import next_interaction
from ledger.vault import Vault

_SEQUENCE = re.compile("[0-9]{1,18}")
"""What a database takes for a number; anything else that a page may bring is no message's id."""


class LedgerRecord:
    """Interactions and their events in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def open(self, campaign: Campaign, channel: Channel, origin: str, now: datetime, token_hash: str) -> Conversation:
        """A new conversation with the next folio of the day (America/Mexico_City)."""
        with Session(self._engine) as session, session.begin():
            day = now.astimezone(CENTRE).date()
            conversation = Conversation(
                id=str(uuid.uuid4()), folio=interaction_folio(day, next_interaction(session, day, self._vault)),
                campaign=campaign.id, bot_campaign=campaign.id, channel=channel, origin=origin,
                agent_type=campaign.agent_type,
                bot_version=campaign.version, opened_at=now, last_activity=now,
            )  # fmt: skip
            row = InteractionRow(
                id=conversation.id, folio=conversation.folio, opened_at=now, token_hash=token_hash,
                chain_length=0, chain_head="",
            )  # fmt: skip
            self._fill(row, conversation)
            seal.apply(row, self._vault)
            session.add(row)
        return conversation

    def load(self, conversation_id: str) -> Conversation | None:
        """The conversation as it is now, with its facts decrypted."""
        with Session(self._engine) as session:
            row = session.get(InteractionRow, conversation_id)
            return self._conversation(row) if row else None

    def find_folio(self, folio: str) -> Conversation | None:
        """The conversation with this folio, if there is one."""
        found = self._conversations(InteractionRow.folio == folio)
        return found[0] if found else None

    def token_hash(self, conversation_id: str) -> str | None:
        """SHA-256 of the conversation's bearer token."""
        with Session(self._engine) as session:
            row = session.get(InteractionRow, conversation_id)
            return row.token_hash if row else None

    def write(self, conversation: Conversation, events: Sequence[NewEvent], now: datetime) -> list[Message]:
        """Save the conversation and append its events to the chain in one transaction, sealed.

        Raises:
            LookupError: there is no such interaction.
        """
        rows = [self._event_row(conversation, event, now) for event in events]
        with seal.writing(self._engine, conversation.id, self._vault) as (session, interaction):
            self._fill(interaction, conversation)
            chain.append(session, interaction, *rows)
        return [_message(row) for row in rows if row.kind == EventKind.MESSAGE]

    def find_source(self, conversation_id: str, source_id: str) -> Message | None:
        """The message recorded under the sender's own id, if it came before."""
        query = select(EventRow).where(EventRow.conversation_id == conversation_id, EventRow.source_id == source_id)
        with Session(self._engine) as session:
            row = session.scalar(query)
            return _message(row) if row else None

    def replies_to(self, conversation_id: str, message_id: str) -> list[Message]:
        """What was answered to one message of the citizen."""
        return [
            _message(row)
            for row in self._message_rows(conversation_id, message_id)
            if row.data.get("in_reply_to") == message_id
        ]

    def messages(self, conversation_id: str, after: str | None = None) -> list[Message]:
        """The transcript, masked, in order; only what came after a message id when one is given."""
        return [_message(row) for row in self._message_rows(conversation_id, after)]

    def events(self, conversation_id: str, kind: EventKind | None = None) -> list[EventRow]:
        """Everything that happened in one conversation, or all of one kind, in order."""
        query = select(EventRow).where(EventRow.conversation_id == conversation_id).order_by(EventRow.seq)
        if kind:
            query = query.where(EventRow.kind == kind)
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def waiting(self) -> list[Conversation]:
        """Conversations that wait for a person: emergencies first, then in order of waiting."""
        found = self._conversations(InteractionRow.state == State.QUEUED)
        return sorted(
            found,
            key=lambda one: (
                not (one.handoff and one.handoff.priority),
                one.handoff.since if one.handoff else one.opened_at,
            ),
        )

    def attended_by(self, agent: str) -> list[Conversation]:
        """Conversations a person has at the desk; telephone calls whose tipificaciones are still owed among them."""
        owed = InteractionRow.snapshot["to_typify"].as_boolean()
        return self._conversations((InteractionRow.agent == agent) & ((InteractionRow.state == State.HUMAN) | owed))

    def attended(self) -> list[Conversation]:
        """Conversations that people are attending now, whoever they are."""
        return self._conversations(InteractionRow.state == State.HUMAN)

    def open_from(self, origin: str) -> int:
        """How many web chats of an address are not closed."""
        query = select(func.count()).where(
            InteractionRow.state != State.CLOSED,
            InteractionRow.snapshot["channel"].as_string() == Channel.WEBCHAT,
            InteractionRow.snapshot["origin"].as_string() == origin,
        )
        with Session(self._engine) as session:
            return session.scalar(query) or 0

    def idle_since(self, moment: datetime) -> list[Conversation]:
        """Open conversations without activity since then."""
        return self._conversations((InteractionRow.state != State.CLOSED) & (InteractionRow.last_activity < moment))

    def is_call_asked(self, telephone: str) -> bool:
        """Whether a call to these ten digits is asked for and still to be made."""
        return LedgerCallbacks(self._engine, self._vault).is_asked(telephone)

    def _conversations(self, condition: Any) -> list[Conversation]:
        query = select(InteractionRow).where(condition).order_by(InteractionRow.opened_at)
        with Session(self._engine) as session:
            return [self._conversation(row) for row in session.scalars(query)]

    def _message_rows(self, conversation_id: str, after: str | None) -> list[EventRow]:
        query = select(EventRow).where(EventRow.conversation_id == conversation_id, EventRow.kind == EventKind.MESSAGE)
        if after is not None and _SEQUENCE.fullmatch(after):
            query = query.where(EventRow.seq > int(after))
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query.order_by(EventRow.seq)))

    def _fill(self, row: InteractionRow, conversation: Conversation) -> None:
        row.campaign, row.state, row.agent = conversation.campaign, conversation.state, conversation.agent
        row.last_activity = conversation.last_activity
        row.snapshot = conversation.model_dump(mode="json", exclude={"facts"})
        row.facts = self._vault.lock(conversation.facts)
        row.person_key = self._person_key(conversation.facts)

    def _person_key(self, facts: dict[str, Any]) -> str | None:
        """What interactions of one NSS have in common, once the institution knows it; None before."""
        identified = facts.get("nss_found") or facts.get("patient")
        return self._vault.mac("person", facts["nss"]) if identified and facts.get("nss") else None

    def _conversation(self, row: InteractionRow) -> Conversation:
        return Conversation.model_validate({**row.snapshot, "facts": self._vault.open(row.facts)})

    def _event_row(self, conversation: Conversation, event: NewEvent, now: datetime) -> EventRow:
        return EventRow(
            conversation_id=conversation.id, folio=conversation.folio, at=now, kind=event.kind,
            campaign=conversation.campaign, channel=conversation.channel, level=event.level, agent=event.agent,
            source_id=event.source_id, data=event.data,
            secret=self._vault.lock(event.secret) if event.secret is not None else None,
        )  # fmt: skip


def _message(row: EventRow) -> Message:
    document, asks = row.data.get("document"), row.data.get("asks")
    return Message(
        id=str(row.seq), sender=Sender(row.data["sender"]), text=row.data["text"],
        choices=tuple(Choice.model_validate(choice) for choice in row.data.get("choices", ())),
        document=Document.model_validate(document) if document else None,
        asks=Asks.model_validate(asks) if asks else None,
        at=row.at.astimezone(CENTRE),
        client_message_id=row.source_id,
    )  # fmt: skip
