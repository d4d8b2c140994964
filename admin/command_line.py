"""`ventanilla admin-account`: add an account of the administration pages, or change it."""

import argparse
import sys
from getpass import getpass
from pathlib import Path

from pydantic import ValidationError

from admin.accounts import MIN_PASSWORD, AdminAccounts, Role

DONE, REFUSED = 0, 2  # exit statuses
_CORRECTIONS = {
    "username": "El usuario lleva de 2 a 40 letras minúsculas, cifras, puntos o guiones.",
    "name": "El nombre lleva de 1 a 60 caracteres.",
}
_ONE_PARTY = "Nadie aprueba por la institución y por el proveedor: son dos personas."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla admin-account` to `parser`."""
    parser.add_argument("username", metavar="USUARIO")
    parser.add_argument("name", metavar="NOMBRE", help="como se muestra, por ejemplo «Eva Luna»")
    parser.add_argument(
        "--role", action="append", required=True, choices=[role.value for role in Role], help="papel; puede repetirse"
    )
    parser.add_argument(
        "--campaign", action="append", default=[], metavar="ID", help="campaña; puede repetirse; «*» son todas"
    )


def run(arguments: argparse.Namespace, path: Path) -> int:
    """Ask for the password and keep the account in the file `path`; return the exit status: 0 done, 2 refused."""
    password = getpass("Contraseña: ")
    if len(password) < MIN_PASSWORD:
        print(f"La contraseña necesita al menos {MIN_PASSWORD} caracteres.", file=sys.stderr)
        return REFUSED
    roles = tuple(Role(role) for role in dict.fromkeys(arguments.role))
    try:
        AdminAccounts(path).add(arguments.username, arguments.name, password, roles, tuple(arguments.campaign))
    except ValidationError as error:
        place = error.errors()[0]["loc"]
        print(_CORRECTIONS.get(str(place[0]), _ONE_PARTY) if place else _ONE_PARTY, file=sys.stderr)
        return REFUSED
    print(f"Cuenta «{arguments.username}»: {', '.join(role.label for role in roles)}.")
    return DONE
