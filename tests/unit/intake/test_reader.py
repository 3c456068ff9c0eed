"""The reader: raw cells as they stand in the file."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from python_calamine import CalamineWorkbook
from shared.packages import edited, replaced

from xlkpi.intake.guard import Refused
from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.intake.sheet_reading import MEMORIES
from xlkpi.issue import Issue
from xlkpi.values import CellKind, Place, RawCell
from xlkpi.workbook.package import unpack


def saved(**cells: Any) -> bytes:
    book = Workbook()
    for ref, value in cells.items():
        book.worksheets[0][ref] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cell(data: bytes, ref: str, sheet: str = "Sheet") -> RawCell:
    return open_workbook(data).cells(sheet, None).cells[ref]


@pytest.mark.parametrize(
    ("value", "kind", "text", "formula"),
    [
        (251, CellKind.NUMBER, "251", None),
        (0.1, CellKind.NUMBER, "0.1", None),
        ("文字 & <b>", CellKind.TEXT, "文字 & <b>", None),
        (True, CellKind.BOOLEAN, "1", None),
        ("=1+1", CellKind.EMPTY, None, "1+1"),
        ("#N/A", CellKind.ERROR, "#N/A", None),
        ("  留白  ", CellKind.TEXT, "  留白  ", None),
        ("两行\n文字", CellKind.TEXT, "两行\n文字", None),
        ("𠀀😀", CellKind.TEXT, "𠀀😀", None),
    ],
)
def test_a_cell_is_read_as_the_file_has_it(value: Any, kind: CellKind, text: str | None, formula: str | None) -> None:
    raw = cell(saved(B3=value), "B3")
    assert (raw.place, raw.kind, raw.text, raw.formula) == (Place("Sheet", "B3"), kind, text, formula)


def test_a_number_format_comes_along() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row, shape in enumerate(("0.00%", "0%", "#,##0.00", "General", '0"号"'), 1):
        sheet.cell(row, 1, 0.5).number_format = shape
    sheet.cell(6, 1, datetime(2026, 11, 6))
    buffer = io.BytesIO()
    book.save(buffer)
    cells = open_workbook(buffer.getvalue()).cells("Sheet", None).cells
    assert [cells[f"A{row}"].format for row in range(1, 6)] == ["0.00%", "0%", "#,##0.00", "General", '0"号"']
    assert cells["A6"].kind is CellKind.NUMBER
    assert "yy" in str(cells["A6"].format)


def test_only_wanted_cells_are_decoded_and_others_that_hold_something_are_strays() -> None:
    read = open_workbook(saved(A1=1, B2="x", C3="=1", D4=None, E5=5)).cells("Sheet", {"A1", "Z9"}, {"E5"})
    assert set(read.cells) == {"A1"}
    assert read.strays == ("B2", "C3")


def test_an_empty_sheet_has_no_cells() -> None:
    assert open_workbook(saved()).cells("Sheet", None).cells == {}
    bare = edited_sheet(saved(A1=1), "<sheetData/>")
    assert open_workbook(bare).cells("Sheet", None).cells == {}


def edited_sheet(data: bytes, body: str) -> bytes:
    import re

    return edited(
        data, guide=lambda text: re.sub(r"<sheetData.*?(?:/>|</sheetData>)", lambda _: body, text, flags=re.S)
    )


def test_names_and_properties_are_read(filled: bytes, issue: Issue) -> None:
    book = open_workbook(filled)
    assert place_of(book.names["接车台次"]) == issue.layout.place("接车台次")
    assert book.names["_xlkpi"].strip('"').split("|")[:4] == ["service-assessment", "2026.1", "2026-11", "D001"]
    assert book.properties()["xlkpi"] == book.names["_xlkpi"].strip('"')
    assert list(book.sheets)[:3] == ["说明", "填报", "绩效考核表"]
    assert list(book.sheets)[-1] == "_xlkpi"


def test_a_name_local_to_one_sheet_is_not_taken_for_the_workbooks(filled: bytes) -> None:
    data = edited(
        filled,
        workbook=lambda text: text.replace(
            "<definedNames>", '<definedNames><definedName name="接车台次" localSheetId="0">\'说明\'!$A$1</definedName>'
        ),
    )
    assert open_workbook(data).names == open_workbook(filled).names


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("'填报'!$F$6", Place("填报", "F6")),
        ("Sheet1!$A$1", Place("Sheet1", "A1")),
        ("'it''s'!$B$2", Place("it's", "B2")),
        ("'a!b'!$C$3", Place("a!b", "C3")),
        ("填报!F6", Place("填报", "F6")),
        ("'填报'!$F$6:$F$9", None),
        ("'填报'!#REF!", None),
        ('"text"', None),
        ("", None),
        ("'填报'!$F", None),
        ("'填报'!$F$0", None),
        ("#REF!", None),
    ],
)
def test_a_name_points_to_one_cell_or_to_none(text: str, place: Place | None) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("A20001", "XK-F007"),
        ("ALM1", "XK-F007"),
        ("XFD1048576", "XK-F007"),
        ("A0", "XK-F008"),
        ("A99999999999", "XK-F008"),
        ("1A", "XK-F008"),
        ("a1", "XK-F008"),
        ("AAAA1", "XK-F008"),
        ("$A$1", "XK-F008"),
    ],
)
def test_a_cell_too_far_or_without_a_place_is_refused(ref: str, code: str) -> None:
    data = edited_sheet(saved(A1=1), f'<sheetData><row r="1"><c r="{ref}"><v>1</v></c></row></sheetData>')
    with pytest.raises(Refused) as caught:
        open_workbook(data).cells("Sheet", {"A1"})
    assert caught.value.code == code


@pytest.mark.parametrize("ref", ["A20000", "ALL1"])
def test_the_last_row_and_column_within_the_limit_are_read(ref: str) -> None:
    data = edited_sheet(saved(A1=1), f'<sheetData><row r="1"><c r="{ref}"><v>1</v></c></row></sheetData>')
    assert open_workbook(data).cells("Sheet", None).cells[ref].text == "1"


def test_a_filled_workbook_holds_what_calamine_reads_in_it(filled: bytes) -> None:
    ours = open_workbook(filled)
    theirs = CalamineWorkbook.from_filelike(io.BytesIO(filled))
    compared = 0
    for sheet in ours.sheets:
        rows = theirs.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        for raw in ours.cells(sheet, None).cells.values():
            if raw.text is None or raw.formula is not None:
                continue
            column = 0
            letters = raw.place.ref.rstrip("0123456789")
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            value = rows[int(raw.place.ref[len(letters) :]) - 1][column - 1]
            assert value == (float(raw.text) if raw.kind is CellKind.NUMBER else raw.text), raw.place
            compared += 1
    assert compared > 150


BOOK = saved(A1="甲", B1=1, C1="乙")
ENDS = [
    "<v>1</v>", "<v>-2.5E+3</v>", "<v></v>", "<v/>", "<v> 3 </v>", "<v>a&amp;b</v>", "<v>宝</v>", "<v>0</v>", "",
    '<v xml:space="preserve">4</v>', "<v>5</v><extLst/>", "<v>6</v><v>7</v>", "<v>6</v><v>8</v>",
    "<extLst><x>8</x></extLst>", "<is><t>9</t></is>",
]  # fmt: skip
BEGINS = ["", ' t="n"', ' t="str"', ' t="b"', ' t="e"', ' t="inlineStr"']
SHARED = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{0}零</t></si><si><t>{0}一</t></si></sst>'
ways = st.one_of(
    st.tuples(st.sampled_from(BEGINS), st.sampled_from(["", "<f>A1</f>"]), st.sampled_from(ENDS)),
    st.tuples(st.just(' t="s"'), st.just(""), st.sampled_from(["<v>0</v>", "<v>1</v>"])),
)


@example([("", "", "<v>6</v><v>7</v>"), ("", "", "<v>6</v><v>8</v>")])
@given(st.lists(ways, min_size=2, max_size=4))
def test_files_that_were_read_before_change_nothing(ways: list[tuple[str, str, str]]) -> None:
    """Cells that differ in nothing but the end are told apart, whichever came first; so are shared strings."""
    sheet = unpack(BOOK)["xl/worksheets/sheet1.xml"]
    files = [
        replaced(BOOK, {
            "xl/worksheets/sheet1.xml": sheet.replace(b' t="n"><v>1</v>', f"{kind}>{formula}{end}".encode()),
            "xl/sharedStrings.xml": SHARED.format(number).encode(),
        })
        for number, (kind, formula, end) in enumerate(ways)
    ]  # fmt: skip
    together = [cells_or_refusal(data) for data in files]
    for data, cells in zip(files, together, strict=True):
        MEMORIES.clear()
        assert cells_or_refusal(data) == cells


def cells_or_refusal(data: bytes) -> object:
    try:
        return open_workbook(data).cells("Sheet", None).cells
    except Refused as refused:
        return refused.code, refused.facts


ASKED = frozenset({"A1", "B1", "C1", "B2"})
KNOWN = frozenset({"A1", "B1", "C1", "D1", "B2"})
FORM = {
    "A1": ' s="0"><v>0</v>', "B1": "><f>A1</f><v>0</v>", "C1": ' t="s"><v>0</v>', "D1": "><v>7</v>",
    "E1": ' s="0">', "B2": "><v>0</v>",
}  # fmt: skip
CHANGES = [
    ' s="0"><v>0</v>', ' s="0"><v>1</v>', ' s="1"><v>1</v>', ' s="0">', ' t="s"><v>1</v>', ' t="str"><v>0</v>',
    "><f>A1</f>", "><f>B9</f><v>1</v>", '><f t="shared" si="0" ref="B1:C1">A1+1</f>', '><f t="shared" si="0"/>',
]  # fmt: skip
changes = st.dictionaries(st.sampled_from(list(FORM)), st.sampled_from(CHANGES), max_size=2)
odd_things = st.sampled_from(["", "", "", "", "twice", "hidden", "without", "other row"])


@example([({}, ""), ({"E1": "><v>1</v>"}, "")])
@settings(max_examples=60)
@given(st.lists(st.tuples(changes, odd_things), min_size=2, max_size=5))
def test_what_the_file_before_had_changes_nothing(files: list[tuple[dict[str, str], str]]) -> None:
    """Cells, strays, hidden rows and shared formulas are those of the file alone, whatever was read before it."""
    made = [with_cells(number, {**FORM, **changed}, odd) for number, (changed, odd) in enumerate(files)]
    MEMORIES.clear()
    together = [sheet_or_refusal(data) for data in made]
    for data, read in zip(made, together, strict=True):
        MEMORIES.clear()
        assert sheet_or_refusal(data) == read


def with_cells(number: int, cells: dict[str, str], odd: str) -> bytes:
    """A workbook with these cells on its sheet, and one odd thing: a hidden row, a cell less, one twice, one moved."""
    each = {ref: cell for ref, cell in cells.items() if ref != "D1" or odd != "without"}
    rows = {"1": "", "3" if odd == "other row" else "2": ""}
    for ref, rest in each.items():
        row = ref[1] if ref[1] in rows else "3"
        letter = "D" if odd == "twice" and ref == "E1" else ref[0]
        rows[row] += f'<c r="{letter}{row}"{rest}</c>'
    hidden = ' hidden="1"' if odd == "hidden" else ""
    written = "".join(f'<row r="{row}"{hidden}>{text}</row>' for row, text in rows.items())
    sheet = edited_sheet(BOOK, f"<sheetData>{written}</sheetData>")
    return replaced(sheet, {"xl/sharedStrings.xml": SHARED.format(number).encode()})


def sheet_or_refusal(data: bytes) -> object:
    """What is asked of a sheet, in the order in which its cells stand."""
    try:
        read = open_workbook(data).cells("Sheet", ASKED, KNOWN)
    except Refused as refused:
        return refused.code, refused.facts
    return list(read.cells.items()), read.strays, read.outline, read.unseen
