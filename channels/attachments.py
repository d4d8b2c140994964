"""Files in web chat: sent with the conversation's token, known by their content, downloaded only (channels.md §2.3).

The desk takes and gives files through the same counter, with its own sessions (`desk.attachments`).
"""

import asyncio
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from starlette.datastructures import UploadFile

from channels.access import address_of
from channels.entrance import EntranceDesk
from channels.wire import Answer, answer_of, refusals
from conversation.conversation import Conversation, State
from conversation.files import file_document
from conversation.message import MAX_TEXT, IncomingMessage
from conversation.ports import Clock
from conversation.refusal import ConversationError
from conversation.service import ConversationService
from ledger.attachments import DOCUMENTS, MAX_BYTES, Attachment, AttachmentStore, Refused

FORM_BYTES = 16 * 1024
"""What a multipart body may hold besides the file."""
MAX_ID = 80
FOR_PEOPLE = (
    "Guardé su archivo. El asistente no puede leer archivos; lo verá la persona que le atienda. "
    "Si necesita a una persona, escriba «persona»."
)
FOR_WHO_WAITS = "Guardé su archivo. Lo verá la persona que le va a atender."


class FileCounter:
    """Takes files out of requests and gives them back as downloads."""

    def __init__(self, store: AttachmentStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def take(self, request: Request, conversation_id: str) -> tuple[Attachment, str | None]:
        """Keep the file of a multipart request (`file`, and `client_message_id` if the sender numbers messages).

        Raises:
            ConversationError: `file_missing`, `file_too_large`, or `file_refused` with the reason, for whoever sent it.
        """
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            raise ConversationError("file_missing", "No se recibió ningún archivo.")
        if int(length) > MAX_BYTES + FORM_BYTES:
            # Refused before it is read. The server holds a body to the length that it announced (RFC 9112 §6.3).
            raise ConversationError("file_too_large", f"El archivo pesa más de {MAX_BYTES // 1024 // 1024} MB.")
        async with request.form(max_files=1, max_fields=2) as form:
            file, number = form.get("file"), form.get("client_message_id")
            if not isinstance(file, UploadFile):
                raise ConversationError("file_missing", "No se recibió ningún archivo.")
            content = await file.read()
        kept = await asyncio.to_thread(
            self._store.keep, conversation_id, file.filename or "", content, self._clock(), kinds=DOCUMENTS
        )
        if isinstance(kept, Refused):
            raise ConversationError("file_refused", kept.reason)
        return kept, number[:MAX_ID] if isinstance(number, str) and number else None

    def find(self, conversation_id: str, attachment_id: str) -> Attachment:
        """A file of this conversation.

        Raises:
            HTTPException: 404, also for a file of another conversation.
        """
        found = self._store.find(attachment_id)
        if found is None or found.conversation_id != conversation_id:
            raise HTTPException(404, "No existe ese archivo.")
        return found

    async def give(self, attachment: Attachment) -> Response:
        """The file as a download under its own name, never shown in the page.

        Raises:
            HTTPException: 410 when its content was erased.
        """
        try:
            content = await asyncio.to_thread(self._store.content, attachment)
        except FileNotFoundError:
            raise HTTPException(410, "El archivo ya se borró.") from None
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type=attachment.kind, headers=headers)


def answer_for(conversation: Conversation) -> str:
    """What is said about a file, by who has the conversation; the bot reads none, and says so."""
    return FOR_WHO_WAITS if conversation.state is State.QUEUED else FOR_PEOPLE


def routes(
    service: ConversationService, load: Callable[[str], Conversation | None], authorised: Callable[..., str],
    entrances: EntranceDesk, counter: FileCounter,
) -> APIRouter:  # fmt: skip
    """Sending and fetching with the conversation's token."""
    router = APIRouter(prefix="/api/v1/conversations/{conversation_id}/attachments", tags=["conversaciones"])

    @router.post("", openapi_extra=_BODY, responses=refusals(400, 401, 409, 413, 422, 429))
    async def send(
        request: Request, conversation_id: str = Depends(authorised),
        x_integrator_key: Annotated[str | None, Header()] = None,
    ) -> Answer:  # fmt: skip
        """Send a file (PDF, Office, JPEG, PNG; up to 10 MB, five per conversation). People see it; the bot does not."""
        if not entrances.is_integrator(x_integrator_key):
            entrances.count_message(conversation_id, address_of(request))
        conversation = load(conversation_id)
        if conversation is None or conversation.is_closed:
            raise ConversationError("conversation_closed", "La conversación ya terminó. Puede iniciar otra.")
        kept, number = await counter.take(request, conversation_id)
        message = IncomingMessage(text=f"Archivo: {kept.name}"[:MAX_TEXT], client_message_id=number)
        document = file_document(conversation_id, kept.id, kept.name)
        outcome = await service.take_note(conversation_id, message, answer_for(conversation), document)
        told = [*([outcome.received] if outcome.received else []), *outcome.messages]
        return answer_of(outcome.conversation, told)

    @router.get("/{attachment_id}", response_class=Response, responses=refusals(401, 404, 410, 422))
    async def fetch(attachment_id: str, conversation_id: str = Depends(authorised)) -> Response:
        """Fetch a file of this conversation, whoever sent it."""
        return await counter.give(counter.find(conversation_id, attachment_id))

    return router


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "client_message_id": {"type": "string", "maxLength": MAX_ID},
                    },
                }
            }
        },
    }
}
"""The body is read by hand, so that nobody without the token makes the server read one."""
