"""How long a caller waits for an answer, how soon the bot gives way when interrupted, and eight calls at once.

Against a system that it starts, engine and institution included, with the test model, which knows what is said here;
or, with `--url`, against one that runs with that model. Goals: from the end of the caller's speech to the first sound
of the answer at most 500 ms (p95) beyond the silence that ends speech; from the caller's first sound to silence of the
bot at most 250 ms (p95); eight calls at once without a late frame. Figures are also told as multiples of the frame
of 20 ms, and with the load of the machine.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.call_frames import frames_on_time
from benchmarks.running import running_system
from evaluation.synthetic_voice import SyntheticVoice
from evaluation.telephone_line import TelephoneLine
from evaluation.voice_citizen import Exchange
from voice.audio import without_tail
from voice.placed_call import PlacedCall
from voice.transport import FRAME_BYTES, FRAME_MS
from voice.turn_taking import TurnTiming

ROOT = Path(__file__).resolve().parent.parent
NUMBER = "8006232323"
SAYINGS = ("quiero saber si estoy vigente", "quiero cambiar de clínica por favor", "necesito ayuda por favor")
CALLS, TOGETHER, AT_ONCE, AT_ONCE_SECONDS = 12, 3, 8, 12.0
BEFORE_THE_END_SECONDS = 5.0
"""Of greeting and menu, it interrupts: the beginning is the notice, which nobody can."""
GREETING_MS = 90_000
"""Longest greeting and menu."""
PAUSE_MS = 1500
"""Silence after which the menu is over."""
NEAR_SILENCE = 0.15
"""Of the bot's usual peak (-16 dB): less of the frame with which it fades away is as good as silence."""
ANSWER_MS, GIVEN_WAY_MS, SILENT_MS = 500, 250, 250
_LOUD = 200
_GAP_S = 0.4
"""Silence that is no pause within a prompt."""
TIMING = TurnTiming()


@dataclass(frozen=True)
class Turn:
    """Milliseconds of one turn."""

    answer: float
    """From the end of the caller's speech to the first sound of the answer."""
    given_way: float
    """From the first sound of the caller's speech until the bot is as good as silent."""
    silent: float
    """The same, until it is silent."""


def peaks(pcm: bytes) -> list[int]:
    """The highest sample of each frame."""
    samples, size = array("h", pcm), FRAME_BYTES // 2
    return [max(map(abs, samples[place : place + size])) for place in range(0, len(samples), size)]


def onset_seconds(sound: bytes) -> float:
    """Where in it the first syllable begins: the line's own noise comes before."""
    found = peaks(sound)
    return next(place for place, peak in enumerate(found) if peak > max(found) / 10) * FRAME_MS / 1000


def loud_moments(call: PlacedCall, level: float = _LOUD) -> list[float]:
    """When each frame arrived that is louder than that."""
    return [at for at, peak in zip(call.arrivals, peaks(call.heard), strict=False) if peak > level]


async def one_turn(call: PlacedCall, sound: bytes) -> Turn | None:
    """Interrupt the bot with this, and hear its answer begin."""
    usual = statistics.quantiles([peak for peak in peaks(call.heard) if peak > _LOUD], n=10)[-1]
    begun = time.monotonic() + onset_seconds(sound)
    call.say(sound)
    await call.said()
    ended = time.monotonic()
    await asyncio.sleep(TIMING.end_of_speech["free"] / 1000 / 2)  # what is on its way of the menu has arrived
    if not await call.bot_speaks(15.0):
        return None
    answered = [at for at in loud_moments(call) if at > ended + TIMING.end_of_speech["free"] / 2000]
    if not answered:
        return None
    last_loud, last = (
        max((at for at in loud_moments(call, level) if begun <= at < ended), default=begun)
        for level in (NEAR_SILENCE * usual, _LOUD)
    )
    return Turn((answered[0] - ended) * 1000, (last_loud - begun) * 1000, (last - begun) * 1000)


async def greeting_ms(exchange: Exchange) -> int:
    """How long greeting and menu are, by hearing them out."""
    call_id = await asyncio.to_thread(exchange.announce, "5500000000", "")
    async with await PlacedCall.dial(exchange.host, exchange.port, call_id) as call:
        await call.bot_speaks()
        await call.bot_is_silent(PAUSE_MS, GREETING_MS / 1000)
        return call.heard_ms - PAUSE_MS


async def one_call(exchange: Exchange, number: int, interrupts_at_ms: float) -> Turn | None:
    """A call whose menu is interrupted: one turn of each, for an answer may end the call."""
    voice, noise = SyntheticVoice.of(random.Random(number)), np.random.default_rng(number)
    samples, rate = voice.say(SAYINGS[number % len(SAYINGS)])
    speech = np.frombuffer(without_tail((samples * 32767).astype("<i2").tobytes(), 0.0, rate), "<i2") / 32767
    sound = TelephoneLine(before_s=0.0, after_s=0.0).carry(speech, rate, noise)
    call_id = await asyncio.to_thread(exchange.announce, f"55{number:08}", "")
    async with await PlacedCall.dial(exchange.host, exchange.port, call_id) as call:
        while call.heard_ms < interrupts_at_ms and call.ended_by is None:
            await asyncio.sleep(FRAME_MS / 1000)
        return await one_turn(call, sound)


async def turns_of(exchange: Exchange) -> list[Turn]:
    """The turns of all calls, a few at a time."""
    at = await greeting_ms(exchange) - BEFORE_THE_END_SECONDS * 1000
    found: list[Turn | None] = []
    for first in range(0, CALLS, TOGETHER):
        found += await asyncio.gather(*(one_call(exchange, number, at) for number in range(first, first + TOGETHER)))
    return [turn for turn in found if turn]


async def at_once(exchange: Exchange) -> tuple[int, int]:
    """Frames that came in eight calls at once while each heard its greeting, and how many of them on time."""

    async def listen(number: int) -> tuple[int, int]:
        call_id = await asyncio.to_thread(exchange.announce, f"56{number:08}", "")
        async with await PlacedCall.dial(exchange.host, exchange.port, call_id) as call:
            await asyncio.sleep(AT_ONCE_SECONDS)
        return len(call.arrivals), frames_on_time(call.arrivals)

    results = await asyncio.gather(*(listen(number) for number in range(AT_ONCE)))
    return sum(came for came, _ in results), sum(on_time for _, on_time in results)


def p95(values: list[float]) -> float:
    """The value that 95 % do not exceed."""
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)]


def told(name: str, values: list[float], goal: int) -> bool:
    """Print a line; whether its goal is reached."""
    worst = p95(values)
    print(
        f"{name:<58} p50 {statistics.median(values):6.0f} ms  p95 {worst:6.0f} ms ({worst / FRAME_MS:4.1f} frames)"
        f"  n {len(values)}  goal: p95 at most {goal} ms"
    )
    return worst <= goal


def measured(exchange: Exchange) -> bool:
    """Print the figures; whether all goals are reached."""
    print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    turns = asyncio.run(turns_of(exchange))
    if len(turns) < CALLS:
        print(f"{CALLS - len(turns)} of {CALLS} calls had no answer")
    silence = TIMING.end_of_speech["free"]
    reached = [
        told(f"answer, beyond the {silence} ms that end speech", [one.answer - silence for one in turns], ANSWER_MS),
        told("the bot gives way, from the caller's first sound", [one.given_way for one in turns], GIVEN_WAY_MS),
        told("the bot is silent, from the caller's first sound", [one.silent for one in turns], SILENT_MS),
    ]
    came, on_time = asyncio.run(at_once(exchange))
    print(f"{AT_ONCE} calls at once: {came - on_time} late of {came} frames  goal: none")
    return all(reached) and came == on_time and len(turns) == CALLS


def main() -> int:
    """Print the figures; 1 when a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", help="address of a voice process that runs; without it everything is started")
    options.add_argument("--audiosocket-port", type=int, default=9092)
    arguments = options.parse_args()
    if arguments.url:
        lines = (ROOT / "var" / "secrets.env").read_text().splitlines()
        kept = dict(line.split("=", 1) for line in lines if "=" in line)
        key = os.environ.get("VENTANILLA_VOICE_KEY") or kept["VENTANILLA_VOICE_KEY"]
        reached = measured(Exchange(arguments.url, key, "127.0.0.1", arguments.audiosocket_port, {"": NUMBER}))
    else:
        with running_system() as system:
            url, port = f"http://127.0.0.1:{system.ports.voice}", system.ports.audiosocket
            reached = measured(Exchange(url, system.voice_key, "127.0.0.1", port, {"": NUMBER}))
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
