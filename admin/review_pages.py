"""The review of one interaction: what was said, the form, earlier versions, and the campaign administrator's word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from admin import review_form
from admin.audit_trail import Trail
from admin.evidence import Evidence
from admin.gate import Gate, Submission, Visitor
from admin.interaction import ReviewedInteraction, read_interaction
from admin.pages import Pages, Problem, moment_words
from admin.permissions import AGREE, REVIEW, SEE_SAMPLES, UNMASK
from admin.ports import CampaignDirectory
from admin.review_form import MOST_NOTE, OTHER_TOPIC, VERDICTS, ReviewFields
from admin.sample_pages import find_sample, next_folio, sample_address, shown_sample
from admin.standing import Standing, score_of, standings
from conversation.ports import Clock
from evaluation.quality.reviewing import Part
from evaluation.quality.scoring import LEVELS, Criterion
from ledger.audit_log import AuditAction
from ledger.reviews import NewReview, Review, ReviewRefused
from ledger.samples import Sample

_ADDRESS = "/samples/{campaign}/{channel}/{month}/{folio}"
_LEVEL_WORDS = ("No cumple", "Insuficiente", "A medias", "Casi", "Cumple")
_PARTS = {
    Part.FIRST: "Primera revisión",
    Part.CORRECT: "Corrección: se guarda como una versión nueva",
    Part.SECOND: "Segunda revisión: sin ver lo que dictaminó la primera persona",
    Part.READ: "",
}


@dataclass(frozen=True)
class Place:
    """One interaction of a sample, as the address names it."""

    campaign: str
    channel: str
    month: str
    folio: str


@dataclass(frozen=True)
class _Opened:
    """All that a page of one interaction is made of."""

    visitor: Visitor
    sample: Sample
    standing: Standing
    interaction: ReviewedInteraction
    next: str | None
    """The next interaction that waits for the visitor."""

    @property
    def part(self) -> Part:
        """What the visitor may do; somebody who is no reviewer reads."""
        return self.standing.part(self.visitor.account.username) if self.visitor.has(*REVIEW) else Part.READ

    @property
    def is_blind(self) -> bool:
        """Whether the visitor must not see what others judged."""
        return self.part is Part.SECOND

    @property
    def address(self) -> str:
        """Path of the page."""
        return f"{sample_address(self.sample)}/{self.standing.folio}"


class ReviewPages:
    """Routes of one interaction of a sample."""

    def __init__(
        self, pages: Pages, gate: Gate, trail: Trail, evidence: Evidence, campaigns: CampaignDirectory, clock: Clock,
        recordings: Callable[[Visitor, str], dict[str, Any]],
    ) -> None:  # fmt: skip
        """`recordings` tells what the page shows a visitor of the recordings of a folio."""
        self._pages, self._gate, self._trail = pages, gate, trail
        self._ledger, self._engine = evidence.reviews, evidence.engine
        self._campaigns, self._clock, self._recordings = campaigns, clock, recordings

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see, may_review = self._gate.visitor(*SEE_SAMPLES), self._gate.submission(*REVIEW)
        may_agree = self._gate.submission(*AGREE)

        @router.get(_ADDRESS)
        def interaction(
            request: Request, place: Annotated[Place, Depends()], visitor: Annotated[Visitor, Depends(may_see)]
        ) -> Response:
            opened = self._open(visitor, place)
            self._note(request, AuditAction.INTERACTION_SEEN, opened)
            return self._show(request, opened, None)

        @router.post(_ADDRESS)
        def review(
            request: Request, place: Annotated[Place, Depends()], submission: Annotated[Submission, Depends(may_review)]
        ) -> Response:
            return self._review(request, submission, self._open(submission.visitor, place))

        @router.post(_ADDRESS + "/agreement")
        def agree(
            request: Request, place: Annotated[Place, Depends()], submission: Annotated[Submission, Depends(may_agree)]
        ) -> Response:
            return self._agree(request, submission, self._open(submission.visitor, place))

    def _open(self, visitor: Visitor, place: Place) -> _Opened:
        sample = find_sample(self._ledger, visitor, place.campaign, place.channel, place.month)
        every = standings(self._engine, self._ledger, sample)
        standing = next((one for one in every if one.folio == place.folio), None)
        interaction = read_interaction(self._engine, place.folio) if standing else None
        if standing is None or interaction is None:
            raise HTTPException(404, "Ese folio no está en la muestra. Ábralo desde la lista de la muestra.")
        return _Opened(visitor, sample, standing, interaction, next_folio(every, visitor, place.folio))

    def _review(self, request: Request, submission: Submission, opened: _Opened) -> Response:
        topics, action = opened.interaction.topics, submission.text("action")
        if not opened.part.writes:
            raise HTTPException(409, "Otra persona ya revisó esta interacción y no le toca una segunda revisión.")
        fields = review_form.typed(submission, topics)
        if action == "add":
            return self._show(request, opened, review_form.with_another(fields), fresh=len(fields.questions))
        if action.startswith("remove-") and action[7:].isdecimal():
            return self._show(request, opened, review_form.without(fields, int(action[7:])))
        problems = review_form.check(fields, self._catalogue(opened.interaction))
        if problems:
            return self._show(request, opened, fields, problems)
        account = opened.visitor.account
        review = NewReview(
            folio=opened.standing.folio, reviewer=account.username, role=REVIEW[0].value,
            scores=review_form.scores(fields), questions=review_form.questions(fields),
            second=opened.part is Part.SECOND,
        )  # fmt: skip
        try:
            self._ledger.record_review(review, self._clock())
        except ReviewRefused as refused:
            return self._show(request, opened, fields, [Problem("", str(refused))])
        self._note(request, AuditAction.REVIEWED, opened)
        return RedirectResponse(f"{opened.address}?saved=review", 303)

    def _agree(self, request: Request, submission: Submission, opened: _Opened) -> Response:
        answer, comment, version = (submission.text(name) for name in ("agreed", "comment", "version"))
        latest = opened.standing.latest
        if latest is None:
            raise HTTPException(409, "Todavía no hay una revisión sobre la cual opinar.")
        problems = []
        if version != str(latest.version):
            problems.append(Problem("", "La revisión cambió mientras usted la leía. Lea la versión nueva y opine."))
        if answer not in ("yes", "no"):
            problems.append(Problem("agreed", "Elija «De acuerdo» o «En desacuerdo»."))
        if answer == "no" and not comment:
            problems.append(Problem("comment", "Escriba con qué no está de acuerdo, para que se pueda corregir."))
        if len(comment) > MOST_NOTE:
            problems.append(Problem("comment", f"El comentario tiene {len(comment)} caracteres; deje {MOST_NOTE}."))
        if not problems:
            account = opened.visitor.account
            try:
                self._ledger.record_agreement(
                    latest.folio, latest.version, agreed=answer == "yes", who=account.username,
                    role=AGREE[0].value, at=self._clock(), comment=comment,
                )  # fmt: skip
            except ReviewRefused as refused:
                problems.append(Problem("", str(refused)))
        if problems:
            return self._show(request, opened, None, problems, word={"agreed": answer, "comment": comment})
        self._note(request, AuditAction.AGREEMENT, opened)
        return RedirectResponse(f"{opened.address}?saved=agreement", 303)

    def _note(self, request: Request, action: AuditAction, opened: _Opened) -> None:
        self._trail.note(
            request, opened.visitor.account, action, campaign=opened.sample.campaign, folio=opened.standing.folio
        )

    def _show(
        self, request: Request, opened: _Opened, fields: ReviewFields | None, problems: Sequence[Problem] = (), *,
        fresh: int | None = None, word: dict[str, str] | None = None,
    ) -> Response:  # fmt: skip
        interaction, visitor, standing = opened.interaction, opened.visitor, opened.standing
        if fields is None:
            own = standing.latest if opened.part is Part.CORRECT else None
            topics = interaction.topics
            fields = review_form.filled(own, topics) if own else review_form.blank(topics)
        address = sample_address(opened.sample)
        context: dict[str, Any] = {
            "sample": shown_sample(opened.sample, self._campaigns.get(interaction.campaign)), "address": opened.address,
            "interaction": interaction, "part": opened.part.value, "part_words": _PARTS[opened.part], "fields": fields,
            "writes": opened.part.writes, "blind": opened.is_blind, "fresh": fresh,
            "criteria": [{"id": one.value, "label": one.label, "question": one.question} for one in Criterion],
            "levels": list(zip(LEVELS, _LEVEL_WORDS, strict=True)), "most_note": MOST_NOTE,
            "verdicts": [(verdict.value, label) for verdict, label in VERDICTS.items()],
            "catalogue": self._catalogue(interaction), "deviations": self._deviations(opened),
            "history": [] if opened.is_blind else self._history(standing, self._catalogue(interaction)),
            "agrees": visitor.has(*AGREE) and standing.latest is not None and not opened.is_blind,
            "latest": standing.latest.version if standing.latest else None, "word": word or {},
            "recordings": self._recordings(visitor, standing.folio), "may_unmask": visitor.has(*UNMASK),
            "next": f"{address}/{opened.next}" if opened.next else None, "saved": request.query_params.get("saved"),
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_review.html", problems=problems, **context)

    def _catalogue(self, interaction: ReviewedInteraction) -> dict[str, str]:
        """Labels of topics by id: the campaign's, those served, and one for what is in no catalogue."""
        campaign = self._campaigns.get(interaction.campaign)
        labels = {topic.id: topic.label for topic in campaign.topics} if campaign else {}
        served = {topic: labels.get(topic, topic) for topic in interaction.topics}
        return {**labels, **served, OTHER_TOPIC: "Otro tema, fuera del catálogo"}

    def _deviations(self, opened: _Opened) -> list[str]:
        """Keys in use in the campaign, so that the same deviation gets the same key; of this folio unless blind."""
        hidden = opened.standing.folio if opened.is_blind else None
        samples = self._ledger.samples(campaign=opened.sample.campaign)
        reviews = self._ledger.reviews_of([folio for one in samples for folio in one.folios if folio != hidden])
        found = (question.deviation for given in reviews.values() for one in given for question in one.questions)
        return sorted({key for key in found if key})

    def _history(self, standing: Standing, catalogue: dict[str, str]) -> list[dict[str, Any]]:
        """Every version, the newest first, each with the administrator's words on it."""
        reviews = sorted((*standing.firsts, *standing.seconds), key=lambda one: one.version, reverse=True)
        return [self._version(one, standing, catalogue) for one in reviews]

    @staticmethod
    def _version(review: Review, standing: Standing, catalogue: dict[str, str]) -> dict[str, Any]:
        marks = review.scores.model_dump() if review.scores else {}
        return {
            "version": review.version, "reviewer": review.reviewer, "is_second": review.second,
            "counts": review == standing.latest, "at": moment_words(review.at),
            "score": score_of(review.scores) if review.scores else None,
            "marks": [(one.label, marks[one.value]) for one in Criterion if marks],
            "questions": [
                {
                    "topic": catalogue.get(one.topic, one.topic), "verdict": VERDICTS[one.verdict],
                    "is_wrong": one.verdict.is_wrong, "deviation": one.deviation, "note": one.note,
                }
                for one in review.questions
            ],
            "words": [
                {
                    "agreed": one.agreed, "who": one.who, "comment": one.comment,
                    "at": moment_words(one.at),
                }
                for one in standing.words if one.version == review.version
            ],
        }  # fmt: skip
