"""A table's rows as they stand in the file. What stands outside its columns is never read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from xlkpi.intake.locate import Locator
from xlkpi.intake.meaning import Reading
from xlkpi.intake.normalise import understand
from xlkpi.intake.rows import doubtful_rows
from xlkpi.intake.source import SheetCells, Source
from xlkpi.intake.strays import Remark, beyond, summarise_repeats, unseen_rows
from xlkpi.intake.witness import columns_in_doubt
from xlkpi.issue import Issue
from xlkpi.personal import is_personal_heading, personal_kinds
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import Absence, CellContent, CellKind, Place, RawCell, content_of
from xlkpi.workbook.layout import TableSlot

Row = Mapping[str, CellContent]
"""A row of a table: contents by column; blank cells are left out."""
_Cells = Mapping[str, tuple[int, str]]  # row and column by reference
_LOOKED_AT: Final = 50  # cells of a column that the form does not have


@dataclass(slots=True)
class TableReader:
    """Reads the tables of one file. `remarks` gathers what is to say about them, in order; `unmoved` holds the
    sheets of tables that stand where they were; `numbers` has the rows that were read, by table."""

    issue: Issue
    book: Source
    locator: Locator
    remarks: list[Remark] = field(default_factory=list)
    unmoved: dict[str, SheetCells] = field(default_factory=dict)
    numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def rows(self, table: TableSlot) -> tuple[Row, ...]:
        """A table's rows without the blank ones."""
        if table.sheet not in self.book.sheets:
            self.remarks.append(("XK-T008", None, "", {"sheet": table.sheet}))
            return ()
        actual, cells, known = self._located(table)
        heads = actual.heads
        wanted = self.issue.layout.looked_at[table.sheet] if actual == table else cells.keys() | heads.keys()
        read = self.book.cells(table.sheet, wanted, known)
        if actual == table:
            self.unmoved[table.sheet] = read
        self.remarks += self._extra_columns(actual, read.strays)
        columns = self.issue.scheme.tables[table.name].columns
        fields = {name: (f"{table.name} {name}", column.as_field) for name, column in columns.items()}
        rows: dict[int, dict[str, CellContent]] = {}
        remarks: list[Remark] = []
        readings: dict[object, Reading] = {}  # a column's cells repeat: words, days, small numbers
        doubtful = columns_in_doubt(heads, read.cells)
        for column, heading in doubtful.items():
            place = Place(table.sheet, f"{actual.columns[column]}{actual.first - 1}")
            self.remarks.append(("XK-T093", place, "", {"table": table.name, "column": column, "found": heading}))
        for ref, raw in read.cells.items():
            if ref not in cells or (raw.kind is CellKind.EMPTY and raw.formula is None):
                continue
            number, column = cells[ref]
            label, entry = fields[column]
            if column in doubtful:
                rows.setdefault(number, {})[column] = Absence.UNREADABLE.value
                continue
            alike = column, *raw[1:]
            reading = readings.get(alike) or readings.setdefault(alike, _in_table(entry, raw))
            if reading.remarks:
                remarks += [(code, raw.place, "", {"label": label, **facts}) for code, facts in reading.remarks]
            content = content_of(reading.value)
            if content is not None:
                rows.setdefault(number, {})[column] = content
        remarks += doubtful_rows(actual, columns, rows, self.issue.month)
        self.remarks += summarise_repeats(remarks)
        self.remarks += (*beyond(actual, read.strays), *unseen_rows(actual, rows, read.outline))
        self.numbers[table.name] = tuple(sorted(rows))
        return tuple(rows[number] for number in self.numbers[table.name])

    def _located(self, table: TableSlot) -> tuple[TableSlot, _Cells, frozenset[str]]:
        """A table as it stands in the file, its cells with row and column, and the form's own cells on its sheet."""
        occupied = self.issue.layout.occupied[table.sheet]
        actual, lacking = self.locator.table(table)
        if actual == table and not lacking:
            return table, self.issue.layout.table_refs[table.name], occupied
        place = Place(table.sheet, "")
        self.remarks += [("XK-T015", place, "", {"table": table.name, "column": column}) for column in lacking]
        columns = "、".join(f"{column} {letter}" for column, letter in actual.columns.items())
        self.remarks.append(("XK-T016", place, "", {"table": table.name, "found": columns}))
        cells = {
            f"{letter}{row}": (row, column)
            for column, letter in actual.columns.items()
            for row in range(actual.first, actual.last + 1)
        }
        return actual, cells, frozenset((*cells, *map(self.locator.shift(table.sheet).near, occupied)))

    def _extra_columns(self, table: TableSlot, strays: Sequence[str]) -> Iterator[Remark]:
        """Columns beside the table, by their headings; their content may be customers' data and is not read."""
        heads = frozenset(ref for ref in strays if ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == str(table.first - 1))
        for raw in self.book.cells(table.sheet, heads).cells.values() if heads else ():
            personal = is_personal_heading(raw.text or "") or self._holds_persons(table.sheet, raw, strays)
            yield "XK-I006" if personal else "XK-I004", raw.place, "", {"found": (raw.text or "")[:20]}

    def _holds_persons(self, sheet: str, heading: RawCell, strays: Sequence[str]) -> bool:
        """Whether one of the first cells below a heading holds a telephone, a plate or the like."""
        letters = heading.place.ref.rstrip("0123456789")
        below = [ref for ref in strays if ref.rstrip("0123456789") == letters and ref != heading.place.ref]
        cells = self.book.cells(sheet, frozenset(below[:_LOOKED_AT])).cells if below else {}
        return any(personal_kinds(raw.text or "") for raw in cells.values())


def _in_table(entry: SchemeField, raw: RawCell) -> Reading:
    """The value of a table's cell. A row that does not apply is no row."""
    reading = understand(entry, raw)
    return Reading(Absence.UNREADABLE).noting("XK-V006") if reading.value is Absence.NOT_APPLICABLE else reading
