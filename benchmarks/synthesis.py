"""Speech: time to make it against the time that it lasts, rendered, from disk and from memory, in one run.

Goal: rendering takes at most a tenth of the time that the speech lasts, the cache on disk at most a hundredth.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from voice.audio import seconds
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.prompt_cache import PromptCache, PromptFiles
from voice.speaking import spoken
from voice.synthesiser import Synthesiser

TEXTS = [
    spoken(
        f"Su cita quedó agendada: Medicina Familiar, el viernes {day} de octubre de 2026 a las {hour}:45 de la mañana, "
        f"consultorio {day}, UMF {day + hour}. Su folio es CMT-2610{day:02}-000{hour:02}-7."
    )
    for day in range(1, 26)
    for hour in (8, 9, 10, 11)
]
GOAL_RENDERED, GOAL_CACHED = 0.1, 0.01


async def one_after_another(name: str, synthesiser: Synthesiser) -> float:
    """Print the median and the slowest of the texts; the share of real time that all of them took."""
    took, lasting = [], 0.0
    for text in TEXTS:
        started = time.perf_counter()
        pcm = await synthesiser.speech(text)
        took.append(time.perf_counter() - started)
        lasting += seconds(pcm)
    share = sum(took) / lasting
    p95 = sorted(took)[int(len(took) * 0.95) - 1]
    print(
        f"{name:<12} {1000 * share:8.3f} ms per second of speech = {share:8.5f} of real time   per text median "
        f"{1000 * statistics.median(took):7.2f} ms   p95 {1000 * p95:7.2f} ms   n {len(took)}"
    )
    return share


async def measure() -> bool:
    """Print all figures; whether the goals are met."""
    async with EspeakSynthesiser() as espeak:
        rendered = await one_after_another("rendered", espeak)
        started = time.perf_counter()
        sounds = await asyncio.gather(*map(espeak.speech, TEXTS))
        at_once = (time.perf_counter() - started) / sum(map(seconds, sounds))
        print(f"{'all at once':<12} {1000 * at_once:8.3f} ms per second of speech = {at_once:8.5f} of real time")
        with tempfile.TemporaryDirectory() as folder:
            files = PromptFiles(Path(folder))
            await PromptCache(espeak, files).prerender(TEXTS)
            cache = PromptCache(espeak, files, most_bytes_in_memory=100_000_000)  # all of them
            disk = await one_after_another("from disk", cache)
            memory = await one_after_another("from memory", cache)
    print(
        f"cache against rendering: disk {disk / rendered:.4f}, memory {memory / rendered:.5f}; goals: rendered at most "
        f"{GOAL_RENDERED} of real time, disk at most {GOAL_CACHED} of real time"
    )
    return rendered <= GOAL_RENDERED and disk <= GOAL_CACHED


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(measure()) else 1)
