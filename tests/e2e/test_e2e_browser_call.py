"""«Llamar» in a real browser with a microphone that plays a file: voice and web process run, the engine does not.

So every question that is said or keyed ends with a person, which for a call from the page means: in writing.
"""

import os
import signal
import socket
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_pages import ChatPage, DeskPage
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from desk.accounts import Accounts
from server.processes import Ports, Stack, addresses, specifications
from server.secrets_file import sandbox_secrets

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT / "tests" / "data" / "speech" / "agent.wav"  # «quiero hablar con una persona»
PASSWORD = "otra-clave-de-prueba"
THURSDAY = "2026-10-15T10:00:00-06:00"
PATIENCE_MS = 150_000
BEFORE_S, AFTER_S = 8, 12
"""Of silence in the microphone, around what is said; the browser plays it again and again."""
NO_MICROPHONE = ["--no-sandbox"]
FORBIDDEN = [*NO_MICROPHONE, "--use-fake-device-for-media-stream"]
ALLOWED = [*FORBIDDEN, "--use-fake-ui-for-media-stream"]
LISTENS = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    const ear = this.context.createAnalyser();
    connect.call(this, ear);
    window.loudest = 0;
    setInterval(() => {
      const samples = new Float32Array(ear.fftSize);
      ear.getFloatTimeDomainData(samples);
      window.loudest = Math.max(window.loudest, ...samples);
    }, 20);
  }
  return connect.call(this, to, ...rest);
};
"""
"""Hears what goes to the loudspeaker."""
ONLY_THE_CARDS_RATE = """
const Context = AudioContext;
window.AudioContext = class extends Context {
  constructor(options) {
    if (options?.sampleRate) throw new DOMException("not this rate", "NotSupportedError");
    super();
    window.rate = this.sampleRate;
  }
};
"""
"""A browser that cannot have a context of 8 kHz."""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def ports() -> Ports:
    with ExitStack() as probes:
        found = [probes.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(6)]
        return Ports(*(one.getsockname()[1] for one in found))


@pytest.fixture(scope="module")
def running(ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web and voice process over a ledger of their own."""
    var = tmp_path_factory.mktemp("var")
    Accounts(var / "desk_agents.yml").add("alejandra", "Alejandra Ríos", PASSWORD)
    environment = {
        **sandbox_secrets(var / "secrets.env"),
        **addresses(ports),
        "VENTANILLA_ROOT": str(ROOT),
        "VENTANILLA_DATABASE_URL": f"sqlite:///{var / 'ledger.db'}",
        "VENTANILLA_RECORDINGS": str(var / "recordings"),
        "VENTANILLA_VOICE_MODEL": str(ROOT / "tests" / "data" / "vosk-model-es-sintetico"),
        "VENTANILLA_VOICE_TEST_MODEL": "true",
        "VENTANILLA_CLOCK_START": THURSDAY,
        "VENTANILLA_OPEN_SESSIONS_PER_IP": "100",
        "VENTANILLA_DESK_AGENTS": str(var / "desk_agents.yml"),
        "VENTANILLA_DESK_ASSIGNMENT": "manual",
    }
    with Stack(ROOT, var, environment, lambda line: print(line, file=sys.stderr)) as stack:
        wanted = [one for one in specifications(ROOT, ports, var, None) if one.name in ("web", "voz")]
        stack.start(wanted)
        yield stack


def microphone(path: Path, *, speaks: bool) -> str:
    """The argument that gives a browser a microphone, allowed, with somebody before it who speaks or does not."""
    with wave.open(str(SPEECH)) as said, wave.open(str(path), "wb") as file:
        file.setparams(said.getparams())
        second = bytes(2 * said.getframerate())
        speech = said.readframes(said.getnframes()) if speaks else b""
        file.writeframes(second * BEFORE_S + speech + second * AFTER_S)
    return f"--use-file-for-fake-audio-capture={path}"


@pytest.fixture(scope="module")
def playwright(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def talking(playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser of somebody who asks for a person."""
    said = microphone(tmp_path_factory.mktemp("microphone") / "said.wav", speaks=True)
    browser = playwright.chromium.launch(executable_path=chromium, args=[*ALLOWED, said])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def silent(playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser of somebody who says nothing."""
    said = microphone(tmp_path_factory.mktemp("microphone") / "silence.wav", speaks=False)
    browser = playwright.chromium.launch(executable_path=chromium, args=[*ALLOWED, said])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def opened(running: Stack, ports: Ports) -> Iterator[Open]:
    """Opens the chat page in a browser; an error raised by any page fails the module's last test."""
    problems: list[str] = []

    def open_one(browser: Browser, *scripts: str, campaign: str = "cita_medica") -> Page:
        page = browser.new_page(locale="es-MX", viewport={"width": 1000, "height": 760})
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        for script in (LISTENS, *scripts):
            page.add_init_script(script)
        page.goto(f"http://127.0.0.1:{ports.web}/chat/{campaign}")
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield open_one
    assert problems == [], "a page raised errors"


class CallDialog:
    """The call as the citizen sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.dialog = page.get_by_role("dialog", name="Llamada con el asistente virtual")
        self.status = self.dialog.get_by_role("status").first
        self.problem = self.dialog.get_by_role("alert")
        self.captions = self.dialog.get_by_role("log", name="Lo que dice el asistente")

    def open(self) -> None:
        self.page.get_by_role("button", name="Llamar").click()
        expect(self.dialog).to_contain_text("la llamada se graba")
        expect(self.dialog).to_contain_text("Marque 911")
        self.dialog.get_by_role("button", name="Iniciar la llamada").click()

    def expect_speech(self) -> None:
        """The greeting is read and heard."""
        expect(self.status).to_have_text("En llamada con el asistente virtual.")
        expect(self.captions).to_contain_text("asistente virtual")
        for _ in range(200):  # the page's policy forbids the evaluation that Playwright's own waiting needs
            if self.page.evaluate("window.loudest") > 0.05:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("nothing is heard")

    def expect_in_writing(self) -> None:
        """The call ended with its conversation in the chat, waiting for a person."""
        expect(self.status).to_contain_text("sigue por escrito en este chat")
        expect(self.captions).to_contain_text("no se puede pasar a una persona por voz")
        expect(self.problem).to_be_empty()
        self.dialog.get_by_role("button", name="Volver al chat").click()
        expect(self.page.locator("#queue-text")).to_contain_text("Le comunicamos con una persona.")
        expect(self.page.get_by_role("button", name="Llamar")).to_be_hidden()


@pytest.fixture(scope="module")
def calls(opened: Open, talking: Browser, silent: Browser) -> dict[str, CallDialog]:
    """As many as one address may have open, held at once: a greeting takes its time."""
    found = {
        "8 kHz": CallDialog(opened(talking, campaign="derechohabiente")),
        "resampled": CallDialog(opened(talking, ONLY_THE_CARDS_RATE)),
        "keys": CallDialog(opened(silent)),
    }
    for call in found.values():
        call.open()
    for call in found.values():
        call.expect_speech()
    return found


def test_keys_of_the_keyboard_and_an_accessible_dialog(calls: dict[str, CallDialog]) -> None:
    call = calls["keys"]
    report = Axe().run(call.page, context="#call-dialog")
    assert report.violations_count == 0, report.generate_report()
    call.page.keyboard.press("Escape")  # does not cut a call off
    expect(call.dialog).to_be_visible()
    call.page.keyboard.press("1")
    call.expect_in_writing()
    expect(ChatPage(call.page).log.get_by_text("1", exact=True)).to_be_visible()


@pytest.mark.parametrize("name", ["8 kHz", "resampled"])
def test_what_is_said_reaches_the_bot_and_a_person_goes_on_in_writing(calls: dict[str, CallDialog], name: str) -> None:
    call = calls[name]  # that of 8 kHz began before the form of the chat was filled in
    call.expect_in_writing()
    assert (call.page.evaluate("window.rate ?? 8000") > 8000) == (name == "resampled")
    chat = ChatPage(call.page)
    expect(chat.log.get_by_text("quiero hablar con una persona", exact=True)).to_be_visible()
    chat.say("Sigo aquí")
    chat.expect_said("Sigo aquí")


def test_a_person_writes_to_who_called(calls: dict[str, CallDialog], silent: Browser, ports: Ports) -> None:
    citizen = ChatPage(calls["resampled"].page)
    desk = DeskPage(silent.new_page(base_url=f"http://127.0.0.1:{ports.web}", viewport={"width": 1280, "height": 800}))
    desk.page.set_default_timeout(20_000)
    desk.log_in("alejandra", PASSWORD)
    desk.take(citizen.folio)
    desk.say("Buenos días, le leo.")
    citizen.expect_said("Buenos días, le leo.")
    citizen.say("Gracias por escribir")
    desk.expect_said("Gracias por escribir")


def test_the_screens_keys_and_hanging_up(opened: Open, silent: Browser) -> None:
    page = opened(silent)
    call = CallDialog(page)
    call.open()
    call.expect_speech()
    call.dialog.get_by_role("button", name="Asterisco: repetir").click()
    expect(call.dialog.get_by_text("Marcó: *")).to_be_visible()
    call.dialog.get_by_role("button", name="Colgar").click()
    expect(call.status).to_have_text("Usted colgó.")
    expect(call.dialog.get_by_role("button", name="Volver al chat")).to_be_focused()
    page.keyboard.press("Escape")
    expect(call.dialog).to_be_hidden()
    expect(ChatPage(page).box).to_be_visible()


def test_without_a_microphone_or_permission_the_chat_stays(opened: Open, playwright: Playwright, chromium: str) -> None:
    for arguments, words in ((NO_MICROPHONE, "micrófono"), (FORBIDDEN, "No hay permiso para usar el micrófono")):
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = opened(browser)
        call = CallDialog(page)
        call.open()
        expect(call.problem).to_contain_text(words)
        call.dialog.get_by_role("button", name="Volver al chat").click()
        expect(ChatPage(page).box).to_be_editable()
        page.close()
        browser.close()


def test_an_old_browser_is_told_so(opened: Open, silent: Browser) -> None:
    page = opened(silent, "delete window.AudioWorkletNode")
    call = CallDialog(page)
    call.open()
    expect(call.problem).to_contain_text("no permite llamar")


def test_the_voice_process_dies(opened: Open, silent: Browser, running: Stack) -> None:
    page = opened(silent)
    call = CallDialog(page)
    call.open()
    call.expect_speech()
    os.killpg(running.pid("voz"), signal.SIGKILL)
    expect(call.problem).to_contain_text("Se perdió la conexión")
    call.dialog.get_by_role("button", name="Llamar de nuevo").click()
    expect(call.problem).to_contain_text("seguir por escrito")
    call.dialog.get_by_role("button", name="Volver al chat").click()
    expect(ChatPage(page).box).to_be_editable()
