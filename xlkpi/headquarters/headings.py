"""Which sheets of a workbook may be the list, which row has the headings, and which column is what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from xlkpi.headquarters.grid import Grid, grids
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.words import Wording, folded, wording
from xlkpi.intake import quantity
from xlkpi.intake.foreign import ForeignBook
from xlkpi.intake.reader import Workbook
from xlkpi.intake.source import Source
from xlkpi.values import RawCell

CODE = ("经销商代码", "代码", "code", "dealer")
NAMES = ("经销商名称", "名称", "name")
REGIONS = ("区域", "大区", "region")
PEERS = ("对标组", "peer group")
SUPERVISORS = ("督导", "区域督导", "supervisor")
SIGNATURE = SIGNED, CHECKER, CHECKED_ON, EVIDENCE, REINSPECTED_ON = (
    "其余已核", "检查人", "检查日期", "证据编号", "复查日期",
)  # fmt: skip
"""The columns by which a supervisor signs for what is not entered, and says that a row is a re-inspection."""
WHOLE: Final = "整本"
"""In the place of a dealer's code: a row that signs for all dealers of its workbook that have no word of their own."""
_REMARKS = ("备注", "remark", "note", "序号", "no", "no.")


CHANGES = "变更"
"""The roster's second sheet."""


class Changed(StrEnum):
    """What changes of a dealer, in the words of the sheet 变更; on one day in this order."""

    OPENED = "开业"
    REOPENED = "重新开业"
    TRIAL = "试运营"
    REGULAR = "转正"
    CLOSED = "关闭"
    MERGED = "并入"
    REGION = "区域"
    PEERS = "对标组"
    SUPERVISOR = "督导"
    NAME = "名称"


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What a list must hold, and what is read of it.

    Attributes:
        origin: the kind of list, and of what scheme and month it should be.
        key: headings of the column that says whose a row is.
        columns: what is read, with the headings that mean it.
        units: the unit in which a column is read, where it has one; a heading or a row of units may name another.
        ignored: headings that are known and not read.
        needed: columns without which a sheet is not this list; where empty, any of them makes it one.
        is_key: whether a text is a key that is awaited; by default none is.
        key_words: what a key's cell says; by default as a code does.
        repeated: whether a key may have several rows.
        sheet: the name of the sheet on which the list stands beside another one; it need not be there.
        apart: headings that make a sheet another list, whatever else stands on it.
    """

    origin: Origin
    columns: Mapping[str, tuple[str, ...]]
    key: tuple[str, ...] = CODE
    units: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    needed: tuple[str, ...] = ()
    is_key: Callable[[str], bool] = lambda text: False
    key_words: Callable[[RawCell], Wording] = wording
    repeated: bool = False
    sheet: str = ""
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: what it is, its letter's number, the cell of its heading, and the unit that is named."""

    name: str
    number: int
    heading: RawCell
    unit: str = ""


@dataclass(slots=True)
class ListSheet:
    """A sheet that may be the list: its cells, and the row of its headings with what they mean."""

    grid: Grid
    head: int
    key: int
    columns: list[Column]
    unknown: list[RawCell]
    keys: list[RawCell]
    named: int = 0  # the column of dealers' names, where the list is not asked for them

    @property
    def title(self) -> str:
        """The sheet's name."""
        return self.grid.sheet

    def fits(self, spec: ListSpec) -> bool:
        """Whether it has the columns that make it this list."""
        names = {column.name for column in self.columns}
        if spec.apart and spec.apart <= {heading_of(raw) for raw in self.grid.row(self.head).values()}:
            return False
        return set(spec.needed) <= names if spec.needed else bool(names)


def sheets_with_key(book: Source, spec: ListSpec) -> tuple[list[ListSheet], list[ListSheet]]:
    """The sheets that have the key among their headings: those that are shown, and those that are hidden."""
    unseen = book.hidden_sheets() if isinstance(book, Workbook | ForeignBook) else frozenset()
    visible: list[ListSheet] = []
    hidden: list[ListSheet] = []
    for grid in grids(book):
        sheet = _headed(grid, spec)
        if sheet is not None:
            (hidden if grid.sheet in unseen else visible).append(sheet)
    return visible, hidden


def _headed(grid: Grid, spec: ListSpec) -> ListSheet | None:
    """The row with the key in it; of several the one that has most of what is asked."""
    best: ListSheet | None = None
    keys = [folded(heading) for heading in spec.key]
    for number in grid.rows:
        texts = {column: heading_of(raw) for column, raw in grid.row(number).items()}
        places = [(keys.index(text), column) for column, text in texts.items() if text in keys]
        if not places:
            continue
        rank, key = min(places)
        sheet = ListSheet(grid, number, key, [], [], [grid.row(number)[c] for place, c in places if place == rank])
        for column, raw in grid.row(number).items():
            if column != key and texts[column]:
                _sort_heading(sheet, column, raw, texts[column], spec)
        if best is None or len(sheet.columns) > len(best.columns):
            best = sheet
    return best


def heading_of(raw: RawCell) -> str:
    """A heading as it is compared."""
    content = wording(raw)
    return folded(content.text or content.fault)


def _sort_heading(sheet: ListSheet, number: int, raw: RawCell, text: str, spec: ListSpec) -> None:
    known_headings = {folded(heading): name for name, headings in spec.columns.items() for heading in headings}
    meaning = _meaning(text, known_headings)
    if meaning is not None:
        sheet.columns.append(Column(meaning[0], number, raw, meaning[1]))
    elif text in map(folded, NAMES):
        sheet.named = sheet.named or number
    elif (
        _meaning(
            text, dict.fromkeys(map(folded, (*spec.ignored, *spec.key, *NAMES, *REGIONS, *SUPERVISORS, *_REMARKS)), "")
        )
        is None
    ):
        sheet.unknown.append(raw)


def _meaning(text: str, known_headings: Mapping[str, str]) -> tuple[str, str] | None:
    """What a folded heading means, and the unit that it names: 维修产值(万元), 维修产值/万元, 维修产值万元."""
    bare = text.rstrip("*:")
    for whole in (text, bare):
        if whole in known_headings:
            return known_headings[whole], ""
    for heading in sorted(known_headings, key=len, reverse=True):
        unit = bare.removeprefix(heading).strip("()[]【】/-_:,|")
        if heading and bare.startswith(heading) and unit and (unit == "%" or quantity.is_unit(unit)):
            return known_headings[heading], unit
    return None
