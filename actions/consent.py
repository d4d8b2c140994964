"""Consent to something that will be done: a booking or a cancelling rests on these words, so in doubt it is none."""

import re

from actions.reading import says_no
from conversation.folding import folded

_AGREES = frozenset(
    {
        "si", "sii", "sip", "simon", "claro", "ok", "okey", "okay", "va", "sale", "vale", "acepto", "acepta", "aceptar",
        "adelante", "acuerdo", "bien", "correcto", "asi", "confirmo", "confirmar", "perfecto", "parece", "queda", "aja",
        "exacto", "andale", "afirmativo", "1", "uno",
    }
)  # fmt: skip
_AGREES_BESIDES = frozenset(
    {
        "de", "esta", "por", "supuesto", "es", "me", "la", "lo", "quiero", "tomo", "esa", "ese", "eso", "hora", "cita",
        "horario", "mi", "favor", "porfa", "porfavor", "gracias", "senor", "senora", "senorita", "joven", "excelente",
        "muy", "que", "seguro", "listo", "y", "con", "marco", "opcion", "agendela", "agendala", "apartela", "reservela",
    }
)  # fmt: skip
"""What may stand beside a yes without taking anything back."""
CANCEL_ORDERS = frozenset(
    {"cancelela", "cancelala", "cancela", "cancele", "cancelar", "cancelarla", "cancelenla", "cancelo"}
)
_ASKS = re.compile(r"\bque (?!si\b|bien\b|quiero\b)")
"""«Qué hora me queda», without its question mark; «claro que sí» asks nothing."""
_ABOUT_OFFER = re.compile(
    r"^(y |oiga |pero )?(donde|en donde|(a )?que (direccion|clinica|unidad|consultorio|doctor|hora|dia)|(cual|que) es "
    r"(la|el) (clinica|unidad|consultorio|direccion)|cual (clinica|unidad|consultorio)|(a|para) que (hora|dia))\b"
)
_WAIT = re.compile(
    r"^(espere|espereme|espera|esperame|un (momento|momentito|segundo|ratito)|dejeme (ver|buscar|revisar)|"
    r"permitame|ahorita (se lo|te lo|lo)|voy (a )?(ver|buscar|por))\b"
)


def read_consent(text: str, orders: frozenset[str] = frozenset()) -> bool | None:
    """Yes only if every word says so («sí, pero el lunes» is none); no when it says no; else None.

    `orders` are words that say yes to this very thing («cancélela»).
    """
    plain = folded(text)
    if "?" in text or not plain:
        return None
    words = set(plain.split())
    if words <= _AGREES | _AGREES_BESIDES | orders and words & (_AGREES | orders):
        return None if _ASKS.search(plain) else True
    return False if says_no(plain) and not words & {"si", "pero"} else None


def asks_about_offer(text: str) -> bool:
    """Whether the citizen asks where or when the offered appointment is."""
    return bool(_ABOUT_OFFER.search(folded(text)))


def asks_to_wait(text: str) -> bool:
    """«Espere», «un momento»: an answer is coming."""
    return bool(_WAIT.search(folded(text))) and not re.search(r"\d", text)
