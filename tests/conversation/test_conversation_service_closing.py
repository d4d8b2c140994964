"""The one door at the end: survey, finish, close, silence; what is closed stays closed."""

from datetime import timedelta

from scripted_dialogue import SERVED, Counter, refused, says, texts

from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.message import Channel
from conversation.ports import Finish
from conversation.survey import Survey


async def test_the_end_of_the_service_leads_to_the_survey(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Listo.", outcome=Finish(), **SERVED))
    outcome = await counter.hears(conversation, "es todo")
    assert counter.state(conversation).state is State.SURVEY and "¿se resolvió su duda?" in texts(outcome)[-1]
    await counter.hears(conversation, "sí")
    closing = await counter.hears(conversation, "5")
    state = counter.state(conversation)
    assert (state.state, state.end, state.ended_by) == (State.CLOSED, End.COMPLETED, EndedBy.BOT)
    assert state.survey == Survey(resolved=True, rating=5) and state.closed_at == counter.clock.now
    assert "Gracias por comunicarse" in texts(closing)[-1]
    answered = {"agent_level": "bot", "resolved": True, "rating": 5}
    assert counter.data_of(conversation, EventKind.SURVEY_ANSWERED) == [answered]


async def test_an_unclear_survey_answer_is_asked_once_more_and_then_left_open(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Listo.", outcome=Finish(), **SERVED))
    await counter.hears(conversation, "es todo")
    outcome = await counter.hears(conversation, "pues más o menos")
    assert "Sí o No" in texts(outcome)[0] and counter.state(conversation).state is State.SURVEY
    await counter.hears(conversation, "mmm")
    state = counter.state(conversation)
    assert state.state is State.CLOSED and state.survey.resolved is None and state.end is End.COMPLETED
    assert counter.data_of(conversation, EventKind.SURVEY_ANSWERED) == [], "no answer is never recorded as one"


async def test_finishing_asks_the_survey_once_something_was_served(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Listo.", **SERVED))
    await counter.hears(conversation, "vigencia")
    await counter.service.finish(conversation)
    assert counter.state(conversation).state is State.SURVEY
    await counter.service.finish(conversation)
    assert counter.state(conversation).state is State.CLOSED


async def test_finishing_before_anything_was_served_closes_as_a_hang_up(counter: Counter) -> None:
    conversation = await counter.opens()
    await counter.service.finish(conversation)
    state = counter.state(conversation)
    assert (state.state, state.end, state.ended_by) == (State.CLOSED, End.USER_HANGUP, EndedBy.USER)


async def test_closing_with_a_question_open_is_a_hang_up(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("¿Su NSS?", facts={"pending": {"name": "nss"}}, **SERVED))
    await counter.hears(conversation, "vigencia")
    await counter.service.close(conversation)
    assert counter.state(conversation).end is End.USER_HANGUP


async def test_closing_twice_changes_nothing(counter: Counter) -> None:
    conversation = await counter.opens()
    await counter.service.close(conversation)
    before = counter.kinds(conversation)
    assert (await counter.service.close(conversation)).messages == []
    assert counter.kinds(conversation) == before and before.count(EventKind.CLOSED) == 1


async def test_what_is_closed_stays_closed(counter: Counter) -> None:
    conversation = await counter.opens()
    await counter.service.close(conversation)
    before = counter.kinds(conversation)
    for call in (
        counter.hears(conversation, "hola"),
        counter.hears(conversation, "no respira"),
        counter.service.finish(conversation),
    ):
        assert await refused(call) == "conversation_closed"
    assert counter.kinds(conversation) == before
    assert await refused(counter.hears("otra", "hola")) == "conversation_unknown"


async def test_a_repeated_last_message_is_answered_even_after_the_close(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Listo.", outcome=Finish(), **SERVED))
    await counter.hears(conversation, "es todo")
    await counter.hears(conversation, "sí", "c2")
    closing = await counter.hears(conversation, "4", "c3")
    assert texts(await counter.hears(conversation, "4", "c3")) == texts(closing)


async def test_silent_conversations_are_closed_and_the_others_are_not(counter: Counter) -> None:
    silent, surveyed = await counter.opens(), await counter.opens()
    counter.engine.will(says("Listo.", outcome=Finish(), **SERVED))
    await counter.hears(surveyed, "es todo")
    counter.clock.passes(minutes=31)
    lively = await counter.opens()
    assert await counter.service.close_idle(timedelta(minutes=30)) == 2
    assert (counter.state(silent).end, counter.state(silent).ended_by) == (End.TIMEOUT, EndedBy.SYSTEM)
    assert counter.state(surveyed).end is End.COMPLETED, "a silent survey leaves the interaction complete"
    assert counter.state(lively).state is State.BOT
    assert await counter.service.close_idle(timedelta(minutes=30)) == 0


async def test_silence_exactly_as_long_as_the_limit_is_not_closed(counter: Counter) -> None:
    await counter.opens(channel=Channel.WHATSAPP)
    counter.clock.passes(minutes=30)
    assert await counter.service.close_idle(timedelta(minutes=30)) == 0
