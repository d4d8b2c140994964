"""Telephone numbers of the lines: how they are compared, and which campaign each belongs to."""

import re
from collections.abc import Iterable

from conversation.campaign import Campaign


def digits_of(number: str) -> str:
    """A telephone number as digits, without the country's 52."""
    digits = re.sub(r"\D", "", number)
    return digits[2:] if len(digits) == 12 and digits.startswith("52") else digits


def numbers_of(campaigns: Iterable[Campaign]) -> dict[str, str]:
    """The campaigns' own telephone numbers; the shared one stays with the first that has it."""
    found: dict[str, str] = {}
    for campaign in campaigns:
        for phone in campaign.phones:
            found.setdefault(digits_of(phone), campaign.id)
    return found
