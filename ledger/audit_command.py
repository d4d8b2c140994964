"""`ventanilla audit`: verify the audit log, export its head, list it."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from ledger.audit_log import AuditLog, Head
from ledger.command_line import BROKEN, NO_KEY, NO_LEDGER, SOUND, existing, refuse
from ledger.periods import CENTRE
from ledger.vault import Vault, VaultError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla audit` to `parser`."""
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("verify", help="comprobar que ninguna línea se cambió, quitó, insertó o movió")
    check.add_argument("--head", type=Path, metavar="ARCHIVO", help="una cabeza exportada antes, que debe seguir ahí")
    actions.add_parser("head", help="la cabeza de hoy, en JSON, para guardarla en un segundo sistema")
    shown = actions.add_parser("list", help="las últimas líneas")
    shown.add_argument("--folio", help="solo las de este folio")
    shown.add_argument("--most", type=int, default=50, metavar="N", help="cuántas (50)")


def run(arguments: argparse.Namespace, url: str, key: str | None) -> int:
    """Carry out one of them on the ledger at `url`; return the exit status.

    Status: 0 sound; 1 a gap or an edit, named on standard output; 2 bad arguments, no key, or what cannot be read.
    """
    if key is None:
        return refuse(NO_KEY)
    try:
        log = AuditLog(existing(url), Vault(key))
        if arguments.action == "verify":
            return _verify(log, arguments.head)
        if arguments.action == "head":
            print(log.head(datetime.now(UTC)).model_dump_json())
        else:
            _list(log, arguments.folio, arguments.most)
    except VaultError as error:
        return refuse(str(error))
    except FileNotFoundError:
        return refuse(NO_LEDGER)
    except SQLAlchemyError as error:
        return refuse(
            f"No se pudo leer la bitácora ({type(error).__name__}). Revise VENTANILLA_DATABASE_URL; si el libro es de "
            "una versión anterior, inicie primero Ventanilla, que lo actualiza."
        )
    return SOUND


def _verify(log: AuditLog, exported: Path | None) -> int:
    head = None
    if exported:
        try:
            head = Head.model_validate_json(exported.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError):
            return refuse(f"{exported} no es una cabeza de bitácora: use la que escribió «ventanilla audit head».")
    found = log.verify(head)
    if found.problem:
        print(f"Bitácora alterada: {found.problem}.")
        return BROKEN
    print(f"Bitácora íntegra: {found.lines} líneas revisadas.")
    return SOUND


def _list(log: AuditLog, folio: str | None, most: int) -> None:
    for one in reversed(log.entries(folio=folio, most=most)):
        what = " ".join(filter(None, (one.object, one.folio or "", one.reason and f"«{one.reason}»")))
        print(f"{one.seq:>6}  {one.at.astimezone(CENTRE):%d/%m/%Y %H:%M:%S}  {one.actor} ({one.role}) {one.action} "
              f"{one.result}  {what}")  # fmt: skip
