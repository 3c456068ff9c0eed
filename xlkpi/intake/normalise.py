"""From what people typed to a value: by the field's type, never by guessing. Every repair is said.

What is understood without doubt is accepted, with a notice where the spelling differs from what the form asks. What is
not understood is 无法读取, with a finding that quotes it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import SchemeField
from xlkpi.values import UNKNOWN, Absence, CellKind, RawCell, Value

MAX_TEXT: Final = 32_767  # characters that a cell holds in Excel; a file that has more does not open there
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_RATE_IN_WORDS = re.compile(r"[+-]?\d+(?:\.\d+)?%")
_COUNT_IN_WORDS = re.compile(r"(?<![\d.%])\d+(?![\d.%])")
_DAY_IN_WORDS = re.compile(r"(\d{1,2})[号日]")
_COMPARISON = re.compile(r"[<>≤≥〈〉]")
_LIST_NUMBER = re.compile(r"^\d+\s*[.、．]\s*(?=\D)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A value, and what must be said about how it came about (finding codes with their facts)."""

    value: Value
    remarks: tuple[tuple[str, Mapping[str, object]], ...] = field(default=())

    def noting(self, code: str, **facts: object) -> Reading:
        """The same value with one more remark."""
        return Reading(self.value, (*self.remarks, (code, facts)))


def understand(entry: SchemeField, raw: RawCell | None) -> Reading:
    """The value of a cell for a field. A blank is MISSING without remark: the form's own check says so."""
    if raw is None:
        return Reading(Absence.MISSING)
    formula = raw.formula if isinstance(raw.formula, str) else None
    if raw.kind is CellKind.ERROR:
        return Reading(Absence.UNREADABLE).noting("XK-V008", found=raw.text)
    if raw.text is None or (raw.kind is CellKind.TEXT and not _clean(raw.text)):
        if formula is not None and raw.text is None:
            return Reading(Absence.UNREADABLE).noting("XK-V011", formula=formula)
        return Reading(Absence.MISSING)
    reading = _from_text(entry, raw.text) if raw.kind is CellKind.TEXT else _from_number(entry, raw)
    if formula is not None and not isinstance(reading.value, Absence):
        return reading.noting("XK-V010", formula=formula, read=show(entry, reading.value))
    return reading


def show(entry: SchemeField, value: Value) -> str:
    """A value as findings quote it."""
    if isinstance(value, Absence):
        return value.value
    if isinstance(value, float):
        digits = f"{value * 100:.10g}%" if entry.type == "rate" else f"{value:,.10g}"
        return f"{digits} {entry.unit}".strip() if entry.type != "rate" else digits
    return str(value)


def _from_number(entry: SchemeField, raw: RawCell) -> Reading:
    text = raw.text or ""
    if raw.kind is not CellKind.NUMBER:
        return _unreadable(entry, {"1": "TRUE", "0": "FALSE"}.get(text, text))
    try:
        value = float(text)
    except ValueError:
        return _unreadable(entry, text)
    if not math.isfinite(value):
        return _unreadable(entry, text)
    if entry.type in ("choice", "text"):
        return Reading(f"{value:g}") if entry.type == "text" else _unreadable(entry, f"{value:g}")
    percent_cell = raw.format is UNKNOWN or "%" in str(raw.format)
    if entry.type == "rate" and not percent_cell and _plainly_percent(entry, value):
        read = value / 100
        return Reading(read).noting("XK-V009", found=f"{value:g}", read=show(entry, read))
    return Reading(value)


def _plainly_percent(entry: SchemeField, value: float) -> bool:
    """85 in a plain cell is 85 % where the field's range leaves no other reading."""
    if entry.maximum is None:
        return False
    most = number_value(entry.maximum)
    return value > most and value / 100 <= most and value > 1


def _from_text(entry: SchemeField, text: str) -> Reading:
    clean = _clean(text)
    if clean == Absence.NOT_APPLICABLE.value:
        return Reading(Absence.NOT_APPLICABLE)
    if entry.type == "text":
        return Reading(text.strip()[:MAX_TEXT])
    word = _word(entry, clean)
    if entry.type != "choice":
        value = _number_in(entry, clean)
        if value is not None and math.isfinite(value):
            return Reading(value).noting("XK-V009", found=text, read=show(entry, value))
    if word is not None:
        reading = Reading(word)
        if word != text.strip():
            reading = reading.noting("XK-V009", found=text, read=word)
        return reading.noting("XK-V012", found=text) if entry.words[word] == "asserted" else reading
    return _unreadable(entry, text)


def _clean(text: str) -> str:
    """Full-width forms narrowed, spaces gone (no-break ones too), list numbers in front dropped."""
    narrow = unicodedata.normalize("NFKC", text.replace("〈", "<").replace("〉", ">"))
    return _LIST_NUMBER.sub("", re.sub(r"[\s\u200b\ufeff]", "", narrow))


def _word(entry: SchemeField, clean: str) -> str | None:
    """One of the field's words: alone, or in headquarters' phrase where the words in it agree ("6号召开 完成")."""
    if clean in entry.words:
        return clean
    if entry.by == "dealer":
        return None
    rest, found = clean, []
    for word in sorted(entry.words, key=len, reverse=True):  # 未完成 before 完成
        if word in rest:
            found.append(word)
            rest = rest.replace(word, "·")
    meanings = {entry.words[word] == "failed" for word in found}
    return found[-1] if len(meanings) == 1 else None


def _number_in(entry: SchemeField, clean: str) -> float | None:
    """The number that a text plainly is; for headquarters' phrases also the only one of its kind in it."""
    bare = clean.replace(",", "")
    if entry.unit and bare.endswith(entry.unit):
        bare = bare.removesuffix(entry.unit)
    percent = bare.endswith("%")
    if _NUMBER.fullmatch(bare.removesuffix("%")) and percent == (entry.type == "rate"):
        return number_value(bare)
    if entry.by == "dealer" or _COMPARISON.search(clean):  # "承诺时间修复率<100% 完成" repeats the clause, no figure
        return None
    shape = {"rate": _RATE_IN_WORDS, "day": _DAY_IN_WORDS, "count": _COUNT_IN_WORDS}.get(entry.type)
    found = shape.findall(clean) if shape else []
    return number_value(found[0]) if len(found) == 1 else None


def _unreadable(entry: SchemeField, found: str) -> Reading:
    if entry.type == "choice":
        return Reading(Absence.UNREADABLE).noting("XK-V007", found=found, choices="、".join(entry.words))
    return Reading(Absence.UNREADABLE).noting("XK-V002", found=found)
