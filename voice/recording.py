"""Recordings of calls: every call (L1717), the caller on the left, the bot on the right, found again by folio.

Encrypted before it reaches the disk (`recording_cipher`), second by second, by one thread for all calls: a slow or full
disk ends the recording and never the call. A killed process leaves whole seconds, which `Recordings.repair` finishes.
"""

import errno
import logging
import struct
from array import array
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime
from enum import Enum
from pathlib import Path

from voice.recording_cipher import SealedSound, SoundDamaged
from voice.recording_keys import KeyMissing, RecordingKeys, key_name
from voice.transport import FRAME_MS, SAMPLE_RATE, SILENCE

log = logging.getLogger(__name__)

HEADER_BYTES = 44
BLOCK_BYTES = 4
"""A sample of each side: 16 bits left, 16 bits right."""
_CHUNK_FRAMES = 1000 // FRAME_MS
_MOST_PENDING = 30
"""Seconds of sound that may wait for the disk."""
_MOST_AHEAD = 10
"""Frames of the caller that may wait for the bot's: 200 ms, the jitter of a network."""


class FailureKind(Enum):
    """Why a recording stopped."""

    DISK_FULL = "disk_full"
    DISK_SLOW = "disk_slow"
    DISK = "disk"


class RecordingFailure(Exception):
    """The recording ends here; what was written is kept. The call goes on, and is not billable (L6989)."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(f"{kind.value}: {detail}")
        self.kind = kind


class Recording:
    """One call being recorded. The bot's frames, which flow every 20 ms, are its clock."""

    def __init__(
        self, path: Path, folio: str, campaign: str, started: datetime, writer: Executor, keys: RecordingKeys
    ) -> None:
        self.path, self.folio, self.started = path, folio, started
        self.failure: RecordingFailure | None = None
        """Set when the recording has stopped; look at it now and then, and tell the ledger."""
        self.key_name = key_name(campaign, started)
        self._writer = writer
        self._waiting: deque[bytes] = deque()
        self._left: list[bytes] = []
        self._right: list[bytes] = []
        self._frames = 0
        self._jobs: deque[Future[None]] = deque()
        try:
            self._sound = SealedSound.create(path, folio, keys, self.key_name)
        except (OSError, KeyMissing) as refused:
            raise failure_of(refused) from refused

    @property
    def seconds(self) -> float:
        """Length so far."""
        return self._frames * FRAME_MS / 1000

    def caller(self, frame: bytes) -> None:
        """20 ms of the caller, as they arrive."""
        self._waiting.append(frame)
        if len(self._waiting) > _MOST_AHEAD:  # the bot's frames stand still: nothing the caller says may be lost
            self._add(self._waiting.popleft(), SILENCE)

    def bot(self, frame: bytes) -> None:
        """20 ms of the bot, as they are sent: `Player(sent=recording.bot)`."""
        self._add(self._waiting.popleft() if self._waiting else SILENCE, frame)

    def cut(self, start_s: float, end_s: float) -> None:
        """Silence this span on both sides, as far as it has been recorded: a card number was said."""
        self._flush()
        # Also after a failure: a full disk still lets what is there be overwritten.
        self._jobs.append(self._writer.submit(lambda: silence_span(self._sound, start_s, end_s)))

    def close(self) -> float:
        """Finish; seconds on disk, fewer than `seconds` after a failure. Blocks for the disk: call it off the loop.

        `failure` tells whether the recording is whole; raises `RecordingFailure` when it could not even be closed.
        """
        for frame in self._waiting:
            self._add(frame, SILENCE)
        self._waiting.clear()
        self._flush()
        while self._jobs:
            self._note(self._jobs.popleft())
        try:
            self._sound.finish()
        except OSError as refused:
            raise failure_of(refused) from refused
        finally:
            self._sound.close()
        return seconds_of(self._sound.length)

    def _add(self, left: bytes, right: bytes) -> None:
        self._frames += 1
        if self.failure is not None:
            return
        self._left.append(left)
        self._right.append(right)
        if len(self._left) >= _CHUNK_FRAMES:
            self._flush()

    def _flush(self) -> None:
        left, right = b"".join(self._left), b"".join(self._right)
        self._left, self._right = [], []
        if left:
            self._submit(lambda: self._append(left, right))

    def _append(self, left: bytes, right: bytes) -> None:
        both = array("h", bytes(len(left) * 2))
        both[0::2], both[1::2] = array("h", left), array("h", right)
        self._sound.append(both.tobytes())

    def _submit(self, job: Callable[[], None]) -> None:
        while self._jobs and self._jobs[0].done():
            self._note(self._jobs.popleft())
        if self.failure is None and len(self._jobs) >= _MOST_PENDING:
            self.failure = RecordingFailure(FailureKind.DISK_SLOW, f"{len(self._jobs)} s wait to be written")
        if self.failure is None:
            self._jobs.append(self._writer.submit(job))

    def _note(self, done: Future[None]) -> None:
        error = done.exception()
        if error is None or self.failure is not None:
            return
        if not isinstance(error, OSError | SoundDamaged):
            raise error
        self.failure = failure_of(error)
        log.error("The recording of %s stopped: %s", self.folio, self.failure)


def failure_of(error: OSError | SoundDamaged | KeyMissing) -> RecordingFailure:
    """The disk's error, as what it means for a recording."""
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return RecordingFailure(FailureKind.DISK_FULL if full else FailureKind.DISK, str(error))


def stereo_header(blocks: int) -> bytes:
    """RIFF header of a WAV file: PCM, two channels, 16 bits, 8 kHz, of so many samples a side."""
    size = blocks * BLOCK_BYTES
    layout = (b"RIFF", HEADER_BYTES - 8 + size, b"WAVE", b"fmt ", 16, 1, 2)
    return struct.pack("<4sI4s4sIHH", *layout) + struct.pack(
        "<IIHH4sI", SAMPLE_RATE, SAMPLE_RATE * BLOCK_BYTES, BLOCK_BYTES, 16, b"data", size
    )


def silence_span(sound: SealedSound, start_s: float, end_s: float) -> None:
    """Overwrite this span of an open recording with silence, on both sides. Raises OSError and SoundDamaged."""
    sound.silence(int(start_s * SAMPLE_RATE) * BLOCK_BYTES, int(end_s * SAMPLE_RATE) * BLOCK_BYTES)


def seconds_of(length: int) -> float:
    """How long so many bytes of sound last."""
    return length / BLOCK_BYTES / SAMPLE_RATE
