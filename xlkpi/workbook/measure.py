"""How much room a text takes on a sheet, so that rows are as high as their words need and pages are told in advance.

No program is asked: a Chinese character is as wide as it is high, any other sign a little more than half of that. The
figures are on the safe side of 微软雅黑 in Excel and of Noto Sans CJK in LibreOffice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_NARROW = 0.58  # of the font's size
_BOLD = 1.06
_LINE = 1.45  # the height of a line
_AIR = 3.0  # points above and below the text of a cell, together
_CHARACTER = 5.25  # points of a unit of column width: 7 pixels of Calibri 11, in which widths are counted
_PADDING = 3.75  # points of a column in which no text stands
_INDENT = 6.75  # points of the air beside text that is not in the middle


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Points that a line of text takes."""
    wide = sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else _NARROW for sign in text)
    return wide * size * (_BOLD if bold else 1.0)


def column_points(widths: Iterable[float]) -> float:
    """Points across so many columns, whose widths are in characters."""
    return sum(widths) * _CHARACTER


def lines(text: str, room: float, size: float, bold: bool = False, indented: bool = True) -> int:
    """Lines that a text takes in a cell of `room` points across; half a character is lost at a line's end."""
    free = max(size, room - _PADDING - (_INDENT if indented else 0.0) - size / 2)
    return sum(max(1, -int(-text_width(part, size, bold) // free)) for part in text.split("\n"))


def row_height(count: int, size: float) -> float:
    """Points of a row with so many lines."""
    return round(count * size * _LINE + _AIR, 1)
