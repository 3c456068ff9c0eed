"""Cells that hold words: numbers, dates, the field's own words and headquarters' phrases."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import assert_never

from xlkpi.intake import phrases, quantity
from xlkpi.intake.meaning import (
    MAX_TEXT,
    Reading,
    impersonal,
    in_doubt,
    is_rate,
    rate_of,
    show,
    understood,
    unreadable,
)
from xlkpi.intake.shown import (
    serial_of,
)
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence

_LIST_NUMBER = re.compile(r"^(?:\d+\s*[.、．]|[①-⑳⑴-⒇⒈-⒛㈠-㈩])\s*(?=\D)")
_DATE = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?)(?:(?:\s+|T)(\d{1,2}):(\d{2})(?::(\d{2}))?Z?)?"
)


_DIGITS_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NOTHING = frozenset(
    ("无", "没有", "没", "暂无", "空", "空白", "待定", "待补", "待填", "略", "同上", "na", "n/a", "#n/a", "nil", "null",
     "none", "x", "×", "/", "//", "\\", "-", "--", "---", "–", "—", "——", "―", "...", "......", "。", ".", "?", "??")
)  # fmt: skip
"""What people write where they write no figure: nought, not applicable, not known, later. It says none of these."""


def read_text(entry: SchemeField, text: str, clean: str, *, iso: bool = False) -> Reading:
    """The value of a cell that holds words; `clean` is the text as `cleaned` gives it, `iso` marks an ISO date."""
    if clean == Absence.NOT_APPLICABLE.value:
        return Reading(Absence.NOT_APPLICABLE)
    shape = TYPES[entry.type].shape
    match shape:
        case Shape.TEXT:
            return impersonal(text.strip()[:MAX_TEXT])
        case Shape.DATE:
            serial = date_in(quantity.narrowed(text))
            if serial is not None:
                return Reading(serial) if iso else understood(entry, serial, text)
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
        reading = Reading(word) if word == text.strip() else understood(entry, word, text)
        return reading.noting("XK-V012", found=text) if entry.words[word] == "asserted" else reading
    if clean.lower() in _NOTHING and shape is not Shape.CHOICE:
        return in_doubt("XK-V015", found=text)
    return unreadable(entry, text)


def _from_number_in_words(entry: SchemeField, text: str, clean: str) -> Reading | None:
    """The number that a text plainly is; None where it is none."""
    if clean in ("零", "〇"):
        return understood(entry, 0.0, text)
    plain = quantity.written(quantity.narrowed(text))
    if plain is None and quantity.several(quantity.narrowed(text)):
        return in_doubt("XK-V042", found=text)
    if isinstance(plain, quantity.Either):
        first, second = (show(entry, float(number)) for number in (plain.first, plain.second))
        return in_doubt("XK-V016", found=text, one=first, other=second)
    return _from_quantity(entry, plain, text) if plain else None


def _from_quantity(entry: SchemeField, number: quantity.Quantity, text: str) -> Reading | None:
    """A number with its unit in the field's; None where what stands behind the number is no unit."""
    if is_rate(entry):
        if number.percent:
            return understood(entry, float(number.value / 100), text)
        reading = None if number.unit else rate_of(entry, float(number.value), text)
        return reading if reading is None or reading.remarks else understood(entry, reading.value, text)
    if number.unit == "日" and entry.unit == "天" and entry.by == "headquarters":
        return None  # 2日上报 is the 2nd of the month, and no two days late
    times = None if number.percent else quantity.factor(number.unit, entry.unit)
    if times is None:
        foreign = bool(entry.unit) and (number.percent or quantity.is_unit(number.unit))
        return in_doubt("XK-V017", found=text, unit=entry.unit) if foreign else None
    no_more_digits = TYPES[entry.type].whole or bool(entry.unit and quantity.factor("元", entry.unit) == times)
    thousands = quantity.thousands_by_point(number)
    if no_more_digits and times == 1 and thousands is not None:
        as_written, other = show(entry, float(number.value)), show(entry, float(thousands))
        return in_doubt("XK-V016", found=text, one=as_written, other=other)
    value = float(number.value * times)
    converted = times != 1 and TYPES[entry.type].shape is Shape.DAY  # 2周 is no day of the month
    return understood(entry, value, text) if math.isfinite(value) and not converted else None


def read_phrase(entry: SchemeField, otherwise: Reading, text: str, name: str, month: str) -> Reading:
    """A phrase of headquarters'; what is no phrase either stays as it was found."""
    meaning = phrases.read(entry, text[:MAX_TEXT], name=name, month=month)
    if isinstance(meaning, phrases.Doubt):
        if meaning.facts.get("rest") == text.strip()[:20]:  # nothing of it was understood
            return otherwise
        return in_doubt(meaning.code, found=text, **meaning.facts)
    reading = understood(entry, meaning, text)
    return reading.noting("XK-V012", found=text) if entry.words.get(str(meaning)) == "asserted" else reading


def date_in(text: str) -> float | None:
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


def cleaned(text: str) -> str:
    """Narrowed, spaces gone (no-break ones too), list numbers in front dropped."""
    return _LIST_NUMBER.sub("", re.sub(r"\s", "", quantity.narrowed(text)))


def _word(entry: SchemeField, clean: str) -> str | None:
    """The field's word that a text is."""
    return _known(tuple(entry.words)).get(clean)


@lru_cache(1_000)
def _known(words: tuple[str, ...]) -> Mapping[str, str]:
    """A field's words by what is left of them when they are cleaned."""
    return {cleaned(word): word for word in words}
