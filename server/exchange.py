"""What the telephone exchange asks and tells (docs/asterisk).

Telephone numbers come in bodies: addresses end up in logs. Everything needs the exchange's key: a folio alone opens
nothing.
"""

import hmac
import uuid
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import PlainTextResponse

from channels.call_dialogue import NextStep
from channels.voice_calls import VoiceCalls
from channels.waiting_line import Coming
from conversation.conversation import Conversation
from conversation.masking import mask_nss
from conversation.returning import Purpose
from voice.audiosocket import AudioSocketServer

LONGEST_FOLIO = 40


def exchange_routes(voice_key: str, server: AudioSocketServer, calls: VoiceCalls) -> APIRouter:
    """The end points of the dialplan; answers are plain text, as `CURL()` takes them."""

    def admit(key: Annotated[str, Form()]) -> None:
        if not hmac.compare_digest(key.encode(), voice_key.encode()):
            raise HTTPException(403, "La clave de la central no es la de VENTANILLA_VOICE_KEY.")

    router = APIRouter(dependencies=[Depends(admit)], default_response_class=PlainTextResponse)
    _calls(router, server, calls)
    _queue(router, calls)
    return router


def _calls(router: APIRouter, server: AudioSocketServer, calls: VoiceCalls) -> None:
    @router.post("/voice/calls")
    async def announce(
        caller: Annotated[str, Form()] = "", dialled: Annotated[str, Form()] = "",
        folio: Annotated[str, Form(max_length=LONGEST_FOLIO)] = "", purpose: Annotated[str, Form()] = "",
    ) -> str:  # fmt: skip
        """A call is about to connect: its id. With a purpose it comes back to the interaction of the folio."""
        coming = Coming(folio, _purpose(purpose, folio))
        call_id = server.register(str(uuid.uuid4()), caller, dialled).call_id
        if coming.purpose is not Purpose.CALL:
            calls.expect(call_id, coming)
        return call_id

    @router.post("/voice/calls/{call_id}/next")
    async def next_step(call_id: str) -> str:
        """What becomes of a call that the bot has ended; told once."""
        step = calls.next_step(call_id)
        if step is None:
            raise HTTPException(404, "Esa llamada no existe o sigue en curso.")
        return urlencode(_variables(step))


def _queue(router: APIRouter, calls: VoiceCalls) -> None:
    @router.post("/voice/queue/answered")
    async def answered(
        folio: Annotated[str, Form(max_length=LONGEST_FOLIO)], caller: Annotated[str, Form()] = "",
        agent: Annotated[str, Form(max_length=64)] = "",
    ) -> str:  # fmt: skip
        """A person has the call: `noted`, `closed` or `unknown`. `agent` is the person's user name at the desk."""
        return await calls.person_answers(folio, caller, agent)

    @router.post("/voice/queue/left")
    async def left(
        folio: Annotated[str, Form(max_length=LONGEST_FOLIO)], caller: Annotated[str, Form()] = ""
    ) -> str:  # fmt: skip
        """The caller hung up in the queue or while a person attended: `noted`, `closed` or `unknown`."""
        return await calls.caller_left(folio, caller)


def _purpose(told: str, folio: str) -> Purpose:
    """Why a call comes. Raises HTTPException when the exchange says what nobody knows."""
    try:
        purpose = Purpose(told)
    except ValueError:
        known = ", ".join(one.value for one in Purpose if one.value)
        raise HTTPException(422, f"purpose «{told[:20]}»: se espera uno de {known}, o vacío.") from None
    return Purpose.BOT if folio and purpose is Purpose.CALL else purpose


def _variables(step: NextStep) -> dict[str, str]:
    """What travels with the call to the person (channels.md §5); identifiers masked."""
    found = {"action": step.action, "target": step.target, "returned": step.returned}
    conversation: Conversation | None = step.conversation
    if conversation is None:
        return found
    nss, handoff = conversation.facts.get("nss"), conversation.handoff
    data = "; ".join(filter(None, [f"NSS {mask_nss(nss)}" if nss else "", handoff.reason.value if handoff else ""]))
    return {
        **found, "folio": conversation.folio, "campaign": conversation.campaign, "topic": conversation.topic or "",
        "data": data, "priority": "1" if handoff and handoff.priority else "",
    }  # fmt: skip
