"""Chat and desk in a real browser over an engine that nobody started: what people see, hear and reach by keyboard."""

import re

import pytest
from attended_desk import AGENTS, THURSDAY, THURSDAY_NIGHT
from browsing import OpenPage, Serve, log_in, one_line
from playwright.sync_api import expect
from watched_browser import DESKTOP, PHONE

DANGER = "me duele el pecho"


# ------------------------------------------------------------------------------------------------ the chat


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1280"])
def test_the_chat_opens_at_its_top_and_comes_back_at_its_end(
    serve: Serve, open_page: OpenPage, size: tuple[int, int]
) -> None:
    _, url = serve(THURSDAY)
    page = open_page(url, size)
    page.goto("/chat/recepcion")
    log = page.get_by_role("log", name="Mensajes")
    expect(log).to_contain_text("no una persona")
    expect(log).to_contain_text("Hablar con una persona")
    expect(page.locator("#connection")).to_be_empty()
    page.wait_for_timeout(600)  # the socket's welcome must not move it either
    assert page.locator("#scroller").evaluate("(node) => node.scrollTop") == 0
    expect(page.locator("#folio")).to_be_in_viewport()
    assert one_line(page, "#folio") and one_line(page, ".message-folio")
    page.get_by_role("textbox", name="Escriba su mensaje").fill("quiero una constancia")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("Le comunico con una persona")
    expect(page.get_by_role("button", name="Seguir con el asistente")).to_be_in_viewport()
    page.reload()
    expect(page.get_by_role("button", name="Seguir con el asistente")).to_be_in_viewport()


def test_the_docs_page_is_drawn_from_our_own_files(serve: Serve, open_page: OpenPage) -> None:
    _, url = serve(THURSDAY)
    page = open_page(url)
    page.goto("/docs")
    expect(page.get_by_text("Ventanilla").first).to_be_visible()
    expect(page.get_by_text("/api/v1/campaigns/{campaign_id}/conversations")).to_be_visible()


# ------------------------------------------------------------------------------------------------ the desk


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1280"])
def test_a_left_message_is_read_and_marked_as_done(serve: Serve, open_page: OpenPage, size: tuple[int, int]) -> None:
    desk, url = serve(THURSDAY_NIGHT)
    citizen = desk.citizen()
    citizen.says("Necesito mi constancia de semanas")
    citizen.says("55 0000 1234")
    page = open_page(url, size)
    log_in(page)
    left = page.locator("#left-messages")
    expect(left.get_by_role("listitem")).to_have_count(1)
    expect(left).to_contain_text(citizen.folio)
    expect(left).to_contain_text("******1234")
    assert "5500001234" not in page.content()
    left.get_by_role("button", name="Abrir").click()
    dialog = page.get_by_role("dialog", name="Mensaje")
    expect(dialog).to_contain_text("Necesito mi constancia de semanas")
    expect(dialog.get_by_role("link", name="55 0000 1234")).to_have_attribute("href", "tel:+525500001234")
    assert one_line(page, "#left-message .folio")
    dialog.get_by_role("button", name="Hecho").click()
    expect(dialog.get_by_role("alert")).to_have_text("Escriba en pocas palabras qué se hizo.")
    dialog.get_by_label("¿Qué se hizo?").fill("Se le llamó y se resolvió")
    dialog.get_by_role("button", name="Hecho").click()
    expect(left).to_contain_text("No hay mensajes por atender.")
    expect(dialog).to_be_hidden()
    expect(page.locator("#left-message dl")).to_be_empty()
    assert "5500001234" not in page.content(), "nothing decrypted stays in the page"
    assert [event.data["note"] for event in desk.events(citizen, "voicemail_done")] == ["Se le llamó y se resolvió"]


def test_the_agent_has_the_telephone_shown(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    citizen = desk.waiting("quiero mi vigencia", "mi cel es 55 0000 1234 y mi NSS 00058500018")
    page = open_page(url)
    log_in(page)
    page.get_by_role("button", name="Tomar").click()
    known = page.get_by_role("complementary", name="Lo que ya se sabe")
    expect(known).to_contain_text("******1234")
    known.get_by_role("button", name="Ver teléfono").click()
    expect(known.get_by_role("link", name="55 0000 1234")).to_be_focused()
    assert [event.agent for event in desk.events(citizen, "contact_seen")] == ["alejandra"]
    assert one_line(page, "#context-body .folio") and one_line(page, ".conversation-subtitle .folio")
    assert "00058500018" not in page.content()


def test_an_emergency_with_a_person_alarms_the_desk(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page, chat = open_page(url), open_page(url, PHONE)
    log_in(page)
    chat.goto("/chat/cita_medica")
    box = chat.get_by_role("textbox", name="Escriba su mensaje")
    box.fill("quiero mi vigencia")
    box.press("Enter")
    page.get_by_role("button", name="Tomar").click()
    expect(chat.locator("#attending")).to_have_text("Le atiende una persona")
    alarm = page.locator("#emergency")
    expect(alarm).to_be_hidden()
    box.fill(DANGER)
    box.press("Enter")
    expect(alarm).to_contain_text(f"Emergencia en una conversación suya: «{DANGER}»")
    expect(alarm).to_have_attribute("role", "alert")
    expect(page.locator(".conversation-subtitle")).to_contain_text("Emergencia")
    expect(page.get_by_role("region", name="Mis conversaciones")).to_contain_text(DANGER)
    expect(page.get_by_role("complementary", name="Lo que ya se sabe")).to_contain_text("Emergencia")
    said = chat.locator(".message-text").all_inner_texts()
    assert said[-1].endswith("marque 911 ahora.")
    alarm.get_by_role("button", name="Enterado").click()
    expect(alarm).to_be_hidden()
    assert desk.record_is_sound()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1280"])
def test_the_queue_tells_the_sentence_of_an_emergency_and_not_the_last_one(
    serve: Serve, open_page: OpenPage, size: tuple[int, int]
) -> None:
    desk, url = serve(THURSDAY)
    desk.waiting("quiero mi vigencia", "¿ya van a contestar?")
    urgent = desk.waiting(DANGER, "¿hay alguien?")
    page = open_page(url, size)
    log_in(page)
    cards = page.get_by_role("region", name="En espera").get_by_role("listitem")
    expect(cards.first).to_contain_text(f"«{DANGER}»")
    expect(cards.first).to_contain_text("Tema: Atención médica inmediata")
    expect(cards.last).to_contain_text("Sistema no disponible")
    for words in ("¿hay alguien?", "¿ya van a contestar?"):
        expect(page.get_by_role("region", name="En espera").get_by_text(words)).to_be_hidden()
    expect(page.locator("#emergency")).to_contain_text(urgent.folio)
    assert one_line(page, ".card-folio")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size[0], "nothing is wider than the window"


def test_an_own_conversation_is_reached_by_keyboard_before_the_queue(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    mine = desk.waiting()
    desk.act(f"conversations/{mine.id}/take")
    for _ in range(4):
        desk.waiting()
    page = open_page(url)
    log_in(page)
    expect(page.get_by_role("button", name=re.compile("^Tomar"))).to_have_count(4)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ir a mis conversaciones")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent")
    assert mine.folio in focused
    assert AGENTS["alejandra"] in page.content()
