"""Plain lists as workbooks: a heading that stays in view, filters, text that wraps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.workbook.looks import STYLES
from xlkpi.workbook.measure import column_points, row_height
from xlkpi.workbook.package import saved
from xlkpi.workbook.style import cell_format

_A4_LONG, _POINTS = 842.0, 72.0  # points of a page's longer side; of an inch
_MARGIN = 0.3  # inches
_READABLE = 0.7  # smaller print than this part of a sheet's own is hard to read


@dataclass(frozen=True, slots=True)
class ListSheet:
    """A list: headings, widths in characters, rows of texts and numbers."""

    title: str
    headings: tuple[str, ...]
    widths: tuple[float, ...]
    rows: Sequence[Sequence[str | float]]


def list_workbook(sheets: Sequence[ListSheet]) -> bytes:
    """A workbook of these lists. A text is a text whatever it begins with."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for listed in sheets:
        sheet = book.create_sheet(listed.title)
        for number, row in enumerate((listed.headings, *listed.rows), 1):
            style = "header" if number == 1 else "text"
            look = cell_format(style)
            sheet.row_dimensions[number].height = row_height(
                (words, width, STYLES[style]) for words, width in zip(row, listed.widths, strict=True)
            )
            for column, content in enumerate(row, 1):
                cell = sheet.cell(number, column)
                cell.value = content
                if isinstance(content, str):
                    cell.data_type = "s"  # else a leading equals sign makes a formula
                cell.font, cell.fill, cell.border = look.font, look.fill, look.border
                cell.alignment = look.alignment
        for column, width in enumerate(listed.widths, 1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        last = get_column_letter(len(listed.headings))
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = f"A1:{last}{len(listed.rows) + 1}"
        sheet.sheet_view.showGridLines = False
        print_on_a4(sheet, 1)
    return saved(book)


def print_on_a4(sheet: Worksheet, head: int, keys: int = 0) -> None:
    """Across A4 with the headings' row on every page; what is too wide goes on to the right, with `keys` columns again.

    Needs the columns' widths.
    """
    setup = sheet.page_setup
    setup.orientation, setup.paperSize = "landscape", 9
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    setup.fitToHeight = 0
    sheet.page_margins.left = sheet.page_margins.right = _MARGIN
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    sheet.print_title_rows = f"{head}:{head}"
    widths = [sheet.column_dimensions[get_column_letter(column)].width for column in range(1, sheet.max_column + 1)]
    across = _A4_LONG - 2 * _POINTS * _MARGIN
    setup.fitToWidth = max(1, math.ceil(column_points(widths) * _READABLE / across))
    if keys and setup.fitToWidth > 1:
        sheet.print_title_cols = f"A:{get_column_letter(keys)}"
