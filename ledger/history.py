"""What staff may see beside the conversation at hand: its private notes, and what the same person did before.

The same person is found by what is known here already: the keyed hash of the NSS (`person_key`), the number a call or
a WhatsApp message comes from, or a folio that the citizen names. No number is stored to be searched for. Looking is
recorded in the chain of the conversation at hand before anything is given (security.md §8, L7234).
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, or_, select
from sqlalchemy.orm import Session

from conversation.conversation import Conversation
from conversation.events import EventKind
from conversation.history import Asked, Earlier, StaffNote
from conversation.message import Channel
from conversation.telephone import telephones
from ledger import chain, seal
from ledger.periods import CENTRE
from ledger.schema import EventRow, InteractionRow
from ledger.vault import Vault

MOST = 20
"""Earlier interactions shown, the latest first."""


class LedgerHistory:
    """Notes and earlier interactions in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def notes(self, conversation_id: str) -> list[StaffNote]:
        """Private notes and those of transfers, in order, masked."""
        query = select(EventRow).where(
            EventRow.conversation_id == conversation_id, EventRow.kind.in_((EventKind.NOTE, EventKind.PASSED_ON))
        )
        with Session(self._engine) as session:
            return [_note(row) for row in session.scalars(query.order_by(EventRow.seq)) if _text(row)]

    def earlier(self, conversation_id: str, agent: str, now: datetime, asked: Asked) -> list[Earlier]:
        """Other interactions of the same person, without their words; recorded as seen."""
        with seal.writing(self._engine, conversation_id, self._vault) as (session, interaction):
            conditions = self._conditions(interaction, asked)
            found = self._found(session, conversation_id, list(conditions.values()))
            row = EventRow(
                conversation_id=interaction.id, folio=interaction.folio, at=now, kind=EventKind.HISTORY_SEEN,
                campaign=interaction.campaign, channel=interaction.snapshot["channel"], level="human", agent=agent,
                data={"by": list(conditions), "count": len(found)},
            )  # fmt: skip
            chain.append(session, interaction, row)
        return found

    def _conditions(self, interaction: InteractionRow, asked: Asked) -> dict[str, ColumnElement[bool]]:
        found: dict[str, ColumnElement[bool]] = {}
        keys = [one for one in (interaction.person_key, asked.nss and self._vault.mac("person", asked.nss)) if one]
        if keys:
            found["nss"] = InteractionRow.person_key.in_(keys)
        origin = interaction.snapshot["origin"]
        calls = interaction.snapshot["channel"] in (Channel.VOICE, Channel.WHATSAPP) and telephones(origin)
        numbers = [*((origin, *telephones(origin)) if calls else ()), *telephones(asked.telephone)]
        if numbers:
            found["telephone"] = InteractionRow.snapshot["origin"].as_string().in_(numbers)
        if asked.folio:
            found["folio"] = InteractionRow.folio == asked.folio.strip().upper()
        return found

    def _found(self, session: Session, conversation_id: str, conditions: list[ColumnElement[bool]]) -> list[Earlier]:
        if not conditions:
            return []
        query = select(InteractionRow.snapshot).where(or_(*conditions), InteractionRow.id != conversation_id)
        query = query.order_by(InteractionRow.opened_at.desc()).limit(MOST)
        return [_earlier(Conversation.model_validate({**one, "facts": {}})) for one in session.scalars(query)]


def _earlier(one: Conversation) -> Earlier:
    return Earlier(
        folio=one.folio, opened_at=one.opened_at.astimezone(CENTRE), campaign=one.campaign, channel=one.channel,
        topics=tuple(one.topics), state=one.state, end=one.end, by_people=bool(one.levels),
        resolved=one.survey.resolved,
    )  # fmt: skip


def _note(row: EventRow) -> StaffNote:
    return StaffNote(
        author=row.agent or "", at=row.at.astimezone(CENTRE), text=_text(row), whisper=bool(row.data.get("whisper"))
    )


def _text(row: EventRow) -> str:
    return str(row.data.get("text") or row.data.get("note") or "")
