"""The copy of a conversation: to download, and by e-mail through a queue that outlives restarts (channels.md §2.4)."""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, HTTPException, Path, Response, status
from pydantic import BaseModel, ConfigDict, Field, field_validator

from channels.http_interface import Transcripts
from channels.smtp import MailNotSent, MailRefused
from channels.transcript import transcript_text
from channels.wire import refusals
from conversation.conversation import Conversation
from conversation.ports import Campaigns, Clock
from conversation.refusal import ConversationError
from ledger.mail_outbox import DueMail, MailOutbox, MailState

logger = logging.getLogger(__name__)
MOST_PER_CONVERSATION, MOST_PER_ADDRESS = 3, 5
ADDRESS_WINDOW = timedelta(hours=24)
SWEEP_SECONDS = 10.0
MOST_MAILS = 2**31 - 1
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9-]+\.)+[A-Za-z]{2,24}"
)
"""A dot-atom and a domain (RFC 5322 §3.4.1): no quotes, comments, spaces or lines, so no second header either."""
_TOLD = {
    MailState.QUEUED: "Se está enviando.",
    MailState.SENT: "Se envió. Si no lo ve, revise la carpeta de correo no deseado.",
    MailState.REFUSED: "El servidor de correo no aceptó esa dirección. Revísela, o guarde una copia aquí.",
    MailState.FAILED: "No fue posible enviar el correo. Guarde una copia aquí, por favor.",
}
_PUT_OFF = "El correo no pudo salir todavía; lo intentaremos de nuevo. Si lo necesita ya, guarde una copia aquí."


class MailSender(Protocol):
    """Hands one mail to a mail server."""

    async def send(self, message: EmailMessage) -> MailRefused | MailNotSent | None:
        """None once it was taken."""
        ...


class MailRequest(BaseModel):
    """Where the copy goes."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    to: str = Field(max_length=254)

    @field_validator("to")
    @classmethod
    def _is_an_address(cls, to: str) -> str:
        if not _ADDRESS.fullmatch(to):
            raise ValueError("no address")
        return to


class MailTold(BaseModel):
    """What became of a mail, in a form for programs and in words for the citizen."""

    number: int
    state: MailState
    detail: str


class Copies:
    """Makes the copies of conversations."""

    def __init__(
        self, transcripts: Transcripts, campaigns: Campaigns, people: Callable[[str], Sequence[str]], site: str
    ) -> None:
        """`people` names who attended a conversation; `site` is `https://host` of this installation, or empty."""
        self._transcripts, self._campaigns, self._people, self._site = transcripts, campaigns, people, site

    def of(self, conversation_id: str) -> tuple[Conversation, str]:
        """The conversation and its copy.

        Raises:
            ConversationError: it, or its campaign, is not there (any more).
        """
        conversation = self._transcripts.load(conversation_id)
        campaign = self._campaigns.get(conversation.campaign) if conversation else None
        if conversation is None or campaign is None:
            raise ConversationError("conversation_unknown", "No existe esa conversación.")
        messages = self._transcripts.messages(conversation_id)
        return conversation, transcript_text(
            conversation, campaign, messages, self._people(conversation_id), self._site
        )


class TranscriptMail:
    """Queues, sends and tries again."""

    def __init__(self, copies: Copies, outbox: MailOutbox, sender: MailSender, from_address: str, clock: Clock) -> None:
        self._copies, self._outbox, self._sender = copies, outbox, sender
        self._from, self._clock, self._called = from_address, clock, asyncio.Event()

    def queue(self, conversation_id: str, to: str) -> MailTold:
        """Take a mail.

        Raises:
            ConversationError: `too_many_mails` of this conversation or to this address.
        """
        now = self._clock()
        here, there = self._outbox.count(conversation_id, to, now - ADDRESS_WINDOW)
        if here >= MOST_PER_CONVERSATION or there >= MOST_PER_ADDRESS:
            raise ConversationError(
                "too_many_mails", "Ya se pidieron varias copias por correo. Puede guardar una copia aquí."
            )
        number = self._outbox.add(conversation_id, to, now)
        self._called.set()
        return MailTold(number=number, state=MailState.QUEUED, detail=_TOLD[MailState.QUEUED])

    def told(self, conversation_id: str, number: int) -> MailTold | None:
        """What became of a mail; None for another conversation's."""
        found = self._outbox.state(conversation_id, number)
        if found is None:
            return None
        state, attempts = found
        detail = _PUT_OFF if state is MailState.QUEUED and attempts else _TOLD[state]
        return MailTold(number=number, state=state, detail=detail)

    async def run(self) -> None:
        """Go on for ever: at once when a mail is queued, else as each is due."""
        while True:
            await self.deliver()
            self._called.clear()
            try:
                await asyncio.wait_for(self._called.wait(), SWEEP_SECONDS)
            except TimeoutError:
                pass

    async def deliver(self) -> None:
        """Try everything that is due, once."""
        for mail in self._outbox.take_due(self._clock()):
            await self._try(mail)

    async def _try(self, mail: DueMail) -> None:
        try:
            message = self._message(mail)
        except ConversationError:
            self._outbox.settle(mail.number, MailState.FAILED)
            return
        result = await self._sender.send(message)
        if result is None:
            self._outbox.settle(mail.number, MailState.SENT)
        elif isinstance(result, MailRefused):
            logger.info("mail %d of a transcript was refused: %s", mail.number, result.reason)
            self._outbox.settle(mail.number, MailState.REFUSED)
        else:
            logger.warning("mail %d of a transcript was not sent, trying later: %s", mail.number, result.reason)
            self._outbox.put_off(mail, self._clock())

    def _message(self, mail: DueMail) -> EmailMessage:
        conversation, text = self._copies.of(mail.conversation_id)
        message = EmailMessage(policy=SMTP)  # refuses line ends in headers
        message["From"], message["To"] = self._from, mail.to
        message["Subject"] = f"Copia de su conversación {conversation.folio}"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
        message.set_content(
            "Le enviamos la copia que pidió de su conversación, en el archivo adjunto. Sus datos van encubiertos.\n\n"
            "Este correo se envía solo; por favor no lo conteste. Si usted no lo pidió, puede borrarlo.\n"
        )
        name = f"conversacion-{conversation.folio}.txt"
        message.add_attachment(
            text.encode(), maintype="text", subtype="plain", params={"charset": "utf-8"}, filename=name
        )
        return message


def routes(copies: Copies, mail: TranscriptMail | None, authorised: Callable[..., str]) -> APIRouter:
    """The copy to download; by e-mail only where a mail server is set up."""
    router = APIRouter(prefix="/api/v1/conversations/{conversation_id}", tags=["conversaciones"])
    identified = Annotated[str, Depends(authorised)]

    @router.get("/transcript.txt", response_class=Response, responses=refusals(401, 422))
    async def download(conversation_id: identified) -> Response:
        """The copy in plain text, identifiers masked."""
        conversation, text = copies.of(conversation_id)
        headers = {"Content-Disposition": f'attachment; filename="conversacion-{conversation.folio}.txt"'}
        return Response(text, media_type="text/plain; charset=utf-8", headers=headers)

    if mail is not None:
        _mailing(router, mail, identified)
    return router


def _mailing(router: APIRouter, mail: TranscriptMail, identified: object) -> None:
    @router.post("/transcript-mails", status_code=status.HTTP_202_ACCEPTED, responses=refusals(400, 401, 409, 422, 429))
    async def send(body: MailRequest, conversation_id: identified) -> MailTold:  # type: ignore[valid-type]
        """Send the copy by e-mail: up to three per conversation. What became of it is asked by its number."""
        return mail.queue(conversation_id, body.to)

    @router.get("/transcript-mails/{number}", responses=refusals(401, 404, 422))
    async def ask(number: Annotated[int, Path(ge=1, le=MOST_MAILS)], conversation_id: identified) -> MailTold:  # type: ignore[valid-type]
        """What became of a mail."""
        told = mail.told(conversation_id, number)
        if told is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "No existe ese correo.")
        return told
