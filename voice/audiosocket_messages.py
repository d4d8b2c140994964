"""AudioSocket's messages, byte by byte: `type:1 | length:uint16 big-endian | payload`.

Source: docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket. Sound is 16-bit signed little-endian mono at 8 kHz.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from voice.transport import FRAME_BYTES

HEADER = struct.Struct(">BH")
"""Type, and length of the payload in bytes."""
MOST_PAYLOAD = 10 * FRAME_BYTES
"""200 ms: Asterisk sends a packet's worth, 20 ms as a rule and 60 ms at most; more is not a call."""


class Kind(IntEnum):
    """Types of messages that we speak; 0x11-0x18 are audio of other rates, which the application never sends."""

    TERMINATE = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO = 0x10
    ERROR = 0xFF


class ProtocolError(Exception):
    """The peer does not speak AudioSocket at 8 kHz; the text says what came instead."""


@dataclass(frozen=True)
class Message:
    """One whole message."""

    kind: Kind
    payload: bytes


TERMINATE = HEADER.pack(Kind.TERMINATE, 0)


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """The bytes of one message."""
    return HEADER.pack(kind, len(payload)) + payload


class Decoder:
    """Cuts the stream into messages; holds at most one unfinished message of `MOST_PAYLOAD` bytes between two calls."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, received: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises `ProtocolError` at the first one that is none."""
        self._held += received
        messages, place = [], 0
        while len(self._held) - place >= HEADER.size:
            number, length = HEADER.unpack_from(self._held, place)
            kind = _checked(number, length)
            end = place + HEADER.size + length
            if end > len(self._held):
                break
            messages.append(Message(kind, bytes(self._held[place + HEADER.size : end])))
            place = end
        del self._held[:place]
        return messages


def _checked(number: int, length: int) -> Kind:
    """The type of the message, if its length may belong to it: judged by the header, before waiting for a payload."""
    try:
        kind = Kind(number)
    except ValueError:
        raise ProtocolError(f"type 0x{number:02x}, which is none of 8 kHz AudioSocket") from None
    fits = {
        Kind.TERMINATE: length == 0,
        Kind.UUID: length == 16,
        Kind.DTMF: length == 1,
        Kind.AUDIO: length % 2 == 0 and length <= MOST_PAYLOAD,
        Kind.ERROR: length <= MOST_PAYLOAD,
    }[kind]
    if not fits:
        raise ProtocolError(f"{kind.name} of {length} bytes")
    return kind
