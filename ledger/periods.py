"""Months and conditions by which interactions are chosen, so that the database does the choosing."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, func

from conversation.conversation import State
from conversation.message import Channel
from ledger.schema import InteractionRow

CENTRE = ZoneInfo("America/Mexico_City")
"""«Hora del centro» (L3108): days, months and folios go by it."""


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """First moment of a month («2026-10», central time) and of the next one.

    Raises:
        ValueError: not a month.
    """
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=CENTRE)
    return start, start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def opened_in(month: str) -> ColumnElement[bool]:
    """Interactions that began in a month: the month they are invoiced in."""
    start, end = month_bounds(month)
    return and_(InteractionRow.opened_at >= start, InteractionRow.opened_at < end)


def closed_in(month: str | None, campaign: str | None = None, channel: Channel | None = None) -> ColumnElement[bool]:
    """Closed interactions of a month, of the campaign whose bot served, and of a channel; None means every one."""
    asked_for_a_call = InteractionRow.snapshot["request_only"].as_boolean()  # nothing to pay, nothing to judge
    conditions = [InteractionRow.state == State.CLOSED, func.coalesce(asked_for_a_call, false()).is_(false())]
    if month:
        conditions.append(opened_in(month))
    if campaign:
        conditions.append(InteractionRow.snapshot["bot_campaign"].as_string() == campaign)
    if channel:
        conditions.append(InteractionRow.snapshot["channel"].as_string() == channel)
    return and_(*conditions)
