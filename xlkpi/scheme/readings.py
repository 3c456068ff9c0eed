"""How a cell of 检查情况 is read: live, by the formula that clauses and indicators go by.

It takes what headquarters' list would take, and says 无法读取 for the rest: a figure outside the field's range, a word
that the field does not know. Words in sentences are more than a formula can read; the button reads them, and leaves
what it read, with the words it read it from, in two cells beside. They count while the words stand there unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from xlkpi.scheme import parts
from xlkpi.scheme.cells import MONTH, of_field
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import (
    MISSING,
    NOT_APPLICABLE,
    UNREADABLE,
    Formula,
    Name,
    Number,
    Text,
    compare,
    either,
    every,
)
from xlkpi.scheme.types import TYPES, Shape

_UNREAD: Final = Text(UNREADABLE)
_UNITS: Final = {Shape.DAY: ("号", "日"), Shape.PERCENT: ("%",)}
_LONGEST: Final = 5  # characters of a number with its unit; nobody writes 1E+20次
_IDENTIFIER: Final = re.compile(r'("(?:[^"]|"")*")|([一-鿿A-Za-z_][一-鿿A-Za-z0-9_.]*)')


def reading(name: str, entry: SchemeField) -> Formula:
    """The formula of what a field of headquarters comes to: its number, its word, or the word for an absence."""
    cell = Name(name, kind=entry.type)
    if TYPES[entry.type].shape is Shape.TEXT:
        return Formula(f'IF({cell}="",{Text(MISSING)},{cell})')
    typed, meaning = of_field(name, parts.TYPED), of_field(name, parts.INTERPRETED)
    text = _number(Name(of_field(name, parts.NUMBER), kind=entry.type), entry)
    for target, sayings in reversed(_sayings(entry).items()):
        value = Text(target) if target in entry.words else Number(target)
        text = f"IF({_is_one_of(cell, sayings)},{value},{text})"
    is_word = _is_one_of(cell, [*entry.words, NOT_APPLICABLE, MISSING])
    return Formula(
        f'IFERROR(IF({cell}="",{Text(MISSING)},IF({is_word},{cell},IF(AND({typed}<>"",{cell}={typed}),{meaning},{text}))),{_UNREAD})'
    )


def number_typed(name: str, entry: SchemeField) -> Formula:
    """The formula of the number in a field's cell: a number, or plain digits with the field's unit (2次, 7号, 90%)."""
    cell = Name(name, kind=entry.type)
    of_type = TYPES[entry.type]
    is_rate, units = of_type.shape is Shape.PERCENT, _UNITS.get(of_type.shape, (entry.unit,) if entry.unit else ())
    if not (of_type.whole or is_rate):
        return Formula(f'IF(ISNUMBER({cell}),{cell},"")')
    bare = cell.excel
    for unit in units:
        bare = f'SUBSTITUTE({bare},{Text(unit)},"")'
    digits = f"VALUE({bare})"  # spelt back they must be what stands there
    spelt = [Formula(f"{cell}={digits}&{Text(unit)}") for unit in units]
    spelt += [Formula(f'{cell}={digits}&""')] if of_type.whole else []
    plain = every([either(spelt), Formula(f"{digits}=INT({digits})"), Formula(f"LEN({cell})<={_LONGEST}")])
    number = f"{digits}/100" if is_rate else digits
    return Formula(f'IF(ISNUMBER({cell}),{cell},IFERROR(IF({plain},{number},""),""))')


def through_readings(text: str, names: Mapping[str, Name]) -> str:
    """A formula's text with the names of readings in place of those of their cells."""

    def replaced(match: re.Match[str]) -> str:
        known = None if match[1] else names.get(match[2])
        return known.name if known is not None and known.name == of_field(match[2], parts.READING) else match[0]

    return _IDENTIFIER.sub(replaced, text)


def _sayings(entry: SchemeField) -> dict[str, list[str]]:
    """What says the same as a word or a number of the field, by that."""
    by_target: dict[str, list[str]] = {}
    for saying, target in entry.says.items():
        by_target.setdefault(target, []).append(saying)
    return by_target


def _number(number: Name, entry: SchemeField) -> str:
    """The number where it lies in the field's range; a date of the month is its day."""
    of_type = TYPES[entry.type]
    if of_type.shape is Shape.CHOICE:
        return _UNREAD.excel
    limits = [Formula(f"ISNUMBER({number})")]
    if entry.minimum is not None:
        limits.append(compare(number, ">=", Number(entry.minimum)))
    if entry.maximum is not None:
        limits.append(compare(number, "<=", Number(entry.maximum)))
    if of_type.whole:
        limits.append(Formula(f"ROUND({number},10)=INT(ROUND({number},10))"))
    year, month = f"VALUE(LEFT({MONTH},4))", f"VALUE(RIGHT({MONTH},2))"
    if of_type.shape is Shape.DAY:
        limits.append(Formula(f"{number}<=DAY(DATE({year},{month}+1,0))"))
    value = f"ROUND({number},10)" if of_type.whole else number.excel
    text = f"IF({every(limits)},{value},{_UNREAD})"
    if of_type.shape is Shape.DAY:
        of_month = f"AND(YEAR({number})={year},MONTH({number})={month})"
        text = f"IF(N({number})>31,IF({of_month},DAY({number}),{_UNREAD}),{text})"
    return text


def _is_one_of(cell: Name, words: Sequence[str]) -> Formula:
    return either(Formula(f"{cell}={Text(word)}") for word in words)
