"""Makes the recordings of this folder: synthetic voices over a telephone line. Run it as a script, without arguments.

The voices are variants of espeak-ng that neither the bot uses nor the test model was trained on. The line is 8 kHz,
300-3400 Hz, mu-law, with noise 25 dB below the speech; the noise is seeded, so the bytes repeat.
"""

import ctypes
import wave
from pathlib import Path

import espeakng_loader
import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).resolve().parent
RATE = 8000
LOWEST_HZ, HIGHEST_HZ = 300, 3400
SLOPE = 8
"""Twice the order of a Butterworth filter: a line's edges are no walls."""
NOISE_DB = -25.0
PEAK = 0.5
SILENCE_BEFORE, SILENCE_AFTER = 0.2, 0.3
"""Seconds; whoever takes turns hands over at least as much."""
SYNCHRONOUS, UTF8, WORDS_PER_MINUTE = 2, 1, 1
Samples = npt.NDArray[np.float64]


class Espeak:
    """The espeak-ng library in this process; a text comes back as samples at `rate` hertz."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate: int = self._library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        self._heard = bytearray()
        signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = signature(self._take)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: object) -> int:
        if samples and count:
            self._heard += ctypes.string_at(samples, count * 2)
        return 0

    def say(self, text: str, voice: str, words_per_minute: int) -> Samples:
        """The text in a voice such as `es-419+m6`."""
        self._heard.clear()
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(WORDS_PER_MINUTE, words_per_minute, 0)
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, UTF8, None, None)
        return np.frombuffer(bytes(self._heard), np.int16) / 32768.0


def over_the_line(samples: Samples, rate: int, noise: np.random.Generator) -> bytes:
    """What a telephone makes of the samples, as signed 16-bit at 8 kHz."""
    samples = np.pad(samples, (int(SILENCE_BEFORE * rate), int(SILENCE_AFTER * rate)))
    hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / rate), 1.0)
    band = 1 / np.sqrt(1 + (hertz / HIGHEST_HZ) ** SLOPE) / np.sqrt(1 + (LOWEST_HZ / hertz) ** SLOPE)
    spectrum = np.fft.rfft(samples) * band
    length = len(samples) * RATE // rate
    line = np.fft.irfft(spectrum[: length // 2 + 1], length)
    line *= PEAK / np.abs(line).max()
    line += noise.normal(0, np.sqrt(np.mean(line**2)) * 10 ** (NOISE_DB / 20), length)
    coded = np.round(127 * np.sign(line) * np.log1p(255 * np.abs(line)) / np.log(256)) / 127
    decoded = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    return np.clip(decoded * 32767, -32768, 32767).astype("<i2").tobytes()


def main() -> None:
    """Write one WAV for each line of said.tsv: file, voice, words per minute, text; no text is noise alone."""
    espeak = Espeak()
    for number, line in enumerate((FOLDER / "said.tsv").read_text(encoding="utf-8").splitlines()[1:]):
        name, voice, speed, text = line.split("\t")
        noise = np.random.default_rng(number)
        samples = espeak.say(text, voice, int(speed)) if text else noise.normal(0, 0.1, espeak.rate)
        with wave.open(str(FOLDER / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(over_the_line(samples, espeak.rate, noise))


if __name__ == "__main__":
    main()
