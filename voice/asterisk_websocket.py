"""Calls over Asterisk's chan_websocket, from 22.8: `Dial(WebSocket/ventanilla/c(slin)v(call=UUID))` (voice.md §3).

Binary messages are sound, 8 kHz 16-bit little-endian (slin); text messages are events of Asterisk's and commands of
ours, as plain text or as JSON (`control_message_format`): answered in the form in which MEDIA_START came.
Source: docs.asterisk.org/Configuration/Channel-Drivers/WebSocket.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, WebSocket

from voice.audiosocket import Limits, Serve
from voice.transport import FRAME_BYTES, CallInfo, CallTransport
from voice.websocket_call import BadMessage, WebSocketCall

log = logging.getLogger(__name__)

PATH = "/voice/media"
SUBPROTOCOL = "media"
"""What Asterisk asks for (`protocols=media` in websocket_client.conf)."""
FORMAT = "slin"


@dataclass(frozen=True)
class Event:
    """One event of Asterisk's; values as text, whichever form they came in."""

    name: str
    fields: dict[str, str]
    as_json: bool


def read_event(text: str) -> Event:
    """`DTMF_END digit:5 channel_id:…` or `{"event": "DTMF_END", "digit": "5", …}`. Raises BadMessage for neither."""
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise BadMessage(f"text that is no JSON: {error}") from None
        name = found.get("event")
        fields = {key: str(value) for key, value in found.items() if isinstance(value, str | int)}
    else:
        name, *rest = text.split() or [""]
        fields = {key: value for key, _, value in (word.partition(":") for word in rest)}
    if not isinstance(name, str) or not re.fullmatch(r"[A-Z_]{1,40}", name):
        raise BadMessage("text that is no event of chan_websocket")
    return Event(name, fields, text.startswith("{"))


class AsteriskWebSocketCall(WebSocketCall):
    """One call over chan_websocket."""

    def __init__(self, info: CallInfo, socket: WebSocket, limits: Limits) -> None:
        super().__init__(info, socket, limits)
        self._as_json = False
        self._started, self._wanted = asyncio.Event(), asyncio.Event()
        self._wanted.set()

    async def started(self) -> bool:
        """Wait until Asterisk says what it sends; False when it does not in time, or the call is over."""
        try:
            async with asyncio.timeout(self._limits.first_message_s):
                await self._started.wait()
        except TimeoutError:
            log.warning("Call %s closed: no MEDIA_START came", self._info.call_id)
        return self._started.is_set() and not self._inbox.ended

    async def send(self, frame: bytes) -> None:
        """One frame; waits while Asterisk's queue is full (MEDIA_XOFF), which paced sound does not bring about."""
        await self._wanted.wait()
        await super().send(frame)

    def flush(self) -> None:
        """The caller interrupts: what waits here and in Asterisk's queue is not said any more."""
        self._drop_unsent_sound()
        self._command("FLUSH_MEDIA")

    async def hang_up(self) -> None:
        """HANGUP: the dialplan goes on after `Dial(…,g)`, and asks where the caller is to go."""
        if not self._inbox.ended:
            self._command("HANGUP")
        await super().hang_up()

    def _control(self, text: str) -> None:
        event = read_event(text)
        match event.name:
            case "MEDIA_START":
                self._begin(event)
            case "DTMF_END":
                self._inbox.key(event.fields.get("digit", ""))
            case "MEDIA_XOFF":
                self._wanted.clear()
            case "MEDIA_XON":
                self._wanted.set()
            case "ERROR":
                log.warning("Call %s: Asterisk reports %s", self._info.call_id, event.fields)
            # Others (STATUS, QUEUE_DRAINED…) answer commands that we do not send; newer Asterisks have more.

    def _begin(self, event: Event) -> None:
        if self._started.is_set():
            raise BadMessage("a second MEDIA_START")
        self._as_json = event.as_json
        sound, size = event.fields.get("format", ""), event.fields.get("optimal_frame_size", "")
        if sound != FORMAT or size != str(FRAME_BYTES):
            raise BadMessage(f"sound as «{sound}» in frames of «{size}» bytes: write c({FORMAT}) in Dial()")
        self._started.set()
        self._command("ANSWER")  # needed where the dialplan says n, and harmless elsewhere

    def _command(self, name: str) -> None:
        """Not before MEDIA_START: nobody knows in which form. Longer ones than 128 bytes Asterisk would ignore."""
        if self._started.is_set() and not self._inbox.ended:
            self._tell(json.dumps({"command": name}) if self._as_json else name)

    def _end(self, reason: str) -> None:
        super()._end(reason)
        self._started.set()
        self._wanted.set()  # whoever waits to send is told that the call is over


class AsteriskWebSockets:
    """Takes the calls that Asterisk brings: each announced before, once, as for AudioSocket."""

    def __init__(
        self, serve: Serve, admit: Callable[[str], CallInfo | None], limits: Limits | None = None
    ) -> None:  # fmt: skip
        """`admit` gives what was announced under a call's UUID, once; None for every other text."""
        self._serve, self._admit, self._limits = serve, admit, limits or Limits()
        self._open = 0

    def routes(self) -> APIRouter:
        """The end point, to be reached by the exchange only."""
        router = APIRouter()

        @router.websocket(PATH)
        async def media(socket: WebSocket, call: str = "") -> None:
            info = self._admit(call)
            if info is None or self._open >= self._limits.calls:
                await socket.close()  # before it is accepted: 403, Dial() fails and the dialplan goes on
                return
            asked = socket.scope.get("subprotocols", [])
            await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in asked else None)
            self._open += 1
            try:
                await self._hold(AsteriskWebSocketCall(info, socket, self._limits))
            finally:
                self._open -= 1

        return router

    async def _hold(self, call: AsteriskWebSocketCall) -> None:
        async def when_started(transport: CallTransport) -> None:
            if await call.started():
                await self._serve(transport)

        await call.hold(when_started)
