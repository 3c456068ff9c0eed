"""Basic types that every other module uses: values, kinds of absence, cells and their references, days and months."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple, assert_never


class Absence(Enum):
    """Why there is no value. The words are exactly what stands in a cell; formulas carry them on."""

    MISSING = "未填"
    NOT_APPLICABLE = "不适用"
    UNREADABLE = "无法读取"

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        """In JSON of our own an absence is an object, so that it and a text of the same word stay apart."""
        from pydantic_core import core_schema  # noqa: PLC0415 - only where something is kept

        def revived(data: Any) -> Absence:
            if isinstance(data, cls):
                return data
            if isinstance(data, dict) and set(data) == {"absence"}:
                return cls(data["absence"])
            raise ValueError("no absence")

        to_json = core_schema.plain_serializer_function_ser_schema(lambda absence: {"absence": absence.value})
        return core_schema.no_info_plain_validator_function(revived, serialization=to_json)


Value = float | str | bool | date | Absence
"""A value with meaning. A cell error is never one: reader and engine turn it into an Absence and a finding."""

_SPAN = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}(?::[A-Z]{1,3}[1-9][0-9]{0,6})?")

VETOED: Final = "否决"
SCORED: Final = "已评"
PROVISIONAL: Final = "暂定"


class Status(StrEnum):
    """What became of a dealer's month, as results and store keep it."""

    SCORED = "scored"
    PROVISIONAL = "provisional"
    REJECTED = "rejected"  # a file that gives no score


class ItemStatus(StrEnum):
    """Whether an item could be judged, in the words of its cell."""

    SCORED = SCORED
    MISSING = Absence.MISSING.value
    NOT_APPLICABLE = Absence.NOT_APPLICABLE.value
    UNREADABLE = Absence.UNREADABLE.value

    @classmethod
    def _missing_(cls, value: object) -> ItemStatus | None:
        """A cell without a word: its formula gave an error, which is the scheme's fault and said elsewhere."""
        return cls.UNREADABLE if value == "" else None


class Judgement(StrEnum):
    """An indicator held against its guide, in the words of its cell."""

    LOW = "偏低"
    HIGH = "偏高"
    ON_GUIDE = "达标"


class State(StrEnum):
    """What people read of a dealer's month: one word each, wherever it stands."""

    SCORED = SCORED
    TRIAL = "试运营"
    PROVISIONAL = PROVISIONAL
    VETOED = "一票否决"
    REFUSED = "退回"
    MISSING = "未交"

    @classmethod
    def of(cls, status: Status, vetoed: bool, trial: bool = False) -> State:
        """The word for what became of a month; `vetoed`: its total was; `trial`: the dealer is on trial, and so has a
        score and no place."""
        match status:
            case Status.REJECTED:
                return cls.REFUSED
            case Status.SCORED | Status.PROVISIONAL if vetoed:
                return cls.VETOED
            case Status.SCORED:
                return cls.TRIAL if trial else cls.SCORED
            case Status.PROVISIONAL:
                return cls.PROVISIONAL
            case unknown:
                assert_never(unknown)


VETO_OF: Final[Mapping[str, str]] = {"item": VETOED, "group": f"本组{VETOED}", "total": State.VETOED.value}
"""What a veto is called, by what it takes to zero."""


_ABSENCES: Final = {absence.value: absence for absence in Absence}


def absence_of(word: object) -> Absence | None:
    """The absence that a cell's word stands for, or None where it is an ordinary word."""
    return _ABSENCES.get(word) if isinstance(word, str) else None


class Place(NamedTuple):
    """A cell: the sheet's name and the reference in A1 form without dollar signs."""

    sheet: str
    ref: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.ref}"


class Provenance(NamedTuple):
    """Where a figure that counts came from, where the dealer's one workbook is not its only source: the slot or table,
    its cell in the form, what counts, the source's file and cell, and what another source says that does not count."""

    name: str
    cell: str
    value: Value
    source: str
    other: str = ""


def column_number(name: str) -> int:
    """The number of a column by its letters: A is 1."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """The letters of a column by its number: 27 is AA."""
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def cell_ref(column: int, row: int) -> str:
    """The A1 reference of a position counted from 1."""
    return f"{column_letters(column)}{row}"


_REF: Final = re.compile("([A-Z]{1,3})([1-9][0-9]*)")


@lru_cache(50_000)
def column_row(ref: str) -> tuple[int, int]:
    """Column and row of an A1 reference without dollar signs, counted from 1.

    Raises:
        ValueError: it is no reference.
    """
    match = _REF.fullmatch(ref)
    if match is None:
        raise ValueError(f"{ref!r} is not a cell reference")
    return column_number(match[1]), int(match[2])


DAY_ZERO: Final = datetime(1899, 12, 30)
"""The day from which a spreadsheet counts its days (1900 system); right from March 1900 on."""


def serial_number(moment: date) -> float:
    """A date, or a date with a time, as the number of days by which a spreadsheet keeps it."""
    since = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return (since - DAY_ZERO) / timedelta(days=1)


def moment_of(serial: float) -> datetime:
    """The date and time that a spreadsheet keeps as a number of days.

    Raises:
        OverflowError: no calendar has that day.
    """
    return DAY_ZERO + timedelta(days=serial)


MONTH_PATTERN: Final = r"\d{4}-(0[1-9]|1[0-2])"
"""A month as it is written everywhere: YYYY-MM."""


def days_in(month: str) -> int:
    """How many days a month (YYYY-MM) has."""
    return monthrange(int(month[:4]), int(month[5:]))[1]


def months_earlier(month: str, count: int = 1) -> str:
    """The month that lies `count` months before a month, as YYYY-MM; later where `count` is negative."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def months_between(earlier: str, later: str) -> int:
    """How many months lie from one month to another (both YYYY-MM): 1 where the second comes next."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])


class CellKind(Enum):
    """What the file says a cell holds."""

    EMPTY = "empty"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"  # only ISO dates (t="d"); ordinary dates are numbers with a date format
    ERROR = "error"


class Unknown(Enum):
    """A fact that a source cannot tell (.xls, or the remote engine of xlwings)."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


class RawCell(NamedTuple):
    """A cell as it stands in the file, before anybody reads meaning into it.

    `text` is the cached value as written (None where there is none); `formula` is without the leading equals sign;
    `format` is the number format's code.
    """

    place: Place
    kind: CellKind
    text: str | None
    formula: str | Unknown | None = None
    format: str | Unknown | None = None


@dataclass(frozen=True, slots=True)
class CellFault:
    """An error value (`#DIV/0!`) which a formula gave. Stays between engine and findings; it is not a Value."""

    code: str


CellContent = float | str | bool | date | None | CellFault
"""What an engine reads out of a cell. None is a blank cell."""


def content_of(value: Value) -> CellContent:
    """A value as a cell holds it: absences as their words, a missing one as a blank cell."""
    if value is Absence.MISSING:
        return None
    return value.value if isinstance(value, Absence) else value


def value_of(content: CellContent) -> Value:
    """What a cell's content means: a blank is missing, an error cannot be read, an absence's word is that absence."""
    if content is None:
        return Absence.MISSING
    if isinstance(content, CellFault):
        return Absence.UNREADABLE
    return absence_of(content) or content


def number_text(value: float) -> str:
    """A number as a file keeps it: all its digits, a whole number without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def plain(value: Value | CellContent) -> float | str | bool | None:
    """A value as JSON has it; absences as their words."""
    if isinstance(value, Absence):
        return value.value
    return value if isinstance(value, str | bool | float | int) or value is None else str(value)


def spans(refs: Iterable[str], most: int = 6) -> str:
    """Cells in words, those beside and below each other taken together: F6:F27、H6; after so many runs only that there
    are more."""
    rows: dict[int, list[int]] = {}
    for column, row in sorted(map(column_row, refs)):
        rows.setdefault(column, []).append(row)
    areas: dict[tuple[int, int], list[list[int]]] = {}  # by first and last row: first and last columns
    for column, numbers in rows.items():
        first = numbers[0]
        for row, following in zip(numbers, [*numbers[1:], 0], strict=True):
            if following != row + 1:
                column_spans = areas.setdefault((first, row), [])
                if column_spans and column_spans[-1][1] == column - 1:
                    column_spans[-1][1] = column
                else:
                    column_spans.append([column, column])
                first = following
    boxes = sorted((left, top, right, bottom) for (top, bottom), sides in areas.items() for left, right in sides)
    runs = [_box(*box) for box in boxes]
    return "、".join(runs[:most]) + (" 等" if len(runs) > most else "")


def _box(left: int, top: int, right: int, bottom: int) -> str:
    first, last = cell_ref(left, top), cell_ref(right, bottom)
    return first if first == last else f"{first}:{last}"


def span_cells(text: str, most: int = 5000) -> list[str]:
    """The cells that `spans` put into words; of other words, and of runs of more than `most` cells, none."""
    cells: list[str] = []
    for run in text.split("、"):
        corners = [column_row(ref) for ref in run.split(":")] if _SPAN.fullmatch(run) else [(1, 0)]
        (left, top), (right, bottom) = corners[0], corners[-1]
        columns, rows = range(left, right + 1), range(top, bottom + 1)
        if top > 0 and len(columns) * len(rows) <= most:
            cells += [cell_ref(column, row) for column in columns for row in rows]
    return cells
