"""What works for as long as the web server lives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

logger = logging.getLogger(__name__)
RETRY_SECONDS = 5.0
Job = Callable[[], Coroutine[Any, Any, None]]
"""Work that never ends of itself."""


class Worker(Protocol):
    """Something that is started with the server and closed with it."""

    async def start(self) -> None:
        """Begin, or go on with what an earlier process left."""

    async def close(self) -> None:
        """Stop; what was not done is left to the next process."""


@asynccontextmanager
async def running(worker: Worker | None) -> AsyncIterator[None]:
    """At work in between; None is what was not set up."""
    if worker is None:
        yield
        return
    await worker.start()
    try:
        yield
    finally:
        await worker.close()


@asynccontextmanager
async def working(*jobs: Job) -> AsyncIterator[None]:
    """Jobs at work in between. One that breaks off, over a database that is busy or a full disk, is begun again."""
    tasks = [asyncio.create_task(_again_and_again(job)) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _again_and_again(job: Job) -> None:
    while True:
        try:
            await job()
        except Exception:  # whatever it was: nobody waits for this task, so nobody else would learn of it
            logger.exception("work beside the requests broke off, and begins again")
        await asyncio.sleep(RETRY_SECONDS)
