"""Browser windows whose errors fail the test, wherever they come from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

PATIENCE_MS = 20_000
"""A small, busy machine; nothing is asserted about speed."""
PHONE, NARROW, DESKTOP = (390, 780), (320, 640), (1280, 800)
"""Width and height; 320 CSS pixels is the narrowest that WCAG 1.4.10 asks for."""
OpenWindow = Callable[..., BrowserContext]


@contextmanager
def watched(browser: Browser, *, quiet: bool = False, reach: tuple[str, ...] = ()) -> Iterator[OpenWindow]:
    """Opens windows (contexts) on a site, closed at the end.

    The test fails when a page raises an error or does what the security policy stops; with `quiet`, when it logs any
    error; with `reach`, when it asks for an address that begins neither with the site's nor with one of these.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def listen(line: ConsoleMessage) -> None:
        if "Content Security" in line.text or (quiet and line.type == "error"):
            problems.append(line.text)

    def opened(site: str, size: tuple[int, int] = DESKTOP, **options: Any) -> BrowserContext:
        width, height = size
        shape = {"viewport": {"width": width, "height": height}, **options}
        context = browser.new_context(locale="es-MX", base_url=site, **shape)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on("console", listen)
        if reach:
            context.on("request", lambda one: None if one.url.startswith((site, *reach)) else problems.append(one.url))
        contexts.append(context)
        return context

    try:
        yield opened
    finally:
        for context in contexts:
            context.close()
    assert problems == []
