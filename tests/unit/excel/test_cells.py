"""An open workbook as raw cells: what an engine gives, whatever its kind, is what the file's own reader gives."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from openpyxl import Workbook

from xlkpi.excel.cells import BookCells
from xlkpi.intake.guard import Refused
from xlkpi.intake.reader import open_workbook
from xlkpi.values import UNKNOWN, CellKind

from .conftest import Open
from .demo import Month, saved
from .fake import FakeApp, FakeBook


def sheet_with(**cells: Any) -> bytes:
    book = Workbook()
    for ref, value in cells.items():
        book.worksheets[0][ref] = value
        if isinstance(value, str) and value.startswith("="):
            book.worksheets[0][ref].data_type = "s"
    return saved(book)


def read(book: Any, ref: str = "A1") -> Any:
    return BookCells(book).cells("Sheet", {ref}).cells.get(ref)


def test_a_text_that_looks_like_an_iso_date_stays_a_text(opened: Open) -> None:
    for text in ("2025-06-30T00:00:00", "2025-06-30T00:00:00+08:00", "2025-06-30", "12-3-4"):
        raw = read(opened(sheet_with(A1=text, B1=7)))
        assert (raw.kind, raw.text) == (CellKind.TEXT, text)


def test_a_date_is_the_number_that_the_file_holds(opened: Open) -> None:
    data = sheet_with(A1=dt.datetime(2026, 5, 1, 12))
    raw = read(opened(data))
    there = open_workbook(data).cells("Sheet", {"A1"}).cells["A1"]
    assert (raw.kind, raw.text) == (there.kind, there.text) == (CellKind.NUMBER, "46143.5")
    assert "yy" in raw.format


@pytest.mark.parametrize("number", [0, 7, 7.0, 0.1, -3.25, 1e-9, 251, 3427.0, 1e20, 0.28])
def test_int_and_float_are_one_number(opened: Open, number: float) -> None:
    data = sheet_with(A1=number)
    for raw in (read(opened(data)), read(FakeBook(data, "x.xlsx", FakeApp()))):
        there = open_workbook(data).cells("Sheet", {"A1"}).cells["A1"]
        assert (raw.kind, float(raw.text)) == (CellKind.NUMBER, float(there.text))
        assert "." not in raw.text or float(raw.text) != int(float(raw.text))


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NUM!", "#NAME?", "#NULL!"])
def test_an_error_cell_is_an_error_and_never_blank(opened: Open, error: str) -> None:
    data = sheet_with(A1=error)
    for raw in (read(opened(data)), read(FakeBook(data, "x.xlsx", FakeApp()))):
        assert (raw.kind, raw.text) == (CellKind.ERROR, error)


def test_an_error_that_xlwings_does_not_know_is_no_number() -> None:
    raw = read(FakeBook(sheet_with(A1="#SPILL!"), "x.xlsx", FakeApp()))
    assert (raw.kind, raw.text) == (CellKind.ERROR, "#SPILL!")


def test_blanks_are_left_out_and_truth_is_told_apart_from_one(opened: Open) -> None:
    book = opened(sheet_with(B2=True, C3=1))
    held = BookCells(book).cells("Sheet", None).cells
    assert {ref: (raw.kind, raw.text) for ref, raw in held.items()} == {
        "B2": (CellKind.BOOLEAN, "1"), "C3": (CellKind.NUMBER, "1"),
    }  # fmt: skip


def test_what_nobody_asked_for_is_a_stray(opened: Open) -> None:
    seen = BookCells(opened(sheet_with(A1=1, B1=2, C1=3))).cells("Sheet", {"A1", "Z9"}, {"B1"})
    assert (set(seen.cells), seen.strays) == ({"A1"}, ("C1",))


def test_the_remote_engine_tells_no_formulas_and_desktop_excel_does(opened: Open) -> None:
    book = Workbook()
    book.worksheets[0]["A1"] = "=1+1"
    book.worksheets[0]["B1"] = "=x"
    book.worksheets[0]["B1"].data_type = "s"
    book.worksheets[0]["C1"] = 5
    data = saved(book)
    assert read(opened(data), "C1").formula is UNKNOWN
    desktop = FakeBook(data, "x.xlsx", FakeApp())
    assert read(desktop).formula == "1+1"
    assert read(desktop, "B1").formula is None, "a text that begins with = is no formula"
    assert read(desktop, "C1").formula is None


def test_names_of_a_single_sheet_are_left_out(opened: Open, month: Month) -> None:
    book = opened(month.files["D001"].read_bytes())
    names = BookCells(book).names
    assert names["接车台次"] == open_workbook(month.files["D001"]).names["接车台次"].replace("'", "")
    fake = FakeBook(month.files["D001"].read_bytes(), "x.xlsx", FakeApp())
    assert BookCells(fake).names == {
        name: text for name, text in open_workbook(month.files["D001"]).names.items() if "!" not in name
    }


@pytest.mark.parametrize(("ref", "code"), [("A20001", "XK-F007"), ("ALM1", "XK-F007"), ("ADV2000", "XK-F006")])
def test_a_sheet_larger_than_any_form_is_refused(opened: Open, ref: str, code: str) -> None:
    book = opened(sheet_with(A1=1))
    row, column = int(ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), ref.rstrip("0123456789")
    width = {"A": 1, "ALM": 1001, "ADV": 802}[column]
    book.impl.api["sheets"][0]["values"] = [[None] * width] * row
    with pytest.raises(Refused, match=code):
        BookCells(book).cells("Sheet", None)


def test_an_empty_sheet_has_no_cells(opened: Open) -> None:
    assert BookCells(opened(sheet_with())).cells("Sheet", None).cells == {}
