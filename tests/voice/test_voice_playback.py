"""The player: what is said, in which order, what a barge-in leaves of it, and that the line never falls silent."""

import asyncio
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from voice.playback import LOOK_AHEAD_FRAMES, Player
from voice.transport import FRAME_BYTES, FRAME_MS, SILENCE, CallEnded, CallInfo, Inbound

ONE, TWO = b"\x01" * FRAME_BYTES, b"\x02" * FRAME_BYTES


class Line:
    """A call that keeps what is sent, and ends after `most` frames."""

    info = CallInfo("", "", "")

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.sent: list[bytes] = []

    async def events(self) -> AsyncIterator[Inbound]:
        """Nobody speaks."""
        return
        yield

    async def send(self, frame: bytes) -> None:
        if len(self.sent) >= self.most:
            raise CallEnded("over")
        self.sent.append(frame)

    async def hang_up(self) -> None:
        self.most = 0

    @property
    def spoken(self) -> list[bytes]:
        return [frame for frame in self.sent if frame != SILENCE]


@asynccontextmanager
async def playing(line: Line) -> AsyncIterator[Player]:
    player = Player(line)
    task = asyncio.create_task(player.run())
    try:
        yield player
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_silence_flows_without_anything_to_say() -> None:
    line = Line(most=20)
    player = Player(line)
    await player.run()
    assert line.sent == [SILENCE] * 20
    assert player.frames == 20


async def test_prompts_follow_each_other_in_whole_frames() -> None:
    line = Line()
    async with playing(line) as player:
        first, second = player.play(ONE * 2 + b"\x01\x01"), player.play(TWO)
        assert await first.over() and await second.over()
        assert not player.playing
    assert line.spoken == [ONE, ONE, b"\x01\x01".ljust(FRAME_BYTES, b"\0"), TWO]
    assert first.sent_ms == 60


async def test_nothing_to_say_is_said_at_once() -> None:
    assert await Player(Line()).play(b"").over()


async def test_a_barge_in_sends_nothing_more_and_tells_what_was_heard() -> None:
    line = Line()
    async with playing(line) as player:
        cut, never = player.play(ONE * 500), player.play(TWO)
        while len(line.spoken) < 10:
            await asyncio.sleep(0.001)
        heard = player.stop()
        sent = len(line.spoken)
        assert heard == sent * FRAME_MS == cut.sent_ms
        assert not player.playing and player.stop() == 0
        assert not await cut.over() and not await never.over()
        before = len(line.sent)
        while len(line.sent) < before + 5:
            await asyncio.sleep(0.001)
        assert len(line.spoken) == sent
        assert await player.play(TWO).over()
    assert line.spoken[-1] == TWO


LOUD = array("h", [10_000] * (FRAME_BYTES // 2)).tobytes()


def peaks(line: Line) -> list[int]:
    return [max(array("h", frame)) for frame in line.sent]


async def sends(line: Line, more: int) -> None:
    """Until so many more frames have gone out."""
    before = len(line.sent)
    while len(line.sent) < before + more:
        await asyncio.sleep(0.001)


async def test_a_pause_is_silence_without_a_click_and_nothing_is_lost_or_said_twice() -> None:
    line, places = Line(), [array("h", [1000 + place] * (FRAME_BYTES // 2)).tobytes() for place in range(30)]
    async with playing(line) as player:
        prompt = player.play(b"".join(places))
        await sends(line, 5)
        player.pause()
        paused = len(line.sent)
        await sends(line, 10)
        assert player.playing and not prompt.complete
        player.resume()
        resumed = len(line.sent)
        assert await prompt.over()
    fading, rising = array("h", line.sent[paused]), array("h", line.sent[resumed])
    assert set(line.sent[paused + 1 : resumed]) == {SILENCE}
    assert fading[0] == rising[-1] == 1000 + paused, "the frame that faded away comes back"
    assert fading[-1] == rising[0] == 0 and max(map(int.__sub__, fading[:-1], fading[1:])) < 100
    assert [frame for frame in line.sent if frame in places] == [*places[:paused], *places[paused + 1 :]]


async def test_what_comes_after_a_pause_is_said_at_once() -> None:
    line = Line()
    async with playing(line) as player:
        player.pause()  # nobody speaks: nothing to pause
        assert await player.play(LOUD * 3).over()
        cut = player.play(LOUD * 100)
        await sends(line, 3)
        player.pause()
        await sends(line, 3)
        player.stop()
        assert not await cut.over()
        assert await player.play(LOUD * 3).over()
    assert peaks(line)[-3:] == [10_000] * 3


async def test_it_is_never_further_ahead_than_two_frames() -> None:
    line = Line()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with playing(line) as player:
        player.play(ONE * 30)
        while player.playing:
            await asyncio.sleep(0.002)
            due = (loop.time() - begun) * 1000 / FRAME_MS
            assert len(line.sent) <= due + LOOK_AHEAD_FRAMES + 1


async def test_after_a_stall_it_goes_on_without_a_burst() -> None:
    line = Line()
    loop = asyncio.get_running_loop()
    async with playing(line) as player:
        await asyncio.sleep(0.05)
        stalled_until = loop.time() + 0.3
        while loop.time() < stalled_until:
            pass  # the event loop stands still
        before = len(line.sent)
        while player.late_frames == 0:
            await asyncio.sleep(0)
        assert len(line.sent) <= before + LOOK_AHEAD_FRAMES + 1  # fifteen were missed


async def test_the_end_of_the_call_ends_what_is_being_said() -> None:
    line = Line(most=5)
    player = Player(line)
    task = asyncio.create_task(player.run())
    prompt = player.play(ONE * 100)
    assert not await prompt.over()
    await task
    assert not await player.play(ONE).over()


async def test_the_recording_sees_every_frame() -> None:
    line, seen = Line(most=8), list[bytes]()
    player = Player(line, sent=seen.append)
    player.play(ONE * 3)
    await player.run()
    assert seen == line.sent == [ONE] * 3 + [SILENCE] * 5
