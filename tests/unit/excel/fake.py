"""A book as desktop Excel's looks through xlwings, without Excel and without a key: values, formulas, looks, alerts.

As COM does, every number is a float and an unknown error is its number; as Excel does, it drops an apostrophe in front,
takes what looks like a formula for one, and adds no sheet to a workbook whose structure is locked.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from openpyxl import load_workbook
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.hyperlink import Hyperlink


class ComError(Exception):
    """What pywin32 raises."""


class FakeApp:
    engine = SimpleNamespace(type="desktop", name="excel")

    def __init__(self) -> None:
        self.books: list[FakeBook] = []
        self.alerts: list[tuple[str, str]] = []

    def alert(self, prompt: str, title: str, mode: str = "info") -> None:
        self.alerts.append((mode, prompt))


class FakeBook:
    """`reads` counts bulk reads by sheet and kind; `fails_at` names a sheet whose colouring breaks."""

    def __init__(self, data: bytes, name: str, app: FakeApp, folder: str = ""):
        self.data = data
        self.file = load_workbook(io.BytesIO(data))
        self.name, self.fullname, self.app = name, f"{folder}/{name}", app
        self.reads: dict[tuple[str, str], int] = {}
        self.fails_at = ""
        self.locked = bool(self.file.security and self.file.security.lockStructure)
        app.books.append(self)

    @cached_property
    def values(self) -> Any:
        return load_workbook(io.BytesIO(self.data), data_only=True)

    @property
    def api(self) -> Any:
        return SimpleNamespace(ProtectStructure=self.locked, Unprotect=self._unlock, Protect=self._lock)

    def _unlock(self) -> None:
        self.locked = False

    def _lock(self, Structure: bool, Windows: bool) -> None:
        self.locked = Structure

    @property
    def names(self) -> Iterator[Any]:
        return (SimpleNamespace(name=k, refers_to=f"={d.attr_text}") for k, d in self.file.defined_names.items())

    @property
    def sheets(self) -> FakeSheets:
        return FakeSheets(self)


class FakeSheets:
    def __init__(self, book: FakeBook):
        self.book = book

    def __iter__(self) -> Iterator[FakeSheet]:
        return (FakeSheet(self.book, title) for title in self.book.file.sheetnames)

    def __len__(self) -> int:
        return len(self.book.file.sheetnames)

    def __getitem__(self, key: int | str) -> FakeSheet:
        return FakeSheet(self.book, self.book.file.sheetnames[key] if isinstance(key, int) else key)

    def add(self, name: str, after: FakeSheet) -> FakeSheet:
        if self.book.locked:
            raise ComError("1004 工作簿受保护，无法更改")
        self.book.file.create_sheet(name, self.book.file.sheetnames.index(after.name) + 1)
        self.book.values.create_sheet(name, self.book.values.sheetnames.index(after.name) + 1)
        return FakeSheet(self.book, name)


class FakeSheet:
    def __init__(self, book: FakeBook, name: str):
        self.book, self.name = book, name

    @cached_property
    def both(self) -> tuple[Any, Any]:
        return self.book.file[self.name], self.book.values[self.name]

    @property
    def used_range(self) -> FakeRange:
        sheet = self.both[0]
        return FakeRange(self, 1, 1, sheet.max_row, sheet.max_column)

    def range(self, first: Any, last: Any = None) -> FakeRange:
        if isinstance(first, str):
            left, top, right, bottom = range_boundaries(first)
            sheet = self.both[0]
            return FakeRange(self, top or 1, left, bottom or sheet.max_row, right)
        return FakeRange(self, *first, *(last or first))

    def clear(self) -> None:
        for sheet in self.both:
            for row in sheet.iter_rows():
                for cell in row:
                    cell.value, cell.fill, cell.hyperlink, cell.number_format = None, PatternFill(), None, "General"

    def delete(self) -> None:
        for book in (self.book.file, self.book.values):
            del book[self.name]


class FakeRange:
    def __init__(self, sheet: FakeSheet, top: int, left: int, bottom: int, right: int):
        self.sheet, self.box = sheet, (top, left, bottom, right)
        self.font = SimpleNamespace(bold=False)
        self.wrap_text = None

    def _rows(self, sheet: Any) -> list[list[Any]]:
        top, left, bottom, right = self.box
        return [[sheet.cell(row, column) for column in range(left, right + 1)] for row in range(top, bottom + 1)]

    @property
    def row(self) -> int:
        return self.box[0]

    @property
    def column(self) -> int:
        return self.box[1]

    @property
    def shape(self) -> tuple[int, int]:
        top, left, bottom, right = self.box
        return bottom - top + 1, right - left + 1

    @property
    def api(self) -> Any:
        struck = {bool(cell.font.strike) for row in self._rows(self.sheet.both[0]) for cell in row}
        return SimpleNamespace(Font=SimpleNamespace(Strikethrough=struck.pop() if len(struck) == 1 else None))

    def _count(self, kind: str) -> None:
        key = (self.sheet.name, kind)
        self.sheet.book.reads[key] = self.sheet.book.reads.get(key, 0) + 1

    def options(self, ndim: int, err_to_str: bool = False) -> FakeRange:
        assert ndim == 2
        return self

    @property
    def value(self) -> list[list[Any]]:
        self._count("values")
        return [[_told(cell.value) for cell in row] for row in self._rows(self.sheet.both[1])]

    @value.setter
    def value(self, rows: list[list[Any]]) -> None:
        for sheet in self.sheet.both:
            for cells, values in zip(self._rows(sheet), rows, strict=True):
                for cell, value in zip(cells, values, strict=True):
                    text = isinstance(value, str) and value.startswith("'")
                    cell.value = value[1:] if text else value
                    if text:
                        cell.data_type = "s"

    @property
    def formula(self) -> tuple[tuple[Any, ...], ...]:
        self._count("formulas")
        return tuple(tuple(_typed(cell.value) for cell in row) for row in self._rows(self.sheet.both[0]))

    @property
    def color(self) -> None:
        return None

    @color.setter
    def color(self, colour: str) -> None:
        if self.sheet.name == self.sheet.book.fails_at:
            raise ComError("1004 应用程序定义或对象定义错误")
        for row in self._rows(self.sheet.both[0]):
            for cell in row:
                cell.fill = PatternFill("solid", fgColor=colour.removeprefix("#"))

    @property
    def number_format(self) -> str | None:
        codes = {cell.number_format for row in self._rows(self.sheet.both[0]) for cell in row}
        return codes.pop() if len(codes) == 1 else None

    @number_format.setter
    def number_format(self, code: str) -> None:
        for row in self._rows(self.sheet.both[0]):
            for cell in row:
                cell.number_format = code

    @property
    def _merged(self) -> str:
        top, left, *_ = self.box
        areas = self.sheet.both[0].merged_cells.ranges
        within = (a for a in areas if a.min_row <= top <= a.max_row and a.min_col <= left <= a.max_col)
        return str(next(within, ""))

    @property
    def merge_cells(self) -> bool:
        return bool(self._merged)

    @property
    def merge_area(self) -> Any:
        return SimpleNamespace(address="$" + self._merged.replace(":", ":$"))

    @property
    def row_height(self) -> float:
        return 0 if self.sheet.both[0].row_dimensions[self.box[0]].hidden else 15

    @property
    def column_width(self) -> float:
        return 0 if self.sheet.both[0].column_dimensions[get_column_letter(self.box[1])].hidden else 8

    @column_width.setter
    def column_width(self, width: float | None) -> None:
        pass

    def add_hyperlink(self, address: str, text: str, tip: str) -> None:
        cell = self._rows(self.sheet.both[0])[0][0]
        cell.value, cell.hyperlink = text, Hyperlink(ref=cell.coordinate, location=address[1:])


def _typed(value: Any) -> str:
    """What Excel tells of a cell as it was typed in: of a day its number."""
    return "" if value is None else str(to_excel(value) if isinstance(value, dt.date) else value)


def _told(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return -2146826243 if value == "#SPILL!" else value
