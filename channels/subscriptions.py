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


Update = tuple[Conversation, Sequence[Message]]
"""What was recorded; without messages only something about the conversation may have changed."""


class Subscriptions:
    """A `Listener` that gives every connection of a conversation what was recorded."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, set[asyncio.Queue[Update | PersonTypes]]] = defaultdict(set)
        self._waiting: dict[str, Conversation] = {}

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Pass an update on; a connection that does not read is not waited for."""
        for queue in self._queues.get(conversation.id, ()):
            queue.put_nowait((conversation, messages))
        self._follow_line(conversation)

    def person_types(self, conversation_id: str) -> None:
        """Tell the citizen that the person who attends is writing."""
        for queue in self._queues.get(conversation_id, ()):
            queue.put_nowait(PersonTypes())

    def is_followed(self, conversation_id: str) -> bool:
        """Whether the citizen's page is connected."""
        return conversation_id in self._queues

    @contextmanager
    def follow(self, conversation_id: str) -> Iterator[asyncio.Queue[Update | PersonTypes]]:
        """The updates of one conversation, for as long as a connection is open."""
        queue: asyncio.Queue[Update | PersonTypes] = asyncio.Queue()
        self._queues[conversation_id].add(queue)
        try:
            yield queue
        finally:
            self._queues[conversation_id].discard(queue)
            if not self._queues[conversation_id]:
                del self._queues[conversation_id]

    def _follow_line(self, conversation: Conversation) -> None:
        """Have everybody who waits look up the place again when somebody joins or leaves the line (L6767)."""
        if (conversation.state is State.QUEUED) == (conversation.id in self._waiting):
            return
        if conversation.state is State.QUEUED:
            self._waiting[conversation.id] = conversation
        else:
            del self._waiting[conversation.id]
        for other in self._waiting.values():
            for queue in self._queues.get(other.id, ()) if other.id != conversation.id else ():
                queue.put_nowait((other, ()))
