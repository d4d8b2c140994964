"""The one door with people behind it: hand over, wait, attend; and emergencies in every state."""

import asyncio
from datetime import datetime

import pytest
from scripted_dialogue import CENTRE, NSS, THURSDAY_NIGHT, Counter, says, texts

from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.handoff import HandoffReason
from conversation.message import Channel, Sender
from conversation.ports import Answered, Finish, HandOff, NotAnswered
from conversation.service import ConversationError

DANGER = "mi mamá no respira"
SERVED = {"topic": "vigencia_derechos"}


async def code_of(call: object) -> str:
    """The code of the refusal."""
    with pytest.raises(ConversationError) as caught:
        await call  # type: ignore[misc]
    return caught.value.code


async def test_handing_over_tells_reason_note_and_what_comes_next(counter: Counter) -> None:
    conversation = await counter.opens()
    wanted = HandOff(reason=HandoffReason.BUSINESS_RULE, note="Prefiere: jueves")
    counter.engine.will(says("No la agendé.", outcome=wanted, facts={"nss": NSS}))
    outcome = await counter.hears(conversation, "el jueves")
    state = counter.state(conversation)
    assert state.state is State.QUEUED and state.transferred_to_human and state.facts == {"nss": NSS}
    assert state.handoff and (state.handoff.reason, state.handoff.note) == (wanted.reason, wanted.note)
    assert state.handoff.since == counter.clock.now and not state.handoff.priority
    assert texts(outcome)[0] == "No la agendé." and "Le comunico con una persona" in texts(outcome)[-1]
    assert counter.data_of(conversation, EventKind.QUEUED) == [{"reason": "business_rule", "priority": False}]


async def test_a_person_takes_answers_and_releases(counter: Counter) -> None:
    conversation = await counter.waiting()
    counter.clock.passes(seconds=95)
    await counter.service.take(conversation, "ana", "Ana Ruiz")
    state = counter.state(conversation)
    assert (state.state, state.agent) == (State.HUMAN, "ana")
    assert counter.data_of(conversation, EventKind.ANSWERED) == [{"waited_seconds": 95}]
    assert counter.transcript(conversation)[-1] == (Sender.SYSTEM, "Le atiende Ana Ruiz.")
    asked_before = len(counter.engine.turns)
    assert texts(await counter.hears(conversation, "buenas tardes")) == []
    assert len(counter.engine.turns) == asked_before, "the bot is silent while a person attends"
    await counter.service.reply(conversation, "ana", "Buenas tardes, llame al 800 623 23 23.")
    assert counter.transcript(conversation)[-1] == (Sender.HUMAN, "Buenas tardes, llame al 800 623 23 23.")
    outcome = await counter.service.release(conversation, "ana", ["vigencia_derechos"], f"dijo {NSS}")
    assert counter.state(conversation).state is State.SURVEY and "¿se resolvió" in texts(outcome)[-1]
    [typified] = counter.data_of(conversation, EventKind.TYPIFIED)
    assert typified == {"topics": ["vigencia_derechos"], "note": "dijo *******0018"}
    for answer in ("sí", "5", "4"):  # resolved, the mark of the virtual agent, that of the person
        await counter.hears(conversation, answer)
    state = counter.state(conversation)
    assert (state.end, state.ended_by, state.transferred_to_human) == (End.COMPLETED, EndedBy.AGENT, True)


async def test_what_a_person_writes_is_masked_too(counter: Counter) -> None:
    conversation = await counter.attended()
    await counter.service.reply(conversation, "ana", f"¿Su NSS es {NSS}?")
    assert counter.transcript(conversation)[-1] == (Sender.HUMAN, "¿Su NSS es *******0018?")


async def test_only_one_person_can_take_a_conversation(counter: Counter) -> None:
    conversation = await counter.waiting()
    results = await asyncio.gather(
        counter.service.take(conversation, "ana", "Ana Ruiz"),
        counter.service.take(conversation, "luis", "Luis Paz"),
        return_exceptions=True,
    )
    [lost] = [one for one in results if isinstance(one, ConversationError)]
    assert lost.code == "not_waiting" and len(counter.data_of(conversation, EventKind.ANSWERED)) == 1


async def test_a_person_may_act_only_on_their_own_conversation(counter: Counter) -> None:
    conversation = await counter.attended("ana")
    assert await code_of(counter.service.reply(conversation, "luis", "hola")) == "not_yours"
    assert await code_of(counter.service.release(conversation, "luis", ["vigencia_derechos"])) == "not_yours"
    other = await counter.waiting()
    assert await code_of(counter.service.reply(other, "ana", "hola")) == "not_yours"
    assert await code_of(counter.service.take(await counter.opens(), "ana", "Ana Ruiz")) == "not_waiting"
    assert await code_of(counter.service.take("otra", "ana", "Ana Ruiz")) == "conversation_unknown"


@pytest.mark.parametrize("topics", [[], ["inexistente"], ["vigencia_derechos", "inexistente"]])
async def test_releasing_needs_topics_of_the_catalogue(counter: Counter, topics: list[str]) -> None:
    conversation = await counter.attended()
    assert await code_of(counter.service.release(conversation, "ana", topics)) == "bad_topics"
    assert counter.state(conversation).state is State.HUMAN


async def test_releasing_takes_five_topics_and_no_sixth(counter: Counter) -> None:
    conversation = await counter.attended()
    campaign = counter.state(conversation).campaign
    topics = [
        "vigencia_derechos",
        "semanas_cotizadas",
        "jubilaciones",
        "tramites_digitales",
        "cita_medica",
        "cambio_clinica",
    ]
    assert campaign == "derechohabiente"
    assert await code_of(counter.service.release(conversation, "ana", topics)) == "bad_topics"
    await counter.service.release(conversation, "ana", topics[:5])
    assert counter.state(conversation).state is State.SURVEY


async def test_a_citizen_who_waits_is_heard_and_may_leave_a_message(counter: Counter) -> None:
    conversation = await counter.waiting()
    outcome = await counter.hears(conversation, "sigo aquí")
    assert "quedó anotado" in texts(outcome)[0] and "disculpa" not in texts(outcome)[0]
    counter.clock.passes(minutes=3)
    assert "disculpa por la espera" in texts(await counter.hears(conversation, "¿hola?"))[0]
    await counter.chooses(conversation, "leave_message")
    await counter.hears(conversation, "llámenme al 5500001234")
    assert len(counter.data_of(conversation, EventKind.VOICEMAIL)) == 1
    assert counter.state(conversation).state is State.CLOSED
    assert counter.record.waiting() == []


async def test_a_message_left_within_hours_says_so(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "leave_message")
    await counter.hears(conversation, "llámenme al 5500001234")
    [voicemail] = counter.data_of(conversation, EventKind.VOICEMAIL)
    assert voicemail["window_open"] is True


async def test_a_citizen_may_stop_waiting(counter: Counter) -> None:
    conversation = await counter.waiting()
    outcome = await counter.hears(conversation, "ya no quiero esperar")
    assert counter.state(conversation).state is State.BOT and outcome.messages[-1].choices
    counter.engine.will(says("Con gusto."))
    assert texts(await counter.hears(conversation, "otra duda")) == ["Con gusto."]


async def test_whoever_waits_is_served_in_order_and_emergencies_first(counter: Counter) -> None:
    first = await counter.waiting()
    counter.clock.passes(minutes=1)
    second = await counter.waiting()
    counter.clock.passes(minutes=1)
    urgent = await counter.opens()
    await counter.hears(urgent, DANGER)
    assert [one.id for one in counter.record.waiting()] == [urgent, first, second]


async def test_a_message_sent_to_a_person_again_is_not_read_as_a_survey_answer(counter: Counter) -> None:
    conversation = await counter.attended()
    await counter.hears(conversation, "no", "c9")
    await counter.service.release(conversation, "ana", ["vigencia_derechos"])
    outcome = await counter.hears(conversation, "no", "c9")  # the browser lost the connection and sends it again
    state = counter.state(conversation)
    assert state.survey.resolved is None and state.state is State.SURVEY
    assert outcome.messages == []


async def test_a_citizen_who_leaves_while_a_person_attends_has_hung_up(counter: Counter) -> None:
    conversation = await counter.attended()
    await counter.service.close(conversation)
    assert counter.state(conversation).end is End.USER_HANGUP


# ---------------------------------------------------------------------------------------- emergencies (§2.4)


def first_words(counter: Counter, conversation: str) -> str:
    """What the citizen was told right after their last message."""
    said = counter.transcript(conversation)
    last = max(place for place, (sender, _) in enumerate(said) if sender is Sender.USER)
    return said[last + 1][1]


async def with_the_bot(counter: Counter) -> str:
    return await counter.opens()


async def in_a_form(counter: Counter) -> str:
    conversation = await counter.opens()
    counter.engine.will(says("¿Su NSS?", facts={"task": "vigencia_derechos", "pending": {"name": "nss"}}))
    await counter.hears(conversation, "vigencia")
    return conversation


async def in_the_survey(counter: Counter) -> str:
    conversation = await counter.opens()
    counter.engine.will(says("Listo.", outcome=Finish(), **SERVED))
    await counter.hears(conversation, "es todo")
    return conversation


async def in_the_queue(counter: Counter) -> str:
    return await counter.waiting()


async def with_a_person(counter: Counter) -> str:
    return await counter.attended()


async def leaving_a_message(counter: Counter) -> str:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "leave_message")
    return conversation


STATES = [with_the_bot, in_a_form, in_the_survey, in_the_queue, with_a_person, leaving_a_message]


@pytest.mark.parametrize("arrive", STATES, ids=lambda arrive: arrive.__name__)
async def test_in_every_state_911_comes_first_and_then_a_person(counter: Counter, arrive) -> None:  # type: ignore[no-untyped-def]
    conversation = await arrive(counter)
    asked = len(counter.engine.turns)
    await counter.hears(conversation, DANGER)
    assert "marque 911 ahora" in first_words(counter, conversation)
    assert len(counter.engine.turns) == asked, "the bot is not asked"
    state = counter.state(conversation)
    assert state.topic == "emergencia_medica" and "emergencia_medica" in state.topics
    assert "pending" not in state.facts and "task" not in state.facts, "forms are dropped"
    assert EventKind.EMERGENCY in counter.kinds(conversation)
    if arrive is with_a_person:
        assert state.state is State.HUMAN and state.agent == "ana"
    else:
        assert state.state is State.QUEUED and state.handoff and state.handoff.priority
        assert state.handoff.reason is HandoffReason.EMERGENCY
        assert counter.record.waiting()[0].id == conversation


@pytest.mark.parametrize("arrive", [with_the_bot, in_a_form, in_the_survey], ids=lambda arrive: arrive.__name__)
async def test_out_of_hours_911_is_said_twice_and_no_voicemail_is_the_way_out(counter: Counter, arrive) -> None:  # type: ignore[no-untyped-def]
    conversation = await arrive(counter)
    counter.clock.now = THURSDAY_NIGHT
    outcome = await counter.hears(conversation, DANGER)
    assert all("911" in text for text in texts(outcome)) and len(texts(outcome)) == 2
    state = counter.state(conversation)
    assert not state.leaving_message and state.state is State.BOT
    assert counter.data_of(conversation, EventKind.VOICEMAIL) == []


async def test_an_emergency_at_night_is_not_taken_for_a_message_to_be_read_tomorrow(counter: Counter) -> None:
    counter.clock.now = THURSDAY_NIGHT
    conversation = await counter.opens()
    assert counter.state(conversation).leaving_message
    outcome = await counter.hears(conversation, DANGER)
    assert "911" in texts(outcome)[0]
    assert not counter.state(conversation).is_closed
    assert counter.data_of(conversation, EventKind.VOICEMAIL) == []


async def test_an_emergency_that_the_bot_finds_is_handed_over_with_priority(counter: Counter) -> None:
    conversation = await counter.opens()
    found = HandOff(reason=HandoffReason.EMERGENCY)
    counter.engine.will(says("Marque 911 ahora.", topic="emergencia_medica", outcome=found))
    await counter.hears(conversation, "se puso muy malo")
    assert counter.record.waiting()[0].handoff.priority  # type: ignore[union-attr]


async def test_emergencies_are_spoken_of_in_every_channel(counter: Counter) -> None:
    for channel in Channel:
        conversation = await counter.opens(channel=channel)
        await counter.hears(conversation, DANGER)
        assert "marque 911 ahora" in first_words(counter, conversation)


async def test_the_desk_sees_what_is_said_while_the_bot_is_down(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(
        Answered(replies=(), outcome=HandOff(reason=HandoffReason.USER_REQUEST)), NotAnswered(reason="x")
    )
    await counter.hears(conversation, "una persona")
    await counter.hears(conversation, "sigo esperando")
    assert len(counter.engine.turns) == 1, "who waits is not handed to the bot"
    heard = [message.text for one, message in counter.audience.heard if one.id == conversation]
    assert heard == [text for _, text in counter.transcript(conversation)]


async def test_saturday_in_the_chat_nobody_attends_but_the_telephone_does(counter: Counter) -> None:
    counter.clock.now = datetime(2026, 10, 17, 10, 0, tzinfo=CENTRE)
    for channel, expected in ((Channel.VOICE, State.QUEUED), (Channel.WEBCHAT, State.BOT)):
        conversation = await counter.opens(channel=channel)
        if channel is Channel.WEBCHAT:
            assert counter.state(conversation).leaving_message
            continue
        counter.engine.will(says("De acuerdo.", outcome=HandOff(reason=HandoffReason.USER_REQUEST)))
        await counter.hears(conversation, "una persona")
        assert counter.state(conversation).state is expected
