"""Every night: the audit log's head goes out, and what the retention policy lets the system erase by itself goes.

The head goes into the process's log, which is shipped to a second system: there nobody who owns the ledger's database
can change it (security.md §9; `ventanilla audit verify --head`).
"""

import asyncio
import logging
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from conversation.ports import Clock
from evaluation.settlement.versions import VersionDamaged
from ledger.audit_log import AuditLog
from ledger.erasure_plan import due_months
from ledger.periods import CENTRE
from ledger.retention import RetentionRefused, read_retention
from ledger.vault import Vault
from server.erasure import Erasure, Media, Order, erase_months
from server.erasure_record import write_acta
from server.recordings import open_recordings
from server.retention_state import ERASURES, is_agreed, policy_path, settled
from server.settings import Settings

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1800
NIGHT = 3
"""Hour (central time) from which it runs: few people write then."""


def media_of(settings: Settings, engine: Engine, vault: Vault) -> Media:
    """Everywhere that the web process keeps personal data."""
    root = settings.root.resolve()
    recordings = open_recordings(root / settings.recordings, vault)
    return Media(engine, vault, AuditLog(engine, vault), recordings, root / settings.attachments, root / ERASURES)


async def erase_daily(media: Media, root: Path, clock: Clock, every_seconds: float = LOOK_SECONDS) -> None:
    """Run for as long as the process does; what fails is told in the log and tried again the next night."""
    done: date | None = None
    while True:
        now = clock().astimezone(CENTRE)
        if now.hour >= NIGHT and done != now.date():
            done = now.date()
            try:
                head = await asyncio.to_thread(media.log.head, now)
                logger.warning("head of the audit log: %s", head.model_dump_json())
                await asyncio.to_thread(erase_unattended, media, root, now)
            except (RetentionRefused, VersionDamaged, SQLAlchemyError, OSError):
                logger.exception("nothing was erased by the retention policy tonight")
        await asyncio.sleep(every_seconds)


def erase_unattended(media: Media, root: Path, now: datetime) -> Erasure | None:
    """Erase what is due and needs no order; None when nothing is, or while the policy is not agreed.

    Raises:
        RetentionRefused, VersionDamaged: the policy or a kept statement cannot be read.
    """
    policy = read_retention(policy_path(root))
    if not is_agreed(media.log, policy):
        return None
    due = due_months(media.engine, policy, now.date(), is_settled=settled(root), holds=media.log.holds())
    chosen = [one for one in due if not one.needs_authorisation and one.obstacle is None and one.folios]
    if not chosen:
        return None
    done = erase_months(media, chosen, Order("plazo cumplido", policy_sha256=policy.sha256()), now)
    acta = write_acta(done, media.erasures)
    logger.warning("erased %d interactions by the retention policy: %s", len(done.interactions), acta.name)
    return done
