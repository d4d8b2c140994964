"""What Meta's webhook delivers, in our terms. Read leniently: unknown fields and kinds are no error, they are new.

One delivery may hold several entries, changes, messages and statuses (Meta batches them), so nothing is taken from the
first of a list only. pywa's own types are not used for reading: they take the first, and demand a BSUID.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.whatsapp_inbox import Arrival
from ledger.whatsapp_outbox import SendState, Status
from ledger.whatsapp_users import Address

MOST_NUMBER = 2**31 - 1
_NUMBER = re.compile("[0-9]{1,18}")
MEDIA = ("image", "document", "audio", "video", "sticker")
_STATES = {
    "sent": SendState.SENT, "delivered": SendState.DELIVERED, "read": SendState.READ, "played": SendState.READ,
    "failed": SendState.FAILED,
}  # fmt: skip


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Metadata(_Lenient):
    phone_number_id: str = ""


class _Contact(_Lenient):
    wa_id: str | None = None
    user_id: str | None = None


class _Value(_Lenient):
    metadata: _Metadata = _Metadata()
    contacts: tuple[_Contact, ...] = ()
    messages: tuple[dict[str, Any], ...] = ()
    statuses: tuple[dict[str, Any], ...] = ()


class _Change(_Lenient):
    field: str = ""
    value: dict[str, Any] = Field(default_factory=dict)


class _Entry(_Lenient):
    changes: tuple[_Change, ...] = ()


class _Problem(_Lenient):
    code: int | None = Field(default=None, ge=-MOST_NUMBER, le=MOST_NUMBER)
    title: str | None = None
    message: str | None = None
    error_data: dict[str, Any] | None = None


class _Told(_Lenient):
    id: str = Field(min_length=1)
    status: str = ""
    biz_opaque_callback_data: str | None = None
    errors: tuple[_Problem, ...] | None = None


class Delivery(_Lenient):
    """One request of the webhook."""

    object: str = ""
    entry: tuple[_Entry, ...] = ()

    def arrivals(self, phone_id: str) -> list[Arrival]:
        """The messages for our number, in order; without an id or a sender, or in a group, none is answered."""
        found = []
        for value in self._values(phone_id):
            for message in value.messages:
                message_id, address = message.get("id"), _sender(message, value.contacts)
                if isinstance(message_id, str) and message_id and address and "group_id" not in message:
                    found.append(Arrival(message_id, address, message))
        return found

    def statuses(self, phone_id: str) -> list[Status]:
        """What became of our messages."""
        return [one for value in self._values(phone_id) for raw in value.statuses if (one := _status(raw)) is not None]

    def _values(self, phone_id: str) -> Iterator[_Value]:
        for entry in self.entry:
            for change in entry.changes:
                if change.field == "messages":
                    value = _Value.model_validate(change.value)
                    if value.metadata.phone_number_id == phone_id:
                        yield value


def _sender(message: dict[str, Any], contacts: tuple[_Contact, ...]) -> Address | None:
    """Who wrote: `from` and `from_user_id`, completed by the contact that belongs to the message; None: nobody."""
    number, user_id = message.get("from") or None, message.get("from_user_id") or None
    if not isinstance(number, str | None) or not isinstance(user_id, str | None):
        return None  # alone: the other messages of the delivery count
    for contact in contacts:
        mine = (number and contact.wa_id == number) or (user_id and contact.user_id == user_id) or len(contacts) == 1
        if mine:
            number, user_id = number or contact.wa_id or None, user_id or contact.user_id or None
            break
    return Address(user_id=user_id, number=number) if user_id or number else None


def _status(raw: dict[str, Any]) -> Status | None:
    """What became of one message; None for news that say nothing to us, or that cannot be read."""
    try:
        told = _Told.model_validate(raw)
    except ValidationError:
        return None  # alone: what else is in the delivery counts
    state = _STATES.get(told.status)
    if state is None:
        return None
    given = told.biz_opaque_callback_data or ""
    error = told.errors[0] if told.errors else _Problem()
    details = str((error.error_data or {}).get("details") or error.message or error.title or "")
    return Status(told.id, state, int(given) if _NUMBER.fullmatch(given) else None, error.code, details)


@dataclass(frozen=True)
class Said:
    """Words, or an option that was tapped (its id and title); `about` is the message it answers."""

    text: str
    choice: str | None = None
    about: str | None = None
    template: bool = False
    """The option is a button of a template: no conversation offered it."""


@dataclass(frozen=True)
class Media:
    """A file; `spoken` is a voice note."""

    media_id: str
    kind: str
    name: str = ""
    caption: str = ""
    spoken: bool = False


@dataclass(frozen=True)
class Place:
    """A place on the map."""

    latitude: float
    longitude: float
    name: str = ""


@dataclass(frozen=True)
class Unreadable:
    """Something that WhatsApp or we do not take, by Meta's name for it."""

    kind: str


Incoming = Said | Media | Place | Unreadable | None


def read(message: dict[str, Any]) -> Incoming:
    """What a message is; None for what asks for no answer (reactions, changes of number, taking a message back)."""
    kind = _words(message, "type")
    content = message.get(kind)
    content = content if isinstance(content, dict) else {}
    about = (message.get("context") or {}).get("id")
    if kind == "text" and _words(content, "body").strip():
        return Said(_words(content, "body"), about=about)
    if kind == "button":  # quick reply of a template
        words, payload = _words(content, "text"), _words(content, "payload")
        return Said(words or payload, choice=payload or None, about=about, template=True)
    if kind == "interactive":
        reply = content.get(_words(content, "type"))
        if isinstance(reply, dict) and reply.get("id"):
            return Said(_words(reply, "title"), choice=_words(reply, "id"), about=about)
    if kind in MEDIA and content.get("id"):
        name, caption = _words(content, "filename"), _words(content, "caption")
        return Media(str(content["id"]), kind, name, caption, spoken=kind == "audio" and bool(content.get("voice")))
    if kind == "location" and "latitude" in content and "longitude" in content:
        name = " ".join(filter(None, (_words(content, "name"), _words(content, "address"))))
        return Place(float(content["latitude"]), float(content["longitude"]), name)
    return None if kind in ("reaction", "system", "revoke") else Unreadable(kind or "unknown")


def _words(content: dict[str, Any], name: str) -> str:
    """A text that may be missing, or null."""
    return str(content.get(name) or "")
