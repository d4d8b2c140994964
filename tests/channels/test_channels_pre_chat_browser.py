"""The entrance in a real browser: keyboard alone, messages that are read out, the captcha's work, a narrow screen."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from live_application import served
from playwright.sync_api import Browser, Page, Route, expect
from watched_browser import DESKTOP, NARROW, watched
from web_entrance import ROOT, SUNDAY, Door

Serve = Callable[..., tuple[Door, str]]
OpenPage = Callable[..., Page]
RECORD_ANNOUNCEMENTS = """
window.announced = [];
new MutationObserver((changes) => {
  for (const { target } of changes) {
    const live = (target.nodeType === 1 ? target : target.parentElement)?.closest("[role=alert], [role=status]");
    if (live?.textContent.trim()) window.announced.push(live.textContent.trim());
  }
}).observe(document, { childList: true, characterData: true, subtree: true });
"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Puts an application on a free port."""
    with ExitStack() as running:

        def start(**more: Any) -> tuple[Door, str]:
            door = Door(tmp_path, captcha_work=100, **more)
            return door, running.enter_context(served(door.app))

        yield start


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """A page of its own; an error it raises, what the security policy stops or a request elsewhere fails the test."""
    with watched(browser, reach=("ws:",)) as open_window:

        def opened(url: str, size: tuple[int, int] = DESKTOP) -> Page:
            window = open_window(url, size)
            window.add_init_script(RECORD_ANNOUNCEMENTS)
            return window.new_page()

        yield opened


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def type_into(page: Page, field: str, text: str) -> None:
    """Walk on with Tab until a field has the focus, and type."""
    for _ in range(20):
        if focused(page) == field:
            page.keyboard.type(text)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"20 times Tab do not lead to {field}")


def fill_in(page: Page) -> None:
    page.get_by_label("Nombre").fill("Lucía")
    page.get_by_label("Teléfono").fill("55 0000 1234")
    page.get_by_label("Entidad federativa").select_option("Oaxaca")
    page.get_by_label("¿Qué trámite necesita?").select_option("Otro")


def submit(page: Page) -> None:
    page.get_by_role("button", name="Iniciar la conversación").click()


def test_the_whole_form_with_the_keyboard_alone(serve: Serve, open_page: OpenPage) -> None:
    door, url = serve()
    page = open_page(url)
    page.goto("/chat/derechohabiente")
    expect(page.get_by_role("heading", name="Sus datos para iniciar el chat")).to_be_visible()
    expect(page.get_by_role("textbox", name="Escriba su mensaje")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ir al formulario")).to_be_focused()
    page.keyboard.press("Enter")
    type_into(page, "field-nombre", "Lucía")
    type_into(page, "field-telefono", "5500001234")
    type_into(page, "field-entidad", "Oax")
    type_into(page, "field-tramite", "Otro")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")
    expect(page.get_by_role("textbox", name="Escriba su mensaje")).to_be_focused()
    expect(page.locator("#entrance")).to_be_hidden()
    conversation = door.record.load(key_of(page))
    assert conversation is not None and conversation.facts["nombre"] == "Lucía"
    assert [one["value"] for one in conversation.facts["form"]] == ["Lucía", "5500001234", "Oaxaca", "Otro"]


def key_of(page: Page) -> str:
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('ventanilla:derechohabiente:conversation'))")
    return str(kept["conversation_id"])


def test_errors_are_read_out_and_the_first_wrong_field_has_the_focus(serve: Serve, open_page: OpenPage) -> None:
    _, url = serve()
    page = open_page(url)
    page.goto("/chat/derechohabiente")
    page.get_by_label("Nombre").fill("Lucía")
    submit(page)
    alert = page.get_by_role("alert").filter(has_text="Revise los datos marcados.")
    expect(alert.get_by_role("link")).to_have_text(
        [
            "Escriba su correo o su teléfono; con uno de los dos basta.",
            "Elija la entidad donde vive.",
            "Elija el trámite; si no está en la lista, elija «Otro».",
        ]
    )
    assert focused(page) == "field-correo"
    assert any("Revise los datos marcados." in words for words in page.evaluate("announced"))
    state = page.get_by_label("Entidad federativa")
    expect(state).to_have_attribute("aria-invalid", "true")
    expect(state).to_have_accessible_description("Elija la entidad donde vive.")
    state.select_option("Oaxaca")
    state.press("Tab")
    expect(state).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-entidad-problem")).to_be_hidden()
    alert.get_by_role("link", name="Elija el trámite").click()
    assert focused(page) == "field-tramite"
    page.get_by_label("Correo electrónico").fill("lucia@correo")
    submit(page)
    expect(page.locator("#field-correo-problem")).to_have_text("Escriba un correo como nombre@ejemplo.mx.")


def test_what_only_the_server_sees_is_told_at_the_field_too(serve: Serve, open_page: OpenPage) -> None:
    _, url = serve()
    page = open_page(url)
    page.goto("/chat/derechohabiente")
    fill_in(page)
    page.get_by_label("Teléfono").fill("800 623 23 23")
    submit(page)
    expect(page.locator("#field-telefono-problem")).to_have_text("Escriba los 10 dígitos de su teléfono.")
    expect(page.get_by_label("Teléfono")).to_be_focused()
    page.get_by_label("Teléfono").fill("55 0000 1234")
    expect(page.locator("#field-telefono-problem")).to_be_hidden()
    submit(page)
    expect(page.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")


def test_a_reload_goes_on_without_the_form_and_another_conversation_begins_with_it(
    serve: Serve, open_page: OpenPage
) -> None:
    door, url = serve()
    page = open_page(url)
    page.goto("/chat/derechohabiente")
    fill_in(page)
    submit(page)
    log = page.get_by_role("log", name="Mensajes")
    expect(log).to_contain_text("no una persona")
    page.reload()
    expect(log).to_contain_text("no una persona")
    expect(page.locator("#entrance")).to_be_hidden()
    page.get_by_role("button", name="Terminar").click()
    page.get_by_role("button", name="Sí, terminar").click()
    page.get_by_role("button", name="Iniciar otra conversación").click()
    expect(page.locator("#entrance-title")).to_be_focused()
    expect(page.get_by_label("Nombre")).to_have_value("")
    fill_in(page)
    submit(page)
    expect(log).to_contain_text("no una persona")
    [opened] = [one for one in door.record.events(key_of(page)) if one.kind == "opened"]
    assert opened.data["visits"] == 1, "one tab is one visit"
    assert "Chrom" in opened.data["user_agent"]


def test_where_the_check_cannot_be_made_the_telephone_is_named(serve: Serve, open_page: OpenPage) -> None:
    _, url = serve()
    page = open_page(url)
    page.route("**/api/v1/captcha", lambda route: route.fulfill(status=503, body="{}"))
    page.goto("/chat/derechohabiente")
    fill_in(page)
    submit(page)
    alert = page.get_by_role("alert").filter(has_text="comprobación de seguridad")
    expect(alert).to_contain_text("puede llamar al 800 623 23 23")
    expect(alert).to_be_focused()
    page.unroute("**/api/v1/captcha")
    submit(page)
    expect(page.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")


def test_the_check_is_announced_and_a_second_press_opens_nothing_twice(serve: Serve, open_page: OpenPage) -> None:
    _, url = serve()
    page = open_page(url)
    held: list[Route] = []
    opened: list[str] = []
    page.route("**/api/v1/captcha", lambda route: held.append(route))
    page.on("request", lambda one: opened.append(one.url) if one.method == "POST" else None)
    page.goto("/chat/derechohabiente")
    fill_in(page)
    submit(page)
    status = page.locator("#entrance-status")
    expect(status).to_have_text("Un momento: comprobamos que no es un programa automático.")
    page.get_by_role("button", name="Iniciar la conversación").press("Enter")
    held[0].continue_()
    expect(page.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")
    assert len(opened) == len(held) == 1


@pytest.mark.parametrize("size", [NARROW, DESKTOP], ids=["320", "1280"])
def test_it_fits_and_axe_finds_nothing(serve: Serve, open_page: OpenPage, size: tuple[int, int]) -> None:
    _, url = serve()
    page = open_page(url, size)
    page.goto("/chat/derechohabiente")
    expect(page.get_by_label("Nombre")).to_be_visible()
    for filled in (False, True):
        if filled:
            submit(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.evaluate("(node => node.scrollWidth - node.clientWidth)(document.querySelector('#entrance'))") <= 0
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    submit_button = page.get_by_role("button", name="Iniciar la conversación")
    submit_button.scroll_into_view_if_needed()
    expect(submit_button).to_be_in_viewport()


def test_outside_the_window_the_message_stands_in_the_forms_place(serve: Serve, open_page: OpenPage) -> None:
    door, url = serve(clock_start=SUNDAY)
    page = open_page(url, NARROW)
    page.goto("/chat/derechohabiente")
    expect(page.get_by_role("heading", name="Fuera de horario")).to_be_visible()
    expect(page.locator("#entrance")).to_contain_text("Atendemos nuevamente el lunes 19 a las 08:00 horas.")
    expect(page.locator("#entrance")).to_contain_text("En una emergencia, marque 911.")
    expect(page.get_by_label("Nombre")).to_have_count(0)
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    page.get_by_role("button", name="Dejar un mensaje").click()
    log, box = page.get_by_role("log", name="Mensajes"), page.get_by_role("textbox", name="Escriba su mensaje")
    expect(log).to_contain_text("escriba aquí su mensaje y un teléfono")
    box.fill("Necesito mi constancia, mi teléfono es 55 0000 1234")
    box.press("Enter")
    expect(log).to_contain_text("Su mensaje quedó registrado con el folio")
    assert [one.kind for one in door.record.events(key_of(page)) if one.kind == "voicemail"] == ["voicemail"]


def test_a_page_that_was_left_open_over_night_shows_the_form_in_the_morning(serve: Serve, open_page: OpenPage) -> None:
    door, url = serve(clock_start=SUNDAY)
    page = open_page(url)
    page.goto("/chat/derechohabiente")
    expect(page.get_by_role("button", name="Dejar un mensaje")).to_be_visible()
    moved = door.client.post(
        "/_control/clock", json={"now": "2026-10-19T09:00:00-06:00"}, headers={"Authorization": "Bearer reloj"}
    )
    assert moved.status_code == 200
    page.get_by_role("button", name="Dejar un mensaje").click()
    expect(page.get_by_label("Nombre")).to_be_visible()


def test_campaigns_without_a_form_open_at_once(serve: Serve, open_page: OpenPage) -> None:
    _, url = serve()
    page = open_page(url)
    page.goto("/chat/recepcion")
    expect(page.get_by_role("log", name="Mensajes")).to_contain_text("no una persona")
    assert page.locator("#entrance").count() == 0


STYLE = """
style:
  logo_text: "Instituto de ejemplo"
  fonts: ["Noto Sans"]
  colours: {bar: "#611232", main: "#9b2247"}
"""


def test_a_campaigns_own_look_on_its_page_and_on_a_portal(serve: Serve, open_page: OpenPage, tmp_path: Path) -> None:
    root = tmp_path / "installation"
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, root / folder)
    campaign = root / "bots" / "derechohabiente" / "campaign.yml"
    campaign.write_text(campaign.read_text(encoding="utf-8") + STYLE, encoding="utf-8")
    _, url = serve(root=root)
    page = open_page(url)
    page.goto("/chat/derechohabiente")
    expect(page.get_by_role("link", name="Instituto de ejemplo")).to_be_visible()
    expect(page.locator(".site-bar")).to_have_css("background-color", "rgb(97, 18, 50)")
    expect(page.locator("#entrance button")).to_have_css("background-color", "rgb(155, 34, 71)")
    expect(page.locator("body")).to_have_css("font-family", re.compile("Noto Sans"))
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []

    tag = f'<script src="{url}/static/widget.js" data-campaign="derechohabiente" data-styled></script>'
    portal = f'<!doctype html><html lang="es"><title>Portal</title><body>{tag}</body></html>'
    page.route("**/portal", lambda route: route.fulfill(body=portal, content_type="text/html"))
    page.goto("/portal")
    opener = page.get_by_role("button", name="Abrir chat")
    expect(opener).to_have_css("background-color", "rgb(97, 18, 50)")
    opener.click()
    inside = page.frame_locator("iframe")
    expect(inside.get_by_label("Nombre")).to_be_visible()
    expect(inside.locator("#entrance-title")).to_be_focused()
