"""Parts of a sheet that the user cannot see or cannot type into: merged ranges, hidden rows and columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xlkpi.intake.guard import Refused
from xlkpi.intake.markup import TRUE, malformed
from xlkpi.values import column_number

MAX_MERGED: Final = 5_000  # ranges of a sheet
MAX_SPANS: Final = 16_384  # columns that a sheet describes, as many as Excel has
_CORNER = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NO_SIZE = re.compile(r"0(?:\.0*)?")
_PROMPTS: Final = ("promptTitle", "prompt", "errorTitle", "error")


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
    """Merged areas, hidden rows, hidden columns as spans from first to last; whether the sheet is protected, and the
    words that its validations show."""

    merged: tuple[Area, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    is_protected: bool = False
    prompts: frozenset[str] = frozenset()

    def hides(self, column: int, row: int) -> bool:
        """Whether a cell lies in a hidden row or column."""
        return row in self.hidden_rows or any(first <= column <= last for first, last in self.hidden_columns)


PLAIN = Outline()


def outlined(
    part: str, merged: Sequence[str], hidden_rows: Iterable[int], columns: Collection[Mapping[str, str]],
    protection: Mapping[str, str], validations: Iterable[Mapping[str, str]],
) -> Outline:  # fmt: skip
    """An outline from what a sheet says: merged ranges, numbers of hidden rows, and the attributes of its columns, of
    its protection and of its validations.

    Raises:
        Refused: too many of them, or malformed.
    """
    for kind, stretches, limit in (("合并区域", merged, MAX_MERGED), ("列", columns, MAX_SPANS)):
        if len(stretches) > limit:
            raise Refused("XK-F006", what=f"{part} 的{kind}", found=len(stretches), limit=limit)
    areas = tuple(area for text in merged if (area := _area(part, text)) is not None)
    hidden = [column for column in columns if is_hidden(column, "width")]
    spans = tuple((_number(part, column.get("min", "")), _number(part, column.get("max", ""))) for column in hidden)
    rows = frozenset(hidden_rows)
    prompts = frozenset(text for each in validations for name in _PROMPTS if (text := each.get(name)))
    outline = Outline(areas, rows, spans, protection.get("sheet") in TRUE, prompts)
    return PLAIN if outline == PLAIN else outline


def is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    """Whether a row or column is hidden: it says so, or its `size` (ht, width) is 0."""
    return attributes.get("hidden") in TRUE or _NO_SIZE.fullmatch(attributes.get(size, "")) is not None


def _area(part: str, text: str) -> Area | None:
    """A merged range; None for a single cell, which merges nothing."""
    corners = [_CORNER.fullmatch(end) for end in text.replace("$", "").split(":")] if len(text) < 30 else []
    ends = [(column_number(corner[1]), int(corner[2])) for corner in corners if corner]
    if len(ends) != len(corners) or not 0 < len(ends) < 3:
        raise malformed(part, f" 的合并区域写作 {text[:30]!r}")
    (left, top), (right, bottom) = ends[0], ends[-1]
    return Area(left, top, right, bottom) if len(ends) == 2 else None


def _number(part: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise malformed(part, f" 的列号写作 {text[:20]!r}")
    return int(text)
