"""The types of fields, a row each: what stands in a cell, how it looks, how it is asked for, shown and compared.

A type is its row. What no row can hold (how words are read, which check fits) goes by the row's `shape`, with a `match`
that names them all: of a new shape mypy names each place that does not know it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, get_args

FieldType = Literal["count", "amount", "rate", "number", "day", "date", "choice", "text"]
ColumnType = Literal["text", "number", "amount", "count", "choice", "date"]
"""The types of a table's columns: those that have a `column`."""


class Shape(Enum):
    """What a value is, whatever its type calls it."""

    NUMBER = "number"
    PERCENT = "percent"  # a number that people write a hundredfold: 0.85 is 85 %
    DAY = "day"  # a day of the month by its number, 1 to 31
    DATE = "date"  # by its serial number
    CHOICE = "choice"  # one of the field's words
    TEXT = "text"

    @property
    def is_number(self) -> bool:
        """Whether a number stands for it that is typed as one."""
        return self in (Shape.NUMBER, Shape.PERCENT, Shape.DAY)

    @property
    def is_figure(self) -> bool:
        """Whether it can be added up, averaged, or negative."""
        return self in (Shape.NUMBER, Shape.PERCENT)


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """A table's column: its width in characters, an example for the prompt, and a number format of its own."""

    width: float
    example: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """How figures are compared with earlier months and with other dealers.

    `by_factor`: dealers differ in size, so by their logarithms. `slips`: 元 may be written for 万元. `least_spread` is
    what a figure that stood still for months may still move, by its usual size.
    """

    by_factor: bool = True
    slips: bool = False
    least_spread: Callable[[float], float] = lambda usual: 0.0


@dataclass(frozen=True, slots=True)
class TypeTraits:
    """A type's row."""

    shape: Shape
    format: str
    """The Excel number format of its cells."""
    decimals: int
    """How many the report shows (of a rate: of its percentage)."""
    sentence: str
    """The Excel text that shows {x} in a sentence; + 0 since what rounds to a negative zero is "-0" to the engines."""
    sentence_decimals: int
    """Two numbers that are equal when rounded to so many look alike in a sentence."""
    asks: str
    """What the entry sheet asks for: 请填…"""
    hint: str
    """What headquarters' forms ask for; blank where the words say it."""
    whole: bool = False
    """Whether it takes whole numbers alone."""
    never_negative: bool = False
    """Whether less than 0 is a finding where the field has no minimum of its own (XK-V014)."""
    finest: float = math.inf
    """Half the last digit that its format shows; what a cell hides beyond that is asked about."""
    column: ColumnLook | None = None
    """None: not for tables."""
    compared: Compared | None = None
    """None: never compared."""


TYPES: Final[Mapping[str, TypeTraits]] = {
    "count": TypeTraits(
        Shape.NUMBER, "#,##0", 0, 'TEXT(ROUND({x},4)+0,"#,##0")', 0, "整数", "次数", whole=True,
        finest=0.5, column=ColumnLook(10), compared=Compared(least_spread=lambda usual: math.sqrt(abs(usual))),
    ),
    "amount": TypeTraits(
        Shape.NUMBER, "#,##0.00", 2, 'TEXT(ROUND({x},2)+0,"#,##0.00")', 2, "数字", "金额", never_negative=True,
        finest=0.005, column=ColumnLook(15), compared=Compared(slips=True),
    ),
    "rate": TypeTraits(
        Shape.PERCENT, "0.00%", 2, 'TEXT(ROUND({x},4)+0,"0.00%")', 4, "数字", "百分数",
        finest=0.00005, compared=Compared(by_factor=False, least_spread=lambda usual: 0.01),
    ),
    "number": TypeTraits(
        Shape.NUMBER, "#,##0.00", 2, "ROUND({x},4)+0", 4, "数字", "数",
        finest=0.005, column=ColumnLook(12), compared=Compared(),
    ),
    "day": TypeTraits(
        Shape.DAY, '0"号"', 0, 'ROUND({x},0)&" 号"', 0, "整数", "几号（只填日子）", whole=True, finest=0.5
    ),
    "date": TypeTraits(
        Shape.DATE, "yyyy-mm-dd", 0, 'TEXT({x},"yyyy-mm-dd")', 0, "日期", "日期", column=ColumnLook(13, "2026-11-05"),
    ),
    "choice": TypeTraits(Shape.CHOICE, "General", 0, "{x}", 0, "所选的词", "", column=ColumnLook(13)),
    "text": TypeTraits(
        Shape.TEXT, "General", 0, "{x}", 0, "文字", "",
        column=ColumnLook(18, format="@"),  # an order's number 0012 keeps its zeros
    ),
}  # fmt: skip
"""Every type."""

if set(TYPES) != set(get_args(FieldType)) or {t for t in TYPES if TYPES[t].column} != set(get_args(ColumnType)):
    raise TypeError("FieldType, ColumnType and TYPES must name the same types")
