"""Quality in figures: score, agreement of reviewers and verdicts, by campaign, channel and month."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from admin.gate import Gate, Visitor
from admin.pages import Pages, Problem, month_words
from admin.permissions import SEE_QUALITY, SEE_SAMPLES
from admin.ports import CampaignDirectory
from admin.review_form import VERDICTS
from admin.sample_pages import shown_sample
from admin.standing import figures, standings
from evaluation.quality.scoring import TARGET
from ledger.reviews import ReviewLedger
from ledger.samples import Sample


class QualityPages:
    """Route `/admin/quality`."""

    def __init__(
        self, pages: Pages, gate: Gate, ledger: ReviewLedger, engine: Engine, campaigns: CampaignDirectory
    ) -> None:
        self._pages, self._gate, self._ledger = pages, gate, ledger
        self._engine, self._campaigns = engine, campaigns

    def add_to(self, router: APIRouter) -> None:
        """Add the route."""
        may_see = self._gate.visitor(*SEE_QUALITY)

        @router.get("/quality")
        def quality(
            request: Request, visitor: Annotated[Visitor, Depends(may_see)], month: str = "", campaign: str = ""
        ) -> Response:
            samples = [one for one in self._ledger.samples() if visitor.account.may_see(one.campaign)]
            months = sorted({one.month for one in samples}, reverse=True)
            chosen = [
                one for one in samples
                if (not month or one.month == month) and (not campaign or one.campaign == campaign)
            ]  # fmt: skip
            problems = []
            if month and month not in months:
                problems.append(Problem("month", "No hay muestras de ese mes. Elija uno de la lista."))
            names = {one.campaign: self._name(one.campaign) for one in samples}
            context: dict[str, Any] = {
                "rows": [self._row(one) for one in chosen], "target": TARGET, "month": month, "campaign": campaign,
                "months": [(one, month_words(one)) for one in months], "campaigns": sorted(names.items()),
                "verdicts": [(verdict.value, label) for verdict, label in VERDICTS.items()],
                "opens": visitor.has(*SEE_SAMPLES),
            }  # fmt: skip
            return self._pages.show(request, visitor, "admin_quality.html", problems=problems, **context)

    def _row(self, sample: Sample) -> dict[str, Any]:
        found = figures(standings(self._engine, self._ledger, sample))
        kappa = found.agreement.kappa
        return {
            **shown_sample(sample, self._campaigns.get(sample.campaign)), "figures": found,
            "kappa": None if kappa is None else f"{kappa:.2f}",
            "reaches": found.score is not None and found.score >= TARGET,
        }  # fmt: skip

    def _name(self, campaign_id: str) -> str:
        campaign = self._campaigns.get(campaign_id)
        return campaign.name if campaign else campaign_id
