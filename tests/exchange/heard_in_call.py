"""Whether a recording of a call holds a piece of sound: what the caller heard against what the bot said."""

import asyncio
import statistics

import numpy as np
from sip_telephone import SAMPLE_RATE, SipTelephone

from voice.espeak_synthesiser import EspeakSynthesiser
from voice.prompt_cache import PromptCache, PromptFiles

HEARD = 0.6
"""Share of the pieces in place from which it is the same sound. Other words of the same voice have less than 0.2."""
_MOST = 6 * SAMPLE_RATE
"""Bytes of what was said that are looked for: three seconds."""
_PIECE = SAMPLE_RATE // 4
"""Samples that are looked for at a time: a packet that came too late spoils one piece, not the whole."""
_SHIFT = SAMPLE_RATE // 4
"""How far a piece may lie from where the others say that it should be: telephones skip what comes too late."""
_QUIET = 200
"""Effective value of a pause, of 32768; there is nothing to look for in it."""


async def heard_by(telephone: SipTelephone, text: str, prompts: PromptFiles, within_s: int = 90) -> None:
    """Wait until the telephone has received these words, as they are said, from the bot whose cache `prompts` is."""
    async with EspeakSynthesiser(workers=1) as espeak:  # whose every rendering differs: the bot's own is looked for
        said, share = (await PromptCache(espeak, prompts).speech(text))[:_MOST], 0.0
    for _ in range(2 * within_s):
        # In a thread: where the bot and the exchange run in this loop, sound must not wait for us.
        share = await asyncio.to_thread(share_heard, telephone.heard(), said)
        if share >= HEARD:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"not heard: «{text}», only {share:.0%} of it")


def share_heard(heard: bytes, said: bytes) -> float:
    """How much of `said` is in `heard`, in its order and without gaps; 1.0 is all of it."""
    recording, whole = _samples(heard), _samples(said)
    pieces = {at: whole[at : at + _PIECE] for at in range(0, len(whole) - _PIECE + 1, _PIECE)}
    if len(recording) <= _PIECE:
        return 0.0
    begun = [_place(recording, piece) - at for at, piece in pieces.items() if np.sqrt(np.mean(piece**2)) > _QUIET]
    middle = statistics.median(begun)
    return sum(abs(one - middle) <= _SHIFT for one in begun) / len(begun)


def _samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float64)


def _place(recording: np.ndarray, piece: np.ndarray) -> int:
    """Where the piece is most like the recording, whatever the volume."""
    size = 1 << (len(recording) + len(piece)).bit_length()
    products = np.fft.irfft(np.fft.rfft(recording, size) * np.conj(np.fft.rfft(piece, size)), size)
    energy = np.cumsum(np.concatenate([[0.0], recording**2]))
    around = np.sqrt(energy[len(piece) :] - energy[: -len(piece)])
    return int(np.argmax(products[: len(around)] / np.maximum(around, _QUIET)))
