"""Criteria of COUNTIF, SUMIF and their like: which cells fit, over the values of `excel`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from xlkpi.scoring.compiled.excel import ExcelError, Fault, number_in

Criterion = tuple[str, Any]


_OPERATORS: Final = (">=", "<=", "<>", ">", "<", "=")


@lru_cache(4096)
def _criterion_of(wanted: str) -> Criterion:
    operator = next((sign for sign in _OPERATORS if wanted.startswith(sign)), "")
    operand = wanted[len(operator) :]
    spelled = number_in(operand) if operand else None
    if spelled is not None:
        return operator or "=", spelled
    if operand.upper() in ("TRUE", "FALSE"):
        return operator or "=", operand.upper() == "TRUE"
    if not operand and operator in ("=", "<>"):
        return operator, None  # only a blank cell, or anything but one
    return operator or "=", operand.lower()


def criterion(wanted: Any) -> Criterion:
    """COUNTIF's criterion as operator and value; a blank cell as a criterion means 0."""
    if wanted.__class__ is Fault:
        raise ExcelError(wanted)
    if wanted.__class__ is str:
        return _criterion_of(wanted)
    return "=", 0.0 if wanted is None else wanted


@lru_cache(4096)
def wildcards(text: str) -> re.Pattern[str] | None:
    """A text with `*`, `?` or `~` as a pattern, else None."""
    if not set(text) & set("*?~"):
        return None
    pattern, at = "", 0
    while at < len(text):
        letter = text[at]
        if letter == "~" and at + 1 < len(text):
            at += 1
            pattern += re.escape(text[at])
        else:
            pattern += {"*": ".*", "?": "."}.get(letter) or re.escape(letter)
        at += 1
    return re.compile(pattern, re.DOTALL)


def fits(cell: Any, condition: Criterion) -> bool:
    """Whether a cell fits a criterion."""
    operator, wanted = condition
    kind = cell.__class__
    if operator in ("=", "<>"):
        return _same(cell, kind, wanted) == (operator == "=")
    if kind is not wanted.__class__:
        return False
    low = cell.lower() if kind is str else cell
    above, alike = bool(low > wanted), bool(low == wanted)
    return {">": above, ">=": above or alike, "<": not above and not alike, "<=": not above}[operator]


def _same(cell: Any, kind: type, wanted: Any) -> bool:
    if wanted is None:
        return cell is None
    if wanted.__class__ is float:
        if kind is str:
            return number_in(cell) == wanted
        return kind is float and cell == wanted
    if wanted.__class__ is bool:
        return kind is bool and cell is wanted
    if wanted == "":
        return cell is None or (kind is str and cell == "")
    if kind is not str:
        return False
    pattern = wildcards(wanted)
    return bool(pattern.fullmatch(cell.lower())) if pattern else cell.lower() == wanted


def rows_that_fit(pairs: Sequence[Any]) -> Iterable[int]:
    """Positions at which every range fits its criterion; ranges and criteria come in turn."""
    ranges, conditions = pairs[::2], [criterion(wanted) for wanted in pairs[1::2]]
    (first, *further), (condition, *further_conditions) = ranges, conditions
    operator, wanted = condition
    if operator == "=" and wanted.__class__ is str and wanted and wanted.lower() == wanted.upper():
        plain = wildcards(wanted) is None  # a word of Chinese has no case: the usual criterion of a scheme
    else:
        plain = False
    for at, cell in enumerate(first):
        fitting = (cell.__class__ is str and cell == wanted) if plain else fits(cell, condition)
        if fitting and all(fits(cells[at], other) for cells, other in zip(further, further_conditions, strict=True)):
            yield at


def count_if(*pairs: Any) -> float:
    """COUNTIF and COUNTIFS."""
    return float(sum(1 for _ in rows_that_fit(pairs)))


def sum_if(summed: Sequence[Any], *pairs: Any) -> float:
    """SUMIF and SUMIFS, the range to sum first."""
    total = 0.0
    for at in rows_that_fit(pairs):
        cell = summed[at]
        kind = cell.__class__
        if kind is float:
            total += cell
        elif kind is Fault:
            raise ExcelError(cell)
    return total
