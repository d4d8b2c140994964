"""An application on a real loopback socket, in a thread; and waiting for what it does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

PATIENCE_SECONDS = 30.0
"""A small, busy machine; nothing is asserted about speed."""


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """The application's address; on a free port where none is given. It must start, and stop when it is told to."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        until(lambda: server.started or not thread.is_alive())
        assert thread.is_alive(), "the application did not start"
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "the application did not stop"


def until(holds: Callable[[], Any]) -> Any:
    """Wait for something to come true; its value."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := holds()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
    return value


def free_port() -> int:
    """A port that nobody listens on now, for what must be told its port beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
