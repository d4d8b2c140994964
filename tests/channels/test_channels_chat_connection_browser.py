"""The chat page and its connection in a browser: dead but unnoticed, a turn that broke off, a link from WhatsApp."""

import asyncio
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from live_application import served, until
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from scripted_dialogue import ScriptedEngine, says
from watched_browser import watched
from web_entrance import KEY, ROOT, Door

from conversation.ports import Answered, Turn
from ledger.database import open_database
from ledger.vault import Vault
from server import application
from server.entrance import one_time_links

sys.path.append(str(ROOT / "tests" / "e2e"))
from browser_pages import ChatPage  # noqa: E402  # the same page, by what people do on it

STREAM = re.compile("/stream$")


class Engine(ScriptedEngine):
    """In the place of Rasa's client."""

    async def close(self) -> None:
        """Nothing to close."""


class Site:
    """The application on a port."""

    def __init__(self, door: Door, url: str, engine: Engine) -> None:
        self.door, self.url, self.engine = door, url, engine


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    engine = Engine()
    monkeypatch.setattr(application, "RasaEngine", lambda url: engine)
    door = Door(tmp_path, captcha_work=100)
    with served(door.app) as url:
        yield Site(door, url, engine)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page whose errors fail the test."""
    with watched(browser) as open_window:
        yield open_window(site.url).new_page()


def test_a_connection_that_died_unnoticed_is_found_out_and_what_was_missed_is_shown(page: Page, site: Site) -> None:
    """As when a telephone changes its network: the socket seems open, but nothing passes either way."""
    is_dead = False
    connections: list[WebSocketRoute] = []
    told: list[str] = []

    def relay(socket: WebSocketRoute) -> None:
        number = len(connections)
        connections.append(socket)
        server = socket.connect_to_server()
        socket.on_message(lambda frame: None if is_dead and number == 0 else server.send(frame))
        server.on_message(lambda frame: None if is_dead and number == 0 else (told.append(frame), socket.send(frame)))

    page.route_web_socket(STREAM, relay)
    page.clock.install()
    chat = ChatPage(page)
    chat.open("recepcion")
    until(lambda: page.clock.run_for(20) or any('"welcome"' in frame for frame in told))
    page.clock.run_for(1000)
    is_dead = True
    conversation, token = chat.key("recepcion")
    closed = httpx.post(
        f"{site.url}/api/v1/conversations/{conversation}/close", headers={"Authorization": f"Bearer {token}"}
    )
    assert closed.status_code == 200
    expect(chat.ended).to_be_hidden()
    for _ in range(60):
        page.clock.run_for(1000)
    expect(chat.ended).to_be_visible()
    assert len(connections) == 2


def test_a_turn_that_broke_off_after_it_was_recorded_is_answered_once(page: Page, site: Site) -> None:
    """The message is in the ledger and on the page already when the server fails; nobody has to write it again."""

    shown = threading.Event()

    async def fails(turn: Turn) -> Answered:
        assert await asyncio.to_thread(shown.wait, 20)
        raise RuntimeError("the process was killed here")

    chat = ChatPage(page)
    chat.open("recepcion")
    site.engine.will(fails, says("Con gusto le oriento."))
    chat.say("quiero saber si sigo vigente")
    expect(chat.log.locator(".message.is-own")).to_contain_text("enviado")
    shown.set()
    chat.expect_said("Con gusto le oriento.")
    chat.expect_said("quiero saber si sigo vigente")
    assert [turn.text for turn in site.engine.turns] == ["quiero saber si sigo vigente"] * 2
    said = site.door.record.messages(chat.key("recepcion")[0])
    assert [one.text for one in said if one.sender == "user"] == ["quiero saber si sigo vigente"]


def test_addresses_that_the_institution_writes_can_be_followed_and_a_citizens_stay_words(
    page: Page, site: Site
) -> None:
    chat = ChatPage(page)
    chat.open("recepcion")
    site.engine.will(
        says("Consulte (https://www.imss.gob.mx/derechoh?a=1), o http://otro.example y javascript:alert(1).")
    )
    chat.say("mire https://estafa.example/x")
    links = chat.log.locator(".message-text a")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://www.imss.gob.mx/derechoh?a=1")
    expect(links).to_have_attribute("rel", "noopener noreferrer")
    expect(links).to_have_accessible_name("https://www.imss.gob.mx/derechoh?a=1 (se abre en otra pestaña)")


def link(site: Site) -> str:
    """The end of an address as WhatsApp sends it, for a conversation of its own."""
    opened = site.door.client.post("/api/v1/campaigns/recepcion/conversations", json={}).json()
    links = one_time_links(open_database(site.door.settings.database_url), Vault(KEY))
    return f"#enlace={links.token(opened['conversation_id'])}"


def test_a_link_from_whatsapp_opens_the_chat_without_its_form_and_leaves_the_address(page: Page, site: Site) -> None:
    page.goto(f"/chat/derechohabiente{link(site)}")
    chat = ChatPage(page)
    chat.expect_said("no una persona")
    expect(page.locator("#entrance")).to_be_hidden()
    assert page.url == f"{site.url}/chat/derechohabiente"
    before = chat.said()
    page.reload()
    chat.expect_said("no una persona")
    assert chat.said() == before, "the same conversation, without the link"


def test_a_link_that_was_used_says_so_and_shows_the_form(page: Page, site: Site) -> None:
    used = link(site)
    page.goto(f"/chat/derechohabiente{used}")
    ChatPage(page).expect_said("no una persona")
    page.evaluate("sessionStorage.clear()")
    page.goto("/")
    page.goto(f"/chat/derechohabiente{used}")
    alert = page.get_by_role("alert").filter(has_text="ya se usó o ya venció")
    expect(alert).to_be_visible()
    expect(alert).to_be_focused()
    expect(page.get_by_label("Nombre")).to_be_visible()


def test_where_there_is_no_form_a_used_link_offers_to_begin_anew(page: Page, site: Site) -> None:
    page.goto("/chat/recepcion#enlace=AAAA")
    expect(page.get_by_text("ya se usó o ya venció")).to_be_visible()
    page.get_by_role("button", name="Intentar de nuevo").click()
    ChatPage(page).expect_said("no una persona")
