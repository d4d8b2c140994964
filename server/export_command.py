"""`ventanilla export`: a campaign's IVR tree for another platform, as VoiceXML, JSON or a diagram (L1526, L1533)."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from actions.questions import DATA
from channels.ivr_tree import Delivery, IvrTree, NoMenu, ivr_tree
from channels.menu_diagram import mermaid
from channels.voicexml import voicexml
from content.catalogue import Catalogue
from content.files import APPROVED, ContentError, parse_yaml

DONE, REFUSED = 0, 2  # exit statuses
FORMATS: dict[str, Callable[[IvrTree], bytes]] = {
    "voicexml": voicexml,
    "json": lambda tree: (tree.model_dump_json(indent=2) + "\n").encode(),
    "mermaid": lambda tree: mermaid(tree).encode(),
}
_QUESTIONS = ("nss", "fecha_nacimiento")
NO_SUBMIT_URL, NO_PERSON = "https://ventanilla.invalid/ivr", "sip:{campaign}@centro.invalid"
_NOBODY = ".invalid"  # RFC 2606: leads nowhere


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla export` to `parser`."""
    parser.add_argument("campaign", help="campaña con asistente")
    parser.add_argument("--format", choices=tuple(FORMATS), default="voicexml", help="si falta, voicexml")
    parser.add_argument("--out", type=Path, metavar="ARCHIVO", help="si falta, se escribe en la salida")
    parser.add_argument("--submit-url", metavar="DIRECCIÓN", help="quién recibe los datos de un trámite")
    parser.add_argument("--person", metavar="DIRECCIÓN", help="tel: o sip: de las personas; {campaign} es la campaña")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Write the tree; 2 when the campaign has no bot or the content cannot be exported."""
    try:
        tree = tree_of(root, arguments.campaign, arguments.submit_url, arguments.person)
        content = FORMATS[arguments.format](tree)
        if arguments.out:
            arguments.out.write_bytes(content)
        else:
            sys.stdout.buffer.write(content)
    except (NoMenu, ContentError, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    for warning in _warnings(tree):
        print(warning, file=sys.stderr)
    return DONE


def tree_of(root: Path, campaign: str, submit_url: str | None = None, person: str | None = None) -> IvrTree:
    """The tree of a campaign as the files say now; addresses that lead nowhere where none are given.

    Raises:
        NoMenu: no such campaign with a bot.
        ContentError: its files cannot be read.
    """
    catalogue = Catalogue(root)
    delivery = Delivery(
        approval=_approval_of_prompts(root),
        questions={name: (DATA[name].prompt, DATA[name].retry) for name in _QUESTIONS},
        submit_url=submit_url or NO_SUBMIT_URL, person=person or NO_PERSON,
    )  # fmt: skip
    return ivr_tree(catalogue, campaign, delivery)


def _approval_of_prompts(root: Path) -> str:
    path = root / "bots" / "shared" / "prompts.yml"
    return str(parse_yaml(path.read_text(encoding="utf-8"), path)["approval"])


def _warnings(tree: IvrTree) -> list[str]:
    found = []
    if tree.approval != APPROVED:
        found.append("Hay textos sin aprobación del Instituto: el archivo lo dice y no debe oírlo el público (L1533).")
    if _NOBODY in tree.submit_url:
        found.append(f"Los trámites se envían a {tree.submit_url}, que no existe: indique --submit-url.")
    if _NOBODY in tree.person:
        found.append(f"Las personas están en {tree.person}, que no existe: indique --person.")
    return found
