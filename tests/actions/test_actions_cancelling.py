"""Cancelling and confirming touch only what was read back, once, and never guess (campaigns.md §2.8, §3.7.5-3.7.6)."""

from typing import Any

import pytest
from institution_bench import NOW, P1, Bench, RunningSandbox
from scripted_tracker import Dialogue, words
from test_actions_booking import BIRTH, NSS, reason

from actions.services.appointments import Appointments, Availability, Confirmation
from conversation.handoff import HandoffReason


async def booked(bench: Bench, service: str, key: str) -> str:
    """The id of an appointment that P1 has from now on."""
    institution, interaction = bench.institution.appointments, bench.interaction
    slots = await institution.availability(P1, service, 1, interaction, NOW)
    assert isinstance(slots, Availability)
    folio = bench.ledger.next_appointment_folio(NOW.date())
    done = await institution.book(P1, slots.horarios[0], folio, key, interaction, NOW)
    assert isinstance(done, Confirmation)
    return done.cita.cita_id


async def agenda(bench: Bench) -> dict[str, str]:
    """State of each of P1's appointments that stand."""
    found = await bench.institution.appointments.of_person(P1, bench.interaction, NOW)
    assert isinstance(found, Appointments)
    return {one.cita_id: one.estado for one in found.citas}


async def cancelled_elsewhere(bench: Bench, cita_id: str) -> None:
    done = await bench.institution.appointments.cancel(P1, cita_id, "elsewhere", bench.interaction, NOW)
    assert isinstance(done, Confirmation)


async def asked(bench: Bench, topic: str) -> Dialogue:
    """A dialogue in which P1 is identified and the topic's first question is open."""
    dialogue = Dialogue(bench)
    await dialogue.turn(f"action_{topic}", intent=topic, choice=topic)
    await dialogue.says(NSS)
    await dialogue.says(BIRTH)
    return dialogue


async def says_yes(dialogue: Dialogue, facts: dict[str, Any] | None = None) -> str:
    """What a «sí» is answered with; with `facts`, as they were before, it is worked on once more (after a crash)."""
    dialogue.facts = facts or dialogue.facts
    return words(await dialogue.says("sí", "afirmar", "action_continuar"))


async def two_booked(bench: Bench) -> tuple[str, str]:
    """P1's appointments: Medicina Familiar and Estomatología."""
    return await booked(bench, "MEDICINA_FAMILIAR", "one"), await booked(bench, "ESTOMATOLOGIA", "two")


async def test_a_yes_cancels_no_other_appointment_than_the_one_read_back(bench: Bench) -> None:
    family, dentist = await two_booked(bench)
    dialogue = await asked(bench, "cancelar_cita")
    assert "Medicina Familiar" in words(await dialogue.chooses(f"cita:{family}"))
    await cancelled_elsewhere(bench, family)
    answer = await dialogue.says("sí", "afirmar", "action_continuar")
    assert await agenda(bench) == {dentist: "AGENDADA"}, words(answer)
    assert "no permitió cancelar" in words(answer) and reason(answer) is HandoffReason.BUSINESS_RULE


async def test_a_yes_that_is_worked_on_twice_cancels_once(bench: Bench) -> None:
    family, dentist = await two_booked(bench)
    dialogue = await asked(bench, "cancelar_cita")
    await dialogue.chooses(f"cita:{family}")
    before = dialogue.facts
    first = await says_yes(dialogue)
    assert await says_yes(dialogue, before) == first and "Su cita quedó cancelada: Medicina Familiar" in first
    assert await agenda(bench) == {dentist: "AGENDADA"}


async def test_a_chosen_appointment_that_is_gone_is_not_replaced_in_silence(bench: Bench) -> None:
    family, dentist = await two_booked(bench)
    dialogue = await asked(bench, "cancelar_cita")
    await cancelled_elsewhere(bench, family)
    answer = words(await dialogue.chooses(f"cita:{family}"))
    assert "ya no aparece en su agenda" in answer and "¿Desea cancelar esta cita? Estomatología" in answer
    assert await agenda(bench) == {dentist: "AGENDADA"}


@pytest.mark.parametrize("topic", ["cancelar_cita", "confirmar_cita"])
@pytest.mark.parametrize("code", ["GEN-504", "GEN-503"])
async def test_whether_it_was_done_is_never_guessed(
    bench: Bench, sandbox: RunningSandbox, impatient: None, topic: str, code: str
) -> None:
    await booked(bench, "MEDICINA_FAMILIAR", "one")
    dialogue = await asked(bench, topic)
    sandbox.fault(topic.removesuffix("_cita"), "error", codigo=code, veces=1)
    sandbox.fault("citas", "error", codigo="GEN-503")
    answer = await dialogue.says("sí", "afirmar", "action_continuar")
    assert "Estamos verificando" in words(answer) and bench.interaction.folio in words(answer)
    assert "Su cita quedó" not in words(answer) and reason(answer) is HandoffReason.SERVICE_UNAVAILABLE
    assert answer.topic == topic and bench.states() == []


async def test_a_cancellation_under_way_may_still_come_true(
    bench: Bench, sandbox: RunningSandbox, impatient: None
) -> None:
    await booked(bench, "MEDICINA_FAMILIAR", "one")
    dialogue = await asked(bench, "cancelar_cita")
    sandbox.fault("cancelar", "error", codigo="GEN-504", veces=1)
    assert "todavía no puedo decirle si la cita quedó cancelada" in await says_yes(dialogue)


@pytest.mark.parametrize("code", ["GEN-401", "GEN-503"])
async def test_what_was_surely_not_done_is_not_called_a_doubt(
    bench: Bench, sandbox: RunningSandbox, impatient: None, code: str
) -> None:
    cita = await booked(bench, "MEDICINA_FAMILIAR", "one")
    dialogue = await asked(bench, "cancelar_cita")
    sandbox.fault("cancelar", "error", codigo=code, veces=1)
    answer = await dialogue.says("sí", "afirmar", "action_continuar")
    assert "no responde" in words(answer) and reason(answer) is HandoffReason.SERVICE_UNAVAILABLE
    assert await agenda(bench) == {cita: "AGENDADA"}


async def test_a_confirmation_that_is_worked_on_twice_is_told_twice(bench: Bench) -> None:
    two = await two_booked(bench)
    dialogue = await asked(bench, "confirmar_cita")
    before = dialogue.facts
    first = await says_yes(dialogue)
    assert "Su cita quedó confirmada" in first and "¿Confirma su cita?" in first
    assert await says_yes(dialogue, before) == first
    await says_yes(dialogue)
    assert await agenda(bench) == dict.fromkeys(two, "CONFIRMADA")


async def test_asking_to_cancel_instead_of_saying_yes_does_not_go_on_for_ever(bench: Bench) -> None:
    cita = await booked(bench, "MEDICINA_FAMILIAR", "one")
    dialogue = await asked(bench, "cancelar_cita")
    for _ in range(2):
        answer = await dialogue.says("ya le dije que la quiero cancelar", "cancelar_cita", "action_cancelar_cita")
        assert "¿Desea cancelar esta cita?" in words(answer)
    answer = await dialogue.says("ya le dije que la quiero cancelar", "cancelar_cita", "action_cancelar_cita")
    assert reason(answer) is HandoffReason.ATTEMPTS_EXHAUSTED and await agenda(bench) == {cita: "AGENDADA"}


async def test_another_campaign_does_not_cancel_appointments(bench: Bench) -> None:
    dialogue = Dialogue(bench, campaign="derechohabiente")
    dialogue.facts = {"served": ["consultar_citas"]}
    answer = words(await dialogue.says("olvídelo", "cancelar", "action_cancelar"))
    assert "Cómo puedo apoyarle" in answer and "11 dígitos" not in answer


async def test_the_agregado_identifies_instead_of_the_birth_date_where_the_campaign_says_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting for confirming (L5785)."""
    await booked(bench, "MEDICINA_FAMILIAR", "one")
    own = bench.catalogue.settings("cita_medica")
    rules = {**own.business_rules, "confirm_identity": ["nss", "agregado_medico"]}
    settings = own.model_copy(update={"business_rules": rules})
    monkeypatch.setattr(type(bench.catalogue), "settings", lambda self, campaign: settings)
    dialogue = Dialogue(bench)
    await dialogue.turn("action_confirmar_cita", intent="confirmar_cita", choice="confirmar_cita")
    assert "agregado médico" in words(await dialogue.says(NSS))
    assert "¿Confirma su cita? Medicina Familiar" in words(await dialogue.says("1F1985OR"))
