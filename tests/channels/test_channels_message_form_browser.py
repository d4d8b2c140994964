"""Pages to open and requests for digits, in a real browser: safe cards, and the keyboard that fits the question."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from live_application import served
from playwright.sync_api import Browser, Locator, Page, expect
from scripted_rasa import ScriptedRasa
from watched_browser import watched
from web_entrance import ROOT, Door

from conversation.message import AskKind, Asks, Document, Reply
from dialogue.wire import TurnReport

sys.path.append(str(ROOT / "tests" / "e2e"))
from browser_pages import ChatPage  # noqa: E402  # the same page, by what people do on it

ELEVEN = Asks(kind=AskKind.DIGITS, min_digits=11, max_digits=11)
MARKUP = '<img src=x onerror="document.title=1"> Trámite'
PAGE = Document(title="Trámite en línea", url="https://www.imss.gob.mx/tramites")
AXE_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
OpenChat = Callable[..., ChatPage]


def asking(asks: Asks | None) -> TurnReport:
    pending = {"kind": "datum", "name": "nss", "prompt": "", "asks": asks.model_dump(mode="json") if asks else None}
    return TurnReport(facts={"pending": pending} if asks else {})


@pytest.fixture
def rasa() -> Iterator[ScriptedRasa]:
    with ScriptedRasa() as engine:
        engine.answers = {
            "constancia": ([Reply(text="Por internet.", document=PAGE)], TurnReport()),
            "aviso": ([Reply(text="Puede leerlo.", document=Document(title=MARKUP, url="/aviso"))], TurnReport()),
            "vigencia": ([Reply(text="¿Cuál es su NSS?")], asking(ELEVEN)),
            "nacimiento": ([Reply(text="¿Cuándo nació?")], asking(Asks(kind=AskKind.DATE))),
            "gracias": ([Reply(text="Para servirle.")], asking(None)),
        }
        yield engine


@pytest.fixture
def site(tmp_path: Path, rasa: ScriptedRasa) -> Iterator[str]:
    """The application on a free port, over the scripted engine."""
    door = Door(tmp_path, engine_url=rasa.url)
    with served(door.app) as url:
        yield url


@pytest.fixture
def open_chat(browser: Browser, site: str) -> Iterator[OpenChat]:
    """A chat of its own; an error or a breach of the security policy on its page fails the test."""
    with watched(browser) as open_window:

        def opened(**options: object) -> ChatPage:
            chat = ChatPage(open_window(site, **options).new_page())
            chat.open("cita_medica")
            return chat

        yield opened


@pytest.fixture
def chat(open_chat: OpenChat) -> ChatPage:
    return open_chat(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)


def letters(page: Page) -> Locator:
    return page.get_by_role("button", name="Usar el teclado de letras")


def test_a_page_to_open_is_a_card_that_leaves_the_conversation_where_it_is(chat: ChatPage) -> None:
    chat.say("constancia")
    card = chat.log.get_by_role("link", name="Trámite en línea")
    expect(card).to_have_attribute("href", PAGE.url)
    expect(card).to_have_attribute("target", "_blank")
    assert {"noopener", "noreferrer"} <= set((card.get_attribute("rel") or "").split())
    expect(card).to_contain_text("www.imss.gob.mx")
    assert PAGE.url not in chat.said()[-1]
    found = Axe().run(chat.page, options=AXE_RULES)
    assert found.violations_count == 0, found.generate_report()


def test_a_title_is_words_whatever_it_holds(chat: ChatPage) -> None:
    chat.say("aviso")
    card = chat.log.get_by_role("link", name=MARKUP)
    expect(card).to_have_attribute("href", f"{chat.page.url.split('/chat')[0]}/aviso")
    assert chat.log.locator("img").count() == 0 and chat.page.title() != "1"
    expect(card).not_to_contain_text("127.0.0.1")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://malo.example/", "https://imss.gob.mx@malo.example/", "//"]
)
def test_the_page_opens_no_address_that_the_server_should_have_refused(chat: ChatPage, url: str) -> None:
    shown = chat.page.evaluate(
        """async (url) => {
          const { MessageList } = await import("/static/message_list.js");
          const log = document.createElement("div");
          const at = "2026-10-15T10:00:00-06:00";
          const message = { id: "1", sender: "bot", text: "Hola", at, document: { title: "Ver", url } };
          new MessageList(log, { own: "user", names: {} }).show([message]);
          return [log.querySelectorAll("a").length, log.querySelector(".document").textContent];
        }""",
        url,
    )
    assert shown == [0, "Ver"]


def test_digits_raise_the_numeric_keyboard_until_something_else_is_asked(chat: ChatPage) -> None:
    expect(chat.box).not_to_have_attribute("inputmode", "numeric")
    chat.say("vigencia")
    expect(chat.box).to_have_attribute("inputmode", "numeric")
    chat.say("nacimiento")
    chat.expect_said("¿Cuándo nació?")
    expect(chat.box).not_to_have_attribute("inputmode", "numeric")
    chat.say("vigencia")
    expect(chat.box).to_have_attribute("inputmode", "numeric")
    chat.say("gracias")
    chat.expect_said("Para servirle.")
    expect(chat.box).not_to_have_attribute("inputmode", "numeric")
    expect(letters(chat.page)).to_have_count(0)


def test_letters_are_one_touch_away_where_digits_are_asked_for(chat: ChatPage) -> None:
    chat.page.emulate_media(reduced_motion="reduce")  # a message that is still fading in has little contrast
    chat.say("vigencia")
    expect(letters(chat.page)).to_be_visible()
    found = Axe().run(chat.page, options=AXE_RULES)
    assert found.violations_count == 0, found.generate_report()
    letters(chat.page).click()
    expect(chat.box).to_be_focused()
    expect(chat.box).not_to_have_attribute("inputmode", "numeric")
    expect(letters(chat.page)).to_have_count(0)


def test_the_keyboard_fits_after_a_reload_too_and_a_computer_shows_no_button(open_chat: OpenChat) -> None:
    chat = open_chat(viewport={"width": 1280, "height": 800})
    chat.say("vigencia")
    expect(chat.box).to_have_attribute("inputmode", "numeric")
    chat.page.reload()
    chat.expect_said("¿Cuál es su NSS?")
    expect(chat.box).to_have_attribute("inputmode", "numeric")
    expect(letters(chat.page)).to_be_hidden()
