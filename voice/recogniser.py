"""Speech to text as the telephone needs it: what a recogniser must do, whichever library stands behind it."""

from dataclasses import dataclass
from typing import Protocol

from voice.expectation import Expectation
from voice.spoken_numbers import UNKNOWN


class RecogniserFailed(Exception):
    """The recogniser of one call raised, or does not answer; other calls go on, and this one has its keys."""


@dataclass(frozen=True)
class Word:
    """A word heard: its confidence from 0 to 1, and when, in seconds since the utterance's first audio."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True)
class Transcript:
    """What an utterance was taken for; `text` is empty when nothing was heard, or nothing that is a word.

    `words` holds speech outside the recogniser's words too, as `[unk]`; `text` does not.
    """

    text: str
    words: tuple[Word, ...]
    confidence: float


NOTHING_HEARD = Transcript("", (), 0.0)


def transcript_of(words: tuple[Word, ...]) -> Transcript:
    """The transcript of words in order; confidence is their mean by duration, and unknown speech counts as none."""
    seconds = sum(word.end - word.start for word in words)
    if seconds <= 0:
        return NOTHING_HEARD
    known = [word for word in words if word.text != UNKNOWN]
    sure = sum(word.confidence * (word.end - word.start) for word in known)
    return Transcript(" ".join(word.text for word in known), words, sure / seconds)


class RecognitionSession(Protocol):
    """One call's ear. Not for two tasks at once."""

    def expect(self, expectation: Expectation) -> None:
        """What comes next; in force with the next audio, before which nothing of an utterance may be pending."""

    async def accept(self, pcm: bytes) -> str:
        """Hear signed 16-bit little-endian mono at the session's rate, frames of any length.

        Returns at once with the text so far (for barge-in only: it may lag and change), «» when there is none.
        Raises RecogniserFailed.
        """

    async def finish(self) -> Transcript:
        """The utterance is over: what was said; the next audio begins another. Raises RecogniserFailed."""

    def close(self) -> None:
        """The call is over; what is being decoded is dropped."""


class SpeechRecogniser(Protocol):
    """One for all calls; holds what is costly, such as the model."""

    def session(self, rate: int) -> RecognitionSession:
        """An ear for one call whose audio has `rate` samples a second."""

    def close(self) -> None:
        """The server stops."""
