"""Chatwoot in the web process, when its settings are there (docs/chatwoot.md)."""

import hashlib
import secrets

from fastapi import FastAPI
from sqlalchemy import Engine

from content.files import ContentError
from desk.chatwoot import ChatwootDesk
from desk.chatwoot_api import Account, ChatwootApi
from desk.chatwoot_handing import ChatwootHanding
from desk.chatwoot_hearing import ChatwootHearing, Manner
from desk.workplace import Workplace
from ledger.chatwoot_inbox import ChatwootInbox
from ledger.chatwoot_links import ChatwootLinks
from ledger.vault import Vault
from server.settings import Settings


def chatwoot_desk(settings: Settings, place: Workplace, database: Engine, vault: Vault) -> ChatwootDesk | None:
    """The inbox of Chatwoot; None when it is not set up.

    Raises:
        ContentError: the campaign whose bot is to answer there has none.
    """
    if settings.chatwoot_account is None or settings.chatwoot_inbox is None:
        return None
    campaign = settings.chatwoot_campaign and place.campaigns.get(settings.chatwoot_campaign)
    if settings.chatwoot_campaign and not (campaign and campaign.has_bot):
        raise ContentError(
            f"VENTANILLA_CHATWOOT_CAMPAIGN: «{settings.chatwoot_campaign}» is no campaign with a bot. Name a folder of "
            "bots/, or leave it empty to have Chatwoot as the people's desk."
        )
    account = Account(
        settings.chatwoot_url, settings.chatwoot_account, settings.chatwoot_inbox, settings.chatwoot_token
    )
    manner = Manner(settings.chatwoot_campaign, settings.chatwoot_topic)
    service, record = place.service, place.record
    api, links = ChatwootApi(account), ChatwootLinks(database)
    hearing = ChatwootHearing(service, record, links, api, manner, _new_token_hash)
    handing = ChatwootHanding(service, record, place.contacts, place.campaigns, links, api, settings.whatsapp_site)
    desk = ChatwootDesk(account, api, ChatwootInbox(database, vault), links, record, hearing, handing, manner)
    service.add_listener(desk)
    return desk


def add_webhook(app: FastAPI, desk: ChatwootDesk | None, settings: Settings) -> None:
    """Where Chatwoot delivers."""
    if desk is not None:
        app.include_router(desk.routes(settings.chatwoot_webhook_secret))


def _new_token_hash() -> str:
    """Of a token that nobody has: such a conversation is reached through Chatwoot only."""
    return hashlib.sha256(secrets.token_bytes(32)).hexdigest()
