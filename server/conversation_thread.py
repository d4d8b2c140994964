"""Conversations on a thread of their own, for the voice process: the loop that paces the calls waits for no disk.

The ledger is written where a conversation is held, and a write waits for the disk, and for the web server's writes: up
to 380 ms was measured on a busy machine, in which every call is without sound if it happens on the calls' own loop.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from conversation.entrance import Entrance
from conversation.events import End, EndedBy
from conversation.exchange import Exchange
from conversation.handoff import HandoffReason
from conversation.message import Channel, IncomingMessage
from conversation.ports import Campaigns, Clock, DialogueEngine, Record
from conversation.service import ConversationService, Outcome

Result = TypeVar("Result")


class OwnThread:
    """A thread with an event loop."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have it done there; what it raises is raised here, and who is cancelled here cancels it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def close(self) -> None:
        """End the thread; what it is still doing is dropped."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class ConversationsBeside(ConversationService):
    """The service, of which everything that a call does happens on `thread`. Nothing else may use that engine."""

    def __init__(
        self, thread: OwnThread, record: Record, engine: DialogueEngine, campaigns: Campaigns, clock: Clock
    ) -> None:
        super().__init__(record, engine, campaigns, clock)
        self._thread = thread

    async def open(
        self, campaign_id: str, channel: Channel, origin: str, token_hash: str, entrance: Entrance | None = None, *,
        speaks_first: bool = False, facts: dict[str, Any] | None = None,
    ) -> Outcome:  # fmt: skip
        """As the service does."""
        opening = super().open(
            campaign_id, channel, origin, token_hash, entrance, speaks_first=speaks_first, facts=facts
        )  # fmt: skip
        return await self._thread.run(opening)

    async def receive(self, conversation_id: str, message: IncomingMessage) -> Outcome:
        """As the service does."""
        return await self._thread.run(super().receive(conversation_id, message))

    async def close(self, conversation_id: str, ended_by: EndedBy = EndedBy.USER, end: End | None = None) -> Outcome:
        """As the service does."""
        return await self._thread.run(super().close(conversation_id, ended_by, end))

    async def hand_over(self, conversation_id: str, reason: HandoffReason) -> Outcome:
        """As the service does."""
        return await self._thread.run(super().hand_over(conversation_id, reason))

    async def keep_recording(
        self, conversation_id: str, file: str, seconds: float, sha256: str, *, whole: bool = True
    ) -> None:
        """As the service does."""
        await self._thread.run(super().keep_recording(conversation_id, file, seconds, sha256, whole=whole))

    async def attend(
        self, conversation_id: str, step: Callable[[Exchange], None], *, by_people: bool = True
    ) -> Outcome:
        """As the service does; the step itself runs on the thread, too."""
        return await self._thread.run(super().attend(conversation_id, step, by_people=by_people))
