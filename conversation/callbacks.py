"""Calls that a citizen asks for on the web (L1210, L1966; channels.md §7): when one may be, and what became of it.

A request is a telephone, a span of half an hour in which people attend by telephone, a topic and a consent. There is
one open request per number; it is called twice at most, a quarter of an hour apart. Everything is an event of the
interaction it was asked in, so its folio stays for the call.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from conversation.campaign import Campaign
from conversation.message import Channel, Choice
from conversation.ports import Opening
from conversation.refusal import ConversationError
from conversation.telephone import telephones

SLOT = timedelta(minutes=30)
BETWEEN_ATTEMPTS = timedelta(minutes=15)
MOST_ATTEMPTS = 2
DAYS_AHEAD = 7
"""How far ahead a call may be asked for."""
MOST_SLOTS = 60
CALL_ME = Choice(id="call_me", title="Que me llamen")
_DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")


class CallbackRequest(BaseModel):
    """What a citizen asks for. The consent is to be called at this number about this request, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    telephone: str = Field(max_length=30)
    """As it was written; kept are its ten digits."""
    slot: datetime
    topic: str = Field(default="", max_length=60)
    """Id of the campaign's catalogue, or empty."""
    consent: Literal[True]

    @field_validator("telephone")
    @classmethod
    def _ten_digits(cls, written: str) -> str:
        found = telephones(written)
        if len(found) != 1:
            raise ValueError("write the ten digits of one telephone")
        return found[0]

    @field_validator("slot")
    @classmethod
    def _with_zone(cls, slot: datetime) -> datetime:
        if slot.tzinfo is None:
            raise ValueError("give the time zone too, such as 2026-10-15T10:30:00-06:00")
        return slot


class CallResult(StrEnum):
    """What became of one attempt to call."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"

    @property
    def label(self) -> str:
        """As staff read it."""
        return _RESULTS[self]

    @property
    def is_final(self) -> bool:
        """Whether there is no sense in calling again."""
        return self in (CallResult.REACHED, CallResult.WRONG_NUMBER)


_RESULTS = {
    CallResult.REACHED: "Se le atendió", CallResult.NO_ANSWER: "No contestó", CallResult.BUSY: "Ocupado",
    CallResult.WRONG_NUMBER: "Número equivocado",
}  # fmt: skip


class Attempt(BaseModel):
    """One call that was tried."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    agent: str
    result: CallResult
    note: str = ""


class Callback(BaseModel):
    """A call that was asked for, as staff see it."""

    model_config = ConfigDict(frozen=True)

    conversation: str
    folio: str
    campaign: str
    asked_at: datetime
    slot: datetime
    topic: str = ""
    telephone: str = ""
    """Masked, unless it was opened to call."""
    attempts: tuple[Attempt, ...] = ()
    openings: tuple[Opening, ...] = ()
    cancelled: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to call."""
        final = len(self.attempts) >= MOST_ATTEMPTS or any(one.result.is_final for one in self.attempts)
        return not (self.cancelled or final)

    @property
    def due_at(self) -> datetime:
        """From when it may be called: its slot, later a quarter of an hour after the attempt before."""
        return self.attempts[-1].at + BETWEEN_ATTEMPTS if self.attempts else self.slot

    def is_overdue(self, now: datetime) -> bool:
        """Whether the half hour that the citizen chose, or that of the second attempt, is over."""
        return now >= self.due_at + SLOT

    def refuse_early(self, now: datetime) -> None:
        """A call before its time would be no second chance, or one at a time the citizen did not choose.

        Raises:
            ConversationError: `too_early`.
        """
        if now < self.due_at:
            words = f"{self.due_at.astimezone(now.tzinfo):%H:%M}"
            raise ConversationError("too_early", f"Esta llamada se puede registrar a partir de las {words} horas.")


def worked_in_order(callbacks: Sequence[Callback], now: datetime) -> list[Callback]:
    """Overdue ones first, then by when they are due."""
    return sorted(callbacks, key=lambda one: (not one.is_overdue(now), one.due_at, one.asked_at))


def slots(campaign: Campaign, now: datetime) -> list[datetime]:
    """Beginnings of the half hours that may be chosen, the next ones first; people attend by telephone in all of it."""
    if not campaign.call_back:
        return []
    local = now.astimezone(ZoneInfo(campaign.timezone))
    first = local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0) + SLOT
    last_minute = SLOT - timedelta(minutes=1)
    found = []
    for number in range(DAYS_AHEAD * 48):
        start = first + number * SLOT
        if all(campaign.people_attend(Channel.VOICE, one) for one in (start, start + last_minute)):
            found.append(start)
            if len(found) == MOST_SLOTS:
                break
    return found


def local_slot(campaign: Campaign, slot: datetime) -> datetime:
    """The same moment in the campaign's time, however it was written."""
    return slot.astimezone(ZoneInfo(campaign.timezone))


def slot_in_words(slot: datetime, now: datetime) -> str:
    """`hoy de 10:30 a 11:00`, `mañana de …`, `el lunes 19 de 08:00 a 08:30`."""
    days = (slot.date() - now.astimezone(slot.tzinfo).date()).days
    day = {0: "hoy", 1: "mañana"}.get(days, f"el {_DAYS[slot.weekday()]} {slot.day}")
    return f"{day} de {slot:%H:%M} a {slot + SLOT:%H:%M}"


class Callbacks(Protocol):
    """The requests, as the ledger has them; every reading in clear is recorded before it is given."""

    def waiting(self) -> list[Callback]:
        """Requests that are open, masked, in the order they were asked for."""
        ...

    def find(self, conversation_id: str) -> Callback | None:
        """The last request of a conversation, masked."""
        ...

    def open_to_call(self, conversation_id: str, agent: str, now: datetime) -> Callback | None:
        """One of them with its telephone in clear; None when it is not open."""
        ...

    def tried(self, conversation_id: str, agent: str, result: CallResult, note: str, now: datetime) -> Callback | None:
        """Record an attempt; None when it is not open (any more).

        Raises:
            ConversationError: `too_early`.
        """
        ...

    def cancel(self, conversation_id: str, now: datetime) -> bool:
        """The citizen does not want it any more; False when it is not open."""
        ...
