"""Tells every open desk what changed."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from conversation.conversation import Conversation, State
from conversation.files import at_the_desk
from conversation.message import Message

Frame = dict[str, Any]


class DeskStream:
    """A `Listener` that passes on what people at the desk must see at once."""

    def __init__(self) -> None:
        self._queues: dict[asyncio.Queue[Frame], str] = {}
        self._watched: dict[str, tuple[str, str]] = {}
        self._at_desk: set[str] = set()
        self._leaving: set[str] = set()

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Pass on changes of conversations that people have, had or wait for, and messages that are being left."""
        if conversation.leaving_message or conversation.id in self._leaving:
            (self._leaving.add if conversation.leaving_message else self._leaving.discard)(conversation.id)
            self.left_messages_changed()
        if conversation.request_only:
            self.left_messages_changed()
        concerns_desk = conversation.state in (State.QUEUED, State.HUMAN)
        if concerns_desk:
            self._at_desk.add(conversation.id)
        elif conversation.id in self._at_desk:
            self._at_desk.discard(conversation.id)
        else:
            return
        for queue, agent in self._queues.items():
            queue.put_nowait({"type": "changed"})
            if conversation.agent == agent or self.is_watching(agent, conversation):
                for message in messages:
                    queue.put_nowait(
                        {"type": "message", "conversation_id": conversation.id, "message": transcript_line(message)}
                    )

    def left_messages_changed(self) -> None:
        """Have every open desk ask for the lists of left messages and of calls that were asked for again."""
        for queue in self._queues:
            queue.put_nowait({"type": "left_messages"})

    def is_open(self, agent: str) -> bool:
        """Whether this agent has the desk open in a browser."""
        return agent in self._queues.values()

    def tell(self, agent: str, frame: Frame) -> None:
        """Something for one agent only."""
        for queue, follower in self._queues.items():
            if follower == agent:
                queue.put_nowait(frame)

    def citizen_types(self, conversation: Conversation) -> None:
        """Show whoever attends that the citizen is writing; nothing of it is recorded."""
        if conversation.agent:
            self.tell(conversation.agent, {"type": "typing", "conversation_id": conversation.id})

    def watch(self, agent: str, conversation: Conversation) -> None:
        """Have a supervisor hear what is said in a conversation that somebody else has.

        It ends when another is watched, when the desk is closed, and when the conversation goes to another campaign,
        which the supervisor may not serve.
        """
        self._watched[agent] = conversation.id, conversation.campaign

    def is_watching(self, agent: str, conversation: Conversation) -> bool:
        """Whether this supervisor hears what is said in it."""
        return self._watched.get(agent) == (conversation.id, conversation.campaign)

    def staff_changed(self) -> None:
        """Have every open desk ask again who is here and in which state."""
        for queue in self._queues:
            queue.put_nowait({"type": "staff"})

    @contextmanager
    def follow(self, agent: str) -> Iterator[asyncio.Queue[Frame]]:
        """The frames for one open desk."""
        queue: asyncio.Queue[Frame] = asyncio.Queue()
        self._queues[queue] = agent
        try:
            yield queue
        finally:
            del self._queues[queue]
            if not self.is_open(agent):
                self._watched.pop(agent, None)


def transcript_line(message: Message) -> Frame:
    """One line of the transcript as the desk shows it."""
    line = {"id": message.id, "from": message.sender, "at": message.at.isoformat(), "text": message.text}
    return {**line, "document": at_the_desk(message.document).model_dump()} if message.document else line
