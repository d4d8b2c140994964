"""A real browser on the real pages."""

from collections.abc import Callable, Iterator

import pytest
from browser_pages import ChatPage, DeskPage
from playwright.sync_api import Browser, BrowserContext, Page, expect

from desk.accounts import Accounts

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
AGENTS = {"alejandra": "Alejandra Ríos", "bruno": "Bruno Salas"}
PASSWORD = "otra-clave-de-prueba"
PATIENCE_MS = 20_000
"""A turn of the engine on a small, busy machine; nothing is asserted about speed."""

OpenContext = Callable[..., BrowserContext]
OpenDesk = Callable[[str], DeskPage]


@pytest.fixture
def open_context(browser: Browser, system) -> Iterator[OpenContext]:
    """Opens browsers of different people; an error raised by any page of theirs fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(**options) -> BrowserContext:
        context = browser.new_context(**{"locale": "es-MX", "base_url": system.web, **options})
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert problems == [], "a page raised errors"


@pytest.fixture
def phone(open_context: OpenContext) -> Page:
    """A citizen's telephone."""
    return open_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()


@pytest.fixture
def desktop(open_context: OpenContext) -> Page:
    """A citizen's computer."""
    return open_context(viewport=DESKTOP).new_page()


@pytest.fixture
def chat(phone: Page) -> ChatPage:
    """The chat on a telephone, not opened yet."""
    return ChatPage(phone)


@pytest.fixture
def open_desk(open_context: OpenContext, system) -> OpenDesk:
    """Logs an agent in, in a browser of their own."""
    accounts = Accounts(system.var / "desk_agents.yml")
    for username, name in AGENTS.items():
        accounts.add(username, name, PASSWORD)

    def log_in(username: str) -> DeskPage:
        desk = DeskPage(open_context(viewport=DESKTOP).new_page())
        desk.log_in(username, PASSWORD)
        expect(desk.page.get_by_text(AGENTS[username])).to_be_visible()
        return desk

    return log_in
