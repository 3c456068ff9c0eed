"""Plain lists as workbooks: a heading that stays in view, filters, text that wraps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from xlkpi.workbook.package import saved
from xlkpi.workbook.style import cell_format


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
        looks = {"header": cell_format("header"), "text": cell_format("text")}
        for number, row in enumerate((listed.headings, *listed.rows), 1):
            look = looks["header" if number == 1 else "text"]
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
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_rows = "1:1"
    return saved(book)
