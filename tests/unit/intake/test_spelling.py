"""What the byte cut takes: the spelling of the programs that write spreadsheets, first of all of our own."""

from __future__ import annotations

import pytest

from xlkpi.intake.reader import open_workbook
from xlkpi.intake.spelling import OtherSpelling, piece_of
from xlkpi.intake.wellformed import CELLS

TAKEN = [
    b'<sheetData><row customHeight="1" ht="34" r="1"><c r="A1" s="1" t="inlineStr"><is><t>x</t></is>',  # ours
    b'<sheetData><row r="1" spans="1:3 5:7" x14ac:dyDescent="0.25"><c r="A1" s="1" t="s"><v>0</v>',  # Excel
    b'<sheetData><row r="1" customFormat="false" ht="12.8" hidden="false"><c r="A1"><f aca="false">B1</f><v>1</v>',
    b'</row><row r="2"/><row r="3"><c r="A3" s="4"/><c r="B3" t="str"><f>A1&amp;"x"</f><v>y</v>', b'<c r="C3"><v>1</v>',
]  # fmt: skip
ODD = [
    b"<c r='C3'><v>1</v>", b'<c r = "C3"><v>1</v>', b'<c r="C3" t="n" ><v>1</v>',
    b'<c r="C3"><v >1</v>', b"<c><v>1</v>", b'<c r="C3"><v>1</v><v>2</v>',
    b'<c r="C3"><v>1</v><extLst/>', b'<c r="C3" a="1>2"><v>1</v>', b'<c r="C3">\n<v>1</v>',
    b'<c r="C3"/><c r="C3"><v>1</v>', b'<c r="C3"/><c r="D4"><v>1</v>', b'<row r="2"><c r="A2"><v>1</v>',
    b'<c r="c3"><v>1</v>', b'<c r="C3"><f>1</f><v>1</v><f>2</f>', b'<c r="C3" s=""><v>1</v>',
    b'<c r="C3" t="x"><v>1</v>', b'<c r="C3"><is><t>1</t></is>',
]  # fmt: skip


@pytest.mark.parametrize("piece", TAKEN)
def test_the_spelling_of_spreadsheet_programs_is_cut(piece: bytes) -> None:
    assert piece_of(piece).cell.kind in ("n", "s", "str", "inlineStr")


@pytest.mark.parametrize("piece", ODD)
def test_any_other_spelling_is_left_to_the_parser(piece: bytes) -> None:
    with pytest.raises(OtherSpelling):
        piece_of(piece)


def test_no_sheet_of_our_own_goes_to_the_parser(blank: bytes) -> None:
    """It would be read all the same, and several times as slowly."""
    book = open_workbook(blank)
    for part in book.sheets.values():
        _, pieces = book.package.pieces(part, CELLS)
        assert pieces is not None
        assert all(piece_of(piece) for piece in pieces.each)
