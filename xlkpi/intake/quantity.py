"""Numbers as people in an office write them: full-width, with separators, with a currency mark, 万 and the unit.

One text is one number or none. Where a text can be read in two ways both are given back and nothing is chosen.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

SCALES: Final = {"": 1, "百": 100, "千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_SAME: Final = (
    {"元", "块", "圆", "元整", "圆整", "元人民币", "rmb", "cny"},
    {"台", "辆", "部", "台次", "车次", "台车"},
    {"人", "名", "位"},
    {"次", "回"},
    {"个", "只"},
    {"批", "批次"},
    {"天", "日"},
    {"号", "日"},
    {"小时", "h", "hr", "hrs", "工时", "个小时"},
)
"""Words for one and the same unit. 天 and 号 both know 日; a field has only one of the two."""
_ALL_UNITS: Final = frozenset().union(*_SAME)
_PARTS = re.compile(
    r"""(?P<open>\()?(?P<mark>¥|RMB|CNY|人民币)?(?P<sign>[+\-])?(?P<mark2>¥)?"""
    r"""(?P<digits>\d[\d,.]*|\.\d+)(?P<tail>[^\d,.()][^\d()]*)?(?P<close>\))?""",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}|0,\d+")
_BROKEN = re.compile(r"\d[.,]?\s+[\d.,]")
_THREE_BEHIND = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_FIRM_SPACES: Final = "\u00a0\u2009\u202f"
_SPACED = re.compile(
    rf"[^\d\s.,]*[1-9]\d{{0,2}}(?:(?:[ {_FIRM_SPACES}]\d{{3}}){{2,}}|[{_FIRM_SPACES}]\d{{3}}"
    r"| \d{3}(?=\.\d|\s*[^\d\s.,]))(?:\.\d+)?[^\d.,]*"
)
"""Thousands set off by spaces. One plain space alone may stand between two numbers: a point or a unit must follow."""
_SEVERAL = re.compile(r"[+-]?\d[\d.,]*\D{0,3}(?:\s+[+-]?\d[\d.,]*\D{0,3})+")
_OLD_SCALES = str.maketrans("萬億仟佰", "万亿千百")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number as written: `value` times the scale of `unit` ("万元" for 元), `percent` with a % sign."""

    value: Decimal
    unit: str = ""
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    """A text that says one of two numbers, and does not say which."""

    first: Decimal
    second: Decimal


def narrowed(text: str) -> str:
    """Full-width forms narrowed, invisible characters gone; a doubled apostrophe in front was meant as one.

    A circled, raised or Roman digit and a fraction stay what they are: "320①" is no 3,201.
    """
    if text.isascii() and text.isprintable():
        return text.strip().lstrip("'`")
    text = text.replace("〈", "<").replace("〉", ">")
    parts = _unfolded_signs().split(text)  # the signs themselves are every second part
    narrow = "".join(part if index % 2 else unicodedata.normalize("NFKC", part) for index, part in enumerate(parts))
    visible = "".join(c for c in narrow if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t\r")
    return visible.strip().lstrip("'’‘`")


@lru_cache(1)
def _unfolded_signs() -> re.Pattern[str]:
    """Signs that stand for a number and are no digits (①, ², ½, Ⅲ, ⑴), and the spaces that printers set in numbers."""
    signs = (chr(code) for code in range(0x80, 0x1_F200) if unicodedata.category(chr(code)) in ("No", "Nl"))
    return re.compile(f"([{_FIRM_SPACES}{''.join(sign for sign in signs if sign != '〇')}])")


def written(text: str) -> Quantity | Either | None:
    """The number that a narrowed text is, with its unit; None where it is not one number and nothing else."""
    if _BROKEN.search(text) and not _SPACED.fullmatch(text):
        return None  # "12 5": one number or two?
    bare = re.sub(r"\s", "", text).replace("−", "-").replace("‐", "-")
    bare = re.sub(r"(?<=\d)。(?=\d)", ".", bare).removesuffix("。")
    parsed = _PARTS.fullmatch(re.sub(r"^百分之(?=\d)", "", bare) + ("%" if bare.startswith("百分之") else ""))
    if parsed is None or bool(parsed["open"]) != bool(parsed["close"]):
        return None
    negative = bool(parsed["open"]) or parsed["sign"] == "-"
    if parsed["open"] and parsed["sign"]:
        return None
    number = _number(parsed["digits"], negative)
    tail = parsed["tail"] or ""
    if isinstance(number, Either):
        return number if not tail else None
    if number is None:
        return None
    if tail in ("%", "‰"):
        if parsed["mark"] or parsed["mark2"]:  # ¥85%: money, or a share?
            return None
        return Quantity(number if tail == "%" else number / 10, percent=True)
    tail = tail.translate(_OLD_SCALES)
    return Quantity(number, tail or ("元" if parsed["mark"] or parsed["mark2"] else ""))


def thousands_by_point(number: Quantity) -> Decimal | None:
    """What 1.200 is where its point sets off thousands, as it may where no three digits are expected behind one."""
    return number.value * 1000 if _THREE_BEHIND.fullmatch(str(abs(number.value))) else None


def several(text: str) -> bool:
    """Whether a narrowed text is two numbers or more, one after the other or one below the other."""
    return _SEVERAL.fullmatch(text) is not None


def factor(unit: str, field_unit: str) -> Decimal | None:
    """What a number written in `unit` is multiplied with for a field in `field_unit` (12.5 万元 in 元: 10,000).

    None where the two are different things.
    """
    if not unit or _same(unit, field_unit):
        return Decimal(1)
    scale, base = _split(unit)
    asked_scale, asked_base = _split(field_unit)
    if base and not _same(base, asked_base.split("/")[0]):  # 350元 where 元/台 is asked
        return None
    return Decimal(SCALES[scale]) / SCALES[asked_scale]


def is_unit(word: str) -> bool:
    """Whether a word is some unit that people write behind numbers, 万 and the like included."""
    return word in SCALES or _split(word)[1].lower() in _ALL_UNITS


def spellings(unit: str) -> frozenset[str]:
    """All words for a unit, itself among them."""
    return frozenset({unit} - {""}).union(*(words for words in _SAME if unit in words))


def units() -> frozenset[str]:
    """All units that people write behind numbers, without 万 and the like."""
    return _ALL_UNITS


def _number(digits: str, negative: bool) -> Decimal | Either | None:
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(digits):
        sign = -1 if negative else 1
        return Either(sign * Decimal(digits.replace(",", ".")), sign * Decimal(digits.replace(",", "")))
    if not _PLAIN.fullmatch(digits):
        return None
    number = Decimal(digits)
    return -number if negative else number


def _split(unit: str) -> tuple[str, str]:
    """Scale and plain unit: 万元 is 万 and 元."""
    scale = next((scale for scale in sorted(SCALES, key=len, reverse=True) if scale and unit.startswith(scale)), "")
    return scale, unit.removeprefix(scale)


def _same(unit: str, other: str) -> bool:
    return unit == other or any(unit.lower() in words and other.lower() in words for words in _SAME)
