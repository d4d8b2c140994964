"""WhatsApp over Meta's Cloud API: what came is worked on in order for each person, what is said goes out in order.

delivery -> webhook -> inbox (acknowledged) -> conversing -> the one door -> record -> outbox -> sender -> Meta

Inbox and outbox are tables: a process that is killed goes on where it was. One web process works on them.
"""

import asyncio
import logging
from collections.abc import Sequence

from fastapi import APIRouter

from channels import whatsapp_webhook
from channels.whatsapp_conversing import WhatsAppConversing
from channels.whatsapp_graph import Graph
from channels.whatsapp_payload import Delivery
from channels.whatsapp_sender import WhatsAppSender
from conversation.conversation import Conversation
from conversation.message import Channel, Message
from conversation.ports import Clock
from ledger import inbox_work
from ledger.inbox_work import Lines, Sweeping, trace
from ledger.whatsapp_inbox import WhatsAppInbox
from ledger.whatsapp_outbox import WhatsAppOutbox
from ledger.whatsapp_users import WhatsAppUsers

logger = logging.getLogger(__name__)
APOLOGY = (
    "Le ofrezco una disculpa: no pude procesar su último mensaje. Escríbalo otra vez, por favor. "
    "En una emergencia, marque 911."
)


class WhatsAppChannel:
    """The channel of one business number. `start` and `close` with the server; a `Listener` of the conversation."""

    def __init__(
        self, phone_id: str, graph: Graph, inbox: WhatsAppInbox, outbox: WhatsAppOutbox, users: WhatsAppUsers,
        conversing: WhatsAppConversing, sender: WhatsAppSender, clock: Clock,
    ) -> None:  # fmt: skip
        self._phone_id, self._graph, self._clock = phone_id, graph, clock
        self._inbox, self._outbox, self._users = inbox, outbox, users
        self._conversing, self._sender = conversing, sender
        self._incoming = Lines(self._work_on_inbox, self._inbox_failed)
        self._outgoing = Lines(sender.serve, self._sending_failed)
        self._failures: dict[int, int] = {}
        self._sweeping = Sweeping(self._sweep)

    def routes(self, verify_token: str, app_secret: str) -> APIRouter:
        """The webhook's end points."""
        return whatsapp_webhook.routes(verify_token, app_secret, self._take)

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Something was recorded: send it, unless its turn is still under way, at whose end it is sent as one."""
        if conversation.channel is Channel.WHATSAPP and (user := self._users.user_of(conversation.id)) is not None:
            self._send(user)

    async def start(self) -> None:
        """Go on with what an earlier process left."""
        if lost := self._outbox.broken_off():
            logger.warning("%d messages of WhatsApp were on their way when the process ended", lost)
        for session in self._users.sessions():
            self._send(session.user)
        self._sweeping.begin()

    async def close(self) -> None:
        """Stop taking up work; wait for the answers of Meta that are due."""
        self._sweeping.close()
        await self._incoming.close()
        await self._outgoing.close()
        await self._sender.close()
        self._conversing.close()
        await self._graph.close()

    async def _take(self, delivery: Delivery) -> None:
        """Write a delivery down. It is acknowledged when this returns, before anything is done about it."""
        people = self._inbox.keep(delivery.arrivals(self._phone_id), self._clock())
        for status in delivery.statuses(self._phone_id):
            user = await self._sender.apply(status)
            if user is not None:
                self._send(user)
        for user in people:
            self._incoming.call(user)

    async def _work_on_inbox(self, user: int) -> None:
        while (received := self._inbox.next(user)) is not None:
            await self._conversing.handle(received)
            self._inbox.done(received)
            self._failures.pop(received.id, None)
            self._outgoing.call(user)

    def _send(self, user: int) -> None:
        if not self._incoming.is_busy(user):
            self._outgoing.call(user)

    def _inbox_failed(self, user: int, error: BaseException) -> None:
        """An error of ours; what was tried in vain is set aside, and the person is asked to write it again."""
        logger.error("a message of WhatsApp could not be worked on: %s", trace(error))
        received = self._inbox.next(user)
        if received is None:
            return
        self._failures[received.id] = self._failures.get(received.id, 0) + 1
        if self._failures[received.id] >= inbox_work.MOST_ATTEMPTS:
            del self._failures[received.id]
            self._inbox.done(received, failure=type(error).__name__)
            self._outbox.apologise(user, received.id, APOLOGY)
            self._outgoing.call(user)

    def _sending_failed(self, user: int, error: BaseException) -> None:
        logger.error("sending to WhatsApp broke off: %s", trace(error))

    async def _sweep(self) -> None:
        while True:
            await self._conversing.close_old()
            for user in self._inbox.people_waiting():
                self._incoming.call(user)
            for user in self._outbox.people_waiting():
                self._send(user)
            await asyncio.sleep(inbox_work.SWEEP_SECONDS)
