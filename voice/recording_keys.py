"""Keys of recordings: one per campaign and month, so that a month can be made unreadable by destroying its key.

A key is derived with HKDF (RFC 5869) from two halves: the root, which comes from a secret of the environment and is
nowhere on disk, and a random salt per campaign and month, a file below `keys/` of the recordings. Who copies the disk
lacks the root. Once the salt is destroyed nobody has the key any more, not even with the root, and every copy of the
month's recordings, also in a backup, is noise (crypto-erase, security.md §5; NIST SP 800-88). Hence backups of `keys/`
are made apart from those of the recordings, and expire with the retention.
"""

import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NAME = re.compile(r"[a-z0-9_]{1,40}_20[0-9]{2}-[01][0-9]")


class KeyMissing(Exception):
    """The key of a campaign and month is not there: it was destroyed, or the folder of keys is not the right one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the key {name} of the recordings does not exist (any more)")
        self.name = name


def key_name(campaign: str, started: datetime) -> str:
    """Name of the key for a call: `cita_medica_2026-10`; months are those of UTC, as in the names of the files.

    Raises:
        ValueError: a campaign's id has only small letters, digits and underscores.
    """
    name = f"{campaign}_{started.astimezone(UTC):%Y-%m}"
    if not _NAME.fullmatch(name):
        raise ValueError(f"«{campaign}» is no campaign: small letters, digits and underscores only.")
    return name


class RecordingKeys:
    """Keys below one folder; several processes may use it at once."""

    def __init__(self, folder: Path, root: bytes) -> None:
        """`root` has at least 32 bytes that nobody can guess."""
        if len(root) < KEY_BYTES:
            raise ValueError(f"the root of the recordings' keys needs {KEY_BYTES} bytes")
        self._folder, self._root = folder, root

    def make(self, name: str) -> bytes:
        """The key of this name, with a new salt where there is none yet. Raises OSError."""
        path = self._path(name)
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path, secrets.token_bytes(KEY_BYTES))
        return self.find(name)

    def find(self, name: str) -> bytes:
        """The key of this name.

        Raises:
            KeyMissing: there is none.
            OSError: it cannot be read.
        """
        try:
            salt = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise KeyMissing(name) from error
        if len(salt) != KEY_BYTES:
            raise KeyMissing(name)
        return derive(self._root, salt, f"ventanilla recordings {name}")

    def names(self) -> tuple[str, ...]:
        """Names of the keys that exist, sorted."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.salt") if _NAME.fullmatch(path.stem)))

    def destroy(self, name: str) -> None:
        """Overwrite and remove the salt: what was encrypted under this key can never be read again. Raises OSError."""
        path = self._path(name)
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.pwrite(descriptor, secrets.token_bytes(KEY_BYTES), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        path.unlink()
        _sync_folder(self._folder)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise KeyMissing(name)
        return self._folder / f"{name}.salt"


def derive(secret: bytes, salt: bytes, purpose: str) -> bytes:
    """HKDF-SHA-256 (RFC 5869): 32 bytes."""
    return HKDF(SHA256(), length=KEY_BYTES, salt=salt, info=purpose.encode()).derive(secret)


def _create(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and never over one that another process made meanwhile."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # the other process's salt is the key's
    finally:
        temporary.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
