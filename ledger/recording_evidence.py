"""Whether every recording that the evidence names is there as it was, or was erased on purpose; a lost one is found.

Compares the SHA-256 of the encrypted files with the chain, so that it needs no key and opens nothing. Files are where
`voice.recording_index` keeps them, below one folder.
"""

import hashlib
from collections.abc import Iterator
from errno import ENOTDIR
from os import strerror
from pathlib import Path

from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import aliased

from conversation.events import EventKind
from ledger.database import as_of_now
from ledger.periods import opened_in
from ledger.schema import EventRow, InteractionRow
from ledger.stored import as_stored, read
from ledger.verification import Finding


def recording_findings(
    engine: Engine, folder: Path, folio: str | None = None, month: str | None = None
) -> Iterator[Finding]:
    """What is wrong with the recordings below a folder, of one folio, of the interactions of a month, or of all.

    Raises:
        OSError: the folder is not there, or a file cannot be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError(ENOTDIR, strerror(ENOTDIR), str(folder))
    gone = aliased(EventRow)
    erased = exists().where(gone.conversation_id == EventRow.conversation_id, gone.kind == EventKind.ERASED)
    table = EventRow.metadata.tables["events"]
    query = as_stored(table).add_columns(erased.label("is_erased")).where(EventRow.kind == EventKind.RECORDED)
    if folio:
        query = query.where(EventRow.folio == folio)
    if month:
        query = query.where(EventRow.conversation_id.in_(select(InteractionRow.id).where(opened_in(month))))
    with as_of_now(engine) as session:
        for stored in session.execute(query.order_by(EventRow.folio, EventRow.position)).mappings():
            row = read(stored)
            named = isinstance(row["data"], dict) and row["data"].get("file")  # what is unreadable the chain tells
            problem = _problem(folder, row["data"], row["is_erased"]) if named else None
            if problem:
                yield Finding(row["folio"], problem, row["position"])


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
    return None if digest == data.get("sha256") else "la grabación cambió: su SHA-256 no es el de la evidencia"
