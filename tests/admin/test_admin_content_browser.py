"""Content and the live board in a real browser: with the keyboard, on a telephone, live."""

from collections.abc import Iterator
from pathlib import Path

import live_application
import pytest
from admin_room import PASSWORD, Room
from content_site import build_site
from playwright.sync_api import Browser, Page, expect
from synthetic_months import campaign

from admin.content_rules import Approvals
from conversation.message import Channel

PATIENCE_MS = 30_000
OWN = "/admin/content/derechohabiente"


@pytest.fixture
def served(tmp_path: Path, accounts_text: str) -> Iterator[tuple[Room, Path, str]]:
    """The pages over a copy of the content, on a free port."""
    room, site, _ = build_site(tmp_path, accounts_text, Approvals.NONE, is_secure=False)
    with live_application.served(room.app) as url:
        yield room, site, url
    room.engine.dispose()


@pytest.fixture
def carla(browser: Browser, served: tuple[Room, Path, str]) -> Iterator[Page]:
    """The campaign's administrator, logged in; an error raised by a page fails the test."""
    problems: list[str] = []
    context = browser.new_context(locale="es-MX", base_url=served[2])
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    page = context.new_page()
    page.goto("/admin")
    page.get_by_label("Usuario").fill("carla")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Qué hay por hacer")
    yield page
    context.close()
    assert problems == []


def test_hours_are_edited_saved_seen_and_taken_back_with_the_keyboard(
    carla: Page, served: tuple[Room, Path, str]
) -> None:
    path = served[1] / "bots/derechohabiente/campaign.yml"
    before = path.read_text(encoding="utf-8")
    page = carla
    page.get_by_role("link", name="Contenido", exact=True).press("Enter")
    page.get_by_role("link", name="Derechohabiente").press("Enter")
    page.get_by_role("link", name="Horarios y días festivos").press("Enter")
    monday = page.get_by_role("group", name="Horario «chat»").get_by_label("Lunes")
    monday.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("de 10 a 14")
    page.keyboard.press("Enter")
    problem = page.get_by_role("link", name="Lunes, horario «chat»")
    problem.press("Enter")
    expect(monday).to_be_focused()
    expect(monday).to_have_value("de 10 a 14")
    page.keyboard.press("Control+A")
    page.keyboard.type("10:00-14:00")
    page.get_by_label("Motivo del cambio").focus()
    page.keyboard.type("oficio 12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("El cambio quedó guardado.")
    expect(page.get_by_role("heading", name="Estado: En vigor")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="10:00")).to_contain_text("Agregado")
    assert '"10:00", "14:00"' in path.read_text(encoding="utf-8")
    page.get_by_label("Motivo").focus()
    page.keyboard.type("fue un error")
    page.get_by_role("button", name="Deshacer este cambio").press("Enter")
    expect(page.get_by_role("status")).to_have_text("El cambio quedó guardado.")
    assert path.read_text(encoding="utf-8") == before
    page.goto(OWN)
    expect(page.get_by_role("row").filter(has_text="En vigor").filter(has_text="Se retira")).to_be_visible()


def test_every_page_fits_a_telephone(carla: Page) -> None:
    carla.set_viewport_size({"width": 360, "height": 800})
    forms = [f"{OWN}/form/{one}" for one in ("horarios", "textos", "menu", "frases")]
    for path in ("/admin/content", OWN, *forms, f"{OWN}/files/menu.yml", "/admin/content/versions/1", "/admin/board"):
        carla.goto(path)
        wide = carla.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"


def test_the_board_changes_without_a_reload(carla: Page, served: tuple[Room, Path, str]) -> None:
    room = served[0]
    carla.goto("/admin/board")
    with_bot = carla.locator(".figures div").filter(has_text="Con el asistente").locator("dd")
    expect(with_bot).to_have_text("0")
    carla.evaluate("window.notReloaded = true")
    room.record.open(campaign("derechohabiente"), Channel.WEBCHAT, "203.0.113.7", room.now[0], "0" * 64)
    expect(with_bot).to_have_text("1")
    assert carla.evaluate("window.notReloaded")
    assert carla.locator("#board").get_attribute("aria-live") == "off"
    carla.context.clear_cookies()
    expect(carla.get_by_role("alert")).to_contain_text("Su sesión terminó")
