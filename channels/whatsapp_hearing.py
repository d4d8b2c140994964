"""A voice note as text: Ogg Opus decoded to PCM, heard by the recogniser of the telephone.

soundfile brings libsndfile, which decodes Opus since 1.0.29: a wheel of 4 MB, where PyAV brings all of FFmpeg in
104 MB, and miniaudio has no Opus (measured in November 2026).
"""

import asyncio
import io
from typing import Protocol

import numpy as np
import soundfile

from voice.audio import resampled
from voice.expectation import Expectation
from voice.recogniser import RecogniserFailed
from voice.vosk_recogniser import VoskRecogniser

RATE = 16000
"""What the recogniser's models are trained on."""
LONGEST_SECONDS = 120.0
"""Of a voice note that is listened to; a longer one is for a person."""
PATIENCE_SECONDS = 120.0
SURE = 0.5
"""Confidence below which the words are not trusted; telephone calls ask again there, too."""


class NotHeard(Exception):  # noqa: N818
    """A voice note that cannot be made out; the text says why, for the log."""


class VoiceNotes(Protocol):
    """What the channel needs of it."""

    async def text(self, content: bytes) -> str:
        """What is said in a voice note. Raises NotHeard."""
        ...

    def close(self) -> None:
        """No more will come."""
        ...


class VoskVoiceNotes:
    """Voice notes over the recogniser of calls. All of a note is there, so it is decoded in one go."""

    def __init__(self, recogniser: VoskRecogniser) -> None:
        self._recogniser = recogniser

    async def text(self, content: bytes) -> str:
        """What is said in a voice note.

        Raises:
            NotHeard: it is no sound, too long, silent, or not clear enough, or the recogniser failed.
        """
        pcm = await asyncio.to_thread(decoded, content)
        session = self._recogniser.session(RATE)
        try:
            transcript = await asyncio.wait_for(session.decoder.finish(pcm, Expectation()), PATIENCE_SECONDS)
        except (RecogniserFailed, TimeoutError) as error:
            raise NotHeard(f"{type(error).__name__}: {error}") from error
        finally:
            session.close()
        if not transcript.text or transcript.confidence < SURE:
            raise NotHeard(f"confidence {transcript.confidence:.2f}")
        return transcript.text

    def close(self) -> None:
        """End the recogniser's processes."""
        self._recogniser.close()


def decoded(content: bytes, rate: int = RATE) -> bytes:
    """A sound file as PCM: 16 bits, little-endian, one channel, `rate` samples a second. Blocking.

    Raises:
        NotHeard: it cannot be decoded, or is too long.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            if sound.frames > LONGEST_SECONDS * sound.samplerate:
                raise NotHeard(f"{sound.frames / sound.samplerate:.0f} s long")
            samples = sound.read(dtype="int16", always_2d=True)
            source = int(sound.samplerate)
    except soundfile.LibsndfileError as error:
        raise NotHeard(str(error)) from error
    one = np.asarray(samples.mean(axis=1), dtype="<i2")
    return resampled(one.tobytes(), source, rate)
