"""A telephone line, simulated: what is left of a voice at the other end of it. Seeded, so that the same call repeats.

The band's edges are slopes, as of a Butterworth filter: cut off as by a wall, the sound rings, and recognisers that
hear any real line fail at it (measured with the test model).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice.transport import SAMPLE_RATE, SAMPLES_PER_FRAME

Samples = npt.NDArray[np.float64]
LOWEST_HZ, HIGHEST_HZ = 300.0, 3400.0
_SLOPE = 8
"""Twice the order of the filter."""
_FULL_SCALE = 32767
_MU = 255
_CONCEALED = 0.5
"""A lost frame is replaced by the one before it, at half its loudness, as telephones do."""


@dataclass(frozen=True)
class TelephoneLine:
    """How good a line is."""

    noise_db: float = 25.0
    """Speech above noise."""
    loss: float = 0.01
    """Share of frames of 20 ms that do not arrive."""
    peak: float = 0.5
    """Loudest sample of the speech, of full scale."""
    before_s: float = 0.2
    after_s: float = 1.0
    """Noise around the speech: whoever looks for its end finds no digital silence."""

    def carry(self, speech: Samples, rate: int, chance: np.random.Generator) -> bytes:
        """The speech, sampled `rate` times a second between -1 and 1, as 8 kHz 16-bit mono at the other end."""
        padded = np.pad(speech, (round(self.before_s * rate), round(self.after_s * rate)))
        line = banded(padded, rate)
        line *= self.peak / max(float(np.abs(line).max()), 1e-9)
        spoken = line[np.abs(line) > self.peak / 100]  # pauses are no part of how loud somebody speaks
        loudness = float(np.sqrt(np.mean(spoken**2))) if spoken.size else self.peak / 4
        line += chance.normal(0.0, loudness * 10 ** (-self.noise_db / 20), len(line))
        arrived = _with_losses(mu_law(line), self.loss, chance)
        return np.clip(arrived * _FULL_SCALE, -_FULL_SCALE - 1, _FULL_SCALE).astype("<i2").tobytes()


def banded(samples: Samples, rate: int) -> Samples:
    """The band of the telephone, at 8 kHz."""
    hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / rate), 1.0)
    band = 1 / np.sqrt(1 + (hertz / HIGHEST_HZ) ** _SLOPE) / np.sqrt(1 + (LOWEST_HZ / hertz) ** _SLOPE)
    length = len(samples) * SAMPLE_RATE // rate
    spectrum = (np.fft.rfft(samples) * band)[: length // 2 + 1]
    return np.fft.irfft(spectrum, length) * (length / len(samples))


def mu_law(samples: Samples) -> Samples:
    """There and back through the 8 bits of G.711."""
    coded = np.round(127 * np.sign(samples) * np.log1p(_MU * np.minimum(np.abs(samples), 1.0)) / np.log1p(_MU)) / 127
    return np.asarray(np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU)


def _with_losses(samples: Samples, share: float, chance: np.random.Generator) -> Samples:
    arrived = np.array(samples)
    for start in range(SAMPLES_PER_FRAME, len(arrived) - SAMPLES_PER_FRAME + 1, SAMPLES_PER_FRAME):
        if chance.random() < share:
            arrived[start : start + SAMPLES_PER_FRAME] = arrived[start - SAMPLES_PER_FRAME : start] * _CONCEALED
    return arrived
