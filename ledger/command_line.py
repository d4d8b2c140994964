"""`ventanilla ledger`: verify the evidence, tell what it shows of a month, and seal what is older than seals."""

import argparse
import re
import sys
from dataclasses import replace
from datetime import timedelta
from errno import ENOENT
from os import strerror
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from conversation.phases import Phase
from ledger.database import open_database
from ledger.periods import month_bounds
from ledger.phase_times import phase_times
from ledger.recontact import recontacts
from ledger.recording_evidence import recording_findings
from ledger.vault import Vault, VaultError
from ledger.verification import Verification, seal_older, verify

SOUND, BROKEN, REFUSED = 0, 1, 2  # exit statuses
NO_KEY = "Falta la clave del libro de registro: póngala en VENTANILLA_LEDGER_KEY."
NO_LEDGER = "No hay un libro de registro en esa dirección. Revise VENTANILLA_DATABASE_URL."
FEWEST_FOR_A_RATE = 10
MOST_LINES = 200
"""Findings that are written out; the number of the others follows."""
_ANOTHER_KEY = "Ningún sello corresponde a la clave: ¿es VENTANILLA_LEDGER_KEY la clave con que se escribió?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla ledger` to `parser`."""
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("verify", help="comprobar que ningún registro se cambió, quitó, insertó o movió")
    check.add_argument("--folio", help="solo esta interacción")
    check.add_argument("--recordings", type=Path, metavar="CARPETA", help="y que ninguna grabación falte ni cambiara")
    check.add_argument("--month", type=_month, metavar="AAAA-MM", help="solo este mes, por ejemplo 2026-10")
    again = actions.add_parser("recontacts", help="cuántas personas vuelven por el mismo tema en 24 horas y en 7 días")
    again.add_argument("--month", type=_month, required=True, metavar="AAAA-MM", help="por ejemplo 2026-10")
    spent = actions.add_parser("phases", help="cuánto duró cada fase de las llamadas del mes, y sus minutos enteros")
    spent.add_argument("--month", type=_month, required=True, metavar="AAAA-MM", help="por ejemplo 2026-10")
    actions.add_parser("seal", help="sellar las interacciones anteriores a los sellos, una vez, tras actualizar")


def run(arguments: argparse.Namespace, url: str, key: str | None) -> int:
    """Carry out one of them on the ledger at `url`; return the exit status.

    Status: 0 sound; 1 something is broken, named on standard output; 2 bad arguments, no key, or a database that
    cannot be read, told on standard error.
    """
    if key is None:
        return refuse(NO_KEY)
    try:
        engine, vault = existing(url), Vault(key)
        return _ACTIONS[arguments.action](engine, vault, arguments)
    except VaultError as error:
        return refuse(str(error))
    except FileNotFoundError:
        return refuse(NO_LEDGER)
    except SQLAlchemyError as error:
        return refuse(
            f"No se pudo leer el libro de registro ({type(error).__name__}). Revise VENTANILLA_DATABASE_URL; si es de "
            "una versión anterior, inicie primero Ventanilla, que lo actualiza."
        )


def _verify(engine: Engine, vault: Vault, arguments: argparse.Namespace) -> int:
    found = verify(engine, vault, folio=arguments.folio, month=arguments.month)
    if arguments.recordings:
        which = {"folio": arguments.folio, "month": arguments.month}
        try:
            lost = tuple(recording_findings(engine, arguments.recordings, **which))
        except OSError as error:
            return refuse(f"No se pudieron leer las grabaciones, {error.filename}: {error.strerror}.")
        found = replace(found, findings=(*found.findings, *lost))
    if arguments.folio and not found.interactions and found.is_sound:
        return refuse(f"No existe el folio {arguments.folio}.")
    return _tell(found)


def _recontacts(engine: Engine, _: Vault, arguments: argparse.Namespace) -> int:
    """One line a campaign and topic: how many came back, beside how many said that their question was resolved."""
    rows = recontacts(engine, *month_bounds(arguments.month))
    if not rows:
        print(f"No hay interacciones cerradas con tema en {arguments.month}.")
        return SOUND
    print(f"{'campaña / tema':44}{'cerradas':>9}{'24 h':>16}{'7 días':>16}{'resueltas':>16}{'sin saber':>11}")
    for row in rows:
        name = f"  {row.topic}" if row.topic else row.campaign
        rates = (row.within_day, row.day_rate), (row.within_week, row.week_rate), (row.resolved, row.resolution_rate)
        shown = "".join(f"{_with_rate(*rate, row.closed):>16}" for rate in rates)
        print(f"{name:44}{row.closed:>9}{shown}{row.unknown:>11}")
    return SOUND


def _with_rate(count: int, rate: float, total: int) -> str:
    """A count and its share, which says something from ten cases on."""
    return f"{count} ({100 * rate:.1f} %)" if total >= FEWEST_FOR_A_RATE else str(count)


def _phases(engine: Engine, _: Vault, arguments: argparse.Namespace) -> int:
    """One line a campaign: its calls, how long they were in each phase, and the whole minutes of all of it."""
    rows = phase_times(engine, arguments.month)
    if not rows:
        print(f"No hay llamadas cerradas en {arguments.month}.")
        return SOUND
    print(f"{'campaña':30}{'llamadas':>9}{''.join(f'{phase:>12}' for phase in Phase)}{'total':>12}{'minutos':>9}")
    for row in rows:
        lasted = "".join(f"{_clock(row.lasted[phase]):>12}" for phase in Phase)
        print(f"{row.campaign:30}{row.calls:>9}{lasted}{_clock(row.total):>12}{row.whole_minutes:>9}")
    return SOUND


def _clock(lasted: timedelta) -> str:
    """Minutes are shown with their seconds (L10567): `75:03`."""
    minutes, seconds = divmod(lasted // timedelta(seconds=1), 60)
    return f"{minutes}:{seconds:02}"


def _tell(found: Verification) -> int:
    for finding in found.findings[:MOST_LINES]:
        print(f"{finding.folio}: {finding.problem}.")
    if len(found.findings) > MOST_LINES:
        print(f"… y {len(found.findings) - MOST_LINES} más.")
    checked = f"{found.interactions} interacciones y {found.events} eventos revisados"
    if found.is_sound:
        print(f"Evidencia íntegra: {checked}.")
        return SOUND
    print(f"Evidencia alterada en {len(found.findings)} casos: {checked}.")
    if found.interactions > 1 and found.bad_seals == found.interactions:
        print(_ANOTHER_KEY)
    return BROKEN


def _seal(engine: Engine, vault: Vault, _: argparse.Namespace) -> int:
    sealed, findings = seal_older(engine, vault)
    print(f"Interacciones selladas: {sealed}.")
    for finding in findings:
        print(f"{finding.folio}: no se selló: {finding.problem}.")
    return BROKEN if findings else SOUND


_ACTIONS = {"verify": _verify, "recontacts": _recontacts, "phases": _phases, "seal": _seal}


def existing(url: str) -> Engine:
    """The database; SQLite would make an empty one of a wrong path.

    Raises:
        FileNotFoundError: there is none.
    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and not Path(parts.database or "").is_file():
        raise FileNotFoundError(ENOENT, strerror(ENOENT), parts.database)
    return open_database(url)


def refuse(reason: str) -> int:
    """Tell on standard error why nothing was done; the exit status."""
    print(reason, file=sys.stderr)
    return REFUSED


def _month(text: str) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError("escriba el mes como AAAA-MM, por ejemplo 2026-10")
    return text
