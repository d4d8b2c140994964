"""Erases the personal data of one interaction and keeps the proof that it happened (L750, security.md §5).

Deleted are the encrypted originals and facts, everything said, form and notes, the caller's address except its mask,
and the key by which the person was recognised. Folio, times, topics, results, survey, verdicts and every hash stay:
payment and statistics rest on them.

The chain stays whole. An erased row keeps the hash that it had, by which its neighbours are linked, although that hash
cannot be computed any more. In its place an event `erased` at the end of the chain names, for each row that lost
something, the hash of what was left. So `ledger.verification` tells three things apart: a row as it was written, a row
that was erased and is as the erasure left it, and a row that somebody changed. An `erased` event cannot be forged: it
is sealed like every other (`ledger.seal`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, exists, select, update
from sqlalchemy.orm import Session

from conversation.conversation import State
from conversation.events import EventKind
from conversation.masking import mask_origin
from ledger import chain, seal
from ledger.chatwoot_inbox import WAITING
from ledger.schema import (
    AttachmentRow,
    ChatwootInboxRow,
    ChatwootLinkRow,
    EventRow,
    InteractionRow,
    WhatsAppInboxRow,
    WhatsAppOutboxRow,
    WhatsAppSessionRow,
)
from ledger.vault import Vault
from ledger.verification import verify

ERASED_TEXT = "[borrado]"
_UNTOUCHED = {EventKind.REVIEWED, EventKind.AGREEMENT, EventKind.ERASED, EventKind.RECORDED, EventKind.LOOKUP}
"""Evidence of payment without personal data: marks and verdicts, notes are masked; codes of services."""
_KEPT_TEXTS = {
    "sender", "in_reply_to", "reason", "topic", "topics", "intent", "end", "ended_by", "to", "origin", "channel",
    "bot_version", "agent_type", "agent_level", "agent", "by", "message_id", "level", "campaign", "cause", "datum",
}  # fmt: skip
"""Texts of an event's data that say what happened and nothing about a person; any other text is erased."""


@dataclass(frozen=True)
class ErasureOrder:
    """Why and by whose order."""

    basis: str
    """«policy» with the profile, or «request»."""
    reason: str
    policy_sha256: str | None
    authorised_by: str
    """Roles or user names, never what was said."""
    executed_by: str


@dataclass(frozen=True)
class ErasedInteraction:
    """What was done to one."""

    folio: str
    campaign: str
    rows: int
    originals: int
    attachments: tuple[str, ...]
    """Ids, whose files the caller deletes."""
    before_sha256: str
    """End of its chain before."""
    after_sha256: str
    """End of its chain with the erasure."""


class NotErasable(Exception):
    """It stays as it is; the text (Spanish) says why."""


def erase_interaction(
    engine: Engine, vault: Vault, folio: str, order: ErasureOrder, now: datetime, recordings: Sequence[str] = ()
) -> ErasedInteraction:
    """Erase the personal data of a closed interaction, in one transaction; `recordings` are the SHA-256 of its files.

    Raises:
        NotErasable: there is none, it is open, was erased before, or its evidence is broken and must be seen to first.
    """
    conversation_id = _erasable(engine, vault, folio)
    with seal.writing(engine, conversation_id, vault) as (session, row):
        if row.state != State.CLOSED:
            raise NotErasable("la interacción sigue abierta")
        before, campaign = row.chain_head, row.snapshot["bot_campaign"]
        events = list(session.scalars(select(EventRow).where(EventRow.conversation_id == row.id)))
        if any(event.kind == EventKind.ERASED for event in events):
            raise NotErasable("ya se había borrado")
        originals = sum(event.secret is not None for event in events)
        remains = {str(event.position): _strip(event) for event in events if _holds_something(event)}
        _strip_interaction(row, vault)
        attachments = tuple(session.scalars(select(AttachmentRow.id).where(AttachmentRow.conversation_id == row.id)))
        _strip_others(session, vault, row.id, row.last_activity)
        data = {
            "basis": order.basis, "reason": order.reason, "policy_sha256": order.policy_sha256,
            "authorised_by": order.authorised_by, "executed_by": order.executed_by, "remains": remains,
            "recordings": list(recordings), "attachments": len(attachments),
        }  # fmt: skip
        told = EventRow(
            conversation_id=row.id, folio=folio, at=now, kind=EventKind.ERASED, campaign=campaign,
            channel=row.snapshot["channel"], level="system", agent=None, source_id=None, data=data, secret=None,
        )  # fmt: skip
        chain.append(session, row, told)
        return ErasedInteraction(
            folio, campaign, len(remains), originals, attachments, before or "", row.chain_head
        )  # fmt: skip


def is_erased() -> ColumnElement[bool]:
    """Condition on `InteractionRow`: its personal data were erased."""
    return exists().where(EventRow.conversation_id == InteractionRow.id, EventRow.kind == EventKind.ERASED)


def erased_folios(engine: Engine, folios: Sequence[str]) -> set[str]:
    """Those of some folios whose data were erased."""
    query = select(EventRow.folio).where(EventRow.folio.in_(folios), EventRow.kind == EventKind.ERASED)
    with Session(engine) as session:
        return set(session.scalars(query))


def _erasable(engine: Engine, vault: Vault, folio: str) -> str:
    with Session(engine) as session:
        found = session.scalar(select(InteractionRow.id).where(InteractionRow.folio == folio))
    if found is None:
        raise NotErasable("no existe ese folio")
    checked = verify(engine, vault, folio=folio)
    if not checked.is_sound:
        # What cannot be computed any more could not be found any more either.
        raise NotErasable(f"su evidencia está alterada y se conserva hasta aclararlo: {checked.findings[0].problem}")
    return found


def _holds_something(event: EventRow) -> bool:
    return event.kind not in _UNTOUCHED and (event.secret is not None or event.data != _left_of(event))


def _strip(event: EventRow) -> str:
    """Take the personal data out of an event; the hash of what is left."""
    event.data, event.secret = _left_of(event), None
    return chain.row_hash("events", {name: getattr(event, name) for name in chain.COLUMNS["events"]})


def _left_of(event: EventRow) -> dict[str, Any]:
    left = _without_texts(event.data)
    return {**left, "text": ERASED_TEXT} if event.kind == EventKind.MESSAGE else left


def _without_texts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers, yes and no, and the texts that name what happened."""
    return {
        name: value
        for name, value in data.items()
        if name in _KEPT_TEXTS or value is None or isinstance(value, bool | int | float)
    }


def _strip_interaction(row: InteractionRow, vault: Vault) -> None:
    snapshot = dict(row.snapshot)
    snapshot["origin"] = mask_origin(snapshot["origin"])
    snapshot["offered"] = []
    if snapshot.get("handoff"):
        snapshot["handoff"] = {**snapshot["handoff"], "note": ""}
    row.snapshot, row.facts, row.person_key = snapshot, vault.lock({}), None


def _strip_others(session: Session, vault: Vault, conversation_id: str, until: datetime) -> None:
    """What stands beside the chain: names of files; messages by WhatsApp, and whose they were."""
    mine = AttachmentRow.conversation_id == conversation_id
    session.execute(update(AttachmentRow).where(mine).values(name=ERASED_TEXT))
    empty = vault.lock({"type": "text", "content": {}})
    sent = WhatsAppOutboxRow.conversation_id == conversation_id
    session.execute(update(WhatsAppOutboxRow).where(sent).values(content=empty))
    there = select(ChatwootLinkRow.chatwoot_id).where(ChatwootLinkRow.conversation_id == conversation_id)
    worked_on = ChatwootInboxRow.chatwoot_id.in_(there) & (ChatwootInboxRow.state != WAITING)
    session.execute(update(ChatwootInboxRow).where(worked_on).values(content=empty))
    linked = session.get(WhatsAppSessionRow, conversation_id)
    if linked:
        received = WhatsAppInboxRow.at.between(linked.opened_at, until) & (WhatsAppInboxRow.user_id == linked.user_id)
        session.execute(update(WhatsAppInboxRow).where(received).values(content=empty))
        session.delete(linked)
