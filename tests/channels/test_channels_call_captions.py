"""A call from the page can be read, and goes on in writing where a telephone's would go to a queue."""

import asyncio
from pathlib import Path

import pytest
import scripted_caller
from scripted_caller import Caller, Line, ShortVoice, StrictEar, until
from scripted_dialogue import ROOT, Counter

from channels.access import matches, new_token
from channels.voice_call import Voice
from channels.voice_calls import VoiceCalls
from channels.voice_words import TEXTS, written_out
from channels.waiting_line import WaitingLine
from content.catalogue import Catalogue
from conversation.message import Choice, Document, IncomingMessage, Message, Reply, Sender
from conversation.ports import Answered, NotAnswered
from voice.transport import CallInfo, HungUp, KeyPressed

TOKEN, KEPT = new_token()
IN_WRITING = "no se puede pasar a una persona por voz"


class Page(Line):
    """A call in memory whose caller can read."""

    info = CallInfo("7f3c0d5e-0000-4000-8000-000000000002", "201.141.10.20", "", "derechohabiente", KEPT)

    def __init__(self) -> None:
        super().__init__()
        self.captions: list[str] = []

    def caption(self, text: str) -> None:
        self.captions.append(text)


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path, Catalogue(ROOT))


@pytest.fixture
def from_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calls does so from a page."""
    monkeypatch.setattr(scripted_caller, "Line", Page)


@pytest.mark.usefixtures("from_the_page")
async def test_what_is_said_is_shown_as_it_is_written(counter: Counter) -> None:
    call = Caller(counter, recogniser=StrictEar(["quiero mi vigencia"]))
    choices = (Choice(id="yes", title="Sí"), Choice(id="no", title="No, es todo"))
    counter.engine.will(Answered(replies=(Reply(text="Su NSS es 00058500018.", choices=choices),)))
    await call.hears("¿Cómo puedo apoyarle?")
    captions = call.line.captions  # type: ignore[attr-defined]
    assert any("marque 911" in one for one in captions), "not spelt as it is spoken"
    call.speaks()
    await until(lambda: "1: Sí\n2: No, es todo" in captions[-1], lambda: str(captions))
    await call.quiet()
    call.is_silent()
    await call.hears(TEXTS["voz_sin_respuesta_1"])
    assert captions[-1] == TEXTS["voz_sin_respuesta_1"]
    call.hangs_up()
    await call.next_step()


@pytest.mark.usefixtures("from_the_page")
async def test_a_person_goes_on_in_writing_under_the_callers_token(counter: Counter) -> None:
    call = Caller(counter, recogniser=StrictEar(["quiero mi vigencia"]))
    counter.engine.will(NotAnswered(reason="down"))
    await call.hears("¿Cómo puedo apoyarle?")
    call.speaks()
    step = await call.next_step()
    assert step.action == "queue" and step.conversation is not None
    assert call.voice.said[-1].count(IN_WRITING) == 1
    assert IN_WRITING in call.line.captions[-1]  # type: ignore[attr-defined]
    assert matches(TOKEN, counter.record.token_hash(step.conversation.id))
    assert step.conversation.origin == "201.141.10.20"


async def test_a_telephone_is_told_nothing_of_the_kind(counter: Counter) -> None:
    counter.engine.will(NotAnswered(reason="down"))
    caller = Caller(counter, recogniser=StrictEar(["quiero mi vigencia"]))
    await caller.hears("¿Cómo puedo apoyarle?")
    caller.speaks()
    assert (await caller.next_step()).action == "queue"
    assert IN_WRITING not in caller.said


async def test_a_page_names_its_campaign_and_is_told_of_its_own_keys(counter: Counter) -> None:
    page, voice = Page(), ShortVoice()
    line, campaigns = WaitingLine(counter.record), Catalogue(ROOT)
    calls = VoiceCalls(counter.service, line, campaigns, {}, "recepcion", Voice(voice))
    serving = asyncio.create_task(calls.serve(page))
    await until(lambda: "teclas de la pantalla" in " ".join(page.captions), lambda: str(page.captions))
    page.tell(HungUp("the caller hung up"))
    await serving
    assert counter.audience.heard[-1][0].campaign == "derechohabiente"


async def test_who_waits_after_a_call_from_the_page_is_no_call_any_more(counter: Counter) -> None:
    """So that the desk offers it, puts it back and passes it on as a chat, and asks for a message in writing."""
    counter.engine.will(NotAnswered(reason="down"))
    page = Page()
    calls = VoiceCalls(
        counter.service, WaitingLine(counter.record), Catalogue(ROOT), {}, "recepcion", Voice(ShortVoice())
    )
    serving = asyncio.create_task(calls.serve(page))
    await until(lambda: len(page.captions) > 2, lambda: str(page.captions))
    await asyncio.sleep(0.5)  # the notices are heard whole
    page.tell(KeyPressed("0"))
    await until(serving.done, lambda: str(page.captions))
    step = calls.next_step(page.info.call_id)
    assert step is not None and step.conversation is not None and step.action == "queue"
    conversation = counter.record.load(step.conversation.id)
    assert conversation is not None and conversation.in_writing and not conversation.on_the_telephone
    outcome = await counter.service.receive(conversation.id, IncomingMessage(choice="leave_message"))
    assert "Escriba su mensaje" in outcome.messages[-1].text


def test_a_document_and_a_long_menu_in_writing() -> None:
    choices = tuple(Choice(id=str(n), title=f"Trámite {n}") for n in range(1, 12))
    message = Message(
        id="1", sender=Sender.BOT, text="¿Cuál?", choices=choices, at="2026-10-15T09:00:00-06:00",
        document=Document(title="Requisitos", url="https://www.imss.gob.mx/requisitos"),
    )  # fmt: skip
    lines = written_out(message).split("\n")
    assert lines[:3] == ["¿Cuál?", "Requisitos: https://www.imss.gob.mx/requisitos", "1: Trámite 1"]
    assert lines[-2:] == ["Trámite 10", "Trámite 11"]
