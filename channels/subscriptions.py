"""Who is looking at which conversation right now: a queue per open connection."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from conversation.conversation import Conversation, State
from conversation.message import Message


@dataclass(frozen=True)
class PersonTypes:
    """The person who attends is writing; nothing of it is recorded."""


@dataclass(frozen=True)
class LineMoved:
    """Somebody joined or left the line of those who wait for a person, or changed places in it (L6767)."""


Update = tuple[Conversation, Sequence[Message]]
"""What was recorded; without messages only something about the conversation may have changed."""
News = Update | PersonTypes | LineMoved
Place = tuple[str, bool]
"""Campaign of a line, and whether one goes ahead of the others in it."""


class Subscriptions:
    """A `Listener` that gives every connection of a conversation what was recorded."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, set[asyncio.Queue[News]]] = defaultdict(set)
        self._line: dict[str, Place] = {}

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Pass an update on; a connection that does not read is not waited for."""
        self._tell(conversation.id, (conversation, messages))
        self._follow_line(conversation)

    def person_types(self, conversation_id: str) -> None:
        """Tell the citizen that the person who attends is writing."""
        self._tell(conversation_id, PersonTypes())

    def is_followed(self, conversation_id: str) -> bool:
        """Whether the citizen's page is connected."""
        return conversation_id in self._queues

    @contextmanager
    def follow(self, conversation_id: str) -> Iterator[asyncio.Queue[News]]:
        """The updates of one conversation, for as long as a connection is open."""
        queue: asyncio.Queue[News] = asyncio.Queue()
        self._queues[conversation_id].add(queue)
        try:
            yield queue
        finally:
            self._queues[conversation_id].discard(queue)
            if not self._queues[conversation_id]:
                del self._queues[conversation_id]

    def _tell(self, conversation_id: str, news: News) -> None:
        for queue in self._queues.get(conversation_id, ()):
            queue.put_nowait(news)

    def _follow_line(self, conversation: Conversation) -> None:
        """Have everybody else look up the place again when this one's place came, went or changed."""
        waits = conversation.state is State.QUEUED
        place = (conversation.campaign, bool(conversation.handoff and conversation.handoff.priority)) if waits else None
        if self._line.get(conversation.id) == place:
            return
        if place is None:
            del self._line[conversation.id]
        else:
            self._line[conversation.id] = place
        for other in self._queues:
            if other != conversation.id:
                self._tell(other, LineMoved())
