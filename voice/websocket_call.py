"""A call over a web socket, whoever is at its other end: binary messages are sound, text messages are control.

A message is handed to a writer of its own, so that a peer that stops reading holds up nobody: it is dropped.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from voice.audiosocket import Limits, Serve
from voice.inbox import Inbox
from voice.transport import FRAME_BYTES, CallEnded, CallInfo, Inbound, refuse_part

log = logging.getLogger(__name__)

MOST_MESSAGE = 65_500
"""Bytes of one message: Asterisk hangs up at more (voice.md §3), and nobody else sends so much of a call at once."""
NORMAL, REFUSED_MESSAGE = 1000, 1003
"""Close codes of RFC 6455, section 7.4.1."""
_LAST_WORDS_S = 1.0
"""For what was written to go out, before the socket is closed."""


class BadMessage(Exception):
    """The peer sent what does not belong to a call; the text says what."""


class WebSocketCall(ABC):
    """A `CallTransport` over an accepted web socket; `hold` runs it."""

    def __init__(self, info: CallInfo, socket: WebSocket, limits: Limits) -> None:
        self._info, self._socket, self._limits = info, socket, limits
        self._inbox = Inbox(limits.unread_frames)
        self._outgoing: asyncio.Queue[bytes | str | None] = asyncio.Queue()
        self._code = NORMAL
        self.goodbye = ""
        """The last message before the socket is closed, if any."""

    @property
    def info(self) -> CallInfo:
        """Who calls and what was dialled."""
        return self._info

    def events(self) -> AsyncIterator[Inbound]:
        """What comes from the caller; ends after `HungUp`."""
        return self._inbox.events()

    async def send(self, frame: bytes) -> None:
        """One frame as one message, never fragmented: Asterisk hangs up on continuations (asterisk#1941)."""
        refuse_part(frame)
        if not self._inbox.ended and self._outgoing.qsize() * FRAME_BYTES > self._limits.unsent_bytes:
            self._end("the peer stopped reading")
        if self._inbox.ended:
            raise CallEnded(self._inbox.ended)
        self._outgoing.put_nowait(frame)

    async def hang_up(self) -> None:
        """End the call; the socket is closed when whoever serves it is done."""
        self._end("hung up by us")

    async def hold(self, serve: Serve) -> None:
        """The whole call: what comes is taken and what is sent goes out while it is served, then the socket closes."""
        receiving, writing = asyncio.create_task(self._receive()), asyncio.create_task(self._write())
        try:
            await serve(self)
        finally:
            await self.hang_up()
            await self._close(writing)
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    @abstractmethod
    def _control(self, text: str) -> None:
        """A text message of the peer. Raises BadMessage."""

    def _tell(self, text: str) -> None:
        """A text message to the peer, after what is already on its way."""
        self._outgoing.put_nowait(text)

    def _drop_unsent_sound(self) -> None:
        waiting = [self._outgoing.get_nowait() for _ in range(self._outgoing.qsize())]
        for message in waiting:
            if not isinstance(message, bytes):
                self._outgoing.put_nowait(message)

    def _end(self, reason: str) -> None:
        self._inbox.end(reason)

    async def _receive(self) -> None:
        try:
            while not self._inbox.ended:
                async with asyncio.timeout(self._limits.silent_s):
                    message = await self._socket.receive()
                self._take(message)
        except BadMessage as bad:
            log.warning("Call %s closed: the peer sent %s", self._info.call_id, bad)
            self._code = REFUSED_MESSAGE
            self._end(f"protocol: {bad}")
        except TimeoutError:
            self._end("nothing came from the peer")
        finally:
            self._end("nobody receives any more")  # whatever went wrong: who serves must not wait for ever

    def _take(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.disconnect":
            self._end("the caller hung up")
            return
        text, sound = message.get("text"), message.get("bytes")
        content = text if text is not None else sound or b""
        if len(content) > MOST_MESSAGE:
            raise BadMessage(f"a message of {len(content)} bytes")
        if isinstance(content, str):
            self._control(content)
        else:
            self._inbox.sound(content)

    async def _write(self) -> None:
        try:
            while (message := await self._outgoing.get()) is not None:
                if isinstance(message, str):
                    await self._socket.send_text(message)
                else:
                    await self._socket.send_bytes(message)
            await self._socket.close(self._code)
        except (WebSocketDisconnect, RuntimeError):  # Starlette tells by either that the peer was quicker
            self._end("the caller hung up")

    async def _close(self, writing: "asyncio.Task[None]") -> None:
        """Send what is left, the goodbye last, and close; a peer that does not read gets a second for it."""
        if self.goodbye:
            self._tell(self.goodbye)
        self._outgoing.put_nowait(None)
        await asyncio.wait({writing}, timeout=_LAST_WORDS_S)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
