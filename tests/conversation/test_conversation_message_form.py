"""The form of a message beyond its words: a page to open, and what it asks for; recorded and read again."""

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError
from scripted_dialogue import ROOT, Counter, says

from channels.wire import message_out
from content.catalogue import Catalogue
from conversation.asking import asked_by_choices, with_open_question
from conversation.events import EventKind
from conversation.message import AskKind, Asks, Channel, Choice, Document, Reply, Sender
from conversation.ports import Answered
from conversation.service import ConversationError

ELEVEN = {"kind": "digits", "min_digits": 11, "max_digits": 11}
PAGE = Document(title="Trámite en línea", url="https://www.imss.gob.mx/tramites")


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path, Catalogue(ROOT))


@pytest.mark.parametrize(
    "url",
    [
        "https://www.imss.gob.mx/tramites?x=1#y", "https://imss.gob.mx", "https://imss.gob.mx:8443/a", "/aviso", "/",
        "/archivos/constancia.pdf?v=2",
    ],
)  # fmt: skip
def test_a_document_leads_to_https_or_into_this_site(url: str) -> None:
    assert Document(title="Aviso", url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://imss.gob.mx", "javascript:alert(1)", "data:text/html,x", "//malo.example/a", "/\\\\malo.example", "",
        "https://imss.gob.mx@malo.example/", "https://", "https:///a", "https://imss.gob.mx/a b", "aviso.html",
        "https://imss.gob.mx\\@malo.example", 'https://imss.gob.mx/"><script>', " https://imss.gob.mx",
    ],
)  # fmt: skip
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="address"):
        Document(title="Aviso", url=url)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "text", "max_digits": 3}, {"kind": "digits", "min_digits": 5, "max_digits": 4},
        {"kind": "digits", "min_digits": 0}, {"kind": "color"},
    ],
)  # fmt: skip
def test_a_request_that_nobody_could_answer_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Asks.model_validate(wrong)


@pytest.mark.parametrize(
    ("ids", "asks"),
    [
        (("answer:yes", "answer:no"), True), (("offer:accept", "offer:reject"), True),
        (("survey:si", "survey:no"), True), (("answer:yes",), False), (("answer:yes", "answer:yes"), False),
        (("answer:yes", "answer:no", "hablar_con_agente"), False), (("vigencia", "semanas"), False),
    ],
)  # fmt: skip
def test_two_choices_that_mean_yes_and_no_tell_what_is_asked(ids: tuple[str, ...], asks: bool) -> None:
    found = asked_by_choices([Choice(id=one, title=one) for one in ids])
    assert (found is not None and found.kind is AskKind.YES_NO) is asks


def test_the_last_reply_of_a_turn_asks_for_the_open_datum() -> None:
    replies = (Reply(text="Gracias."), Reply(text="¿Su NSS?"))
    first, last = with_open_question(replies, {"pending": {"kind": "datum", "asks": ELEVEN}})
    assert first.asks is None and last.asks == Asks.model_validate(ELEVEN)
    assert with_open_question(replies, {"pending": {"kind": "datum", "name": "nss"}}) == list(replies), "older facts"
    assert with_open_question((), {"pending": {"asks": ELEVEN}}) == []


async def test_page_and_request_are_recorded_and_given_to_every_channel(counter: Counter) -> None:
    conversation = await counter.opens()
    replies = (Reply(text="Puede hacerlo por internet.", document=PAGE), Reply(text="¿Cuál es su NSS?"))
    facts = {"pending": {"kind": "datum", "name": "nss", "asks": ELEVEN}}
    counter.engine.will(Answered(replies=replies, facts=facts))
    outcome = await counter.hears(conversation, "mi constancia")
    recorded = [one for one in counter.record.messages(conversation) if one.sender is Sender.BOT][-2:]
    assert outcome.messages == recorded
    given = [message_out(message).model_dump(mode="json") for message in recorded]
    assert given[0]["document"] == {"title": "Trámite en línea", "url": PAGE.url} and given[0]["asks"] is None
    assert given[1]["asks"] == ELEVEN and given[1]["document"] is None
    assert counter.data_of(conversation, EventKind.MESSAGE)[-1]["asks"] == ELEVEN


async def test_what_the_message_does_not_have_leaves_no_trace_in_the_record(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Claro."))
    await counter.hears(conversation, "hola")
    kept = counter.data_of(conversation, EventKind.MESSAGE)[-1]
    assert kept.keys() == {"sender", "text", "in_reply_to"}, "as records were before there were pages and requests"
    assert counter.record.messages(conversation)[-1].document is None


async def test_whoever_leaves_a_message_is_asked_for_ten_digits(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "leave_message")
    outcome = await counter.hears(conversation, "quiero que me llamen por mi pensión")
    assert outcome.messages[-1].asks == Asks(kind=AskKind.DIGITS, min_digits=10, max_digits=10)


async def test_a_campaign_is_not_opened_on_a_channel_that_is_off(tmp_path: Path) -> None:
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    file = tmp_path / "bots" / "cita_medica" / "campaign.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("channels: [webchat, whatsapp, voice]", "channels: [webchat]"), encoding="utf-8")
    counter = Counter(tmp_path, Catalogue(tmp_path))
    assert await counter.opens("cita_medica", Channel.WEBCHAT)
    for channel in (Channel.WHATSAPP, Channel.VOICE):
        with pytest.raises(ConversationError) as refused:
            await counter.opens("cita_medica", channel)
        assert refused.value.code == "campaign_without_bot" and "en este canal" in str(refused.value)
