"""The HTTP interface for integrators: open, send, survey, close, read. Documented at /docs."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Header, HTTPException, Request, status
from pydantic import BaseModel, ConfigDict, Field

from channels.access import Access, TokenRecord, address_of, new_token
from channels.continuation import Continuation
from channels.entrance import Admitted, EntranceDesk, EntranceRequest
from channels.wire import Answer, Opened, Transcript, answer_of, message_out, refusals
from conversation.entrance import Entrance
from conversation.message import Channel, IncomingMessage, Message
from conversation.service import ConversationService
from conversation.survey import Survey

MAX_ORIGIN = 120
"""Characters of an account or number; a length also makes pydantic refuse half a surrogate pair."""


class Transcripts(TokenRecord, Protocol):
    """What the interface reads from the record."""

    def messages(self, conversation_id: str, after: str | None = None) -> list[Message]:
        """The transcript, masked."""
        ...


class OpenRequest(BaseModel):
    """How a conversation is opened."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel = Channel.WEBCHAT
    origin: str | None = Field(default=None, max_length=MAX_ORIGIN)
    """Account or number of the citizen where an integrator brings them; the caller's IP otherwise."""
    entrance: EntranceRequest | None = None
    """What the chat page brings: form, captcha; demanded of everybody who is no integrator (`channels.entrance`)."""


def routes(
    service: ConversationService, transcripts: Transcripts, entrances: EntranceDesk, access: Access,
    continuation: Continuation,
) -> APIRouter:  # fmt: skip
    """The interface over a conversation service."""
    router = APIRouter(prefix="/api/v1", tags=["conversaciones"])
    authorised = authorisation(access)
    _opening(router, service, entrances, continuation)
    _speaking(router, service, authorised, entrances)
    _reading(router, transcripts, authorised)
    return router


def authorisation(access: Access) -> Callable[..., str]:
    """A dependency: the id of a conversation whose token was shown."""

    def authorised(conversation_id: str, authorization: Annotated[str | None, Header()] = None) -> str:
        token = (authorization or "").removeprefix("Bearer ").strip()
        if not access.admits(conversation_id, token):
            # The same answer for an unknown conversation, a wrong and an expired token: nothing can be probed.
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Falta el token de la conversación o no es válido.")
        return conversation_id

    return authorised


def _opening(
    router: APIRouter, service: ConversationService, entrances: EntranceDesk, continuation: Continuation
) -> None:
    @router.get("/captcha", responses=refusals(503))
    async def challenge() -> dict[str, object]:
        """A challenge (ALTCHA) for a browser; solved, it goes along with the form within ten minutes."""
        return entrances.challenge()

    @router.post(
        "/campaigns/{campaign_id}/conversations", status_code=status.HTTP_201_CREATED,
        responses=refusals(400, 403, 404, 409, 422, 429, 503),
    )  # fmt: skip
    async def open_conversation(
        campaign_id: str, request: Request, body: OpenRequest | None = None,
        x_integrator_key: Annotated[str | None, Header()] = None,
    ) -> Opened:  # fmt: skip
        """Open a conversation: greeting, privacy notice, menu, or the closed message outside hours.

        Integrators show their key in `X-Integrator-Key`; everybody else brings the campaign's form and a solved
        captcha in `entrance`, or the link that was sent on WhatsApp.
        """
        body, address = body or OpenRequest(), address_of(request)
        came = Admitted(Entrance())
        if not entrances.is_integrator(x_integrator_key, body.entrance):
            body = OpenRequest(entrance=body.entrance)  # a browser brings neither channel nor address of its choice
            agent = request.headers.get("user-agent", "")
            came = entrances.admit(campaign_id, address, agent, body.entrance or EntranceRequest())
        token, kept = new_token()
        asked = continuation.request_of(came.continues) if came.continues else ""
        outcome = await service.open(
            campaign_id, body.channel, body.origin or address, kept, came.entrance, speaks_first=bool(asked)
        )
        if came.continues:
            outcome = await continuation.go_on(came.continues, asked, outcome)
        conversation = outcome.conversation
        return Opened(
            conversation_id=conversation.id, folio=conversation.folio, token=token, state=conversation.state,
            messages=[message_out(message) for message in outcome.messages],
        )  # fmt: skip


def _speaking(
    router: APIRouter, service: ConversationService, authorised: Callable[..., str], entrances: EntranceDesk
) -> None:
    @router.post("/conversations/{conversation_id}/messages", responses=refusals(400, 401, 409, 422, 429))
    async def send_message(
        message: IncomingMessage, request: Request, conversation_id: str = Depends(authorised),
        x_integrator_key: Annotated[str | None, Header()] = None,
    ) -> Answer:  # fmt: skip
        """Send text, a choice or digits. The same `client_message_id` is answered once, with the same answer."""
        if not entrances.is_integrator(x_integrator_key):
            entrances.count_message(conversation_id, address_of(request))
        outcome = await service.receive(conversation_id, message)
        return answer_of(outcome.conversation, outcome.messages)

    @router.post("/conversations/{conversation_id}/survey", responses=refusals(400, 401, 409, 422))
    async def answer_survey(survey: Survey, conversation_id: str = Depends(authorised)) -> Answer:
        """Answer the exit survey; this closes the conversation."""
        outcome = await service.answer_survey(conversation_id, survey)
        return answer_of(outcome.conversation, outcome.messages)

    @router.post("/conversations/{conversation_id}/close", responses=refusals(401, 409, 422))
    async def close(conversation_id: str = Depends(authorised)) -> Answer:
        """Close at once, without a survey."""
        outcome = await service.close(conversation_id)
        return answer_of(outcome.conversation, outcome.messages)


def _reading(router: APIRouter, transcripts: Transcripts, authorised: Callable[..., str]) -> None:
    @router.get("/conversations/{conversation_id}", responses=refusals(401, 422))
    async def read_transcript(conversation_id: str = Depends(authorised)) -> Transcript:
        """The transcript so far, personal data masked."""
        conversation = transcripts.load(conversation_id)
        assert conversation is not None  # its token was just checked
        answer = answer_of(conversation, transcripts.messages(conversation_id))
        return Transcript(conversation_id=conversation.id, folio=conversation.folio, **answer.model_dump())
