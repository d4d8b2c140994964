"""`ventanilla desk-account`: add an account of the desk, or change it."""

import argparse
import sys
from getpass import getpass
from pathlib import Path

from pydantic import ValidationError

from conversation.staff import Level
from desk.accounts import DEFAULT_PRIORITY, Accounts

DONE, REFUSED = 0, 2  # exit statuses
_CORRECTIONS = {
    "username": "El usuario lleva de 2 a 40 letras minúsculas, cifras, puntos o guiones.",
    "name": "El nombre lleva de 1 a 60 caracteres.",
    "limit": "El límite de conversaciones simultáneas va de 1 a 5.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla desk-account` to `parser`."""
    parser.add_argument("username")
    parser.add_argument("name", help="the name that citizens see")
    parser.add_argument(
        "--level", choices=[level.value for level in Level],
        help="ps_i: first level; ps_i_esp: with special knowledge; ps_p: the institution's own; supervisor",
    )  # fmt: skip
    parser.add_argument(
        "--skill", action="append", default=[], metavar="CAMPAIGN[:PRIORITY]", type=_skill,
        help="a campaign served, 1 is asked first; may be repeated; without any: all campaigns",
    )  # fmt: skip
    parser.add_argument("--limit", type=int, help="most conversations at once, 1 to 5; 5 when not said")


def run(arguments: argparse.Namespace, path: Path) -> int:
    """Ask for the password and keep the account in the file `path`; return the exit status: 0 done, 2 refused."""
    level = Level(arguments.level) if arguments.level else None
    try:
        agent = Accounts(path).add(
            arguments.username, arguments.name, getpass("Contraseña: "),
            level=level, skills=dict(arguments.skill), limit=arguments.limit,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        print(_CORRECTIONS.get(str(first["loc"][0]), f"{first['loc'][0]}: {first['msg']}"), file=sys.stderr)
        return REFUSED
    served = "todas las campañas" if agent.skills is None else ", ".join(agent.skills)
    print(f"La cuenta «{agent.username}» ya puede entrar al escritorio: {agent.level.label}, {served}.")
    return DONE


def _skill(text: str) -> tuple[str, int]:
    campaign, _, priority = text.partition(":")
    if not campaign or not (priority or "1").isdigit() or int(priority or DEFAULT_PRIORITY) < 1:
        raise argparse.ArgumentTypeError(f"«{text}»: write CAMPAIGN or CAMPAIGN:PRIORITY, priority from 1")
    return campaign, int(priority or DEFAULT_PRIORITY)
