"""The desk by itself: the whole application over a ledger of its own and an engine that nobody started."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from attended_desk import AGENTS, KEY, PASSWORD, ROOT, THURSDAY, AttendedDesk
from browsing import OpenPage, Serve
from fastapi.testclient import TestClient
from live_application import served
from playwright.sync_api import Browser
from watched_browser import watched
from work_floor import Floor

from content.catalogue import Catalogue
from desk import accounts, passwords
from server.application import create_app
from server.settings import Settings

OpenDesk = Callable[[datetime], AttendedDesk]


@pytest.fixture
def open_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenDesk:
    """A desk at some moment; alejandra is logged in."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: quick)  # passwords of tests need no protection

    def opened(now: datetime = THURSDAY) -> AttendedDesk:
        people = accounts.Accounts(tmp_path / "desk_agents.yml")
        for username, name in AGENTS.items():
            people.add(username, name, PASSWORD)
        settings = Settings(
            root=ROOT, database_url=f"sqlite:///{tmp_path / 'ledger.db'}", engine_url="http://127.0.0.1:9",
            ledger_key=KEY, session_secret="x" * 40, control_token="reloj", desk_agents=tmp_path / "desk_agents.yml",
            clock_start=now, attachments=tmp_path / "attachments",
        )  # fmt: skip
        app = create_app(settings)
        desk = AttendedDesk(app, TestClient(app), settings)
        desk.log_in(desk.agent, "alejandra")
        return desk

    return opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> AttendedDesk:
    """A desk in office hours."""
    return open_desk(THURSDAY)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue(ROOT)


@pytest.fixture
def floor(tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Floor:
    """A room of agents without pages."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: quick)
    return Floor(tmp_path, catalogue)


@pytest.fixture
def serve(open_desk) -> Iterator[Serve]:
    """Puts a desk on a free port at some moment."""
    with ExitStack() as running:

        def start(now: datetime = THURSDAY) -> tuple[AttendedDesk, str]:
            desk = open_desk(now)
            return desk, running.enter_context(served(desk.app))

        yield start


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a page of its own; an error that it raises or logs, or a request to another host, fails the test."""
    with watched(browser, quiet=True, reach=("data:", "ws:")) as open_window:
        yield lambda *where, **options: open_window(*where, **options).new_page()
