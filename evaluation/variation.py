"""How people write and behave differently: seeded variations of one case. The same seed gives the same conversation.

Variations of the words leave whatever holds a digit alone, for a typo in an NSS is another NSS; `dictado` says digits
as words instead, which is what speech recognition delivers. Variations of conduct need a citizen with a goal, because a
script cannot answer questions that its author did not foresee.
"""

import random
import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

from num2words import num2words


class Variation(StrEnum):
    """One way of writing or behaving."""

    SIN_ACENTOS = "sin_acentos"
    """Neither accents nor opening marks nor capitals."""
    FALTAS = "faltas"
    """Typos and misspellings, about one word in five."""
    CHAT = "chat"
    """Chat shorthand: q, xfa, tmb."""
    DICTADO = "dictado"
    """As speech recognition writes: no punctuation, no capitals, numbers as words."""
    TODO_JUNTO = "todo_junto"
    """All that will be asked is said in the first sentence."""
    CORRECCION = "correccion"
    """A wrong birth date first, corrected at once."""
    CAMBIO_DE_OPINION = "cambio_de_opinion"
    """Gives up half-way, then wants it after all."""
    SILENCIO = "silencio"
    """Sends nothing but dots when first asked."""
    PIDE_PERSONA = "pide_persona"
    """Asks for a person when first asked for a datum (always granted, L2018)."""
    NSS_EQUIVOCADO = "nss_equivocado"
    """The first NSS has a wrong check digit."""
    IMPACIENCIA = "impaciencia"
    """Urges the bot before answering."""

    @property
    def of_words(self) -> bool:
        """Whether it changes only how things are written, so that scripts can undergo it too."""
        return self in _OF_WORDS


_OF_WORDS = (Variation.SIN_ACENTOS, Variation.FALTAS, Variation.CHAT, Variation.DICTADO)
TYPO_RATE = 0.2
"""Share of the words that a typo hits."""
_NEIGHBOURS = {
    "a": "sq", "e": "wr", "i": "uo", "o": "ip", "u": "yi", "s": "ad", "r": "et", "n": "bm", "t": "ry", "l": "k",
    "c": "xv", "d": "sf", "m": "n", "p": "o", "b": "vn", "g": "fh",
}  # fmt: skip
_MISSPELLINGS = (
    ("qu", "k"), ("h", ""), ("v", "b"), ("b", "v"), ("ci", "si"), ("ce", "se"), ("z", "s"), ("ll", "y"), ("gue", "ge"),
    ("s", "z"), ("y", "i"), ("x", "cs"),
)  # fmt: skip
_SHORTHAND = {
    "que": "q", "qué": "q", "porque": "pq", "por": "x", "favor": "fa", "también": "tmb", "para": "pa",
    "quiero": "kiero", "necesito": "nesecito", "gracias": "grax", "buenos": "wenos", "buenas": "wenas", "estoy": "toy",
    "está": "ta", "de": "d", "con": "cn", "mensaje": "msj", "teléfono": "tel", "doctor": "dr", "bien": "bn",
}  # fmt: skip
_DIGIT_WORDS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")
LONG_NUMBER = 5
"""From this many digits a number is dictated digit by digit."""


def varied(text: str, variation: Variation | None, chance: random.Random) -> str:
    """`text` as somebody with this way of writing would put it; conduct does not change words."""
    if variation is None or not variation.of_words:
        return text
    return _WAYS[variation](text, chance)


def without_accents(text: str, _: random.Random) -> str:
    """Plain lower-case letters; ñ stays, it has a key of its own."""
    kept = text.lower().replace("ñ", "\0")
    plain = "".join(sign for sign in unicodedata.normalize("NFD", kept) if not unicodedata.combining(sign))
    return plain.replace("\0", "ñ").translate({ord("¿"): None, ord("¡"): None})


def with_typos(text: str, chance: random.Random) -> str:
    """Typos and common misspellings in words of four letters and more."""

    def spoil(found: re.Match[str]) -> str:
        word = found.group()
        if len(word) < 4 or any(sign.isdigit() for sign in word) or chance.random() >= TYPO_RATE:
            return word
        return chance.choice(_TYPOS)(word, chance)

    return _WORD.sub(spoil, text)


def in_shorthand(text: str, chance: random.Random) -> str:
    """Chat shorthand, without accents or final punctuation."""
    short = _WORD.sub(lambda found: _SHORTHAND.get(found.group().lower(), found.group()), text)
    return without_accents(short, chance).rstrip(".!?")


def as_dictated(text: str, chance: random.Random) -> str:
    """What a recogniser writes: words only. Dates and short numbers as numbers, long ones digit by digit."""
    dated = _DATE.sub(_spoken_date, text)
    worded = _NUMBER.sub(lambda found: f" {_spoken_number(found.group())} ", dated)
    return " ".join(re.sub(r"[^\wáéíóúüñ ]+", " ", worded.lower()).replace("_", " ").split())


def _spoken_date(found: re.Match[str]) -> str:
    day, month, year = (int(part) for part in found.groups())
    if not 1 <= month <= 12:
        return found.group()
    return f"{num2words(day, lang='es')} de {_MONTHS[month - 1]} de {num2words(year, lang='es')}"


def _spoken_number(digits: str) -> str:
    if len(digits) >= LONG_NUMBER or digits.startswith("0"):
        return " ".join(_DIGIT_WORDS[int(digit)] for digit in digits)
    return str(num2words(int(digits), lang="es"))


def _swapped(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _doubled(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def _slipped(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word))
    return word[:at] + chance.choice(_NEIGHBOURS.get(word[at].lower(), word[at])) + word[at + 1 :]


def _misspelt(word: str, chance: random.Random) -> str:
    possible = [(right, wrong) for right, wrong in _MISSPELLINGS if right in word]
    if not possible:
        return _doubled(word, chance)
    right, wrong = chance.choice(possible)
    return word.replace(right, wrong, 1)


_TYPOS: tuple[Callable[[str, random.Random], str], ...] = (_swapped, _dropped, _doubled, _slipped, _misspelt, _misspelt)
_WAYS: dict[Variation, Callable[[str, random.Random], str]] = {
    Variation.SIN_ACENTOS: without_accents,
    Variation.FALTAS: with_typos,
    Variation.CHAT: in_shorthand,
    Variation.DICTADO: as_dictated,
}
