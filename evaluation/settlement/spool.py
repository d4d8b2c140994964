"""A temporary database on disk that sorts what memory should not hold.

SQLite opens a database without a name as a private temporary file that the system removes when the connection ends,
also when the process is killed. It lies in the folder for temporary files (`SQLITE_TMPDIR`, `TMPDIR`), takes about
200 bytes per interaction, and holds decisions only: no origin, no survey, no question.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self

from evaluation.settlement.lines import InteractionLine
from evaluation.settlement.rules import Occurrence

BATCH = 1000
CACHE_KIB = 4_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_TABLES = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -{CACHE_KIB};
CREATE TABLE line (
    number INTEGER PRIMARY KEY, instant INTEGER, folio TEXT, campaign TEXT, agent_type TEXT, month TEXT, rule TEXT,
    percent INTEGER, price TEXT, amount TEXT, setting TEXT, line TEXT, pending INTEGER, billable INTEGER
);
CREATE TABLE occurrence (
    instant INTEGER, folio TEXT, campaign TEXT, agent_type TEXT, month TEXT, deviation TEXT
);
CREATE TABLE refused (number INTEGER, folio TEXT);
"""
_LINE = "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OCCURRENCE = "INSERT INTO occurrence VALUES (?, ?, ?, ?, ?, ?)"
_INDEXES = """
CREATE INDEX line_in_order ON line (instant, folio);
CREATE INDEX line_of_folio ON line (folio, number);
"""
# Text compares by its bytes in UTF-8, which is the order of Python's strings too.
_LINES_IN_ORDER = """
SELECT folio, campaign, agent_type, month, rule, percent, price, amount, setting, line, pending, billable
FROM line ORDER BY instant, folio
"""
_OCCURRENCES_IN_ORDER = """
SELECT folio, instant, campaign, agent_type, month, deviation FROM occurrence ORDER BY instant, folio, deviation
"""
_REPEATED = """
SELECT number, first FROM (
    SELECT number, min(number) OVER (PARTITION BY folio) AS first
    FROM (SELECT number, folio FROM line UNION ALL SELECT number, folio FROM refused)
) WHERE number > first ORDER BY number
"""


class Spool:
    """Takes lines and occurrences in any order, and gives them back by `started_at`, then folio.

    First all are added, then `sort` is called once, then they are read, any number of times. Raises
    `sqlite3.OperationalError` when the disk is full.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self._lines: list[tuple[object, ...]] = []
        self._occurrences: list[tuple[object, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, number: int, started_at: datetime, line: InteractionLine, occurrences: Iterable[Occurrence]) -> None:
        """Take the line of the interaction that stands on line `number` of the source, and its occurrences."""
        instant = (started_at - _EPOCH) // _MICROSECOND
        billable = None if line.billable is None else line.billable // _MICROSECOND
        price, amount = _text(line.price), _text(line.amount)
        self._lines.append(
            (number, instant, line.folio, line.campaign, line.agent_type, line.month, line.rule, line.percent)
            + (price, amount, line.setting, line.line, line.pending, billable)
        )
        self._occurrences += [
            (instant, item.folio, item.campaign, item.agent_type, item.month, item.deviation) for item in occurrences
        ]
        if len(self._lines) == BATCH:
            self._flush()

    def add_refused(self, number: int, folio: str) -> None:
        """Take the folio of a line that was refused, so that a second line with it is found."""
        self._database.execute("INSERT INTO refused VALUES (?, ?)", (number, folio))

    def sort(self) -> None:
        """Put what was added in order; nothing is added after it."""
        self._flush()
        self._database.execute("COMMIT")
        self._database.executescript(_INDEXES)

    def repeated(self) -> Iterator[tuple[int, int]]:
        """Yield every line whose folio stood on an earlier line, with the first such line, in order."""
        yield from self._database.execute(_REPEATED)

    def lines(self) -> Iterator[InteractionLine]:
        """Yield the interaction lines by `started_at`, then folio."""
        for row in self._database.execute(_LINES_IN_ORDER):
            folio, campaign, agent_type, month, rule, percent, price, amount, setting, line, pending, billable = row
            yield InteractionLine(
                folio,
                campaign,
                agent_type,
                month,
                rule,
                percent,
                _decimal(price),
                _decimal(amount),
                setting,
                line,
                bool(pending),
                None if billable is None else timedelta(microseconds=billable),
            )

    def occurrences(self) -> Iterator[Occurrence]:
        """Yield the occurrences of deviations by `started_at`, folio and deviation."""
        for folio, instant, *place in self._database.execute(_OCCURRENCES_IN_ORDER):
            yield Occurrence(folio, _EPOCH + instant * _MICROSECOND, *place)

    def _flush(self) -> None:
        self._database.executemany(_LINE, self._lines)
        self._database.executemany(_OCCURRENCE, self._occurrences)
        self._lines.clear()
        self._occurrences.clear()


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
