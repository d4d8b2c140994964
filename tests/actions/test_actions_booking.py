"""Booking from the first question to the folio, and every way in which it may not end well (services.md §7)."""

import asyncio
import re

import pytest
from institution_bench import NOW, P1, P10, Bench, RunningSandbox
from scripted_tracker import Dialogue, words

from actions.doubt import DoubtResolver
from actions.services.appointments import Appointments, Availability
from conversation.handoff import HandoffReason
from conversation.ports import Answered, HandOff

NSS, BIRTH = "00058500018", "12/03/1985"


async def offered(bench: Bench, nss: str = NSS, birth: str = BIRTH) -> Dialogue:
    """A dialogue in which a slot is on offer."""
    dialogue = Dialogue(bench)
    assert "11 dígitos" in words(await dialogue.asks_to_book())
    assert "fecha de nacimiento" in words(await dialogue.says(nss))
    answer = await dialogue.says(birth)
    assert "La cita más próxima" in words(answer)
    assert [choice.id for choice in answer.replies[-1].choices] == ["offer:accept", "offer:reject"]
    return dialogue


def reason(answer: Answered) -> HandoffReason | None:
    """Why a person was called, if one was."""
    return answer.outcome.reason if isinstance(answer.outcome, HandOff) else None


async def test_the_nearest_slot_is_offered_accepted_and_told_twice(bench: Bench) -> None:
    dialogue = await offered(bench)
    answer = await dialogue.chooses("offer:accept")
    assert words(answer).count("CMT-261015-00001-7") == 2 and "consultorio 07" in words(answer)
    assert answer.topic == "agendar_medicina_familiar" and answer.outcome is None
    assert bench.states() == ["SOLICITADA", "AGENDADA"]
    [requested, booked] = bench.ledger.appointment_events(bench.interaction.folio)
    assert requested.request_id == booked.request_id and booked.cita_id and requested.cita_id is None


@pytest.mark.parametrize("said", ["1", "sí", "acepto", "Aceptar"])
async def test_an_offer_is_accepted_in_words_and_keys(bench: Bench, said: str) -> None:
    dialogue = await offered(bench)
    await dialogue.says(said, "afirmar", "action_continuar")
    assert bench.states() == ["SOLICITADA", "AGENDADA"]


@pytest.mark.parametrize("said", ["no", "2", "claro que no", "por supuesto que no", "me parece que no", "1 momento"])
async def test_nothing_is_booked_without_consent(bench: Bench, said: str) -> None:
    dialogue = await offered(bench)
    answer = await dialogue.says(said, "negar", "action_continuar")
    assert bench.states() == [], words(answer)


async def test_a_refused_offer_goes_to_a_person_with_the_wish(bench: Bench) -> None:
    dialogue = await offered(bench)
    answer = await dialogue.says("no, mejor el jueves en la tarde", "negar", "action_continuar")
    assert reason(answer) is HandoffReason.BUSINESS_RULE and isinstance(answer.outcome, HandOff)
    assert "jueves" in answer.outcome.note and bench.states() == []


async def test_no_answer_tells_which_datum_was_wrong(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.asks_to_book()
    await dialogue.says(NSS)
    answer = await dialogue.says("13/03/1985")
    assert "Los datos no coinciden." in words(answer)
    assert not re.search(r"fecha (est|es|no)|nacimiento (est|es|no)", words(answer))
    await dialogue.says(NSS)
    again = await dialogue.says("14/03/1985")
    assert reason(again) is HandoffReason.IDENTIFICATION_FAILED


async def test_a_slot_that_was_just_taken_is_replaced_once(bench: Bench) -> None:
    dialogue = await offered(bench, P10.nss, "20/02/1997")
    first = dialogue.facts["work"]["slot"]["inicio"]
    answer = await dialogue.chooses("offer:accept")
    assert "acaba de ocuparse" in words(answer) and dialogue.facts["work"]["slot"]["inicio"] > first
    assert bench.states() == ["SOLICITADA", "RECHAZADA"]
    await dialogue.chooses("offer:accept")
    assert bench.states() == ["SOLICITADA", "RECHAZADA", "SOLICITADA", "AGENDADA"]
    keys = {event.request_id for event in bench.ledger.appointment_events(bench.interaction.folio)}
    assert len(keys) == 2, "another slot is another request"


async def test_a_booking_whose_answer_is_lost_is_found_by_its_folio(
    bench: Bench, sandbox: RunningSandbox, impatient: None
) -> None:
    dialogue = await offered(bench)
    sandbox.fault("agendar", "respuesta_tardia", ms=3000, veces=1)
    answer = await dialogue.chooses("offer:accept")
    assert "Su cita quedó agendada" in words(answer)
    assert bench.states() == ["SOLICITADA", "EN_DUDA", "AGENDADA"]


async def test_a_booking_in_doubt_is_never_guessed(bench: Bench, sandbox: RunningSandbox, impatient: None) -> None:
    dialogue = await offered(bench)
    sandbox.fault("agendar", "respuesta_tardia", ms=3000, veces=1)
    sandbox.fault("citas", "error", codigo="GEN-503")
    answer = await dialogue.chooses("offer:accept")
    assert "Estamos verificando" in words(answer) and bench.interaction.folio in words(answer)
    assert "CMT-" not in words(answer), "the folio of the interaction, not of an appointment"
    assert "agendada:" not in words(answer) and reason(answer) is HandoffReason.SERVICE_UNAVAILABLE
    assert bench.states() == ["SOLICITADA", "EN_DUDA"]


async def test_a_service_that_is_down_is_admitted_and_nothing_is_invented(
    bench: Bench, sandbox: RunningSandbox, impatient: None
) -> None:
    dialogue = Dialogue(bench)
    await dialogue.asks_to_book()
    await dialogue.says(NSS)
    sandbox.fault("disponibilidad", "error", codigo="ZZZ-999")
    answer = await dialogue.says(BIRTH)
    assert reason(answer) is HandoffReason.SERVICE_UNAVAILABLE and "no responde" in words(answer)
    assert "ZZZ" not in words(answer), "no raw code reaches the citizen"


class Doubt:
    """What a resolver needs of a turn."""

    def __init__(self, bench: Bench) -> None:
        self.interaction, self.now = bench.interaction, NOW


async def resolved(bench: Bench, folio: str) -> list[str]:
    """States after a resolver has asked at all its moments."""
    resolver = DoubtResolver(bench.institution, ask_after=(0.01, 0.02, 0.03))
    await resolver(Doubt(bench), folio)  # type: ignore[arg-type]
    while tasks := [task for task in asyncio.all_tasks() if task.get_coro().__qualname__.startswith("DoubtResolver")]:  # type: ignore[union-attr]
        await asyncio.wait(tasks)
    return bench.states()


async def test_a_doubt_is_resolved_by_asking(bench: Bench) -> None:
    slots = await bench.institution.appointments.availability(P1, "MEDICINA_FAMILIAR", 1, bench.interaction, NOW)
    assert isinstance(slots, Availability)
    folio = bench.ledger.next_appointment_folio(NOW.date())
    await bench.institution.appointments.book(P1, slots.horarios[0], folio, "key-1", bench.interaction, NOW)
    assert await resolved(bench, folio) == ["AGENDADA"]


async def test_a_doubt_that_the_institution_does_not_know_is_rejected(bench: Bench) -> None:
    assert await resolved(bench, bench.ledger.next_appointment_folio(NOW.date())) == ["RECHAZADA"]


async def test_a_doubt_that_cannot_be_asked_stays_one(bench: Bench, sandbox: RunningSandbox, impatient: None) -> None:
    sandbox.fault("citas", "error", codigo="GEN-404")
    assert await resolved(bench, "CMT-261015-00001-7") == []
    assert len([one for one in bench.lookups() if one["operation"] == "citas"]) == 3


async def test_a_yes_that_is_worked_on_twice_books_once(bench: Bench) -> None:
    """A crash between the booking and our own record: the same message comes again, with what was known before it."""
    dialogue = await offered(bench)
    before = dialogue.facts
    first = words(await dialogue.chooses("offer:accept"))
    dialogue.facts = before
    assert words(await dialogue.chooses("offer:accept")) == first and "quedó agendada" in first
    kept = await bench.institution.appointments.of_person(P1, bench.interaction, NOW)
    assert isinstance(kept, Appointments) and len(kept.citas) == 1
    assert "EN_DUDA" not in bench.states()


async def test_a_booking_that_was_surely_not_made_is_no_doubt(
    bench: Bench, sandbox: RunningSandbox, impatient: None
) -> None:
    dialogue = await offered(bench)
    sandbox.fault("agendar", "error", codigo="GEN-401", veces=1)
    answer = await dialogue.chooses("offer:accept")
    assert "no responde" in words(answer) and "verificando" not in words(answer)
    assert reason(answer) is HandoffReason.SERVICE_UNAVAILABLE and bench.states() == ["SOLICITADA", "RECHAZADA"]


async def test_a_slot_that_was_refused_is_not_offered_again(bench: Bench, sandbox: RunningSandbox) -> None:
    dialogue = await offered(bench)
    first = dialogue.facts["work"]["slot"]["inicio"]
    sandbox.fault("agendar", "error", codigo="CIT-006", veces=1)
    answer = await dialogue.chooses("offer:accept")
    assert "no permitió apartar" in words(answer) and dialogue.facts["work"]["slot"]["inicio"] > first


async def test_an_answer_that_cannot_be_decoded_leaves_a_booking_in_doubt(bench: Bench) -> None:
    """Promised as gzip and none: the institution may have booked, so nothing is denied and nothing claimed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnone")
        await writer.drain()
        writer.close()

    dialogue = await offered(bench)
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        facts, bench.institution = dialogue.facts, bench.reaching(f"http://127.0.0.1:{port}")
        dialogue = Dialogue(bench)
        dialogue.facts = facts
        told = await dialogue.chooses("offer:accept")
    assert "Estamos verificando" in words(told) and bench.states() == ["SOLICITADA", "EN_DUDA"]
