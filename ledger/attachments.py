"""Files that citizens and people send each other: known by their content, encrypted at rest (channels.md §2.3)."""

import hashlib
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from ledger.file_kinds import EXCEL, POWERPOINT, WORD, kind_of
from ledger.schema import AttachmentRow
from ledger.vault import Vault

MAX_BYTES = 10 * 1024 * 1024
MAX_PER_CONVERSATION = 5
ALLOWED = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic",
    "application/pdf": "pdf", "application/msword": "doc", "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    WORD: "docx", EXCEL: "xlsx", POWERPOINT: "pptx",
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/aac": "aac", "audio/amr": "amr",
    "video/mp4": "mp4", "video/3gpp": "3gp",
}  # fmt: skip
"""Kinds that may be kept, by content (L6750: users never send executables), with the ending each is given."""
DOCUMENTS = frozenset(
    kind for kind, ending in ALLOWED.items()
    if ending in ("jpg", "png", "pdf", "doc", "xls", "ppt", "docx", "xlsx", "pptx")
)  # fmt: skip
"""What a chat or the desk takes (L6730, L6750)."""
_UNSAFE = re.compile(r"[^\w .()-]+")


@dataclass(frozen=True)
class Attachment:
    """A file that is kept."""

    id: str
    conversation_id: str
    name: str
    kind: str
    """MIME type, by content."""
    size: int
    sha256: str
    at: datetime


@dataclass(frozen=True)
class Refused:
    """A file that is not kept; the text says why, for the citizen."""

    reason: str


class AttachmentStore:
    """The files of all conversations: rows in the ledger's database, contents in a folder."""

    def __init__(self, engine: Engine, vault: Vault, folder: Path) -> None:
        self._engine, self._vault, self._folder = engine, vault, folder

    def keep(
        self, conversation_id: str, name: str, content: bytes, at: datetime, *,
        most: int = MAX_PER_CONVERSATION, kinds: Collection[str] = ALLOWED.keys(),
    ) -> Attachment | Refused:  # fmt: skip
        """Keep a file of one of these kinds in a conversation, which may have `most` of them, or say why not.

        Raises:
            OSError: it cannot be written.
        """
        guess, digest = kind_of(content), hashlib.sha256(content).hexdigest()
        if same := next((one for one in self.of_conversation(conversation_id) if one.sha256 == digest), None):
            return same  # sent twice, or repeated after a crash
        if guess not in kinds:
            guess = None
        if reason := self._reason_against(conversation_id, guess, len(content), most, kinds):
            return Refused(reason)
        kind = str(guess)
        kept = Attachment(
            str(uuid.uuid4()), conversation_id, _display_name(name, ALLOWED[kind]), kind, len(content),
            digest, at,
        )  # fmt: skip
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path(kept.id).write_bytes(self._vault.lock_bytes(content))
        with Session(self._engine) as session, session.begin():
            session.add(AttachmentRow(**kept.__dict__))
        return kept

    def of_conversation(self, conversation_id: str) -> list[Attachment]:
        """The files of a conversation, the oldest first."""
        query = select(AttachmentRow).where(AttachmentRow.conversation_id == conversation_id)
        with Session(self._engine) as session:
            return [_attachment(row) for row in session.scalars(query.order_by(AttachmentRow.at, AttachmentRow.id))]

    def find(self, attachment_id: str) -> Attachment | None:
        """One file by its id."""
        with Session(self._engine) as session:
            row = session.get(AttachmentRow, attachment_id)
            return _attachment(row) if row else None

    def content(self, attachment: Attachment) -> bytes:
        """What is in it.

        Raises:
            FileNotFoundError: its file is gone.
            VaultError: it was changed, or written with another key.
        """
        return self._vault.open_bytes(self._path(attachment.id).read_bytes())

    def _path(self, attachment_id: str) -> Path:
        return self._folder / f"{attachment_id}.bin"

    def _reason_against(
        self, conversation_id: str, kind: str | None, size: int, most: int, kinds: Collection[str]
    ) -> str:
        if size > MAX_BYTES:
            return f"El archivo pesa más de {MAX_BYTES // 1024 // 1024} MB."
        if kind not in ALLOWED:
            others = ", audio y video" if "audio/ogg" in kinds else ""
            return f"Solo puedo guardar fotos, PDF y documentos de Office sin macros{others}."
        count = select(func.count()).where(AttachmentRow.conversation_id == conversation_id)
        with Session(self._engine) as session:
            full = session.scalars(count).one() >= most
        return f"Esta conversación ya tiene {most} archivos, que es el máximo." if full else ""


def _attachment(row: AttachmentRow) -> Attachment:
    return Attachment(row.id, row.conversation_id, row.name, row.kind, row.size, row.sha256, row.at)


def _display_name(name: str, ending: str) -> str:
    """The sender's name without folders and odd characters, with the ending that its content has."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" ._")
    stem = plain[: -len(ending) - 1] if plain.lower().endswith(f".{ending}") else plain
    return f"{stem[:100].strip(' ._') or 'archivo'}.{ending}"
