"""Rows of a table that are read and yet doubtful: nothing under a choice, a number twice, another month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

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
    of_table = [(name, column, TYPES[column.type].shape) for name, column in columns.items() if name in table.columns]
    for number, row in sorted(rows.items()):
        for name, column, shape in of_table:
            content = row.get(name)
            remark: tuple[str, dict[str, object]] | None = None
            if content is None:
                if shape is Shape.CHOICE:
                    remark = "XK-V036", {}
            elif column.unique and (name, content) in first_rows:
                remark = "XK-V037", {"found": content, "first": first_rows[name, content]}
            elif shape is Shape.DATE and isinstance(content, float) and not _day(content).startswith(month):
                remark = "XK-V038", {"found": _day(content), "month": month}
            if remark is not None:
                code, facts = remark
                place = Place(table.sheet, f"{table.columns[name]}{number}")
                yield code, place, "", {"label": f"{table.name} {name}", "row": number, **facts}
            if column.unique and content is not None:
                first_rows.setdefault((name, content), number)


_day = lru_cache(256)(day_of)  # a month's days come back in every row
