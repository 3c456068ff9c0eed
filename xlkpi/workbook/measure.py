"""How much room a text takes on a sheet, so that rows are as high as their words need and pages are told in advance.

No program is asked: a Chinese character is as wide as it is high, and an ASCII sign a little more than half of that.
The figures are on the safe side of 微软雅黑 in Excel and of Noto Sans CJK in LibreOffice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from xlkpi.workbook.looks import Style

_NARROW = 0.58  # of the font's size
_BOLD = 1.06
_LINE = 1.45  # the height of a line
_AIR = 3.0  # points above and below the text of a cell, together
_CHARACTER = 5.25  # points of a unit of column width: 7 pixels of Calibri 11, in which widths are counted
_PADDING = 3.75  # points of a column in which no text stands
_HIGHEST = 409.0  # points of a row, by Excel's limit
_INDENT = 6.75  # points of the air beside text that is not in the middle


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Points that a line of text takes."""
    narrow = len(text.encode("ascii", "ignore"))
    return (len(text) - narrow + narrow * _NARROW) * size * (_BOLD if bold else 1.0)


def column_points(widths: Iterable[float]) -> float:
    """Points across so many columns, whose widths are in characters."""
    return math.fsum(widths) * _CHARACTER


def lines(text: str, room: float, style: Style) -> int:
    """Lines that a text takes in a cell of `room` points across; half a character is lost at a line's end."""
    size = style.size
    indent = 0.0 if style.across == "center" else _INDENT
    free = max(size, room - _PADDING - indent - size / 2)
    return sum(max(1, -int(-text_width(part, size, style.bold) // free)) for part in text.split("\n"))


def height(text: str, room: float, style: Style) -> float:
    """Points of a row in which a text stands in a cell of `room` points across, wrapped if the style says so."""
    count = lines(text, room, style) if style.wrap else 1
    return round(count * style.size * _LINE + _AIR, 1)


def row_height(cells: Iterable[tuple[object, float, Style]]) -> float:
    """Points of a row of a list: contents, each with its column's width in characters and its style."""
    return min(_HIGHEST, max(height(str(content), column_points([width]), style) for content, width, style in cells))
