"""What changed from one statement to another, folio by folio. Reads two CSV statements of any size."""

import csv
import sqlite3
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from evaluation.settlement.formats import CSV_COLUMNS

Row = dict[str, str]

_FACTS = ("rule", "percent", "amount")
_MONEY = ("gross", "deductions", "cap_applied", "net")
_COUNTS = ("interactions", "equivalents", "minutes", "pending")
_SUMS = (*_COUNTS, *_MONEY)
_DEDUCTION = ("folio", "first_folio", "deviation", "amount")
_SIDES = ("before", "after")

_TABLES = "PRAGMA journal_mode = OFF; PRAGMA temp_store = FILE; PRAGMA cache_size = -16000;" + "".join(
    f"CREATE TABLE {side}_interaction (place INTEGER PRIMARY KEY, folio TEXT, rule TEXT, percent TEXT, amount TEXT);"
    f"CREATE TABLE {side}_deduction (place INTEGER PRIMARY KEY, folio TEXT, first_folio TEXT, deviation TEXT,"
    " amount TEXT);"
    for side in _SIDES
)
_INDEXES = "".join(
    f"CREATE UNIQUE INDEX {side}_folio ON {side}_interaction (folio);"
    f"CREATE INDEX {side}_deduction_of ON {side}_deduction (folio, deviation);"
    for side in _SIDES
)
_CHANGED = """
SELECT folio, a.rule, b.rule, a.percent, b.percent, a.amount, b.amount
FROM after_interaction AS b JOIN before_interaction AS a USING (folio)
WHERE (a.rule, a.percent, a.amount) <> (b.rule, b.percent, b.amount) ORDER BY b.place
"""
_ONLY = """
SELECT folio, rule, percent, amount FROM {here}_interaction AS a
WHERE NOT EXISTS (SELECT 1 FROM {there}_interaction AS b WHERE b.folio = a.folio) ORDER BY place
"""
_ONLY_DEDUCTION = """
SELECT folio, first_folio, deviation, amount FROM {here}_deduction AS a WHERE NOT EXISTS (
    SELECT 1 FROM {there}_deduction AS b WHERE b.folio = a.folio AND b.deviation = a.deviation
    AND b.first_folio = a.first_folio AND b.amount = a.amount
) ORDER BY place
"""


class NotAStatement(ValueError):
    """A file is not a CSV statement; the message (Spanish) names it."""


class Difference:
    """The difference of two CSV statements, worked out on disk.

    Each method yields its rows anew, in the order of the statement that they come from. An empty text is an amount
    without an agreed price. Raises `NotAStatement` and `OSError`.
    """

    def __init__(self, before: Path, after: Path) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # a temporary file, removed when it is closed
        self._database.executescript(_TABLES)
        self._heads = dict.fromkeys(_SIDES, ("", ""))
        self._totals: dict[str, dict[tuple[str, ...], Row]] = {side: {} for side in _SIDES}
        for side, path in zip(_SIDES, (before, after), strict=True):
            self._load(side, path)
        self._database.executescript(_INDEXES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def heads(self) -> Iterator[tuple[str, str, str]]:
        """Yield `status` and `policy_sha256` where they changed, before and after."""
        for place, name in enumerate(("status", "policy_sha256")):
            before, after = (self._heads[side][place] for side in _SIDES)
            if before != after:
                yield name, before, after

    def totals(self) -> Iterator[dict[str, object]]:
        """Yield the totals that changed: by month, campaign and product, each figure before, after and difference."""
        before, after = (self._totals[side] for side in _SIDES)
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key, {}), after.get(key, {})
            changed = {name: _change(name, old, new) for name in _SUMS if old.get(name) != new.get(name)}
            if changed:
                yield {**dict(zip(("month", "campaign", "agent_type"), key, strict=True)), **changed}

    def changed(self) -> Iterator[dict[str, object]]:
        """Yield the folios of both statements whose rule, percentage or amount is another one."""
        for folio, *facts in self._database.execute(_CHANGED):
            pairs = zip(_FACTS, facts[::2], facts[1::2], strict=True)
            yield {"folio": folio} | {name: {"before": a, "after": b} for name, a, b in pairs if a != b}

    def added(self) -> Iterator[dict[str, object]]:
        """Yield the interactions that only the later statement has."""
        return self._rows(_ONLY.format(here="after", there="before"), ("folio", *_FACTS))

    def removed(self) -> Iterator[dict[str, object]]:
        """Yield the interactions that only the earlier statement has."""
        return self._rows(_ONLY.format(here="before", there="after"), ("folio", *_FACTS))

    def deductions_added(self) -> Iterator[dict[str, object]]:
        """Yield the deductivas that only the later statement has; one whose amount changed is removed and added."""
        return self._rows(_ONLY_DEDUCTION.format(here="after", there="before"), _DEDUCTION)

    def deductions_removed(self) -> Iterator[dict[str, object]]:
        """Yield the deductivas that only the earlier statement has."""
        return self._rows(_ONLY_DEDUCTION.format(here="before", there="after"), _DEDUCTION)

    def _rows(self, query: str, names: tuple[str, ...]) -> Iterator[dict[str, object]]:
        return (dict(zip(names, row, strict=True)) for row in self._database.execute(query))

    def _load(self, side: str, path: Path) -> None:
        insert = {
            "interaction": f"INSERT INTO {side}_interaction VALUES (NULL, :folio, :rule, :percent, :amount)",
            "deduction": f"INSERT INTO {side}_deduction VALUES (NULL, :folio, :first_folio, :deviation, :amount)",
        }
        self._database.execute("BEGIN")
        for kind, rows in groupby(_rows(path), key=lambda row: row["record"]):
            if kind in insert:
                self._database.executemany(insert[kind], self._noting_status(side, rows))
                continue
            for row in self._noting_status(side, rows):
                self._totals[side][row["month"], row["campaign"], row["agent_type"]] = row
        self._database.execute("COMMIT")

    def _noting_status(self, side: str, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._heads[side] = (row["status"], row["policy_sha256"])
            yield row


def _rows(path: Path) -> Iterator[Row]:
    """Read a CSV statement row by row."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != CSV_COLUMNS:
                raise NotAStatement(f"{path} no es una liquidación en CSV")
            for row in reader:
                if None in row or None in row.values():
                    raise NotAStatement(f"{path}, línea {reader.line_num}: no tiene las columnas de una liquidación")
                yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise NotAStatement(f"{path} no es una liquidación en CSV") from error


def _change(name: str, old: Row, new: Row) -> dict[str, str | None]:
    """One figure of a total. A total that is not there counts as 0; with an unknown amount nothing is subtracted."""
    before, after = old.get(name), new.get(name)
    known = before != "" and after != ""
    return {"before": before, "after": after, "difference": _minus(after, before) if known else None}


def _minus(after: str | None, before: str | None) -> str:
    try:
        return str(Decimal(after or 0) - Decimal(before or 0))
    except InvalidOperation as error:
        raise NotAStatement("un total de las liquidaciones no es un número") from error
