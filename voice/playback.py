"""The paced player: one frame every 20 ms, silence when there is nothing to say, and a stop that is heard at once.

AudioSocket has no queue that could be flushed: what has been sent will be heard. Hence pacing against a monotonic
deadline with little look-ahead; sent unpaced, a caller hears only the tail of each sentence.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from voice.transport import FRAME_BYTES, FRAME_MS, SILENCE, CallEnded, CallTransport, HoldsSound

_FRAME_S = FRAME_MS / 1000
LOOK_AHEAD_FRAMES = 2
"""Frames sent beyond the one being heard: covers a wake-up 40 ms late, and lets a barge-in be heard 60 ms late."""


class Prompt:
    """One piece of sound on its way to the caller."""

    def __init__(self, pcm: bytes) -> None:
        self._pcm = pcm + bytes(-len(pcm) % FRAME_BYTES)
        self._place = 0
        self._over = asyncio.Event()

    @property
    def sent_ms(self) -> int:
        """How much of it has been sent."""
        return self._place // FRAME_BYTES * FRAME_MS

    @property
    def complete(self) -> bool:
        """Whether all of it has been sent."""
        return self._place >= len(self._pcm)

    async def over(self) -> bool:
        """Wait until it was sent whole (True), or stopped or cut by the end of the call (False)."""
        await self._over.wait()
        return self.complete

    def _at_hand(self) -> bytes:
        return self._pcm[self._place : self._place + FRAME_BYTES]

    def _next(self) -> bytes:
        frame = self._at_hand()
        self._place += FRAME_BYTES
        return frame

    def _end(self) -> None:
        self._over.set()


class Player:
    """Plays prompts one after the other into a call. `sent` sees every frame that goes out, for the recording."""

    def __init__(self, transport: CallTransport, sent: Callable[[bytes], None] | None = None) -> None:
        self._transport = transport
        self._sent = sent
        self._queue: deque[Prompt] = deque()
        self._since_idle = 0
        self._paused = self._faded = False
        self._call_over = False
        self.frames = 0
        """Frames sent, silence included."""
        self.late_frames = 0
        """Frames sent after the moment at which the caller needed them: a gap was heard."""

    @property
    def playing(self) -> bool:
        """Whether something other than silence is being said."""
        return bool(self._queue)

    def play(self, pcm: bytes) -> Prompt:
        """Say this after what is being said; 8 kHz 16-bit mono of any length, padded with silence to whole frames."""
        prompt = Prompt(pcm)
        if self._call_over or prompt.complete:
            prompt._end()
            return prompt
        if not self._queue:
            self._since_idle = 0
        self._queue.append(prompt)
        return prompt

    def pause(self) -> None:
        """Somebody may be interrupting: be silent until `resume` or `stop`. What was being said waits where it is."""
        self._paused = bool(self._queue)

    def resume(self) -> None:
        """Nobody was: go on from there, without a word lost or said twice."""
        self._paused = False

    def stop(self) -> int:
        """Barge-in: say nothing more of what is queued. Milliseconds heard since silence ended; 0 in silence.

        Frames already on their way (`LOOK_AHEAD_FRAMES`) count as heard: they cannot be called back.
        """
        if not self._queue:
            return 0
        for prompt in self._queue:
            prompt._end()
        self._silent()
        if isinstance(self._transport, HoldsSound):
            self._transport.flush()
        return self._since_idle * FRAME_MS

    async def run(self) -> None:
        """Keep sound flowing until the call ends; start it first thing, in a task of its own."""
        due = time.monotonic()
        try:
            while True:
                await self._transport.send(frame := self._next())
                self.frames += 1
                if self._sent is not None:
                    self._sent(frame)
                due += _FRAME_S
                ahead = due - time.monotonic() - LOOK_AHEAD_FRAMES * _FRAME_S
                if ahead > 0:
                    await asyncio.sleep(ahead)
                if (lateness := time.monotonic() - due) > 0:
                    # The line ran dry. Sending in a burst what was missed would only make the caller's phone drop it.
                    self.late_frames += 1
                    due += lateness
        except CallEnded:
            return
        finally:
            self._call_over = True
            self.stop()

    def _next(self) -> bytes:
        if not self._queue:
            return SILENCE
        prompt = self._queue[0]
        if self._paused:
            frame = SILENCE if self._faded else _faded(prompt._at_hand(), 1.0, 0.0)  # it comes again with the voice
            self._faded = True
            return frame
        frame = _faded(prompt._next(), 0.0, 1.0) if self._faded else prompt._next()
        self._faded = False
        self._since_idle += 1
        if prompt.complete:
            self._queue.popleft()
            prompt._end()
            if not self._queue:
                self._silent()
        return frame

    def _silent(self) -> None:
        """Nothing is left to say; what comes next is said at once."""
        self._queue.clear()
        self._paused = self._faded = False


def _faded(frame: bytes, start: float, end: float) -> bytes:
    """The frame, its volume going evenly from one to the other: a step is heard as a click."""
    return bytes((np.frombuffer(frame, "<i2") * np.linspace(start, end, FRAME_BYTES // 2)).astype("<i2").tobytes())
