"""The chat on another site: one script tag, a button, an iframe; and only where the server allows it."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser_pages import GREETING, ChatPage
from playwright.sync_api import Page, expect

from evaluation.world import World


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without writing to the test's output."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def portal(tmp_path: Path, system) -> Iterator[int]:
    """A portal of somebody else, on a port (hence an origin) of its own, with our script tag."""
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="es-MX"><meta charset="utf-8"><title>Portal</title><h1>Portal de ejemplo</h1>'
        f'<script src="{system.web}/static/widget.js" data-campaign="cita_medica" data-name="Cita médica" async>'
        "</script></html>",
        encoding="utf-8",
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_one_tag_puts_the_chat_on_a_portal(desktop: Page, portal: int, world: World) -> None:
    desktop.goto(f"http://127.0.0.1:{portal}/")
    desktop.get_by_role("button", name="Abrir chat: Cita médica").click()
    chat = ChatPage(desktop, inside=desktop.frame_locator("iframe[title^='Chat:']"))
    chat.expect_said(GREETING)
    expect(chat.box).to_be_focused()
    chat.say("que llevo a mi cita")
    chat.expect_said("Su identificación oficial")

    chat.box.press("Escape")
    opener = desktop.get_by_role("button", name="Abrir chat")
    expect(opener).to_be_focused()
    expect(chat.box).to_be_hidden()
    opener.press("Enter")
    chat.expect_said("que llevo a mi cita")
    expect(chat.box).to_be_focused()


def test_a_site_that_is_not_allowed_cannot_frame_the_chat(desktop: Page, portal: int, world: World) -> None:
    """`localhost` is another origin than `127.0.0.1`, and the test's server does not allow it."""
    desktop.goto(f"http://localhost:{portal}/")
    with desktop.expect_console_message(lambda message: "frame-ancestors" in message.text):
        desktop.get_by_role("button", name="Abrir chat: Cita médica").click()
    expect(desktop.frame_locator("iframe").get_by_text(GREETING)).to_have_count(0)


def test_pages_for_staff_can_be_framed_nowhere(desktop: Page, world: World) -> None:
    for path in ("/desk", "/"):
        policy = desktop.request.get(path).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
