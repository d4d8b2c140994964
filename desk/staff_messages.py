"""Messages between agents and supervisors, beside the conversations; an agent writes to supervisors only (L8088).

A supervisor writes to one person or to a group (L1701): to everybody who shares a campaign, or to those of one
campaign. What goes to a group is kept once for each who receives it.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from conversation.masking import mask
from conversation.staff import Level, StaffMessage
from desk.accounts import Agent
from desk.session import DeskSession, csrf
from desk.workplace import Workplace

SHOWN = timedelta(hours=12)
"""What is shown at the desk: a shift. All of it stays in the ledger."""
TEAM = "*"
"""Everybody who shares a campaign with the supervisor."""
OF_CAMPAIGN = "campaign:"
"""And the campaign's id: those of the team who serve it. No user name has a colon."""


class StaffMessageRequest(BaseModel):
    """A message; a supervisor says to whom: a user name, `TEAM`, or `OF_CAMPAIGN` and a campaign."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    to: str | None = None
    text: str = Field(min_length=1, max_length=1000)


class StaffRoom:
    """Routes of the internal messages."""

    def __init__(self, workplace: Workplace, session: DeskSession) -> None:
        self._work, self._session = workplace, session

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to the desk's."""

        @router.get("/api/staff-messages")
        async def read(agent: Annotated[Agent, Depends(self._session.agent)]) -> dict[str, Any]:
            return self._shown(agent)

        @router.post("/api/staff-messages", dependencies=[Depends(csrf)])
        async def write(
            body: StaffMessageRequest, agent: Annotated[Agent, Depends(self._session.agent)]
        ) -> dict[str, Any]:
            recipients = self._recipients(body.to, agent)
            message = StaffMessage(at=self._work.clock(), sender=agent.username, recipient=None, text=mask(body.text))
            for one in [message.model_copy(update={"recipient": to}) for to in recipients] or [message]:
                self._work.staff_messages.add(one)
            for username in recipients or self._supervisors_of(agent.username):
                self._work.stream.tell(username, {"type": "staff_message", "from": agent.name})
            return self._shown(agent)

    def _recipients(self, to: str | None, agent: Agent) -> list[str]:
        """Whom it goes to; none: an agent's, to the supervisors.

        Raises:
            HTTPException: 422 when a supervisor names nobody of the team, 403 when an agent names a colleague.
        """
        if agent.level is not Level.SUPERVISOR:
            if to is not None:
                raise HTTPException(403, "Los mensajes internos van a la supervisión.")
            return []
        team = self._team(agent)
        named = {one.username: [one.username] for one in team}
        groups = {name: [one.username for one in members] for name, _, members in self._groups(agent, team)}
        found = {**named, **groups}.get(to or "")
        if not found:
            raise HTTPException(422, "Elija a quién va el mensaje.")
        return found

    def _team(self, agent: Agent) -> list[Agent]:
        """Everybody else who shares a campaign."""
        every = self._work.accounts.all().values()
        return [one for one in every if one.username != agent.username and agent.works_with(one.campaigns)]

    def _groups(self, agent: Agent, team: Sequence[Agent]) -> list[tuple[str, str, list[Agent]]]:
        """Id, name and members of every group of the team that has two members or more."""
        campaigns = [found for one in self._work.campaign_ids() if (found := self._work.campaigns.get(one))]
        own = [one for one in campaigns if agent.serves(one.id) and any(one.id in (who.skills or ()) for who in team)]
        groups = [
            (f"{OF_CAMPAIGN}{one.id}", f"Quienes atienden {one.name}", [who for who in team if who.serves(one.id)])
            for one in own
        ]
        return [one for one in (*groups, (TEAM, "Todo el equipo", list(team))) if len(one[2]) > 1]

    def _supervisors_of(self, username: str) -> list[str]:
        """Who supervises a campaign of this person; all supervisors where nobody does, so that somebody reads it."""
        every = self._work.accounts.all()
        all_of_them = [one for one in every.values() if one.level is Level.SUPERVISOR]
        sender = every.get(username)
        own = [one for one in all_of_them if sender and one.works_with(sender.campaigns)]
        return [one.username for one in own or all_of_them]

    def _shown(self, agent: Agent) -> dict[str, Any]:
        supervisor, work = agent.level is Level.SUPERVISOR, self._work
        found = work.staff_messages.of(agent.username, work.clock() - SHOWN, supervisor=supervisor)
        team = self._team(agent) if supervisor else []
        people = [{"id": one.username, "label": one.name} for one in team]
        groups = [{"id": name, "label": label} for name, label, _ in self._groups(agent, team)]
        return {
            "messages": [self._message(sent, agent) for sent in _as_sent(found) if self._may_read(sent[0], agent)],
            "recipients": people + groups,  # a group last: nobody writes to all by not choosing
        }

    def _may_read(self, message: StaffMessage, agent: Agent) -> bool:
        """What went to all supervisors is for those of the sender's campaigns (L3198)."""
        is_for_all = message.recipient is None and message.sender != agent.username
        return not is_for_all or agent.username in self._supervisors_of(message.sender)

    def _message(self, sent: Sequence[StaffMessage], agent: Agent) -> dict[str, Any]:
        names = [self._work.name_of(one.recipient) for one in sent if one.recipient]
        return {
            "number": sent[-1].number, "at": sent[0].at.isoformat(), "text": sent[0].text,
            "own": sent[0].sender == agent.username, "from": self._work.name_of(sent[0].sender),
            "to": ", ".join(names) or "Supervisión",
        }  # fmt: skip


def _as_sent(found: Sequence[StaffMessage]) -> list[list[StaffMessage]]:
    """What went to a group is one message to who wrote it."""
    return [list(sent) for _, sent in groupby(found, key=lambda one: (one.sender, one.at, one.text))]
