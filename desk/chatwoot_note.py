"""The private note that goes with a hand-over: what the bot collected and what was said, masked (L1378, L1386)."""

from collections.abc import Sequence
from typing import Any

from conversation.choices import key_of
from conversation.message import Message, Sender

LONGEST = 60_000
"""Characters of the transcript; Chatwoot takes 150,000 in one message."""
_SPEAKERS = {Sender.USER: "Ciudadano", Sender.BOT: "Asistente", Sender.HUMAN: "Agente", Sender.SYSTEM: "Sistema"}


def handover_note(pop: dict[str, Any], messages: Sequence[Message]) -> str:
    """The note as Markdown; `pop` is the screen pop of `desk.screen_pop`, masked already."""
    lines = [f"**Folio {pop['folio']}** · {pop['campaign_name']} · {pop['channel']}"]
    if pop["emergency_words"]:
        lines.append(f"**EMERGENCIA**: «{pop['emergency_words']}»")
    identified = pop["identified"]
    facts = {
        "Motivo": pop["reason_label"], "Tema": pop["topic"] or "", "Recorrido": " > ".join(pop["path"]),
        "Identificación": f"{identified['level']}, NSS {identified['masked_nss']}" if identified else "",
        "Teléfonos": ", ".join(pop["telephones"]), "Origen": pop["origin"] or "",
        **pop["form"], **pop["data"],
        **{f"Consulta {one['service']}": one["result"] for one in pop["lookups"]},
    }  # fmt: skip
    lines += [f"- {label}: {value}" for label, value in facts.items() if value]
    return "\n".join([*lines, "", "**Conversación**", _transcript(messages)])


def _transcript(messages: Sequence[Message]) -> str:
    lines = [f"{one.at:%H:%M} {_SPEAKERS[one.sender]}: {one.text}" for one in messages]
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else "(lo anterior está en el registro)\n" + text[-LONGEST:]


def as_text(message: Message, site: str) -> str:
    """What bot or system say, as any inbox of Chatwoot can show it: options by their keys, a document by its address.

    `site` is the public `https://host` of this installation, for pages of its own.
    """
    lines = [message.text]
    keyed = [(key_of(choice, place), choice.title) for place, choice in enumerate(message.choices, start=1)]
    lines += [f"{key}. {title}" for key, title in keyed if key != title]
    if message.document:
        url = message.document.url
        if not url.startswith("/"):
            lines.append(f"{message.document.title}: {url}")
        elif site:
            lines.append(f"{message.document.title}: {site.rstrip('/')}{url}")
    return "\n".join(lines)
