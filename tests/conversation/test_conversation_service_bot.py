"""The one door with the bot behind it: open, receive, repeat, fail, move on."""

import asyncio

import pytest
from scripted_dialogue import NSS, SERVED, THURSDAY_NIGHT, Counter, refused, says, texts

from conversation.conversation import State
from conversation.events import End, EventKind
from conversation.handoff import HandoffReason
from conversation.message import Channel, Choice, IncomingMessage, Reply, Sender
from conversation.ports import Answered, HandOff, MoveTo, NotAnswered, Turn


async def test_opening_greets_with_folio_notice_and_menu(counter: Counter) -> None:
    outcome = await counter.service.open("derechohabiente", Channel.WEBCHAT, "203.0.113.7", "hash")
    conversation, said = outcome.conversation, " ".join(texts(outcome))
    assert conversation.folio == "VEN-20261015-0000001-5"
    assert said.startswith("Buenos días") and conversation.folio in said and "no una persona" in said
    assert "aviso de privacidad" in said and "911" in said
    assert outcome.messages[-1].choices == conversation.offered != ()
    assert counter.kinds(conversation.id)[0] == EventKind.OPENED
    assert conversation.state is State.BOT and conversation.origin == "203.0.113.7"


async def test_opening_refuses_what_no_bot_serves(counter: Counter) -> None:
    assert await refused(counter.service.open("nadie", Channel.WEBCHAT, "", "hash")) == "campaign_unknown"
    assert await refused(counter.service.open("velatorios", Channel.WEBCHAT, "", "hash")) == "campaign_without_bot"


async def test_a_message_is_recorded_asked_answered_and_published(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Sus derechos aparecen vigentes.", facts={"nss": NSS}, **SERVED))
    outcome = await counter.hears(conversation, f"mi nss es {NSS}", "c1")
    assert texts(outcome) == ["Sus derechos aparecen vigentes."]
    assert counter.transcript(conversation)[-2:] == [
        (Sender.USER, "mi nss es *******0018"),
        (Sender.BOT, "Sus derechos aparecen vigentes."),
    ]
    [turn] = counter.engine.turns
    assert turn.text == f"mi nss es {NSS}" and turn.conversation == conversation and turn.campaign == "derechohabiente"
    state = counter.state(conversation)
    assert state.facts == {"nss": NSS} and state.topics == ["vigencia_derechos"] == [state.topic]
    assert [message.text for _, message in counter.audience.heard[-2:]] == [
        text for _, text in counter.transcript(conversation)[-2:]
    ]
    assert outcome.received is not None and outcome.received.client_message_id == "c1"


async def test_the_next_turn_knows_what_the_last_one_learned(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("¿Y su fecha?", facts={"nss": NSS, "pending": {"name": "fecha_nacimiento"}}))
    await counter.hears(conversation, NSS)
    await counter.hears(conversation, "12/03/1985")
    assert counter.engine.turns[-1].facts == {"nss": NSS, "pending": {"name": "fecha_nacimiento"}}


async def test_the_same_message_is_answered_once(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Uno."), says("Dos."))
    first = await counter.hears(conversation, "hola", "c1")
    again = await counter.hears(conversation, "hola", "c1")
    assert texts(again) == texts(first) == ["Uno."] and again.received == first.received
    assert len(counter.engine.turns) == 1
    assert [sender for sender, _ in counter.transcript(conversation)].count(Sender.USER) == 1


async def test_the_same_message_at_the_same_time_is_answered_once(counter: Counter) -> None:
    conversation = await counter.opens()

    async def slowly(turn: Turn) -> Answered:
        await asyncio.sleep(0)
        return says("Uno.")

    counter.engine.will(slowly, says("Dos."))
    first, second = await asyncio.gather(*(counter.hears(conversation, "hola", "c1") for _ in range(2)))
    assert texts(first) == texts(second) == ["Uno."]


async def test_one_client_id_in_two_conversations_is_two_messages(counter: Counter) -> None:
    one, two = await counter.opens(), await counter.opens()
    counter.engine.will(says("Uno."), says("Dos."))
    assert texts(await counter.hears(one, "hola", "c1")) == ["Uno."]
    assert texts(await counter.hears(two, "hola", "c1")) == ["Dos."]


async def test_an_interrupted_message_is_answered_when_it_comes_again(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(RuntimeError("the process died"))
    with pytest.raises(RuntimeError):
        await counter.hears(conversation, "mi vigencia", "c1")
    assert counter.transcript(conversation)[-1] == (Sender.USER, "mi vigencia"), "recorded before the bot is asked"
    counter.engine.will(says("Aquí está."))
    assert texts(await counter.hears(conversation, "mi vigencia", "c1")) == ["Aquí está."]
    assert [sender for sender, _ in counter.transcript(conversation)].count(Sender.USER) == 1


async def test_a_bot_that_does_not_answer_is_admitted_and_a_person_is_called(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(NotAnswered(reason="engine_timeout"))
    outcome = await counter.hears(conversation, "mi vigencia")
    assert texts(outcome)[0] == "En este momento no puedo procesar su mensaje. Le ofrezco una disculpa."
    state = counter.state(conversation)
    assert state.state is State.QUEUED and state.handoff and state.handoff.reason is HandoffReason.SERVICE_UNAVAILABLE
    assert counter.data_of(conversation, EventKind.NOT_ANSWERED) == [{"reason": "engine_timeout"}]
    assert [one.id for one in counter.record.waiting()] == [conversation]


async def test_a_bot_that_does_not_answer_loses_no_facts(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("¿Y su fecha?", facts={"nss": NSS}), NotAnswered(reason="engine_timeout"))
    await counter.hears(conversation, NSS)
    await counter.hears(conversation, "12/03/1985")
    assert counter.state(conversation).facts["nss"] == NSS


async def test_out_of_hours_a_message_may_be_left(counter: Counter) -> None:
    counter.clock.now = THURSDAY_NIGHT
    outcome = await counter.service.open("derechohabiente", Channel.WEBCHAT, "203.0.113.7", "hash")
    conversation, said = outcome.conversation.id, texts(outcome)[-1]
    assert "fuera del horario" in said and "el viernes 16 a las 08:00 horas" in said and "911" in said
    closing = await counter.hears(conversation, "Quiero mi constancia. Mi teléfono es 5500001234")
    assert counter.engine.turns == [], "the bot is not asked"
    state = counter.state(conversation)
    assert state.state is State.CLOSED and state.end is End.COMPLETED
    assert state.folio in texts(closing)[0]
    [voicemail] = counter.data_of(conversation, EventKind.VOICEMAIL)
    assert voicemail["campaign"] == "derechohabiente" and voicemail["window_open"] is False
    assert (Sender.USER, "Quiero mi constancia. Mi teléfono es ******1234") in counter.transcript(conversation)


async def test_out_of_hours_the_citizen_may_just_leave(counter: Counter) -> None:
    counter.clock.now = THURSDAY_NIGHT
    conversation = await counter.opens()
    await counter.chooses(conversation, "end")
    assert counter.state(conversation).state is State.CLOSED
    assert counter.data_of(conversation, EventKind.VOICEMAIL) == []


async def test_a_bot_that_serves_at_night_goes_on_serving(counter: Counter) -> None:
    counter.clock.now = THURSDAY_NIGHT
    outcome = await counter.service.open("recepcion", Channel.WEBCHAT, "203.0.113.7", "hash")
    assert outcome.messages[-1].choices, "the menu"


async def test_a_hand_off_at_night_offers_a_message_instead_of_a_queue(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.clock.now = THURSDAY_NIGHT
    counter.engine.will(says("De acuerdo.", outcome=HandOff(reason=HandoffReason.USER_REQUEST)))
    outcome = await counter.hears(conversation, "una persona")
    state = counter.state(conversation)
    assert state.state is State.BOT and state.leaving_message and not state.transferred_to_human
    assert "fuera del horario" in texts(outcome)[-1]


async def test_moving_to_another_campaign_keeps_folio_and_facts(counter: Counter) -> None:
    conversation = await counter.opens()
    folio = counter.state(conversation).folio
    counter.engine.will(
        Answered(replies=(), facts={"nss": NSS}, outcome=MoveTo(campaign="cita_medica", forward=True)),
        says("¿Su fecha de nacimiento?", facts={"nss": NSS}),
    )
    outcome = await counter.hears(conversation, "una cita, por favor")
    first, second = counter.engine.turns
    assert (first.campaign, second.campaign) == ("derechohabiente", "cita_medica")
    assert second.facts == {"nss": NSS} and second.text == "una cita, por favor"
    assert second.moved_from == "derechohabiente" and second.folio == folio
    state = counter.state(conversation)
    assert (state.campaign, state.bot_campaign, state.folio) == ("cita_medica", "cita_medica", folio)
    assert state.agent_type == "basico"
    assert texts(outcome)[0].startswith("Le atiende ahora el") and texts(outcome)[-1] == "¿Su fecha de nacimiento?"
    assert counter.data_of(conversation, EventKind.TRANSFERRED) == [{"to": "cita_medica", "origin": "derechohabiente"}]


async def test_moving_by_a_menu_offers_the_other_menu(counter: Counter) -> None:
    conversation = await counter.opens("recepcion")
    counter.engine.will(Answered(replies=(), outcome=MoveTo(campaign="cita_medica")))
    outcome = await counter.chooses(conversation, "ir_derechohabiente")
    assert len(counter.engine.turns) == 1
    assert outcome.messages[-1].choices == counter.state(conversation).offered
    assert "confirmar_cita" in [choice.id for choice in outcome.messages[-1].choices]


async def test_moving_to_a_campaign_without_a_bot_calls_a_person(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(Answered(replies=(), facts={"nss": NSS}, outcome=MoveTo(campaign="pensionados", forward=True)))
    await counter.hears(conversation, "mi pensión")
    state = counter.state(conversation)
    assert (state.campaign, state.state, state.facts) == ("pensionados", State.QUEUED, {"nss": NSS})
    assert (state.bot_campaign, state.agent_type) == ("derechohabiente", "avanzado_a"), "the bot that served is paid"


async def test_a_campaign_that_no_bot_may_front_is_only_told(counter: Counter) -> None:
    conversation = await counter.opens("recepcion")
    counter.engine.will(Answered(replies=(), outcome=MoveTo(campaign="denuncias_oic")))
    await counter.chooses(conversation, "ir_denuncias_oic")
    state = counter.state(conversation)
    assert (state.campaign, state.state) == ("recepcion", State.BOT)
    facts = "el doctor Fulano de la clínica me pidió dinero para operar a mi mamá el lunes pasado"
    await counter.hears(conversation, facts)
    assert facts not in [text for _, text in counter.transcript(conversation)]
    secrets = [event.secret for event in counter.record.events(conversation, EventKind.MESSAGE)]
    assert secrets[-2:] == [None, None], "the facts of a denuncia are not even kept encrypted"


async def test_two_bots_that_send_a_citizen_to_each_other_are_stopped(counter: Counter) -> None:
    conversation = await counter.opens()
    there, back = (MoveTo(campaign=name, forward=True) for name in ("cita_medica", "derechohabiente"))
    counter.engine.will(*(Answered(replies=(), outcome=outcome) for outcome in (there, back, there, back)))
    await counter.hears(conversation, "una cita")
    state = counter.state(conversation)
    assert state.state is State.QUEUED and state.handoff and state.handoff.reason is HandoffReason.LOW_CONFIDENCE
    assert len(counter.data_of(conversation, EventKind.TRANSFERRED)) == 2, "at most two changes within one message"


async def test_a_choice_is_taken_by_its_key_and_written_to_the_path(counter: Counter) -> None:
    conversation = await counter.opens()
    await counter.service.receive(conversation, IncomingMessage(digits="1"))
    assert counter.engine.turns[-1].choice == "vigencia_derechos"
    assert counter.state(conversation).path == ["vigencia_derechos"]


async def test_a_stale_choice_is_refused_with_the_present_ones(counter: Counter) -> None:
    conversation = await counter.opens()
    yes = Choice(id="offer:accept", title="Aceptar")
    counter.engine.will(Answered(replies=(Reply(text="¿La acepta?", choices=(yes,)),)))
    await counter.hears(conversation, "una cita")
    outcome = await counter.chooses(conversation, "vigencia_derechos")
    assert "ya no está disponible" in texts(outcome)[0] and outcome.messages[0].choices == (yes,)
    assert len(counter.engine.turns) == 1, "the bot is not asked"
    assert counter.state(conversation).offered == (yes,)


async def test_a_choice_cannot_be_taken_twice(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(Answered(replies=(Reply(text="¿?", choices=(Choice(id="offer:accept", title="Sí"),)),)))
    await counter.hears(conversation, "una cita")
    await counter.chooses(conversation, "offer:accept")
    outcome = await counter.chooses(conversation, "offer:accept")
    assert [turn.choice for turn in counter.engine.turns] == [None, "offer:accept"]
    assert "ya no está disponible" in texts(outcome)[0]


async def test_concurrent_messages_are_answered_in_order(counter: Counter) -> None:
    conversation = await counter.opens()
    arrived = asyncio.Event()

    async def after_the_second_arrived(turn: Turn) -> Answered:
        await arrived.wait()
        return says(f"A {turn.text}")

    async def at_once(turn: Turn) -> Answered:
        return says(f"A {turn.text}")

    counter.engine.will(after_the_second_arrived, at_once)
    first = asyncio.create_task(counter.hears(conversation, "uno"))
    while not counter.engine.turns:
        await asyncio.sleep(0)
    second = asyncio.create_task(counter.hears(conversation, "dos"))
    await asyncio.sleep(0)
    arrived.set()
    await asyncio.gather(first, second)
    said = counter.transcript(conversation)[-4:]
    assert said == [(Sender.USER, "uno"), (Sender.BOT, "A uno"), (Sender.USER, "dos"), (Sender.BOT, "A dos")]


async def test_two_conversations_do_not_wait_for_each_other(counter: Counter) -> None:
    one, two = await counter.opens(), await counter.opens()
    release = asyncio.Event()

    async def slowly(turn: Turn) -> Answered:
        await release.wait()
        return says("Uno.")

    counter.engine.will(slowly, says("Dos."))
    first = asyncio.create_task(counter.hears(one, "hola"))
    while not counter.engine.turns:
        await asyncio.sleep(0)
    assert texts(await counter.hears(two, "hola")) == ["Dos."]
    release.set()
    assert texts(await first) == ["Uno."]


async def test_a_text_with_any_character_is_answered(counter: Counter) -> None:
    conversation = await counter.opens()
    assert texts(await counter.hears(conversation, "\x000\x00")) == ["Le escucho."]
