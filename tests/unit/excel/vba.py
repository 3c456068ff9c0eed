"""The VBA client's two ends: the request that it posts for a workbook, and what it does with what comes back.

Written from `addin/Remote.bas` and `addin/WebHelpers.bas` of the installed xlwings: dates go out as ISO texts, errors
as their words, blanks as null; coming in, every N-N-N becomes a date, and Excel reads what looks like something.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import xlwings
from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink

ACTIONS = frozenset(
    re.findall(
        r"^Sub (\w+)\(wb As Workbook, action",
        (Path(xlwings.__file__).parent / "addin" / "Remote.bas").read_text(),
        re.M,
    )
)
"""What the shipped client can do."""

_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+(E[+-]?\d+)?%?", re.I)
_DAY = re.compile(r"\d{1,4}[-/]\d{1,2}([-/]\d{1,2})?|(\d{2,4}年)?\d{1,2}月(\d{1,2}日)?")


def payload(data: bytes, name: str) -> dict[str, Any]:
    """The request for a workbook; formulas go out as the values that the file holds for them."""
    book = load_workbook(io.BytesIO(data), data_only=True)
    index = {sheet.title: number for number, sheet in enumerate(book.worksheets)}
    names = [
        {
            "name": key, "sheet_index": index[title], "address": ref.replace("$", ""), "book_scope": True,
            "scope_sheet_name": None, "scope_sheet_index": None,
        }
        for key, defined in book.defined_names.items()
        if "!" in defined.attr_text
        for title, ref in defined.destinations
    ]  # fmt: skip
    sheets = [{"name": s.title, "pictures": [], "tables": _tables(s), "values": _values(s)} for s in book.worksheets]
    return {
        "client": "VBA",
        "version": xlwings.__version__,
        "book": {"name": name, "active_sheet_index": 0, "selection": "A1"},
        "names": names,
        "sheets": sheets,
    }


def _values(sheet: Any) -> list[list[Any]]:
    rows = [[_sent(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    return rows if any(value is not None for row in rows for value in row) else [[]]


def _sent(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.000Z"
    if isinstance(value, dt.time):
        return (value.hour * 3600 + value.minute * 60 + value.second) / 86400
    return value


def _tables(sheet: Any) -> list[dict[str, Any]]:
    found = []
    for table in sheet.tables.values():
        left, top, right, bottom = range_boundaries(table.ref)
        area = f"${sheet.cell(top, left).column_letter}${{}}:${sheet.cell(top, right).column_letter}${{}}"
        found.append(
            {
                "name": table.name, "range_address": area.format(top, bottom),
                "header_row_range_address": area.format(top, top),
                "data_body_range_address": area.format(top + 1, bottom), "total_row_range_address": None,
                "show_headers": True, "show_totals": False, "table_style": "TableStyleLight9", "show_autofilter": True,
            }
        )  # fmt: skip
    return found


class NotInTheClient(Exception):
    """An action for which the shipped client has no Sub: it would stop half-way."""


def replay(data: bytes, actions: Iterable[Mapping[str, Any]]) -> Workbook:
    """The workbook after the client has carried out the actions."""
    book = load_workbook(io.BytesIO(data))
    for action in actions:
        if action["func"] not in ACTIONS:
            raise NotInTheClient(action["func"])
        position = action["sheet_position"]
        _REPLAYED[action["func"]](book, None if position is None else book.worksheets[position], action)
    return book


def _area(sheet: Any, action: Mapping[str, Any]) -> Iterable[tuple[Any, int, int]]:
    assert action["start_row"] + action["row_count"] <= 32_767, "the client counts rows in an Integer"
    for row in range(action["row_count"]):
        for column in range(action["column_count"]):
            yield sheet.cell(action["start_row"] + row + 1, action["start_column"] + column + 1), row, column


def _set_values(book: Any, sheet: Any, action: Mapping[str, Any]) -> None:
    assert len(action["values"]) == action["row_count"]
    assert all(len(row) == action["column_count"] for row in action["values"])
    for cell, row, column in _area(sheet, action):
        _enter(cell, action["values"][row][column])


def _enter(cell: Any, value: Any) -> None:
    """As WebHelpers.ParseIso and then Excel take what is put into a cell."""
    if isinstance(value, str):
        parts = value.split("T")[0].split("-")
        if len(parts) >= 3 and all(part.isdigit() for part in parts[:3]):
            value = dt.datetime(2000, 1, 1)  # some date: never what was meant
        elif value.startswith("'"):
            cell.value = value[1:]
            cell.data_type = "s"
            return
        elif _NUMBER.fullmatch(value) or _DAY.fullmatch(value):
            value = 0.0  # some number: never what was meant
        elif value.upper() in ("TRUE", "FALSE"):
            value = value.upper() == "TRUE"
    cell.value = None if value == "" else value


def _add_sheet(book: Any, sheet: Any, action: Mapping[str, Any]) -> None:
    place, title = action["args"]
    assert place == len(book.worksheets), "elsewhere than at the end the client puts it wrong"
    book.create_sheet(title)


def _clear(book: Any, sheet: Any, action: Mapping[str, Any]) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            cell.value, cell.fill, cell.hyperlink, cell.number_format = None, PatternFill(), None, "General"


def _colour(book: Any, sheet: Any, action: Mapping[str, Any]) -> None:
    for cell, _, _ in _area(sheet, action):
        cell.fill = PatternFill("solid", fgColor=action["args"][0].removeprefix("#"))


def _number_format(book: Any, sheet: Any, action: Mapping[str, Any]) -> None:
    for cell, _, _ in _area(sheet, action):
        cell.number_format = action["args"][0]


def _link(book: Any, sheet: Any, action: Mapping[str, Any]) -> None:
    address, text, _ = action["args"]
    assert address.startswith("#"), "outside addresses are nobody's business here"
    for cell, _, _ in _area(sheet, action):
        cell.value = text
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=address[1:])


_REPLAYED = {
    "setValues": _set_values, "addSheet": _add_sheet, "sheetClear": _clear, "setRangeColor": _colour,
    "setNumberFormat": _number_format, "addHyperlink": _link, "alert": lambda *_: None,
}  # fmt: skip


def dump(book: Workbook) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What people see of every cell that has anything: content, fill, number format, link."""
    found = {}
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                fill = cell.fill.fgColor.rgb[-6:] if cell.fill.fill_type else None
                link = cell.hyperlink.location if cell.hyperlink else None
                seen = (cell.value, fill, cell.number_format, link)
                if seen != (None, None, "General", None):
                    found[sheet.title, cell.coordinate] = seen
    return found
