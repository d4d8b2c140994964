"""Read the telephone number that a citizen gives to be called back: ten digits, as Mexico dials since 2019.

Eleven digits are an NSS and never a telephone. The institution's own free numbers (800…) are nobody's telephone.
"""

import re

from conversation.folding import folded
from conversation.masking import mask

TELEPHONE_LENGTH = 10
_PREFIXES = ("", "52", "521", "01", "044", "045")
"""Country code, with and without the old mobile 1, and the old trunk prefixes."""
_NOBODYS = ("0", "1", "800", "900")
_WRITTEN = re.compile(r"(?<![0-9*])\+?\(?[0-9](?:[ .()\u2010-\u2015-]{0,3}[0-9])*")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_UNITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_TENS = ("treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_IN_WORDS = {
    **{word: str(value) for value, word in enumerate(_UNITS)},
    **{word: str(value) for value, word in enumerate(("diez", "once", "doce", "trece", "catorce", "quince"), 10)},
    **{f"dieci{word}": f"1{value}" for value, word in enumerate(_UNITS) if value > 5},
    **{f"veinti{word}": f"2{value}" for value, word in enumerate(_UNITS) if value},
    "veinte": "20",
    **{word: f"{tens}0" for tens, word in enumerate(_TENS, 3)},
}  # fmt: skip


def telephones(text: str) -> tuple[str, ...]:
    """Every telephone number in the text, ten digits each, in order and once; also in number words below a hundred."""
    found = [number for _, _, number in _written(text)] or _spoken(text)
    return tuple(dict.fromkeys(found))


def mask_telephone(number: str) -> str:
    """`5500001234` -> `******1234` (security.md §2)."""
    return "*" * (len(number) - 4) + number[-4:]


def mask_all_but_contact(text: str) -> str:
    """The text with telephones and e-mails left readable, for who is to answer it; everything else stays masked."""
    spans = sorted([(start, end) for start, end, _ in _written(text)] + [one.span() for one in _EMAIL.finditer(text)])
    parts, place = [], 0
    for start, end in spans:
        if start >= place:  # a number inside an e-mail belongs to it
            parts += [_masked(text[place:start]), text[start:end]]
            place = end
    return "".join([*parts, _masked(text[place:])])


def _masked(part: str) -> str:
    """Masking may trim the ends of a text; between two contacts they are kept."""
    inner = part.strip()
    if not inner:
        return part
    start = part.index(inner)
    return part[:start] + mask(inner) + part[start + len(inner) :]


def _written(text: str) -> list[tuple[int, int, str]]:
    """Start, end and digits of each number in digits."""
    found = []
    for match in _WRITTEN.finditer(text):
        if number := _national(match.group()):
            found.append((*match.span(), number))
            continue
        # Two numbers side by side, such as an NSS and a telephone: each is one word then.
        for word in re.finditer(r"\S+", match.group()):
            if number := _national(word.group()):
                found.append((match.start() + word.start(), match.start() + word.end(), number))
    return found


def _spoken(text: str) -> list[str]:
    """Numbers dictated in words: «cincuenta y cinco doce treinta y cuatro…»; digits may stand among them."""
    found: list[str] = []
    run: list[str] = []
    for word in [*folded(text).split(), ""]:
        if word in _IN_WORDS or word.isdigit() or (word == "y" and run and run[-1] in _TENS):
            run.append(word)
            continue
        number = _national(_digits(run))
        if number and not all(one.isdigit() for one in run):  # digits alone were read as they are written
            found.append(number)
        run = []
    return found


def _digits(run: list[str]) -> str:
    """`cincuenta y cinco doce` -> `5512`."""
    digits = ""
    for place, word in enumerate(run):
        joined = place > 1 and run[place - 1] == "y" and word in _UNITS[1:]
        digits = (digits[:-1] if joined else digits) + _IN_WORDS.get(word, word if word.isdigit() else "")
    return digits


def _national(written: str) -> str:
    """The ten digits of a number, without its prefix; empty when it is none."""
    digits = re.sub(r"[^0-9]", "", written)
    for prefix in _PREFIXES:
        national = digits[len(prefix) :]
        if digits.startswith(prefix) and len(national) == TELEPHONE_LENGTH and not national.startswith(_NOBODYS):
            return national
    return ""
