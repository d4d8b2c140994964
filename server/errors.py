"""What is answered when something is refused or breaks: nothing of the inside, nothing that was sent, honest words."""

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from conversation.refusal import ConversationError
from server.entrance import refusals
from server.pages import render, security_headers
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

    @app.exception_handler(HTTPException)
    async def refused_by_status(request: Request, error: HTTPException) -> Response:
        if not _is_for_a_reader(request):
            return await http_exception_handler(request, error)
        return _page(request, error)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        return Response(_what_to_mend(error), 422, media_type="application/json")

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        """Starlette sends this outside all middleware, so it carries the headers itself; then it logs the error."""
        is_page = _is_for_a_reader(request)
        answer = PlainTextResponse(BROKEN, 500) if is_page else JSONResponse({"detail": BROKEN}, 500)
        answer.headers.update(security_headers(request.url.path, settings))
        return answer


def _is_for_a_reader(request: Request) -> bool:
    """Whether a person looks at the answer, and not a page's script or a program."""
    return "text/html" in request.headers.get("accept", "")


def _page(request: Request, error: HTTPException) -> Response:
    """A refusal as a page: what is wrong, and a way on."""
    is_missing, told = error.status_code == HTTPStatus.NOT_FOUND, error.detail
    if told == HTTPStatus(error.status_code).phrase:  # Starlette's own word, in English
        told = "Revise la dirección, o elija el servicio que necesita."
    context = {"title": "No existe esta página" if is_missing else "No se puede abrir esta página", "detail": told}
    answer = render(request, "refused.html", context)
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    return answer


def _what_to_mend(error: RequestValidationError) -> str:
    """Where and what, without what was sent: it may be a datum, or a number or half a letter that JSON cannot carry."""
    found: list[dict[str, Any]] = [
        {"type": one["type"], "loc": list(one["loc"]), "msg": one["msg"]} for one in error.errors()
    ]
    return json.dumps({"detail": found})
