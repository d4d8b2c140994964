"""What the person sees on taking a conversation: all that the bot already knows, masked (L1378, L1386)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from conversation.campaign import Campaign
from conversation.conversation import Conversation, State
from conversation.entrance import given_in
from conversation.masking import mask, mask_name, mask_nss
from conversation.message import Message, Sender


def card(conversation: Conversation, campaign: Campaign, messages: list[Message]) -> dict[str, Any]:
    """One entry of the lists."""
    handoff = conversation.handoff
    citizen = [message for message in messages if message.sender is Sender.USER]
    topic = campaign.topic(conversation.topic or "")
    return {
        "conversation_id": conversation.id, "folio": conversation.folio, "campaign": campaign.id,
        "campaign_name": campaign.name, "topic": conversation.topic,
        "topic_label": topic.label if topic else conversation.topic or "",
        "emergency_words": handoff.words if handoff else "",
        "reason_label": handoff.reason.label if handoff else "",
        "priority": bool(handoff and handoff.priority),
        "waiting_since": (handoff.since if handoff else conversation.opened_at).isoformat(),
        "last_text": citizen[-1].text if citizen else "",
        "unread": _unread(conversation, messages),
    }  # fmt: skip


def _unread(conversation: Conversation, messages: Sequence[Message]) -> int:
    """Messages of the citizen since the person who attends took it, or wrote last; none while nobody attends."""
    handoff = conversation.handoff
    if conversation.state is not State.HUMAN or handoff is None or handoff.answered_at is None:
        return 0
    answered = max((int(message.id) for message in messages if message.sender is Sender.HUMAN), default=0)
    return sum(
        message.sender is Sender.USER and int(message.id) > answered and message.at > handoff.answered_at
        for message in messages
    )


def screen_pop(conversation: Conversation, campaign: Campaign, telephones: Sequence[str] = ()) -> dict[str, Any]:
    """Who, what the bot collected, what it tried, why it handed over; `telephones` masked."""
    facts, handoff = conversation.facts, conversation.handoff
    topic = campaign.topic(conversation.topic or "")
    return {
        "folio": conversation.folio, "campaign_name": campaign.name, "channel": conversation.channel,
        "origin": campaign.shown_origin(conversation.channel, conversation.origin),
        "opened_at": conversation.opened_at.isoformat(), "form": given_in(facts).masked(),
        "reason": handoff.reason if handoff else None, "reason_label": handoff.reason.label if handoff else "",
        "topic": topic.label if topic else conversation.topic, "path": conversation.path,
        "emergency_words": handoff.words if handoff else "", "telephones": list(telephones),
        "identified": _identified(facts), "data": _data(facts, handoff.note if handoff else ""),
        "lookups": [
            {"service": one["service"], "at": one["at"], "result": one["result"]} for one in facts.get("lookups", ())
        ],
    }  # fmt: skip


def _identified(facts: dict[str, Any]) -> dict[str, str] | None:
    nss = facts.get("nss")
    if not nss:
        return None
    return {"level": "L2" if facts.get("patient") else "L1", "masked_nss": mask_nss(nss)}


def _moment(iso: str) -> str:
    return datetime.fromisoformat(iso).strftime("%d/%m/%Y %H:%M")


def _data(facts: dict[str, Any], note: str) -> dict[str, str]:
    patient = facts.get("patient") or {}
    unit = patient.get("adscripcion", {})
    slot = facts.get("work", {}).get("slot")
    data = {
        "Nombre": mask_name(facts["nombre"]) if facts.get("nombre") else "",
        "Nota del asistente": mask(note),
        "Fecha de nacimiento": (facts.get("fecha_nacimiento") or "")[:4],
        "Vigencia": "" if not patient else "Vigente" if patient.get("vigente") else "No vigente",
        "Unidad": unit.get("umf") or "",
        "Consultorio y turno": " ".join(filter(None, (unit.get("consultorio"), (unit.get("turno") or "").lower()))),
        "Horario ofrecido": _moment(slot["inicio"]) if slot else "",
        "Preferencia": facts.get("preference") or "",
    }
    return {label: value for label, value in data.items() if value}
