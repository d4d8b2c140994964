"""The input of a settlement: one interaction, from greeting to close (L2047), and the checks it must pass."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

CENTRAL_TIME = ZoneInfo("America/Mexico_City")  # "hora del centro": months begin and end by it

AgentType = Literal["basico", "avanzado_a", "avanzado_b", "sin_agente_humano"]
Channel = Literal["webchat", "whatsapp", "voice", "sms", "email"]
End = Literal["completed", "user_hangup", "system_cut", "timeout", "error"]
Verdict = Literal["correct", "incorrect", "imprecise", "off_topic", "confusing", "unverified"]
WRONG_VERDICTS = frozenset({"incorrect", "imprecise", "off_topic", "confusing"})

# A first letter or digit also keeps a spreadsheet from reading the text as a formula.
Identifier = Annotated[str, StringConstraints(pattern=r"^\w[^\x00-\x1f\x7f]*$", max_length=200)]


def _moment(value: object) -> datetime:
    """Read an ISO 8601 date and time; without an offset the order of two interactions could not be told."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError("debe ser fecha y hora ISO 8601 con huso, como 2026-10-15T09:12:03-06:00")
    if not 2000 <= value.year < 2100:
        raise ValueError("el año debe estar entre 2000 y 2099")
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]


class Record(BaseModel):
    """Base of all that is read: immutable, with exactly the fields that it names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(Record):
    """One question of the interaction: its verdict and, if the answer was wrong, the key of the deviation."""

    topic: Identifier
    verdict: Verdict
    deviation: Identifier | None

    @field_validator("deviation")
    @classmethod
    def _only_a_wrong_answer_deviates(cls, deviation: str | None, info: ValidationInfo) -> str | None:
        verdict = info.data.get("verdict")
        if deviation is not None and verdict is not None and verdict not in WRONG_VERDICTS:
            raise ValueError(f"una respuesta con veredicto {verdict} no puede tener desviación")
        return deviation

    @property
    def is_wrong(self) -> bool:
        """Whether the answer was off topic, imprecise, incorrect or confusing (L2058)."""
        return self.verdict in WRONG_VERDICTS


class Survey(Record):
    """The exit survey (L2054): whether the question was resolved, a rating from 1 to 5; None is no answer."""

    resolved: StrictBool | None
    rating: Annotated[int, Field(strict=True, ge=1, le=5)] | None


class Evidence(Record):
    """Whether the record of the interaction is complete, and the names of what it lacks (L10562-10569)."""

    complete: StrictBool
    missing: tuple[str, ...]

    @field_validator("missing")
    @classmethod
    def _complete_lacks_nothing(cls, missing: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("complete") and missing:
            raise ValueError("la evidencia no puede estar completa y tener faltantes")
        return missing


class Interaction(Record):
    """One interaction as the ledger, or a file of JSON Lines, hands it over."""

    folio: Identifier
    campaign: Identifier
    channel: Channel
    agent_type: AgentType
    started_at: Moment
    ended_at: Moment
    end: End
    origin: str | None
    transferred_to_human: StrictBool
    questions: tuple[Question, ...]
    survey: Survey | None
    evidence: Evidence

    @field_validator("ended_at")
    @classmethod
    def _ends_after_it_starts(cls, ended_at: datetime, info: ValidationInfo) -> datetime:
        started_at = info.data.get("started_at")
        if started_at is not None and ended_at < started_at:
            raise ValueError("terminó antes de empezar (started_at)")
        return ended_at

    @property
    def has_evidence(self) -> bool:
        """Whether the record is complete and its origin (number, IP or account) can be verified (L1288)."""
        return self.evidence.complete and bool(self.origin and self.origin.strip())

    @property
    def has_wrong_answer(self) -> bool:
        """Whether any of its questions was answered wrongly (L2059)."""
        return any(question.is_wrong for question in self.questions)

    @property
    def deviations(self) -> tuple[str, ...]:
        """The deviations that occurred in it, each once, in alphabetical order."""
        return tuple(sorted({question.deviation for question in self.questions if question.deviation}))

    @property
    def is_complete(self) -> bool:
        """Whether it reached its close without being cut or interrupted (L2053)."""
        return self.end == "completed"

    @property
    def resolved(self) -> bool | None:
        """What the user said in the exit survey; None when there was no answer."""
        return self.survey.resolved if self.survey else None

    @property
    def month(self) -> str:
        """The month it is invoiced in, `2026-10`: the one in which it started, by central time."""
        local = self.started_at.astimezone(CENTRAL_TIME)
        return f"{local.year}-{local.month:02}"

    @property
    def duration(self) -> timedelta:
        """Time from its start to its end, exact."""
        return self.ended_at - self.started_at
