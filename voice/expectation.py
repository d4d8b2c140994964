"""What the dialogue expects to hear next, and the phrases in which people answer that.

A recogniser that can limits itself to those phrases; taking turns waits longer for digits than for a yes.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from num2words import num2words

Kind = Literal["free", "digits", "date", "yes_no", "choice", "nss"]
NSS_DIGITS = 11
"""Length of a número de seguridad social (services.md §8)."""
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
ANYTIME = (
    "sí", "no", "no sé", "repita", "repetir", "mande", "ayuda", "menú", "persona", "agente", "asesor", "cancelar",
    "corregir", "espere", "adiós",
)  # fmt: skip
"""Short words that people say to any question; longer answers that nobody expected are left to free recognition."""
_YES_NO = (
    "sí", "sí sí", "sí por favor", "sí claro", "sí señorita", "sí señor", "sí es correcto", "es correcto", "correcto",
    "claro", "claro que sí", "así es", "está bien", "de acuerdo", "exacto", "por supuesto", "ok", "acepto", "adelante",
    "afirmativo", "sí confirmo", "confirmo", "confirmar", "no no", "no gracias", "no señorita", "no señor", "no quiero",
    "no es correcto", "incorrecto", "negativo", "mejor no", "ninguno", "ninguna", "uno", "dos",
)  # fmt: skip
_CHOICE = (
    "sí", "la primera", "la segunda", "la tercera", "la última", "el primero", "el segundo", "el tercero", "ninguna",
)  # fmt: skip
_KEYS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_LATEST_YEAR_OF_2000 = 40
"""Years in words go up to «dos mil cuarenta»."""


@dataclass(frozen=True)
class Expectation:
    """What is expected: its kind, the titles on offer (`choice`) and how many digits at most (`digits`)."""

    kind: Kind = "free"
    phrases: tuple[str, ...] = ()
    max_digits: int | None = None

    @property
    def digits_wanted(self) -> int | None:
        """How many digits a whole answer has, where that is known."""
        return NSS_DIGITS if self.kind == "nss" else self.max_digits

    def spoken_phrases(self) -> tuple[str, ...]:
        """The phrases of an answer, lower case with accents, for a grammar; none when anything may come."""
        if self.kind == "free":
            return ()
        offered = (" ".join(re.findall(r"[^\W\d_]+", phrase.lower())) for phrase in self.phrases)
        return tuple(dict.fromkeys((*_expected(self.kind), *filter(None, offered))))


def _expected(kind: Kind) -> tuple[str, ...]:
    match kind:
        case "digits" | "nss":
            return _digit_phrases()
        case "date":
            return _date_phrases()
        case "yes_no":
            return _YES_NO
        case _:
            return (*_CHOICE, *_KEYS)


def in_words(number: int) -> str:
    """A number as Spanish writes it: 31 is «treinta y uno»."""
    return str(num2words(number, lang="es"))


@lru_cache
def _digit_phrases() -> tuple[str, ...]:
    """Whole numbers up to 99, because a grammar learns from them that «treinta» is followed by «y» (measured)."""
    doubled = tuple(f"doble {key}" for key in _KEYS)
    return (*(in_words(number) for number in range(100)), "cien", "ciento", "doscientos", *doubled)


@lru_cache
def _date_phrases() -> tuple[str, ...]:
    days = ("primero", *(in_words(day) for day in range(1, 32)))
    small = tuple(in_words(number) for number in range(100))
    years = (
        "mil novecientos", *(f"mil novecientos {year}" for year in small[1:]),
        "dos mil", *(f"dos mil {in_words(year)}" for year in range(1, _LATEST_YEAR_OF_2000 + 1)),
    )  # fmt: skip
    named = (f"{day} de {month}" for day in days for month in MONTHS)
    # A recogniser may hold «del» as one word or as two.
    joined = (f"{of} {part}" for of in ("de", "del", "de el") for part in (*years, *small[1:]))
    return (*named, *joined, *years, *_digit_phrases())
