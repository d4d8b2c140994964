"""Read data out of what citizens write: digits with spaces, number words, dates in any common form. Pure functions."""

import re
from datetime import date, datetime

import dateparser
from rapidfuzz import fuzz, process
from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.mx import curp as curp_number
from text_to_num.transforms import alpha2digit

from conversation.folding import folded

NSS_LENGTH = 11
OLDEST_YEARS = 120
_DIGIT_RUN = re.compile(r"\d(?:[\s\-.]*\d)*")
_CURP = re.compile(r"\b[A-Za-z]{4}[\s-]?\d{6}[\s-]?[A-Za-z]{6}[\s-]?[A-Za-z0-9]\d\b")
_AGREGADO = re.compile(r"\b(\d)\s*([MFmf])\s*(\d{4})\s*([A-Za-z]{2})\b")
_MONTH_NAMES = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_MONTHS = "ene|feb|mar|abr|may|jun|jul|ago|sep|set|oct|nov|dic"
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}\s*[/-]?\s*(?:de\s+|d\s+|del\s+mes\s+de\s+)?(?:{_MONTHS})[a-z]*\.?\s*"
    r"[/-]?\s*(?:de\s+|d\s+|del\s+|,\s*)?(?:ano\s+)?\d{2,4}"
    rf"|(?:{_MONTHS})[a-z]*\s+\d{{1,2}}\s*(?:de\s+|del\s+|,\s*)?\d{{2,4}}"
    r"|\d{1,2}\s*[/\-. ]\s*\d{1,2}\s*[/\-. ]\s*\d{2,4}|\d{4}-\d{2}-\d{2})\b"
)
_NAME = re.compile(r"\b(?:(?i:me llamo|mi nombre es)\s+([^\d;:!?]{2,60})|[Ss]oy\s+((?:[A-ZÁÉÍÓÚÑ][^\W\d_]+\s?){2,4}))")
_NAME_ENDS = frozenset({"y", "mi", "con", "nss", "quiero", "necesito", "para", "naci", "tengo", "soy", "me", "numero"})
_ABOUT_DATUM = re.compile(
    r"\b(donde|no (me )?(lo |la )?(se|tengo|recuerdo|acuerdo|encuentro|quiero)|para que|por que|"
    r"como (lo |la )?(encuentro|consigo)|"
    r"que es|cual es|perdi)\b"
)
_PREFERENCE = re.compile(
    r"\b(lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|pasado manana|hoy|proxima semana|"
    r"en la tarde|por la tarde|en la manana|por la manana|temprano|mas tarde|otro dia|otro horario|otra hora)\b"
)
_YES = re.compile(
    r"^(si+|sip|simon|claro|ok|okey|okay|va|sale|vale|acepto|aceptar|adelante|de acuerdo|esta bien|correcto|asi es|"
    r"confirmo|confirmar|por supuesto|perfecto|me parece|me queda|aja|exacto|andale|afirmativo|1$)\b"
)
_NO = re.compile(
    r"^(no+(?! (hay problema|importa|se preocupe|pasa nada))|nop|nel|negativo|para nada|tampoco|mejor no|"
    r"rechazo|ninguna|ninguno|nunca|otro horario|otra hora|otro dia|"
    r"2$)(\b|$)|\b(que|mejor|pues|creo que) no\b"
)
_RESERVE = re.compile(r"\b(no|pero|mal|tampoco|otr[oa]|momento|espere|todavia|depende|ni|nunca)\b")
"""A word that takes a «yes» back: then it is neither, and the question is asked again or a person goes on."""
_RUDE = frozenset(
    # fmt: off
    {
        "pendejo",
        "pendeja",
        "pendejos",
        "pendejas",
        "idiota",
        "idiotas",
        "estupido",
        "estupida",
        "estupidos",
        "imbecil",
        "imbeciles",
        "inutil",
        "inutiles",
        "chingar",
        "chingada",
        "chingados",
        "chinga",
        "chingas",
        "pinche",
        "pinches",
        "mierda",
        "puto",
        "puta",
        "putos",
        "cabron",
        "cabrones",
        "culero",
        "culeros",
        "verga",
        "mames",
        "mamada",
        "mamadas",
        "pendejada",
        "pendejadas",
        "porqueria",
        "ineptos",
        "inepto",
        "ratas",
        "rateros",
    }
    # fmt: on
)
_ANGRY = re.compile(
    r"\b(estoy hart[oa]|ya me canse|pesimo servicio|que mal servicio|no sirven? para nada|es una burla|"
    r"me tienen hart[oa]|muy molest[oa]|estoy molest[oa]|enojad[oa]|que coraje|no ayudan? en nada|puras vueltas)\b"
)


def in_digits(text: str) -> str:
    """Number words turned to digits: «cero cero, cinco» -> «0 0, 5». Text without number words is unchanged."""
    plain = folded(text) if not re.search(r"\d", text) else text
    return str(alpha2digit(plain, "es", relaxed=True))


def digit_runs(text: str) -> list[str]:
    """Runs of digits, spaces and hyphens inside them dropped."""
    return [re.sub(r"\D", "", run) for run in _DIGIT_RUN.findall(text)]


def looks_like_nss(text: str) -> str | None:
    """The run of digits that can only be meant as an NSS (10 to 12 digits), right or wrong."""
    numeric = in_digits(text)
    whole = re.search(r"\b\d{11}\b", numeric)
    if whole:
        return whole.group()
    valid = next((run for run in digit_runs(numeric) if _is_nss(run)), None)
    if valid:  # before dates are looked for: dictated in groups, «0005 8 5 0001 8» holds what looks like one
        return valid
    without_dates = _DATE.sub(" , ", folded_keeping_separators(numeric))
    candidates = [run for run in digit_runs(without_dates) if 10 <= len(run) <= 12]
    return candidates[0] if candidates else None


def read_nss(text: str) -> str | None:
    """An NSS of 11 digits whose check digit is right (services.md §8), or None."""
    candidate = looks_like_nss(text)
    if candidate is None:  # dates glued to the number, number words in groups
        digits = "".join(digit_runs(in_digits(text)))
        candidate = digits if len(digits) == NSS_LENGTH else None
    return candidate if candidate is not None and _is_nss(candidate) else None


def _is_nss(digits: str) -> bool:
    return len(digits) == NSS_LENGTH and luhn.is_valid(digits)


def _without_nss(numeric: str) -> str:
    """The text without its NSS, whose groups of digits may look like a date."""
    left = re.sub(r"\b\d{11}\b", " , ", numeric)
    return _DIGIT_RUN.sub(lambda run: " , " if _is_nss(re.sub(r"\D", "", run.group())) else run.group(), left)


def read_birth_date(text: str, today: date) -> date | None:
    """A date in the past, given as DDMMAAAA, 12/03/1985, «12 de marzo del 85» or in number words."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
        return _plausible(_iso(text.strip()), today)
    numeric = _without_nss(in_digits(text))
    in_a_row = re.search(r"(?<![\d/.-])\d{8}(?![\d/.-])", numeric)
    if not in_a_row and not re.search(r"[/.\-]", numeric):
        runs = [run for run in digit_runs(numeric) if len(run) == 8]
        in_a_row = re.match(r"\d{8}", runs[0]) if runs else None
    if in_a_row:
        run = in_a_row.group()
        return _plausible(_from_parts(int(run[:2]), int(run[2:4]), int(run[4:])), today)
    plain = folded_keeping_separators(numeric)
    found = _DATE.search(plain)
    if not found:
        return None
    words = re.sub(r"\b(de|d|del|mes|ano)\b|[,.]", " ", found.group())
    if re.search(r"[a-z]", words):
        words = re.sub(r"[/-]", " ", words)
    parsed = dateparser.parse(
        re.sub(r"\s+", " ", words).strip(), languages=["es"],
        settings={
            "DATE_ORDER": "DMY", "REQUIRE_PARTS": ["day", "month", "year"], "PREFER_DATES_FROM": "past",
            "RELATIVE_BASE": datetime.combine(today, datetime.min.time()),
        },
    )  # fmt: skip
    return _plausible(parsed.date() if parsed else None, today)


def folded_keeping_separators(text: str) -> str:
    """Lower case without accents, with the separators that dates need; «primero» becomes 1."""
    accents = str.maketrans("áéíóúüñ", "aeiouun")
    plain = re.sub(r"[^a-z0-9/.,\- ]+", " ", text.lower().translate(accents))
    plain = re.sub(r"\b(primero|1ro|1ero|1o|uno(?= de))\b", "1", plain)
    plain = re.sub(r"\bdos mil\b", "2000", plain)
    return re.sub(r"\b[a-z]{4,}\b", lambda word: _month_meant(word.group()), plain)


def _month_meant(word: str) -> str:
    """The month that a misspelled word is meant for («marso»); the word itself when it is near none."""
    near = process.extractOne(word, _MONTH_NAMES, scorer=fuzz.ratio, score_cutoff=80)
    return str(near[0]) if near else word


def last_meant(text: str) -> str:
    """The part of a sentence that counts when somebody corrects himself («12/04/1985, no perdón, 12/03/1985»)."""
    parts = re.split(
        r"\b(?:no,?\s+perd[oó]n|perd[oó]n|digo|me equivoqu[eé]|m[aá]s bien|corrijo)\b", text, flags=re.IGNORECASE
    )
    return parts[-1] if re.search(r"\d", parts[-1]) else text


def speaks_of_birth(text: str) -> bool:
    """Whether a date in the text is meant as a birth date: it says so, or the NSS stands beside it."""
    return bool(re.search(r"\bna[cs]i", folded(text))) or read_nss(text) is not None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _from_parts(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _plausible(found: date | None, today: date) -> date | None:
    if found is None or found > today or found.year < today.year - OLDEST_YEARS:
        return None
    return found


def read_curp(text: str) -> str | None:
    """A CURP of 18 characters with a right check digit, or None."""
    found = _CURP.search(text)
    if not found:
        return None
    candidate = re.sub(r"[\s-]", "", found.group()).upper()
    try:
        return str(curp_number.validate(candidate, validate_check_digits=True))
    except ValidationError:
        return None


def read_name(text: str) -> str | None:
    """The name after «me llamo» or «mi nombre es», at most four words; None when none is given."""
    found = _NAME.search(text)
    if not found:
        return None
    words: list[str] = []
    for word in (found.group(1) or found.group(2)).split()[:4]:
        if folded(word) in _NAME_ENDS:
            break
        words.append(word.strip(",.").capitalize())
        if word[-1] in ",.":
            break
    return " ".join(words) or None


def read_agregado(text: str) -> str | None:
    """An agregado médico such as `1F1985OR`, or None."""
    found = _AGREGADO.search(text)
    return "".join(found.groups()).upper() if found else None


def says_no(plain: str) -> bool:
    """Whether folded words say no."""
    return bool(_NO.search(plain))


def read_yes_no(text: str) -> bool | None:
    """Yes or no, where the words leave no doubt; None otherwise. A booking rests on this: in doubt it is no «yes»."""
    plain = folded(text)
    if says_no(plain):
        return False
    if _YES.match(plain) and not _RESERVE.search(plain):
        return True
    return None


def read_service(text: str) -> str | None:
    """The medical service that the words mean, or the option by its number; None when they mean none."""
    plain = folded(text)
    if re.search(r"\b(dent\w+|muela\w*|diente\w*|estomat\w+|odont\w+|2|segunda)\b", plain):
        return "ESTOMATOLOGIA"
    return "MEDICINA_FAMILIAR" if re.search(r"\b(famil\w+|medic\w+|doctor\w*|general|1|primera)\b", plain) else None


def asks_about_datum(text: str) -> bool:
    """Whether the citizen asks where a datum is found or what it is for, or does not have it."""
    return not re.search(r"\d", text) and bool(_ABOUT_DATUM.search(folded(text)))


def read_preference(text: str) -> str | None:
    """A wish of day or hour («el jueves en la tarde»), in the citizen's words; None when there is none."""
    wishes = _PREFERENCE.findall(folded(text))
    return " ".join(dict.fromkeys(wishes)) or None


def read_other_time(text: str) -> str | None:
    """The day or hour that is wanted instead («no, mejor el viernes»); None when nothing is taken back."""
    taken_back = re.match(r"^(no |ay |pero |oiga |disculpe )*(mejor|prefiero|preferiria)\b", folded(text))
    return read_preference(text) if taken_back else None


def asks_for_another(text: str) -> bool:
    """«Otra cita», «una cita más»: whoever says so knows of the one there is."""
    return bool(re.search(r"\b(otra (cita|consulta)|(cita|consulta|una) mas|cita adicional|ademas)\b", folded(text)))


def is_rude(text: str) -> bool:
    """Whether the text insults."""
    return bool(_RUDE.intersection(folded(text).split()))


def is_angry(text: str) -> bool:
    """Whether the text shows anger without an insult."""
    return bool(_ANGRY.search(folded(text)))


def is_correction(text: str) -> bool:
    """Whether the text takes something back («no, perdón, es …»)."""
    plain = folded(text)
    return bool(
        re.match(r"^(no\b(?! se\b| tengo\b| recuerdo\b)|perdon|digo|disculpe?|mas bien|corrijo|correccion)", plain)
        or re.search(
            r"\b(me equivoque|equivocad[oa]|esta mal|estaba mal|le di mal|lo escribi mal|quise decir)\b", plain
        )
    )
