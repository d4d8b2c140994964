"""Citizen and person in two browsers: files, typing, line, alerts, the copy; and that axe finds nothing anywhere."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attended_desk import AttendedDesk
from browsing import Serve, is_sound, log_in
from playwright.sync_api import Browser, Locator, Page, expect
from watched_browser import DESKTOP, NARROW, watched

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 300
Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a page of one person's; an error it raises or what the security policy stops fails the test."""
    with watched(browser) as open_window:
        yield lambda *where, **options: open_window(*where, **options).new_page()


def chat(page: Page) -> Locator:
    """Open the chat and wait for its greeting."""
    page.goto("/chat/recepcion")
    log = page.get_by_role("log", name="Mensajes")
    expect(log).to_contain_text("no una persona")
    return log


def says(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Escriba su mensaje")
    box.fill(text)
    box.press("Enter")


def waits(page: Page) -> str:
    """Ask for a person (nobody started the engine, so any words do); the conversation's id."""
    says(page, "quiero una persona")
    expect(page.locator("#chat")).to_have_attribute("data-state", "queued")
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('ventanilla:recepcion:conversation'))")
    return str(kept["conversation_id"])


def attended(desk: AttendedDesk, page: Page) -> str:
    conversation = waits(page)
    assert desk.act(f"conversations/{conversation}/take").status_code == 200
    expect(page.locator("#chat")).to_have_attribute("data-state", "human")
    return conversation


@pytest.mark.parametrize("size", [NARROW, DESKTOP], ids=["320", "1280"])
def test_every_state_of_the_chat_is_accessible(serve: Serve, visit: Visit, size: tuple[int, int]) -> None:
    desk, url = serve()
    page = visit(url, size, reduced_motion="reduce")  # colours are judged once messages have arrived
    log = chat(page)
    is_sound(page, "open, with choices")
    conversation = waits(page)
    expect(page.locator("#queue-text")).to_contain_text("Usted es la siguiente persona en la fila.")
    is_sound(page, "in the queue")
    assert desk.act(f"conversations/{conversation}/take").status_code == 200
    expect(page.locator("#chat")).to_have_attribute("data-state", "human")
    page.locator("input[type=file]").set_input_files({"name": "foto.png", "mimeType": "image/png", "buffer": PNG})
    expect(log.get_by_role("button", name="Descargar foto.png")).to_be_visible()
    desk.act(f"conversations/{conversation}/typing")
    expect(page.locator("#typing")).to_be_visible()
    is_sound(page, "attended, with a file and typing")
    page.locator("#end").click()
    is_sound(page, "asked whether to end")
    page.get_by_role("button", name="Sí, terminar").click()
    expect(page.locator("#survey")).to_be_visible()
    is_sound(page, "survey")
    page.get_by_role("button", name="Omitir").click()
    expect(page.get_by_role("heading", name="La conversación terminó")).to_be_visible()
    is_sound(page, "closed")


@pytest.mark.parametrize("size", [NARROW, DESKTOP], ids=["320", "1280"])
def test_every_state_of_the_desk_is_accessible(serve: Serve, visit: Visit, size: tuple[int, int]) -> None:
    desk, url = serve()
    citizen = visit(url)
    chat(citizen)
    conversation = waits(citizen)
    page = visit(url, size, reduced_motion="reduce")
    page.goto("/desk")
    is_sound(page, "log-in")
    log_in(page, "bruno")
    expect(page.locator("#queue").get_by_role("listitem")).to_have_count(1)
    is_sound(page, "somebody waits")
    page.locator("#queue").get_by_role("button", name="Tomar").click()
    expect(page.get_by_role("textbox", name="Escriba su respuesta")).to_be_visible()
    citizen.locator("input[type=file]").set_input_files({"name": "f.png", "mimeType": "image/png", "buffer": PNG})
    link = page.get_by_role("log", name="Mensajes").get_by_role("link", name="Descargar f.png")
    expect(link).to_have_attribute("href", re.compile(f"^/desk/api/conversations/{conversation}/attachments/"))
    is_sound(page, "a conversation with a file")
    page.get_by_role("button", name="Terminar atención").click()
    is_sound(page, "ending")
    assert desk.record_is_sound()


def test_a_file_by_keyboard_alone_there_and_back(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    desk, url = serve()
    page = visit(url)
    page.on("filechooser", lambda _: None)  # choosers are held back from now on: begun with the key, it may be too late
    log = chat(page)
    attended(desk, page)
    photograph = tmp_path / "acta.png"
    photograph.write_bytes(PNG)
    attach = page.get_by_role("button", name="Adjuntar un archivo")
    page.get_by_role("textbox", name="Escriba su mensaje").focus()
    page.keyboard.press("Shift+Tab")
    expect(attach).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photograph)
    sent = log.get_by_role("button", name="Descargar acta.png")
    expect(sent).to_be_visible()
    expect(page.locator(".file-status")).to_have_text("Se envió acta.png.")
    expect(page.locator(".file-sending")).to_be_hidden()
    sent.focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "acta.png"
    assert Path(download.value.path()).read_bytes() == PNG


def test_a_refused_file_says_why_and_nothing_is_sent(serve: Serve, visit: Visit) -> None:
    _, url = serve()
    page = visit(url)
    log = chat(page)
    chooser, problem = page.locator("input[type=file]"), page.locator("#problem")
    chooser.set_input_files({"name": "acta.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\0" + b"\0" * 300})
    expect(problem).to_have_text(
        "No se envió «acta.pdf». Solo puedo guardar fotos, PDF y documentos de Office sin macros."
    )
    big = {"name": "grande.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7" + b"\0" * 10 * 1024 * 1024}
    chooser.set_input_files(big)
    expect(problem).to_have_text("«grande.pdf» pesa más de 10 MB.")
    expect(log.locator(".document")).to_have_count(0)
    chooser.set_input_files({"name": "acta.png", "mimeType": "image/png", "buffer": PNG})
    expect(log).to_contain_text("El asistente no puede leer archivos; lo verá la persona que le atienda.")
    expect(problem).to_be_empty()


def test_both_see_that_the_other_writes_and_it_is_said_once(serve: Serve, visit: Visit) -> None:
    desk, url = serve()
    citizen, agent = visit(url), visit(url)
    chat(citizen)
    waits(citizen)
    log_in(agent, "bruno")
    agent.locator("#queue").get_by_role("button", name="Tomar").click()
    reply = agent.get_by_role("textbox", name="Escriba su respuesta")
    reply.press_sequentially("Buenos días")
    expect(citizen.locator("#typing")).to_be_visible()
    expect(citizen.locator("#typing-spoken")).to_have_text("La persona está escribiendo.")
    reply.press("Enter")
    expect(citizen.locator("#typing")).to_be_hidden()
    expect(citizen.locator("#typing-spoken")).to_be_empty()
    citizen.get_by_role("textbox", name="Escriba su mensaje").press_sequentially("Hola")
    expect(agent.locator(".citizen-types")).to_be_visible()
    citizen.keyboard.press("Enter")
    expect(agent.locator(".citizen-types")).to_be_hidden()


def test_what_was_written_to_nobody_does_not_use_up_the_sign(serve: Serve, visit: Visit) -> None:
    page = visit(serve()[1])
    chat(page)
    told = page.evaluate(
        """async () => {
          const { watchTyping } = await import("/static/typing_sign.js");
          const box = document.createElement("textarea");
          let told = 0, somebody = false;
          watchTyping(box, () => { told += Number(somebody); return somebody; });
          const write = (text) => { box.value += text; box.dispatchEvent(new Event("input")); };
          write("Quiero una persona");
          somebody = true;
          write("Ho");
          write("la");
          return told;
        }"""
    )
    assert told == 1


def test_the_place_in_the_line_changes_as_the_line_moves(serve: Serve, visit: Visit) -> None:
    desk, url = serve()
    first, second = visit(url), visit(url)
    chat(first)
    conversation = waits(first)
    chat(second)
    waits(second)
    expect(second.locator("#queue-text")).to_contain_text("Hay 1 persona antes que usted.")
    assert desk.act(f"conversations/{conversation}/take").status_code == 200
    expect(second.locator("#queue-text")).to_contain_text("Usted es la siguiente persona en la fila.", timeout=5000)
    expect(second.locator("#queue-text")).not_to_contain_text("minuto")


def test_a_message_to_a_tab_out_of_sight_rings_and_counts(serve: Serve, visit: Visit) -> None:
    desk, url = serve()
    page = visit(url)
    page.add_init_script(
        "window.tones = 0; const make = AudioContext.prototype.createOscillator;"
        "AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };"
    )
    chat(page)
    conversation = attended(desk, page)
    title = page.title()
    assert page.evaluate("tones") == 0, "who looks on is not rung"
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    desk.act(f"conversations/{conversation}/messages", {"text": "¿Sigue en línea?"})
    expect(page).to_have_title(f"(1) {title}")
    assert page.evaluate("tones") == 2


def test_the_copy_at_the_end_is_the_servers(serve: Serve, visit: Visit) -> None:
    desk, url = serve()
    page = visit(url)
    chat(page)
    conversation = attended(desk, page)
    desk.act(
        f"conversations/{conversation}/close",
        {"topics": [desk.look(f"conversations/{conversation}")["topics"][0]["id"]]},
    )
    page.get_by_role("button", name="Omitir").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Guardar una copia").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Atendió: " in text and "Alejandra Ríos" in text and "Duración: " in text
    expect(page.locator("#copy-status")).to_have_text("Se guardó una copia en su dispositivo.")


def test_nothing_moves_for_whom_motion_disturbs(serve: Serve, visit: Visit) -> None:
    desk, url = serve()
    page = visit(url, reduced_motion="reduce")
    log = chat(page)
    conversation = attended(desk, page)
    desk.act(f"conversations/{conversation}/typing")
    expect(page.locator("#typing span").first).to_have_css("animation-name", "none")
    expect(log.locator(".message").last).to_have_css("animation-name", "none")
