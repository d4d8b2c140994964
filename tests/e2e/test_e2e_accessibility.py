"""The chat without a mouse and without eyes: keyboard, names, language, and what a screen reader is told."""

import re

from axe_playwright_python.sync_playwright import Axe
from browser_pages import ChatPage
from playwright.sync_api import Locator, Page, expect

from evaluation.world import World

NOT_BLANK = re.compile(r"\S")
RECORD_ANNOUNCEMENTS = """
window.announced = [];
new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) {
    if (target.id !== "log" || target.getAttribute("aria-live") === "off") continue;
    window.announced.push(...[...addedNodes].map((node) => node.textContent));
  }
}).observe(document, { childList: true, subtree: true });
"""
"""What is added to the log while it is live, which is what screen readers read out."""


def press_until(page: Page, key: str, wanted: Locator) -> None:
    """Walk with Tab or Shift+Tab until the focus is where it is wanted."""
    for _ in range(40):
        page.keyboard.press(key)
        if wanted.evaluate("(node) => node === document.activeElement"):
            return
    raise AssertionError(f"40 times {key} do not lead to {wanted}")


def test_a_whole_conversation_with_the_keyboard_alone(desktop: Page, world: World) -> None:
    chat, keyboard = ChatPage(desktop), desktop.keyboard
    chat.open("derechohabiente")
    press_until(desktop, "Tab", chat.box)
    press_until(desktop, "Shift+Tab", chat.log.get_by_role("button", name="Vigencia de derechos"))
    keyboard.press("Enter")
    expect(chat.box).to_be_focused()
    for question, answer in (("11 dígitos", world.people["P1"]["nss"]), ("fecha de nacimiento", "12/03/1985")):
        chat.expect_said(question)
        keyboard.type(answer)
        keyboard.press("Enter")
        expect(chat.box).to_be_focused()
    chat.expect_said("Sus derechos aparecen vigentes")

    press_until(desktop, "Shift+Tab", chat.log.get_by_role("button", name="No, es todo"))
    keyboard.press("Enter")
    expect(chat.survey).to_be_visible()
    press_until(desktop, "Tab", chat.survey.get_by_role("radio", name="Sí"))
    keyboard.press("Space")
    press_until(desktop, "Tab", chat.survey.get_by_role("button", name="Enviar"))
    keyboard.press("Enter")
    press_until(desktop, "Tab", chat.survey.get_by_role("radio", name="1, muy mala"))
    keyboard.press("ArrowRight")
    expect(chat.survey.get_by_role("radio", name="2, mala")).to_be_checked()
    press_until(desktop, "Tab", chat.survey.get_by_role("button", name="Enviar"))
    keyboard.press("Enter")
    expect(chat.ended).to_be_visible()
    expect(desktop.get_by_role("button", name="Iniciar otra conversación")).to_be_focused()


def test_the_survey_says_what_is_missing(desktop: Page, world: World) -> None:
    chat = ChatPage(desktop)
    chat.open("cita_medica")
    chat.say("que llevo a mi cita")
    chat.choose("No, es todo")
    chat.send_survey()
    expect(desktop.get_by_role("alert").filter(has_text="Elija Sí o No")).to_be_visible()
    expect(chat.survey.get_by_role("radio", name="Sí")).to_be_focused()
    expect(chat.ended).to_be_hidden()


def test_language_roles_and_names(desktop: Page, world: World) -> None:
    chat = ChatPage(desktop)
    chat.open("derechohabiente")
    expect(desktop.locator("html")).to_have_attribute("lang", "es-MX")
    expect(chat.log).to_have_attribute("aria-live", "polite")
    expect(chat.log).to_have_attribute("aria-relevant", "additions")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Derechohabiente")
    buttons = desktop.get_by_role("button").all()
    assert len(buttons) > 5
    for button in buttons:
        expect(button).to_have_accessible_name(NOT_BLANK)


def test_additions_are_announced_and_a_history_is_not(desktop: Page, world: World) -> None:
    chat = ChatPage(desktop)
    desktop.add_init_script(RECORD_ANNOUNCEMENTS)
    chat.open("cita_medica")
    chat.say("que llevo a mi cita")
    chat.expect_said("Su identificación oficial")
    announced = "".join(desktop.evaluate("window.announced"))
    assert "soy un programa, no una persona" in announced
    assert "Su identificación oficial" in announced

    desktop.reload()
    chat.expect_said("Su identificación oficial")
    expect(chat.log).to_have_attribute("aria-live", "polite")
    assert desktop.evaluate("window.announced") == []

    chat.choose("Consultar citas agendadas")
    chat.expect_said("Escriba los 11 dígitos")
    announced = "".join(desktop.evaluate("window.announced"))
    assert "Escriba los 11 dígitos" in announced
    assert "Su identificación oficial" not in announced


def test_the_chat_opens_at_its_top(desktop: Page, world: World) -> None:
    """Greeting, «no soy una persona», privacy notice, 911 and folio come before a long menu."""
    chat = ChatPage(desktop)
    chat.open("recepcion")
    expect(desktop.locator("#folio")).to_be_in_viewport()
    expect(chat.log.get_by_text("no una persona")).to_be_in_viewport()
    expect(chat.log.get_by_text("marque 911")).to_be_in_viewport()


def test_axe_finds_nothing_while_the_bot_serves(desktop: Page, world: World) -> None:
    """Choices, an answer, an open question, the survey; line, person and desk are in tests/desk."""
    page, chat = desktop, ChatPage(desktop)
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(reduced_motion="reduce")

    def is_sound(state: str) -> None:
        found = Axe().run(page).response["violations"]
        assert [(state, one["id"], one["nodes"][0]["html"]) for one in found] == []
        chat.expect_to_fit()

    chat.open("cita_medica")
    is_sound("choices")
    chat.say("que llevo a mi cita")
    chat.expect_said("Su identificación oficial")
    is_sound("an answer")
    chat.choose("Consultar citas agendadas")
    chat.expect_said("Escriba los 11 dígitos")
    is_sound("an open question")
    page.locator("#end").click()
    page.get_by_role("button", name="Sí, terminar").click()
    expect(chat.survey).to_be_visible()
    is_sound("survey")
