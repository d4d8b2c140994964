"""Offers that ring, are taken, declined or missed; agents who fall silent; and what a restart leaves (L1573, L2066)."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from attended_desk import THURSDAY_NIGHT
from work_floor import Floor

from content.catalogue import Catalogue
from conversation import passing_on
from conversation.conversation import State
from conversation.events import EventKind
from conversation.handoff import HandoffReason
from conversation.message import Channel, IncomingMessage, Sender
from conversation.service import ConversationError
from conversation.staff import AgentState, Cause, Level
from ledger.verification import verify


async def code_of(call: object) -> str:
    with pytest.raises(ConversationError) as caught:
        await call  # type: ignore[misc]
    return caught.value.code


async def test_an_offer_is_accepted_and_the_level_is_written_then(floor: Floor) -> None:
    ana, conversation = floor.agent("ana", Level.PS_I_ESP), await floor.waits()
    await floor.distribution.step()
    assert floor.asked(conversation) == "ana" and {"type": "changed"} in floor.told("ana")
    assert floor.data_of(conversation, EventKind.OFFERED) == [{"agent": "ana", "seconds": 30}]
    assert [one.id for one in floor.distribution.offers("ana")] == [conversation]
    floor.passes(12)
    await floor.distribution.take(conversation, ana)
    taken = floor.state(conversation)
    assert (taken.state, taken.agent, taken.levels) == (State.HUMAN, "ana", [Level.PS_I_ESP])
    assert taken.handoff and taken.handoff.offer is None and taken.handoff.answered_at == floor.now
    assert floor.data_of(conversation, EventKind.ANSWERED) == [
        {"agent": "ana", "waited_seconds": 12, "agent_level": "ps_i_esp"}
    ]
    assert floor.presence.shown("ana") is AgentState.ATTENDING
    assert verify(floor.database, floor.vault).is_sound


async def test_a_missed_offer_goes_on_and_who_missed_it_must_confirm(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    await floor.distribution.step()
    floor.agent("beto")
    floor.passes(29)
    await floor.distribution.step()
    assert floor.asked(conversation) == "ana"
    floor.passes(1)
    await floor.distribution.step()
    assert floor.asked(conversation) == "beto"
    assert floor.data_of(conversation, EventKind.NO_ANSWER) == [{"agent": "ana", "seconds": 30, "left": False}]
    assert floor.presence.must_confirm("ana") and floor.presence.shown("ana") is AgentState.UNAVAILABLE
    other = await floor.waits()
    await floor.distribution.step()
    assert floor.asked(other) is None, "beto hears one at a time, ana nothing"
    entry = floor.presence.choose(ana, AgentState.AVAILABLE)
    assert entry.cause is Cause.CONFIRMED and not floor.presence.must_confirm("ana")
    await floor.distribution.step()
    assert floor.asked(other) == "ana"


async def test_declining_asks_the_next_one_and_puts_nobody_out(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    await floor.distribution.step()
    await floor.distribution.decline(conversation, ana)
    await floor.distribution.step()
    assert floor.asked(conversation) is None and floor.presence.shown("ana") is AgentState.AVAILABLE
    assert floor.data_of(conversation, EventKind.DECLINED) == [{"agent": "ana"}]
    assert await code_of(floor.distribution.decline(conversation, ana)) == "not_offered"
    floor.agent("beto")
    await floor.distribution.step()
    assert floor.asked(conversation) == "beto"


async def test_two_agents_one_conversation(floor: Floor) -> None:
    ana, beto = floor.agent("ana"), floor.agent("beto")
    conversation = await floor.waits()
    await floor.distribution.step()
    results = await asyncio.gather(
        floor.distribution.take(conversation, ana), floor.distribution.take(conversation, beto), return_exceptions=True
    )
    [lost] = [one for one in results if isinstance(one, ConversationError)]
    assert lost.code == "not_waiting" and len(floor.data_of(conversation, EventKind.ANSWERED)) == 1
    await floor.distribution.step()
    assert not floor.presence.must_confirm("ana"), "an offer that somebody else took was not missed"


async def test_who_may_not_take_what(floor: Floor) -> None:
    other = floor.agent("ana", skills={"cita_medica": 1})
    full = floor.agent("beto", limit=1)
    boss = floor.agent("sol", Level.SUPERVISOR)
    first, second = await floor.waits(), await floor.waits()
    assert await code_of(floor.distribution.take(first, other)) == "not_for_you"
    await floor.distribution.take(first, full)
    assert await code_of(floor.distribution.take(second, full)) == "limit_reached"
    urgent = await floor.waits(reason=HandoffReason.EMERGENCY)
    await floor.distribution.take(urgent, full)
    await floor.distribution.take(second, boss)
    assert floor.state(second).levels == [Level.SUPERVISOR]


async def test_offers_ring_only_where_a_desk_is_open_and_somebody_available(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    with floor.away("ana"):
        await floor.distribution.step()
        assert floor.asked(conversation) is None
    floor.presence.choose(ana, AgentState.MEAL)
    await floor.distribution.step()
    assert floor.asked(conversation) is None
    floor.presence.choose(ana, AgentState.AVAILABLE)
    await floor.distribution.step()
    assert floor.asked(conversation) == "ana"
    floor.presence.choose(ana, AgentState.BATHROOM)
    await floor.distribution.step()
    assert floor.asked(conversation) is None
    [event] = floor.data_of(conversation, EventKind.NO_ANSWER)
    assert event["left"] and not floor.presence.must_confirm("ana"), "leaving for a break is no missed offer"


async def test_who_takes_from_the_list_is_available_again(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    floor.presence.choose(ana, AgentState.MEAL)
    await floor.distribution.take(conversation, ana)
    entry = floor.presence.entry("ana")
    assert entry and (entry.state, entry.cause) == (AgentState.AVAILABLE, Cause.TOOK)


async def test_a_manual_installation_offers_nothing(tmp_path: Path, catalogue: Catalogue, floor: Floor) -> None:
    (tmp_path / "manual").mkdir()
    manual = Floor(tmp_path / "manual", catalogue, automatic=False)
    ana, conversation = manual.agent("ana"), await manual.waits()
    await manual.distribution.step()
    assert manual.asked(conversation) is None
    assert (await manual.distribution.take(conversation, ana)).agent == "ana"


async def test_a_restart_loses_neither_offer_nor_state(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    beto = floor.agent("beto")
    floor.presence.choose(beto, AgentState.TRAINING)
    await floor.distribution.step()
    floor.restart()
    assert floor.asked(conversation) == "ana" and floor.presence.shown("beto") is AgentState.TRAINING
    await floor.distribution.step()
    assert len(floor.data_of(conversation, EventKind.OFFERED)) == 1
    floor.passes(30)
    floor.restart()
    await floor.distribution.step()
    assert floor.asked(conversation) is None and floor.presence.must_confirm("ana")
    floor.restart()
    assert floor.presence.must_confirm("ana")
    await floor.distribution.take(conversation, ana)
    assert not floor.presence.must_confirm("ana")


async def test_a_silent_agent_is_warned_then_logged_out_and_nobody_loses_the_place(floor: Floor) -> None:
    ana, first = floor.agent("ana"), await floor.waits()
    await floor.distribution.take(first, ana)
    floor.passes(60)
    second = await floor.waits()
    beto = floor.agent("beto", limit=1)
    await floor.distribution.take(second, beto)
    third = await floor.waits()
    floor.passes(480)
    floor.presence.touch("beto")
    floor.told("ana")
    await floor.distribution.step()
    assert [one for one in floor.told("ana") if one["type"] == "idle"] == [{"type": "idle", "seconds": 60}]
    await floor.distribution.step()
    assert [one for one in floor.told("ana") if one["type"] == "idle"] == [], "warned once"
    floor.passes(60)
    login = floor.presence.entry("ana")
    await floor.distribution.step()
    assert {"type": "logged_out"} in floor.told("ana")
    entry = floor.presence.entry("ana")
    assert entry and (entry.state, entry.cause) == (AgentState.OUT, Cause.IDLE)
    assert login and not floor.presence.holds("ana", login.number), "her session is worth nothing any more"
    back = floor.state(first)
    assert (back.state, back.agent) == (State.QUEUED, None)
    assert [one.id for one in floor.record.waiting()] == [first, third], "the place is that of the original waiting"
    [said] = floor.record.messages(first)[-1:]
    assert said.sender is Sender.SYSTEM and "conserva su lugar" in said.text and said.choices
    assert floor.data_of(first, EventKind.REQUEUED) == [{"agent": "ana"}]
    assert verify(floor.database, floor.vault).is_sound


async def test_a_sign_of_life_puts_the_end_off(floor: Floor) -> None:
    floor.agent("ana")
    for _ in range(3):
        floor.passes(500)
        floor.presence.touch("ana")
        await floor.distribution.step()
    assert floor.presence.shown("ana") is AgentState.AVAILABLE
    floor.passes(600)
    await floor.distribution.step()
    floor.presence.touch("ana")
    assert floor.presence.shown("ana") is AgentState.OUT, "a late sign brings no session back"


async def test_equally_many_go_to_who_got_none_for_longest_however_much_is_written(floor: Floor) -> None:
    ana, first = floor.agent("ana"), await floor.waits()
    await floor.distribution.take(first, ana)
    floor.passes(60)
    beto, second = floor.agent("beto"), await floor.waits()
    await floor.distribution.take(second, beto)
    floor.passes(60)
    await floor.service.receive(first, IncomingMessage(text="¿sigue ahí?"))
    third = await floor.waits()
    await floor.distribution.step()
    assert floor.asked(third) == "ana", "her last one came first; that its citizen writes is no new conversation"
    await floor.distribution.decline(third, ana)
    floor.passes(121)
    floor.restart()
    fourth = await floor.waits()
    await floor.service.receive(third, IncomingMessage(choice="end"))
    await floor.distribution.step()
    assert floor.asked(fourth) == "ana", "a restart does not forget it"


async def test_a_transfer_within_the_own_level_goes_to_another_person(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    beto, other = floor.agent("beto"), await floor.waits()
    await floor.distribution.take(conversation, ana)
    await floor.distribution.take(other, beto)
    step = partial(
        passing_on.pass_on, agent="ana", target=passing_on.Target(level=Level.PS_I), reason=HandoffReason.COMPLAINT,
        note="",
    )  # fmt: skip
    await floor.service.attend(conversation, step)
    await floor.distribution.step()
    assert floor.asked(conversation) == "beto", "ana has fewer open, and the citizen was told «otra persona»"


async def test_a_fifth_chat_by_whatsapp_is_refused_in_its_own_words(floor: Floor) -> None:
    ana = floor.agent("ana")
    for _ in range(4):
        await floor.distribution.take(await floor.waits(channel=Channel.WHATSAPP), ana)
    fifth = await floor.waits(channel=Channel.WHATSAPP)
    with pytest.raises(ConversationError, match="Ya atiende 4 conversaciones por WhatsApp"):
        await floor.distribution.take(fifth, ana)
    await floor.distribution.take(await floor.waits(), ana)


async def test_whose_account_is_taken_out_is_logged_out_and_a_slip_in_the_file_puts_nobody_out(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    floor.agent("beto")
    await floor.distribution.take(conversation, ana)
    path = floor.accounts_file
    whole = path.read_text(encoding="utf-8")
    await floor.distribution.step()
    path.write_text(f"{whole}- {{username: [", encoding="utf-8")
    await floor.distribution.step()
    assert set(floor.accounts.all()) == {"ana", "beto"}, "the last good accounts stay in force"
    assert floor.state(conversation).agent == "ana"
    path.write_text(whole[whole.index("- name: Beto") :], encoding="utf-8")
    await floor.distribution.step()
    assert {"type": "logged_out"} in floor.told("ana") and floor.presence.shown("ana") is AgentState.OUT
    assert floor.asked(conversation) == "beto", "her conversation waits again, and rings at once"


async def test_attending_lasts_since_the_first_conversation_at_hand(floor: Floor) -> None:
    ana = floor.agent("ana")
    came = floor.now
    floor.passes(300)
    first = await floor.waits()
    await floor.distribution.take(first, ana)
    taken = floor.now
    floor.passes(60)
    await floor.distribution.take(await floor.waits(), ana)
    assert (floor.presence.shown("ana"), floor.presence.since("ana")) == (AgentState.ATTENDING, taken)
    floor.presence.choose(ana, AgentState.AFTER_WORK)
    assert floor.presence.since("ana") == floor.now != came


async def test_outside_the_window_nobody_is_put_back_into_a_queue_without_end(floor: Floor) -> None:
    ana, conversation = floor.agent("ana"), await floor.waits()
    await floor.distribution.take(conversation, ana)
    floor.now = THURSDAY_NIGHT
    await floor.distribution.log_out("ana", Cause.LOGOUT)
    back = floor.state(conversation)
    assert back.state is State.BOT and back.leaving_message


async def test_a_conversation_of_somebody_who_is_not_here_waits_again(floor: Floor) -> None:
    conversation = await floor.waits()
    await floor.service.take(conversation, "nadie", "Nadie")
    await floor.distribution.step()
    assert floor.state(conversation).state is State.QUEUED


async def test_the_citizen_who_leaves_takes_the_offer_along(floor: Floor) -> None:
    floor.agent("ana")
    conversation = await floor.waits()
    await floor.distribution.step()
    await floor.service.receive(conversation, IncomingMessage(choice="end"))
    assert floor.distribution.offers("ana") == []
    floor.passes(31)
    await floor.distribution.step()
    assert not floor.presence.must_confirm("ana")


async def test_calls_are_the_exchanges_and_whoever_talks_is_left_in_peace(floor: Floor) -> None:
    ana = floor.agent("ana")
    call = await floor.waits(channel=Channel.VOICE)
    await floor.distribution.step()
    assert floor.asked(call) is None
    await floor.service.take(call, "ana", ana.name, ana.level)
    chat = await floor.waits()
    for _ in range(3):
        floor.passes(500)
        await floor.distribution.step()
    assert floor.asked(chat) is None and floor.presence.shown("ana") is AgentState.ATTENDING, "no silent agent either"
    await floor.distribution.log_out("ana", Cause.LOGOUT)
    assert floor.state(call).state is State.HUMAN, "no desk can put a call back"
