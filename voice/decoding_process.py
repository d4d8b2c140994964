"""Processes that decode: `python -m voice.decoding_process FOLDER`. One loads the model and forks one for each call.

Why a process per call: libvosk may crash, and then only that call has lost its ear (`voice.decoding_processes` gives it
another). Why forked: the model is in memory once, shared by all of them, and a new one costs 1 to 5 ms and 4 MB, as a
recogniser in a thread did (docs/figures.md). The process that forks never decodes and has one thread; its orders come
over its standard input, a Unix socket.
"""

import json
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from voice.decoding_messages import HEADER, READY, TO_PARENT, Order, ParentOrder, expectation_of, transcript_line
from voice.expectation import Expectation
from voice.recogniser import RecogniserFailed, Transcript
from voice.vosk_decoder import VoskDecoder, VoskModel

_NICENESS = 5
"""Below the process that paces calls: a word understood later is a pause, a late frame is heard as a click."""


class Decoder(Protocol):
    """What decodes one call."""

    def expect(self, expectation: Expectation) -> None:
        """What comes next."""
        ...

    def hear(self, pcm: bytes) -> str:
        """More of the utterance; the text so far."""
        ...

    def finish(self, pcm: bytes) -> Transcript:
        """The end of the utterance; all of it."""
        ...


def main(arguments: list[str]) -> int:
    """Load the model, then fork a process for every call until standard input ends; 1 when there is no model."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the group; the voice process ends us
    orders = socket.socket(fileno=os.dup(0))
    try:
        model = VoskModel(Path(arguments[0]))
    except RecogniserFailed as error:
        print(error, file=sys.stderr)
        return 1
    os.nice(_NICENESS)
    orders.send(READY)
    Nursery(model, orders).run()
    return 0


class Nursery:
    """The process with the model, and those that it has forked."""

    def __init__(self, model: VoskModel, orders: socket.socket) -> None:
        self._model, self._orders = model, orders
        self._children: set[int] = set()

    def run(self) -> None:
        """Obey until the voice process closes its end, or is gone."""
        signal.signal(signal.SIGCHLD, lambda number, frame: self._bury())
        while True:
            order, descriptors, _, _ = socket.recv_fds(self._orders, TO_PARENT.size, 1)
            if len(order) < TO_PARENT.size:
                break
            kind, number = TO_PARENT.unpack(order)
            if kind == ParentOrder.SERVE:
                self._fork(number, descriptors[0])
            elif number in self._children:
                os.kill(number, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for child in self._children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _fork(self, rate: int, descriptor: int) -> None:
        child = os.fork()
        if child == 0:
            self._become_a_child(rate, descriptor)
        self._children.add(child)
        os.close(descriptor)

    def _become_a_child(self, rate: int, descriptor: int) -> None:
        """Serve one call, then end without the clean-up of the process that we are a copy of."""
        status = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._orders.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            with socket.socket(fileno=descriptor) as call:
                serve(call, VoskDecoder(self._model, rate))
            status = 0
        except ConnectionError:
            status = 0  # the call is over
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)

    def _bury(self) -> None:
        """Take note of those that ended: what crashed is told in the log."""
        for child in tuple(self._children):
            with suppress(ChildProcessError):
                ended, status = os.waitpid(child, os.WNOHANG)
                if not ended:
                    continue
                if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
                    name = signal.Signals(os.WTERMSIG(status)).name
                    print(f"the recogniser of a call ended by {name} (process {child})", file=sys.stderr, flush=True)
            self._children.discard(child)


def serve(call: socket.socket, decoder: Decoder) -> None:
    """Decode one call until the other side closes; it ends by an error rather than answer wrongly."""
    with call.makefile("rb") as orders:
        call.sendall(json.dumps({"process": os.getpid()}).encode() + b"\n")
        while (answer := _obey(orders, decoder)) is not None:
            call.sendall(answer)


def _obey(orders: BinaryIO, decoder: Decoder) -> bytes | None:
    """The answer to the next order, empty when it has none; None at the end."""
    head = orders.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    kind, length = HEADER.unpack(head)
    payload = orders.read(length)
    match kind:
        case Order.EXPECT:
            decoder.expect(expectation_of(payload))
            return b""
        case Order.HEAR:
            return json.dumps({"heard": decoder.hear(payload)}).encode() + b"\n"
        case _:
            return transcript_line(decoder.finish(payload))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
