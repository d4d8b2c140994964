"""Whose turn it is: counted frame by frame with a detector that is told, then with real speech and the real one."""

import math
import random
import wave
from array import array
from collections.abc import Iterable
from pathlib import Path

import pytest

from voice.activity import Detectors, SileroActivity, VoiceActivity
from voice.transport import FRAME_BYTES, FRAME_MS, SAMPLE_RATE, SILENCE
from voice.turn_taking import (
    Attempts,
    Bot,
    CallAPerson,
    EndReason,
    Miss,
    NoInput,
    Reprompt,
    SpeechDismissed,
    SpeechEnded,
    SpeechStarted,
    SpeechSuspected,
    Tellings,
    TurnEvent,
    TurnTaking,
    TurnTiming,
)

SPEECH = Path(__file__).parent.parent / "data" / "speech"
VOICE = b"\x01" + bytes(FRAME_BYTES - 1)


class Marked:
    """Takes a frame for speech when its first byte says so."""

    def speech(self, frame: bytes) -> bool:
        return frame[0] == 1

    def forget(self) -> None:
        """Keeps nothing."""


def turn(kind: str = "free", timing: TurnTiming | None = None, activity: VoiceActivity | None = None) -> TurnTaking:
    taking = TurnTaking(activity or Marked(), timing)
    taking.expect(kind)
    return taking


def hear(taking: TurnTaking, frames: Iterable[bytes], bot: Bot = Bot.SILENT) -> list[tuple[int, TurnEvent]]:
    """The events, each with the milliseconds of sound after which it came."""
    told = []
    for number, frame in enumerate(frames, 1):
        if (event := taking.hear(frame, bot)) is not None:
            told.append((number * FRAME_MS, event))
    return told


def voice(milliseconds: int) -> list[bytes]:
    return [VOICE] * (milliseconds // FRAME_MS)


def silence(milliseconds: int) -> list[bytes]:
    return [SILENCE] * (milliseconds // FRAME_MS)


def test_speech_starts_after_its_minimum_with_the_sound_before_it() -> None:
    before = [bytes([9]) + bytes([number]) * (FRAME_BYTES - 1) for number in range(50)]
    [(after, started)] = hear(turn(), [*before, *voice(300)])
    assert after == 1000 + 200
    assert isinstance(started, SpeechStarted) and not started.interrupts
    assert started.pcm == b"".join([*before[-15:], *voice(200)])  # 300 ms of pre-roll


@pytest.mark.parametrize("sound", [[*voice(180), *silence(2000)], [*voice(60), *silence(140)] * 10])
def test_a_cough_and_a_row_of_clicks_are_no_speech(sound: list[bytes]) -> None:
    assert hear(turn(), sound) == []


def test_the_closure_of_a_consonant_does_not_begin_it_anew() -> None:
    [(after, _)] = hear(turn(), [*voice(100), *silence(100), *voice(100)])
    assert after == 300


@pytest.mark.parametrize(
    ("kind", "pause"),
    [("yes_no", 500), ("choice", 600), ("free", 900), ("digits", 1400), ("nss", 1400), ("date", 1400), ("new", 900)],
)
def test_the_pause_that_ends_speech_depends_on_what_is_expected(kind: str, pause: int) -> None:
    taking = turn(kind)
    hear(taking, voice(600))
    assert taking.in_speech
    assert hear(taking, silence(pause - FRAME_MS)) == []
    [(_, ended)] = hear(taking, silence(FRAME_MS))
    assert isinstance(ended, SpeechEnded) and ended.reason is EndReason.SILENCE
    assert (ended.first_frame, len(ended.pcm)) == (0, (600 + pause) // FRAME_MS * FRAME_BYTES)
    assert ended.speech_ms == 600
    assert not taking.in_speech


def test_a_pause_between_groups_of_digits_does_not_end_them() -> None:
    taking = turn("nss")
    told = hear(taking, [*voice(800), *silence(1200), *voice(800), *silence(1400)])
    assert [type(event) for _, event in told] == [SpeechStarted, SpeechEnded]


def test_a_short_word_is_an_answer_where_one_is_expected() -> None:
    assert hear(turn("free"), [*voice(140), *silence(400)]) == []
    assert len(hear(turn("yes_no"), [*voice(140), *silence(400)])) == 1


def test_mm_hm_lets_the_bot_go_on_and_real_speech_interrupts_it() -> None:
    taking = turn("yes_no")
    told = hear(taking, [*voice(380), *silence(1000)], Bot.SPEAKING)
    assert told == [(100, SpeechSuspected()), (500, SpeechDismissed())]
    assert hear(taking, [*voice(80), *silence(1000)], Bot.SPEAKING) == []  # a click: not even a pause
    [(suspected, _), (after, started)] = hear(taking, voice(600), Bot.SPEAKING)
    assert (suspected, after) == (100, 400)
    assert isinstance(started, SpeechStarted) and started.interrupts
    assert len(started.pcm) == (300 + 400) // FRAME_MS * FRAME_BYTES


@pytest.mark.parametrize(("kind", "enough"), [("free", 600), ("message", 600), ("yes_no", 400), ("nss", 400)])
def test_how_much_speech_interrupts_depends_on_what_is_expected(kind: str, enough: int) -> None:
    told = hear(turn(kind), [*voice(enough - FRAME_MS), *silence(1000)], Bot.SPEAKING)
    assert [type(event) for _, event in told] == [SpeechSuspected, SpeechDismissed]
    [_, (after, started)] = hear(turn(kind), voice(enough), Bot.SPEAKING)
    assert after == enough and isinstance(started, SpeechStarted)


def test_only_a_bot_that_speaks_can_be_paused() -> None:
    assert hear(turn("free"), [*voice(180), *silence(500)]) == []
    taking = turn("free")
    assert hear(taking, voice(120), Bot.SPEAKING) == [(100, SpeechSuspected())]
    [(after, started)] = hear(taking, voice(200), Bot.SILENT)  # it had come to its end meanwhile
    assert after == 80
    assert isinstance(started, SpeechStarted) and not started.interrupts


def test_a_key_ends_what_was_suspected() -> None:
    taking = turn("free")
    hear(taking, voice(200), Bot.SPEAKING)
    taking.key_pressed()
    assert hear(taking, silence(500), Bot.SPEAKING) == []


def test_what_must_be_heard_whole_is_not_interrupted_but_speech_after_it_is_heard() -> None:
    taking = turn()
    assert hear(taking, voice(5000), Bot.PROTECTED) == []
    [(after, started)] = hear(taking, voice(400))
    assert after == 200
    assert isinstance(started, SpeechStarted) and len(started.pcm) == 500 // FRAME_MS * FRAME_BYTES


def test_silence_is_told_after_six_seconds_of_the_callers_turn() -> None:
    taking = turn()
    assert hear(taking, silence(20_000), Bot.SPEAKING) == []
    assert hear(taking, silence(13_000)) == [(6000, NoInput(6000)), (12_000, NoInput(6000))]
    taking.expect("nss")
    assert hear(taking, silence(5980)) == []


def test_a_key_takes_the_word_and_the_wait_begins_again() -> None:
    taking = turn()
    hear(taking, [*silence(4000), *voice(600)])
    taking.key_pressed()
    assert not taking.in_speech
    assert hear(taking, silence(5980)) == []
    assert hear(taking, silence(20)) == [(20, NoInput(6000))]


def test_an_utterance_has_a_longest_time_and_can_be_closed() -> None:
    taking = turn(timing=TurnTiming(longest=3000))
    [_, (after, ended)] = hear(taking, voice(3000))
    assert after == 3000
    assert isinstance(ended, SpeechEnded) and ended.reason is EndReason.LONGEST
    assert taking.close() is None
    hear(taking, voice(1000))
    closed = taking.close()
    assert closed is not None and closed.reason is EndReason.CLOSED and closed.speech_ms == 1000


def test_the_range_of_an_utterance_is_its_place_in_the_call() -> None:
    taking = turn("yes_no")
    told = hear(taking, [*silence(2000), *voice(400), *silence(500)])
    ended = told[-1][1]
    assert isinstance(ended, SpeechEnded)
    assert ended.first_frame == (2000 - 300) // FRAME_MS
    assert ended.first_frame + len(ended.pcm) // FRAME_BYTES == 2900 // FRAME_MS


def frames(pcm: bytes) -> list[bytes]:
    return [pcm[place : place + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for place in range(0, len(pcm), FRAME_BYTES)]


def spoken(name: str) -> list[bytes]:
    with wave.open(str(SPEECH / f"{name}.wav")) as file:
        return frames(file.readframes(file.getnframes()))


def with_noise(sound: list[bytes], level: float) -> list[bytes]:
    """White noise added; `level` is its effective value, of 32768."""
    rng = random.Random(4)
    noisy = (array("h", [int(s + rng.gauss(0, level)) for s in array("h", frame)]) for frame in sound)
    return [frame.tobytes() for frame in noisy]


def tones(*hertz: int, level: float = 6000) -> bytes:
    """200 ms of tones."""
    times = (number / SAMPLE_RATE for number in range(SAMPLE_RATE // 5))
    return array("h", [int(sum(level * math.sin(2 * math.pi * tone * t) for tone in hertz)) for t in times]).tobytes()


@pytest.fixture(scope="module")
def detector() -> SileroActivity:
    return SileroActivity()


@pytest.mark.parametrize("noise", [0, 40, 400], ids=["digital silence", "quiet line", "noise"])
@pytest.mark.parametrize(
    ("name", "kind"), [("yes", "yes_no"), ("no", "yes_no"), ("agent", "free"), ("nss_in_groups", "nss")]
)
def test_real_speech_begins_and_ends_once(detector: SileroActivity, name: str, kind: str, noise: int) -> None:
    detector.forget()
    said = spoken(name)
    sound = [*silence(2000), *said, *silence(2000)]
    told = hear(turn(kind, activity=detector), with_noise(sound, noise) if noise else sound)
    assert [type(event) for _, event in told] == [SpeechStarted, SpeechEnded]
    ended = told[1][1]
    assert isinstance(ended, SpeechEnded)
    # All that is loud lies inside: the first syllable is not lost.
    loud = [number for number, frame in enumerate(said) if max(array("h", frame)) > 2000]
    first = 2000 // FRAME_MS + loud[0]
    assert ended.first_frame <= first
    assert ended.first_frame + len(ended.pcm) // FRAME_BYTES > 2000 // FRAME_MS + loud[-1]


@pytest.mark.parametrize(
    "sound",
    [
        [tones(770, 1336), bytes(3200)] * 10,
        [tones(941, 1477), bytes(3200)] * 10,
        [tones(425)] * 10,
        [tones(60, 180, level=400)] * 20,
    ],
    ids=["key 5", "key #", "dial tone", "hum"],
)
def test_tones_of_the_line_are_nobody(detector: SileroActivity, sound: list[bytes]) -> None:
    detector.forget()
    assert hear(turn("yes_no", activity=detector), frames(b"".join(sound))) == []


@pytest.mark.parametrize("name", ["agent", "appointment", "nss_in_groups"])
def test_real_speech_over_the_bot_is_suspected_within_200_ms_of_sound(detector: SileroActivity, name: str) -> None:
    detector.forget()
    said = spoken(name)
    loud = next(number for number, frame in enumerate(said) if max(array("h", frame)) > 1000)
    told = hear(turn(activity=detector), with_noise([*silence(1000), *said], 40), Bot.SPEAKING)
    (suspected, first), (interrupted, second) = told[:2]
    assert isinstance(first, SpeechSuspected) and isinstance(second, SpeechStarted) and second.interrupts
    assert suspected - (1000 + loud * FRAME_MS) <= 200
    assert interrupted - suspected >= 200


def cough(milliseconds: int = 350) -> list[bytes]:
    """Noise that bursts and dies away, twice, as a throat is cleared."""
    rng, samples = random.Random(7), SAMPLE_RATE * milliseconds // 1000
    burst = array("h", [int(rng.gauss(0, 6000) * math.exp(-6 * at / samples)) for at in range(samples)])
    return frames(burst.tobytes() * 2)


def test_a_cough_does_not_interrupt(detector: SileroActivity) -> None:
    detector.forget()
    told = hear(turn(activity=detector), with_noise([*silence(1000), *cough(), *silence(1000)], 40), Bot.SPEAKING)
    assert not [event for _, event in told if isinstance(event, SpeechStarted)]


def test_noise_is_nobody(detector: SileroActivity) -> None:
    detector.forget()
    told = hear(turn("yes_no", activity=detector), with_noise(silence(7000), 1000))
    assert told == [(6000, NoInput(6000))]


async def test_detectors_come_back_and_have_forgotten_the_last_caller() -> None:
    detectors = Detectors()
    async with detectors.lend() as first:
        for frame in spoken("agent")[:40]:
            first.speech(frame)
    async with detectors.lend() as again, detectors.lend() as other:
        assert again is first and other is not first
        assert not again.speech(SILENCE)


def test_the_words_change_and_the_third_failure_goes_to_a_person() -> None:
    attempts = Attempts()
    assert attempts.failed(Miss.NO_INPUT) == Reprompt("voz_sin_respuesta_1")
    assert attempts.failed(Miss.NO_MATCH) == Reprompt("voz_no_entendido_2")
    assert attempts.failed(Miss.NO_INPUT) == CallAPerson()
    attempts.understood()
    assert attempts.failed(Miss.NO_MATCH) == Reprompt("voz_no_entendido_1")
    assert attempts.failed(Miss.DEAF) == Reprompt("voz_solo_teclas")
    assert attempts.failed(Miss.DEAF) == CallAPerson()


def test_information_is_told_twice_at_most() -> None:
    tellings = Tellings()
    assert [tellings.may_tell("horario") for _ in range(3)] == [True, True, False]
    assert tellings.may_tell("requisitos")
