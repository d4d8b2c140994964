"""How far the review of a sample is, and what it says: per interaction and in sum."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.events import EventKind
from evaluation.quality.agreement import Agreement, compare
from evaluation.quality.reviewing import Part, part_of
from evaluation.quality.sampling import second_share
from evaluation.quality.scoring import Criterion, month_score, review_score
from ledger.reviews import Agreement as CampaignWord
from ledger.reviews import Review, ReviewLedger, ReviewSource, Scores
from ledger.samples import Sample
from ledger.schema import EventRow


@dataclass(frozen=True)
class Standing:
    """One interaction of a sample and what people said of it."""

    folio: str
    firsts: tuple[Review, ...]
    """First-line versions, in order; the last one counts."""
    seconds: tuple[Review, ...]
    second_is_due: bool
    words: tuple[CampaignWord, ...]
    """What the campaign's administrator said, in order."""

    @property
    def latest(self) -> Review | None:
        """The review that counts."""
        return self.firsts[-1] if self.firsts else None

    @property
    def word(self) -> CampaignWord | None:
        """The administrator's last word on the review that counts."""
        latest = self.latest
        return next((one for one in reversed(self.words) if latest and one.version == latest.version), None)

    def part(self, reviewer: str) -> Part:
        """What a reviewer may do with it."""
        firsts = {review.reviewer for review in self.firsts}
        return part_of(reviewer, firsts, {review.reviewer for review in self.seconds}, self.second_is_due)

    def waits_for(self, reviewer: str) -> bool:
        """Whether the reviewer has something to do with it: review it, or correct what the campaign disputes."""
        part = self.part(reviewer)
        disputed = self.word is not None and not self.word.agreed
        return part in (Part.FIRST, Part.SECOND) or (part is Part.CORRECT and disputed)


@dataclass(frozen=True)
class Figures:
    """A sample in sum."""

    monitorings: int
    reviewed: int
    score: Decimal | None
    """Σ scores / monitorings; while reviews are missing, over those there are."""
    seconds_due: int
    seconds_done: int
    agreement: Agreement
    agreed: int
    disputed: int
    verdicts: Counter[str]

    @property
    def is_final(self) -> bool:
        """Whether every interaction of the sample was reviewed."""
        return self.reviewed == self.monitorings


def standings(engine: Engine, ledger: ReviewLedger, sample: Sample) -> list[Standing]:
    """Every interaction of a sample, in the order of the draw, from two queries however large the sample is."""
    seconds = second_share(sample.folios, seed=sample.seed)
    reviews, words = ledger.reviews_of(sample.folios), _words(engine, sample.folios)
    return [_standing(one, reviews.get(one, []), one in seconds, words.get(one, [])) for one in sample.folios]


def _words(engine: Engine, folios: Sequence[str]) -> dict[str, list[CampaignWord]]:
    """What `ReviewLedger.agreements` gives, for many folios at once."""
    query = select(EventRow).where(EventRow.folio.in_(folios), EventRow.kind == EventKind.AGREEMENT)
    found: dict[str, list[CampaignWord]] = {}
    with Session(engine) as session:
        for row in session.scalars(query.order_by(EventRow.seq)):
            found.setdefault(row.folio, []).append(CampaignWord.model_validate(row.data))
    return found


def score_of(scores: Scores) -> Decimal:
    """Score of a review as the ledger keeps its marks."""
    marks = scores.model_dump()
    return review_score({criterion: marks[criterion.value] for criterion in Criterion})


def figures(found: Sequence[Standing]) -> Figures:
    """The sum of a sample.

    Kappa compares what each of the two wrote first, before either could see the other's marks; corrections change the
    score and the payment, not this measure.
    """
    latest = [one.latest for one in found if one.latest]
    scores = [score_of(review.scores) for review in latest if review.scores]
    pairs = [(_verdicts(one.firsts[0]), _verdicts(one.seconds[0])) for one in found if one.firsts and one.seconds]
    words = [one.word for one in found if one.word]
    return Figures(
        monitorings=len(found), reviewed=len(latest), score=month_score(scores, len(scores)),
        seconds_due=sum(one.second_is_due for one in found), seconds_done=sum(bool(one.seconds) for one in found),
        agreement=compare(pairs), agreed=sum(word.agreed for word in words),
        disputed=sum(not word.agreed for word in words),
        verdicts=Counter(question.verdict.value for review in latest for question in review.questions),
    )  # fmt: skip


def _standing(folio: str, reviews: Sequence[Review], second_is_due: bool, words: Sequence[CampaignWord]) -> Standing:
    people = [review for review in reviews if review.source is ReviewSource.QUALITY_REVIEW]
    return Standing(
        folio=folio, firsts=tuple(review for review in people if not review.second),
        seconds=tuple(review for review in people if review.second), second_is_due=second_is_due, words=tuple(words),
    )  # fmt: skip


def _verdicts(review: Review) -> dict[str, str]:
    return {question.topic: question.verdict.value for question in review.questions}
