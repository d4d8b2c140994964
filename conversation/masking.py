"""Mask personal data in free text before it is shown or logged (security.md §2, §4).

The mask is a function, not a copy: the original is kept only inside encrypted evidence.
"""

import re
from datetime import date

# Digits as `[0-9]` throughout: `\d` would also take digits of other scripts, which no identifier of ours uses.
_FOLIO = re.compile(r"(\b(?:VEN-[0-9]{8}-[0-9]{7}|CMT-[0-9]{6}-[0-9]{5})-[0-9](?![0-9]))")
_CURP = re.compile(r"[A-Z][AEIOUX][A-Z]{2}[\s-]?[0-9]{6}[\s-]?[HMX][A-Z]{5}[\s-]?[A-Z0-9][0-9]", re.IGNORECASE)
_RFC = re.compile(r"\b[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}\b", re.IGNORECASE)
_EMAIL = re.compile(r"\b([\w.+-])[\w.+-]*@([\w-])[\w-]*(?:\.[\w-]+)*\.([A-Za-z]{2,})\b")
_AGREGADO = re.compile(r"\b[0-9]([MF])[0-9]{4}([A-Z]{2})\b", re.IGNORECASE)
_RUN = re.compile(r"(?<![0-9])[0-9]{8,19}(?![0-9])")
_GROUPS = re.compile(r"(?<![0-9/.-])[0-9]{1,6}(?:[ .-]{1,2}[0-9]{1,6}){1,18}(?![0-9/])")
_DIGIT_WORDS = re.compile(
    r"(?:\b(?:cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|y|diez|once|doce|trece|catorce|quince|"
    r"dieci\w+|veint\w+|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|ciento|\w*cientos|quinientos|"
    r"mil)\b[\s,.-]*){7,}",
    re.IGNORECASE,
)
_NUMBER_WORD = re.compile(
    r"\b(?:un|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieci\w+|veint\w+|"
    r"treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|\w*cient\w*|mil|primero)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<![0-9])[0-9]{1,2}\s?([/.-])\s?[0-9]{1,2}\s?\1\s?([0-9]{4}|[0-9]{2})(?![0-9])")
_NAME = re.compile(r"\b((?:me llamo|mi nombre es)\s+)((?:[^\W\d_]+\s?){1,4})", re.IGNORECASE)
_NAME_AFTER_SOY = re.compile(r"\b([Ss]oy\s+)([A-ZÁÉÍÓÚÑ][^\W\d_]+(?:\s[A-ZÁÉÍÓÚÑ][^\W\d_]+){1,3})")
_DATE_IN_WORDS = re.compile(
    r"\b[0-9]{1,2}[\s/-]+(?:de\s+|d\s+)?(?:ene|feb|mar|abr|may|jun|jul|ago|sep|set|oct|nov|dic)[a-z]*[\s/-]+"
    r"(?:de\s+|del\s+|d\s+)?(?:año\s+)?((?:19|20)?[0-9]{2})\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b((?:contrase[nñ]a|password|clave(?! de\b)|nip|pin|c[oó]digo de seguridad|cvv)(?: (?:del |para )?\w{1,12})?"
    r"(?:\s*(?:es|era|son|:|=)\s*|\s+(?=\S*[0-9])))(\S+)",
    re.IGNORECASE,
)
NSS_LENGTH = 11
_PREFIXED_TELEPHONE = re.compile(r"(?:52|521|044|045|01)[0-9]{10}")
_SHORT_IDENTIFIERS = (8, 10, NSS_LENGTH)
"""Lengths of a birth date in digits, a telephone, an NSS (also with a wrong check digit)."""


def luhn(digits: str) -> bool:
    """Whether the digits pass the Luhn check (NSS, payment cards)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mask_nss(nss: str) -> str:
    """`00058500018` -> `*******0018`."""
    return "*" * (len(nss) - 4) + nss[-4:]


def mask_name(name: str) -> str:
    """`Lucía Estrada Mora` -> `Lucía E. M.`."""
    first, *rest = name.split()
    return " ".join([first, *(f"{word[0]}." for word in rest)])


def mask_origin(origin: str) -> str:
    """An IP without its last group (`203.0.113.*`); a telephone number without all but its last four digits."""
    if re.fullmatch(r"[0-9.]+\.[0-9]+", origin):
        return origin.rsplit(".", 1)[0] + ".*"
    if ":" in origin:
        return origin.rsplit(":", 1)[0] + ":*"
    return mask_nss(origin) if len(origin) > 4 else origin


def mask(text: str, *, own_words: bool = True) -> str:
    """The text with NSS, CURP, RFC, cards, telephones, birth dates in digits, agregados and e-mails masked.

    `own_words` says that a citizen wrote it. What bot and people write keeps telephones, e-mails and dates, which are
    the institution's own there. Our own folios always stay readable: they identify an interaction, not a person.
    """
    parts = _FOLIO.split(text)  # the folios stand at the odd places
    return "".join(part if place % 2 else _mask_part(part, own_words) for place, part in enumerate(parts))


def _mask_part(text: str, own_words: bool) -> str:
    def number(match: re.Match[str]) -> str:
        return _mask_number(match.group(), own_words)

    if own_words:
        text = _SECRET.sub(r"\1[SECRETO]", text)
    text = _CURP.sub(lambda match: "*" * 16 + match.group()[-2:], text)
    if own_words:
        text = _RFC.sub(lambda match: mask_nss(match.group()), text)
        text = _AGREGADO.sub(r"*\1****\2", text)
        text = _EMAIL.sub(r"\1***@\2***.\3", text)
        text = _DATE.sub(lambda match: _mask_date(match, match[2], "**/**/"), text)
        text = _DATE_IN_WORDS.sub(lambda match: _mask_date(match, match[1], "** de *** de "), text)
        text = (
            _NAME.sub(lambda match: match[1] + mask_name(match[2]) + " ", text).rstrip() if _NAME.search(text) else text
        )
        text = _NAME_AFTER_SOY.sub(lambda match: match[1] + mask_name(match[2]), text)
        text = _DIGIT_WORDS.sub("[NÚMERO] ", text)
    # Runs first, so that «00058500018 12» is an NSS beside a day and not a longer number in groups.
    return _GROUPS.sub(number, _RUN.sub(number, text))


def mask_answer(text: str) -> str:
    """The answer to a question for a datum: what the usual forms do not mask loses its digits and number words."""
    masked = mask(text)
    if masked != text:
        return masked
    return re.sub(r"[0-9]", "*", _NUMBER_WORD.sub("***", text))


def _mask_date(match: re.Match[str], year: str, masked: str) -> str:
    """Of a birth date only the year is shown; a date of this year or later is an appointment's and stays."""
    return match.group() if len(year) == 4 and int(year) >= date.today().year else masked + year


def _mask_number(written: str, own_words: bool) -> str:
    digits = re.sub(r"[^0-9]", "", written)
    if own_words and _PREFIXED_TELEPHONE.fullmatch(digits):
        return mask_nss(digits)
    if 13 <= len(digits) <= 19 and luhn(digits):
        return "[TARJETA]"
    if own_words and len(digits) in _SHORT_IDENTIFIERS:
        return mask_nss(digits)
    if len(digits) == NSS_LENGTH and luhn(digits):
        return mask_nss(digits)
    return written
