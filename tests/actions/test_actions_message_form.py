"""What actions say beyond words: the page of an article, and in what form the open datum is expected."""

import shutil
from pathlib import Path

import pytest
from institution_bench import ROOT, Bench, RunningSandbox
from scripted_tracker import Dialogue

from content.articles import parse_article
from content.catalogue import Catalogue
from content.files import ContentError
from conversation.asking import asked_by_facts
from conversation.message import AskKind, Asks, Document
from dialogue.rasa_engine import read_answer

LINK = "https://www.imss.gob.mx/tramites/constancia"
DIGITS = Asks(kind=AskKind.DIGITS, min_digits=11, max_digits=11)


@pytest.fixture
def linked(tmp_path: Path, sandbox: RunningSandbox) -> Bench:
    """A bench whose article on the constancia has the page where it is obtained."""
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    article = tmp_path / "knowledge" / "derechohabiente" / "constancia_vigencia.md"
    article.write_text(article.read_text(encoding="utf-8").replace("link: null", f"link: {LINK}"), encoding="utf-8")
    return Bench(tmp_path, sandbox.url, Catalogue(tmp_path))


async def test_the_page_of_an_article_comes_beside_its_words(linked: Bench) -> None:
    dialogue = Dialogue(linked, "derechohabiente")
    answer = await dialogue.turn("action_informar", intent="constancia_vigencia", choice="constancia_vigencia")
    told, more = answer.replies
    assert told.document == Document(title="Trámite en línea", url=LINK) and LINK not in told.text
    assert more.document is None and more.choices
    repeated = await dialogue.turn("action_repetir", "repítame", "repetir")
    assert [reply.document for reply in repeated.replies if reply.document] == [told.document]


async def test_an_article_without_a_page_has_words_alone(bench: Bench) -> None:
    dialogue = Dialogue(bench, "derechohabiente")
    answer = await dialogue.turn("action_informar", intent="constancia_vigencia", choice="constancia_vigencia")
    assert [reply.document for reply in answer.replies] == [None, None]


async def test_the_open_datum_tells_its_form_until_it_is_given(bench: Bench) -> None:
    dialogue = Dialogue(bench)
    await dialogue.asks_to_book()
    assert asked_by_facts(dialogue.facts) == DIGITS
    await dialogue.says("no entiendo")
    assert asked_by_facts(dialogue.facts) == DIGITS, "asked again"
    await dialogue.says("00058500018")
    assert asked_by_facts(dialogue.facts) == Asks(kind=AskKind.DATE)
    await dialogue.says("12/03/1985")
    assert asked_by_facts(dialogue.facts) is None, "an offer is answered with its choices"


def test_a_link_that_leads_nowhere_safe_is_refused_when_the_article_is_read(tmp_path: Path) -> None:
    text = (ROOT / "knowledge" / "derechohabiente" / "constancia_vigencia.md").read_text(encoding="utf-8")
    with pytest.raises(ContentError, match=r"a\.md, link\.url: .*https://"):
        parse_article(text.replace("link: null", "link: javascript:alert(1)"), tmp_path / "a.md")


def test_an_attachment_without_a_text_before_it_is_no_answer() -> None:
    with pytest.raises(IndexError):
        read_answer([{"attachment": Document(title="Aviso", url="/aviso").model_dump_json()}])
