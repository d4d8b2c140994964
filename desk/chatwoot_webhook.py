"""Where Chatwoot delivers: signature and age are checked, the event is written down, then it is acknowledged.

Chatwoot waits 5 seconds, does not repeat, and takes a conversation away from a bot that was not quicker; so nothing is
done about an event before it is acknowledged. Signature: `sha256=` and the HMAC-SHA-256 of `timestamp.body`.
"""

import hmac
import json
import logging
import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import PlainTextResponse
from pydantic import ValidationError

logger = logging.getLogger(__name__)
PATH = "/chatwoot/webhook"
MAX_BYTES = 2 * 1024 * 1024
TOLERANCE_SECONDS = 300
"""Between Chatwoot's clock and ours: an older delivery is a replay."""
Take = Callable[[dict[str, Any]], None]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Chatwoot writes into `X-Chatwoot-Signature`."""
    return "sha256=" + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def is_genuine(secret: str, timestamp: str, body: bytes, signed: str, now: float) -> bool:
    """Whether a delivery is Chatwoot's and of these minutes; `now` in seconds since 1970."""
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    return hmac.compare_digest(signature(secret, timestamp, body).encode(), signed.encode())


def routes(secret: str, take: Take) -> APIRouter:
    """The end point; `take` writes an event down, and raises `ValidationError` for what cannot be read."""
    router = APIRouter(include_in_schema=False)

    @router.post(PATH, response_class=PlainTextResponse)
    async def deliver(
        request: Request, x_chatwoot_signature: Annotated[str, Header()] = "",
        x_chatwoot_timestamp: Annotated[str, Header(max_length=20)] = "",
    ) -> str:  # fmt: skip
        body = await _body(request)
        if not is_genuine(secret, x_chatwoot_timestamp, body, x_chatwoot_signature, time.time()):
            raise HTTPException(401, "Falta la firma de Chatwoot, no es válida o es antigua.")
        try:
            content = json.loads(body)
            if not isinstance(content, dict):
                raise HTTPException(400, "El aviso no es del formato esperado.")
            take(content)
        except (ValueError, ValidationError, RecursionError) as error:
            logger.warning("a signed delivery of Chatwoot could not be read: %s", type(error).__name__)
            raise HTTPException(400, "El aviso no es del formato esperado.") from error
        return "ok"

    return router


async def _body(request: Request) -> bytes:
    """The raw body, which is what was signed.

    Raises:
        HTTPException: it is larger than any event.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BYTES:
            raise HTTPException(413, "El aviso es demasiado grande.")
    return bytes(body)
