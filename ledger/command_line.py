"""`ventanilla ledger`: verify the evidence, and seal what is older than seals."""

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from ledger.database import open_database
from ledger.periods import month_bounds
from ledger.recontact import Recontact, recontacts
from ledger.recording_evidence import recording_findings
from ledger.vault import Vault, VaultError
from ledger.verification import Verification, seal_older, verify

SOUND, BROKEN, REFUSED = 0, 1, 2  # exit statuses
NO_KEY = "Falta la clave del libro de registro: póngala en VENTANILLA_LEDGER_KEY."
NO_LEDGER = "No hay un libro de registro en esa dirección. Revise VENTANILLA_DATABASE_URL."
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
    actions.add_parser("seal", help="sellar las interacciones anteriores a los sellos, una vez, tras actualizar")


def run(arguments: argparse.Namespace, url: str, key: str | None) -> int:
    """Verify or seal the ledger at `url`; return the exit status.

    Status: 0 sound; 1 something is broken, named on standard output; 2 bad arguments, no key, or a database that
    cannot be read, told on standard error.
    """
    if key is None:
        return refuse(NO_KEY)
    try:
        engine, vault = existing(url), Vault(key)
        if arguments.action == "seal":
            return _seal(engine, vault)
        if arguments.action == "recontacts":
            return _tell_recontacts(recontacts(engine, *month_bounds(arguments.month)))
        found = verify(engine, vault, folio=arguments.folio, month=arguments.month)
        if arguments.recordings:
            lost = tuple(recording_findings(engine, arguments.recordings, arguments.folio))
            found = replace(found, findings=(*found.findings, *lost))
    except VaultError as error:
        return refuse(str(error))
    except FileNotFoundError:
        return refuse(NO_LEDGER)
    except SQLAlchemyError as error:
        return refuse(
            f"No se pudo leer el libro de registro ({type(error).__name__}). Revise VENTANILLA_DATABASE_URL; si es de "
            "una versión anterior, inicie primero Ventanilla, que lo actualiza."
        )
    if arguments.folio and not found.interactions and found.is_sound:
        return refuse(f"No existe el folio {arguments.folio}.")
    return _tell(found)


def _tell_recontacts(rows: list[Recontact]) -> int:
    """One line a campaign and topic: how many came back, beside how many said that their question was resolved."""
    print(f"{'campaña / tema':44}{'cerradas':>9}{'24 h':>7}{'7 días':>8}{'resueltas':>11}{'sin saber':>11}")
    for row in rows:
        name = f"  {row.topic}" if row.topic else row.campaign
        counts = f"{row.closed:>9}{row.within_day:>7}{row.within_week:>8}{row.resolved:>11}{row.unknown:>11}"
        print(f"{name:44}{counts}")
    return SOUND


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


def _seal(engine: Engine, vault: Vault) -> int:
    sealed, findings = seal_older(engine, vault)
    print(f"Interacciones selladas: {sealed}.")
    for finding in findings:
        print(f"{finding.folio}: no se selló: {finding.problem}.")
    return BROKEN if findings else SOUND


def existing(url: str) -> Engine:
    """The database; SQLite would make an empty one of a wrong path.

    Raises:
        FileNotFoundError: there is none.
    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and not Path(parts.database or "").is_file():
        raise FileNotFoundError(parts.database)
    return open_database(url)


def refuse(reason: str) -> int:
    """Tell on standard error why nothing was done; the exit status."""
    print(reason, file=sys.stderr)
    return REFUSED


def _month(text: str) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError("escriba el mes como AAAA-MM, por ejemplo 2026-10")
    return text
