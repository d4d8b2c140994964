"""Versions of content files and what was decided about them, append-only (channels.md §10; L3678-3684)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ledger.schema import ContentDecisionRow, ContentVersionRow


class Origin(StrEnum):
    """How a version came about."""

    PAGE = "page"
    FILE = "file"
    """Somebody edited the file itself; it was noticed."""
    BACK = "back"
    """An earlier change was taken back."""


class Decided(StrEnum):
    """What is decided about a version."""

    APPROVED = "approved"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CONFLICT = "conflict"
    """The file had changed in the same place when it was due."""


class Standing(StrEnum):
    """Where a version stands."""

    PRELIMINARY = "preliminar"
    """It waits for approvals."""
    SCHEDULED = "programada"
    APPLIED = "aplicada"
    REFUSED = "rechazada"
    WITHDRAWN = "retirada"
    CONFLICT = "en_conflicto"


_ENDS = {
    Decided.APPLIED: Standing.APPLIED, Decided.REFUSED: Standing.REFUSED, Decided.WITHDRAWN: Standing.WITHDRAWN,
    Decided.CONFLICT: Standing.CONFLICT,
}  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """One decision."""

    version: int
    at: datetime
    actor: str
    kind: Decided
    party: str = ""
    note: str = ""


@dataclass(frozen=True)
class NewContentVersion:
    """A version as it is handed in."""

    path: str
    campaign: str
    at: datetime
    author: str
    origin: Origin
    reason: str
    base: int | None
    before_sha256: str
    text: str
    effective_at: datetime | None = None
    needs: tuple[str, ...] = ()

    @property
    def after_sha256(self) -> str:
        """Of the text."""
        return sha256_of(self.text)


@dataclass(frozen=True)
class ContentVersion(NewContentVersion):
    """A version as it is kept, with its decisions in order."""

    number: int = 0
    decisions: tuple[Decision, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Parties that have not approved it."""
        given = {one.party for one in self.decisions if one.kind is Decided.APPROVED}
        return tuple(party for party in self.needs if party not in given)

    @property
    def approvers(self) -> frozenset[str]:
        """Who has approved it."""
        return frozenset(one.actor for one in self.decisions if one.kind is Decided.APPROVED)

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        ended = next((_ENDS[one.kind] for one in self.decisions if one.kind in _ENDS), None)
        return ended or (Standing.PRELIMINARY if self.missing else Standing.SCHEDULED)

    @property
    def is_pending(self) -> bool:
        """Whether it may still come into force."""
        return self.standing in (Standing.PRELIMINARY, Standing.SCHEDULED)


MOST_NUMBER = 2**31 - 1
"""More than a database counts to, while an address may say anything."""


class ContentVersions:
    """The versions in the ledger's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, version: NewContentVersion, *decided: Decided) -> ContentVersion:
        """Keep a version, with decisions of its author at the same moment; with its number."""
        row = ContentVersionRow(
            path=version.path, campaign=version.campaign, at=version.at, author=version.author,
            origin=version.origin, reason=version.reason, base=version.base, before_sha256=version.before_sha256,
            after_sha256=version.after_sha256, text=version.text, effective_at=version.effective_at,
            needs=",".join(version.needs),
        )  # fmt: skip
        with Session(self._engine) as session, session.begin():
            session.add(row)
            session.flush()
            for kind in decided:
                session.add(_decision_row(Decision(row.number, version.at, version.author, kind)))
            number = row.number
        return self.get_one(number)

    def decide(self, decision: Decision) -> None:
        """Keep a decision."""
        with Session(self._engine) as session, session.begin():
            session.add(_decision_row(decision))

    def get(self, number: int) -> ContentVersion | None:
        """One version."""
        found = self._read(ContentVersionRow.number == number) if 0 < number <= MOST_NUMBER else []
        return found[0] if found else None

    def get_one(self, number: int) -> ContentVersion:
        """One version that there is.

        Raises:
            LookupError: there is none.
        """
        found = self.get(number)
        if found is None:
            raise LookupError(number)
        return found

    def of_campaign(self, campaign: str, most: int = 50) -> list[ContentVersion]:
        """Its latest versions, the newest first."""
        return self._read(ContentVersionRow.campaign == campaign, most=most)

    def in_force(self, path: str) -> ContentVersion | None:
        """The version of a file that was applied last."""
        applied = (
            select(ContentDecisionRow.version)
            .join(ContentVersionRow, ContentVersionRow.number == ContentDecisionRow.version)
            .where(ContentVersionRow.path == path, ContentDecisionRow.kind == Decided.APPLIED)
            .order_by(ContentDecisionRow.number.desc())
            .limit(1)
        )
        with Session(self._engine) as session:
            number = session.scalar(applied)
        return self.get(number) if number else None

    def with_text(self, path: str, digest: str) -> ContentVersion | None:
        """The latest version of a file with this SHA-256."""
        found = self._read(ContentVersionRow.path == path, ContentVersionRow.after_sha256 == digest, most=1)
        return found[0] if found else None

    def pending(self) -> list[ContentVersion]:
        """What may still come into force, the oldest first."""
        ended = select(ContentDecisionRow.version).where(ContentDecisionRow.kind.in_(list(_ENDS)))
        return self._read(ContentVersionRow.number.not_in(ended))[::-1]

    def _read(self, *conditions: object, most: int | None = None) -> list[ContentVersion]:
        query = select(ContentVersionRow).where(*conditions).order_by(ContentVersionRow.number.desc())  # type: ignore[arg-type]
        with Session(self._engine) as session:
            rows = session.scalars(query.limit(most) if most else query).all()
            numbers = [row.number for row in rows]
            decided = select(ContentDecisionRow).where(ContentDecisionRow.version.in_(numbers))
            decisions = [_decision(row) for row in session.scalars(decided.order_by(ContentDecisionRow.number))]
            return [_version(row, [one for one in decisions if one.version == row.number]) for row in rows]


def sha256_of(text: str) -> str:
    """SHA-256 of a file's text."""
    return sha256(text.encode()).hexdigest()


def _version(row: ContentVersionRow, decisions: Sequence[Decision]) -> ContentVersion:
    return ContentVersion(
        path=row.path, campaign=row.campaign, at=row.at, author=row.author, origin=Origin(row.origin),
        reason=row.reason, base=row.base, before_sha256=row.before_sha256, text=row.text,
        effective_at=row.effective_at, needs=tuple(one for one in row.needs.split(",") if one), number=row.number,
        decisions=tuple(decisions),
    )  # fmt: skip


def _decision(row: ContentDecisionRow) -> Decision:
    return Decision(row.version, row.at, row.actor, Decided(row.kind), row.party, row.note)


def _decision_row(one: Decision) -> ContentDecisionRow:
    return ContentDecisionRow(
        version=one.version, at=one.at, actor=one.actor, kind=one.kind, party=one.party, note=one.note
    )
