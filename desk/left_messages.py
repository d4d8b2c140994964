"""The desk's list «Mensajes»: what citizens left for the staff when nobody attended (L1416, L1818)."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from conversation.campaign import Campaign
from conversation.message import Channel
from conversation.ports import LeftMessage

PREVIEW = 140
"""Characters of a message that its card shows."""


def due_day(left: LeftMessage, campaign: Campaign) -> date | None:
    """The next business day after it was left, when it is to be worked (L1818): people attend by telephone then."""
    opening = campaign.next_opening(Channel.VOICE, left.at)
    return opening.date() if opening else None


def message_card(
    left: LeftMessage, campaign: Campaign | None, name_of: Callable[[str], str], now: datetime
) -> dict[str, Any]:
    """One entry of the list, masked; late once its business day is over."""
    due = due_day(left, campaign) if campaign else None
    today = now.astimezone(ZoneInfo(campaign.timezone)).date() if campaign else now.date()
    topic = campaign.topic(left.topic or "") if campaign else None
    words = " ".join(left.words)
    return {
        "conversation_id": left.conversation, "folio": left.folio,
        "campaign_name": campaign.name if campaign else left.campaign,
        "at": left.at.isoformat(), "topic": topic.label if topic else left.topic or "",
        "preview": words if len(words) <= PREVIEW else f"{words[:PREVIEW].rstrip()}…",
        "telephone": left.telephone, "due": due and due.isoformat(), "is_late": due is not None and today > due,
        "openings": [{"name": name_of(one.agent), "at": one.at.isoformat()} for one in left.openings],
    }  # fmt: skip


def message_in_full(
    left: LeftMessage, campaign: Campaign | None, name_of: Callable[[str], str], now: datetime
) -> dict[str, Any]:
    """What the person who calls back reads: all of the words, and the telephone in clear."""
    return {**message_card(left, campaign, name_of, now), "words": list(left.words)}
