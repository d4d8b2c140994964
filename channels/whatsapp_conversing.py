"""What one message of WhatsApp means to the conversation: the one door, whatever kind of message it is."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from channels.access import new_token
from channels.cutting import pieces
from channels.whatsapp_graph import Graph, NotFetched
from channels.whatsapp_hearing import NotHeard, VoiceNotes
from channels.whatsapp_payload import Media, Place, Said, Unreadable, read
from channels.whatsapp_reminders import CAMPAIGN, Answer, ReminderAnswers
from conversation.choices import chosen
from conversation.conversation import Conversation, State
from conversation.events import End, EndedBy
from conversation.folding import folded
from conversation.message import MAX_TEXT, Channel, IncomingMessage
from conversation.ports import Clock, Record
from conversation.refusal import ConversationError
from conversation.service import ConversationService, Outcome
from ledger.attachments import MAX_BYTES, AttachmentStore, Refused
from ledger.whatsapp_inbox import Received
from ledger.whatsapp_outbox import WhatsAppOutbox
from ledger.whatsapp_users import WhatsAppUsers

logger = logging.getLogger(__name__)
RECEPTION = "recepcion"
"""One institutional number for all campaigns (L2011)."""
LONGEST_SESSION = timedelta(hours=24)
MAX_CHOICE = 120
STOP_WORDS = frozenset({"baja", "stop"})
"""Of the notices themselves («escriba BAJA»)."""
STOP_WORDS_TO_A_NOTICE = STOP_WORDS | {"dar de baja", "darme de baja"}
"""In a conversation these are trámites of the Instituto."""
STOPPED = "De acuerdo: ya no le enviaremos avisos por WhatsApp. Puede escribirnos cuando lo necesite."
FOR_PEOPLE = (
    "Guardé lo que envió para la persona que le atienda; yo solo puedo leer texto. Escriba en palabras lo que "
    "necesita, o escriba «persona» para que le atienda alguien."
)
FOR_WHO_COMES = "Recibido. La persona que le atienda lo verá."
NOT_HEARD = "No pude escuchar su nota de voz. Escriba lo que necesita, por favor. En una emergencia, marque 911."
NOT_READABLE = "No puedo leer ese tipo de mensaje. Escriba lo que necesita, por favor. En una emergencia, marque 911."
NOT_FETCHED = "No pude recibir su archivo. Envíelo otra vez, por favor, o escriba lo que necesita."
MOST_FILES = 100
"""Per conversation: each voice note is kept as well."""
_NAMES = {"image": "foto", "document": "documento", "audio": "audio", "video": "video", "sticker": "sticker"}
_SHOWN = {"image": "Foto", "document": "Documento", "audio": "Audio", "video": "Video", "sticker": "Sticker"}


class WhatsAppConversing:
    """Finds or opens the person's conversation and says there what came."""

    def __init__(
        self, service: ConversationService, record: Record, users: WhatsAppUsers, outbox: WhatsAppOutbox, graph: Graph,
        attachments: AttachmentStore, voice_notes: VoiceNotes | None, reminders: ReminderAnswers, clock: Clock,
    ) -> None:  # fmt: skip
        """Without `voice_notes` voice notes are kept for people, and their sender is asked to write."""
        self._service, self._record, self._users, self._outbox = service, record, users, outbox
        self._graph, self._attachments, self._voice_notes = graph, attachments, voice_notes
        self._reminders, self._clock = reminders, clock

    async def handle(self, received: Received) -> None:
        """One message. Called again after a crash, it says nothing twice."""
        incoming = read(received.content)
        self._users.heard(received.user, received.at)
        self._outbox.release_kept(received.user)
        if incoming is None or self._was_said(received):
            return
        if isinstance(incoming, Said):
            await self._said(received, incoming)
        elif isinstance(incoming, Media):
            await self._media(received, incoming)
        elif isinstance(incoming, Place):
            where = f"{incoming.latitude:.4f}; {incoming.longitude:.4f}"
            conversation = await self._conversation(received.user)
            shown = f"[Ubicación compartida] {incoming.name} ({where})".replace("  ", " ")
            await self._note(received, shown, _for_people(conversation))
        else:
            await self._unreadable(received, incoming)

    def close(self) -> None:
        """No more messages will come."""
        if self._voice_notes is not None:
            self._voice_notes.close()

    async def close_old(self) -> None:
        """End what has been open for 24 hours, unless a person attends it; forget what reminders do not need."""
        self._reminders.forget_past()
        for session in self._users.sessions(opened_before=self._clock() - LONGEST_SESSION):
            conversation = self._record.load(session.conversation_id)
            if conversation and self._is_old(conversation):
                await self._service.close(conversation.id, EndedBy.SYSTEM, _how_it_ended(conversation))

    async def _said(self, received: Received, said: Said) -> None:
        conversation = self._open_conversation(received.user)
        if _asks_to_stop(said, conversation):
            self._users.opt_out(received.user, self._clock())
            await self._note(received, said.text, STOPPED)
            return
        answer = self._reminders.read(received.user, said, conversation)
        if answer is not None:
            await self._answer_reminder(received, said, answer, conversation)
            return
        if said.choice is not None and not said.template and len(said.choice) <= MAX_CHOICE:
            await self._receive(received, IncomingMessage(choice=said.choice, client_message_id=_id(received)))
            return
        await self._words(received, said.text)

    async def _words(self, received: Received, text: str) -> None:
        """Words as they are; longer ones than the conversation takes go in pieces."""
        for part, piece in enumerate(pieces(text, MAX_TEXT)):
            await self._receive(received, IncomingMessage(text=piece, client_message_id=_id(received, f"-{part}")))

    async def _media(self, received: Received, media: Media) -> None:
        content = await self._graph.fetch(media.media_id, MAX_BYTES)
        label = f"[{_SHOWN[media.kind]}]"
        if isinstance(content, NotFetched):
            why = f"El archivo pesa más de {MAX_BYTES // 1024 // 1024} MB." if content.too_large else NOT_FETCHED
            await self._note(received, f"{label} (no se recibió)", why)
        elif not (media.spoken and await self._heard(received, content)):
            await self._file(received, media, content, label)
        if media.caption.strip():
            await self._words(received, media.caption)

    async def _heard(self, received: Received, content: bytes) -> bool:
        """A voice note is taken as words when it can be made out."""
        if self._voice_notes is None:
            return False
        try:
            text = await self._voice_notes.text(content)
        except NotHeard as reason:
            logger.info("a voice note was not made out: %s", reason)
            return False
        conversation = await self._conversation(received.user)
        self._attachments.keep(conversation.id, "nota-de-voz", content, self._clock(), most=MOST_FILES)
        await self._words(received, text)
        return True

    async def _file(self, received: Received, media: Media, content: bytes, label: str) -> None:
        conversation = await self._conversation(received.user)
        name = media.name or _NAMES[media.kind]
        kept = self._attachments.keep(conversation.id, name, content, self._clock(), most=MOST_FILES)
        if isinstance(kept, Refused):
            await self._note(received, f"{label} {name} (no se guardó)", kept.reason)
            return
        if media.spoken:
            await self._note(received, "[Nota de voz]", NOT_HEARD)
            return
        await self._note(received, f"{label} {kept.name}", "" if media.caption.strip() else _for_people(conversation))

    async def _unreadable(self, received: Received, incoming: Unreadable) -> None:
        await self._note(received, f"[Mensaje de tipo «{incoming.kind}», que no se puede mostrar]", NOT_READABLE)

    async def _answer_reminder(
        self, received: Received, said: Said, answer: Answer, conversation: Conversation | None
    ) -> None:
        """A yes or no to an appointment goes to its own dialogue, which confirms or explains; else the text is said."""
        if answer.facts is None:
            await self._note(received, said.text, answer.text)
        else:
            if conversation is not None:
                await self._service.close(conversation.id, EndedBy.USER)
            await self._opened(received.user, CAMPAIGN, answer.facts)
            await self._words(received, said.text)
        self._reminders.settle(answer)

    async def _receive(self, received: Received, message: IncomingMessage) -> None:
        await self._in_conversation(received.user, lambda one: self._service.receive(one, message))

    async def _note(self, received: Received, shown: str, reply: str) -> None:
        message = IncomingMessage(text=shown[:MAX_TEXT], client_message_id=_id(received))
        await self._in_conversation(received.user, lambda one: self._service.take_note(one, message, reply))

    async def _in_conversation(self, user: int, say: Callable[[str], Awaitable[Outcome]]) -> None:
        """Say it in the person's conversation; should it close in this very moment, in a new one."""
        conversation = await self._conversation(user)
        try:
            await say(conversation.id)
        except ConversationError as error:
            if error.code != "conversation_closed":
                raise
            await say((await self._opened(user, RECEPTION, None)).id)

    async def _conversation(self, user: int) -> Conversation:
        found = self._open_conversation(user)
        if found and self._is_old(found):
            await self._service.close(found.id, EndedBy.SYSTEM, _how_it_ended(found))
            found = None
        return found or await self._opened(user, RECEPTION, None)

    def _was_said(self, received: Received) -> bool:
        """Whether it ended the person's last conversation before a crash: it must not open the next one, too."""
        last = self._users.last_conversation(received.user)
        conversation = self._record.load(last) if last else None
        if conversation is None or not conversation.is_closed:
            return False
        return any(self._record.find_source(conversation.id, _id(received, part)) for part in ("", "-0"))

    def _open_conversation(self, user: int) -> Conversation | None:
        loaded = (self._record.load(session.conversation_id) for session in reversed(self._users.sessions(user)))
        return next((one for one in loaded if one and not one.is_closed), None)

    async def _opened(self, user: int, campaign: str, facts: dict[str, Any] | None) -> Conversation:
        origin, (_, kept_hash) = self._users.address(user).origin, new_token()
        outcome = await self._service.open(
            campaign, Channel.WHATSAPP, origin, kept_hash, speaks_first=True, facts=facts
        )
        self._users.begin(user, outcome.conversation.id, self._clock())
        return outcome.conversation

    def _is_old(self, conversation: Conversation) -> bool:
        past = self._clock() - conversation.opened_at >= LONGEST_SESSION
        return past and not conversation.is_closed and conversation.state is not State.HUMAN


def _asks_to_stop(said: Said, conversation: Conversation | None) -> bool:
    """«BAJA», unless it answers a person or names an option that is on offer."""
    words = STOP_WORDS_TO_A_NOTICE if conversation is None else STOP_WORDS
    if said.choice is not None or folded(said.text) not in words:
        return False
    if conversation is None:
        return True
    taken = chosen(IncomingMessage(text=said.text), conversation.offered)
    return conversation.state is not State.HUMAN and taken is None


def _for_people(conversation: Conversation) -> str:
    return FOR_WHO_COMES if conversation.state is State.QUEUED else FOR_PEOPLE


def _how_it_ended(conversation: Conversation) -> End | None:
    return None if conversation.state is State.SURVEY else End.TIMEOUT


def _id(received: Received, part: str = "") -> str:
    """Our own id of the message: it is the same after a restart, and Meta's may be longer than the record takes."""
    return f"whatsapp:{received.id}{part}"
