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
    assert queue.level == 40.0, "2 / 5, of those received (L7881); exactly 20 s is late"
    (bot,) = board.now(["derechohabiente"]).bots
    assert (bot.today, bot.contained, bot.transferred, bot.open_now) == (6, 1, 5, 0)
    pass_time(room, 86_400)
    assert board.now(None).queues == ()


@pytest.mark.parametrize(
    ("of", "level", "wanted"),
    [
        ("derechohabiente", 75.0, 80),  # DyC: of those received (L7881)
        ("cita_medica", 100.0, 85),  # of those answered (L10233), its own level (L5882)
        ("orientacion_medica", 100.0, 95),
        ("velatorios", 100.0, 80),  # the general terms (L10213)
    ],
)
def test_each_campaign_has_its_formula_and_its_level(
    room: Room, board: LedgerBoard, of: str, level: float, wanted: float
) -> None:
    for _ in range(3):
        conversation = open_(room, of)
        move(room, conversation, State.QUEUED, EventKind.QUEUED)
        pass_time(room, 5)
        move(room, conversation, State.HUMAN, EventKind.ANSWERED)
    gone = open_(room, of)
    move(room, gone, State.QUEUED, EventKind.QUEUED)
    pass_time(room, 30)
    move(room, gone, State.CLOSED, EventKind.CLOSED)
    (queue,) = board.now([of]).queues
    assert (queue.level, queue.wanted.percent, queue.is_low) == (level, wanted, level < wanted)


def test_who_may_still_be_answered_in_time_is_not_counted_yet(room: Room, board: LedgerBoard) -> None:
    answered, waits = open_(room), open_(room)
    move(room, answered, State.QUEUED, EventKind.QUEUED)
    move(room, answered, State.HUMAN, EventKind.ANSWERED)
    move(room, waits, State.QUEUED, EventKind.QUEUED)
    pass_time(room, 19)
    (queue,) = board.now(None).queues
    assert (queue.received, queue.level) == (2, 100.0)
    pass_time(room, 1)
    (queue,) = board.now(None).queues
    assert queue.level == 50.0, "who waits for 20 s is late, answered or not"


def test_channels_have_their_own_level_and_a_passed_on_conversation_is_received_anew(
    room: Room, board: LedgerBoard
) -> None:
    call = open_(room, channel=Channel.VOICE)
    move(room, call, State.QUEUED, EventKind.QUEUED)
    chat = open_(room)
    move(room, chat, State.QUEUED, EventKind.QUEUED)
    move(room, chat, State.HUMAN, EventKind.ANSWERED)
    within = NewEvent(kind=EventKind.PASSED_ON, data={"to_level": "ps_p"})
    room.record.write(chat, [within], room.now[0])
    chat.campaign = "cita_medica"
    room.record.write(chat, [NewEvent(kind=EventKind.PASSED_ON, data={"to_campaign": "cita_medica"})], room.now[0])
    pass_time(room, 25)
    move(room, chat, State.HUMAN, EventKind.ANSWERED)
    found = {(one.campaign, one.channel): (one.received, one.answered, one.in_time) for one in board.now(None).queues}
    assert found == {
        ("derechohabiente", Channel.VOICE): (1, 0, 0), ("derechohabiente", Channel.WEBCHAT): (1, 1, 1),
        ("cita_medica", Channel.WEBCHAT): (1, 1, 0),
    }  # fmt: skip
    assert [one.campaign for one in board.now(["cita_medica"]).queues] == ["cita_medica"]


def test_attending_lasts_since_the_first_conversation_at_hand(room: Room, board: LedgerBoard) -> None:
    enter(room, "ana", AgentState.AVAILABLE, None)
    pass_time(room, 3000)
    conversation = open_(room)
    move(room, conversation, State.QUEUED, EventKind.QUEUED)
    assert conversation.handoff
    conversation.handoff = conversation.handoff.model_copy(update={"answered_at": room.now[0]})
    move(room, conversation, State.HUMAN, EventKind.ANSWERED)
    pass_time(room, 60)
    (ana,) = board.now(None).agents
    assert (ana.state, ana.since) == (AgentState.ATTENDING, timedelta(seconds=60))


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
    assert "80 % de recibidas en menos de 20 s (L7881)" in page
    assert "Cita Médica" in tomas.get("/admin/board").text
    figures = sara.get("/admin/board/figures").text
    assert "2:07" in figures and "<html" not in figures
