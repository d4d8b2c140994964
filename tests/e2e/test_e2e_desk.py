"""People attend: the desk sees who waits, takes over with all that is known, answers and ends the attention."""

import re
from datetime import datetime, timedelta

from browser_pages import ChatPage, DeskPage
from playwright.sync_api import Page, expect

from evaluation.world import DEFAULT_NOW, World


def ask_for_a_person(chat: ChatPage, world: World) -> str:
    """A citizen whose rights are not in force, which only a person can explain; the folio."""
    chat.open("derechohabiente")
    chat.say("quiero saber si sigo vigente")
    chat.identify(world.people["P2"], "02/11/1979")
    chat.expect_state("queued")
    return chat.folio


def test_a_person_attends_from_the_queue_to_the_survey(chat: ChatPage, phone: Page, open_desk, world: World) -> None:
    desk: DeskPage = open_desk("alejandra")
    expect(desk.waiting).to_be_visible()
    folio = ask_for_a_person(chat, world)
    expect(chat.attending).to_have_text("En espera de una persona")
    expect(phone.locator("#queue")).to_contain_text("Le comunicamos con una persona.")

    card = desk.card(folio)  # appears without reloading
    expect(card).to_contain_text("Regla de la campaña")
    expect(card).to_contain_text("menos de 1 min")
    desk.take(folio)
    expect(desk.known).to_contain_text("Motivo de la transferencia")
    expect(desk.known).to_contain_text("Regla de la campaña")
    expect(desk.known).to_contain_text("No vigente")
    expect(desk.known).to_contain_text("*******0024")
    desk.expect_said("quiero saber si sigo vigente")
    assert world.people["P2"]["nss"] not in desk.page.content(), "the desk shows the NSS masked only"

    expect(chat.attending).to_have_text("Le atiende una persona")
    chat.expect_said("Le atiende Alejandra Ríos.")
    desk.say("Buenos días. Su baja es del 30 de junio.")
    chat.expect_said("Su baja es del 30 de junio.")
    chat.say("¿Y qué puedo hacer?")
    desk.expect_said("¿Y qué puedo hacer?")
    desk.say("Su patrón puede aclararlo.")
    chat.expect_said("Su patrón puede aclararlo.")
    desk.expect_said("Su patrón puede aclararlo.")

    desk.close("Vigencia de derechos")
    chat.expect_state("survey")
    expect(desk.mine).not_to_contain_text(folio)
    chat.answer_survey("No", "4, buena", "5, muy buena")
    expect(chat.ended).to_be_visible()


def test_nobody_attends_without_saying_what_it_was_about(chat: ChatPage, open_desk, world: World) -> None:
    desk: DeskPage = open_desk("alejandra")
    folio = ask_for_a_person(chat, world)
    desk.take(folio)
    desk.page.get_by_role("button", name="Terminar atención").click()
    dialog = desk.page.get_by_role("dialog", name="Terminar atención")
    dialog.get_by_role("button", name="Terminar atención").click()
    expect(dialog.get_by_role("alert")).to_have_text("Elija al menos una tipificación.")
    dialog.get_by_role("button", name="Seguir atendiendo").click()
    chat.expect_state("human")
    desk.close("Vigencia de derechos")
    chat.expect_state("survey")


def test_the_desk_tells_how_long_somebody_waits(chat: ChatPage, open_desk, world: World) -> None:
    """Counted on the server's clock, which in the sandbox is far from the browser's."""
    folio = ask_for_a_person(chat, world)
    world.set_clock(datetime.fromisoformat(DEFAULT_NOW) + timedelta(minutes=75))
    expect(open_desk("alejandra").card(folio)).to_contain_text(re.compile("1 h 1[45] min"))


def test_the_way_through_the_menu_is_told_in_words(chat: ChatPage, open_desk, world: World) -> None:
    desk: DeskPage = open_desk("alejandra")
    chat.open("derechohabiente")
    chat.choose("Otros trámites")
    chat.choose("Queja o denuncia")
    chat.expect_state("queued")
    desk.take(chat.folio)
    expect(desk.known).to_contain_text("Queja")
    expect(desk.known).not_to_contain_text("menu:")


def test_a_wrong_password_is_refused(desktop: Page, open_desk, world: World) -> None:
    desk = DeskPage(desktop)
    desk.log_in("alejandra", "no es esta")
    expect(desktop.get_by_role("alert")).to_contain_text("Usuario o contraseña incorrectos")
    expect(desktop).to_have_title(re.compile("^Error"))
    expect(desk.waiting).to_have_count(0)
    assert desktop.request.get("/desk/api/conversations").status == 401


def test_only_one_person_can_take_a_conversation(chat: ChatPage, open_desk, world: World) -> None:
    alejandra, bruno = open_desk("alejandra"), open_desk("bruno")
    folio = ask_for_a_person(chat, world)
    expect(bruno.card(folio)).to_be_visible()
    bruno.page.route("**/desk/api/conversations", lambda route: route.abort())  # his list is late
    alejandra.take(folio)
    chat.expect_said("Le atiende Alejandra Ríos.")
    bruno.take(folio)
    expect(bruno.problem).to_have_text("La conversación ya no está en espera.")
    bruno.page.unroute_all()
    bruno.page.reload()
    expect(bruno.waiting).to_be_visible()
    expect(bruno.card(folio)).to_have_count(0)
    expect(alejandra.mine.get_by_role("listitem").filter(has_text=folio)).to_be_visible()
    chat.expect_said("Le atiende", times=1)


def test_an_emergency_says_911_and_stands_on_top(chat: ChatPage, open_context, open_desk, world: World) -> None:
    desk: DeskPage = open_desk("alejandra")
    earlier = ask_for_a_person(chat, world)
    expect(desk.card(earlier)).to_be_visible()

    ill = ChatPage(open_context().new_page())
    ill.open("derechohabiente")
    ill.say("me duele el pecho")
    ill.expect_said("cuelgue y marque 911 ahora")
    ill.expect_state("queued")
    first = desk.waiting.get_by_role("listitem").first
    expect(first).to_contain_text(ill.folio)
    expect(first.get_by_text("Emergencia").first).to_be_visible()
    expect(desk.card(earlier).get_by_text("Emergencia").first).to_be_hidden()
    desk.take(ill.folio)
    expect(desk.page.locator(".conversation-subtitle")).to_contain_text("Emergencia")
    ill.expect_said("Le atiende Alejandra Ríos.")


def test_an_emergency_while_a_person_attends_alarms_the_desk(chat: ChatPage, open_desk, world: World) -> None:
    desk: DeskPage = open_desk("alejandra")
    desk.take(ask_for_a_person(chat, world))
    chat.expect_said("Le atiende Alejandra Ríos.")
    chat.say("me duele el pecho")
    chat.expect_said("cuelgue y marque 911 ahora.")
    alarm = desk.page.get_by_role("alert").filter(has_text="Emergencia en una conversación suya")
    expect(alarm).to_contain_text("«me duele el pecho»")
    expect(desk.page.locator(".conversation-subtitle")).to_contain_text("Emergencia")
    assert not [text for text in chat.said() if "También puedo comunicarle" in text]


def test_whoever_waits_may_go_on_with_the_bot(chat: ChatPage, open_desk, world: World) -> None:
    desk: DeskPage = open_desk("alejandra")
    folio = ask_for_a_person(chat, world)
    expect(desk.card(folio)).to_be_visible()
    chat.choose("Seguir con el asistente")
    chat.expect_state("bot")
    expect(desk.card(folio)).to_have_count(0)
    chat.choose("Otros trámites")
    expect(chat.log.get_by_role("button", name="Queja o denuncia", disabled=False)).to_be_visible()
    expect(chat.attending).to_have_text("Asistente virtual")
