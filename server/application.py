"""Build the application: every adapter is made and handed to its port here, and nowhere else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware.sessions import SessionMiddleware

from admin.content_changes import ContentChanges
from channels import attachments, callbacks, http_interface
from channels.access import Access
from channels.attachments import FileCounter
from channels.call_gateway import CallGateway
from channels.continuation import Continuation
from channels.subscriptions import Subscriptions
from channels.waiting_line import WaitingLine
from channels.web_chat import WebChat
from channels.whatsapp import WhatsAppChannel
from content.catalogue import Catalogue
from conversation.service import ConversationService
from desk.chatwoot import ChatwootDesk
from desk.console import Desk
from desk.stream import DeskStream
from desk.workplace import Workplace
from dialogue.rasa_engine import RasaEngine
from ledger.attachments import AttachmentStore
from ledger.contacts import LedgerContacts
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.staffing import LedgerStaffing
from ledger.vault import Vault
from server import chatwoot, pages
from server.administration import administration
from server.attention import distribute, workplace
from server.body_limits import BodyLimits
from server.clock import InstitutionClock
from server.clock_control import clock_control
from server.content_job import content_changes, watch_content
from server.entrance import entrance_desk
from server.errors import answer_errors
from server.health import health
from server.lifetime import running, working
from server.retention_job import erase_daily, media_of
from server.settings import Settings
from server.transcripts import TranscriptDesk
from server.whatsapp import add_webhook, whatsapp_channel

logger = logging.getLogger(__name__)
IDLE_SWEEP_SECONDS = 30
SESSION_SECONDS = 600
"""Inactivity after which a desk session ends (security.md §8)."""


@dataclass(frozen=True)
class Parts:
    """The adapters of one web process, each made once."""

    settings: Settings
    catalogue: Catalogue
    database: Engine
    vault: Vault
    record: LedgerRecord
    clock: InstitutionClock
    engine: RasaEngine
    subscriptions: Subscriptions
    files: FileCounter
    service: ConversationService
    place: Workplace
    whatsapp: WhatsAppChannel | None
    chatwoot: ChatwootDesk | None
    transcripts: TranscriptDesk
    content: ContentChanges

    @classmethod
    def of(cls, settings: Settings) -> "Parts":
        """Everything from the settings; the database is brought to its newest form first."""
        migrate(settings.database_url)
        catalogue = Catalogue(settings.root, settings.environment)
        database, vault = open_database(settings.database_url), Vault(settings.ledger_key)
        record, contacts = LedgerRecord(database, vault), LedgerContacts(database, vault)
        clock, engine = InstitutionClock(settings.clock_start), RasaEngine(settings.engine_url)
        subscriptions, stream = Subscriptions(), DeskStream()
        service = ConversationService(record, engine, catalogue, clock, [subscriptions, stream])
        files = FileCounter(AttachmentStore(database, vault, settings.root / settings.attachments), clock)
        place = workplace(
            settings, catalogue, service, record, contacts, database, vault, clock, stream, files,
            subscriptions.person_types,
        )  # fmt: skip
        whatsapp = whatsapp_channel(settings, service, record, catalogue, database, vault, clock)
        chatwoot_desk = chatwoot.chatwoot_desk(settings, place, database, vault)
        transcripts = TranscriptDesk(settings, record, catalogue, place.name_of, database, vault, clock)
        return cls(
            settings, catalogue, database, vault, record, clock, engine, subscriptions, files, service, place,
            whatsapp, chatwoot_desk, transcripts, content_changes(settings, database, vault, clock),
        )  # fmt: skip


def create_app(settings: Settings) -> FastAPI:
    """The whole web side of Ventanilla over its adapters."""
    parts = Parts.of(settings)
    app = FastAPI(
        title="Ventanilla", version="0.1.0", lifespan=lambda _: _living(parts),
        description="Agentes virtuales para centros de contacto públicos.",
        docs_url=None, redoc_url=None,  # FastAPI's own page asks a foreign host for its scripts; see pages.api_docs
        openapi_url=None if settings.environment == "productivo" else "/openapi.json",  # ASVS 13.4.5
    )  # fmt: skip
    app.add_middleware(
        SessionMiddleware, secret_key=settings.session_secret, session_cookie="ventanilla_desk",
        max_age=SESSION_SECONDS, same_site="strict", https_only=settings.environment == "productivo",
    )  # fmt: skip
    app.add_middleware(BodyLimits)
    pages.guard(app, settings)
    pages.mount_static(app)
    _citizens(app, parts)
    _staff(app, parts)
    if settings.environment != "productivo":
        pages.api_docs(app)
    if settings.environment == "sandbox" and settings.control_token:
        app.include_router(clock_control(parts.clock, settings.control_token))
    answer_errors(app, settings)
    app.include_router(health(parts.catalogue, parts.database, parts.clock, settings))
    return app


@asynccontextmanager
async def _living(parts: Parts) -> AsyncIterator[None]:
    """What runs beside the requests, for as long as the process lives."""
    settings = parts.settings
    media = media_of(settings, parts.database, parts.vault)
    jobs = working(
        partial(_close_idle, parts, timedelta(minutes=settings.idle_minutes)),
        partial(distribute, parts.place.distribution),
        partial(erase_daily, media, settings.root.resolve(), parts.clock),
        partial(watch_content, parts.content),
    )
    async with jobs, running(parts.whatsapp), running(parts.chatwoot), parts.transcripts.running():
        yield
    await parts.engine.close()


def _citizens(app: FastAPI, parts: Parts) -> None:
    """What citizens, their pages and integrators reach."""
    settings, catalogue, record = parts.settings, parts.catalogue, parts.record

    def campaign_name(campaign_id: str) -> str:
        campaign = catalogue.get(campaign_id)
        return campaign.name if campaign else campaign_id

    entrances = entrance_desk(settings, catalogue, record, parts.database, parts.vault, parts.clock)
    line, access = WaitingLine(record, LedgerStaffing(parts.database, parts.clock)), Access(record, parts.clock)
    chat = WebChat(
        parts.service, record, line, parts.subscriptions, campaign_name, parts.clock, entrances.limits,
        parts.place.stream.citizen_types,
    )  # fmt: skip
    authorised = http_interface.authorisation(access)
    continuation = Continuation(parts.service, record)
    app.include_router(http_interface.routes(parts.service, record, entrances, access, continuation))
    app.include_router(attachments.routes(parts.service, record.load, authorised, entrances, parts.files))
    app.include_router(parts.transcripts.routes(authorised))
    app.include_router(
        callbacks.routes(parts.service, parts.place.callbacks, catalogue, record, entrances, parts.clock)
    )
    app.include_router(chat.routes())
    add_webhook(app, parts.whatsapp, settings)
    chatwoot.add_webhook(app, parts.chatwoot, settings)
    _calls_from_the_page(app, catalogue, settings)
    app.include_router(pages.routes(catalogue, settings, parts.clock))


def _staff(app: FastAPI, parts: Parts) -> None:
    """Desk and administration."""
    app.include_router(Desk(parts.place).routes())
    app.include_router(
        administration(parts.settings, parts.catalogue, parts.database, parts.vault, parts.clock, parts.content)
    )


def _calls_from_the_page(app: FastAPI, catalogue: Catalogue, settings: Settings) -> None:
    if settings.voice_key:
        app.include_router(CallGateway(catalogue, settings.voice_url, settings.voice_key).routes())


async def _close_idle(parts: Parts, limit: timedelta) -> None:
    while True:
        await asyncio.sleep(IDLE_SWEEP_SECONDS)
        closed = await parts.service.close_idle(limit, parts.subscriptions.is_followed)
        if closed:
            logger.info("closed %d silent interactions", closed)
