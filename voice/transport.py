"""The port behind which a call stands, whoever carries it: Asterisk's AudioSocket, chan_websocket, or a browser.

Everything in this room is counted in frames of 20 ms: 8 kHz, 16-bit signed little-endian, mono (voice.md §3).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

SAMPLE_RATE = 8000
"""Samples a second; telephony's, and all that Asterisk's AudioSocket application carries."""
FRAME_MS = 20
SAMPLES_PER_FRAME = SAMPLE_RATE * FRAME_MS // 1000
FRAME_BYTES = 2 * SAMPLES_PER_FRAME
SILENCE = bytes(FRAME_BYTES)


class CallEnded(Exception):
    """The call is over: nothing more can be sent. The text says why, for the log."""


def refuse_part(frame: bytes) -> None:
    """Only whole frames are sent.

    Raises:
        ValueError: shorter or longer than a frame.
    """
    if len(frame) != FRAME_BYTES:
        raise ValueError(f"A frame is {FRAME_BYTES} bytes of sound, not {len(frame)}: cut and pad before sending.")


@dataclass(frozen=True)
class CallInfo:
    """What is known of a call before anybody speaks; the dialled number selects the campaign."""

    call_id: str
    """UUID in its usual form, lower case."""
    caller: str
    """Number of who calls; empty when it is withheld. Of a browser, its address."""
    dialled: str
    campaign: str = ""
    """Campaign that was asked for by name, whatever was dialled: a page has no number."""
    token_hash: str = ""
    """Hash of the token with which the caller goes on in writing: a browser, whose call no exchange can pass on."""


@dataclass(frozen=True)
class AudioFrame:
    """20 ms of what the caller says: always `FRAME_BYTES` bytes."""

    pcm: bytes


@dataclass(frozen=True)
class KeyPressed:
    """A key of the caller's telephone: `0`-`9`, `*`, `#` or `A`-`D`."""

    digit: str


@dataclass(frozen=True)
class HungUp:
    """The call is over, whoever ended it; always the last event."""

    reason: str


Inbound = AudioFrame | KeyPressed | HungUp


class CallTransport(Protocol):
    """One call. Whoever serves it reads all events, at once, or the caller's sound is lost."""

    @property
    def info(self) -> CallInfo:
        """Who calls and what was dialled."""
        ...

    def events(self) -> AsyncIterator[Inbound]:
        """What comes from the caller, in order; `HungUp` is the last, and is always told. Read by one reader."""
        ...

    async def send(self, frame: bytes) -> None:
        """Send one frame of 20 ms at once; the player paces. Raises `CallEnded` once the call is over."""
        ...

    async def hang_up(self) -> None:
        """End the call politely; the PBX may go on with it (a queue of people). Does nothing when it has ended."""
        ...


@runtime_checkable
class HoldsSound(Protocol):
    """A transport with a queue beyond us that can be emptied. AudioSocket has none."""

    def flush(self) -> None:
        """The caller interrupts: what has been sent and is not heard yet is not said any more. Harmless at any time."""
        ...


@runtime_checkable
class ShowsWords(Protocol):
    """A transport whose caller can also read."""

    def caption(self, text: str) -> None:
        """What is about to be said."""
        ...
