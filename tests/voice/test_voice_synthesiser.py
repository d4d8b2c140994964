"""Speech by real processes: the contract of every provider, workers that die, the cache and the recordings."""

import asyncio
import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from piper_server import PiperServer, piper_server

from voice.audio import loudness, seconds
from voice.espeak_synthesiser import EspeakSynthesiser, VoiceSettings
from voice.piper_synthesiser import PiperSynthesiser
from voice.prompt_cache import PromptCache, PromptFiles
from voice.synthesiser import Synthesiser, SynthesisFailed

SHORT, LONG = "Buenos días.", "Su cita quedó agendada para el viernes dieciséis de octubre a las ocho cuarenta y cinco."
PROVIDERS: dict[str, Callable[[str], Synthesiser]] = {
    "espeak": lambda _: EspeakSynthesiser(),
    "piper": lambda url: PiperSynthesiser(url, "es_MX-prueba 1"),
}
"""Every provider of the port, given the address of a server; another one is added here and must pass."""


@pytest.fixture(scope="module")
def piper() -> Iterator[PiperServer]:
    with piper_server() as server:
        yield server


@pytest_asyncio.fixture(params=PROVIDERS, loop_scope="function")
async def provider(request: pytest.FixtureRequest, piper: PiperServer) -> AsyncIterator[Synthesiser]:
    synthesiser = PROVIDERS[request.param](piper.url)
    yield synthesiser
    await synthesiser.close()


@pytest_asyncio.fixture(loop_scope="function")
async def espeak() -> AsyncIterator[EspeakSynthesiser]:
    async with EspeakSynthesiser() as synthesiser:
        yield synthesiser


def children() -> dict[int, str]:
    """State of each live or dead process that this one started as a synthesis worker."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(
                line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line
            )
            command = (process / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(status["PPid"]) == os.getpid() and ("synthesis_worker" in command or status["State"].startswith("Z")):
            found[int(process.name)] = status["State"][0]
    return found


def alike(one: bytes, other: bytes) -> bool:
    """The same text: engines vary by milliseconds and noise, not by words."""
    return abs(seconds(one) - seconds(other)) < 0.03 + 0.01 * seconds(one)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def settled(wanted: Callable[[], bool]) -> None:
    """Wait until it is so; a test that waits in vain fails by the time limit."""
    async with asyncio.timeout(60):
        while not wanted():
            await asyncio.sleep(0.02)


async def test_speech_is_sound_of_the_telephone(provider: Synthesiser) -> None:
    pcm = await provider.speech(LONG)
    assert len(pcm) % 2 == 0
    assert 3.5 < seconds(pcm) < 10  # 88 letters, 17 words
    assert 500 < loudness(pcm) < 15000
    samples = np.frombuffer(pcm, "<i2")
    assert np.mean(np.abs(samples) == 32767) < 0.001  # not clipped
    spectrum = np.abs(np.fft.rfft(samples))
    hertz = np.fft.rfftfreq(len(samples), 1 / 8000)
    voiced = spectrum[(hertz > 80) & (hertz < 1000)].sum() / spectrum.sum()
    assert voiced > 0.3  # a voice; bytes in the wrong order or of the wrong width are noise


async def test_the_longer_text_is_the_longer_sound_and_the_same_text_the_same_sound(provider: Synthesiser) -> None:
    short, long, again = [await provider.speech(text) for text in (SHORT, LONG, SHORT)]
    assert 0.4 < seconds(short) < 2.5 < seconds(long)
    assert alike(again, short)
    assert not alike(long, short)


async def test_nothing_to_pronounce_is_no_sound(provider: Synthesiser) -> None:
    assert [await provider.speech(text) for text in ("", "  \n", "…", "¿?")] == [b""] * 4


async def test_odd_texts_do_not_harm_the_next_one(provider: Synthesiser) -> None:
    expected = await provider.speech(SHORT)
    for text in ("a\0b", "\ud800 a", "<speak>a</speak>", "[[a]]", "línea\nlínea", "字", "a" * 3000):
        assert await provider.speech(text)
        assert alike(await provider.speech(SHORT), expected)


async def test_texts_asked_for_at_once_are_not_mixed_up(provider: Synthesiser) -> None:
    texts = ["Opción " + "tres, " * times for times in (5, 1, 7, 2, 8, 3, 6, 4)]
    one_by_one = [await provider.speech(text) for text in texts]
    at_once = await asyncio.gather(*map(provider.speech, texts))
    assert [[alike(one, other) for other in one_by_one] for one in at_once] == [
        [text == other for other in texts] for text in texts
    ]


async def test_a_caller_who_hangs_up_leaves_no_sound_to_the_next(provider: Synthesiser) -> None:
    expected = await provider.speech(SHORT)
    for wait in (0.0, 0.001, 0.005):
        asked = [asyncio.create_task(provider.speech(LONG)) for _ in range(3)]
        await asyncio.sleep(wait)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        assert alike(await provider.speech(SHORT), expected)


async def test_after_close_there_is_no_speech(provider: Synthesiser) -> None:
    await provider.speech(SHORT)
    waiting = [asyncio.create_task(provider.speech(LONG * 20)) for _ in range(6)]
    await asyncio.sleep(0.01)
    await provider.close()
    await provider.close()
    assert all(
        isinstance(one, SynthesisFailed | bytes) for one in await asyncio.gather(*waiting, return_exceptions=True)
    )
    with pytest.raises(SynthesisFailed):
        await provider.speech(SHORT)


async def test_piper_is_asked_once_more_and_then_the_failure_is_told(piper: PiperServer) -> None:
    synthesiser = PiperSynthesiser(piper.url, "es_MX-prueba 1")
    piper.failing = 1
    assert seconds(await synthesiser.speech(SHORT)) > 0.4
    piper.failing = 2
    with pytest.raises(SynthesisFailed, match="HTTPStatusError"):
        await synthesiser.speech(SHORT)
    piper.garbage = True
    with pytest.raises(SynthesisFailed, match="WAV"):
        await synthesiser.speech(SHORT)
    piper.garbage = False
    await synthesiser.close()
    gone = PiperSynthesiser("http://127.0.0.1:9/synthesize", "es_MX-prueba 1")
    with pytest.raises(SynthesisFailed, match="ConnectError"):
        await gone.speech(SHORT)
    await gone.close()
    assert gone.identity != PiperSynthesiser(piper.url, "es_MX-otra 2").identity


async def test_the_identity_tells_what_shapes_the_sound() -> None:
    voices = [VoiceSettings(), VoiceSettings(rate=170), VoiceSettings(pitch=30), VoiceSettings(voice="roa/es")]
    assert len({EspeakSynthesiser(voice).identity for voice in voices}) == len(voices)
    assert "espeakng-loader 0." in EspeakSynthesiser().identity


async def test_no_process_and_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before, descriptors = children(), open_files()
    async with EspeakSynthesiser() as synthesiser:
        assert len(children()) == len(before) + 2
        await synthesiser.speech(LONG)
    await settled(lambda: open_files() <= descriptors)
    assert set(children()) == set(before) and "Z" not in children().values()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_worker_that_dies_is_replaced_and_the_text_is_said(blow: signal.Signals) -> None:
    others = children()
    async with EspeakSynthesiser(workers=1) as synthesiser:
        expected = await synthesiser.speech(LONG)
        (worker,) = children().keys() - others.keys()
        os.kill(worker, signal.SIGSTOP)  # so that the blow comes in the middle of the text
        asked = asyncio.create_task(synthesiser.speech(LONG))
        await asyncio.sleep(0.1)
        os.kill(worker, blow)
        os.kill(worker, signal.SIGCONT)
        assert alike(await asked, expected)
        (fresh,) = children().keys() - others.keys()
        assert fresh != worker


async def test_a_worker_that_hangs_is_killed_and_the_text_tried_once_more() -> None:
    others = children()
    async with EspeakSynthesiser(workers=1, seconds_per_text=1.0) as synthesiser:
        expected = await synthesiser.speech(SHORT)
        (worker,) = children().keys() - others.keys()
        os.kill(worker, signal.SIGSTOP)
        assert alike(await synthesiser.speech(SHORT), expected)
        assert worker not in children()


async def test_a_text_that_is_never_done_in_time_fails_and_the_pool_goes_on() -> None:
    others = children()
    synthesiser = EspeakSynthesiser(workers=1, seconds_per_text=0.001)
    with pytest.raises(SynthesisFailed, match="2 times"):
        await synthesiser.speech(LONG)
    await settled(lambda: bool(children().keys() - others.keys()))
    await synthesiser.close()
    assert children() == others


async def test_workers_are_replaced_after_their_share_of_texts() -> None:
    others, seen = children(), set()
    async with EspeakSynthesiser(workers=1, texts_per_worker=2) as synthesiser:
        for _ in range(6):
            await synthesiser.speech(SHORT)
            seen |= children().keys() - others.keys()
        assert len(seen) >= 3
        await settled(lambda: len(children()) == len(others) + 1)


async def test_the_first_text_of_a_process_is_whole_and_at_the_right_speed() -> None:
    """pyttsx3 may strike it, or the settings, when espeak-ng's thread is still busy (`Engine._settle`)."""
    async with EspeakSynthesiser(workers=3, texts_per_worker=1) as synthesiser:
        first, *others = await asyncio.gather(*(synthesiser.speech(SHORT) for _ in range(15)))
        assert 0.9 < seconds(first) < 1.2  # 0.8 at pyttsx3's own 200 words per minute
        assert all(alike(first, other) for other in others)


async def test_a_voice_that_does_not_exist_is_a_failure_at_start() -> None:
    others = children()
    synthesiser = EspeakSynthesiser(VoiceSettings(voice="roa/marciano"))
    with pytest.raises(SynthesisFailed, match="did not start"):
        await synthesiser.start()
    await synthesiser.close()
    assert children() == others


def test_a_worker_whose_pool_is_gone_ends_by_itself() -> None:
    """The pool's end of the pipes closes with its process, however that ended."""
    command = [sys.executable, "-m", "voice.synthesis_worker", "roa/es-419", "150", "50", "10"]
    text = SHORT.encode()
    done = subprocess.run(command, input=struct.pack(">I", len(text)) + text, capture_output=True, timeout=60)
    assert done.returncode == 0
    ready, length = struct.unpack(">II", done.stdout[:8])
    assert (ready, length) == (0, len(done.stdout) - 8)  # nothing that pyttsx3 prints is among the answers


class Counting:
    """A synthesiser that counts what it is asked for; its sound is the text itself."""

    identity = "counting 1"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = False

    async def speech(self, text: str) -> bytes:
        self.asked.append(text)
        await asyncio.sleep(0.01)
        if text == "falla":
            raise SynthesisFailed("as told")
        return text.encode("utf-16-le") * 100

    async def close(self) -> None:
        self.closed = True


def stored(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pcm"))


async def test_the_cache_gives_the_same_bytes_and_does_not_synthesise(
    espeak: EspeakSynthesiser, tmp_path: Path
) -> None:
    first = PromptCache(espeak, PromptFiles(tmp_path))
    assert await first.prerender([SHORT]) == []
    fresh = await first.speech(SHORT)
    another_process = PromptCache(espeak, PromptFiles(tmp_path))
    assert await another_process.speech(SHORT) == await another_process.speech(SHORT) == fresh
    figures = another_process.figures
    assert (figures.synthesised, figures.from_disk, figures.from_memory) == (0, 1, 1)


async def test_what_is_said_to_one_person_never_reaches_the_disk(tmp_path: Path) -> None:
    counting = Counting()
    cache = PromptCache(counting, PromptFiles(tmp_path))
    assert await cache.speech("Su folio es…") == await cache.speech("Su folio es…")
    assert counting.asked == ["Su folio es…"]
    assert stored(tmp_path) == []
    await cache.prerender(["Su folio es…"])  # known to be everybody's after all
    assert len(stored(tmp_path)) == 1
    assert counting.asked == ["Su folio es…"]


async def test_eight_calls_that_ask_at_once_cost_one_synthesis_and_one_may_hang_up(tmp_path: Path) -> None:
    counting = Counting()
    cache = PromptCache(counting, PromptFiles(tmp_path))
    asked = [asyncio.create_task(cache.speech("menú")) for _ in range(8)]
    await asyncio.sleep(0.001)
    asked[0].cancel()
    sounds = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(sounds[0], asyncio.CancelledError)
    assert len(set(sounds[1:])) == 1
    assert counting.asked == ["menú"]


@pytest.mark.parametrize("damage", [b"", b"x", bytes(5000)])
async def test_a_corrupt_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    counting = Counting()
    await PromptCache(counting, PromptFiles(tmp_path)).prerender(["menú"])
    (path,) = stored(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(damage)
    again = await PromptCache(counting, PromptFiles(tmp_path)).speech("menú")
    assert again == "menú".encode("utf-16-le") * 100
    assert counting.asked == ["menú", "menú"]
    assert path.read_bytes() == whole


async def test_another_voice_is_another_sound(tmp_path: Path) -> None:
    counting = Counting()
    cache = PromptCache(counting, PromptFiles(tmp_path))
    before = cache.key("menú")
    counting.identity = "counting 2"
    assert cache.key("menú") != before != cache.key("menu")


async def test_the_disk_keeps_what_was_used_last(tmp_path: Path) -> None:
    files = PromptFiles(tmp_path, most_bytes=3 * 1032)
    for number, name in enumerate("abc"):
        files.write(name, bytes(1000))
        os.utime(tmp_path / f"{name}.pcm", (number, number))
    (tmp_path / "half.tmp").write_bytes(b"left behind by a crash")
    os.utime(tmp_path / "half.tmp", (0, 0))
    assert files.read("a") is not None
    files.write("d", bytes(1000))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.pcm", "c.pcm", "d.pcm"]


async def test_memory_is_bounded_too(tmp_path: Path) -> None:
    counting = Counting()
    cache = PromptCache(counting, PromptFiles(tmp_path), most_bytes_in_memory=2 * 200)
    for text in ("a", "b", "a", "c", "a", "b"):
        await cache.speech(text)
    assert counting.asked == ["a", "b", "c", "b"]


async def test_a_disk_that_refuses_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way of the folder")
    cache = PromptCache(Counting(), PromptFiles(tmp_path / "file"))
    assert await cache.prerender(["menú"]) == []
    assert await cache.speech("menú")


async def test_prerendering_tells_how_far_it_is_and_what_failed(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    counting = Counting()
    cache = PromptCache(counting, PromptFiles(tmp_path))
    failed = await cache.prerender(["uno", "falla", "uno", "dos"], lambda done, of: told.append((done, of)))
    assert failed == ["falla"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert len(stored(tmp_path)) == 2
    with pytest.raises(SynthesisFailed):
        await cache.speech("falla")
    await cache.close()
    assert counting.closed
