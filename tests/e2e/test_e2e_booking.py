"""A citizen books an appointment on a telephone, from the greeting to the closed conversation."""

from browser_pages import ChatPage
from playwright.sync_api import Page, expect

from evaluation.world import World


def test_books_by_typing_with_typos_and_touching_a_button(chat: ChatPage, phone: Page, world: World) -> None:
    lucia, before = world.people["P1"], world.appointments()
    chat.open("cita_medica")
    folio = chat.folio
    chat.expect_to_fit()

    chat.say("kiero una sita con el dotor familiar")
    chat.identify(lucia, "12 de marzo del 85")
    chat.expect_said("La cita más próxima de Medicina Familiar")
    chat.expect_to_fit()
    assert world.appointments() == before, "nothing may be booked before the citizen accepts"

    chat.choose("Aceptar")
    chat.expect_said("Su cita quedó agendada")
    (booked,) = (one for key, one in world.appointments().items() if key not in before)
    assert (booked["servicio"], booked["canal"], booked["estado"]) == ("MEDICINA_FAMILIAR", "webchat", "AGENDADA")
    assert [booked[name] for name in ("umf", "consultorio", "turno")] == [
        lucia[name] for name in ("umf", "consultorio", "turno")
    ]
    chat.expect_said(booked["folio_proveedor"])

    chat.choose("No, es todo")
    chat.expect_state("survey")
    chat.expect_to_fit()
    expect(chat.box).to_be_hidden()
    chat.answer_survey("Sí", "5, muy buena")

    expect(chat.ended).to_be_visible()
    expect(phone.get_by_role("region", name="La conversación terminó")).to_contain_text(folio)
    chat.expect_said("Gracias por comunicarse")
    chat.expect_to_fit()


def test_a_closed_conversation_can_be_kept_and_followed_by_another(chat: ChatPage, phone: Page, world: World) -> None:
    chat.open("cita_medica")
    first = chat.folio
    phone.get_by_role("button", name="Terminar", exact=True).click()
    phone.get_by_role("button", name="Sí, terminar").click()
    expect(chat.ended).to_be_visible()

    with phone.expect_download() as download:
        phone.get_by_role("button", name="Guardar una copia").click()
    kept = download.value.path().read_text(encoding="utf-8")
    assert f"Folio: {first}" in kept
    assert "[15/10/2026 09:0" in kept, "the copy shows the institution's time"

    phone.get_by_role("button", name="Iniciar otra conversación").click()
    chat.expect_state("bot")
    chat.expect_said("Soy el asistente virtual")
    assert chat.folio != first
