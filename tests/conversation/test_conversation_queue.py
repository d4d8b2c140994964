"""Waiting for a person: how it may be left (channels.md §2.2), and what the citizen hears meanwhile."""

import pytest
from scripted_dialogue import Counter, says, texts

from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.handoff import HandoffReason
from conversation.message import Reply
from conversation.ports import Answered, HandOff
from conversation.service import ConversationError
from conversation.survey import Survey

DANGER = "mi mamá no respira"
ASKS = Answered(replies=(Reply(text="De acuerdo."),), outcome=HandOff(reason=HandoffReason.USER_REQUEST))


async def served_and_waiting(counter: Counter) -> str:
    """A citizen whom the bot has served something, and who then asked for a person."""
    conversation = await counter.opens()
    counter.engine.will(says("Está vigente.", topic="vigencia_derechos"), ASKS)
    await counter.hears(conversation, "mi vigencia")
    await counter.hears(conversation, "una persona")
    return conversation


async def test_the_ways_out_are_offered_at_once(counter: Counter) -> None:
    conversation = await counter.waiting()
    offered = [choice.id for choice in counter.state(conversation).offered]
    assert offered == ["resume_bot", "leave_message", "end", "call_me"]


async def test_the_citizen_may_go_on_with_the_bot(counter: Counter) -> None:
    conversation = await counter.waiting()
    counter.clock.passes(seconds=40)
    outcome = await counter.chooses(conversation, "resume_bot")
    state = counter.state(conversation)
    assert (state.state, state.handoff, state.transferred_to_human) == (State.BOT, None, False)
    assert outcome.messages[-1].choices and counter.record.waiting() == []
    assert counter.data_of(conversation, EventKind.LEFT_QUEUE) == [{"to": "bot", "waited_seconds": 40}]
    counter.engine.will(says("Con gusto."))
    assert texts(await counter.hears(conversation, "otra duda")) == ["Con gusto."]


async def test_the_question_that_led_to_a_person_is_not_asked_again(counter: Counter) -> None:
    conversation = await counter.opens()
    pending = {"task": "vigencia_derechos", "pending": {"name": "nss"}, "nss": "1"}
    counter.engine.will(says("No entendí.", facts=pending, outcome=HandOff(reason=HandoffReason.ATTEMPTS_EXHAUSTED)))
    await counter.hears(conversation, "mmm")
    await counter.hears(conversation, "seguir con el asistente")
    assert counter.state(conversation).facts == {"nss": "1"}


@pytest.mark.parametrize("goodbye", ["bye", "adiós", "Gracias, hasta luego", "terminar", "ok bye", "3"])
async def test_whoever_says_goodbye_ends(counter: Counter, goodbye: str) -> None:
    conversation = await counter.waiting()
    outcome = await counter.hears(conversation, goodbye)
    state = counter.state(conversation)
    assert (state.state, state.ended_by, state.transferred_to_human) == (State.CLOSED, EndedBy.USER, False)
    assert "Gracias por comunicarse" in texts(outcome)[-1] and state.end is End.USER_HANGUP


async def test_ending_asks_the_survey_when_something_was_served(counter: Counter) -> None:
    conversation = await served_and_waiting(counter)
    outcome = await counter.chooses(conversation, "end")
    assert counter.state(conversation).state is State.SURVEY and "¿se resolvió" in texts(outcome)[-1]
    assert counter.record.waiting() == []


async def test_ending_closes_when_nothing_was_served(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "end")
    assert counter.state(conversation).is_closed


async def test_thanks_are_answered_and_keep_the_place(counter: Counter) -> None:
    conversation = await counter.waiting()
    [said] = texts(await counter.hears(conversation, "ok, muchas gracias"))
    assert "sigue en la fila" in said and "anotado" not in said
    assert counter.state(conversation).state is State.QUEUED


async def test_a_word_of_farewell_inside_a_sentence_ends_nothing(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.hears(conversation, "tengo que salir de la clínica a las tres")
    await counter.hears(conversation, "mi jefe me dijo que no puedo terminar")
    assert counter.state(conversation).state is State.QUEUED


async def test_not_every_message_is_answered_and_never_twice_alike(counter: Counter) -> None:
    conversation = await counter.waiting()
    answers = [texts(await counter.hears(conversation, f"dato número {number}")) for number in range(7)]
    assert [len(one) for one in answers] == [1, 0, 0, 1, 0, 0, 1]
    assert len({one[0] for one in answers if one}) == 3
    said = [text for _, text in counter.transcript(conversation)]
    assert all(f"dato número {number}" in said for number in range(7)), "what is not answered is kept all the same"


async def test_after_two_minutes_a_message_is_answered_again(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.hears(conversation, "sigo aquí")
    assert texts(await counter.hears(conversation, "¿hola?")) == []
    counter.clock.passes(minutes=2, seconds=1)
    assert "disculpa por la espera" in texts(await counter.hears(conversation, "¿siguen ahí?"))[0]


async def test_in_an_emergency_no_word_loses_the_place(counter: Counter) -> None:
    conversation = await counter.opens()
    await counter.hears(conversation, "quiero morirme")
    for text in ("adiós", "ya no", "gracias"):
        await counter.hears(conversation, text)
        assert counter.state(conversation).state is State.QUEUED
    await counter.chooses(conversation, "end")
    assert counter.state(conversation).state is not State.QUEUED


async def test_an_emergency_says_911_once_and_then_that_a_person_comes(counter: Counter) -> None:
    conversation = await counter.opens()
    first, second = texts(await counter.hears(conversation, DANGER))
    assert first.endswith("marque 911 ahora.") and "Le comunico con una persona" in second
    assert "También puedo" not in first + second
    state = counter.state(conversation)
    assert state.handoff and state.handoff.words == DANGER and state.offered == ()


async def test_an_emergency_in_the_queue_goes_to_its_front(counter: Counter) -> None:
    earlier, conversation = await counter.waiting(), await counter.waiting()
    said = texts(await counter.hears(conversation, DANGER))
    assert "911" in said[0] and said[1:] == ["Su conversación pasa al frente de la fila."]
    assert [one.id for one in counter.record.waiting()] == [conversation, earlier]


async def test_an_emergency_with_a_person_says_911_and_nothing_else(counter: Counter) -> None:
    conversation = await counter.attended()
    [said] = texts(await counter.hears(conversation, DANGER))
    assert said.endswith("marque 911 ahora.")
    state = counter.state(conversation)
    assert state.handoff and state.handoff.priority and state.handoff.reason is HandoffReason.EMERGENCY
    assert state.handoff.words == DANGER


# ------------------------------------------------------------------------------ the survey is for the end


async def survey_code(counter: Counter, conversation: str) -> str:
    with pytest.raises(ConversationError) as caught:
        await counter.service.answer_survey(conversation, Survey(resolved=True, rating=5))
    return caught.value.code


async def test_the_survey_is_refused_before_anything_was_served(counter: Counter) -> None:
    conversation = await counter.opens()
    assert await survey_code(counter, conversation) == "survey_not_due"
    assert await survey_code(counter, await counter.waiting()) == "survey_not_due"
    attended = await counter.attended()
    assert await survey_code(counter, attended) == "survey_not_due"
    assert counter.state(attended).state is State.HUMAN, "the person goes on attending"


async def test_the_survey_is_taken_when_asked_and_after_something_was_served(counter: Counter) -> None:
    served = await counter.opens()
    counter.engine.will(says("Está vigente.", topic="vigencia_derechos"))
    await counter.hears(served, "mi vigencia")
    asked = await served_and_waiting(counter)
    await counter.chooses(asked, "end")
    for conversation in (served, asked):
        await counter.service.answer_survey(conversation, Survey(resolved=True, rating=5))
        assert counter.state(conversation).is_closed and counter.state(conversation).survey.resolved
