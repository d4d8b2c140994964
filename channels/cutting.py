"""Cutting texts to what a channel can carry, where a reader would pause."""

import re

_PAUSES = (r"\n\s*\n", r"\n", r"(?<=[.?!…])\s", r"(?<=[,;:])\s", r"\s")
"""Where a text may be parted, the best first: paragraph, line, sentence, clause, word."""
_MIN_FILLED = 0.4
"""A better pause is taken only when it fills this much of the piece; else a message of one word would go alone."""
_MIN_TITLE = 0.6
"""A title is rather cut inside a word than left with less than this: «Registro de beneficia…», not «Registro…»."""
ELLIPSIS = "…"
_LOOSE = " ,;:(-"
_NOT_LAST = r"(?:\s+(?:de|del|la|el|los|las|y|e|o|u|a|al|en|con|por|para|un|una|mi|su|que))+$"


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters; nothing but white space at the cuts is dropped."""
    rest, found = text.strip(), []
    while len(rest) > limit:
        end = _pause(rest, limit)
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*found, rest] if rest else found


def _pause(text: str, limit: int) -> int:
    """Where the next piece ends, at most at `limit`."""
    for pause in _PAUSES:
        # One character more is looked at: a pause right after the limit is a fitting one.
        ends = [match.start() for match in re.finditer(pause, text[: limit + 1])]
        if ends and ends[-1] >= limit * _MIN_FILLED:
            return ends[-1]
    return limit


def shortened(title: str, limit: int) -> str:
    """A title of at most `limit` characters; a longer one ends with «…», after a whole word where enough is left."""
    if len(title) <= limit:
        return title
    room = limit - len(ELLIPSIS)
    kept = title[: room + 1]
    kept = kept.rsplit(None, 1)[0] if re.search(r"\s", kept) else ""
    kept = re.sub(_NOT_LAST, "", kept, flags=re.IGNORECASE)
    if len(kept) < limit * _MIN_TITLE:
        kept = title[:room]
    return f"{kept.rstrip(_LOOSE)}{ELLIPSIS}"
