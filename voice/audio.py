"""Sound as the telephone has it: PCM, 16-bit signed little-endian, one channel, 8000 samples per second.

Resampling is soxr's: libsoxr is what SoX, FFmpeg and the large voice stacks resample speech with; it is maintained,
comes as one small wheel, and filters what would fold into the telephone's band. The standard library's `audioop` had no
filter and is gone from Python 3.13; SciPy would be 40 MB for one function.
"""

import io
import wave
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

TELEPHONE_RATE = 8000
"""Samples per second of slin, the only rate of AudioSocket's dialplan application."""
BYTES_PER_SAMPLE = 2
_QUIET = 100
"""Of 32767: a sample below is silence. espeak-ng's own silence is 0 to 2."""


class WrongFormat(Exception):  # noqa: N818
    """A sound file that cannot be played; names the file, what it is and what is expected."""


def seconds(pcm: bytes, rate: int = TELEPHONE_RATE) -> float:
    """How long the sound lasts."""
    return len(pcm) / BYTES_PER_SAMPLE / rate


def loudness(pcm: bytes) -> float:
    """Root mean square of the samples, 0 (silence) to 32767."""
    if not pcm:
        return 0.0
    return float(np.sqrt(np.mean(np.square(_samples(pcm).astype(np.float64)))))


def resampled(pcm: bytes, from_rate: int, to_rate: int = TELEPHONE_RATE) -> bytes:
    """The same sound at another rate. Milliseconds of work per ten seconds: not on the event loop."""
    if from_rate == to_rate or not pcm:
        return pcm
    return bytes(np.asarray(soxr.resample(_samples(pcm), from_rate, to_rate, quality="HQ"), dtype="<i2").tobytes())


def without_tail(pcm: bytes, keep: float = 0.1, rate: int = TELEPHONE_RATE) -> bytes:
    """The sound without the silence at its end, but for `keep` seconds.

    How long to wait after a prompt is turn taking's to decide: espeak-ng appends 0.39 s, in which a caller who answers
    at once would be taken for interrupting.
    """
    loud = np.flatnonzero(np.abs(_samples(pcm).astype(np.int32)) > _QUIET)
    if not loud.size:
        return b""
    return pcm[: (int(loud[-1]) + 1 + round(keep * rate)) * BYTES_PER_SAMPLE]


def wav(pcm: bytes, rate: int = TELEPHONE_RATE) -> bytes:
    """The sound as the bytes of a mono WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(BYTES_PER_SAMPLE)
        writer.setframerate(rate)
        writer.writeframes(pcm)
    return file.getvalue()


def read_wav(source: Path | BinaryIO, rates: tuple[int, ...] = (TELEPHONE_RATE, 16000)) -> tuple[bytes, int]:
    """PCM and rate of a mono 16-bit WAV of one of the rates.

    Raises:
        WrongFormat: anything else, an unreadable or a truncated file.
    """
    name = source.name if isinstance(source, Path) else "WAV"
    expected = f"Se espera WAV PCM de 16 bits, mono, a {' o '.join(map(str, rates))} Hz."
    try:
        with wave.open(str(source) if isinstance(source, Path) else source, "rb") as reader:
            channels, width, rate, frames = reader.getparams()[:4]
            pcm = reader.readframes(frames)
    except FileNotFoundError as error:
        raise WrongFormat(f"{name}: no existe. {expected}") from error
    except (wave.Error, EOFError, OSError) as error:
        raise WrongFormat(
            f"{name}: no se puede leer como WAV ({str(error) or 'está vacío o cortado'}). {expected}"
        ) from error
    if channels != 1 or width != BYTES_PER_SAMPLE or rate not in rates:
        raise WrongFormat(f"{name}: tiene {channels} canal(es), {8 * width} bits y {rate} Hz. {expected}")
    if len(pcm) != frames * BYTES_PER_SAMPLE:
        raise WrongFormat(f"{name}: está cortado: anuncia {frames} muestras y trae {len(pcm) // 2}. {expected}")
    return pcm, rate


def _samples(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.frombuffer(pcm, dtype="<i2")
