"""The simulated line: its band, its noise, its losses, and that the same seed gives the same sound."""

import numpy as np
import pytest

from evaluation.telephone_line import Samples, TelephoneLine, banded, mu_law
from voice.audio import loudness
from voice.transport import FRAME_BYTES, SAMPLE_RATE

RATE = 22050


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE) -> Samples:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def level(samples: Samples) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) / np.sqrt(np.mean(tone(1000) ** 2))))


@pytest.mark.parametrize(("hertz", "at_least", "at_most"), [(1000, -0.5, 0.5), (300, -4, -2), (100, -60, -30)])
def test_the_band_has_slopes_and_no_walls(hertz: float, at_least: float, at_most: float) -> None:
    assert at_least <= level(banded(tone(hertz), RATE)) <= at_most


def test_mu_law_keeps_soft_sounds_better_than_eight_plain_bits() -> None:
    soft = tone(1000, rate=SAMPLE_RATE) / 50
    error = level(mu_law(soft) - soft) - level(soft)
    assert -45 < error < -28


def test_noise_is_as_far_below_the_speech_as_asked() -> None:
    line = TelephoneLine(noise_db=15, loss=0, before_s=1.0, after_s=0.0)
    sound = line.carry(tone(1000), RATE, np.random.default_rng(1))
    second = 2 * SAMPLE_RATE
    ratio = 20 * np.log10(loudness(sound[second:]) / loudness(sound[: second * 9 // 10]))
    assert 13.5 < ratio < 16.5


def test_one_seed_is_one_sound_and_another_is_another() -> None:
    once, again, other = (
        TelephoneLine().carry(tone(700), RATE, np.random.default_rng(seed)) for seed in (7, 7, 8)
    )  # fmt: skip
    assert once == again != other
    assert len(once) == round(2 * SAMPLE_RATE * (0.2 + 1.0 + 1.0))


def test_lost_frames_are_concealed_by_what_came_before() -> None:
    line = TelephoneLine(noise_db=90, loss=0.3, before_s=0, after_s=0)
    whole = TelephoneLine(noise_db=90, loss=0, before_s=0, after_s=0)
    seed = 3
    broken = line.carry(tone(500), RATE, np.random.default_rng(seed))
    intact = whole.carry(tone(500), RATE, np.random.default_rng(seed))
    frames = range(0, len(intact), FRAME_BYTES)
    lost = sum(broken[place : place + FRAME_BYTES] != intact[place : place + FRAME_BYTES] for place in frames)
    assert 8 <= lost <= 25
    assert loudness(broken) < loudness(intact)
