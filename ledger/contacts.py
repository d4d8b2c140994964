"""The ledger as the desk's `Contacts` port: what staff read in clear to call a citizen back, and who read it.

An agent sees identifiers masked (security.md §8). The telephone is the exception that the work needs: a message that
was left is no use without its number (L1416). So it is shown one by one, on request, and each reading is an event in
the chain of the interaction, written before the number leaves the vault.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import Session, aliased

from conversation.entrance import given_in
from conversation.events import EventKind
from conversation.masking import mask
from conversation.message import Channel, Sender
from conversation.ports import LeftMessage, Opening
from conversation.telephone import mask_all_but_contact, mask_telephone, telephones
from ledger import chain, seal
from ledger.periods import CENTRE
from ledger.schema import EventRow, InteractionRow
from ledger.vault import Vault


class LedgerContacts:
    """Left messages and telephones in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def left_messages(self) -> list[LeftMessage]:
        """Messages that wait to be dealt with, the oldest first."""
        with Session(self._engine) as session:
            parts = _waiting(session)
            words, openings = _words(session, parts), _openings(session, parts)
        return [
            _left(
                found, words=[words[one].data["text"] for one in _message_ids(found) if one in words], openings=openings
            )
            for found in _by_conversation(parts).values()
        ]

    def open_left_message(self, conversation_id: str, agent: str, now: datetime) -> LeftMessage | None:
        """One of them with telephone and e-mail readable; recorded as opened."""
        with seal.writing(self._engine, conversation_id, self._vault) as (session, interaction):
            parts = _waiting(session, conversation_id)
            if not parts:
                return None
            words, openings = _words(session, parts), _openings(session, parts)
            _append(session, interaction, EventKind.VOICEMAIL_OPENED, agent, now, message_id=parts[0].seq)
        said = [mask_all_but_contact(self._original(words[one])) for one in _message_ids(parts) if one in words]
        numbers = [self._vault.open(part.secret) for part in parts if part.secret is not None]
        return _left(parts, words=said, openings=openings).model_copy(
            update={"telephone": numbers[-1] if numbers else ""}
        )

    def finish_left_message(self, conversation_id: str, agent: str, note: str, now: datetime) -> bool:
        """Somebody dealt with it; identifiers in the note are masked."""
        with seal.writing(self._engine, conversation_id, self._vault) as (session, interaction):
            if not _waiting(session, conversation_id):
                return False
            _append(session, interaction, EventKind.VOICEMAIL_DONE, agent, now, note=mask(note))
        return True

    def masked_telephones(self, conversation_id: str) -> tuple[str, ...]:
        """The telephones that a citizen gave or calls from, masked; not recorded."""
        with Session(self._engine) as session:
            return tuple(map(mask_telephone, self._telephones(session, conversation_id)))

    def see_telephones(self, conversation_id: str, agent: str, now: datetime) -> tuple[str, ...]:
        """The same in clear; recorded as seen."""
        with seal.writing(self._engine, conversation_id, self._vault) as (session, interaction):
            found = self._telephones(session, conversation_id)
            if found:
                _append(session, interaction, EventKind.CONTACT_SEEN, agent, now, datum="telephone", count=len(found))
        return found

    def _telephones(self, session: Session, conversation_id: str) -> tuple[str, ...]:
        query = select(EventRow).where(EventRow.conversation_id == conversation_id, EventRow.kind == EventKind.MESSAGE)
        rows = [row for row in session.scalars(query.order_by(EventRow.seq)) if row.data["sender"] == Sender.USER]
        found = [number for row in rows for number in telephones(self._original(row))]
        interaction = session.get(InteractionRow, conversation_id)
        if interaction:
            found += given_in(self._vault.open(interaction.facts)).telephones
        if interaction and interaction.snapshot["channel"] in (Channel.VOICE, Channel.WHATSAPP):
            found += telephones(interaction.snapshot["origin"])
        return tuple(dict.fromkeys(found))

    def _original(self, row: EventRow) -> str:
        return str(self._vault.open(row.secret)) if row.secret is not None else str(row.data["text"])


def _waiting(session: Session, conversation_id: str | None = None) -> list[EventRow]:
    """Parts of messages that nobody has dealt with since they were left, in order."""
    done = aliased(EventRow)
    dealt_with = exists().where(
        done.conversation_id == EventRow.conversation_id, done.kind == EventKind.VOICEMAIL_DONE, done.seq > EventRow.seq
    )
    query = select(EventRow).where(EventRow.kind == EventKind.VOICEMAIL, ~dealt_with).order_by(EventRow.seq)
    if conversation_id is not None:
        query = query.where(EventRow.conversation_id == conversation_id)
    return list(session.scalars(query))


def _by_conversation(parts: Sequence[EventRow]) -> dict[str, list[EventRow]]:
    found: dict[str, list[EventRow]] = {}
    for part in parts:
        found.setdefault(part.conversation_id, []).append(part)
    return found


def _message_ids(parts: Sequence[EventRow]) -> list[int]:
    return [int(part.data["message_id"]) for part in parts if part.data.get("message_id")]


def _words(session: Session, parts: Sequence[EventRow]) -> dict[int, EventRow]:
    """The citizen's messages that the parts consist of, by their number."""
    query = select(EventRow).where(EventRow.seq.in_(_message_ids(parts)))
    return {row.seq: row for row in session.scalars(query)}


def _openings(session: Session, parts: Sequence[EventRow]) -> list[EventRow]:
    query = select(EventRow).where(
        EventRow.conversation_id.in_({part.conversation_id for part in parts}),
        EventRow.kind == EventKind.VOICEMAIL_OPENED,
    )
    return list(session.scalars(query.order_by(EventRow.seq)))


def _left(parts: Sequence[EventRow], *, words: Sequence[str], openings: Sequence[EventRow]) -> LeftMessage:
    first, last = parts[0], parts[-1]
    return LeftMessage(
        conversation=first.conversation_id, folio=first.folio, campaign=first.campaign, at=first.at.astimezone(CENTRE),
        topic=first.data.get("topic"), words=tuple(words), telephone=last.data.get("telephone") or "",
        openings=tuple(
            Opening(agent=one.agent or "", at=one.at.astimezone(CENTRE))
            for one in openings
            if one.conversation_id == first.conversation_id and one.seq > first.seq
        ),
    )  # fmt: skip


def _append(
    session: Session, interaction: InteractionRow, kind: EventKind, agent: str, now: datetime, **data: Any
) -> None:
    row = EventRow(
        conversation_id=interaction.id, folio=interaction.folio, at=now, kind=kind, campaign=interaction.campaign,
        channel=interaction.snapshot["channel"], level="human", agent=agent, data=data,
    )  # fmt: skip
    chain.append(session, interaction, row)
