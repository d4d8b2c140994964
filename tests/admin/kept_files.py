"""Runs and statements as their commands leave them in folders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from admin_room import Room

from admin.ports import RunProgress, RunState
from evaluation.results import ConversationResult, RunHeader, Status, append_result, write_header
from evaluation.settlement.interaction import Interaction
from evaluation.settlement.policy import read_policy
from evaluation.settlement.statement import settle
from evaluation.settlement.versions import keep

STARTED = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
SERIES = "/admin/statements/2026-10/derechohabiente"
RECORD: dict[str, Any] = {
    "campaign": "derechohabiente", "channel": "webchat", "agent_type": "avanzado_a",
    "started_at": "2026-10-15T09:12:03-06:00", "ended_at": "2026-10-15T09:15:40-06:00", "end": "completed",
    "origin": "203.0.113.7", "transferred_to_human": False, "survey": {"resolved": True, "rating": 5},
    "evidence": {"complete": True, "missing": []},
}  # fmt: skip


def keep_statement(room: Room, wrong: int, reason: str, campaign: str | None = "derechohabiente") -> None:
    """A statement of four interactions, the first ones answered wrongly."""
    bad = {"topic": "vigencia", "verdict": "incorrect", "deviation": "plazo_equivocado"}
    good = {"topic": "vigencia", "verdict": "correct", "deviation": None}
    interactions = [
        Interaction.model_validate({**RECORD, "folio": f"VEN-{number}", "questions": [bad if number < wrong else good]})
        for number in range(4)
    ]
    statement = settle(interactions, read_policy('prices: {avanzado_a: "10.00"}'))
    at = datetime(2026, 11, 2, 15, 0, tzinfo=UTC) + timedelta(days=wrong)
    keep(replace(statement, month="2026-10", campaign=campaign), room.folders.statements, reason, at)


def keep_run(room: Room, run_id: str, passed: int, failed: int, days: int = 0) -> Path:
    """A complete run in its folder."""
    folder = room.folders.runs / run_id
    header = RunHeader(
        run_id=run_id, started_at=STARTED + timedelta(days=days), seed=7, repetitions=1, channel="webchat", suites={},
        planned=passed + failed,
    )  # fmt: skip
    write_header(folder, header)
    for number in range(passed + failed):
        status = Status.PASSED if number < passed else Status.FAILED
        append_result(folder, result(number, status))
    for name in ("report.html", "report.json", "junit.xml"):
        (folder / name).write_text(f"{name} of {run_id}", encoding="utf-8")
    room.runs.runs[run_id] = RunProgress(
        run_id=run_id, state=RunState.DONE, done=passed + failed, planned=passed + failed, passed=passed, failed=failed
    )
    return folder


def result(number: int, status: Status) -> ConversationResult:
    return ConversationResult(
        campaign="derechohabiente", channel="webchat", case=f"caso_{number}", title="Vigencia", variation=None,
        repetition=1, seed=7, status=status, expected_outcome="resolved", outcome="resolved", expected_topic=None,
        served_topics=(), problems=(), questions=(), covers=(), folio=None, turns=1, seconds=1.0, transcript=(),
        interaction=None,
    )  # fmt: skip
