"""The page that asks for a call, in a real browser: keyboard alone, a narrow screen, what is missing, cancelling."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from web_entrance import Door

PATIENCE_MS = 20_000
NARROW = (320, 640)
OpenPage = Callable[..., Page]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Door, str]]:
    """The application on a free port."""
    door, listener = Door(tmp_path, captcha_work=100), socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(door.app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield door, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def page(browser: Browser, served: tuple[Door, str]) -> Iterator[Page]:
    """A narrow page; an error it raises, or what the security policy stops, fails the test."""
    problems: list[str] = []
    context = browser.new_context(
        viewport={"width": NARROW[0], "height": NARROW[1]}, locale="es-MX", base_url=served[1]
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    opened = context.new_page()
    opened.goto("/llamada/derechohabiente")
    yield opened
    context.close()
    assert problems == []


def walk_to(page: Page, element: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == element:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"20 times Tab do not lead to {element}")


def test_a_call_is_asked_for_and_cancelled_with_the_keyboard_alone(page: Page, served: tuple[Door, str]) -> None:
    walk_to(page, "call-telephone")
    page.keyboard.type("55 0000 1234")
    walk_to(page, "call-slot")
    page.keyboard.type("hoy de 11:00")
    walk_to(page, "call-consent")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    title = page.get_by_role("heading", name="Le llamaremos")
    expect(title).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="hoy de 11:00 a 11:30")).to_be_visible()
    folio = page.locator("#asked-folio").inner_text()
    assert folio.startswith("VEN-20261015-") and "5500001234" not in page.url

    page.reload()
    expect(title).to_be_visible()
    walk_to(page, "call-cancel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Llamada cancelada")).to_be_focused()
    expect(page.get_by_role("button", name="Cancelar la llamada")).to_be_hidden()
    asked = served[0].record.find_folio(folio)
    assert asked is not None
    kinds = [event.kind for event in served[0].record.events(asked.id)]
    assert kinds.count("callback_asked") == kinds.count("callback_cancelled") == 1


def test_what_is_missing_is_marked_and_nothing_is_sent(page: Page, served: tuple[Door, str]) -> None:
    page.get_by_label("Teléfono, 10 dígitos").fill("123")
    page.get_by_role("button", name="Pedir la llamada").click()
    expect(page.get_by_label("Teléfono, 10 dígitos")).to_be_focused()
    for problem in ("Escriba los 10 dígitos", "Elija un horario de la lista", "Marque esta casilla"):
        expect(page.get_by_text(problem)).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="Revise los datos marcados")).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_the_page_fits_a_narrow_screen_and_is_accessible(page: Page) -> None:
    expect(page.get_by_role("heading", name="Que me llamen")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def test_a_number_that_waits_already_is_told(page: Page, served: tuple[Door, str]) -> None:
    for _ in range(2):
        page.goto("/")
        page.goto("/llamada/derechohabiente")
        page.get_by_label("Teléfono, 10 dígitos").fill("5500001234")
        page.get_by_label("¿Cuándo le llamamos?").select_option("hoy de 11:00 a 11:30")
        page.get_by_label("Acepto que me llamen").check()
        page.get_by_role("button", name="Pedir la llamada").click()
        expect(page.locator("#call-asked h2, #call-problem p").filter(visible=True)).not_to_be_empty()
    expect(page.get_by_role("alert")).to_contain_text("Ya hay una llamada pedida")
