"""Meta's webhook: proves that the address is ours, and takes deliveries that carry Meta's signature.

A delivery is written to the inbox and acknowledged; the work is done afterwards. Meta repeats what is not acknowledged
for up to seven days, so whatever cannot be written is answered with an error and comes again.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import ValidationError
from pywa.utils import webhook_updates_validator

from channels.whatsapp_payload import Delivery

logger = logging.getLogger(__name__)
PATH = "/whatsapp/webhook"
MAX_BYTES = 3 * 1024 * 1024
"""Meta's own limit of a delivery; media are not in it."""
OBJECT = "whatsapp_business_account"
Take = Callable[[Delivery], Awaitable[None]]


def routes(verify_token: str, app_secret: str, take: Take) -> APIRouter:
    """The two end points; `take` writes a delivery down and returns."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH, response_class=PlainTextResponse)
    async def prove(
        mode: Annotated[str, Query(alias="hub.mode")] = "",
        token: Annotated[str, Query(alias="hub.verify_token")] = "",
        challenge: Annotated[str, Query(alias="hub.challenge", max_length=200)] = "",
    ) -> str:
        if mode != "subscribe" or not hmac.compare_digest(token.encode(), verify_token.encode()):
            raise HTTPException(403, "El token de verificación no es el de VENTANILLA_WHATSAPP_VERIFY_TOKEN.")
        return challenge

    @router.post(PATH, response_class=PlainTextResponse)
    async def deliver(request: Request, x_hub_signature_256: Annotated[str, Header()] = "") -> str:
        body = await _body(request)
        if not x_hub_signature_256.isascii() or not webhook_updates_validator(app_secret, body, x_hub_signature_256):
            raise HTTPException(401, "Falta la firma de Meta o no es válida.")
        try:
            delivery = Delivery.model_validate_json(body)
            if delivery.object == OBJECT:
                await take(delivery)
        except ValidationError as error:
            logger.warning("a signed delivery of WhatsApp could not be read: %d problems", error.error_count())
            raise HTTPException(400, "El aviso no es del formato esperado.") from error
        return "ok"

    return router


async def _body(request: Request) -> bytes:
    """The raw body, which is what was signed.

    Raises:
        HTTPException: it is larger than any delivery of Meta.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BYTES:
            raise HTTPException(413, "El aviso es demasiado grande.")
    return bytes(body)
