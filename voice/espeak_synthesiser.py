"""Speech by espeak-ng: a pool of worker processes, one text at a time each (`voice.synthesis_worker` says why).

A worker that dies, hangs, or was left in the middle of a text by a cancelled call is killed and replaced in the
background; the text is tried once more. Workers are replaced after a number of texts, so that nothing in a C library
that is older than most of its users can grow for ever.
"""

import asyncio
import logging
import math
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from voice.synthesis_worker import LENGTH
from voice.synthesiser import SynthesisFailed, is_sayable

ATTEMPTS = 2
START_SECONDS = 30.0
"""Python, numpy and espeak-ng take 0.3 s to load; many times that on a machine that is starting everything else."""
_LONGEST_ANSWER = 64_000_000
"""Bytes; an hour of speech. asyncio stops reading beyond, and then never notices that a killed worker is gone."""
_ROOT = Path(__file__).resolve().parent.parent
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class VoiceSettings:
    """How espeak-ng speaks."""

    voice: str = "roa/es-419"
    """espeak-ng's identifier; this one is Spanish of Latin America, which `es-mx` means too."""
    rate: int = 150
    """Words per minute. pyttsx3's 200 is too fast for a folio that somebody writes down."""
    pitch: int = 50
    """0 to 99."""


class _WorkerLost(Exception):  # noqa: N818
    """The process ended without an answer."""


class _Worker:
    """One process and the way to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.texts = 0

    @classmethod
    async def started(cls, arguments: tuple[str, ...]) -> "_Worker":
        """A process that is ready for a text.

        Raises:
            SynthesisFailed: it did not come up.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "voice.synthesis_worker", *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=_ROOT, limit=_LONGEST_ANSWER,
        )  # fmt: skip
        worker, ready = cls(process), False
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker._answer()
            ready = True
        except (TimeoutError, _WorkerLost) as error:
            raise SynthesisFailed("espeak-ng did not start; its own message is in the log") from error
        finally:
            if not ready:
                await worker.end()
        return worker

    async def render(self, text: str) -> bytes:
        """The sound of the text.

        Raises:
            _WorkerLost: the process ended.
        """
        assert self._process.stdin is not None
        self.texts += 1
        data = text.encode("utf-8", "ignore")  # half a surrogate pair has no sound
        try:
            self._process.stdin.write(LENGTH.pack(len(data)) + data)
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise _WorkerLost from error
        return await self._answer()

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        try:
            (length,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
            return await self._process.stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise _WorkerLost from error

    async def end(self) -> None:
        """Kill it and wait until it is gone; it holds nothing that a kill could leave behind."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()


class EspeakSynthesiser:
    """`Synthesiser` by espeak-ng. Use as `async with`, or `start` and `close`."""

    def __init__(
        self,
        voice: VoiceSettings = VoiceSettings(),
        *,
        workers: int = 2,
        seconds_per_text: float = 10.0,
        texts_per_worker: int = 2000,
    ) -> None:
        self._arguments = (voice.voice, str(voice.rate), str(voice.pitch), str(math.ceil(seconds_per_text) + 1))
        self._limit, self._most_texts = seconds_per_text, texts_per_worker
        engines = " ".join(f"{name} {version(name)}" for name in ("pyttsx3", "espeakng-loader", "soxr"))
        self._identity = f"{engines} {voice.voice} {voice.rate} wpm pitch {voice.pitch}"
        self._idle: asyncio.Queue[_Worker | None] = asyncio.Queue()
        """Workers without a text; None is a place whose worker has yet to be started."""
        for _ in range(workers):
            self._idle.put_nowait(None)
        self._alive: set[_Worker] = set()
        self._renewals: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def identity(self) -> str:
        """Engine, versions and settings."""
        return self._identity

    async def start(self) -> None:
        """Start the workers now, rather than when the first texts come.

        Raises:
            SynthesisFailed: not one of them came up.
        """
        slots = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        came = await asyncio.gather(*(self._ready(slot) for slot in slots), return_exceptions=True)
        for one in came:
            self._idle.put_nowait(one if isinstance(one, _Worker) else None)
        failures = [one for one in came if isinstance(one, BaseException)]
        if failures and len(failures) == len(slots):
            raise failures[0]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def speech(self, text: str) -> bytes:
        """The sound of the text: PCM, 8 kHz, 16-bit signed little-endian, mono (see `Synthesiser`).

        Raises:
            SynthesisFailed: twice not in time or not at all; or closed.
        """
        if not is_sayable(text):
            return b""
        sayable = " ".join(text.replace("\0", " ").split())  # a NUL would end the text for espeak-ng
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if pcm := await self._rendered(sayable):
                    return pcm
                reason = "made no sound"
            except TimeoutError:
                reason = f"took more than {self._limit} s"
            except _WorkerLost:
                reason = "died"
            # The text stays out of the log: it may hold personal data.
            logger.warning("espeak-ng %s on %d characters, attempt %d", reason, len(sayable), attempt)
        raise SynthesisFailed(f"espeak-ng {reason} on {len(sayable)} characters, {ATTEMPTS} times")

    async def close(self) -> None:
        """End all workers, also those in the middle of a text."""
        self._closed = True
        renewals = list(self._renewals)
        for renewal in renewals:
            renewal.cancel()
        await asyncio.gather(*renewals, return_exceptions=True)
        await asyncio.gather(*(self._end(worker) for worker in list(self._alive)))
        self._idle.put_nowait(None)  # wakes whoever waits; each wakes the next

    async def _rendered(self, text: str) -> bytes:
        worker = await self._taken()
        fit = False
        try:
            async with asyncio.timeout(self._limit):
                pcm = await worker.render(text)
            fit = worker.texts < self._most_texts
            return pcm
        finally:  # also when cancelled: the answer still to come would be taken for the next text's
            if fit:
                self._idle.put_nowait(worker)
            else:
                self._renew(worker)

    async def _taken(self) -> _Worker:
        """A worker of one's own; to be put back, or renewed."""
        slot = await self._idle.get()
        worker = None
        try:
            worker = await self._ready(slot)
            return worker
        finally:
            if worker is None:
                self._idle.put_nowait(slot)

    async def _ready(self, slot: _Worker | None) -> _Worker:
        if self._closed:
            raise SynthesisFailed("the synthesiser is closed")
        if slot is not None:
            return slot
        worker = await _Worker.started(self._arguments)
        self._alive.add(worker)
        return worker

    def _renew(self, worker: _Worker) -> None:
        """Replace it in the background: no text waits for a process to load while another worker is idle."""
        renewal = asyncio.create_task(self._renewed(worker))
        self._renewals.add(renewal)
        renewal.add_done_callback(self._renewals.discard)

    async def _renewed(self, worker: _Worker) -> None:
        fresh = None
        try:
            await self._end(worker)
            fresh = await self._ready(None)
        except SynthesisFailed as failure:
            logger.error("a worker could not be replaced: %s", failure)  # the next text tries to start it
        finally:
            self._idle.put_nowait(fresh)

    async def _end(self, worker: _Worker) -> None:
        await worker.end()
        self._alive.discard(worker)
