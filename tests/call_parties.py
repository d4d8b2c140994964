"""Parties to a call that tests put at our end of it, and a server of calls over web sockets, on the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from voice.audiosocket import KERNEL_BUFFER
from voice.playback import Player
from voice.transport import FRAME_BYTES, AudioFrame, CallEnded, CallTransport, Inbound, KeyPressed
from voice.websocket_call import MOST_MESSAGE

CALL = "6f1f3a52-8c1d-4b0e-9a57-0d2f6b7c8e90"
TONE = b"\x10\x27\xf0\xd8" * (FRAME_BYTES // 4)
Serve = Callable[[CallTransport], Awaitable[None]]


class Listener:
    """Keeps what it is told, and plays while the call lasts."""

    def __init__(self, pcm: bytes = b"") -> None:
        self.pcm, self.events, self.calls = pcm, list[Inbound](), list[CallTransport]()
        self.over = asyncio.Event()
        self.player: Player | None = None

    async def __call__(self, call: CallTransport) -> None:
        self.calls.append(call)
        self.player = Player(call)
        playing = asyncio.create_task(self.player.run())
        self.player.play(self.pcm)
        async for event in call.events():
            self.events.append(event)
        await playing
        self.over.set()

    @property
    def callers(self) -> list[str]:
        return [call.info.caller for call in self.calls]

    @property
    def keys(self) -> str:
        return "".join(event.digit for event in self.events if isinstance(event, KeyPressed))

    @property
    def sound(self) -> bytes:
        return b"".join(event.pcm for event in self.events if isinstance(event, AudioFrame))

    async def told(self) -> None:
        """Wait until the call is over."""
        async with asyncio.timeout(10):
            await self.over.wait()


class Flood:
    """Sends as fast as it can; `stopped` tells why it had to stop."""

    def __init__(self) -> None:
        self.stopped: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self, call: CallTransport) -> None:
        try:
            while True:
                await call.send(TONE)
                await asyncio.sleep(0)
        except CallEnded as over:
            self.stopped.set_result(str(over))


@asynccontextmanager
async def taking_calls(app: FastAPI) -> AsyncIterator[int]:
    """The application on a free port, set up as the voice process is (`server/voice.py`); the port."""
    bound = socket.create_server(("127.0.0.1", 0))
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws_max_size=MOST_MESSAGE, ws_ping_interval=None))
    running = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield int(bound.getsockname()[1])
    finally:
        server.should_exit = True
        await running


async def everything(peer: ClientConnection) -> list[str | bytes]:
    """What comes until the socket is closed."""
    received = []
    async with asyncio.timeout(20):
        try:
            while True:
                received.append(await peer.recv())
        except ConnectionClosed:
            return received
