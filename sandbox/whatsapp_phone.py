"""A person's telephone with WhatsApp, seen from a business: what Meta delivers to the webhook, signed.

Shapes: Meta's webhook reference of messages and statuses, with business-scoped user ids as since April 2026.
"""

import hashlib
import hmac
import itertools
import json
import time
from typing import Any

import httpx

from sandbox.whatsapp_graph import GraphStandIn

ACCOUNT = "102290129340398"
_numbers = itertools.count(1)


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _without_old_mobile_1(number: str) -> str:
    """Mexican numbers are reached with and without the 1 after the country code; WhatsApp itself writes it."""
    return f"52{number[3:]}" if number.startswith("521") and len(number) == 13 else number


class Phone:
    """One person. With a user name their number is hidden, and only the BSUID is delivered."""

    def __init__(
        self, graph: GraphStandIn, webhook: str, app_secret: str, *, number: str = "5215500000001",
        user_id: str | None = "MX.13491208655302741918", hides_number: bool = False,
    ) -> None:  # fmt: skip
        self._graph, self._webhook, self._secret = graph, webhook, app_secret
        self.number, self.user_id, self.hides_number = number, user_id, hides_number

    @property
    def address(self) -> str:
        """What a business can write to."""
        return (self.user_id or "") if self.hides_number else self.number

    def received(self) -> list[Any]:
        """The messages that arrived here."""
        mine = {self.number, self.user_id, _without_old_mobile_1(self.number)}
        return [message for message in self._graph.sent if message.to in mine]

    def text(self, words: str, message_id: str | None = None) -> dict[str, Any]:
        """A delivery: words."""
        return self.message("text", {"body": words}, message_id)

    def tap(self, option: str, title: str, kind: str = "button_reply") -> dict[str, Any]:
        """A delivery: a button (`button_reply`) or a row of a list (`list_reply`)."""
        return self.message("interactive", {"type": kind, kind: {"id": option, "title": title}})

    def file(self, kind: str, content: bytes, mime: str, **more: Any) -> dict[str, Any]:
        """A delivery: an image, document, audio, video or sticker."""
        media_id = self._graph.keep_media(content, mime)
        about = {"id": media_id, "mime_type": mime, "sha256": hashlib.sha256(content).hexdigest(), **more}
        return self.message(kind, about)

    def message(
        self, kind: str, content: dict[str, Any] | None, message_id: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A delivery of any kind."""
        message: dict[str, Any] = {
            "id": message_id or f"wamid.test{next(_numbers)}", "timestamp": str(int(time.time())), "type": kind, **more,
        }  # fmt: skip
        if content is not None:
            message[kind] = content
        contact: dict[str, Any] = {"profile": {"name": "Persona Sintética"}}
        if self.user_id:
            message["from_user_id"] = contact["user_id"] = self.user_id
        if not self.hides_number:
            message["from"] = contact["wa_id"] = self.number
        return self.delivery(contacts=[contact], messages=[message])

    def status(self, message: Any, state: str, code: int | None = None) -> dict[str, Any]:
        """A delivery: what became of a message of the business."""
        about: dict[str, Any] = {"id": message.message_id, "status": state, "timestamp": str(int(time.time()))}
        about["recipient_id"] = self.number
        if message.tracker:
            about["biz_opaque_callback_data"] = message.tracker
        if code is not None:
            about["errors"] = [{"code": code, "title": "Error", "message": "Error", "error_data": {"details": "…"}}]
        return self.delivery(statuses=[about])

    def delivery(self, **value: Any) -> dict[str, Any]:
        """The envelope of the webhook."""
        metadata = {"display_phone_number": "525550000000", "phone_number_id": self._graph.phone_id}
        change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
        return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": [change]}]}

    def deliver(self, delivery: dict[str, Any], *, secret: str | None = None) -> httpx.Response:
        """Post a delivery, signed, as Meta does."""
        body = json.dumps(delivery, ensure_ascii=True).encode()
        if "messages" in delivery["entry"][0]["changes"][0]["value"]:
            self._graph.heard[self.number] = self._graph.heard[self.user_id or self.number] = time.time()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(secret or self._secret, body)}
        return httpx.post(self._webhook, content=body, headers=headers, timeout=10.0)

    def says(self, words: str, message_id: str | None = None) -> httpx.Response:
        """Write words."""
        return self.deliver(self.text(words, message_id))

    def taps(self, option: str, title: str, kind: str = "button_reply") -> httpx.Response:
        """Tap an option."""
        return self.deliver(self.tap(option, title, kind))
