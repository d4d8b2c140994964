"""What WhatsApp cannot show as it is meant: rules for `ventanilla lint`. The limits are in docs/messages.md."""

import re
from collections.abc import Iterator

from channels.cutting import shortened
from channels.whatsapp_rendering import MAX_BODY, MAX_ROW_TITLE, MAX_TEXT, tappable
from content.findings import Problem
from conversation.message import Choice

_PLACE = re.compile(r"\{\w+\}")
_FILLED_LENGTH = 40
"""What a place such as {apertura} is taken to become, in characters."""


def text_problems(text: str, *, before_choices: bool) -> Iterator[Problem]:
    """A text that does not fit in one message."""
    length = len(_PLACE.sub("x" * _FILLED_LENGTH, text))
    if length > MAX_TEXT:
        message = f"Tiene {length:,} caracteres; en un mensaje de WhatsApp caben {MAX_TEXT:,}. Divida el texto."
        yield Problem("whatsapp-texto", message)
    elif before_choices and length > MAX_BODY:
        message = f"Tiene {length:,} caracteres; junto a opciones de WhatsApp caben {MAX_BODY:,}. Acorte el texto."
        yield Problem("whatsapp-cuerpo", message)


def menu_problems(choices: tuple[Choice, ...]) -> Iterator[Problem]:
    """A menu as a whole."""
    if not tappable(choices):
        yield Problem(
            "whatsapp-numerado", "No cabe en una lista de WhatsApp: se mostrará numerado, como texto.", is_error=False
        )


def title_problems(choices: tuple[Choice, ...]) -> Iterator[tuple[int, Problem]]:
    """Place and problem of the titles that a list cuts; two that are cut to the same words are refused."""
    if not tappable(choices):
        return
    shown: dict[str, str] = {}
    for place, choice in enumerate(choices):
        title = shortened(choice.title, MAX_ROW_TITLE)
        if title in shown:
            message = f"«{choice.title}» y «{shown[title]}» se verían iguales en WhatsApp («{title}»): cambie uno."
            yield place, Problem("whatsapp-titulos-iguales", message)
        elif title != choice.title:
            message = (
                f"«{choice.title}» tiene {len(choice.title)} caracteres; en la lista de WhatsApp caben "
                f"{MAX_ROW_TITLE}. Se verá «{title}» y completo en la línea de abajo."
            )
            yield place, Problem("whatsapp-titulo", message, is_error=False)
        shown.setdefault(title, choice.title)
