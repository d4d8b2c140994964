"""What comes to the AudioSocket port and is no telephone exchange, while somebody is calling, who must not notice."""

import asyncio
import gc
import random
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from voice.audiosocket import KERNEL_BUFFER, AudioSocketServer, Limits
from voice.audiosocket_messages import HEADER, TERMINATE, Kind, encode
from voice.placed_call import PlacedCall
from voice.playback import Player
from voice.transport import FRAME_BYTES, SILENCE, AudioFrame, CallEnded, CallTransport, KeyPressed
from voice.turn_taking import SpeechEnded, TurnTaking

GOOD, BAD = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
STORY = b"".join(number.to_bytes(2, "little") * (FRAME_BYTES // 2) for number in range(1, 15_000))
"""Five minutes of which every frame can be told from the others."""
STORM = 50


class Marked:
    """Takes a frame for speech when its first byte says so."""

    def speech(self, frame: bytes) -> bool:
        return frame[0] == 1

    def forget(self) -> None:
        """Keeps nothing."""


class Bot:
    """Tells the good caller its story; what it does with the bad one is the test's business."""

    def __init__(self) -> None:
        self.keys = ""
        self.with_bad: Callable[[CallTransport], object] | None = None

    async def serve(self, call: CallTransport) -> None:
        if call.info.call_id == BAD and self.with_bad:
            await self.with_bad(call)  # type: ignore[misc]
            return
        player = Player(call)
        playing = asyncio.create_task(player.run())
        player.play(STORY)
        async for event in call.events():
            if isinstance(event, KeyPressed) and call.info.call_id == GOOD:
                self.keys += event.digit
        await playing


@asynccontextmanager
async def somebody_calls(limits: Limits | None = None) -> AsyncIterator[tuple[AudioSocketServer, Bot]]:
    """A call under way; at the end it has heard the story so far, frame after frame, and its keys arrive."""
    bot = Bot()
    server = AudioSocketServer(bot.serve, limits)
    await server.start(port=0)
    server.register(GOOD, "5500001234", "1")
    async with await PlacedCall.dial("127.0.0.1", server.port, GOOD) as call:
        assert await call.bot_speaks()
        yield server, bot
        heard = call.heard_ms
        call.press("5")
        async with asyncio.timeout(60):
            while bot.keys != "5" or call.heard_ms <= heard:
                await asyncio.sleep(0.01)
        assert call.ended_by is None
        frames = (call.heard[place : place + FRAME_BYTES] for place in range(0, len(call.heard), FRAME_BYTES))
        told = b"".join(frame for frame in frames if frame != SILENCE)  # which fills in when the machine stands still
        assert told and told == STORY[: len(told)]
    await server.close()


async def peer(server: AudioSocketServer, first: bytes, read_buffer: int | None = None) -> socket.socket:
    one = socket.socket()
    if read_buffer:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, read_buffer)
    one.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(one, ("127.0.0.1", server.port))
    await loop.sock_sendall(one, first)
    return one


async def closed(one: socket.socket) -> bytes:
    """Everything until the server has closed."""
    loop, received = asyncio.get_running_loop(), b""
    async with asyncio.timeout(60):
        try:
            while part := await loop.sock_recv(one, 65536):
                received += part
        except ConnectionError:
            pass  # closed with our bytes unread
    one.close()
    return received


async def test_a_storm_of_connections_that_say_nothing_takes_no_line_and_ends() -> None:
    async with somebody_calls(Limits(calls=2, first_message_s=1.0)) as (server, bot):
        storm = [await peer(server, b"") for _ in range(STORM)]
        server.register(BAD, "", "1")
        async with await PlacedCall.dial("127.0.0.1", server.port, BAD) as second:
            assert await second.bot_speaks()  # the second of two lines is still free
        assert await asyncio.gather(*map(closed, storm)) == [TERMINATE] * STORM


@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_of_garbage_is_closed(seed: int) -> None:
    chance = random.Random(seed)
    async with somebody_calls(Limits(first_message_s=1.0)) as (server, bot):
        storm = [await peer(server, chance.randbytes(chance.randrange(1, 2000))) for _ in range(STORM)]
        answers = await asyncio.gather(*map(closed, storm))
        assert set(answers) <= {TERMINATE, b""}


@pytest.mark.parametrize("seed", range(3))
async def test_garbage_within_a_call_ends_that_call(seed: int) -> None:
    """Frames cut anywhere, empty frames, bytes that were flipped: no other call, and no open end."""
    chance = random.Random(seed)
    stream = bytearray(b"".join(encode(Kind.AUDIO, chance.randbytes(2 * chance.randrange(200))) for _ in range(200)))
    stream += HEADER.pack(Kind.AUDIO, 0) * 20
    for _ in range(40):
        stream[chance.randrange(4000, len(stream))] = chance.randrange(256)
    async with somebody_calls() as (server, bot):
        server.register(BAD, "", "1")
        bad = await peer(server, encode(Kind.UUID, uuid.UUID(BAD).bytes))
        with_end, place = bytes(stream) + b"\x99\x00\x00", 0
        try:
            while place < len(with_end):
                piece = chance.randrange(1, 700)
                await asyncio.get_running_loop().sock_sendall(bad, with_end[place : place + piece])
                place += piece
                await asyncio.sleep(0)
        except ConnectionError:
            pass  # it had enough before
        assert (await closed(bad)).startswith(encode(Kind.AUDIO, SILENCE))


async def test_a_caller_that_stops_reading_fills_no_memory_of_ours() -> None:
    limits, taken = Limits(), 0
    dropped: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def flood(call: CallTransport) -> None:
        nonlocal taken
        try:
            while True:
                await call.send(SILENCE)
                taken += HEADER.size + FRAME_BYTES
                await asyncio.sleep(0)
        except CallEnded as over:
            dropped.set_result(str(over))

    async with somebody_calls(limits) as (server, bot):
        bot.with_bad = flood
        server.register(BAD, "", "1")
        deaf = await peer(server, encode(Kind.UUID, uuid.UUID(BAD).bytes), read_buffer=4096)
        async with asyncio.timeout(60):
            assert await dropped == "the peer stopped reading"
        deaf.close()
    # Ours, and the kernel's on both sides, which doubles what it is asked for and adds what it needs itself.
    assert taken <= limits.unsent_bytes + HEADER.size + FRAME_BYTES + 4 * (KERNEL_BUFFER + 4096)


@pytest.fixture
def young_heap() -> Iterator[None]:
    """Collections look at this test's objects only: those of a whole run stand still for longer than a call bears."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("young_heap")
async def test_an_hour_of_sound_leaves_nothing_behind() -> None:
    """Pushed as fast as it is read, into what listens to every call but the recogniser; memory after 5 and 60 minutes.

    Counted in blocks of Python's allocator. A call may keep 250 unread frames and an utterance of 100, some blocks
    each; 10,000 leaves room for what else goes on, and one block that were kept of every frame would be 165,000.
    """
    minute = 50 * 60
    speech, pause = encode(Kind.AUDIO, b"\x01" * FRAME_BYTES), encode(Kind.AUDIO, SILENCE)
    second = speech * 30 + pause * 70  # an utterance every two seconds
    utterances, memory = 0, dict[int, int]()
    heard, wanted = 0, asyncio.Event()

    async def listen(call: CallTransport) -> None:
        nonlocal utterances, heard
        turns = TurnTaking(Marked())
        turns.expect("choice")
        async for event in call.events():
            if isinstance(event, AudioFrame):
                heard += 1
                utterances += isinstance(turns.hear(event.pcm), SpeechEnded)
                if heard in (5 * minute, 60 * minute):
                    gc.collect()
                    memory[heard // minute] = sys.getallocatedblocks()
                wanted.set()

    async with somebody_calls() as (server, bot):
        bot.with_bad = listen
        server.register(BAD, "", "1")
        talker = await peer(server, encode(Kind.UUID, uuid.UUID(BAD).bytes))
        loop = asyncio.get_running_loop()
        for sent in range(0, 60 * minute, 100):
            while sent - heard > 100:  # nobody talks ahead of what was heard: then it would be dropped
                wanted.clear()
                await wanted.wait()
            await loop.sock_sendall(talker, second)
        while 60 not in memory:
            await asyncio.sleep(0.01)
        talker.close()
    assert utterances == 60 * 30
    assert memory[60] - memory[5] < 10_000
