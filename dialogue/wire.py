"""What travels between the conversation and a campaign's actions, through Rasa's own REST channel.

Going in, the message's `metadata` is a `TurnMetadata`. Coming out, the action's ordinary texts are the replies, an
`attachment` (a `Document` as JSON) belongs to the text before it, and one `custom` message `{"turn": TurnReport}`
closes them. Rasa hides failures (it answers 200 with what was collected), so a turn without a report has failed.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from conversation.handoff import HandoffReason
from conversation.message import Channel
from dialogue.scrubbing import scrubbed

CHOICE_INTENT = "elegir"
"""Intent of a choice that answers the open question; other choices are intents themselves."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Wire):
    """One part of a sentence that joins several, and what it alone would be taken for."""

    intent: str
    confidence: float


class TurnMetadata(_Wire):
    """What an action must know beyond the text."""

    conversation: str
    folio: str
    campaign: str
    channel: Channel
    now: datetime
    said: str = ""
    """The citizen's own words; the message itself carries them without personal data."""
    choice: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    moved_from: str | None = None
    parts: tuple[Part, ...] = ()
    """Of a sentence that may name more than one topic; empty for all others."""


class HandOffReport(_Wire):
    """A person goes on."""

    kind: Literal["handoff"] = "handoff"
    reason: HandoffReason
    note: str = ""


class MoveReport(_Wire):
    """Another campaign goes on."""

    kind: Literal["move"] = "move"
    campaign: str
    forward: bool = False


class FinishReport(_Wire):
    """Everything was served."""

    kind: Literal["finish"] = "finish"


class TurnReport(_Wire):
    """How the turn went."""

    topic: str | None = None
    intent: str | None = None
    confidence: float | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    outcome: Annotated[HandOffReport | MoveReport | FinishReport, Field(discriminator="kind")] | None = None


def choice_as_text(choice: str) -> str:
    """The text that selects a choice in Rasa: `/intent` for topics, `/elegir` for answers such as `slot:accept`."""
    return f"/{CHOICE_INTENT}" if ":" in choice else f"/{choice}"


def citizen_text(text: str) -> str:
    """A citizen's words for classification: without personal data, and without a leading slash, which Rasa would read
    as an intent chosen by a program.
    """
    return scrubbed(text).lstrip("/").strip() or "…"
