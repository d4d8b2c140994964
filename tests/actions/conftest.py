"""One sandbox for the whole run, as good as new before each test; a bench of clients per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from institution_bench import ROOT, Bench, RunningSandbox

from actions.services import caller
from content.catalogue import Catalogue
from conversation.message import Channel


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue(ROOT)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[RunningSandbox]:
    with RunningSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> RunningSandbox:
    running_sandbox.control("reinicio")
    return running_sandbox


@pytest.fixture
def bench(tmp_path: Path, sandbox: RunningSandbox, catalogue: Catalogue) -> Bench:
    return Bench(tmp_path, sandbox.url, catalogue)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of one second at most."""
    for channel in Channel:
        monkeypatch.setitem(caller.READ_SECONDS, channel, 1.0)
    monkeypatch.setattr(caller, "RETRY_AFTER_SECONDS", 0.01)
