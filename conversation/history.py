"""What staff see beside the conversation at hand, as a port: its notes, and what the same person did before."""

from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from conversation.conversation import State
from conversation.events import End
from conversation.message import Channel


class StaffNote(BaseModel):
    """A private note; it is never changed (L8098)."""

    model_config = ConfigDict(frozen=True)

    author: str
    at: datetime
    text: str
    whisper: bool = False
    """A supervisor's, for whoever attends."""


class Asked(BaseModel):
    """What the citizen names, to find what went before; not stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    nss: str = Field(default="", pattern=r"^(\d{11})?$")
    telephone: str = Field(default="", max_length=20)
    folio: str = Field(default="", max_length=24)


class Earlier(BaseModel):
    """Another interaction of the same person, without its words."""

    model_config = ConfigDict(frozen=True)

    folio: str
    opened_at: datetime
    campaign: str
    channel: Channel
    topics: tuple[str, ...]
    state: State
    end: End | None
    by_people: bool
    """Whether a person attended."""
    resolved: bool | None
    """What the survey said."""


class History(Protocol):
    """Notes and earlier interactions; each look at the latter is recorded before it is given."""

    def notes(self, conversation_id: str) -> list[StaffNote]:
        """Private notes and those of transfers, in order, masked."""
        ...

    def earlier(self, conversation_id: str, agent: str, now: datetime, asked: Asked) -> list[Earlier]:
        """Other interactions of the same person, the latest first."""
        ...
