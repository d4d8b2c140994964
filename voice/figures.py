"""Figures as they are said in Mexico: quantities, dates, hours, money, telephones, folios and other codes.

Functions that take a match are for the patterns of `voice.speaking`, and give the words for what it found. Commas are
the pauses in which somebody writes down.
"""

import re
from collections.abc import Sequence
from typing import cast

from num2words import num2words

MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
NSS_GROUPS = (2, 2, 2, 4, 1)
"""Subdelegación, year of registration, year of birth, serial, check digit."""
_NAMES = (
    "a", "be", "ce", "de", "e", "efe", "ge", "hache", "i", "jota", "ka", "ele", "eme", "ene", "eñe", "o", "pe", "cu",
    "erre", "ese", "te", "u", "uve", "doble u", "equis", "i griega", "zeta",
)  # fmt: skip
_LETTERS = dict(zip("ABCDEFGHIJKLMNÑOPQRSTUVWXYZ", _NAMES, strict=True))
_DIGITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_NO_NOUNS = (
    "de", "a", "y", "e", "o", "u", "ni", "en", "por", "con", "sin", "del", "para", "que", "es", "más", "al", "el", "la",
    "los", "las", "si", "se", "no", "cuando", "desde", "hasta", "pero", "como", "cada", "según",
)  # fmt: skip
_FEMININE = re.compile(
    r"(?:as?|ciones|ción|dad|dades|vez|veces)$"
    r"|^(?:noche|mujer|clave|parte|sede|calle|madre|tarde|clase|llave|base|orden|órden|imagen|imágen)(?:e?s)?$"
)
_MASCULINE = re.compile(r"^(?:día|programa|problema|sistema|tema|idioma|mapa)s?$")
"""Nouns of which the end alone says otherwise."""
_TWO_DIGIT_AREAS = ("33", "55", "56", "81")


def number(digits: str, following: str = "") -> str:
    """A number as it counts what follows: `veintiuna semanas`, `veintiún días`, `doscientas semanas`."""
    if len(digits) > 1 and digits[0] == "0":
        return one_by_one(digits)
    words = cast(str, num2words(int(digits), lang="es"))
    words = re.sub(r"\buno(?= mil\b)", "un", re.sub(r"veintiuno(?= mil\b)", "veintiún", words))
    noun = following.strip().lower()
    if not noun or noun in _NO_NOUNS:
        return words
    if _FEMININE.search(noun) and not _MASCULINE.match(noun):
        return re.sub(r"ientos\b", "ientas", re.sub(r"uno$", "una", words))
    return re.sub(r"uno$", "ún" if words.endswith("veintiuno") else "un", words)


def one_by_one(digits: str) -> str:
    """`0018` -> `cero cero uno ocho`."""
    return " ".join(_DIGITS[int(digit)] for digit in digits)


def in_groups(digits: str, sizes: Sequence[int]) -> str:
    """Digit by digit, with a pause after each group."""
    parts, place = [], 0
    for size in sizes:
        parts.append(one_by_one(digits[place : place + size]))
        place += size
    return ", ".join(part for part in parts if part)


def spelt(letters: str) -> str:
    """`CMT` -> `ce eme te`."""
    return " ".join(_LETTERS.get(letter, letter) for letter in letters.upper())


def code(match: re.Match[str]) -> str:
    """Folio (groups of services.md §8), CURP, agregado médico: digit by digit, letter by letter; long runs halved."""
    groups = []
    for run in re.findall(r"[0-9]+|[A-ZÑ]+", match.group()):
        half = len(run) // 2 if len(run) > 6 else len(run)
        groups += [run[:half], run[half:]]
    return ", ".join(one_by_one(group) if group.isdigit() else spelt(group) for group in groups if group)


def masked(match: re.Match[str]) -> str:
    """`*******0018` -> `terminación cero cero uno ocho`: what is left readable, and no more."""
    shown = re.findall(r"[0-9]+|[A-ZÑ]+", match[1])
    ending = " ".join(one_by_one(part) if part.isdigit() else spelt(part) for part in shown)
    return f"terminación {ending}" if ending else "un dato protegido"


def date(match: re.Match[str]) -> str:
    """Day and month, and the year where there is one; what is no date is read number by number."""
    day, month, year = int(match[1]), int(match[2]), match[3]
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return _apart(match)
    said = f"{'primero' if day == 1 else number(str(day))} de {MONTHS[month - 1]}"
    return f"{said} de {number(year)}" if year else said


def hour(match: re.Match[str]) -> str:
    """`8:45 de la mañana`, `a las 19:45`, `08:00 horas`, `1:15 p. m.`; with the part of the day where it is known."""
    article, at, minutes, suffix = match[1] or "", int(match[2]), match[3], (match[4] or "").lower()
    if at > 24 or int(minutes) > 59:
        return _apart(match)
    if suffix.startswith(("a", "p")):
        at = at % 12 + (12 if suffix.startswith("p") else 0)
    clock = at % 12 or 12
    said = "una" if clock == 1 else number(str(clock))
    if minutes != "00":
        said += f" {number(minutes)}"  # «ocho cero cinco», «ocho cuarenta y cinco»
    if clock == 1:
        article = article.replace("las", "la")
    told = re.match(r"\s+(?:de la (?:mañana|tarde|noche|madrugada)|del día)", match.string[match.end() :])
    is_known = bool(suffix) or at >= 12 or match[2].startswith("0")
    return f"{article}{said}" if told or not is_known else f"{article}{said} {_part_of_day(at)}"


def _part_of_day(at: int) -> str:
    """As actions say it: noon is «del día», the evening begins at seven."""
    if at == 12:
        return "del día"
    if at in (0, 24):
        return "de la noche"
    return "de la mañana" if at < 12 else "de la tarde" if at < 19 else "de la noche"


def money(match: re.Match[str]) -> str:
    """`$1,234.50` -> `mil doscientos treinta y cuatro pesos con cincuenta centavos`."""
    pesos, cents = str(int(match[1].replace(",", ""))), int((match[2] or "").ljust(2, "0"))
    said = (
        f"{number(pesos, 'pesos')}{' de' if re.search('[1-9]0{6,}$', pesos) else ''} peso{'' if pesos == '1' else 's'}"
    )
    return f"{said} con {number(str(cents), 'centavos')} centavo{'' if cents == 1 else 's'}" if cents else said


def telephone(match: re.Match[str]) -> str:
    """Ten digits in the groups they are written in, each read in pairs: `ochocientos, seis veintitrés, veintitrés…`.

    A comma after it becomes a longer pause, so that two telephones do not run into one.
    """
    groups, comma = re.findall(r"\d+", match.group()), match.group().endswith(",")
    digits = "".join(groups)
    if len(digits) != 10:
        return match.group()
    if len(groups) == 1:
        cuts = (0, 2, 6, 10) if digits.startswith(_TWO_DIGIT_AREAS) else (0, 3, 6, 8, 10)
        groups = [digits[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]
    return ", ".join(_pairs(group) for group in groups) + (";" if comma else "")


def _pairs(group: str) -> str:
    if len(group) == 3 and group.endswith("00"):
        return number(group)
    odd = len(group) % 2
    pairs = [group[:odd], *(group[place : place + 2] for place in range(odd, len(group), 2))]
    return " ".join(number(pair) for pair in pairs if pair)


def ordinal(match: re.Match[str]) -> str:
    """`2º nivel` -> `segundo nivel`, `1º de mayo` -> `primero de mayo`, `1er turno`, `2do`, `3ª`."""
    said, mark = cast(str, num2words(int(match[1]), lang="es", to="ordinal")), match[2].lower()
    if mark.endswith(("ª", "a")):
        return re.sub("o$", "a", said)
    before_noun = mark == "er" or re.match(r" (?!de\b)[a-záéíóúñ]", match.string[match.end() :])
    return re.sub("(primer|tercer)o$", r"\1", said) if before_noun else said


def roman(match: re.Match[str]) -> str:
    """`Siglo XXI` -> `Siglo veintiuno`."""
    worth = [{"I": 1, "V": 5, "X": 10}[letter] for letter in match.group()]
    return number(str(sum(-one if one < after else one for one, after in zip(worth, [*worth[1:], 0], strict=True))))


def _apart(match: re.Match[str]) -> str:
    return ", ".join(number(part) for part in re.findall(r"\d+", match.group()))
