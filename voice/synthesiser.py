"""The port of text to speech. espeak-ng stands behind it by default; Piper over HTTP, or any other engine, may.

The contract, which `tests/voice/test_voice_synthesiser.py` puts to every provider:

- `speech` gives what the telephone takes, whatever the engine makes: 8 kHz, 16-bit signed little-endian, mono. The
  provider resamples, and never on the event loop.
- A text without anything to pronounce is silence of no length, `b""`; every other text has sound or fails.
- The same text is the same words, not the same bytes: engines vary a little; the cache makes them the same.
- Several texts may be asked for at once and none gets the sound of another.
- Whoever asks may be cancelled (the caller hung up); the next text is rendered all the same.
- Nothing lasts for ever: what cannot be rendered in time is `SynthesisFailed`, and the call goes on without it.
- After `close` nothing is left running, and `speech` is `SynthesisFailed`.
"""

from typing import Protocol


class SynthesisFailed(Exception):  # noqa: N818 - named for what happened, as the other failures of the project
    """A text could not be made into speech; says why. The caller of the telephone is then served another way."""


class Synthesiser(Protocol):
    """Makes speech of text that is written as it is said (`voice.speaking.spoken`)."""

    @property
    def identity(self) -> str:
        """Everything that shapes the sound: engine, versions, voice, speed. Part of the key of the cache."""

    async def speech(self, text: str) -> bytes:
        """The sound of the text: PCM, 8000 Hz, 16-bit signed little-endian, mono.

        Raises:
            SynthesisFailed: not in time, not at all, or closed.
        """

    async def close(self) -> None:
        """Give back all that it holds; may be called twice."""


def is_sayable(text: str) -> bool:
    """Whether there is anything to pronounce; punctuation and symbols alone are not."""
    return any(map(str.isalnum, text))
