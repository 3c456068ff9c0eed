"""A sheet's part: cells written and coloured, links, and an empty sheet to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from xlkpi.values import CellContent, Place, column_letters, column_row
from xlkpi.workbook.looks import WRAPPED
from xlkpi.workbook.measure import row_height
from xlkpi.workbook.operations import quoted
from xlkpi.workbook.patch.parts import CannotPatch
from xlkpi.workbook.patch.splice import Document, Node
from xlkpi.workbook.patch.styles import Look, Styles
from xlkpi.workbook.stamp import cell_body

# The order of a sheet's elements; markup for other programs (AlternateContent) holds controls and objects.
_ORDER: Final = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects",
    "AlternateContent", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_CONTENT: Final = ("cols", "mergeCells", "conditionalFormatting", "dataValidations", "hyperlinks")
_REF: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")


class Untouched:
    """No content was given: what stands in the cell stays."""


@dataclass(slots=True)
class Change:
    """What becomes of a cell."""

    content: CellContent | type[Untouched] = Untouched
    look: Look = field(default_factory=Look)


@dataclass(slots=True)
class SheetPatch:
    """Changes to one sheet, gathered and then put into its part."""

    document: Document
    styles: Styles
    changes: dict[tuple[int, int], Change] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)

    # ------------------------------------------------------------ gathering

    def clear(self, widths: Iterable[float]) -> None:
        """Take everything off the sheet that stands in cells, and set the columns' widths."""
        root, p = self.document.root, self.document.root.prefix
        for node in root.children:
            if node.local == "sheetData":
                node.replacement = f"<{p}sheetData></{p}sheetData>"
            elif node.local in _CONTENT:
                node.replacement = ""
        columns = "".join(
            f'<{p}col min="{n}" max="{n}" width="{width:g}" customWidth="1"/>' for n, width in enumerate(widths, 1)
        )
        self.document = Document(self.document.render())
        if columns:
            self.insert("cols", f"<{p}cols>{columns}</{p}cols>")
            self.document = Document(self.document.render())

    def write(self, ref: str, rows: Iterable[Iterable[CellContent]], look: Look) -> None:
        """A rectangle of contents."""
        top, left = position(ref)
        for down, row in enumerate(rows):
            for right, content in enumerate(row):
                change = self._change(top + down, left + right)
                change.content, change.look = content, change.look.and_then(look)

    def dress(self, area: str, look: Look) -> None:
        """A look on top of what the cells have."""
        for row, column in cells_of(area):
            change = self._change(row, column)
            change.look = change.look.and_then(look)

    def link(self, ref: str, target: Place, text: str) -> None:
        """A cell that leads to another."""
        self._change(*position(ref)).content = text
        location = quoteattr(f"{quoted(target.sheet)}!{target.ref}")
        p = self.document.root.prefix
        self.links.append(f'<{p}hyperlink ref="{ref}" location={location} display={quoteattr(text)}/>')

    def choose(self, area: str, words: Iterable[str]) -> None:
        """A drop-down list for cells; who wants other words is warned and may insist."""
        p = self.document.root.prefix
        listed = escape('"' + ",".join(words) + '"')
        self.choices.append(
            f'<{p}dataValidation type="list" errorStyle="warning" allowBlank="1" showErrorMessage="1" sqref="{area}">'
            f"<{p}formula1>{listed}</{p}formula1></{p}dataValidation>"
        )

    def _change(self, row: int, column: int) -> Change:
        return self.changes.setdefault((row, column), Change())

    # ------------------------------------------------------------ putting in

    def carry_out(self) -> None:
        """Put all changes into the part."""
        root, p = self.document.root, self.document.root.prefix
        data = root.child("sheetData")
        if data is None:
            raise CannotPatch("工作表没有 sheetData")
        rows = {_number(row, "r"): row for row in data.children}
        numbers = sorted(rows)
        by_row: dict[int, dict[int, Change]] = {}
        for (row, column), change in sorted(self.changes.items()):
            by_row.setdefault(row, {})[column] = change
        for number, changes in by_row.items():
            if number in rows:
                self._change_row(rows[number], changes)
                continue
            cells = "".join(self._cell(number, column, change, None) for column, change in changes.items())
            text = f'<{p}row r="{number}"{self._height(changes)}>{cells}</{p}row>'
            following = next((n for n in numbers if n > number), None)
            if following is None:
                data.last += text
            else:
                rows[following].before += text
        if self.choices:  # of a sheet of our own, which had none
            inner = "".join(self.choices)
            self.insert(
                "dataValidations", f'<{p}dataValidations count="{len(self.choices)}">{inner}</{p}dataValidations>'
            )
        if self.links:
            listed = root.child("hyperlinks")
            if listed is not None:
                listed.last += "".join(self.links)
            else:
                self.insert("hyperlinks", f"<{p}hyperlinks>{''.join(self.links)}</{p}hyperlinks>")

    def _change_row(self, row: Node, changes: dict[int, Change]) -> None:
        number = _number(row, "r")
        cells = {position(cell.get("r"))[1]: cell for cell in row.children if cell.local == "c"}
        for column, change in changes.items():
            if column in cells:
                self._change_cell(cells[column], change)
                continue
            row.changed["spans"] = None  # a hint for the program, wrong once a cell is added
            text = self._cell(number, column, change, row)
            following = next((cell for other, cell in sorted(cells.items()) if other > column), None)
            if following is None:
                row.last += text
            else:
                following.before += text

    def _change_cell(self, cell: Node, change: Change) -> None:
        style = self.styles.like(int(cell.get("s", "0")), change.look)
        if change.content is Untouched:
            if style or "s" in cell.attributes:
                cell.changed["s"] = str(style)
            return
        if cell.child("f") is not None:
            raise CannotPatch(f"{cell.get('r')} 有公式")
        cell.replacement = _written(cell.prefix, cell.get("r"), style, change.content)

    def _cell(self, row: int, column: int, change: Change, node: Node | None) -> str:
        """A cell that is not there yet, with the style of its row or column."""
        base = int(node.get("s", "0")) if node is not None and node.get("customFormat") in ("1", "true") else None
        if base is None:
            base = self._column_style(column)
        content = None if change.content is Untouched else change.content
        style = self.styles.like(base, change.look)
        return _written(self.document.root.prefix, f"{column_letters(column)}{row}", style, content)

    # ------------------------------------------------------------ columns and rows

    def _height(self, changes: Mapping[int, Change]) -> str:
        """A new row's height, where texts in it wrap: not every program finds it by itself."""
        wrapped = [
            (change.content, self.column_width(column) / 7, WRAPPED)
            for column, change in changes.items()
            if change.look.wrap and isinstance(change.content, str)
        ]
        return f' ht="{row_height(wrapped):g}" customHeight="1"' if wrapped else ""

    def _column(self, column: int) -> Node | None:
        columns = self.document.root.child("cols")
        listed = columns.children if columns is not None else ()
        return next((c for c in listed if int(c.get("min", "0")) <= column <= int(c.get("max", "0"))), None)

    def _column_style(self, column: int) -> int:
        node = self._column(column)
        return int(node.get("style", "0")) if node is not None else 0

    def column_width(self, column: int) -> float:
        """In pixels, as programs show it by default."""
        node, default = self._column(column), self.document.root.child("sheetFormatPr")
        if node is not None and node.get("hidden") in ("1", "true"):
            return 0
        width = (node and node.get("width")) or (default and default.get("defaultColWidth")) or "8.43"
        return int(float(width) * 7 + 5)

    def row_height(self, row: int) -> float:
        """In pixels."""
        data, default = self.document.root.child("sheetData"), self.document.root.child("sheetFormatPr")
        node = next((r for r in data.children if r.get("r") == str(row)), None) if data is not None else None
        if node is not None and node.get("hidden") in ("1", "true"):
            return 0
        return float((node and node.get("ht")) or (default and default.get("defaultRowHeight")) or "15") * 4 / 3

    # ------------------------------------------------------------ elements

    def insert(self, tag: str, text: str) -> None:
        """A new element of the sheet, where the order of its elements wants it."""
        after = set(_ORDER[_ORDER.index(tag) + 1 :])
        following = next((node for node in self.document.root.children if node.local in after), None)
        if following is None:
            self.document.root.last += text
        else:
            following.before += text


def _written(prefix: str, ref: str, style: int, content: CellContent | type[Untouched]) -> str:
    if isinstance(content, type):
        content = None
    body = cell_body("", content)
    if prefix:
        body = re.sub(r"<(/?)(is|t|v|c)\b", rf"<\1{prefix}\2", body)
    return f'<{prefix}c r="{ref}" s="{style}"{body}'


def _number(node: Node, key: str) -> int:
    text = node.get(key)
    if not text.isdigit():
        raise CannotPatch("行没有写行号")
    return int(text)


def position(ref: str) -> tuple[int, int]:
    """Row and column of a reference, from 1."""
    try:
        column, row = column_row(ref)
    except ValueError:
        raise CannotPatch(f"单元格没有写位置：{ref!r}") from None
    return row, column


def cells_of(area: str) -> Iterator[tuple[int, int]]:
    """Rows and columns of `A1` or `A1:C3`."""
    first, _, last = area.partition(":")
    (top, left), (bottom, right) = position(first), position(last or first)
    return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def blank_sheet(main: str, relations: str) -> bytes:
    """A sheet with nothing in it: no grid lines, printed across, one page wide."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{main}" xmlns:r="{relations}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView showGridLines="0" workbookViewId="0"/></sheetViews>'
        "<sheetData></sheetData>"
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        "</worksheet>"
    ).encode()
