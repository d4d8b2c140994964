"""Several conversations side by side at the desk, in a real browser: each keeps to itself, by mouse and by keyboard."""

import re

import pytest
from attended_desk import THURSDAY, AttendedDesk, Citizen
from browsing import OpenPage, Serve, is_sound, log_in
from playwright.sync_api import Locator, Page, expect
from watched_browser import DESKTOP, NARROW, PHONE

WIDE, TABLET, SMALL = (1440, 900), (1024, 768), (375, 760)
DANGER = "me duele el pecho"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 300


def tile(page: Page, citizen: Citizen) -> Locator:
    """The open conversation with this citizen; exact, as the region of its messages is named alike."""
    return page.get_by_role("region", name=re.compile(f"^Conversación de .*{citizen.folio}$"))


def box(page: Page, citizen: Citizen) -> Locator:
    return tile(page, citizen).get_by_role("textbox", name="Escriba su respuesta")


def card(page: Page, citizen: Citizen) -> Locator:
    mine = page.get_by_role("region", name="Mis conversaciones")
    return mine.get_by_role("listitem").filter(has_text=citizen.folio)


def accepts(desk: AttendedDesk, page: Page, *texts: str) -> Citizen:
    """A citizen whom the agent of this page attends from now on."""
    citizen = desk.waiting(*texts)
    page.locator("#offers").get_by_role("button", name="Aceptar").click()
    expect(box(page, citizen)).to_be_focused()
    return citizen


def two(desk: AttendedDesk, page: Page) -> tuple[Citizen, Citizen]:
    log_in(page)
    return accepts(desk, page), accepts(desk, page)


def repeated_ids(page: Page) -> list[str]:
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    return [one for one in ids if ids.count(one) > 1]


@pytest.mark.parametrize("size", [WIDE, DESKTOP, TABLET], ids=["1440", "1280", "1024"])
def test_two_stand_beside_each_other_and_each_hears_its_own(
    serve: Serve, open_page: OpenPage, size: tuple[int, int]
) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, size)
    first, second = two(desk, page)
    left, right = tile(page, first).bounding_box(), tile(page, second).bounding_box()
    assert left and right and left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for one in (first, second):
        expect(box(page, one)).to_be_in_viewport(ratio=1)
        expect(tile(page, one).get_by_role("button", name="Terminar atención")).to_be_in_viewport(ratio=1)
    assert repeated_ids(page) == []
    first.says("soy la primera")
    second.says("soy la segunda")
    for one, own, other in ((first, "soy la primera", "soy la segunda"), (second, "soy la segunda", "soy la primera")):
        log = tile(page, one).get_by_role("log", name="Mensajes")
        expect(log.get_by_text(own)).to_be_in_viewport()
        expect(log.get_by_text(other)).to_have_count(0)
        expect(log).to_have_attribute("aria-live", "polite")
        expect(log).to_have_attribute("aria-relevant", "additions")
    box(page, first).fill("Para la primera, sin enviar")
    box(page, second).fill("Para la segunda")
    box(page, second).press("Enter")
    expect(box(page, second)).to_have_value("")
    expect(box(page, first)).to_have_value("Para la primera, sin enviar")
    chooser = tile(page, first).locator("input[type=file]")
    chooser.set_input_files({"name": "f.png", "mimeType": "image/png", "buffer": PNG})
    expect(tile(page, first).get_by_role("link", name="Descargar f.png")).to_be_visible()
    expect(tile(page, second).get_by_role("link", name="Descargar f.png")).to_have_count(0)
    said = {one.id: [m.text for m in desk.record.messages(one.id) if m.sender == "human"] for one in (first, second)}
    assert said == {first.id: ["Archivo: f.png"], second.id: ["Para la segunda"]}


def test_what_is_known_is_of_the_one_that_has_the_focus_and_keeps_what_was_typed(
    serve: Serve, open_page: OpenPage
) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    first, second = two(desk, page)
    known = page.get_by_role("complementary", name="Lo que ya se sabe")
    expect(known.locator("#context-of")).to_contain_text(second.folio)
    tile(page, first).locator(".transcript-scroller").click()
    expect(known.locator("#context-of")).to_contain_text(first.folio)
    expect(known).not_to_contain_text(second.folio)
    expect(tile(page, first)).to_have_attribute("aria-current", "true")
    expect(tile(page, second)).to_have_attribute("aria-current", "false")
    expect(card(page, first).get_by_role("button")).to_have_attribute("aria-current", "true")
    known.get_by_label("Nota nueva").fill("Prefiere la tarde")
    box(page, second).click()
    expect(known.get_by_label("Nota nueva")).to_have_value("")
    known.get_by_label("Nota nueva").fill("Es su mamá")
    known.get_by_role("button", name="Agregar nota").click()
    expect(known.locator("#notes li")).to_contain_text("Es su mamá")
    tile(page, first).get_by_role("heading").click()
    expect(known.get_by_label("Nota nueva")).to_have_value("Prefiere la tarde")
    expect(known.locator("#notes li")).to_have_count(0)
    assert [one.data["text"] for one in desk.events(second, "note")] == ["Es su mamá"]
    assert desk.events(first, "note") == []


def test_what_came_elsewhere_is_marked_until_it_is_looked_at(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    page.add_init_script(
        "window.tones = 0; const make = AudioContext.prototype.createOscillator;"
        "AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };"
    )
    first, second = two(desk, page)
    before = page.evaluate("tones")
    second.says("aquí sigo")
    expect(tile(page, second).get_by_text("aquí sigo")).to_be_visible()
    expect(tile(page, second).locator(".badge")).to_be_hidden()
    first.says("¿hola?")
    expect(tile(page, first).locator(".badge")).to_have_text("1 nuevo")
    expect(card(page, first).locator(".badge")).to_have_text("1 nuevo")
    expect(page.locator("#announcer")).to_have_text(re.compile(f"^Mensaje nuevo: .*{first.folio}"))
    assert page.evaluate("tones") == before, "what is before the agent's eyes does not ring"
    box(page, first).focus()
    expect(tile(page, first).locator(".badge")).to_be_hidden()
    expect(card(page, first).locator(".badge")).to_be_hidden()
    box(page, first).fill("a medias")
    tile(page, first).get_by_role("button", name="Ocultar esta conversación").click()
    expect(tile(page, first)).to_have_count(0)
    first.says("¿me oye?")
    first.says("¿sí?")
    expect(card(page, first).locator(".badge")).to_have_text("2 nuevos")
    expect(card(page, second).locator(".badge")).to_be_hidden()
    assert page.evaluate("tones") == before + 2
    page.evaluate(
        "new MutationObserver(([one]) => { window.live = one.addedNodes[0].querySelector('[role=log]').ariaLive; })"
        ".observe(document.querySelector('#tiles'), { childList: true })"
    )
    card(page, first).get_by_role("button").click()
    expect(box(page, first)).to_be_focused()
    expect(box(page, first)).to_have_value("a medias")
    expect(tile(page, first).get_by_text("¿me oye?")).to_be_in_viewport()
    expect(card(page, first).locator(".badge")).to_be_hidden()
    assert page.evaluate("live") == "off", "what was said before is not read out when it appears"
    expect(tile(page, first).get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_an_emergency_in_the_other_conversation_alarms(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    first, second = two(desk, page)
    first.says(DANGER)
    expect(page.locator("#emergency")).to_contain_text(f"Emergencia en una conversación suya: «{DANGER}»")
    expect(tile(page, first).locator(".conversation-subtitle")).to_contain_text("Emergencia")
    expect(tile(page, second).locator(".conversation-subtitle")).not_to_contain_text("Emergencia")
    page.locator("#emergency").get_by_role("button", name="Enterado").click()
    box(page, first).focus()
    expect(page.locator("#context-body")).to_contain_text(DANGER)


def test_the_sign_of_typing_is_of_its_own_conversation(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page, chat = open_page(url, WIDE), open_page(url, PHONE)
    log_in(page)
    chat.goto("/chat/cita_medica")
    writes = chat.get_by_role("textbox", name="Escriba su mensaje")
    writes.fill("quiero una persona")
    writes.press("Enter")
    page.locator("#offers").get_by_role("button", name="Aceptar").click()
    second = accepts(desk, page)
    expect(chat.locator("#attending")).to_have_text("Le atiende una persona")
    writes.press_sequentially("Hola")
    expect(page.locator(".tile").first.locator(".citizen-types")).to_be_visible()
    expect(tile(page, second).locator(".citizen-types")).to_be_hidden()
    expect(page.locator(".tile").first.locator(".citizen-types-spoken")).not_to_be_empty()


def test_by_keyboard_from_one_to_the_next_and_back(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    first, second = two(desk, page)
    third = accepts(desk, page)
    for key, one in (("F6", first), ("F6", second), ("Shift+F6", first), ("Shift+F6", third)):
        page.keyboard.press(key)
        expect(box(page, one)).to_be_focused()
        expect(page.locator("#context-of")).to_contain_text(one.folio)
    card(page, first).get_by_role("button").focus()
    page.keyboard.press("F6")  # from elsewhere, to where one was
    expect(box(page, third)).to_be_focused()
    page.keyboard.press("F6")
    hide = tile(page, first).get_by_role("button", name="Ocultar esta conversación")
    for _ in range(3):  # transcript, Hide
        page.keyboard.press("Shift+Tab")
        if hide.evaluate("(node) => node === document.activeElement"):
            break
    expect(hide).to_be_focused()
    page.keyboard.press("Enter")
    expect(tile(page, first)).to_have_count(0)
    expect(box(page, third)).to_be_focused()
    card(page, first).get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(box(page, first)).to_be_focused()
    tile(page, first).get_by_role("button", name="Frases").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Frases")).to_be_visible()
    page.keyboard.press("F6")  # a dialog keeps the keyboard
    expect(page.get_by_role("dialog", name="Frases").get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tile(page, first).get_by_role("button", name="Frases")).to_be_focused()


def test_after_declining_the_focus_is_where_it_was(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    first, _ = two(desk, page)
    box(page, first).fill("Un momento")
    desk.waiting()
    page.locator("#offers").get_by_role("button", name="Rechazar").click()
    expect(page.locator("#offers")).to_be_hidden()
    expect(box(page, first)).to_be_focused()


def ends(page: Page, citizen: Citizen) -> None:
    tile(page, citizen).get_by_role("button", name="Terminar atención").click()
    dialog = page.get_by_role("dialog", name="Terminar atención")
    dialog.get_by_role("checkbox").first.check()
    dialog.get_by_role("button", name="Terminar atención").click()
    expect(dialog).to_be_hidden()


def test_the_focus_goes_on_where_one_was_when_a_conversation_ends(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    first, second = two(desk, page)
    box(page, first).fill("Un momento")
    ends(page, second)
    expect(tile(page, second)).to_have_count(0)
    expect(box(page, first)).to_be_focused()
    expect(box(page, first)).to_have_value("Un momento")
    expect(page.locator("#context-of")).to_contain_text(first.folio)
    ends(page, first)
    expect(page.locator("#none-open")).to_be_visible()
    expect(page.locator("#context-none")).to_be_visible()
    expect(page.get_by_role("region", name="Mis conversaciones")).to_be_focused()
    assert [desk.record.load(one.id).state for one in (first, second)] == ["survey", "survey"]


def test_a_dialog_ends_the_conversation_it_was_opened_for(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    log_in(page)
    first = accepts(desk, page)
    tile(page, first).get_by_role("button", name="Terminar atención").click()
    dialog = page.get_by_role("dialog", name="Terminar atención")
    second = desk.waiting()
    expect(page.locator("#offers")).to_be_visible()
    page.keyboard.press("Alt+a")
    expect(tile(page, second)).to_have_attribute("aria-current", "true")
    dialog.get_by_role("checkbox").first.check()
    dialog.get_by_role("button", name="Terminar atención").click()
    expect(tile(page, first)).to_have_count(0)
    expect(box(page, second)).to_be_focused()
    assert [desk.record.load(one.id).state for one in (first, second)] == ["survey", "human"]


def test_one_that_is_over_says_so_and_makes_room(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, WIDE)
    first, second = two(desk, page)
    assert second.answers(f"/api/v1/conversations/{second.id}/close", {}).status_code == 200
    expect(tile(page, second).get_by_text("ya no está con usted")).to_be_visible()
    expect(box(page, second)).to_be_disabled()
    expect(box(page, first)).to_be_enabled()
    third = accepts(desk, page)
    expect(tile(page, second)).to_have_count(0)
    expect(tile(page, first)).to_be_visible()
    expect(tile(page, third)).to_be_visible()


def test_of_six_the_one_not_used_for_longest_is_put_away(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, (1920, 1000))
    log_in(page)
    citizens = [accepts(desk, page) for _ in range(5)]
    for one in citizens:
        expect(box(page, one)).to_be_in_viewport(ratio=1)
    box(page, citizens[0]).fill("no me quite")
    box(page, citizens[1]).fill("a medias")
    box(page, citizens[0]).focus()
    box(page, citizens[2]).focus()
    urgent = accepts(desk, page, DANGER)  # an emergency rings beyond the limit
    expect(page.locator(".tile")).to_have_count(5)
    expect(tile(page, citizens[3])).to_have_count(0)
    expect(box(page, citizens[0])).to_have_value("no me quite")
    card(page, citizens[3]).get_by_role("button").click()
    expect(box(page, citizens[3])).to_be_focused()
    expect(page.locator(".tile")).to_have_count(5)
    expect(tile(page, urgent)).to_be_visible()


def test_with_little_room_one_at_a_time(serve: Serve, open_page: OpenPage) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, SMALL)
    first, second = two(desk, page)
    expect(tile(page, second)).to_be_visible()
    expect(tile(page, first)).to_be_hidden()
    box(page, second).fill("a medias")
    page.get_by_role("button", name="Conversaciones").click()
    second.says("¿sigue ahí?")
    expect(card(page, second).locator(".badge")).to_have_text("1 nuevo")  # open, but not looked at
    card(page, first).get_by_role("button").click()
    expect(box(page, first)).to_be_focused()
    expect(tile(page, second)).to_be_hidden()
    expect(tile(page, first).get_by_role("button", name="Ocultar esta conversación")).to_be_hidden()
    page.keyboard.press("F6")
    expect(box(page, second)).to_be_focused()
    expect(box(page, second)).to_have_value("a medias")
    expect(tile(page, second).get_by_text("¿sigue ahí?")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL[0]
    ends(page, second)
    expect(card(page, first).get_by_role("button")).to_be_focused()
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    expect(tile(page, first)).to_be_visible()


@pytest.mark.parametrize("size", [NARROW, SMALL, TABLET, WIDE], ids=["320", "375", "1024", "1440"])
def test_side_by_side_is_accessible(serve: Serve, open_page: OpenPage, size: tuple[int, int]) -> None:
    desk, url = serve(THURSDAY)
    page = open_page(url, size, reduced_motion="reduce")
    first, second = two(desk, page)
    first.says("¿hola?")
    expect(page.locator(".tile").first.locator(".message").last).to_have_css("animation-name", "none")
    is_sound(page, "two open, one with news")
    box(page, second).fill("x" * 1900)  # the tallest box, with the count of what is left
    is_sound(page, "a long reply")
    expect(box(page, second)).to_be_in_viewport(ratio=1)
    first.says(DANGER)
    expect(page.locator("#emergency")).to_be_visible()
    is_sound(page, "an emergency in one")
