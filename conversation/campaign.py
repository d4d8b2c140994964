"""What a campaña is to the conversation: who it is, when people attend, what it says.

The data come from `bots/<campaign>/campaign.yml`; see `content/` for reading them.
"""

import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from conversation.masking import mask_origin
from conversation.message import Channel, Choice
from conversation.survey import SurveyQuestions

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_NAMES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_WINDOW_CHANNEL = {Channel.WEBCHAT: "web_chat", Channel.WHATSAPP: "whatsapp", Channel.VOICE: "voice"}
SEARCH_DAYS = 14
"""How far ahead the next opening is looked for, in days."""
_CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def is_span(start: str, end: str) -> bool:
    """Whether these are two times of one day as «08:00», the earlier one first; «24:00» is midnight."""
    return bool(_CLOCK.fullmatch(start) and _CLOCK.fullmatch(end)) and start < end


def is_timezone(name: str) -> bool:
    """Whether this is the name of a time zone, such as «America/Tijuana»."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder of names
        return False
    return True


AgentType = Literal["sin_agente_humano", "basico", "avanzado_a", "avanzado_b"]
"""The contract's products, by which a virtual agent is paid (campaigns.yml, `agent_types`)."""


class Automation(StrEnum):
    """How much of a campaign a virtual agent may do (campaigns.yml, `automation`)."""

    BOT = "bot"
    MENU_ONLY = "bot_menu_only"
    ROUTE_ONLY = "route_only"


class OutOfHours(StrEnum):
    """What happens outside the window of human service (campaigns.yml, `out_of_hours_mode`)."""

    VOICEMAIL = "voicemail"
    MESSAGE = "message"
    IVR_ONLY = "ivr_only"
    OPEN_24H = "open_24h"
    PER_TARGET = "per_target"
    NO_CONTACT = "no_contact"

    @property
    def bot_serves(self) -> bool:
        """Whether the bot goes on serving while people are away."""
        return self in (OutOfHours.IVR_ONLY, OutOfHours.OPEN_24H, OutOfHours.PER_TARGET)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(_Data):
    """A weekly window of human service; times are pairs «HH:MM», local, end exclusive, «24:00» is midnight."""

    id: str
    applies_to: tuple[str, ...]
    weekly: dict[str, tuple[tuple[str, str], ...]]
    holiday: tuple[tuple[str, str], ...] = ()

    def spans(self, day: date, holidays: frozenset[date]) -> tuple[tuple[str, str], ...]:
        """The open spans of one day."""
        return self.holiday if day in holidays else self.weekly.get(WEEKDAYS[day.weekday()], ())

    @model_validator(mode="after")
    def _says_days_and_hours(self) -> "Window":
        strange = [day for day in self.weekly if day not in WEEKDAYS]
        spans = [span for found in (*self.weekly.values(), self.holiday) for span in found]
        wrong = [f"{start}-{end}" for start, end in spans if not is_span(start, end)]
        if strange:
            raise ValueError(f"«{strange[0]}» is no day; the days are {', '.join(WEEKDAYS)}")
        if wrong:
            raise ValueError(f"«{wrong[0]}» are no hours of a day; write them like 08:00 and 20:00")
        return self


class Topic(_Data):
    """One entry of the campaign's catalogue of tipificación."""

    id: str
    label: str
    kind: str
    needs: str | None = None


class DeskRules(_Data):
    """How waiting conversations reach people (channels.md §5.3, §5.4)."""

    assignment: Literal["automatic", "manual"] | None = None
    """Offered to one agent after the other, or taken from the list only; None: as the installation is set."""
    answer_seconds: int = Field(default=30, ge=5, le=300)
    """How long a text conversation rings at one desk before the next agent is asked (L1573)."""
    max_sessions: int = Field(default=5, ge=1, le=5)
    """Most conversations at once per agent while one of this campaign is to be added (L6792)."""


class SilenceRules(_Data):
    """After how many minutes a silent web chat is warned, and closed (L6778)."""

    warn_minutes: int = Field(default=3, ge=1, le=60)
    close_minutes: int = Field(default=5, ge=2, le=120)

    @model_validator(mode="after")
    def _warns_before_it_closes(self) -> "SilenceRules":
        if self.warn_minutes >= self.close_minutes:
            raise ValueError("silence: warn_minutes must be less than close_minutes")
        return self


class Campaign(_Data):
    """One campaña."""

    id: str
    name: str
    description: str = ""
    bot_name: str = "asistente virtual"
    agent_type: AgentType
    automation: Automation
    timezone: str = "America/Mexico_City"
    phones: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = tuple(Channel)
    """Where the campaign is on, as its appendix says (L1993, L2009, L2022); `ventanilla lint` holds it to them."""
    windows: tuple[Window, ...] = ()
    holidays: frozenset[date] = frozenset()
    out_of_hours: dict[str, OutOfHours] = Field(default_factory=dict)
    topics: tuple[Topic, ...] = ()
    desk: DeskRules = Field(default_factory=DeskRules)
    silence: SilenceRules = Field(default_factory=SilenceRules)
    survey: SurveyQuestions = Field(default_factory=SurveyQuestions)
    """Words of the exit survey, from `survey.yml`."""
    call_back: bool = False
    """Whether people call who asks for it on the web, within the hours of the telephone (L1966)."""
    greeting_choices: tuple[Choice, ...] = ()
    prompts: dict[str, str] = Field(default_factory=dict)
    origin_mask: str = Field(default="", max_length=60)
    """Text shown in the place of a web chat's address (L6717, L6837); empty shows the address without its end."""
    version: str = ""
    """Hash of the files the campaign was read from: who served is written with each interaction."""
    has_bot: bool = False
    """Whether this installation has a bot for it (otherwise only people attend)."""

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        if not is_timezone(name):
            raise ValueError(f"«{name}» is no time zone; write one like America/Mexico_City")
        return name

    def topic(self, topic_id: str) -> Topic | None:
        """The catalogue entry of this id, if it has one."""
        return next((topic for topic in self.topics if topic.id == topic_id), None)

    def shown_origin(self, channel: Channel, origin: str) -> str:
        """Where somebody writes from, as pages show it; a web chat's by the campaign's own text if it has one."""
        return self.origin_mask if self.origin_mask and channel is Channel.WEBCHAT else mask_origin(origin)

    def words(self, name: str, channel: Channel, default: str = "") -> str:
        """A prompt as this channel has it: by telephone its `…_voz` where the campaign words one, for the ear."""
        by_ear = self.prompts.get(f"{name}_voz") if channel is Channel.VOICE else None
        return by_ear or self.prompts.get(name, default)

    @property
    def emergency_topic(self) -> str:
        """The id under which this campaign typifies emergencies."""
        return next((topic.id for topic in self.topics if topic.id.startswith("emergencia")), "emergencia")

    def mode(self, channel: Channel) -> OutOfHours:
        """What happens outside the window on this channel; «message» when the campaign does not say."""
        return self.out_of_hours.get(_WINDOW_CHANNEL[channel], OutOfHours.MESSAGE)

    def _window(self, channel: Channel) -> Window | None:
        name = _WINDOW_CHANNEL[channel]
        named = next((window for window in self.windows if name in window.applies_to), None)
        return named or (self.windows[0] if self.windows else None)

    def serves(self, channel: Channel) -> bool:
        """Whether the campaign is on and has anything to say on this channel, at whatever hour."""
        name = _WINDOW_CHANNEL[channel]
        told = name in self.out_of_hours or any(name in window.applies_to for window in self.windows)
        return channel in self.channels and told

    def people_attend(self, channel: Channel, at: datetime) -> bool:
        """Whether people are in service on this channel at this moment (any time zone)."""
        window = self._window(channel)
        if window is None:
            return False
        local = at.astimezone(ZoneInfo(self.timezone))
        clock = local.strftime("%H:%M")
        return any(start <= clock < end for start, end in window.spans(local.date(), self.holidays))

    def next_opening(self, channel: Channel, at: datetime) -> datetime | None:
        """When people attend next, strictly after `at`; None when no window opens within two weeks."""
        window, zone = self._window(channel), ZoneInfo(self.timezone)
        local = at.astimezone(zone)
        for offset in range(SEARCH_DAYS + 1 if window else 0):
            day = local.date() + timedelta(days=offset)
            for start, _ in window.spans(day, self.holidays) if window else ():
                opening = datetime.combine(day, time.fromisoformat(start), zone)
                if opening > local:
                    return opening
        return None

    def next_opening_in_words(self, channel: Channel, at: datetime) -> str:
        """`el viernes 16 a las 08:00 horas` for the citizen; general words when nothing is known."""
        opening = self.next_opening(channel, at)
        if opening is None:
            return "en el siguiente día hábil"
        return f"el {_WEEKDAY_NAMES[opening.weekday()]} {opening.day} a las {opening:%H:%M} horas"
