"""The state of one interaction: `bot -> queued -> human -> survey -> closed`."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from conversation.events import End, EndedBy
from conversation.handoff import Handoff
from conversation.message import Channel, Choice
from conversation.staff import Level
from conversation.survey import Survey, SurveyLevel, SurveyStep, rated_people


class State(StrEnum):
    """Who has the conversation."""

    BOT = "bot"
    QUEUED = "queued"
    HUMAN = "human"
    SURVEY = "survey"
    CLOSED = "closed"


class Conversation(BaseModel):
    """One interaction, from greeting to close. Its folio never changes, whatever campaign serves it."""

    id: str
    folio: str
    campaign: str
    """The campaign that serves now; moving to another one keeps folio and facts."""
    channel: Channel
    origin: str
    """Caller's IP, number or account; empty makes the evidence incomplete (L1288)."""
    bot_campaign: str
    """The campaign whose bot served last: what was achieved is attributed to it when it happens."""
    agent_type: str
    bot_version: str
    opened_at: datetime
    last_activity: datetime
    state: State = State.BOT
    facts: dict[str, Any] = Field(default_factory=dict)
    """What the dialogue knows so far (NSS, pending question, offered slot …); encrypted where it is stored."""
    topic: str | None = None
    """Topic last served."""
    topics: list[str] = Field(default_factory=list)
    path: list[str] = Field(default_factory=list)
    """Options taken and campaigns passed, in order (L1386)."""
    last_handled: str | None = None
    """Id of the citizen's last message that was handled to its end; a repetition of it or an older one is not new."""
    offered: tuple[Choice, ...] = ()
    """Choices the citizen may take now."""
    leaving_message: bool = False
    """Nobody attends: the next text is a message for the staff (L1416)."""
    silence_warned: bool = False
    """The citizen was told that silence closes it, and has not written since (L6778)."""
    withholding: bool = False
    """The citizen was told where to report facts that may not be kept here (OIC): long texts are not stored."""
    handoff: Handoff | None = None
    transferred_to_human: bool = False
    agent: str | None = None
    """User name of the person who attends."""
    levels: list[Level] = Field(default_factory=list)
    """Level of each person who has attended, in order; the last one is that of whoever attends now (L1876, L1877)."""
    to_typify: bool = False
    """The person who attended by telephone has hung up, and still owes the tipificaciones (L6737)."""
    survey: Survey = Field(default_factory=Survey)
    survey_step: SurveyStep = Field(default_factory=SurveyStep)
    """The question of the survey that is open."""
    end: End | None = None
    ended_by: EndedBy | None = None
    closed_at: datetime | None = None

    request_only: bool = False
    """A form asked for a call, and no virtual agent attended: not an interaction to pay or to draw a sample from."""
    in_writing: bool = False
    """A call from a page that goes on in its chat, because no exchange could pass it to a person."""

    @property
    def on_the_telephone(self) -> bool:
        """Whether a telephone exchange has the call while a person is waited for or attends."""
        return self.channel is Channel.VOICE and not self.in_writing

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can be said in it."""
        return self.state is State.CLOSED

    @property
    def rated_people(self) -> tuple[SurveyLevel, ...]:
        """Levels of people that the survey rates, each apart (L1877)."""
        return rated_people(self.levels, attended=bool(self.handoff and self.handoff.answered_at))

    @property
    def served(self) -> bool:
        """Whether anything was served, so that there is something to ask the survey about."""
        return bool(self.topics) or self.transferred_to_human
