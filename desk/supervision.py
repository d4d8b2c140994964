"""The supervisor's view: who is here in which state, what waits and is attended, looking on, taking over (L6783)."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException

from conversation import passing_on
from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.exchange import Exchange
from conversation.staff import Level, StateEntry
from desk.accounts import Agent
from desk.session import DeskSession, csrf
from desk.workplace import Workplace


class Supervision:
    """Routes for supervisors; each sees the campaigns that he or she serves."""

    def __init__(self, workplace: Workplace, session: DeskSession) -> None:
        self._work, self._session = workplace, session

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to the desk's."""
        work, session = self._work, self._session

        @router.get("/api/team")
        async def team(agent: Annotated[Agent, Depends(session.supervisor)]) -> dict[str, Any]:
            return {
                "now": work.clock().isoformat(),
                "agents": [self._agent(one) for one in self._present(agent)],
                "attended": [self._attended(one) for one in work.record.attended() if agent.serves(one.campaign)],
                "waiting": sum(agent.serves(one.campaign) for one in work.record.waiting()),
            }

        @router.post("/api/conversations/{conversation_id}/watch", dependencies=[Depends(csrf)])
        async def watch(conversation_id: str, agent: Annotated[Agent, Depends(session.supervisor)]) -> dict[str, bool]:
            """Look on live; the ledger keeps who did (security.md §8)."""
            await self.look_on(self._refuse_unattended(conversation_id, agent), agent)
            return {"watching": True}

        @router.post("/api/conversations/{conversation_id}/take-over", dependencies=[Depends(csrf)])
        async def take_over(
            conversation_id: str, agent: Annotated[Agent, Depends(session.supervisor)]
        ) -> dict[str, str]:
            before = self._refuse_unattended(conversation_id, agent).agent
            step = partial(passing_on.take_over, supervisor=agent.username, name=agent.name)
            outcome = await work.service.attend(conversation_id, step)
            work.presence.took(agent)
            if before:
                work.stream.tell(before, {"type": "taken_over", "conversation_id": conversation_id, "by": agent.name})
            return {"state": outcome.conversation.state}

    async def look_on(self, conversation: Conversation, agent: Agent) -> None:
        """Somebody reads what he or she does not attend: written down first, once for as long as it is watched."""
        if self._work.stream.is_watching(agent.username, conversation):
            return
        seen = partial(_seen, agent=agent.username)
        await self._work.service.attend(conversation.id, seen, by_people=False)
        if agent.level is Level.SUPERVISOR:
            self._work.stream.watch(agent.username, conversation)

    def _present(self, agent: Agent) -> list[StateEntry]:
        """Who is here and shares a campaign with this supervisor."""
        here = [one for one in self._work.presence.present() if agent.works_with(one.campaigns)]
        return sorted(here, key=lambda one: (one.state, one.at))

    def _agent(self, entry: StateEntry) -> dict[str, Any]:
        agent, shown = self._work.accounts.all().get(entry.agent), self._work.presence.shown(entry.agent)
        since = self._work.presence.since(entry.agent) or entry.at
        return {
            "username": entry.agent, "name": self._work.name_of(entry.agent), "level_label": entry.level.label,
            "state": shown, "label": shown.label, "since": since.isoformat(),
            "must_confirm": self._work.presence.must_confirm(entry.agent),
            "open": len(self._work.record.attended_by(entry.agent)), "limit": agent.limit if agent else 0,
        }  # fmt: skip

    def _attended(self, one: Conversation) -> dict[str, Any]:
        since = one.handoff.answered_at if one.handoff and one.handoff.answered_at else one.last_activity
        return {
            "conversation_id": one.id, "folio": one.folio, "campaign_name": self._work.campaign_of(one).name,
            "channel": one.channel, "agent": self._work.name_of(one.agent or ""), "since": since.isoformat(),
            "priority": bool(one.handoff and one.handoff.priority),
        }  # fmt: skip

    def _refuse_unattended(self, conversation_id: str, agent: Agent) -> Conversation:
        conversation = self._work.record.load(conversation_id)
        if conversation is None or conversation.state is not State.HUMAN or not agent.serves(conversation.campaign):
            raise HTTPException(409, "Nadie atiende ahora esa conversación en sus campañas.")
        return conversation


def _seen(exchange: Exchange, agent: str) -> None:
    exchange.note(EventKind.HISTORY_SEEN, level="human", agent=agent, by=["live"])
