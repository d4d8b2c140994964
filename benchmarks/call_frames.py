"""Calls at once over AudioSocket on loopback, each playing from memory: how many frames reach the caller on time.

Goal: at eight calls every frame is on time; at sixteen, 95 % are. A frame is on time when it arrives before the
caller's telephone, which began to play one frame after the first, has run dry. The server is a process of its own; its
load is the share of one core, and milliseconds of it per frame of 20 ms. With `--listen` each call also has its voice
detector.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import uuid
from dataclasses import dataclass
from multiprocessing.connection import Connection

from voice.activity import Detectors
from voice.audiosocket import AudioSocketServer, Limits
from voice.placed_call import PlacedCall
from voice.playback import Player
from voice.transport import FRAME_BYTES, FRAME_MS, AudioFrame, CallTransport

CALLS = (1, 4, 8, 16)
SECONDS = 10
GOALS = {8: 1.0, 16: 0.95}
FRAMES = SECONDS * 1000 // FRAME_MS
PROMPT = b"\x10\x27\xf0\xd8" * (FRAME_BYTES // 4) * FRAMES


@dataclass(frozen=True)
class Load:
    """What the server spent on a round."""

    cpu_s: float
    frames: int
    late: int
    """By the player's own count."""


class AnsweringMachine:
    """Serves each call with the prompt, and counts."""

    def __init__(self, listen: bool) -> None:
        self._listen = listen
        self._detectors = Detectors()
        self.calls = self.frames = self.late = 0

    async def serve(self, call: CallTransport) -> None:
        """Play while the call lasts."""
        player = Player(call)
        playing = asyncio.create_task(player.run())
        async with self._detectors.lend() as detector:
            player.play(PROMPT)
            async for event in call.events():
                if self._listen and isinstance(event, AudioFrame):
                    detector.speech(event.pcm)
        await playing
        self.frames += player.frames
        self.late += player.late_frames
        self.calls += 1


async def server(pipe: Connection, listen: bool) -> None:
    """The product's side: told how many calls, answers their `Load` once they are over, and begins a new round."""
    machine = AnsweringMachine(listen)
    audiosocket = AudioSocketServer(machine.serve, Limits(registration_s=3600.0))
    await audiosocket.start(port=0)
    for number in range(1, max(CALLS) * len(CALLS) + 1):
        audiosocket.register(str(uuid.UUID(int=number)), "5500001234", "8006232323")
    pipe.send(audiosocket.port)
    loop = asyncio.get_running_loop()
    spent = _cpu()
    while calls := await loop.run_in_executor(None, pipe.recv):
        while machine.calls < calls:
            await asyncio.sleep(FRAME_MS / 1000)
        pipe.send(Load(_cpu() - spent, machine.frames, machine.late))
        spent, machine.calls, machine.frames, machine.late = _cpu(), 0, 0, 0


def run_server(pipe: Connection, listen: bool) -> None:
    """Entry of the server's process."""
    asyncio.run(server(pipe, listen))


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def frames_on_time(arrivals: list[float]) -> int:
    """A telephone that starts to play 20 ms after the first frame, and after a gap starts anew."""
    on_time, due = 0, arrivals[0] + FRAME_MS / 1000
    for arrived in arrivals:
        on_time += arrived <= due
        due = max(due, arrived) + FRAME_MS / 1000
    return on_time


async def one_call(port: int, number: int) -> tuple[int, int]:
    """Frames that came, and how many of them on time."""
    call = await PlacedCall.dial("127.0.0.1", port, str(uuid.UUID(int=number)))
    while call.heard_ms < SECONDS * 1000 and call.ended_by is None:
        await asyncio.sleep(0.25)
    await call.hang_up()
    return len(call.arrivals), frames_on_time(call.arrivals)


async def one_round(port: int, first: int, calls: int) -> tuple[int, int]:
    """So many calls, begun within one frame of each other."""
    placed = []
    for number in range(first, first + calls):
        placed.append(asyncio.create_task(one_call(port, number)))
        await asyncio.sleep(FRAME_MS / 1000 / calls)
    results = await asyncio.gather(*placed)
    return sum(came for came, _ in results), sum(on_time for _, on_time in results)


def main() -> int:
    """Print a line per round; 1 when a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--listen", action="store_true", help="run the voice detector on every frame of the caller")
    listen = options.parse_args().listen
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_server, args=(theirs, listen), daemon=True)
    process.start()
    port, first, missed = ours.recv(), 1, False
    for calls in CALLS:
        came, on_time = asyncio.run(one_round(port, first, calls))
        first += calls
        ours.send(calls)
        load: Load = ours.recv()
        share, per_frame = on_time / came, load.cpu_s * 1000 / load.frames
        goal = GOALS.get(calls)
        missed = missed or (goal is not None and share < goal)
        print(
            f"{calls:3} calls  on time {share:8.3%} of {came}  late at the player {load.late:4}"
            f"  one core {load.cpu_s / SECONDS:6.1%}  {per_frame:6.3f} ms a frame ({per_frame / FRAME_MS:.2%} of it)"
            + (f"  goal: at least {goal:.0%}" if goal is not None else "")
        )
    process.terminate()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
