"""The running system for tests that need it: the real engine, action server, sandbox and web server, started once."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis
import pytest
from live_application import free_port
from playwright.sync_api import Browser, expect, sync_playwright

from desk.accounts import Accounts
from evaluation.world import World
from server.processes import Ports, Stack, addresses, specifications
from server.secrets_file import sandbox_secrets

ROOT = Path(__file__).resolve().parent.parent
NOW = "2026-10-15T09:00:00-06:00"
DESK_USER, DESK_PASSWORD = "agente", "una-clave-de-prueba"
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("search", max_examples=5000, deadline=None, database=None)
hypothesis.settings.load_profile("same")
"""A run fails or passes by the code alone; other examples each time: `--hypothesis-profile=search`."""


@dataclass(frozen=True)
class System:
    """Addresses and secrets of the running system."""

    ports: Ports
    var: Path
    secrets: dict[str, str]
    stack: Stack

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.ports.web}"

    @property
    def engine(self) -> str:
        return f"http://127.0.0.1:{self.ports.engine}"

    @property
    def services(self) -> str:
        return f"http://127.0.0.1:{self.ports.sandbox}"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.var / 'ledger.db'}"

    def world(self) -> World:
        return World(self.web, self.services, self.secrets["VENTANILLA_CONTROL_TOKEN"])


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Everything, on free ports, with a ledger of its own. Models must be trained (`make train`)."""
    models = ROOT / "var" / "models"
    if not list(models.glob("*/model.json")):
        pytest.fail("no trained models under var/models: run «make train» first")
    var = tmp_path_factory.mktemp("var")
    ports = Ports(*(free_port() for _ in range(6)))
    secrets = sandbox_secrets(var / "secrets.env")
    Accounts(var / "desk_agents.yml").add(DESK_USER, "Alejandra Ríos", DESK_PASSWORD)
    shutil.copyfile(ROOT / "evaluation" / "settlement" / "policy.yml", var / "payment_policy.yml")
    environment = {
        **secrets,
        **addresses(ports),
        "VENTANILLA_ROOT": str(ROOT),
        "VENTANILLA_DATABASE_URL": f"sqlite:///{var / 'ledger.db'}",
        "VENTANILLA_DESK_AGENTS": str(var / "desk_agents.yml"),
        "VENTANILLA_ADMIN_ACCOUNTS": str(var / "admin_accounts.yml"),
        "VENTANILLA_RUNS": str(var / "runs"),
        "VENTANILLA_STATEMENTS": str(var / "statements"),
        "VENTANILLA_RECORDINGS": str(var / "recordings"),
        "VENTANILLA_ATTACHMENTS": str(var / "attachments"),
        "VENTANILLA_PAYMENT_POLICY": str(var / "payment_policy.yml"),
        "VENTANILLA_VOICE_MODEL": str(ROOT / "tests" / "data" / "vosk-model-es-sintetico"),
        "VENTANILLA_VOICE_TEST_MODEL": "true",
        "VENTANILLA_CLOCK_START": NOW,
        "VENTANILLA_FRAME_ANCESTORS": "'self' http://127.0.0.1:*",
        # All browsers of the tests have one address; the limits have tests of their own.
        "VENTANILLA_OPEN_SESSIONS_PER_IP": "1000",
        "VENTANILLA_ENTRANCES_PER_HOUR": "1000",
        "VENTANILLA_MESSAGES_PER_TEN_SECONDS": "1000",
        "VENTANILLA_CAPTCHA_WORK": "50",
        "VENTANILLA_CIRCUIT_FAILURES": "1000",  # cases with failing services follow one another at once
    }
    with Stack(ROOT, var, environment, lambda line: print(line, file=sys.stderr)) as stack:
        stack.start(specifications(ROOT, ports, models, NOW))
        yield System(ports, var, secrets, stack)


@pytest.fixture
def world(system: System) -> Iterator[World]:
    """The sandbox and the clocks, begun afresh."""
    world = system.world()
    world.reset(None, ())
    yield world
    world.close()


@pytest.fixture
def api(system: System) -> Iterator[httpx.Client]:
    """The HTTP interface."""
    with httpx.Client(base_url=system.web, timeout=60.0) as client:
        yield client


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium; its absence fails where VENTANILLA_REQUIRE_BROWSER is set (CI), else skips."""
    found = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
    if found is None and os.environ.get("VENTANILLA_REQUIRE_BROWSER"):
        pytest.fail("no chromium: install Debian's package «chromium»")
    if found is None:
        pytest.skip("no chromium on this machine: install Debian's package «chromium»")
    return str(found)


BROWSER_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 20_000
"""A turn of the engine on a small, busy machine; nothing is asserted about speed."""


# One browser per module: while Playwright runs, its event loop keeps asyncio tests of other modules from running.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()
