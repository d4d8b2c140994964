"""Calls asked for on the web, over HTTP (L1210, L1966; channels.md §7): free half hours, the request, its cancelling.

A citizen comes through the limits and the captcha, an integrator with its key. What opens a request again is the token
that was given with its folio: it stands in the part of a link that no browser sends, and ends a day after the call.
"""

from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Header, HTTPException, Request, status
from pydantic import BaseModel, Field

from channels.access import AFTER_CLOSE, address_of, matches, new_token
from channels.captcha import MAX_PAYLOAD
from channels.entrance import EntranceDesk, EntranceRequest
from channels.wire import refusals
from conversation.callbacks import Callback, CallbackRequest, Callbacks, local_slot, slot_in_words, slots
from conversation.campaign import Campaign
from conversation.ports import Campaigns, Clock
from conversation.refusal import ConversationError
from conversation.service import ConversationService


class Tokens(Protocol):
    """What is read of the record to judge a token."""

    def token_hash(self, conversation_id: str) -> str | None:
        """Hash of the token of a conversation."""
        ...


class CallbackForm(CallbackRequest):
    """A request as it is sent."""

    captcha: str | None = Field(default=None, max_length=MAX_PAYLOAD)
    """The solved challenge (ALTCHA payload, base64) of a browser."""


class Slot(BaseModel):
    """A half hour that may be chosen."""

    start: str
    """ISO 8601 with time zone; to be sent back as it is."""
    words: str


class Offer(BaseModel):
    """What a request may choose from."""

    slots: list[Slot]
    topics: dict[str, str]
    """Id and name."""


class Asked(BaseModel):
    """A request that was taken."""

    callback_id: str
    folio: str
    token: str
    """Bearer token to read and cancel it; shown once."""
    slot: Slot


class CallbackOut(BaseModel):
    """A request as its citizen sees it; no telephone in clear."""

    folio: str
    slot: Slot
    telephone: str
    open: bool
    cancelled: bool
    attempts: int


def routes(
    service: ConversationService, callbacks: Callbacks, campaigns: Campaigns, tokens: Tokens, entrances: EntranceDesk,
    clock: Clock,
) -> APIRouter:  # fmt: skip
    """The interface over the ledger's requests."""
    router = APIRouter(prefix="/api/v1", tags=["llamadas"])
    _asking(router, service, campaigns, entrances, clock)
    _afterwards(router, callbacks, tokens, clock)
    return router


def _asking(
    router: APIRouter, service: ConversationService, campaigns: Campaigns, entrances: EntranceDesk, clock: Clock
) -> None:
    def calling(campaign_id: str) -> Campaign:
        campaign = campaigns.get(campaign_id)
        if campaign is None:
            raise ConversationError("campaign_unknown", f"No existe la campaña «{campaign_id}».")
        return campaign

    @router.get("/campaigns/{campaign_id}/callbacks/slots", responses=refusals(404, 422))
    async def free(campaign: Annotated[Campaign, Depends(calling)]) -> Offer:
        """The half hours within a week in which people attend by telephone; none where the campaign does not call."""
        return offer(campaign, clock)

    @router.post(
        "/campaigns/{campaign_id}/callbacks", status_code=status.HTTP_201_CREATED,
        responses=refusals(400, 403, 404, 409, 422, 429, 503),
    )  # fmt: skip
    async def ask(
        campaign: Annotated[Campaign, Depends(calling)], body: CallbackForm, request: Request,
        x_integrator_key: Annotated[str | None, Header()] = None,
    ) -> Asked:  # fmt: skip
        """Ask for a call. One request per telephone is open; it is called twice at most, 15 minutes apart."""
        address = address_of(request)
        browser = None if body.captcha is None else EntranceRequest(captcha=body.captcha)
        if not entrances.is_integrator(x_integrator_key, browser):
            entrances.admit_request(address, body.captcha or "")
        if body.topic and campaign.topic(body.topic) is None:
            raise ConversationError("bad_topic", "Elija un tema de la lista.")
        token, kept = new_token()
        wanted = CallbackRequest.model_validate(body.model_dump(exclude={"captcha"}))
        conversation = (await service.ask_for_call(campaign.id, wanted, address, kept)).conversation
        return Asked(
            callback_id=conversation.id, folio=conversation.folio, token=token,
            slot=_slot(local_slot(campaign, wanted.slot), clock),
        )  # fmt: skip


def _afterwards(router: APIRouter, callbacks: Callbacks, tokens: Tokens, clock: Clock) -> None:
    def asked(callback_id: str, authorization: Annotated[str | None, Header()] = None) -> Callback:
        token = (authorization or "").removeprefix("Bearer ").strip()
        found = callbacks.find(callback_id) if matches(token, tokens.token_hash(callback_id)) else None
        ended = found is not None and not found.is_open and clock() - found.due_at >= AFTER_CLOSE
        if found is None or ended:  # unknown, wrong and expired are answered alike
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Falta el token de la solicitud o no es válido.")
        return found

    @router.get("/callbacks/{callback_id}", responses=refusals(401, 422))
    async def read(found: Annotated[Callback, Depends(asked)]) -> CallbackOut:
        """What became of a request so far."""
        return _out(found, clock)

    @router.post("/callbacks/{callback_id}/cancel", responses=refusals(401, 409, 422))
    async def cancel(callback_id: str, found: Annotated[Callback, Depends(asked)]) -> CallbackOut:
        """The call is not wanted any more."""
        if not callbacks.cancel(callback_id, clock()):
            raise ConversationError("callback_closed", "Esa solicitud ya no está abierta.")
        return _out(found.model_copy(update={"cancelled": True}), clock)


def offer(campaign: Campaign, clock: Clock) -> Offer:
    """What may be chosen now."""
    return Offer(
        slots=[_slot(one, clock) for one in slots(campaign, clock())],
        topics={topic.id: topic.label for topic in campaign.topics},
    )  # fmt: skip


def _slot(start: datetime, clock: Clock) -> Slot:
    return Slot(start=start.isoformat(), words=slot_in_words(start, clock()))


def _out(found: Callback, clock: Clock) -> CallbackOut:
    return CallbackOut(
        folio=found.folio, slot=_slot(found.slot, clock), telephone=found.telephone,
        open=found.is_open, cancelled=found.cancelled, attempts=len(found.attempts),
    )  # fmt: skip
