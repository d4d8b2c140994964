"""What the voice process and the processes that decode tell each other, over Unix sockets.

Orders go as `kind:1 | length:uint32 | payload`; what is heard comes back as lines of JSON, because whoever sends it has
fed a C library with a stranger's sound: nothing of it is trusted further than `json` reads it.
"""

import json
import struct
from enum import IntEnum

from voice.expectation import Expectation
from voice.recogniser import Transcript, Word, transcript_of

HEADER = struct.Struct(">BI")
TO_PARENT = struct.Struct(">BI")
"""Order to the process that has the model: kind and number."""
BATCH_SECONDS = 0.16
"""Audio decoded at a time: Vosk recommends 0.1 to 0.2 s, a frame of 20 ms costs more calls than decoding."""
BYTES_PER_SAMPLE = 2
READY = b"\x01"
"""It says so once, when the model is loaded."""


class Order(IntEnum):
    """To a process that decodes one call."""

    EXPECT = 1
    HEAR = 2
    FINISH = 3


class ParentOrder(IntEnum):
    """To the process that has the model."""

    SERVE = 1
    """Fork a process for a call of so many samples a second, which speaks on the socket that comes along."""
    KILL = 2
    """Kill the process with this id, if it is one of yours."""


def batch_bytes(rate: int) -> int:
    """Bytes of one batch of audio with `rate` samples a second."""
    return int(BATCH_SECONDS * rate) * BYTES_PER_SAMPLE


def order(kind: Order, payload: bytes = b"") -> bytes:
    """The bytes of one order."""
    return HEADER.pack(kind, len(payload)) + payload


def expectation_bytes(expectation: Expectation) -> bytes:
    """An expectation as it travels."""
    return json.dumps([expectation.kind, expectation.phrases, expectation.max_digits]).encode()


def expectation_of(payload: bytes) -> Expectation:
    """And back."""
    kind, phrases, max_digits = json.loads(payload)
    return Expectation(kind, tuple(phrases), max_digits)


def transcript_line(transcript: Transcript) -> bytes:
    """An utterance's words as a line."""
    words = [[word.text, word.confidence, word.start, word.end] for word in transcript.words]
    return json.dumps({"words": words}).encode() + b"\n"


def transcript_in(answer: dict[str, object]) -> Transcript:
    """And back. Raises ValueError or TypeError when it is none."""
    words = answer.get("words")
    if not isinstance(words, list):
        raise ValueError("no words in the answer")
    return transcript_of(
        tuple(Word(str(text), float(sure), float(start), float(end)) for text, sure, start, end in words)
    )
