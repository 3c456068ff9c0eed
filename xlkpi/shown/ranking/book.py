"""The workbook's making: styles, sheets that print on A4, tables that filter."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from xlkpi.month.standing import Standing, Standings
from xlkpi.month.statistics import Population, population
from xlkpi.values import Status
from xlkpi.workbook.looks import FONT, STYLES
from xlkpi.workbook.measure import row_height
from xlkpi.workbook.package import assemble, members

MOVE = '"▲"0;"▼"0;"–"'
CHANGE = "+{0};-{0};{0}"
_LONGEST = 500  # characters of one cell's text; a message never needs more
_LINE = "#BFC5CE"


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: heading, width in characters, style, and the number format of its cells."""

    heading: str
    width: float
    style: str = "text"
    form: str = ""


class Book:
    """A workbook of standings in the making."""

    def __init__(self, stand: Standings):
        self.stand = stand
        self._buffer = io.BytesIO()
        # what dealers wrote is text, whatever it begins with
        inert = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = xlsxwriter.Workbook(self._buffer, {"in_memory": True, **inert})
        self.book.set_properties({"author": "xlkpi", "created": datetime(2000, 1, 1)})  # the same input, the same bytes
        self._formats: dict[tuple[str, str], Format] = {}

    def saved(self) -> bytes:
        """The file, in an archive that does not tell on what system it was written."""
        self.book.close()
        return assemble(members(self._buffer.getvalue()).values())

    @property
    def points(self) -> str:
        """The number format of published totals."""
        digits = self.stand.scheme.display_decimals
        return "0." + "0" * digits if digits else "0"

    @cached_property
    def labels(self) -> dict[str, str]:
        """What people call each item."""
        return {item.name: item.label or item.name for item in self.stand.scheme.items}

    @cached_property
    def whole(self) -> Population:
        """The month's dealers by what became of them."""
        return population(self.stand.rows, self.stand.missing)

    @property
    def ranked(self) -> tuple[Standing, ...]:
        """Ranked dealers, the first first, in roster order where they tie."""
        return self.whole.ranked

    @cached_property
    def unranked(self) -> list[Standing]:
        """Provisional and totally vetoed dealers, in roster order."""
        return [row for row in self.stand.rows if row.rank is None and row.status is not Status.REJECTED]

    def format(self, style: str, form: str = "") -> Format:
        """A style of the workbooks' one table of styles, with a number format."""
        if (style, form) not in self._formats:
            self._formats[style, form] = self.book.add_format(
                {**_shape(style), **({"num_format": form} if form else {})}
            )
        return self._formats[style, form]

    def sheet(
        self, name: str, widths: Iterable[float], title: str, note: str = "", *, colour: str = "1F3864"
    ) -> Worksheet:
        """A sheet with title and note in its first two rows, ready to print across an A4 page."""
        sheet: Worksheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        basis = self.stand.basis.replace("&", "&&")
        sheet.set_footer(f"&L&8 {self.stand.month}　{self.stand.scheme.title}　{name}\n{basis}&R&8 第 &P 页，共 &N 页")
        sheet.set_tab_color(f"#{colour}")
        for number, width in enumerate(widths):
            sheet.set_column(number, number, width)
        sheet.set_row(0, 30)
        sheet.write_string(0, 0, f"{self.stand.month}　{title}", self.format("heading"))
        if note:
            sheet.write_string(1, 0, note, self.format("remark_line"))
        return sheet

    def put(self, sheet: Worksheet, row: int, column: int, content: Any, style: str = "text", form: str = "") -> None:
        """One cell, text as text; None is a blank with its frame."""
        shape = self.format(style, form)
        if content is None or content == "":
            sheet.write_blank(row, column, None, shape)
        elif isinstance(content, str):
            sheet.write_string(row, column, _shown(content), shape)
        else:
            sheet.write_number(row, column, content, shape)

    def table(
        self, sheet: Worksheet, top: int, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, fixed: int = 3
    ) -> int:
        """A table that filters, with its headings repeated on every page; returns the row after it (from 0).

        `fixed` columns stay when one scrolls sideways.
        """
        sheet.set_row(top, 26)
        for number, column in enumerate(columns):
            sheet.write_string(top, number, column.heading, self.format("header"))
        row = top + 1
        for entry in rows:
            cells = list(zip(columns, entry, strict=True))
            for number, (column, content) in enumerate(cells):
                self.put(sheet, row, number, content, column.style, column.form)
            sheet.set_row(row, row_height((_shown(words), c.width, STYLES[c.style]) for c, words in cells))
            row += 1
        if row == top + 1:
            sheet.write_string(row, 0, "（无）", self.format("remark_line"))
            row += 1
        sheet.autofilter(top, 0, row - 1, len(columns) - 1)
        sheet.freeze_panes(top + 1, fixed)
        sheet.repeat_rows(top)
        sheet.print_area(0, 0, row - 1, len(columns) - 1)
        return row

    def up_and_down(self, sheet: Worksheet, column: int, first: int, last: int) -> None:
        """Rises in green, falls in red; rows from 0."""
        for criteria, colour in ((">", "#00803C"), ("<", "#C00000")):
            shape = self.book.add_format({"font_color": colour})
            rule = {"type": "cell", "criteria": criteria, "value": 0, "format": shape}
            blank = {"type": "formula", "criteria": f"=NOT(ISNUMBER({ref(first, column)}))", "stop_if_true": True}
            for entry in (blank, rule):
                sheet.conditional_format(first, column, last, column, entry)


def _shown(content: Any) -> str:
    """What of a content is shown, as far as it is words."""
    return content[:_LONGEST] if isinstance(content, str) else ""


_STYLES: dict[str, dict[str, Any]] = {
    "heading": {"font_name": FONT, "font_size": 16, "bold": True, "font_color": "#1F3864", "valign": "vcenter"},
    "remark_line": {"font_name": FONT, "font_size": 9, "font_color": "#4B5563", "valign": "vcenter"},
}


def _shape(name: str) -> dict[str, Any]:
    """A style of the other workbooks as XlsxWriter wants it."""
    if name in _STYLES:
        return _STYLES[name]
    style = STYLES[name]
    shape: dict[str, Any] = {
        "font_name": FONT, "font_size": style.size, "bold": style.bold, "font_color": f"#{style.ink}",
        "align": style.across, "valign": "vcenter", "text_wrap": style.wrap, "shrink": style.shrinks,
        "locked": not style.unlocked, "indent": 0 if style.across == "center" else 1,
    }  # fmt: skip
    if style.fill:
        shape |= {"bg_color": f"#{style.fill}", "pattern": 1}
    if style.border:
        shape |= {"border": 1, "border_color": _LINE}
    return shape


def ref(row: int, column: int, *, fixed_row: bool = False, fixed_column: bool = False) -> str:
    """A cell's reference; rows and columns from 0."""
    return str(xl_rowcol_to_cell(row, column, row_abs=fixed_row, col_abs=fixed_column))


def area(sheet: str, first: int, last: int, column: int) -> str:
    """A column's cells on another sheet, fixed: '排名'!$F$4:$F$99."""
    letters = xl_col_to_name(column)
    return f"'{sheet}'!${letters}${first + 1}:${letters}${last + 1}"


def quoted(words: str) -> str:
    """A text inside a formula."""
    doubled = words.replace('"', '""')
    return f'"{doubled}"'
