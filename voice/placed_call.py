"""The other side of a call, as Asterisk would behave: for the tests, the evaluation and `ventanilla call`.

It speaks AudioSocket as a client: UUID first, a frame every 20 ms all the time, keys as DTMF messages. What Asterisk
would not bear, this does not either: 2 s without a frame, a type it does not take, sound of length zero (voice.md §3).
"""

import asyncio
import time
import uuid
import wave
from array import array
from collections import deque
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from voice.audiosocket_messages import TERMINATE, Decoder, Kind, Message, ProtocolError, encode
from voice.transport import FRAME_BYTES, FRAME_MS, SAMPLE_RATE, SILENCE

_CONNECT_S = 2.0
_NO_ACTIVITY_S = 2.0
"""Both hard-coded in Asterisk."""
_POLL_S = FRAME_MS / 2000
_LOUD = 200
"""Peak of a sample, of 32768, from which a frame is not silence."""


class EndedBy(Enum):
    """How the call ended."""

    CALLER = "caller"
    SERVER = "server"
    """It sent terminate or closed: the dialplan would go on."""
    PROTOCOL = "protocol"
    """It sent what Asterisk does not take: the caller would have been cut off."""
    NO_ACTIVITY = "no_activity"
    """2 s without a frame: the caller would have been cut off."""


class PlacedCall:
    """One call; `async with await PlacedCall.dial(...)` hangs up at the end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speed: float) -> None:
        self._reader, self._writer = reader, writer
        self._speed = speed
        self._to_say: deque[bytes] = deque()
        self._heard = bytearray()
        self._last_loud = -1
        """The last frame that was not silence, counted from 0."""
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.ended_by: EndedBy | None = None
        self.detail = ""
        """What the server sent that Asterisk would not take."""
        self.arrivals: list[float] = []
        """Monotonic seconds at which each frame arrived; for benchmarks."""

    @classmethod
    async def dial(cls, host: str, port: int, call_id: str, speed: float = 1.0) -> Self:
        """Connect and send the UUID. `speed` is that of the caller's sound: 4.0 talks in a quarter of the time.

        Raises OSError or TimeoutError when nobody listens.
        """
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port)
        writer.write(encode(Kind.UUID, uuid.UUID(call_id).bytes))
        call = cls(reader, writer, speed)
        call._tasks = [asyncio.create_task(call._receive()), asyncio.create_task(call._send())]
        return call

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hang_up()

    @property
    def heard(self) -> bytes:
        """Everything the bot has sent, 8 kHz 16-bit mono."""
        return bytes(self._heard)

    @property
    def heard_ms(self) -> int:
        """Its length."""
        return self._frames * FRAME_MS

    @property
    def _frames(self) -> int:
        return len(self._heard) // FRAME_BYTES

    def say(self, pcm: bytes) -> None:
        """Say this after what is being said; 8 kHz 16-bit mono."""
        padded = pcm + bytes(-len(pcm) % FRAME_BYTES)
        self._to_say.extend(padded[place : place + FRAME_BYTES] for place in range(0, len(padded), FRAME_BYTES))

    async def said(self) -> None:
        """Wait until everything has been said, or the call is over."""
        while self._to_say and self.ended_by is None:
            await asyncio.sleep(_POLL_S)

    def press(self, keys: str) -> None:
        """Press these keys, at once; Asterisk tells of a key when it is released."""
        for key in keys:
            self._write(encode(Kind.DTMF, key.encode("ascii")))

    async def bot_speaks(self, within_s: float = 10.0) -> bool:
        """Wait until the bot says something, from now on; False when it did not in time or the call is over."""
        begun = self._frames
        return await self._until(lambda: self._last_loud >= begun, within_s)

    async def bot_is_silent(self, for_ms: int = 600, within_s: float = 60.0) -> bool:
        """Wait until the bot has been silent for so long, from now on: the caller's turn. False as above."""
        begun, needed = self._frames, for_ms // FRAME_MS
        return await self._until(lambda: self._frames - max(begun, self._last_loud + 1) >= needed, within_s)

    async def _until(self, true: Callable[[], bool], within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                while not true():
                    if self.ended_by is not None:
                        return False
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            return False
        return True

    async def over(self, within_s: float = 60.0) -> EndedBy | None:
        """Wait for the end of the call; None when it goes on after so long."""
        try:
            async with asyncio.timeout(within_s):
                await self._over.wait()
        except TimeoutError:
            return None
        return self.ended_by

    async def hang_up(self) -> None:
        """The caller hangs up."""
        self._write(TERMINATE)
        self._end(EndedBy.CALLER)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()

    def save(self, path: Path) -> None:
        """What was heard, as a mono WAV file."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(self._heard)

    async def _send(self) -> None:
        due = time.monotonic()
        while self.ended_by is None:
            self._write(encode(Kind.AUDIO, self._to_say.popleft() if self._to_say else SILENCE))
            due += FRAME_MS / 1000 / self._speed
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _receive(self) -> None:
        decoder = Decoder()
        try:
            while self.ended_by is None:
                async with asyncio.timeout(_NO_ACTIVITY_S):
                    received = await self._reader.read(4096)
                if not received:
                    self._end(EndedBy.SERVER)
                for message in decoder.feed(received):
                    self._take(message)
        except ProtocolError as broken:
            self.detail = str(broken)
            self._end(EndedBy.PROTOCOL)
        except TimeoutError:
            self._end(EndedBy.NO_ACTIVITY)
        except OSError:
            self._end(EndedBy.SERVER)

    def _take(self, message: Message) -> None:
        if message.kind is Kind.TERMINATE:
            self._end(EndedBy.SERVER)
        elif message.kind is not Kind.AUDIO or not message.payload:
            raise ProtocolError(f"{message.kind.name} of {len(message.payload)} bytes")
        else:
            self._heard += message.payload
            if _loud(message.payload):
                self._last_loud = self._frames - 1
            self.arrivals.append(time.monotonic())

    def _write(self, message: bytes) -> None:
        if self.ended_by is None:
            self._writer.write(message)

    def _end(self, by: EndedBy) -> None:
        if self.ended_by is None:
            self.ended_by = by
            self._over.set()


def _loud(pcm: bytes) -> bool:
    samples = array("h", pcm)
    return max(samples) > _LOUD or min(samples) < -_LOUD
