"""Who writes on WhatsApp, and which conversations are theirs.

Meta identifies a person by a business-scoped user id (BSUID), which is always there since April 2026, and by a
telephone number, which is missing when the person uses a user name. Both are kept only encrypted and as keyed hashes.
"""

import re
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from ledger.schema import WhatsAppSessionRow, WhatsAppUserRow
from ledger.vault import Vault

_OLD_MEXICAN_MOBILE = re.compile(r"521([0-9]{10})")
"""WhatsApp still writes the 1 that Mexican mobiles had until 2019; it is the same number without."""


class Address(BaseModel):
    """How Meta names a person; at least one of the two."""

    model_config = ConfigDict(frozen=True)

    user_id: str | None = None
    """The BSUID, such as `MX.13491208655302741918`."""
    number: str | None = None
    """Digits with country code (`wa_id`)."""

    @property
    def origin(self) -> str:
        """What the interaction records as its origin: the number where there is one (L1820)."""
        return self.number or self.user_id or ""


class WhatsAppSession(BaseModel):
    """One conversation of a person."""

    model_config = ConfigDict(frozen=True)

    conversation_id: str
    user: int
    opened_at: datetime
    said_through: int


def user_row(session: Session, vault: Vault, address: Address) -> WhatsAppUserRow:
    """The person's row, made on the first occasion; what is learnt of the address is added.

    Raises:
        ValueError: an empty address.
    """
    user_key = vault.mac("whatsapp user", address.user_id) if address.user_id else None
    number_key = vault.mac("whatsapp number", _plain(address.number)) if address.number else None
    if not user_key and not number_key:
        raise ValueError("an address without user id and number")
    by_user = session.scalar(select(WhatsAppUserRow).where(WhatsAppUserRow.user_key == user_key)) if user_key else None
    by_number = (
        session.scalar(select(WhatsAppUserRow).where(WhatsAppUserRow.number_key == number_key)) if number_key else None
    )
    if by_number is not None and by_number is not by_user and (by_user or (user_key and by_number.user_key)):
        by_number.number_key = None  # the number belongs to somebody else now
        session.flush()
        by_number = None
    row = by_user or by_number
    if row is None:
        row = WhatsAppUserRow(address=b"")
        session.add(row)
    known = Address.model_validate(vault.open(row.address)) if row.address else Address()
    row.user_key, row.number_key = user_key or row.user_key, number_key or row.number_key
    learnt = Address(user_id=address.user_id or known.user_id, number=address.number or known.number)
    if learnt != known:
        row.address = vault.lock(learnt.model_dump())
    session.flush()
    return row


def _plain(number: str) -> str:
    digits = re.sub(r"[^0-9]", "", number)
    old = _OLD_MEXICAN_MOBILE.fullmatch(digits)
    return f"52{old[1]}" if old else digits


class WhatsAppUsers:
    """People and their conversations in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def of(self, address: Address) -> int:
        """The person's number in this database."""
        with Session(self._engine) as session, session.begin():
            return user_row(session, self._vault, address).id

    def address(self, user: int) -> Address:
        """Where to write to."""
        with Session(self._engine) as session:
            return Address.model_validate(self._vault.open(session.get_one(WhatsAppUserRow, user).address))

    def heard(self, user: int, at: datetime) -> None:
        """A message came: the window for free text runs from there."""
        with Session(self._engine) as session, session.begin():
            row = session.get_one(WhatsAppUserRow, user)
            row.heard_at = max(row.heard_at, at) if row.heard_at else at

    def heard_at(self, user: int) -> datetime | None:
        """When the last message came; None: never."""
        with Session(self._engine) as session:
            return session.get_one(WhatsAppUserRow, user).heard_at

    def opt_out(self, user: int, at: datetime) -> None:
        """«BAJA»: nothing may be sent unasked from now on."""
        with Session(self._engine) as session, session.begin():
            session.get_one(WhatsAppUserRow, user).opted_out_at = at

    def has_opted_out(self, user: int) -> bool:
        """Whether nothing may be sent unasked."""
        with Session(self._engine) as session:
            return session.get_one(WhatsAppUserRow, user).opted_out_at is not None

    def begin(self, user: int, conversation_id: str, at: datetime) -> None:
        """A conversation of this person was opened; it goes to them from its first message on."""
        with Session(self._engine) as session, session.begin():
            session.add(WhatsAppSessionRow(conversation_id=conversation_id, user_id=user, opened_at=at))

    def sessions(self, user: int | None = None, opened_before: datetime | None = None) -> list[WhatsAppSession]:
        """Conversations that are not over, the oldest first; of one person or of all, of any age or older ones."""
        query = select(WhatsAppSessionRow).where(WhatsAppSessionRow.over.is_(False))
        if opened_before is not None:
            query = query.where(WhatsAppSessionRow.opened_at <= opened_before)
        if user is not None:
            query = query.where(WhatsAppSessionRow.user_id == user)
        with Session(self._engine) as session:
            return [
                WhatsAppSession(
                    conversation_id=row.conversation_id, user=row.user_id, opened_at=row.opened_at,
                    said_through=row.said_through,
                )
                for row in session.scalars(query.order_by(WhatsAppSessionRow.opened_at))
            ]  # fmt: skip

    def last_conversation(self, user: int) -> str | None:
        """The conversation that was opened last, over or not."""
        query = select(WhatsAppSessionRow.conversation_id).where(WhatsAppSessionRow.user_id == user)
        with Session(self._engine) as session:
            return session.scalar(query.order_by(WhatsAppSessionRow.opened_at.desc()).limit(1))

    def user_of(self, conversation_id: str) -> int | None:
        """Whose conversation it is; None when it is none of WhatsApp."""
        with Session(self._engine) as session:
            row = session.get(WhatsAppSessionRow, conversation_id)
            return row.user_id if row else None

    def end(self, conversation_id: str) -> None:
        """The conversation is closed and all of it is in the outbox."""
        closed = update(WhatsAppSessionRow).where(WhatsAppSessionRow.conversation_id == conversation_id)
        with Session(self._engine) as session, session.begin():
            session.execute(closed.values(over=True))
