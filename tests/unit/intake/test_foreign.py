"""Files that are no .xlsx: told apart by their bytes, read in a process of its own, found again by their words."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from conftest import REAL_ANSWERS, MakeIssue
from shared.packages import zipped

from xlkpi.intake import foreign
from xlkpi.intake.foreign import ForeignBook, open_source
from xlkpi.intake.guard import Refused
from xlkpi.intake.locate import shift_between
from xlkpi.intake.outline import Area, Outline
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, Unusable, read_source, read_submission
from xlkpi.issue import Issue
from xlkpi.scheme.lint import usable_scheme
from xlkpi.values import UNKNOWN, Absence, CellKind, Place
from xlkpi.workbook.sheets.marker import TITLE as MARKER_SHEET
from xlkpi.workbook.stamp import Stamper

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LETTER = {CellKind.NUMBER: "n", CellKind.TEXT: "t", CellKind.BOOLEAN: "b", CellKind.DATE: "d"}
Cells = dict[str, dict[str, tuple[str, str]]]

# ------------------------------------------------------------------ told apart by bytes

_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
)


def ods(
    rows: str, names: str = "", manifest: str = "", content: str = "", meta: str = "", styles: str = "", own: str = ""
) -> bytes:  # fmt: skip
    """An .ods by hand: one sheet S with these rows. `own` are the styles beside the sheet, `styles` the document's."""
    body = content or (
        f"<office:document-content {_SPACES}><office:automatic-styles>{own}</office:automatic-styles>"
        "<office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}</table:table>{names}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
        "content.xml": body,
        **({"meta.xml": meta} if meta else {}),
        **({"styles.xml": f"<office:document-styles {_SPACES}>{styles}</office:document-styles>"} if styles else {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, part, how)
    return buffer.getvalue()


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def number(value: float, more: str = "") -> str:
    said = f'office:value-type="float" office:value="{value}"{more}'
    return f"<table:table-cell {said}><text:p>x</text:p></table:table-cell>"


def text(value: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def date(day: str) -> str:
    return f'<table:table-cell office:value-type="date" office:date-value="{day}"><text:p>x</text:p></table:table-cell>'


def test_an_ods_is_read_with_its_names_and_properties() -> None:
    names = (
        '<table:named-expressions><table:named-range table:name="甲" table:base-cell-address="$S.$A$1" '
        'table:cell-range-address="$S.$B$2"/><table:named-range table:name="乙" '
        'table:cell-range-address="$S.$B$2:.$B$9"/><table:named-expression table:name="丙" '
        'table:expression="&quot;a|b&quot;"/></table:named-expressions>'
    )
    meta = (
        f"<office:document-meta {_SPACES}><office:meta>"
        '<meta:user-defined meta:name="xlkpi">a|b</meta:user-defined></office:meta></office:document-meta>'
    )
    rows = row(text("项目")) + row(text("甲"), number(12.5), date("2026-05-01"))
    book = open_source(ods(rows, names, meta=meta))
    assert isinstance(book, ForeignBook)
    assert (list(book.sheets), book.names, book.properties()) == (
        ["S"],
        {"甲": "'S'!$B$2", "乙": "'S'!$B$2:$B$9", "丙": '"a|b"'},
        {"xlkpi": "a|b"},
    )
    assert not book.tells_formulas
    read = book.cells("S", {"B2", "C2"}, {"A2"})
    assert [(raw.kind, raw.text) for raw in read.cells.values()] == [
        (CellKind.NUMBER, "12.5"),
        (CellKind.DATE, "2026-05-01"),
    ]
    assert read.strays == ("A1",)


def test_the_ending_of_a_file_decides_nothing(issue: Issue, filled: bytes, tmp_path: Path) -> None:
    for name in ("a.et", "a.xls", "a.ods", "a"):
        path = tmp_path / name
        path.write_bytes(filled)
        sent = read_submission(issue, path)
        assert isinstance(sent, Submission)
        assert (sent.contents(), sent.findings) == (REAL_ANSWERS, ())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OLE + bytes(3000) + "EncryptedPackage".encode("utf-16-le"), "XK-F003"),
        (ods("", manifest="<encryption-data/>"), "XK-F003"),
        (ods("", content="<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), "XK-F005"),
        (ods("", content="<x>"), "XK-F002"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "XK-F001"),
        ("名称,值\n接车台次,1\n".encode("gbk"), "XK-F001"),
        (b"", "XK-F001"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, code: str, issue: Issue) -> None:
    sent = read_submission(issue, data)
    assert isinstance(sent, Unusable)
    assert [finding.code for finding in sent.findings] == [code]


# ------------------------------------------------------------------ hostile ones cost a finding


def _claiming(sectors: int) -> bytes:
    """A compound file that claims so many sectors of its own table (tafia/calamine#684)."""
    head = OLE + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, sectors, 0, 0, 4096, 0, 0, 0, sectors)
    return head + b"\xff" * (512 - len(head)) + b"\xff" * 4096


HOSTILE: Mapping[str, tuple[Callable[[], bytes], set[str]]] = {
    "a compound file of nothing": (lambda: OLE + bytes(4000), {"XK-F004"}),
    "4 billion sectors": (lambda: _claiming(0xFFFF_FFFF), {"XK-F002", "XK-F006"}),
    "a cell in the last corner": (
        lambda: ods(
            row(number(1))
            + '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
            + row('<table:table-cell table:number-columns-repeated="16383"/>', number(1))
        ),
        {"XK-F002", "XK-F006", "XK-F007"},
    ),
    "a million rows of values": (
        lambda: ods(f'<table:table-row table:number-rows-repeated="1048576">{number(1)}</table:table-row>'),
        {"XK-F006", "XK-F007"},
    ),
    "17 billion values": (
        lambda: ods(
            '<table:table-row table:number-rows-repeated="1048576">'
            + number(1, ' table:number-columns-repeated="16384"')
            + "</table:table-row>"
        ),
        {"XK-F002", "XK-F006", "XK-F007"},
    ),
    "80 MB of comment": (lambda: ods(f"<!--{'x' * (80 << 20)}-->"), {"XK-F006"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_one_finding(name: str, issue: Issue) -> None:
    make, codes = HOSTILE[name]
    sent = read_submission(issue, make())
    assert isinstance(sent, Unusable)
    assert len(sent.findings) == 1
    assert sent.findings[0].code in codes
    assert sent.findings[0].message()


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(foreign.calamine_cells, "__file__", str(sleeper))
    monkeypatch.setattr(foreign, "_SECONDS", 0.3)
    with pytest.raises(Refused) as caught:
        open_source(ods(row(number(1))))
    assert (caught.value.code, caught.value.facts["what"]) == ("XK-F006", "读取时间")


# ------------------------------------------------------------------ cells without names, by their words


def cells_of(data: bytes) -> Cells:
    """What calamine would tell of a workbook: values only."""
    book = open_workbook(data)
    return {
        sheet: {
            ref: (_LETTER[raw.kind], raw.text)
            for ref, raw in book.cells(sheet, None).cells.items()
            if raw.text is not None and raw.kind in _LETTER
        }
        for sheet in book.sheets
    }


def moved(cells: dict[str, tuple[str, str]], rows: Callable[[int], int], columns: Callable[[str], str] = str) -> dict[
    str, tuple[str, str]
]:  # fmt: skip
    split = ((ref.rstrip("0123456789"), ref, cell) for ref, cell in cells.items())
    return {f"{columns(name)}{rows(int(ref[len(name) :]))}": cell for name, ref, cell in split}


def told(issue: Issue, cells: Cells) -> Submission:
    sent = read_source(issue, lambda: ForeignBook(cells), "月报.et")
    assert isinstance(sent, Submission), [finding.message() for finding in sent.findings]
    return sent


@pytest.fixture
def sheets(filled: bytes) -> Cells:
    return cells_of(filled)


def test_values_alone_are_enough_and_integrity_is_not_verified(issue: Issue, sheets: Cells) -> None:
    sent = told(issue, sheets)
    assert sent.contents() == REAL_ANSWERS
    assert [finding.code for finding in sent.findings] == ["XK-I007", "XK-V045"]


def test_inserted_rows_and_columns_are_found_by_their_words(issue: Issue, sheets: Cells) -> None:
    first = issue.layout.place("接车台次")
    start = int(first.ref[1:])
    sheets["填报"] = moved(sheets["填报"], lambda r: r + 2 * (r >= start), lambda c: chr(ord(c) + (c >= "E")))
    sent = told(issue, sheets)
    assert sent.contents() == REAL_ANSWERS
    assert {f.code for f in sent.findings} == {"XK-T011", "XK-I007", "XK-I008", "XK-V045"}
    places = {f.field: str(f.place) for f in sent.findings if f.code == "XK-T011"}
    assert places["接车台次"] == f"填报!G{start + 2}"


def test_a_row_that_is_gone_or_stands_twice_is_never_guessed(issue: Issue, sheets: Cells) -> None:
    at = int(issue.layout.place("精品").ref[1:])
    lost = {ref: cell for ref, cell in sheets["填报"].items() if int(ref[1:]) != at}
    twice = sheets["填报"] | {f"{ref[0]}40": cell for ref, cell in sheets["填报"].items() if int(ref[1:]) == at}
    for changed in (lost, twice):
        sent = told(issue, {**sheets, "填报": changed})
        assert [(f.code, f.field) for f in sent.findings if f.code == "XK-T010"] == [("XK-T010", "精品")]
        assert sent.answers["精品"].value is Absence.MISSING
        assert sent.answers["轮胎"].value == 7453.0


def test_rows_in_another_order_are_found(issue: Issue, sheets: Cells) -> None:
    first, second = (int(issue.layout.place(name).ref[1:]) for name in ("养护品", "轮胎"))
    swap = {first: second, second: first}
    sheets["填报"] = moved(sheets["填报"], lambda r: swap.get(r, r))
    assert told(issue, sheets).contents() == REAL_ANSWERS


def test_a_renamed_sheet_is_known_by_its_words(issue: Issue, sheets: Cells) -> None:
    sent = told(issue, {("五月" if sheet == "填报" else sheet): cells for sheet, cells in sheets.items()})
    assert sent.contents() == REAL_ANSWERS
    assert [f.code for f in sent.findings] == ["XK-T012", "XK-I007", "XK-V045"]


def test_an_altered_target_is_found_without_names_too(issue: Issue, sheets: Cells) -> None:
    place = issue.layout.place("接车台次_目标")
    sheets[place.sheet][place.ref] = ("n", "10")
    found = {(f.code, f.place) for f in told(issue, sheets).findings}
    assert ("XK-I001", place) in found


def test_without_the_hidden_sheet_nothing_tells_whose_it_is(issue: Issue, sheets: Cells) -> None:
    del sheets[MARKER_SHEET]
    sent = read_source(issue, lambda: ForeignBook(sheets), "月报.et")
    assert isinstance(sent, Unusable)


@pytest.mark.parametrize(
    ("form", "here", "row", "column"),
    [
        ({"A1": "甲", "B1": "乙"}, {"A1": "甲", "B1": "乙"}, {1: 1}, {1: 1, 2: 2}),
        ({"A1": "甲", "B1": "乙"}, {"A3": "甲", "C3": "乙"}, {1: 3}, {1: 1, 2: 3}),
        ({"A1": "甲", "A2": "甲"}, {"A1": "甲"}, {}, {}),  # which of the two is it?
        ({"A1": "甲"}, {"A1": "甲", "A5": "甲"}, {}, {}),
        ({"A1": "甲", "B1": "乙"}, {"A1": "甲", "B2": "乙"}, {}, {1: 1, 2: 2}),  # one row's words in two rows
    ],
)
def test_words_that_occur_once_tell_where_rows_and_columns_are(
    form: dict[str, str], here: dict[str, str], row: dict[int, int], column: dict[int, int]
) -> None:
    shift = shift_between(form, here)
    assert (shift.rows, shift.columns) == (row, column)
    place = shift.place(Place("S", "B1"))
    assert (place is not None) == (1 in row and 2 in column)


def test_an_archive_of_something_else_is_no_workbook() -> None:
    with pytest.raises(Refused) as caught:
        open_source(zipped([("word/document.xml", b"<x/>")]))
    assert caught.value.code == "XK-F001"


# ------------------------------------------------------------------ tables


@pytest.fixture(scope="module")
def daily(issue_of: MakeIssue) -> tuple[Issue, Cells, dict[str, str]]:
    """The monthly scheme, its master's cells with one repair order filled in, and the names of its columns."""
    issue = issue_of(*usable_scheme("service-monthly"))
    stamped = Stamper(issue.layout, issue.master).stamp(issue.stamped("D001"), issue.marker("D001"))
    book = open_workbook(stamped)
    cells = {
        sheet: {
            ref: (_LETTER[raw.kind], raw.text)
            for ref, raw in book.cells(sheet, None).cells.items()
            if raw.text is not None and raw.kind in _LETTER
        }
        for sheet in book.sheets
    }
    (table,) = issue.layout.tables.values()
    for number, letter in enumerate(table.columns.values(), 1):
        cells[table.sheet][f"{letter}{table.first}"] = ("n", str(number))
    return issue, cells, {name: text for name, text in book.names.items() if name.startswith(f"{table.name}_")}


def table_codes(sent: Submission) -> set[str]:
    return {f.code for f in sent.findings if f.code in ("XK-T015", "XK-T016", "XK-I004", "XK-I006")}


def test_a_tables_columns_are_found_again_by_headings(daily: tuple[Issue, Cells, dict[str, str]]) -> None:
    issue, cells, _ = daily
    (table,) = issue.layout.tables.values()
    before = told(issue, cells)
    shifted = moved(cells[table.sheet], lambda r: r + 1, lambda c: chr(ord(c) + (c >= "B")))
    after = told(issue, {**cells, table.sheet: shifted})
    assert after.tables == before.tables
    assert len(before.tables[table.name]) == 1
    assert (table_codes(before), table_codes(after)) == (set(), {"XK-T016"})


def test_a_table_without_one_of_its_columns_tells_which(daily: tuple[Issue, Cells, dict[str, str]]) -> None:
    issue, cells, _ = daily
    (table,) = issue.layout.tables.values()
    last, letter = list(table.columns.items())[-1]
    lacking = {ref: cell for ref, cell in cells[table.sheet].items() if ref.rstrip("0123456789") != letter}
    sent = told(issue, {**cells, table.sheet: lacking})
    assert [f.facts["column"] for f in sent.findings if f.code == "XK-T015"] == [last]
    assert set(told(issue, cells).tables[table.name][0]) - set(sent.tables[table.name][0]) == {last}


def test_where_there_are_names_they_tell_where_a_tables_columns_are(daily: tuple[Issue, Cells, dict[str, str]]) -> None:
    issue, cells, names = daily
    (table,) = issue.layout.tables.values()
    shifted = moved(cells[table.sheet], lambda r: r, lambda c: chr(ord(c) + (c >= "B")))
    there = {
        name: re.sub(r"\$([A-Z])\$", lambda m: f"${chr(ord(m[1]) + (m[1] >= 'B'))}$", text)
        for name, text in names.items()
    }
    sent = read_source(issue, lambda: ForeignBook({**cells, table.sheet: shifted}, there), "月报.ods")
    assert isinstance(sent, Submission)
    assert sent.tables == told(issue, cells).tables
    assert table_codes(sent) == {"XK-T016"}


# ------------------------------------------------------------------ how numbers look


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        ('<table:table-cell office:value-type="float" office:value="25.2"><text:p>25.2万元</text:p></table:table-cell>',
         {"A1": "25.2万元"}),
        ('<table:table-cell office:value-type="percentage" office:value="1" table:number-columns-repeated="2">'
         "<text:p>100%</text:p></table:table-cell>", {"A1": "100%", "B1": "100%"}),
        ('<table:table-cell office:value-type="float" office:value="5"/>', {}),
    ],
)  # fmt: skip
def test_an_ods_tells_what_its_cells_show(cells: str, formats: dict[str, str]) -> None:
    book = open_source(ods(row(cells)))
    read = book.cells("S", None).cells
    for ref, raw in read.items():
        shown = formats.get(ref)
        assert raw.format == (UNKNOWN if shown is None else ";".join([f'"{shown}"'] * 3))
    assert set(formats) <= set(read)


def style(name: str, look: str = "", parent: str = "") -> str:
    """A style of an .ods; `look` are the properties of its text."""
    properties = f"<style:text-properties {look}/>" if look else ""
    return f'<style:style style:name="{name}" style:parent-style-name="{parent}">{properties}</style:style>'


STRUCK = 'style:text-line-through-style="solid" style:text-line-through-type="single"'
STYLES = style("Gone", STRUCK)
OWN = (
    style("struck", parent="Gone") + style("plain", 'style:text-line-through-style="none"', "Gone")
    + style("up", 'style:text-position="super 58%"') + style("down", 'style:text-position="-33% 58%"')
)  # fmt: skip


def styled(name: str, content: str, kind: str = 'string"') -> str:
    about = f'table:style-name="{name}" office:value-type="{kind}'
    return f"<table:table-cell {about}><text:p>{content}</text:p></table:table-cell>"


def span(name: str, content: str) -> str:
    return f'<text:span text:style-name="{name}">{content}</text:span>'


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        (styled("struck", "320", 'float" office:value="320"'), "3̶2̶0̶"),
        (styled("struck", "320"), "3̶2̶0̶"),
        (styled("plain", "320"), "320"),
        (styled("struck", f"320{span('plain', '500')}"), "3̶2̶0̶500"),
        (styled("", f"{span('struck', '320')}500"), "3̶2̶0̶500"),
        (styled("", f"甲</text:p><text:p>{span('struck', '乙<text:s/>丙')}"), "甲\n乙̶ 丙̶"),
        (styled("", f"甲<text:line-break/>{span('struck', span('up', '1'))}"), "甲\n¹̶"),
        (styled("", f"320{span('up', '1')}"), "320¹"),
        (styled("", f"A{span('down', '2')}"), "A₂"),
        (styled("", span("nowhere", "320")), "320"),
    ],
)
def test_what_an_ods_strikes_out_or_raises_is_no_figure(cell: str, seen: str) -> None:
    """As in an .xlsx. A style may have it of its parent."""
    read = open_source(ods(row(cell), styles=STYLES, own=OWN)).cells("S", None).cells
    assert read["A1"].text == seen


def test_a_style_may_be_the_column_s_or_the_row_s() -> None:
    columns = '<table:table-column/><table:table-column table:default-cell-style-name="struck"/>'
    cells = row(number(1), number(320)) + row(number(1), number(320)).replace(
        "<table:table-row", '<table:table-row table:default-cell-style-name="plain"'
    )
    read = open_source(ods(columns + cells, styles=STYLES, own=OWN)).cells("S", None).cells
    assert {ref: raw.text for ref, raw in read.items()} == {"A1": "1.0", "B1": "3̶2̶0̶", "A2": "1.0", "B2": "320.0"}


def test_an_ods_tells_what_is_merged_or_hidden() -> None:
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>'
    )
    wide = (
        '<table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="3" office:value-type="string">'
    )
    cells = row(number(1), f"{wide}<text:p>x</text:p></table:table-cell>") + row(number(1)).replace(
        "<table:table-row", '<table:table-row table:visibility="filter" table:number-rows-repeated="2"'
    )
    outline = open_source(ods(columns + cells)).cells("S", None).outline
    assert outline == Outline((Area(2, 1, 3, 3),), frozenset({2, 3}), ((3, 3), (4, 4)))
