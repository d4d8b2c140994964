"""The exit survey by level (channels.md §8): its order, its marks, what is recorded, and what is the campaign's."""

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError
from scripted_dialogue import ROOT, Counter, says, texts

from content.catalogue import Catalogue
from content.files import ContentError
from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.message import IncomingMessage
from conversation.ports import Finish
from conversation.service import ConversationError
from conversation.staff import Level
from conversation.survey import Survey, SurveyLevel, SurveyQuestions, is_answer, rated_people, read_nps
from ledger.settlement_source import closed_interactions

SERVED = {"topic": "vigencia_derechos"}
ASKS_NPS = "nps: '¿Nos recomendaría, del 0 al 10?'\n"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the content, to be changed."""
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, tmp_path / "content" / folder)
    return tmp_path / "content"


async def at_survey(counter: Counter) -> str:
    conversation = await counter.opens()
    counter.engine.will(says("Listo.", outcome=Finish(), **SERVED))
    await counter.hears(conversation, "es todo")
    return conversation


async def attended_by(counter: Counter, *levels: Level) -> str:
    """At the survey after people of these levels attended."""
    conversation = await counter.waiting()
    await counter.service.take(conversation, "ana", "Ana Ruiz", levels[0])
    for level in levels[1:]:
        await counter.service.attend(conversation, lambda exchange, to=level: exchange.conversation.levels.append(to))
    await counter.service.release(conversation, "ana", ["vigencia_derechos"])
    return conversation


async def test_each_level_that_attended_has_its_own_question_and_event(counter: Counter) -> None:
    conversation = await attended_by(counter, Level.PS_I_ESP, Level.PS_P)
    asked = [text for said in ("no", "2", "5") for text in texts(await counter.hears(conversation, said))]
    assert [("asistente" in text, "especialista" in text) for text in asked] == [
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    await counter.hears(conversation, "4")
    state = counter.state(conversation)
    marks = {SurveyLevel.PS_I: 5, SurveyLevel.PS_P: 4}
    assert state.survey == Survey(resolved=False, rating=2, ratings=marks) and state.end is End.COMPLETED
    assert counter.data_of(conversation, EventKind.SURVEY_ANSWERED) == [
        {"agent_level": "bot", "resolved": False, "rating": 2}, {"agent_level": "ps_i", "rating": 5},
        {"agent_level": "ps_p", "rating": 4},
    ]  # fmt: skip


async def test_payment_reads_what_was_said_of_the_virtual_agent_and_nothing_else(counter: Counter) -> None:
    conversation = await attended_by(counter, Level.PS_I)
    for said in ("sí", "3", "5"):
        await counter.hears(conversation, said)
    [settled] = closed_interactions(counter.database, None, None)
    assert settled["survey"] == {"resolved": True, "rating": 3}


async def test_a_mark_that_is_not_given_leaves_the_others(counter: Counter) -> None:
    conversation = await attended_by(counter, Level.PS_I)
    for said in ("sí", "gracias", "gracias", "5"):
        await counter.hears(conversation, said)
    state = counter.state(conversation)
    assert state.survey == Survey(resolved=True, ratings={SurveyLevel.PS_I: 5}) and state.is_closed


async def test_a_hang_up_keeps_what_was_answered(counter: Counter) -> None:
    conversation = await attended_by(counter, Level.PS_I)
    await counter.hears(conversation, "sí")
    await counter.service.close(conversation)
    state = counter.state(conversation)
    assert state.survey == Survey(resolved=True) and state.end is End.COMPLETED
    assert [one["rating"] for one in counter.data_of(conversation, EventKind.SURVEY_ANSWERED)] == [None, None]


async def test_what_comes_to_mind_goes_first_and_the_survey_is_asked_anew(counter: Counter) -> None:
    conversation = await at_survey(counter)
    await counter.hears(conversation, "sí")
    await counter.hears(conversation, "quiero saber mis semanas cotizadas")
    assert counter.state(conversation).state is State.BOT
    counter.engine.will(says("Listo.", outcome=Finish(), **SERVED))
    asked = await counter.hears(conversation, "es todo")
    assert "¿se resolvió" in texts(asked)[-1] and counter.state(conversation).survey == Survey()
    for said in ("no", "1"):
        await counter.hears(conversation, said)
    assert counter.state(conversation).survey == Survey(resolved=False, rating=1)


async def test_a_new_request_after_a_yes_is_not_swallowed_by_the_survey(counter: Counter) -> None:
    conversation = await at_survey(counter)
    await counter.hears(conversation, "sí gracias, y también quiero una cita")
    assert counter.engine.turns[-1].text == "sí gracias, y también quiero una cita"
    state = counter.state(conversation)
    assert state.state is State.BOT and state.survey == Survey()


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ("no todavía necesito cancelar mi cita", False), ("sí, pero quiero saber otra cosa", False),
        ("no era lo que quería", True), ("sí, era lo que necesito", True), ("no quiero contestar", True),
    ],
)  # fmt: skip
def test_what_is_an_answer_and_what_a_new_request(said: str, answers: bool) -> None:
    assert is_answer(said) is answers


async def test_who_ended_it_is_who_ended_it_last(counter: Counter) -> None:
    """The bot had asked the survey, then the citizen wanted something else and fell silent (L3287)."""
    conversation = await at_survey(counter)
    await counter.hears(conversation, "quiero saber mis semanas cotizadas")
    await counter.service.close(conversation, EndedBy.SYSTEM)
    assert counter.state(conversation).ended_by is EndedBy.SYSTEM


async def test_a_level_that_did_not_attend_is_not_rated(counter: Counter) -> None:
    conversation = await at_survey(counter)
    with pytest.raises(ConversationError, match="ps_p"):
        await counter.service.answer_survey(conversation, Survey(resolved=True, ratings={SurveyLevel.PS_P: 1}))
    assert counter.state(conversation).state is State.SURVEY
    with pytest.raises(ValidationError, match="rating"):
        Survey.model_validate({"ratings": {"bot": 3}})


async def test_the_campaign_has_its_own_words_at_once(content: Path, tmp_path: Path) -> None:
    catalogue = Catalogue(content)
    counter = Counter(tmp_path, catalogue)
    conversation = await at_survey(counter)
    own = content / "bots" / "derechohabiente" / "survey.yml"
    own.write_text("rating: {bot: '¿Del 1 al 5, qué tal?'}\n" + ASKS_NPS, encoding="utf-8")
    assert texts(await counter.hears(conversation, "sí")) == ["¿Del 1 al 5, qué tal?"]
    [asked] = (await counter.hears(conversation, "5")).messages
    assert asked.text == "¿Nos recomendaría, del 0 al 10?" and asked.asks is not None and asked.asks.max_digits == 2
    assert counter.state(conversation).offered == (), "the marks of the question before are not on offer any more"
    await counter.service.receive(conversation, IncomingMessage(digits="10"))
    assert counter.state(conversation).survey == Survey(resolved=True, rating=5, nps=10)
    [answered] = counter.data_of(conversation, EventKind.SURVEY_ANSWERED)
    assert answered["nps"] == 10
    other = catalogue.get("cita_medica")
    assert other is not None and other.survey.nps is None
    own.write_text("nps: [1]\n", encoding="utf-8")
    mine = catalogue.get("derechohabiente")
    assert mine is not None and mine.survey.nps == "¿Nos recomendaría, del 0 al 10?", "the last good one is in force"
    assert any("survey.yml, nps" in problem for problem in catalogue.problems())


def test_production_serves_only_what_was_approved(content: Path) -> None:
    for name in ("prompts.yml", "survey.yml"):
        path = content / "bots" / "shared" / name
        path.write_text(path.read_text("utf-8").replace("approval: ejemplo", "approval: aprobado"), encoding="utf-8")
    (content / "bots" / "recepcion" / "survey.yml").write_text("resolved: '¿Listo?'\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"recepcion.survey\.yml.*approval: aprobado"):
        Catalogue(content, "productivo").get("recepcion")


@pytest.mark.parametrize(
    ("said", "number"), [("10", 10), ("diez", 10), ("un cero", 0), ("le doy un 7", 7), ("del 7 al 9", None), ("", None)]
)
def test_a_recommendation_is_read_in_digits_and_words(said: str, number: int | None) -> None:
    assert read_nps(said) == number


def test_a_number_is_an_answer_only_where_one_is_asked_for() -> None:
    assert is_answer("9", "nps") and not is_answer("9", "bot")


def test_who_attended_without_a_known_level_counts_as_the_first() -> None:
    assert rated_people([], attended=True) == (SurveyLevel.PS_I,) and rated_people([], attended=False) == ()
    assert rated_people([Level.SUPERVISOR, Level.PS_P, Level.PS_P], attended=True) == (SurveyLevel.PS_P,)


def test_the_order_is_fixed() -> None:
    asked = SurveyQuestions(nps="¿0 a 10?").questions((SurveyLevel.PS_I, SurveyLevel.PS_P))
    assert [one.id for one in asked] == ["resolved", "bot", "ps_i", "ps_p", "nps"]
