"""What a turn looks like on WhatsApp, in terms of the Cloud API but of no library.

Everything said in one turn becomes as few messages as possible: about one message in six seconds may go to one user
(Meta, «Pair rate limits»), and somebody who reads on a telephone is served better by one bubble. Limits and their
sources are in docs/messages.md. Options are buttons, else a list, else numbered in the text; tapping one gives the id
of the choice, and answering with its number or its words works as well (`conversation/choices.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.cutting import pieces, shortened
from channels.document_address import public_address
from conversation.choices import key_of
from conversation.message import Choice, Message, Sender

MAX_TEXT = 4096
MAX_BODY = 1024
"""Of a message with buttons; a list may have more, but one limit for both keeps what people see alike."""
MAX_BUTTONS, MAX_BUTTON_TITLE = 3, 20
MAX_ROWS, MAX_ROW_TITLE, MAX_ROW_DESCRIPTION = 10, 24, 72
MAX_ROW_ID = 200
LIST_BUTTON, LIST_SECTION = "Ver opciones", "Opciones"
SHORT_BODY = "Elija una opción:"
BY_NUMBER = "Responda con el número de la opción."


@dataclass(frozen=True)
class WhatsAppText:
    """A text; WhatsApp makes addresses in it links."""

    body: str


@dataclass(frozen=True)
class WhatsAppButton:
    """A reply button; `id` is the id of the choice."""

    id: str
    title: str


@dataclass(frozen=True)
class WhatsAppButtons:
    """A text with one to three reply buttons."""

    body: str
    buttons: tuple[WhatsAppButton, ...]


@dataclass(frozen=True)
class WhatsAppRow:
    """A row of a list; `id` is the id of the choice, `description` the whole title where it had to be cut."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class WhatsAppList:
    """A text with a button that opens a list of one section."""

    body: str
    rows: tuple[WhatsAppRow, ...]
    button: str = LIST_BUTTON
    section: str = LIST_SECTION


@dataclass(frozen=True)
class WhatsAppLink:
    """A text with a button that opens a page (`cta_url`)."""

    body: str
    url: str
    button: str


WhatsAppMessage = WhatsAppText | WhatsAppButtons | WhatsAppList | WhatsAppLink


def render(messages: Sequence[Message], site: str = "") -> list[WhatsAppMessage]:
    """One turn as WhatsApp messages, in the order to send them; what the citizen wrote is left out.

    `site` is the public `https://host` of this installation: documents with a site-relative address need it. Without it
    their title is said, for an address that leads nowhere would be worse than none.
    """
    said = [message for message in messages if message.sender is not Sender.USER]
    choices = next((message.choices for message in reversed(said) if message.choices), ())
    link = None if choices else _link_alone(said, site)
    if link:
        return [link]
    texts = [text for message in said if (text := _text(message, site))]
    return _with_choices(texts, choices) if choices else _plain("\n\n".join(texts))


def _link_alone(messages: Sequence[Message], site: str) -> WhatsAppLink | None:
    """A turn with one page to open and nothing to choose: the page is a button below the text."""
    documents = [message.document for message in messages if message.document]
    body = "\n\n".join(message.text.strip() for message in messages if message.text.strip())
    address = public_address(documents[0], site) if len(documents) == 1 else None
    if not address or not 0 < len(body) <= MAX_BODY:
        return None
    return WhatsAppLink(body, address, button=shortened(documents[0].title, MAX_BUTTON_TITLE))


def _plain(text: str) -> list[WhatsAppMessage]:
    return [WhatsAppText(body=piece) for piece in pieces(text, MAX_TEXT)]


def _with_choices(texts: list[str], choices: tuple[Choice, ...]) -> list[WhatsAppMessage]:
    whole = "\n\n".join(texts)
    if not tappable(choices):
        return _plain("\n\n".join(filter(None, (whole, numbered(choices)))))
    if 0 < len(whole) <= MAX_BODY:
        return [_interactive(whole, choices)]
    if texts and len(texts[-1]) <= MAX_BODY:
        return [*_plain("\n\n".join(texts[:-1])), _interactive(texts[-1], choices)]
    return [*_plain(whole), _interactive(SHORT_BODY, choices)]


def tappable(choices: tuple[Choice, ...]) -> bool:
    """Whether the choices can be buttons or a list; else they are numbered in the text."""
    return _fit_buttons(choices) or fit_list(choices)


def _fit_buttons(choices: tuple[Choice, ...]) -> bool:
    titles = {choice.title for choice in choices}  # Meta refuses two buttons of one title
    fitting = all(0 < len(title) <= MAX_BUTTON_TITLE for title in titles)
    return len(choices) <= MAX_BUTTONS and len(titles) == len(choices) and fitting


def fit_list(choices: tuple[Choice, ...]) -> bool:
    """Whether a list shows every title whole, in its row or in the description below."""
    longest = max((len(choice.title) for choice in choices), default=0)
    ids = {choice.id for choice in choices}
    fitting_ids = len(ids) == len(choices) and all(len(one) <= MAX_ROW_ID for one in ids)
    return 0 < len(choices) <= MAX_ROWS and 0 < longest <= MAX_ROW_DESCRIPTION and fitting_ids


def _interactive(body: str, choices: tuple[Choice, ...]) -> WhatsAppButtons | WhatsAppList:
    if _fit_buttons(choices):
        return WhatsAppButtons(body, tuple(WhatsAppButton(choice.id, choice.title) for choice in choices))
    return WhatsAppList(body, tuple(_row(choice) for choice in choices))


def _row(choice: Choice) -> WhatsAppRow:
    title = shortened(choice.title, MAX_ROW_TITLE)
    return WhatsAppRow(choice.id, title, description=choice.title if title != choice.title else "")


def numbered(choices: tuple[Choice, ...]) -> str:
    """The options with the keys that take them, one a line."""
    lines = (f"{key_of(choice, place)}. {choice.title}" for place, choice in enumerate(choices, start=1))
    return "\n".join([*lines, BY_NUMBER])


def _text(message: Message, site: str) -> str:
    """What a message says, with the address of its document."""
    document = message.document
    if document is None:
        return message.text.strip()
    address = public_address(document, site)
    return f"{message.text.strip()}\n{document.title}{f': {address}' if address else ''}".strip()
