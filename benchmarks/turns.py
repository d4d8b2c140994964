"""A turn from HTTP request to answer, against the engine's own in-process `handle_message` in the same run.

Goal: the median is at most 3 times the engine's own. Both handle the same messages with the same action server;
none of them calls an institutional service.
"""

import json
import statistics
import subprocess
import sys
import time
import uuid

import httpx

from benchmarks.running import NOW, ROOT, running_system

CAMPAIGN = "derechohabiente"
SAYINGS = [
    "hola",
    "como cambio de clinica",
    "que puedo hacer por internet",
    "ayuda",
    "perdi mi numero de seguro social",
]
ROUNDS, WARM_UP = 60, 5
GOAL = 3.0


def http_turns(url: str) -> list[float]:
    """Milliseconds of each turn over the HTTP interface."""
    took = []
    with httpx.Client(base_url=url, timeout=60.0) as client:
        for number in range(ROUNDS + WARM_UP):
            opened = client.post(f"/api/v1/campaigns/{CAMPAIGN}/conversations", json={}).json()
            headers = {"Authorization": f"Bearer {opened['token']}"}
            body = {"text": SAYINGS[number % len(SAYINGS)], "client_message_id": str(uuid.uuid4())}
            started = time.perf_counter()
            answer = client.post(
                f"/api/v1/conversations/{opened['conversation_id']}/messages", json=body, headers=headers
            )
            took.append((time.perf_counter() - started) * 1000)
            answer.raise_for_status()
    return took[WARM_UP:]


def in_process_turns(actions_url: str) -> list[float]:
    """Milliseconds of each `handle_message` inside Rasa's own process."""
    record = json.loads((ROOT / "var" / "models" / CAMPAIGN / "model.json").read_text())
    metadata = {"folio": "VEN-20261015-0000042-7", "campaign": CAMPAIGN, "channel": "webchat", "now": NOW}
    lines = []
    for number in range(ROUNDS + WARM_UP):
        conversation = str(uuid.uuid4())
        body = {"message": SAYINGS[number % len(SAYINGS)], "sender": conversation}
        lines.append(json.dumps({**body, "metadata": {**metadata, "conversation": conversation}}))
    command = [
        str(ROOT / ".venv-engine" / "bin" / "python"), str(ROOT / "benchmarks" / "in_process.py"),
        str(ROOT / "var" / "models" / CAMPAIGN / record["file"]), actions_url,
    ]  # fmt: skip
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    took = [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("took ")]
    return took[WARM_UP:]


def main() -> int:
    """Print both medians and their ratio; 1 when the goal is missed."""
    with running_system() as system:
        inside = in_process_turns(f"http://127.0.0.1:{system.ports.actions}/webhook")
        outside = http_turns(f"http://127.0.0.1:{system.ports.web}")
    ratio = statistics.median(outside) / statistics.median(inside)
    for name, took in (("in-process handle_message", inside), ("HTTP request to answer", outside)):
        ordered = sorted(took)
        p95 = ordered[int(len(ordered) * 0.95) - 1]
        print(f"{name:<28} median {statistics.median(took):7.1f} ms   p95 {p95:7.1f} ms   n {len(took)}")
    print(f"{'ratio of the medians':<28} {ratio:14.2f}      goal: at most {GOAL}")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
