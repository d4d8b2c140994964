"""What a call cannot say, or nobody could follow: rules for `ventanilla lint`. The limits are in docs/messages.md."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from content.findings import Problem
from conversation.folding import folded
from voice.speaking import spoken

MOST_HEARD = 5
"""Options or points of a list that somebody keeps in mind by ear."""
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PAGE = re.compile(
    r"(?:https?://|www\.)\S+|(?<![@\w.])(?:[a-z0-9-]+\.)+(?:mx|com|org|net|gob|edu)\b(?:/\S*)?", re.IGNORECASE
)
_MARKUP = re.compile(
    r"\*\*|__|~~|`|(?<![\w*])\*[^\s*][^*\n]*[^\s*]\*(?![\w*])|^#{1,6} |\[[^\]\n]+\]\([^)\n]+\)|^\s*\|.*\|\s*$|^> "
    r"|</?[a-z]+\b",
    re.MULTILINE | re.IGNORECASE,
)
_POINT = re.compile(r"^\s*(?:[-•*–]|\d{1,2}[.)])\s+", re.MULTILINE)
_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:(?:[A-ZÑ]\. ?){2,}"
    r"|(?i:av|blvd|calz|cd|col|depto|dra?|edo|esq|etc|ext|fracc|gral|ing|lic|mpio|mtr[oa]|núm|págs?|prof|prol|pza|sra?|"
    r"srta|tels?|arts?|hrs|aprox|máx|mín|c\. ?p|p\. ?ej)\."
    r"|(?i:no)\.(?= ?\d)|[^\W\d_]{1,5}\.(?= [a-záéíóúñ]))"
)
"""Known short forms; and any short word whose full stop ends no sentence, as a small letter follows."""
_NO_EMOJI = "°©®™"


def text_problems(text: str) -> Iterator[Problem]:
    """What of a text a call does not say as it is meant."""
    for match in _EMAIL.finditer(text):
        message = f"«{match.group()}» no se puede anotar de oído: quite el correo o dé un teléfono."
        yield Problem("voz-correo", message, at=match.start())
    for match in _PAGE.finditer(text):
        message = f"«{match.group()}» no se puede anotar de oído: póngala en el campo «link» de un artículo, o quítela."
        yield Problem("voz-direccion", message, at=match.start())
    for match in _MARKUP.finditer(text):
        message = f"«{match.group().strip()[:20]}» es formato y no se dice: escriba solo las palabras."
        yield Problem("voz-formato", message, at=match.start())
    for place, character in enumerate(text):
        if _is_picture(character):
            yield Problem("voz-emoji", f"«{character}» no se dice: quítelo o escriba la palabra.", at=place)
    yield from _abbreviations(text)
    points = list(_POINT.finditer(text))
    if len(points) > MOST_HEARD:
        message = f"Son {len(points)} puntos; de oído se retienen {MOST_HEARD}. Divida el texto o acorte la lista."
        yield Problem("voz-lista", message, at=points[MOST_HEARD].start())
    if text.strip() and not spoken(text):
        yield Problem("voz-vacio", "No queda nada que decir por teléfono: escriba palabras.")


def menu_problems(titles: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    """A menu, key and title of each option, that is long to listen to. «0» and «*» are known and not counted."""
    counted = [key for key, _ in titles if key not in ("0", "*")]
    if len(counted) > MOST_HEARD:
        yield Problem(
            "voz-menu-largo",
            f"Son {len(counted)} opciones; de oído se retienen {MOST_HEARD}. Por teléfono es mejor un submenú.",
            is_error=False,
        )


def _is_picture(character: str) -> bool:
    return character not in _NO_EMOJI and (unicodedata.category(character) == "So" or character == "\ufe0f")


def _abbreviations(text: str) -> Iterator[Problem]:
    for match in _ABBREVIATION.finditer(text):
        short = match.group().strip()
        said = spoken(f"{short} 1")
        if _letters(said) == _letters(f"{short}uno"):
            message = f"«{short}» es una abreviatura que no se sabe decir: escríbala completa."
            yield Problem("voz-abreviatura", message, at=match.start())
        else:
            message = f"«{short}» se dice «{said.removesuffix(' uno.')}»; completa se entiende también al leerla."
            yield Problem("voz-abreviatura", message, is_error=False, at=match.start())


def _letters(text: str) -> str:
    return re.sub(r"[^a-zñ]", "", folded(text))
