"""What waits for a person, by role, for the start page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from admin.gate import Visitor
from admin.pages import CHANNELS, month_words
from admin.permissions import AGREE, DRAW, REVIEW, RUN_SUITES
from admin.ports import CampaignDirectory, RunStarter, RunState
from admin.sample_pages import sample_address, waiting_for
from admin.standing import standings
from ledger.reviews import ReviewLedger


@dataclass(frozen=True)
class Task:
    """One thing to do, or to know: where, what, and how pressing."""

    href: str
    title: str
    detail: str
    waits: bool = True
    """Whether the person should act; otherwise it is there to look at."""


class Tasks:
    """Gathers the tasks of a visitor."""

    def __init__(
        self, ledger: ReviewLedger, engine: Engine, campaigns: CampaignDirectory, runs: RunStarter,
        of_others: Sequence[Callable[[Visitor], Sequence[Task]]],
    ) -> None:  # fmt: skip
        self._ledger, self._engine, self._campaigns = ledger, engine, campaigns
        self._runs, self._of_others = runs, of_others

    def __call__(self, visitor: Visitor) -> list[Task]:
        """What waits for this person, the pressing things first."""
        others = [task for tasks in self._of_others for task in tasks(visitor)]
        tasks = [*self._of_samples(visitor), *self._of_runs(visitor), *others]
        return sorted(tasks, key=lambda task: not task.waits)

    def _of_samples(self, visitor: Visitor) -> list[Task]:
        if not visitor.has(*REVIEW, *AGREE):
            return []
        tasks = []
        samples = [sample for sample in self._ledger.samples() if visitor.account.may_see(sample.campaign)]
        for sample in samples:
            waiting = waiting_for(standings(self._engine, self._ledger, sample), visitor)
            if waiting:
                campaign = self._campaigns.get(sample.campaign)
                title = f"{campaign.name if campaign else sample.campaign}, {CHANNELS[sample.channel].lower()}"
                what = "interacción espera" if waiting == 1 else "interacciones esperan"
                for_what = "su revisión" if visitor.has(*REVIEW) else "su opinión"
                detail = f"{waiting} {what} {for_what} · {month_words(sample.month)}"
                tasks.append(Task(sample_address(sample), title, detail))
        if not samples:
            detail = "Sortee la del mes pasado." if visitor.has(*DRAW) else "Las sortean los evaluadores."
            tasks.append(Task("/admin/samples", "No hay muestras de sus campañas", detail, visitor.has(*DRAW)))
        return tasks

    def _of_runs(self, visitor: Visitor) -> list[Task]:
        if not visitor.has(*RUN_SUITES):
            return []
        running = [one for one in self._runs.list() if one.state is RunState.RUNNING]
        return [
            Task(f"/admin/runs/{one.run_id}", "Evaluación en curso", f"{one.done} de {one.planned} conversaciones")
            for one in running
        ] or [Task("/admin/runs", "Evaluaciones", "Inicie una o compare las anteriores.", waits=False)]
