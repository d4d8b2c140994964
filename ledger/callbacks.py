"""The ledger as the `Callbacks` port: calls that citizens asked for on the web, read from the events of their folio.

As with messages that were left, the telephone is shown one by one, and each reading is written before the number leaves
the vault. Erasing the interaction erases its number (`ledger.erasure`): nothing of it stands elsewhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import Session, aliased

from conversation.callbacks import Attempt, Callback, CallResult
from conversation.events import EventKind
from conversation.masking import mask
from conversation.ports import Opening
from ledger import chain, seal
from ledger.periods import CENTRE
from ledger.schema import EventRow, InteractionRow
from ledger.vault import Vault

_KINDS = (
    EventKind.CALLBACK_ASKED, EventKind.CALLBACK_OPENED, EventKind.CALLBACK_TRIED, EventKind.CALLBACK_CANCELLED,
)  # fmt: skip


class LedgerCallbacks:
    """Requests in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def waiting(self) -> list[Callback]:
        """Requests that are open, masked, in the order they were asked for."""
        with Session(self._engine) as session:
            return [_callback(rows) for rows in _open(session)]

    def is_asked(self, telephone: str) -> bool:
        """Whether a call to this number is asked for already; open requests are few, and are compared in clear."""
        with Session(self._engine) as session:
            return any(self._number(rows) == telephone for rows in _open(session))

    def find(self, conversation_id: str) -> Callback | None:
        """The last request of a conversation, masked."""
        with Session(self._engine) as session:
            rows = _last(session, conversation_id)
            return _callback(rows) if rows else None

    def open_to_call(self, conversation_id: str, agent: str, now: datetime) -> Callback | None:
        """One of them with its telephone in clear; recorded as opened."""
        with seal.writing(self._engine, conversation_id, self._vault) as (session, interaction):
            rows = _last(session, conversation_id)
            if not rows or not _callback(rows).is_open:
                return None
            _append(session, interaction, EventKind.CALLBACK_OPENED, now, agent=agent)
            found = _callback(_last(session, conversation_id))
            return found.model_copy(update={"telephone": self._number(rows)})

    def tried(self, conversation_id: str, agent: str, result: CallResult, note: str, now: datetime) -> Callback | None:
        """Record an attempt; identifiers in the note are masked.

        Raises:
            ConversationError: `too_early`.
        """
        with seal.writing(self._engine, conversation_id, self._vault) as (session, interaction):
            rows = _last(session, conversation_id)
            before = _callback(rows) if rows else None
            if before is None or not before.is_open:
                return None
            before.refuse_early(now)
            _append(session, interaction, EventKind.CALLBACK_TRIED, now, agent=agent, reason=result, note=mask(note))
            return _callback(_last(session, conversation_id))

    def cancel(self, conversation_id: str, now: datetime) -> bool:
        """The citizen does not want it any more."""
        with seal.writing(self._engine, conversation_id, self._vault) as (session, interaction):
            rows = _last(session, conversation_id)
            if not rows or not _callback(rows).is_open:
                return False
            _append(session, interaction, EventKind.CALLBACK_CANCELLED, now)
        return True

    def _number(self, rows: Sequence[EventRow]) -> str:
        secret = rows[0].secret
        return str(self._vault.open(secret)) if secret is not None else ""


def _open(session: Session) -> list[list[EventRow]]:
    """Events of each request that is open, in the order of asking."""
    later = aliased(EventRow)
    cancelled = exists().where(
        later.conversation_id == EventRow.conversation_id, later.kind == EventKind.CALLBACK_CANCELLED,
        later.seq > EventRow.seq,
    )  # fmt: skip
    final = exists().where(
        later.conversation_id == EventRow.conversation_id, later.kind == EventKind.CALLBACK_TRIED,
        later.seq > EventRow.seq, later.data["reason"].as_string().in_([one for one in CallResult if one.is_final]),
    )  # fmt: skip
    asked = EventRow.kind == EventKind.CALLBACK_ASKED
    query = select(EventRow.conversation_id).where(asked, ~cancelled, ~final).order_by(EventRow.seq)
    found = [_last(session, one) for one in dict.fromkeys(session.scalars(query))]
    return [rows for rows in found if rows and rows[0].secret is not None and _callback(rows).is_open]


def _last(session: Session, conversation_id: str) -> list[EventRow]:
    """Events of the last request of a conversation, its asking first."""
    mine = EventRow.conversation_id == conversation_id
    rows = list(session.scalars(select(EventRow).where(mine, EventRow.kind.in_(_KINDS)).order_by(EventRow.seq)))
    starts = [place for place, row in enumerate(rows) if row.kind == EventKind.CALLBACK_ASKED]
    return rows[starts[-1] :] if starts else []


def _callback(rows: Sequence[EventRow]) -> Callback:
    asked, after = rows[0], rows[1:]
    return Callback(
        conversation=asked.conversation_id, folio=asked.folio, campaign=asked.data["campaign"],
        asked_at=asked.at.astimezone(CENTRE), topic=asked.data.get("topic") or "",
        slot=datetime.fromisoformat(asked.data.get("slot") or asked.at.isoformat()),  # an erased one has lost its slot
        telephone=asked.data.get("telephone") or "",
        attempts=tuple(
            Attempt(
                at=row.at.astimezone(CENTRE), agent=row.agent or "", result=CallResult(row.data["reason"]),
                note=row.data.get("note") or "",
            )
            for row in after if row.kind == EventKind.CALLBACK_TRIED
        ),
        openings=tuple(
            Opening(agent=row.agent or "", at=row.at.astimezone(CENTRE))
            for row in after if row.kind == EventKind.CALLBACK_OPENED
        ),
        cancelled=any(row.kind == EventKind.CALLBACK_CANCELLED for row in after),
    )  # fmt: skip


def _append(
    session: Session, interaction: InteractionRow, kind: EventKind, now: datetime, agent: str | None = None, **data: Any
) -> None:
    row = EventRow(
        conversation_id=interaction.id, folio=interaction.folio, at=now, kind=kind, campaign=interaction.campaign,
        channel=interaction.snapshot["channel"], level="human" if agent else "user", agent=agent, data=data,
    )  # fmt: skip
    chain.append(session, interaction, row)
    session.flush()
