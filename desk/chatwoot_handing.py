"""Brings our side of a conversation to Chatwoot: hands over with a private note, passes on what is said, lets go.

People's desk: a conversation that waits is made in the API inbox, and what its citizen writes goes there. In front: the
bot's words go there, for the citizen writes there too. Each step is recorded after it is done; where an answer of
Chatwoot was lost, a step is done again: a message may stand there twice, and never not at all.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from conversation.conversation import Conversation, State
from conversation.message import Message, Sender
from conversation.offering import put_back
from conversation.ports import Campaigns, Contacts, Record
from conversation.service import ConversationService
from desk.chatwoot_api import ChatwootApi, ChatwootFailure
from desk.chatwoot_note import as_text, handover_note
from desk.chatwoot_steps import attends_elsewhere, tell_of_delay
from desk.screen_pop import screen_pop
from ledger.chatwoot_links import ChatwootLinks, Link

logger = logging.getLogger(__name__)
QUICK_ATTEMPTS = 3
"""Failed attempts before the citizen is told; a refusal that time does not heal is told at once."""
FIRST_WAIT_SECONDS = 1.0
"""Doubled with each failed attempt."""
SLOWEST_SECONDS = 60.0
MOST_ATTEMPTS = 30
"""At what is closed already; what is open is tried for as long as it is open."""
NOT_FOUND = 404
_LET_GO = {
    State.BOT: "El ciudadano dejó la fila y sigue con el asistente.", State.CLOSED: "La conversación terminó.",
    State.SURVEY: "La atención terminó.", State.HUMAN: "La atiende otra persona en el escritorio de Ventanilla.",
}  # fmt: skip


class ChatwootHanding:
    """What Chatwoot has yet to be told, one conversation at a time."""

    def __init__(
        self, service: ConversationService, record: Record, contacts: Contacts, campaigns: Campaigns,
        links: ChatwootLinks, api: ChatwootApi, site: str,
    ) -> None:  # fmt: skip
        self._service, self._record, self._contacts, self._campaigns = service, record, contacts, campaigns
        self._links, self._api, self._site = links, api, site

    async def serve(self, conversation_id: str) -> float | None:
        """Do what is due for one of our conversations; the seconds after which to come back, if there is need."""
        conversation = self._record.load(conversation_id)
        if conversation is None:
            return None
        link = self._links.of(conversation_id) or self._links.begin(conversation_id)
        if link.due_at and (wait := (link.due_at - datetime.now(UTC)).total_seconds()) > 0:
            return wait
        try:
            await (self._in_front(conversation, link) if link.front else self._for_people(conversation, link))
        except ChatwootFailure as failure:
            return await self._failed(conversation, link, failure)
        if link.attempts:
            self._links.change(link.conversation_id, attempts=0, due_at=None, told=False)
        return None

    # ------------------------------------------------------------------ Chatwoot is the people's desk

    async def _for_people(self, conversation: Conversation, link: Link) -> None:
        waits = conversation.state is State.QUEUED
        if waits or (conversation.state is State.HUMAN and attends_elsewhere(conversation.agent)):
            chatwoot_id = link.chatwoot_id or await self._begin(conversation)
            if waits and not link.handed_over:
                await self._hand_over(conversation, link, chatwoot_id)
            await self._pass_on(link, chatwoot_id, [Sender.USER])
            return
        if link.chatwoot_id and link.handed_over:
            if link.status != "resolved":
                await self._api.note(link.chatwoot_id, _LET_GO.get(conversation.state, ""))
                await self._api.set_status(link.chatwoot_id, "resolved")
            self._links.change(link.conversation_id, handed_over=False, noted=False, status="resolved")
        if conversation.is_closed:
            self._links.change(link.conversation_id, over=True)

    async def _begin(self, conversation: Conversation) -> int:
        about = {"folio": conversation.folio, "campaign": conversation.campaign, "channel": conversation.channel}
        number = await self._api.begin(conversation.folio, f"Ciudadano {conversation.folio}", about)
        self._links.change(conversation.id, chatwoot_id=number)
        return number

    # ------------------------------------------------------------------ Chatwoot is in front of the bot

    async def _in_front(self, conversation: Conversation, link: Link) -> None:
        chatwoot_id = link.chatwoot_id
        assert chatwoot_id is not None
        await self._pass_on(link, chatwoot_id, [Sender.BOT, Sender.SYSTEM, Sender.HUMAN])
        if conversation.state is State.QUEUED and not link.handed_over:
            await self._hand_over(conversation, link, chatwoot_id)
        elif conversation.state in (State.BOT, State.SURVEY) and link.handed_over:
            if conversation.state is State.BOT and link.status != "pending":
                await self._api.set_status(chatwoot_id, "pending")
            self._links.change(link.conversation_id, handed_over=False, noted=False)
        elif conversation.is_closed:
            if link.status != "resolved":
                await self._api.set_status(chatwoot_id, "resolved")
            self._links.change(link.conversation_id, over=True, status="resolved")

    # ------------------------------------------------------------------ both

    async def _hand_over(self, conversation: Conversation, link: Link, chatwoot_id: int) -> None:
        """The private note first, then `open`, so that whoever opens it finds everything."""
        if not link.noted:
            messages = self._record.messages(conversation.id)
            await self._api.note(chatwoot_id, self._note(conversation, messages))
            through = {} if link.front else {"said_through": int(messages[-1].id) if messages else 0}
            self._links.change(conversation.id, noted=True, **through)
        if conversation.handoff and conversation.handoff.priority:
            await self._api.set_urgent(chatwoot_id)
        await self._api.set_status(chatwoot_id, "open")
        self._links.change(conversation.id, handed_over=True, status="open")

    def _note(self, conversation: Conversation, messages: Sequence[Message]) -> str:
        campaign = self._campaigns.get(conversation.campaign)
        if campaign is None:
            return f"**Folio {conversation.folio}** · la campaña «{conversation.campaign}» ya no existe"
        telephones = self._contacts.masked_telephones(conversation.id)
        return handover_note(screen_pop(conversation, campaign, telephones), messages)

    async def _pass_on(self, link: Link, chatwoot_id: int, senders: Sequence[Sender]) -> None:
        """Messages since the last one; what Chatwoot's own people and citizens wrote is there already."""
        now = self._links.of(link.conversation_id) or link
        for message in self._record.messages(link.conversation_id, after=str(now.said_through)):
            written_there = (message.client_message_id or "").startswith("chatwoot:")
            if message.sender in senders and not written_there:
                text = message.text if message.sender is Sender.USER else as_text(message, self._site)
                await self._api.say(chatwoot_id, text, incoming=message.sender is Sender.USER)
            self._links.change(link.conversation_id, said_through=int(message.id))

    async def _failed(self, conversation: Conversation, link: Link, failure: ChatwootFailure) -> float | None:
        """Come back later; tell the citizen, who keeps the place in the queue of the embedded desk."""
        logger.warning("Chatwoot did not take a conversation (attempt %d): %s", link.attempts + 1, failure)
        attempts, now = link.attempts + 1, self._links.of(link.conversation_id) or link
        if failure.status == NOT_FOUND and now.chatwoot_id and not link.front:
            await self._begin_anew(conversation)
        if conversation.is_closed and attempts >= MOST_ATTEMPTS:
            logger.error("a closed conversation was given up; resolve it in Chatwoot by hand: %s", conversation.folio)
            self._links.change(link.conversation_id, over=True)
            return None
        wait = min(FIRST_WAIT_SECONDS * 2**attempts, SLOWEST_SECONDS) if failure.again else SLOWEST_SECONDS
        due = datetime.now(UTC) + timedelta(seconds=wait)
        self._links.change(link.conversation_id, attempts=attempts, due_at=due)
        if not link.front and not link.told and (attempts >= QUICK_ATTEMPTS or not failure.again):
            self._links.change(link.conversation_id, told=True)
            await self._service.attend(conversation.id, tell_of_delay, by_people=False)
        return wait

    async def _begin_anew(self, conversation: Conversation) -> None:
        """Somebody deleted the conversation in Chatwoot: the citizen waits again, and another is made."""
        self._links.change(conversation.id, chatwoot_id=None, noted=False, handed_over=False, status="")
        if conversation.state is State.HUMAN and attends_elsewhere(conversation.agent):
            agent = conversation.agent or ""
            await self._service.attend(conversation.id, lambda exchange: put_back(exchange, agent), by_people=False)
