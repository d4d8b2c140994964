"""The statement as a document to be signed (PDF, Spanish). Same statement, same bytes.

It has the totals and what reduces or delays payment. A million interactions on paper help nobody: they stand in the
CSV, XLSX and JSON of the same statement, and the document says so.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import landscape, letter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from evaluation.settlement.policy import decimal_text
from evaluation.settlement.statement import Statement
from evaluation.settlement.totals import Total

MOST_LISTED = 500
"""Deductivas, and pending folios, that the document lists one by one."""

_SAMPLE = getSampleStyleSheet()
_TITLE, _TEXT = _SAMPLE["Title"], _SAMPLE["BodyText"]
_HEADING = ParagraphStyle("heading", parent=_SAMPLE["Heading2"], keepWithNext=1)
_CELL = ParagraphStyle("cell", parent=_TEXT, fontSize=7.5, leading=9, spaceBefore=0)
_NUMBER = ParagraphStyle("number", parent=_CELL, alignment=TA_RIGHT)
_HEAD = ParagraphStyle("head", parent=_CELL, fontName="Helvetica-Bold")
_MARGIN = 15 * mm
_WIDTH = landscape(letter)[0] - 2 * _MARGIN
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
)

Cell = str | int | Decimal | None


def statement_pdf(statement: Statement, path: Path) -> None:
    """Write heading, totals, rules, policy settings, deductivas and pending folios; at most `MOST_LISTED` of each."""
    document = SimpleDocTemplate(
        str(path),
        pagesize=landscape(letter),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"Liquidación de interacciones ({statement.status})",
        author="Ventanilla",
        lang="es-MX",
        invariant=1,
    )
    foot = partial(_foot, text=f"{statement.status} · política {statement.policy_sha256}")
    story = [*_heading(statement), *_totals(statement), *_reasons(statement)]
    story += [*_deductions(statement), *_pending(statement)]
    document.build(story, onFirstPage=foot, onLaterPages=foot)


def _foot(canvas: Canvas, document: SimpleDocTemplate, text: str) -> None:
    canvas.setFont("Helvetica", 7)
    canvas.drawString(_MARGIN, _MARGIN / 2, text)
    canvas.drawRightString(_MARGIN + _WIDTH, _MARGIN / 2, f"Página {document.page}")


def _heading(statement: Statement) -> list[Flowable]:
    months = [statement.month] if statement.month else statement.tally.months()
    period = " a ".join(sorted({months[0], months[-1]})) if months else "sin interacciones"
    standing = {
        "PRELIMINAR": "PRELIMINAR: falta la aprobación de esta política por alguna de las dos partes.",
        "ACORDADO": "ACORDADO: las dos partes aprobaron esta política.",
    }
    facts = [
        ("Estado", standing[statement.status]),
        ("Política (SHA-256)", statement.policy_sha256),
        *(
            ("Aprobación", f"{approval.party}, {approval.role}, {approval.at.isoformat()}")
            for approval in statement.policy.standing_approvals()
        ),
        ("Periodo", period),
        ("Campaña", statement.campaign or "todas"),
        ("Interacciones", f"{statement.tally.interactions:,}"),
        ("Neto", _net(statement)),
    ]
    note = (
        "Importes en pesos mexicanos sin IVA. Este documento resume la liquidación: las interacciones, una por una, "
        "están en los archivos CSV, XLSX y JSON que se obtienen con las mismas interacciones y la misma política."
    )
    return [_paragraph("Liquidación de interacciones", _TITLE), _table(("Dato", "Valor"), facts, (1, 4)), _note(note)]


def _net(statement: Statement) -> str:
    nets = [total.net for total in statement.totals()]
    known = [net for net in nets if net is not None]
    if not known:
        return "sin importe: ningún producto tiene precio acordado"
    without = "" if len(known) == len(nets) else " (sin contar los productos que no tienen precio acordado)"
    return _shown(sum(known, Decimal(0))) + without


def _totals(statement: Statement) -> list[Flowable]:
    columns: tuple[str, ...] = ("Mes", "Campaña", "Producto", "Interacciones", "Equivalentes", "Minutos")
    columns += ("Bruto", "Deductivas", "Por el tope", "Neto", "Pendientes")
    over_all_months = statement.totals() if len(statement.tally.months()) > 1 else []
    rows = [_total(total) for total in [*statement.totals_by_month(), *over_all_months]]
    return [_title("Totales por campaña, producto y mes"), _table(columns, rows, (6, 9, 10, 8, 8, 6, 9, 9, 8, 9, 7))]


def _total(total: Total) -> Sequence[Cell]:
    return (
        *(total.month or "todos", total.campaign, total.agent_type, total.interactions, total.equivalents),
        *(total.minutes, total.gross, total.deductions, total.cap_applied, total.net, total.pending),
    )


def _reasons(statement: Statement) -> list[Flowable]:
    rules = [
        (rule.rule, rule.line or "sin línea del contrato", rule.interactions, rule.equivalents, rule.amount)
        for rule in statement.tally.by_rule()
    ]
    columns = (
        "Regla",
        "Línea del contrato",
        "Interacciones",
        "Equivalentes",
        "Importe (los minutos se pagan en el total)",
    )
    settings = statement.tally.by_setting()
    values = dict(statement.policy.settings()) | {"deduction_cap": _shown(statement.policy.deduction_cap.limit())}
    return [
        _title("Por qué regla se pagó"),
        _table(columns, rules, (3, 2, 2, 2, 2)),
        _title("Qué ajustes de la política decidieron"),
        _table(
            ("Ajuste", "Valor acordado", "Importes que decidió"),
            [(name, ", ".join(values[part] for part in name.split(", ")), count) for name, count in settings],
            (3, 2, 2),
        ),
    ]


def _deductions(statement: Statement) -> list[Flowable]:
    rows = [
        (line.folio, line.first_folio, line.deviation, line.campaign, line.month, line.uncapped, line.amount)
        for line in islice(statement.deductions, MOST_LISTED)
    ]
    columns = ("Folio", "Primer folio", "Desviación", "Campaña", "Mes", "Sin tope", "Importe")
    story = [_title("Deductivas por reincidencia"), _table(columns, rows, (6, 6, 7, 5, 2, 3, 3))]
    return story + _more(statement.tally.deductions, "Deductivas")


def _pending(statement: Statement) -> list[Flowable]:
    pending = (line for line in statement.interactions if line.pending)
    rows = [(line.folio, line.campaign, line.agent_type, line.month) for line in islice(pending, MOST_LISTED)]
    title = _title("Folios pendientes de revisión de calidad")
    story: list[Flowable] = [title, _table(("Folio", "Campaña", "Producto", "Mes"), rows, (3, 2, 2, 1))]
    return story + _more(statement.tally.pending, "Folios pendientes")


def _more(count: int, what: str) -> list[Flowable]:
    if count <= MOST_LISTED:
        return []
    return [
        _note(f"{what}: aquí se listan {MOST_LISTED} de {count:,}; el resto ({count - MOST_LISTED:,}) está en el CSV.")
    ]


def _table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], shares: Sequence[int]) -> Flowable:
    """A table as wide as the page; columns take their shares of it, and long texts wrap."""
    cells = [[_paragraph(column, _HEAD) for column in columns]]
    cells += [[_paragraph(_shown(cell), _style(cell)) for cell in row] for row in rows]
    if len(cells) == 1:
        return _paragraph("Ninguno.", _TEXT)
    widths = [_WIDTH * share / sum(shares) for share in shares]
    return Table(cells, colWidths=widths, repeatRows=1, style=_GRID)


def _shown(cell: Cell) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, Decimal):
        return f"{Decimal(decimal_text(cell)):,f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _style(cell: Cell) -> ParagraphStyle:
    return _CELL if isinstance(cell, str) else _NUMBER


def _title(text: str) -> Flowable:
    return _paragraph(text, _HEADING)


def _note(text: str) -> Flowable:
    return _paragraph(text, _TEXT)


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text), style)
