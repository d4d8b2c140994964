"""Put the desk together: accounts, states, distribution of work; and keep it going."""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from content.canned import CannedPhrases
from content.catalogue import Catalogue
from content.files import ContentError
from conversation.ports import Clock, Contacts, Record
from conversation.service import ConversationService
from desk.accounts import Accounts
from desk.chatwoot_steps import attends_elsewhere
from desk.distribution import Distribution
from desk.files import Files
from desk.presence import Presence
from desk.stream import DeskStream
from desk.workplace import Workplace
from ledger.agent_states import LedgerAgentLog
from ledger.callbacks import LedgerCallbacks
from ledger.history import LedgerHistory
from ledger.staff_messages import LedgerStaffMessages
from ledger.vault import Vault
from server import pages
from server.settings import Settings

logger = logging.getLogger(__name__)
STEP_SECONDS = 0.5
"""The longest that a waiting conversation and a free agent do not know of each other."""


def workplace(
    settings: Settings, catalogue: Catalogue, service: ConversationService, record: Record, contacts: Contacts,
    database: Engine, vault: Vault, clock: Clock, stream: DeskStream, files: Files, agent_types: Callable[[str], None],
) -> Workplace:  # fmt: skip
    """The desk's ports and parts; the distribution hears from now on what the service records."""
    accounts = Accounts(settings.root / settings.desk_agents)
    presence = Presence(accounts, LedgerAgentLog(database, clock), record, clock)
    distribution = Distribution(
        service, record, catalogue, accounts, presence, stream, clock,
        automatic=settings.desk_assignment == "automatic",
        attends_elsewhere=lambda agent: bool(settings.chatwoot_url) and attends_elsewhere(agent),
    )  # fmt: skip
    service.add_listener(distribution)
    return Workplace(
        service=service, record=record, contacts=contacts, callbacks=LedgerCallbacks(database, vault),
        campaigns=catalogue, accounts=accounts,
        campaign_ids=lambda: sorted(catalogue.names().values()), history=LedgerHistory(database, vault),
        staff_messages=LedgerStaffMessages(database), phrases=CannedPhrases(settings.root / "bots"),
        articles=catalogue.articles, presence=presence, distribution=distribution, stream=stream,
        files=files, agent_types=agent_types, render=pages.render, clock=clock,
    )  # fmt: skip


async def distribute(distribution: Distribution) -> None:
    """Go on for ever; what cannot be read now, a busy database or a file, is tried again at the next turn."""
    while True:
        await asyncio.sleep(STEP_SECONDS)
        try:
            await distribution.step()
        except (OperationalError, ContentError):
            logger.exception("waiting conversations could not be distributed; trying again")
