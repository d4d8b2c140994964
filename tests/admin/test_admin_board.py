"""The live board: what is counted, for whom, and what it shows."""

from datetime import timedelta

import pytest
from admin_room import LogIn, Room
from synthetic_months import campaign

from conversation.conversation import Conversation, State
from conversation.events import End, EventKind
from conversation.handoff import Handoff, HandoffReason
from conversation.message import Channel
from conversation.ports import NewEvent
from conversation.staff import AgentState, Cause, Level, StateEntry
from ledger.board import LedgerBoard


def open_(room: Room, of: str = "derechohabiente", channel: Channel = Channel.WEBCHAT) -> Conversation:
    return room.record.open(campaign(of), channel, "203.0.113.7", room.now[0], "0" * 64)


def move(room: Room, conversation: Conversation, state: State, kind: EventKind) -> None:
    conversation.state = state
    if state is State.QUEUED:
        conversation.handoff = Handoff(reason=HandoffReason.USER_REQUEST, since=room.now[0])
        conversation.transferred_to_human = True
    if state is State.HUMAN:
        conversation.agent = "ana"
    if state is State.CLOSED:
        conversation.end, conversation.agent = End.COMPLETED, None
    room.record.write(conversation, [NewEvent(kind=kind)], room.now[0])


def pass_time(room: Room, seconds: float) -> None:
    room.now[0] += timedelta(seconds=seconds)


def enter(room: Room, agent: str, state: AgentState, campaigns: tuple[str, ...] | None) -> None:
    entry = StateEntry(
        agent=agent, state=state, cause=Cause.CHOSEN, at=room.now[0], level=Level.PS_I, campaigns=campaigns
    )  # fmt: skip
    room.agents.enter(entry)


@pytest.fixture
def board(room: Room) -> LedgerBoard:
    return LedgerBoard(room.engine, room.agents, lambda: room.now[0])


def test_open_conversations_by_state_and_the_longest_wait(room: Room, board: LedgerBoard) -> None:
    open_(room)
    for _ in range(2):
        move(room, open_(room), State.QUEUED, EventKind.QUEUED)
        pass_time(room, 60)
    move(room, open_(room, channel=Channel.VOICE), State.HUMAN, EventKind.ANSWERED)
    open_(room, "cita_medica")
    call, chat = board.now(["derechohabiente"]).open
    assert (chat.channel, chat.by_state, chat.longest_wait) == (
        Channel.WEBCHAT, {State.BOT: 1, State.QUEUED: 2}, timedelta(seconds=120),
    )  # fmt: skip
    assert (call.channel, call.by_state, call.longest_wait) == (Channel.VOICE, {State.HUMAN: 1}, None)
    assert len(board.now(None).open) == 3


def test_service_level_of_today_counts_people_only(room: Room, board: LedgerBoard) -> None:
    move(room, open_(room), State.CLOSED, EventKind.CLOSED)
    for wait in (19, 20, 5, 300):
        conversation = open_(room)
        move(room, conversation, State.QUEUED, EventKind.QUEUED)
        pass_time(room, wait)
        move(room, conversation, State.HUMAN, EventKind.ANSWERED)
    gone = open_(room)
    move(room, gone, State.QUEUED, EventKind.QUEUED)
    move(room, gone, State.CLOSED, EventKind.CLOSED)
    (queue,) = board.now(["derechohabiente"]).queues
    assert (queue.received, queue.answered, queue.in_time, queue.abandoned) == (5, 4, 2, 1)
    assert queue.level == 50.0, "(4 - 2) / 4; exactly 20 s is late"
    (bot,) = board.now(["derechohabiente"]).bots
    assert (bot.today, bot.contained, bot.transferred, bot.open_now) == (6, 1, 5, 0)
    pass_time(room, 86_400)
    assert board.now(None).queues == ()


def test_people_by_state(room: Room, board: LedgerBoard) -> None:
    enter(room, "ana", AgentState.AVAILABLE, ("derechohabiente",))
    enter(room, "beto", AgentState.MEAL, None)
    enter(room, "ciro", AgentState.AVAILABLE, ("cita_medica",))
    enter(room, "dora", AgentState.OUT, None)
    move(room, open_(room), State.HUMAN, EventKind.ANSWERED)
    pass_time(room, 90)
    found = {one.username: (one.state, one.conversations) for one in board.now(["derechohabiente"]).agents}
    assert found == {"ana": (AgentState.ATTENDING, 1), "beto": (AgentState.MEAL, 0)}
    assert {one.since for one in board.now(None).agents} == {timedelta(seconds=90)}


def test_the_page_shows_it_to_those_who_may_and_of_their_campaigns(room: Room, log_in: LogIn) -> None:
    enter(room, "beto", AgentState.MEAL, None)
    move(room, open_(room), State.QUEUED, EventKind.QUEUED)
    open_(room, "cita_medica")
    pass_time(room, 127)
    sara, tomas = log_in("sara"), log_in("tomas")
    page = sara.get("/admin/board").text
    assert "2:07" in page and "Derechohabiente" in page and "Comida" in page and "Cita Médica" not in page
    assert "10:02:07" in page, "when it was counted"
    assert "Cita Médica" in tomas.get("/admin/board").text
    figures = sara.get("/admin/board/figures").text
    assert "2:07" in figures and "<html" not in figures
