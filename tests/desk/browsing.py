"""Pages of the desk in a real browser."""

from collections.abc import Callable
from datetime import datetime

from attended_desk import PASSWORD, AttendedDesk
from playwright.sync_api import Page, expect

Serve = Callable[[datetime], tuple[AttendedDesk, str]]
OpenPage = Callable[..., Page]


def log_in(page: Page, username: str = "alejandra") -> None:
    page.goto("/desk")
    page.get_by_label("Usuario").fill(username)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("region", name="En espera")).to_be_visible()


def one_line(page: Page, selector: str) -> bool:
    """Whether an element's text stands on one line."""
    return bool(page.locator(selector).first.evaluate("(node) => node.getClientRects().length === 1"))
