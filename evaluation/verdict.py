"""From what went wrong to a verdict on each question: what the contract would call a wrong answer, and what not.

A conversation may fail its case without a wrong answer: the bot handed over where it should have served, which is paid
30 %. An answer is wrong when the citizen was told or given something that is not so (L2058-2059).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evaluation.results import Question
from evaluation.settlement.interaction import Verdict


class Kind(StrEnum):
    """What kind of expectation was not met."""

    OUTCOME = "outcome"
    """Served, handed over, routed or refused, where something else was right."""
    TOPIC = "topic"
    """Another topic was served."""
    BACKEND = "backend"
    """The institution holds something else than it should."""
    NOT_SAID = "not_said"
    FORBIDDEN = "forbidden"
    STATE = "state"
    RECORD = "record"
    """The ledger lacks something, so that the interaction would not be payable."""


@dataclass(frozen=True)
class Problem:
    """One expectation that was not met; `wrong` when the citizen was misled or something was done that should not."""

    kind: Kind
    text: str
    wrong: bool = False


@dataclass(frozen=True)
class Served:
    """A topic that was served, with what the engine had understood."""

    topic: str
    intent: str | None = None
    confidence: float | None = None


NO_TOPIC = "sin_tema"
"""What a wrong answer was about when neither the case nor the record names a topic."""
_VERDICT_OF: dict[Kind, Verdict] = {
    Kind.TOPIC: "off_topic",
    Kind.BACKEND: "incorrect",
    Kind.FORBIDDEN: "incorrect",
    Kind.NOT_SAID: "imprecise",
    Kind.OUTCOME: "incorrect",
}


def questions_of(
    served: Sequence[Served], problems: Sequence[Problem], expected_topic: str | None, deviation: str | None
) -> tuple[Question, ...]:
    """A verdict for each topic served.

    The first wrong problem decides for the topic that was expected, or else the last one served; the deviation's key is
    the case's own, or topic and kind of problem, so that the same mistake in another conversation is the same
    deviation. What failed without being wrong leaves its topics `unverified`. Where no topic was served, whatever was
    said or done that should not have been is a question of its own; not having understood is no wrong answer.
    """
    wrong = next((problem for problem in problems if problem.wrong and problem.kind in _VERDICT_OF), None)
    if not served:
        harm = next((one for one in problems if one.wrong and one.kind in (Kind.FORBIDDEN, Kind.BACKEND)), None)
        served, wrong = ([Served(expected_topic or NO_TOPIC)] if harm else []), harm
    topics = [one.topic for one in served]
    at_fault = expected_topic if expected_topic in topics else topics[-1] if topics else None
    otherwise: Verdict = "unverified" if problems else "correct"
    return tuple(
        Question(
            topic=one.topic, verdict=_VERDICT_OF[wrong.kind], intent=one.intent, confidence=one.confidence,
            deviation=deviation or f"{expected_topic or one.topic}/{wrong.kind}",
        )
        if wrong and one.topic == at_fault
        else Question(topic=one.topic, verdict=otherwise, intent=one.intent, confidence=one.confidence)
        for one in served
    )  # fmt: skip
