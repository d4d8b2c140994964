"""Leaving a message for the staff: its telephone is read from the citizen's own words, and asked for when it lacks."""

import pytest
from scripted_dialogue import NSS, THURSDAY_NIGHT, Counter, says, texts

from conversation.conversation import State
from conversation.events import End, EventKind
from conversation.handoff import HandoffReason
from conversation.ports import HandOff

QUESTION = "¿A qué teléfono le podemos llamar?"


@pytest.fixture
def night(counter: Counter) -> Counter:
    counter.clock.now = THURSDAY_NIGHT
    return counter


def parts(counter: Counter, conversation: str) -> list[object]:
    """The telephone of each part of the message, masked."""
    return [data["telephone"] for data in counter.data_of(conversation, EventKind.VOICEMAIL)]


async def test_an_nss_is_no_telephone_and_the_number_is_asked_for(night: Counter) -> None:
    conversation = await night.opens()
    outcome = await night.hears(conversation, f"Quiero mi constancia, mi NSS es {NSS}")
    assert QUESTION in texts(outcome)[-1] and not night.state(conversation).is_closed
    outcome = await night.hears(conversation, "55 0000-1234")
    assert parts(night, conversation) == [None, "******1234"]
    state = night.state(conversation)
    assert state.is_closed and state.end is End.COMPLETED and state.folio in texts(outcome)[0]


@pytest.mark.parametrize("text", ["mi cita es el 12/03/1985", "soy ana@correo.mx", "nací el 12 de marzo de 1985"])
async def test_a_mask_in_the_text_is_no_telephone(night: Counter, text: str) -> None:
    conversation = await night.opens()
    assert QUESTION in texts(await night.hears(conversation, text))[-1]
    assert not night.state(conversation).is_closed


async def test_what_is_neither_telephone_nor_no_belongs_to_the_message_and_is_asked_again_once(night: Counter) -> None:
    conversation = await night.opens()
    await night.hears(conversation, "Quiero mi constancia")
    outcome = await night.hears(conversation, "la necesito para el lunes")
    assert QUESTION in texts(outcome)[-1] and "Lo agregué" in texts(outcome)[-1]
    outcome = await night.hears(conversation, "de preferencia por la mañana")
    assert night.state(conversation).is_closed and QUESTION not in " ".join(texts(outcome))
    assert parts(night, conversation) == [None, None, None]
    [left] = [data["message_id"] for data in night.data_of(conversation, EventKind.VOICEMAIL)][:1]
    assert left, "the words stand in the citizen's own message"


@pytest.mark.parametrize("answer", ["no", "No, gracias", "no tengo teléfono", "prefiero que no"])
async def test_no_declines_the_telephone_and_is_no_part_of_the_message(night: Counter, answer: str) -> None:
    conversation = await night.opens()
    await night.hears(conversation, "Quiero mi constancia")
    assert "quedó registrado" in texts(await night.hears(conversation, answer))[0]
    assert night.state(conversation).is_closed and parts(night, conversation) == [None]


async def test_the_telephone_may_be_declined_by_its_button(night: Counter) -> None:
    conversation = await night.opens()
    await night.hears(conversation, "Quiero mi constancia")
    await night.chooses(conversation, "no_telephone")
    assert night.state(conversation).is_closed and parts(night, conversation) == [None]


async def test_whoever_says_goodbye_after_the_message_has_left_it(night: Counter) -> None:
    conversation = await night.opens()
    await night.hears(conversation, "Quiero mi constancia")
    assert "quedó registrado" in texts(await night.hears(conversation, "gracias, adiós"))[0]
    assert len(parts(night, conversation)) == 1


@pytest.mark.parametrize("text", ["no", "adiós", "terminar", "ya no"])
async def test_whoever_does_not_want_to_leave_one_has_left_none(night: Counter, text: str) -> None:
    conversation = await night.opens()
    outcome = await night.hears(conversation, text)
    assert night.state(conversation).is_closed and parts(night, conversation) == []
    assert "quedó registrado" not in " ".join(texts(outcome))


@pytest.mark.parametrize("text", ["hola", "buenas noches", "sí"])
async def test_a_greeting_is_not_the_message_yet(night: Counter, text: str) -> None:
    conversation = await night.opens()
    assert texts(await night.hears(conversation, text)) == ["Escriba su mensaje, por favor."]
    assert parts(night, conversation) == []


async def test_the_telephone_is_encrypted_and_only_its_end_is_shown(night: Counter) -> None:
    conversation = await night.opens()
    await night.hears(conversation, "Llámenme al +52 55 0000 1234")
    [event] = night.record.events(conversation, EventKind.VOICEMAIL)
    assert event.data["telephone"] == "******1234" and event.secret is not None and b"5500001234" not in event.secret


async def test_a_second_message_asks_for_its_telephone_anew(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "leave_message")
    await counter.hears(conversation, "Quiero mi constancia")
    await counter.hears(conversation, "me duele el pecho")  # an emergency takes it back to the queue
    assert counter.state(conversation).state is State.QUEUED and not counter.state(conversation).leaving_message
    await counter.chooses(conversation, "leave_message")
    assert QUESTION in texts(await counter.hears(conversation, "ya estoy mejor, solo la constancia"))[-1]


async def test_a_hand_off_at_night_takes_the_message_with_its_topic(counter: Counter) -> None:
    conversation = await counter.opens()
    counter.engine.will(says("Listo.", topic="vigencia_derechos"))
    await counter.hears(conversation, "mi vigencia")
    counter.clock.now = THURSDAY_NIGHT
    counter.engine.will(says("De acuerdo.", outcome=HandOff(reason=HandoffReason.USER_REQUEST)))
    await counter.hears(conversation, "una persona")
    await counter.hears(conversation, "no entiendo mi baja, 5500001234")
    [left] = counter.data_of(conversation, EventKind.VOICEMAIL)
    assert left["topic"] == "vigencia_derechos" and left["window_open"] is False
