"""A figure as the assessment sheet's sentences show it: 80.97%, 252,486.00 元, 6 号; and as findings quote it.

The first is the twin of `xlkpi.scheme.formulas.format_value`, for values of evaluated cells; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from xlkpi.scheme.entries import Indicator, SchemeField
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.scoring.as_excel import round_half_away
from xlkpi.values import Absence, Value, moment_of

_ROUNDED: Final = re.compile(r"ROUND\(\{x\},(\d)\)")
_LAST_DAY: Final = 2_958_466  # the year 9999 ends before it


def as_shown(value: Value, kind: str, unit: str = "", limits: Iterable[float] = ()) -> str:
    """A value by its field's type. A word or an absence stands as it is.

    Args:
        value: what the cell holds.
        kind: the field's type.
        unit: stands behind the number; a rate and a day have none.
        limits: what it is held against. Beside a limit that it is not, but would look like, it shows as many digits as
            it takes: 49.9999%.
    """
    if isinstance(value, Absence):
        return value.value
    shape, digits = TYPES[kind].shape, TYPES[kind].sentence_decimals
    if not isinstance(value, float) or shape in (Shape.CHOICE, Shape.TEXT):
        return str(value)
    if shape is Shape.DATE:
        return f"{moment_of(int(value)):%Y-%m-%d}" if 0 < value < _LAST_DAY else f"{value:g}"
    percent = shape is Shape.PERCENT
    text = _rounded(value, kind)
    if any(_alike(value, limit, digits) for limit in limits):
        fine = round_half_away(100 * value, 8) if percent else round_half_away(value, 10)
        text = f"{fine:.15g}" + "%" * percent
    if shape is Shape.DAY:
        return f"{text} 号"
    return text if percent else f"{text} {unit}".strip()


def figure_shown(entry: SchemeField | Indicator, value: float) -> str:
    """A figure as the findings on what cannot be quote it."""
    return f"{value * 100:.10g}%" if TYPES[entry.type].shape is Shape.PERCENT else f"{value:,.10g}"


def _alike(value: float, limit: float, digits: int) -> bool:
    same = round_half_away(value, digits) == round_half_away(limit, digits)
    return same and round_half_away(value, 10) != round_half_away(limit, 10)


def _rounded(value: float, kind: str) -> str:
    """As the type's row has it in sentences; + 0.0 since what rounds to a negative zero is none."""
    traits = TYPES[kind]
    digits = _ROUNDED.search(traits.sentence)
    near = round_half_away(value, int(digits[1]) if digits else 4) + 0.0
    if not traits.sentence.startswith("TEXT"):
        return f"{near:.15g}"
    if traits.shape is Shape.PERCENT:
        return f"{near * 100:.{traits.decimals}f}%"
    return f"{round_half_away(near, traits.decimals) + 0.0:,.{traits.decimals}f}"
