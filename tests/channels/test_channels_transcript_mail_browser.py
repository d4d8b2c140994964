"""The copy by e-mail from the chat page: keyboard alone, what is told, and that axe finds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from axe_playwright_python.sync_playwright import Axe
from live_application import free_port, served
from playwright.sync_api import Browser, Page, expect
from test_channels_transcript_mail import Mailbox
from watched_browser import NARROW, watched
from web_entrance import Door


@pytest.fixture
def ended(tmp_path: Path, browser: Browser) -> Iterator[tuple[Mailbox, Page]]:
    """A chat that has ended, over a server that mails."""
    mailbox, mail_port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mail_port)
    controller.start()
    door = Door(tmp_path, smtp_url=f"smtp://127.0.0.1:{mail_port}", smtp_from="ventanilla@instituto.example")
    with served(door.app) as url, watched(browser) as open_window:
        page = open_window(url, NARROW, reduced_motion="reduce").new_page()
        page.goto("/chat/recepcion")
        expect(page.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")
        page.locator("#end").click()
        page.get_by_role("button", name="Sí, terminar").click()
        expect(page.get_by_role("heading", name="La conversación terminó")).to_be_visible()
        yield mailbox, page
    controller.stop()


def test_the_copy_is_mailed_by_keyboard_alone_and_what_became_of_it_is_told(ended: tuple[Mailbox, Page]) -> None:
    mailbox, page = ended
    opener, box = page.get_by_role("button", name="Enviar a mi correo"), page.get_by_label("Correo electrónico")
    told = page.locator("#copy-status")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(box).to_be_focused()
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.type("lucia@")
    page.keyboard.press("Enter")
    expect(told).to_have_text("Escriba un correo como nombre@ejemplo.mx.")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("nadie@correo.example")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("El servidor de correo no aceptó esa dirección.")
    box.fill("lucia@correo.example")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Se envió.")
    assert [message["To"] for message in mailbox.received] == ["lucia@correo.example"]
