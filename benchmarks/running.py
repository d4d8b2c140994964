"""The system under measurement: started on free ports with a ledger of its own, stopped afterwards."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.processes import Ports, Stack, addresses, specifications
from server.secrets_file import sandbox_secrets

ROOT = Path(__file__).resolve().parent.parent
NOW = "2026-10-15T09:00:00-06:00"


@dataclass(frozen=True)
class Running:
    """The running system."""

    ports: Ports
    stack: Stack
    database_url: str
    control_token: str
    """Opens the product's clock control."""
    ledger_key: str
    """Opens what is encrypted in the ledger."""
    voice_key: str
    """The telephone exchange shows it."""

    @property
    def web(self) -> str:
        """Address of the web server."""
        return f"http://127.0.0.1:{self.ports.web}"

    @property
    def services(self) -> str:
        """Address of the sandbox."""
        return f"http://127.0.0.1:{self.ports.sandbox}"


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_system() -> Iterator[Running]:
    """Everything, for the time of the measurement."""
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        ports = Ports(*(free_port() for _ in range(6)))
        secrets = sandbox_secrets(var / "secrets.env")
        database_url = f"sqlite:///{var / 'ledger.db'}"
        environment = {
            **secrets, **addresses(ports), "VENTANILLA_ROOT": str(ROOT),
            "VENTANILLA_DATABASE_URL": database_url, "VENTANILLA_CLOCK_START": NOW,
            "VENTANILLA_RECORDINGS": str(var / "recordings"),
            "VENTANILLA_VOICE_MODEL": str(ROOT / "tests" / "data" / "vosk-model-es-sintetico"),
            "VENTANILLA_VOICE_TEST_MODEL": "true",
        }  # fmt: skip
        with Stack(ROOT, var, environment) as stack:
            stack.start(specifications(ROOT, ports, ROOT / "var" / "models", NOW))
            yield Running(
                ports, stack, database_url, secrets["VENTANILLA_CONTROL_TOKEN"], secrets["VENTANILLA_LEDGER_KEY"],
                secrets["VENTANILLA_VOICE_KEY"],
            )  # fmt: skip
