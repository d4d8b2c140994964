"""Text to speech by Piper, over its own HTTP server (`python -m piper.http_server`), instead of espeak-ng.

Piper runs as a program of its own: its licence (GPL-3) stays with it, its voice is loaded once, and it may stand on
another machine of the private network. What it takes and gives: `POST /synthesize` with {"text"}, a WAV file
(github.com/OHF-Voice/piper1-gpl, docs/API_HTTP.md). Any server that does the same will do.
"""

import asyncio
import io
import logging

import httpx

from voice.audio import WrongFormat, read_wav, resampled, without_tail
from voice.synthesiser import SynthesisFailed, is_sayable

logger = logging.getLogger(__name__)

ATTEMPTS = 2
RATES = (8000, 16000, 22050, 24000, 44100, 48000)
"""Samples a second of the voices that exist: 16000 (low quality) and 22050 for Piper's."""


class PiperSynthesiser:
    """`Synthesiser` by a server that answers a text with a WAV file."""

    def __init__(
        self, url: str, voice: str, *, at_once: int = 2, seconds_per_text: float = 10.0,
        client: httpx.AsyncClient | None = None,
    ) -> None:  # fmt: skip
        """`url` is the whole address, such as `http://127.0.0.1:5000/synthesize`.

        `voice` names what the server speaks with, version included (`es_MX-claude-high 1.0`): what is in the cache and
        the approval of the voice hold for that name.
        """
        self._url, self._voice = url, voice
        self._client = client or httpx.AsyncClient(timeout=seconds_per_text)
        self._turns = asyncio.Semaphore(at_once)
        self._closed = False

    @property
    def identity(self) -> str:
        """Engine and voice."""
        return f"piper {self._voice}"

    async def speech(self, text: str) -> bytes:
        """The sound of the text: PCM, 8 kHz, 16-bit signed little-endian, mono (see `Synthesiser`).

        Raises:
            SynthesisFailed: twice not in time or not at all; or closed.
        """
        if not is_sayable(text):
            return b""
        sayable = " ".join(text.replace("\0", " ").encode(errors="replace").decode().split())
        reason = "closed"
        for attempt in range(1, ATTEMPTS + 1):
            if self._closed:
                break
            try:
                if pcm := await self._rendered(sayable):
                    return pcm
                reason = "made no sound"
            except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: the client was closed in between
                reason = type(error).__name__
            except WrongFormat as error:
                reason = str(error)
            # The text stays out of the log: it may hold personal data.
            logger.warning("piper: %s on %d characters, attempt %d", reason, len(sayable), attempt)
        raise SynthesisFailed(f"piper: {reason} on {len(sayable)} characters")

    async def close(self) -> None:
        """Close the connections; texts in the middle fail."""
        self._closed = True
        await self._client.aclose()

    async def _rendered(self, text: str) -> bytes:
        async with self._turns:
            response = await self._client.post(self._url, json={"text": text})
        response.raise_for_status()
        return await asyncio.to_thread(_for_the_telephone, response.content)


def _for_the_telephone(wav: bytes) -> bytes:
    pcm, rate = read_wav(io.BytesIO(wav), RATES)
    return without_tail(resampled(pcm, rate))
