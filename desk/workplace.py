"""Everything the desk's pages work with, handed over as one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from content.articles import Articles
from content.canned import CannedPhrases
from conversation.callbacks import Callbacks
from conversation.campaign import Campaign
from conversation.conversation import Conversation
from conversation.history import History
from conversation.ports import Campaigns, Clock, Contacts, Record
from conversation.refusal import ConversationError
from conversation.service import ConversationService
from conversation.staff import StaffMessages
from desk.accounts import Accounts
from desk.distribution import Distribution
from desk.files import Files
from desk.presence import Presence
from desk.stream import DeskStream

Render = Callable[[Request, str, dict[str, Any]], Response]
"""Renders a template of `web/` with a context."""


@dataclass(frozen=True)
class Workplace:
    """The desk's ports and parts."""

    service: ConversationService
    record: Record
    contacts: Contacts
    callbacks: Callbacks
    campaigns: Campaigns
    accounts: Accounts
    campaign_ids: Callable[[], Iterable[str]]
    """Every campaign that this installation knows."""
    history: History
    staff_messages: StaffMessages
    phrases: CannedPhrases
    articles: Articles
    presence: Presence
    distribution: Distribution
    stream: DeskStream
    files: Files
    agent_types: Callable[[str], None]
    """Shows the citizen of a conversation that the person who attends is writing."""
    render: Render
    clock: Clock

    def campaign_of(self, conversation: Conversation) -> Campaign:
        """The campaign that serves now.

        Raises:
            ConversationError: `campaign_unknown`.
        """
        campaign = self.campaigns.get(conversation.campaign)
        if campaign is None:
            raise ConversationError("campaign_unknown", f"La campaña «{conversation.campaign}» ya no existe.")
        return campaign

    def name_of(self, username: str) -> str:
        """The name of an account; of one that was removed, its user name."""
        agent = self.accounts.all().get(username)
        return agent.name if agent else username
