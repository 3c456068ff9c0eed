"""Cells that hold a number: what it means, and whether the cell shows it as it is."""

from __future__ import annotations

import math
from typing import Final, assert_never

from xlkpi.intake import quantity
from xlkpi.intake.formats import Section, rendered, section_for
from xlkpi.intake.meaning import (
    Reading,
    finite_number,
    format_code,
    in_doubt,
    is_rate,
    rate_of,
    show,
    understood,
    unreadable,
    words_of,
)
from xlkpi.intake.shown import (
    FIRST_DAY,
    LAST_DAY,
    Figure,
    date_shown,
    dateless,
    day_of,
    figure_in,
    shows_date,
)
from xlkpi.intake.text_cells import date_in, read_text
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import UNKNOWN, CellKind, RawCell

_FIRST_SURE_DAY: Final = 60.0
_DASHES: Final = frozenset("-–—")
_ALL_DECIMALS: Final = 99
_EMPTY: Final = "（空白）"


def read_number(entry: SchemeField, raw: RawCell) -> Reading:
    """The value of a cell that holds a number, by what it holds and by what it shows."""
    value = finite_number(raw.text or "")
    shape = TYPES[entry.type].shape
    if value is None or shape is Shape.CHOICE:
        return unreadable(entry, raw.text or "" if value is None else f"{value:g}")
    if raw.format is UNKNOWN:
        return _without_format(entry, value)
    code = format_code(raw)
    section = section_for(code, value)
    if section is None:
        return in_doubt("XK-V019", shown=code, found=f"{value:.10g}")
    if section.date:
        return _from_dated(entry, value, section, code)
    if shape is Shape.DATE:
        return _from_serial(entry, value) if section.plain else unreadable(entry, words_of(raw))
    if shape is Shape.DAY and value > 31 and entry.maximum is None:
        return unreadable(entry, f"{value:g}")
    by_value = _by_value(entry, value)
    if section.plain and value >= 0 and (section.decimals is None or section.decimals >= _digits(value)):
        return by_value
    return _as_shown(entry, value, by_value, code)


def _by_value(entry: SchemeField, value: float) -> Reading:
    """What the number in a cell means by itself."""
    match TYPES[entry.type].shape:
        case Shape.PERCENT:
            return rate_of(entry, value, f"{value:.10g}")
        case Shape.NUMBER | Shape.DAY:
            return Reading(whole(value) if TYPES[entry.type].whole else value)
        case Shape.DATE | Shape.CHOICE | Shape.TEXT:
            return unreadable(entry, f"{value:g}")
        case unknown:
            assert_never(unknown)


def whole(value: float) -> float:
    """A number of things without the noise of binary arithmetic: 121.00000000000001 is 121, as ROUND(x,10) says."""
    near = float(f"{value:.15g}")
    if value.is_integer() or not math.isfinite(near):
        return value
    return float(round(near)) if abs(near - round(near)) < 5e-11 else value


def _digits(value: float) -> int:
    """How many digits behind the point show a number as it is."""
    shown = f"{value:.15g}"
    return _ALL_DECIMALS if "e" in shown else len(shown.partition(".")[2])


def _as_shown(entry: SchemeField, value: float, by_value: Reading, code: str) -> Reading:
    """A number whose cell shows more than its digits: taken where what is seen says the same, else asked about."""
    text = rendered(code, value)
    if text is None:
        return in_doubt("XK-V019", shown=code, found=f"{value:.10g}")
    figure = figure_in(text, entry.unit, rate=is_rate(entry))
    if figure is None and value == 0 and text.strip() in _DASHES:  # how accounting formats show zero
        return understood(entry, 0.0, text.strip())
    for reading in _candidates(entry, value, by_value, figure):
        if figure is not None and isinstance(reading.value, float) and _agree(entry, reading.value, figure):
            return _rounded_in_view(entry, reading, reading.value - _figure(entry, figure), text.strip(), value)
    return in_doubt("XK-V019", shown=text.strip() or _EMPTY, found=f"{value:.10g}")


def _rounded_in_view(entry: SchemeField, reading: Reading, hidden: float, shown: str, value: float) -> Reading:
    """A reading of which the view hides some digits: said, and asked about where they are a hundredth of it."""
    if abs(hidden) <= TYPES[entry.type].finest:
        return reading
    if not isinstance(reading.value, float) or abs(hidden) > abs(reading.value) / 100:
        return in_doubt("XK-V019", shown=shown, found=f"{value:.10g}")
    return reading if reading.remarks else reading.noting("XK-V041", shown=shown, found=f"{value:.10g}")


def _candidates(entry: SchemeField, value: float, by_value: Reading, figure: Figure | None) -> tuple[Reading, ...]:
    """What a cell's number may mean: with a per cent sign the number itself comes first."""
    return (Reading(value), by_value) if is_rate(entry) and figure is not None and figure.percent else (by_value,)


def _figure(entry: SchemeField, figure: Figure) -> float:
    """What is seen as the field's value: a rate without a per cent sign is read as one that is typed; NaN for none."""
    if not is_rate(entry) or figure.percent:
        return figure.number
    rate = rate_of(entry, figure.number, "").value
    return rate if isinstance(rate, float) else math.nan


def _agree(entry: SchemeField, value: float, figure: Figure) -> bool:
    """Whether a number rounds to what is seen of it."""
    step = figure.step if not is_rate(entry) or figure.percent else 0.01
    return abs(value - _figure(entry, figure)) <= step * 0.5000001


def _without_format(entry: SchemeField, value: float) -> Reading:
    """A number whose cell format is unknown: what only the format could tell is a question."""
    shape = TYPES[entry.type].shape
    if shape is Shape.DATE:
        return _from_serial(entry, value)
    if shape is Shape.DAY and value > 31 and entry.maximum is None:
        return unreadable(entry, f"{value:g}")
    if shape is not Shape.PERCENT:
        return _by_value(entry, value)
    if value == 1:  # as the form's own formulas take it; a hundredth of it is hardly a rate
        return understood(entry, value, "1")
    if value > 1:
        as_number, as_percent = show(entry, value), show(entry, value / 100)
        return in_doubt("XK-V043", found=f"{value:.10g}", one=as_number, other=as_percent)
    return Reading(value)


def _from_dated(entry: SchemeField, value: float, section: Section, code: str) -> Reading:
    """A number that its cell shows as a date or a time."""
    shown = date_shown(value, section)
    is_day = FIRST_DAY <= value < LAST_DAY + 1 and not dateless(code, value)
    if TYPES[entry.type].shape is Shape.DATE and is_day:
        return Reading(value)
    return in_doubt("XK-V019", shown=shown, found=f"{value:.10g}")


def _from_serial(entry: SchemeField, value: float) -> Reading:
    if FIRST_DAY <= value <= LAST_DAY:
        return understood(entry, value, f"{value:.10g}")
    digits = f"{value:.10g}"
    return read_text(entry, digits, digits)


def serial_in(raw: RawCell, month: str) -> float | None:
    """The serial number of the date that a cell plainly is; None where it is none.

    In a cell that shows days (6号) a date keeps that look: its number is a date where it lies in the form's month.
    """
    if raw.kind is CellKind.NUMBER:
        serial = finite_number(raw.text or "")
        dated = shows_date(raw.format) or (
            serial is not None and FIRST_DAY <= serial <= LAST_DAY and bool(month) and day_of(serial).startswith(month)
        )
        return serial if dated else None
    return date_in(quantity.narrowed(raw.text or "")) if raw.kind in (CellKind.TEXT, CellKind.DATE) else None


def day_of_month(entry: SchemeField, serial: float, raw: RawCell, month: str) -> Reading:
    """The day of a date, which must lie in the form's month."""
    shown = day_of(serial)
    text = raw.text or "" if raw.kind is CellKind.TEXT else shown
    if not _FIRST_SURE_DAY <= serial <= LAST_DAY:  # 0.25 is 6:00; below 60 Excel and others are a day apart
        return in_doubt("XK-V019", shown=shown, found=f"{serial:.10g}")
    if raw.kind is not CellKind.TEXT and (date_seen := dateless(raw.format, serial)):
        return in_doubt("XK-V019", shown=date_seen, found=shown)
    if month and not shown.startswith(month):
        return in_doubt("XK-V033", found=text, day=shown[:10], month=month)
    return understood(entry, float(shown[8:10]), text)
