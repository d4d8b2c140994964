"""Samples, reviews, verdicts and agreements: only added, and what payment takes of them (L10240, L2058-2059)."""

from datetime import timedelta

import pytest
from ledger_book import NOW, Book
from pydantic import ValidationError

from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import Channel
from ledger.reviews import (
    NewReview,
    ReviewedQuestion,
    ReviewLedger,
    ReviewRefused,
    ReviewSource,
    Scores,
    Verdict,
    verdicts,
)
from ledger.samples import Sample, closed_folios

SCORES = Scores(informacion=100, procedimientos=80, comprension=100, etiqueta=60)


@pytest.fixture
def ledger(book: Book) -> ReviewLedger:
    return ReviewLedger(book.database, book.vault)


@pytest.fixture
def folio(book: Book) -> str:
    return book.closed().folio


def review(folio: str, verdict: Verdict = Verdict.CORRECT, **more: object) -> NewReview:
    """A review as a form hands it in."""
    deviation = "requisito_equivocado" if verdict.is_wrong else None
    question = ReviewedQuestion(topic="vigencia_derechos", verdict=verdict, deviation=deviation)
    given = {"reviewer": "rosa", "role": "analista de calidad", "scores": SCORES, "questions": (question,), **more}
    return NewReview.model_validate({"folio": folio, **given})


def sample(**more: object) -> Sample:
    """A draw of two."""
    given = {"campaign": "cita_medica", "channel": Channel.WEBCHAT, "month": "2026-10", "seed": 2**62, "size": 2,
             "drawn_by": "inés", "at": NOW, "folios": ("b", "a"), **more}  # fmt: skip
    return Sample.model_validate(given)


def refused(code: str) -> "pytest.RaisesExc[ReviewRefused]":
    return pytest.raises(ReviewRefused, check=lambda error: error.code == code)


def test_a_review_comes_back_as_it_was_recorded(ledger: ReviewLedger, folio: str, book: Book) -> None:
    made = ledger.record_review(review(folio), NOW)
    assert (made.version, made.at, made.scores) == (1, NOW, SCORES) and SCORES.mean == 85
    assert ledger.reviews(folio) == [made] and ledger.reviews_of([folio, "otro"]) == {folio: [made]}
    assert ledger.latest_verdicts(folio) == made.questions and book.findings() == []


def test_a_correction_is_a_new_version_and_wins(ledger: ReviewLedger, folio: str) -> None:
    first = ledger.record_review(review(folio, Verdict.INCORRECT), NOW)
    corrected = ledger.record_review(review(folio, reviewer="luis"), NOW + timedelta(days=1))
    assert ledger.reviews(folio) == [first, corrected] and corrected.version == 2
    assert [one.verdict for one in ledger.latest_verdicts(folio)] == [Verdict.CORRECT]


def test_a_second_review_changes_no_verdict(ledger: ReviewLedger, folio: str) -> None:
    ledger.record_review(review(folio, Verdict.IMPRECISE), NOW)
    ledger.record_review(review(folio, reviewer="luis", second=True), NOW)
    assert [one.second for one in ledger.reviews(folio)] == [False, True]
    assert [one.verdict for one in ledger.latest_verdicts(folio)] == [Verdict.IMPRECISE]
    assert verdicts([]) == () == ledger.latest_verdicts("otro")


def test_the_harness_gives_verdicts_without_marks(ledger: ReviewLedger, folio: str) -> None:
    made = ledger.record_review(review(folio, source=ReviewSource.HARNESS, scores=None), NOW)
    assert made.scores is None and ledger.reviews(folio) == [made]


def test_what_cannot_be_recorded_is_refused(ledger: ReviewLedger, folio: str, book: Book) -> None:
    with refused("folio_unknown"):
        ledger.record_review(review("VEN-20261015-0000009-9"), NOW)
    with refused("not_closed"):
        ledger.record_review(review(book.closed(state=State.SURVEY).folio), NOW)
    with refused("no_first_review"):
        ledger.record_review(review(folio, second=True), NOW)
    ledger.record_review(review(folio), NOW)
    with refused("same_reviewer"):
        ledger.record_review(review(folio, second=True), NOW)
    assert len(ledger.reviews(folio)) == 1 and book.findings() == [], "what was refused left nothing behind"


@pytest.mark.parametrize(
    "more",
    [
        {"scores": None},
        {"scores": {**SCORES.model_dump(), "etiqueta": 101}},
        {"scores": {**SCORES.model_dump(), "etiqueta": -1}},
        {"scores": {"informacion": 100}},
        {"reviewer": ""},
        {"questions": [{"topic": "vigencia", "verdict": "correct", "deviation": "x"}]},
        {"questions": [{"topic": "vigencia", "verdict": "unverified", "deviation": "x"}]},
        {"questions": [{"topic": "vigencia", "verdict": "wrong"}]},
        {"questions": [{"topic": "=vigencia", "verdict": "correct"}]},
        {"state": "draft"},
    ],
)
def test_a_malformed_review_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        review("VEN-20261015-0000001-5", **more)


def test_notes_and_comments_are_masked(ledger: ReviewLedger, folio: str, book: Book) -> None:
    question = ReviewedQuestion(topic="vigencia_derechos", verdict=Verdict.CORRECT, note="dio el NSS 00058500018")
    made = ledger.record_review(review(folio, questions=(question,)), NOW)
    assert made.questions[0].note == "dio el NSS *******0018"
    said = ledger.record_agreement(folio, 1, agreed=True, who="mar", role="admin", at=NOW, comment="NSS 00058500018")
    assert said.comment == "NSS *******0018"
    with book.behind() as connection:
        assert "00058500018" not in "\n".join(connection.iterdump())


def test_the_administrator_agrees_or_not(ledger: ReviewLedger, folio: str, book: Book) -> None:
    ledger.record_review(review(folio, Verdict.INCORRECT), NOW)
    no = ledger.record_agreement(folio, 1, agreed=False, who="mar", role="administrador", at=NOW, comment="Era otro.")
    yes = ledger.record_agreement(folio, 1, agreed=True, who="mar", role="administrador", at=NOW)
    assert ledger.agreements(folio) == [no, yes] and ledger.agreements("otro") == []
    with refused("version_unknown"):
        ledger.record_agreement(folio, 2, agreed=True, who="mar", role="administrador", at=NOW)
    with refused("own_review"):
        ledger.record_agreement(folio, 1, agreed=True, who="rosa", role="administrador", at=NOW)
    with refused("folio_unknown"):
        ledger.record_agreement("otro", 1, agreed=True, who="mar", role="administrador", at=NOW)
    assert book.findings() == [] and len(ledger.reviews(folio)) == 1


def test_reviews_are_events_of_their_interaction(ledger: ReviewLedger, book: Book) -> None:
    conversation = book.closed()
    ledger.record_review(review(conversation.folio), NOW)
    ledger.record_agreement(conversation.folio, 1, agreed=True, who="mar", role="administrador", at=NOW)
    *_, reviewed, agreed = book.record.events(conversation.id)
    assert (reviewed.kind, reviewed.agent, reviewed.level) == (EventKind.REVIEWED, "rosa", "quality")
    assert (agreed.kind, agreed.agent) == (EventKind.AGREEMENT, "mar")
    assert book.record.load(conversation.id) == conversation, "the interaction is as it was"


def test_a_month_is_drawn_once(ledger: ReviewLedger) -> None:
    first, voice, november = sample(), sample(channel=Channel.VOICE), sample(month="2026-11", folios=())
    for one in (first, voice, november):
        ledger.record_sample(one)
    with refused("sample_exists"):
        ledger.record_sample(sample(seed=8, folios=("c", "d")))
    assert ledger.samples() == [november, voice, first] and ledger.samples("2026-10") == [voice, first]
    assert ledger.samples(campaign="otra") == [] == ledger.samples("2026-09")
    assert ledger.sample("cita_medica", Channel.WEBCHAT, "2026-10") == first, "in the order of the draw"
    assert ledger.sample("cita_medica", Channel.WHATSAPP, "2026-10") is None


@pytest.mark.parametrize(
    "more", [{"month": "2026-13"}, {"month": "10-2026"}, {"seed": -1}, {"seed": 2**63}, {"size": 0}]
)
def test_a_malformed_sample_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        sample(**more)


def test_samples_are_drawn_from_what_is_closed(book: Book) -> None:
    own = {"bot_campaign": "cita_medica"}
    wanted = [book.closed(opened=NOW + timedelta(hours=hours), **own).folio for hours in (3, 1, 2)]
    book.closed()
    book.closed(state=State.SURVEY, **own)
    book.closed(opened=NOW.replace(month=11), **own)
    voice = book.closed(channel=Channel.VOICE, **own)
    assert closed_folios(book.database, "2026-10", "cita_medica", Channel.WEBCHAT) == sorted(wanted)
    assert closed_folios(book.database, "2026-10", "cita_medica", Channel.VOICE) == [voice.folio]
    assert closed_folios(book.database, "2026-09", "cita_medica", Channel.VOICE) == []
