"""What is said to everybody on the telephone, rendered before anybody calls."""

import asyncio
import logging
import time
from collections.abc import Iterator

from actions.questions import DATA
from channels.campaign_words import menu_texts, said_aloud
from channels.voice_words import TEXTS
from content.catalogue import Catalogue
from conversation.campaign import Campaign
from conversation.message import Channel, Choice
from conversation.serving import day_part, moving_text
from voice.prompt_cache import PromptCache
from voice.speaking import spoken

logger = logging.getLogger(__name__)
_PERSON = Choice(id="hablar_con_agente", title="Hablar con una persona")


def texts_for_everybody(catalogue: Catalogue) -> list[str]:
    """Menus, questions, articles and prompts of all campaigns with a bot, as they are said; each once.

    What is filled in when it is said (greeting with its folio, opening hours) is for one caller and not among them. In
    the order in which calls need them, so that the first caller finds what comes first.
    """
    campaigns = catalogue.with_bot()
    texts: list[str] = [spoken(text) for text in TEXTS.values()]
    for campaign in campaigns:
        texts += [*_greetings(campaign), spoken(campaign.prompts["aviso_privacidad"]), *_menus(campaign, catalogue)]
    for campaign in campaigns:
        texts += _questions(campaign)
        texts += [spoken(text) for text in campaign.prompts.values() if "{" not in text]
        texts += [spoken(one.say) for one in catalogue.settings(campaign.id).person_only]
        texts.append(spoken(moving_text(campaign)))
        articles = (catalogue.articles.get(campaign.id, topic.id) for topic in campaign.topics)
        texts += [spoken(article.as_said) for article in articles if article]
    texts.append(spoken(catalogue.emergency().prompt))
    return [text for text in dict.fromkeys(texts) if text]


def _greetings(campaign: Campaign) -> Iterator[str]:
    """The greeting of each part of the day, where nothing of one caller is filled in."""
    words = campaign.words("bienvenida", Channel.VOICE)
    if "{folio}" not in words:
        for hello in sorted({day_part(hour) for hour in range(24)}):
            yield spoken(words.format(saludo=hello, bot=campaign.bot_name))


async def prerender(synthesiser: PromptCache, catalogue: Catalogue) -> None:
    """Render it all, one text at a time: callers have the synthesiser's other workers to themselves."""
    started = time.monotonic()
    try:
        texts = await asyncio.to_thread(texts_for_everybody, catalogue)
        failed = await synthesiser.prerender(texts)
    except Exception:
        # Nobody awaits this task, and calls are served without it: a prompt is then rendered when it is said.
        logger.exception("prompts could not be rendered in advance")
        return
    level = logging.WARNING if failed else logging.INFO
    ready, seconds = len(texts) - len(failed), time.monotonic() - started
    logger.log(level, "%d of %d prompts are ready, after %.0f s", ready, len(texts), seconds)


def _menus(campaign: Campaign, catalogue: Catalogue) -> Iterator[str]:
    for _, question, choices in menu_texts(campaign, catalogue):
        yield said_aloud(question, choices)
    yield said_aloud(campaign.prompts["no_entendi_menu"], campaign.greeting_choices)


def _questions(campaign: Campaign) -> Iterator[str]:
    """Each datum asked for, asked for again, and explained (`actions.questions`)."""
    for name, datum in DATA.items():
        prompt = campaign.prompts.get(f"pregunta_{name}", datum.prompt)
        yield from (spoken(prompt), spoken(datum.retry))
        if datum.explanation:
            yield said_aloud(f"{datum.explanation} {prompt}", (_PERSON,))
