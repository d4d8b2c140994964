"""The desk's pages and JSON: log in, see the queue, take a conversation, answer, close it with its tipificaciones."""

import asyncio
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from conversation.conversation import Conversation
from conversation.message import MAX_TEXT, Message
from conversation.staff import Cause, Level
from desk.accounts import Agent
from desk.assignment import may_take
from desk.attachments import DeskAttachments
from desk.callbacks import DeskCallbacks
from desk.left_messages import message_card, message_in_full
from desk.screen_pop import card, screen_pop
from desk.session import DeskSession, check_csrf, csrf, token_of
from desk.staff_messages import StaffRoom
from desk.station import Station, choosable
from desk.stream import Frame, transcript_line
from desk.supervision import Supervision
from desk.transfers import Transfers
from desk.workplace import Workplace

logger = logging.getLogger(__name__)
UNAUTHORISED = 4401
DEALT_WITH = "Ese mensaje ya no está en la lista: otra persona lo atendió."
IDLE_NOTICE = (
    "Su sesión terminó por 10 minutos sin actividad. Si tenía conversaciones abiertas, volvieron a la fila en su lugar."
)


class ReplyRequest(BaseModel):
    """What a person writes."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=MAX_TEXT)


class CloseRequest(BaseModel):
    """How a person ends the attention."""

    model_config = ConfigDict(extra="forbid")
    topics: list[str] = Field(min_length=1, max_length=5)
    note: str = Field(default="", max_length=1000)


class DoneRequest(BaseModel):
    """What somebody did about a message that was left."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    note: str = Field(min_length=1, max_length=300)


class Desk:
    """The desk over a conversation service. Every request needs a session, and changes its CSRF token."""

    def __init__(self, workplace: Workplace) -> None:
        self._work = workplace
        self._session = DeskSession(workplace.accounts, workplace.presence)
        self._station = Station(workplace, self._session)
        self._transfers = Transfers(workplace, self._session)
        self._supervision = Supervision(workplace, self._session)

    def routes(self) -> APIRouter:
        """Pages, JSON and WebSocket of the desk."""
        router = APIRouter(prefix="/desk", include_in_schema=False)
        self._pages(router)
        self._queries(router)
        self._commands(router)
        self._left_messages(router)
        DeskCallbacks(self._work, self._session).add_to(router)
        self._station.add_to(router)
        self._transfers.add_to(router)
        DeskAttachments(self._work, self._session, self._visible, self._transfers.own).add_to(router)
        self._supervision.add_to(router)
        StaffRoom(self._work, self._session).add_to(router)
        self._socket(router)
        return router

    def _pages(self, router: APIRouter) -> None:
        work, session = self._work, self._session

        @router.get("")
        async def desk(request: Request) -> Response:
            token, agent = token_of(request), session.find(request)
            if agent is None:
                last = work.presence.entry(request.session.pop("agent", ""))
                notice = IDLE_NOTICE if last and last.cause is Cause.IDLE else None
                return work.render(request, "desk_login.html", {"csrf_token": token, "error": None, "notice": notice})
            context: dict[str, Any] = {"agent": {"name": agent.name, "username": agent.username}}
            context |= {"csrf_token": token, "me": self._station.state(agent), "states": choosable()}
            return work.render(request, "desk.html", context)

        @router.post("/login")
        async def login(
            request: Request, username: Annotated[str, Form()], password: Annotated[str, Form()],
            csrf_token: Annotated[str, Form()],
        ) -> Response:  # fmt: skip
            check_csrf(request, csrf_token)
            # Checking a password is slow on purpose: beside the loop, or whoever guesses would stop every conversation.
            name = username.strip().lower()
            agent = await run_in_threadpool(work.accounts.check, name, password)
            if agent is None:
                # Only names that exist: what is typed into the wrong field may be a password.
                known = name if name in work.accounts.all() else "a name without account"
                logger.warning("log-in to the desk refused: %s", known)
                error = "Usuario o contraseña incorrectos. Después de cinco intentos espere un minuto."
                context = {"csrf_token": request.session["csrf"], "error": error, "notice": None}
                response = work.render(request, "desk_login.html", context)
                response.status_code = 401
                return response
            session.begin(request, agent)
            work.stream.staff_changed()
            return RedirectResponse("/desk", status_code=303)

    def _queries(self, router: APIRouter) -> None:
        work, session = self._work, self._session

        @router.get("/api/conversations")
        async def lists(agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            waiting = [one for one in work.record.waiting() if _is_for(agent, one)]
            return {
                "now": work.clock().isoformat(),
                "me": self._station.state(agent),
                "offers": [self._offer(one) for one in work.distribution.offers(agent.username)],
                "queued": [self._card(one) for one in waiting],
                "mine": [self._card(one) for one in work.record.attended_by(agent.username)],
            }

        @router.get("/api/conversations/{conversation_id}")
        async def one(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            conversation = self._visible(conversation_id, agent)
            if conversation.agent != agent.username:
                await self._supervision.look_on(conversation, agent)
            campaign, messages = work.campaign_of(conversation), work.record.messages(conversation_id)
            return {
                "conversation": card(conversation, campaign, messages),
                "screen_pop": screen_pop(conversation, campaign, work.contacts.masked_telephones(conversation_id)),
                "mine": conversation.agent == agent.username,
                "transcript": [transcript_line(message) for message in messages],
                "topics": [{"id": topic.id, "label": topic.label} for topic in campaign.topics],
            }

    def _commands(self, router: APIRouter) -> None:
        work, session = self._work, self._session

        @router.post("/api/conversations/{conversation_id}/take", dependencies=[Depends(csrf)])
        async def take(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, str]:
            return {"state": (await work.distribution.take(conversation_id, agent)).state}

        @router.post("/api/conversations/{conversation_id}/messages", dependencies=[Depends(csrf)])
        async def reply(
            conversation_id: str, body: ReplyRequest, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, Any]:
            outcome = await work.service.reply(conversation_id, agent.username, body.text)
            return {"message": transcript_line(outcome.messages[-1])}

        @router.post("/api/conversations/{conversation_id}/close", dependencies=[Depends(csrf)])
        async def close(
            conversation_id: str, body: CloseRequest, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, str]:
            outcome = await work.service.release(conversation_id, agent.username, body.topics, body.note)
            return {"state": outcome.conversation.state}

        @router.post("/api/conversations/{conversation_id}/telephones", dependencies=[Depends(csrf)])
        async def telephones(
            conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, tuple[str, ...]]:
            """In clear to who attends, and to nobody else; the ledger keeps who looked and when."""
            if conversation_id not in {one.id for one in work.record.attended_by(agent.username)}:
                raise HTTPException(409, "Usted no tiene asignada esta conversación.")
            return {"telephones": work.contacts.see_telephones(conversation_id, agent.username, work.clock())}

    def _left_messages(self, router: APIRouter) -> None:
        work, session = self._work, self._session

        @router.get("/api/messages")
        async def left(agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            found = [one for one in work.contacts.left_messages() if agent.serves(one.campaign)]
            now = work.clock()
            cards = [message_card(one, work.campaigns.get(one.campaign), work.name_of, now) for one in found]
            return {"now": now.isoformat(), "messages": sorted(cards, key=lambda card: not card["is_late"])}

        @router.post("/api/messages/{conversation_id}/open", dependencies=[Depends(csrf)])
        async def open_one(conversation_id: str, agent: Annotated[Agent, Depends(session.agent)]) -> dict[str, Any]:
            self._refuse_unknown(conversation_id, agent)
            found = work.contacts.open_left_message(conversation_id, agent.username, work.clock())
            if found is None:
                raise HTTPException(409, DEALT_WITH)
            work.stream.left_messages_changed()
            return message_in_full(found, work.campaigns.get(found.campaign), work.name_of, work.clock())

        @router.post("/api/messages/{conversation_id}/done", dependencies=[Depends(csrf)])
        async def done(
            conversation_id: str, body: DoneRequest, agent: Annotated[Agent, Depends(session.agent)]
        ) -> dict[str, bool]:
            self._refuse_unknown(conversation_id, agent)
            if not work.contacts.finish_left_message(conversation_id, agent.username, body.note, work.clock()):
                raise HTTPException(409, DEALT_WITH)
            work.stream.left_messages_changed()
            return {"done": True}

    def _socket(self, router: APIRouter) -> None:
        @router.websocket("/stream")
        async def stream(socket: WebSocket) -> None:
            await socket.accept()
            agent = self._session.find(socket)
            same_origin = socket.headers.get("origin", "").split("://")[-1] == socket.headers.get("host")
            if agent is None or not same_origin:
                await socket.close(UNAUTHORISED)
                return
            with self._work.stream.follow(agent.username) as frames:
                sender = asyncio.create_task(_pass_on(socket, frames))
                try:
                    while True:  # a desk says nothing here; reading is how its going away is noticed
                        await socket.receive_text()
                except WebSocketDisconnect:
                    pass
                finally:
                    sender.cancel()

    def _refuse_unknown(self, conversation_id: str, agent: Agent) -> None:
        conversation = self._work.record.load(conversation_id)
        if conversation is None or not agent.serves(conversation.campaign):
            raise HTTPException(404, "No existe ese mensaje.")

    def _card(self, conversation: Conversation) -> dict[str, Any]:
        messages: list[Message] = self._work.record.messages(conversation.id)
        return card(conversation, self._work.campaign_of(conversation), messages)

    def _offer(self, conversation: Conversation) -> dict[str, Any]:
        """The card of what rings, and until when."""
        offer = conversation.handoff.offer if conversation.handoff else None
        return {**self._card(conversation), "until": offer.until.isoformat() if offer else None}

    def _visible(self, conversation_id: str, agent: Agent) -> Conversation:
        """A conversation that waits for such an agent, or that this person has; the others are not shown."""
        waiting = [one for one in self._work.record.waiting() if _is_for(agent, one)]
        seen = [*waiting, *self._work.record.attended_by(agent.username)]
        found = next((one for one in seen if one.id == conversation_id), None)
        if found is None and agent.level is Level.SUPERVISOR:
            return self._transfers.readable(conversation_id, agent)
        if found is None:
            raise HTTPException(409, "La conversación ya no está en espera ni asignada a usted.")
        return found


def _is_for(agent: Agent, conversation: Conversation) -> bool:
    handoff = conversation.handoff
    return may_take(
        agent, conversation.campaign, handoff.level if handoff else None, handoff.to_agent if handoff else None
    )


async def _pass_on(socket: WebSocket, frames: asyncio.Queue[Frame]) -> None:
    while True:
        frame = await frames.get()
        await socket.send_json(frame)
        if frame["type"] == "logged_out":
            await socket.close(UNAUTHORISED)
            return
