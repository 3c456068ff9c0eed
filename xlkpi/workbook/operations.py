"""What is written back into a workbook that exists already, as plain values: no file format, no program.

`workbook.patch` applies operations to a file, the button to a workbook open in Excel; both give the same workbook. The
set is small on purpose: it is what every client of xlwings can do. What a client cannot do (comments, widths, bold,
wrapped text) is said to be best effort, and never the only carrier of what a person has to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlkpi.values import CellContent, Place


@dataclass(frozen=True, slots=True)
class EnsureSheet:
    """A sheet of our own: added after the last one, or emptied (contents, looks, links) where it is there.

    `widths` of the columns from A on, in characters: best effort.
    """

    sheet: str
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """A rectangle of contents with its upper left corner at `place`; None leaves a blank cell.

    A text stays a text whatever it begins with. No cell of the rectangle may hold a formula. `wrap` is best effort.
    """

    place: Place
    rows: tuple[tuple[CellContent, ...], ...]
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class Fill:
    """The background of one cell or a rectangle: `area` as A1 or A1:C3, `colour` as #RRGGBB, "" for none.

    `bold` is best effort.
    """

    sheet: str
    area: str
    colour: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The number format of one cell or a rectangle, as Excel's own code."""

    sheet: str
    area: str
    code: str


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that shows `text` and leads to another cell of the same workbook."""

    place: Place
    target: Place
    text: str


@dataclass(frozen=True, slots=True)
class Choices:
    """A drop-down list of words for one cell or a rectangle of a sheet of our own: best effort."""

    sheet: str
    area: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """Our words on a cell, in place of what an earlier run of ours said; what a person wrote stays above them.

    Without text our words go. Lines begin with 【 or →: by that they are told from a person's. Best effort.
    """

    place: Place
    text: str


Operation = EnsureSheet | Write | Fill | NumberFormat | Link | Choices | Comment
Operations = Sequence[Operation]
"""In the order in which they are carried out."""


def quoted(sheet: str) -> str:
    """A sheet's name as a reference spells it: 'Name'."""
    return "'" + sheet.replace("'", "''") + "'"
