"""A caller by hand: frames, keys and a hang-up into a call held over the real service; only sound is made up."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from scripted_dialogue import Counter

from channels.call_dialogue import CallDialogue, NextStep
from channels.voice_call import Voice, VoiceCall
from channels.waiting_line import Coming, WaitingLine
from conversation.staff import Staffing
from voice.activity import VoiceActivity
from voice.expectation import Expectation
from voice.recogniser import RecogniserFailed, Transcript, Word, transcript_of
from voice.synthesiser import SynthesisFailed
from voice.transport import FRAME_BYTES, FRAME_MS, SILENCE, AudioFrame, CallEnded, CallInfo, HungUp, Inbound, KeyPressed
from voice.turn_taking import TurnTiming

VOICE = b"\x01" + bytes(FRAME_BYTES - 1)
SAID = b"\x02" * FRAME_BYTES


class Marked:
    """Takes a frame for speech when its first byte says so."""

    def speech(self, frame: bytes) -> bool:
        return frame[0] == 1

    def forget(self) -> None:
        """Keeps nothing."""


class Line:
    """A call in memory."""

    info = CallInfo("7f3c0d5e-0000-4000-8000-000000000001", "5512345678", "8006232323")

    def __init__(self) -> None:
        self._inbound: asyncio.Queue[Inbound] = asyncio.Queue()
        self.sent: list[bytes] = []
        self.ended = False

    async def events(self) -> AsyncIterator[Inbound]:
        while True:
            event = await self._inbound.get()
            yield event
            if isinstance(event, HungUp):
                return

    async def send(self, frame: bytes) -> None:
        if self.ended:
            raise CallEnded("over")
        self.sent.append(frame)

    async def hang_up(self) -> None:
        self.tell(HungUp("hung up"))

    def tell(self, event: Inbound) -> None:
        self.ended = self.ended or isinstance(event, HungUp)
        self._inbound.put_nowait(event)

    async def taken(self) -> None:
        while not self._inbound.empty():
            await asyncio.sleep(0)


class ShortVoice:
    """A synthesiser whose every text lasts 40 ms, or `frames` of 20 ms."""

    identity = "short"

    def __init__(self) -> None:
        self.said: list[str] = []
        self.fails = False
        self.frames = 2

    async def speech(self, text: str) -> bytes:
        if self.fails:
            raise SynthesisFailed("no voice today")
        self.said.append(text)
        return SAID * self.frames

    async def close(self) -> None:
        """Nothing is held."""


class StrictEar:
    """A session that does not bear what its port forbids; hears what the test wrote, in order."""

    def __init__(self, hears: Sequence[str | Exception]) -> None:
        self._hears = deque(hears)
        self._busy = self._pending = False
        self.expected: list[Expectation] = []
        self.partial = ""
        self.utterances: list[int] = []
        self._frames = 0

    def session(self, rate: int) -> "StrictEar":
        return self

    def expect(self, expectation: Expectation) -> None:
        assert not self._busy and not self._pending, "told what comes next in the middle of an utterance"
        self.expected.append(expectation)

    async def accept(self, pcm: bytes) -> str:
        assert not self._busy, "two tasks on one session"
        self._pending = True
        self._frames += len(pcm) // FRAME_BYTES
        return self.partial

    async def finish(self) -> Transcript:
        assert not self._busy, "two tasks on one session"
        self._busy = True
        await asyncio.sleep(0.01)
        self._busy = self._pending = False
        self.utterances.append(self._frames)
        self._frames = 0
        heard = self._hears.popleft() if self._hears else ""
        if isinstance(heard, Exception):
            raise heard
        return transcript_of(tuple(Word(word, 0.9, at, at + 1) for at, word in enumerate(heard.split())))

    def close(self) -> None:
        """Nothing is held."""


class Caller:
    """One call to the counter, from dialling to the next step; with `coming`, one that comes back."""

    def __init__(
        self, counter: Counter, campaign: str = "derechohabiente", coming: Coming | None = None,
        staffing: Staffing | None = None, activity: VoiceActivity | None = None, unheard_ms: int = 10**9,
        **voice: object,
    ) -> None:  # fmt: skip
        """`unheard_ms`: what a test does not send is no silence of the caller, unless it says so."""
        self.counter, self.line, self.voice = counter, Line(), ShortVoice()
        timing = TurnTiming(no_input=1000, unheard=unheard_ms)
        made = Voice(self.voice, timing=timing, **voice)  # type: ignore[arg-type]
        dialogue = CallDialogue(counter.service, WaitingLine(counter.record, staffing), campaign, coming)
        self._call = VoiceCall(self.line, counter.service, dialogue, {}, made, activity or Marked())
        self._serving = asyncio.create_task(self._call.serve())

    @property
    def said(self) -> str:
        return "\n".join(self.voice.said)

    def speaks(self, milliseconds: int = 600, then_ms: int = 1500) -> None:
        self._frames(VOICE, milliseconds)
        self._frames(SILENCE, then_ms)

    def says(self, pcm: bytes) -> None:
        """Real sound, for a detector that can hear it."""
        for place in range(0, len(pcm), FRAME_BYTES):
            self.line.tell(AudioFrame(pcm[place : place + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")))

    def is_silent(self, milliseconds: int = 1100) -> None:
        self._frames(SILENCE, milliseconds)

    def presses(self, keys: str) -> None:
        for key in keys:
            self.line.tell(KeyPressed(key))

    def hangs_up(self) -> None:
        self.line.tell(HungUp("the caller hung up"))

    def _frames(self, frame: bytes, milliseconds: int) -> None:
        for _ in range(milliseconds // FRAME_MS):
            self.line.tell(AudioFrame(frame))

    async def hears(self, text: str, times: int = 1) -> None:
        """Until this has been said so often and the bot is silent again."""
        await until(lambda: self.said.count(text) >= times, lambda: f"«{text}» in: {self.said}")
        await self.quiet()

    async def quiet(self) -> None:
        await self.line.taken()
        await asyncio.sleep(0.06)  # what is to be said has begun
        await until(lambda: len(self.line.sent) > 5 and set(self.line.sent[-5:]) == {SILENCE}, lambda: "silence")
        await asyncio.sleep(0.02)

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Until it is so; fails with what was said."""
        await until(true, lambda: f"{what}: {self.said}")

    async def next_step(self) -> NextStep:
        async with asyncio.timeout(5):
            return await self._serving

    @property
    def conversation(self) -> str:
        found = self.counter.audience.heard[-1][0]
        return found.id


async def until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    for _ in range(200):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it did not come to {what()}")


def deaf() -> RecogniserFailed:
    return RecogniserFailed("out of memory")
