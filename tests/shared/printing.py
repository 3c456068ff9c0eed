"""Paper and screen, told from a workbook's own numbers: pages, the size of print, words that have no room.

Nothing of the program's own measure is used: a Chinese character is as wide as its font is high, other signs 0.55 of
it, a line is 1.32 of it (微软雅黑); a unit of column width is 7 pixels, of which 96 are an inch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

A4 = (595.3, 841.9)
_UNIT = 5.25
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 8.43, 15.0

Area = tuple[int, int, int, int]


@dataclass(frozen=True)
class Printed:
    """An area of a sheet as it comes onto paper: the scale, pages of rows, and its smallest print in points."""

    area: Area
    scale: float
    pages: int
    smallest: float
    where: str


def areas(sheet: Worksheet) -> list[Area]:
    """What is printed: the print areas, or all cells."""
    given = re.findall(r"\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)", str(sheet.print_area or ""))
    texts = [f"{a}{b}:{c}{d}" for a, b, c, d in given] or [sheet.dimensions]
    return [range_boundaries(text) for text in texts]  # type: ignore[misc] # all four bounds are there


def width(sheet: Worksheet, first: int, last: int) -> float:
    """Points across these columns."""
    known = {}
    for found in sheet.column_dimensions.values():  # columns of one width may stand as one
        if found.min is not None:
            known |= dict.fromkeys(range(found.min, found.max + 1), 0.0 if found.hidden else found.width)
    return sum(known.get(column, _DEFAULT_WIDTH) * _UNIT for column in range(first, last + 1))


def height(sheet: Worksheet, first: int, last: int) -> float:
    """Points down these rows."""
    return sum(sheet.row_dimensions[row].height or _DEFAULT_HEIGHT for row in range(first, last + 1))


def printed(sheet: Worksheet) -> list[Printed]:
    """Each area of a sheet that fits a page across (and down, where it says so)."""
    setup, margins = sheet.page_setup, sheet.page_margins
    assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
    assert int(setup.paperSize or 0) == 9, f"{sheet.title} is not for A4"
    across, down = A4 if setup.orientation != "landscape" else A4[::-1]
    across -= 72 * (margins.left + margins.right)
    down -= 72 * (margins.top + margins.bottom)
    found = []
    for area in areas(sheet):
        left, top, right, bottom = area
        scale = min(1.0, (setup.fitToWidth or 1) * across / width(sheet, left, right))
        whole = height(sheet, top, bottom)
        if setup.fitToHeight:
            scale = min(scale, down / whole)
        sizes = {
            cell.coordinate: cell.font.sz * scale
            for row in sheet.iter_rows(top, bottom, left, right)
            for cell in row
            if cell.value is not None
        }
        where = min(sizes, key=lambda ref: sizes[ref])
        found.append(Printed(area, scale, -int(-whole * scale // down), sizes[where], f"{sheet.title}!{where}"))
    return found


# ------------------------------------------------------------------ words and their room


def em(text: str) -> float:
    """The width of a text, in sizes of its font."""
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.55 for sign in text)


def without_room(sheet: Worksheet) -> Iterator[str]:
    """Cells of the printed areas whose text is cut off; formulas are passed over where they have no values."""
    merged = {str(area).split(":")[0]: area.bounds for area in sheet.merged_cells.ranges}
    for left, top, right, bottom in areas(sheet):
        for row in sheet.iter_rows(top, bottom, left, right):
            for cell in row:
                value = cell.value
                if isinstance(cell, Cell) and isinstance(value, str) and value.strip() and not value.startswith("="):
                    span = merged.get(cell.coordinate, (cell.column, cell.row) * 2)
                    yield from _no_room(sheet, cell, value, span, right)


def _no_room(sheet: Worksheet, cell: Cell, text: str, span: Area, edge: int) -> Iterator[str]:
    left, top, right, bottom = span
    size, align = cell.font.sz, cell.alignment
    room = width(sheet, left, right) - 3.75 - (6.75 if align.indent else 0)
    if align.wrap_text:
        lines = sum(max(1, -int(-em(part) * size // room)) for part in text.split("\n"))
        own = [sheet.row_dimensions[row].height for row in range(top, bottom + 1)]
        alone = top == bottom and own[0] is None and (left, top) == (right, bottom)
        needed = lines * size * 1.32
        if not alone and needed > sum(height or _DEFAULT_HEIGHT for height in own) + 1:
            yield f"{sheet.title}!{cell.coordinate}: {lines} lines in {own} points: {text[:60]}"
    elif not align.shrink_to_fit:
        # what is not wrapped runs on over blank neighbours, on paper as far as the print area goes
        while align.horizontal != "right" and right < edge and _free(sheet, right + 1, top):
            right += 1
            room += width(sheet, right, right)
        if em(text) * size > room + 1:
            yield f"{sheet.title}!{cell.coordinate}: {em(text) * size:.0f} points of text in {room:.0f}: {text[:60]}"


def _free(sheet: Worksheet, column: int, row: int) -> bool:
    cell = sheet.cell(row, column)
    return not isinstance(cell, MergedCell) and cell.value is None
