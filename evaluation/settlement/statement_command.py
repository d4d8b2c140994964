"""`ventanilla statement`: list the versions of a statement that are kept, and show what changed between two."""

import argparse
import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

from evaluation.settlement.difference import Difference, NotAStatement
from evaluation.settlement.versions import VersionDamaged, checked_statement, versions

DONE, REFUSED = 0, 2  # exit statuses

_TITLES = {
    "totals": "Totales que cambiaron",
    "changed": "Folios que cambiaron",
    "added": "Folios que se agregaron",
    "removed": "Folios que se quitaron",
    "deductions_added": "Deductivas que se agregaron",
    "deductions_removed": "Deductivas que se quitaron",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of `ventanilla statement` to `parser`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    listed = verbs.add_parser("list", help="las versiones guardadas con «ventanilla settle --keep»")
    listed.add_argument("folder", type=Path, metavar="CARPETA", help="la carpeta que se indicó con --keep")
    diff = verbs.add_parser("diff", help="qué cambió de una liquidación a otra, folio por folio")
    for side, what in (("before", "ANTERIOR"), ("after", "POSTERIOR")):
        diff.add_argument(side, type=Path, metavar=what, help="carpeta de una versión, o liquidación en CSV")
    diff.add_argument("--format", choices=("text", "json"), default="text", help="formato (text, si no se indica)")


def run(arguments: argparse.Namespace) -> int:
    """Run one verb; return the exit status: 0 done, 2 refused."""
    try:
        if arguments.verb == "list":
            _list(arguments.folder)
            return DONE
        paths = checked_statement(arguments.before), checked_statement(arguments.after)
        with Difference(*paths) as difference:
            (_write_json if arguments.format == "json" else _write_text)(difference, sys.stdout)
    except (VersionDamaged, NotAStatement) as error:
        return _fail(f"{error}.")
    except sqlite3.IntegrityError:
        return _fail("Una de las liquidaciones tiene dos veces el mismo folio.")
    except sqlite3.OperationalError as error:
        return _fail(f"No se pudo usar la carpeta de archivos temporales: {error}.")
    except BrokenPipeError:  # whoever reads the output has seen enough, as in «| head»
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        return _fail(f"No se pudo leer {error.filename}: {error.strerror}.")
    return DONE


def _list(folder: Path) -> None:
    found = list(versions(folder))
    for item in found:
        when = item.at.isoformat(timespec="minutes")
        print(f"{item.period} {item.campaign}, versión {item.number}: {item.status}, {when}, {item.reason}")
        print(f"  {item.folder(folder)}\n  SHA-256 {item.statement_sha256}\n  política {item.policy_sha256}")
    if not found:
        print("No hay versiones guardadas en esa carpeta.")


def _write_json(difference: Difference, out: TextIO) -> None:
    """Write one JSON object, row by row: a difference may be as large as the statements."""
    heads = {name: {"before": before, "after": after} for name, before, after in difference.heads()}
    out.write(json.dumps(heads, ensure_ascii=False)[:-1])
    separator = ",\n" if heads else ""
    for name, rows in _parts(difference):
        out.write(f'{separator}"{name}": [')
        between = "\n "
        for row in rows:
            out.write(between + json.dumps(row, ensure_ascii=False))
            between = ",\n "
        out.write("]" if between == "\n " else "\n]")
        separator = ",\n"
    out.write("}\n")


def _write_text(difference: Difference, out: TextIO) -> None:
    same = True
    for name, before, after in difference.heads():
        same = False
        out.write(f"{'Estado' if name == 'status' else 'Política (SHA-256)'}: {before} -> {after}\n")
    for name, rows in _parts(difference):
        count = 0
        for count, row in enumerate(rows, start=1):
            if count == 1:
                out.write(f"{_TITLES[name]}:\n")
            out.write(f"  {_line(row)}\n")
        if count:
            same = False
            out.write(f"  ({count:,})\n")
    if same:
        out.write("No hay diferencias.\n")


def _parts(difference: Difference) -> Iterator[tuple[str, Iterable[Mapping[str, object]]]]:
    return ((name, getattr(difference, name)()) for name in _TITLES)


def _line(row: Mapping[str, object]) -> str:
    """`VEN-1  rule resuelta -> respuesta_incorrecta  amount 10.00 -> 0.00`."""
    words = []
    for name, value in row.items():
        if isinstance(value, dict):
            by = f" ({value['difference']})" if value.get("difference") else ""
            words.append(f"{name} {value['before'] or '—'} -> {value['after'] or '—'}{by}")
        else:
            words.append(str(value) or "—")
    return "  ".join(words)


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return REFUSED
