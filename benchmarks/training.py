"""Training all campaigns in one process, against one stock `rasa train` of `derechohabiente` in the same run.

Goal: all campaigns in less than twice the time.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.running import ROOT

PYTHON = str(ROOT / ".venv-engine" / "bin" / "python")
GOAL = 2.0


def seconds(command: list[str]) -> float:
    """How long a command takes; its output is thrown away, its failure ends the benchmark."""
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "RASA_MAX_CACHE_SIZE": "0"}
    started = time.monotonic()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return time.monotonic() - started


def main() -> int:
    """Print both times and their ratio; 1 when the goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        domain = Path(folder) / "domain"
        domain.mkdir()
        for name in ("shared", "derechohabiente"):
            (domain / f"{name}.yml").write_text((ROOT / "bots" / name / "domain.yml").read_text())
        data = [
            "nlu_data/shared/train.yml", "nlu_data/derechohabiente/train.yml", "bots/shared/rules.yml",
            "bots/derechohabiente/rules.yml", "bots/derechohabiente/stories.yml",
        ]  # fmt: skip
        stock = seconds(
            [
                PYTHON, "-m", "rasa", "train", "--domain", str(domain), "--config", "bots/derechohabiente/config.yml",
                "--data", *data, "--out", folder, "--force",
            ]
        )  # fmt: skip
        ours = seconds([PYTHON, "engine/train.py", "--out", str(Path(folder) / "models")])
    print(f"rasa train, derechohabiente    {stock:6.1f} s")
    print(f"engine/train.py, all campaigns {ours:6.1f} s")
    print(f"ratio {ours / stock:.2f}      goal: less than {GOAL}")
    return 0 if ours / stock < GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
