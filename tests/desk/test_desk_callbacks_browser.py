"""In a real browser: calls that were asked for are worked at the desk; the survey with a mark for each level."""

import json
from datetime import timedelta

from attended_desk import THURSDAY, AttendedDesk, Citizen
from axe_playwright_python.sync_playwright import Axe
from browsing import OpenPage, Serve, log_in
from playwright.sync_api import Page, expect

NUMBER = "5500001234"
NARROW = (320, 640)


def follow(page: Page, citizen: Citizen) -> None:
    """Open the chat page of a conversation that is under way, as after a reload."""
    key = json.dumps({"conversation_id": citizen.id, "token": citizen.token, "folio": citizen.folio})
    page.add_init_script(f"sessionStorage.setItem('ventanilla:derechohabiente:conversation', {json.dumps(key)})")
    page.goto("/chat/derechohabiente")


def attended(desk: AttendedDesk) -> Citizen:
    """At the survey, after a person of the first level attended."""
    citizen = desk.waiting()
    assert desk.act(f"conversations/{citizen.id}/take").status_code == 200
    closed = desk.act(f"conversations/{citizen.id}/close", {"topics": ["vigencia_derechos"]})
    assert closed.json() == {"state": "survey"}
    return citizen


def walk_to(page: Page, name: str, role: str = "radio") -> None:
    wanted = page.locator("#survey").get_by_role(role, name=name, exact=True)
    for _ in range(20):
        if wanted.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"20 times Tab do not lead to {name}")


def answer(page: Page, first: str, further: int) -> None:
    """Tab leads to the first mark, arrows to the others."""
    walk_to(page, first)
    for _ in range(further):
        page.keyboard.press("ArrowRight")
    walk_to(page, "Enviar", "button")
    page.keyboard.press("Enter")


def test_the_survey_asks_for_two_marks_one_a_screen_by_keyboard(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    citizen = attended(desk)
    page = open_page(url, NARROW)
    follow(page, citizen)
    survey = page.locator("#survey")
    expect(survey).to_contain_text("Pregunta 1 de 3")
    answer(page, "Sí", 1)
    expect(survey).to_contain_text("Pregunta 2 de 3")
    expect(survey).to_contain_text("asistente virtual")
    expect(survey.locator("legend")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    answer(page, "1, muy mala", 1)
    expect(survey).to_contain_text("la persona que le atendió")
    page.reload()
    expect(survey).to_contain_text("Pregunta 3 de 3")
    answer(page, "1, muy mala", 4)
    expect(page.get_by_role("heading", name="La conversación terminó")).to_be_visible()
    answered = [one.data for one in desk.events(citizen, "survey_answered")]
    assert answered == [
        {"agent_level": "bot", "resolved": False, "rating": 2}, {"agent_level": "ps_i", "rating": 5},
    ]  # fmt: skip


def test_a_question_is_left_out_and_who_leaves_keeps_what_was_said(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    citizen = attended(desk)
    page = open_page(url)
    follow(page, citizen)
    survey = page.locator("#survey")
    survey.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("alert").filter(has_text="Elija Sí o No")).to_be_visible()
    survey.get_by_role("radio", name="Sí").check()
    survey.get_by_role("button", name="Enviar").click()
    expect(survey).to_contain_text("Pregunta 2 de 3")
    survey.get_by_role("button", name="Omitir").click()
    expect(survey).to_contain_text("Pregunta 3 de 3")
    kept = desk.record.load(citizen.id)
    assert kept is not None and (kept.survey.resolved, kept.survey.rating) == (True, None)


def test_calls_are_worked_at_the_desk(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url)
    log_in(page)
    calls = page.get_by_role("region", name="Llamadas pedidas")
    expect(calls).to_contain_text("Nadie ha pedido que le llamen.")
    slot = (THURSDAY + timedelta(hours=1)).isoformat()
    body = {"telephone": NUMBER, "slot": slot, "topic": "vigencia_derechos", "consent": True}
    asked = page.request.post("/api/v1/campaigns/derechohabiente/callbacks", data=body).json()
    expect(calls).to_contain_text(asked["folio"])  # without a reload
    expect(calls).to_contain_text("******1234")
    desk.passes_to(THURSDAY + timedelta(hours=2))
    page.reload()
    expect(calls).to_contain_text("Atrasada")
    calls.get_by_role("button", name=f"Abrir la llamada pedida {asked['folio']}").click()
    dialog = page.get_by_role("dialog", name="Llamada pedida")
    expect(dialog.get_by_role("link", name="55 0000 1234")).to_be_visible()
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    dialog.get_by_role("button", name="Registrar").click()
    expect(dialog.get_by_role("alert")).to_have_text("Elija qué pasó con la llamada.")
    dialog.get_by_label("¿Qué pasó con la llamada?").select_option("No contestó")
    dialog.get_by_role("button", name="Registrar").click()
    expect(calls).to_contain_text("Queda un intento")
    expect(dialog).to_be_hidden()
    expect(page.locator("#callback dd")).to_have_count(0)
    assert NUMBER not in page.content(), "nothing that was decrypted stays in the page"
