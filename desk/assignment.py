"""Who is asked next: a pure decision over who waits and who is at the desk (L1575, L6765, L6768).

Conversations go one by one: emergencies first, then by waiting time. Of the agents who are free for one, the group with
the best priority for its campaign is asked, in it whoever has the fewest conversations open, then whoever has been
without a new one for longest. An agent hears one offer at a time and none beyond the limit; an emergency rings
beside another offer, and beyond the limit where nobody has room (L6667).

Without a wish for a level a conversation goes to the first level; to the second only where the campaign has no
first-level agent at the desk, as with DIR, whose normal staff is PS-P (L8029). Supervisors get what is transferred.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from conversation.staff import Level
from desk.accounts import Agent

DECLINED_FOR = timedelta(minutes=2)
"""Whoever declined is not asked again for so long [ours]; the conversation stays in the list for whoever takes it."""


@dataclass(frozen=True)
class Post:
    """One agent who is logged in."""

    agent: Agent
    free: bool
    """Available, with the desk open in a browser."""
    open: int
    """Conversations that the agent has."""
    ringing: bool
    """An offer rings there already."""
    idle_since: datetime
    """When the last conversation came, else when the present state began."""


@dataclass(frozen=True)
class Waiting:
    """One conversation in the queue."""

    conversation: str
    campaign: str
    since: datetime
    max_sessions: int = 5
    priority: bool = False
    level: Level | None = None
    to_agent: str | None = None
    declined: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """A conversation and whom to ask."""

    conversation: str
    agent: str


def assign(waiting: Iterable[Waiting], posts: Sequence[Post], now: datetime) -> list[Assignment]:
    """Whom to offer each waiting conversation; those nobody is free for wait on."""
    places = {post.agent.username: post for post in posts}
    decided: list[Assignment] = []
    for one in sorted(waiting, key=lambda item: (not item.priority, item.since)):
        able = _able(one, list(places.values()), now)
        if not able:
            continue
        chosen = min(able, key=lambda post: _order(post, one))
        decided.append(Assignment(one.conversation, chosen.agent.username))
        places[chosen.agent.username] = replace(chosen, ringing=True, open=chosen.open + 1)
    return decided


def may_take(agent: Agent, campaign: str, level: Level | None, to_agent: str | None) -> bool:
    """Whether somebody may have a waiting conversation at all; supervisors may have any of their campaigns."""
    if not agent.serves(campaign):
        return False
    if agent.level is Level.SUPERVISOR:
        return True
    if to_agent is not None:
        return to_agent == agent.username
    return level is None or agent.level is level


def _able(one: Waiting, posts: list[Post], now: datetime) -> list[Post]:
    served = [post for post in posts if may_take(post.agent, one.campaign, one.level, one.to_agent)]
    return [
        post
        for post in _wanted(one, served)
        if post.free and not _just_declined(one, post, now) and (one.priority or _has_room(one, post))
    ]


def _has_room(one: Waiting, post: Post) -> bool:
    return not post.ringing and post.open < min(post.agent.limit, one.max_sessions)


def _wanted(one: Waiting, posts: list[Post]) -> list[Post]:
    if one.to_agent is not None:
        return [post for post in posts if post.agent.username == one.to_agent]
    if one.level is not None:
        return [post for post in posts if post.agent.level is one.level]
    first = [post for post in posts if post.agent.level.is_first]
    return first or [post for post in posts if post.agent.level is Level.PS_P]


def _just_declined(one: Waiting, post: Post, now: datetime) -> bool:
    declined = one.declined.get(post.agent.username)
    return declined is not None and now - declined < DECLINED_FOR


def _order(post: Post, one: Waiting) -> tuple[bool, int, int, datetime, str]:
    room = _has_room(one, post)
    return not room, post.agent.priority(one.campaign), post.open, post.idle_since, post.agent.username
