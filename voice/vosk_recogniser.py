"""Speech to text by Vosk: a process per call, all of them over one model in memory (`voice.decoding_process`)."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from voice.decoding_messages import BYTES_PER_SAMPLE, batch_bytes
from voice.decoding_processes import CallDecoder, DecodingProcesses
from voice.expectation import Expectation
from voice.recogniser import RecogniserFailed, Transcript

MOST_WAITING_SECONDS = 10.0
"""Audio that may wait to be decoded; with more, the recogniser is dead or the machine is too small for the calls."""
FINISH_SECONDS = 5.0
"""Longest wait for a final result; a large model with `rescore` takes up to 4 s (voice.md §4)."""
Decoded = TypeVar("Decoded")


class VoskRecogniser:
    """The model in `folder`, loaded once. `close` when the server stops.

    Raises RecogniserFailed when the folder holds no model that Vosk can load.
    """

    def __init__(self, folder: Path) -> None:
        self.processes = DecodingProcesses(folder)

    def session(self, rate: int) -> "VoskSession":
        """An ear for one call; Vosk itself resamples from `rate` to what the model was trained on."""
        return VoskSession(CallDecoder(self.processes, rate), rate)

    def close(self) -> None:
        """End all processes; what they decode is dropped."""
        self.processes.close()


class VoskSession:
    """One call's ear (voice.recogniser.RecognitionSession): gathers batches, has them decoded one after the other."""

    def __init__(self, decoder: CallDecoder, rate: int) -> None:
        self.decoder = decoder
        self._batch = batch_bytes(rate)
        self._most_waiting = int(MOST_WAITING_SECONDS * rate) * BYTES_PER_SAMPLE
        self._waiting = bytearray()
        self._expected: Expectation | None = None
        self._job: asyncio.Task[str] | None = None
        self._partial = ""
        self._failed: RecogniserFailed | None = None

    def expect(self, expectation: Expectation) -> None:
        """What comes next; in force with the next audio. Audio of an unfinished utterance is dropped."""
        self._waiting.clear()
        self._partial = ""
        self._expected = expectation

    async def accept(self, pcm: bytes) -> str:
        """Hear a frame; the text so far, which lags one batch behind."""
        self._waiting += pcm
        if self._job is not None and self._job.done():
            heard, self._job = self._answer(self._job), None
            self._partial = heard if self._expected is None else ""  # what was expected meanwhile is another utterance
        if self._failed is None and len(self._waiting) > self._most_waiting:
            self._failed = RecogniserFailed(f"more than {MOST_WAITING_SECONDS:.0f} s of audio wait to be decoded")
        if self._failed is not None:
            raise self._failed
        if self._job is None and len(self._waiting) >= self._batch:
            self._job = self._begun(self.decoder.hear(*self._taken(self._batch)))
        return self._partial

    async def finish(self) -> Transcript:
        """The utterance's transcript, once all that waits is decoded. Whoever cancels this has closed the session."""
        try:
            if self._job is not None:
                await asyncio.wait({self._job}, timeout=FINISH_SECONDS)
                self._answer(self._job)
                self._job = None
            if self._failed is not None:
                raise self._failed
            last = self._begun(self.decoder.finish(*self._taken(BYTES_PER_SAMPLE)))
            await asyncio.wait({last}, timeout=FINISH_SECONDS)
        except asyncio.CancelledError:
            self.close()  # it is still being decoded: nothing else may
            raise
        self._partial = ""
        return self._answer(last)

    def close(self) -> None:
        """Drop what waits, and end the process that decodes."""
        self._waiting.clear()
        self._failed = RecogniserFailed("the session is closed")
        self.decoder.close()

    def _taken(self, piece: int) -> tuple[bytes, Expectation | None]:
        """All that waits, in multiples of `piece` (half a sample waits for its other half), and what it is to be."""
        whole = len(self._waiting) // piece * piece
        pcm, expected = bytes(self._waiting[:whole]), self._expected
        del self._waiting[:whole]
        self._expected = None
        return pcm, expected

    def _begun(self, decoding: Coroutine[Any, Any, Decoded]) -> "asyncio.Task[Decoded]":
        task = asyncio.create_task(decoding)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # a closed call asks for none
        return task

    def _answer(self, job: "asyncio.Task[Decoded]") -> Decoded:
        """What was decoded; whatever went wrong is this call's failure only."""
        if not job.done():
            self._failed = RecogniserFailed(f"no answer within {FINISH_SECONDS:.0f} s")
            raise self._failed
        if isinstance(error := job.exception(), RecogniserFailed):
            self._failed = error
        return job.result()
