"""Sends what is in the outbox: in order for each person, at Meta's pace, each message once.

What Meta refuses for now is tried again after 1, 4, 16 … seconds, as it asks for; what it refuses for good, and what
has to wait for the person to write again, is told to the staff in a note of the conversation.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from channels.one_time_links import OneTimeLinks
from channels.whatsapp_body import body_of, template
from channels.whatsapp_graph import CLOSED_WINDOW, Accepted, Graph, Refused, refused
from channels.whatsapp_reminders import is_quiet
from channels.whatsapp_rendering import render
from conversation.events import EventKind
from conversation.exchange import Exchange
from conversation.message import Sender
from conversation.ports import Clock, Record
from conversation.service import ConversationService
from ledger.whatsapp_outbox import Outgoing, SendState, Status, WhatsAppOutbox
from ledger.whatsapp_users import WhatsAppSession, WhatsAppUsers

logger = logging.getLogger(__name__)
RETRY_SECONDS = (1.0, 4.0, 16.0, 64.0, 256.0, 256.0, 256.0)
"""Pauses before the next attempts (Meta: 4^X seconds); after the last one the message has failed."""
BURST, SECONDS_PER_MESSAGE = 6, 6.0
"""Messages that may go to a person at once; after a burst one in six seconds (Meta's pair rate)."""
WINDOW = timedelta(hours=24)
"""After the person's last message; later only an approved template may go."""
KEPT = "Pasaron más de 24 horas desde el último mensaje de la persona y WhatsApp no deja entregar el suyo todavía."
ASKED = "Se le pidió con una plantilla que escriba; al hacerlo, se entrega."
NOT_ASKED = "Queda guardado y se entrega si la persona vuelve a escribir."


class Pace:
    """Keeps bursts to each person below Meta's pair rate: a bucket of `BURST` that fills by one in six seconds."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[float, float]] = {}
        """Person -> how many may go, and when the last one went; who got one longest ago stands first."""

    def seconds_to_wait(self, user: int) -> float:
        """Until the next message may go."""
        return max(0.0, (1.0 - self._now(user)) * SECONDS_PER_MESSAGE)

    def sent(self, user: int) -> None:
        """One went."""
        now, left = time.monotonic(), self._now(user) - 1.0
        self._left.pop(user, None)
        self._left[user] = (left, now)
        for rested in list(takewhile(lambda one: self._is_rested(one, now), self._left)):
            del self._left[rested]

    def _is_rested(self, user: int, now: float) -> bool:
        """Whether the bucket must be full again, so that nothing has to be remembered."""
        return now - self._left[user][1] >= BURST * SECONDS_PER_MESSAGE

    def _now(self, user: int) -> float:
        left, since = self._left.get(user, (float(BURST), time.monotonic()))
        return min(float(BURST), left + (time.monotonic() - since) / SECONDS_PER_MESSAGE)


class WhatsAppSender:
    """The outgoing half of the channel."""

    def __init__(
        self, graph: Graph, outbox: WhatsAppOutbox, users: WhatsAppUsers, record: Record,
        service: ConversationService, clock: Clock, links: OneTimeLinks, *, site: str = "", reengagement: str = "",
    ) -> None:  # fmt: skip
        """`reengagement` names the approved template that asks somebody to write again; empty: there is none."""
        self._graph, self._outbox, self._users, self._record = graph, outbox, users, record
        self._service, self._clock, self._site, self._reengagement = service, clock, site, reengagement
        self._links = links
        self._pace = Pace()
        self._in_flight: set[asyncio.Task[None]] = set()

    async def serve(self, user: int) -> None:
        """Send all that is to go to one person. Not for two tasks at once for the same person."""
        while True:
            for session in self._users.sessions(user):
                self._fill(session)
            outgoing = self._outbox.next(user, templates=not is_quiet(self._clock()))
            if outgoing is None:
                return
            if needless := outgoing.template and self._why_needless(outgoing):
                self._outbox.settle(outgoing.id, SendState.FAILED, None, needless)
                continue
            if not outgoing.template and self._window_is_closed(user):
                await self._refused(outgoing, Refused(CLOSED_WINDOW, "24 hours since the last message", window=True))
                continue
            due = (outgoing.due_at - datetime.now(UTC)).total_seconds() if outgoing.due_at else 0.0
            if (pause := max(due, self._pace.seconds_to_wait(user))) > 0:
                await asyncio.sleep(pause)
                continue  # meanwhile it may have been settled
            await self._send(outgoing)

    async def close(self) -> None:
        """Wait for the answers to what is on its way, so that its outcome is known."""
        if self._in_flight:
            await asyncio.wait(self._in_flight)

    async def apply(self, status: Status) -> int | None:
        """Take over what Meta says of a message; the person to whom something may have to go again."""
        failed = self._outbox.apply(status)
        if failed is None:
            return None
        await self._refused(failed, refused(status.error_code, status.error))
        return failed.user

    def _fill(self, session: WhatsAppSession) -> None:
        """Put what was said since in a conversation into the outbox, as one turn."""
        conversation = self._record.load(session.conversation_id)  # before its messages: none comes after the close
        messages = self._record.messages(session.conversation_id, str(session.said_through))
        said = [message for message in messages if message.sender is not Sender.USER]
        if said:
            linked = [self._links.put_into(message, session.conversation_id) for message in said]
            bodies = [body_of(one) for one in render(linked, self._site)]
            self._outbox.say(session.conversation_id, int(said[-1].id), bodies)
        if conversation and conversation.is_closed:
            self._users.end(session.conversation_id)

    def _why_needless(self, outgoing: Outgoing) -> str:
        """Why a template that has waited must not go any more; empty when it may."""
        if self._users.has_opted_out(outgoing.user):
            return "the person said «baja»"
        asks_to_write = outgoing.body.content.get("name") == self._reengagement
        return "the person has written" if asks_to_write and not self._window_is_closed(outgoing.user) else ""

    def _window_is_closed(self, user: int) -> bool:
        heard = self._users.heard_at(user)
        return heard is None or self._clock() - heard >= WINDOW

    async def _send(self, outgoing: Outgoing) -> None:
        """One attempt, whose outcome is written down even when the server is stopping."""
        self._outbox.claim(outgoing)
        self._pace.sent(outgoing.user)
        attempt = asyncio.create_task(self._attempt(outgoing))
        self._in_flight.add(attempt)
        attempt.add_done_callback(self._in_flight.discard)
        await asyncio.shield(attempt)

    async def _attempt(self, outgoing: Outgoing) -> None:
        answer = await self._graph.send(self._users.address(outgoing.user), outgoing.body, outgoing.id)
        if isinstance(answer, Accepted):
            self._outbox.accepted(outgoing, answer.message_id)
        elif isinstance(answer, Refused):
            await self._refused(outgoing, answer)
        else:
            self._outbox.settle(outgoing.id, SendState.UNKNOWN, None, answer.error)
            await self._tell_staff(outgoing, "Se cortó la conexión con WhatsApp: no se sabe si un mensaje llegó.")

    async def _refused(self, outgoing: Outgoing, answer: Refused) -> None:
        if answer.window and not outgoing.template:
            self._outbox.settle(outgoing.id, SendState.KEPT, answer.code, answer.error)
            asked = self._ask_to_write_again(outgoing.user)
            await self._tell_staff(outgoing, f"{KEPT} {ASKED if asked else NOT_ASKED}")
        elif answer.again and outgoing.attempts < len(RETRY_SECONDS):
            due = datetime.now(UTC) + timedelta(seconds=RETRY_SECONDS[outgoing.attempts])
            self._outbox.later(outgoing, due, answer.code, answer.error)
        else:
            self._outbox.settle(outgoing.id, SendState.FAILED, answer.code, answer.error)
            logger.warning("WhatsApp did not take message %d: code %s", outgoing.id, answer.code)
            code = f" (código {answer.code})" if answer.code is not None else ""
            await self._tell_staff(outgoing, f"Un mensaje no se pudo entregar por WhatsApp{code}.")

    def _ask_to_write_again(self, user: int) -> bool:
        """The re-engagement template, once a day, where there is one and the person did not say «baja»."""
        if not self._reengagement or self._users.has_opted_out(user):
            return False
        self._outbox.send_template(user, f"again:{user}:{self._clock():%Y-%m-%d}", template(self._reengagement))
        return True

    async def _tell_staff(self, outgoing: Outgoing, text: str) -> None:
        """A note in the conversation, which its citizen never sees."""

        def note(exchange: Exchange) -> None:
            exchange.note(EventKind.NOTE, level="system", text=text)

        if outgoing.conversation_id is not None:
            await self._service.attend(outgoing.conversation_id, note, by_people=False)
