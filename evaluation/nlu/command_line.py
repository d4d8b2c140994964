"""`ventanilla evaluate nlu`: how well each campaign understands sentences that it was not trained on."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import yaml
from rich.console import Console
from rich.progress import Progress

from evaluation.intents import EngineError, SentencesError, held_out, judge_model
from evaluation.nlu.comparison import ComparisonError, Order, attempts, pipeline_reports
from evaluation.nlu.measures import measure
from evaluation.nlu.report import CampaignReport, as_json, print_report

GOOD, BELOW, REFUSED = 0, 1, 2  # exit statuses
SEED = 42
Sentences = Sequence[tuple[str, str]]


class _Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla evaluate nlu`."""
    parser.add_argument(
        "campaigns", nargs="*", metavar="CAMPAÑA", help="campañas que se evalúan; si no indica ninguna, todas"
    )
    parser.add_argument("--json", type=Path, metavar="ARCHIVO", help="escribir todo lo medido como JSON")
    parser.add_argument(
        "--url",
        default=os.environ.get("VENTANILLA_ENGINE_URL", "http://127.0.0.1:5005"),
        metavar="MOTOR",
        help="dirección del motor en servicio",
    )
    parser.add_argument(
        "--cross-validate",
        type=_folds,
        default=0,
        metavar="N",
        help="validación cruzada en N partes: entrena aparte (tarda minutos) y no necesita el motor en servicio",
    )
    parser.add_argument(
        "--compare",
        nargs="+",
        type=Path,
        default=[],
        metavar="CONFIG.yml",
        help="configuraciones de Rasa que se comparan con la propia de cada campaña, con las mismas oraciones",
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"semilla de las partes ({SEED})")
    parser.add_argument(
        "--minimum-f1",
        type=_share,
        metavar="F1",
        help="F1 macro que debe alcanzar cada campaña; si una queda por debajo, el estado de salida es 1",
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Evaluate the campaigns below `root`; the exit status.

    0 measured; 1 a campaign is below --minimum-f1; 2 nothing was measured: unknown campaign, broken sentences, no
    engine, or a configuration that Rasa refuses.
    """
    try:
        sentences = {name: _sentences(root, name) for name in _campaigns(root, arguments.campaigns)}
        if arguments.json and not arguments.json.resolve().parent.is_dir():
            raise _Refused(f"No existe la carpeta de {arguments.json}.")
        if arguments.cross_validate or arguments.compare:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: the training ends with it
            order = Order(list(sentences), arguments.compare, arguments.cross_validate, arguments.seed)
            reports = compare(root, order)
        else:
            reports = ask_engine(arguments.url, sentences)
        if arguments.json:
            _write(arguments, reports)
    except (_Refused, SentencesError, EngineError, ComparisonError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    console = Console(highlight=False)
    for report in reports:
        print_report(report, console, arguments.cross_validate)
    return _gate(reports, arguments.minimum_f1, console)


def ask_engine(url: str, sentences: Mapping[str, Sentences]) -> list[CampaignReport]:
    """Ask the running engine for the intent of every sentence, by campaign.

    Raises:
        EngineError: no engine there, or it does not serve a campaign.
    """
    reports = []
    with Progress(console=Console(stderr=True)) as progress, httpx.Client(base_url=url, timeout=60.0) as client:
        task = progress.add_task("oraciones", total=sum(map(len, sentences.values())))
        for campaign, pairs in sentences.items():
            progress.update(task, description=campaign)
            judged = judge_model(client, campaign, pairs, lambda: progress.advance(task))
            reports.append(CampaignReport(campaign, measure(judged)))
    return reports


def compare(root: Path, order: Order) -> list[CampaignReport]:
    """Train and ask each campaign's own pipeline and the others, in the engine's Python.

    Raises:
        ComparisonError: a configuration was refused, or the process failed.
    """
    found = []
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("cargando Rasa (un minuto o dos)", total=None)
        for attempt in attempts(
            root, order, lambda steps: progress.update(task, total=steps, description="entrenando")
        ):
            found.append(attempt)
            progress.update(task, advance=1, description=f"{attempt.campaign}, {attempt.config}")
    reports = pipeline_reports(found)
    return [CampaignReport(name, pipelines[0].held_out, pipelines) for name, pipelines in reports.items()]


def _gate(reports: Sequence[CampaignReport], minimum: float | None, console: Console) -> int:
    below = [one for one in reports if minimum is not None and one.held_out.macro_f1 < minimum]
    for one in below:
        console.print(f"{one.campaign}: F1 macro {one.held_out.macro_f1:.3f}, por debajo de {minimum}.", markup=False)
    return BELOW if below else GOOD


def _write(arguments: argparse.Namespace, reports: Sequence[CampaignReport]) -> None:
    trained_apart = bool(reports[0].pipelines)
    content = {
        "engine": None if trained_apart else arguments.url,
        "folds": arguments.cross_validate,
        "seed": arguments.seed if trained_apart else None,
        "campaigns": [as_json(one) for one in reports],
    }
    try:
        arguments.json.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise _Refused(f"No se pudo escribir {arguments.json}: {error.strerror}.") from error


def _campaigns(root: Path, asked: Sequence[str]) -> list[str]:
    known = sorted(path.parent.name for path in (root / "bots").glob("*/config.yml"))
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise _Refused(f"No hay campaña «{unknown[0]}» con asistente. Las hay: {', '.join(known) or 'ninguna'}.")
    return list(dict.fromkeys(asked)) or known


def _sentences(root: Path, campaign: str) -> Sentences:
    path = root / "nlu_data" / campaign / "test.yml"
    pairs = held_out(path)
    declared = _declared(root / "bots" / "shared" / "domain.yml") | _declared(root / "bots" / campaign / "domain.yml")
    for text, intent in pairs:
        if intent not in declared:
            raise SentencesError(
                f"{path}: la intención «{intent}» («{text}») no está en el dominio de «{campaign}». Corríjala o "
                f"agréguela a bots/{campaign}/domain.yml."
            )
    return pairs


def _declared(path: Path) -> set[str]:
    """Intents of a Rasa domain file; one with settings is a mapping of a single key."""
    try:
        intents = yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]
        return {one if isinstance(one, str) else next(iter(one)) for one in intents}
    except OSError as error:
        raise SentencesError(f"{path}: no se pudo leer ({error.strerror}).") from error
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise SentencesError(f"{path}: no es un dominio de Rasa con «intents». {error}") from error


def _folds(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 20:
        raise argparse.ArgumentTypeError("indique de 2 a 20 partes")
    return int(text)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("indique un número entre 0 y 1, por ejemplo 0.95")
    return value
