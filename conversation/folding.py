"""Compare words as people type them: without accents, capitals or punctuation."""

import re
import unicodedata


def folded(text: str) -> str:
    """Lower case, accents dropped, anything but letters and digits turned to single spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()
