"""What was measured, for people (terminal) and for programs (JSON)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evaluation.intents import FALLBACK
from evaluation.nlu.comparison import PipelineReport
from evaluation.nlu.measures import Measures

WORST_PAIRS = 10


@dataclass(frozen=True)
class CampaignReport:
    """How well one campaign understands."""

    campaign: str
    held_out: Measures
    """Of the campaign's own pipeline."""
    pipelines: Sequence[PipelineReport] = ()
    """Every pipeline that was trained for this, the campaign's own first; empty when the running engine was asked."""


def print_report(report: CampaignReport, console: Console, folds: int) -> None:
    """Print everything about one campaign; `folds` is what was asked for."""
    found = report.held_out
    console.print(
        f"\n[bold]{report.campaign}[/bold]: {found.sentences} oraciones apartadas, {len(found.intents)} intenciones; "
        f"exactitud {found.accuracy:.3f}, F1 macro {found.macro_f1:.3f}",
        soft_wrap=True,
    )
    console.print(_intents(found))
    _print_out_of_scope(found, console)
    _print_calibration(found, console)
    _print_errors(found, console)
    if report.pipelines:
        console.print(_pipelines(report.pipelines))
        own = report.pipelines[0]
        console.print(
            f"  Propia: {own.training_seconds:.1f} s en {1 + len(own.folds)} entrenamientos, "
            f"{own.parse_ms:.1f} ms por oración.",
            soft_wrap=True,
        )
        if folds and not own.folds:
            console.print(
                "  Sin validación cruzada: esta campaña reconoce por palabras clave y no aprende de oraciones; una "
                "palabra clave apartada no es una oración con que probar.",
                soft_wrap=True,
            )


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(first, title=title, title_justify="left", box=None, pad_edge=True)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _intents(found: Measures) -> Table:
    table = _table("Por intención, de menor a mayor F1", "intención", "precisión", "exhaustividad", "F1", "oraciones")
    for one in found.intents:
        table.add_row(one.intent, f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}", str(one.support))
    return table


def _print_out_of_scope(found: Measures, console: Console) -> None:
    scope = found.out_of_scope
    if scope.support:
        detected = f"precisión {_figure(scope.precision)}, exhaustividad {_figure(scope.recall)}"
        detected += f", F1 {_figure(scope.f1)}, AUROC {_figure(scope.auroc)} ({scope.support} oraciones)"
    else:
        detected = "ninguna oración apartada lo está"
    console.print(f"  Fuera de tema: {detected}; falsas alarmas {_figure(scope.false_alarms)}", soft_wrap=True)


def _print_calibration(found: Measures, console: Console) -> None:
    if found.calibration_error is None:
        console.print("  Calibración: el modelo no reconoció nada.")
        return
    console.print(f"  Calibración: ECE {found.calibration_error:.3f}, Brier {_figure(found.brier)}")
    table = _table("Confianza y acierto", "confianza", "media", "acierto", "oraciones")
    for one in found.reliability:
        if one.right.total:
            table.add_row(
                f"{one.low:.1f} a {one.high:.1f}", _figure(one.confidence), one.right.headline, str(one.right.total)
            )
    console.print(table)


def _print_errors(found: Measures, console: Console) -> None:
    if not found.misclassified:
        console.print("  Todas las oraciones se reconocieron bien.")
        return
    table = _table("Confusiones más frecuentes", "esperada → reconocida", "oraciones")
    for expected, predicted, count in found.worst_pairs(WORST_PAIRS):
        table.add_row(f"{expected} → {predicted}", str(count))
    console.print(table)
    confused = sum(one.predicted != FALLBACK for one in found.misclassified)
    console.print(
        f"[italic]Oraciones mal reconocidas: {len(found.misclassified)} ({confused} confundidas con otra intención, "
        f"{len(found.misclassified) - confused} sin reconocer)[/italic]",
        soft_wrap=True,
    )
    for expected, group in groupby(sorted(found.misclassified, key=lambda one: one.expected), lambda one: one.expected):
        console.print(f"  {expected}", markup=False)
        for one in group:
            behind = f", antes {one.put_aside}" if one.put_aside else ""
            console.print(
                f"    {escape(one.text)} [dim]→ {one.predicted} ({one.confidence:.2f}{behind})[/dim]", soft_wrap=True
            )


def _pipelines(pipelines: Sequence[PipelineReport]) -> Table:
    own = pipelines[0]
    headings = ["F1 apartadas", "exactitud", "entrenar ×", "responder ×"]
    if own.folds:
        headings = [f"F1 en {len(own.folds)} partes", "exactitud", *headings]
    table = _table("Comparación de configuraciones", "configuración", *headings)
    for one in pipelines:
        crossed = [f"{one.f1_mean:.3f} ± {one.f1_spread:.3f}", _figure(one.accuracy_mean)] if one.folds else []
        table.add_row(
            escape(one.config), *crossed, f"{one.held_out.macro_f1:.3f}", f"{one.held_out.accuracy:.3f}",
            f"{one.training_seconds / own.training_seconds:.2f}", f"{one.parse_ms / own.parse_ms:.2f}",
        )  # fmt: skip
    return table


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def as_json(report: CampaignReport) -> Mapping[str, Any]:
    """Everything about one campaign as plain data."""
    found: dict[str, Any] = {"campaign": report.campaign, **measures_as_json(report.held_out)}
    if report.pipelines:
        own = report.pipelines[0]
        found["pipelines"] = [_pipeline_as_json(one, own) for one in report.pipelines]
    return found


def measures_as_json(found: Measures) -> dict[str, Any]:
    """The measures of one model; rows of the confusion matrix are expected intents, columns predicted ones."""
    return {
        "sentences": found.sentences,
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "intents": [asdict(one) for one in found.intents],
        "confusion": {"labels": found.labels(), "matrix": found.matrix()},
        "not_understood": found.not_understood,
        "out_of_scope": asdict(found.out_of_scope),
        "calibration": {
            "expected_calibration_error": found.calibration_error,
            "brier": found.brier,
            "bins": [
                {
                    "low": one.low,
                    "high": one.high,
                    "confidence": one.confidence,
                    "right": one.right.hits,
                    "sentences": one.right.total,
                }
                for one in found.reliability
            ],
        },
        "misclassified": [asdict(one) for one in found.misclassified],
    }


def _pipeline_as_json(one: PipelineReport, own: PipelineReport) -> dict[str, Any]:
    crossed = {
        "macro_f1_mean": one.f1_mean,
        "macro_f1_standard_deviation": one.f1_spread,
        "accuracy_mean": one.accuracy_mean,
        "folds": [
            {"sentences": fold.sentences, "macro_f1": fold.macro_f1, "accuracy": fold.accuracy} for fold in one.folds
        ],
    }
    return {
        "config": one.config,
        "held_out": measures_as_json(one.held_out),
        "cross_validation": crossed if one.folds else None,
        "training_seconds": one.training_seconds,
        "training_ratio": one.training_seconds / own.training_seconds,
        "parse_ms": one.parse_ms,
        "parse_ratio": one.parse_ms / own.parse_ms,
    }
