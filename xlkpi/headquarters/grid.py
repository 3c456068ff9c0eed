"""A sheet as rows and columns: merged cells filled downwards, and what of it is hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xlkpi.headquarters.words import tidy
from xlkpi.intake.outline import Area, Outline
from xlkpi.intake.source import Source
from xlkpi.values import CellKind, RawCell, column_letters, column_number


@dataclass(slots=True)
class Grid:
    """The cells of a sheet that hold something, by row and column number."""

    sheet: str
    outline: Outline
    _cells: dict[int, dict[int, RawCell]] = field(default_factory=dict)
    _areas: dict[tuple[int, int], Area] = field(default_factory=dict)

    @property
    def rows(self) -> list[int]:
        """The numbers of the rows that hold something, in order."""
        return sorted(self._cells)

    def row(self, number: int) -> Mapping[int, RawCell]:
        """A row's cells, from left to right."""
        return self._cells.get(number, {})

    def cell(self, row: int, column: int) -> RawCell | None:
        """A cell; what is merged over several rows stands in each of them."""
        return self._cells.get(row, {}).get(column)

    def merged(self, row: int, column: int) -> str:
        """The merged area that a cell lies in, as D5:D6; "" where it is a cell by itself."""
        area = self._areas.get((row, column))
        return f"{column_letters(area.left)}{area.top}:{column_letters(area.right)}{area.bottom}" if area else ""

    def hides_row(self, row: int) -> bool:
        """Whether nobody sees the row."""
        return row in self.outline.hidden_rows

    def hides_column(self, column: int) -> bool:
        """Whether nobody sees the column."""
        return any(first <= column <= last for first, last in self.outline.hidden_columns)

    def texts_above(self, row: int) -> list[str]:
        """The texts that stand above a row."""
        return [
            tidy(raw.text)
            for number in self.rows
            if number < row
            for raw in self.row(number).values()
            if raw.kind is CellKind.TEXT and raw.text
        ]


def grids(book: Source) -> Iterator[Grid]:
    """The sheets of a workbook.

    Raises:
        Refused: a sheet has too many cells, or one too far out.
    """
    for sheet in book.sheets:
        read = book.cells(sheet, None)
        grid = Grid(sheet, read.outline)
        for ref, raw in read.cells.items():
            if raw.text is not None or isinstance(raw.formula, str):
                column = ref.rstrip("0123456789")
                grid._cells.setdefault(int(ref[len(column) :]), {})[column_number(column)] = raw
        _fill(grid)
        for number, cells in grid._cells.items():
            grid._cells[number] = dict(sorted(cells.items()))
        yield grid


def _fill(grid: Grid) -> None:
    """A cell that is merged downwards stands in every row that it covers, as people read it."""
    last = max(grid._cells, default=0)
    for area in grid.outline.merged:
        raw = grid.cell(area.top, area.left)
        if raw is None:
            continue
        for row in range(area.top, min(area.bottom, last + 1) + 1):
            for column in range(area.left, area.right + 1):
                grid._areas[row, column] = area
            grid._cells.setdefault(row, {}).setdefault(area.left, raw)
