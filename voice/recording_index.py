"""The folder of recordings: one encrypted file per call, an index by folio, repair after a crash, cuts, erasure.

The index is `index.jsonl`, one `RecordingEntry` a line. It is only appended to; a later line of the same file replaces
the earlier one, and one with `erased` takes it out.
"""

import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from voice.recording import (
    BLOCK_BYTES,
    HEADER_BYTES,
    Recording,
    failure_of,
    seconds_of,
    silence_span,
    stereo_header,
)
from voice.recording_cipher import SealedSound, SoundDamaged
from voice.recording_keys import KeyMissing, RecordingKeys

log = logging.getLogger(__name__)

SUFFIX = ".vrec"
_INDEX = "index.jsonl"
_FOLIO = re.compile(r"[A-Za-z0-9-]{1,64}")
_NAME = re.compile(r"([A-Za-z0-9-]+)_([0-9]{8}T[0-9]{6})Z(?:-[0-9]+)?")
_STAMP = "%Y%m%dT%H%M%S"
_LONGEST_CALL = timedelta(days=2)
"""A call of the month's last minutes is entered when it ends; its key is left alone until then."""


class RecordingEntry(BaseModel):
    """One recording in the index."""

    model_config = ConfigDict(frozen=True)

    folio: str
    file: str
    """Path below the folder of recordings."""
    started: datetime
    """UTC."""
    seconds: float
    sha256: str
    """Of the encrypted file as it is now, so that it can be compared without a key (`sha256sum`), also with a backup's
    copy and after the key was destroyed. A cut changes it. It goes into the evidence chain."""
    key: str
    """Name of the key of its campaign and month."""
    whole: bool = True
    """False when the disk failed, or the process died before the end of the call."""
    cuts: tuple[tuple[float, float], ...] = ()
    """Seconds, start and end, that were silenced after the call."""
    erased: datetime | None = None
    """When its sound was deleted; the line remains as evidence of the erasure (L750)."""


class Recordings:
    """All recordings below one folder. One process writes them; others may read, and erase."""

    def __init__(self, folder: Path, keys: RecordingKeys) -> None:
        self._folder, self.keys = folder, keys
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="recordings")
        self._entries: dict[str, RecordingEntry] = {}
        self._read_to = 0
        self._lock = threading.Lock()

    def open(self, folio: str, campaign: str, started: datetime) -> Recording:
        """Begin to record a call. Raises `RecordingFailure` when the disk refuses: the call goes on without."""
        if not _FOLIO.fullmatch(folio):
            raise ValueError(f"«{folio}» is no folio: letters, digits and hyphens only.")
        moment = started.astimezone(UTC)
        day = self._folder / f"{moment:%Y-%m-%d}"
        stem, number = f"{folio}_{moment.strftime(_STAMP)}Z", 1
        try:
            day.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as refused:
            raise failure_of(refused) from refused
        while (path := day / (f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}")).exists():
            number += 1
        return Recording(path, folio, campaign, moment, self._writer, self.keys)

    def close(self, recording: Recording) -> RecordingEntry:
        """Finish it, hash it, enter it. Blocks for the disk: call it off the event loop. Raises `RecordingFailure`."""
        seconds = recording.close()
        try:
            whole = recording.failure is None
            return self._enter(recording.path, recording.folio, recording.started, seconds, recording.key_name, whole)
        except OSError as refused:
            raise failure_of(refused) from refused

    def of(self, folio: str) -> tuple[RecordingEntry, ...]:
        """The recordings of this folio, oldest first; a call that came back has several."""
        return tuple(entry for entry in self.all() if entry.folio == folio)

    def all(self) -> tuple[RecordingEntry, ...]:
        """Every recording that is kept, in the order of the index."""
        with self._lock:
            self._read()
            return tuple(self._entries.values())

    def path(self, entry: RecordingEntry) -> Path:
        """Where its file is."""
        return self._folder / entry.file

    def intact(self, entry: RecordingEntry) -> bool:
        """Whether the file still is what the index says."""
        return self.path(entry).exists() and _sha256(self.path(entry)) == entry.sha256

    def wav(self, entry: RecordingEntry) -> "WavSound":
        """Its sound, decrypted piece by piece as it is asked for; close it.

        Raises:
            SoundDamaged: the file was changed or cut short since it was entered.
            KeyMissing: the key of its month was destroyed.
            OSError: it cannot be read.
        """
        sound = SealedSound.open(self.path(entry), entry.folio, self.keys)
        if entry.whole and not sound.is_finished:
            sound.close()
            raise SoundDamaged(f"the end of {entry.file} is missing")
        return WavSound(sound)

    def cut(self, entry: RecordingEntry, start_s: float, end_s: float) -> RecordingEntry:
        """Silence a span of a finished recording, and enter its new hash. Raises `RecordingFailure`."""
        path = self.path(entry)
        try:
            with closing(SealedSound.open(path, entry.folio, self.keys, writable=True)) as sound:
                silence_span(sound, start_s, end_s)
            cuts = (*entry.cuts, (start_s, end_s))
            changed = entry.model_copy(update={"sha256": _sha256(path), "cuts": cuts})
            self._append(changed)
        except (OSError, SoundDamaged, KeyMissing) as refused:
            raise failure_of(refused) from refused
        return changed

    def repair(self) -> tuple[RecordingEntry, ...]:
        """At start, before any call: finish and enter what a killed process left behind."""
        known = {self.path(entry) for entry in self.all()}
        found = []
        for path in sorted(self._folder.glob(f"*/*{SUFFIX}")):
            name = _NAME.fullmatch(path.stem)
            if path in known or name is None:
                continue
            try:
                with closing(SealedSound.open(path, name[1], self.keys, writable=True)) as sound:
                    sound.mend()
                    seconds, key = seconds_of(sound.length), sound.key_name
            except (SoundDamaged, KeyMissing) as damaged:
                log.error("Recording %s was left unfinished and cannot be repaired: %s", path.name, damaged)
                continue
            started = datetime.strptime(name[2], _STAMP).replace(tzinfo=UTC)
            found.append(self._enter(path, name[1], started, seconds, key, whole=False))
            log.warning("Recording %s was left unfinished; repaired", path.name)
        return tuple(found)

    def erase(self, entry: RecordingEntry, now: datetime) -> None:
        """Delete the sound; the index keeps that it was, its hash, and when it was erased (L750). Raises OSError."""
        self.path(entry).unlink(missing_ok=True)
        self._append(entry.model_copy(update={"erased": now.astimezone(UTC)}))

    def destroy_keys(self, before: datetime) -> tuple[str, ...]:
        """Destroy the keys of months that are over and have no recording left; their names. Raises OSError.

        From then on the month's recordings cannot be read from any backup (crypto-erase).
        """
        used = {entry.key for entry in self.all()}
        month = f"{before.astimezone(UTC) - _LONGEST_CALL:%Y-%m}"
        over = [name for name in self.keys.names() if name[-7:] < month]
        unused = tuple(name for name in over if name not in used)
        for name in unused:
            self.keys.destroy(name)
        return unused

    def _enter(
        self, path: Path, folio: str, started: datetime, seconds: float, key: str, whole: bool
    ) -> RecordingEntry:
        entry = RecordingEntry(
            folio=folio, file=str(path.relative_to(self._folder)), started=started, seconds=round(seconds, 3),
            sha256=_sha256(path), key=key, whole=whole,
        )  # fmt: skip
        self._append(entry)
        return entry

    def _append(self, entry: RecordingEntry) -> None:
        descriptor = os.open(self._folder / _INDEX, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # A line that a full disk cut short is ended first, or this one would be lost with it.
            broken = not _ends_a_line(self._folder / _INDEX)
            os.write(descriptor, b"\n" * broken + entry.model_dump_json().encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _read(self) -> None:
        """Take in what was appended since the last time, also by another process."""
        path = self._folder / _INDEX
        if not path.exists():
            return
        with path.open("rb") as index:
            index.seek(self._read_to)
            for line in index:
                if not line.endswith(b"\n"):
                    break  # being written just now
                self._read_to += len(line)
                self._apply(line)

    def _apply(self, line: bytes) -> None:
        try:
            entry = RecordingEntry.model_validate_json(line)
        except ValidationError:  # what a full disk left of a line; repair() enters its recording again
            log.error("A line of %s cannot be read and is passed over", _INDEX)
            return
        if entry.erased is None:
            self._entries[entry.file] = entry
        else:
            self._entries.pop(entry.file, None)


class WavSound:
    """A recording as a WAV file of PCM: places and lengths are bytes of that file."""

    def __init__(self, sound: SealedSound) -> None:
        self._sound = sound
        self._header = stereo_header(sound.length // BLOCK_BYTES)

    @property
    def length(self) -> int:
        """Of the whole file."""
        return HEADER_BYTES + self._sound.length

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """From one place up to another, and closes it then. Raises SoundDamaged where the file was changed."""
        end = self.length if end is None else min(end, self.length)
        try:
            if start < HEADER_BYTES:
                yield self._header[start:end]
            if end > HEADER_BYTES:
                yield from self._sound.read(max(0, start - HEADER_BYTES), end - HEADER_BYTES)
        finally:
            self._sound.close()

    def close(self) -> None:
        """Give the file back unread."""
        self._sound.close()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        return size == 0 or os.pread(file.fileno(), 1, size - 1) == b"\n"
