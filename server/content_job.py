"""Publishes scheduled changes of content when they are due, and notices files that were edited by hand."""

import asyncio
import logging
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from admin.content_changes import ContentChanges, ContentPlace
from admin.content_rules import Approvals
from conversation.ports import Clock
from ledger.audit_log import AuditLog
from ledger.content_versions import ContentVersions
from ledger.vault import Vault
from server.content_check import check_change
from server.settings import Settings

logger = logging.getLogger(__name__)
EVERY_SECONDS = 10.0
"""How late a scheduled change may come into force; a minute is promised."""


def content_changes(settings: Settings, database: Engine, vault: Vault, clock: Clock) -> ContentChanges:
    """Changes of this installation's content; one web process holds it."""
    root = settings.root.resolve()
    asked = settings.content_approvals or ("ninguna" if settings.environment == "sandbox" else "norma")
    place = ContentPlace(root, partial(check_change, root, environment=settings.environment), Approvals(asked))
    return ContentChanges(place, ContentVersions(database), AuditLog(database, vault), clock)


async def watch_content(changes: ContentChanges, every_seconds: float = EVERY_SECONDS) -> None:
    """Run for as long as the process does; what fails is told in the log and tried again."""
    while True:
        try:
            await asyncio.to_thread(changes.notice_all)
            for one in await asyncio.to_thread(changes.apply_due):
                logger.info("content version %d of %s: %s", one.number, one.path, one.standing)
        except (SQLAlchemyError, OSError, UnicodeDecodeError):
            logger.exception("content was not looked at; trying again")
        await asyncio.sleep(every_seconds)
