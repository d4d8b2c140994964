"""Vosk on real audio: the tests' own model, voices it never heard, a telephone line."""

import asyncio
import json
import os
import random
import signal
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice.expectation import Expectation
from voice.recogniser import RecogniserFailed, Transcript, Word, transcript_of
from voice.spoken_numbers import UNKNOWN, normalise
from voice.vosk_decoder import VoskModel
from voice.vosk_recogniser import MOST_WAITING_SECONDS, VoskRecogniser, VoskSession

DATA = Path(__file__).resolve().parents[1] / "data"
MODEL = DATA / "vosk-model-es-sintetico"
RATE, FRAME = 8000, 320
NSS, DATE, YES_NO, FREE = Expectation("nss"), Expectation("date"), Expectation("yes_no"), Expectation()
MENU = Expectation("choice", ("Cita médica", "Vigencia de derechos", "Xilófonos"))
SECOND = 2 * RATE


@pytest.fixture(scope="module")
def recogniser() -> Iterator[VoskRecogniser]:
    shared = VoskRecogniser(MODEL)
    yield shared
    shared.close()


def speech(name: str) -> bytes:
    with wave.open(str(DATA / "speech" / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return bytes(file.readframes(file.getnframes()))


async def hear(session: VoskSession, pcm: bytes, length: int = FRAME) -> Transcript:
    for start in range(0, len(pcm), length):
        await session.accept(pcm[start : start + length])
        await asyncio.sleep(0)
    return await session.finish()


@pytest.mark.parametrize(
    ("name", "expected", "typed"),
    [
        ("nss_in_groups", NSS, "00058500018"),
        ("nss_digit_by_digit", NSS, "00058500018"),
        ("nss_in_groups", FREE, "0005 85 00018"),
        ("yes", YES_NO, "sí"),
        ("no", YES_NO, "no"),
        ("yes", MENU, "sí"),
        ("no", NSS, "no"),
        ("date_in_words", DATE, "12/03/1985"),
        ("date_in_numbers", DATE, "12/03/1985"),
        ("appointment", FREE, "quiero una cita con mi médico familiar"),
        ("agent", FREE, "quiero hablar con una persona"),
    ],
)
async def test_what_is_said_arrives_as_it_would_be_typed(
    recogniser: VoskRecogniser, name: str, expected: Expectation, typed: str
) -> None:
    session = recogniser.session(RATE)
    session.expect(expected)
    heard = await hear(session, speech(name))
    assert normalise(heard.text, expected) == typed
    assert heard.confidence > 0.8


@pytest.mark.parametrize("expected", [NSS, DATE, YES_NO, MENU], ids=lambda one: str(one.kind))
@pytest.mark.parametrize("name", ["agent", "appointment"])
async def test_what_is_not_expected_is_heard_all_the_same(
    recogniser: VoskRecogniser, name: str, expected: Expectation
) -> None:
    session = recogniser.session(RATE)
    session.expect(expected)
    texts = dict(line.split("\t")[::3] for line in (DATA / "speech" / "said.tsv").read_text("utf-8").splitlines())
    assert (await hear(session, speech(name))).text == texts[name]


@pytest.mark.parametrize("expected", [NSS, DATE, YES_NO, MENU, FREE], ids=lambda one: str(one.kind))
async def test_noise_and_silence_are_no_words(recogniser: VoskRecogniser, expected: Expectation) -> None:
    session = recogniser.session(RATE)
    session.expect(expected)
    for pcm in (speech("noise"), bytes(SECOND), b""):
        heard = await hear(session, pcm)
        assert heard.text == ""
        assert heard.confidence == 0.0
        assert all(word.text == UNKNOWN for word in heard.words)


async def test_one_session_hears_one_utterance_after_another(recogniser: VoskRecogniser) -> None:
    session = recogniser.session(RATE)
    for expected, name in ((YES_NO, "yes"), (NSS, "nss_in_groups"), (NSS, "nss_digit_by_digit"), (YES_NO, "no")):
        session.expect(expected)
        pcm = speech(name)
        heard = await hear(session, pcm)
        times = [time for word in heard.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert 0.0 <= times[0] < 0.5  # counted from this utterance, whatever was said before
        assert times[-1] <= len(pcm) / SECOND
        assert all(0.0 <= word.confidence <= 1.0 for word in heard.words)


async def test_a_pause_inside_an_utterance_loses_nothing(recogniser: VoskRecogniser) -> None:
    session = recogniser.session(RATE)
    session.expect(NSS)
    heard = await hear(session, speech("nss_in_groups") + bytes(2 * SECOND) + speech("nss_digit_by_digit"))
    assert normalise(heard.text, NSS) == "00058500018" * 2


async def test_frames_of_any_length_are_heard_alike(recogniser: VoskRecogniser) -> None:
    pcm, session = speech("appointment"), recogniser.session(RATE)
    texts = {(await hear(session, pcm, length)).text for length in (FRAME, 333, 1, 5000, len(pcm))}
    assert texts == {"quiero una cita con mi médico familiar"}


async def test_partial_text_grows_while_the_caller_speaks(recogniser: VoskRecogniser) -> None:
    pcm, session = speech("appointment"), recogniser.session(RATE)
    partials = []
    for start in range(0, len(pcm), FRAME):
        partials.append(await session.accept(pcm[start : start + FRAME]))
        await asyncio.sleep(0.002)  # it is decoded meanwhile
    assert partials[0] == ""
    assert partials[-1].startswith("quiero una cita")
    await session.finish()
    assert await session.accept(bytes(FRAME)) == ""


async def test_what_was_pending_is_not_heard_with_the_next_expectation(recogniser: VoskRecogniser) -> None:
    session = recogniser.session(RATE)
    session.expect(FREE)
    pcm = speech("appointment")
    for start in range(0, len(pcm), FRAME):
        await session.accept(pcm[start : start + FRAME])
    session.expect(YES_NO)
    assert (await hear(session, speech("yes"))).text == "sí"


async def begun(recogniser: VoskRecogniser) -> tuple[VoskSession, int]:
    """A session that has heard the beginning of a word, and the process that decodes it."""
    session = recogniser.session(RATE)
    session.expect(YES_NO)
    await session.accept(speech("yes")[: SECOND // 2])
    while (process := session.decoder.process_id) is None:
        await asyncio.sleep(0.01)
    return session, process


async def gone(process: int) -> None:
    """Until this process has ended and is buried."""
    async with asyncio.timeout(10):
        while Path(f"/proc/{process}").exists():
            await asyncio.sleep(0.01)


async def test_a_crash_in_mid_word_costs_neither_the_word_nor_another_call(recogniser: VoskRecogniser) -> None:
    (crashed, process), (other, unharmed) = await begun(recogniser), await begun(recogniser)
    os.kill(process, signal.SIGSEGV)
    await gone(process)
    assert (await hear(crashed, speech("yes")[SECOND // 2 :])).text == "sí"
    assert crashed.decoder.process_id not in (None, process)
    crashed.expect(NSS)
    assert normalise((await hear(crashed, speech("nss_in_groups"))).text, NSS) == "00058500018"
    assert other.decoder.process_id == unharmed
    assert (await hear(other, speech("yes")[SECOND // 2 :])).text == "sí"
    for session in (crashed, other):
        session.close()


async def test_an_utterance_that_kills_two_processes_fails_its_call_only(recogniser: VoskRecogniser) -> None:
    (cursed, first), (other, unharmed) = await begun(recogniser), await begun(recogniser)
    os.kill(first, signal.SIGABRT)
    with pytest.raises(RecogniserFailed, match="two processes"):
        while True:
            await cursed.accept(speech("yes")[: SECOND // 2])
            await asyncio.sleep(0.01)
            if (second := cursed.decoder.process_id) not in (None, first):
                os.kill(second, signal.SIGSEGV)
                await gone(second)
    with pytest.raises(RecogniserFailed):  # and stays failed
        await cursed.finish()
    assert other.decoder.process_id == unharmed
    assert (await hear(other, speech("yes")[SECOND // 2 :])).text == "sí"
    for session in (cursed, other):
        session.close()


async def test_the_model_is_loaded_again_when_its_process_is_gone() -> None:
    own = VoskRecogniser(MODEL)
    (running, process), parent = await begun(own), own.processes.process_id
    os.kill(parent, signal.SIGKILL)
    os.waitid(os.P_PID, parent, os.WEXITED | os.WNOWAIT)
    fresh, again = own.session(RATE), own.session(RATE)
    for session in (fresh, again):
        session.expect(YES_NO)
    heard = await asyncio.gather(hear(fresh, speech("yes")), hear(again, speech("no")))
    assert [one.text for one in heard] == ["sí", "no"]
    assert own.processes.process_id != parent
    assert (await hear(running, speech("yes")[SECOND // 2 :])).text == "sí"  # who was being listened to went on
    assert running.decoder.process_id == process
    running.close()
    own.close()
    await gone(process)


async def test_a_process_that_does_not_answer_is_a_failure_not_a_full_memory_and_is_killed(
    recogniser: VoskRecogniser,
) -> None:
    session, process = await begun(recogniser)
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(RecogniserFailed, match="wait to be decoded"):
        for _ in range(int(MOST_WAITING_SECONDS) + 2):
            await session.accept(bytes(SECOND))
    session.close()
    await gone(process)


async def test_an_answer_that_is_none_is_as_good_as_a_crash(recogniser: VoskRecogniser) -> None:
    session, process = await begun(recogniser)
    connection = session.decoder._connection
    assert connection is not None
    connection[0].feed_data(b'{"heard": 3}\n[1]\n{"words": [["s\\u00ed", "much", 0, 1]]}\n')
    assert (await hear(session, speech("yes")[SECOND // 2 :])).text == "sí"
    session.close()
    await gone(process)


async def test_the_end_of_a_call_ends_its_process(recogniser: VoskRecogniser) -> None:
    session, process = await begun(recogniser)
    session.close()
    await gone(process)


async def test_a_closed_session_or_recogniser_says_so(recogniser: VoskRecogniser) -> None:
    session = recogniser.session(RATE)
    await session.accept(speech("yes"))
    session.close()
    with pytest.raises(RecogniserFailed, match="closed"):
        await session.accept(bytes(FRAME))
    other = VoskRecogniser(MODEL)
    late = other.session(RATE)
    other.close()
    with pytest.raises(RecogniserFailed, match="closed"):
        await late.finish()


async def test_garbage_is_survived(recogniser: VoskRecogniser) -> None:
    session, chance = recogniser.session(RATE), random.Random(4)
    session.expect(NSS)
    await hear(session, chance.randbytes(SECOND + 1), length=77)
    session.expect(YES_NO)
    # The odd byte was half a sample; it must not shift what follows.
    assert (await hear(session, speech("yes"))).text == "sí"


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecogniserFailed, match=str(tmp_path)):
        VoskRecogniser(tmp_path)


def test_a_grammar_holds_known_words_only_unescaped_and_unknown_speech() -> None:
    model = VoskModel(MODEL)
    written = model.grammar(MENU)
    assert written is not None and "\\u" not in written
    phrases = json.loads(written)
    assert {"cita médica", "vigencia de derechos", UNKNOWN} <= set(phrases)
    assert "xilófonos" not in phrases
    words = {word for phrase in phrases if phrase != UNKNOWN for word in phrase.split()}
    assert all(model.model.vosk_model_find_word(word) >= 0 for word in words)
    assert model.grammar(FREE) is None


def test_confidence_counts_unknown_speech_as_none() -> None:
    heard = transcript_of((Word("cero", 1.0, 0.0, 0.25), Word(UNKNOWN, 0.9, 0.25, 1.0)))
    assert (heard.text, heard.confidence) == ("cero", 0.25)
