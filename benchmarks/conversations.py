"""Simulated conversations a second: many at once against one at a time, in the same run on the whole system.

Goal: at least 2 conversations of 6 turns a second, everything on one machine.
"""

import time

from benchmarks.running import running_system
from evaluation.plan import Options, PlannedConversation, plan
from evaluation.results import ConversationResult, Status
from evaluation.run import CONCURRENCY, SystemUnderTest, hold
from evaluation.suite import Suite
from evaluation.world import World
from ledger.database import open_database

CONVERSATIONS, GOAL = 120, 2.0
SIX_TURNS = {
    "campaign": "derechohabiente",
    "cases": [
        {
            "id": "seis_turnos", "title": "vigencia, un trámite y adiós", "persona": "P1",
            "steps": [
                {"say": "hola"}, {"say": "vigencia de derechos"}, {"say": "{nss}"}, {"say": "{fecha}"},
                {"say": "como cambio de clinica"}, {"say": "no, es todo gracias"},
            ],
            "expect": {"outcome": "resolved", "topic": "vigencia_derechos"},
        }
    ],
}  # fmt: skip


def measure(system: SystemUnderTest, planned: list[PlannedConversation], jobs: int) -> float:
    """Conversations a second; all of them must pass."""
    results: list[ConversationResult] = []
    started = time.perf_counter()
    hold(planned, system, results.append, jobs)
    took = time.perf_counter() - started
    failed = [one.problems for one in results if one.status is not Status.PASSED]
    if failed or {one.turns for one in results} != {6}:
        raise SystemExit(f"not what was to be measured: {failed[:1]}")
    return len(results) / took


def main() -> None:
    """Print both figures and their ratio."""
    suite = Suite.model_validate(SIX_TURNS)
    with running_system() as running:
        world = World(running.web, running.services, running.control_token)
        system = SystemUnderTest(running.web, world, open_database(running.database_url))
        alone = measure(system, plan([suite], Options(repetitions=CONVERSATIONS // 4)), 1)
        together = measure(system, plan([suite], Options(repetitions=CONVERSATIONS)), CONCURRENCY)
        world.close()
    print(f"conversations of 6 turns: {together:.2f} a second with {CONCURRENCY} at once (goal: {GOAL:.0f}); ", end="")
    print(f"{alone:.2f} one at a time; ratio {together / alone:.2f}")


if __name__ == "__main__":
    main()
