"""The one door: nothing is received from or sent to a citizen except through `ConversationService`.

The record is written before the engine is asked and again before anything is sent, so the ledger cannot miss a
message, and a message that arrives twice is answered once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from pydantic import BaseModel, ConfigDict

from conversation import attending, calling_back, closing, serving, silence
from conversation.callbacks import CallbackRequest
from conversation.campaign import Automation, Campaign
from conversation.conversation import Conversation, State
from conversation.entrance import Entrance
from conversation.events import End, EndedBy, EventKind
from conversation.exchange import Exchange
from conversation.handoff import HandoffReason
from conversation.masking import mask, mask_answer
from conversation.message import Channel, Document, IncomingMessage, Message, Reply, Sender
from conversation.ports import Campaigns, Clock, DialogueEngine, Listener, NewEvent, Record
from conversation.refusal import ConversationError as ConversationError
from conversation.staff import Level
from conversation.survey import SKIP, Question, Survey

WITHHELD_WORDS = 8
"""Longer texts may tell the facts of a denuncia, which stay at the OIC's own site (campaigns.md §3.23)."""


class Outcome(BaseModel):
    """What one call did: the conversation as it is now and what was said."""

    model_config = ConfigDict(frozen=True)

    conversation: Conversation
    messages: list[Message]
    received: Message | None = None


class ConversationService:
    """Opens, carries and closes interactions on every channel."""

    def __init__(
        self,
        record: Record,
        engine: DialogueEngine,
        campaigns: Campaigns,
        clock: Clock,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._record, self._engine, self._campaigns, self._clock = record, engine, campaigns, clock
        self._listeners = list(listeners)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def add_listener(self, listener: Listener) -> None:
        """Have a channel or the desk told of everything that is recorded from now on."""
        self._listeners.append(listener)

    # ------------------------------------------------------------------ the citizen's side

    async def open(
        self, campaign_id: str, channel: Channel, origin: str, token_hash: str, entrance: Entrance | None = None, *,
        speaks_first: bool = False, facts: dict[str, Any] | None = None,
    ) -> Outcome:  # fmt: skip
        """Open an interaction: folio, greeting, privacy notice; the closed message outside hours.

        Who `speaks_first`, as on WhatsApp, is answered instead of being shown the menu. `facts` are known beforehand,
        such as whose appointment somebody was asked to confirm.

        Raises:
            ConversationError: `campaign_unknown` or `campaign_without_bot`.
        """
        campaign = self._campaigns.get(campaign_id)
        if campaign is None:
            raise ConversationError("campaign_unknown", f"No existe la campaña «{campaign_id}».")
        is_on = channel in campaign.channels
        if not campaign.has_bot or campaign.automation is Automation.ROUTE_ONLY or not is_on:
            raise ConversationError(
                "campaign_without_bot", f"{campaign.name} no tiene asistente virtual en este canal."
            )
        now = self._clock()
        conversation = self._record.open(campaign, channel, origin, now, token_hash)
        exchange = Exchange(conversation, campaign, now)
        came = entrance or Entrance()
        exchange.note(
            EventKind.OPENED, channel=channel, bot_version=campaign.version, agent_type=campaign.agent_type,
            **came.statistics(),
        )  # fmt: skip
        exchange.bring_in(came)
        conversation.facts.update(facts or {})
        serving.greet(exchange, with_menu=not speaks_first)
        return self._commit(exchange)

    async def ask_for_call(self, campaign_id: str, request: CallbackRequest, origin: str, token_hash: str) -> Outcome:
        """A form asks for a call: a folio of its own, without a virtual agent, closed until somebody calls (L1210).

        Raises:
            ConversationError: `campaign_unknown`, or what `calling_back.refuse_unfit` refuses.
        """
        campaign = self._campaigns.get(campaign_id)
        if campaign is None:
            raise ConversationError("campaign_unknown", f"No existe la campaña «{campaign_id}».")
        now = self._clock()
        calling_back.refuse_unfit(campaign, request, now, self._record.is_call_asked)
        exchange = Exchange(self._record.open(campaign, Channel.WEBCHAT, origin, now, token_hash), campaign, now)
        exchange.conversation.request_only = True
        exchange.note(EventKind.OPENED, channel=Channel.WEBCHAT, request_only=True)
        calling_back.note(exchange, request)
        closing.close(exchange, EndedBy.USER, End.COMPLETED)
        return self._commit(exchange)

    async def receive(self, conversation_id: str, message: IncomingMessage) -> Outcome:
        """One message of the citizen, in any state of the conversation.

        Raises:
            ConversationError: `conversation_unknown` or `conversation_closed`.
        """
        async with self._held(conversation_id) as conversation:
            known, answered = self._heard_before(conversation, message)
            if answered:
                return answered
            self._refuse_closed(conversation)
            # A known message without an answer was interrupted (a crash between the two writes): answer it now.
            received = known or self._received(conversation, message)
            exchange = Exchange(conversation, self._campaign_of(conversation), self._clock(), received)
            await serving.handle(exchange, message, self._engine, self._campaigns, self._record.is_call_asked)
            return self._commit(exchange)

    async def take_note(
        self, conversation_id: str, message: IncomingMessage, reply: str = "", document: Document | None = None
    ) -> Outcome:
        """Record what the bot is not asked about (a file, a place, «baja»), and answer it with `reply`.

        To somebody whom a person attends nobody else answers.

        Raises:
            ConversationError: `conversation_unknown` or `conversation_closed`.
        """
        async with self._held(conversation_id) as conversation:
            known, answered = self._heard_before(conversation, message)
            if answered:
                return answered
            self._refuse_closed(conversation)
            received = known or self._received(conversation, message, document)
            exchange = Exchange(conversation, self._campaign_of(conversation), self._clock(), received)
            if reply and conversation.state is not State.HUMAN:
                exchange.say(Reply(text=reply), Sender.SYSTEM)
            return self._commit(exchange)

    async def answer_survey(self, conversation_id: str, survey: Survey) -> Outcome:
        """The whole survey at once; closes the interaction.

        Raises:
            ConversationError: `conversation_unknown`, `conversation_closed`, or `survey_not_due` while somebody waits
                for a person, is attended, or was served nothing yet.
        """
        async with self._held(conversation_id) as conversation:
            self._refuse_closed(conversation)
            due = conversation.state is State.SURVEY or (conversation.state is State.BOT and conversation.served)
            if not due:
                raise ConversationError("survey_not_due", "La encuesta se contesta al final, cuando ya se le atendió.")
            exchange = self._exchange(conversation)
            closing.answer_survey(exchange, survey)
            return self._commit(exchange)

    def survey_question(self, conversation: Conversation) -> tuple[Question, int, int] | None:
        """The question of the survey that is open, its place, from 1, and of how many; None outside the survey."""
        if conversation.state is not State.SURVEY:
            return None
        return closing.open_question(self._campaign_of(conversation), conversation)

    async def finish(self, conversation_id: str) -> Outcome:
        """The citizen wants to end: ask the survey when something was served, else (or the second time) close."""
        async with self._held(conversation_id) as conversation:
            self._refuse_closed(conversation)
            exchange = self._exchange(conversation)
            nobody_came = conversation.state is State.QUEUED and not conversation.topics
            if conversation.state is not State.SURVEY and conversation.served and not nobody_came:
                closing.ask_survey(exchange, EndedBy.USER)
            else:
                closing.close(exchange, EndedBy.USER)
            return self._commit(exchange)

    async def close(self, conversation_id: str, ended_by: EndedBy = EndedBy.USER, end: End | None = None) -> Outcome:
        """Close at once, without a survey. Closing what is closed changes nothing."""
        async with self._held(conversation_id) as conversation:
            if conversation.is_closed:
                return Outcome(conversation=conversation, messages=[])
            exchange = self._exchange(conversation)
            closing.close(exchange, ended_by, end)
            return self._commit(exchange)

    async def hand_over(self, conversation_id: str, reason: HandoffReason) -> Outcome:
        """The channel cannot go on with the bot (a silent caller, a failure of its own): to a person.

        Raises:
            ConversationError: `conversation_unknown` or `conversation_closed`.
        """
        async with self._held(conversation_id) as conversation:
            self._refuse_closed(conversation)
            exchange = self._exchange(conversation)
            attending.hand_off(exchange, reason)
            return self._commit(exchange)

    async def keep_recording(
        self, conversation_id: str, file: str, seconds: float, sha256: str, *, whole: bool = True
    ) -> None:
        """The recording of a call, by its hash, becomes part of the evidence; also after the close.

        Without a file it could not be recorded; not `whole`, the disk failed on the way (such a call is not billable).
        """
        async with self._held(conversation_id) as conversation:
            exchange = self._exchange(conversation)
            exchange.note(EventKind.RECORDED, file=file, seconds=seconds, sha256=sha256, whole=whole)
            self._record.write(conversation, exchange.events, self._clock())

    async def close_idle(self, limit: timedelta, is_present: Callable[[str], bool] = lambda _: False) -> int:
        """Warn and close silent interactions (`conversation.silence`, L6778); the number closed.

        Args:
            limit: for those whom the campaign's own times do not reach.
            is_present: whether a citizen's page is connected, by the conversation's id.
        """
        closed = 0
        for idle in self._record.idle_since(self._clock() - silence.SHORTEST):
            async with self._held(idle.id) as conversation:
                if conversation.is_closed or self._campaigns.get(conversation.campaign) is None:
                    continue
                exchange, last_activity = self._exchange(conversation), conversation.last_activity
                silence.act_on(exchange, limit, is_present=is_present(idle.id))
                if exchange.events:
                    self._commit(exchange, last_activity)  # what the machine says is no activity
                closed += conversation.is_closed
        return closed

    # ------------------------------------------------------------------ the person's side

    async def take(self, conversation_id: str, agent: str, agent_name: str, level: Level | None = None) -> Outcome:
        """A person takes a waiting conversation, or accepts its offer.

        Raises:
            ConversationError: `not_waiting` when another person was faster or the citizen left.
        """
        async with self._held(conversation_id) as conversation:
            if conversation.state is not State.QUEUED:
                raise ConversationError("not_waiting", "La conversación ya no está en espera.")
            exchange = self._exchange(conversation)
            attending.take(exchange, agent, agent_name, level)
            return self._commit(exchange)

    async def attend(
        self, conversation_id: str, step: Callable[[Exchange], None], *, by_people: bool = True
    ) -> Outcome:
        """One step of the people's side (`conversation.offering`, `conversation.passing_on`), under the lock.

        What the machine does by itself is no activity (`by_people`): silence goes on being measured.

        Raises:
            ConversationError: `conversation_unknown`, or what the step refuses.
        """
        async with self._held(conversation_id) as conversation:
            exchange = self._exchange(conversation)
            last_activity = conversation.last_activity
            step(exchange)
            return self._commit(exchange, None if by_people else last_activity)

    async def reply(self, conversation_id: str, agent: str, text: str, document: Document | None = None) -> Outcome:
        """A person writes to the citizen, or sends a file.

        Raises:
            ConversationError: `not_yours` when the conversation is not with this person (any more).
        """
        async with self._held(conversation_id) as conversation:
            self._refuse_other_agent(conversation, agent)
            exchange = self._exchange(conversation)
            exchange.say(Reply(text=text, document=document), Sender.HUMAN, agent)
            return self._commit(exchange)

    async def release(self, conversation_id: str, agent: str, topics: list[str], note: str = "") -> Outcome:
        """A person ends the attention with 1 to 5 tipificaciones (L6737); the survey follows.

        After a telephone call the caller may be at the survey already, or gone: then only the tipificaciones are added.

        Raises:
            ConversationError: `not_yours`, or `bad_topics` when there are none, too many or unknown ones.
        """
        async with self._held(conversation_id) as conversation:
            afterwards = conversation.to_typify and conversation.agent == agent
            if not afterwards:
                self._refuse_other_agent(conversation, agent)
            campaign = self._campaign_of(conversation)
            unknown = [topic for topic in topics if campaign.topic(topic) is None]
            if not 1 <= len(set(topics)) <= 5 or unknown:
                raise ConversationError("bad_topics", "Elija de 1 a 5 tipificaciones del catálogo de la campaña.")
            exchange = self._exchange(conversation)
            served = {"agent_level": conversation.levels[-1]} if conversation.levels else {}
            exchange.note(
                EventKind.TYPIFIED, level="human", agent=agent, topics=sorted(set(topics)), note=mask(note), **served
            )
            conversation.to_typify = False
            if not afterwards:
                closing.ask_survey(exchange, EndedBy.AGENT)
            return self._commit(exchange)

    # ------------------------------------------------------------------ inside

    @asynccontextmanager
    async def _held(self, conversation_id: str) -> AsyncIterator[Conversation]:
        """The conversation, with everybody else kept waiting until the caller is done with it."""
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        async with lock:
            conversation = self._record.load(conversation_id)
            if conversation is None:
                raise ConversationError("conversation_unknown", "No existe esa conversación.")
            yield conversation

    def _heard_before(
        self, conversation: Conversation, message: IncomingMessage
    ) -> tuple[Message | None, Outcome | None]:
        """The message as recorded when it came before; and what it led to, when nothing more can be done about it."""
        source = message.client_message_id
        known = self._record.find_source(conversation.id, source) if source else None
        if known is None:
            return None, None
        handled = conversation.last_handled and int(known.id) <= int(conversation.last_handled)
        if not handled and not conversation.is_closed:
            return known, None
        replies = self._record.replies_to(conversation.id, known.id)
        return known, Outcome(conversation=conversation, messages=replies, received=known)

    def _received(
        self, conversation: Conversation, message: IncomingMessage, document: Document | None = None
    ) -> Message:
        """Record what the citizen said, before anything is done with it."""
        known = (*conversation.offered, SKIP)
        title = next((choice.title for choice in known if choice.id == message.choice), message.choice)
        original = message.text or message.digits or title or ""
        if conversation.withholding and len(original.split()) > WITHHELD_WORDS:
            original = "[texto no guardado]"
        asked = conversation.facts.get("pending") or {}
        masked = mask_answer(original) if asked.get("kind") == "datum" else mask(original)
        data: dict[str, Any] = {"sender": Sender.USER, "text": masked}
        if message.choice:
            data["choice"] = message.choice
        if document:
            data["document"] = document.model_dump()
        event = NewEvent(
            kind=EventKind.MESSAGE, data=data, secret=original if masked != original else None,
            source_id=message.client_message_id, level="user",
        )  # fmt: skip
        conversation.last_activity, conversation.silence_warned = self._clock(), False
        messages = self._record.write(conversation, [event], conversation.last_activity)
        self._publish(conversation, messages)
        return messages[0]

    def _exchange(self, conversation: Conversation) -> Exchange:
        return Exchange(conversation, self._campaign_of(conversation), self._clock())

    def _campaign_of(self, conversation: Conversation) -> Campaign:
        campaign = self._campaigns.get(conversation.campaign)
        if campaign is None:
            raise ConversationError("campaign_unknown", f"La campaña «{conversation.campaign}» ya no existe.")
        return campaign

    def _commit(self, exchange: Exchange, last_activity: datetime | None = None) -> Outcome:
        now: datetime = exchange.now
        exchange.conversation.last_activity = last_activity or now
        if exchange.incoming:
            exchange.conversation.last_handled = exchange.incoming.id
        messages = self._record.write(exchange.conversation, exchange.events, now)
        self._publish(exchange.conversation, messages)
        return Outcome(conversation=exchange.conversation, messages=messages, received=exchange.incoming)

    def _publish(self, conversation: Conversation, messages: list[Message]) -> None:
        for listener in self._listeners:
            listener.published(conversation, messages)

    @staticmethod
    def _refuse_closed(conversation: Conversation) -> None:
        if conversation.is_closed:
            raise ConversationError(
                "conversation_closed", "La conversación ya terminó. Puede iniciar otra. En una emergencia, marque 911."
            )

    @staticmethod
    def _refuse_other_agent(conversation: Conversation, agent: str) -> None:
        if conversation.state is not State.HUMAN or conversation.agent != agent:
            raise ConversationError("not_yours", "Usted no tiene asignada esta conversación.")
