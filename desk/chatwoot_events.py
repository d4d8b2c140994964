"""What Chatwoot's webhooks tell: messages of people and of citizens, and changes of status; the rest is left out."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

_MESSAGE, _STATUS = "message_created", frozenset({"conversation_status_changed", "conversation_resolved"})
_INCOMING, _OUTGOING = ("incoming", 0), ("outgoing", 1)
MAX_NAME = 60


class _Numbered(BaseModel):
    id: int = 0


class _Person(_Numbered):
    name: str | None = None
    available_name: str | None = None
    type: str = ""

    @property
    def shown(self) -> str:
        return (self.available_name or self.name or "una persona")[:MAX_NAME]


class _Meta(BaseModel):
    assignee: _Person | None = None


class _Conversation(_Numbered):
    inbox_id: int = 0
    status: str = ""
    labels: list[str] = Field(default_factory=list)
    meta: _Meta = Field(default_factory=_Meta)
    updated_at: float | str | None = None
    timestamp: float = 0


class _Event(_Conversation):
    """An event has the fields of a conversation (status) or of a message (all others) at its top."""

    event: str
    account: _Numbered | None = None
    inbox: _Numbered | None = None
    content: str | None = None
    message_type: str | int = ""
    private: bool = False
    sender: _Person | None = None
    attachments: list[dict[str, Any]] | None = None
    conversation: _Conversation | None = None


@dataclass(frozen=True)
class Said:
    """A message that everybody in the conversation reads."""

    chatwoot_id: int
    message_id: int
    text: str
    author: int
    """Number of the person in Chatwoot; 0 for the citizen."""
    name: str
    status: str
    """Of the conversation, when it was written."""
    files: int

    @property
    def key(self) -> str:
        """The same for the same message."""
        return f"message:{self.message_id}"

    @property
    def source(self) -> str:
        """Its id in our record."""
        return f"chatwoot:{self.message_id}"


@dataclass(frozen=True)
class Changed:
    """The conversation has another status."""

    chatwoot_id: int
    status: str
    at: float
    labels: tuple[str, ...]
    author: int
    """The person it is assigned to; 0: nobody."""
    name: str

    @property
    def key(self) -> str:
        """The same for the same change, whichever event told it."""
        return f"status:{self.chatwoot_id}:{self.status}:{self.at}"


def read(content: dict[str, Any], account: int, inbox: int) -> Said | Changed | None:
    """What an event means to us; None: another inbox, a private note, our own words, or nothing of interest.

    Raises:
        pydantic.ValidationError: not in Chatwoot's form.
    """
    if content.get("event") not in (_MESSAGE, *_STATUS):
        return None
    event = _Event.model_validate(content)
    if event.account is not None and event.account.id != account:
        return None
    if event.event == _MESSAGE and event.conversation is not None:
        return _said(event, event.conversation, inbox)
    if event.event in _STATUS and event.inbox_id == inbox:
        assignee = event.meta.assignee
        return Changed(
            event.id, event.status, _moment(event), tuple(event.labels),
            assignee.id if assignee else 0, assignee.shown if assignee else "",
        )  # fmt: skip
    return None


def _said(event: _Event, conversation: _Conversation, inbox: int) -> Said | None:
    if inbox not in (conversation.inbox_id, event.inbox.id if event.inbox else 0) or event.private:
        return None
    by_person = event.message_type in _OUTGOING and event.sender is not None and event.sender.type == "user"
    if not by_person and event.message_type not in _INCOMING:
        return None  # the bot's own words, automatic greetings, «assigned to …»
    author = event.sender.id if by_person and event.sender else 0
    name = event.sender.shown if event.sender else ""
    return Said(
        conversation.id, event.id, (event.content or "").strip(), author, name, conversation.status,
        len(event.attachments or ()),
    )  # fmt: skip


def _moment(event: _Event) -> float:
    return event.updated_at if isinstance(event.updated_at, float) else event.timestamp
