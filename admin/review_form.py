"""The review as it is typed: read from the form, checked, and turned into what the ledger keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from admin.gate import Submission
from admin.pages import Problem
from evaluation.quality.reviewing import SHORTEST_DEVIATION, deviation_key
from evaluation.quality.scoring import LEVELS, Criterion
from ledger.reviews import Review, ReviewedQuestion, Scores, Verdict

MOST_QUESTIONS = 20
MOST_NOTE = 500
"""Characters of a note; longer ones are conclusions that belong elsewhere."""
OTHER_TOPIC = "fuera_de_catalogo"
VERDICTS = {
    Verdict.CORRECT: "Correcta", Verdict.INCORRECT: "Incorrecta", Verdict.IMPRECISE: "Imprecisa",
    Verdict.OFF_TOPIC: "Fuera de tema", Verdict.CONFUSING: "Confusa", Verdict.UNVERIFIED: "No se puede verificar",
}  # fmt: skip


@dataclass(frozen=True)
class QuestionFields:
    """One question as typed."""

    topic: str
    verdict: str = ""
    deviation: str = ""
    note: str = ""
    is_added: bool = False
    """Added by the reviewer: the assistant served no such topic."""


@dataclass(frozen=True)
class ReviewFields:
    """The whole form as typed."""

    marks: Mapping[str, str]
    """By criterion."""
    questions: tuple[QuestionFields, ...]


def blank(topics: Sequence[str]) -> ReviewFields:
    """The form before anything is typed: one question for each topic served."""
    return ReviewFields({}, tuple(QuestionFields(topic) for topic in topics))


def filled(review: Review, topics: Sequence[str]) -> ReviewFields:
    """The form to correct a review."""
    marks = review.scores.model_dump() if review.scores else {}
    given = {question.topic: question for question in review.questions}
    questions = [QuestionFields(topic) for topic in topics if topic not in given]
    questions += [
        QuestionFields(one.topic, one.verdict, one.deviation or "", one.note, one.topic not in topics)
        for one in review.questions
    ]
    ordered = sorted(questions, key=lambda one: topics.index(one.topic) if one.topic in topics else len(topics))
    return ReviewFields({name: str(mark) for name, mark in marks.items()}, tuple(ordered))


def typed(submission: Submission, topics: Sequence[str]) -> ReviewFields:
    """What came in. The first questions are the topics served, whatever the form says of them."""
    count = submission.text("questions")
    asked = min(int(count), MOST_QUESTIONS) if count.isdecimal() and len(count) < 4 else 0
    questions = []
    for place in range(max(asked, len(topics))):
        is_added = place >= len(topics)
        questions.append(
            QuestionFields(
                topic=submission.text(f"topic-{place}") if is_added else topics[place],
                verdict=submission.text(f"verdict-{place}"), deviation=submission.text(f"deviation-{place}"),
                note=submission.text(f"note-{place}"), is_added=is_added,
            )
        )  # fmt: skip
    return ReviewFields({one.value: submission.text(f"mark-{one}") for one in Criterion}, tuple(questions))


def with_another(fields: ReviewFields) -> ReviewFields:
    """The form with room for one more question, up to the most there may be."""
    more = (QuestionFields("", is_added=True),) if len(fields.questions) < MOST_QUESTIONS else ()
    return ReviewFields(fields.marks, (*fields.questions, *more))


def without(fields: ReviewFields, place: int) -> ReviewFields:
    """The form without an added question; topics served stay."""
    kept = (one for at, one in enumerate(fields.questions) if at != place or not one.is_added)
    return ReviewFields(fields.marks, tuple(kept))


def check(fields: ReviewFields, catalogue: Mapping[str, str]) -> list[Problem]:
    """Everything to correct; `catalogue` has the labels of the topics there are, by id."""
    levels = {str(level) for level in LEVELS}
    problems = [
        Problem(f"mark-{one}", f"Califique «{one.label}»: elija una de las opciones de 0 a 100.")
        for one in Criterion if fields.marks.get(one.value) not in levels
    ]  # fmt: skip
    seen: set[str] = set()
    for place, question in enumerate(fields.questions):
        problems += _question_problems(place, question, catalogue, seen)
        seen.add(question.topic)
    return problems


def _question_problems(
    place: int, question: QuestionFields, catalogue: Mapping[str, str], seen: set[str]
) -> list[Problem]:
    where = f"Pregunta {place + 1}"
    problems = []
    if question.is_added and question.topic not in catalogue:
        problems.append(Problem(f"topic-{place}", f"{where}: elija el tema en la lista."))
    elif question.topic in seen:
        text = f"{where}: el tema ya tiene su dictamen arriba. Quite esta pregunta o elija otro tema."
        problems.append(Problem(f"topic-{place}", text))
    if question.verdict not in set(Verdict):
        problems.append(Problem(f"verdict-{place}", f"{where}: elija un dictamen."))
    elif Verdict(question.verdict).is_wrong and len(deviation_key(question.deviation)) < SHORTEST_DEVIATION:
        text = f"{where}: escriba qué desviación fue, por ejemplo «requisito_equivocado»; con ella se cuenta si vuelve."
        problems.append(Problem(f"deviation-{place}", text))
    if len(question.note) > MOST_NOTE:
        text = f"{where}: la nota tiene {len(question.note)} caracteres; deje a lo más {MOST_NOTE}."
        problems.append(Problem(f"note-{place}", text))
    return problems


def scores(fields: ReviewFields) -> Scores:
    """The marks of a form that was checked."""
    return Scores.model_validate({name: int(mark) for name, mark in fields.marks.items()})


def questions(fields: ReviewFields) -> tuple[ReviewedQuestion, ...]:
    """The verdicts of a form that was checked; a right answer keeps no deviation."""
    return tuple(
        ReviewedQuestion(
            topic=one.topic, verdict=Verdict(one.verdict), note=one.note,
            deviation=deviation_key(one.deviation) if Verdict(one.verdict).is_wrong else None,
        )
        for one in fields.questions
    )  # fmt: skip
