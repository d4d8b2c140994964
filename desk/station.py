"""The agent's own station: state, signs of life, offers, log-out (channels.md §5.3, §5.4)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict

from conversation.staff import CHOOSABLE, AgentState, Cause, Level
from desk.accounts import Agent
from desk.session import DeskSession, check_csrf, csrf
from desk.workplace import Workplace


class StateRequest(BaseModel):
    """The state an agent chooses."""

    model_config = ConfigDict(extra="forbid")
    state: AgentState


class Station:
    """Routes of one agent's station."""

    def __init__(self, workplace: Workplace, session: DeskSession) -> None:
        self._workplace, self._session = workplace, session

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to the desk's."""
        work, session = self._workplace, self._session

        @router.get("/api/me")
        async def me(agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            return self.state(agent)

        @router.post("/api/me/state", dependencies=[Depends(csrf)])
        async def choose(body: StateRequest, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            work.presence.choose(agent, body.state)
            await work.distribution.step()
            work.stream.staff_changed()
            return self.state(agent)

        @router.post("/api/me/active", dependencies=[Depends(csrf)])
        async def active(agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, bool]:
            """A key or the mouse was moved: the station is not idle (asking is what counts, `DeskSession.agent`)."""
            return {"active": True}

        @router.post("/api/conversations/{conversation_id}/decline", dependencies=[Depends(csrf)])
        async def decline(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, bool]:
            await work.distribution.decline(conversation_id, agent)
            return {"declined": True}

        @router.post("/logout")
        async def logout(request: Request) -> Response:
            form = await request.form()
            check_csrf(request, request.headers.get("x-csrf-token") or str(form.get("csrf_token", "")))
            agent = session.find(request)
            if agent is not None:
                still_open = _still_open(len(work.record.attended_by(agent.username)))
                if still_open and form.get("give_back") != "yes":
                    raise HTTPException(409, still_open)
                await work.distribution.log_out(agent.username, Cause.LOGOUT)
            request.session.clear()
            return RedirectResponse("/desk", status_code=303)

    def state(self, agent: Agent) -> dict[str, Any]:
        """What the page shows of the agent: state, since when, and whether availability must be confirmed."""
        presence = self._workplace.presence
        entry, since = presence.entry(agent.username), presence.since(agent.username)
        shown = presence.shown(agent.username)
        return {
            "state": entry.state if entry else AgentState.OUT, "shown": shown, "label": shown.label,
            "since": since and since.isoformat(), "must_confirm": presence.must_confirm(agent.username),
            "level": agent.level, "level_label": agent.level.label, "limit": agent.limit,
            "supervisor": agent.level is Level.SUPERVISOR,
            "leaving": _still_open(len(self._workplace.record.attended_by(agent.username))),
        }  # fmt: skip


def choosable() -> list[dict[str, str]]:
    """States for the page's list, in the contract's order."""
    return [{"id": state.value, "label": state.label} for state in CHOOSABLE]


def _still_open(held: int) -> str:
    """What leaving now would mean for the conversations at hand; empty when there are none."""
    if not held:
        return ""
    what = "una conversación abierta" if held == 1 else f"{held} conversaciones abiertas"
    return f"Tiene {what}. Si sale ahora, vuelve{'n' if held > 1 else ''} a la fila, en su lugar."
