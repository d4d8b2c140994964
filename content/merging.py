"""Two changes of one text, made at once by two people: put together line by line, or found to touch the same lines."""

from collections.abc import Sequence
from difflib import SequenceMatcher

Edit = tuple[int, int, Sequence[str]]
"""Lines [start, end) of the base and what stands in their place."""


def merge(base: str, mine: str, theirs: str) -> str | None:
    """`mine` and `theirs`, both made from `base`, in one text; None when they change the same or neighbouring lines."""
    lines = base.splitlines(keepends=True)
    own, other = _edits(lines, mine), _edits(lines, theirs)
    edits = sorted([*own, *(edit for edit in other if edit not in own)], key=lambda edit: edit[:2])
    merged: list[str] = []
    at, last = 0, -1
    for start, end, replacement in edits:
        if start <= last:
            return None
        merged += [*lines[at:start], *replacement]
        at = last = end
    return "".join(merged + lines[at:])


def _edits(lines: list[str], text: str) -> list[Edit]:
    changed = text.splitlines(keepends=True)
    matcher = SequenceMatcher(None, lines, changed, autojunk=False)
    return [(i1, i2, changed[j1:j2]) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"]
