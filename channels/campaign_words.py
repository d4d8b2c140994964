"""What a campaign says to every caller, worded as in a call: for the exported tree and the prompts kept ready."""

from collections.abc import Iterator
from datetime import datetime

from channels.voice_words import in_words
from content.catalogue import Catalogue
from conversation.campaign import Campaign
from conversation.message import Choice, Message, Sender

PICK_ONE = "Elija una opción:"
"""Before the options of a submenu, as `actions` say it."""


def said_aloud(question: str, choices: tuple[Choice, ...]) -> str:
    """A question and its options, as a call says them."""
    return in_words(Message(id="", sender=Sender.BOT, text=question, choices=choices, at=datetime.min))


def menu_texts(campaign: Campaign, catalogue: Catalogue) -> Iterator[tuple[str, str, tuple[Choice, ...]]]:
    """Path, question and choices of every menu of a campaign with a bot; the main menu first."""
    menu = catalogue.menu(campaign.id)
    yield "", campaign.prompts["como_apoyarle"], menu.choices()
    paths = [path for path, option in menu.walk() if option.options]
    yield from ((path, PICK_ONE, menu.choices(path)) for path in paths)
