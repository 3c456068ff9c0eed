"""What headquarters' people write under 检查情况: a phrase counts only where the whole of it is understood.

A phrase is cut into the field's own words in both senses, its number with its unit, and words that say nothing: those
that name the matter (`about`), those that go with the number (`beside`), and a short list of neutral ones. Whatever is
left over (部分, 除…外, 以下, a second number, another unit, a sign of comparison) makes a question of the phrase. A
negation in front of a word is its contrary where the field declares that contrary; alone it is left over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from xlkpi.intake import quantity
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.types import TYPES, Shape

NEGATIONS: Final = (
    "尚未能", "还没有", "并没有", "没能够", "没有", "尚未", "还未", "还没", "并未", "未能", "没能", "未曾", "未予",
    "无法", "没法", "不能", "未", "没", "不",
)  # fmt: skip
_NEUTRAL: Final = (
    "本月", "当月", "已经", "已", "均", "都", "全部", "全", "共计", "合计", "总共", "共", "检查情况", "检查结果",
    "检查", "情况", "结果", "为", "的", "了",
)  # fmt: skip
_NOT_ONE: Final = ("都", "均", "全", "全部")  # 一项都没完成 is none at all, not one
_GAPS: Final = frozenset(" \n\r\t,.;:!()[]\"'，。；、：！（）【】“”‘’「」『』·")
_LIMITS: Final = (
    "不低于", "不少于", "不高于", "不超过", "不多于", "不大于", "不小于", "低于", "少于", "小于", "大于",
    "高于", "多于", "超过", "不到", "不足", "未到", "未满", "不满", "以上", "以下", "以内",
    "之内", "以外", "至少", "至多", "最多", "最少", "大约", "约", "左右", "上下", "逾",
    "超", "接近", "近", "多", "余", "仅", "只", "<", ">", "≤", "≥",
    "≠", "≈",
)  # fmt: skip
"""They make a limit of a number, and no figure."""
_SIGNS: Final = str.maketrans(
    {"〈": "<", "〉": ">", "‹": "<", "›": ">", "≦": "≤", "≧": "≥", "⩽": "≤", "⩾": "≥", "≮": "≥", "≯": "≤",
     "≪": "<", "≫": ">",
     "≲": "≤", "≳": "≥", "⋜": "≤", "⋝": "≥"}
)  # fmt: skip
_FOREIGN: Final = (
    "%",
    "‰",
    "小时",
    "分钟",
    "分",
    "周",
    "个月",
    "月",
    "年",
    "季度",
    "元",
    "万元",
    "件",
    "项",
    "家",
    "笔",
    "成",
)
_ORDER: Final = re.compile(
    r"\s*(?:[\u2460-\u249b\u2776-\u2793]\s*[.、．]?|[(（]\s*[\d０-９]{1,2}\s*[)）](?=\s*[^\d０-９])"
    r"|[\d０-９]{1,2}\s*[.．、)）](?=\s*[^\d０-９\s]|\s+)|[一二三四五六七八九十]{1,2}、(?!\s*[零一二两三四五六七八九十百]))\s*"
)
"""The number of an item of a list in front of the phrase; 一、二次 is once or twice."""
_ORDER_OR_MONTH: Final = re.compile(r"(\d{1,2})\.(?=\d{1,2}\D)")
_ORDER_OR_DECIMAL: Final = re.compile(r"([1-4])[.。]\s*(\d.*)", re.DOTALL)
_SPACED: Final = re.compile(r"(\d{1,3})(?:[ \t]+[.。]\s*|[.。][ \t]+)(\d.*)", re.DOTALL)
_MOST_CLAUSES: Final = 4  # so many lines the printed sheet numbers within an item: 3.7号 is line 3 and the 7th
_DIGITS: Final = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+")
_DAY: Final = re.compile(r"(?:(\d{4})([年./-])(\d{1,2})([月./-])|(\d{1,2})月)(\d{1,2})[日号]?(?!\d)")
_SIGN: Final = re.compile("([<>≤≥≠≈%])")
_NUMERALS: Final = "零一二三四五六七八九"


class Doubt(NamedTuple):
    """Why a phrase is a question: the finding's code, and its facts beside the phrase itself."""

    code: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a phrase. `kind`: gap, neutral, about, beside, word (with the field's own word), number."""

    kind: str
    text: str
    word: str = ""
    number: float = 0.0


def read(entry: SchemeField, text: str, *, name: str = "", month: str = "") -> str | float | Doubt:
    """The field's own word, or the number, that a phrase says; a Doubt where it is not wholly understood.

    Args:
        entry: the field of headquarters'.
        text: the phrase as it was written.
        name: the field's name, which may stand in the phrase.
        month: the month of the inspection (YYYY-MM); the day of another month is a Doubt. Blank: not compared.
    """
    doubt = decimal_or_line(entry, text)
    if doubt is not None:
        return doubt
    bare = _ORDER.sub("", text, count=1) if _ORDER.match(text) else text
    odd = next((c for c in bare if unicodedata.category(c) == "No"), "")  # ² and ① would become digits of the number
    if odd:
        return Doubt("XK-V030", {"rest": odd})
    plain = _even(bare)
    shape = TYPES[entry.type].shape
    if shape is Shape.DAY:
        plain = _without_order(plain, month)
    if _ORDER_OR_MONTH.match(plain) and shape is not Shape.CHOICE and not _DAY.match(plain):
        return Doubt("XK-V030", {"rest": plain})
    pieces: list[_Piece] = []
    at, denied = 0, ""
    while at < len(plain):
        piece = _next(entry, plain, at, name, month)
        if isinstance(piece, Doubt):
            return piece
        if denied and piece.kind not in ("gap", "neutral"):
            return Doubt("XK-V030", {"rest": denied + piece.text})  # 没有索赔款回款: none was owed, or none was paid?
        if piece.kind != "gap":
            pieces.append(piece)
        at += len(piece.text)
        denied = "" if piece.kind == "gap" else piece.text if _denies(entry, piece) else denied
    return _meaning(entry, pieces)


def decimal_or_line(entry: SchemeField, text: str) -> Doubt | None:
    """4.90% is 4.9 %, or 90 % behind the number of the sheet's fourth line; so is 85 . 5 %, written apart. None where
    there is but one reading."""
    shape, narrow = TYPES[entry.type].shape, quantity.narrowed(text).strip()
    # of a count nobody writes 2.5, and few write a rate of 2.5%
    of_lines = _is_count(entry) or shape is Shape.PERCENT
    match = _ORDER_OR_DECIMAL.fullmatch(narrow) if of_lines else None
    if match is None and shape is not Shape.CHOICE:
        match = _SPACED.fullmatch(narrow)
        if match and shape is Shape.DAY and int(match[1]) <= _MOST_CLAUSES:  # 3. 7号: a day has no decimals
            match = None
    return match and Doubt("XK-V044", {"line": match[1], "other": match[2]})


def _denies(entry: SchemeField, piece: _Piece) -> bool:
    """Whether a piece says by a denial that all is well (无欠款, 没有返修): what follows at once may be denied too."""
    good = (piece.kind == "word" and entry.words[piece.word] == "met") or (piece.kind == "number" and not piece.number)
    return good and len(piece.text) > 1 and piece.text.startswith((*NEGATIONS, "无"))


def _even(text: str) -> str:
    """Narrowed, signs of comparison in one spelling, no space around them and the per cent sign."""
    even = quantity.narrowed(text).translate(_SIGNS)
    even = even.replace("<=", "≤").replace("=<", "≤").replace(">=", "≥").replace("=>", "≥").replace("<>", "≠")
    first, *further = _SIGN.split(even)
    if not further:
        return first
    *between, last = further
    return "".join((first.rstrip(" \t"), *(piece.strip(" \t") for piece in between), last.lstrip(" \t")))


def _without_order(text: str, month: str) -> str:
    """3.7号上报 is the sheet's third line; 11.6号 in November is the sixth of it."""
    match = _ORDER_OR_MONTH.match(text)
    if match and (int(match[1]) <= _MOST_CLAUSES or (month and int(match[1]) == int(month[5:]))):
        return text[match.end() :]
    return text


def _next(entry: SchemeField, text: str, at: int, name: str, month: str) -> _Piece | Doubt:
    """The longest piece that is understood at a place of the phrase."""
    lexicon = _lexicon(_facts(entry), name)
    word = next(
        (lexicon[text[at : at + n]] for n in range(_longest(lexicon), 0, -1) if text[at : at + n] in lexicon), None
    )
    day = _day(text, at, month) if TYPES[entry.type].shape is Shape.DAY else None
    if isinstance(day, Doubt):
        return day
    number = day or _number(entry, text, at)
    candidates = [piece for piece in (word, number) if piece is not None]
    if candidates:
        return max(candidates, key=lambda piece: len(piece.text))
    if text[at] in _GAPS and not text.startswith("..", at):
        return _Piece("gap", text[at])
    limit = next((limit for limit in _LIMITS if text.startswith(limit, at)), "")
    if limit:
        return Doubt("XK-V032", {"sign": limit})
    digits = _DIGITS.match(text, at)
    unit = digits and next((u for u in _foreign() if text.startswith(u, digits.end())), "")
    if digits and unit and entry.unit:
        return Doubt("XK-V017", {"unit": entry.unit})
    return Doubt("XK-V030", {"rest": text[at : at + 20]})


def _meaning(entry: SchemeField, pieces: Sequence[_Piece]) -> str | float | Doubt:
    """What the pieces come to where they agree."""
    numbers = [piece for piece in pieces if piece.kind == "number"]
    words = [piece for piece in pieces if piece.kind == "word"]
    if len(numbers) > 1:
        return Doubt("XK-V031", {"one": numbers[0].text, "other": numbers[1].text})
    failed = [piece for piece in words if entry.words[piece.word] == "failed"]
    fine = [piece for piece in words if piece not in failed]
    if failed and fine:
        return Doubt("XK-V031", {"one": fine[0].text, "other": failed[0].text})
    if numbers:
        number = numbers[0]
        behind = next((p for p in pieces[pieces.index(number) + 1 :] if p.kind == "neutral"), None)
        if number.number == 1 and behind is not None and behind.text in _NOT_ONE:
            return Doubt("XK-V030", {"rest": number.text + behind.text})
        # a word that is "met" without more says that there was none to count
        against = failed or [p for p in fine if _is_count(entry) and entry.words[p.word] == "met" and number.number]
        if against:
            return Doubt("XK-V031", {"one": number.text, "other": against[0].text})
        around = [piece for piece in pieces if piece is not number]
        if around and _counts_faults(entry) and not any(piece.kind in ("beside", "word") for piece in around):
            return Doubt("XK-V030", {"rest": "".join(piece.text for piece in pieces)})  # 重点计划共3项: all of them?
        return number.number
    lone = next((piece.text for piece in pieces if piece.kind == "beside"), "")
    if lone or not words:
        return Doubt("XK-V030", {"rest": lone or "".join(piece.text for piece in pieces)})
    short = next((piece.text for piece in words if len(piece.text) == 1), "")
    if short and sum(piece.kind != "neutral" for piece in pieces) > 1:
        return Doubt("XK-V030", {"rest": short})  # 无 is a word of its own only where it stands alone
    spoken = {piece.word for piece in words}
    return next(word for word in reversed(entry.words) if word in spoken)


def _counts_faults(entry: SchemeField) -> bool:
    """Whether a field counts what went wrong: a word for "none" is the good one."""
    return _is_count(entry) and "met" in entry.words.values()


def _is_count(entry: SchemeField) -> bool:
    """Whether its figures are numbers of things."""
    return TYPES[entry.type].shape is Shape.NUMBER and TYPES[entry.type].whole


# ---------------------------------------------------------------- numbers and days


def _number(entry: SchemeField, text: str, at: int) -> _Piece | None:
    """A number with the field's own unit, or one that the field converts, behind it."""
    shape = TYPES[entry.type].shape
    if not shape.is_number:
        return None
    is_rate = shape is Shape.PERCENT
    start, percent = at, text.startswith("百分之", at)
    if percent:
        at += len("百分之")
    digits = _DIGITS.match(text, at)
    numeral = None if digits else next((n for n in _numerals() if text.startswith(n, at)), None)
    if digits:
        value, end = float(digits[0].replace(",", "")), digits.end()
    elif numeral is not None:
        value, end = float(_numerals()[numeral]), at + len(numeral)
    else:
        return None
    if percent:
        return _Piece("number", text[start:end], number=value / 100) if is_rate else None
    end += len(text[end:]) - len(text[end:].lstrip(" "))
    units = {"%": 1.0} if is_rate else _units(entry.unit, _facts(entry).units)
    unit = next((unit for unit in sorted(units, key=len, reverse=True) if text.startswith(unit, end)), None)
    if unit is None:
        return None
    number = float(f"{value / 100:.15g}") if is_rate else value * units[unit]
    return _Piece("number", text[start : end + len(unit)], number=number)


def _day(text: str, at: int, month: str) -> _Piece | Doubt | None:
    """A day with its month, which must be the month of the inspection."""
    match = _DAY.match(text, at)
    if match is None:
        return None
    year, first, month_in_year, second, month_alone, day = match.groups()
    if year and first != second and first + second != "年月":
        return None
    month_number = int(month_in_year or month_alone)
    if month and (month_number != int(month[5:]) or (year and year != month[:4])):
        return Doubt("XK-V033", {"day": match[0], "month": month})
    return _Piece("number", match[0], number=float(day))


@lru_cache(1)
def _numerals() -> Mapping[str, int]:
    """Chinese numerals up to one hundred, the longest first."""
    below = {(_NUMERALS[tens] if tens > 1 else "") + "十" + (_NUMERALS[units] if units else ""): tens * 10 + units
             for tens in range(1, 10) for units in range(10)}  # fmt: skip
    named = {"百": 100, "一百": 100, "两": 2, **{word: number for number, word in enumerate(_NUMERALS)}, **below}
    return dict(sorted(named.items(), key=lambda pair: -len(pair[0])))


@lru_cache(200)
def _units(unit: str, converted: tuple[tuple[str, str], ...]) -> Mapping[str, float]:
    """The spellings of a unit and of those that the field converts, and what they are multiplied with.

    日 for 天 would be the day of a month.
    """
    spellings = {spelling: 1.0 for spelling in quantity.spellings(unit) if not (unit == "天" and spelling == "日")}
    return spellings | {_even(other): number_value(times) for other, times in converted}


@lru_cache(1)
def _foreign() -> tuple[str, ...]:
    return tuple(sorted({*_FOREIGN, *quantity.units()}, key=len, reverse=True))


# ---------------------------------------------------------------- the field's words


class _Facts(NamedTuple):
    """What of a field the words depend on; hashable."""

    label: str
    words: tuple[tuple[str, str], ...]
    says: tuple[tuple[str, str], ...]
    about: tuple[str, ...]
    beside: tuple[str, ...]
    units: tuple[tuple[str, str], ...]


def _facts(entry: SchemeField) -> _Facts:
    return _Facts(
        entry.label, tuple(entry.words.items()), tuple(entry.says.items()), entry.about, entry.beside,
        tuple(entry.units.items()),
    )  # fmt: skip


@lru_cache(500)
def _lexicon(facts: _Facts, name: str) -> Mapping[str, _Piece]:
    """All that is understood in a field's phrases but numbers, by its spelling."""
    lexicon: dict[str, _Piece] = {}
    for kind, words in (("neutral", _NEUTRAL), ("about", (*facts.about, facts.label, name)), ("beside", facts.beside)):
        lexicon |= {word: _Piece(kind, word) for word in map(_even, words) if word}
    meanings = dict(facts.words)
    sayings = [(_even(word), word) for word in meanings] + [(_even(saying), target) for saying, target in facts.says]
    for negated, word in _contraries([pair for pair in sayings if meanings.get(pair[1]) == "failed"]):
        lexicon.setdefault(negated, _Piece("word", negated, word))
    for spelling, target in sayings:
        if target in meanings:
            lexicon[spelling] = _Piece("word", spelling, target)
        else:
            lexicon[spelling] = _Piece("number", spelling, number=number_value(target))
    return lexicon


def _contraries(failed: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """没有完成, 无法完成, … for a field that declares 未完成."""
    for spelling, word in failed:
        negation = next((n for n in NEGATIONS if spelling.startswith(n) and len(spelling) > len(n)), None)
        if negation is not None:
            yield from ((other + spelling.removeprefix(negation), word) for other in NEGATIONS)


def _longest(known: Mapping[str, _Piece]) -> int:
    return max(map(len, known))
