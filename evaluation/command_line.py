"""`ventanilla evaluate`: drive suites against the running system, judge them, and say whether the gates hold."""

import argparse
import os
import re
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from content.catalogue import Catalogue
from content.files import ContentError
from evaluation.gates import (
    Baseline,
    GateResult,
    Gates,
    GatesError,
    check_gates,
    read_baseline,
    read_gates,
    write_baseline,
)
from evaluation.plan import VOICE, WEBCHAT, Options, coverage_of, plan
from evaluation.progress import shown
from evaluation.references import check_references
from evaluation.reports import HTML, write_reports
from evaluation.reports.summary import print_summary
from evaluation.results import Run, RunError
from evaluation.run import CONCURRENCY, SystemUnderTest
from evaluation.session import Session, begin, resume
from evaluation.settlement.policy import Policy, read_policy
from evaluation.settlement.refusal import InputRefused
from evaluation.suite import Suite, SuiteError, find_suites, read_suite
from evaluation.voice_citizen import Exchange, numbers_to_dial, sayable
from evaluation.world import InfrastructureError, World
from ledger.command_line import existing
from ledger.periods import month_bounds
from ledger.recontact import Recontact, recontacts

PASSED, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130  # exit statuses
BASELINE = "baseline.json"
"""Beside the gates, unless another one is named."""
ReadSuites = list[tuple[Path, Suite]]


class _Interrupted(Exception):
    """Ctrl-C; the text says how to go on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla evaluate`."""
    parser.add_argument("suites", nargs="*", type=Path, metavar="SUITE", help="archivos o carpetas de casos")
    parser.add_argument("--case", help="solo los casos cuyo id contiene esto")
    parser.add_argument("--seed", type=int, default=1, help="la misma semilla da las mismas conversaciones")
    parser.add_argument("--repetitions", "-k", type=_positive, default=1, help="veces que se repite cada caso")
    parser.add_argument("--channel", choices=(WEBCHAT, VOICE), default=WEBCHAT, help="por chat, o por teléfono")
    parser.add_argument("--plain", action="store_true", help="sin variaciones: solo los casos como están escritos")
    parser.add_argument("--jobs", type=_positive, default=CONCURRENCY, help="conversaciones a la vez")
    parser.add_argument("--out", type=Path, help="carpeta de las corridas; si no, var/runs")
    parser.add_argument("--id", type=_run_id, help="nombre de esta corrida; si no, la fecha y hora")
    parser.add_argument("--resume", type=Path, metavar="CARPETA", help="termina una corrida que se interrumpió")
    parser.add_argument("--policy", type=Path, help="política de pago con que se liquida la corrida")
    parser.add_argument("--gates", type=Path, help="umbrales por campaña; sin ellos deben pasar todos los casos")
    parser.add_argument(
        "--baseline",
        type=Path,
        help=f"línea base contra la que no debe haber retrocesos; si no, {BASELINE} junto a los umbrales",
    )
    parser.add_argument("--keep-baseline", type=Path, metavar="ARCHIVO", help="guarda esta corrida como línea base")
    parser.add_argument(
        "--recontacts", type=_month, metavar="AAAA-MM", help="agrega al informe los recontactos de un mes del libro"
    )
    _add_addresses(parser)


def _add_addresses(parser: argparse.ArgumentParser) -> None:
    """Where the system under test is; what «make run» starts, unless something else is said."""
    parser.add_argument(
        "--url", default=os.environ.get("VENTANILLA_URL", "http://127.0.0.1:8000"), help="dirección del servidor web"
    )
    parser.add_argument(
        "--services-url",
        default=os.environ.get("VENTANILLA_SERVICES_URL", "http://127.0.0.1:8900"),
        help="dirección de los servicios simulados",
    )
    parser.add_argument(
        "--voice-url",
        default=os.environ.get("VENTANILLA_VOICE_URL", "http://127.0.0.1:9091"),
        help="dirección del proceso de voz",
    )
    parser.add_argument("--audiosocket-port", type=_positive, default=9092, help="puerto de las llamadas")
    parser.add_argument(
        "--database-url",
        default=os.environ.get("VENTANILLA_DATABASE_URL"),
        help="libro de registro del sistema; si no, var/ledger.db",
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Evaluate.

    Returns:
        0 when every gate holds (without a file of gates: when every conversation passed), 1 when one does not, 2 when
        something asked for cannot be used or the system under test does not answer, 130 when it was interrupted.
    """
    try:
        suites, token = _suites(arguments), _control_token(root)
        policy, (gates, baseline) = _policy(arguments.policy), _gates(arguments)
        with closing(World(arguments.url, arguments.services_url, token)) as world:
            check_references(suites, Catalogue(root), world.people)
            ledger = _ledger(arguments.database_url or f"sqlite:///{root / 'var' / 'ledger.db'}")
            session = _session(arguments, root, suites)
            found = _hold(session, arguments, SystemUnderTest(arguments.url, world, ledger), token, root)
        results = [] if gates is None else check_gates(found, gates, baseline)
        findings = write_reports(session.folder, found, policy, results, _recontacts(ledger, arguments.recontacts))
        if arguments.keep_baseline:
            write_baseline(arguments.keep_baseline, found)
    except (SuiteError, GatesError, RunError, InputRefused, ContentError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}.")
    except SQLAlchemyError as error:
        return _refuse(f"No se pudo leer el libro de registro ({type(error).__name__}). Revise --database-url.")
    except InfrastructureError as error:
        return _refuse(f"El sistema bajo prueba no responde: {error}. Inícielo con «make run».")
    except _Interrupted as interrupted:
        print(interrupted, file=sys.stderr)
        return INTERRUPTED
    print_summary(Console(highlight=False), findings)
    print(f"Informe: {session.folder / HTML}")
    return PASSED if _holds(found, results, gated=gates is not None) else FAILED


def _control_token(root: Path) -> str:
    token = _secret("VENTANILLA_CONTROL_TOKEN", root)
    if not token:
        raise RunError("Falta VENTANILLA_CONTROL_TOKEN y no hay var/secrets.env: inicie el sistema con «make run».")
    return token


def _suites(arguments: argparse.Namespace) -> ReadSuites:
    if not arguments.suites:
        raise SuiteError("Indique al menos un archivo o carpeta de casos, por ejemplo evaluation/suites.")
    return [(path, read_suite(path)) for path in find_suites(arguments.suites)]


def _ledger(url: str) -> Engine:
    try:
        return existing(url)
    except FileNotFoundError as error:
        told = "inicie el sistema con «make run», o indique el suyo con --database-url"
        raise RunError(f"No hay un libro de registro en {error.filename}: {told}.") from error


def _policy(path: Path | None) -> Policy:
    try:
        return Policy() if path is None else read_policy(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise RunError(f"La política {path} no está en UTF-8.") from error


def _gates(arguments: argparse.Namespace) -> tuple[Gates | None, Baseline | None]:
    if arguments.gates is None:
        return None, None
    return read_gates(arguments.gates), read_baseline(arguments.baseline or arguments.gates.with_name(BASELINE))


def _session(arguments: argparse.Namespace, root: Path, read: ReadSuites) -> Session:
    paths, suites = [path for path, _ in read], [suite for _, suite in read]
    if arguments.resume:
        return resume(arguments.resume, suites, paths, root)
    by_voice = arguments.channel == VOICE
    if by_voice:
        for case in (case for suite in suites for case in suite.cases):
            sayable(case)
    options = Options(
        arguments.seed, arguments.repetitions, arguments.channel, arguments.case, not (arguments.plain or by_voice)
    )
    planned = plan(suites, options)
    if not planned:
        raise SuiteError(f"Ningún caso tiene «{arguments.case}» en su id.")
    catalogue = Catalogue(root)
    coverage = {suite.campaign: coverage_of(catalogue, suite.campaign) for suite in suites}
    runs = arguments.out or root / "var" / "runs"
    return begin(runs, planned, options, paths, root, coverage, catalogue, arguments.id)


def _hold(session: Session, arguments: argparse.Namespace, system: SystemUnderTest, token: str, root: Path) -> Run:
    if any(one.channel == VOICE for one in session.left):
        system = replace(system, exchange=_exchange(arguments, token, root))
    try:
        with shown(Console(stderr=True), session) as finished:
            session.hold(system, finished, arguments.jobs)
    except KeyboardInterrupt as interrupt:
        held, suites = len(session.run().results), " ".join(map(str, arguments.suites))
        told = f"ventanilla evaluate {suites} --resume {session.folder}"
        raise _Interrupted(
            f"Corrida interrumpida; se conservan {held} conversaciones. Termínela con «{told}»."
        ) from interrupt
    return session.run()


def _exchange(arguments: argparse.Namespace, token: str, root: Path) -> Exchange:
    url, key = httpx.URL(arguments.voice_url), _secret("VENTANILLA_VOICE_KEY", root)
    if not key:
        raise InfrastructureError("falta VENTANILLA_VOICE_KEY")
    numbers = numbers_to_dial(Catalogue(root).with_bot())
    return Exchange(arguments.voice_url, key, url.host, arguments.audiosocket_port, numbers, token)


def _holds(found: Run, results: list[GateResult], *, gated: bool) -> bool:
    if gated:
        return all(result.passed for result in results)
    return found.is_complete and all(one.status == "passed" for one in found.results)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("debe ser un número entero desde 1")
    return int(text)


def _recontacts(ledger: Engine, month: str | None) -> list[Recontact]:
    return recontacts(ledger, *month_bounds(month)) if month else []


def _month(text: str) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError("escriba el mes como AAAA-MM, por ejemplo 2026-10")
    return text


def _run_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", text):
        raise argparse.ArgumentTypeError("solo letras, cifras, guiones y guiones bajos")
    return text


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return REFUSED


def _secret(name: str, root: Path) -> str | None:
    """From the environment, or as the running system of this folder has it."""
    path = root / "var" / "secrets.env"
    lines = path.read_text().splitlines() if path.exists() else []
    kept = next((line.split("=", 1)[1] for line in lines if line.startswith(f"{name}=")), None)
    return os.environ.get(name) or kept
