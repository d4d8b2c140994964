"""Sessions kept on the server: they end after ten minutes without use, on leaving, and when the server restarts."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

COOKIE = "ventanilla_admin"
LOGIN_COOKIE = "ventanilla_admin_entrada"
"""Holds the CSRF token of the log-in form, before there is a session."""
IDLE_SECONDS = 600.0
"""Inactivity after which a session ends (security.md §8, L8379)."""
LONGEST_SECONDS = 12 * 3600.0
"""Age at which a session ends even when it is used all the time."""


@dataclass
class Session:
    """One person at one browser."""

    username: str
    opened: float
    used: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Sessions:
    """Sessions by a random token of which only the hash is kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, username: str) -> str:
        """Begin a session; the token for the cookie."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._sessions = {key: one for key, one in self._sessions.items() if self._is_alive(one, now)}
            self._sessions[_key(token)] = Session(username, now, now)
        return token

    def find(self, token: str, is_use: bool = True) -> Session | None:
        """The session of a token, unless it ended.

        `is_use` is False for what a page asks by itself: that is no activity of a person and prolongs nothing.
        """
        now = self._clock()
        with self._lock:
            session = self._sessions.get(_key(token))
            if session is None or not self._is_alive(session, now):
                self._sessions.pop(_key(token), None)
                return None
            if is_use:
                session.used = now
            return session

    def close(self, token: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(_key(token), None)

    @staticmethod
    def _is_alive(session: Session, now: float) -> bool:
        return now - session.used < IDLE_SECONDS and now - session.opened < LONGEST_SECONDS


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
