"""Transfers, notes, phrases, knowledge, earlier interactions and the supervisor's view, in a real browser."""

import re

import pytest
from attended_desk import PASSWORD, THURSDAY, AttendedDesk, Citizen
from axe_playwright_python.sync_playwright import Axe
from browsing import OpenPage, Serve, log_in
from playwright.sync_api import Page, expect
from watched_browser import DESKTOP, PHONE

from conversation.staff import Level

WIDE = (1440, 900)
"""Room for all three panels."""


def attends(desk: AttendedDesk, page: Page, username: str = "alejandra") -> Citizen:
    """A citizen whom the agent of this page attends."""
    log_in(page, username)
    citizen = desk.waiting()
    page.get_by_role("button", name="Aceptar").click()
    expect(page.get_by_role("textbox", name="Escriba su respuesta")).to_be_focused()
    return citizen


def serious_problems(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def test_a_transfer_wants_its_motivo_and_tells_who_is_there(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    citizen = attends(desk, page)
    page.get_by_role("button", name="Transferir", exact=True).click()
    dialog = page.get_by_role("dialog", name="Transferir la conversación")
    expect(dialog.get_by_label("A dónde")).to_contain_text("PS-P (nadie en servicio ahora)")
    dialog.get_by_role("button", name="Transferir").click()
    expect(dialog.get_by_role("alert")).to_have_text("Elija a dónde se transfiere.")
    dialog.get_by_label("A dónde").select_option("level ps_p")
    dialog.get_by_role("button", name="Transferir").click()
    expect(dialog.get_by_role("alert")).to_have_text("Elija el motivo.")
    dialog.get_by_label("Motivo").select_option("Fuera del contenido autorizado")
    dialog.get_by_label("Nota para quien la reciba").fill("Ya revisé su vigencia")
    assert serious_problems(page) == []
    dialog.get_by_role("button", name="Transferir").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#none-open")).to_be_visible()
    handoff = desk.record.load(citizen.id).handoff
    assert (handoff.level, handoff.note) == (Level.PS_P, "Ya revisé su vigencia")


@pytest.mark.parametrize("size", [PHONE, DESKTOP, WIDE], ids=["390", "1280", "1440"])
def test_phrases_are_searched_and_inserted_at_the_cursor(
    serve: Serve, open_page: OpenPage, size: tuple[int, int]
) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, size)
    attends(desk, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = page.get_by_role("textbox", name="Escriba su respuesta")
    box.fill("Hola. ")
    page.get_by_role("button", name="Frases").click()
    dialog = page.get_by_role("dialog", name="Frases")
    dialog.get_by_role("searchbox").fill("espera grácias")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(box).to_have_value("Hola. Gracias por esperar.")
    expect(box).to_be_focused()


def test_notes_knowledge_and_earlier_interactions(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    citizen, before = attends(desk, page), desk.waiting("otra cosa")
    tools = page.locator("#desk-tools")
    tools.get_by_label("Nota nueva").fill("Prefiere que le llamen por la tarde")
    tools.get_by_role("button", name="Agregar nota").click()
    expect(tools.locator("#notes li")).to_contain_text("Alejandra Ríos")
    tools.get_by_text("Base de conocimiento").click()
    expect(tools.locator("#knowledge-kind option").nth(1)).to_be_attached()
    tools.get_by_role("searchbox").fill("vijencia")
    first = tools.locator("#knowledge li").first
    expect(first.locator("summary")).to_contain_text(re.compile("vigencia", re.IGNORECASE))
    first.locator("summary").click()
    first.get_by_role("button", name="Usar en la respuesta").click()
    expect(page.get_by_role("textbox", name="Escriba su respuesta")).not_to_have_value("")
    tools.get_by_text("Interacciones anteriores", exact=True).click()
    tools.get_by_label("Folio").fill(before.folio)
    tools.get_by_role("button", name="Consultar").click()
    expect(tools.locator("#history li")).to_contain_text(before.folio)
    assert serious_problems(page) == []
    assert [one.agent for one in desk.events(citizen, "history_seen")] == ["alejandra"]


def test_a_supervisor_sees_the_team_whispers_and_takes_over(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR)
    page, boss = open_page(url, WIDE), open_page(url, WIDE)
    citizen = attends(desk, page)
    log_in(boss, "sol")
    expect(page.get_by_role("heading", name=re.compile("^Equipo"))).to_be_hidden()
    team = boss.get_by_role("region", name="Equipo")
    expect(team.locator("#team-agents")).to_contain_text("En atención")
    expect(team.locator("#team-agents")).to_contain_text("1 de 5")
    team.get_by_role("button", name=re.compile("^Observar")).click()
    expect(boss.locator(".gone")).to_contain_text("Usted observa esta conversación")
    expect(boss.get_by_role("textbox", name="Escriba su respuesta")).to_be_disabled()
    citizen.says("¿sigue ahí?")
    expect(boss.get_by_role("log", name="Mensajes")).to_contain_text("¿sigue ahí?")
    boss.get_by_label("Nota nueva").fill("Ofrézcale la cita")
    boss.get_by_role("button", name="Agregar nota").click()
    expect(page.locator("#notes li")).to_contain_text("Supervisión: Sol Mora")
    assert serious_problems(boss) == []
    boss.get_by_role("button", name="Tomar el control").click()
    expect(boss.get_by_role("textbox", name="Escriba su respuesta")).to_be_enabled()
    expect(page.locator("#desk-problem-text")).to_contain_text("Sol Mora continúa")
    expect(page.locator(".gone")).to_be_visible()
    assert desk.record.load(citizen.id).agent == "sol"


def test_a_message_to_the_supervisors_is_answered(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    desk.people.add("sol", "Sol Mora", PASSWORD, level=Level.SUPERVISOR)
    page, boss = open_page(url, PHONE), open_page(url, WIDE)
    log_in(page)
    log_in(boss, "sol")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_role("button", name="Supervisión").click()
    dialog = page.get_by_role("dialog", name="Mensajes internos")
    dialog.get_by_label("Mensaje para el personal").fill("¿Puedo salir a comer?")
    dialog.get_by_role("button", name="Enviar").click()
    boss.get_by_role("button", name="Supervisión (1)").click()
    answer = boss.get_by_role("dialog", name="Mensajes internos")
    expect(answer).to_contain_text("¿Puedo salir a comer?")
    answer.get_by_label("Para", exact=True).select_option("Alejandra Ríos")
    answer.get_by_label("Mensaje para el personal").fill("Sí, adelante")
    answer.get_by_role("button", name="Enviar").click()
    expect(dialog.get_by_role("listitem").last).to_contain_text("Sí, adelante")
    assert serious_problems(page) == []
