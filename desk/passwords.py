"""Passwords of staff: slow hashes, and a lock after five failures, for the desk and the administration pages alike."""

import threading
import time
from collections import deque

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_FAILURES = 5
LOCK_SECONDS = 60.0
_MOST_NAMES_WATCHED = 1000
"""Names whose failures are remembered, so that invented names cannot fill the memory."""


class Passwords:
    """Hashes and checks passwords; locks a name for a minute after five failures, whether or not it exists."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` is argon2id with the library's costs (RFC 9106) unless a test says otherwise."""
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("no account has this password")
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        return self._hasher.hash(password)

    def admits(self, username: str, kept_hash: str | None, password: str) -> bool:
        """Whether the password is the account's and the name is not locked; `kept_hash` is None where there is none.

        A name that does not exist costs the same time, so that it cannot be told from one that does.
        """
        if self._is_locked(username):
            return False
        try:
            matches = self._hasher.verify(kept_hash or self._nobody, password) and kept_hash is not None
        except (VerificationError, InvalidHashError):
            matches = False
        if not matches:
            self._count_failure(username)
            return False
        with self._lock:
            self._failures.pop(username, None)
        return True

    def _is_locked(self, username: str) -> bool:
        with self._lock:
            failures = self._failures.get(username, deque())
            return len(failures) == MAX_FAILURES and time.monotonic() - failures[0] < LOCK_SECONDS

    def _count_failure(self, username: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._failures.setdefault(username, deque(maxlen=MAX_FAILURES)).append(now)
            if len(self._failures) > _MOST_NAMES_WATCHED:
                self._failures = {
                    name: found for name, found in self._failures.items() if now - found[-1] < LOCK_SECONDS
                }
