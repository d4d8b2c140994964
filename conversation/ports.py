"""What the conversation needs from outside, as interfaces; `server/` decides which adapter stands behind each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from conversation.campaign import Campaign
from conversation.conversation import Conversation
from conversation.emergency import EmergencyWords
from conversation.events import EventKind
from conversation.handoff import HandoffReason
from conversation.message import Channel, Message, Reply


class Turn(BaseModel):
    """One message for the dialogue engine, with all that the dialogue needs to know."""

    model_config = ConfigDict(frozen=True)

    conversation: str
    folio: str
    campaign: str
    channel: Channel
    now: datetime
    text: str | None = None
    choice: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    moved_from: str | None = None
    """Campaign the citizen was moved from in this very turn."""


class HandOff(BaseModel):
    """The dialogue ends here and a person goes on."""

    model_config = ConfigDict(frozen=True)

    reason: HandoffReason
    note: str = ""


class MoveTo(BaseModel):
    """Another campaign is the right one; `forward` gives it the citizen's same words."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    forward: bool = False


class Finish(BaseModel):
    """Everything was served: ask the survey."""

    model_config = ConfigDict(frozen=True)


class Answered(BaseModel):
    """The engine answered."""

    model_config = ConfigDict(frozen=True)

    replies: tuple[Reply, ...]
    topic: str | None = None
    """Topic that was served to its end in this turn, if one was."""
    intent: str | None = None
    confidence: float | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    outcome: HandOff | MoveTo | Finish | None = None


class NotAnswered(BaseModel):
    """The engine did not answer: down, too slow, or its action failed."""

    model_config = ConfigDict(frozen=True)

    reason: str


class DialogueEngine(Protocol):
    """Asks the campaign's bot."""

    async def ask(self, turn: Turn) -> Answered | NotAnswered:
        """One turn; failures are values, never exceptions."""
        ...


class NewEvent(BaseModel):
    """One row to append to the record."""

    kind: EventKind
    data: dict[str, Any] = Field(default_factory=dict)
    """Shown in pages and reports: personal data masked."""
    secret: str | None = None
    """The original where masking changed it; stored encrypted."""
    source_id: str | None = None
    """The sender's own id of a message; unique in its conversation."""
    level: str = "bot"
    agent: str | None = None


class Record(Protocol):
    """The append-only ledger, as far as conversations need it."""

    def open(self, campaign: Campaign, channel: Channel, origin: str, now: datetime, token_hash: str) -> Conversation:
        """A new conversation with the next folio of the day."""
        ...

    def load(self, conversation_id: str) -> Conversation | None:
        """The conversation as it is now."""
        ...

    def find_folio(self, folio: str) -> Conversation | None:
        """The conversation with this folio, if there is one."""
        ...

    def write(self, conversation: Conversation, events: Sequence[NewEvent], now: datetime) -> list[Message]:
        """Save the conversation and append its events, all or nothing; the messages among them, as recorded."""
        ...

    def find_source(self, conversation_id: str, source_id: str) -> Message | None:
        """The message recorded under the sender's own id, if it came before."""
        ...

    def replies_to(self, conversation_id: str, message_id: str) -> list[Message]:
        """What was answered to one message of the citizen."""
        ...

    def messages(self, conversation_id: str, after: str | None = None) -> list[Message]:
        """The transcript, masked, in order; only what came after a message id when one is given."""
        ...

    def waiting(self) -> list[Conversation]:
        """Conversations that wait for a person: emergencies first, then in order of waiting."""
        ...

    def attended_by(self, agent: str) -> list[Conversation]:
        """Conversations a person has at the desk; telephone calls whose tipificaciones are still owed among them."""
        ...

    def attended(self) -> list[Conversation]:
        """Conversations that people are attending now, whoever they are."""
        ...

    def idle_since(self, moment: datetime) -> list[Conversation]:
        """Open conversations without activity since then."""
        ...

    def is_call_asked(self, telephone: str) -> bool:
        """Whether a call to these ten digits is asked for and still to be made (`conversation.callbacks`)."""
        ...


class Opening(BaseModel):
    """Who read a message that was left, and when."""

    model_config = ConfigDict(frozen=True)

    agent: str
    at: datetime


class LeftMessage(BaseModel):
    """A message for the staff that nobody has dealt with yet, masked (L1416)."""

    model_config = ConfigDict(frozen=True)

    conversation: str
    folio: str
    campaign: str
    at: datetime
    """When its first words were left, in the institution's time."""
    topic: str | None
    words: tuple[str, ...]
    telephone: str = ""
    openings: tuple[Opening, ...] = ()


class Contacts(Protocol):
    """What staff may read in clear to call a citizen back; every reading is recorded before it is given."""

    def left_messages(self) -> list[LeftMessage]:
        """Messages that wait to be dealt with, the oldest first."""
        ...

    def open_left_message(self, conversation_id: str, agent: str, now: datetime) -> LeftMessage | None:
        """One of them with telephone and e-mail readable, other identifiers masked; None when it does not wait."""
        ...

    def finish_left_message(self, conversation_id: str, agent: str, note: str, now: datetime) -> bool:
        """Somebody dealt with it, with a note of what was done; False when it does not wait (any more)."""
        ...

    def masked_telephones(self, conversation_id: str) -> tuple[str, ...]:
        """The telephones that a citizen gave or calls from, masked; not recorded."""
        ...

    def see_telephones(self, conversation_id: str, agent: str, now: datetime) -> tuple[str, ...]:
        """The same in clear."""
        ...


class Campaigns(Protocol):
    """The campaigns of this installation, read afresh when their files change."""

    def get(self, campaign_id: str) -> Campaign | None:
        """One campaign."""
        ...

    def emergency(self) -> EmergencyWords:
        """Words and prompt of the emergency rule."""
        ...


class Listener(Protocol):
    """Told of everything that was recorded; channels and desk push it to whoever is looking."""

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Called after the record is written; must not block or fail the conversation."""
        ...


class Clock(Protocol):
    """Tells the time of the institution's day."""

    def __call__(self) -> datetime:
        """Now, with time zone."""
        ...
