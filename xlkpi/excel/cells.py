"""A workbook that is open in Excel as raw cells: one bulk read of values a sheet, one of formulas where they are told.

Desktop Excel tells values and formulas in bulk; how the wanted numbers look, and what is struck out, merged or hidden,
it is asked cell by cell. xlwings' remote engine (the VBA client's snapshot) tells values alone: number formats stay
UNKNOWN there but for dates, and a finding says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from xlkpi.intake.guard import MAX_CELLS, MAX_COLUMN, MAX_ROW, Refused
from xlkpi.intake.outline import Area, Outline
from xlkpi.intake.parsed import worn
from xlkpi.intake.source import SheetCells
from xlkpi.values import (
    UNKNOWN,
    CellKind,
    Place,
    RawCell,
    Unknown,
    column_letters,
    column_row,
    number_text,
    serial_number,
)
from xlkpi.workbook.sheets.marker import TITLE as MARKER_SHEET

_ERRORS = {
    2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A",
    2043: "#GETTING_DATA", 2045: "#SPILL!", 2046: "#CONNECT!", 2047: "#BLOCKED!", 2048: "#UNKNOWN!", 2049: "#FIELD!",
    2050: "#CALC!",
}  # fmt: skip
"""Excel's numbers of its errors."""
_ERROR_WORDS = frozenset((*_ERRORS.values(), "#DATA!"))
_COM_ERROR = -2146828288  # COM adds this to the number; xlwings turns only the older errors into words
_SENT_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")  # as the VBA client writes a date, to the letter
_NUMBERS = (int, float, Decimal)
_DATE_FORMAT = "yyyy-mm-dd"


class BookCells:
    """An open workbook as a `Source`. A sheet is read when it is first asked for, and once."""

    def __init__(self, book: Any):
        """`book` is xlwings' Book, on any engine."""
        self.book = book
        self.sheets: tuple[str, ...] = tuple(sheet.name for sheet in book.sheets)
        self._read: dict[str, dict[str, RawCell]] = {}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names of the whole workbook; those of a single sheet carry its name in front and are left out."""
        references = {name.name: name.refers_to for name in self.book.names}
        return {name: text.removeprefix("=") for name, text in references.items() if text and "!" not in name}

    @property
    def is_form(self) -> bool:
        """Whether it looks like a form of ours: the sheet with the marker is there."""
        return MARKER_SHEET in self.sheets

    @property
    def has_macros(self) -> bool:
        """By the ending: what an open workbook carries besides cells is not looked at."""
        return str(self.book.name).lower().endswith((".xlsm", ".xlsb"))

    @property
    def tells_formulas(self) -> bool:
        """Desktop Excel does, the remote engine does not."""
        return bool(self.book.app.engine.type == "desktop")

    def properties(self) -> Mapping[str, str]:
        """None: xlwings has no way to them; the marker stands in a name and in a cell too."""
        return {}

    def cells(self, sheet: str, wanted: Collection[str] | None, known: Collection[str] = ()) -> SheetCells:
        """As `Source.cells`. Blank cells are left out.

        Raises:
            Refused: the used range is larger than any form of ours.
        """
        filled = self._read.get(sheet)
        if filled is None:
            filled = self._read[sheet] = self._sheet(sheet)
        if wanted is None:
            return SheetCells(filled, ())
        strays = tuple(ref for ref in filled if ref not in wanted and ref not in known)
        cells = {ref: filled[ref] for ref in wanted if ref in filled}
        if not self.tells_formulas:
            return SheetCells(cells, strays)
        worksheet = self.book.sheets[sheet]
        struck = _struck(worksheet.used_range) is not False
        for ref, raw in cells.items():
            if raw.formula is not None:  # nobody types into a formula's cell
                continue
            if raw.kind is CellKind.NUMBER:
                cells[ref] = raw._replace(format=worksheet.range(ref).number_format or raw.format)
            if struck and raw.text is not None and _struck(worksheet.range(ref)) is not False:
                cells[ref] = cells[ref]._replace(kind=CellKind.TEXT, text=worn(raw.text, struck=True))
        return SheetCells(cells, strays, _outline(worksheet, wanted))

    def _sheet(self, sheet: str) -> dict[str, RawCell]:
        used = self.book.sheets[sheet].used_range
        height, width = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
        if height > MAX_ROW or width > MAX_COLUMN:
            raise Refused("XK-F007", sheet=sheet, ref=f"{column_letters(width)}{height}")
        if height * width > MAX_CELLS:
            raise Refused("XK-F006", what=f"工作表“{sheet}”的单元格", found="过多", limit=MAX_CELLS)
        area = self.book.sheets[sheet].range((1, 1), (height, width))
        formulas: Sequence[Sequence[Any]] | None = None
        if self.tells_formulas:
            formulas = _rows(area.formula)
            values = _values(self.book.sheets[sheet], area, formulas)
        else:
            # as sent: xlwings' own reading breaks on a text that looks like a date
            values = _rows(area.raw_value)
        return {raw.place.ref: raw for raw in _cells(sheet, values, formulas)}


@dataclass(frozen=True, slots=True)
class _Serial:
    """The number behind a date that xlwings cannot tell: one before 1900."""

    number: float


def _values(sheet: Any, area: Any, formulas: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """The values of a rectangle that begins in A1. One that xlwings cannot tell costs that cell alone."""
    try:
        values: Sequence[Sequence[Any]] = area.options(ndim=2, err_to_str=True).value
    except Exception:  # a negative date: each system has its own error for it
        return [_row_of_values(sheet, number, row) for number, row in enumerate(formulas, 1)]
    return values


def _row_of_values(sheet: Any, number: int, formulas: Sequence[Any]) -> Sequence[Any]:
    try:
        row: Sequence[Any] = sheet.range((number, 1), (number, len(formulas))).options(ndim=2, err_to_str=True).value[0]
    except Exception:
        return [_value(sheet.range((number, column)), formula) for column, formula in enumerate(formulas, 1)]
    return row


def _value(cell: Any, formula: Any) -> Any:
    try:
        return cell.options(ndim=2, err_to_str=True).value[0][0]
    except Exception:
        try:
            return _Serial(float(formula))
        except (TypeError, ValueError):
            return "#NUM!"  # what a formula gave is shown as ##### and told by nobody


def _struck(area: Any) -> bool | None:
    """Whether all that an area shows is struck out; None where some of it is. An Excel that does not say: False."""
    try:
        struck: bool | None = area.api.Font.Strikethrough  # Windows
    except Exception:
        try:
            struck = area.api.font_object.strikethrough.get()  # a Mac
        except Exception:
            return False
    return struck if isinstance(struck, bool) else None


def _outline(sheet: Any, wanted: Collection[str]) -> Outline:
    """What of the wanted cells is merged, or stands in a hidden row or column."""
    places = {ref: column_row(ref) for ref in wanted}
    rows = {row for _, row in places.values()}
    columns = {column for column, _ in places.values()}
    hidden_rows = frozenset(row for row in rows if sheet.range((row, 1)).row_height == 0)
    hidden = [column for column in sorted(columns) if sheet.range((1, column)).column_width == 0]
    areas: list[Area] = []
    for ref, (column, row) in places.items():
        if not any(area.holds(column, row) for area in areas) and sheet.range(ref).merge_cells:
            first, _, last = str(sheet.range(ref).merge_area.address).replace("$", "").partition(":")
            areas.append(Area(*column_row(first), *column_row(last or first)))
    return Outline(tuple(areas), hidden_rows, tuple((column, column) for column in hidden))


def _cells(
    sheet: str, values: Sequence[Sequence[Any]], formulas: Sequence[Sequence[Any]] | None
) -> Iterable[RawCell]:  # fmt: skip
    """The cells that hold something; most of a rectangle is blank, so blanks are passed over first."""
    columns = [column_letters(number) for number in range(1, max((len(row) for row in values), default=0) + 1)]
    for number, row in enumerate(values, 1):
        in_row = None if formulas is None else formulas[number - 1]
        for position, value in enumerate(row):
            blank = value is None or value == ""
            if blank and in_row is None:
                continue
            formula = UNKNOWN if in_row is None else _formula(in_row[position], value)
            if blank and formula is None:
                continue
            kind, text, shape = (CellKind.EMPTY, None, UNKNOWN) if blank else _kind(value)
            yield RawCell(Place(sheet, f"{columns[position]}{number}"), kind, text, formula, shape)


def _formula(formula: object, value: object) -> str | None:
    """A formula without the equals sign. A text that begins with one is told just so, and is none."""
    return formula[1:] if isinstance(formula, str) and formula.startswith("=") and formula != value else None


def _kind(value: Any) -> tuple[CellKind, str, str | Unknown]:
    """Kind, text as a file would have it, and the number format as far as the value tells."""
    if isinstance(value, _Serial):
        return CellKind.NUMBER, number_text(value.number), _DATE_FORMAT
    if isinstance(value, bool):
        return CellKind.BOOLEAN, str(int(value)), UNKNOWN
    if isinstance(value, _NUMBERS):  # one number comes as int from JSON and as float from COM
        error = _ERRORS.get(value - _COM_ERROR) if isinstance(value, int) else None
        return (CellKind.ERROR, error, UNKNOWN) if error else (CellKind.NUMBER, number_text(float(value)), UNKNOWN)
    if isinstance(value, str):
        if not _SENT_DATE.fullmatch(value):
            return (CellKind.ERROR if value in _ERROR_WORDS else CellKind.TEXT), value, UNKNOWN
        value = datetime.fromisoformat(value[:-1])
    if isinstance(value, date):
        if isinstance(value, datetime):
            value = value.replace(microsecond=0, tzinfo=None)
        return CellKind.NUMBER, number_text(serial_number(value)), _DATE_FORMAT
    return CellKind.TEXT, str(value), UNKNOWN


def _rows(values: Any) -> Sequence[Sequence[Any]]:
    """Rows of a rectangle; engines give a single cell bare and a single row flat."""
    if not isinstance(values, list | tuple):
        return [[values]]
    return values if values and isinstance(values[0], list | tuple) else [values]
