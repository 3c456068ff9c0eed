"""From what people typed to a value: by the field's type, never by guessing. Every repair is reported.

What is unambiguous is accepted, with a notice where the spelling differs from what the form asks. What is
ambiguous is 无法读取, with a finding that quotes it and asks. `tests/unit/intake/typed.yaml` shows it all.
"""

from __future__ import annotations

import math

from xlkpi.intake import phrases, quantity
from xlkpi.intake.meaning import (
    MAX_TEXT,
    Reading,
    finite_number,
    impersonal,
    in_doubt,
    show,
    truth_word,
    unreadable,
    words_of,
)
from xlkpi.intake.number_cells import day_of_month, read_number, serial_in
from xlkpi.intake.shown import (
    dateless,
)
from xlkpi.intake.text_cells import cleaned, date_in, read_phrase, read_text
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.parsing import arithmetic
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence, CellKind, RawCell, days_in


def understand(entry: SchemeField, raw: RawCell | None, *, name: str = "", month: str = "") -> Reading:
    """The value of a cell for a field. A blank is MISSING without remark: the form's own check says so.

    `name` and `month` (YYYY-MM) are the field's and the form's: a phrase of headquarters' may hold the one, and a date
    given for a day must lie in the other.
    """
    if raw is None:
        return Reading(Absence.MISSING)
    is_day = TYPES[entry.type].shape is Shape.DAY
    serial = serial_in(raw, month) if is_day and not isinstance(raw.formula, str) else None
    if serial is not None:
        return day_of_month(entry, serial, raw, month)
    reading = _understand(entry, raw)
    if entry.by == "headquarters" and raw.kind is CellKind.TEXT:
        doubt = phrases.decimal_or_line(entry, raw.text or "")
        if doubt is not None:
            return in_doubt(doubt.code, found=raw.text, **doubt.facts)
        if reading.value is Absence.UNREADABLE:
            reading = read_phrase(entry, reading, raw.text or "", name, month)
    if is_day and month and isinstance(reading.value, float) and reading.value > days_in(month):
        return in_doubt("XK-V033", found=raw.text, day=f"{reading.value:g}日", month=month)
    return reading


def _understand(entry: SchemeField, raw: RawCell) -> Reading:
    formula = raw.formula if isinstance(raw.formula, str) else None
    if raw.kind is CellKind.ERROR:
        return in_doubt("XK-V008", found=raw.text)
    if formula is not None:
        return _from_formula(entry, raw, formula)
    return _from_content(entry, raw)


def number_of(raw: RawCell, unit: str = "") -> float | None:
    """The number that a cell plainly is, in any form or unit; None where it is not one number and nothing else."""
    if raw.kind is CellKind.NUMBER:
        return finite_number(raw.text or "")
    if raw.kind is not CellKind.TEXT:
        return None
    number = quantity.written(quantity.narrowed(raw.text or ""))
    if not isinstance(number, quantity.Quantity) or (
        number.unit and number.unit != unit and not quantity.is_unit(number.unit)
    ):
        return None
    return float(number.value)


def _from_content(entry: SchemeField, raw: RawCell) -> Reading:
    text = raw.text
    if text is None:
        return Reading(Absence.MISSING)
    is_text = TYPES[entry.type].shape is Shape.TEXT
    if len(text) > MAX_TEXT and not is_text:
        return unreadable(entry, text[:MAX_TEXT])  # no figure, word or date is so long: it is not parsed
    if raw.kind is CellKind.TEXT:
        clean = cleaned(text[:MAX_TEXT])
        return read_text(entry, text, clean) if clean else Reading(Absence.MISSING)
    if is_text:
        return impersonal(words_of(raw))
    if raw.kind is CellKind.NUMBER:
        return read_number(entry, raw)
    if raw.kind is CellKind.BOOLEAN:
        return unreadable(entry, truth_word(text))
    serial = date_in(text)
    if serial is not None and (date_seen := dateless(raw.format, serial)):
        return in_doubt("XK-V019", shown=date_seen, found=text)
    return read_text(entry, text, cleaned(text), iso=True)


def _from_formula(entry: SchemeField, raw: RawCell, formula: str) -> Reading:
    """A formula's stored result, if it agrees with what the formula gives, as far as the cell alone shows."""
    result = arithmetic(formula)
    if raw.text is None:
        if result is None:
            return in_doubt("XK-V011", formula=formula)
        raw = RawCell(raw.place, CellKind.NUMBER, repr(result), formula, raw.format)
    stored = finite_number(raw.text or "") if raw.kind is CellKind.NUMBER else None
    if result is not None and stored is not None and not math.isclose(stored, result, rel_tol=1e-9, abs_tol=1e-12):
        return in_doubt("XK-V020", formula=formula, found=f"{stored:.10g}", expected=f"{result:.10g}")
    reading = _from_content(entry, raw)
    if isinstance(reading.value, Absence):
        return reading
    return reading.noting("XK-V010", formula=formula, read=show(entry, reading.value))


def checked(entry: SchemeField, reading: Reading) -> Reading:
    """Headquarters' figures obey the field's range too; outside it they cannot be used. Without binary noise."""
    if not isinstance(reading.value, float):
        return reading
    value = round(reading.value, 10)  # the project's rule: 330.00000000000006 is 330
    for limit, code, wrong in ((entry.minimum, "XK-V004", -1), (entry.maximum, "XK-V005", 1)):
        if limit is not None and (value - number_value(limit)) * wrong > 0:
            return Reading(Absence.UNREADABLE, reading.remarks).noting(code, found=show(entry, value), limit=limit)
    if TYPES[entry.type].whole and value != int(value):
        return Reading(Absence.UNREADABLE, reading.remarks).noting("XK-V003", found=show(entry, value))
    return Reading(value, reading.remarks)
