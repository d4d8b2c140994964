"""Calls asked for on the web (channels.md §7): when they may be, how they are arranged in the chat, what is kept."""

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from scripted_dialogue import CENTRE, KEY, THURSDAY, THURSDAY_NIGHT, Counter, texts

from content.catalogue import Catalogue
from conversation.callbacks import (
    Attempt,
    Callback,
    CallbackRequest,
    CallResult,
    slot_in_words,
    slots,
    worked_in_order,
)
from conversation.campaign import Campaign
from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import IncomingMessage
from conversation.service import ConversationError
from ledger.callbacks import LedgerCallbacks
from ledger.erasure import ErasureOrder, erase_interaction
from ledger.settlement_source import closed_interactions
from ledger.vault import Vault
from ledger.verification import verify

NUMBER = "5500001234"
SLOT = datetime(2026, 10, 15, 11, 0, tzinfo=CENTRE)


@pytest.fixture
def campaign(catalogue: Catalogue) -> Campaign:
    found = catalogue.get("derechohabiente")
    assert found is not None
    return found


@pytest.fixture
def callbacks(counter: Counter) -> LedgerCallbacks:
    return LedgerCallbacks(counter.database, Vault(KEY))


def wanted(slot: datetime = SLOT, telephone: str = NUMBER) -> CallbackRequest:
    return CallbackRequest(telephone=telephone, slot=slot, topic="vigencia_derechos", consent=True)


async def asked(counter: Counter, request: CallbackRequest | None = None) -> str:
    outcome = await counter.service.ask_for_call("derechohabiente", request or wanted(), "203.0.113.7", "hash")
    return outcome.conversation.id


def test_only_half_hours_within_the_window_of_the_telephone(campaign: Campaign) -> None:
    free = slots(campaign, THURSDAY + timedelta(minutes=10))
    assert free[0] == datetime(2026, 10, 15, 10, 30, tzinfo=CENTRE)
    assert {f"{one:%H:%M}" for one in free if one.day == 15} == {
        f"{hour:02}:{minute}" for hour in range(10, 20) for minute in ("00", "30")
    } - {"10:00"}
    saturday = [f"{one:%H:%M}" for one in slots(campaign, datetime(2026, 10, 17, 12, 45, tzinfo=CENTRE))[:3]]
    assert saturday == ["13:00", "13:30", "08:00"], "after Saturday noon comes Monday"
    assert slots(campaign.model_copy(update={"call_back": False}), THURSDAY) == []


def test_a_slot_in_words() -> None:
    assert slot_in_words(SLOT, THURSDAY) == "hoy de 11:00 a 11:30"
    assert slot_in_words(SLOT, THURSDAY - timedelta(days=1)) == "mañana de 11:00 a 11:30"
    assert slot_in_words(SLOT, THURSDAY - timedelta(days=3)) == "el jueves 15 de 11:00 a 11:30"


@pytest.mark.parametrize(
    "wrong",
    [{"telephone": "800 623 23 23"}, {"telephone": "00058500018"}, {"consent": False}, {"slot": "2026-10-15T11:00:00"}],
)
def test_a_request_without_telephone_consent_or_zone_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CallbackRequest.model_validate({"telephone": NUMBER, "slot": SLOT.isoformat(), "consent": True, **wrong})


async def test_a_form_has_a_folio_and_is_neither_paid_nor_sampled(counter: Counter, callbacks: LedgerCallbacks) -> None:
    conversation = await asked(counter)
    state = counter.state(conversation)
    assert state.is_closed and state.folio.startswith("VEN-")
    [waiting] = callbacks.waiting()
    assert (waiting.folio, waiting.slot, waiting.telephone) == (state.folio, SLOT, "******1234")
    assert waiting.topic == "vigencia_derechos" and NUMBER not in str(counter.data_of(conversation, "callback_asked"))
    assert list(closed_interactions(counter.database, None, None)) == []
    assert verify(counter.database, Vault(KEY)).is_sound


async def test_there_is_one_open_request_per_number(counter: Counter, callbacks: LedgerCallbacks) -> None:
    first = await asked(counter)
    with pytest.raises(ConversationError, match="Ya hay una llamada"):
        await asked(counter, wanted(telephone="+52 55 0000 1234"))
    assert callbacks.cancel(first, THURSDAY) and not callbacks.cancel(first, THURSDAY)
    await asked(counter)
    assert len(callbacks.waiting()) == 1


async def test_outside_the_hours_nothing_is_promised(counter: Counter) -> None:
    for moment in (THURSDAY, datetime(2026, 10, 18, 11, 0, tzinfo=CENTRE), SLOT + timedelta(minutes=10)):
        with pytest.raises(ConversationError) as refused:
            await asked(counter, wanted(slot=moment))
        assert refused.value.code == "slot_closed"
    with pytest.raises(ConversationError) as refused:
        await counter.service.ask_for_call("recepcion", wanted(), "203.0.113.7", "hash")
    assert refused.value.code == "callback_off"


async def test_two_attempts_a_quarter_of_an_hour_apart(counter: Counter, callbacks: LedgerCallbacks) -> None:
    conversation = await asked(counter)
    with pytest.raises(ConversationError, match="11:00"):
        callbacks.tried(conversation, "ana", CallResult.NO_ANSWER, "", THURSDAY)
    opened = callbacks.open_to_call(conversation, "ana", SLOT)
    assert opened is not None and opened.telephone == NUMBER and opened.openings[0].agent == "ana"
    once = callbacks.tried(conversation, "ana", CallResult.NO_ANSWER, "buzón de 00058500018", SLOT)
    assert once is not None and once.is_open and once.attempts[0].note == "buzón de *******0018"
    with pytest.raises(ConversationError, match="11:15"):
        callbacks.tried(conversation, "eva", CallResult.BUSY, "", SLOT + timedelta(minutes=14))
    twice = callbacks.tried(conversation, "eva", CallResult.BUSY, "", SLOT + timedelta(minutes=15))
    assert twice is not None and not twice.is_open and callbacks.waiting() == []
    assert callbacks.tried(conversation, "eva", CallResult.REACHED, "", SLOT + timedelta(hours=1)) is None
    assert callbacks.open_to_call(conversation, "eva", SLOT) is None
    assert [row["reason"] for row in counter.data_of(conversation, EventKind.CALLBACK_TRIED)] == ["no_answer", "busy"]
    assert verify(counter.database, Vault(KEY)).is_sound


async def test_who_is_reached_is_not_called_again(counter: Counter, callbacks: LedgerCallbacks) -> None:
    conversation = await asked(counter)
    reached = callbacks.tried(conversation, "ana", CallResult.REACHED, "Se resolvió", SLOT)
    assert reached is not None and not reached.is_open and callbacks.waiting() == []


def test_overdue_ones_come_first() -> None:
    def one(folio: str, slot: datetime, *attempts: Attempt) -> Callback:
        return Callback(
            conversation=folio, folio=folio, campaign="c", asked_at=THURSDAY, slot=slot, attempts=attempts
        )  # fmt: skip

    missed = Attempt(at=SLOT, agent="ana", result=CallResult.NO_ANSWER)
    found = [one("later", SLOT + timedelta(hours=2)), one("due", SLOT), one("again", SLOT, missed)]
    late = one("late", SLOT - timedelta(minutes=30))
    now = SLOT + timedelta(minutes=5)
    assert [entry.folio for entry in worked_in_order([*found, late], now)] == ["late", "due", "again", "later"]


async def test_who_waits_arranges_a_call_and_leaves_the_line(counter: Counter, callbacks: LedgerCallbacks) -> None:
    conversation = await counter.waiting()
    assert "10 dígitos" in texts(await counter.chooses(conversation, "call_me"))[-1]
    assert counter.state(conversation).state is State.QUEUED, "the place in the line is kept meanwhile"
    outcome = await counter.hears(conversation, "55 0000 1234")
    assert "acepta que le llamemos" in texts(outcome)[-1]
    offered = counter.state(conversation).offered
    assert [choice.title for choice in offered][:2] == ["Hoy de 10:30 a 11:00", "Hoy de 11:00 a 11:30"]
    told = await counter.chooses(conversation, offered[1].id)
    assert "hoy de 11:00 a 11:30 al teléfono que termina en 1234" in texts(told)[0]
    state = counter.state(conversation)
    assert state.is_closed and not state.transferred_to_human and state.folio in texts(told)[0]
    assert counter.data_of(conversation, EventKind.LEFT_QUEUE)[0]["to"] == "callback"
    assert [one.folio for one in callbacks.waiting()] == [state.folio]
    assert "call_back" not in state.facts


async def test_when_nobody_attends_a_call_can_be_asked_for(counter: Counter, callbacks: LedgerCallbacks) -> None:
    counter.clock.now = THURSDAY_NIGHT
    conversation = await counter.opens("cita_medica")
    assert [one.id for one in counter.state(conversation).offered] == ["end", "call_me"]
    await counter.hears(conversation, "que me llamen")
    await counter.service.receive(conversation, IncomingMessage(digits=NUMBER))
    await counter.hears(conversation, "mañana de 08:00 a 08:30")
    [waiting] = callbacks.waiting()
    assert f"{waiting.slot:%d %H:%M}" == "16 08:00" and counter.state(conversation).is_closed


async def test_what_is_not_a_telephone_is_asked_once_more_and_the_line_goes_on(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "call_me")
    assert "No reconocí" in texts(await counter.hears(conversation, "el de mi casa"))[-1]
    assert "Usted sigue en la fila" in texts(await counter.hears(conversation, "el de siempre"))[-1]
    state = counter.state(conversation)
    assert state.state is State.QUEUED and "call_me" in [one.id for one in state.offered]


async def test_a_person_who_comes_meanwhile_attends(counter: Counter, callbacks: LedgerCallbacks) -> None:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "call_me")
    await counter.service.take(conversation, "ana", "Ana Ruiz")
    assert texts(await counter.hears(conversation, NUMBER)) == [] and callbacks.waiting() == []
    assert "call_back" not in counter.state(conversation).facts


async def test_a_half_hour_that_is_over_meanwhile_is_offered_anew(counter: Counter) -> None:
    conversation = await counter.waiting()
    await counter.chooses(conversation, "call_me")
    await counter.hears(conversation, NUMBER)
    first = counter.state(conversation).offered[0]
    counter.clock.passes(minutes=45)
    assert "ya pasó" in texts(await counter.chooses(conversation, first.id))[-1]
    assert counter.state(conversation).offered[0].title == "Hoy de 11:00 a 11:30"


async def test_erasing_the_interaction_erases_the_number(counter: Counter, callbacks: LedgerCallbacks) -> None:
    conversation = await asked(counter)
    callbacks.tried(conversation, "ana", CallResult.NO_ANSWER, "dijo su nombre", SLOT)
    order = ErasureOrder("request", "cancelación", None, "area_tecnica", "operacion_proveedor")
    erase_interaction(counter.database, Vault(KEY), counter.state(conversation).folio, order, SLOT)
    [row] = [one for one in counter.record.events(conversation) if one.kind == EventKind.CALLBACK_ASKED]
    assert row.secret is None and "1234" not in str(row.data)
    assert counter.data_of(conversation, EventKind.CALLBACK_TRIED) == [{"reason": "no_answer"}]
    assert callbacks.waiting() == [] and not counter.record.is_call_asked(NUMBER)
    found = callbacks.find(conversation)
    assert found is not None and found.telephone == "" and verify(counter.database, Vault(KEY)).is_sound
