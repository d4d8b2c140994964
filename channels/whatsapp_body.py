"""Rendered messages in the form of the Cloud API (Graph `/{phone id}/messages`)."""

from typing import Any

from channels.whatsapp_rendering import WhatsAppButtons, WhatsAppList, WhatsAppMessage, WhatsAppText
from ledger.whatsapp_outbox import Body

LANGUAGE = "es_MX"
"""Of every template: the institution registers them in Spanish of Mexico."""


def body_of(message: WhatsAppMessage) -> Body:
    """One message as Graph takes it."""
    if isinstance(message, WhatsAppText):
        return Body("text", {"body": message.body, "preview_url": False})
    return Body("interactive", {**_action(message), "body": {"text": message.body}})


def _action(message: WhatsAppMessage) -> dict[str, Any]:
    if isinstance(message, WhatsAppButtons):
        buttons = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in message.buttons]
        return {"type": "button", "action": {"buttons": buttons}}
    if isinstance(message, WhatsAppList):
        rows = [
            {"id": row.id, "title": row.title, **({"description": row.description} if row.description else {})}
            for row in message.rows
        ]
        sections = [{"title": message.section, "rows": rows}]
        return {"type": "list", "action": {"button": message.button, "sections": sections}}
    assert not isinstance(message, WhatsAppText)
    return {
        "type": "cta_url",
        "action": {"name": "cta_url", "parameters": {"display_text": message.button, "url": message.url}},
    }


def template(name: str, parameters: tuple[str, ...] = (), payloads: tuple[str, ...] = ()) -> dict[str, Any]:
    """An approved template: its body's parameters in order, and what each quick-reply button sends back."""
    components: list[dict[str, Any]] = []
    if parameters:
        components.append({"type": "body", "parameters": [{"type": "text", "text": one} for one in parameters]})
    for place, payload in enumerate(payloads):
        button = {"type": "button", "sub_type": "quick_reply", "index": str(place)}
        components.append({**button, "parameters": [{"type": "payload", "payload": payload}]})
    content: dict[str, Any] = {"name": name, "language": {"code": LANGUAGE}}
    return {**content, "components": components} if components else content
