"""A telephone call that the exchange has: taken, ended, hung up; and tipificaciones after the caller is gone."""

import pytest
from scripted_dialogue import Counter, says

from conversation import returning
from conversation.conversation import State
from conversation.events import End, EventKind
from conversation.message import Channel, IncomingMessage
from conversation.ports import HandOff, NotAnswered
from conversation.returning import Purpose
from conversation.service import ConversationError

WAIT = (1, None)


async def in_queue(counter: Counter, *, served: bool = False) -> str:
    """A caller who waits in the exchange's queue."""
    call = (await counter.service.open("derechohabiente", Channel.VOICE, "5512345678", "")).conversation.id
    if served:
        counter.engine.will(says("Está vigente.", topic="vigencia_derechos"))
        await counter.service.receive(call, IncomingMessage(text="mi vigencia"))
    counter.engine.will(NotAnswered(reason="engine_timeout"))
    await counter.service.receive(call, IncomingMessage(text="otra cosa"))
    assert counter.state(call).state is State.QUEUED
    return call


async def returns(counter: Counter, call: str, purpose: Purpose) -> list[str]:
    outcome = await counter.service.attend(call, lambda exchange: returning.resume(exchange, purpose, WAIT))
    return [message.text for message in outcome.messages]


async def test_times_of_waiting_and_attending_are_kept(counter: Counter) -> None:
    call = await in_queue(counter)
    counter.clock.passes(seconds=90)
    await counter.service.attend(call, lambda exchange: returning.person_answers(exchange, "ana"))
    counter.clock.passes(minutes=4)
    assert "¿se resolvió su duda?" in (await returns(counter, call, Purpose.SURVEY))[0]
    [answered], [attended] = counter.data_of(call, EventKind.ANSWERED), counter.data_of(call, EventKind.ATTENDED)
    assert (answered["waited_seconds"], attended["talked_seconds"]) == (90, 240)
    assert counter.state(call).transferred_to_human


async def test_an_answer_told_twice_or_too_late_changes_nothing(counter: Counter) -> None:
    call = await in_queue(counter)
    for _ in range(2):
        await counter.service.attend(call, lambda exchange: returning.person_answers(exchange, "ana"))
    await counter.service.close(call)
    await counter.service.attend(call, lambda exchange: returning.person_answers(exchange, "beto"))
    assert counter.kinds(call).count(EventKind.ANSWERED) == 1 and counter.state(call).is_closed


async def test_who_hangs_up_in_the_queue_waits_no_longer_and_was_not_attended(counter: Counter) -> None:
    call = await in_queue(counter)
    counter.clock.passes(minutes=3)
    await counter.service.attend(call, returning.caller_left)
    state = counter.state(call)
    assert (state.state, state.end, state.transferred_to_human) == (State.CLOSED, End.USER_HANGUP, False)
    [left] = counter.data_of(call, EventKind.LEFT_QUEUE)
    assert (left["to"], left["waited_seconds"]) == ("hangup", 180)
    assert counter.record.waiting() == []
    await counter.service.attend(call, returning.caller_left)
    assert counter.kinds(call).count(EventKind.CLOSED) == 1


async def test_who_hangs_up_after_a_person_attended_was_attended(counter: Counter) -> None:
    call = await in_queue(counter)
    await counter.service.attend(call, lambda exchange: returning.person_answers(exchange, "ana"))
    counter.clock.passes(minutes=2)
    await counter.service.attend(call, returning.caller_left)
    state = counter.state(call)
    assert (state.state, state.end, state.transferred_to_human) == (State.CLOSED, End.COMPLETED, True)


async def test_the_person_typifies_while_the_caller_is_surveyed_or_gone(counter: Counter) -> None:
    call = await in_queue(counter)
    await counter.service.attend(call, lambda exchange: returning.person_answers(exchange, "ana"))
    await returns(counter, call, Purpose.SURVEY)
    assert [one.id for one in counter.record.attended_by("ana")] == [call]
    await counter.service.close(call)
    with pytest.raises(ConversationError, match="asignada"):
        await counter.service.release(call, "beto", ["vigencia_derechos"])
    await counter.service.release(call, "ana", ["vigencia_derechos"], "Llamó su hija")
    assert counter.state(call).is_closed and counter.record.attended_by("ana") == []
    [typified] = counter.data_of(call, EventKind.TYPIFIED)
    assert typified["topics"] == ["vigencia_derechos"]
    with pytest.raises(ConversationError):
        await counter.service.release(call, "ana", ["vigencia_derechos"])


async def test_a_person_who_closed_at_the_desk_first_leaves_the_survey_to_be_asked(counter: Counter) -> None:
    call = await in_queue(counter)
    await counter.service.take(call, "ana", "Ana Ruiz")
    await counter.service.release(call, "ana", ["vigencia_derechos"])
    assert "¿se resolvió su duda?" in (await returns(counter, call, Purpose.SURVEY))[0]
    assert counter.kinds(call).count(EventKind.SURVEY_SENT) == 1
    assert counter.record.attended_by("ana") == []


async def test_an_attention_by_telephone_is_no_silence_until_it_is_far_too_long(counter: Counter) -> None:
    call = await in_queue(counter)
    await counter.service.attend(call, lambda exchange: returning.person_answers(exchange, "ana"))
    limit = counter.clock.now - counter.clock.now.replace(minute=counter.clock.now.minute)
    counter.clock.passes(minutes=90)
    assert await counter.service.close_idle(limit) == 0
    counter.clock.passes(hours=3)
    assert await counter.service.close_idle(limit) == 1


async def test_back_to_the_bot_from_the_queue_and_from_a_person(counter: Counter) -> None:
    call = await in_queue(counter, served=True)
    assert "dejo de buscar" in (await returns(counter, call, Purpose.BOT))[0]
    assert counter.state(call).state is State.BOT
    counter.engine.will(says("De acuerdo.", outcome=HandOff(reason="user_request")))
    await counter.service.receive(call, IncomingMessage(text="una persona"))
    await counter.service.attend(call, lambda exchange: returning.person_answers(exchange))
    assert (await returns(counter, call, Purpose.BOT))[0].startswith("¿Cómo puedo apoyarle?")
    state = counter.state(call)
    assert state.state is State.BOT and state.topics == ["vigencia_derechos"]


async def test_nothing_goes_on_in_what_is_closed(counter: Counter) -> None:
    call = await in_queue(counter)
    await counter.service.close(call)
    for purpose in (Purpose.SURVEY, Purpose.WAITING, Purpose.VOICEMAIL, Purpose.BOT):
        with pytest.raises(ConversationError, match="ya terminó"):
            await returns(counter, call, purpose)
