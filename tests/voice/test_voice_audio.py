"""Sound files and resampling: what is wrong is named, what is right keeps its pitch and length."""

import io
import math
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from voice.audio import WrongFormat, loudness, read_wav, resampled, seconds, wav, without_tail


def tone(hertz: float, lasting: float, rate: int, amplitude: int = 10000) -> bytes:
    samples = (round(amplitude * math.sin(2 * math.pi * hertz * place / rate)) for place in range(int(lasting * rate)))
    return b"".join(struct.pack("<h", sample) for sample in samples)


def pitch(pcm: bytes, rate: int = 8000) -> float:
    """The strongest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(np.frombuffer(pcm, "<i2")))
    return float(np.argmax(spectrum)) * rate / (len(pcm) / 2)


@pytest.mark.parametrize("rate", [16000, 22050, 48000])
def test_resampling_keeps_length_pitch_and_loudness(rate: int) -> None:
    made = resampled(tone(440, 1.0, rate), rate)
    assert seconds(made) == pytest.approx(1.0, abs=0.001)
    assert pitch(made) == pytest.approx(440, abs=2)
    assert loudness(made) == pytest.approx(10000 / math.sqrt(2), rel=0.02)


def test_what_the_telephone_cannot_carry_is_filtered_and_not_folded_down() -> None:
    made = resampled(tone(6000, 1.0, 22050), 22050)  # without a filter it would sound at 2000 Hz
    assert loudness(made) < 100


def test_the_same_rate_and_no_sound_stay_as_they_are() -> None:
    assert resampled(b"\1\2", 8000, 8000) == b"\1\2"
    assert resampled(b"", 22050) == b""
    assert loudness(b"") == 0.0


def test_only_the_silence_at_the_end_goes() -> None:
    silence, sound = bytes(8000), tone(440, 0.5, 8000)
    kept = without_tail(silence + sound + silence)
    assert seconds(kept) == pytest.approx(0.5 + 0.5 + 0.1, abs=0.002)
    assert kept == (silence + sound + silence)[: len(kept)]
    assert without_tail(silence) == b""


def test_a_wav_comes_back_as_it_was(tmp_path: Path) -> None:
    pcm = tone(300, 0.1, 16000)
    path = tmp_path / "uno.wav"
    path.write_bytes(wav(pcm, 16000))
    assert read_wav(path) == (pcm, 16000)
    assert read_wav(io.BytesIO(wav(pcm, 16000))) == (pcm, 16000)


def stereo() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 1, 44100, 0, "NONE", ""))
        writer.writeframes(bytes(88))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (stereo(), "2 canal(es), 8 bits y 44100 Hz"),
        (wav(bytes(100), 22050), "22050 Hz"),
        (wav(bytes(100))[:-10], "cortado"),
        (b"", "vacío"),
        (b"ID3 mp3", "no se puede leer"),
        (
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\7\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\0\0\0\0",
            "unknown format: 7",
        ),
    ],
)
def test_a_wrong_file_is_named_with_what_is_expected(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "bienvenida.wav"
    path.write_bytes(content)
    with pytest.raises(WrongFormat) as raised:
        read_wav(path)
    assert says in str(raised.value)
    assert str(raised.value).startswith("bienvenida.wav: ")
    assert "16 bits, mono, a 8000 o 16000 Hz" in str(raised.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(WrongFormat, match="no existe"):
        read_wav(tmp_path / "nada.wav")
