"""A stand-in of Meta's Graph API for WhatsApp: checks what it is given as Meta does, and fails when told to.

It answers `POST /vNN/{phone id}/messages` with Meta's shapes and codes, keeps media, knows the 24-hour window, and
repeats nothing of what it is given. Nothing here is Meta's; see docs/whatsapp.md for what was read where.
"""

import asyncio
import hashlib
import itertools
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

WINDOW_SECONDS = 24 * 3600
HTTP_OF = {131000: 500, 131016: 500, 190: 401, 1: 500, 2: 500}
TITLES = {
    4: "Application request limit reached", 100: "Invalid parameter", 131000: "Something went wrong",
    131009: "Parameter value is not valid", 131026: "Message undeliverable", 131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit", 130429: "Rate limit hit",
    132001: "Template name does not exist in the translation", 190: "Invalid OAuth access token",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What happens to the next message: Meta's error, an answer of a gateway, or silence after it was taken."""

    code: int | None = None
    gateway: int | None = None
    silent_seconds: float = 0.0


@dataclass(frozen=True)
class SentMessage:
    """A message that was taken."""

    message_id: str
    to: str
    type: str
    content: dict[str, Any]
    tracker: str
    at: float

    @property
    def text(self) -> str:
        """What the reader sees of it."""
        if self.type == "text":
            return str(self.content["body"])
        if self.type == "interactive":
            return str(self.content["body"]["text"])
        return str(self.content.get("name", ""))

    @property
    def options(self) -> list[tuple[str, str]]:
        """Id and title of what can be tapped."""
        action = self.content.get("action", {}) if self.type == "interactive" else {}
        rows = [(row["id"], row["title"]) for part in action.get("sections", ()) for row in part["rows"]]
        return [(one["reply"]["id"], one["reply"]["title"]) for one in action.get("buttons", ())] or rows


@dataclass
class GraphStandIn:
    """One business number: what it took, and what it is told to do."""

    phone_id: str
    token: str
    templates: set[str] = field(default_factory=set)
    """Approved ones."""
    sent: list[SentMessage] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    media: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    heard: dict[str, float] = field(default_factory=dict)
    """Person -> when the last message came from them; a person who never wrote gets templates only."""
    attempts: int = 0
    on_sent: Callable[[SentMessage], None] | None = None
    """Told of each message that was taken."""
    url: str = ""
    """Where it is served."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def app(self) -> FastAPI:
        """The HTTP side."""
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

        @app.post("/{version}/{phone_id}/messages")
        async def messages(version: str, phone_id: str, request: Request) -> Response:
            self.attempts += 1
            if refusal := self._unauthorised(request) or self._unknown(phone_id):
                return refusal
            return await self._take(await request.json())

        @app.post("/{version}/{phone_id}/media")
        async def upload(version: str, phone_id: str, request: Request) -> Response:
            if refusal := self._unauthorised(request) or self._unknown(phone_id):
                return refusal
            form = await request.form()
            file = form.get("file")
            if file is None or isinstance(file, str):
                return error(100, "file is required")
            return JSONResponse({"id": self.keep_media(await file.read(), str(form.get("type", "")))})

        @app.get("/{version}/{media_id}")
        async def about(version: str, media_id: str, request: Request) -> Response:
            if refusal := self._unauthorised(request):
                return refusal
            if media_id not in self.media:
                return error(100, f"Object with ID '{media_id}' does not exist")
            content, kind = self.media[media_id]
            url = f"{request.base_url}download/file/{media_id}"
            about = {"url": url, "mime_type": kind, "sha256": hashlib.sha256(content).hexdigest()}
            return JSONResponse({**about, "file_size": len(content), "id": media_id, "messaging_product": "whatsapp"})

        @app.get("/download/file/{media_id}")
        async def download(media_id: str, request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {self.token}" or media_id not in self.media:
                return Response(status_code=404)
            content, kind = self.media[media_id]
            return Response(content, media_type=kind)

        return app

    def keep_media(self, content: bytes, kind: str) -> str:
        """A file that somebody sent; its id."""
        media_id = str(1_000_000 + next(self._numbers))
        self.media[media_id] = (content, kind)
        return media_id

    def _unauthorised(self, request: Request) -> Response | None:
        right = request.headers.get("authorization") == f"Bearer {self.token}"
        return None if right else error(190, "Error validating access token")

    def _unknown(self, phone_id: str) -> Response | None:
        return None if phone_id == self.phone_id else error(100, f"Object with ID '{phone_id}' does not exist")

    async def _take(self, body: dict[str, Any]) -> Response:
        fault = self.faults.popleft() if self.faults else Fault()
        if fault.gateway:
            return Response("<html>Bad gateway</html>", status_code=fault.gateway, media_type="text/html")
        if fault.code:
            return error(fault.code, TITLES.get(fault.code, ""))
        to = str(body.get("to") or body.get("recipient") or "")
        problem = problem_of(body, to, self.templates)
        if problem is None and body["type"] != "template" and not self._window_is_open(to):
            problem = (131047, "More than 24 hours have passed since the customer last replied to this number.")
        if problem is not None:
            return error(*problem)
        kind = body["type"]
        message = SentMessage(
            f"wamid.{secrets.token_urlsafe(24)}", to, kind, body[kind],
            str(body.get("biz_opaque_callback_data", "")), time.time(),
        )  # fmt: skip
        self.sent.append(message)
        if self.on_sent:
            self.on_sent(message)
        if fault.silent_seconds:
            await asyncio.sleep(fault.silent_seconds)
        contact = {"input": to, "wa_id": to} if "to" in body else {"input": to, "user_id": to}
        accepted = {"id": message.message_id}
        return JSONResponse({"messaging_product": "whatsapp", "contacts": [contact], "messages": [accepted]})

    def _window_is_open(self, to: str) -> bool:
        return time.time() - self.heard.get(to, 0.0) < WINDOW_SECONDS


def error(code: int, details: str) -> Response:
    """An error in Meta's form."""
    title = TITLES.get(code, "Error")
    content = {
        "message": f"(#{code}) {title}", "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details}, "fbtrace_id": secrets.token_hex(8),
    }  # fmt: skip
    return JSONResponse({"error": content}, status_code=HTTP_OF.get(code, 400))


def problem_of(body: dict[str, Any], to: str, templates: set[str]) -> tuple[int, str] | None:
    """What Meta would refuse a message for: code and details; None when it is in order."""
    kind = body.get("type")
    if body.get("messaging_product") != "whatsapp" or not to:
        return 100, "messaging_product and a recipient are required"
    if not isinstance(kind, str) or not isinstance(body.get(kind), dict):
        return 100, f"'{kind}' is required"
    content = body[kind]
    if kind == "text":
        return _length(content.get("body"), 4096, "text['body']")
    if kind == "interactive":
        return _interactive_problem(content)
    if kind == "template":
        return None if content.get("name") in templates else (132001, "template name does not exist in es_MX")
    return 100, f"unsupported type '{kind}'"


def _interactive_problem(content: dict[str, Any]) -> tuple[int, str] | None:
    kind, action = content.get("type"), content.get("action") or {}
    if problem := _length((content.get("body") or {}).get("text"), 4096 if kind == "list" else 1024, "body['text']"):
        return problem
    if kind == "button":
        return _buttons_problem([one.get("reply") or {} for one in action.get("buttons", ())])
    if kind == "list":
        return _length(action.get("button"), 20, "action['button']") or _rows_problem(action)
    if kind == "cta_url":
        given = action.get("parameters") or {}
        if not str(given.get("url", "")).startswith(("https://", "http://")):
            return 131009, "cta_url needs a url"
        return _length(given.get("display_text"), 20, "display_text")
    return 131009, f"interactive type '{kind}' is not valid"


def _buttons_problem(replies: list[dict[str, Any]]) -> tuple[int, str] | None:
    if not 1 <= len(replies) <= 3:
        return 131009, "buttons: 1 to 3 are allowed"
    if len({one.get("title") for one in replies}) < len(replies) or len({one.get("id") for one in replies}) < len(
        replies
    ):
        return 131009, "duplicated button titles or ids"
    problems = (_length(one.get("title"), 20, "title") or _length(one.get("id"), 256, "id") for one in replies)
    return next(filter(None, problems), None)


def _rows_problem(action: dict[str, Any]) -> tuple[int, str] | None:
    rows = [row for section in action.get("sections", ()) for row in section.get("rows", ())]
    if not 1 <= len(rows) <= 10:
        return 131009, "rows: 1 to 10 are allowed over all sections"
    if len({row.get("id") for row in rows}) < len(rows):
        return 131009, "duplicated row ids"
    problems = (
        _length(row.get("title"), 24, "title") or _length(row.get("id"), 200, "id")
        or (_length(row["description"], 72, "description") if "description" in row else None)
        for row in rows
    )  # fmt: skip
    return next(filter(None, problems), None)


def _length(value: object, most: int, name: str) -> tuple[int, str] | None:
    if not isinstance(value, str) or not value.strip():
        return 100, f"{name} is required"
    return (131009, f"{name} has {len(value)} characters, more than {most}") if len(value) > most else None
