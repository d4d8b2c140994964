"""`ventanilla settle`: settle a file of interactions of any size, or a month of the ledger."""

import argparse
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from evaluation.settlement.formats import FORMATS
from evaluation.settlement.interaction import CENTRAL_TIME
from evaluation.settlement.policy import Policy, read_policy
from evaluation.settlement.progress import Steps, steps
from evaluation.settlement.reader import Reading, bounded_lines, read_json_lines, read_records
from evaluation.settlement.refusal import InputRefused, Problem
from evaluation.settlement.spool import Spool
from evaluation.settlement.statement import Again, Statement
from evaluation.settlement.streaming import settle_readings
from evaluation.settlement.versions import VersionDamaged, keep

LedgerInteractions = Callable[[str | None, str | None], Iterable[Mapping[str, object]]]

SETTLED, NOT_WRITTEN, REFUSED, INTERRUPTED = 0, 1, 2, 130  # exit statuses

_LEDGER = "el libro de registro"
_NO_LEDGER = "No se pudo leer el libro de registro; revise VENTANILLA_DATABASE_URL"
_WHY_KEEP = "diga por qué se guarda esta versión, por ejemplo --reason «revisión de calidad de octubre»"
_WHAT_TO_SETTLE = "indique un archivo de interacciones o, para liquidar el libro de registro, --month"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla settle` to `parser`."""
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="ARCHIVO",
        help="interacciones en JSON Lines; sin esta opción se liquida el libro de registro",
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="ARCHIVO",
        help="política de pago en YAML; sin ella se usa la de omisión (PRELIMINAR)",
    )
    parser.add_argument("--month", type=_month, metavar="AAAA-MM", help="solo este mes, por ejemplo 2026-10")
    parser.add_argument("--campaign", metavar="CAMPAÑA", help="solo esta campaña")
    parser.add_argument(
        "--format",
        type=_format,
        default="json",
        metavar="|".join(FORMATS),
        help="formato de la liquidación (json, si no se indica)",
    )
    parser.add_argument("--out", type=Path, metavar="ARCHIVO", help="dónde escribirla; si no, en la salida estándar")
    parser.add_argument("--keep", type=Path, metavar="CARPETA", help="guardarla también como versión en esta carpeta")
    parser.add_argument("--reason", metavar="MOTIVO", help="por qué se guarda esta versión; obligatorio con --keep")


def run(arguments: argparse.Namespace, ledger_interactions: LedgerInteractions | None) -> int:
    """Settle and write the statement; return the exit status.

    `ledger_interactions(month, campaign)` yields the ledger's interactions in the shape of the input file; it
    gets None for every month, or every campaign; months are by central time. Pass None if there is no ledger.
    Status: 0 settled; 1 the statement could not be written; 2 the input was refused and nothing was settled;
    130 interrupted, with nothing written.
    """
    try:
        with Spool() as spool, steps() as watched:
            try:
                statement = _settle(arguments, ledger_interactions, spool, watched)
            except InputRefused as refused:
                return _fail(str(refused), REFUSED)
            except UnicodeDecodeError:
                return _fail(f"No se liquidó nada. La política {arguments.policy} no está en UTF-8.", REFUSED)
            except OSError as error:
                return _fail(f"No se liquidó nada. No se pudo leer {error.filename}: {error.strerror}.", REFUSED)
            except SQLAlchemyError as error:
                return _fail(f"No se liquidó nada. {_NO_LEDGER} ({type(error).__name__}).", REFUSED)
            if not statement.tally.interactions:
                print("Aviso: no hay ninguna interacción que liquidar.", file=sys.stderr)
            return _write(statement, arguments)
    except sqlite3.OperationalError as error:
        return _fail(f"No se liquidó nada. No se pudo usar la carpeta de archivos temporales: {error}.", NOT_WRITTEN)
    except KeyboardInterrupt:
        return _fail("Interrumpido: no se escribió nada.", INTERRUPTED)


def _settle(
    arguments: argparse.Namespace, ledger_interactions: LedgerInteractions | None, spool: Spool, watched: Steps
) -> Statement:
    """Read everything and settle it; the statement counts its lines on the bar when they are written."""
    if arguments.keep is not None and not (arguments.reason or "").strip():
        raise InputRefused("la orden", [Problem(None, "--reason", _WHY_KEEP)])
    policy = Policy() if arguments.policy is None else read_policy(arguments.policy.read_text("utf-8"))
    if arguments.source is not None:
        with arguments.source.open("rb") as file:
            size = arguments.source.stat().st_size or None  # a pipe has none
            readings = read_json_lines(watched.lines(bounded_lines(file), "Leyendo", size))
            statement = settle_readings(readings, policy, spool, f"el archivo {arguments.source}")
    else:
        readings = _of_the_ledger(arguments, policy, ledger_interactions)
        statement = settle_readings(watched.items(readings, "Leyendo", None), policy, spool, _LEDGER)
    part = statement.narrowed(arguments.month, arguments.campaign)
    count = part.tally.interactions
    return replace(part, interactions=Again(lambda: watched.items(part.interactions, "Escribiendo", count)))


def _of_the_ledger(
    arguments: argparse.Namespace, policy: Policy, ledger_interactions: LedgerInteractions | None
) -> Iterator[Reading]:
    if ledger_interactions is None or arguments.month is None:
        raise InputRefused("la orden", [Problem(None, "--from", _WHAT_TO_SETTLE)])
    # A first occurrence, or what is left of the cap, may lie outside the month and the campaign asked for.
    uncapped = policy.deduction_cap.limit() is None
    month = arguments.month if uncapped and policy.recurrence_window == "month" else None
    campaign = arguments.campaign if uncapped and policy.recurrence_key == "campaign_deviation" else None
    return read_records(ledger_interactions(month, campaign))


def _write(statement: Statement, arguments: argparse.Namespace) -> int:
    """Write the statement where it was asked for, whole or not at all, and keep it as a version."""
    try:
        with _output(arguments.out) as path:
            FORMATS[arguments.format](statement, path)
    except OSError as error:
        return _fail(f"No se pudo escribir {arguments.out or 'en la salida'}: {error.strerror}.", NOT_WRITTEN)
    if arguments.keep is not None:
        try:
            version, is_new = keep(statement, arguments.keep, arguments.reason, datetime.now(CENTRAL_TIME))
        except VersionDamaged as error:
            return _fail(f"No se guardó la versión: {error}.", NOT_WRITTEN)
        except OSError as error:
            return _fail(f"No se pudo guardar la versión en {arguments.keep}: {error.strerror}.", NOT_WRITTEN)
        said = "Se guardó la" if is_new else "Nada cambió desde la"
        print(f"{said} versión {version.number}: {version.folder(arguments.keep)}", file=sys.stderr)
    return SETTLED


@contextmanager
def _output(out: Path | None) -> Iterator[Path]:
    """Yield a file to write to; when it is complete it takes the place of `out`, or goes to standard output."""
    replaces = out is not None and (out.is_file() or not out.exists())
    with tempfile.TemporaryDirectory(
        prefix=".ventanilla-", dir=out.resolve().parent if out and replaces else None
    ) as folder:
        path = Path(folder) / "statement"
        yield path
        if out is not None and replaces:
            path.replace(out.resolve())
            return
        with path.open("rb") as written:
            if out is None:
                shutil.copyfileobj(written, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:  # a device or a named pipe
                with out.open("wb") as target:
                    shutil.copyfileobj(written, target)


def _fail(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def _month(text: str) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError("escriba el mes como AAAA-MM, por ejemplo 2026-10")
    return text


def _format(text: str) -> str:
    if text not in FORMATS:
        raise argparse.ArgumentTypeError(f"formato no disponible; use {' o '.join(FORMATS)}")
    return text
