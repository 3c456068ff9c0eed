"""Days, times and months as people write them in lists and on the command line. Local time.

A day without its year is of the assessed month or of the half year after it: forms come back then. What has two
readings (12.1 typed as a number is the 1st or the 10th of December) is given back as both.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from xlkpi.headquarters.words import in_figures, tidy
from xlkpi.intake.shown import dateless, shows_date
from xlkpi.values import DAY_ZERO, CellKind, RawCell

_MONTHS_AFTER: Final = 6  # forms of a month come back within so many
_TIME = (
    r"(?:[T\s]*(?P<half>上午|早上|下午|晚上|中午|AM|PM)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?"
    r"(?:\s*[:分]\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?\s*分?\s*(?P<half2>AM|PM)?)?"
)
_WEEKDAY = r"(?:\s*\(?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])\)?)?"
_MOMENT = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?" + _WEEKDAY + _TIME,
    re.IGNORECASE,
)
_WITHOUT_YEAR = re.compile(
    r"(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?" + _WEEKDAY + _TIME, re.IGNORECASE
)
_DIGITS = re.compile(r"(?P<year>20\d{2})(?P<month>\d{2})(?P<day>\d{2})" + _WEEKDAY + _TIME, re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?(?:份)?|(20\d{2})(\d{2})")
_WEEKDAYS: Final = "一二三四五六日"
_FIXED = re.compile(r"0\.(0+)")


@dataclass(frozen=True, slots=True)
class Moment:
    """A day and time. `timed`: a time was written, not the day alone; `other`: another reading, where there is one."""

    at: datetime
    timed: bool = False
    other: datetime | None = None


def said_moment(text: str, month: str = "") -> Moment | None:
    """The day, with or without a time, that a text says; None where it says none.

    Args:
        text: as it was typed.
        month: the month that is assessed (YYYY-MM), which tells the year where the text does not; "" takes none.
    """
    plain = in_figures(unicodedata.normalize("NFKC", tidy(text)).strip(), "月日号时点分")
    match = _MOMENT.fullmatch(plain) or _DIGITS.fullmatch(plain)
    if match:
        return _of_parts(match, int(match["year"]))
    match = _WITHOUT_YEAR.fullmatch(plain) if month else None
    return _of_parts(match, _year(month, int(match["month"]))) if match else None


def moment_in(cell: RawCell, month: str = "") -> Moment | None:
    """The day and time that a cell says: a date of the spreadsheet, a text, or 12.8 for the 8th of December."""
    if cell.text is None or cell.kind in (CellKind.BOOLEAN, CellKind.ERROR):
        return None
    if cell.kind is not CellKind.NUMBER:
        return _in_reach(cell.text, month)
    number = float(cell.text)
    if shows_date(cell.format):
        return None if dateless(cell.format, number) else _of_serial(number)
    digits = f"{number:.10g}"
    fixed = _FIXED.fullmatch(cell.format) if isinstance(cell.format, str) else None
    if fixed and number < 13:
        return _in_reach(f"{number:.{len(fixed[1])}f}", month)  # as it is shown: 12.10
    if 1 < number < 13 and number != int(number):
        return _of_decimal(digits, month)
    if number == int(number) and len(digits) == 8:
        return said_moment(digits)
    plain = _of_serial(number)  # a date whose format somebody took away: believed where it is near the month
    return plain if plain and month and 0 <= _months_after(month, plain.at) <= _MONTHS_AFTER else None


def _in_reach(text: str, month: str) -> Moment | None:
    """As `said_moment`; None for a day without its year that is no day on which forms come back: 8/12 of November's."""
    moment = said_moment(text) or said_moment(text, month)
    with_year = moment is None or said_moment(text) is not None
    return moment if with_year or (moment and _months_after(month, moment.at) <= _MONTHS_AFTER) else None


def said_month(text: str) -> str:
    """A month as YYYY-MM; "" where the text says none."""
    match = _MONTH.fullmatch(unicodedata.normalize("NFKC", tidy(text)))
    year, number = (match[1] or match[3], int(match[2] or match[4])) if match else ("", 0)
    return f"{year}-{number:02d}" if 1 <= number <= 12 else ""


def month_in(cell: RawCell | None) -> str:
    """The month that a cell says as YYYY-MM; "" where it says none, or where 2026.1 may be January or October."""
    if cell is None or cell.text is None or cell.kind in (CellKind.BOOLEAN, CellKind.ERROR):
        return ""
    if cell.kind is not CellKind.NUMBER:
        return said_month(cell.text)
    number = float(cell.text)
    if shows_date(cell.format):
        moment = _of_serial(number)
        return f"{moment.at:%Y-%m}" if moment else ""
    digits = f"{number:.10g}"
    return "" if digits.endswith(".1") else said_month(digits)


def _of_decimal(digits: str, month: str) -> Moment | None:
    """12.8 is the 8th of December; 12.1 may have been 12.10."""
    moment = _in_reach(digits, month)
    longer = _in_reach(f"{digits}0", month) if len(digits.partition(".")[2]) == 1 else None
    if moment and longer:
        return Moment(moment.at, other=longer.at)
    return moment


def _of_parts(match: re.Match[str], year: int) -> Moment | None:
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    half = (match["half"] or match["half2"] or "").upper()
    if (match["half"] and match["half2"]) or (half and hour > 12):
        return None
    if half in ("下午", "晚上", "PM") and hour < 12:
        hour += 12
    elif half in ("上午", "早上", "AM") and hour == 12:
        return None  # midnight or noon?
    try:
        at = datetime(year, int(match["month"]), int(match["day"]), hour, minute, second)
    except ValueError:
        return None
    weekday = (match["weekday"] or "").replace("天", "日")
    if weekday and _WEEKDAYS.index(weekday) != at.weekday():
        return None
    return Moment(at, timed=match["hour"] is not None)


def _of_serial(number: float) -> Moment | None:
    if not 1 <= number < 2_958_466:
        return None
    return Moment(DAY_ZERO + timedelta(seconds=round(number * 86_400)), timed=number != int(number))


def _year(month: str, number: int) -> int:
    """The year in which a month of that number is the assessed one or comes next after it."""
    year, assessed = int(month[:4]), int(month[5:])
    return year if number >= assessed else year + 1


def _months_after(month: str, at: datetime) -> int:
    return (at.year - int(month[:4])) * 12 + at.month - int(month[5:])
