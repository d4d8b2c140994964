"""Calls from the web page, in the voice process: each asked for by the web server, and admitted once by its token.

The page shows the token in its first message, so that it stands in no address and no log:
page -> {"type": "hello", "token"};  us -> {"type": "welcome"}, then the call (`voice/browser_call.py`), at the end
{"type": "ended", "next": "hangup" | "chat", "folio", "conversation_id", "token"}: with `chat` the conversation goes on
in writing under that token, because no exchange could pass the call to a person.
"""

import asyncio
import hmac
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from channels.access import new_token, token_hash
from channels.call_dialogue import NextStep
from voice.audiosocket import Limits, Serve
from voice.browser_call import BrowserCall
from voice.transport import CallInfo, CallTransport

STREAM = "/api/v1/calls/stream"
"""The same path as at the web server, which passes the socket on: a reverse proxy may send it here directly."""
REQUEST = "/voice/browser-calls"
UNKNOWN, BUSY = 4401, 4429
"""Close codes: no such token, or spent; all lines are taken."""


class TooManyCalls(Exception):
    """This address may not call now; the text is for the citizen."""


@dataclass(frozen=True)
class Allowance:
    """What one address may do."""

    open: int = 3
    """Calls at once, those counted that were asked for and have not begun."""
    per_hour: int = 30
    token_s: float = 60.0
    """Within which a call that was asked for begins."""


@dataclass(frozen=True)
class _Asked:
    campaign: str
    address: str
    until: float


class BrowserCalls:
    """Gives tokens and serves the calls that show them."""

    def __init__(
        self, serve: Serve, next_step: Callable[[str], NextStep | None], limits: Limits | None = None,
        allowance: Allowance | None = None,
    ) -> None:  # fmt: skip
        """`next_step` is asked once, after `serve`, what becomes of the call."""
        self._serve, self._next_step = serve, next_step
        self._limits, self._allowance = limits or Limits(), allowance or Allowance()
        self._asked: dict[str, _Asked] = {}
        self._open: Counter[str] = Counter()
        self._rate = MovingWindowRateLimiter(MemoryStorage())

    def ask(self, campaign: str, address: str) -> str:
        """A token for one call of this address.

        Raises:
            TooManyCalls: too many are open or were asked for.
        """
        now = time.monotonic()
        self._asked = {key: one for key, one in self._asked.items() if one.until > now}
        waiting = sum(one.address == address for one in self._asked.values())
        if waiting + self._open[address] >= self._allowance.open:
            raise TooManyCalls("Ya hay varias llamadas abiertas desde su conexión. Termine una e inténtelo de nuevo.")
        if not self._rate.hit(RateLimitItemPerHour(self._allowance.per_hour), "call", address):
            raise TooManyCalls("Se hicieron muchas llamadas desde su conexión. Espere unos minutos, por favor.")
        token, kept = new_token()
        self._asked[kept] = _Asked(campaign, address, now + self._allowance.token_s)
        return token

    def routes(self, key: str) -> APIRouter:
        """`key` is the one that the web server shows, as the telephone exchange does."""
        router = APIRouter()

        @router.post(REQUEST, response_class=PlainTextResponse)
        async def ask(
            shown: Annotated[str, Form(alias="key")], campaign: Annotated[str, Form()], address: Annotated[str, Form()]
        ) -> str:
            if not hmac.compare_digest(shown.encode(), key.encode()):
                raise HTTPException(403, "La clave no es la de VENTANILLA_VOICE_KEY.")
            try:
                return self.ask(campaign, address)
            except TooManyCalls as refused:
                raise HTTPException(429, str(refused)) from refused

        @router.websocket(STREAM)
        async def stream(socket: WebSocket) -> None:
            await socket.accept()
            try:
                await self._answer(socket)
            except WebSocketDisconnect:
                pass

        return router

    async def _answer(self, socket: WebSocket) -> None:
        asked = await self._introduced(socket)
        if asked is None:
            await socket.close(UNKNOWN)
        elif self._open.total() >= self._limits.calls:
            await socket.close(BUSY)
        else:
            self._open[asked.address] += 1
            try:
                await self._hold(socket, asked)
            finally:
                self._open -= Counter({asked.address: 1})  # forgets who has none open

    async def _hold(self, socket: WebSocket, asked: _Asked) -> None:
        token, kept = new_token()
        info = CallInfo(str(uuid.uuid4()), asked.address, dialled="", campaign=asked.campaign, token_hash=kept)
        call = BrowserCall(info, socket, self._limits)

        async def serve(transport: CallTransport) -> None:
            await self._serve(transport)
            call.goodbye = _goodbye(self._next_step(info.call_id), token)

        await socket.send_json({"type": "welcome"})
        await call.hold(serve)

    async def _introduced(self, socket: WebSocket) -> _Asked | None:
        """What was asked for under the token that comes first; None for everything else."""
        try:
            async with asyncio.timeout(self._limits.first_message_s):
                hello = await socket.receive_json()
        except (TimeoutError, ValueError, KeyError):  # KeyError: sound where text was due
            return None
        token = hello.get("token") if isinstance(hello, dict) and hello.get("type") == "hello" else None
        asked = self._asked.pop(token_hash(token), None) if isinstance(token, str) else None
        return asked if asked and asked.until > time.monotonic() else None


def _goodbye(step: NextStep | None, token: str) -> str:
    conversation = step.conversation if step else None
    if step is None or conversation is None:
        return json.dumps({"type": "ended", "next": "hangup", "folio": ""})
    ended = {"type": "ended", "next": "hangup", "folio": conversation.folio}
    if step.action == "queue":
        ended |= {"next": "chat", "conversation_id": conversation.id, "token": token}
    return json.dumps(ended)
