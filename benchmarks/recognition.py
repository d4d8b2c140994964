"""Cost of recognising speech: CPU per second of audio, alone and with 2, 4 and 8 calls at once, and memory per call.

Calls are paced as the telephone does, a frame of 20 ms after another; figures are ratios to real time. The model is
the tests' own unless a folder is given: `python -m benchmarks.recognition [FOLDER]`. A real one costs more.
"""

import asyncio
import os
import statistics
import sys
import time
import wave
from pathlib import Path

from voice.expectation import Expectation
from voice.recogniser import RecognitionSession
from voice.vosk_recogniser import VoskRecogniser

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
CALLS = (1, 2, 4, 8)
UTTERANCES = (
    ("nss_in_groups", Expectation("nss")), ("appointment", Expectation()), ("date_in_words", Expectation("date")),
    ("agent", Expectation("nss")),  # not what is expected: costs a second look
)  # fmt: skip
RATE, FRAME_SECONDS = 8000, 0.02
FRAME_BYTES = int(RATE * FRAME_SECONDS) * 2


def recording(name: str) -> bytes:
    """The samples of one recording of tests/data/speech."""
    with wave.open(str(DATA / "speech" / f"{name}.wav")) as file:
        return bytes(file.readframes(file.getnframes()))


async def call(session: RecognitionSession, late: list[float], final: list[float]) -> float:
    """Hold one call; its seconds of audio. Adds how late frames were heard, and the seconds to each final result."""
    seconds = 0.0
    for name, expectation in UTTERANCES:
        session.expect(expectation)
        pcm, due = recording(name), time.perf_counter()
        for start in range(0, len(pcm), FRAME_BYTES):
            await session.accept(pcm[start : start + FRAME_BYTES])
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late.append(time.perf_counter() - due)
        asked = time.perf_counter()
        heard = await session.finish()
        final.append(time.perf_counter() - asked)
        if not heard.text:
            raise SystemExit(f"not what was to be measured: nothing heard in {name}")
        seconds += len(pcm) / (2 * RATE)
    return seconds


async def measure(recogniser: VoskRecogniser, calls: int) -> float:
    """Hold so many calls at once and print their figures; the megabytes that the processes took together."""
    late: list[float] = []
    final: list[float] = []
    parent, sessions = recogniser.processes.process_id, [recogniser.session(RATE) for _ in range(calls)]
    before = time.process_time() + cpu_seconds(parent)
    seconds = sum(await asyncio.gather(*(call(session, late, final) for session in sessions)))
    held = megabytes(parent)
    for session in sessions:
        session.close()
    while children(parent):
        await asyncio.sleep(0.01)  # once they are buried, their time counts as their parent's
    used = time.process_time() + cpu_seconds(parent) - before
    on_time = sum(one < FRAME_SECONDS for one in late) / len(late)
    print(
        f"{calls} calls at once: CPU {used / seconds:.3f} of real time per call, {used / seconds * calls:.3f} in all; "
        f"final result after {statistics.median(final) / FRAME_SECONDS:.1f} frames of time "
        f"(worst {max(final) / FRAME_SECONDS:.1f}); "
        f"{on_time:.1%} of frames within one frame of their time; {held:.0f} MB"
    )
    return held


def children(parent: int) -> list[int]:
    """The processes that decode calls."""
    return [int(one) for one in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def cpu_seconds(parent: int) -> float:
    """Processor time of the process with the model and of all that it has buried (proc(5): fields 14 to 17)."""
    fields = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def megabytes(parent: int) -> float:
    """Memory of the process with the model and those that decode, what they share counted once (proportional)."""
    shares = (Path(f"/proc/{one}/smaps_rollup").read_text() for one in (parent, *children(parent)))
    return sum(int(one.partition("\nPss:")[2].split()[0]) for one in shares) / 1024


def main() -> None:
    """Print the figures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "vosk-model-es-sintetico"
    recogniser = VoskRecogniser(folder)
    print(f"model {folder.name}: {megabytes(recogniser.processes.process_id):.0f} MB with it loaded")
    held = [asyncio.run(measure(recogniser, calls)) for calls in CALLS]
    print(f"memory per further call: {(held[-1] - held[0]) / (CALLS[-1] - CALLS[0]):.1f} MB (1 call: {held[0]:.0f} MB)")
    recogniser.close()


if __name__ == "__main__":
    main()
