"""Excel's value model: what a value is, and how one kind is taken for another. One rule a function, each with a test.

A cell holds a number (float), a text (str), a truth value (bool), nothing (None) or an error (`Fault`). References:
Microsoft's "Data types in formulas" and the OpenFormula standard, part 2, chapter 6.2 (conversions); where they are
silent, LibreOffice and formualizer decide (tests/oracle).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any, Final, NoReturn

from xlkpi.values import CellContent, CellFault, serial_number


class ExcelError(Exception):
    """An error on its way up through a formula; its only argument is the `Fault`."""


class Fault:
    """An error value in a cell. Whoever compares it with anything passes the error on, as Excel does."""

    __slots__ = ("content",)

    def __init__(self, code: str):
        self.content = CellFault(code)

    def __repr__(self) -> str:
        return self.content.code

    def _raise(self, other: object) -> NoReturn:
        raise ExcelError(self)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _raise
    __hash__ = object.__hash__


FAULTS: Final = {code: Fault(code) for code in ("#DIV/0!", "#N/A", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!")}
DIV0, NA, VALUE, REF, NAME, NUM = (FAULTS[code] for code in ("#DIV/0!", "#N/A", "#VALUE!", "#REF!", "#NAME?", "#NUM!"))

Cell = float | str | bool | Fault | None

_WIDE: Final = Context(prec=800)  # every double has its place in it, with as many decimals as `places_of` gives
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*%?\s*", re.ASCII)
_DATE = re.compile(r"\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})\s*", re.ASCII)


# ------------------------------------------------------------------ in and out


def cell_of(content: CellContent) -> Cell:
    """A value from outside as a cell holds it: every number a float (never −0), a date its serial number."""
    if content.__class__ is float:  # nearly always
        return content + 0.0
    if content is None or isinstance(content, str | bool):
        return content
    if isinstance(content, int | float):
        return float(content) + 0.0
    if isinstance(content, date):
        return serial_number(content)
    return FAULTS.get(content.code, VALUE)


def content_of(cell: Cell) -> CellContent:
    """A cell as the rest of the program knows it."""
    return cell.content if isinstance(cell, Fault) else cell


# ------------------------------------------------------------------ one kind taken for another


@lru_cache(65536)
def number_in(text: str) -> float | None:
    """The number that a text is taken for in arithmetic (`" 12"`, `1.5%`, `2026-11-30`), or None."""
    if _NUMBER.fullmatch(text):
        bare = text.strip()
        return float(bare[:-1].rstrip()) / 100 if bare.endswith("%") else float(bare)
    match = _DATE.fullmatch(text)
    if match:
        try:
            return serial_number(date(int(match[1]), int(match[2]), int(match[3])))
        except ValueError:
            return None
    return None


def number(cell: Any) -> float:
    """In arithmetic: a blank is 0, TRUE is 1, a text the number that it spells, else #VALUE!."""
    kind = cell.__class__
    if kind is float:
        return cell  # type: ignore[no-any-return]  # its class was just compared
    if cell is None:
        return 0.0
    if kind is bool:
        return 1.0 if cell else 0.0
    if kind is str:
        spelled = number_in(cell)
        if spelled is None:
            raise ExcelError(VALUE)
        return spelled
    raise ExcelError(cell)


def truth(cell: Any) -> bool:
    """As a condition: a blank and 0 are FALSE, other numbers TRUE; a text is #VALUE! unless it says TRUE or FALSE."""
    kind = cell.__class__
    if kind is bool:
        return cell  # type: ignore[no-any-return]  # its class was just compared
    if kind is float:
        return bool(cell != 0.0)
    if cell is None:
        return False
    if kind is str:
        word = cell.upper()
        if word in ("TRUE", "FALSE"):
            return bool(word == "TRUE")
        raise ExcelError(VALUE)
    raise ExcelError(cell)


def general(value: float) -> str:
    """A number as `&` spells it: fifteen digits, no noughts at the end, an exponent where it is short."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    digits = f"{value:.15g}"
    if "e" not in digits:
        return digits
    plain = format(Decimal(digits), "f")
    if len(plain.lstrip("-")) <= 21:
        return plain
    mantissa, _, exponent = digits.partition("e")
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0').rjust(2, '0')}"


def text(cell: Any) -> str:
    """As text: a blank is "", a number as `general` spells it, TRUE or FALSE."""
    kind = cell.__class__
    if kind is str:
        return cell  # type: ignore[no-any-return]  # its class was just compared
    if kind is float:
        return general(cell)
    if cell is None:
        return ""
    if kind is bool:
        return "TRUE" if cell else "FALSE"
    raise ExcelError(cell)


def filled(cell: Any) -> Any:
    """What a formula gives where its result is a blank cell: 0."""
    return 0.0 if cell is None else cell


def finite(value: float) -> float:
    """A result of arithmetic; what has no double is #NUM!. No cell holds −0."""
    if value - value != 0.0:
        raise ExcelError(NUM)
    return value + 0.0


def raised(code: str) -> NoReturn:
    """An error written into a formula (`#N/A`)."""
    raise ExcelError(FAULTS[code])


# ------------------------------------------------------------------ comparing

_RANK: Final = {float: 1, str: 2, bool: 3}
_AS_BLANK: Final[dict[type, Any]] = {float: 0.0, str: "", bool: False}


def order(left: Any, right: Any) -> int:
    """-1, 0 or 1: numbers before texts before truth values; a blank is as the other side would have it.

    Texts are compared without regard to case.
    """
    kind, other = left.__class__, right.__class__
    if kind is Fault:
        raise ExcelError(left)
    if other is Fault:
        raise ExcelError(right)
    if left is None:
        if right is None:
            return 0
        left, kind = _AS_BLANK[other], other
    elif right is None:
        right, other = _AS_BLANK[kind], kind
    if kind is not other:
        return -1 if _RANK[kind] < _RANK[other] else 1
    if kind is str:
        left, right = left.lower(), right.lower()
    return int(left > right) - int(left < right)


def equal(left: Any, right: Any) -> bool:
    """`=`."""
    return order(left, right) == 0


def unequal(left: Any, right: Any) -> bool:
    """`<>`."""
    return order(left, right) != 0


def less(left: Any, right: Any) -> bool:
    """`<`."""
    return order(left, right) < 0


def at_most(left: Any, right: Any) -> bool:
    """`<=`."""
    return order(left, right) <= 0


def greater(left: Any, right: Any) -> bool:
    """`>`."""
    return order(left, right) > 0


def at_least(left: Any, right: Any) -> bool:
    """`>=`."""
    return order(left, right) >= 0


# ------------------------------------------------------------------ arithmetic that Python does otherwise


def power(base: float, exponent: float) -> float:
    """`^`; 0^0 and what has no real result is #NUM!, 0 to a negative power #DIV/0!."""
    if base == 0.0 and exponent == 0.0:
        raise ExcelError(NUM)
    try:
        value = base**exponent
    except ZeroDivisionError:
        raise ExcelError(DIV0) from None
    except OverflowError:
        raise ExcelError(NUM) from None
    if value.__class__ is complex:
        raise ExcelError(NUM)
    return value  # type: ignore[no-any-return]  # its class was just compared


_POWERS: Final = tuple(10.0**digits for digits in range(23))


def places_of(digits: float) -> int:
    """Decimal places as ROUND takes them; beyond four hundred no number has any."""
    return int(max(-400.0, min(400.0, digits)))


def rounded(value: float, digits: float) -> float:
    """ROUND: half away from zero, on fifteen digits (1.005 is 1.01 at two). The slow way where a half is near."""
    places = places_of(digits)
    if 0 <= places <= 22:
        power_of_ten = _POWERS[places]
        scaled = abs(value * power_of_ten)
        if scaled < 1e14:
            whole = float(int(scaled))
            fraction = scaled - whole
            if -1e-3 < fraction - 0.5 < 1e-3 and abs(fraction - 0.5) <= scaled * 6e-15 + 1e-15:
                return _on_fifteen_digits(value, places)
            if fraction > 0.5:
                whole += 1
            return (-whole if value < 0 else whole) / power_of_ten + 0.0
        if scaled - scaled != 0.0:
            if value - value != 0.0:
                raise ExcelError(NUM)
            return value
        if scaled >= 1e15:
            return float(f"{value:.15g}")
    if value - value != 0.0:
        raise ExcelError(NUM)
    return _on_fifteen_digits(value, places)


def _on_fifteen_digits(value: float, places: int) -> float:
    exact = Decimal(f"{value:.15g}")
    return finite(float(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)))


def formatted(value: float | Decimal, decimals: int, *, grouped: bool) -> str:
    """A number with so many decimals, rounded as Excel rounds; only fifteen digits are shown, then noughts."""
    if isinstance(value, float) and abs(value) < 1e10:
        shown: float | Decimal = rounded(value, decimals)
        if abs(value) * 10**decimals >= 1e14:
            shown = Decimal(f"{shown:.15g}")
    else:
        exact = Decimal(f"{value:.15g}")
        shown = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    spelled = f"{shown:,.{decimals}f}" if grouped else f"{shown:.{decimals}f}"
    return spelled.removeprefix("-") if not spelled.strip("-0.,") else spelled
