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
    return [max(array("h", frame)) for frame in line.spoken]


async def test_a_lowered_voice_goes_on_softly_without_a_click_and_comes_back() -> None:
    line = Line()
    async with playing(line) as player:
        prompt = player.play(LOUD * 60)
        while len(line.spoken) < 5:
            await asyncio.sleep(0.001)
        player.lower()
        lowered = len(line.spoken)
        while len(line.spoken) < lowered + 5:
            await asyncio.sleep(0.001)
        player.raise_again()
        raised = len(line.spoken)
        assert await prompt.over()
    assert peaks(line)[:lowered] == [10_000] * lowered
    change = array("h", line.spoken[lowered])
    assert change[0] == 10_000 and change[-1] == 1_000 and max(map(int.__sub__, change[:-1], change[1:])) < 100
    assert set(peaks(line)[lowered + 1 : raised]) == {1_000}
    assert set(peaks(line)[raised + 1 :]) == {10_000}


async def test_what_comes_after_a_lowered_prompt_is_said_aloud() -> None:
    line = Line()
    async with playing(line) as player:
        player.lower()  # nobody speaks: nothing to lower
        first = player.play(LOUD * 10)
        while len(line.spoken) < 3:
            await asyncio.sleep(0.001)
        player.lower()
        assert await first.over()
        assert await player.play(LOUD * 3).over()
        second = player.play(LOUD * 100)
        while player.playing and len(line.spoken) < 20:
            await asyncio.sleep(0.001)
        player.lower()
        player.stop()
        assert not await second.over()
        assert await player.play(LOUD * 3).over()
    assert min(peaks(line)[3:10]) == 1_000
    assert peaks(line)[10:13] == [10_000] * 3 == peaks(line)[-3:]


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
