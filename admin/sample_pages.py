"""Samples: draw a month's, see how far its review is."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine

from admin.audit_trail import Trail
from admin.gate import Gate, Submission, Visitor
from admin.pages import CHANNELS, Pages, Problem, check_campaign, moment_words, month_words, own_campaigns, problem_of
from admin.permissions import AGREE, DRAW, REVIEW, SEE_SAMPLES
from admin.ports import CampaignDirectory
from admin.standing import Standing, figures, standings
from conversation.campaign import Campaign
from conversation.message import Channel
from conversation.ports import Clock
from evaluation.quality.reviewing import Part
from evaluation.quality.sampling import SAMPLE_SIZE, SECOND_SHARE, draw
from ledger.audit_log import AuditAction
from ledger.periods import month_bounds
from ledger.reviews import ReviewLedger, ReviewRefused
from ledger.samples import Sample, closed_folios

MOST_FOLIOS = 1000
_CORRECTIONS = {
    "campaign": "Elija una campaña de la lista.",
    "channel": "Elija un canal de la lista.",
    "month": "Escriba el mes como AAAA-MM, por ejemplo 2026-10.",
    "size": f"Escriba cuántas interacciones sortear: un número entero de 1 a {MOST_FOLIOS}.",
    "seed": "Escriba la semilla: un número entero de 0 o más, de hasta 15 cifras.",
}


class DrawRequest(BaseModel):
    """What is asked of a draw."""

    model_config = ConfigDict(frozen=True)

    campaign: str = Field(min_length=1)
    channel: Channel
    month: str = Field(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")
    size: int = Field(ge=1, le=MOST_FOLIOS)
    seed: int = Field(ge=0, lt=10**15)


class SamplePages:
    """Routes below `/admin/samples`."""

    def __init__(
        self, pages: Pages, gate: Gate, trail: Trail, ledger: ReviewLedger, engine: Engine,
        campaigns: CampaignDirectory, clock: Clock,
    ) -> None:  # fmt: skip
        self._pages, self._gate, self._trail, self._ledger, self._engine = pages, gate, trail, ledger, engine
        self._campaigns, self._clock = campaigns, clock

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see, may_draw = self._gate.visitor(*SEE_SAMPLES), self._gate.submission(*DRAW)

        @router.get("/samples")
        def samples(request: Request, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            return self._list(request, visitor, self._blank())

        @router.post("/samples")
        def draw_sample(request: Request, submission: Annotated[Submission, Depends(may_draw)]) -> Response:
            return self._draw(request, submission)

        @router.get("/samples/{campaign}/{channel}/{month}")
        def sample(
            request: Request, campaign: str, channel: str, month: str, visitor: Annotated[Visitor, Depends(may_see)]
        ) -> Response:
            found = find_sample(self._ledger, visitor, campaign, channel, month)
            standing = standings(self._engine, self._ledger, found)
            context: dict[str, Any] = {
                "sample": shown_sample(found, self._campaigns.get(campaign)), "figures": figures(standing),
                "rows": [_row(place, one, visitor) for place, one in enumerate(standing, start=1)],
                "next": next_folio(standing, visitor), "second_percent": int(SECOND_SHARE * 100),
                "reviews": visitor.has(*REVIEW),
            }  # fmt: skip
            return self._pages.show(request, visitor, "admin_sample.html", **context)

    def _blank(self) -> dict[str, str]:
        now = self._clock()
        last = f"{now.year - (now.month == 1)}-{(now.month - 2) % 12 + 1:02d}"
        return {
            "campaign": "", "channel": Channel.WEBCHAT.value, "month": last, "size": str(SAMPLE_SIZE),
            "seed": str(secrets.randbelow(10**9)),
        }  # fmt: skip

    def _list(
        self, request: Request, visitor: Visitor, typed: dict[str, str], problems: tuple[Problem, ...] = ()
    ) -> Response:
        rows = []
        for sample in self._ledger.samples():
            if visitor.account.may_see(sample.campaign):
                standing = standings(self._engine, self._ledger, sample)
                shown = shown_sample(sample, self._campaigns.get(sample.campaign))
                rows.append({**shown, "figures": figures(standing), "waiting": waiting_for(standing, visitor)})
        context: dict[str, Any] = {
            "rows": rows, "typed": typed, "draws": visitor.has(*DRAW),
            "campaigns": own_campaigns(visitor, self._campaigns.with_bot()),
            "channels": [{"id": one.value, "label": label} for one, label in CHANNELS.items()],
            "second_percent": int(SECOND_SHARE * 100),
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_samples.html", problems=problems, **context)

    def _draw(self, request: Request, submission: Submission) -> Response:
        visitor = submission.visitor
        typed = {name: submission.text(name) for name in _CORRECTIONS}
        try:
            wanted = DrawRequest.model_validate(typed)
        except ValidationError as error:
            return self._list(request, visitor, typed, tuple(problem_of(error, _CORRECTIONS)))
        check_campaign(visitor, wanted.campaign)
        problem = self._campaign_problem(wanted) or self._month_problem(wanted, self._clock())
        folios = [] if problem else closed_folios(self._engine, wanted.month, wanted.campaign, wanted.channel)
        if not problem and not folios:
            text = f"No hay interacciones cerradas de esa campaña y ese canal en {month_words(wanted.month)}."
            problem = Problem("month", f"{text} Revise el mes y el canal.")
        if problem:
            return self._list(request, visitor, typed, (problem,))
        sample = Sample(
            **wanted.model_dump(), drawn_by=visitor.account.username, at=self._clock(),
            folios=draw(folios, wanted.size, wanted.seed),
        )  # fmt: skip
        try:
            self._ledger.record_sample(sample)
        except ReviewRefused as refused:
            return self._list(request, visitor, typed, (Problem("month", str(refused)),))
        self._trail.note(
            request, visitor.account, AuditAction.SAMPLE_DRAWN, campaign=sample.campaign,
            object_=f"{sample.campaign}/{sample.channel.value}/{sample.month}",
        )  # fmt: skip
        return RedirectResponse(sample_address(sample), 303)

    def _campaign_problem(self, wanted: DrawRequest) -> Problem | None:
        known = any(one.id == wanted.campaign for one in self._campaigns.with_bot())
        return None if known else Problem("campaign", _CORRECTIONS["campaign"])

    @staticmethod
    def _month_problem(wanted: DrawRequest, now: datetime) -> Problem | None:
        """A month is drawn once, and a draw before its end would leave out the rest of it."""
        if month_bounds(wanted.month)[1] <= now:
            return None
        text = f"{month_words(wanted.month).capitalize()} no ha terminado. El mes se sortea una sola vez y completo:"
        return Problem("month", f"{text} espere a que termine o elija uno anterior.")


def sample_address(sample: Sample) -> str:
    """Path of a sample's page."""
    return f"/admin/samples/{sample.campaign}/{sample.channel.value}/{sample.month}"


def shown_sample(sample: Sample, campaign: Campaign | None) -> dict[str, Any]:
    """A sample in words."""
    return {
        "href": sample_address(sample), "campaign": campaign.name if campaign else sample.campaign,
        "channel": CHANNELS[sample.channel], "month": month_words(sample.month), "seed": sample.seed,
        "size": sample.size, "drawn": len(sample.folios), "drawn_by": sample.drawn_by,
        "at": moment_words(sample.at),
    }  # fmt: skip


def find_sample(ledger: ReviewLedger, visitor: Visitor, campaign: str, channel: str, month: str) -> Sample:
    """The sample of an address.

    Raises:
        HTTPException: 403 when the visitor does not work for the campaign; 404 when there is no such sample.
    """
    check_campaign(visitor, campaign)
    sample = ledger.sample(campaign, Channel(channel), month) if channel in set(Channel) else None
    if sample is None:
        raise HTTPException(404, "No se ha sorteado una muestra de esa campaña, canal y mes. Vea «Muestras».")
    return sample


def waiting_for(standing: list[Standing], visitor: Visitor) -> int:
    """How many interactions of a sample wait for this person."""
    return sum(_waits(one, visitor) for one in standing)


def next_folio(standing: list[Standing], visitor: Visitor, after: str = "") -> str | None:
    """The next interaction that waits for this person, looking on from `after` and around."""
    folios = [one.folio for one in standing]
    start = folios.index(after) + 1 if after in folios else 0
    ahead = [*standing[start:], *standing[:start]]
    return next((one.folio for one in ahead if one.folio != after and _waits(one, visitor)), None)


def _waits(one: Standing, visitor: Visitor) -> bool:
    username = visitor.account.username
    if visitor.has(*REVIEW) and one.waits_for(username):
        return True
    is_own = one.latest is not None and one.latest.reviewer == username
    return visitor.has(*AGREE) and one.latest is not None and one.word is None and not is_own


def _row(place: int, one: Standing, visitor: Visitor) -> dict[str, Any]:
    """Only how far it is: marks, or a dispute, would tell a second reviewer what the first one thought."""
    is_blind = visitor.has(*REVIEW) and one.part(visitor.account.username) is Part.SECOND
    word = None if is_blind else one.word
    return {
        "place": place, "folio": one.folio, "reviewed": one.latest is not None, "second_due": one.second_is_due,
        "second_done": bool(one.seconds), "waits": _waits(one, visitor),
        "word": "" if word is None else "De acuerdo" if word.agreed else "En desacuerdo",
    }  # fmt: skip
