"""What last month's assessed workbooks tell this month's blanks: last values, earlier months, plans, open measures.

Everything goes by names. X_上月 is last month's X; X_前3月 is last month's X_前2月, and X_前1月 last month's X; the
plan's targets and the diagnoses' persons and days carry over as they are; the year's actual so far grows by last
month's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from xlkpi.findings import Finding
from xlkpi.intake.guard import Refused
from xlkpi.intake.lists import Listed
from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.scheme.cells import DEALER, MONTH
from xlkpi.values import CellKind, Place, RawCell, absence_of
from xlkpi.workbook.layout import Layout, Role

_LAST = "_上月"
_AGO = re.compile(r"(.+)_前(\d+)月")
_SO_FAR = "_本年以前"
_CARRIED = re.compile(r".+_(责任人|奖励线|\d+月目标|完成日)")

Carried = dict[str, float | str]


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
        out.rows[dealer] = carried_over(layout, values, new_year=month.endswith("-01"))
    return out


def carried_over(layout: Layout, values: Mapping[str, float | str], *, new_year: bool) -> Carried:
    """The slots of this month's layout that last month's named values fill."""
    carried: Carried = {}
    for slot in layout.of(Role.HISTORY, Role.ANSWER, Role.MEASURE):
        value = _value_of(slot.name, values.get, new_year)
        if value is not None and value != "":
            carried[slot.name] = value
    return carried


def month_before(month: str) -> str:
    """The month before, as YYYY-MM."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"


def _value_of(name: str, last: Callable[[str], float | str | None], new_year: bool) -> float | str | None:
    ago = _AGO.fullmatch(name)
    if ago:
        return last(ago[1] if ago[2] == "1" else f"{ago[1]}_前{int(ago[2]) - 1}月")
    if name.endswith(_LAST):
        return last(name.removesuffix(_LAST))
    if name.endswith(_SO_FAR):
        actual, so_far = last(name.removesuffix(_SO_FAR)), last(name)
        if new_year or not isinstance(actual, float):
            return None
        return actual + (so_far if isinstance(so_far, float) else 0.0)
    if _CARRIED.fullmatch(name):
        return None if new_year and name.endswith("目标") else last(name)
    return None


def _named_values(path: Path) -> dict[str, float | str]:
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
