"""The citizen's copy of a conversation, in plain text (channels.md §2.4; L1873, L8321). Identifiers are masked."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from conversation.campaign import Campaign
from conversation.conversation import Conversation
from conversation.files import at_the_desk
from conversation.masking import mask_name
from conversation.message import Channel, Document, Message, Sender

_NAMES = {Sender.USER: "Usted", Sender.HUMAN: "Persona que le atiende", Sender.SYSTEM: "Aviso"}
_CHANNELS = {Channel.WEBCHAT: "chat web", Channel.WHATSAPP: "WhatsApp", Channel.VOICE: "teléfono"}


def transcript_text(
    conversation: Conversation, campaign: Campaign, messages: Sequence[Message], people: Sequence[str], site: str = ""
) -> str:
    """Ids, date, who attended, alias and address of the user, beginning, end and duration; then what was said.

    Args:
        conversation: as it is now; one that goes on has no end yet.
        campaign: the one that serves.
        messages: masked, in order, in the institution's time.
        people: names of the persons who attended, in order.
        site: `https://host` of this installation, for addresses of its own pages.
    """
    zone = ZoneInfo(campaign.timezone)
    opened, closed = conversation.opened_at.astimezone(zone), conversation.closed_at
    until = closed or (messages[-1].at if messages else conversation.opened_at)
    head = [
        "Instituto Mexicano del Seguro Social",
        campaign.name,
        f"Folio: {conversation.folio}",
        f"Identificador: {conversation.id}",
        f"Canal: {_CHANNELS[conversation.channel]}",
        f"Fecha: {opened:%d/%m/%Y}",
        f"Inicio: {_moment(opened)}",
        f"Fin: {_moment(closed.astimezone(zone)) if closed else 'la conversación sigue abierta'}",
        f"Duración: {_duration((until - conversation.opened_at).total_seconds())}",
        f"Atendió: {'; '.join([campaign.bot_name, *people])}",
        f"Usuario: {_alias(conversation)}",
        f"Dirección de origen: {campaign.shown_origin(conversation.channel, conversation.origin)}",
    ]
    lines = [_line(message, campaign, zone, site) for message in messages]
    return "\r\n".join([*head, "", *lines, ""])


def _line(message: Message, campaign: Campaign, zone: ZoneInfo, site: str) -> str:
    name = _NAMES.get(message.sender) or campaign.bot_name[:1].upper() + campaign.bot_name[1:]
    said = f"[{_moment(message.at.astimezone(zone))}] {name}: {message.text}".replace("\r", "").replace("\n", "\r\n")
    return f"{said}\r\n{_reference(message.document, site)}" if message.document else said


def _reference(document: Document, site: str) -> str:
    """Files of the conversation open only with its token, so their address would lead nowhere."""
    if at_the_desk(document) != document:
        return f"Archivo de la conversación: {document.title}"
    address = f"{site}{document.url}" if document.url.startswith("/") else document.url
    return f"{document.title}: {address}"


def _alias(conversation: Conversation) -> str:
    name = conversation.facts.get("nombre")
    return mask_name(name) if name else "sin nombre"


def _moment(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M}"


def _duration(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
