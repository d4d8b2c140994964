"""What Chatwoot tells, through the one door: people's words and endings; citizens' words where it is in front."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from conversation.conversation import Conversation, State
from conversation.exchange import Exchange
from conversation.message import MAX_TEXT, Channel, IncomingMessage
from conversation.ports import Record
from conversation.service import ConversationService
from desk import chatwoot_steps
from desk.chatwoot_api import ChatwootApi
from desk.chatwoot_events import Changed, Said
from ledger.chatwoot_links import ChatwootLinks, Link

FILE_OF_CITIZEN = (
    "No puedo abrir archivos aquí. Escriba lo que necesita, o escriba «persona» para que le atienda alguien."
)
FILE_OF_AGENT = "El archivo no llegó al ciudadano: por aquí solo pasa texto. Lo que usted escribió sí le llegó."


@dataclass(frozen=True)
class Manner:
    """How this installation uses Chatwoot."""

    campaign: str = ""
    """Whose bot answers in front; empty: Chatwoot is the people's desk of our own channels."""
    default_topic: str = ""
    """Tipificación of what a person resolves without a label that is one."""

    @property
    def front(self) -> bool:
        """Whether citizens write to Chatwoot."""
        return bool(self.campaign)


class ChatwootHearing:
    """Works on one event at a time; called again with the same one, it does nothing twice."""

    def __init__(
        self, service: ConversationService, record: Record, links: ChatwootLinks, api: ChatwootApi, manner: Manner,
        new_token_hash: Callable[[], str],
    ) -> None:  # fmt: skip
        """`new_token_hash` closes conversations that begin in Chatwoot to everybody else."""
        self._service, self._record, self._links, self._api = service, record, links, api
        self._manner, self._new_token_hash = manner, new_token_hash

    async def handle(self, event: Said | Changed) -> None:
        """One event.

        Raises:
            ConversationError: the conversation cannot take it.
            ChatwootFailure: a person could not be told that a file does not pass.
        """
        link = self._links.latest(event.chatwoot_id)
        if isinstance(event, Changed):
            await self._changed(event, link)
        elif event.author:
            await self._person_said(event, link)
        elif self._manner.front:
            await self._citizen_said(event, link)

    async def _person_said(self, said: Said, link: Link | None) -> None:
        if link is None or self._record.find_source(link.conversation_id, said.source):
            return
        if said.text:
            step = partial(
                chatwoot_steps.speaks, author=said.author, name=said.name, text=said.text, source=said.source,
                announced=not link.front,
            )  # fmt: skip
            await self._service.attend(link.conversation_id, step)
        if said.files and not link.front:
            await self._api.note(said.chatwoot_id, FILE_OF_AGENT)

    async def _changed(self, changed: Changed, link: Link | None) -> None:
        if link is None or changed.at <= link.status_at:
            return
        step: Callable[[Exchange], None] | None = None
        if changed.status == "resolved" and (link.handed_over or link.front):
            step = partial(
                chatwoot_steps.resolves, author=changed.author, labels=changed.labels,
                default_topic=self._manner.default_topic,
            )  # fmt: skip
        elif changed.status == "pending":
            step = chatwoot_steps.returns_to_bot
        if step is not None:
            await self._service.attend(link.conversation_id, step)
        # Only now: an event that breaks off before is worked on again, and must not count as an old one then.
        self._links.change(link.conversation_id, status=changed.status, status_at=changed.at)

    # ------------------------------------------------------------------ in front

    async def _citizen_said(self, said: Said, link: Link | None) -> None:
        conversation = self._record.load(link.conversation_id) if link else None
        if conversation and conversation.is_closed:
            if self._was_said(conversation, said):
                return
            conversation = None
        if conversation is None:
            if said.status not in ("pending", ""):
                return  # Chatwoot's people have it without us
            conversation = await self._opened(said)
        elif link and said.status == "open" and conversation.state is State.BOT and not link.handed_over:
            await self._service.attend(conversation.id, chatwoot_steps.left_to_people)
        for part, start in enumerate(range(0, len(said.text), MAX_TEXT)):
            piece = said.text[start : start + MAX_TEXT]
            if piece.strip():
                message = IncomingMessage(text=piece, client_message_id=f"{said.source}:{part}")
                await self._service.receive(conversation.id, message)
        if said.files:
            shown = IncomingMessage(text="[Archivo enviado en Chatwoot]", client_message_id=f"{said.source}:file")
            await self._service.take_note(conversation.id, shown, "" if said.text else FILE_OF_CITIZEN)

    def _was_said(self, conversation: Conversation, said: Said) -> bool:
        """Whether it ended the conversation before a crash: it must not open the next one, too."""
        return any(self._record.find_source(conversation.id, f"{said.source}:{part}") for part in ("0", "file"))

    async def _opened(self, said: Said) -> Conversation:
        outcome = await self._service.open(
            self._manner.campaign, Channel.WEBCHAT, f"chatwoot:{said.chatwoot_id}", self._new_token_hash(),
            speaks_first=True,
        )  # fmt: skip
        self._links.begin(outcome.conversation.id, chatwoot_id=said.chatwoot_id, front=True)
        return outcome.conversation
