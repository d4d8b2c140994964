"""Numbers, dates and hours as people dictate them, turned into what they would have typed. Pure functions.

«Cero uno, veintitrés» is 0123, «doce del tres del ochenta y cinco» 12/03/1985, «ocho y cuarto de la mañana» 8:15.
"""

import re
from collections.abc import Callable
from datetime import date

from text_to_num.lang import LANG
from text_to_num.transforms import alpha2digit

from conversation.folding import folded
from voice.expectation import MONTHS, Expectation

UNKNOWN = "[unk]"
"""What a recogniser writes for speech outside its words."""
_SPANISH = LANG["es"]
_NUMBER_WORDS = (frozenset(map(folded, _SPANISH.NUMBERS)) | _SPANISH.ZERO) - {"un", "una"}
_TENS = frozenset(_SPANISH.MTENS)
_UNITS = frozenset(_SPANISH.UNITS)
_SINGLE_DIGITS = (_UNITS | _SPANISH.ZERO) - {"un", "una"}
_TIMES = {"doble": 2, "triple": 3}
_NOT_COUNTED_ALONE = {"uno", "ciento"}
"""«Quiero uno», «por ciento»."""
_A_THOUSAND_OF = {"gracias", "disculpas", "perdones", "veces", "amores"}
"""What «mil» only makes more of: «mil gracias». «Tengo mil semanas» is a number."""
_NUMBERING = {"la", "el", "opcion", "numero"}
_BETWEEN_DIGITS = {"y", "eh", "este", "luego", "despues", "guion", "espacio", ",", ".", "-", ";"}
"""What is said between groups of one number and means nothing."""
_BREAK = "|"
"""Stands between two numbers that would be read as one."""
_SURELY_1900 = 30
_TOKEN = re.compile(r"\w+|[^\w\s|]")
_RUN = re.compile(r"\d+")
_EIGHT_DIGITS = re.compile(r"(?<!\d )\b\d(?: ?\d){7}\b(?! ?\d)")
_OF = r"(?:,? (?:de|del|el|mes|año))*,? "
_DATE = re.compile(
    rf"\b(?P<day>\d{{1,2}}|primero){_OF}(?P<month>{'|'.join(MONTHS)}|\d{{1,2}}){_OF}"
    r"(?P<year>\d{4}|(?:19|20) \d{2}|\d{2,3})\b"
)
_PART = r"(?: (?:de la |del )?(?P<part>mañana|madrugada|tarde|noche|mediodía|día|a\.? ?m|p\.? ?m)\b\.?)"
_HOUR = re.compile(
    r"\b(?P<the>las? )?(?P<hour>\d{1,2}|una)\b"
    rf"(?: (?:y )?(?P<minute>\d{{1,2}}|cuarto|media)\b(?: minutos)?| (?P<sharp>en punto))?{_PART}?"
)
_TO_THE_HOUR = re.compile(
    rf"\b(?:un )?(?P<minute>5|10|15|20|25|cuarto)(?: minutos)? para (?P<the>las? )(?P<hour>\d{{1,2}}|una)\b{_PART}?"
)
_MINUTES = {"cuarto": 15, "media": 30}


def normalise(transcript_text: str, expectation: Expectation) -> str:
    """What the caller would have typed: digits in a row, DD/MM/AAAA, or plain text with its numbers as digits.

    Words around the number stay, since the conversation reads them too («no, es cero uno…»). A year dictated with two
    digits below 30 keeps two: only who knows today's date can tell its century.
    """
    tokens = _repeated(_TOKEN.findall(transcript_text.lower().replace(UNKNOWN, " ")))
    if expectation.kind in ("digits", "nss"):
        return _digits_in_a_row(tokens, expectation.digits_wanted)
    if expectation.kind == "date":
        return _with_dates(_plain(_numbered(_years_apart(tokens), every=True)))
    return _with_hours(_plain(_numbered(tokens)))


def _repeated(tokens: list[str]) -> list[str]:
    """«Doble cero» and «dos ceros» said out: «cero cero»."""
    result: list[str] = []
    for at, token in enumerate(tokens):
        word, following = folded(token), folded(tokens[at + 1]) if at + 1 < len(tokens) else ""
        before = folded(tokens[at - 1]) if at else ""
        if word in _TIMES and following in _SINGLE_DIGITS:
            result += [following] * (_TIMES[word] - 1)  # the digit itself follows
        elif following == "ceros" and word in _UNITS:
            result += ["cero"] * _SPANISH.UNITS[word]
        elif not (word == "ceros" and before in _UNITS):
            result.append(token)
    return result


def _years_apart(tokens: list[str]) -> list[str]:
    """A break before «mil novecientos», which «tres mil novecientos» would swallow after the month."""
    return _broken(tokens, lambda _, word, following: word == "mil" and following == "novecientos")


def _tens_apart(tokens: list[str]) -> list[str]:
    """A break inside «ochenta cinco», which may be 80 and 5 where «ochenta y cinco» is not."""
    return _broken(tokens, lambda before, word, _: before in _TENS and word in _UNITS)


def _broken(tokens: list[str], breaks: Callable[[str, str, str], bool]) -> list[str]:
    words = ["", *map(folded, tokens), ""]
    result: list[str] = []
    for token, *around in zip(tokens, words, words[1:], words[2:], strict=False):
        result += [_BREAK, token] if breaks(*around) else [token]
    return result


def _numbered(tokens: list[str], *, every: bool = False) -> list[str]:
    """The tokens with each number in words as one token of digits; leading zeros stay, breaks are dropped.

    `every`: words such as «uno» are numbers even when they stand alone in a sentence.
    """
    alone = {folded(token) for token in tokens} - _NUMBERING
    result: list[str] = []
    at = 0
    while at < len(tokens):
        end = _end_of_number(tokens, at)
        words = [folded(token) for token in tokens[at:end]]
        if words and (every or alone == {words[0]} or _counts(words, folded(tokens[end]) if end < len(tokens) else "")):
            result += str(alpha2digit(" ".join(words), "es", signed=False)).split()
        elif tokens[at] != _BREAK:
            result.append(tokens[at])
        at = max(end, at + 1)
    return result


def _counts(words: list[str], following: str) -> bool:
    """Whether number words inside a sentence say a number, and not «uno» as somebody or «mil gracias»."""
    if words == ["mil"]:
        return following not in _A_THOUSAND_OF
    return len(words) > 1 or words[0] not in _NOT_COUNTED_ALONE


def _end_of_number(tokens: list[str], start: int) -> int:
    """Where the number words end that begin at `start`; `start` itself when none begins there."""
    at = start
    while at < len(tokens):
        following = folded(tokens[at + 1]) if at + 1 < len(tokens) else ""
        if at > start and folded(tokens[at]) == "y" and folded(tokens[at - 1]) in _TENS and following in _UNITS:
            at += 2
        elif folded(tokens[at]) in _NUMBER_WORDS:
            at += 1
        else:
            break
    return at


def _plain(tokens: list[str]) -> str:
    """The tokens as a sentence; «de el», as recognisers hear it, is written «del»."""
    return re.sub(r"\b(de|a) el\b", r"\1l", re.sub(r" ([,.;:?!])", r"\1", " ".join(tokens)))


def _digits_in_a_row(tokens: list[str], wanted: int | None) -> str:
    """Groups of digits joined; of two readings of «ochenta cinco» the one that gives the wanted length."""
    readings = [_joined(_numbered(reading, every=True)) for reading in (tokens, _tens_apart(tokens))]
    fitting = [reading for reading in readings if any(len(run) == wanted for run in _RUN.findall(reading))]
    return (fitting or readings)[0]


def _joined(tokens: list[str]) -> str:
    """The sentence with neighbouring groups of digits as one; what is said between or after them is dropped."""
    result: list[str] = []
    between: list[str] = []
    for token in tokens:
        after_digits = bool(result) and result[-1].isdigit()
        if after_digits and token.isdigit():
            result[-1] += token
            between = []
        elif after_digits and (token in _BETWEEN_DIGITS or folded(token) in _BETWEEN_DIGITS):
            between.append(token)
        else:
            result += [*between, token]
            between = []
    return _plain(result)


def _with_dates(text: str) -> str:
    """Whole dates of a text as DD/MM/AAAA; what is no date of the calendar stays as it is."""

    def in_a_row(found: re.Match[str]) -> str:
        run = found.group().replace(" ", "")
        return _written(int(run[:2]), int(run[2:4]), run[4:]) or found.group()

    def in_parts(found: re.Match[str]) -> str:
        day = 1 if found["day"] == "primero" else int(found["day"])
        month = MONTHS.index(found["month"]) + 1 if found["month"] in MONTHS else int(found["month"])
        return _written(day, month, found["year"].replace(" ", "")) or found.group()

    return _DATE.sub(in_parts, _EIGHT_DIGITS.sub(in_a_row, text))


def _written(day: int, month: int, year_said: str) -> str | None:
    """DD/MM/AAAA; None when there is no such day, or no year in which somebody alive was born."""
    year = int(year_said)
    if len(year_said) == 2:
        if year < _SURELY_1900:
            return f"{day:02}/{month:02}/{year:02}" if _exists(day, month, 2000 + year) else None
        year += 1900
    elif len(year_said) == 3:
        year += 1000  # «novecientos ochenta y cinco»
    return f"{day:02}/{month:02}/{year}" if 1900 <= year < 2100 and _exists(day, month, year) else None


def _exists(day: int, month: int, year: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _with_hours(text: str) -> str:
    """Hours that cannot be anything else as H:MM, of 24 hours where the part of the day was said."""
    return _HOUR.sub(_hour, _TO_THE_HOUR.sub(_to_the_hour, text))


def _to_the_hour(found: re.Match[str]) -> str:
    """«Diez para las ocho», as Mexico says 7:50."""
    return _clock(found, _hour_of(found) - 1, 60 - _minutes_of(found))


def _hour(found: re.Match[str]) -> str:
    hour, the = _hour_of(found), found["the"]
    of_the_clock = the == "las " or (the == "la " and hour == 1)
    fraction = found["minute"] in _MINUTES and " y " in found.group()
    noon = found["part"] == "día"
    clear = hour in (11, 12) if noon else found["part"] or found["sharp"] or fraction
    return _clock(found, hour, _minutes_of(found)) if clear or (of_the_clock and found["minute"]) else found.group()


def _hour_of(found: re.Match[str]) -> int:
    return 1 if found["hour"] == "una" else int(found["hour"])


def _minutes_of(found: re.Match[str]) -> int:
    said = found["minute"] or "0"
    return _MINUTES[said] if said in _MINUTES else int(said)


def _clock(found: re.Match[str], hour: int, minute: int) -> str:
    part = (found["part"] or "").replace(".", "").replace(" ", "")
    if part in ("tarde", "noche", "pm", "mediodía") and hour < 12 and not (part == "noche" and hour < 6):
        hour += 12
    elif part in ("noche", "madrugada", "am") and hour == 12:
        hour = 0
    if not (0 <= hour < 24 and 0 <= minute < 60):
        return found.group()
    return f"{found['the'] or ''}{hour}:{minute:02}"
