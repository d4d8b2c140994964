"""Many citizens at once on web chat, each a turn every few seconds; half-way the web server is killed.

Checked against the ledger: no message lost, doubled or reordered, neither the citizens' nor the answers. Printed side
by side: a turn as the citizen has it, and the engine's own time for the same turns, asked directly afterwards.

    python -m benchmarks.web_chat_load [--citizens 200] [--seconds 300] [--pause 5] [--no-kill]
"""

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import time
from pathlib import Path

import httpx

from benchmarks.chat_citizen import Citizen, sayings_from
from benchmarks.running import Running, running_system
from benchmarks.turns import CAMPAIGN, in_process_turns
from conversation.events import EventKind
from conversation.message import Sender
from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.vault import Vault

OPENING_SECONDS = 20.0
"""Citizens come one after another within this time, as people do."""


def processor_seconds(running: Running) -> dict[str, float]:
    """What each process has used of the processor since it started, in seconds (Linux: /proc)."""
    used = {}
    for name in ("web", "motor", "acciones"):
        fields = Path(f"/proc/{running.stack.pid(name)}/stat").read_text().rsplit(")", 1)[1].split()
        used[name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


async def kill_and_start(running: Running, after: float) -> None:
    """SIGKILL to the web server and a new one in its place; everything else goes on."""
    await asyncio.sleep(after)
    web = running.stack.kill("web")
    await asyncio.to_thread(running.stack.start, [web])


async def hold(running: Running, arguments: argparse.Namespace) -> list[Citizen]:
    """All citizens for the whole time; each finishes its last turn."""
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(base_url=running.web, timeout=120.0, limits=limits) as http:
        citizens = [
            Citizen(
                http, running.web, CAMPAIGN, sayings_from(number), address=f"10.0.{number // 250}.{number % 250 + 1}"
            )
            for number in range(arguments.citizens)
        ]
        end = time.monotonic() + OPENING_SECONDS + arguments.seconds
        tasks = [
            asyncio.create_task(one.talk(OPENING_SECONDS * number / len(citizens), arguments.pause, end))
            for number, one in enumerate(citizens)
        ]
        if arguments.kill:
            tasks.append(asyncio.create_task(kill_and_start(running, OPENING_SECONDS + arguments.seconds / 2)))
        await asyncio.gather(*tasks)
    return citizens


def faults(record: LedgerRecord, citizen: Citizen) -> list[str]:
    """What is wrong with one conversation, by the ledger and by what the citizen saw; empty when nothing is."""
    kept = record.messages(citizen.conversation)
    said = [one.client_message_id for one in kept if one.sender is Sender.USER]
    found = []
    if said != citizen.sent:
        found.append(f"said {len(citizen.sent)}, recorded {len(said)}, or in another order")
    if citizen.seen != [one.id for one in kept]:
        found.append(f"saw {len(citizen.seen)} messages, recorded are {len(kept)}, or in another order")
    for one in kept:
        answers = len(record.replies_to(citizen.conversation, one.id)) if one.sender is Sender.USER else 1
        if not answers:
            found.append(f"message {one.id} was not answered")
    return found


def percentile(took: list[float], share: float) -> float:
    """One of the measured times, so that `share` of all are not greater."""
    return sorted(took)[max(0, int(len(took) * share) - 1)]


def report(citizens: list[Citizen], engine: list[float], arguments: argparse.Namespace) -> None:
    """Print the figures."""
    took = list(itertools.chain.from_iterable(one.took for one in citizens))
    wanted = arguments.citizens / arguments.pause
    held = len(took) / arguments.seconds
    print(f"{arguments.citizens} citizens, {len(took)} turns in {arguments.seconds} s: {held:.1f} a second")
    print(f"  (each {arguments.pause:g} s after the answer before; without any wait it would be {wanted:.0f} a second)")
    for name, times in (("a turn, as the citizen has it", took), ("the engine's own, one at a time", engine)):
        p50, p95 = statistics.median(times), percentile(times, 0.95)
        print(f"{name:<34} p50 {p50:8.1f} ms   p95 {p95:8.1f} ms   n {len(times)}")
    print(f"ratio of the p95: {percentile(took, 0.95) / percentile(engine, 0.95):.1f}")


def main() -> int:
    """Hold the conversations, check them, print; 1 when anything was lost, doubled or reordered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--citizens", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two turns of one citizen")
    parser.add_argument("--no-kill", dest="kill", action="store_false", help="let the web server live")
    arguments = parser.parse_args()
    with running_system() as running:
        before = processor_seconds(running)
        citizens = asyncio.run(hold(running, arguments))
        used = {name: after - before[name] for name, after in processor_seconds(running).items()}
        engine = in_process_turns(f"http://127.0.0.1:{running.ports.actions}/webhook")
        record = LedgerRecord(open_database(running.database_url), Vault(running.ledger_key))
        wrong = {one.conversation: found for one in citizens if (found := faults(record, one))}
        unanswered = sum(
            bool(record.events(one.conversation, EventKind.NOT_ANSWERED)) for one in citizens if one.conversation
        )
    report(citizens, engine, arguments)
    turns = sum(len(one.took) for one in citizens)
    print("processor time a turn: " + ", ".join(f"{name} {1000 * one / turns:.0f} ms" for name, one in used.items()))
    print(f"connections that were lost and came back: {sum(one.reconnections for one in citizens)}")
    print(f"conversations with a turn the engine did not answer: {unanswered}")
    print(f"conversations with a message lost, doubled or reordered: {len(wrong)} (goal: 0)")
    for conversation, found in list(wrong.items())[:5]:
        print(f"  {conversation}: {'; '.join(found)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
