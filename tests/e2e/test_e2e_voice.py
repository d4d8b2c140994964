"""Real calls: a synthetic voice over a simulated line, the recogniser, the bot, the institution, the ledger.

A call takes as long as its sound, so all are held at once and each test looks at one of them.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from content.catalogue import Catalogue
from conversation.events import EventKind
from evaluation.plan import VOICE, Options, plan
from evaluation.results import ConversationResult, Status
from evaluation.run import SystemUnderTest, evaluate
from evaluation.suite import read_suite
from evaluation.voice_citizen import Exchange, numbers_to_dial
from evaluation.world import DEFAULT_NOW
from ledger.database import open_database
from ledger.schema import EventRow
from ledger.vault import Vault
from ledger.verification import verify

ROOT = Path(__file__).resolve().parents[2]
SUITES = ROOT / "evaluation" / "suites-voice"
HELD = ("voz_agendar_por_teclas", "voz_vigencia_dictada", "voz_cuelga_a_la_mitad", "voz_callado")
Calls = dict[str, "Future[ConversationResult]"]


@pytest.fixture(scope="module")
def calls(system) -> Iterator[Calls]:
    """Every call, under way."""
    world, secrets = system.world(), system.secrets
    numbers = numbers_to_dial(Catalogue(ROOT).with_bot())
    exchange = Exchange(
        f"http://127.0.0.1:{system.ports.voice}", secrets["VENTANILLA_VOICE_KEY"], "127.0.0.1",
        system.ports.audiosocket, numbers, secrets["VENTANILLA_CONTROL_TOKEN"],
    )  # fmt: skip
    world.reset(None)
    exchange.set_clock(datetime.fromisoformat(DEFAULT_NOW))
    under_test = SystemUnderTest(system.web, world, open_database(system.database_url), exchange)
    suites = [read_suite(path) for path in sorted(SUITES.glob("*.yml"))]
    planned = [one for one in plan(suites, Options(channel=VOICE, varied=False)) if one.case_id in HELD]
    with ThreadPoolExecutor(len(planned)) as pool:
        yield {one.case_id: pool.submit(evaluate, one, under_test) for one in planned}
    world.close()


def held(calls: Calls, case: str) -> ConversationResult:
    """The call as it was judged, by the agenda of the institution and the ledger: nothing was amiss."""
    result = calls[case].result(timeout=240)
    assert (result.status, result.problems) == (Status.PASSED, ()), result.transcript
    return result


def test_an_appointment_is_booked_by_keys(calls: Calls) -> None:
    result = held(calls, "voz_agendar_por_teclas")
    told = [line.text for line in result.transcript if line.sender == "bot"]
    assert any("Su cita quedó agendada" in text for text in told)


def test_rights_are_told_to_who_dictates_number_and_birth_date(calls: Calls) -> None:
    result = held(calls, "voz_vigencia_dictada")
    said = [line.text for line in result.transcript if line.sender == "user"]
    assert "*******0018" in said, "the number was understood, and stands in the record only masked"


def test_who_says_nothing_is_given_to_a_person_by_the_exchange(calls: Calls) -> None:
    """That the exchange is told `queue` belongs to the judgement (evaluation.voice_citizen)."""
    result = held(calls, "voz_callado")
    assert not [line for line in result.transcript if line.sender == "user"]


def test_a_hang_up_in_the_middle_is_closed_and_its_recording_is_in_the_chain(calls: Calls, system) -> None:
    folio = held(calls, "voz_cuelga_a_la_mitad").folio
    ledger = open_database(system.database_url)
    with Session(ledger) as session:
        query = select(EventRow.kind, EventRow.data).where(EventRow.folio == folio).order_by(EventRow.seq)
        events = [(row.kind, row.data) for row in session.execute(query)]
    kinds = [kind for kind, _ in events]
    assert kinds.index(EventKind.CLOSED) < kinds.index(EventKind.RECORDED)
    (recorded,) = [data for kind, data in events if kind == EventKind.RECORDED]
    file = system.var / "recordings" / recorded["file"]
    assert recorded["whole"] and hashlib.sha256(file.read_bytes()).hexdigest() == recorded["sha256"]
    assert verify(ledger, Vault(system.secrets["VENTANILLA_LEDGER_KEY"]), folio=folio).is_sound
