"""What the ledger hands to the settlement is accepted by it (payment.md, «Data in»)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ledger_book import Book
from sqlalchemy import event

from conversation.campaign import Campaign
from conversation.events import End, EventKind
from conversation.message import Channel
from conversation.survey import Survey
from evaluation.settlement.interaction import Interaction
from ledger import settlement_source
from ledger.reviews import NewReview, ReviewedQuestion, ReviewLedger, Scores, Verdict
from ledger.settlement_source import closed_interactions

NOW = datetime(2026, 10, 15, 9, 0, tzinfo=ZoneInfo("America/Mexico_City"))


def read(book: Book, month: str | None = None, campaign: str | None = None) -> list[Interaction]:
    """What the settlement gets, checked as it checks it."""
    return [Interaction.model_validate(record) for record in closed_interactions(book.database, month, campaign)]


def test_a_resolved_interaction(book: Book) -> None:
    conversation = book.closed()
    [found] = read(book)
    assert found.folio == conversation.folio and found.agent_type == "avanzado_a" and found.month == "2026-10"
    assert found.is_complete and found.has_evidence and found.resolved is True
    assert [question.verdict for question in found.questions] == ["unverified"], "the ledger judges nothing"
    assert found.duration == timedelta(minutes=4) and not found.transferred_to_human


def test_no_interaction_is_rounded(book: Book) -> None:
    """Seconds of minutes billed are added up exactly (L7680)."""
    book.closed(opened=NOW.replace(microsecond=900_000), closed_at=NOW.replace(second=1, microsecond=100_000))
    [found] = read(book)
    assert found.duration == timedelta(milliseconds=200)


@pytest.mark.parametrize("end", list(End))
@pytest.mark.parametrize("channel", list(Channel))
def test_every_end_and_channel_is_accepted(book: Book, end: End, channel: Channel) -> None:
    book.closed(end=end, channel=channel)
    [found] = read(book)
    assert (found.end, found.channel, found.is_complete) == (end.value, channel.value, end is End.COMPLETED)


@pytest.mark.parametrize(
    ("survey", "expected"),
    [(Survey(), None), (Survey(resolved=False), False), (Survey(resolved=True, rating=1), True)],
)
def test_no_answer_is_never_a_yes(book: Book, survey: Survey, expected: bool | None) -> None:
    book.closed(survey=survey)
    [found] = read(book)
    assert found.resolved is expected and (found.survey is None) is (survey == Survey())


@pytest.mark.parametrize("lacking", [EventKind.OPENED, EventKind.MESSAGE, EventKind.CLOSED])
def test_evidence_that_is_missing_is_named(book: Book, lacking: EventKind) -> None:
    book.closed(skip=lacking)
    [found] = read(book)
    assert not found.has_evidence and len(found.evidence.missing) == 1


def test_without_origin_there_is_no_evidence(book: Book) -> None:
    book.closed(origin="")
    [found] = read(book)
    assert not found.has_evidence and found.evidence.missing == ("origin",)


def test_open_interactions_are_not_handed_over(book: Book, campaign: Campaign) -> None:
    book.record.open(campaign, Channel.WEBCHAT, "203.0.113.7", NOW, "hash")
    assert read(book) == []


def test_months_are_the_centres_and_campaigns_the_ones_asked_for(book: Book) -> None:
    last_of_october = datetime(2026, 11, 1, 5, 59, 59, tzinfo=UTC)  # 23:59:59 of 31 October in the centre
    first_of_november = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    october, november = book.closed(opened=last_of_october), book.closed(opened=first_of_november)
    other = book.closed(campaign="pensionados", bot_campaign="cita_medica", agent_type="basico")
    assert [one.folio for one in read(book, "2026-10")] == [other.folio, october.folio]
    assert [one.folio for one in read(book, "2026-11")] == [november.folio]
    assert [one.folio for one in read(book, "2026-10", "cita_medica")] == [other.folio], "by the bot that served"
    assert len(read(book)) == 3


def test_an_interaction_with_a_person_says_so(book: Book) -> None:
    book.closed(transferred_to_human=True, topics=[])
    [found] = read(book)
    assert found.transferred_to_human and found.questions == ()


def test_the_record_holds_no_personal_data(book: Book) -> None:
    book.closed(facts={"nss": "00058500018"})
    assert "00058500018" not in "".join(one.model_dump_json() for one in read(book))


def judged(topic: str, verdict: Verdict = Verdict.CORRECT, deviation: str | None = None) -> ReviewedQuestion:
    return ReviewedQuestion(topic=topic, verdict=verdict, deviation=deviation)


def reviewed(
    book: Book, folio: str, *questions: ReviewedQuestion, reviewer: str = "rosa", second: bool = False
) -> None:
    """A quality review as the ledger takes it."""
    scores = Scores(informacion=50, procedimientos=100, comprension=100, etiqueta=100)
    given = NewReview(
        folio=folio, reviewer=reviewer, role="calidad", scores=scores, questions=questions, second=second
    )  # fmt: skip
    ReviewLedger(book.database, book.vault).record_review(given, NOW)


def questions_of(book: Book, folio: str) -> list[tuple[str, str, str | None]]:
    [found] = [one for one in read(book) if one.folio == folio]
    return [(one.topic, one.verdict, one.deviation) for one in found.questions]


def test_verdicts_replace_what_was_unverified(book: Book) -> None:
    folio = book.closed(topics=["vigencia_derechos", "semanas_cotizadas"]).folio
    untouched = book.closed().folio
    reviewed(book, folio, judged("semanas_cotizadas", Verdict.IMPRECISE, "fecha"), judged("tramite_que_no_se_atendio"))
    assert questions_of(book, folio) == [
        ("vigencia_derechos", "unverified", None),
        ("semanas_cotizadas", "imprecise", "fecha"),
        ("tramite_que_no_se_atendio", "correct", None),
    ]
    assert questions_of(book, untouched) == [("vigencia_derechos", "unverified", None)]


def test_a_correction_wins_and_a_second_review_does_not(book: Book) -> None:
    folio = book.closed().folio
    reviewed(book, folio, judged("vigencia_derechos", Verdict.INCORRECT, "requisito"))
    reviewed(book, folio, judged("vigencia_derechos"), reviewer="luis", second=True)
    assert questions_of(book, folio) == [("vigencia_derechos", "incorrect", "requisito")]
    reviewed(book, folio, judged("vigencia_derechos", Verdict.CONFUSING))
    assert questions_of(book, folio) == [("vigencia_derechos", "confusing", None)]


def test_two_answers_on_one_topic_are_two_questions(book: Book) -> None:
    folio = book.closed().folio
    reviewed(book, folio, judged("vigencia_derechos"), judged("vigencia_derechos", Verdict.OFF_TOPIC))
    assert [verdict for _, verdict, _ in questions_of(book, folio)] == ["correct", "off_topic"]


def test_a_month_is_read_in_few_statements(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement_source, "BATCH", 4)
    folios = [book.closed(opened=NOW + timedelta(seconds=second)).folio for second in range(10)]
    statements: list[str] = []
    event.listen(book.database, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert [one.folio for one in read(book, "2026-10", "derechohabiente")] == folios
    assert len([one for one in statements if one.startswith("SELECT")]) == 1 + 3 * 2, "two for each batch of four"
    assert any("opened_at >=" in one for one in statements), "the database chooses the month"
