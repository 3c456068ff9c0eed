"""What earlier months tell this month's blanks: last values, earlier months, plans, open measures.

Everything goes by names. X_上月 is last month's X; X_前3月 is X of three months ago, which last month knew as X_前2月;
X_去年同月 is X of twelve months ago; the plan's targets and the diagnoses' persons and days carry over as they are; the
year's actual so far grows by last month's. Known are last month's assessed workbooks, or the months in a store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlkpi.findings import Finding
from xlkpi.intake.guard import Refused
from xlkpi.intake.lists import Listed
from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.scheme.cells import DEALER, MONTH
from xlkpi.values import CellKind, Place, RawCell, absence_of
from xlkpi.workbook.layout import Layout, Role

_FIXED = {"_上月": 1, "_去年同月": 12}
_AGO = re.compile(r"(.+)_前(\d+)月")
_SO_FAR = "_本年以前"
_CARRIED = re.compile(r".+_(责任人|奖励线|\d+月目标|完成日)")

Carried = dict[str, float | str]
Known = Mapping[str, float | str]
"""Values by slot name; absences are no values."""


def read_previous(paths: list[Path], layout: Layout, month: str) -> Listed[Carried]:
    """What carries over, by dealer code and slot name, from last month's assessed workbooks.

    A file of another month than the one before is a finding (XK-T003) and is not used.
    """
    out: Listed[Carried] = Listed()
    for path in paths:
        try:
            values = _named_values(path)
        except (Refused, ValueError, KeyError, IndexError) as error:
            refused = error if isinstance(error, Refused) else Refused("XK-F002", detail=str(error))
            out.findings.append(Finding(refused.code, path.name, facts=refused.facts))
            continue
        dealer, before = values.get(DEALER), values.get(MONTH)
        if not isinstance(dealer, str) or before != month_before(month):
            told = {"found": before or "—", "expected": month_before(month)}
            out.findings.append(Finding("XK-T003", path.name, facts=told))
            continue
        out.rows[dealer] = carried_over(layout, {1: values}, month)
    return out


def carried_over(layout: Layout, months: Mapping[int, Known], month: str) -> Carried:
    """The slots of a month's layout that what is known of earlier months fills.

    Args:
        layout: the layout of the month that is issued.
        months: named values by how many months ago they were reported: 1 is the month before.
        month: the month that is issued.
    """
    earlier = _Earlier(months, int(month[5:]))
    carried: Carried = {}
    for slot in layout.of(Role.HISTORY, Role.ANSWER, Role.MEASURE):
        value = earlier.of_slot(slot.name)
        if value is not None and value != "":
            carried[slot.name] = value
    return carried


def year_gaps(months: Mapping[int, Known], month: str) -> list[int]:
    """How many months ago nothing was reported although it was both before and after: the year so far is not known."""
    reported = [ago for ago in months if ago < int(month[5:])]
    return [ago for ago in range(1, max(reported, default=0)) if ago not in months]


def month_before(month: str, ago: int = 1) -> str:
    """So many months before a month, as YYYY-MM."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - ago
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


@dataclass(frozen=True, slots=True)
class _Earlier:
    """Named values of earlier months, and the number of the month that is issued."""

    months: Mapping[int, Known]
    number: int

    def of_slot(self, name: str) -> float | str | None:
        """What a slot's name asks for."""
        ago = _AGO.fullmatch(name)
        if ago:
            return self.value(ago[1], int(ago[2]))
        for ending, months in _FIXED.items():
            if name.endswith(ending):
                return self.value(name.removesuffix(ending), months)
        if name.endswith(_SO_FAR):
            return self.so_far(name.removesuffix(_SO_FAR))
        return self.carried(name) if _CARRIED.fullmatch(name) else None

    def value(self, name: str, ago: int) -> float | str | None:
        """A field's value so many months ago: as reported then, else as a later month knew it."""
        reported = self.months.get(ago, {}).get(name)
        if reported is not None:
            return reported
        later = (self.months.get(n, {}).get(f"{name}_前{ago - n}月") for n in range(ago - 1, 0, -1))
        return next((value for value in later if value is not None), None)

    def so_far(self, name: str) -> float | None:
        """The year's actual before this month, from the first month known. With one missing in between it is not."""
        total = 0.0
        for ago in range(1, self.number):
            actual = self.value(name, ago)
            if not isinstance(actual, float):
                reported = any(earlier in self.months for earlier in range(ago, self.number))
                return None if reported or ago == 1 else total
            total += actual
            before = self.months.get(ago, {}).get(name + _SO_FAR)
            if isinstance(before, float):
                return total + before
        return total if self.number > 1 else None

    def carried(self, name: str) -> float | str | None:
        """What stays as it was when last reported; the months' targets only within their year."""
        latest = min(self.months, default=0)
        return None if name.endswith("目标") and latest >= self.number else self.months.get(latest, {}).get(name)


def _named_values(path: Path) -> Known:
    """Values of all cells with a name of their own; absences and errors are no values."""
    book = open_workbook(path)
    places = {name: place for name, text in book.names.items() if (place := place_of(text))}
    cells: dict[Place, RawCell] = {}
    for sheet in {place.sheet for place in places.values()} & set(book.sheets):
        wanted = {place.ref for place in places.values() if place.sheet == sheet}
        cells.update({raw.place: raw for raw in book.cells(sheet, wanted).cells.values()})
    values: dict[str, float | str] = {}
    for name, place in places.items():
        raw = cells.get(place)
        if raw is None or raw.text is None:
            continue
        if raw.kind is CellKind.NUMBER:
            values[name] = float(raw.text)
        elif raw.kind is CellKind.TEXT and absence_of(raw.text) is None:
            values[name] = raw.text
    return values
