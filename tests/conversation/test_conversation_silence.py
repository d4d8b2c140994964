"""Silence in a web chat: a warning, recorded once, then the end; who waits for a person is not silent (L6778)."""

from datetime import timedelta
from pathlib import Path

import pytest
from scripted_dialogue import Counter, says

from content.catalogue import Catalogue
from conversation.campaign import SilenceRules
from conversation.conversation import State
from conversation.events import End, EndedBy
from conversation.message import Channel, Choice, Reply, Sender
from conversation.ports import Answered

LIMIT = timedelta(minutes=30)
MORE = Choice(id="despedida", title="No, es todo")


def warnings(counter: Counter, conversation: str) -> list[str]:
    return [text for sender, text in counter.transcript(conversation) if sender is Sender.SYSTEM and "¿Sigue" in text]


async def test_a_warning_once_then_the_end(counter: Counter) -> None:
    conversation = await counter.opens()
    await counter.hears(conversation, "quiero mi vigencia")
    counter.clock.passes(minutes=3)
    await counter.service.close_idle(LIMIT)
    assert warnings(counter, conversation) == [], "three minutes are not over yet"
    counter.clock.passes(seconds=10)
    await counter.service.close_idle(LIMIT)
    counter.clock.passes(seconds=15)
    await counter.service.close_idle(LIMIT)
    [warning] = warnings(counter, conversation)
    assert "se cerrará en 2 minutos" in warning
    counter.clock.passes(minutes=2)
    assert await counter.service.close_idle(LIMIT) == 1
    state = counter.state(conversation)
    assert (state.state, state.end, state.ended_by) == (State.CLOSED, End.TIMEOUT, EndedBy.SYSTEM)
    assert any("no hubo respuesta" in text for _, text in counter.transcript(conversation))


async def test_who_writes_after_the_warning_goes_on_and_is_warned_anew(counter: Counter) -> None:
    conversation = await counter.opens()
    for _ in range(2):
        counter.clock.passes(minutes=4)
        assert await counter.service.close_idle(LIMIT) == 0
        await counter.hears(conversation, "sigo aquí")
    assert len(warnings(counter, conversation)) == 2
    assert counter.state(conversation).state is State.BOT


async def test_the_end_is_complete_only_where_the_closing_question_was_asked(counter: Counter) -> None:
    answered, asked = await counter.opens(), await counter.opens()
    served = {"topic": "vigencia_derechos", "intent": "vigencia_derechos", "confidence": 0.9}
    counter.engine.will(
        Answered.model_validate({"replies": (Reply(text="Vigentes. ¿Algo más?", choices=(MORE,)),), **served}),
        says("Escriba su NSS.", **served),
    )
    await counter.hears(answered, "vigencia")
    await counter.hears(asked, "vigencia")
    counter.clock.passes(minutes=6)
    assert await counter.service.close_idle(LIMIT) == 2
    assert counter.state(answered).end is End.COMPLETED
    assert counter.state(asked).end is End.TIMEOUT


async def test_who_waits_or_is_attended_is_not_closed_for_waiting(counter: Counter) -> None:
    waiting, attended = await counter.waiting(), await counter.attended()
    counter.clock.passes(minutes=29)
    assert await counter.service.close_idle(LIMIT) == 0
    assert warnings(counter, waiting) == warnings(counter, attended) == []
    counter.clock.passes(minutes=2)
    assert await counter.service.close_idle(LIMIT, lambda one: one == waiting) == 1
    assert counter.state(waiting).state is State.QUEUED, "whose page is open still waits"
    assert counter.state(attended).state is State.CLOSED
    assert await counter.service.close_idle(LIMIT) == 1, "who has gone does not wait for ever"


async def test_other_channels_know_the_long_limit_only(counter: Counter) -> None:
    conversation = await counter.opens(channel=Channel.WHATSAPP)
    counter.clock.passes(minutes=29)
    assert await counter.service.close_idle(LIMIT) == 0
    assert warnings(counter, conversation) == []


async def test_times_and_words_are_the_campaigns(tmp_path: Path, catalogue: Catalogue) -> None:
    campaign = catalogue.get("derechohabiente")
    assert campaign is not None
    prompts = {**campaign.prompts, "aviso_inactividad": "Oiga, cierro {plazo}."}
    rules = SilenceRules(warn_minutes=8, close_minutes=10)
    changed = campaign.model_copy(update={"silence": rules, "prompts": prompts})

    class Patient(Catalogue):
        def get(self, campaign_id: str):  # type: ignore[no-untyped-def]
            return changed if campaign_id == campaign.id else super().get(campaign_id)

    counter = Counter(tmp_path, Patient(Path(__file__).resolve().parents[2]))
    conversation = await counter.opens()
    counter.clock.passes(minutes=7)
    await counter.service.close_idle(LIMIT)
    counter.clock.passes(minutes=2)
    await counter.service.close_idle(LIMIT)
    assert [text for _, text in counter.transcript(conversation)][-1] == "Oiga, cierro en un minuto."


def test_a_campaign_warns_before_it_closes() -> None:
    with pytest.raises(ValueError, match="warn_minutes must be less"):
        SilenceRules(warn_minutes=5, close_minutes=5)
