"""A copy of this repository's content, which tests may change, with the pages over it."""

import re
import shutil
from pathlib import Path
from typing import Any

from admin_room import ROOT, Browser, Room, build

from admin.content_rules import Approvals
from content.catalogue import Catalogue

REASON = {"reason": "lo pide el Instituto, oficio 12"}


def copied_site(folder: Path) -> Path:
    """`bots/` and `knowledge/` of the repository."""
    for name in ("bots", "knowledge"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def build_site(
    tmp_path: Path, accounts_text: str, approvals: Approvals, *, is_secure: bool = True
) -> tuple[Room, Path, Catalogue]:
    """Pages, the folder with the content, and a catalogue that runs over it as the web process's does."""
    site = copied_site(tmp_path / "site")
    catalogue = Catalogue(site)
    room = build(tmp_path, accounts_text, catalogue, site=site, approvals=approvals, is_secure=is_secure)
    return room, site, catalogue


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the page's form: values of its inputs, texts and selects."""
    form = page[page.index('name="base_sha256"') - 200 :]
    found: dict[str, str] = {}
    for attributes in re.findall(r"<input([^>]*)>", form):
        name, value = (re.search(rf' {one}="([^"]*)"', attributes) for one in ("name", "value"))
        if name and 'type="checkbox"' not in attributes:
            found[name[1]] = _unescaped(value[1]) if value else ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = _unescaped(text.removeprefix("\n"))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = _unescaped(chosen[1]) if chosen else ""
    return found


def save(browser: Browser, address: str, changed: dict[str, str], **more: str) -> Any:
    """Open a form, change fields, send it."""
    page = browser.get(address)
    assert page.status_code == 200, page.text
    return browser.post(address, {**fields_of(page.text), **REASON, **changed, **more})


def version_of(answer: Any) -> int:
    """The number of the version that a save made."""
    assert answer.status_code == 303, answer.text
    found = re.search(r"/versions/(\d+)\?", answer.headers["location"])
    assert found
    return int(found[1])


def _unescaped(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text
