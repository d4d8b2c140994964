"""The statement as a file: JSON for programs, CSV for spreadsheets. Same statement, same bytes.

Both are written line by line, so that a statement of any size takes the same memory.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path

from evaluation.settlement.document import statement_pdf
from evaluation.settlement.lines import DeductionLine, InteractionLine
from evaluation.settlement.policy import decimal_text
from evaluation.settlement.spreadsheet import statement_xlsx
from evaluation.settlement.statement import Statement
from evaluation.settlement.totals import Total

Row = dict[str, str | int | None]

_WHERE = ("record", "month", "campaign", "agent_type")
_PER_INTERACTION = ("folio", "rule", "percent", "price", "amount", "setting", "line", "seconds")
_PER_DEDUCTION = ("first_folio", "deviation")
_PER_TOTAL = (
    "interactions",
    "equivalents",
    "minutes",
    "gross",
    "deductions",
    "cap_applied",
    "net",
    "pending",
)
CSV_COLUMNS = (*_WHERE, *_PER_INTERACTION, *_PER_DEDUCTION, *_PER_TOTAL, "status", "policy_sha256")

_encode = json.JSONEncoder(ensure_ascii=False).encode


def statement_json(statement: Statement, path: Path) -> None:
    """Write the statement in the agreed JSON shape: UTF-8, money as strings, totals over all months.

    Each interaction, deductiva and total has a line of its own.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f'{{"status": {_encode(statement.status)}, "policy_sha256": {_encode(statement.policy_sha256)}')
        file.writelines(_array("interactions", map(_interaction, statement.interactions)))
        file.writelines(_array("deductions", map(_deduction, statement.deductions)))
        file.writelines(_array("totals", map(_total, statement.totals())))
        file.write("}\n")


def statement_csv(statement: Statement, path: Path) -> None:
    """Write the statement as one CSV table (RFC 4180, UTF-8); `record` tells its three kinds of rows apart.

    It says more than the JSON: totals by month, billable seconds, what the cap took off, and what is pending.
    """
    everywhere = {"status": statement.status, "policy_sha256": statement.policy_sha256}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS, restval="", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(row | everywhere for row in _csv_rows(statement))


FORMATS: dict[str, Callable[[Statement, Path], None]] = {
    "json": statement_json,
    "csv": statement_csv,
    "xlsx": statement_xlsx,
    "pdf": statement_pdf,
}


def _array(name: str, rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    yield f',\n"{name}": ['
    separator = "\n "
    for row in rows:
        yield separator + _encode(row)
        separator = ",\n "
    yield "]" if separator == "\n " else "\n]"


def _csv_rows(statement: Statement) -> Iterator[Row]:
    return chain(
        map(_csv_interaction, statement.interactions),
        map(_csv_deduction, statement.deductions),
        map(_csv_total, statement.totals_by_month()),
    )


def _csv_interaction(line: InteractionLine) -> Row:
    place: Row = {"record": "interaction", "month": line.month}
    place |= {"campaign": line.campaign, "agent_type": line.agent_type}
    return place | _interaction(line) | {"seconds": _seconds(line.billable), "pending": int(line.pending)}


def _csv_deduction(deduction: DeductionLine) -> Row:
    place: Row = {"record": "deduction", "month": deduction.month}
    place |= {"campaign": deduction.campaign, "agent_type": deduction.agent_type}
    return place | _deduction(deduction) | {"setting": deduction.setting, "line": "L2059"}


def _csv_total(total: Total) -> Row:
    place: Row = {"record": "total", "month": total.month}
    return place | _total(total) | {"cap_applied": _money(total.cap_applied)}


def _interaction(line: InteractionLine) -> Row:
    return {
        "folio": line.folio,
        "rule": line.rule,
        "percent": line.percent,
        "price": _money(line.price),
        "amount": _money(line.amount),
        "setting": line.setting,
        "line": line.line,
    }


def _deduction(line: DeductionLine) -> Row:
    return {
        "folio": line.folio,
        "first_folio": line.first_folio,
        "deviation": line.deviation,
        "amount": _money(line.amount),
    }


def _total(total: Total) -> Row:
    return {
        "campaign": total.campaign,
        "agent_type": total.agent_type,
        "interactions": total.interactions,
        "equivalents": decimal_text(total.equivalents),
        "minutes": total.minutes,
        "gross": _money(total.gross),
        "deductions": _money(total.deductions),
        "net": _money(total.net),
        "pending": total.pending,
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else decimal_text(amount)


def _seconds(duration: timedelta | None) -> str | None:
    if duration is None:
        return None
    return format((Decimal(duration // timedelta(microseconds=1)) / 1_000_000).normalize(), "f")
