"""What was asked for on WhatsApp goes on in web chat (channels.md §3): it is asked again there, in the citizen's words.

Nothing else comes along, neither what was said nor who somebody is: a link that was passed on tells nobody anything.
Staff find each of the two interactions from the other.
"""

from conversation.conversation import State
from conversation.events import EventKind
from conversation.exchange import Exchange
from conversation.message import MAX_TEXT, IncomingMessage, Sender
from conversation.ports import Record
from conversation.service import ConversationService, Outcome

_CHAT, _NOTED = "/chat/", "["
"""How the address of one of our chats begins, and what is noted of something that was sent without words."""


class Continuation:
    """Goes on in a new conversation with what another one asked for."""

    def __init__(self, service: ConversationService, record: Record) -> None:
        self._service, self._record = service, record

    def request_of(self, conversation_id: str) -> str:
        """The words, masked, to which a conversation answered with the way into the chat; empty without any."""
        said = ""
        request = ""
        for message in self._record.messages(conversation_id):
            if message.sender is Sender.USER:
                said = message.text
            elif message.document and message.document.url.startswith(_CHAT):
                request = said
        return "" if request.startswith(_NOTED) else request[:MAX_TEXT]

    async def go_on(self, before: str, request: str, opened: Outcome) -> Outcome:
        """Ask again in the conversation that was opened, where its bot serves; all that was said there so far."""
        first, second = self._record.load(before), opened.conversation
        if first is not None:
            await self._note(first.id, f"Sigue en el chat web, folio {second.folio}.")
            await self._note(second.id, f"Viene de WhatsApp, folio {first.folio}.")
        if not request or second.state is not State.BOT or second.leaving_message:
            return opened
        answer = await self._service.receive(second.id, IncomingMessage(text=request))
        received = [answer.received] if answer.received else []
        return answer.model_copy(update={"messages": [*opened.messages, *received, *answer.messages]})

    async def _note(self, conversation_id: str, text: str) -> None:
        """For the staff; the citizen never sees it."""

        def note(exchange: Exchange) -> None:
            exchange.note(EventKind.NOTE, level="system", text=text)

        await self._service.attend(conversation_id, note, by_people=False)
