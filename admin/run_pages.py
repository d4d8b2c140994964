"""Evaluation runs: start one, watch it, compare it with earlier ones, take its reports home."""

import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from pydantic import ValidationError

from admin.charts import Chart, percent_chart
from admin.gate import Gate, Submission, Visitor
from admin.pages import Pages, Problem, moment_words, problem_of
from admin.permissions import RUN_SUITES
from admin.ports import MOST_REPETITIONS, CampaignDirectory, RunOptions, RunProgress, RunRefused, RunStarter, RunState
from evaluation.reports import HTML, JSON, JUNIT
from evaluation.reports.trend import TrendCell, TrendRow, trend
from evaluation.results import HEADER, RESULTS, RunError, read_run
from evaluation.settlement.policy import Policy
from evaluation.statistics import REPETITIONS

REPORTS = {HTML: ("Informe", "text/html"), JSON: ("JSON", "application/json"), JUNIT: ("JUnit", "application/xml")}
"""The files of a run that may be taken home; no other name is ever opened."""
MOST_IN_CHART = 30
"""Runs that the chart and the table compare, the newest ones."""
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_STATES = {RunState.RUNNING: "En curso", RunState.DONE: "Terminada", RunState.STOPPED: "Detenida"}
_CORRECTIONS = {
    "campaigns": "Elija al menos una campaña.",
    "seed": "Escriba la semilla: un número entero de 0 a 2147483647.",
    "repetitions": f"Escriba cuántas veces se repite cada caso: un número entero de 1 a {MOST_REPETITIONS}.",
}


@dataclass(frozen=True)
class _Kept:
    """A trend row and the state of the file it was computed from."""

    stamp: tuple[int, int]
    row: TrendRow


class RunPages:
    """Routes below `/admin/runs`."""

    def __init__(
        self, pages: Pages, gate: Gate, starter: RunStarter, campaigns: CampaignDirectory, folder: Path
    ) -> None:
        """`folder` holds one folder per run, named by its id."""
        self._pages, self._gate, self._starter = pages, gate, starter
        self._campaigns, self._folder = campaigns, folder
        self._trends: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see, may_start = self._gate.visitor(*RUN_SUITES), self._gate.submission(*RUN_SUITES)
        may_watch = self._gate.visitor(*RUN_SUITES, is_use=False)

        @router.get("/runs")
        def runs(request: Request, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            typed = {"seed": str(secrets.randbelow(10**6)), "repetitions": str(REPETITIONS), "campaigns": []}
            return self._list(request, visitor, typed)

        @router.post("/runs")
        def start(request: Request, submission: Annotated[Submission, Depends(may_start)]) -> Response:
            return self._start(request, submission)

        @router.get("/runs/{run_id}")
        def run(request: Request, run_id: str, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            progress = self._progress(run_id)
            context: dict[str, Any] = {
                "run": self._shown(progress),
                "trend": self._trend_of(run_id),
                "names": self._names(),
            }
            return self._pages.show(request, visitor, "admin_run.html", **context)

        @router.get("/runs/{run_id}/progress")
        def progress(run_id: str, visitor: Annotated[Visitor, Depends(may_watch)]) -> dict[str, Any]:
            return _counts(self._progress(run_id))

        @router.get("/runs/{run_id}/files/{name}")
        def report(run_id: str, name: str, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            path = self._report(run_id, name)
            return FileResponse(path, media_type=REPORTS[name][1], filename=f"{run_id}-{name}")

    def _progress(self, run_id: str) -> RunProgress:
        found = self._starter.progress(run_id) if _RUN_ID.fullmatch(run_id) else None
        if found is None:
            raise HTTPException(404, "No hay una evaluación con esa clave. Ábrala desde «Evaluaciones».")
        return found

    def _report(self, run_id: str, name: str) -> Path:
        """One of the fixed files of a run; anything else does not exist.

        Raises:
            HTTPException: 404.
        """
        known = name in REPORTS and _RUN_ID.fullmatch(run_id)  # before a path is made of what an address says
        path = self._folder / run_id / name if known else None
        if path is None or path.resolve().parent != self._folder.resolve() / run_id or not path.is_file():
            raise HTTPException(404, "Ese informe no existe. Aparece cuando la evaluación termina.")
        return path

    def _list(
        self, request: Request, visitor: Visitor, typed: dict[str, Any], problems: Sequence[Problem] = ()
    ) -> Response:
        progress, names = self._starter.list(), self._names()
        rows = [self._trend_of(one.run_id) for one in progress[:MOST_IN_CHART]]
        known = sorted((row for row in rows if row and row.is_complete), key=lambda row: (row.started_at, row.run_id))
        context: dict[str, Any] = {
            "typed": typed, "most_repetitions": MOST_REPETITIONS,
            "campaigns": [{"id": one, "name": names.get(one, one)} for one in self._starter.campaigns()],
            "running": [self._shown(one) for one in progress if one.state is RunState.RUNNING],
            "runs": [
                {**self._shown(one), "trend": row}
                for one, row in zip(progress[:MOST_IN_CHART], rows, strict=True) if one.state is not RunState.RUNNING
            ],
            "chart": _chart(known) if len(known) > 1 else None,
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_runs.html", problems=problems, **context)

    def _start(self, request: Request, submission: Submission) -> Response:
        typed: dict[str, Any] = {
            "seed": submission.text("seed"), "repetitions": submission.text("repetitions"),
            "campaigns": submission.texts("campaigns"),
        }  # fmt: skip
        try:
            options = RunOptions.model_validate(typed)
        except ValidationError as error:
            return self._list(request, submission.visitor, typed, problem_of(error, _CORRECTIONS))
        if not set(options.campaigns) <= set(self._starter.campaigns()):
            problem = Problem("campaigns", "Una de las campañas ya no tiene suites. Elija de la lista.")
            return self._list(request, submission.visitor, typed, [problem])
        try:
            run_id = self._starter.start(options)
        except RunRefused as refused:
            return self._list(request, submission.visitor, typed, [Problem("", str(refused))])
        return RedirectResponse(f"/admin/runs/{run_id}", 303)

    def _trend_of(self, run_id: str) -> TrendRow | None:
        """What a run came to, under the policy without prices so that runs compare; None while it cannot be read."""
        folder = self._folder / run_id
        try:
            status = (folder / RESULTS).stat()
            stamp = (status.st_mtime_ns, status.st_size)
            with self._lock:
                kept = self._trends.get(run_id)
            if kept is None or kept.stamp != stamp:
                kept = _Kept(stamp, trend([read_run(folder)], Policy())[0])
                with self._lock:
                    self._trends[run_id] = kept
        except (OSError, RunError):
            return None  # not begun yet, or damaged: the list still shows the run, without figures
        return kept.row

    def _shown(self, progress: RunProgress) -> dict[str, Any]:
        folder = self._folder / progress.run_id
        header = folder / HEADER
        return {
            **_counts(progress), "href": f"/admin/runs/{progress.run_id}", "has_folder": header.is_file(),
            "files": [
                {"href": f"/admin/runs/{progress.run_id}/files/{name}", "label": label}
                for name, (label, _) in REPORTS.items() if (folder / name).is_file()
            ],
        }  # fmt: skip

    def _names(self) -> dict[str, str]:
        """Names of the campaigns by id."""
        return {one.id: one.name for one in self._campaigns.with_bot()}


def _counts(progress: RunProgress) -> dict[str, Any]:
    return {**progress.model_dump(mode="json"), "state_words": _STATES[progress.state]}


def _percent(cell: TrendCell) -> float | None:
    return None if cell.passed.share is None else 100 * cell.passed.share


def _chart(rows: Sequence[TrendRow]) -> Chart:
    names = [moment_words(row.started_at) for row in rows]
    return percent_chart(
        [
            ("Aprobadas", [_percent(row.total) for row in rows]),
            ("Pago pleno", [row.total.pay_percent for row in rows]),
        ],
        names,
    )
