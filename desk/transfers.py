"""Transfers, private notes, earlier interactions, phrases and knowledge: what an agent has beside the conversation."""

from functools import partial
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from conversation import passing_on
from conversation.conversation import Conversation
from conversation.handoff import HandoffReason
from conversation.history import Asked
from conversation.passing_on import Target
from conversation.staff import IN_SERVICE, Level
from desk import knowledge
from desk.accounts import Agent
from desk.session import DeskSession, csrf
from desk.workplace import Workplace

BOT = "bot"
NOT_YOURS = "Usted no tiene asignada esta conversación."


class TransferRequest(BaseModel):
    """Where a conversation goes, why, and what the next person should know."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    level: Level | None = None
    campaign: str | None = None
    to_bot: bool = False
    reason: HandoffReason
    note: str = Field(default="", max_length=1000)

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.to_bot == bool(self.level or self.campaign):
            raise ValueError("Elija a dónde se transfiere: nivel o campaña, o asistente virtual.")
        return self


class NoteRequest(BaseModel):
    """A private note."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    text: str = Field(min_length=1, max_length=1000)


class Transfers:
    """Routes around the conversation at hand."""

    def __init__(self, workplace: Workplace, session: DeskSession) -> None:
        self._work, self._session = workplace, session

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to the desk's."""
        self._transfers(router)
        self._notes(router)
        self._reference(router)

    def _transfers(self, router: APIRouter) -> None:
        work, session = self._work, self._session

        @router.get("/api/conversations/{conversation_id}/targets")
        async def targets(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            conversation = self.own(conversation_id, agent)
            return {
                "levels": [
                    {"id": level, "label": level.label, "present": self._present(conversation.campaign, level)}
                    for level in Level
                ],
                "campaigns": self._campaigns(conversation),
                "bot": work.campaign_of(conversation).has_bot,
                "reasons": [{"id": one, "label": one.label} for one in HandoffReason],
            }

        @router.post("/api/conversations/{conversation_id}/transfer", dependencies=[Depends(csrf)])
        async def transfer(
            conversation_id: str, body: TransferRequest, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, str]:
            outcome = await work.service.attend(conversation_id, self._step(agent, body))
            await work.distribution.step()
            return {"state": outcome.conversation.state}

    def _notes(self, router: APIRouter) -> None:
        work, session = self._work, self._session

        @router.get("/api/conversations/{conversation_id}/notes")
        async def notes(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            self.readable(conversation_id, agent)
            return {"notes": self._all_notes(conversation_id)}

        @router.post("/api/conversations/{conversation_id}/notes", dependencies=[Depends(csrf)])
        async def add(
            conversation_id: str, body: NoteRequest, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, Any]:
            conversation = self.readable(conversation_id, agent)
            whisper = conversation.agent != agent.username
            step = partial(passing_on.add_note, author=agent.username, text=body.text, whisper=whisper)
            await work.service.attend(conversation_id, step, by_people=False)
            if whisper and conversation.agent:
                work.stream.tell(conversation.agent, {"type": "whisper", "conversation_id": conversation_id})
            return {"notes": self._all_notes(conversation_id)}

    def _reference(self, router: APIRouter) -> None:
        work, session = self._work, self._session

        @router.post("/api/conversations/{conversation_id}/history", dependencies=[Depends(csrf)])
        async def history(
            conversation_id: str, body: Asked, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, Any]:
            """What the same person did before, to who attends; the ledger keeps who looked and by what."""
            self.own(conversation_id, agent)
            found = work.history.earlier(conversation_id, agent.username, work.clock(), body)
            return {"earlier": [self._earlier(one.model_dump(mode="json")) for one in found]}

        @router.get("/api/conversations/{conversation_id}/phrases")
        async def phrases(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            conversation = self.own(conversation_id, agent)
            return {"phrases": [one.model_dump() for one in work.phrases.of(conversation.campaign)]}

        @router.get("/api/conversations/{conversation_id}/knowledge")
        async def articles(
            conversation_id: str, agent: Annotated[Agent, Depends(session.agent)], words: str = "", topic: str = "",
            kind: str = "",
        ) -> dict[str, Any]:  # fmt: skip
            conversation = self.own(conversation_id, agent)
            known = work.articles.of(conversation.campaign)
            return {
                "articles": [knowledge.as_shown(one) for one in knowledge.search(known, words, topic, kind)],
                "kinds": sorted({one.normativa for one in known}),
            }

    def own(self, conversation_id: str, agent: Agent) -> Conversation:
        """The conversation, if this person attends it.

        Raises:
            HTTPException: 409.
        """
        held = self._work.record.attended_by(agent.username)
        found = next((one for one in held if one.id == conversation_id), None)
        if found is None:
            raise HTTPException(409, NOT_YOURS)
        return found

    def readable(self, conversation_id: str, agent: Agent) -> Conversation:
        """The conversation, if this person attends it, or supervises its campaign.

        Raises:
            HTTPException: 409.
        """
        if agent.level is not Level.SUPERVISOR:
            return self.own(conversation_id, agent)
        conversation = self._work.record.load(conversation_id)
        if conversation is None or conversation.is_closed or not agent.serves(conversation.campaign):
            raise HTTPException(409, "La conversación ya terminó o no es de sus campañas.")
        return conversation

    def _step(self, agent: Agent, body: TransferRequest) -> "partial[None]":
        if body.to_bot:
            return partial(passing_on.give_to_bot, agent=agent.username, reason=body.reason, note=body.note)
        campaign = self._work.campaigns.get(body.campaign) if body.campaign else None
        if body.campaign and campaign is None:
            raise HTTPException(422, f"La campaña «{body.campaign}» no existe.")
        target = Target(level=body.level, campaign=campaign)
        return partial(passing_on.pass_on, agent=agent.username, target=target, reason=body.reason, note=body.note)

    def _all_notes(self, conversation_id: str) -> list[dict[str, Any]]:
        return [
            {
                "author": self._work.name_of(one.author),
                "at": one.at.isoformat(),
                "text": one.text,
                "whisper": one.whisper,
            }
            for one in self._work.history.notes(conversation_id)
        ]

    def _present(self, campaign: str, level: Level) -> int:
        accounts = self._work.accounts.all()
        return sum(
            entry.level is level and entry.state in IN_SERVICE and accounts[entry.agent].serves(campaign)
            for entry in self._work.presence.present()
            if entry.agent in accounts
        )

    def _campaigns(self, conversation: Conversation) -> list[dict[str, Any]]:
        known = [self._work.campaigns.get(one) for one in self._work.campaign_ids()]
        return [
            {"id": one.id, "label": one.name, "open": one.people_attend(conversation.channel, self._work.clock())}
            for one in known
            if one is not None and one.id != conversation.campaign
        ]

    def _earlier(self, one: dict[str, Any]) -> dict[str, Any]:
        campaign = self._work.campaigns.get(one["campaign"])
        topics = [campaign.topic(topic) if campaign else None for topic in one["topics"]]
        labels = [found.label if found else name for found, name in zip(topics, one["topics"], strict=True)]
        return {**one, "campaign_name": campaign.name if campaign else one["campaign"], "topic_labels": labels}
