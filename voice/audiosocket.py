"""The AudioSocket server that Asterisk connects to for each call (voice.md §3).

Towards Asterisk only audio and terminate may go: anything else, and audio of length zero, makes it drop the call.
"""

import asyncio
import logging
import socket
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from voice.audiosocket_messages import HEADER, TERMINATE, Decoder, Kind, Message, ProtocolError, encode
from voice.inbox import Inbox
from voice.transport import FRAME_BYTES, FRAME_MS, SILENCE, CallEnded, CallInfo, CallTransport, Inbound, refuse_part

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What a connection may cost before it is given up."""

    calls: int = 64
    """At once; whoever comes later is closed politely, so that the dialplan goes on with a person."""
    registration_s: float = 30.0
    """How long a registered call may take to connect."""
    first_message_s: float = 5.0
    silent_s: float = 90.0
    """A peer that sends nothing for so long is gone without a word. Some lines send no silence, so they are quiet while
    the bot speaks; and Asterisk gives up before (`rtp_timeout`)."""
    last_words_s: float = 5.0
    """For whoever serves a call to bring it to its end when the server closes: its recording, the record."""
    unread_frames: int = 250
    """Frames of the caller kept for a reader that is late: 5 s. Then the oldest sound goes, never a key."""
    unsent_bytes: int = 50 * (FRAME_BYTES + 3)
    """A peer that stops reading is dropped once so much waits here (1 s), on top of the kernel's buffer."""


KERNEL_BUFFER = 16 * 1024
"""Asked for as send buffer: the kernel's own choice would swallow minutes of sound before we noticed."""
_GUARD_S = 0.2
"""Silence is sent after so long without a frame; Asterisk gives up after 2 s (hard-coded)."""


class AudioSocketCall:
    """One call over AudioSocket: a `CallTransport`."""

    def __init__(
        self, info: CallInfo, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits
    ) -> None:
        self._info = info
        self._reader, self._writer = reader, writer
        self._limits = limits
        self._inbox = Inbox(limits.unread_frames)
        self._sent_at = time.monotonic()

    @property
    def info(self) -> CallInfo:
        """Who calls and what was dialled."""
        return self._info

    def events(self) -> AsyncIterator[Inbound]:
        """What comes from the caller; ends after `HungUp`."""
        return self._inbox.events()

    async def send(self, frame: bytes) -> None:
        """One frame in one write: Asterisk reads a header without offset, so it must never be split."""
        refuse_part(frame)
        if self._inbox.ended:
            raise CallEnded(self._inbox.ended)
        if self._writer.transport.get_write_buffer_size() > self._limits.unsent_bytes:
            self._inbox.end("the peer stopped reading")
            self._writer.transport.abort()
            raise CallEnded(self._inbox.ended)
        self._writer.write(encode(Kind.AUDIO, frame))
        self._sent_at = time.monotonic()

    async def hang_up(self) -> None:
        """Terminate: a dialplan of a new Asterisk goes on after it, and asks where the caller is to go."""
        if not self._inbox.ended:
            self._inbox.end("hung up by us")
            self._writer.write(TERMINATE)

    async def receive(self) -> None:
        """Take what comes until the call ends, and keep silence flowing; the server runs this beside who serves."""
        guard = asyncio.create_task(self._keep_alive())
        try:
            await self._receive()
        finally:
            guard.cancel()
            self._inbox.end("nobody receives any more")  # whatever went wrong: who serves must not wait for ever

    async def _receive(self) -> None:
        decoder = Decoder()
        try:
            while not self._inbox.ended:
                async with asyncio.timeout(self._limits.silent_s):
                    received = await self._reader.read(4096)
                if not received:
                    self._inbox.end("the caller hung up")
                for message in decoder.feed(received):
                    self._take(message)
        except ProtocolError as broken:
            log.warning("Call %s closed: the peer sent %s", self._info.call_id, broken)
            self._writer.write(TERMINATE)
            self._inbox.end(f"protocol: {broken}")
        except TimeoutError:
            self._writer.write(TERMINATE)
            self._inbox.end("nothing came from the peer")
        except OSError as lost:
            self._inbox.end(f"connection lost: {lost}")

    def _take(self, message: Message) -> None:
        if message.kind is Kind.AUDIO:
            self._inbox.sound(message.payload)
        elif message.kind is Kind.DTMF:
            self._inbox.key(message.payload.decode("latin-1"))
        elif message.kind is Kind.TERMINATE:
            self._inbox.end("the caller hung up")
        elif message.kind is Kind.ERROR:
            self._inbox.end(f"Asterisk reported error {message.payload.hex() or 'without code'}")
        else:
            raise ProtocolError("a second UUID")

    async def _keep_alive(self) -> None:
        """Silence when nobody sends: while the dialogue is being prepared, or when its player died."""
        while not self._inbox.ended:
            if time.monotonic() - self._sent_at > _GUARD_S:
                try:
                    await self.send(SILENCE)
                except CallEnded:
                    return
            await asyncio.sleep(FRAME_MS / 1000)


@dataclass(frozen=True)
class _Expected:
    info: CallInfo
    until: float


Serve = Callable[[CallTransport], Awaitable[None]]


class AudioSocketServer:
    """Accepts calls that were registered before, each once, and hands them to `serve`.

    AudioSocket has neither authentication nor encryption: listen on loopback or a network of its own.
    """

    def __init__(self, serve: Serve, limits: Limits | None = None) -> None:
        self._serve = serve
        self._limits = limits or Limits()
        self._expected: dict[uuid.UUID, _Expected] = {}
        self._server: asyncio.Server | None = None
        self._calls: dict[AudioSocketCall, asyncio.Task[Any] | None] = {}
        """With the task that serves each."""

    @property
    def port(self) -> int:
        """The port it listens on; useful after `start(port=0)`."""
        if self._server is None:
            raise RuntimeError("The AudioSocket server has not been started: call start() first.")
        return int(self._server.sockets[0].getsockname()[1])

    def register(self, call_id: str, caller: str, dialled: str) -> CallInfo:
        """Let the call with this UUID in, once, within `Limits.registration_s`. Raises ValueError for no UUID."""
        now = time.monotonic()
        self._expected = {key: one for key, one in self._expected.items() if one.until > now}
        key = uuid.UUID(call_id)
        info = CallInfo(str(key), caller, dialled)
        self._expected[key] = _Expected(info, now + self._limits.registration_s)
        return info

    def admit(self, call_id: str) -> CallInfo | None:
        """What was registered under this UUID, once and in time; else None. Other transports ask, too."""
        try:
            expected = self._expected.pop(uuid.UUID(call_id), None)
        except ValueError:
            expected = None
        if expected is None or expected.until < time.monotonic():
            log.warning("Call %.36r was not registered, or too long ago; closed", call_id)
            return None
        return expected.info

    async def start(self, host: str = "127.0.0.1", port: int = 9092) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._connected, host, port)

    async def close(self) -> None:
        """Take no more calls, hang up those that run, and wait until whoever serves them, told by `HungUp`, is done."""
        if self._server is not None:
            self._server.close()
        serving = set(filter(None, self._calls.values()))
        for call in tuple(self._calls):
            await call.hang_up()
        if serving:
            await asyncio.wait(serving, timeout=self._limits.last_words_s)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._call(reader, writer)
        finally:
            await _closed(writer)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        info = await self._introduced(reader)
        if info is None or len(self._calls) >= self._limits.calls:  # who has not said who it is takes nobody's line
            writer.write(TERMINATE)
            return
        call = AudioSocketCall(info, reader, writer, self._limits)
        await call.send(SILENCE)  # at once: Asterisk may leave the call mute that waits for sound (asterisk#2089)
        receiving = asyncio.create_task(call.receive())
        self._calls[call] = asyncio.current_task()
        try:
            await self._serve(call)
        finally:
            del self._calls[call]
            await call.hang_up()
            receiving.cancel()

    async def _introduced(self, reader: asyncio.StreamReader) -> CallInfo | None:
        """The registered call whose UUID comes first; None for everything else."""
        try:
            async with asyncio.timeout(self._limits.first_message_s):
                header = await reader.readexactly(HEADER.size)
                if HEADER.unpack(header) != (Kind.UUID, 16):
                    log.warning("A connection began with %s instead of a UUID; closed", header.hex())
                    return None
                key = uuid.UUID(bytes=await reader.readexactly(16))
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            return None
        return self.admit(str(key))


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close once what was written has gone; a peer that does not read gets a second for it."""
    writer.close()
    try:
        async with asyncio.timeout(1.0):
            await writer.wait_closed()
    except TimeoutError:
        writer.transport.abort()
    except OSError:
        pass  # the peer was quicker
