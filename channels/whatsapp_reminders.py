"""Answers to reminders: «sí» confirms the appointment through its own dialogue, the one door (L5753-5757).

The person was not asked for identifiers on WhatsApp and is not now: whoever sent the reminder knew whose appointment it
is, and the dialogue gets it from there. Anything else than yes and no is explained once and then is the bot's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from channels.whatsapp_body import template
from channels.whatsapp_payload import Said
from conversation.conversation import Conversation, State
from conversation.folding import folded
from conversation.ports import Campaigns, Clock
from ledger.whatsapp_reminders import Reminder, WhatsAppReminders

CAMPAIGN = "cita_medica"
QUIET_FROM, QUIET_UNTIL = 21, 8
"""Hours of the institution's day in which nothing is sent unasked (channels.md §6)."""
IT_IS_PAST = "Esa cita ya pasó. Si necesita otra, escriba «cita»."
HOW_TO_ANSWER = (
    "Le preguntamos por su cita de {cita}. Responda «sí» para confirmarla o «no» si no va a asistir. "
    "Si necesita otra cosa, escríbalo."
)
_YES = frozenset({"si", "sii", "si confirmo", "confirmo", "si gracias", "si por favor", "claro", "claro que si", "1"})
_NO = frozenset({"no", "no gracias", "no puedo", "no asistire", "no voy a ir", "no podre", "no confirmo", "2"})
_YES_ID, _NO_ID = "reminder:yes:", "reminder:no:"


class RemindedAppointment(BaseModel):
    """An appointment to be confirmed, as the list of the institution gives it."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    telefono: str = Field(pattern=r"^[2-9][0-9]{9}$")
    nss: str = Field(pattern=r"^[0-9]{11}$")
    fecha_nacimiento: date
    cita_id: str = Field(min_length=1, max_length=40)
    servicio: str = Field(min_length=1, max_length=60)
    inicio: datetime
    consultorio: str = Field(min_length=1, max_length=20)
    umf: str = Field(min_length=1, max_length=60)

    @property
    def in_words(self) -> str:
        """The appointment for its patient."""
        service = self.servicio.replace("_", " ").title()
        return f"{service}, {self.inicio:%d/%m/%Y a las %H:%M}, consultorio {self.consultorio}, {self.umf}"

    def template(self, name: str, reminder_id: int) -> dict[str, Any]:
        """The approved template: date, hour, consultorio and unit, with two quick replies (L5757)."""
        words = (f"{self.inicio:%d/%m/%Y}", f"{self.inicio:%H:%M}", self.consultorio, self.umf)
        return template(name, words, (f"{_YES_ID}{reminder_id}", f"{_NO_ID}{reminder_id}"))

    def facts(self) -> dict[str, Any]:
        """What the appointment's dialogue starts from: whose it is, and the open question that was just answered."""
        choices = [
            {"id": "answer:yes", "title": "Sí", "key": "1"}, {"id": "answer:no", "title": "No", "key": "2"},
        ]  # fmt: skip
        pending = {
            "name": f"confirm:{self.cita_id}", "kind": "choice", "choices": choices,
            "prompt": f"¿Confirma su cita? {self.in_words}. Responda Sí o No.",
        }  # fmt: skip
        return {
            "nss": self.nss, "fecha_nacimiento": self.fecha_nacimiento.isoformat(), "task": "confirmar_cita",
            "pending": pending,
        }  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What is to be done with an answer: go into the dialogue with `facts`, or say `text`."""

    reminder_id: int
    facts: dict[str, Any] | None = None
    text: str = ""


class ReminderAnswers:
    """Tells which messages answer a reminder."""

    def __init__(self, reminders: WhatsAppReminders, campaigns: Campaigns, clock: Clock) -> None:
        self._reminders, self._campaigns, self._clock = reminders, campaigns, clock

    def read(self, user: int, said: Said, conversation: Conversation | None) -> Answer | None:
        """What a message means to the person's reminders; None when it is not about them."""
        if conversation is not None and conversation.state in (State.QUEUED, State.HUMAN):
            return None  # it is for the person
        asked = self._reminders.open(user)
        meant = _pointed_at(said, asked, self._reminders)
        if not asked or not (meant or _nothing_else_is_asked(conversation)):
            return None
        now = self._clock()
        reminder = meant or next((one for one in asked if one.starts_at > now), asked[-1])
        if not (_is_yes(said) or _is_no(said)):
            return self._other_words(said, reminder, conversation)
        if reminder.starts_at <= now:
            return Answer(reminder.id, text=IT_IS_PAST)
        return Answer(reminder.id, facts=RemindedAppointment.model_validate(reminder.content).facts())

    def settle(self, answer: Answer) -> None:
        """The answer was worked on."""
        is_help = answer.facts is None and answer.text != IT_IS_PAST
        (self._reminders.helped if is_help else self._reminders.answered)(answer.reminder_id)

    def forget_past(self) -> None:
        """Whose appointments those were that are past is needed no longer."""
        self._reminders.forget_past(self._clock())

    def _other_words(self, said: Said, reminder: Reminder, conversation: Conversation | None) -> Answer | None:
        """One help text to the first words that are neither yes nor no; an emergency is never held up by it."""
        urgent = self._campaigns.emergency().found_in(said.text)
        if reminder.helped or conversation is not None or urgent or reminder.starts_at <= self._clock():
            return None
        about = RemindedAppointment.model_validate(reminder.content).in_words
        return Answer(reminder.id, text=HOW_TO_ANSWER.format(cita=about))


def is_quiet(now: datetime) -> bool:
    """Whether nothing may be sent unasked at this moment of the institution's day."""
    return now.hour >= QUIET_FROM or now.hour < QUIET_UNTIL


def _pointed_at(said: Said, asked: list[Reminder], reminders: WhatsAppReminders) -> Reminder | None:
    """The reminder whose button was tapped or whose message was answered."""
    number = None
    if said.choice and said.choice.startswith((_YES_ID, _NO_ID)):
        number = int(said.choice.rsplit(":", 1)[-1])
    elif said.about:
        number = reminders.of_message(said.about)
    return next((one for one in asked if one.id == number), None)


def _nothing_else_is_asked(conversation: Conversation | None) -> bool:
    if conversation is None:
        return True
    waits = conversation.offered or conversation.facts.get("pending") or conversation.leaving_message
    return conversation.state is State.BOT and not waits


def _is_yes(said: Said) -> bool:
    return bool(said.choice and said.choice.startswith(_YES_ID)) or folded(said.text) in _YES


def _is_no(said: Said) -> bool:
    return bool(said.choice and said.choice.startswith(_NO_ID)) or folded(said.text) in _NO
