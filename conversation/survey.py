"""The exit survey, asked before the session ends (L1877, L2054-2058): was it resolved, a mark for each level, NPS.

Each level that attended has a mark of its own (L6919): the virtual agent, the first level of people and the second.
Words and whether the recommendation (NPS) is asked for are the campaign's (`survey.yml`, L1871, L8329). No answer is
recorded as no answer, never as yes.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from conversation.folding import folded
from conversation.message import AskKind, Asks, Choice, Reply
from conversation.staff import Level

_YES = frozenset({"si", "sii", "claro", "correcto", "si gracias", "claro que si", "s", "simon", "por supuesto", "1"})
_NO = frozenset({"no", "nop", "para nada", "no gracias", "n", "nel", "2"})


_DOUBT = frozenset({"pero", "no", "aunque", "mas", "tampoco"})
_POLITE = frozenset(
    {"gracias", "bien", "ok", "listo", "adios", "bye", "amable", "excelente", "dije", "pues", "menos", "regular"}
)
_DOUBTFUL = frozenset(
    {"no se", "quien sabe", "tal vez", "quiza", "quizas", "a lo mejor", "mmm", "eh", "ni idea", "puede"}
)
"""Neither yes nor no: the question is asked once more by its choices."""
_MARKS = {
    "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5,
    "excelente": 5, "perfecto": 5, "bien": 4, "bueno": 4, "buena": 4, "regular": 3, "malo": 2, "mala": 2, "mal": 2,
    "pesimo": 1, "pesima": 1, "horrible": 1,
}  # fmt: skip
_UP_TO_TEN = {
    **{str(value): value for value in range(11)}, "cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5,
    "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
}  # fmt: skip
_ANOTHER_WISH = re.compile(
    r"\b(y|pero|ahora|tambien|todavia|aun|ademas) ((ahora|tambien|todavia|aun|ademas|me|si|no) )*"
    r"(quiero|quisiera|necesito|nesecito|ocupo)\b"
)
"""«Sí, y también quiero una cita»: a new request, whatever it begins with."""
MOST_TEXT = 300
RESOLVED, NPS = "resolved", "nps"
"""Ids of the questions that are not about a level; the others are called like their level."""


class SurveyLevel(StrEnum):
    """Whom a mark is about."""

    BOT = "bot"
    PS_I = "ps_i"
    PS_P = "ps_p"


_RATED_AS = {Level.PS_I: SurveyLevel.PS_I, Level.PS_I_ESP: SurveyLevel.PS_I, Level.PS_P: SurveyLevel.PS_P}
Mark = Annotated[int, Field(ge=1, le=5)]
Text = Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]


class Survey(BaseModel):
    """What the citizen answered; None, or a level that is missing, is «did not answer»."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resolved: bool | None = None
    rating: int | None = Field(default=None, ge=1, le=5)
    """Of the virtual agent, which payment reads."""
    ratings: dict[SurveyLevel, Mark] = Field(default_factory=dict)
    """Of the people who attended, by their level."""
    nps: int | None = Field(default=None, ge=0, le=10)
    """How likely the citizen is to recommend the service."""

    @field_validator("ratings")
    @classmethod
    def _of_people(cls, ratings: dict[SurveyLevel, int]) -> dict[SurveyLevel, int]:
        if SurveyLevel.BOT in ratings:
            raise ValueError("the mark of the virtual agent is `rating`; `ratings` holds those of ps_i and ps_p")
        return ratings

    def mark_of(self, level: SurveyLevel) -> int | None:
        """The mark of a level, if it was given."""
        return self.rating if level is SurveyLevel.BOT else self.ratings.get(level)

    def answered(self, question: str, said: str) -> "Survey | None":
        """With one more answer, as it was said; None when it is no answer to that question."""
        update: dict[str, object]
        if question == RESOLVED:
            resolved = read_resolved(said)
            return None if resolved is None else self.model_copy(update={"resolved": resolved})
        if question == NPS:
            nps = read_nps(said)
            return None if nps is None else self.model_copy(update={"nps": nps})
        mark = read_rating(said)
        if mark is None:
            return None
        level = SurveyLevel(question)
        update = {"rating": mark} if level is SurveyLevel.BOT else {"ratings": {**self.ratings, level: mark}}
        return self.model_copy(update=update)


class SurveyStep(BaseModel):
    """Where somebody is in the survey."""

    model_config = ConfigDict(frozen=True)

    place: int = 0
    """Of the open question."""
    again: bool = False
    """It was put a second time, since the first answer could not be read."""


class Question(BaseModel):
    """One question, as it is put and as it is put again."""

    model_config = ConfigDict(frozen=True)

    id: str
    reply: Reply
    again: str

    @property
    def second(self) -> Reply:
        """The question in other words."""
        return self.reply.model_copy(update={"text": self.again})


_MARK = "Del 1 al 5, donde 5 es excelente, ¿cómo califica la atención"
_DEFAULT = {
    SurveyLevel.BOT: f"{_MARK} del asistente virtual?",
    SurveyLevel.PS_I: f"{_MARK} de la persona que le atendió?",
    SurveyLevel.PS_P: f"{_MARK} de la persona especialista que le atendió?",
}
_YES_OR_NO = (Choice(id="survey:yes", title="Sí"), Choice(id="survey:no", title="No"))
_ONE_TO_FIVE = tuple(Choice(id=f"survey:{mark}", title=str(mark), key=str(mark)) for mark in range(1, 6))
SKIP = Choice(id="survey:skip", title="Omitir")
"""Leaves one question unanswered; never shown among its choices, since keys and voice have none for it."""
_TWO_DIGITS = Asks(kind=AskKind.DIGITS, min_digits=1, max_digits=2)


class SurveyQuestions(BaseModel):
    """The campaign's words for the survey. Its order is fixed: first what payment rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approval: Literal["ejemplo", "aprobado"] = "ejemplo"
    """Production serves only what the institution approved."""
    resolved: Text = "Antes de terminar: ¿se resolvió su duda?"
    rating: dict[SurveyLevel, Text] = Field(default_factory=dict)
    """By level; a level that is left out has the usual words."""
    nps: Text | None = None
    """«Del 0 al 10, ¿qué tan probable…?»; None: not asked (reports-sla.md, report 17)."""

    def questions(self, people: Iterable[SurveyLevel] = ()) -> tuple[Question, ...]:
        """The questions in order, one a screen; `people` are the levels of people who attended."""
        asked = [
            Question(
                id=RESOLVED, reply=Reply(text=self.resolved, choices=_YES_OR_NO),
                again="Por favor responda Sí o No: ¿se resolvió su duda?",
            ),
            *(self._mark(level) for level in (SurveyLevel.BOT, *people)),
        ]  # fmt: skip
        if self.nps:
            again = "Por favor responda con un número del 0 al 10."
            asked.append(Question(id=NPS, reply=Reply(text=self.nps, asks=_TWO_DIGITS), again=again))
        return tuple(asked)

    def _mark(self, level: SurveyLevel) -> Question:
        text = self.rating.get(level) or _DEFAULT[level]
        about = _DEFAULT[level].removeprefix("Del 1 al 5, donde 5 es excelente, ")
        again = f"Por favor responda con un número del 1 al 5: {about}"
        return Question(id=level, reply=Reply(text=text, choices=_ONE_TO_FIVE), again=again)


def rated_people(levels: Iterable[Level], *, attended: bool) -> tuple[SurveyLevel, ...]:
    """Levels of people that have a mark of their own, in order and once.

    `attended`: somebody did whose level nobody knows, such as whom the telephone exchange connected: what comes from
    the virtual agent goes to the first level (L2121).
    """
    known = [_RATED_AS[level] for level in levels if level in _RATED_AS]
    return tuple(dict.fromkeys(known)) or ((SurveyLevel.PS_I,) if attended else ())


def read_resolved(answer: str) -> bool | None:
    """Yes or no from a choice id or from words; None when it is neither, or both («sí, pero no me ayudaron»)."""
    plain = folded(answer.removeprefix("survey:"))
    words = plain.split()
    if plain in _DOUBTFUL:
        return None
    if plain in _YES or plain == "yes":
        return True
    if plain in _NO:
        return False
    if words[:1] == ["si"] and not _DOUBT.intersection(words):
        return True
    return False if words[:1] == ["no"] and "si" not in words else None


def is_answer(answer: str, question: str = RESOLVED) -> bool:
    """Whether words may be meant for the survey at all: yes, no, a mark, thanks, doubt; else they are a new request."""
    plain = folded(answer.removeprefix("survey:"))
    if _ANOTHER_WISH.search(plain):
        return False
    known = read_resolved(plain) is not None or read_rating(plain) is not None
    known = known or (question == NPS and read_nps(plain) is not None)
    return known or not plain or plain in _DOUBTFUL or bool(_POLITE.intersection(plain.split()))


def read_rating(answer: str) -> int | None:
    """A mark from 1 to 5 from a choice id, a digit or its word; None when it is none."""
    plain = folded(answer.removeprefix("survey:"))
    for word in plain.split():
        if word in _MARKS:
            return _MARKS[word]
    return None


def read_nps(answer: str) -> int | None:
    """A number from 0 to 10 in digits or words; None when there is none, or more than one."""
    found = {_UP_TO_TEN[word] for word in folded(answer.removeprefix("survey:")).split() if word in _UP_TO_TEN}
    return found.pop() if len(found) == 1 else None
