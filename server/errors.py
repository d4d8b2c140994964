"""What is answered when something is refused or breaks: nothing of the inside, nothing that was sent, honest words."""

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse

from conversation.refusal import ConversationError
from server.entrance import refusals
from server.pages import security_headers
from server.settings import Settings

BROKEN = "Ocurrió un error de nuestra parte. Inténtelo de nuevo en unos minutos. En una emergencia, marque 911."
_STATUS = {
    "campaign_unknown": 404, "conversation_unknown": 404, "bad_topics": 422, "file_missing": 422,
    "slot_closed": 422, "survey_level": 422, "bad_topic": 422, "file_too_large": 413, "file_refused": 422,
}  # fmt: skip


def answer_errors(app: FastAPI, settings: Settings) -> None:
    """Answers of the whole application for refusals, bad requests and errors of ours."""
    refusals(app)

    @app.exception_handler(ConversationError)
    async def refused(request: Request, error: ConversationError) -> JSONResponse:
        return JSONResponse({"error": error.code, "detail": str(error)}, status_code=_STATUS.get(error.code, 409))

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        return Response(_what_to_mend(error), 422, media_type="application/json")

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        """Starlette sends this outside all middleware, so it carries the headers itself; then it logs the error."""
        is_page = "text/html" in request.headers.get("accept", "")
        answer = PlainTextResponse(BROKEN, 500) if is_page else JSONResponse({"detail": BROKEN}, 500)
        answer.headers.update(security_headers(request.url.path, settings))
        return answer


def _what_to_mend(error: RequestValidationError) -> str:
    """Where and what, without what was sent: it may be a datum, or a number or half a letter that JSON cannot carry."""
    found: list[dict[str, Any]] = [
        {"type": one["type"], "loc": list(one["loc"]), "msg": one["msg"]} for one in error.errors()
    ]
    return json.dumps({"detail": found})
