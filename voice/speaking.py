"""What is written for reading, as it is said on the telephone: `spoken`; and a menu said aloud: `menu_prompt`.

Figures become words here (`voice.figures`), not in the engine: folios, telephones and dates then sound right whatever
engine speaks, and the cache has one key for one sound.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from conversation.folding import folded
from conversation.message import Choice
from voice import figures

MOST_OPTIONS = 9
"""Of one menu, the key 0 apart (campaigns.md §2.3)."""

# Pattern over the text as written -> what is said instead. The first letter keeps its case. Whole phrases come first.
_REWORDED = (
    (r"elija una opción o escríbalo", "elija una opción o dígala"),
    (r"elija aceptar o escriba (\d)", r"diga: aceptar, o marque \1"),
    (r"elija sí o escriba (\d)", r"diga: sí, o marque \1"),
    (r"escriba (?=«)", "diga "),
    (r"escriba (?=(?:los|las|la|su|el|sus) (?:\d+ )?(?:dígitos|fecha|número|teléfono|nss))", "diga o marque "),
    (r"(número de seguridad social.{0,40}?|dígitos.{0,40}?)escríbalo", r"\1dígalo o márquelo"),
    (r"escríbala (?=con día)", "dígala o márquela "),
    (r"escríbalo", "dígalo"), (r"escríbala", "dígala"), (r"escríbanos", "díganos"),
    (r"escriba", "diga"), (r"escribirlo", "decirlo"), (r"escribir", "decir"), (r"escribió", "dijo"),
    (r"verá todo lo que", "sabrá todo lo que"), (r"no pude leer", "no entendí"),
    (r"los 18 caracteres", "dieciocho letras y números"), (r"caracteres", "letras y números"),
    (r"haga clic|pulse|oprima|teclee", "marque"), (r"lea (?=el aviso)", "escuche "),
)  # fmt: skip
_ABBREVIATIONS = {
    r"NSS": "Número de Seguridad Social", r"UMF": "Unidad de Medicina Familiar", r"p\. ?ej\.": "por ejemplo",
    r"núm\.|no\.(?= ?\d)|n\.?[º°]|#(?=\d)": "número", r"dr\.": "doctor", r"dra\.": "doctora", r"av\.": "avenida",
    r"lic\.": "licenciado", r"ing\.": "ingeniero", r"sr\.": "señor", r"sra\.": "señora", r"srta\.": "señorita",
    r"tels?\.": "teléfono", r"ext\.": "extensión", r"etc\.": "etcétera", r"arts?\.": "artículo", r"col\.": "colonia",
    r"c\. ?p\.": "código postal", r"págs?\.": "página", r"blvd\.": "bulevar", r"y/o": "o", r"esq\.": "esquina",
    r"depto\.": "departamento", r"aprox\.": "aproximadamente", r"máx\.": "máximo", r"mín\.": "mínimo",
}  # fmt: skip
_SPELT = ("DIR", "OMT", "OIC", "PDF", "SMS", "RFC", "CMT", "EUA")
"""Abbreviations with vowels that nobody reads as a word; those without vowels are spelt anyway."""
# Names that the rules of Spanish misread: their x sounds as in the place.
_SOUNDS = {
    "oaxaca": "oajaca", "oaxaqueñ": "oajaqueñ", "texcoco": "tescoco", "tlaxcala": "tlascala", "xalapa": "jalapa",
    "ximena": "jimena", "xavier": "javier", "texas": "tejas",
}  # fmt: skip
# Abbreviations that only repeat the words before them.
_EXPLAINED = r" ?\((?:NSS|UMF|CMT|OMT|DIR|IMSS)\)"
# Instructions that the options themselves give when they are read out.
_GIVEN_BY_OPTIONS = (
    r" ?(?:Para aceptarla elija Aceptar o escriba \d|Elija Sí o escriba \d|Elija una opción(?: o escríbalo)?)[.:]"
)
# What a button says for the citizen, as it is said to the citizen: how it starts, and its words.
_OPTION_STARTS = (
    (r"soy ", "si es "), (r"no tengo ", "si no tiene "), (r"tengo ", "si tiene "), (r"me ", "si le "),
    (r"no la acepto", "si no la acepta"), (r"no,? es todo", "si es todo"),
    (r"(qué|cómo|dónde|cuándo) ", r"para saber \1 "), (r"para ", "para "), (r"", "para "),
)  # fmt: skip
_OPTION_WORDS = (("mi", "su"), ("mis", "sus"), ("tengo", "tiene"), ("quiero", "quiere"), ("soy", "es"))


def spoken(text: str) -> str:
    """The text as it is said: words only, no figures, symbols, brackets or instructions to write.

    What is masked stays masked («terminación cero cero uno ocho»). Spoken text stays as it is; nothing to say is "".
    """
    for pattern, said in _REWORDED:
        text = re.sub(rf"\b(?:{pattern})", _with_case(said), text, flags=re.IGNORECASE | re.DOTALL)
    text = _sentences(re.sub(_EXPLAINED, "", text))
    for reading, said_as in _READINGS:
        text = reading.sub(said_as, text)
    return _tidy(text)


def menu_prompt(text: str, choices: Sequence[Choice]) -> str:
    """A question and its options, said aloud; the first option shows that it may be said as well as keyed.

    Raises:
        ValueError: more options than anybody keeps in mind; the menu needs a submenu.
    """
    keyed = [(choice.key or str(place), choice.title) for place, choice in enumerate(choices, start=1)]
    if sum(key != "0" for key, _ in keyed) > MOST_OPTIONS:
        raise ValueError(f"{len(keyed)} options; at most {MOST_OPTIONS} and the key 0 can be said in one menu")
    if keyed:
        text = re.sub(_GIVEN_BY_OPTIONS, "", text)
    if len(keyed) > 1 and all(key == title for key, title in keyed):  # a rating
        return spoken(f"{text}\nMarque un número del {keyed[0][0]} al {keyed[-1][0]}.")
    options = [_option(key, title, is_first=not place) for place, (key, title) in enumerate(keyed)]
    return spoken("\n".join([text, *options]))


def _option(key: str, title: str, *, is_first: bool) -> str:
    if folded(title) in ("si", "no"):
        return f"Diga: {title.lower()}, o marque {key}."
    start, said = next(one for one in _OPTION_STARTS if re.match(one[0], title, re.IGNORECASE))
    wish = re.sub(rf"^{start}", said, title[0].lower() + title[1:] if title[:2].istitle() else title, flags=re.I)
    for word, told in _OPTION_WORDS:
        wish = re.sub(rf"\b{word}\b", told, wish)
    return f"{wish}, marque {key}{f' o diga: {title}' if is_first else ''}."


def _with_case(said: str) -> Callable[[re.Match[str]], str]:
    """Replacement that begins as the words it replaces."""

    def replaced(match: re.Match[str]) -> str:
        new = match.expand(said)
        return new[0].upper() + new[1:] if match.group()[0].isupper() else new

    return replaced


def _sentences(text: str) -> str:
    """Lines of a list become sentences, one after the other."""
    lines = (re.sub(r"^\s*(?:[-•*–]|\d{1,2}[.)])\s+", "", line).strip() for line in text.splitlines())
    return " ".join(line if line[-1] in ".,:;?!…" else f"{line}." for line in lines if line)


def _address(match: re.Match[str]) -> str:
    """A page or an e-mail address: its host as it is dictated; nobody types a path from hearing it."""
    host = re.sub(r"^www\.", "", match[2].lower())
    labels = " punto ".join(
        {"imss": "ims"}.get(label, figures.spelt(label) if len(label) == 2 else label) for label in host.split(".")
    )
    if match[1]:
        return f"{re.sub('[._-]', ' punto ', match[1].rstrip('@'))} arroba {labels}"
    return f"la página del Instituto, {labels}" if host == "imss.gob.mx" else f"la página {labels}"


def _capitals(match: re.Match[str]) -> str:
    """An abbreviation is read as a word where it has vowels to be one, else spelt."""
    word = match.group()
    if word == "IMSS":
        return "Ims"
    return word.lower() if re.search("[AEIOUÁÉÍÓÚ]", word) and word not in _SPELT else figures.spelt(word)


def _tidy(text: str) -> str:
    """Only letters and the marks that make a pause or a tone are left, each once; sentences begin and end as such."""
    text = re.sub(r"[^\w\s.,;:?!¿¡]|_", " ", unicodedata.normalize("NFC", text))  # emoji, quotes, brackets, dashes
    text = re.sub(r"\s+(?=[.,;:?!])", "", re.sub(r"\s+", " ", text))
    text = re.sub(r"[,;:]+(?=[.?!])|(?<=[.?!¿¡,;:])[,;:]+|(?<=[.?!])\.+", "", text).strip(" ,;:")
    if not re.search(r"\w", text):
        return ""
    text = re.sub(r"(?:^|(?<=[.?!] ))[^\W\d_]", lambda first: first.group().upper(), text)
    return text if text[-1] in ".?!" else f"{text}."


_AS_SAID: tuple[tuple[str, Callable[[re.Match[str]], str] | str], ...] = (
    # What is masked, before a star or a digit of it is taken for anything else.
    (r"\S\*+@\S+\*\.\w+", "su correo electrónico"),
    (r"\*+/\*+/(\d{4})", r"año \1"),
    (r"[*0-9A-ZÑ]*\*{3,}([0-9A-ZÑ]*)", figures.masked),
    # Addresses and codes, before their parts are taken for abbreviations and numbers.
    (
        r"(?i)(?:https?://)?\b([\w.+-]+@)?((?:[a-z0-9-]+\.)+(?:mx|com|org|net|gob|edu))\b(?:/[\w./?=&%#-]*[\w/])?",
        _address,
    ),
    (r"\b(?=(?:[A-ZÑ\d-]*?\d){3})(?=[\d-]*[A-ZÑ])[A-ZÑ\d]+(?:-[A-ZÑ\d]+)*\b", figures.code),
    (r"\$\s?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?(?!\d)(?:\s?(?:MXN|M\.N\.|pesos))?", figures.money),
    # Times.
    (r"(\d/\d{2}(?:\d{2})?) (?=\d{1,2}:\d{2})", r"\1 a las "),
    (r"(?<![\d/.-])(\d{4})-(\d{2})-(\d{2})(?![\d-])", r"\3/\2/\1"),
    (r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?![\d/-])", figures.date),
    (r"(?<![\d/.-])(\d{2})/(\d{2})()(?![\d/-])", figures.date),
    (rf"\b1(?= de (?:{'|'.join(figures.MONTHS)}))", "primero"),
    # «8 p. m.» as 8:00; its full stop stays where it ends the sentence, too.
    (r"(?i)(?<![\d:.,])(\d{1,2}) ?([ap])\.? ?m\b(?:\.(?!$| (?-i:[A-ZÁÉÍÓÚÑ¿¡])))?", r"\1:00 \2m"),
    (
        r"(?i)(\blas )?(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?(?![\d:])"
        r"(?: ?(horas?\b|hrs?\b\.?|h\b|[ap]\. ?m\.|[ap]m\b))?",
        figures.hour,
    ),
    (r"(?<=\d) ?(?:[Hh]rs?|h)\b(?:\.(?= [a-záéíóúñ]))?", " horas"),
    (r"(?<![\d.,/-])(\d{1,3})-(\d{1,3})(?= [a-záéíóúñ])", r"\1 a \2"),
    # Numbers that are no quantities.
    (r"\((\d{2,3})\)", r"\1"),
    (r"\+52 ?", ""),
    (r"(?:(?<![\d.,])\d{1,4}(?:[ -]\d{1,4}){1,6}(?!\d)|(?<!\d)\d{10}(?!\d)),?", figures.telephone),
    (r"(?<!\d)\d{11}(?!\d)", lambda nss: figures.in_groups(nss.group(), figures.NSS_GROUPS)),
    (r"\d{7,}", lambda long: figures.in_groups(long.group(), (3,) * (len(long.group()) // 3 + 1))),
    (r"\b911\b", "nueve uno uno"),
    (r" ?°C\b", " grados"),
    *((rf"(?i)(?<!\w)(?:{short})(?![^\W\d])", _with_case(long)) for short, long in _ABBREVIATIONS.items()),
    (r"(?i)(?<=número)(?=\d)", " "),
    (r"(\d{1,2})\.?(er\b|[ºª°]|[rdtmvn]?[oa]\b)", figures.ordinal),
    # Quantities.
    (r"(?<=\d),(?=\d{3}\b)", ""),
    (r"(\d+)\.(\d+)", lambda one: f"{figures.number(one[1])} punto {figures.number(one[2])}"),
    (r"\d+(?=( [a-záéíóúñ]+)?)", lambda count: figures.number(count.group(), count[1] or "")),
    (r" ?%", " por ciento"),
    # Words and marks.
    (r"\b(?=[IVX]{2,}\b)X{0,3}(?:IX|IV|V?I{0,3})(?!\w)", figures.roman),
    (r"\b[A-ZÁÉÍÓÚÑ]{2,}\b", _capitals),
    *((rf"(?i)\b{name}", _with_case(sound)) for name, sound in _SOUNDS.items()),
    (r"(?<=\w)/(?=\w)", " o "),
    (r" ?& ?", " y "),
    (r" ?[(\[]([^()\[\]]*)[)\]]", r", \1,"),
    (r" [–—-] ", ", "),
    (r"…|\.{2,}", "."),
)
"""Pattern -> what is said, in this order."""
_READINGS = tuple((re.compile(pattern), said) for pattern, said in _AS_SAID)
