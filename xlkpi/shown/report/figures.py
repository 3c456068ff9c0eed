"""Figures as people read them: the formats of the workbook, rounded as Excel shows them."""

from __future__ import annotations

from typing import Any, TypeGuard, assert_never

from xlkpi.intake.shown import day_of
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.scoring.as_excel import round_half_away

_NEAR = 1e-3


def points(value: Any, digits: int) -> str:
    """Points with so many decimals; a word (不适用) as it stands, nothing for None."""
    return _fixed(value, digits) if is_number(value) else "" if value is None else str(value)


def figure(value: Any, kind: str) -> str:
    """A field's or indicator's value by its type: 80.97%, 252,486.00, 251; a word as it stands, nothing for None."""
    if not is_number(value):
        return "" if value is None else str(value)
    traits = TYPES.get(kind, TYPES["number"])  # a folder of a later version may know more
    match traits.shape:
        case Shape.PERCENT:
            return f"{_fixed(value * 100, traits.decimals)}%"
        case Shape.DATE:
            return day_of(value)
        case Shape.NUMBER | Shape.DAY | Shape.CHOICE | Shape.TEXT:
            return _fixed(value, traits.decimals)
        case unknown:
            assert_never(unknown)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether JSON had a number here, and not an absence's word."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fixed(value: float, digits: int) -> str:
    """So many decimals, rounded as Excel rounds. Only near a half can that differ from Python, and it takes longer."""
    if abs(abs(value) * 10**digits % 1 - 0.5) < _NEAR:
        value = round_half_away(value, digits)
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
