"""Rows of a table that are read and yet doubtful: nothing under a choice, a number twice, another month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlkpi.intake.shown import day_of
from xlkpi.intake.strays import Remark
from xlkpi.scheme.entries import Column
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import CellContent, Place
from xlkpi.workbook.layout import TableSlot


def doubtful_rows(
    table: TableSlot, columns: Mapping[str, Column], rows: Mapping[int, Mapping[str, CellContent]], month: str
) -> Iterator[Remark]:
    """Remarks on a table's rows, each with its cell; the rows are not changed."""
    first_rows: dict[tuple[str, CellContent], int] = {}
    for number, row in sorted(rows.items()):
        for name, column in columns.items():
            place = Place(table.sheet, f"{table.columns[name]}{number}") if name in table.columns else None
            if place is None:
                continue
            content = row.get(name)
            facts = {"label": f"{table.name} {name}", "row": number}
            if content is None:
                if TYPES[column.type].shape is Shape.CHOICE:
                    yield "XK-V036", place, "", facts
            elif column.unique and (name, content) in first_rows:
                yield "XK-V037", place, "", {**facts, "found": content, "first": first_rows[name, content]}
            elif (day := _day(column, content)) and not day.startswith(month):
                yield "XK-V038", place, "", {**facts, "found": day, "month": month}
            if column.unique and content is not None:
                first_rows.setdefault((name, content), number)


def _day(column: Column, content: CellContent) -> str:
    """The day of a column of dates; nothing for another column's content, or one that is no day."""
    return day_of(content) if TYPES[column.type].shape is Shape.DATE and isinstance(content, float) else ""
