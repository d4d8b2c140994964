"""A process that makes speech with pyttsx3: `python -m voice.synthesis_worker VOICE RATE PITCH LIMIT`.

Why a process: espeak-ng is one per process, pyttsx3 mixes up texts and hangs when threads share it, and a hang can only
be ended from outside (voice.md §5). It reads texts from standard input, one at a time, and writes PCM, 8 kHz, to
standard output; each is preceded by its length in bytes, 32 bits, big-endian. An empty answer says that it is ready.

It crashes rather than answer wrongly: the pool (`voice.espeak_synthesiser`) starts another one.
"""

import ctypes
import os
import signal
import struct
import sys
from typing import BinaryIO

import espeakng_loader

from voice.audio import read_wav, resampled, without_tail

LENGTH = struct.Struct(">I")
_ESPEAK_RATE = 22050
_NICENESS = 5
"""Below the process that paces calls: a late prompt is a pause, a late frame is heard as a click."""


def main(arguments: list[str]) -> int:
    """Serve texts until standard input ends."""
    voice, rate, pitch, limit = arguments[0], int(arguments[1]), int(arguments[2]), int(arguments[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the group; the pool ends its workers
    os.nice(_NICENESS)
    answers = _own_standard_output()
    engine = Engine(voice, rate, pitch)
    _answer(answers, b"")
    while (text := _read(sys.stdin.buffer)) is not None:
        # The pool has a limit of its own; this one ends a worker whose pool is gone. SIGALRM kills even inside espeak.
        signal.alarm(limit)
        pcm = engine.speech(text)
        signal.alarm(0)
        _answer(answers, pcm)
    return 0


def _own_standard_output() -> BinaryIO:
    """Standard output for the answers alone: pyttsx3 prints a line to it for every text."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answers


class Engine:
    """pyttsx3 over the espeak-ng that `espeakng-loader` brings."""

    def __init__(self, voice: str, rate: int, pitch: int) -> None:
        os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
        # Only now: pyttsx3 looks for libespeak-ng.so.1 when it is imported, and finds the one that is already loaded.
        import pyttsx3

        self._engine = pyttsx3.init("espeak")
        self._engine.proxy.setBusy(False)  # or what follows would be put off to the first text
        settings = {"voice": voice, "rate": rate, "pitch": pitch}
        for name, value in settings.items():
            self._engine.setProperty(name, value)  # swallows what goes wrong
        self._settle()
        for name, value in settings.items():
            if self._engine.getProperty(name) != value:
                raise SystemExit(f"espeak-ng has no {name} {value!r}; Mexican Spanish is the voice 'roa/es-419'")

    def _settle(self) -> None:
        """Wait until espeak-ng's own thread is idle.

        pyttsx3 does not: it begins each text with a stop if the thread is busy, be it with settings or with the end of
        the text before. That stop drops settings (speech at the wrong speed) and strikes the new text (no sound); seen
        in three of ninety processes that were started on a busy machine.
        """
        self._library.espeak_Synchronize()

    def speech(self, text: str) -> bytes:
        """PCM, 8 kHz. Each text has a fresh file, or pyttsx3 mixes them up; in memory, so that no death leaks it."""
        with os.fdopen(os.memfd_create("speech"), "rb") as file:
            self._engine.save_to_file(text, f"/proc/self/fd/{file.fileno()}")
            self._engine.runAndWait()
            self._settle()
            pcm, rate = read_wav(file, (_ESPEAK_RATE,))
        return without_tail(resampled(pcm, rate))


def _read(requests: BinaryIO) -> str | None:
    """The next text; None at the end."""
    head = requests.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    return requests.read(length).decode()


def _answer(answers: BinaryIO, pcm: bytes) -> None:
    answers.write(LENGTH.pack(len(pcm)) + pcm)
    answers.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
