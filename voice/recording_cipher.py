"""Sound at rest: AES-256-GCM in frames of one second, which can be written as a call goes and read from anywhere.

The construction is the framed body of the AWS Encryption SDK message format (AWS, «Message format reference» and «Body
AAD reference»): every frame has its number, a random IV, its content and a tag; the authenticated data of a frame are
the message id, whether it is the final one, its number and its length. So no frame can be changed, moved, dropped or
taken from another file, and a file that was cut short lacks its final frame. Their fixed framing is kept, their header
is not: ours is the magic, the name of the key (`recording_keys`), and the message id.

Each file has a key of its own, derived from the month's with HKDF, the message id as salt, and the folio, so that a
recording cannot pass for another folio's. With random IVs of 96 bits a key serves 2^32 frames (NIST SP 800-38D §8.3),
a file has one each second; a frame that is silenced later gets a new IV.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voice.recording_keys import RecordingKeys, derive

MAGIC = b"VENREC1\n"
FRAME_BYTES = 32_000
"""Of sound in every frame but the final one, which has fewer: a second of both sides."""
_NUMBER, _IV, _TAG, _ID = 4, 12, 16, 32
_OVERHEAD = _NUMBER + _IV + _TAG
STORED_FRAME = FRAME_BYTES + _OVERHEAD
_REGULAR, _FINAL = b"Ventanilla Frame", b"Ventanilla Final Frame"


class SoundDamaged(Exception):
    """The file is no recording, was changed or cut short, or belongs to another folio or key."""


class SealedSound:
    """One encrypted recording, open. Places and lengths are bytes of sound; every method may raise OSError."""

    def __init__(self, file: int, header: bytes, key: bytes) -> None:
        self._file, self._header, self._id = file, header, header[-_ID:]
        self._cipher = AESGCM(key)
        self._frames = 0
        self._tail = bytearray()
        self.is_finished = False
        """Whether its final frame is there: nothing is missing at the end."""

    @classmethod
    def create(cls, path: Path, folio: str, keys: RecordingKeys, key_name: str) -> Self:
        """A new file, which must not exist."""
        month_key, name, message_id = keys.make(key_name), key_name.encode(), secrets.token_bytes(_ID)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        sound = cls(file, MAGIC + bytes([len(name)]) + name + message_id, _file_key(month_key, message_id, folio))
        try:
            write_all(file, sound._header, 0)
        except OSError:
            os.close(file)
            raise
        return sound

    @classmethod
    def open(cls, path: Path, folio: str, keys: RecordingKeys, *, writable: bool = False) -> Self:
        """An existing file.

        Raises:
            SoundDamaged: its header cannot be read.
            KeyMissing: its key was destroyed.
        """
        file = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
        try:
            header, name, message_id = _header_of(file)
            sound = cls(file, header, _file_key(keys.find(name), message_id, folio))
            sound._find_end()
        except BaseException:
            os.close(file)
            raise
        return sound

    @property
    def key_name(self) -> str:
        """Of the month's key."""
        return self._header[len(MAGIC) + 1 : -_ID].decode()

    @property
    def length(self) -> int:
        """Of the sound so far."""
        return self._frames * FRAME_BYTES + len(self._tail)

    def append(self, sound: bytes) -> None:
        """Add to the end; whole seconds go to the disk, the rest waits in memory."""
        self._tail += sound
        while len(self._tail) >= FRAME_BYTES:
            self._put(self._frames, bytes(self._tail[:FRAME_BYTES]), _REGULAR)
            self._frames += 1
            del self._tail[:FRAME_BYTES]

    def silence(self, start: int, end: int) -> None:
        """Overwrite this span with zeros, on disk too. Raises SoundDamaged when a frame of it cannot be read."""
        start, end, sealed = max(0, start), min(end, self.length), self._frames * FRAME_BYTES
        for number in range(start // FRAME_BYTES, min(self._frames, -(-end // FRAME_BYTES))):
            content = bytearray(self._frame(number))
            _zero(content, start - number * FRAME_BYTES, end - number * FRAME_BYTES)
            self._put(number, bytes(content), _REGULAR)
        _zero(self._tail, start - sealed, end - sealed)
        if self.is_finished:
            self.finish()

    def finish(self) -> None:
        """Write the final frame, with what is left. A frame that a full disk cut short is dropped first."""
        place = self._place(self._frames)
        if len(self._tail) >= FRAME_BYTES:  # the disk did not take it
            self._tail.clear()
        os.ftruncate(self._file, place)
        try:
            self._put(self._frames, bytes(self._tail), _FINAL)
        except OSError:  # what is left does not fit any more; that nothing follows perhaps does
            self._tail.clear()
            os.ftruncate(self._file, place)
            self._put(self._frames, b"", _FINAL)
        os.fsync(self._file)
        self.is_finished = True

    def mend(self) -> None:
        """Finish what a killed process left: a frame that was being overwritten becomes silence, a torn end goes."""
        for number in range(self._frames):
            try:
                self._frame(number)
            except SoundDamaged:
                self._put(number, bytes(FRAME_BYTES), _REGULAR)
        self.finish()

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The sound from one place to another, piece by piece. Raises SoundDamaged where a frame was changed."""
        end = self.length if end is None else min(end, self.length)
        for number in range(start // FRAME_BYTES, -(-end // FRAME_BYTES)):
            first = number * FRAME_BYTES
            content = self._frame(number) if number < self._frames else bytes(self._tail)
            yield content[max(0, start - first) : end - first]

    def close(self) -> None:
        """Give the file back; what was not finished stays unfinished."""
        os.close(self._file)

    def _find_end(self) -> None:
        size = os.fstat(self._file).st_size - len(self._header)
        self._frames, rest = divmod(size, STORED_FRAME)
        if rest >= _OVERHEAD:
            try:
                self._tail = bytearray(self._get(self._frames, rest - _OVERHEAD, _FINAL))
                self.is_finished = True
            except SoundDamaged:
                pass  # half of a frame: the process was killed, or somebody cut the file short

    def _frame(self, number: int) -> bytes:
        return self._get(number, FRAME_BYTES, _REGULAR)

    def _get(self, number: int, length: int, kind: bytes) -> bytes:
        stored = os.pread(self._file, length + _OVERHEAD, self._place(number))
        iv, sealed = stored[_NUMBER : _NUMBER + _IV], stored[_NUMBER + _IV :]
        if stored[:_NUMBER] != number.to_bytes(_NUMBER) or len(stored) != length + _OVERHEAD:
            raise SoundDamaged(f"second {number} of the recording is not where it should be")
        try:
            return self._cipher.decrypt(iv, sealed, self._authenticated(number, length, kind))
        except InvalidTag as error:
            raise SoundDamaged(f"second {number} of the recording was changed, or the key is another") from error

    def _put(self, number: int, content: bytes, kind: bytes) -> None:
        iv = secrets.token_bytes(_IV)
        sealed = self._cipher.encrypt(iv, content, self._authenticated(number, len(content), kind))
        write_all(self._file, number.to_bytes(_NUMBER) + iv + sealed, self._place(number))

    def _authenticated(self, number: int, length: int, kind: bytes) -> bytes:
        return self._id + kind + number.to_bytes(_NUMBER) + length.to_bytes(8)

    def _place(self, number: int) -> int:
        return len(self._header) + number * STORED_FRAME


def write_all(file: int, content: bytes, place: int) -> None:
    """`pwrite` until everything is written: a disk that is nearly full takes a part of it. Raises OSError."""
    view = memoryview(content)
    while view:
        done = os.pwrite(file, view, place)
        view, place = view[done:], place + done


def _header_of(file: int) -> tuple[bytes, str, bytes]:
    start = os.pread(file, len(MAGIC) + 1 + 255 + _ID, 0)
    length = len(MAGIC) + 1 + (start[len(MAGIC)] if len(start) > len(MAGIC) else 0) + _ID
    if not start.startswith(MAGIC) or len(start) < length:
        raise SoundDamaged("the file is not an encrypted recording of Ventanilla")
    header = start[:length]
    try:
        return header, header[len(MAGIC) + 1 : -_ID].decode("ascii"), header[-_ID:]
    except UnicodeDecodeError as error:
        raise SoundDamaged("the name of the recording's key cannot be read") from error


def _file_key(month_key: bytes, message_id: bytes, folio: str) -> bytes:
    return derive(month_key, message_id, f"ventanilla recording {folio}")


def _zero(content: bytearray, start: int, end: int) -> None:
    start, end = max(0, start), min(max(0, end), len(content))
    content[start:end] = bytes(max(0, end - start))
