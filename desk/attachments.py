"""Files at the desk: a person sends one to the citizen and fetches what came; every fetching is recorded."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from conversation.conversation import Conversation
from conversation.events import EventKind
from conversation.exchange import Exchange
from conversation.files import file_document
from conversation.message import Channel
from conversation.refusal import ConversationError
from desk.accounts import Agent
from desk.session import DeskSession, csrf
from desk.stream import transcript_line
from desk.workplace import Workplace


class DeskAttachments:
    """Routes for files in the conversations of the desk."""

    def __init__(
        self, work: Workplace, session: DeskSession, visible: Callable[[str, Agent], Conversation],
        own: Callable[[str, Agent], Conversation],
    ) -> None:  # fmt: skip
        """`visible` and `own` refuse what an agent may not see, or does not attend."""
        self._work, self._session, self._visible, self._own = work, session, visible, own

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to the desk's."""
        work, path = self._work, "/api/conversations/{conversation_id}/attachments"

        @router.post(path, dependencies=[Depends(csrf)])
        async def send(
            conversation_id: str, request: Request, agent: Annotated[Agent, Depends(self._session.agent)]
        ) -> dict[str, Any]:
            conversation = self._own(conversation_id, agent)
            if conversation.channel is Channel.WHATSAPP:
                raise ConversationError("no_files_here", "Por WhatsApp no se pueden enviar archivos desde la mesa.")
            kept, _ = await work.files.take(request, conversation_id)
            document = file_document(conversation_id, kept.id, kept.name)
            outcome = await work.service.reply(conversation_id, agent.username, f"Archivo: {kept.name}", document)
            return {"message": transcript_line(outcome.messages[-1])}

        @router.get(f"{path}/{{attachment_id}}")
        async def fetch(
            conversation_id: str, attachment_id: str, agent: Annotated[Agent, Depends(self._session.agent)]
        ) -> Response:
            self._visible(conversation_id, agent)
            found = work.files.find(conversation_id, attachment_id)

            def note(exchange: Exchange) -> None:
                exchange.note(EventKind.FILE_SEEN, level="human", agent=agent.username, attachment=found.id)

            await work.service.attend(conversation_id, note, by_people=False)
            return await work.files.give(found)

        @router.post("/api/conversations/{conversation_id}/typing", dependencies=[Depends(csrf)])
        async def typing(
            conversation_id: str, agent: Annotated[Agent, Depends(self._session.agent)]
        ) -> dict[str, bool]:
            """This person is writing: the citizen is shown it; nothing is recorded."""
            work.agent_types(self._own(conversation_id, agent).id)
            return {"told": True}
