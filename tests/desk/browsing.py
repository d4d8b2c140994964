"""Pages of the desk in a real browser."""

from collections.abc import Callable
from datetime import datetime

from attended_desk import PASSWORD, AttendedDesk
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

Serve = Callable[[datetime], tuple[AttendedDesk, str]]
OpenPage = Callable[..., Page]
SMALLEST_TARGET = 24
"""CSS pixels (WCAG 2.2, 2.5.8)."""
TOO_SMALL = """
(least) => [...document.querySelectorAll("button, a[href], input, select, textarea, summary")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest("[inert]"))
  .map((one) => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width > 1 && (box.width < least || box.height < least))
  .map(([box, one]) => `${one.outerHTML.slice(0, 120)} ${box.width}x${box.height}`)
"""


def log_in(page: Page, username: str = "alejandra") -> None:
    page.goto("/desk")
    page.get_by_label("Usuario").fill(username)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("region", name="En espera")).to_be_visible()


def one_line(page: Page, selector: str) -> bool:
    """Whether an element's text stands on one line."""
    return bool(page.locator(selector).first.evaluate("(node) => node.getClientRects().length === 1"))


def is_sound(page: Page, state: str) -> None:
    """Nothing that axe finds, nothing too small to touch, nothing wider than the window."""
    found = Axe().run(page).response["violations"]
    assert [(state, one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate(TOO_SMALL, SMALLEST_TARGET) == [], state
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, state
