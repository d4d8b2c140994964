"""How large a request may be: as large as what its door takes, and not a byte more is read (ASVS 5.2.1)."""

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin.content_pages import MOST_TEXT
from channels import attachments, whatsapp_webhook
from desk import chatwoot_webhook
from ledger.attachments import MAX_BYTES

USUAL = 64 * 1024
"""Of JSON and of forms: a message has 2,000 characters, the largest form before a chat some 25 kB."""
LARGER = (
    # A little more than a file: one that is a little too large is refused by those who take files, in their words.
    (re.compile(r"/(api/v1|desk/api)/conversations/[^/]+/attachments"), MAX_BYTES + 2 * attachments.FORM_BYTES),
    (re.compile(re.escape(whatsapp_webhook.PATH)), whatsapp_webhook.MAX_BYTES + 1),
    (re.compile(re.escape(chatwoot_webhook.PATH)), chatwoot_webhook.MAX_BYTES + 1),
    (re.compile(r"/admin/content/.+"), 3 * MOST_TEXT + USUAL),
)
"""Doors that take more; an administrator's text has three letters for each byte outside ASCII."""
TOO_LARGE = "Lo que envió es demasiado grande. Acórtelo e inténtelo de nuevo."


def most_of(path: str) -> int:
    """Bytes that a path takes."""
    return next((most for doors, most in LARGER if doors.fullmatch(path)), USUAL)


class BodyLimits:
    """Refuses what is larger: at once where the length is announced, else as soon as it is exceeded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, read = most_of(scope["path"]), 0
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > most:
            await JSONResponse({"error": "body_too_large", "detail": TOO_LARGE}, 413)(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413, TOO_LARGE)
            return message

        await self._app(scope, counted, send)
