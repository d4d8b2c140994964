"""Voices for simulated callers: espeak-ng, in variants, speeds and pitches that are not the bot's."""

import ctypes
import random
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import espeakng_loader
import numpy as np

from evaluation.telephone_line import Samples

_SYNCHRONOUS, _UTF8, _SPEED, _PITCH = 2, 1, 1, 3
_VOICES = ("es-419+m6", "es-419+f4", "es+m6", "es+f4")
_SPEEDS, _PITCHES = (140, 175), (40, 60)


@dataclass(frozen=True)
class SyntheticVoice:
    """One caller's way of speaking."""

    name: str
    words_per_minute: int
    pitch: int

    @classmethod
    def of(cls, chance: random.Random) -> "SyntheticVoice":
        """Somebody."""
        return cls(chance.choice(_VOICES), chance.randint(*_SPEEDS), chance.randint(*_PITCHES))

    def say(self, text: str) -> tuple[Samples, int]:
        """The text as samples between -1 and 1, and their rate. Safe from several threads; takes milliseconds."""
        return _espeak().say(self, text)


class _Espeak:
    """The library in this process; it holds one voice at a time."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0)
        self._heard = bytearray()
        self._lock = Lock()
        signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = signature(self._take)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, voice: SyntheticVoice, text: str) -> tuple[Samples, int]:
        encoded = text.encode()
        with self._lock:
            self._heard.clear()
            self._library.espeak_SetVoiceByName(voice.name.encode())
            self._library.espeak_SetParameter(_SPEED, voice.words_per_minute, 0)
            self._library.espeak_SetParameter(_PITCH, voice.pitch, 0)
            self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
            samples = np.frombuffer(bytes(self._heard), np.int16) / 32768.0
        return samples, self._rate

    def _take(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: object) -> int:
        if samples and count:
            self._heard += ctypes.string_at(samples, count * 2)
        return 0


@lru_cache(maxsize=1)
def _espeak() -> _Espeak:
    return _Espeak()
