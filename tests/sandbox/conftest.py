"""One sandbox for the whole run, reset before each test."""

from collections.abc import Iterator

import pytest
from sandbox_calls import Caller
from starlette.testclient import TestClient

from sandbox.app import create_app


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The application, called from this machine."""
    yield TestClient(create_app(), client=("127.0.0.1", 50000))


@pytest.fixture
def caller(client: TestClient) -> Caller:
    """A caller of a sandbox as good as new."""
    caller = Caller(client)
    caller.control("reinicio")
    return caller
