"""Part of a file, as players ask for it when somebody seeks (RFC 9110 §14)."""

import re
from collections.abc import Iterator

from fastapi import HTTPException
from fastapi.responses import StreamingResponse

_ONE_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")


def wanted_range(header: str | None, length: int) -> tuple[int, int] | None:
    """First and last+1 byte that a `Range` header asks for; None when the whole is to be sent.

    A header that is malformed or asks for several ranges is passed over, as a server may (RFC 9110 §14.2).

    Raises:
        HTTPException: 416, with the length, when nothing of the range exists.
    """
    found = _ONE_RANGE.fullmatch(header.replace(" ", "")) if header else None
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        start, end = max(0, length - int(suffix)), length
    else:
        start, end = int(first), min(int(last) + 1 if last else length, length)
        if last and int(last) < int(first):
            return None
    if start >= length or start == end:
        raise HTTPException(416, "Ese fragmento no existe.", headers={"Content-Range": f"bytes */{length}"})
    return start, end


def ranged(pieces: Iterator[bytes], length: int, part: tuple[int, int] | None, media_type: str) -> StreamingResponse:
    """The answer with the pieces of that part: 206, or 200 for the whole."""
    start, end = part or (0, length)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{length}"
    return StreamingResponse(pieces, 206 if part else 200, headers, media_type)
