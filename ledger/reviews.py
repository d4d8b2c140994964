"""Who judged an answer and how: samples, quality reviews, verdicts and agreements (payment.md, L10240).

A review is an event of the interaction it judges, in the same chain of hashes as its messages, and so is the campaign
administrator's agreement with it. Nothing is updated: a correction is a later version, and payment takes the latest
first-line version (`latest_verdicts`). Second reviews measure whether two people judge alike; they never pay.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import Engine, and_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from conversation.conversation import State
from conversation.events import EventKind
from conversation.masking import mask
from conversation.message import Channel
from ledger import chain, seal
from ledger.samples import Sample, find, row_of
from ledger.schema import EventRow, InteractionRow, SampleRow
from ledger.vault import Vault

Score = Annotated[int, Field(ge=0, le=100)]
"""0 to 100: the contract names four criteria and a goal of 95 %, but no scale (L10240)."""
Name = Annotated[str, StringConstraints(pattern=r"^\w[^\x00-\x1f\x7f]*$", max_length=200)]
User = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Text = Annotated[str, StringConstraints(max_length=2000)]


class Verdict(StrEnum):
    """How one question was answered (payment.md, «Who decides that an answer was wrong»)."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    IMPRECISE = "imprecise"
    OFF_TOPIC = "off_topic"
    CONFUSING = "confusing"
    UNVERIFIED = "unverified"

    @property
    def is_wrong(self) -> bool:
        """Whether the interaction pays nothing for it (L2058-2059)."""
        return self not in (Verdict.CORRECT, Verdict.UNVERIFIED)


class ReviewSource(StrEnum):
    """Who judged: a person, or the evaluation harness on a simulated conversation."""

    QUALITY_REVIEW = "quality_review"
    HARNESS = "harness"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scores(_Part):
    """The four criteria of the contract, each 0 to 100 (L10240)."""

    informacion: Score
    """Información correcta y completa."""
    procedimientos: Score
    """Procedimientos adecuados."""
    comprension: Score
    """Análisis y comprensión."""
    etiqueta: Score

    @property
    def mean(self) -> float:
        """The review's mark, 0 to 100: the four count alike, as the contract weights none."""
        return (self.informacion + self.procedimientos + self.comprension + self.etiqueta) / 4


class ReviewedQuestion(_Part):
    """One question of the interaction and its verdict; `deviation` names what was wrong, for recurrences (L2059)."""

    topic: Name
    verdict: Verdict
    deviation: Name | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _only_a_wrong_answer_deviates(self) -> "ReviewedQuestion":
        if self.deviation is not None and not self.verdict.is_wrong:
            raise ValueError("una respuesta que no fue incorrecta no puede tener desviación")
        return self


class NewReview(_Part):
    """A review as the reviewer hands it in."""

    folio: str
    reviewer: User
    role: User
    source: ReviewSource = ReviewSource.QUALITY_REVIEW
    scores: Scores | None
    """None for the harness, which gives verdicts only."""
    questions: tuple[ReviewedQuestion, ...]
    second: bool = False
    """A second person's review of the same interaction, to measure agreement; it changes no verdict."""

    @model_validator(mode="after")
    def _people_give_marks(self) -> "NewReview":
        if self.scores is None and self.source is ReviewSource.QUALITY_REVIEW:
            raise ValueError("una revisión de calidad lleva los cuatro criterios")
        return self


class Review(NewReview):
    """A review as it stands in the record."""

    version: int
    """1, 2, … among the reviews of the folio."""
    at: datetime


class Agreement(_Part):
    """Whether the campaign administrator agrees with one version of a review."""

    folio: str
    version: int
    agreed: bool
    who: User
    role: User
    comment: Text = ""
    at: datetime


class ReviewRefused(Exception):
    """A sample, review or agreement that cannot be recorded; `code` is for programs, the text for the person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class ReviewLedger:
    """Samples, reviews and agreements in the ledger; everything is only added."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        """`vault` seals what is added (`ledger.seal`)."""
        self._engine, self._vault = engine, vault

    def record_sample(self, sample: Sample) -> None:
        """Keep a draw; a month is drawn once per campaign and channel.

        Raises:
            ReviewRefused: `sample_exists`.
        """
        try:
            with Session(self._engine) as session, session.begin():
                session.add(row_of(sample, self._vault))
        except IntegrityError as error:
            raise ReviewRefused("sample_exists", "La muestra de ese mes, campaña y canal ya se sorteó.") from error

    def samples(self, month: str | None = None, campaign: str | None = None) -> list[Sample]:
        """Draws, the newest month first, then by campaign and channel."""
        chosen = and_(
            SampleRow.month == month if month else true(), SampleRow.campaign == campaign if campaign else true()
        )
        with Session(self._engine) as session:
            return find(session, chosen)

    def sample(self, campaign: str, channel: Channel, month: str) -> Sample | None:
        """The draw of one campaign, channel and month."""
        return next((one for one in self.samples(month, campaign) if one.channel is channel), None)

    def record_review(self, review: NewReview, at: datetime) -> Review:
        """Append a review; a further one of the same folio is its next version. Personal data in notes are masked.

        Raises:
            ReviewRefused: `folio_unknown`, `not_closed`, `no_first_review` (a second one needs a first),
                `same_reviewer` (nobody is his or her own second).
        """
        with self._interaction(review.folio) as (session, interaction):
            before = _reviews(session, [review.folio]).get(review.folio, [])
            if interaction.state != State.CLOSED:
                raise ReviewRefused("not_closed", "La interacción sigue abierta; se revisa cuando termina.")
            if review.second and not any(not one.second for one in before):
                raise ReviewRefused("no_first_review", "Todavía no hay una primera revisión de este folio.")
            if review.second and review.reviewer in {one.reviewer for one in before if not one.second}:
                raise ReviewRefused("same_reviewer", "La segunda revisión la hace otra persona.")
            masked = tuple(one.model_copy(update={"note": mask(one.note)}) for one in review.questions)
            made = Review(**{**dict(review), "questions": masked}, version=len(before) + 1, at=at)
            _append(session, interaction, EventKind.REVIEWED, made, made.reviewer)
        return made

    def reviews(self, folio: str) -> list[Review]:
        """Every version, in order."""
        return self.reviews_of([folio]).get(folio, [])

    def reviews_of(self, folios: Sequence[str]) -> dict[str, list[Review]]:
        """The same for many folios in one query; folios without reviews are left out."""
        with Session(self._engine) as session:
            return _reviews(session, folios)

    def latest_verdicts(self, folio: str) -> tuple[ReviewedQuestion, ...]:
        """What payment goes by: the questions of the latest first-line review; empty without one."""
        return verdicts(self.reviews(folio))

    def record_agreement(
        self, folio: str, version: int, *, agreed: bool, who: str, role: str, at: datetime, comment: str = ""
    ) -> Agreement:
        """Append the administrator's word on one version; a later word stands beside the earlier one.

        Raises:
            ReviewRefused: `folio_unknown`, `version_unknown`, `own_review` (nobody approves his or her own work,
                security.md §8).
        """
        made = Agreement(
            folio=folio, version=version, agreed=agreed, who=who, role=role, comment=mask(comment), at=at
        )  # fmt: skip
        with self._interaction(folio) as (session, interaction):
            reviewed = {one.version: one.reviewer for one in _reviews(session, [folio]).get(folio, [])}
            if version not in reviewed:
                raise ReviewRefused("version_unknown", f"El folio no tiene una revisión número {version}.")
            if reviewed[version] == who:
                raise ReviewRefused("own_review", "Nadie da su acuerdo a una revisión propia.")
            _append(session, interaction, EventKind.AGREEMENT, made, who)
        return made

    def agreements(self, folio: str) -> list[Agreement]:
        """Every word on the folio's reviews, in order; the last of a version counts."""
        with Session(self._engine) as session:
            return [Agreement.model_validate(row.data) for row in _rows(session, [folio], EventKind.AGREEMENT)]

    @contextmanager
    def _interaction(self, folio: str) -> Iterator[tuple[Session, InteractionRow]]:
        with Session(self._engine) as session:
            found = session.scalar(select(InteractionRow.id).where(InteractionRow.folio == folio))
        if found is None:
            raise ReviewRefused("folio_unknown", "No existe ese folio.")
        with seal.writing(self._engine, found, self._vault) as held:
            yield held


def verdicts(reviews: Sequence[Review]) -> tuple[ReviewedQuestion, ...]:
    """The questions of the latest first-line review among some of one folio; empty without one."""
    return next((one.questions for one in reversed(reviews) if not one.second), ())


def _append(session: Session, interaction: InteractionRow, kind: EventKind, made: Review | Agreement, who: str) -> None:
    row = EventRow(
        conversation_id=interaction.id, folio=interaction.folio, at=made.at, kind=kind,
        campaign=interaction.snapshot["bot_campaign"], channel=interaction.snapshot["channel"], level="quality",
        agent=who, source_id=None, data=made.model_dump(mode="json"), secret=None,
    )  # fmt: skip
    chain.append(session, interaction, row)


def _rows(session: Session, folios: Sequence[str], kind: EventKind) -> Iterable[EventRow]:
    query = select(EventRow).where(EventRow.folio.in_(folios), EventRow.kind == kind)
    return session.scalars(query.order_by(EventRow.folio, EventRow.position))


def _reviews(session: Session, folios: Sequence[str]) -> dict[str, list[Review]]:
    found: dict[str, list[Review]] = {}
    for row in _rows(session, folios, EventKind.REVIEWED):
        found.setdefault(row.folio, []).append(Review.model_validate(row.data))
    return found
