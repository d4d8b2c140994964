"""From a citizen's conversation to its review by people, on the running system."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from browser_pages import ChatPage
from playwright.sync_api import Page, expect

from admin.accounts import AdminAccounts, Role
from evaluation.world import World

PASSWORD = "una-clave-larga-de-prueba"
OWN = ("derechohabiente",)
PEOPLE = {
    "eva": ("Eva Luna", Role.REVIEWER, OWN),
    "elias": ("Elías Mora", Role.REVIEWER, OWN),
    "carla": ("Carla Ruiz", Role.CAMPAIGN_ADMINISTRATOR, OWN),
    "tomas": ("Tomás Vega", Role.TECHNICAL_AREA, ("*",)),
    "irene": ("Irene Solís", Role.INSTITUTION_APPROVER, ("*",)),
}
AFTERWARDS = "2026-11-03T10:00:00-06:00"
"""The month of the conversations is over, so that its sample may be drawn."""
DEVIATION = "vigencia_sin_fecha"

OpenAdmin = Callable[[str], Page]


@pytest.fixture
def open_admin(open_context, system) -> OpenAdmin:
    """Logs somebody in to the administration pages, in a browser of their own."""
    accounts = AdminAccounts(system.var / "admin_accounts.yml")
    for username, (name, role, campaigns) in PEOPLE.items():
        if username not in accounts.all():
            accounts.add(username, name, PASSWORD, (role,), campaigns)

    def enter(username: str) -> Page:
        page = open_context().new_page()
        page.goto("/admin")
        page.get_by_label("Usuario").fill(username)
        page.get_by_label("Contraseña").fill(PASSWORD)
        page.get_by_role("button", name="Entrar").click()
        expect(page.get_by_text(PEOPLE[username][0])).to_be_visible()
        return page

    return enter


def be_served(chat: ChatPage, world: World) -> str:
    """A citizen who is served to the end and says so; the folio."""
    chat.open("derechohabiente")
    chat.say("quiero saber si sigo vigente")
    chat.identify(world.people["P1"], "12/03/1985")
    chat.expect_said("Sus derechos aparecen vigentes")
    folio = chat.folio
    chat.choose("No, es todo")
    chat.answer_survey("Sí", "5, muy buena")
    expect(chat.ended).to_be_visible()
    return folio


def fill_review(page: Page, verdict: str) -> None:
    """Give full marks and one verdict to every question, and save."""
    for criterion in ("Información correcta", "Procedimientos", "Análisis", "Etiqueta"):
        page.get_by_role("group", name=criterion).get_by_role("radio", name="100").check()
    for questions in page.get_by_role("radiogroup").all():
        questions.get_by_role("radio", name=verdict, exact=True).check()
    for box in page.get_by_label("Desviación").all():
        if box.is_visible():
            box.fill(DEVIATION)
    page.get_by_role("button", name="Guardar la revisión").click()
    expect(page.get_by_text("Su revisión quedó registrada.")).to_be_visible()


def test_a_conversation_is_drawn_reviewed_by_two_and_disputed(chat: ChatPage, open_admin, world: World) -> None:
    folio = be_served(chat, world)
    world.set_clock(datetime.fromisoformat(AFTERWARDS))
    eva, elias, carla = (open_admin(one) for one in ("eva", "elias", "carla"))
    eva.get_by_role("link", name="Muestras", exact=True).click()
    eva.get_by_label("Mes").fill("2026-10")
    eva.get_by_label("Cuántas").fill("1000")  # every interaction of the month, so that this one is among them
    eva.get_by_role("button", name="Sortear").click()
    expect(eva.get_by_role("heading", level=1)).to_have_text("Derechohabiente, chat web")
    sample = eva.url

    eva.goto(f"{sample}/{folio}")
    expect(eva.get_by_text("quiero saber si sigo vigente")).to_be_visible()
    expect(eva.get_by_text("5 de 5")).to_be_visible()
    assert world.people["P1"]["nss"] not in eva.content(), "the transcript is masked"
    fill_review(eva, "Incorrecta")

    # A share of the sample is reviewed twice; one of those, which need not be this conversation.
    eva.goto(sample)
    due = eva.get_by_role("row").filter(has=eva.get_by_role("cell", name="Pendiente")).filter(has_not_text="No le toca")
    twice = due.first.get_by_role("link").inner_text()
    eva.goto(f"{sample}/{twice}")
    if eva.get_by_role("button", name="Guardar la revisión").is_visible():
        fill_review(eva, "Imprecisa")
    elias.goto(f"{sample}/{twice}")
    expect(elias.get_by_role("heading", name=re.compile("Segunda revisión"))).to_be_visible()
    expect(elias.get_by_role("heading", name="Revisiones registradas")).to_have_count(0)
    fill_review(elias, "Correcta")

    carla.goto(f"{sample}/{folio}")
    expect(carla.get_by_text(DEVIATION)).to_be_visible()
    carla.get_by_role("radio", name="En desacuerdo").check()
    carla.get_by_role("button", name="Guardar mi opinión").click()
    expect(carla.get_by_role("alert")).to_contain_text("Escriba con qué no está de acuerdo")
    carla.get_by_label("Comentario").fill("La fecha sí se dijo.")
    carla.get_by_role("button", name="Guardar mi opinión").click()
    expect(carla.get_by_text("Su opinión quedó registrada.")).to_be_visible()

    eva.goto(f"{sample}/{folio}")
    expect(eva.get_by_text("La fecha sí se dijo.")).to_be_visible()
    eva.get_by_role("radiogroup").first.get_by_role("radio", name="Correcta", exact=True).check()
    eva.get_by_role("button", name="Guardar la corrección").click()
    expect(eva.get_by_role("heading", name=re.compile("Versión [23] La que cuenta"))).to_be_visible()
    eva.get_by_role("link", name="Calidad").click()
    expect(eva.get_by_text("Kappa de Cohen")).to_be_visible()


def test_nobody_sees_pages_of_another_role(open_admin, world: World) -> None:
    tomas, irene = open_admin("tomas"), open_admin("irene")
    expect(tomas.get_by_role("link", name="Muestras", exact=True)).to_have_count(0)
    tomas.goto("/admin/samples")
    expect(tomas.get_by_role("heading", level=1)).to_have_text("No puede hacer esto")
    tomas.goto("/admin/runs")
    expect(tomas.get_by_role("heading", level=1)).to_have_text("Evaluaciones")
    irene.goto("/admin/runs")
    expect(irene.get_by_role("heading", level=1)).to_have_text("No puede hacer esto")


def test_an_agent_of_the_desk_has_no_account_here(desktop: Page, open_desk, world: World) -> None:
    desk = open_desk("alejandra")
    desk.page.goto("/admin/samples")
    expect(desk.page).to_have_url(re.compile("/admin/login$"))


def test_a_wrong_password_is_refused(desktop: Page, open_admin, world: World) -> None:
    open_admin("eva")
    desktop.goto("/admin")
    desktop.get_by_label("Usuario").fill("eva")
    desktop.get_by_label("Contraseña").fill("no es esta")
    desktop.get_by_role("button", name="Entrar").click()
    expect(desktop.get_by_role("alert")).to_contain_text("Usuario o contraseña incorrectos")
    expect(desktop).to_have_title(re.compile("^Error"))
