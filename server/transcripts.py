"""Copies of conversations over this installation's ledger, content and mail server."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter
from sqlalchemy import Engine

from channels.smtp import SmtpSender
from channels.transcript_mail import Copies, TranscriptMail, routes
from conversation.events import EventKind
from conversation.ports import Campaigns, Clock
from ledger.mail_outbox import MailOutbox
from ledger.record import LedgerRecord
from ledger.vault import Vault
from server.lifetime import working
from server.settings import Settings


class TranscriptDesk:
    """Copies to download and, where a mail server is set up, to mail."""

    def __init__(
        self, settings: Settings, record: LedgerRecord, campaigns: Campaigns, name_of: Callable[[str], str],
        database: Engine, vault: Vault, clock: Clock,
    ) -> None:  # fmt: skip
        def people(conversation_id: str) -> Sequence[str]:
            answered = (event.agent for event in record.events(conversation_id, EventKind.ANSWERED))
            return list(dict.fromkeys(name_of(agent) for agent in answered if agent))

        self._copies = Copies(record, campaigns, people, settings.site or settings.whatsapp_site)
        self._mail = (
            TranscriptMail(
                self._copies, MailOutbox(database, vault), SmtpSender(settings.smtp_url), settings.smtp_from, clock
            )
            if settings.smtp_url
            else None
        )

    def routes(self, authorised: Callable[..., str]) -> APIRouter:
        """What a conversation's token opens."""
        return routes(self._copies, self._mail, authorised)

    def running(self) -> AbstractAsyncContextManager[None]:
        """The mails on their way, for as long as the server lives."""
        return working(self._mail.run) if self._mail else working()
