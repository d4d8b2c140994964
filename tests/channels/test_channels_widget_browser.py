"""The chat on a portal of several pages, in a real browser: it goes on from page to page, and can always be closed."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from live_application import served
from playwright.sync_api import Browser, BrowserContext, Page, expect
from watched_browser import DESKTOP, PHONE, OpenWindow, watched
from web_entrance import SUNDAY, Door


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without writing to the test's output."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def windows(browser: Browser) -> Iterator[OpenWindow]:
    with watched(browser) as open_window:
        yield open_window


class Portal:
    """Two pages of somebody else, on an origin of their own, with our tag."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def shows(self, chat: str, campaign: str) -> None:
        for name in ("uno", "dos"):
            (self._folder / f"{name}.html").write_text(
                f'<!doctype html><html lang="es-MX"><meta charset="utf-8"><title>{name}</title><h1>Página {name}</h1>'
                '<a href="dos.html">Otra página</a><button>Del portal</button>'
                f'<script src="{chat}/static/widget.js" data-campaign="{campaign}" data-name="Ayuda" async></script>',
                encoding="utf-8",
            )


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    folder = tmp_path / "portal"
    folder.mkdir()
    portal = Portal(folder)
    thread = Thread(target=portal.server.serve_forever)
    thread.start()
    yield portal
    portal.server.shutdown()
    thread.join()
    portal.server.server_close()


def opened(window: BrowserContext, portal: Portal) -> Page:
    page = window.new_page()
    page.goto(f"{portal.url}/uno.html")
    page.get_by_role("button", name="Abrir chat: Ayuda").click()
    return page


def test_the_chat_goes_on_on_the_next_page_of_the_portal_without_taking_its_focus(
    windows: OpenWindow, portal: Portal, tmp_path: Path
) -> None:
    with served(Door(tmp_path, frame_ancestors=portal.url).app) as chat:
        portal.shows(chat, "recepcion")
        page = opened(windows(portal.url, DESKTOP), portal)
        inside = page.frame_locator("iframe")
        expect(inside.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")
        folio = inside.locator("#folio").inner_text()

        page.get_by_role("link", name="Otra página").click()
        expect(page.get_by_role("heading", name="Página dos")).to_be_visible()
        expect(inside.locator("#folio")).to_have_text(folio)
        expect(inside.get_by_role("textbox", name="Escriba su mensaje")).to_be_visible()
        assert page.evaluate("document.activeElement === document.body"), "the portal's page keeps its focus"

        page.get_by_role("button", name="Cerrar chat").click()
        page.goto(f"{portal.url}/uno.html")
        expect(page.get_by_role("button", name="Abrir chat")).to_be_visible()
        expect(inside.locator("#folio")).to_have_text(folio)
        expect(inside.locator("#folio")).to_be_hidden()


def test_on_a_telephone_a_chat_that_cannot_load_can_be_closed(
    windows: OpenWindow, portal: Portal, tmp_path: Path
) -> None:
    with served(Door(tmp_path, frame_ancestors=portal.url).app) as chat:
        portal.shows(chat, "recepcion")
        window = windows(portal.url, PHONE)
        window.route("**/chat/recepcion?embedded=1", lambda route: route.abort())
        page = opened(window, portal)
        page.get_by_role("button", name="Cerrar chat").click()
        expect(page.get_by_role("button", name="Abrir chat")).to_be_focused()
        page.get_by_role("button", name="Del portal").click()


def test_on_a_telephone_the_chat_fills_the_screen_and_closes_by_its_own_button(
    windows: OpenWindow, portal: Portal, tmp_path: Path
) -> None:
    with served(Door(tmp_path, frame_ancestors=portal.url).app) as chat:
        portal.shows(chat, "recepcion")
        page = opened(windows(portal.url, PHONE), portal)
        inside = page.frame_locator("iframe")
        expect(inside.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")
        expect(page.get_by_role("button", name="Cerrar chat")).to_be_hidden()
        inside.get_by_role("button", name="Ocultar el chat").click()
        expect(page.get_by_role("button", name="Abrir chat")).to_be_focused()


def test_out_of_hours_the_page_that_asks_for_a_call_opens_beside_the_portal(
    windows: OpenWindow, portal: Portal, tmp_path: Path
) -> None:
    """In the portal's frame it would be refused, and its address, which cancels the call, could not be kept."""
    with served(Door(tmp_path, frame_ancestors=portal.url, clock_start=SUNDAY).app) as chat:
        portal.shows(chat, "derechohabiente")
        page = opened(windows(portal.url, DESKTOP), portal)
        link = page.frame_locator("iframe").get_by_role("link", name="Prefiero que me llamen (se abre en otra pestaña)")
        with page.context.expect_page() as beside:
            link.click()
        expect(beside.value.get_by_role("heading", name="Que me llamen")).to_be_visible()
