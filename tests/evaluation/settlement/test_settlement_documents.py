"""The workbook and the PDF: what they say, and that nothing in them is more than text or a number."""

import base64
import re
import zipfile
import zlib
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree

import pytest

from evaluation.settlement import document
from evaluation.settlement.policy import Policy
from evaluation.settlement.spreadsheet import statement_xlsx
from evaluation.settlement.statement import settle

PRICED = Policy.model_validate({"prices": {"avanzado_a": "10.00", "sin_agente_humano": "0.85"}})
SPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheets(workbook):
    """The sheets of a workbook by name: rows of texts and numbers, as they are stored."""
    with zipfile.ZipFile(BytesIO(workbook)) as parts:
        names = [item.get("name") for item in ElementTree.fromstring(parts.read("xl/workbook.xml")).iter(_x("sheet"))]
        found = {}
        for number, name in enumerate(names, start=1):
            root = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{number}.xml"))
            assert list(root.iter(_x("f"))) == [], "a formula"
            found[name] = [["".join(cell.itertext()) for cell in row] for row in root.iter(_x("row"))]
    return found


def _x(tag):
    return f"{{{SPACE['x']}}}{tag}"


def text_of(pdf):
    """The words of the pages of a PDF, in the order in which they are drawn."""
    words = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        page = zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
        words += b" ".join(re.findall(rb"\((.*?)\) Tj", page)) + b"\n"
    return re.sub(rb"\\(\d{3})", lambda octal: bytes([int(octal[1], 8)]), words).decode("cp1252").replace("\\", "")


@pytest.fixture
def month(interaction, wrong):
    at = "2026-10-{:02}T09:00:00-06:00".format
    return [
        interaction("VEN-1", started_at=at(1)),
        interaction("VEN-2", started_at=at(2), questions=wrong("requisito")),
        interaction("VEN-3", started_at=at(3), questions=wrong("requisito")),
        interaction("VEN-4", started_at=at(4), survey=None),
        interaction(
            "VEN-5", agent_type="sin_agente_humano", started_at=at(5), ended_at="2026-10-05T09:01:30.250-06:00"
        ),
    ]


def test_the_workbook_has_four_sheets_with_every_line(month, written):
    found = sheets(written("xlsx", settle(month, PRICED)))
    assert list(found) == ["Totales", "Interacciones", "Deductivas", "Política"]
    assert [row[0] for row in found["Interacciones"]] == ["Folio", "VEN-1", "VEN-2", "VEN-3", "VEN-4", "VEN-5"]
    assert found["Interacciones"][1][4:8] == ["resuelta", "100", "10.00", "10.00"]
    assert found["Interacciones"][5][-1] == "90.25"
    assert found["Deductivas"][1][:3] == ["VEN-3", "VEN-2", "requisito"]
    assert found["Deductivas"][1][6:8] == ["50.00", "50.00"]
    assert found["Deductivas"][1][8] == "recurrence_key, recurrence_window, recurrence_price_multiple"
    assert found["Totales"][1][:3] == ["2026-10", "derechohabiente", "avanzado_a"]
    assert ["prices.avanzado_a", "10.00"] in found["Política"]
    assert ["SHA-256 de la política", PRICED.sha256()] in found["Política"]


def test_a_full_sheet_goes_on_in_a_further_one(month, tmp_path):
    path = tmp_path / "statement.xlsx"
    statement_xlsx(settle(month, PRICED), path, rows_per_sheet=3)
    found = sheets(path.read_bytes())
    parts = [rows for name, rows in found.items() if name.startswith("Interacciones")]
    assert [[row[0] for row in rows] for rows in parts] == [
        ["Folio", "VEN-1", "VEN-2"],
        ["Folio", "VEN-3", "VEN-4"],
        ["Folio", "VEN-5"],
    ]


def test_texts_of_the_input_stay_texts(interaction, wrong, written):
    odd = "x=1+1|<b>&amp;\uffff http://a.b"
    two = [interaction(f"VEN-{number} {odd}", campaign=odd, questions=wrong(odd)) for number in (1, 2)]
    statement = settle(two, PRICED)
    assert sheets(written("xlsx", statement))["Deductivas"][1][3].startswith("x=1+1|<b>&amp;")
    assert "x=1+1|<b>&amp;" in text_of(written("pdf", statement)).replace(" ", "")


def test_the_pdf_says_what_is_paid_and_why(month, written):
    said = text_of(written("pdf", settle(month, PRICED)))
    for expected in (
        "Liquidación de interacciones",
        "PRELIMINAR: falta la aprobación",
        PRICED.sha256(),
        "Periodo 2026-10",
        "respuesta_incorrecta L2058-2059 2",
        "unanswered_survey pending 1",
        "recurrence_price_multiple campaign_deviation, contract, 5.00 1",
        "VEN-3 VEN-2 requisito",
        "VEN-4 derechohabiente avanzado_a 2026-10",
        "CSV, XLSX y JSON",
    ):
        assert expected in said
    assert "VEN-1" not in said


def test_the_pdf_lists_no_more_than_it_says(month, written, monkeypatch, interaction, wrong):
    monkeypatch.setattr(document, "MOST_LISTED", 2)
    many = [interaction(f"VEN-{number}", questions=wrong("x")) for number in range(5)]
    many += [interaction(f"VEN-P{number}", survey=None) for number in range(3)]
    said = text_of(written("pdf", settle(many, PRICED)))
    assert "Deductivas: aquí se listan 2 de 4; el resto (2) está en el CSV." in said
    assert "Folios pendientes: aquí se listan 2 de 3; el resto (1) está en el CSV." in said
    assert said.count("VEN-P") == 2


def test_without_interactions_or_prices_the_documents_say_so(written, month):
    assert "sin interacciones" in text_of(written("pdf", settle([], PRICED)))
    assert "ningún producto tiene precio acordado" in text_of(written("pdf", settle(month, Policy())))
    assert list(sheets(written("xlsx", settle([], PRICED)))) == ["Totales", "Interacciones", "Deductivas", "Política"]


def test_an_amount_that_nobody_agreed_is_not_shown_as_nothing(written, month):
    """Neither a rule whose lines have no price, nor minutes, whose money is in the total, paid 0.00."""
    for policy, resolved in ((Policy(), None), (PRICED, "10.00")):
        statement = settle(month, policy)
        by_rule = {rule.rule: rule.amount for rule in statement.tally.by_rule()}
        assert by_rule["minutos_completa"] is None
        assert by_rule["resuelta"] == (resolved and Decimal(resolved))
        assert f"resuelta L2056 1 1.00 {resolved or '—'}" in text_of(written("pdf", statement))
        [row] = [row for row in sheets(written("xlsx", statement))["Totales"] if row[0] == "resuelta"]
        assert row == ["resuelta", "L2056", "1", "1", *([resolved] if resolved else [])], "cells that are not empty"


def test_no_document_carries_the_time_at_which_it_was_written(month, written):
    statement = settle(month, PRICED)
    with zipfile.ZipFile(BytesIO(written("xlsx", statement))) as parts:
        properties = parts.read("docProps/core.xml").decode()
        assert {item.date_time[0] for item in parts.infolist()} == {1980}
    assert set(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", properties)) == {"2000-01-01T00:00:00Z"}
    assert set(re.findall(rb"\(D:(\d{4})", written("pdf", statement))) == {b"2000"}
