"""`ventanilla lint`: refuse content that a campaign's channels cannot show or say, before it is served."""

import argparse
import sys
from pathlib import Path

from server.content_lint import lint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "folder", nargs="?", type=Path, help="holds bots/ and knowledge/; this installation's when left out"
    )
    parser.add_argument("--errors-only", action="store_true", help="do not list warnings")


def run(given: argparse.Namespace, root: Path) -> int:
    """Print what is wrong, one finding a line as `file:line: …`; 1 when anything is refused, 0 with warnings alone."""
    folder = given.folder or root
    if not (folder / "bots").is_dir():
        print(
            f"{folder}: no tiene la carpeta «bots». Indique la carpeta que contiene bots/ y knowledge/.",
            file=sys.stderr,
        )
        return 1
    findings = lint(folder)
    errors = [one for one in findings if one.is_error]
    for one in errors if given.errors_only else findings:
        print(one, file=sys.stderr if one.is_error else sys.stdout)
    warnings = len(findings) - len(errors)
    print(f"Contenido: {_counted(len(errors), 'error', 'errores')}, {_counted(warnings, 'aviso', 'avisos')}.")
    return 1 if errors else 0


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
