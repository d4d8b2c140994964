"""What a further campaign costs in the host, and what stock `rasa run` costs with the same model, in the same run.

Goals: less than 15 MB for a further campaign. `rasa run` stands beside it (memory, start, requests a second), since
that is what a user would run instead, once per campaign.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.running import NOW, ROOT, free_port, running_system

PYTHON = ROOT / ".venv-engine" / "bin" / "python"
MODELS = ROOT / "var" / "models"
CAMPAIGN = "derechohabiente"
GOAL_MB = 15.0
REQUESTS, WARM_UP = 150, 10
COPIES = 5


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@contextmanager
def process(command: list[str], url: str) -> Iterator[tuple[int, float]]:
    """A running server: (pid, seconds until it answered)."""
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    started = time.monotonic()
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        while True:
            if running.poll() is not None:
                raise SystemExit(f"ended with {running.returncode}: {' '.join(command)}")
            try:
                if httpx.get(url, timeout=2.0).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield running.pid, time.monotonic() - started
    finally:
        running.terminate()
        running.wait(30)


def requests_a_second(url: str) -> float:
    """Turns a second over a REST webhook, one after the other."""
    metadata = {"folio": "VEN-20261015-0000042-7", "campaign": CAMPAIGN, "channel": "webchat", "now": NOW}
    with httpx.Client(timeout=60.0) as client:
        for number in range(REQUESTS + WARM_UP):
            if number == WARM_UP:
                started = time.perf_counter()
            conversation = str(uuid.uuid4())
            body = {"sender": conversation, "message": "hola", "metadata": {**metadata, "conversation": conversation}}
            answer = client.post(url, json=body).json()
            assert any("turn" in message.get("custom", {}) for message in answer), "the turn failed"
        return REQUESTS / (time.perf_counter() - started)


def host_with(count: int, actions: str) -> tuple[float, float, float]:
    """(MB, seconds to start, requests a second) of a host with `count` copies of one campaign's model."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = CAMPAIGN if number == 0 else f"copia_{number}"
            shutil.copytree(MODELS / CAMPAIGN, Path(folder) / name)
        port = free_port()
        command = [str(PYTHON), "engine/host.py", "--models", folder, "--port", str(port), "--actions", actions]
        with process(command, f"http://127.0.0.1:{port}/health") as (pid, seconds):
            rate = requests_a_second(f"http://127.0.0.1:{port}/campaigns/{CAMPAIGN}/webhooks/rest/webhook")
            return resident_mb(pid), seconds, rate


def stock_rasa(actions: str) -> tuple[float, float, float]:
    """The same of `rasa run` with the same model."""
    record = json.loads((MODELS / CAMPAIGN / "model.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        credentials, endpoints = Path(folder) / "credentials.yml", Path(folder) / "endpoints.yml"
        credentials.write_text("rest:\n")
        endpoints.write_text(f"action_endpoint:\n  url: {actions}\n")
        port = free_port()
        command = [
            str(PYTHON), "-m", "rasa", "run", "--model", str(MODELS / CAMPAIGN / record["file"]), "--port", str(port),
            "--interface", "127.0.0.1", "--credentials", str(credentials), "--endpoints", str(endpoints),
            "--enable-api",
        ]  # fmt: skip
        with process(command, f"http://127.0.0.1:{port}/status") as (pid, seconds):
            rate = requests_a_second(f"http://127.0.0.1:{port}/webhooks/rest/webhook")
            return resident_mb(pid), seconds, rate


def main() -> int:
    """Print the comparison; 1 when the goal is missed."""
    with running_system() as system:
        actions = f"http://127.0.0.1:{system.ports.actions}/webhook"
        rows = {
            "host, 1 campaign": host_with(1, actions),
            f"host, {1 + COPIES} campaigns": host_with(1 + COPIES, actions),
            "rasa run, 1 campaign": stock_rasa(actions),
        }
    print(f"{'':<24} {'memory MB':>10} {'start s':>9} {'requests/s':>11}")
    for name, (megabytes, seconds, rate) in rows.items():
        print(f"{name:<24} {megabytes:>10.1f} {seconds:>9.1f} {rate:>11.1f}")
    one, several, stock = rows.values()
    further = (several[0] - one[0]) / COPIES
    print(f"a further campaign: {further:.1f} MB   goal: less than {GOAL_MB} MB")
    print(
        f"host / rasa run: memory {one[0] / stock[0]:.2f}, start {one[1] / stock[1]:.2f}, rate {one[2] / stock[2]:.2f}"
    )
    return 0 if further < GOAL_MB else 1


if __name__ == "__main__":
    sys.exit(main())
