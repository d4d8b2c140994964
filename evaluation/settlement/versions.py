"""Versions of a statement: a later verdict makes a new one, and those before it stay as they were.

    <folder>/<period>/<campaign>/v0001/statement.csv     the statement, as `settle --format csv` writes it
                                       version.json      its number, SHA-256, policy, time and reason

Versions are numbered by period and campaign. The CSV is kept because it says most and is read line by line.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from pydantic import ValidationError

from evaluation.settlement.formats import statement_csv
from evaluation.settlement.interaction import Moment, Record
from evaluation.settlement.policy import Status
from evaluation.settlement.statement import Statement

STATEMENT, RECORD = "statement.csv", "version.json"
ALL_CAMPAIGNS = "todas"


class VersionDamaged(ValueError):
    """What is kept is not what was written: the message (Spanish) names the file."""


class Version(Record):
    """What is known of one kept statement."""

    number: int
    period: str
    campaign: str
    status: Status
    statement_sha256: str
    policy_sha256: str
    at: Moment
    reason: str

    def folder(self, kept: Path) -> Path:
        """The folder of this version within `kept`."""
        return _series(kept, self.period, self.campaign) / f"v{self.number:04}"


def keep(statement: Statement, kept: Path, reason: str, at: datetime) -> tuple[Version, bool]:
    """Keep `statement` as the next version of its period and campaign; say whether it made a new one.

    A statement equal to the last version makes none, and that version is returned. Raises `OSError` when it cannot
    be written, or when another command has just kept a version under the same number: nothing is ever overwritten.
    """
    period, campaign = period_of(statement), statement.campaign or ALL_CAMPAIGNS
    series = _series(kept, period, campaign)
    series.mkdir(parents=True, exist_ok=True)
    last = max(_of_series(series), key=lambda version: version.number, default=None)
    draft = series / f".{uuid4().hex}"
    draft.mkdir()
    try:
        statement_csv(statement, draft / STATEMENT)
        sha256 = file_sha256(draft / STATEMENT)
        if last is not None and last.statement_sha256 == sha256:
            return last, False
        version = Version(
            number=1 if last is None else last.number + 1,
            period=period,
            campaign=campaign,
            status=statement.status,
            statement_sha256=sha256,
            policy_sha256=statement.policy_sha256,
            at=at,
            reason=reason.strip(),
        )
        record = json.dumps(version.model_dump(mode="json"), ensure_ascii=False, indent=1)
        (draft / RECORD).write_text(record + "\n", "utf-8")
        draft.rename(version.folder(kept))  # fails where a version already stands
        return version, True
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def period_of(statement: Statement) -> str:
    """The month that was asked for, else the months from the first to the last interaction."""
    if statement.month is not None:
        return statement.month
    months = statement.tally.months()
    return "_".join(sorted({months[0], months[-1]})) if months else "vacio"


def versions(kept: Path) -> Iterator[Version]:
    """Yield every version kept in a folder, by period, campaign and number. Raises `VersionDamaged`."""
    for series in sorted(path for path in kept.glob("*/*") if path.is_dir()):
        yield from sorted(_of_series(series), key=lambda version: version.number)


def checked_statement(path: Path) -> Path:
    """Find the CSV statement at `path`: a version's folder, whose SHA-256 is checked, or a file by itself.

    Raises `VersionDamaged` when the kept statement is not the one that was recorded, `OSError` when it is not there.
    """
    if not path.is_dir():
        return path
    statement = path / STATEMENT
    if file_sha256(statement) != _read(path / RECORD).statement_sha256:
        raise VersionDamaged(f"{statement} cambió después de guardarse: su SHA-256 no es el registrado")
    return statement


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _series(kept: Path, period: str, campaign: str) -> Path:
    return kept / period / quote(campaign, safe="")  # a campaign's name must not lead out of the folder


def _of_series(series: Path) -> Iterator[Version]:
    return (_read(record) for record in series.glob(f"v*/{RECORD}"))


def _read(record: Path) -> Version:
    try:
        return Version.model_validate_json(record.read_bytes())
    except ValidationError as error:
        raise VersionDamaged(f"{record} no es el registro de una versión") from error
