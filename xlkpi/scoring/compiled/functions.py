"""Excel's functions that a formula of a scheme may use (`templates/functions.txt`), over the values of `excel`.

A range comes as a list of cells. What is typed into the formula itself and what stands in a reference are treated
differently by some functions (COUNT, SUM, AND): `shapes` knows which is which and calls the fitting one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from xlkpi.scoring.compiled import excel
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


def average(values: Sequence[float]) -> float:
    """AVERAGE of numbers."""
    if not values:
        raise ExcelError(excel.DIV0)
    return sum(values) / len(values)


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
        return value  # type: ignore[no-any-return]
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


# ------------------------------------------------------------------ criteria

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
