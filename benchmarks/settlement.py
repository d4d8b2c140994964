"""Settling 10,000, 100,000 and 1,000,000 interactions: speed, and whether memory and time grow as they should.

    .venv/bin/python -m benchmarks.settlement [--format json] [--sizes 10000 100000 1000000]

Each size is one `ventanilla settle` over a generated file in which the interactions stand in no order. Goals: the
processor time per interaction stays within 1.5 times that of the size before, and peak memory within 1.05 times.
Speed is per second of processor, without the start of the program, which is measured alone; memory is all of it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZES = [10_000, 100_000, 1_000_000]
MOST_TIME, MOST_MEMORY = 1.5, 1.05
POLICY = """
prices: {avanzado_a: "10.00", avanzado_b: "12.50", basico: "1.00", sin_agente_humano: "0.85"}
deduction_cap: {contract_maximum: "5000000.00"}
"""
CENTRE = timezone(timedelta(hours=-6))
CAMPAIGNS = ["derechohabiente", "cita_medica", "recepcion", "contribuyente"]


def interactions(count: int, seed: int = 7) -> Iterator[bytes]:
    """Lines of a synthetic month: four campaigns, four products, cuts, hand-overs and some wrong answers."""
    chance = random.Random(seed)
    begin = datetime(2026, 10, 1, tzinfo=CENTRE)
    for number in range(count):
        started = begin + timedelta(seconds=chance.randrange(31 * 24 * 3600))
        wrong = chance.random() < 0.05
        record = {
            "folio": f"VEN-{started:%Y%m%d}-{number:07}",
            "campaign": chance.choice(CAMPAIGNS),
            "channel": "webchat",
            "agent_type": chance.choice(["avanzado_a", "avanzado_a", "avanzado_b", "basico", "sin_agente_humano"]),
            "started_at": started.isoformat(),
            "ended_at": (started + timedelta(seconds=chance.randrange(20, 600))).isoformat(),
            "end": chance.choice(["completed"] * 8 + ["user_hangup", "system_cut"]),
            "origin": f"203.0.113.{number % 256}",
            "transferred_to_human": chance.random() < 0.15,
            "questions": [
                {
                    "topic": "vigencia",
                    "verdict": "incorrect" if wrong else "correct",
                    "deviation": f"desviacion_{chance.randrange(200)}" if wrong else None,
                }
            ],
            "survey": chance.choice([None, {"resolved": True, "rating": 5}, {"resolved": False, "rating": 2}]),
            "evidence": {"complete": True, "missing": []},
        }
        yield json.dumps(record).encode() + b"\n"


def measured(options: list[str], times: int) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak memory (MiB) of `ventanilla settle`: the least of so many runs."""
    seconds, processor, memory = zip(*(_once(options) for _ in range(times)), strict=True)
    return min(seconds), min(processor), min(memory)


def _once(options: list[str]) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "server.command_line", "settle", *options]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"settle ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    """Measure and print each size; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", default="json", help="json, csv, xlsx or pdf")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments = parser.parse_args()
    met, before = True, None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, policy = folder / "interactions.jsonl", folder / "policy.yml"
        policy.write_text(POLICY, "utf-8")
        options = ["--from", str(source), "--policy", str(policy), "--format", arguments.format]
        options += ["--out", str(folder / "statement")]
        source.write_bytes(b"")
        start, start_processor, _ = measured(options, 3)
        print(f"{arguments.format}; start of the program: {start:.1f} s")
        for size in arguments.sizes:
            with source.open("wb") as file:
                file.writelines(interactions(size))
            seconds, processor, memory = measured(options, 3 if size < 100_000 else 1)
            each = (processor - start_processor) / size
            line = f"{size:>9,}: {seconds:6.1f} s, {1 / each:7,.0f} interactions/s, peak {memory:5.1f} MiB"
            if before is not None:
                slower, larger = each / before[0], memory / before[1]
                met = met and slower <= MOST_TIME and larger <= MOST_MEMORY
                line += f"; against the size before: time each {slower:.2f}, peak memory {larger:.2f}"
            print(line, flush=True)
            before = each, memory
    print("goals met" if met else "GOAL MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
