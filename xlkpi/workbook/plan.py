"""A workbook as a plan: what stands in which cell, in which style, with which meaning. No spreadsheet library here.

The sheets' modules fill a plan; `layout_of` reads the layout off it; `master.py` writes it with openpyxl. So a cell's
position is decided in one place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from xlkpi.scheme.formulas import Formula
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.types import TYPES, FieldType
from xlkpi.values import Place, cell_ref, column_row
from xlkpi.workbook.layout import INPUTS, Layout, Role, Slot, TableSlot
from xlkpi.workbook.looks import STYLES
from xlkpi.workbook.measure import column_points, height

if TYPE_CHECKING:
    from xlkpi.scheme.formulary import Compiled

Content = str | float | int | Formula | None
_BARE_NUMBER = re.compile(r"\d+(\.\d+)?")
_WAY_HOME = 8  # characters that it takes
_ONE_LINE = 18.0  # points of a row whose height is left to the program


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One cell.

    `link` leads to a sheet, or to a cell of it: 填报, 填报!A7. `expects` is a text as long as the longest that a
    formula is likely to show: the row is made for it.
    """

    content: Content
    style: str
    number_format: str = ""
    link: str = ""
    expects: str = ""

    @property
    def words(self) -> str:
        """The text that the cell needs room for."""
        return self.content if isinstance(self.content, str) else self.expects


@dataclass(frozen=True, slots=True)
class Validation:
    """Data validation of an input cell: a list of choices, or a condition as a formula; with the input message."""

    ref: str
    choices: tuple[str, ...] = ()
    condition: str = ""
    title: str = ""
    prompt: str = ""
    error: str = ""
    stops: bool = True  # False: the program warns, and the person may insist


@dataclass(frozen=True, slots=True)
class Highlight:
    """Conditional formatting of a range: a formula for its first cell, and the style to show."""

    range: str
    condition: str
    style: str


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """A chart over the cells of `area`; `series` are ranges on `sheet` whose first cell is the series' title."""

    kind: Literal["gauge", "bars", "columns", "line"]
    title: str
    categories: str
    series: tuple[str, ...]
    area: str
    sheet: str
    shape: str = "General"


@dataclass(slots=True)
class SheetPlan:
    """A sheet. Column widths are in characters, row heights in points."""

    title: str
    widths: Sequence[float]
    landscape: bool = False
    freeze: str = ""
    hidden: bool = False
    tab_colour: str = ""
    repeat_rows: str = ""
    last_printed_column: int = 0
    last_printed_row: int = 0  # 0: the last row that has a cell
    printed: Sequence[str] = ()  # where it is more than one area: each begins a page
    one_page: bool = False
    grid: bool = False  # the program's own lines, on screen and on paper
    cells: dict[str, PlannedCell] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merges: list[str] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)
    charts: list[ChartPlan] = field(default_factory=list)

    def put(
        self, column: int, row: int, content: Content, style: str, number_format: str = "", link: str = "",
        expects: str = "",
    ) -> str:  # fmt: skip
        """Place a cell; returns its reference."""
        where = cell_ref(column, row)
        if where in self.cells:
            raise ValueError(f"{self.title}!{where} is taken")
        self.cells[where] = PlannedCell(content, style, number_format, link, expects)
        return where

    def head(self, text: Content, last_column: int, *, way_home: bool = True) -> None:
        """The title row, with the way back to 说明 in its first cell, or in two where that is a narrow one."""
        first = 1
        if way_home:
            self.put(1, 1, "← 说明", "way_home", link="说明")
            home = 1 if self.widths[0] >= _WAY_HOME else 2
            self.merge(1, 1, home, 1)
            first = home + 1
        self.put(first, 1, text, "title")
        self.merge(first, 1, last_column, 1)
        self.heights[1] = 34

    def merge(self, column: int, row: int, last_column: int, last_row: int) -> None:
        """Merge a rectangle whose first cell is placed already; the others take its style, for the borders' sake."""
        if (column, row) == (last_column, last_row):
            return
        style = self.cells[cell_ref(column, row)].style
        for c in range(column, last_column + 1):
            for r in range(row, last_row + 1):
                self.cells.setdefault(cell_ref(c, r), PlannedCell(None, style))
        self.merges.append(f"{cell_ref(column, row)}:{cell_ref(last_column, last_row)}")

    @property
    def last_row(self) -> int:
        """The last row with a cell."""
        return max((column_row(where)[1] for where in self.cells), default=1)

    def fit_rows(self) -> None:
        """Make every row high enough for the words in it; one that has no height and needs but a line is left alone."""
        areas = {merged.split(":")[0]: merged for merged in self.merges}
        for where, cell in self.cells.items():
            style = STYLES[cell.style]
            if not (cell.words and style.wrap):
                continue
            (first, top), (last, bottom) = map(column_row, areas.get(where, f"{where}:{where}").split(":"))
            rows = range(top, bottom + 1)
            needed = height(cell.words, column_points(self.widths[first - 1 : last]), style)
            lacking = needed - math.fsum(self.heights.get(row, _ONE_LINE) for row in rows)
            if lacking > 0:
                more = math.ceil(lacking / len(rows))
                self.heights |= {row: self.heights.get(row, _ONE_LINE) + more for row in rows}


@dataclass(slots=True)
class WorkbookPlan:
    """All sheets, and the slots in them."""

    scheme: Scheme
    compiled: Compiled
    sheets: list[SheetPlan] = field(default_factory=list)
    slots: dict[str, Slot] = field(default_factory=dict)
    tables: dict[str, TableSlot] = field(default_factory=dict)
    locked_like: dict[Place, Place] = field(default_factory=dict)

    def sheet(self, plan: SheetPlan) -> SheetPlan:
        """Add a sheet."""
        self.sheets.append(plan)
        return plan

    def slot(self, sheet: SheetPlan, where: str, name: str, role: Role, field_name: str = "") -> None:
        """Give a placed cell its meaning."""
        if name in self.slots:
            raise ValueError(f"{name} has a place already: {self.slots[name].place}")
        self.slots[name] = Slot(name, Place(sheet.title, where), role, field_name)

    def formula(
        self, sheet: SheetPlan, position: tuple[int, int], name: str, role: Role, style: str, number_format: str = "",
        field_name: str = "", expects: str = "",
    ) -> str:  # fmt: skip
        """Place the compiled formula of a name; one that is a bare number stands as the number."""
        text = self.compiled.formulas[name]
        content: Content = float(text) if _BARE_NUMBER.fullmatch(text) else Formula(text)
        where = sheet.put(*position, content, style, number_format, expects=expects)
        self.slot(sheet, where, name, role, field_name)
        return where


def layout_of(plan: WorkbookPlan, words: Mapping[str, str]) -> Layout:
    """Read the layout off a finished plan.

    Raises:
        ValueError: a formula of the scheme has found no place in any sheet.
    """
    unplaced = [name for name in plan.compiled.formulas if name not in plan.slots]
    if unplaced:
        raise ValueError(f"no sheet has a place for {', '.join(unplaced)}")
    cells = {Place(sheet.title, where): cell for sheet in plan.sheets for where, cell in sheet.cells.items()}
    locked = (slot.place for slot in plan.slots.values() if slot.role not in INPUTS)
    contents = ((place, cells[place].content) for place in locked)
    return Layout(
        scheme=plan.scheme.name,
        version=plan.scheme.version,
        slots=plan.slots,
        formulas={place: cell.content.text for place, cell in cells.items() if isinstance(cell.content, Formula)},
        tables=plan.tables,
        locked_like=plan.locked_like,
        occupied={sheet.title: frozenset(sheet.cells) for sheet in plan.sheets},
        words=words,
        numbers={place: float(content) for place, content in contents if isinstance(content, float | int)},
    )


def number_format(kind: FieldType) -> str:
    """The number format of a type of field."""
    return TYPES[kind].format
