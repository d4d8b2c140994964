"""The ear of one call: everything that is asked of a recognition session, in order and by one task.

A session may not be used by two tasks, nor be told what comes next while an utterance is pending (voice.recogniser); a
key in the middle of a word brings both about when every utterance has a task of its own.
"""

import asyncio
from typing import Any

from voice.expectation import Expectation
from voice.recogniser import RecogniserFailed, RecognitionSession, Transcript
from voice.transport import SAMPLE_RATE

SETTLED_MS = 700
"""Sound without a change in what was understood, after which it is taken for what the caller wanted to say."""
_BYTES_PER_MS = 2 * SAMPLE_RATE // 1000


class Ears:
    """Hears utterance after utterance; `close` at the end of the call. Made within a running loop."""

    def __init__(self, session: RecognitionSession) -> None:
        self._session = session
        self._orders: asyncio.Queue[Expectation | bytes | asyncio.Future[Transcript]] = asyncio.Queue()
        self._partial = ""
        self._steady_ms = 0
        self._told = False
        self._working = asyncio.create_task(self._work())

    def expect(self, expectation: Expectation) -> None:
        """What the next utterance will be."""
        self._orders.put_nowait(expectation)

    def hear(self, pcm: bytes) -> None:
        """More of the utterance."""
        self._orders.put_nowait(pcm)

    def settled(self) -> str:
        """What was understood so far, told once when it has not changed for a while; else «»."""
        if self._told or self._steady_ms < SETTLED_MS:
            return ""
        self._told = True
        return self._partial

    async def finish(self) -> Transcript:
        """The utterance is over: what was said. Raises RecogniserFailed, also for what failed before."""
        answer = self._end_utterance()
        either: set[asyncio.Future[Any]] = {answer, self._working}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise RecogniserFailed("nobody listens any more")
        return answer.result()

    def abandon(self) -> None:
        """The utterance is of no interest any more; the next one begins afresh."""
        self._end_utterance()

    async def close(self) -> None:
        """The call is over."""
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)
        self._session.close()

    def _end_utterance(self) -> "asyncio.Future[Transcript]":
        answer: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # an abandoned one is never asked
        self._orders.put_nowait(answer)
        return answer

    async def _work(self) -> None:
        failed: RecogniserFailed | None = None
        while True:
            order = await self._orders.get()
            try:
                if failed is not None:
                    raise failed
                await self._obey(order)
            except RecogniserFailed as failure:
                failed = failure
                if isinstance(order, asyncio.Future) and not order.done():
                    order.set_exception(failure)

    async def _obey(self, order: "Expectation | bytes | asyncio.Future[Transcript]") -> None:
        match order:
            case Expectation():
                self._session.expect(order)
            case bytes():
                self._notice(await self._session.accept(order), len(order) // _BYTES_PER_MS)
            case _:
                transcript = await self._session.finish()
                self._partial, self._steady_ms, self._told = "", 0, False
                if not order.done():
                    order.set_result(transcript)

    def _notice(self, partial: str, milliseconds: int) -> None:
        if partial != self._partial:
            self._partial, self._steady_ms, self._told = partial, 0, False
        elif partial:
            self._steady_ms += milliseconds
