"""What a cell shows of its number, read as a person reads it: a figure with its unit, a date, or neither."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from xlkpi.intake import quantity
from xlkpi.intake.formats import Section, section_for
from xlkpi.values import Unknown, moment_of, serial_number

_SCIENTIFIC = re.compile(r"-?\d(?:\.\d+)?E[+-]\d+")
FIRST_DAY, LAST_DAY = 32_874.0, 73_050.0  # 1990-01-01 and 2099-12-31: serials that a form of today can mean
_DAY_IN_CODE = re.compile(r"(?<!d)dd?(?!d)")  # ddd is the name of the weekday
_DIGITS = re.compile(r"[0-9]+")
_FIRST_SURE: Final = 61
_LEAP_1900: Final = 60  # Excel counts a 29th of February 1900; before it its days are one behind the calendar's


class Figure(NamedTuple):
    """A number in the field's unit as it is seen, what its last digit is worth, and whether it has a per cent sign."""

    number: float
    step: float
    percent: bool


@lru_cache(2_000)
def shows_date(code: str | Unknown | None) -> bool:
    """Whether a number format makes dates or times of positive numbers."""
    section = section_for(code, 1.0) if isinstance(code, str) and code else None
    return section is not None and bool(section.date)


@lru_cache(2_000)
def dateless(code: str | Unknown | None, serial: float) -> str:
    """What a cell shows of a date where it does not show its day: 2026-11 for the 1st of November.

    "" where it shows the day, where the format is of plain numbers, and where nobody knows how it looks.
    """
    section = section_for(code, serial) if isinstance(code, str) and code else None
    if section is None:
        return ""
    if section.date:
        return "" if _DAY_IN_CODE.search(section.date) else date_shown(serial, section)
    if any(token.kind != "literal" for token in section.tokens):
        return ""
    shown = "".join(token.text for token in section.tokens)  # as an .ods tells it
    return "" if int(day_of(serial)[8:10]) in map(int, _DIGITS.findall(shown)) else shown


def figure_in(text: str, unit: str, *, rate: bool) -> Figure | None:
    """The figure that a cell shows, for a field in this unit; None where it is not one number in a unit that fits."""
    bare = text.strip()
    if _SCIENTIFIC.fullmatch(bare):
        number = Decimal(bare)
        return Figure(float(number), float(Decimal(1).scaleb(_exponent(number))), percent=False)
    quantity_ = quantity.written(quantity.narrowed(bare))
    if not isinstance(quantity_, quantity.Quantity):
        return None
    times = Decimal(1) / 100 if quantity_.percent else Decimal(1)
    if rate:
        if quantity_.unit:
            return None
    elif quantity_.percent:
        return None
    else:
        factor = quantity.factor(quantity_.unit, unit)
        if factor is None:
            return None
        times = factor
    step = Decimal(1).scaleb(_exponent(quantity_.value)) * times
    return Figure(float(quantity_.value * times), float(step), quantity_.percent)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def date_shown(serial: float, section: Section) -> str:
    """What a date's or a time's format shows of a number: the day, the hour or the month where it shows no more."""
    if not set(section.date) & set("yd") and set(section.date) & set("hs"):
        seconds = round((serial % 1) * 86_400)
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}"
    of_month = serial >= _FIRST_SURE and "y" in section.date and not _DAY_IN_CODE.search(section.date)
    return day_of(serial)[: 7 if "m" in section.date else 4] if of_month else day_of(serial)


def day_of(serial: float) -> str:
    """A date's serial number (1900 system) as Excel shows it: 2026-05-01, with the time where there is one."""
    if _LEAP_1900 <= serial < _LEAP_1900 + 1:
        return "1900-02-29"
    try:
        moment = moment_of(serial + (0 < serial < _LEAP_1900))
    except OverflowError:
        return f"{serial:g}"
    return f"{moment:%Y-%m-%d}" if serial == int(serial) else f"{moment:%Y-%m-%d %H:%M}"


def serial_of(year: int, month: int, day: int) -> float | None:
    """The serial number of a day; None where the calendar has no such day."""
    try:
        return serial_number(date(year, month, day))
    except ValueError:
        return None
