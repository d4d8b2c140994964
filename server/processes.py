"""Start the five processes of Ventanilla, wait until each answers, and stop them all together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path

import httpx

START_SECONDS = 300
"""Longest wait for one process: importing Rasa takes a minute or two on a small machine."""
STOP_SECONDS = 10


class StartFailed(Exception):
    """A process ended or did not answer; the text names it and its log."""


@dataclass(frozen=True)
class ProcessSpec:
    """One process: how it is started and which address tells that it is ready."""

    name: str
    command: list[str]
    health: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ports:
    """Loopback ports of one installation; a test run takes free ones."""

    web: int = 8000
    engine: int = 5005
    actions: int = 5055
    sandbox: int = 8900
    voice: int = 9091
    audiosocket: int = 9092

    def taken(self) -> list[int]:
        """Those on which somebody listens already: another installation there would pass for this one's processes."""
        found = []
        for port in astuple(self):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    found.append(port)
        return found


class Stack:
    """The running processes; use as a context manager."""

    def __init__(
        self, root: Path, var: Path, environment: Mapping[str, str], say: Callable[[str], None] = print
    ) -> None:
        """`var` holds logs; `environment` is added to the present one; `say` shows progress."""
        self._root, self._logs, self._say = root, var / "log", say
        self._environment = {**os.environ, **environment}
        self._running: list[tuple[ProcessSpec, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, specs: list[ProcessSpec]) -> None:
        """Start all at once (they need one another only when asked) and wait for each.

        Raises:
            StartFailed: one of them ended or stayed silent.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        for spec in specs:
            log = (self._logs / f"{spec.name}.log").open("wb")
            process = subprocess.Popen(
                spec.command, cwd=self._root, env=self._environment, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
            self._running.append((spec, process))
        for spec, process in self._running:
            started = time.monotonic()
            self._wait(spec, process)
            self._say(f"  {spec.name}: listo ({time.monotonic() - started:.0f} s)")

    def _wait(self, spec: ProcessSpec, process: "subprocess.Popen[bytes]") -> None:
        log = self._logs / f"{spec.name}.log"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                tail = log.read_text(errors="replace")[-800:]
                raise StartFailed(f"«{spec.name}» terminó con estado {process.returncode}. {log}:\n{tail}")
            try:
                if httpx.get(spec.health, headers=dict(spec.headers), timeout=2.0).is_success:
                    return
            except httpx.HTTPError:
                pass  # not listening yet
            time.sleep(0.3)
        raise StartFailed(f"«{spec.name}» no respondió en {START_SECONDS} s. Vea {log}.")

    def wait(self) -> None:
        """Block until one of them ends.

        Raises:
            StartFailed: a process ended by itself.
        """
        while True:
            for spec, process in self._running:
                if process.poll() is not None:
                    log = self._logs / f"{spec.name}.log"
                    raise StartFailed(f"«{spec.name}» terminó con estado {process.returncode}. Vea {log}.")
            time.sleep(0.5)

    def pid(self, name: str) -> int:
        """Process id of one of them."""
        return next(process.pid for spec, process in self._running if spec.name == name)

    def kill(self, name: str) -> ProcessSpec:
        """End one of them at once, as a crash would; what it was, so that it can be started again."""
        spec, process = next(one for one in self._running if one[0].name == name)
        self._running.remove((spec, process))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return spec

    def stop(self) -> None:
        """Stop all of them, with their children; kill what does not stop."""
        for _, process in reversed(self._running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for _, process in self._running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()


def specifications(root: Path, ports: Ports, models: Path, now: str | None) -> list[ProcessSpec]:
    """The five processes over the sandbox; `now` starts the sandbox's clock (ISO 8601)."""
    engine_python = root / ".venv-engine" / "bin" / "python"
    clock = ["--now", now, "--tick"] if now else ["--tick"]
    return [
        ProcessSpec(
            "motor",
            [
                str(engine_python), "engine/host.py", "--models", str(models), "--port", str(ports.engine),
                "--actions", f"http://127.0.0.1:{ports.actions}/webhook",
            ],
            f"http://127.0.0.1:{ports.engine}/health",
        ),
        ProcessSpec(
            "servicios",
            [sys.executable, "-m", "sandbox", "--port", str(ports.sandbox), *clock],
            f"http://127.0.0.1:{ports.sandbox}/v1/salud",
            {"Authorization": "Bearer sandbox-control"},
        ),
        ProcessSpec("acciones", [sys.executable, "-m", "actions.server"], f"http://127.0.0.1:{ports.actions}/health"),
        ProcessSpec("voz", [sys.executable, "-m", "server.voice"], f"http://127.0.0.1:{ports.voice}/health"),
        ProcessSpec("web", [sys.executable, "-m", "server.web"], f"http://127.0.0.1:{ports.web}/health"),
    ]  # fmt: skip


def addresses(ports: Ports) -> dict[str, str]:
    """Environment variables that tell the processes where the others are."""
    return {
        "VENTANILLA_PORT": str(ports.web),
        "VENTANILLA_ENGINE_URL": f"http://127.0.0.1:{ports.engine}",
        "VENTANILLA_ACTIONS_PORT": str(ports.actions),
        "VENTANILLA_VOICE_HTTP_PORT": str(ports.voice),
        "VENTANILLA_VOICE_URL": f"http://127.0.0.1:{ports.voice}",
        "VENTANILLA_AUDIOSOCKET_PORT": str(ports.audiosocket),
        "VENTANILLA_SERVICES_URL": f"http://127.0.0.1:{ports.sandbox}",
    }
