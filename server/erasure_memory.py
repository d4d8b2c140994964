"""What was erased, by folio, in a file beside the database: whoever restores an older database erases it again.

A folio identifies an interaction and no person. The file is only appended to.
"""

import logging
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ledger.erasure import ErasureOrder

logger = logging.getLogger(__name__)
_FILE = "erased.jsonl"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    folio: str
    order: ErasureOrder


def remember(folder: Path, folio: str, order: ErasureOrder) -> None:
    """Add one line. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / _FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, _Line(folio=folio, order=order).model_dump_json().encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remembered(folder: Path) -> dict[str, ErasureOrder]:
    """Every folio that was erased, with its order; none before the first. Raises OSError."""
    path = folder / _FILE
    if not path.exists():
        return {}
    found = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = _Line.model_validate_json(text)
        except ValidationError:  # a full disk cut it short; the ledger that was written before it says the same
            logger.error("%s, line %d cannot be read: look for that erasure in the audit log", path, number)
            continue
        found[line.folio] = line.order
    return found
