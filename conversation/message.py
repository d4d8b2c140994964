"""What comes in from a citizen and what goes out, the same for every channel.

A reply says what is meant; how it looks or sounds is each channel's own (docs/messages.md).
"""

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MAX_TEXT = 2000
"""Longest message accepted, in characters (security.md §14)."""


class Channel(StrEnum):
    """The medium an interaction came by (payment.md, «Data in»)."""

    WEBCHAT = "webchat"
    WHATSAPP = "whatsapp"
    VOICE = "voice"


class Sender(StrEnum):
    """Who wrote a message."""

    USER = "user"
    BOT = "bot"
    HUMAN = "human"
    SYSTEM = "system"


class Choice(BaseModel):
    """One option that the citizen may take."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    key: str = ""
    """Keypad key; empty means its position, counted from 1."""


class Document(BaseModel):
    """A page or file to open, beside what is said about it. Holds no personal data and no secret: it is recorded."""

    model_config = ConfigDict(frozen=True)

    title: str = Field(min_length=1, max_length=200)
    url: str = Field(max_length=2000)
    """`https://host/…`, or a path of this very site, `/…`."""

    @field_validator("url")
    @classmethod
    def _leads_where_it_seems(cls, url: str) -> str:
        if not _SAFE_ADDRESS.fullmatch(url):
            raise ValueError(f"«{url}» is no address to send a citizen to: write https://host/… or /path")
        return url


_SAFE_ADDRESS = re.compile(
    r"https://[a-z0-9.-]+(:[0-9]{1,5})?([/?#][^\s\\<>\"]*)?|/([^\s\\/<>\"][^\s\\<>\"]*)?", re.IGNORECASE
)
"""No other scheme, no user name before the host, no `//host` or `/\\host`, which browsers take for another site."""


class AskKind(StrEnum):
    """In what form the next answer is expected."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    YES_NO = "yes_no"


class Asks(BaseModel):
    """What a message asks for. Channels make answering easy by it; whatever else is answered is still read."""

    model_config = ConfigDict(frozen=True)

    kind: AskKind
    min_digits: int | None = Field(default=None, ge=1)
    max_digits: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _digits_in_order(self) -> "Asks":
        counted = self.min_digits is not None or self.max_digits is not None
        if counted and self.kind is not AskKind.DIGITS:
            raise ValueError("only digits are counted")
        if (self.min_digits or 1) > (self.max_digits or self.min_digits or 1):
            raise ValueError("min_digits is greater than max_digits")
        return self


class Reply(BaseModel):
    """One utterance of the bot or of the system, before a channel renders it."""

    model_config = ConfigDict(frozen=True)

    text: str
    choices: tuple[Choice, ...] = ()
    document: Document | None = None
    asks: Asks | None = None
    """What is expected next; None when anything may come."""


class IncomingMessage(BaseModel):
    """One message of a citizen: exactly one of text, choice and digits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = Field(default=None, min_length=1, max_length=MAX_TEXT)
    choice: str | None = Field(default=None, min_length=1, max_length=120)
    digits: str | None = Field(default=None, min_length=1, max_length=32, pattern=r"^[0-9*#]+$")
    client_message_id: str | None = Field(default=None, min_length=1, max_length=80)
    """Given by the sender; the same id is answered once, however often it arrives."""

    @model_validator(mode="after")
    def _exactly_one(self) -> "IncomingMessage":
        if sum(value is not None for value in (self.text, self.choice, self.digits)) != 1:
            raise ValueError("exactly one of text, choice and digits is required")
        if self.text is not None and not self.text.strip():
            raise ValueError("text is blank")
        return self


class Message(BaseModel):
    """One message as it stands in the record, personal data masked."""

    id: str
    sender: Sender
    text: str
    choices: tuple[Choice, ...] = ()
    document: Document | None = None
    asks: Asks | None = None
    at: datetime
    client_message_id: str | None = None
