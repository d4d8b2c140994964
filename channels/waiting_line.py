"""Where a call stands among those who wait for a person, and the interaction that a call comes back to."""

from dataclasses import dataclass

from channels.telephone_numbers import digits_of
from conversation.conversation import Conversation
from conversation.message import Channel
from conversation.ports import Record
from conversation.returning import Purpose
from conversation.staff import Staffing
from conversation.waiting import wait_of


@dataclass(frozen=True)
class Coming:
    """How a call comes, as the exchange announced it."""

    folio: str = ""
    """Of the interaction it comes back to; empty for a new one."""
    purpose: Purpose = Purpose.CALL


@dataclass(frozen=True)
class WaitingLine:
    """What is known of those who wait."""

    record: Record
    staffing: Staffing | None = None
    """None: nobody counts the people in service, and no minutes are said."""

    def wait(self, conversation: Conversation) -> tuple[int, int | None]:
        """Place in the line and estimated minutes."""
        return wait_of(conversation, self.record.waiting(), self.staffing)

    def call_of(self, folio: str, caller: str) -> Conversation | None:
        """The interaction by telephone of this caller under this folio, closed or not.

        None also for somebody else's: a folio is printed and told, so it alone opens nothing.
        """
        found = self.record.find_folio(folio)
        if found is None or found.channel is not Channel.VOICE:
            return None
        return found if digits_of(found.origin) == digits_of(caller) else None
