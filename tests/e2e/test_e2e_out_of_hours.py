"""Sunday night: nobody attends, and the chat says so, says when, and takes a message."""

from datetime import datetime

import pytest
from browser_pages import ChatPage, DeskPage
from playwright.sync_api import Page, expect

from evaluation.world import World

SUNDAY_NIGHT = datetime.fromisoformat("2026-10-18T22:00:00-06:00")


@pytest.fixture(autouse=True)
def sunday_night(world: World) -> None:
    """The clocks of the institution and of the product."""
    world.set_clock(SUNDAY_NIGHT)


def test_says_when_it_opens_and_takes_a_message(chat: ChatPage, phone: Page) -> None:
    chat.open("cita_medica")
    chat.expect_said("Buenas noches.")
    chat.expect_said("fuera del horario de atención. Atendemos nuevamente")
    chat.expect_said("lunes")
    chat.say("Necesito cambiar mi cita, mi teléfono es 5500000001")
    chat.expect_said(f"Su mensaje quedó registrado con el folio {chat.folio}.")
    expect(chat.ended).to_be_visible()
    chat.expect_to_fit()


def test_the_message_is_read_at_the_desk(chat: ChatPage, open_desk, world: World) -> None:
    chat.open("cita_medica")
    chat.say("Necesito cambiar mi cita del lunes")
    chat.expect_said("¿A qué teléfono le podemos llamar?")
    chat.say("55 0000 0001")
    expect(chat.ended).to_be_visible()
    desk: DeskPage = open_desk("alejandra")
    card = desk.page.locator("#left-messages").get_by_role("listitem").filter(has_text=chat.folio)
    expect(card).to_contain_text("******0001")
    card.get_by_role("button", name="Abrir").click()
    dialog = desk.page.get_by_role("dialog", name="Mensaje")
    expect(dialog).to_contain_text("Necesito cambiar mi cita del lunes")
    expect(dialog.get_by_role("link", name="55 0000 0001")).to_be_visible()
    dialog.get_by_label("¿Qué se hizo?").fill("Se le llamó")
    dialog.get_by_role("button", name="Hecho").click()
    expect(card).to_have_count(0)


def test_whoever_does_not_want_to_leave_a_message_can_end(chat: ChatPage) -> None:
    chat.open("derechohabiente")
    chat.expect_said("fuera del horario de atención")
    chat.choose("Terminar")
    expect(chat.ended).to_be_visible()
    assert "quedó registrado" not in " ".join(chat.said())


def test_an_emergency_is_never_only_a_message(chat: ChatPage) -> None:
    chat.open("derechohabiente")
    chat.say("me duele el pecho")
    chat.expect_said("cuelgue y marque 911 ahora")
    chat.expect_said("no hay personas en servicio aquí. Marque 911 ahora.")
    assert "quedó registrado" not in " ".join(chat.said())


def test_the_start_page_tells_who_is_closed(desktop: Page) -> None:
    desktop.goto("/")
    card = desktop.get_by_role("link").filter(has_text="Cita Médica Telefónica")
    expect(card).to_contain_text("Fuera de horario")
    expect(desktop.get_by_role("link").filter(has_text="Recepción")).to_contain_text("En horario")
