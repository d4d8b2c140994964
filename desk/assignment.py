"""Who is asked next: a pure decision over who waits and who is at the desk (L1575, L6765, L6768).

Conversations go one by one: emergencies first, then by waiting time. Of the agents who are free for one, the group with
the best priority for its campaign is asked, in it whoever has the fewest conversations open, then whoever has been
without a new one for longest. An agent hears one offer at a time and none beyond the limits; an emergency rings
beside another offer, and beyond the limits where nobody has room (L6667).

Without a wish for a level a conversation goes to the first level; to the second only where the campaign has no
first-level agent at the desk, as with DIR, whose normal staff is PS-P (L8029). Supervisors get what is transferred.
Whoever passed a conversation on is asked for it only while nobody else is available: «otra persona» was promised.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from conversation.message import Channel
from conversation.staff import Level
from desk.accounts import Agent

DECLINED_FOR = timedelta(minutes=2)
"""Whoever declined is not asked again for so long [ours]; the conversation stays in the list for whoever takes it."""
MOST_ON = {Channel.WHATSAPP: 4}
"""Most of one channel at once, whatever the limits of agent and campaign (L2010)."""


@dataclass(frozen=True)
class Post:
    """One agent who is logged in."""

    agent: Agent
    free: bool
    """Available, with the desk open in a browser."""
    held: Mapping[Channel, int]
    """Conversations that the agent has, by channel."""
    ringing: bool
    """An offer rings there already."""
    idle_since: datetime
    """When the last conversation came, else when the present state began."""

    @property
    def open(self) -> int:
        """Conversations that the agent has."""
        return sum(self.held.values())


@dataclass(frozen=True)
class Waiting:
    """One conversation in the queue."""

    conversation: str
    campaign: str
    since: datetime
    channel: Channel = Channel.WEBCHAT
    max_sessions: int = 5
    priority: bool = False
    level: Level | None = None
    to_agent: str | None = None
    passed_by: str | None = None
    declined: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Assignment:
    """A conversation and whom to ask."""

    conversation: str
    agent: str


@dataclass(frozen=True)
class Limit:
    """A limit that is reached."""

    held: int
    most: int
    channel: Channel | None = None
    """None: of all channels together."""


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
        held = {**chosen.held, one.channel: chosen.held.get(one.channel, 0) + 1}
        places[chosen.agent.username] = replace(chosen, ringing=True, held=held)
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


def limit_reached(agent: Agent, held: Mapping[Channel, int], channel: Channel, max_sessions: int) -> Limit | None:
    """The limit that one more conversation of this channel would exceed; None: there is room for it."""
    of_all = Limit(sum(held.values()), min(agent.limit, max_sessions))
    of_channel = Limit(held.get(channel, 0), MOST_ON.get(channel, agent.limit), channel)
    return next((one for one in (of_all, of_channel) if one.held >= one.most), None)


def _able(one: Waiting, posts: list[Post], now: datetime) -> list[Post]:
    served = [post for post in posts if may_take(post.agent, one.campaign, one.level, one.to_agent)]
    return [
        post
        for post in _but_who_passed_it_on(one, _wanted(one, served))
        if post.free and not _just_declined(one, post, now) and (one.priority or _has_room(one, post))
    ]


def _has_room(one: Waiting, post: Post) -> bool:
    return not post.ringing and limit_reached(post.agent, post.held, one.channel, one.max_sessions) is None


def _wanted(one: Waiting, posts: list[Post]) -> list[Post]:
    if one.to_agent is not None:
        return [post for post in posts if post.agent.username == one.to_agent]
    if one.level is not None:
        return [post for post in posts if post.agent.level is one.level]
    first = [post for post in posts if post.agent.level.is_first]
    return first or [post for post in posts if post.agent.level is Level.PS_P]


def _but_who_passed_it_on(one: Waiting, posts: list[Post]) -> list[Post]:
    others = [post for post in posts if post.agent.username != one.passed_by]
    return others if any(post.free for post in others) else posts


def _just_declined(one: Waiting, post: Post, now: datetime) -> bool:
    declined = one.declined.get(post.agent.username)
    return declined is not None and now - declined < DECLINED_FOR


def _order(post: Post, one: Waiting) -> tuple[bool, int, int, datetime, str]:
    room = _has_room(one, post)
    return not room, post.agent.priority(one.campaign), post.open, post.idle_since, post.agent.username
