"""Excel's functions that a formula of a scheme may use (`templates/functions.txt`), over the values of `excel`.

A range comes as a list of cells. What is typed into the formula itself and what stands in a reference are treated
differently by some functions (COUNT, SUM, AND): `shapes` knows which is which and calls the fitting one.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache, reduce
from typing import Any, Final

from xlkpi.scoring.compiled import excel
from xlkpi.scoring.compiled.criteria import wildcards
from xlkpi.scoring.compiled.excel import ExcelError, Fault, number_in

_LONGEST: Final = 32767  # characters in a cell
_FIRST_DAY: Final = date(1899, 12, 30)

# ------------------------------------------------------------------ numbers out of ranges


def numbers(cells: Iterable[Any]) -> list[float]:
    """The numbers among the cells of a reference; texts, truth values and blanks are passed over, an error is not."""
    figures: list[float] = []
    for cell in cells:
        kind = cell.__class__
        if kind is float:
            figures.append(cell)
        elif kind is Fault:
            raise ExcelError(cell)
    return figures


def count_cells(cells: Iterable[Any]) -> int:
    """COUNT of a range."""
    return sum(1 for cell in cells if cell.__class__ is float)


def counts(value: Any) -> int:
    """COUNT of a value that is typed in or computed: truth values and texts that spell a number count."""
    kind = value.__class__
    return int(kind is float or kind is bool or (kind is str and number_in(value) is not None))


def filled_cells(cells: Iterable[Any]) -> int:
    """COUNTA of a range."""
    return sum(1 for cell in cells if cell is not None)


def add_up(values: Iterable[float]) -> float:
    """SUM of numbers, one after the other as the other engines do; `sum` makes up for rounding since Python 3.12."""
    return reduce(operator.add, values, 0.0)


def average(values: Sequence[float]) -> float:
    """AVERAGE of numbers."""
    if not values:
        raise ExcelError(excel.DIV0)
    return add_up(values) / len(values)


def nth(cells: Iterable[Any], place: float, *, largest: bool) -> float:
    """LARGE and SMALL."""
    listed = sorted(numbers(cells), reverse=largest)
    wanted = math.ceil(place)
    if not 1 <= wanted <= len(listed):
        raise ExcelError(excel.NUM)
    return listed[wanted - 1]


def sum_of_products(rows: Iterable[tuple[Any, ...]]) -> float:
    """SUMPRODUCT, row by row; what is no number counts 0."""
    total = 0.0
    for row in rows:
        product = 1.0
        for value in row:
            kind = value.__class__
            if kind is Fault:
                raise ExcelError(value)
            product *= value if kind is float else 0.0
        total += product
    return total


# ------------------------------------------------------------------ truth


def any_or_all(values: Iterable[Any], typed: Iterable[bool], *, any_of: bool) -> bool:
    """AND and OR: in references texts and blanks are passed over; a typed text must say TRUE or FALSE."""
    any_value, result = False, not any_of
    for value, is_typed in zip(values, typed, strict=True):
        kind = value.__class__
        if kind is Fault:
            raise ExcelError(value)
        if not is_typed and (value is None or kind is str):
            continue
        any_value = True
        holds = excel.truth(value)
        result = (result or holds) if any_of else (result and holds)
    if not any_value:
        raise ExcelError(excel.VALUE)
    return result


def is_kind(compute: Callable[..., Any], arguments: tuple[Any, ...], kind: type) -> bool:
    """ISNUMBER and ISTEXT of something that is computed; an error is neither."""
    try:
        return compute(*arguments).__class__ is kind
    except (ExcelError, ZeroDivisionError, OverflowError):
        return False


# ------------------------------------------------------------------ arithmetic


def whole(value: float) -> float:
    """INT: down to the whole number."""
    return float(math.floor(value))


def rounded_away(value: float, digits: float, *, up: bool) -> float:
    """ROUNDUP (away from zero) and ROUNDDOWN (towards it), on fifteen digits."""
    places = excel.places_of(digits)
    exact = abs(Decimal(f"{value:.15g}")).scaleb(places)
    nearest = exact.to_integral_value("ROUND_CEILING" if up else "ROUND_FLOOR")
    result = float(nearest.scaleb(-places))
    return excel.finite(-result if value < 0 else result)


def sign(value: float) -> float:
    """SIGN."""
    return float((value > 0) - (value < 0))


def modulo(value: float, divisor: float) -> float:
    """MOD: the remainder has the divisor's sign."""
    if divisor == 0:
        raise ExcelError(excel.DIV0)
    return value - divisor * math.floor(value / divisor)


def number_cell(value: Any) -> float:
    """N: a number or truth value as a number, anything else 0."""
    kind = value.__class__
    if kind is float:
        return value  # type: ignore[no-any-return]  # its class was just compared
    if kind is bool:
        return float(value)
    if kind is Fault:
        raise ExcelError(value)
    return 0.0


def value_of(cell: Any) -> float:
    """VALUE: the number that a text spells; a truth value spells none."""
    if cell.__class__ is bool or cell == "":
        raise ExcelError(excel.VALUE)
    return excel.number(cell)


# ------------------------------------------------------------------ dates


def day_number(year: float, month: float, day: float) -> float:
    """DATE; months and days beyond the year's run on, as in Excel. Years below 1900 count from 1900."""
    years, months = int(year), int(month)
    if 0 <= years < 1900:
        years += 1900
    years, months = years + (months - 1) // 12, (months - 1) % 12 + 1
    try:
        serial = (date(years, months, 1) - _FIRST_DAY).days + int(day) - 1
    except ValueError:
        raise ExcelError(excel.NUM) from None
    if serial < 0:
        raise ExcelError(excel.NUM)
    return float(serial)


def part_of_date(serial: float, part: str) -> float:
    """YEAR, MONTH, DAY. Excel's 29 February 1900 is not known: dates before March 1900 are a day off, as elsewhere."""
    try:
        if serial < 0:
            raise ExcelError(excel.NUM)
        return float(getattr(_FIRST_DAY + timedelta(days=int(serial)), part))
    except OverflowError:
        raise ExcelError(excel.NUM) from None


# ------------------------------------------------------------------ looking up


def match(wanted: Any, cells: Sequence[Any]) -> float:
    """MATCH(…,0): the first equal cell, counted from 1; texts without regard to case, with wildcards."""
    kind = wanted.__class__
    if kind is Fault:
        raise ExcelError(wanted)
    if wanted is None:
        wanted, kind = 0.0, float
    if kind is str:
        low, pattern = wanted.lower(), wildcards(wanted.lower())
        for place, cell in enumerate(cells, 1):
            if cell.__class__ is str and (pattern.fullmatch(cell.lower()) if pattern else cell.lower() == low):
                return float(place)
    else:
        for place, cell in enumerate(cells, 1):
            if cell.__class__ is kind and cell == wanted:
                return float(place)
    raise ExcelError(excel.NA)


def index(cells: Sequence[Any], rows: int, columns: int, first: float, second: float | None = None) -> Any:
    """INDEX of a range of that many rows and columns; of a single row or column one number is enough."""
    number = int(first)
    if second is not None:
        row, column = number, int(second)
    elif rows == 1 < columns:
        row, column = 1, number
    else:
        row, column = number, 1
    if row < 0 or column < 0:
        raise ExcelError(excel.VALUE)
    if not (1 <= row <= rows and 1 <= column <= columns):
        raise ExcelError(excel.REF)
    cell = cells[(row - 1) * columns + column - 1]
    if cell.__class__ is Fault:
        raise ExcelError(cell)
    return cell


def choice(number: float, options: int) -> int:
    """Which option CHOOSE takes, counted from 1."""
    chosen = int(number)
    if not 1 <= chosen <= options:
        raise ExcelError(excel.VALUE)
    return chosen


# ------------------------------------------------------------------ text


def repeated(text: str, times: float) -> str:
    """REPT."""
    if times < 0 or len(text) * int(times) > _LONGEST:
        raise ExcelError(excel.VALUE)
    return text * int(times)


def left(text: str, length: float = 1.0) -> str:
    """LEFT."""
    if length < 0:
        raise ExcelError(excel.VALUE)
    return text[: int(length)]


def right(text: str, length: float = 1.0) -> str:
    """RIGHT."""
    if length < 0:
        raise ExcelError(excel.VALUE)
    return text[-int(length) :] if int(length) else ""


def middle(text: str, start: float, length: float) -> str:
    """MID."""
    if start < 1 or length < 0:
        raise ExcelError(excel.VALUE)
    first = int(start) - 1
    return text[first : first + int(length)]


def trimmed(text: str) -> str:
    """TRIM: one space between words, none around them."""
    return " ".join(word for word in text.split(" ") if word)


def substituted(text: str, old: str, new: str, which: float | None = None) -> str:
    """SUBSTITUTE, everywhere or only the occurrence of that number."""
    if which is not None and which < 1:
        raise ExcelError(excel.VALUE)
    if not old:
        return text
    if which is None:
        return text.replace(old, new)
    pieces, number = text.split(old), int(which)
    if number > len(pieces) - 1:
        return text
    return old.join(pieces[:number]) + new + old.join(pieces[number:])


_FORMAT = re.compile(r'(#,##)?0(?:\.(0+))?(%?)(?:"([^"]*)")?', re.ASCII)
_DATES: Final = {
    "yyyy-mm-dd": "{0:04}-{1:02}-{2:02}", "yyyy/mm/dd": "{0:04}/{1:02}/{2:02}", "yyyy-mm": "{0:04}-{1:02}",
}  # fmt: skip


def formatted(cell: Any, code: str) -> str:
    """TEXT with the format codes that our formulas use: noughts, groups, decimals, percent, a word behind, dates.

    A text that spells no number stays as it is. Another code is #VALUE!: `shapes` refuses it before it comes to that.
    """
    if cell.__class__ is str:
        spelled = number_in(cell)
        if spelled is None:
            return str(cell)
        cell = spelled
    value = excel.number(cell)
    shape = format_shape(code)
    if shape is None:
        raise ExcelError(excel.VALUE)
    if isinstance(shape, str):
        parts = [int(part_of_date(value, part)) for part in ("year", "month", "day")]
        return shape.format(*parts)
    grouped, decimals, percent, behind = shape
    shown: float | Decimal = value
    if percent:
        hundredfold = Decimal(f"{value:.15g}").scaleb(2)
        shown = float(hundredfold) if math.isfinite(float(hundredfold)) else hundredfold
    return f"{excel.formatted(shown, decimals, grouped=grouped)}{'%' if percent else ''}{behind}"


@lru_cache(256)
def format_shape(code: str) -> tuple[bool, int, bool, str] | str | None:
    """A number format taken apart: grouped, decimals, percent, the word behind; a date's as a template; else None."""
    if code.lower() in _DATES:
        return _DATES[code.lower()]
    match = _FORMAT.fullmatch(code)
    return (bool(match[1]), len(match[2] or ""), bool(match[3]), match[4] or "") if match else None
