"""The administration pages in a real browser: with the keyboard, on a telephone, live."""

from collections.abc import Callable, Iterator

import live_application
import pytest
from admin_room import PASSWORD, Room, build
from kept_files import SERIES, keep_run, keep_statement
from playwright.sync_api import Browser, Page, expect
from synthetic_months import MONTH, SAID, add_call, add_interactions
from watched_browser import watched

from admin.ports import RunProgress, RunState
from content.catalogue import Catalogue

SAMPLE = f"/admin/samples/derechohabiente/webchat/{MONTH}"

OpenAs = Callable[..., Page]


@pytest.fixture
def served(tmp_path, accounts_text: str, catalogue: Catalogue) -> Iterator[tuple[Room, str]]:
    """The pages on a free port."""
    room = build(tmp_path, accounts_text, catalogue, is_secure=False)
    add_interactions(room.record, 8)
    with live_application.served(room.app) as url:
        yield room, url
    room.engine.dispose()


@pytest.fixture
def open_as(browser: Browser, served: tuple[Room, str]) -> Iterator[OpenAs]:
    """Logs somebody in, in a browser of their own; an error raised by any page fails the test."""
    with watched(browser) as open_window:

        def enter(username: str, width: int = 1280) -> Page:
            page = open_window(served[1], (width, 800)).new_page()
            page.goto("/admin")
            page.get_by_label("Usuario").fill(username)
            page.get_by_label("Contraseña").fill(PASSWORD)
            page.get_by_label("Contraseña").press("Enter")
            expect(page.get_by_role("heading", level=1)).to_have_text("Qué hay por hacer")
            return page

        yield enter


def draw(page: Page) -> None:
    """Draw a sample of everything."""
    page.goto("/admin/samples")
    page.get_by_label("Semilla").fill("3")
    page.get_by_role("button", name="Sortear").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Derechohabiente, chat web")


def test_a_review_with_the_keyboard_alone(open_as: OpenAs, served: tuple[Room, str]) -> None:
    page = open_as("eva")
    draw(page)
    page.get_by_role("link", name="Revisar la siguiente").press("Enter")
    for criterion in ("Información correcta", "Procedimientos", "Análisis", "Etiqueta"):
        marks = page.get_by_role("group", name=criterion)
        marks.get_by_role("radio", name="75").focus()
        page.keyboard.press("ArrowRight")
        expect(marks.get_by_role("radio", name="100")).to_be_checked()
    verdicts = page.get_by_role("radiogroup", name="Dictamen de la pregunta 1")
    deviation = page.get_by_label("Desviación").first
    verdicts.get_by_role("radio", name="Correcta", exact=True).focus()
    page.keyboard.press("Space")
    expect(deviation).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(verdicts.get_by_role("radio", name="Incorrecta", exact=True)).to_be_checked()
    expect(deviation).to_be_visible()

    page.get_by_role("button", name="Guardar la revisión").press("Enter")
    problem = page.get_by_role("link", name="Pregunta 1: escriba qué desviación fue")
    expect(page).to_have_title("Error: " + page.get_by_role("heading", level=1).inner_text() + " · Administración")
    problem.press("Enter")
    expect(deviation).to_be_focused()
    page.keyboard.type("Plazo equivocado")
    for place in range(1, page.get_by_role("radiogroup").count()):
        page.get_by_role("radiogroup").nth(place).get_by_role("radio", name="Correcta", exact=True).check()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Su revisión quedó registrada.")).to_be_visible()
    room, _ = served
    folio = page.get_by_role("heading", level=1).inner_text()
    assert room.ledger.latest_verdicts(folio)[0].deviation == "plazo_equivocado"


def test_an_added_question_comes_into_sight_and_can_be_taken_away(open_as: OpenAs) -> None:
    page = open_as("eva")
    draw(page)
    page.get_by_role("link", name="Revisar la siguiente").click()
    page.get_by_label("Nota").first.fill("se queda")
    page.get_by_role("button", name="Agregar una pregunta").click()
    topic = page.get_by_label("Tema que debió atenderse")
    expect(topic).to_be_in_viewport()
    expect(page.get_by_label("Nota").first).to_have_value("se queda")
    page.get_by_role("button", name="Quitar la pregunta").click()
    expect(topic).to_have_count(0)
    expect(page.get_by_label("Nota").first).to_have_value("se queda")


def test_a_run_is_seen_going_on_until_its_reports_are_there(open_as: OpenAs, served: tuple[Room, str]) -> None:
    room, _ = served
    running = RunProgress(run_id="20261103-1000", state=RunState.RUNNING, done=1, planned=10, passed=1)
    room.runs.runs["20261103-1000"] = running
    page = open_as("tomas")
    page.get_by_role("link", name="Evaluación en curso").click()
    expect(page.locator("#counted")).to_have_text("1 de 10")
    room.runs.runs["20261103-1000"] = running.model_copy(update={"done": 6, "passed": 4, "failed": 2})
    expect(page.locator("#counted")).to_have_text("6 de 10")
    expect(page.locator("#failed")).to_have_text("2")
    expect(page.get_by_role("status")).to_have_text("6 de 10 conversaciones, 2 con fallas.")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "6")
    keep_run(room, "20261103-1000", 8, 2)
    expect(page.get_by_text("Terminada")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Descargar JSON").click()
    assert download.value.suggested_filename == "20261103-1000-report.json"


def test_a_session_that_ended_is_told_while_watching(open_as: OpenAs, served: tuple[Room, str]) -> None:
    room, _ = served
    room.runs.runs["run-1"] = RunProgress(run_id="run-1", state=RunState.RUNNING, done=1, planned=10)
    page = open_as("tomas")
    page.goto("/admin/runs/run-1")
    expect(page.locator("#counted")).to_have_text("1 de 10")
    page.context.clear_cookies()
    expect(page.get_by_role("alert")).to_contain_text("Su sesión terminó; la evaluación sigue.")


def test_every_page_fits_a_telephone(open_as: OpenAs, served: tuple[Room, str]) -> None:
    room, _ = served
    keep_run(room, "20261101-0800", 8, 2)
    keep_run(room, "20261102-0800", 9, 1, days=1)
    keep_statement(room, 0, "primera")
    keep_statement(room, 1, "un dictamen")
    eva, tomas, irene = (open_as(one, 360) for one in ("eva", "tomas", "irene"))
    draw(eva)
    folio = room.ledger.samples()[0].folios[0]
    visits = [(eva, "/admin"), (eva, "/admin/samples"), (eva, SAMPLE), (eva, f"{SAMPLE}/{folio}"),
              (eva, "/admin/quality"), (tomas, "/admin/runs"), (tomas, "/admin/runs/20261101-0800"),
              (irene, "/admin/statements"), (irene, f"{SERIES}/difference?before=1&after=2"),
              (irene, "/admin/policy")]  # fmt: skip
    for page, path in visits:
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"


def test_buttons_are_big_enough_to_touch(open_as: OpenAs) -> None:
    page = open_as("eva", 360)
    draw(page)
    page.get_by_role("link", name="Revisar la siguiente").click()
    for target in [*page.get_by_role("button").all(), *page.locator(".mark").all()]:
        box = target.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44, target


def test_a_recording_plays_and_can_be_wound_forward(open_as: OpenAs, served: tuple[Room, str]) -> None:
    room, _ = served
    folio = add_call(room.record, room.recordings)
    page = open_as("sara")
    page.goto(f"/admin/interactions/{folio}")
    sound = page.locator("audio")
    sound.evaluate("sound => { sound.muted = true; return sound.play() }")
    page.wait_for_function("document.querySelector('audio').currentTime > 0.05")
    assert sound.evaluate("sound => [sound.duration, sound.error]") == [2, None]
    sound.evaluate("sound => { sound.pause(); sound.currentTime = 1.5 }")
    page.wait_for_function("!document.querySelector('audio').seeking")
    assert sound.evaluate("sound => sound.currentTime") == 1.5
    heard = room.log.entries(action="recording_heard")
    assert {(one.actor, one.folio, one.result) for one in heard} == {("sara", folio, "done")}


def test_originals_are_opened_with_the_keyboard_and_a_reason(open_as: OpenAs, served: tuple[Room, str]) -> None:
    room, _ = served
    folio = add_call(room.record, room.recordings)
    page = open_as("carla", width=390)
    page.goto("/admin/interactions")
    page.get_by_label("Folio").fill(folio)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(folio)
    page.get_by_role("button", name="Ver los datos").press("Enter")
    page.get_by_role("link", name="Escriba para qué los necesita").press("Enter")
    expect(page.get_by_label("Motivo")).to_be_focused()
    page.keyboard.type("Queja 118 de la persona")
    page.get_by_role("button", name="Ver los datos").press("Enter")
    expect(page.get_by_text(SAID)).to_be_visible()
    page.get_by_role("link", name="Quién la ha visto").press("Enter")
    expect(page.get_by_text("Queja 118 de la persona")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing is wider than the phone"
