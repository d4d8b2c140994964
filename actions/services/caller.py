"""How every call to the institution is made: limits of time, one retry of reads, circuit breaker, record in the ledger.

Client behaviour of services.md §3. A write is never repeated here: when its outcome is unknown, the caller asks.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import httpx

from actions.services.failure import CIRCUIT_OPEN, NONSENSE, TIMEOUT, UNREACHABLE, ServiceFailure
from conversation.message import Channel
from ledger.services import Interaction, ServiceLedger

T = TypeVar("T")
CONNECT_SECONDS = 2.0
READ_SECONDS = {Channel.VOICE: 5.0, Channel.WEBCHAT: 8.0, Channel.WHATSAPP: 8.0}
RETRY_AFTER_SECONDS = 1.0


class Circuit:
    """Opens for a while after several technical failures in a short time; then the dialogue calls a person at once."""

    def __init__(self, failures: int = 5, within: float = 30.0, open_for: float = 60.0) -> None:
        """`within` and `open_for` are seconds."""
        self._limit, self._within, self._open_for = failures, within, open_for
        self._failures: deque[float] = deque(maxlen=failures)
        self._opened_at: float | None = None

    def is_open(self, now: float) -> bool:
        """Whether calls are refused at this moment (seconds of a monotonic clock)."""
        return self._opened_at is not None and now - self._opened_at < self._open_for

    def failed(self, now: float) -> None:
        """Count a technical failure."""
        self._failures.append(now)
        if len(self._failures) == self._limit and now - self._failures[0] <= self._within:
            self._opened_at = now
            self._failures.clear()

    def succeeded(self) -> None:
        """The service works: forget what was."""
        self._failures.clear()
        self._opened_at = None


class Caller:
    """Makes the calls of one service."""

    def __init__(self, service: str, environment: str, ledger: ServiceLedger, circuit: Circuit) -> None:
        self.service, self.environment = service, environment
        self._ledger, self._circuit = ledger, circuit

    async def read(
        self,
        operation: str,
        attempt: Callable[[], Awaitable[T | ServiceFailure]],
        interaction: Interaction,
        now: datetime,
    ) -> T | ServiceFailure:
        """A look-up; repeated once after a second when the failure allows it."""
        answer = await self._call(operation, attempt, interaction, now, number=1)
        if isinstance(answer, ServiceFailure) and answer.retry in ("once", "backoff"):
            await asyncio.sleep(RETRY_AFTER_SECONDS)
            answer = await self._call(operation, attempt, interaction, now, number=2)
        return answer

    async def write(
        self,
        operation: str,
        attempt: Callable[[], Awaitable[T | ServiceFailure]],
        interaction: Interaction,
        now: datetime,
    ) -> T | ServiceFailure:
        """A change of the institution's data: tried once."""
        return await self._call(operation, attempt, interaction, now, number=1)

    async def _call(
        self, operation: str, attempt: Callable[[], Awaitable[T | ServiceFailure]], interaction: Interaction,
        now: datetime, number: int,
    ) -> T | ServiceFailure:  # fmt: skip
        started = time.monotonic()
        if self._circuit.is_open(started):
            answer: T | ServiceFailure = CIRCUIT_OPEN
        else:
            try:
                async with asyncio.timeout(READ_SECONDS[interaction.channel]):
                    answer = await attempt()
            except (httpx.TimeoutException, TimeoutError):
                answer = TIMEOUT
            except httpx.TransportError:
                answer = UNREACHABLE
            except httpx.HTTPError:  # an answer came and could not be decoded
                answer = NONSENSE
            if isinstance(answer, ServiceFailure) and answer.is_technical:
                self._circuit.failed(time.monotonic())
            else:
                self._circuit.succeeded()
        failure = answer if isinstance(answer, ServiceFailure) else None
        self._ledger.lookup(
            interaction,
            now,
            {
                "service": self.service, "operation": operation, "environment": self.environment, "attempt": number,
                "result": failure.meaning if failure else "ok", "code": failure.code if failure else None,
                "reason": failure.reason if failure else None, "class": failure.error_class if failure else None,
                "communication_error": failure.communication_error if failure else False,
                "alert": failure.alert if failure else False,
                "latency_ms": round((time.monotonic() - started) * 1000),
            },
        )  # fmt: skip
        return answer


def timeout_for(channel: Channel) -> httpx.Timeout:
    """Seconds to connect and to read, by channel: a caller on the telephone waits less."""
    return httpx.Timeout(READ_SECONDS[channel], connect=CONNECT_SECONDS)
