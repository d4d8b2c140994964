"""Mexican identifiers as the sandbox checks and generates them (services.md §8).

Sources: NSS and CURP are public knowledge about Mexican identifiers, not part of the contract.
"""

import re
import unicodedata
from datetime import date

from stdnum import luhn
from stdnum.iso7064 import mod_11_10

NSS_PATTERN = re.compile(r"[0-9]{11}", re.ASCII)
AGREGADO_PATTERN = re.compile(r"[0-9][MF][0-9]{4}[A-Z]{2}", re.ASCII)
PHONE_PATTERN = re.compile(r"[0-9]{10}", re.ASCII)
CURP_PATTERN = re.compile(
    r"[A-Z][AEIOUX][A-Z]{2}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[HMX]"
    r"(AS|BC|BS|CC|CL|CM|CS|CH|DF|DG|GT|GR|HG|JC|MC|MN|MS|NT|NL|OC|PL|QT|QR|SP|SL|SR|TC|TS|TL|VZ|YN|ZS|NE)"
    r"[B-DF-HJ-NP-TV-Z]{3}[A-Z0-9][0-9]",
    re.ASCII,
)
APPOINTMENT_FOLIO_PATTERN = re.compile(r"CMT-([0-9]{6})-([0-9]{5})-([0-9])", re.ASCII)

_CURP_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_VOWELS = "AEIOU"


def is_nss(text: str) -> bool:
    """Whether `text` is eleven ASCII digits with a valid Luhn check digit."""
    return bool(NSS_PATTERN.fullmatch(text)) and bool(luhn.is_valid(text))


def nss_for(registered: int, born: int, serial: int) -> str:
    """A synthetic NSS: prefix 00, year of registration, year of birth, serial, check digit."""
    body = f"00{registered % 100:02d}{born % 100:02d}{serial:04d}"
    return body + str(luhn.calc_check_digit(body))


def is_agregado(text: str) -> bool:
    """Whether `text` has the form of an agregado médico, e.g. `1F1985OR`."""
    return bool(AGREGADO_PATTERN.fullmatch(text))


def curp_check_digit(first_seventeen: str) -> str:
    """The last digit of a CURP; Ñ keeps its place in the alphabet although no CURP contains it."""
    total = sum(_CURP_ALPHABET.index(character) * (18 - place) for place, character in enumerate(first_seventeen))
    return str((10 - total % 10) % 10)


def is_curp(text: str) -> bool:
    """Whether `text` has the form of a CURP and its check digit is right."""
    return bool(CURP_PATTERN.fullmatch(text)) and text[17] == curp_check_digit(text[:17])


def curp_for(name: tuple[str, str, str], born: date, sex: str, entity: str, homoclave: str) -> str:
    """The CURP of an invented person.

    `name` is (given name, first surname, second surname), each one word; `sex` is F or M as in the agregado;
    `entity` the two letters of the place of birth; `homoclave` a digit for births until 1999, else a letter.
    """
    given, first, second = (_plain(part) for part in name)
    letters = first[0] + _first_inner(first, vowel=True) + second[0] + given[0]
    consonants = "".join(_first_inner(word, vowel=False) for word in (first, second, given))
    body = letters + born.strftime("%y%m%d") + {"F": "M", "M": "H"}[sex] + entity + consonants + homoclave
    return body + curp_check_digit(body)


def is_appointment_folio(text: str) -> bool:
    """Whether `text` is `CMT-AAMMDD-NNNNN-C` with C = ISO 7064 MOD 11,10 over the eleven digits."""
    match = APPOINTMENT_FOLIO_PATTERN.fullmatch(text)
    return match is not None and bool(mod_11_10.is_valid("".join(match.groups())))


def appointment_folio(day: date, serial: int) -> str:
    """The provider's folio of an appointment: the day it was made and its serial of that day."""
    digits = f"{day:%y%m%d}{serial:05d}"
    return f"CMT-{digits[:6]}-{digits[6:]}-{mod_11_10.calc_check_digit(digits)}"


def _plain(word: str) -> str:
    """Upper case without accents; Ñ becomes X, as in every CURP."""
    upper = word.upper().replace("Ñ", "X")
    return "".join(mark for mark in unicodedata.normalize("NFD", upper) if not unicodedata.combining(mark))


def _first_inner(word: str, *, vowel: bool) -> str:
    """The first vowel or consonant after the initial; X when there is none."""
    return next((letter for letter in word[1:] if (letter in _VOWELS) == vowel), "X")
