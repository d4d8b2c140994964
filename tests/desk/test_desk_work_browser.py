"""Offers, states and idleness as an agent meets them: in a real browser over the running web process."""

import re
from datetime import timedelta

import pytest
from attended_desk import THURSDAY
from browsing import OpenPage, Serve, log_in
from playwright.sync_api import Page, expect
from watched_browser import DESKTOP, PHONE

from desk import presence


def offered(page: Page) -> None:
    expect(page.locator("#offers")).to_be_visible()
    expect(page).to_have_title(re.compile("Conversación para usted"))


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1280"])
def test_an_offer_is_seen_and_accepted_by_keyboard(serve: Serve, open_page: OpenPage, size: tuple[int, int]) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, size)
    log_in(page)
    citizen = desk.waiting()
    offered(page)
    expect(page.locator("#offers")).to_contain_text("Conversación para usted: Derechohabiente")
    expect(page.locator("#offers")).to_contain_text(citizen.folio)
    expect(page.locator(".offer-left")).to_have_text(re.compile(r"^\d+ s$"))
    assert page.locator("#offers").get_attribute("role") == "alert"
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.keyboard.press("Alt+a")
    expect(page.get_by_role("textbox", name="Escriba su respuesta")).to_be_focused()
    expect(page.locator("#offers")).to_be_hidden()
    expect(page.locator("#state-attending")).to_have_count(1)
    assert desk.record.load(citizen.id).agent == "alejandra"
    [event] = desk.events(citizen, "answered")
    assert event.data["agent_level"] == "ps_i"


def test_declining_passes_it_to_the_next_desk(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    first, second = open_page(url), open_page(url)
    log_in(first, "alejandra")
    citizen = desk.waiting()
    offered(first)
    log_in(second, "bruno")
    first.get_by_role("button", name="Rechazar").click()
    expect(first.locator("#offers")).to_be_hidden()
    offered(second)
    second.get_by_role("button", name="Aceptar").click()
    expect(second.get_by_role("region", name="Mis conversaciones")).to_contain_text(citizen.folio)
    assert [one.agent for one in desk.events(citizen, "declined")] == ["alejandra"]


def test_a_missed_offer_must_be_confirmed(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url)
    log_in(page)
    first = desk.waiting()
    offered(page)
    desk.passes_to(THURSDAY + timedelta(minutes=2))
    missed = page.locator("#missed")
    expect(missed).to_be_visible()
    expect(page.locator("#offers")).to_be_hidden()
    expect(page.locator("#agent-state")).to_have_value("no_disponible")
    assert desk.events(first, "no_answer")
    missed.get_by_role("button", name="Confirmar disponibilidad").click()
    expect(missed).to_be_hidden()
    offered(page)


def test_the_state_is_chosen_and_leaving_asks_about_open_conversations(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url)
    log_in(page)
    page.get_by_label("Su estado").select_option("Comida")
    expect(page.locator("#state-since")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    citizen = desk.waiting()
    page.get_by_role("button", name=re.compile("^Tomar")).click()
    expect(page.locator("#agent-state")).to_have_value("disponible")
    expect(page.locator("#state-attending")).to_be_visible()
    page.get_by_role("button", name="Salir", exact=True).click()
    leaving = page.get_by_role("dialog", name="¿Salir con conversaciones abiertas?")
    expect(leaving).to_contain_text("una conversación abierta")
    leaving.get_by_role("button", name="Seguir aquí").click()
    expect(leaving).to_be_hidden()
    page.get_by_role("button", name="Salir", exact=True).click()
    leaving.get_by_role("button", name="Devolverlas y salir").click()
    expect(page.get_by_label("Usuario")).to_be_visible()
    assert desk.record.load(citizen.id).state == "queued"


def test_an_idle_desk_is_warned_then_ends_with_a_word_why(
    serve: Serve, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "WARN_SECONDS", 1.0)
    desk, url = serve(THURSDAY)
    page = open_page(url)
    log_in(page)
    warning = page.get_by_role("dialog", name="¿Sigue ahí?")
    expect(warning).to_be_visible()
    warning.get_by_role("button", name="Sigo aquí").click()
    expect(warning).to_be_hidden()
    expect(warning).to_be_visible()  # a second later again
    monkeypatch.setattr(presence, "IDLE_SECONDS", 2.0)
    expect(page.get_by_text("Su sesión terminó por 10 minutos sin actividad")).to_be_visible()
    assert desk.last_state("alejandra") == ("fuera", "idle")
