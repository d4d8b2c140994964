"""The pure decision: who is asked for which waiting conversation."""

from datetime import datetime, timedelta

from attended_desk import THURSDAY
from hypothesis import given
from hypothesis import strategies as st

from conversation.message import Channel
from conversation.staff import Level
from desk.accounts import Agent
from desk.assignment import DECLINED_FOR, Assignment, Post, Waiting, assign

NOW = THURSDAY


def post(
    name: str, open: int = 0, idle: int = 0, *, free: bool = True, ringing: bool = False, level: Level = Level.PS_I,
    skills: dict[str, int] | None = None, limit: int = 5, channel: Channel = Channel.WEBCHAT,
) -> Post:  # fmt: skip
    agent = Agent(username=name, name=name, password_hash="-", level=level, skills=skills, limit=limit)
    since = NOW - timedelta(minutes=idle)
    return Post(agent=agent, free=free, ringing=ringing, held={channel: open}, idle_since=since)


def wait(name: str, minutes: int = 1, campaign: str = "derechohabiente", **more: object) -> Waiting:
    return Waiting(conversation=name, campaign=campaign, since=NOW - timedelta(minutes=minutes), **more)  # type: ignore[arg-type]


def pairs(decided: list[Assignment]) -> list[tuple[str, str]]:
    return [(one.conversation, one.agent) for one in decided]


def test_fewest_open_comes_before_longest_idle() -> None:
    posts = [post("busy", open=2, idle=50), post("fresh", open=1, idle=1), post("rested", open=1, idle=9)]
    assert pairs(assign([wait("c")], posts, NOW)) == [("c", "rested")]


def test_emergencies_first_then_by_waiting_time() -> None:
    posts = [post("ana"), post("beto", open=1)]
    waiting = [wait("new", 1), wait("old", 9), wait("urgent", 0, priority=True)]
    assert pairs(assign(waiting, posts, NOW)) == [("urgent", "ana"), ("old", "beto")], "one offer at a time each"


def test_an_emergency_rings_beside_another_offer_and_beyond_the_limit_where_nobody_has_room() -> None:
    urgent = wait("urgent", priority=True)
    busy = post("busy", ringing=True)
    assert assign([wait("c")], [busy], NOW) == []
    assert pairs(assign([urgent], [busy], NOW)) == [("urgent", "busy")]
    full, roomy = post("full", open=2, limit=2), post("roomy", open=4)
    assert pairs(assign([urgent], [full, roomy], NOW)) == [("urgent", "roomy")]
    assert pairs(assign([urgent], [full], NOW)) == [("urgent", "full")]
    assert assign([urgent], [post("out", free=False)], NOW) == []


def test_only_who_serves_the_campaign_and_the_better_group_first() -> None:
    posts = [
        post("second", idle=90, skills={"derechohabiente": 2}), post("first", open=3, skills={"derechohabiente": 1}),
        post("other", skills={"cita_medica": 1}),
    ]  # fmt: skip
    assert pairs(assign([wait("c")], posts, NOW)) == [("c", "first")]
    assert pairs(assign([wait("c"), wait("d", 0)], posts, NOW)) == [("c", "first"), ("d", "second")]


def test_nobody_beyond_the_limit_of_agent_or_campaign() -> None:
    assert assign([wait("c")], [post("ana", open=4, limit=4)], NOW) == []
    assert assign([wait("c", max_sessions=2)], [post("ana", open=2)], NOW) == []


def test_four_of_whatsapp_at_most_beside_chats_of_the_web() -> None:
    full, mixed = post("ana", open=4, channel=Channel.WHATSAPP), post("beto", open=4)
    by_whatsapp = wait("c", channel=Channel.WHATSAPP)
    assert assign([by_whatsapp], [full], NOW) == [], "four sessions of WhatsApp (L2010)"
    assert pairs(assign([by_whatsapp], [full, mixed], NOW)) == [("c", "beto")]
    assert pairs(assign([wait("c")], [full], NOW)) == [("c", "ana")], "a fifth on the web is within the limit (L6792)"


def test_what_was_passed_on_does_not_come_back_while_somebody_else_is_there() -> None:
    passed = wait("c", passed_by="ana")
    assert pairs(assign([passed], [post("ana"), post("beto", open=3)], NOW)) == [("c", "beto")]
    assert assign([passed], [post("ana"), post("beto", open=5)], NOW) == [], "beto is busy, and is waited for"
    assert pairs(assign([passed], [post("ana"), post("beto", free=False)], NOW)) == [("c", "ana")], "nobody else"


def test_the_second_level_gets_what_was_passed_on_or_what_has_no_first_level() -> None:
    first, second, boss = post("ana"), post("pia", level=Level.PS_P), post("sol", level=Level.SUPERVISOR)
    assert pairs(assign([wait("c")], [first, second, boss], NOW)) == [("c", "ana")]
    busy = post("ana", free=False)
    assert assign([wait("c")], [busy, second, boss], NOW) == [], "a first level that is busy is waited for"
    assert pairs(assign([wait("c")], [second, boss], NOW)) == [("c", "pia")]
    assert pairs(assign([wait("c", level=Level.PS_P)], [first, second, boss], NOW)) == [("c", "pia")]
    assert pairs(assign([wait("c", to_agent="sol")], [first, second, boss], NOW)) == [("c", "sol")]
    assert assign([wait("c")], [boss], NOW) == []


def test_who_declined_is_left_alone_for_a_while() -> None:
    before = {"ana": NOW - DECLINED_FOR + timedelta(seconds=1)}
    assert pairs(assign([wait("c", declined=before)], [post("ana"), post("beto", open=3)], NOW)) == [("c", "beto")]
    assert assign([wait("c", declined=before)], [post("ana")], NOW) == []
    assert pairs(assign([wait("c", declined={"ana": NOW - DECLINED_FOR})], [post("ana")], NOW)) == [("c", "ana")]


POSTS = st.lists(
    st.builds(
        post,
        st.sampled_from(["a1", "b2", "c3", "d4", "e5"]),
        st.integers(0, 5),
        st.integers(0, 99),
        free=st.booleans(),
        ringing=st.booleans(),
        level=st.sampled_from(Level),
        skills=st.sampled_from([None, {"derechohabiente": 1}, {"cita_medica": 2}]),
        limit=st.integers(1, 5),
    ),
    unique_by=lambda one: one.agent.username,
)
WAITING = st.lists(
    st.builds(
        wait,
        st.uuids().map(str),
        st.integers(0, 99),
        st.sampled_from(["derechohabiente", "cita_medica"]),
        priority=st.booleans(),
        level=st.sampled_from([None, *Level]),
    ),
    unique_by=lambda one: one.conversation,
)


@given(WAITING, POSTS)
def test_every_decision_is_allowed_and_nothing_is_left_that_somebody_could_take(
    waiting: list[Waiting], posts: list[Post]
) -> None:
    decided = assign(waiting, posts, NOW)
    by_name, by_id = {one.agent.username: one for one in posts}, {one.conversation: one for one in waiting}
    assert len(decided) == len({one.conversation for one in decided})
    ordinary = [one for one in decided if not by_id[one.conversation].priority]
    assert len({one.agent for one in ordinary}) == len(ordinary), "one offer at a time, emergencies apart"
    for one in decided:
        chosen, item = by_name[one.agent], by_id[one.conversation]
        assert chosen.free and chosen.agent.serves(item.campaign)
        assert item.priority or (not chosen.ringing and chosen.open < chosen.agent.limit)
        assert item.level in (None, chosen.agent.level)
    for item in waiting:
        if item.conversation in {one.conversation for one in decided}:
            continue
        serving = [one for one in posts if one.agent.serves(item.campaign)]
        first = [one for one in serving if one.agent.level.is_first]
        if item.level is None:
            wanted = first or [one for one in serving if one.agent.level is Level.PS_P]
        else:
            wanted = [one for one in serving if one.agent.level is item.level]
        resting = [one for one in wanted if one.agent.username not in {one.agent for one in decided}]
        assert not [one for one in resting if one.free and not one.ringing and one.open < one.agent.limit]


@given(st.permutations([wait("a", 5), wait("b", 3), wait("c", 1)]), st.permutations([post("xx"), post("yy", open=1)]))
def test_the_order_in_which_things_are_read_decides_nothing(waiting: list[Waiting], posts: list[Post]) -> None:
    assert pairs(assign(waiting, posts, NOW)) == [("a", "xx"), ("b", "yy")]


def test_the_longest_idle_is_told_by_moments_not_by_names() -> None:
    assert pairs(assign([wait("c")], [post("ana", idle=3), post("zoe", idle=4)], datetime.now(NOW.tzinfo))) == [
        ("c", "zoe")
    ]
