"""The statement as a workbook (XLSX). Same statement, same bytes; memory does not grow with its rows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from evaluation.settlement.lines import DeductionLine, InteractionLine
from evaluation.settlement.statement import Statement
from evaluation.settlement.totals import Total

EXCEL_ROWS = 1_048_576
"""Rows that a sheet of Excel holds, its heading among them."""
_CREATED = datetime(2000, 1, 1)  # a fixed date, so that the same statement gives the same bytes
_WIDTH = 17

Cell = str | int | Decimal | None

_TOTAL: tuple[str, ...] = ("Mes", "Campaña", "Producto", "Interacciones", "Equivalentes", "Minutos")
_TOTAL += ("Bruto", "Deductivas", "Aplicado por el tope", "Neto", "Pendientes")
_INTERACTION: tuple[str, ...] = ("Folio", "Campaña", "Producto", "Mes", "Regla", "Porcentaje", "Precio", "Importe")
_INTERACTION += ("Ajuste de la política", "Línea del contrato", "Pendiente", "Segundos facturables")
_DEDUCTION: tuple[str, ...] = (
    "Folio",
    "Primer folio",
    "Desviación",
    "Campaña",
    "Producto",
    "Mes",
    "Importe sin tope",
    "Importe",
    "Ajuste de la política",
)


def statement_xlsx(statement: Statement, path: Path, rows_per_sheet: int = EXCEL_ROWS) -> None:
    """Write the sheets Totales, Interacciones, Deductivas and Política; more of a kind where one is full.

    Texts are always written as texts, never as formulas or links. Money is a number, with two
    decimals or as many as it has. Raises `OSError` when it cannot be written.
    """
    try:
        _write_workbook(statement, path, rows_per_sheet)
    except FileCreateError as error:
        raise OSError(*error.args[0].args) from error


def _write_workbook(statement: Statement, path: Path, rows_per_sheet: int) -> None:
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.set_properties({"title": f"Liquidación {statement.status}", "created": _CREATED})
        workbook.use_zip64()
        totals = _Sheets(workbook, "Totales", _TOTAL, rows_per_sheet)
        interactions = _Sheets(workbook, "Interacciones", _INTERACTION, rows_per_sheet)
        for line in statement.interactions:
            interactions.write(_interaction(line))
        deductions = _Sheets(workbook, "Deductivas", _DEDUCTION, rows_per_sheet)
        for deduction in statement.deductions:
            deductions.write(_deduction(deduction))
        for row in _totals(statement):
            totals.write(row)
        policy = _Sheets(workbook, "Política", ("Ajuste", "Valor"), rows_per_sheet)
        policy.write(("Estado", statement.status))
        policy.write(("SHA-256 de la política", statement.policy_sha256))
        for name, value in statement.policy.settings():
            policy.write((name, value))


class _Sheets:
    """A table that goes on in a further sheet when one is full. Rows are written in order and not kept."""

    def __init__(self, workbook: xlsxwriter.Workbook, name: str, columns: tuple[str, ...], most_rows: int) -> None:
        self._workbook, self._name, self._columns, self._most_rows = workbook, name, columns, most_rows
        self._bold = workbook.add_format({"bold": True})
        self._decimal = workbook.add_format({"num_format": "#,##0.00####"})
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        name = self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        self._sheet = self._workbook.add_worksheet(name)
        self._sheet.set_column(0, len(self._columns) - 1, _WIDTH)
        self._sheet.freeze_panes(1, 0)
        for column, title in enumerate(self._columns):
            self._sheet.write_string(0, column, title, self._bold)
        self._row = 1

    def write(self, cells: tuple[Cell, ...]) -> None:
        """Append one row."""
        if self._row == self._most_rows:
            self._begin()
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                self._sheet.write_string(self._row, column, cell)
            elif isinstance(cell, Decimal):
                self._sheet.write_number(self._row, column, cell, self._decimal)
            elif cell is not None:
                self._sheet.write_number(self._row, column, cell)
        self._row += 1


def _interaction(line: InteractionLine) -> tuple[Cell, ...]:
    seconds = None if line.billable is None else Decimal(line.billable // timedelta(microseconds=1)) / 1_000_000
    return (
        *(line.folio, line.campaign, line.agent_type, line.month, line.rule, line.percent),
        *(line.price, line.amount, line.setting, line.line, "sí" if line.pending else None, seconds),
    )


def _deduction(line: DeductionLine) -> tuple[Cell, ...]:
    place = (line.campaign, line.agent_type, line.month)
    return (line.folio, line.first_folio, line.deviation, *place, line.uncapped, line.amount, line.setting)


def _totals(statement: Statement) -> Iterator[tuple[Cell, ...]]:
    """Totals by month, then over all months, then by rule and by policy setting."""
    for total in [*statement.totals_by_month(), *statement.totals()]:
        yield _total(total)
    yield ()
    yield ("Regla", "Línea del contrato", None, "Interacciones", "Equivalentes", None, "Importe")
    for rule in statement.tally.by_rule():
        yield (rule.rule, rule.line, None, rule.interactions, rule.equivalents, None, rule.amount)
    yield ()
    yield ("Ajuste de la política que decidió", None, None, "Importes")
    for setting, count in statement.tally.by_setting():
        yield (setting, None, None, count)


def _total(total: Total) -> tuple[Cell, ...]:
    return (
        *(total.month or "Todos los meses", total.campaign, total.agent_type, total.interactions, total.equivalents),
        *(total.minutes, total.gross, total.deductions, total.cap_applied, total.net, total.pending),
    )
