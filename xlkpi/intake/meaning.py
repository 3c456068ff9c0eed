"""A value as it was read, with remarks on how; and what several kinds of cells share on the way there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple, assert_never

from xlkpi.intake.formats import rendered, section_for
from xlkpi.intake.shown import (
    date_shown,
    day_of,
)
from xlkpi.personal import personal_kinds, without_personal
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence, CellKind, RawCell, Value

PERSONAL_TEXT: Final = "XK-P011"
MAX_TEXT: Final = 32_767  # characters that a cell holds in Excel; a file that has more does not open there


class Reading(NamedTuple):
    """A value, and remarks on how it was read (finding codes with their facts)."""

    value: Value
    remarks: tuple[tuple[str, Mapping[str, object]], ...] = ()

    def noting(self, code: str, **facts: object) -> Reading:
        """The same value with one more remark."""
        return Reading(self.value, (*self.remarks, (code, facts)))


def show(entry: SchemeField, value: Value) -> str:
    """A value as findings quote it."""
    if isinstance(value, Absence):
        return value.value
    if not isinstance(value, float):
        return str(value)
    match TYPES[entry.type].shape:
        case Shape.DATE:
            return day_of(value)
        case Shape.PERCENT:
            return f"{value * 100:.10g}%"
        case Shape.NUMBER | Shape.DAY | Shape.CHOICE | Shape.TEXT:
            digits = f"{value:,.10g}"
            if "." not in digits and not value.is_integer():  # 310.0000000001 must not be told as 310
                digits = f"{value:,.15g}"
            return f"{digits} {entry.unit}".strip()
        case unknown:
            assert_never(unknown)


def words_of(raw: RawCell) -> str:
    """A cell's content as text, whatever kind it is: what a dealer put beside an answer, or into a field for words."""
    text = raw.text or ""
    if raw.kind is CellKind.BOOLEAN:
        return truth_word(text)
    if raw.kind is not CellKind.NUMBER:
        return text.strip()[:MAX_TEXT]
    value = finite_number(text)
    if value is None:
        return text
    section = section_for(format_code(raw), value)
    if section is not None and section.date:
        return date_shown(value, section)
    shown = None if section is None or section.plain else rendered(format_code(raw), value)
    return shown.strip() if shown else f"{value:.15g}"


def impersonal(text: str) -> Reading:
    """A text without plates, telephones and the like, and a remark where it held any."""
    kinds = personal_kinds(text)
    reading = Reading(without_personal(text))
    return reading.noting(PERSONAL_TEXT, kinds="、".join(kinds)) if kinds else reading


def in_doubt(code: str, **facts: object) -> Reading:
    """No value: the cell is 无法读取, with the finding that asks about it."""
    return Reading(Absence.UNREADABLE).noting(code, **facts)


def format_code(raw: RawCell) -> str:
    """The code of a cell's number format."""
    return raw.format if isinstance(raw.format, str) and raw.format else "General"


def is_rate(entry: SchemeField) -> bool:
    """Whether a field holds a rate: 0.85 is 85 %."""
    return TYPES[entry.type].shape is Shape.PERCENT


def rate_of(entry: SchemeField, value: float, text: str) -> Reading:
    """A rate without a per cent sign: 0.85 is 85 %; 85 is it only where the field's range leaves no other reading."""
    if value == 0:
        return Reading(value)
    if value < 1:
        return understood(entry, value, text)
    maximum = math.inf if entry.maximum is None else number_value(entry.maximum)
    if value > maximum:  # where not even the hundredth fits, the form's own check says so
        return understood(entry, value / 100, text) if value / 100 <= maximum else Reading(value)
    hundredth, as_typed = show(entry, value / 100), show(entry, value)
    return in_doubt("XK-V016", found=text, one=hundredth, other=as_typed)


def understood(entry: SchemeField, value: Value, text: str) -> Reading:
    """A value whose spelling differs from what the form asks, with the notice that says so."""
    return Reading(value).noting("XK-V009", found=text, read=show(entry, value))


def unreadable(entry: SchemeField, text: str) -> Reading:
    """No value: the text is nothing that the field's type can be."""
    match TYPES[entry.type].shape:
        case Shape.CHOICE:
            return in_doubt("XK-V007", found=text, choices="、".join(entry.words))
        case Shape.DATE:
            return in_doubt("XK-V018", found=text)
        case Shape.NUMBER | Shape.PERCENT | Shape.DAY | Shape.TEXT:
            return in_doubt("XK-V002", found=text)
        case unknown:
            assert_never(unknown)


def finite_number(text: str) -> float | None:
    """The number of a stored value; None where it has none, or is infinite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def truth_word(text: str) -> str:
    """TRUE or FALSE for a stored truth value."""
    return {"1": "TRUE", "0": "FALSE"}.get(text, text)
