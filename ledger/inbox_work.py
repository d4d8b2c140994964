"""Working on an inbox or an outbox: in order for each key (a person, a conversation), again after an error, for ever.

It stands below channels and desk, because what Meta and what Chatwoot delivers is worked on in the same way.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 30.0
"""How often what was left over is looked for, by a killed process or by a delivery that did not arrive."""
MOST_ATTEMPTS = 5
"""At one delivery, which is then set aside, for it holds up the others of its key."""
RETRY_SECONDS = 2.0
Key = TypeVar("Key")


class Lines(Generic[Key]):
    """At most one task per key at a time; a key that is called meanwhile is served once more.

    What an error ended is served again after RETRY_SECONDS.
    """

    def __init__(
        self, serve: Callable[[Key], Awaitable[float | None]], failed: Callable[[Key, BaseException], None]
    ) -> None:
        """`serve` answers after how many seconds to come back (None: when called); `failed` is told of an error."""
        self._serve, self._failed = serve, failed
        self._tasks: dict[Key, asyncio.Future[float | None]] = {}
        self._again: set[Key] = set()
        self._closed = False

    def call(self, key: Key) -> None:
        """There may be something to do."""
        if self._closed:
            return
        if key in self._tasks:
            self._again.add(key)
            return
        self._again.discard(key)
        task = asyncio.ensure_future(self._serve(key))
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def is_busy(self, key: Key) -> bool:
        """Whether it is being served right now."""
        return key in self._tasks

    async def close(self) -> None:
        """Stop; what was not done is still in the tables."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, key: Key, task: "asyncio.Future[float | None]") -> None:
        del self._tasks[key]
        if task.cancelled():
            return
        error = task.exception()
        wait = RETRY_SECONDS if error else task.result()
        if wait is not None:
            asyncio.get_running_loop().call_later(wait, self.call, key)
        if error:
            self._failed(key, error)
        elif key in self._again:
            self.call(key)


class Sweeping:
    """Runs `sweep`, which never ends of itself; an error, such as a full disk, has it begin again a little later."""

    def __init__(self, sweep: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._sweep = sweep
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Sweep from now on."""
        self._task = asyncio.create_task(self._sweep())
        self._task.add_done_callback(self._ended)

    def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            logger.error("looking for what was left over broke off: %s", trace(error))
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self.begin)


def trace(error: BaseException) -> str:
    """Where an error came from, without its words, which may quote what somebody wrote."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
