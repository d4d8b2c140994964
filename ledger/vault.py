"""Encryption of what may not be read in the database: originals of masked texts and the facts of a conversation."""

import base64
import hmac
import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class VaultError(Exception):
    """The key is missing, malformed, or not the one the data were written with."""


class Vault:
    """Fernet (AES-128-CBC with HMAC-SHA256) under one key per deployment."""

    def __init__(self, key: str) -> None:
        """`key` is a Fernet key (32 bytes, URL-safe base64), from the environment.

        Raises:
            VaultError: not such a key.
        """
        try:
            self._fernet = Fernet(key.encode())
        except (ValueError, TypeError) as error:
            raise VaultError(
                "VENTANILLA_LEDGER_KEY is not a key of 32 bytes in URL-safe base64. "
                "For the sandbox, «make run» makes one in var/secrets.env."
            ) from error
        self._key = base64.urlsafe_b64decode(key)

    def lock(self, value: Any) -> bytes:
        """Encrypt a JSON value."""
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False, default=str).encode())

    def open(self, locked: bytes) -> Any:
        """Decrypt what `lock` made.

        Raises:
            VaultError: another key, or the data were changed.
        """
        try:
            return json.loads(self._fernet.decrypt(locked))
        except InvalidToken as error:
            raise VaultError("The ledger was written with another key, or was changed.") from error

    def lock_bytes(self, content: bytes) -> bytes:
        """Encrypt a file's content."""
        return self._fernet.encrypt(content)

    def open_bytes(self, locked: bytes) -> bytes:
        """Decrypt what `lock_bytes` made.

        Raises:
            VaultError: another key, or the data were changed.
        """
        try:
            return self._fernet.decrypt(locked)
        except InvalidToken as error:
            raise VaultError("The file was written with another key, or was changed.") from error

    def mac(self, purpose: str, text: str) -> str:
        """Keyed hash (HMAC-SHA-256, hexadecimal) that nobody without the key can make or try out.

        Each purpose has a key of its own, derived from the ledger's with HKDF (RFC 5869).
        """
        return hmac.digest(_derived(self._key, purpose), text.encode(), "sha256").hex()

    def key_for(self, purpose: str) -> bytes:
        """32 bytes for another use, derived like those of `mac`: who has them learns nothing of the ledger's key."""
        return _derived(self._key, purpose)


@cache
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=f"ventanilla ledger {purpose}".encode()).derive(key)
