"""Conversations as people hold them: conditions, corrections, relatives, waiting, repeating (campaigns.md §2, §3.7)."""

from datetime import date

import pytest
from institution_bench import Bench
from scripted_tracker import Dialogue, words
from test_actions_booking import BIRTH, NSS, offered, reason

from actions.appointment_choice import appointment_meant
from conversation.handoff import HandoffReason
from conversation.message import Choice
from conversation.ports import Finish

OTHER_NSS, OTHER_BIRTH = "00159700103", "20/02/1997"


@pytest.mark.parametrize(
    "said",
    ["acepto pero que sea en la tarde", "ok dejeme pensarlo", "si es para mi hijo verdad", "si, pero mejor el lunes"],
)  # fmt: skip
async def test_a_conditional_yes_books_nothing(bench: Bench, said: str) -> None:
    dialogue = await offered(bench)
    answer = await dialogue.says(said, "afirmar", "action_continuar")
    assert bench.states() == [] and reason(answer) is HandoffReason.BUSINESS_RULE


async def test_a_question_about_the_offer_is_answered_with_the_offer(bench: Bench) -> None:
    dialogue = await offered(bench)
    assert "consultorio 07 de la UMF 901" in words(await dialogue.says("¿cuál clínica es?"))
    await dialogue.says("sí", "afirmar", "action_continuar")
    assert bench.states() == ["SOLICITADA", "AGENDADA"]


async def test_whoever_has_an_appointment_is_told_before_another_is_booked(bench: Bench) -> None:
    dialogue = await offered(bench)
    await dialogue.chooses("offer:accept")
    again = await dialogue.asks_to_book()
    assert "ya tiene una cita" in words(again) and "además" in words(again)
    kept = await dialogue.says("no", "negar", "action_continuar")
    assert "Su cita sigue igual" in words(kept) and bench.states() == ["SOLICITADA", "AGENDADA"]
    await dialogue.asks_to_book()
    assert "La cita más próxima" in words(await dialogue.says("sí", "afirmar", "action_continuar"))


async def test_correcting_the_nss_drops_the_offer_made_to_the_other_person(bench: Bench) -> None:
    dialogue = await offered(bench)
    first = dialogue.facts["patient"]
    answer = await dialogue.says(f"perdon me equivoque, mi nss es {OTHER_NSS}", "corregir", "action_continuar")
    assert "slot" not in dialogue.facts["work"], words(answer)
    assert "nacimiento" in words(answer)
    assert "La cita más próxima" in words(await dialogue.says(OTHER_BIRTH))
    assert dialogue.facts["nss"] == OTHER_NSS and dialogue.facts["patient"] != first


async def test_another_nss_in_passing_is_taken_and_not_answered_with_the_old_offer(bench: Bench) -> None:
    dialogue = await offered(bench)
    answer = await dialogue.says(f"perdon, mi nss es {OTHER_NSS}", "repetir", "action_repetir")
    assert "La cita más próxima" not in words(answer)
    assert dialogue.facts["nss"] == OTHER_NSS


async def test_a_relatives_birth_date_does_not_become_the_citizens(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.turn("action_consultar_citas", intent="consultar_citas", choice="consultar_citas")
    await dialogue.says("00099000051")
    own = words(await dialogue.says("05/05/1990"))
    answer = await dialogue.says("mi esposo nacio el 14/02/1988")
    assert "la persona que ya se identificó" in words(answer)
    assert dialogue.facts["fecha_nacimiento"] == "1990-05-05"
    again = await dialogue.turn("action_consultar_citas", "a que hora es mi cita", "consultar_citas")
    assert words(again) == own


async def test_the_right_date_is_kept_after_a_mismatch(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.asks_to_book()
    await dialogue.says(NSS)
    assert "no coinciden" in words(await dialogue.says("13/03/1985"))
    assert "Seguridad Social" in words(await dialogue.says(BIRTH))
    assert "La cita más próxima" in words(await dialogue.says(NSS))


async def test_waiting_is_no_attempt(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.asks_to_book()
    for _ in range(4):
        assert "Aquí le espero" in words(await dialogue.says("espere, voy a buscarlo"))
    assert "fecha de nacimiento" in words(await dialogue.says(NSS))


@pytest.mark.parametrize(
    ("said", "intent", "action"),
    [("hola", "saludo", "action_saludo"), ("no se", "ayuda", "action_ayuda"),
     ("quiero una cita", "agendar_medicina_familiar", "action_agendar_cita")],
)  # fmt: skip
async def test_nothing_goes_round_for_ever(bench: Bench, said: str, intent: str, action: str) -> None:
    dialogue = Dialogue(bench)
    await dialogue.asks_to_book()
    for _ in range(6):
        answer = await dialogue.says(said, intent, action)
        if reason(answer):
            break
    assert reason(answer) is HandoffReason.ATTEMPTS_EXHAUSTED


async def test_naming_another_campaign_goes_there(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    answer = await dialogue.says("ah, entonces guarderías", "despedida", "action_despedida")
    assert answer.outcome is not None and getattr(answer.outcome, "campaign", None) == "guarderias"
    assert getattr((await dialogue.says("soy pensionado")).outcome, "campaign", None) is None


async def test_a_full_name_after_soy_is_kept(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.says("soy Juan Pérez López, quiero una cita", "agendar_medicina_familiar", "action_agendar_cita")
    assert dialogue.facts["nombre"] == "Juan Pérez López"


TWO = (
    Choice(id="cita:a", title="Medicina Familiar, 15/10 19:45"),
    Choice(id="cita:b", title="Estomatología, 20/10 09:00"),
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("la segunda", "cita:b"), ("la de hoy", "cita:a"), ("la del martes", "cita:b"), ("el 20", "cita:b"),
     ("la de las 7:45", "cita:a"), ("la del dentista", "cita:b"), ("la última", "cita:b"), ("la de mañana", None),
     ("cualquiera", None), ("la tercera", None)],
)  # fmt: skip
def test_which_appointment_is_meant(said: str, meant: str | None) -> None:
    found = appointment_meant(said, date(2026, 10, 15), TWO)
    assert (found.id if found else None) == meant


async def test_says_that_it_is_no_person_and_goes_on_where_it_was(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.asks_to_book()
    answer = words(await dialogue.says("¿estás seguro que eres un robot?"))
    assert "un programa, no una persona" in answer and "11 dígitos" in answer
    assert "fecha de nacimiento" in words(await dialogue.says(NSS))


async def test_data_with_an_uncertain_topic_are_kept_and_the_topic_is_asked(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    call = await dialogue.turn("action_informar", f"soy María López, mi nss es {NSS}", "que_llevar", confidence=0.4)
    assert "¿Qué trámite necesita?" in words(call) and dialogue.facts["nss"] == NSS


async def test_a_second_insult_calls_a_person_without_saying_it_twice(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    assert "disculpa" in words(await dialogue.says("son unos pendejos"))
    answer = await dialogue.says("pinche maquina inútil")
    assert reason(answer) is HandoffReason.UPSET_USER and "Le comunico" not in words(answer)


async def test_a_misspelt_no_thanks_after_something_was_served_ends(bench: Bench) -> None:
    dialogue = await offered(bench)
    await dialogue.chooses("offer:accept")
    assert isinstance((await dialogue.says("no gracuas")).outcome, Finish)


@pytest.mark.parametrize(
    ("said", "intent", "action"),
    [
        ("mejor el viernes", "nlu_fallback", "action_no_entendi"),
        ("no, mejor en la tarde", "negar", "action_continuar"),
    ],
)
async def test_another_time_after_the_booking_is_not_the_end(bench: Bench, said: str, intent: str, action: str) -> None:
    dialogue = await offered(bench)
    await dialogue.chooses("offer:accept")
    call = await dialogue.turn(action, said, intent)
    assert reason(call) is HandoffReason.BUSINESS_RULE and "Su cita sigue igual" in words(call)


async def test_a_question_in_the_middle_leaves_the_offer_as_it_is(bench: Bench) -> None:
    dialogue = await offered(bench)
    told = await dialogue.turn("action_informar", "estoy harta de vueltas. ¿qué llevo?", "que_llevar")
    assert "cartilla" in words(told) and "La cita más próxima" in told.replies[-1].text
    assert "Hay algo más" not in words(told)
    assert "quedó agendada" in words(await dialogue.says("sí", "afirmar", "action_continuar"))


async def test_a_question_in_the_middle_does_not_swap_the_relative_for_the_citizen(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.turn("action_consultar_citas", intent="consultar_citas", choice="consultar_citas")
    await dialogue.says("00099000051")
    await dialogue.says("05/05/1990")
    await dialogue.turn("action_agendar_cita", "cita para mi esposo", "cita_familiar")
    assert "servicio" in words(await dialogue.says("14/02/1988"))
    await dialogue.turn("action_informar", "¿qué hay que llevar?", "que_llevar")
    assert dialogue.facts["fecha_nacimiento"] == "1988-02-14"
    await dialogue.says("olvídelo", "cancelar", "action_cancelar")
    assert dialogue.facts["fecha_nacimiento"] == "1990-05-05"
