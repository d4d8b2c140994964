"""Chatwoot in the place of the embedded desk, or in front of the bot (docs/chatwoot.md).

webhook -> inbox (acknowledged) -> hearing -> the one door -> record -> handing -> Chatwoot's API

Inbox and links are tables: a process that is killed goes on where it was. One web process works on them.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter

from conversation.conversation import Conversation, State
from conversation.message import Message
from conversation.ports import Record
from desk import chatwoot_events, chatwoot_webhook
from desk.chatwoot_api import Account, ChatwootApi, ChatwootFailure
from desk.chatwoot_events import Changed
from desk.chatwoot_handing import ChatwootHanding
from desk.chatwoot_hearing import ChatwootHearing, Manner
from ledger import inbox_work
from ledger.chatwoot_inbox import ChatwootInbox
from ledger.chatwoot_links import ChatwootLinks, Link
from ledger.inbox_work import Lines, Sweeping, trace

logger = logging.getLogger(__name__)
GRACE = timedelta(seconds=2)
"""A change of status waits so long for messages that were written before it and arrive after it."""
CATCH_UP_EVERY = 4
"""Sweeps. Chatwoot does not repeat what was not acknowledged, so open conversations are looked at now and then."""
NOT_ANSWERED = "El asistente no pudo atender el último mensaje por una falla nuestra. Atienda usted, por favor."


class ChatwootDesk:
    """One inbox of one account. `start` and `close` with the server; a `Listener` of the conversations."""

    def __init__(
        self, account: Account, api: ChatwootApi, inbox: ChatwootInbox, links: ChatwootLinks, record: Record,
        hearing: ChatwootHearing, handing: ChatwootHanding, manner: Manner,
    ) -> None:  # fmt: skip
        self._account, self._api, self._inbox, self._links = account, api, inbox, links
        self._record, self._hearing, self._manner = record, hearing, manner
        self._incoming = Lines(self._work_on_inbox, self._broke_off)
        self._outgoing = Lines(handing.serve, self._broke_off)
        self._sweeping = Sweeping(self._sweep)

    def routes(self, secret: str) -> APIRouter:
        """The webhook's end point."""
        return chatwoot_webhook.routes(secret, self.take)

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Something was recorded: whoever waits for a person goes to Chatwoot, and what is there is kept up to date."""
        if self._links.of(conversation.id) or self._goes_there(conversation):
            self._outgoing.call(conversation.id)

    def take(self, content: dict[str, Any]) -> None:
        """Write an event down; it is acknowledged when this returns.

        Raises:
            pydantic.ValidationError: not in Chatwoot's form.
        """
        event = chatwoot_events.read(content, self._account.number, self._account.inbox)
        if event is None:
            return
        delay = GRACE if isinstance(event, Changed) else timedelta()
        if self._inbox.keep(event.key, event.chatwoot_id, content, delay):
            asyncio.get_running_loop().call_later(delay.total_seconds(), self._incoming.call, event.chatwoot_id)

    async def start(self) -> None:
        """Go on with what an earlier process left."""
        self._sweeping.begin()

    async def close(self) -> None:
        """Stop taking up work."""
        self._sweeping.close()
        await self._incoming.close()
        await self._outgoing.close()
        await self._api.close()

    def _goes_there(self, conversation: Conversation) -> bool:
        return not self._manner.front and conversation.state is State.QUEUED and not conversation.on_the_telephone

    async def _work_on_inbox(self, chatwoot_id: int) -> float | None:
        while (delivered := self._inbox.next(chatwoot_id)) is not None:
            event = chatwoot_events.read(delivered.content, self._account.number, self._account.inbox)
            if event is not None:
                (error,) = await asyncio.gather(self._hearing.handle(event), return_exceptions=True)
                if error is not None:
                    logger.error("an event of Chatwoot could not be worked on: %s", trace(error))
                    if not self._inbox.failed(delivered, inbox_work.MOST_ATTEMPTS):
                        return inbox_work.RETRY_SECONDS
                    await self._call_people(chatwoot_id)
                    continue
            self._inbox.done(delivered)
        return None

    async def _call_people(self, chatwoot_id: int) -> None:
        """An event was tried in vain: where our bot answers in front, Chatwoot's people take its place."""
        if not self._manner.front:
            return
        try:
            await self._api.note(chatwoot_id, NOT_ANSWERED)
            await self._api.set_status(chatwoot_id, "open")
        except ChatwootFailure as failure:
            logger.error("nor could people be called: %s", failure)

    def _broke_off(self, _: int | str, error: BaseException) -> None:
        logger.error("a conversation with Chatwoot broke off: %s", trace(error))

    async def _sweep(self) -> None:
        """Look for what was left over, by a killed process or by a delivery that did not arrive."""
        sweeps = 0
        while True:
            unfinished = self._links.unfinished()
            if sweeps % CATCH_UP_EVERY == 0:
                for link in unfinished:
                    await self._catch_up(link)
            for chatwoot_id in self._inbox.waiting():
                self._incoming.call(chatwoot_id)
            waiting = [one.id for one in self._record.waiting() if self._goes_there(one)]
            for conversation_id in dict.fromkeys([*(link.conversation_id for link in unfinished), *waiting]):
                self._outgoing.call(conversation_id)
            sweeps += 1
            await asyncio.sleep(inbox_work.SWEEP_SECONDS)

    async def _catch_up(self, link: Link) -> None:
        """Read in Chatwoot what its people did meanwhile; a bot's token may not, so not where it is in front."""
        if link.front or link.chatwoot_id is None or not link.handed_over:
            return
        try:
            now = await self._api.conversation(link.chatwoot_id)
            messages = await self._api.messages(link.chatwoot_id)
        except ChatwootFailure as failure:
            logger.warning("a conversation in Chatwoot could not be looked at: %s", failure)
            return
        for message in messages:
            self.take({**message, "event": "message_created", "conversation": now})
        if now.get("status") != link.status:
            seen = {"event": "conversation_status_changed", "updated_at": time.time()}
            self.take({**now, **seen})
