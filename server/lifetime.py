"""What works for as long as the web server lives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


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
