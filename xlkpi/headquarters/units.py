"""In which unit the figures of a list's columns stand: a heading may name it, a row of units, or a word for the whole
sheet (单位：万元). Whoever reads 20 万元 as 20 元 is wrong by four digits: every place where people write it counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from xlkpi.headquarters.headings import Column, ListSheet, ListSpec
from xlkpi.headquarters.words import folded, wording
from xlkpi.intake import quantity

DOUBTFUL: Final = "?"
"""The unit of a column for which two are named."""
CAPTIONS: Final = ("单位", "计量单位")
"""What heads a row of units in the column of codes."""
_NEAR: Final = 4  # rows above the headings in which units stand
_SCALED: Final = "(?:百万|千万|亿|万|千|百)元"
_STATED = re.compile(
    rf"单位(?:均?[为是])?:?(?P<after>[^()\[\]]+)|[(\[【](?P<inside>[^()\[\]【】]+)[)\]】]|[均以按]为?(?P<all>{_SCALED})"
)
_BETWEEN = re.compile(r"[、,/;|和及或\s]+")


@dataclass(frozen=True, slots=True)
class Units:
    """The units that a sheet names: by column in rows of units, and for all that is counted in such a unit."""

    by_column: dict[int, tuple[str, ...]]
    whole: tuple[str, ...]

    @classmethod
    def of(cls, sheet: ListSheet, spec: ListSpec) -> Units:
        """What the sheet's name and the rows say that are no dealer's."""
        by_column: dict[int, list[str]] = {}
        whole = dict.fromkeys(_stated(folded(sheet.title)))
        for number, texts in _outside(sheet, spec):
            near = sheet.head - _NEAR <= number < sheet.head
            if near or is_row_of_units(texts, sheet.key):
                for column, text in texts.items():
                    if is_unit(text) or text == folded(_scheme_unit(sheet, column, spec)):
                        by_column.setdefault(column, []).append(text)
            for text in texts.values():
                whole |= dict.fromkeys(_stated(text))
        return cls({column: tuple(named) for column, named in by_column.items()}, tuple(whole))

    def of_column(self, column: Column, scheme_unit: str) -> tuple[str, tuple[str, ...]]:
        """A column's unit, "" where it is the scheme's, and all that are named; DOUBTFUL where they differ.

        Without such a unit (a plan, whose rows have each its own) a word for the sheet counts where it says 万 or so.
        """
        named = tuple(filter(None, (column.unit, *self.by_column.get(column.number, ()))))
        if named:
            alike = len(set(named)) == 1 or all(quantity.factor(unit, named[0]) == 1 for unit in named)
            return (named[0] if alike else DOUBTFUL), named
        fitting = {
            unit: times
            for unit in self.whole
            if (times := quantity.factor(unit, scheme_unit or unit.lstrip("百千万亿"))) is not None
        }
        if not fitting or set(fitting.values()) == {1}:
            return "", ()
        single = len(set(fitting.values())) == 1 and "/" not in scheme_unit
        return (next(iter(fitting)) if single else DOUBTFUL), tuple(fitting)


def is_unit(text: str) -> bool:
    """Whether a folded text is a unit and nothing else."""
    return text == "%" or quantity.is_unit(text)


def is_row_of_units(texts: dict[int, str], key: int) -> bool:
    """Whether a row below the headings holds units and nothing else, whatever its first cell calls it."""
    texts_beside = [text for column, text in texts.items() if not (column == key and text in CAPTIONS)]
    return bool(texts_beside) and all(map(is_unit, texts_beside))


def _outside(sheet: ListSheet, spec: ListSpec) -> Iterator[tuple[int, dict[int, str]]]:
    """The rows that are no dealer's, as folded texts by column."""
    for number in sheet.grid.rows:
        cells = sheet.grid.row(number)
        if number == sheet.head or (number > sheet.head and spec.is_key(folded(wording(cells.get(sheet.key)).text))):
            continue
        yield number, {column: text for column, raw in cells.items() if (text := folded(wording(raw).text))}


def _scheme_unit(sheet: ListSheet, number: int, spec: ListSpec) -> str:
    return next((spec.units.get(column.name, "") for column in sheet.columns if column.number == number), "")


def _stated(text: str) -> Iterator[str]:
    for match in _STATED.finditer(text):
        for word in _BETWEEN.split(match["after"] or match["inside"] or match["all"]):
            if quantity.is_unit(word.strip(":.。")):
                yield word.strip(":.。")
