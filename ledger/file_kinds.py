"""What a file is by its content, and whether it carries a program: the sender's name and type prove nothing (L6750)."""

import io
import re
import zipfile

import filetype

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_MAIN_PARTS = {"word/document.xml": WORD, "xl/workbook.xml": EXCEL, "ppt/presentation.xml": POWERPOINT}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN_STREAMS = {
    "WordDocument": "application/msword", "Workbook": "application/vnd.ms-excel", "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}  # fmt: skip
"""Streams that make a compound file (MS-CFB) a document; an installer (.msi) is a compound file without them."""
_MACROS = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "VBA\0", "Macros\0"))
_PROGRAM = re.compile(r"(vbaproject.*\.bin|\.(exe|dll|com|bat|cmd|js|jse|vbs|vbe|ps1|scr|msi|jar|hta|lnk))$", re.I)
_MOST_PARTS = 10_000
_HEAD = 8192


def kind_of(content: bytes) -> str | None:
    """MIME type by content; None for what is unknown, is no sound document, or carries macros or programs."""
    if content.startswith(b"PK\x03\x04"):
        return _zipped_office(content)
    if content.startswith(_OLE):
        return _old_office(content)
    guess = filetype.guess_mime(content[:_HEAD])
    return str(guess) if guess else None


def _zipped_office(content: bytes) -> str | None:
    """An Office Open XML package (ISO 29500): its parts tell the application."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    if len(parts) > _MOST_PARTS or "[Content_Types].xml" not in parts or any(_PROGRAM.search(part) for part in parts):
        return None
    found = {kind for part, kind in _MAIN_PARTS.items() if part in parts}
    return found.pop() if len(found) == 1 else None


def _old_office(content: bytes) -> str | None:
    """A document of Office 97-2003, by the names in its directory, which are UTF-16."""
    if any(name in content for name in _MACROS):
        return None
    found = {kind for name, kind in _MAIN_STREAMS.items() if f"{name}\0".encode("utf-16-le") in content}
    return found.pop() if len(found) == 1 else None
