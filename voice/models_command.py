"""`ventanilla models`: which models of speech recognition are there, and fetch one."""

import argparse
import socket
import sys
from pathlib import Path

from voice.models import DEFAULT_MODEL, InstalledModel, ModelNotFetched, ModelRefused, fetch, installed, without_model

DONE, FAILED = 0, 1  # exit statuses
SECONDS_WITHOUT_A_BYTE = 30.0
"""Vosk's download sets no limit of its own, and would wait for ever behind a firewall that drops."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of `ventanilla models` to `parser`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="los modelos instalados, y si siguen como se descargaron")
    get = verbs.add_parser("fetch", help="descargar un modelo de Vosk")
    get.add_argument("name", nargs="?", default=DEFAULT_MODEL, metavar="NOMBRE", help=f"si falta, {DEFAULT_MODEL}")


def run(arguments: argparse.Namespace, folder: Path) -> int:
    """Run one verb on the models in `folder`; return the exit status: 0 done, 1 not fetched."""
    if arguments.verb == "list":
        return _list(folder)
    socket.setdefaulttimeout(SECONDS_WITHOUT_A_BYTE)
    try:
        checksum = fetch(arguments.name, folder)
    except (ModelRefused, ModelNotFetched) as refused:
        print(refused, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Descarga interrumpida: no quedó nada a medias.", file=sys.stderr)
        return FAILED
    print(f"{arguments.name} está en {folder}\nSHA-256: {checksum}")
    return DONE


def _list(folder: Path) -> int:
    models = installed(folder)
    if not models:
        print(f"No hay modelos en {folder}. {without_model('')}")
    for model in models:
        print(_said(model))
    return DONE


def _said(model: InstalledModel) -> str:
    grammar = "se ayuda de lo que se espera oír" if model.takes_grammar else "sin gramática"
    state = {True: "como se descargó", False: "CAMBIÓ desde su descarga", None: "sin huella de descarga"}[model.intact]
    return f"{model.name}: {model.megabytes:.0f} MB, {grammar}, {state}"
