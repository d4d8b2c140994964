"""Carries out what `desk.assignment` decides: offers ring, offers that rang in vain go on, who is gone is logged out.

Nothing of it is kept here alone: offers stand in the conversations and states in the ledger, so that a restart goes on
where it stopped. `step` may be called at any time; the server calls it twice a second.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from conversation import offering
from conversation.campaign import DeskRules
from conversation.conversation import Conversation, State
from conversation.message import Channel, Message
from conversation.ports import Campaigns, Clock, Record
from conversation.refusal import ConversationError
from conversation.service import ConversationService
from conversation.staff import AgentState, Cause
from desk.accounts import Accounts, Agent
from desk.assignment import Post, Waiting, assign, limit_reached, may_take
from desk.presence import IDLE_SECONDS, WARN_SECONDS, Presence
from desk.stream import DeskStream


class Distribution:
    """Gives waiting conversations to people."""

    def __init__(
        self, service: ConversationService, record: Record, campaigns: Campaigns, accounts: Accounts,
        presence: Presence, stream: DeskStream, clock: Clock, *, automatic: bool = True,
        attends_elsewhere: Callable[[str | None], bool] = lambda agent: False,
    ) -> None:  # fmt: skip
        self._service, self._record, self._campaigns, self._accounts = service, record, campaigns, accounts
        self._presence, self._stream, self._clock, self._automatic = presence, stream, clock, automatic
        self._attends_elsewhere = attends_elsewhere
        self._last: dict[str, datetime] = {}
        for one in record.attended():
            self.published(one, ())

    def published(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """A `Listener`: notes when an agent last got a conversation."""
        handoff = conversation.handoff
        if conversation.state is State.HUMAN and conversation.agent and handoff and handoff.answered_at:
            before = self._last.get(conversation.agent, handoff.answered_at)
            self._last[conversation.agent] = max(before, handoff.answered_at)

    async def step(self) -> None:
        """Whatever is due now."""
        await self._log_out_removed()
        await self._log_out_idle()
        await self._bring_back()
        await self._withdraw()
        await self._offer()

    async def take(self, conversation_id: str, agent: Agent) -> Conversation:
        """An agent accepts an offer, or takes a conversation from the list.

        Raises:
            ConversationError: `not_waiting` (any more), `not_for_you`, or `limit_reached`; an emergency goes over it.
        """
        conversation = self._record.load(conversation_id)
        handoff = conversation.handoff if conversation else None
        if conversation is None or handoff is None or conversation.state is not State.QUEUED:
            raise ConversationError("not_waiting", "La conversación ya no está en espera.")
        if not may_take(agent, conversation.campaign, handoff.level, handoff.to_agent):
            raise ConversationError("not_for_you", "Esta conversación es para otra campaña, otro nivel u otra persona.")
        held = Counter(one.channel for one in self._record.attended_by(agent.username))
        reached = limit_reached(agent, held, conversation.channel, self._rules(conversation).max_sessions)
        if reached and not handoff.priority:
            what = f"conversaciones{' por WhatsApp' if reached.channel is Channel.WHATSAPP else ''}"
            raise ConversationError(
                "limit_reached",
                f"Ya atiende {reached.held} {what}, el máximo autorizado es {reached.most}. Termine una antes.",
            )
        outcome = await self._service.take(conversation_id, agent.username, agent.name, agent.level)
        self._presence.took(agent)
        return outcome.conversation

    async def decline(self, conversation_id: str, agent: Agent) -> None:
        """An agent does not take what is offered."""
        await self._service.attend(conversation_id, partial(offering.decline, agent=agent.username), by_people=False)

    async def log_out(self, username: str, cause: Cause) -> None:
        """An agent goes: his or her conversations wait again, in their old places; then the log-out is recorded."""
        for one in self._record.attended_by(username):
            await self._put_back(one)
        self._presence.log_out(username, cause)
        await self._withdraw()
        self._stream.tell(username, {"type": "logged_out"})
        self._stream.staff_changed()

    def offers(self, username: str) -> list[Conversation]:
        """What rings at this agent's desk."""
        return [one for one in self._record.waiting() if _rings_at(one, username)]

    async def _log_out_removed(self) -> None:
        """Whose account was taken out works here no longer, nor hears what citizens write (ASVS 7.4.2)."""
        accounts = self._accounts.all()
        for entry in self._presence.present() if accounts else ():
            if entry.agent not in accounts:
                await self.log_out(entry.agent, Cause.LOGOUT)

    async def _log_out_idle(self) -> None:
        """Whoever talks by telephone is no silent agent: the desk is not touched meanwhile."""
        for one in self._record.attended():
            if one.on_the_telephone and one.agent:
                self._presence.touch(one.agent)
        for username in self._presence.idle():
            await self.log_out(username, Cause.IDLE)
        for username in self._presence.to_warn():
            self._stream.tell(username, {"type": "idle", "seconds": round(IDLE_SECONDS - WARN_SECONDS)})

    async def _bring_back(self) -> None:
        """A conversation of somebody who is not here (a crash between two steps) waits again."""
        here = {one.agent for one in self._presence.present()}
        for one in self._record.attended():
            if one.agent not in here and not self._attends_elsewhere(one.agent):
                await self._put_back(one)

    async def _put_back(self, conversation: Conversation) -> None:
        if conversation.on_the_telephone:
            return  # the exchange holds the call and tells when it ends; no desk can put it back
        try:
            await self._service.attend(conversation.id, partial(offering.put_back, agent=conversation.agent or ""))
        except ConversationError:
            pass  # it ended, or somebody else has it by now: nothing to give back

    async def _withdraw(self) -> None:
        now, accounts = self._clock(), self._accounts.all()
        for one in self._record.waiting():
            offer = one.handoff.offer if one.handoff else None
            if offer is None:
                continue
            late = not offer.at <= now < offer.until
            if not late and self._is_available(offer.agent):
                continue
            step = partial(offering.withdraw, agent=offer.agent, answer_was_due=late)
            try:
                await self._service.attend(one.id, step, by_people=False)
            except ConversationError:
                continue  # taken in the last moment
            if late and offer.agent in accounts and self._is_available(offer.agent):
                self._presence.missed(accounts[offer.agent])
                self._stream.staff_changed()

    async def _offer(self) -> None:
        now = self._clock()
        found = [one for one in self._record.waiting() if one.handoff and one.handoff.offer is None]
        asked = [self._waiting(one) for one in found if self._is_automatic(one)]
        if not asked:
            return
        for one in assign(asked, self._posts(), now):
            rules = next(self._rules(item) for item in found if item.id == one.conversation)
            rings = timedelta(seconds=rules.answer_seconds)
            step = partial(offering.offer, agent=one.agent, rings=rings)
            try:
                await self._service.attend(one.conversation, step, by_people=False)
            except ConversationError:
                continue  # somebody took it from the list, or the citizen left

    def _posts(self) -> list[Post]:
        attended = self._record.attended()
        held: dict[str | None, Counter[Channel]] = defaultdict(Counter)
        for one in attended:
            held[one.agent][one.channel] += 1
        talking = {one.agent for one in attended if one.on_the_telephone}
        ringing = {one.handoff.offer.agent for one in self._record.waiting() if one.handoff and one.handoff.offer}
        accounts = self._accounts.all()
        return [
            Post(
                agent=accounts[entry.agent],
                free=self._is_available(entry.agent)
                and self._stream.is_open(entry.agent)
                and entry.agent not in talking,
                held=held[entry.agent],
                ringing=entry.agent in ringing,
                idle_since=max(entry.at, self._last.get(entry.agent, entry.at)),
            )
            for entry in self._presence.present()
            if entry.agent in accounts
        ]

    def _waiting(self, conversation: Conversation) -> Waiting:
        handoff = conversation.handoff
        assert handoff is not None
        return Waiting(
            conversation=conversation.id, campaign=conversation.campaign, since=handoff.since,
            channel=conversation.channel, max_sessions=self._rules(conversation).max_sessions,
            priority=handoff.priority, level=handoff.level, to_agent=handoff.to_agent,
            passed_by=handoff.transferred_by, declined=handoff.declined,
        )  # fmt: skip

    def _rules(self, conversation: Conversation) -> DeskRules:
        """Those of the campaign that serves now; the usual ones where it is gone."""
        campaign = self._campaigns.get(conversation.campaign)
        return campaign.desk if campaign else DeskRules()

    def _is_automatic(self, conversation: Conversation) -> bool:
        """Calls are queued and connected by the exchange: they never ring at a desk."""
        if conversation.on_the_telephone:
            return False
        chosen = self._rules(conversation).assignment
        return chosen == "automatic" if chosen else self._automatic

    def _is_available(self, username: str) -> bool:
        entry = self._presence.entry(username)
        return entry is not None and entry.state is AgentState.AVAILABLE


def _rings_at(conversation: Conversation, username: str) -> bool:
    handoff = conversation.handoff
    return handoff is not None and handoff.offer is not None and handoff.offer.agent == username
