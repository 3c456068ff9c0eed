"""Words in headquarters' lists: what a cell says as a code, a name or a heading, and when two spellings are one.

People mean the same by `D001`, `ｄ００１` and `D001` with an invisible character behind it; they never mean an error
value, TRUE, a date or 1.2E+17 by a code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from xlkpi.intake.formats import rendered
from xlkpi.intake.shown import day_of, shows_date
from xlkpi.values import CellKind, RawCell, Unknown

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NUMERALS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_NAMED = 3  # dealers, of many
_ZEROS = re.compile(r"0+")
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?E\+?\d+", re.IGNORECASE)
_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)", re.IGNORECASE)
_EXACT = 1e15  # from here on a double does not keep every digit, and Excel shows 1.2E+17


class Wording(NamedTuple):
    """A cell as words. `fault` quotes what stands there where it is neither a word nor a whole number."""

    text: str
    fault: str = ""


def wording(raw: RawCell | None) -> Wording:
    """What a cell says as a code or a name; a number keeps the zeros that its format shows (007)."""
    if raw is None:
        return Wording("")
    formula = raw.formula if isinstance(raw.formula, str) else None
    if raw.text is None:
        return Wording("", f"={formula}") if formula is not None else Wording("")
    match raw.kind:
        case CellKind.NUMBER:
            return _of_number(raw)
        case CellKind.BOOLEAN:
            return Wording("", "TRUE" if raw.text == "1" else "FALSE")
        case CellKind.ERROR | CellKind.DATE:
            return Wording("", raw.text)
    text = tidy(raw.text)
    wrong = _SCIENTIFIC.fullmatch(text) or _ERRORS.fullmatch(text) or text in ("TRUE", "FALSE")
    return Wording("", text) if wrong else Wording(text)


def _of_number(raw: RawCell) -> Wording:
    try:
        number = float(raw.text or "")
    except ValueError:
        return Wording("", raw.text or "")
    if shows_date(raw.format):
        return Wording("", day_of(number))
    if abs(number) >= _EXACT or number != int(number) or _shows_percent(raw.format, number):
        return Wording("", f"{number:.10g}")
    digits = str(int(number))
    zeros = raw.format if isinstance(raw.format, str) and _ZEROS.fullmatch(raw.format) else ""
    return Wording(digits.zfill(len(zeros)))


def _shows_percent(code: str | Unknown | None, number: float) -> bool:
    return isinstance(code, str) and "%" in (rendered(code, number) or "")


def tidy(text: str) -> str:
    """A text as it is kept: the file format's escapes decoded, invisible characters gone, one line, no outer blanks."""
    decoded = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    visible = "".join(c for c in decoded if unicodedata.category(c) != "Cf" and (c.isspace() or c.isprintable()))
    return re.sub(r"\s+", lambda gap: "" if _is_break(gap) else " ", visible).strip()


def closed_up(text: str) -> str:
    """A region's or a group's name as it is kept: narrow forms, no blanks between Chinese characters (华 东)."""
    narrow = unicodedata.normalize("NFKC", tidy(text))
    return re.sub(r"\s+", lambda gap: "" if _is_within_chinese(gap) else gap[0], narrow)


def _is_break(gap: re.Match[str]) -> bool:
    """Whether a line ends in a gap of Chinese: it breaks anywhere, and no blank was meant."""
    return ("\n" in gap[0] or "\r" in gap[0]) and _is_within_chinese(gap)


def _is_within_chinese(gap: re.Match[str]) -> bool:
    before, behind = gap.string[max(0, gap.start() - 1) : gap.start()], gap.string[gap.end() : gap.end() + 1]
    return before > "\xff" and behind > "\xff"


_TRADITIONAL = str.maketrans(
    "華東區廣國內蘇滬寧遼陝貴雲魯閩贛瓊臺灣龍慶漢濟蘭長門關組級類戰營銷線縣鎮鄉島陽連岡總團軍聯濱湯豐貿術錫",
    "华东区广国内苏沪宁辽陕贵云鲁闽赣琼台湾龙庆汉济兰长门关组级类战营销线县镇乡岛阳连冈总团军联滨汤丰贸术锡",
)
"""Characters in the names of regions and groups that are written in two ways."""


def alike(text: str) -> str:
    """A key by which two spellings of one name are equal: 华東 and 华东, 华东区 and 华东."""
    return re.sub(r"(大区|片区|区域|区)$", "", folded(text).translate(_TRADITIONAL))


def folded(text: str) -> str:
    """A key to compare texts by: without blanks and invisible characters, ignoring width and case."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", tidy(text))).casefold()


@dataclass(slots=True)
class Codes:
    """Known codes, looked up in any spelling that fits one code only."""

    exact: dict[str, str] = field(default_factory=dict)
    _alike: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, codes: Iterable[str]) -> Codes:
        """From the roster's codes."""
        index = cls()
        for code in codes:
            index.exact[code] = code
            for key in (folded(code), folded(code).lstrip("0")):
                index._alike.setdefault(key, set()).add(code)
        return index

    def find(self, text: str) -> str:
        """The code that a text means; "" where none does, or more than one."""
        if text in self.exact:
            return text
        for key in (folded(text), folded(text).lstrip("0")):
            alike = self._alike.get(key, set())
            if len(alike) == 1:
                return next(iter(alike))
            if alike:
                return ""
        return ""


def some_of(codes: Sequence[str]) -> str:
    """Some dealers, and how many they are."""
    if len(codes) <= _NAMED + 1:
        return "、".join(codes)
    return f"{'、'.join(codes[:_NAMED])} 等 {len(codes)} 家"


def in_figures(text: str, units: str) -> str:
    """Numerals of dates as digits, before 年 and before each of the units: 二〇二六年 is 2026年, 二十五日 is 25日."""

    def digits(match: re.Match[str]) -> str:
        if match[1]:
            return match[1].translate(_NUMERALS)
        tens, ten, digit = match[2].rpartition("十")
        return str((10 * int(tens.translate(_NUMERALS) or 1) if ten else 0) + int(digit.translate(_NUMERALS) or 0))

    below = "(?<![一二三四五六七八九十])([二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
    return re.sub(f"([〇○零一二三四五六七八九]{{4}})(?=年)|{below}(?=[{units}])", digits, text)
