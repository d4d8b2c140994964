"""Every page as markup: labels, names, language, one main heading, and nothing that the CSP forbids."""

from html.parser import HTMLParser

import pytest
from admin_room import LogIn, Room
from kept_files import SERIES, keep_run, keep_statement
from synthetic_months import MONTH, add_call, add_interactions

SAMPLE = f"/admin/samples/derechohabiente/webchat/{MONTH}"
OWN = "/admin/content/derechohabiente"
FORMS = ("horarios", "textos", "menu", "frases")
VOID = {"meta", "link", "input", "br"}
NO_LABEL = {"hidden", "radio", "checkbox"}
"""Radios and boxes stand inside their label."""


class Markup(HTMLParser):
    """What the checks need of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture
def pages(room: Room, log_in: LogIn) -> dict[str, str]:
    """Every page, filled, by its address; forms with problems too."""
    add_interactions(room.record, 6)
    called = add_call(room.record, room.recordings)
    keep_run(room, "20261101-0800", 3, 1)
    keep_run(room, "20261102-0800", 4, 0, days=1)
    keep_statement(room, 0, "primera")
    keep_statement(room, 1, "un dictamen")
    eva, carla, tomas, irene, aura = (log_in(one) for one in ("eva", "carla", "tomas", "irene", "aura"))
    draw = {"campaign": "derechohabiente", "channel": "webchat", "month": MONTH, "size": "6", "seed": "3"}
    eva.post("/admin/samples", draw)
    folio, other = room.ledger.samples()[0].folios[:2]
    marks = {f"mark-{one}": "50" for one in ("informacion", "procedimientos", "comprension", "etiqueta")}
    wrong = {"verdict-0": "incorrect", "deviation-0": "plazo", "verdict-1": "correct"}
    eva.post(f"{SAMPLE}/{folio}", {**marks, **wrong, "action": "save"})
    tomas.post("/admin/runs", {"campaigns": "derechohabiente", "seed": "1", "repetitions": "1"})
    got = [(eva, "/admin"), (eva, "/admin/samples"), (eva, SAMPLE), (eva, f"{SAMPLE}/{folio}"),
           (carla, f"{SAMPLE}/{folio}"), (eva, "/admin/quality"), (tomas, "/admin/runs"),
           (tomas, "/admin/runs/20261101-0800"), (tomas, "/admin/runs/run-1"), (irene, "/admin/statements"),
           (irene, f"{SERIES}/difference?before=1&after=2"), (irene, "/admin/policy"),
           (irene, "/admin/runs"), (carla, "/admin/interactions"), (carla, f"/admin/interactions/{called}"),
           (carla, "/admin/content"), (carla, OWN), *((carla, f"{OWN}/form/{one}") for one in FORMS),
           (carla, f"{OWN}/files/menu.yml"), (carla, "/admin/content/versions/1"), (carla, "/admin/board"),
           (aura, "/admin/audit"), (aura, f"/admin/audit?folio={called}")]  # fmt: skip
    sent = [(eva, "/admin/samples", {}), (eva, f"{SAMPLE}/{other}", {"action": "save", "questions": "4"}),
            (carla, f"{SAMPLE}/{folio}/agreement", {"version": "1"}), (tomas, "/admin/runs", {}),
            (irene, "/admin/policy/approvals", {}), (carla, "/admin/interactions", {"folio": "1"}),
            (carla, f"/admin/interactions/{called}/originals", {}),
            *((carla, f"{OWN}/form/{one}", {}) for one in FORMS), (carla, f"{OWN}/files/menu.yml", {}),
            (carla, "/admin/content/versions/1/take-back", {})]  # fmt: skip
    found = {f"{number} {path}": browser.get(path).text for number, (browser, path) in enumerate(got)}
    found |= {f"POST {path}": browser.post(path, form).text for browser, path, form in sent}
    return {**found, "/admin/login": room.client().get("/admin/login").text}


def test_pages_are_well_formed_named_and_allowed(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        page = Markup(text)
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), f"{name}: an id occurs twice"
        assert page.all("html")[0]["lang"] == "es-MX", name
        assert len(page.all("h1")) == len(page.all("main")) == 1, name
        labelled = {attributes.get("for") for attributes in page.all("label")}
        for field in page.all("input", "select", "textarea"):
            if field.get("type") not in NO_LABEL:
                assert field["id"] in labelled, f"{name}: {field} has no label"
        for _, attributes in page.tags:
            for reference in ("aria-describedby", "aria-labelledby", "list"):
                for target in (attributes.get(reference) or "").split():
                    assert target in ids, f"{name}: {reference} leads to {target}, which is not there"
            assert "style" not in attributes, f"{name}: inline style"
            assert not any(key.startswith("on") for key in attributes), f"{name}: inline script"
        assert all(script.get("src", "").startswith("/static/") for script in page.all("script")), name


def test_problems_lead_to_their_fields(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        page = Markup(text)
        ids = {attributes.get("id") for _, attributes in page.tags}
        targets = [one["href"] for one in page.all("a") if (one.get("href") or "").startswith("#")]
        assert all(target[1:] in ids for target in targets if target), f"{name}: {targets}"
        assert ("<title>Error: " in text) == name.startswith("POST"), name
        assert 'href="#"' not in text
