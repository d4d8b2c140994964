"""Take a citizen's data out of a sentence before it is classified.

An intent does not depend on the NSS that comes along; leaving data out makes the classification steadier and keeps
them out of the engine's text, slots and logs. The actions get the citizen's own words in the message's metadata, which
the engine holds in memory and never shows.
"""

import re

_LEAD = (
    r"(?:\b(?:y\s+)?(?:mi|el|su|con)?\s*(?:n[uú]mero|num|no\.?|nss|n\.s\.s\.|curp|fecha|clave|agregado)"
    r"(?:\s+(?:de\s+)?(?:seguro|seguridad|social|nacimiento|afiliaci[oó]n|m[eé]dico))*\s*(?:es|son|:|=)?\s*(?:el\s+)?)?"
)
_BORN = r"(?:\b(?:y\s+)?(?:nac[ií]\w*|nas[ií]\w*|naci[oó])\s+(?:el\s+)?(?:d[ií]a\s+)?)?"
_MONTH = r"(?:ene|feb|mar|abr|may|jun|jul|ago|sep|set|oct|nov|dic)[a-z]*"
_CURP = re.compile(_LEAD + r"\b[a-z]{4}\s?\d{6}\s?[a-z]{6}\s?[a-z\d]\d\b", re.IGNORECASE)
_DATE = re.compile(
    _BORN + rf"(?:\b\d{{1,2}}\s*(?:de\s+|d\s+)?{_MONTH}\.?\s*(?:de\s+|del\s+|d\s+)?\d{{2,4}}\b"
    r"|\b\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2,4}\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(_LEAD + r"\d(?:[\s-]?\d){5,18}\b", re.IGNORECASE)


def scrubbed(text: str) -> str:
    """The sentence without CURP, birth dates and numbers of six digits and more, nor the words that announce them."""
    for pattern in (_CURP, _DATE, _NUMBER):
        text = pattern.sub(" ", text)
    return re.sub(r"\s+([?,.!])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,.;:")
