"""The voice process's side of the processes that decode (`voice.decoding_process`): start, one per call, end."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from voice.decoding_messages import (
    READY,
    TO_PARENT,
    Order,
    ParentOrder,
    expectation_bytes,
    order,
    transcript_in,
)
from voice.expectation import Expectation
from voice.recogniser import RecogniserFailed, Transcript

logger = logging.getLogger(__name__)
START_SECONDS = 60.0
"""Longest wait for a model: a large one takes some ten seconds to load (voice.md §4)."""
_LONGEST_LINE = 1 << 20
"""Bytes of one answer: the words of half a minute take some ten thousand."""
_ROOT = Path(__file__).resolve().parent.parent
Heard = TypeVar("Heard")


class DecodingProcesses:
    """The process that holds the model of `folder`, and through it one process per call.

    Raises RecogniserFailed when the folder holds no model that Vosk can load.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._renewing: asyncio.Task[None] | None = None
        self._closed = False
        self._process, self._orders = self._started()

    @property
    def process_id(self) -> int:
        """Of the process that holds the model: for measuring."""
        return self._process.pid

    def _started(self) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        """The process, once it has loaded the model. Blocking."""
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "voice.decoding_process", str(self._folder)]
            process = subprocess.Popen(command, stdin=theirs.fileno(), cwd=_ROOT)
        ours.settimeout(START_SECONDS)
        ready = b""
        with suppress(TimeoutError, ConnectionError):
            ready = ours.recv(len(READY))
        if ready != READY:
            ours.close()
            process.kill()
            process.wait()
            raise RecogniserFailed(f"{self._folder}: Vosk cannot load this model; its own message is in the log")
        ours.setblocking(False)
        return process, ours

    async def connection(self, rate: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new process for a call; the one with the model is started again if it is gone. Raises RecogniserFailed."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                await self._serve(rate, theirs)
            except BaseException:
                ours.close()
                raise
        return await asyncio.open_unix_connection(sock=ours, limit=_LONGEST_LINE)

    def kill(self, process_id: int) -> None:
        """End the process of a call, whatever it is doing."""
        with suppress(OSError):  # the parent is gone, and the call's socket is closed, which ends its process as well
            self._orders.send(TO_PARENT.pack(ParentOrder.KILL, process_id))

    async def _serve(self, rate: int, call: socket.socket) -> None:
        message = TO_PARENT.pack(ParentOrder.SERVE, rate)
        if self._closed:
            raise RecogniserFailed("the recogniser was closed")
        try:
            socket.send_fds(self._orders, [message], [call.fileno()])
        except OSError:
            if self._renewing is None or self._renewing.done():
                self._renewing = asyncio.create_task(self._renew())
            await asyncio.shield(self._renewing)  # whoever waits may hang up, the others still need it
            await self._serve(rate, call)

    async def _renew(self) -> None:
        logger.error("the process with the speech model is gone (%s): another one is started", self._process.poll())
        self._end()
        self._process, self._orders = await asyncio.to_thread(self._started)
        if self._closed:
            self._end()

    def close(self) -> None:
        """End them all."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        self._orders.close()
        self._process.kill()
        self._process.wait()


class CallDecoder:
    """Decodes one call in a process of its own, and in another one when that dies.

    A new one is told the utterance so far. What kills two in the same utterance would kill a third: the call's
    recogniser has failed then.
    """

    def __init__(self, processes: DecodingProcesses, rate: int) -> None:
        self._processes, self._rate = processes, rate
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._expectation: Expectation | None = None
        self._told = self._closed = False
        self._utterance = bytearray()
        self._died = 0
        """Processes, in this utterance."""
        self.process_id: int | None = None
        """Of the process that decodes; None before the first sound."""

    async def hear(self, pcm: bytes, expected: Expectation | None) -> str:
        """Decode whole batches, after what is expected has changed to `expected`, if it has; the text so far."""
        self._begin(expected)
        heard = await self._decoded(Order.HEAR, pcm, lambda answer: str(answer["heard"]))
        self._utterance += pcm
        return heard

    async def finish(self, pcm: bytes, expected: Expectation | None) -> Transcript:
        """Decode the rest; the whole utterance. Raises RecogniserFailed, as `hear` does."""
        self._begin(expected)
        transcript = await self._decoded(Order.FINISH, pcm, transcript_in)
        self._over()
        return transcript

    def close(self) -> None:
        """End the process; what it still decodes is dropped."""
        self._closed = True
        self._disconnect()

    def _begin(self, expected: Expectation | None) -> None:
        """Another utterance, when something else is expected from now on."""
        if expected is not None:
            self._expectation, self._told = expected, False
            self._over()

    def _over(self) -> None:
        self._utterance.clear()
        self._died = 0

    async def _decoded(self, kind: Order, pcm: bytes, read: Callable[[dict[str, Any]], Heard]) -> Heard:
        while True:
            try:
                reader, writer = self._connection or await self._connected()
                self._tell_expectation(writer)
                writer.write(order(kind, pcm))
                return read(await _answer(reader))
            except (OSError, LookupError, TypeError, ValueError) as error:
                self._lost(error)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new process, which has heard what the one before had heard of this utterance."""
        if self._closed:
            raise RecogniserFailed("the session is closed")
        reader, writer = self._connection = await self._processes.connection(self._rate)
        self.process_id = int((await _answer(reader))["process"])
        self._told = False
        if self._utterance:
            self._tell_expectation(writer)
            writer.write(order(Order.HEAR, bytes(self._utterance)))
            await _answer(reader)
        return reader, writer

    def _tell_expectation(self, writer: asyncio.StreamWriter) -> None:
        if self._expectation is not None and not self._told:
            writer.write(order(Order.EXPECT, expectation_bytes(self._expectation)))
        self._told = True

    def _lost(self, error: Exception) -> None:
        """The process is gone, or answers nonsense. Raises RecogniserFailed when it was not the first."""
        if self._closed:
            raise RecogniserFailed("the session is closed") from error
        self._died += 1
        logger.warning("the recogniser of a call was lost (process %s): %r", self.process_id, error)
        self._disconnect()
        if self._died > 1:
            raise RecogniserFailed("two processes were lost with one utterance") from error

    def _disconnect(self) -> None:
        if self.process_id is not None:
            self._processes.kill(self.process_id)  # it may be in the middle of something, or never come back from it
            self.process_id = None
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None


async def _answer(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next line. Raises ConnectionError when the process has ended, ValueError for what is no object of JSON."""
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("the process has ended")
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no object")
    return answer
