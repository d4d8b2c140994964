"""Whether every recording that the evidence names is there as it was, or was erased on purpose; a lost one is found.

Compares the SHA-256 of the encrypted files with the chain, so that it needs no key and opens nothing. Files are where
`voice.recording_index` keeps them, below one folder.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import aliased

from conversation.events import EventKind
from ledger.database import as_of_now
from ledger.schema import EventRow
from ledger.verification import Finding


def recording_findings(engine: Engine, folder: Path, folio: str | None = None) -> Iterator[Finding]:
    """What is wrong with the recordings below a folder, of one folio or of all.

    Raises:
        OSError: a file cannot be read.
    """
    gone = aliased(EventRow)
    erased = exists().where(gone.conversation_id == EventRow.conversation_id, gone.kind == EventKind.ERASED)
    query = select(EventRow.folio, EventRow.position, EventRow.data, erased).where(EventRow.kind == EventKind.RECORDED)
    if folio:
        query = query.where(EventRow.folio == folio)
    with as_of_now(engine) as session:
        for name, position, data, is_erased in session.execute(query.order_by(EventRow.folio, EventRow.position)):
            problem = _problem(folder, data, is_erased) if data.get("file") else None
            if problem:
                yield Finding(name, problem, position)


def _problem(folder: Path, data: dict[str, str], is_erased: bool) -> str | None:
    path = folder / data["file"]
    if not path.resolve().is_relative_to(folder.resolve()):
        return "la grabación está fuera de su carpeta"
    if is_erased:
        return "la grabación debía estar borrada y sigue ahí" if path.exists() else None
    if not path.is_file():
        return "falta la grabación, y nadie ordenó borrarla"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return None if digest == data["sha256"] else "la grabación cambió: su SHA-256 no es el de la evidencia"
