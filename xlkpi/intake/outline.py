"""What of a sheet a person cannot see or cannot type into: merged ranges, hidden rows and columns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xlkpi.intake.memory import remembered
from xlkpi.values import column_number

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)"')
_ROW = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_FACT = re.compile(rb'\b(r|min|max)="(\d+)"')


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells: columns and rows counted from 1, the last ones included."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, column: int, row: int) -> bool:
        """Whether a cell lies in it."""
        return self.left <= column <= self.right and self.top <= row <= self.bottom


@dataclass(frozen=True, slots=True)
class Outline:
    """Merged areas, hidden rows, and hidden columns as spans from first to last."""

    merged: tuple[Area, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[tuple[int, int], ...] = ()

    def hides(self, column: int, row: int) -> bool:
        """Whether a cell lies in a hidden row or column."""
        return row in self.hidden_rows or any(first <= column <= last for first, last in self.hidden_columns)


PLAIN = Outline()


def outline_of(data: bytes) -> Outline:
    """The outline of a sheet's XML."""
    start, end = data.find(b"sheetData"), data.rfind(b"sheetData")
    merged = _merged(data[max(end, 0) :])
    if b'hidden="' not in data or (b'hidden="1"' not in data and b'hidden="true"' not in data):
        return Outline(merged) if merged else PLAIN
    rows = (dict(_FACT.findall(found)) for found in _ROW.findall(data) if _HIDDEN.search(found))
    columns = (dict(_FACT.findall(found)) for found in _COLUMN.findall(data[: max(start, 0)]) if _HIDDEN.search(found))
    return Outline(
        merged,
        frozenset(int(facts[b"r"]) for facts in rows if b"r" in facts),
        tuple((int(facts[b"min"]), int(facts[b"max"])) for facts in columns if {b"min", b"max"} <= facts.keys()),
    )


@remembered(256, 50_000)
def _merged(tail: bytes) -> tuple[Area, ...]:
    """Merged areas, from what stands behind a sheet's cells: the same in every file of a month."""
    return tuple(
        Area(column_number(left.decode()), int(top), column_number(right.decode()), int(bottom))
        for left, top, right, bottom in _MERGED.findall(tail)
    )
