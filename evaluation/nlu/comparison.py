"""Cross validation and comparison of pipelines: the work is done by `engine/cross_validate.py` in Rasa's Python."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from evaluation.intents import Judged, judged
from evaluation.nlu.measures import Measures, measure

SCRIPT = Path("engine") / "cross_validate.py"
TAIL = 800
"""Characters of the engine's own words that are shown when it failed."""


class ComparisonError(Exception):
    """Nothing can be compared; the text names the file or campaign and says why."""


@dataclass(frozen=True)
class Order:
    """What is to be tried."""

    campaigns: Sequence[str]
    configs: Sequence[Path]
    """Rasa configurations, besides each campaign's own."""
    folds: int
    """0: only the held-out sentences."""
    seed: int


@dataclass(frozen=True)
class Attempt:
    """One pipeline, trained once and asked once."""

    campaign: str
    config: str
    fold: int | None
    """None: trained on everything and asked the held-out sentences."""
    training_seconds: float
    parse_ms: float
    """Per sentence."""
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class PipelineReport:
    """What one pipeline came to in one campaign."""

    config: str
    held_out: Measures
    folds: tuple[Measures, ...]
    training_seconds: float
    """All its trainings together; every pipeline of a campaign is trained on the same sentences."""
    parse_ms: float
    """Mean over its attempts, per sentence."""

    @property
    def f1_mean(self) -> float | None:
        """Mean macro F1 of the folds; None without cross validation."""
        return fmean(one.macro_f1 for one in self.folds) if self.folds else None

    @property
    def f1_spread(self) -> float | None:
        """Sample standard deviation of the folds' macro F1; None without cross validation."""
        return stdev(one.macro_f1 for one in self.folds) if self.folds else None

    @property
    def accuracy_mean(self) -> float | None:
        """Mean accuracy of the folds; None without cross validation."""
        return fmean(one.accuracy for one in self.folds) if self.folds else None


def attempts(root: Path, order: Order, planned: Callable[[int], object]) -> Iterator[Attempt]:
    """Have everything tried, each attempt as it ends; `planned` is told how many there are as soon as it is known.

    Raises:
        ComparisonError: the engine's environment is missing, a configuration was refused, or the process failed.
    """
    python = root / ".venv-engine" / "bin" / "python"
    if not python.exists():
        raise ComparisonError(f"Falta {python}: construya el entorno de Rasa con «make setup».")
    command = [
        str(python),
        str(root / SCRIPT),
        *order.campaigns,
        "--folds",
        str(order.folds),
        "--seed",
        str(order.seed),
    ]
    for config in order.configs:
        command += ["--config", str(config.resolve())]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=said, encoding="utf-8")
        try:
            yield from _read(process.stdout or (), root, planned)
            if process.wait() != 0:
                said.seek(0)
                raise ComparisonError(f"{SCRIPT} terminó con estado {process.returncode}:\n{said.read()[-TAIL:]}")
        finally:
            process.kill()  # has no effect on one that ended; an interrupted run leaves no training behind
            process.wait()


def _read(lines: Iterable[str], root: Path, planned: Callable[[int], object]) -> Iterator[Attempt]:
    steps = 0
    for line in lines:
        event: dict[str, Any] = json.loads(line)
        if event["event"] == "refused":
            raise ComparisonError(f"{_shown(event['config'], root)}: no se puede usar: {event['reason']}")
        if event["event"] == "plan":
            steps += event["steps"]
            planned(steps)
            continue
        yield Attempt(
            campaign=event["campaign"],
            config=_shown(event["config"], root),
            fold=event["fold"],
            training_seconds=event["training_seconds"],
            parse_ms=event["parse_ms"],
            judged=tuple(judged(one["text"], one["expected"], one) for one in event["answers"]),
        )


def _shown(path: str, root: Path) -> str:
    return str(Path(path).relative_to(root)) if Path(path).is_relative_to(root) else path


def pipeline_reports(found: Iterable[Attempt]) -> dict[str, list[PipelineReport]]:
    """By campaign, what each pipeline came to, in the order in which they were tried: the campaign's own first."""
    reports: dict[str, list[PipelineReport]] = {}
    for (campaign, config), group in groupby(found, key=lambda one: (one.campaign, one.config)):
        tried = list(group)
        reports.setdefault(campaign, []).append(
            PipelineReport(
                config=config,
                held_out=next(measure(one.judged) for one in tried if one.fold is None),
                folds=tuple(measure(one.judged) for one in tried if one.fold is not None),
                training_seconds=sum(one.training_seconds for one in tried),
                parse_ms=fmean(one.parse_ms for one in tried),
            )
        )
    return reports
