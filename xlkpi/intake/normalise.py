"""From what people typed to a value: by the field's type, never by guessing. Every repair is reported.

What is unambiguous is accepted, with a notice where the spelling differs from what the form asks. What is
ambiguous is 无法读取, with a finding that quotes it and asks. `tests/unit/intake/typed.yaml` shows it all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple, assert_never

from xlkpi.intake import phrases, quantity
from xlkpi.intake.formats import Section, rendered, section_for
from xlkpi.intake.shown import (
    FIRST_DAY,
    LAST_DAY,
    Figure,
    date_shown,
    dateless,
    day_of,
    figure_in,
    serial_of,
    shows_date,
)
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.parsing import arithmetic
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import UNKNOWN, Absence, CellKind, RawCell, Value, days_in

MAX_TEXT: Final = 32_767  # characters that a cell holds in Excel; a file that has more does not open there
_LIST_NUMBER = re.compile(r"^(?:\d+\s*[.、．]|[①-⑳⑴-⒇⒈-⒛㈠-㈩])\s*(?=\D)")
_DATE = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?)(?:(?:\s+|T)(\d{1,2}):(\d{2})(?::(\d{2}))?Z?)?"
)
_DIGITS_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_FIRST_SURE_DAY: Final = 60.0
_NOTHING = frozenset(
    ("无", "没有", "没", "暂无", "空", "空白", "待定", "待补", "待填", "略", "同上", "na", "n/a", "#n/a", "nil", "null",
     "none", "x", "×", "/", "//", "\\", "-", "--", "---", "–", "—", "——", "―", "...", "......", "。", ".", "?", "??")
)  # fmt: skip
"""What people write where they write no figure: nought, not applicable, not known, later. It says none of these."""
_DASHES: Final = frozenset("-–—")
_ALL_DECIMALS: Final = 99
_EMPTY: Final = "（空白）"


class Reading(NamedTuple):
    """A value, and remarks on how it was read (finding codes with their facts)."""

    value: Value
    remarks: tuple[tuple[str, Mapping[str, object]], ...] = ()

    def noting(self, code: str, **facts: object) -> Reading:
        """The same value with one more remark."""
        return Reading(self.value, (*self.remarks, (code, facts)))


def understand(entry: SchemeField, raw: RawCell | None, *, name: str = "", month: str = "") -> Reading:
    """The value of a cell for a field. A blank is MISSING without remark: the form's own check says so.

    `name` and `month` (YYYY-MM) are the field's and the form's: a phrase of headquarters' may hold the one, and a date
    given for a day must lie in the other.
    """
    if raw is None:
        return Reading(Absence.MISSING)
    is_day = TYPES[entry.type].shape is Shape.DAY
    serial = _serial_in(raw, month) if is_day and not isinstance(raw.formula, str) else None
    if serial is not None:
        return _day_of_month(entry, serial, raw, month)
    reading = _understand(entry, raw)
    if entry.by == "headquarters" and raw.kind is CellKind.TEXT:
        doubt = phrases.decimal_or_line(entry, raw.text or "")
        if doubt is not None:
            return _in_doubt(doubt.code, found=raw.text, **doubt.facts)
        if reading.value is Absence.UNREADABLE:
            reading = _from_phrase(entry, reading, raw.text or "", name, month)
    if is_day and month and isinstance(reading.value, float) and reading.value > days_in(month):
        return _in_doubt("XK-V033", found=raw.text, day=f"{reading.value:g}日", month=month)
    return reading


def _understand(entry: SchemeField, raw: RawCell) -> Reading:
    formula = raw.formula if isinstance(raw.formula, str) else None
    if raw.kind is CellKind.ERROR:
        return _in_doubt("XK-V008", found=raw.text)
    if formula is not None:
        return _from_formula(entry, raw, formula)
    return _from_content(entry, raw)


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
        return _truth(text)
    if raw.kind is not CellKind.NUMBER:
        return text.strip()[:MAX_TEXT]
    value = _finite(text)
    if value is None:
        return text
    section = section_for(_code(raw), value)
    if section is not None and section.date:
        return date_shown(value, section)
    shown = None if section is None or section.plain else rendered(_code(raw), value)
    return shown.strip() if shown else f"{value:.15g}"


def number_of(raw: RawCell, unit: str = "") -> float | None:
    """The number that a cell plainly is, in any form or unit; None where it is not one number and nothing else."""
    if raw.kind is CellKind.NUMBER:
        return _finite(raw.text or "")
    if raw.kind is not CellKind.TEXT:
        return None
    number = quantity.written(quantity.narrowed(raw.text or ""))
    if not isinstance(number, quantity.Quantity) or (
        number.unit and number.unit != unit and not quantity.is_unit(number.unit)
    ):
        return None
    return float(number.value)


def _in_doubt(code: str, **facts: object) -> Reading:
    return Reading(Absence.UNREADABLE).noting(code, **facts)


def _from_content(entry: SchemeField, raw: RawCell) -> Reading:
    text = raw.text
    if text is None:
        return Reading(Absence.MISSING)
    is_text = TYPES[entry.type].shape is Shape.TEXT
    if len(text) > MAX_TEXT and not is_text:
        return _unreadable(entry, text[:MAX_TEXT])  # no figure, word or date is so long: it is not parsed
    if raw.kind is CellKind.TEXT:
        clean = _clean(text[:MAX_TEXT])
        return _from_text(entry, text, clean) if clean else Reading(Absence.MISSING)
    if is_text:
        return Reading(words_of(raw))
    if raw.kind is CellKind.NUMBER:
        return _from_number(entry, raw)
    if raw.kind is CellKind.BOOLEAN:
        return _unreadable(entry, _truth(text))
    serial = _date_in(text)
    if serial is not None and (seen := dateless(raw.format, serial)):
        return _in_doubt("XK-V019", shown=seen, found=text)
    return _from_text(entry, text, _clean(text), iso=True)


def _from_formula(entry: SchemeField, raw: RawCell, formula: str) -> Reading:
    """A formula's stored result, if it agrees with what the formula gives, as far as the cell alone shows."""
    result = arithmetic(formula)
    if raw.text is None:
        if result is None:
            return _in_doubt("XK-V011", formula=formula)
        raw = RawCell(raw.place, CellKind.NUMBER, repr(result), formula, raw.format)
    stored = _finite(raw.text or "") if raw.kind is CellKind.NUMBER else None
    if result is not None and stored is not None and not math.isclose(stored, result, rel_tol=1e-9, abs_tol=1e-12):
        return _in_doubt("XK-V020", formula=formula, found=f"{stored:.10g}", expected=f"{result:.10g}")
    reading = _from_content(entry, raw)
    if isinstance(reading.value, Absence):
        return reading
    return reading.noting("XK-V010", formula=formula, read=show(entry, reading.value))


# ---------------------------------------------------------------- cells that hold a number


def _from_number(entry: SchemeField, raw: RawCell) -> Reading:
    value = _finite(raw.text or "")
    shape = TYPES[entry.type].shape
    if value is None or shape is Shape.CHOICE:
        return _unreadable(entry, raw.text or "" if value is None else f"{value:g}")
    if raw.format is UNKNOWN:
        return _without_format(entry, value)
    code = _code(raw)
    section = section_for(code, value)
    if section is None:
        return _in_doubt("XK-V019", shown=code, found=f"{value:.10g}")
    if section.date:
        return _from_dated(entry, value, section, code)
    if shape is Shape.DATE:
        return _from_serial(entry, value) if section.plain else _unreadable(entry, words_of(raw))
    if shape is Shape.DAY and value > 31 and entry.maximum is None:
        return _unreadable(entry, f"{value:g}")
    by_value = _by_value(entry, value)
    if section.plain and value >= 0 and (section.decimals is None or section.decimals >= _digits(value)):
        return by_value
    return _as_shown(entry, value, by_value, code)


def _code(raw: RawCell) -> str:
    return raw.format if isinstance(raw.format, str) and raw.format else "General"


def _by_value(entry: SchemeField, value: float) -> Reading:
    """What the number in a cell means by itself."""
    match TYPES[entry.type].shape:
        case Shape.PERCENT:
            return _rate(entry, value, f"{value:.10g}")
        case Shape.NUMBER | Shape.DAY:
            return Reading(whole(value) if TYPES[entry.type].whole else value)
        case Shape.DATE | Shape.CHOICE | Shape.TEXT:
            return _unreadable(entry, f"{value:g}")
        case unknown:
            assert_never(unknown)


def _is_rate(entry: SchemeField) -> bool:
    return TYPES[entry.type].shape is Shape.PERCENT


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
        return _in_doubt("XK-V019", shown=code, found=f"{value:.10g}")
    figure = figure_in(text, entry.unit, rate=_is_rate(entry))
    if figure is None and value == 0 and text.strip() in _DASHES:  # how accounting formats show zero
        return _understood(entry, 0.0, text.strip())
    for reading in _candidates(entry, value, by_value, figure):
        if figure is not None and isinstance(reading.value, float) and _agree(entry, reading.value, figure):
            return _rounded_in_view(entry, reading, reading.value - _figure(entry, figure), text.strip(), value)
    return _in_doubt("XK-V019", shown=text.strip() or _EMPTY, found=f"{value:.10g}")


def _rounded_in_view(entry: SchemeField, reading: Reading, hidden: float, shown: str, value: float) -> Reading:
    """A reading of which the view hides some digits: said, and asked about where they are a hundredth of it."""
    if abs(hidden) <= TYPES[entry.type].finest:
        return reading
    if not isinstance(reading.value, float) or abs(hidden) > abs(reading.value) / 100:
        return _in_doubt("XK-V019", shown=shown, found=f"{value:.10g}")
    return reading if reading.remarks else reading.noting("XK-V041", shown=shown, found=f"{value:.10g}")


def _candidates(entry: SchemeField, value: float, by_value: Reading, figure: Figure | None) -> tuple[Reading, ...]:
    """What a cell's number may mean: with a per cent sign the number itself comes first."""
    return (Reading(value), by_value) if _is_rate(entry) and figure is not None and figure.percent else (by_value,)


def _figure(entry: SchemeField, figure: Figure) -> float:
    """What is seen as the field's value: a rate without a per cent sign is read as one that is typed; NaN for none."""
    if not _is_rate(entry) or figure.percent:
        return figure.number
    rate = _rate(entry, figure.number, "").value
    return rate if isinstance(rate, float) else math.nan


def _agree(entry: SchemeField, value: float, figure: Figure) -> bool:
    """Whether a number rounds to what is seen of it."""
    step = figure.step if not _is_rate(entry) or figure.percent else 0.01
    return abs(value - _figure(entry, figure)) <= step * 0.5000001


def _without_format(entry: SchemeField, value: float) -> Reading:
    """A number whose cell format is unknown: what only the format could tell is a question."""
    shape = TYPES[entry.type].shape
    if shape is Shape.DATE:
        return _from_serial(entry, value)
    if shape is Shape.DAY and value > 31 and entry.maximum is None:
        return _unreadable(entry, f"{value:g}")
    if shape is not Shape.PERCENT:
        return _by_value(entry, value)
    if value == 1:  # as the form's own formulas take it; a hundredth of it is hardly a rate
        return _understood(entry, value, "1")
    if value > 1:
        as_number, as_percent = show(entry, value), show(entry, value / 100)
        return _in_doubt("XK-V043", found=f"{value:.10g}", one=as_number, other=as_percent)
    return Reading(value)


def _rate(entry: SchemeField, value: float, text: str) -> Reading:
    """A rate without a per cent sign: 0.85 is 85 %; 85 is it only where the field's range leaves no other reading."""
    if value == 0:
        return Reading(value)
    if value < 1:
        return _understood(entry, value, text)
    maximum = math.inf if entry.maximum is None else number_value(entry.maximum)
    if value > maximum:  # where not even the hundredth fits, the form's own check says so
        return _understood(entry, value / 100, text) if value / 100 <= maximum else Reading(value)
    hundredth, as_typed = show(entry, value / 100), show(entry, value)
    return _in_doubt("XK-V016", found=text, one=hundredth, other=as_typed)


def _from_dated(entry: SchemeField, value: float, section: Section, code: str) -> Reading:
    """A number that its cell shows as a date or a time."""
    shown = date_shown(value, section)
    is_day = FIRST_DAY <= value < LAST_DAY + 1 and not dateless(code, value)
    if TYPES[entry.type].shape is Shape.DATE and is_day:
        return Reading(value)
    return _in_doubt("XK-V019", shown=shown, found=f"{value:.10g}")


def _from_serial(entry: SchemeField, value: float) -> Reading:
    if FIRST_DAY <= value <= LAST_DAY:
        return _understood(entry, value, f"{value:.10g}")
    digits = f"{value:.10g}"
    return _from_text(entry, digits, digits)


def _serial_in(raw: RawCell, month: str) -> float | None:
    """The serial number of the date that a cell plainly is; None where it is none.

    In a cell that shows days (6号) a date keeps that look: its number is a date where it lies in the form's month.
    """
    if raw.kind is CellKind.NUMBER:
        serial = _finite(raw.text or "")
        dated = shows_date(raw.format) or (
            serial is not None and FIRST_DAY <= serial <= LAST_DAY and bool(month) and day_of(serial).startswith(month)
        )
        return serial if dated else None
    return _date_in(quantity.narrowed(raw.text or "")) if raw.kind in (CellKind.TEXT, CellKind.DATE) else None


def _day_of_month(entry: SchemeField, serial: float, raw: RawCell, month: str) -> Reading:
    """The day of a date, which must lie in the form's month."""
    shown = day_of(serial)
    text = raw.text or "" if raw.kind is CellKind.TEXT else shown
    if not _FIRST_SURE_DAY <= serial <= LAST_DAY:  # 0.25 is 6:00; below 60 Excel and others are a day apart
        return _in_doubt("XK-V019", shown=shown, found=f"{serial:.10g}")
    if raw.kind is not CellKind.TEXT and (seen := dateless(raw.format, serial)):
        return _in_doubt("XK-V019", shown=seen, found=shown)
    if month and not shown.startswith(month):
        return _in_doubt("XK-V033", found=text, day=shown[:10], month=month)
    return _understood(entry, float(shown[8:10]), text)


# ---------------------------------------------------------------- cells that hold words


def _from_text(entry: SchemeField, text: str, clean: str, *, iso: bool = False) -> Reading:
    if clean == Absence.NOT_APPLICABLE.value:
        return Reading(Absence.NOT_APPLICABLE)
    shape = TYPES[entry.type].shape
    match shape:
        case Shape.TEXT:
            return Reading(text.strip()[:MAX_TEXT])
        case Shape.DATE:
            serial = _date_in(quantity.narrowed(text))
            if serial is not None:
                return Reading(serial) if iso else _understood(entry, serial, text)
        case Shape.NUMBER | Shape.PERCENT | Shape.DAY:
            number = _from_number_in_words(entry, text, clean)
            if number is not None:
                return number
        case Shape.CHOICE:
            pass
        case unknown:
            assert_never(unknown)
    word = _word(entry, clean)
    if word is not None:
        reading = Reading(word) if word == text.strip() else _understood(entry, word, text)
        return reading.noting("XK-V012", found=text) if entry.words[word] == "asserted" else reading
    if clean.lower() in _NOTHING and shape is not Shape.CHOICE:
        return _in_doubt("XK-V015", found=text)
    return _unreadable(entry, text)


def _from_number_in_words(entry: SchemeField, text: str, clean: str) -> Reading | None:
    """The number that a text plainly is; None where it is none."""
    if clean in ("零", "〇"):
        return _understood(entry, 0.0, text)
    plain = quantity.written(quantity.narrowed(text))
    if plain is None and quantity.several(quantity.narrowed(text)):
        return _in_doubt("XK-V042", found=text)
    if isinstance(plain, quantity.Either):
        first, second = (show(entry, float(number)) for number in (plain.first, plain.second))
        return _in_doubt("XK-V016", found=text, one=first, other=second)
    return _from_quantity(entry, plain, text) if plain else None


def _from_quantity(entry: SchemeField, number: quantity.Quantity, text: str) -> Reading | None:
    """A number with its unit in the field's; None where what stands behind the number is no unit."""
    if _is_rate(entry):
        if number.percent:
            return _understood(entry, float(number.value / 100), text)
        reading = None if number.unit else _rate(entry, float(number.value), text)
        return reading if reading is None or reading.remarks else _understood(entry, reading.value, text)
    times = None if number.percent else quantity.factor(number.unit, entry.unit)
    if times is None:
        foreign = bool(entry.unit) and (number.percent or quantity.is_unit(number.unit))
        return _in_doubt("XK-V017", found=text, unit=entry.unit) if foreign else None
    no_more_digits = TYPES[entry.type].whole or bool(entry.unit and quantity.factor("元", entry.unit) == times)
    thousands = quantity.thousands_by_point(number)
    if no_more_digits and times == 1 and thousands is not None:
        as_written, other = show(entry, float(number.value)), show(entry, float(thousands))
        return _in_doubt("XK-V016", found=text, one=as_written, other=other)
    value = float(number.value * times)
    converted = times != 1 and TYPES[entry.type].shape is Shape.DAY  # 2周 is no day of the month
    return _understood(entry, value, text) if math.isfinite(value) and not converted else None


def _from_phrase(entry: SchemeField, otherwise: Reading, text: str, name: str, month: str) -> Reading:
    """A phrase of headquarters'; what is no phrase either stays as it was found."""
    meaning = phrases.read(entry, text[:MAX_TEXT], name=name, month=month)
    if isinstance(meaning, phrases.Doubt):
        if meaning.facts.get("rest") == text.strip()[:20]:  # nothing of it was understood
            return otherwise
        return _in_doubt(meaning.code, found=text, **meaning.facts)
    reading = _understood(entry, meaning, text)
    return reading.noting("XK-V012", found=text) if entry.words.get(str(meaning)) == "asserted" else reading


def _date_in(text: str) -> float | None:
    """A date's serial number: year, month and day in that order, in the separators in use; a time may follow."""
    match = _DATE.fullmatch(text) or _DATE.fullmatch(re.sub(r"\s", "", text))
    if match is None:
        digits = _DIGITS_DATE.fullmatch(text)
        return serial_of(*(int(part) for part in digits.groups())) if digits else None
    year, _, month, day, month_too, day_too, *time = match.groups()
    serial = serial_of(int(year), int(month or month_too), int(day or day_too))
    hour, minute, second = (int(part or 0) for part in time)
    if serial is None or hour > 23 or minute > 59 or second > 59:
        return None
    return serial + (hour * 3600 + minute * 60 + second) / 86_400


def _clean(text: str) -> str:
    """Narrowed, spaces gone (no-break ones too), list numbers in front dropped."""
    return _LIST_NUMBER.sub("", re.sub(r"\s", "", quantity.narrowed(text)))


def _word(entry: SchemeField, clean: str) -> str | None:
    """The field's word that a text is."""
    return _known(tuple(entry.words)).get(clean)


@lru_cache(1_000)
def _known(words: tuple[str, ...]) -> Mapping[str, str]:
    """A field's words by what is left of them when they are cleaned."""
    return {_clean(word): word for word in words}


def _understood(entry: SchemeField, value: Value, text: str) -> Reading:
    return Reading(value).noting("XK-V009", found=text, read=show(entry, value))


def _unreadable(entry: SchemeField, text: str) -> Reading:
    match TYPES[entry.type].shape:
        case Shape.CHOICE:
            return _in_doubt("XK-V007", found=text, choices="、".join(entry.words))
        case Shape.DATE:
            return _in_doubt("XK-V018", found=text)
        case Shape.NUMBER | Shape.PERCENT | Shape.DAY | Shape.TEXT:
            return _in_doubt("XK-V002", found=text)
        case unknown:
            assert_never(unknown)


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _truth(text: str) -> str:
    return {"1": "TRUE", "0": "FALSE"}.get(text, text)


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
