"""The words that everything else is said in: values, the kinds of absence, places and raw cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Final, NamedTuple


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

        told = core_schema.plain_serializer_function_ser_schema(lambda absence: {"absence": absence.value})
        return core_schema.no_info_plain_validator_function(revived, serialization=told)


Value = float | str | bool | date | Absence
"""A value with meaning. A cell error is never one: reader and engine turn it into an Absence and a finding."""

VETOED: Final = "否决"
MET: Final = "达到"
SCORED: Final = "已评"
PROVISIONAL: Final = "暂定"

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


def column_number(name: str) -> int:
    """The number of a column by its letters: A is 1."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def letters(column: int) -> str:
    """The letters of a column by its number."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


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


def plain(value: Value | CellContent) -> float | str | bool | None:
    """A value as JSON has it; absences as their words."""
    if isinstance(value, Absence):
        return value.value
    return value if isinstance(value, str | bool | float | int) or value is None else str(value)
