"""The public form of conversations and messages, for web chat and integrators alike."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from conversation.conversation import Conversation, State
from conversation.message import Asks, Document, Message, Sender


class ChoiceOut(BaseModel):
    """One option; `key` is its keypad key."""

    id: str
    title: str
    key: str = ""


class MessageOut(BaseModel):
    """One message. Ids increase within a conversation."""

    id: str
    sender: Sender
    text: str
    choices: list[ChoiceOut] = Field(default_factory=list)
    document: Document | None = None
    """A page or file to open with it; the address is https or a path of this site."""
    asks: Asks | None = None
    """In what form the next answer is expected; anything else is read as well."""
    at: datetime
    client_message_id: str | None = None


class Opened(BaseModel):
    """A new conversation."""

    conversation_id: str
    folio: str
    token: str
    """Bearer token for all further requests; shown once."""
    state: State
    messages: list[MessageOut]


class Answer(BaseModel):
    """What one message brought about."""

    state: State
    messages: list[MessageOut]
    campaign: str
    topic: str | None


class Transcript(Answer):
    """The whole conversation, personal data masked."""

    conversation_id: str
    folio: str


class ToMend(BaseModel):
    """One thing in a request that is not as it must be."""

    type: str
    loc: list[str | int]
    """Where: `body`, `path`, … and the names below it."""
    msg: str


class Refusal(BaseModel):
    """Every answer but the good ones."""

    detail: str | list[ToMend]
    """What is wrong and what to do, in words; in a list where a request cannot be read."""
    error: str | None = None
    """A code for programs, where there is one."""
    fields: dict[str, str] | None = None
    """What to mend in the form, by field."""


_REASONS = {
    400: "El cuerpo no se puede leer.",
    401: "Falta el token de la conversación, no es el suyo o ya venció.",
    403: "Falta la comprobación de seguridad o no es válida.",
    404: "No existe.",
    409: "La conversación, o la campaña, no lo admite ahora; `error` dice por qué.",
    410: "Ya se borró.",
    413: "Es más grande de lo que se acepta.",
    422: "Hay un dato que no sirve.",
    429: "Fueron demasiadas; `Retry-After` dice cuándo intentarlo de nuevo.",
    503: "Falta una pieza de la instalación.",
}


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of an end point, for the description of the interface."""
    return {code: {"model": Refusal, "description": _REASONS[code]} for code in codes}


def message_out(message: Message) -> MessageOut:
    """The public form of a recorded message."""
    return MessageOut.model_validate(message.model_dump())


def answer_of(conversation: Conversation, messages: list[Message]) -> Answer:
    """The public form of an outcome."""
    return Answer(
        state=conversation.state, messages=[message_out(message) for message in messages],
        campaign=conversation.campaign, topic=conversation.topic,
    )  # fmt: skip
