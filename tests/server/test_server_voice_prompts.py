"""What is rendered before anybody calls."""

from pathlib import Path

import pytest

from channels.voice_words import TEXTS, in_words
from content.catalogue import Catalogue
from conversation.message import Choice, Message, Sender
from server.voice_prompts import prerender, texts_for_everybody
from voice.prompt_cache import PromptCache, PromptFiles
from voice.speaking import spoken

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(ROOT)


@pytest.fixture(scope="module")
def texts(catalogue: Catalogue) -> list[str]:
    return texts_for_everybody(catalogue)


class Beeper:
    """A synthesiser that makes no speech and remembers what it was asked for."""

    identity = "beeper"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def speech(self, text: str) -> bytes:
        self.asked.append(text)
        return b"\0\0" * 160

    async def close(self) -> None:
        pass


def said(text: str, choices: tuple[Choice, ...]) -> str:
    message = Message.model_validate({"id": "1", "sender": Sender.BOT, "text": text, "at": "2026-10-15T09:00:00Z"})
    return in_words(message.model_copy(update={"choices": choices}))


def test_every_menu_and_submenu_is_in_it(catalogue: Catalogue, texts: list[str]) -> None:
    submenus = 0
    for campaign in catalogue.with_bot():
        menu = catalogue.menu(campaign.id)
        assert said(campaign.prompts["como_apoyarle"], campaign.greeting_choices) in texts
        for choice in menu.choices():
            if choice.id.startswith("menu:"):
                submenus += 1
                assert said("Elija una opción:", menu.choices(choice.id.removeprefix("menu:"))) in texts
    assert submenus == 6


def test_every_article_is_in_it(catalogue: Catalogue, texts: list[str]) -> None:
    articles = list((ROOT / "knowledge").glob("*/*.md"))
    assert len(articles) > 10
    for path in articles:
        article = catalogue.articles.get(path.parent.name, path.stem)
        assert article
        assert any(text.startswith(spoken(article.body).removesuffix(".")) for text in texts), path


def test_what_every_call_says_is_in_it(texts: list[str]) -> None:
    for text in TEXTS.values():
        assert spoken(text) in texts
    assert spoken("Escriba los 11 dígitos de su Número de Seguridad Social (NSS).") in texts
    assert any(text.startswith("Sus datos se usan solo para atenderle.") for text in texts)


def test_nothing_is_in_it_that_is_filled_in_for_one_caller(texts: list[str]) -> None:
    assert len(texts) == len(set(texts)) and all(texts)
    assert not [text for text in texts if "{" in text or "Su folio es" in text or "Atendemos nuevamente" in text]


async def test_all_is_on_disk_when_it_is_done(catalogue: Catalogue, texts: list[str], tmp_path: Path) -> None:
    beeper = Beeper()
    cache = PromptCache(beeper, PromptFiles(tmp_path))
    await prerender(cache, catalogue)
    assert beeper.asked == texts
    assert len(list(tmp_path.glob("*.pcm"))) == len(texts)


async def test_content_that_cannot_be_said_stops_no_call(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(catalogue: Catalogue) -> list[str]:
        raise ValueError("a menu of thirty options")

    monkeypatch.setattr("server.voice_prompts.texts_for_everybody", broken)
    await prerender(PromptCache(Beeper(), PromptFiles(tmp_path)), catalogue)
    assert "could not be rendered in advance" in caplog.text
