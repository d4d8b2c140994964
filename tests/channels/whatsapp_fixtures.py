"""Fixtures of WhatsApp's tests: the stand-in of Meta, and the application, started and restarted over one ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from live_application import served
from whatsapp_bench import AGENT, PASSWORD, PHONE_ID, TOKEN, Bench, Engine, Start, settings

from channels import whatsapp_sender
from desk import accounts, passwords
from sandbox.whatsapp_graph import GraphStandIn
from server import application


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries and bursts in tenths of a second, passwords that need no protection."""
    monkeypatch.setattr(whatsapp_sender, "RETRY_SECONDS", (0.05, 0.1, 0.1))
    monkeypatch.setattr(whatsapp_sender, "SECONDS_PER_MESSAGE", 0.02)
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: quick)


@pytest.fixture
def graph() -> Iterator[GraphStandIn]:
    stand_in = GraphStandIn(PHONE_ID, TOKEN, templates={"escribanos", "confirmar_cita"})
    with served(stand_in.app()) as url:
        stand_in.url = url
        yield stand_in


@pytest.fixture
def start(tmp_path: Path, graph: GraphStandIn, hasty: None, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start the application over one ledger; again, it is a restart."""

    @contextmanager
    def started(**more: Any) -> Iterator[Bench]:
        engine = Engine()
        monkeypatch.setattr(application, "RasaEngine", lambda url: engine)
        accounts.Accounts(tmp_path / "desk_agents.yml").add(AGENT, "Alejandra Ríos", PASSWORD)
        app = application.create_app(settings(tmp_path, graph.url, **more))
        with served(app) as web:
            yield Bench(web, graph, tmp_path, engine)

    return started


@pytest.fixture
def bench(start: Start) -> Iterator[Bench]:
    with start() as bench:
        yield bench
