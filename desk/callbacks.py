"""The desk's list «Llamadas pedidas»: calls that citizens asked for on the web, worked in order (channels.md §7)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from conversation.callbacks import MOST_ATTEMPTS, Callback, CallResult, slot_in_words, worked_in_order
from desk.accounts import Agent
from desk.session import DeskSession, csrf
from desk.workplace import Workplace

GONE = "Esa llamada ya no está en la lista: otra persona la atendió o se canceló."


class AttemptRequest(BaseModel):
    """What became of a call."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    result: CallResult
    note: str = Field(default="", max_length=300)


class DeskCallbacks:
    """Routes of the list; each agent sees the campaigns that he or she serves."""

    def __init__(self, workplace: Workplace, session: DeskSession) -> None:
        self._work, self._session = workplace, session

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to the desk's."""
        work, session = self._work, self._session

        @router.get("/api/callbacks")
        async def waiting(agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            now = work.clock()
            found = [one for one in work.callbacks.waiting() if agent.serves(one.campaign)]
            results = [{"id": one, "label": one.label} for one in CallResult]
            cards = [self._card(one) for one in worked_in_order(found, now)]
            return {"now": now.isoformat(), "callbacks": cards, "results": results}

        @router.post("/api/callbacks/{conversation_id}/open", dependencies=[Depends(csrf)])
        async def open_one(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            """With the telephone in clear; the ledger keeps who read it and when."""
            self._refuse_foreign(conversation_id, agent)
            found = work.callbacks.open_to_call(conversation_id, agent.username, work.clock())
            return self._changed(found)

        @router.post("/api/callbacks/{conversation_id}/attempts", dependencies=[Depends(csrf)])
        async def tried(
            conversation_id: str, body: AttemptRequest, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, Any]:
            self._refuse_foreign(conversation_id, agent)
            found = work.callbacks.tried(conversation_id, agent.username, body.result, body.note, work.clock())
            return self._changed(found)

    def _refuse_foreign(self, conversation_id: str, agent: Agent) -> None:
        found = self._work.callbacks.find(conversation_id)
        if found is None or not agent.serves(found.campaign):
            raise HTTPException(404, "No existe esa solicitud.")

    def _changed(self, found: Callback | None) -> dict[str, Any]:
        if found is None:
            raise HTTPException(409, GONE)
        self._work.stream.left_messages_changed()
        return self._card(found)

    def _card(self, one: Callback) -> dict[str, Any]:
        work, now = self._work, self._work.clock()
        campaign = work.campaigns.get(one.campaign)
        topic = campaign.topic(one.topic) if campaign else None
        return {
            "conversation_id": one.conversation, "folio": one.folio, "telephone": one.telephone,
            "campaign_name": campaign.name if campaign else one.campaign,
            "topic": topic.label if topic else one.topic, "slot": slot_in_words(one.slot, now),
            "asked_at": one.asked_at.isoformat(), "due_at": one.due_at.isoformat(), "is_due": now >= one.due_at,
            "is_overdue": one.is_overdue(now), "open": one.is_open, "attempts_left": MOST_ATTEMPTS - len(one.attempts),
            "attempts": [
                {"at": call.at.isoformat(), "name": work.name_of(call.agent), "result": call.result.label,
                 "note": call.note}
                for call in one.attempts
            ],
            "openings": [{"name": work.name_of(seen.agent), "at": seen.at.isoformat()} for seen in one.openings],
        }  # fmt: skip
