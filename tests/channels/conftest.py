"""The interfaces by themselves: the whole application, with an engine that nobody started."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from server.application import create_app
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "conversation"))  # its scripted dialogue serves calls, too
KEY = "dmVudGFuaWxsYS10ZXN0LWtleS0zMi1ieXRlcyEhISE="
THURSDAY = datetime.fromisoformat("2026-10-15T10:00:00-06:00")


@pytest.fixture
def open_application(tmp_path: Path) -> Callable[..., TestClient]:
    """A client of the application on a Thursday morning; the first message of a citizen leads to a person."""

    def opened(environment: str = "sandbox") -> TestClient:
        settings = Settings(
            root=ROOT, environment=environment, database_url=f"sqlite:///{tmp_path / 'ledger.db'}",
            engine_url="http://127.0.0.1:9", ledger_key=KEY, session_secret="x" * 40, clock_start=THURSDAY,
        )  # fmt: skip
        return TestClient(create_app(settings))

    return opened


@pytest.fixture
def application(open_application: Callable[..., TestClient]) -> TestClient:
    return open_application()
