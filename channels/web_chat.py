"""Web chat over a WebSocket: resumes after a reload or a lost connection with nothing lost or doubled.

client -> {"type": "hello", "token", "after": last message id or null}
server <- {"type": "welcome", "state", "campaign", "topic", "folio", "messages": all after it, "queue", "survey"}
client -> {"type": "message", "client_message_id", "text" | "choice" | "digits"}
server <- {"type": "ack", "client_message_id", "message_id"}, then {"type": "messages", "messages", "state", "queue",
           "survey": the open question {"id", "text", "place", "of"} or null; a message answers it}
server <- {"type": "typing", "on", "who": "bot" | "human"}; a person's is told again for as long as it goes on
client -> {"type": "survey", "resolved", "rating", "ratings", "nps"}: all of it at once
client -> {"type": "close"} | {"type": "typing"} | {"type": "ping"}, answered by {"type": "pong"}
queue: {"position", "minutes": estimate or null, "words"}, sent again whenever it has changed
server <- {"type": "error", "code", "detail", "client_message_id"?};  close code 4401: no such conversation,
or its token has expired; 4403: another site's page; 1011: an error of ours, come again
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from starlette.websockets import WebSocketState

from channels.access import Access, address_of, is_foreign
from channels.http_interface import Transcripts
from channels.rate_limits import RateLimits, TooMany
from channels.subscriptions import LineMoved, News, PersonTypes, Subscriptions
from channels.waiting_line import WaitingLine
from channels.wire import message_out
from conversation.conversation import Conversation, State
from conversation.message import IncomingMessage, Message
from conversation.ports import Clock
from conversation.service import ConversationError, ConversationService
from conversation.survey import Survey
from conversation.waiting import wait_in_words

logger = logging.getLogger(__name__)
UNKNOWN, FOREIGN, BROKEN = 4401, 4403, 1011
HELLO_SECONDS = 10.0
"""Whoever has not shown a token by then holds no connection."""
MAX_FRAME_ITEMS = 6
MAX_CLIENT_ID = 80
PLACE_SECONDS = 15.0
"""How often the place in the queue is looked up again (channels.md §2.2)."""
TYPING_SECONDS = 1.0
Frame = dict[str, Any]


class WebChat:
    """Serves the WebSocket of web chat."""

    def __init__(
        self, service: ConversationService, transcripts: Transcripts, line: WaitingLine, subscriptions: Subscriptions,
        campaign_name: Callable[[str], str], clock: Clock, limits: RateLimits,
        citizen_types: Callable[[Conversation], None],
    ) -> None:  # fmt: skip
        """`citizen_types` tells the person who attends that the citizen is writing."""
        self._service, self._transcripts, self._line = service, transcripts, line
        self._subscriptions, self._campaign_name, self._clock = subscriptions, campaign_name, clock
        self._limits, self._citizen_types = limits, citizen_types
        self._access = Access(transcripts, clock)

    def routes(self) -> APIRouter:
        """The end point."""
        router = APIRouter()

        @router.websocket("/api/v1/conversations/{conversation_id}/stream")
        async def stream(socket: WebSocket, conversation_id: str) -> None:
            await socket.accept()
            if is_foreign(socket.headers):
                await socket.close(FOREIGN)
                return
            try:
                await self._serve(socket, conversation_id)
            except WebSocketDisconnect:
                pass

        return router

    async def _serve(self, socket: WebSocket, conversation_id: str) -> None:
        hello = await _hello(socket)
        token = hello.get("token") if hello.get("type") == "hello" else None
        if not self._access.admits(conversation_id, token):
            await socket.close(UNKNOWN)
            return
        with self._subscriptions.follow(conversation_id) as updates:
            conversation = self._transcripts.load(conversation_id)
            assert conversation is not None
            after = hello.get("after")
            messages = self._transcripts.messages(conversation_id, after if isinstance(after, str) else None)
            await _tell(
                socket,
                {
                    "type": "welcome",
                    "folio": conversation.folio,
                    "now": self._clock().isoformat(),
                    **self._view(conversation, messages),
                },
            )
            pusher = asyncio.create_task(self._push_while_it_lasts(socket, updates, conversation))
            try:
                while True:
                    await self._handle(socket, conversation_id, await _frame(socket))
            finally:
                pusher.cancel()

    async def _push_while_it_lasts(self, socket: WebSocket, updates: asyncio.Queue[News], shown: Conversation) -> None:
        """A connection that would be told nothing any more is closed: the page comes again for what it missed."""
        try:
            await self._push(socket, updates, shown)
        except WebSocketDisconnect:
            pass  # whoever reads from it learns it as well
        except Exception:  # whatever it was, nobody else would notice
            logger.exception("a chat could not be told what is new")
            with suppress(WebSocketDisconnect, RuntimeError):  # closed meanwhile, by one side or the other
                await socket.close(BROKEN)

    async def _push(self, socket: WebSocket, updates: asyncio.Queue[News], shown: Conversation) -> None:
        """Pass on what is recorded; to somebody who waits also the place in the queue whenever it has changed."""
        place = self._queue(shown)
        while True:
            limit = PLACE_SECONDS if shown.state is State.QUEUED else None
            try:
                update = await asyncio.wait_for(updates.get(), limit)
            except TimeoutError:
                update = (shown, ())
            if isinstance(update, PersonTypes):
                await _tell(socket, {"type": "typing", "on": True, "who": "human"})
                continue
            if isinstance(update, LineMoved):
                if shown.state is not State.QUEUED:
                    continue
                update = (shown, ())
            (now, messages), before = update, shown.state
            if not messages and now.state is before is State.QUEUED and self._queue(now) in (place, None):
                continue
            shown, place = now, self._queue(now)
            await _tell(socket, {"type": "messages", **self._view(shown, messages)})

    async def _handle(self, socket: WebSocket, conversation_id: str, frame: Frame) -> None:
        kind, client_id = frame.pop("type", None), _echoed(frame.get("client_message_id"))
        try:
            if kind == "message":
                await self._in_turn(socket, conversation_id)
                await self._bot_types(socket, conversation_id)
                outcome = await self._service.receive(conversation_id, IncomingMessage.model_validate(frame))
                received = outcome.received
                ack = {"type": "ack", "client_message_id": client_id, "message_id": received.id if received else None}
                await _tell(socket, ack)
                await _tell(socket, {"type": "typing", "on": False})
            elif kind == "typing":
                self._pass_typing_on(socket, conversation_id)
            elif kind == "survey":
                await self._service.answer_survey(conversation_id, Survey.model_validate(frame))
            elif kind == "close":
                await self._service.finish(conversation_id)
            elif kind == "ping":
                await _tell(socket, {"type": "pong"})
            else:
                await _tell(socket, {"type": "error", "code": "bad_frame", "detail": "No se reconoce lo enviado."})
        except ValidationError:
            detail = "El mensaje está vacío, es demasiado largo o no es válido."
            await _tell(
                socket, {"type": "error", "code": "bad_message", "detail": detail, "client_message_id": client_id}
            )
        except ConversationError as error:
            detail = str(error)
            await _tell(socket, {"type": "error", "code": error.code, "detail": detail, "client_message_id": client_id})

    async def _bot_types(self, socket: WebSocket, conversation_id: str) -> None:
        """The bot begins to answer; where a person attends, or is waited for, it does not."""
        conversation = self._transcripts.load(conversation_id)
        if conversation and conversation.state is State.BOT:
            await _tell(socket, {"type": "typing", "on": True, "who": "bot"})

    def _pass_typing_on(self, socket: WebSocket, conversation_id: str) -> None:
        """To the person who attends, at most every `TYPING_SECONDS` of a connection."""
        now = asyncio.get_running_loop().time()
        if now - getattr(socket.state, "typed_at", -TYPING_SECONDS) < TYPING_SECONDS:
            return
        socket.state.typed_at = now
        conversation = self._transcripts.load(conversation_id)
        if conversation and conversation.state is State.HUMAN:
            self._citizen_types(conversation)

    async def _in_turn(self, socket: WebSocket, conversation_id: str) -> None:
        """Who writes faster than the limits allow is answered later: nothing that a citizen said is thrown away."""
        while True:
            try:
                return self._limits.count_message(conversation_id, address_of(socket))
            except TooMany as error:
                await asyncio.sleep(error.retry_after)

    def _view(self, conversation: Conversation, messages: Sequence[Message]) -> Frame:
        return {
            "state": conversation.state, "campaign": conversation.campaign, "topic": conversation.topic,
            "campaign_name": self._campaign_name(conversation.campaign),
            "messages": [message_out(message).model_dump(mode="json") for message in messages],
            "queue": self._queue(conversation), "survey": self._survey(conversation),
        }  # fmt: skip

    def _survey(self, conversation: Conversation) -> Frame | None:
        """The open question, for a page that shows one at a time; it is answered by a message."""
        asked = self._service.survey_question(conversation)
        return asked and {"id": asked[0].id, "text": asked[0].reply.text, "place": asked[1], "of": asked[2]}

    def _queue(self, conversation: Conversation) -> Frame | None:
        if conversation.state is not State.QUEUED:
            return None
        place, minutes = self._line.wait(conversation)
        return {"position": place, "minutes": minutes, "words": wait_in_words(place, minutes)}


async def _tell(socket: WebSocket, frame: Frame) -> None:
    """Send one frame.

    Raises:
        WebSocketDisconnect: nobody is there any more.
    """
    if socket.application_state is not WebSocketState.CONNECTED:
        raise WebSocketDisconnect(BROKEN)
    await socket.send_json(frame)


async def _hello(socket: WebSocket) -> Frame:
    """The first frame; an empty one when none comes in time."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            return await _frame(socket)
    except TimeoutError:
        return {}


async def _frame(socket: WebSocket) -> Frame:
    """The next frame; anything but a JSON object counts as an empty one."""
    try:
        frame = await socket.receive_json()
    except (ValueError, KeyError, RecursionError):  # no JSON; bytes where text was due; nested too deep
        return {}
    return frame if isinstance(frame, dict) and len(frame) <= MAX_FRAME_ITEMS else {}


def _echoed(client_id: object) -> str | None:
    """The sender's own id as it can be sent back: half a surrogate pair, which JSON can bring, has no UTF-8."""
    return client_id[:MAX_CLIENT_ID].encode(errors="replace").decode() if isinstance(client_id, str) else None
