"""Builders of synthetic interactions: a resolved one by default, with whatever the test changes."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.settlement.formats import FORMATS
from evaluation.settlement.interaction import Interaction
from evaluation.settlement.statement import Statement


def build_record(folio: str = "VEN-1", **changes: Any) -> dict[str, Any]:
    """An interaction of `avanzado_a`, complete, correct and resolved, in the shape of the input file."""
    record: dict[str, Any] = {
        "folio": folio,
        "campaign": "derechohabiente",
        "channel": "webchat",
        "agent_type": "avanzado_a",
        "started_at": "2026-10-15T09:12:03-06:00",
        "ended_at": "2026-12-31T23:59:59-06:00",
        "end": "completed",
        "origin": "203.0.113.7",
        "transferred_to_human": False,
        "questions": [{"topic": "semanas_cotizadas", "verdict": "correct", "deviation": None}],
        "survey": {"resolved": True, "rating": 5},
        "evidence": {"complete": True, "missing": []},
    }
    return record | changes


@pytest.fixture(scope="session")
def record() -> Callable[..., dict[str, Any]]:
    return build_record


@pytest.fixture(scope="session")
def interaction() -> Callable[..., Interaction]:
    return lambda *folio, **changes: Interaction.model_validate(build_record(*folio, **changes))


@pytest.fixture(scope="session")
def wrong() -> Callable[..., list[dict[str, Any]]]:
    """The questions of an interaction of which one was answered wrongly."""

    def questions(deviation: str | None = None, verdict: str = "imprecise") -> list[dict[str, Any]]:
        right = {"topic": "semanas_cotizadas", "verdict": "correct", "deviation": None}
        return [right, {"topic": "vigencia", "verdict": verdict, "deviation": deviation}]

    return questions


@pytest.fixture(scope="session")
def written() -> Callable[[str, Statement], bytes]:
    """The bytes of a statement in one of the formats."""

    def bytes_of(name: str, statement: Statement) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "statement"
            FORMATS[name](statement, path)
            return path.read_bytes()

    return bytes_of
