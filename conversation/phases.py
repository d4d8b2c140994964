"""The phases of a call: every second of it belongs to exactly one (L13921, L14025; channels.md §4).

Derived from the events of the interaction, so nothing can disagree with the ledger. IVR minutes are billed by them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from conversation.events import EventKind
from conversation.message import Sender


class Phase(StrEnum):
    """What the caller is in."""

    WELCOME = "bienvenida"
    """Greeting, privacy notice."""
    CHOICE = "eleccion"
    """The menu, until the caller says or keys something."""
    ATTENTION = "atencion"
    """By the bot or by a person; a message that is left, too."""
    WAITING = "espera"
    SURVEY = "encuesta"


class Happened(NamedTuple):
    """One event of the interaction."""

    kind: str
    at: datetime
    data: Mapping[str, Any]


class Span(NamedTuple):
    """A phase, from the moment it began up to, not including, the one it ended."""

    phase: Phase
    start: datetime
    end: datetime

    @property
    def lasted(self) -> timedelta:
        """How long."""
        return self.end - self.start


_BEGINS: dict[str, Phase] = {
    EventKind.OPENED: Phase.WELCOME, EventKind.NOTICE_HEARD: Phase.CHOICE, EventKind.TOPIC: Phase.ATTENTION,
    EventKind.QUEUED: Phase.WAITING, EventKind.REQUEUED: Phase.WAITING, EventKind.LEFT_QUEUE: Phase.ATTENTION,
    EventKind.ANSWERED: Phase.ATTENTION, EventKind.SURVEY_SENT: Phase.SURVEY,
}  # fmt: skip


def phases(events: Iterable[Happened]) -> list[Span]:
    """The phases of one interaction, in order and without gaps, up to its close.

    Args:
        events: of the interaction, in order. What follows the close (the recording) belongs to no phase; an interaction
            that is open ends, so far, with its last event.
    """
    spans: list[Span] = []
    phase, start, last = None, None, None
    for event in events:
        last = event.at
        if event.kind == EventKind.CLOSED:
            break
        following = _following(phase, event)
        if following is not None and following is not phase:
            if phase is not None and start is not None and event.at > start:
                spans.append(Span(phase, start, event.at))
            phase, start = following, event.at
    if phase is not None and start is not None and last is not None and last > start:
        spans.append(Span(phase, start, last))
    return spans


def time_in_phases(events: Iterable[Happened]) -> dict[Phase, timedelta]:
    """How long each phase lasted in all; every phase is in it, in order."""
    found = dict.fromkeys(Phase, timedelta())
    for span in phases(events):
        found[span.phase] += span.lasted
    return found


def _following(phase: Phase | None, event: Happened) -> Phase | None:
    """The phase that this event begins; None: the one it was goes on."""
    if event.kind == EventKind.MESSAGE:
        first_words = phase in (Phase.WELCOME, Phase.CHOICE) and event.data.get("sender") == Sender.USER
        return Phase.ATTENTION if first_words else None
    if event.kind == EventKind.NOTICE_HEARD and phase is not Phase.WELCOME:
        return None
    return _BEGINS.get(event.kind)
