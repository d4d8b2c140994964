"""The chat and the desk by what people see and do on them, for tests that read like a story."""

import json
import re
from typing import Any

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

GREETING = "soy un programa, no una persona"
FOLIO = re.compile(r"^VEN-\d{8}-\d{7}-\d$")


def enter(root: Page | Frame | FrameLocator) -> None:
    """Fill in the form before a chat; outside the window, go on to leave a message. Without an entrance, nothing."""
    entrance = root.locator("#entrance")
    if entrance.count() == 0:
        return
    if entrance.locator("input").count():
        entrance.get_by_label("Nombre").fill("Lucía")
        entrance.get_by_label("Correo electrónico").fill("lucia@correo.example")
        entrance.get_by_label("Entidad federativa").select_option("Oaxaca")
        entrance.get_by_label("¿Qué trámite necesita?").select_option("Otro")
    entrance.locator("button[type=submit]").click()


class ChatPage:
    """The citizen's chat; `inside` is where it lives when another site embeds it."""

    def __init__(self, page: Page, inside: Page | Frame | FrameLocator | None = None) -> None:
        self.page, self._root = page, inside or page
        self.log = self._root.get_by_role("log", name="Mensajes")
        self.box = self._root.get_by_role("textbox", name="Escriba su mensaje")
        self.attending = self._root.locator("#attending")
        self.ended = self._root.get_by_role("heading", name="La conversación terminó")
        self.survey = self._root.locator("#survey")

    def open(self, campaign: str) -> None:
        """Go to a campaign's chat, through its entrance if it has one, and wait for its greeting."""
        self.page.goto(f"/chat/{campaign}")
        enter(self._root)
        self.expect_said(GREETING)

    def say(self, text: str) -> None:
        """Write a message and press Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def choose(self, title: str) -> None:
        """Touch one of the options on offer."""
        self.log.get_by_role("button", name=title, exact=True, disabled=False).click()

    def expect_said(self, text: str, times: int = 1) -> None:
        """Wait until messages with this text stand in the log, exactly so many times."""
        expect(self.log.locator(".message-text").filter(has_text=text)).to_have_count(times)

    def expect_state(self, state: str) -> None:
        """Wait for the state of the conversation."""
        expect(self._root.locator("#chat")).to_have_attribute("data-state", state)

    def identify(self, person: dict[str, Any], born: str) -> None:
        """Give the NSS and the date of birth when asked for them."""
        self.expect_said("Escriba los 11 dígitos")
        self.say(person["nss"])
        self.expect_said("fecha de nacimiento")
        self.say(born)

    def answer_survey(self, resolved: str, *ratings: str) -> None:
        """Answer the exit survey, one question a screen: resolved, then a mark for each level that attended."""
        for place, answer in enumerate((resolved, *ratings), start=1):
            expect(self.survey).to_contain_text(f"Pregunta {place} de")
            self.survey.get_by_role("radio", name=answer, exact=True).check()
            self.send_survey()

    def send_survey(self) -> None:
        """Send the open question of the exit survey as it is."""
        self.survey.get_by_role("button", name="Enviar").click()

    def said(self) -> list[str]:
        """Text of every message, in order."""
        return self.log.locator(".message-text").all_inner_texts()

    @property
    def folio(self) -> str:
        """The folio shown at the start of the conversation."""
        shown = self._root.locator("#folio")
        expect(shown).to_have_text(FOLIO)
        return shown.inner_text()

    def key(self, campaign: str) -> tuple[str, str]:
        """Id and token of the conversation, as the tab remembers them."""
        kept = json.loads(self.page.evaluate(f"sessionStorage.getItem('ventanilla:{campaign}:conversation')"))
        return kept["conversation_id"], kept["token"]

    def expect_to_fit(self) -> None:
        """Nothing is wider or taller than the window: only the messages scroll, and only up and down."""
        for element in ("document.documentElement", "document.querySelector('#scroller')"):
            overflow = self.page.evaluate(f"{element}.scrollWidth - {element}.clientWidth")
            assert overflow <= 0, f"{element} is {overflow} px too wide"
        too_tall = self.page.evaluate("document.documentElement.scrollHeight - window.innerHeight")
        assert too_tall <= 0, f"the page is {too_tall} px taller than the window"


class DeskPage:
    """The agents' desk."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.waiting = page.get_by_role("region", name="En espera")
        self.mine = page.get_by_role("region", name="Mis conversaciones")
        self.known = page.get_by_role("complementary", name="Lo que ya se sabe")
        self.transcript = page.get_by_role("log", name="Mensajes")
        self.problem = page.locator("#desk-problem-text")

    def log_in(self, username: str, password: str) -> None:
        """Fill the login form."""
        self.page.goto("/desk")
        self.page.get_by_label("Usuario").fill(username)
        self.page.get_by_label("Contraseña").fill(password)
        self.page.get_by_role("button", name="Entrar").click()

    def card(self, folio: str) -> Locator:
        """The waiting conversation with this folio."""
        return self.waiting.get_by_role("listitem").filter(has_text=folio)

    def take(self, folio: str) -> None:
        """Take a waiting conversation."""
        self.card(folio).get_by_role("button", name="Tomar").click()

    def say(self, text: str) -> None:
        """Answer the citizen."""
        box = self.page.get_by_role("textbox", name="Escriba su respuesta")
        box.fill(text)
        box.press("Enter")

    def expect_said(self, text: str) -> None:
        """Wait for a message of the open transcript."""
        expect(self.transcript.locator(".message-text").filter(has_text=text)).to_have_count(1)

    def close(self, topic: str) -> None:
        """End the attention with one tipificación."""
        self.page.get_by_role("button", name="Terminar atención").click()
        dialog = self.page.get_by_role("dialog", name="Terminar atención")
        dialog.get_by_role("checkbox", name=topic, exact=True).check()
        dialog.get_by_role("button", name="Terminar atención").click()
