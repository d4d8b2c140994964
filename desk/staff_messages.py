"""Messages between agents and supervisors, beside the conversations; an agent writes to supervisors only (L8088)."""

from datetime import timedelta
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


class StaffMessageRequest(BaseModel):
    """A message; a supervisor says to whom."""

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
            to = self._recipient(body.to, agent)
            message = StaffMessage(at=self._work.clock(), sender=agent.username, recipient=to, text=mask(body.text))
            self._work.staff_messages.add(message)
            for username in [to] if to else self._supervisors():
                self._work.stream.tell(username, {"type": "staff_message", "from": agent.name})
            return self._shown(agent)

    def _recipient(self, to: str | None, agent: Agent) -> str | None:
        """Whom it goes to; an agent's goes to all supervisors.

        Raises:
            HTTPException: 422 when a supervisor names nobody that exists, 403 when an agent names a colleague.
        """
        if agent.level is not Level.SUPERVISOR:
            if to is not None:
                raise HTTPException(403, "Los mensajes internos van a la supervisión.")
            return None
        if to not in self._work.accounts.all():
            raise HTTPException(422, "Elija a quién va el mensaje.")
        return to

    def _supervisors(self) -> list[str]:
        return [one.username for one in self._work.accounts.all().values() if one.level is Level.SUPERVISOR]

    def _shown(self, agent: Agent) -> dict[str, Any]:
        supervisor, work = agent.level is Level.SUPERVISOR, self._work
        found = work.staff_messages.of(agent.username, work.clock() - SHOWN, supervisor=supervisor)
        others = [one for one in work.accounts.all().values() if one.username != agent.username]
        return {
            "messages": [
                {
                    "number": one.number, "at": one.at.isoformat(), "text": one.text,
                    "own": one.sender == agent.username, "from": work.name_of(one.sender),
                    "to": work.name_of(one.recipient) if one.recipient else "Supervisión",
                }
                for one in found
            ],
            "recipients": [{"id": one.username, "label": one.name} for one in others] if supervisor else [],
        }  # fmt: skip
