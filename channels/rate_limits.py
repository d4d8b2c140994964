"""How much one connection may ask for (security.md §14): sliding windows, by address and by conversation.

The counts live in this process unless the deployment names a storage that several share (`limits` knows Redis and
others by their address).
"""

import time
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerHour, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

MESSAGES, SECONDS = 10, 10


class TooMany(Exception):
    """The limit is reached; `retry_after` is in whole seconds."""

    def __init__(self, code: str, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.code, self.retry_after = code, retry_after


class RateLimits:
    """Counts entrances per address and messages per address and conversation."""

    def __init__(self, storage: str = "memory://", entrances_per_hour: int = 20, messages: int = MESSAGES) -> None:
        """`storage` is an address of the library `limits`; `messages` are those of ten seconds."""
        self._limiter = MovingWindowRateLimiter(storage_from_string(storage))
        self._entrances = RateLimitItemPerHour(entrances_per_hour)
        self._messages = RateLimitItemPerSecond(messages, SECONDS)

    def count_entrance(self, address: str) -> None:
        """One form was sent from this address.

        Raises:
            TooMany: as many as an hour allows were sent already.
        """
        line = line_of(address)
        if not self._limiter.hit(self._entrances, "entrance", line):
            wait = self._wait(self._entrances, "entrance", line)
            minutes = max(1, round(wait / 60))
            raise TooMany(
                "too_many_entrances",
                f"Se enviaron demasiados formularios desde su conexión. Espere {minutes} min e inténtelo de nuevo.",
                wait,
            )

    def count_message(self, *keys: str) -> None:
        """One message came, by its conversation and, if it is a browser's, its address.

        Raises:
            TooMany: one of them sent as many as ten seconds allow; nothing is counted then.
        """
        keys = tuple(map(line_of, keys))
        for key in keys:
            if not self._limiter.test(self._messages, "message", key):
                wait = self._wait(self._messages, "message", key)
                raise TooMany("too_many_messages", "Envió muchos mensajes en poco tiempo. Espere un momento.", wait)
        for key in keys:
            self._limiter.hit(self._messages, "message", key)

    def _wait(self, limit: RateLimitItemPerHour | RateLimitItemPerSecond, *key: str) -> int:
        return max(1, round(self._limiter.get_window_stats(limit, *key).reset_time - time.time() + 0.5))


def line_of(address: str) -> str:
    """What one connection to the Internet holds: an IPv4 address, or of IPv6 the 2^64 of a subnet (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped) if found.ipv4_mapped else f"{IPv6Address(int(found) >> 64 << 64)}/64"
