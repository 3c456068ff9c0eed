"""The same workbook as different programs write it: strict, from 1904, with shared formulas, parts by other names."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from conftest import REAL_ANSWERS
from openpyxl import Workbook, load_workbook
from shared.packages import edited, zipped
from xlsxwriter import Workbook as Writer

from xlkpi.findings import Severity
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.values import CellKind, RawCell
from xlkpi.workbook.package import unpack

TRANSITIONAL = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        "http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def every_part(data: bytes, change: Callable[[str, str], tuple[str, str]]) -> bytes:
    """Each XML part by name and text, changed."""
    parts = (change(name, part.decode()) for name, part in unpack(data).items())
    return zipped((name, part.encode()) for name, part in parts)


def strict(data: bytes) -> bytes:
    """ISO 29500 strict: other namespaces and other kinds of relations."""

    def change(name: str, text: str) -> tuple[str, str]:
        for ours, theirs in TRANSITIONAL.items():
            text = text.replace(ours, theirs)
        return name, text.replace(
            "<workbook ", '<workbook conformance="strict" '
        ) if name == "xl/workbook.xml" else text

    return every_part(data, change)


def elsewhere(data: bytes) -> bytes:
    """The parts under other names and in other capitals, as content types and relations allow."""

    def change(name: str, text: str) -> tuple[str, str]:
        names = {
            "xl/workbook.xml": "xl/book/workbook22.xml",
            "xl/_rels/workbook.xml.rels": "xl/book/_rels/workbook22.xml.rels",
        }  # fmt: skip
        if name == "[Content_Types].xml":
            text = text.replace("/xl/workbook.xml", "/xl/book/workbook22.xml")
        if name.endswith("workbook.xml.rels"):
            text = text.replace('Target="worksheets/', 'Target="../Worksheets/').replace('"/xl/w', '"/XL/W')
        return names.get(name, name), text

    return every_part(data, change)


def prefixed(data: bytes) -> bytes:
    """Every element of a sheet with a prefix, as some writers for .NET have it."""

    def change(name: str, text: str) -> tuple[str, str]:
        if not name.startswith("xl/worksheets/sheet"):
            return name, text
        text = re.sub(r"<(/?)(\w+)(?=[\s/>])", r"<\1x:\2", text)
        return name, text.replace(' xmlns="http', ' xmlns:x="http', 1)

    return every_part(data, change)


def wrong_dimension(data: bytes) -> bytes:
    return edited(data, entry=lambda text: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1"', text))


def without_dimension(data: bytes) -> bytes:
    return edited(data, entry=lambda text: re.sub(r"<dimension [^>]*/>", "", text))


def with_comments(data: bytes) -> bytes:
    """XML comments and a CDATA section, which no spreadsheet program writes and XML allows."""
    return edited(data, entry=lambda text: text.replace("<sheetData>", "<!-- <c r='A1'> --><sheetData>"))


WAYS = [strict, elsewhere, prefixed, wrong_dimension, without_dimension, with_comments]


def worse_than_notices(sent: Submission) -> list[str]:
    """What is told beside that formats or protection were not kept (XK-I036, XK-I046)."""
    return [finding.code for finding in sent.findings if finding.severity is not Severity.NOTICE]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_same_workbook_in_another_spelling_reads_the_same(
    way: Callable[[bytes], bytes], issue: Issue, filled: bytes
) -> None:
    changed = way(filled)
    assert changed != filled
    sent = read_submission(issue, changed)
    assert isinstance(sent, Submission), [finding.message() for finding in sent.findings]
    assert (sent.contents(), worse_than_notices(sent)) == (REAL_ANSWERS, [])


# ------------------------------------------------------------------ shared formulas


def cells(data: bytes, sheet: str = "Sheet", wanted: set[str] | None = None) -> dict[str, RawCell]:
    return dict(open_workbook(data).cells(sheet, wanted).cells)


def sheet_of(rows: str, **workbook: Any) -> bytes:
    book = Workbook()
    buffer = io.BytesIO()
    for name, value in workbook.items():
        setattr(book, name, value)
    book.save(buffer)
    return edited(
        buffer.getvalue(),
        guide=lambda text: re.sub(r"<sheetData\s*/>|<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>", text),
    )


SHARED = (
    '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1*$C$1+SUM(B$1:B1)</f><v>1</v></c></row>'
    '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c><c r="D2"><f t="shared" si="9"/><v>2</v></c></row>'
    '<row r="3"><c r="A3"><f t="shared" si="0"></f><v>3</v></c><c r="B3"><f>1+1</f></c></row>'
)


def test_a_shared_formula_is_read_in_every_cell_as_it_reads_there() -> None:
    read = cells(sheet_of(SHARED))
    assert {ref: raw.formula for ref, raw in read.items()} == {
        "A1": "B1*$C$1+SUM(B$1:B1)", "A2": "B2*$C$1+SUM(B$1:B2)", "A3": "B3*$C$1+SUM(B$1:B3)", "B3": "1+1", "D2": "",
    }  # fmt: skip


def test_it_is_found_where_the_first_of_them_is_not_asked_for() -> None:
    assert cells(sheet_of(SHARED), wanted={"A3"})["A3"].formula == "B3*$C$1+SUM(B$1:B3)"


# ------------------------------------------------------------------ the calendar from 1904


def test_days_counted_from_1904_are_told_as_everywhere_else() -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    sheet = book.worksheets[0]
    values: list[Any] = [date(2026, 5, 1), datetime(2026, 5, 1, 12), timedelta(hours=30), 46143, 0.5]
    for row, value in enumerate(values, 1):
        sheet.cell(row, 1).value = value
    sheet["A5"].number_format = "h:mm"
    buffer = io.BytesIO()
    book.save(buffer)
    assert b'date1904="1"' in unpack(buffer.getvalue())["xl/workbook.xml"]
    assert [raw.text for raw in cells(buffer.getvalue()).values()] == ["46143", "46143.5", "1.25", "46143", "0.5"]


def test_dates_written_as_iso_text_stay_dates() -> None:
    raw = cells(sheet_of('<row r="1"><c r="A1" t="d"><v>2026-05-01</v></c></row>'))["A1"]
    assert (raw.kind, raw.text) == (CellKind.DATE, "2026-05-01")


# ------------------------------------------------------------------ a writer other than openpyxl and LibreOffice


def test_a_workbook_written_anew_by_xlsxwriter_reads_the_same(issue: Issue, filled: bytes) -> None:
    """Shared strings, rich runs, its own styles; names and markers written again."""
    old = load_workbook(io.BytesIO(filled))
    buffer = io.BytesIO()
    book = Writer(buffer, {"in_memory": True})
    bold = book.add_format({"bold": True})
    for sheet in old.worksheets:
        page = book.add_worksheet(sheet.title)
        for line in sheet.iter_rows():
            for cell in line:
                if isinstance(cell.value, str) and cell.data_type == "f":
                    page.write_formula(cell.coordinate, cell.value)
                elif isinstance(cell.value, str) and len(cell.value) > 1:
                    page.write_rich_string(cell.coordinate, bold, cell.value[:1], cell.value[1:])
                elif isinstance(cell.value, int | float):
                    page.write_number(cell.coordinate, cell.value)
                elif cell.value is not None:
                    page.write_string(cell.coordinate, str(cell.value))
    for name, defined in old.defined_names.items():
        book.define_name(name, f"={defined.attr_text}")
    book.set_custom_property("xlkpi", str(old.custom_doc_props["xlkpi"].value))
    book.close()
    sent = read_submission(issue, buffer.getvalue())
    assert isinstance(sent, Submission), [finding.message() for finding in sent.findings]
    assert (sent.contents(), worse_than_notices(sent)) == (REAL_ANSWERS, [])
