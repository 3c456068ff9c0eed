"""Sheets with one row an event (修理单日报): an Excel table whose columns formulas roll up into the month.

It has no print area, and its rows no frames but the program's grid: so it prints as far as it is filled in.
"""

from __future__ import annotations

from typing import assert_never

from xlkpi.scheme.cells import of_column
from xlkpi.scheme.entries import Column, Table
from xlkpi.scheme.types import TYPES, ColumnLook, Shape
from xlkpi.values import column_letters
from xlkpi.workbook.layout import TableSlot
from xlkpi.workbook.plan import SheetPlan, Validation, WorkbookPlan, number_format

_HEAD = 4
_NO_NAMES = "请勿填写车牌、姓名、电话等个人信息；多出来的列不会读取。"


def add(plan: WorkbookPlan) -> None:
    """Put a sheet for each table into the plan."""
    for name, table in plan.scheme.tables.items():
        _add(plan, name, table)


def _add(plan: WorkbookPlan, name: str, table: Table) -> None:
    looks = {heading: _look(column) for heading, column in table.columns.items()}
    widths = [look.width for look in looks.values()]
    sheet = plan.sheet(
        SheetPlan(
            name, widths=widths, freeze=f"A{_HEAD + 1}", repeat_rows=f"{_HEAD}:{_HEAD}", grid=True,
            tab_colour="FFC000",
        )
    )  # fmt: skip
    sheet.head(table.label or name, len(widths))
    sheet.put(1, 2, f"{table.definition}{_NO_NAMES}", "note")
    sheet.merge(1, 2, len(widths), 2)
    sheet.heights[2] = 34
    first, last = _HEAD + 1, _HEAD + table.rows
    letters = {}
    for position, (heading, column) in enumerate(table.columns.items(), 1):
        sheet.put(position, _HEAD, heading, "header")
        letters[heading] = column_letters(position)
        for row in range(first, last + 1):
            sheet.put(position, row, None, "row_input", looks[heading].format or number_format(column.type))
        area = f"{letters[heading]}{first}:{letters[heading]}{last}"
        sheet.validations.append(_validation(area, heading, column))
    rolled = "\n".join(plan.compiled.formulas.values())
    used = tuple(column for column in letters if of_column(name, column) in rolled)
    plan.tables[name] = TableSlot(name, name, first, last, letters, used)


def _look(column: Column) -> ColumnLook:
    look = TYPES[column.type].column
    if look is None:
        raise TypeError(f"{column.type} is no type of a column")
    return look


def _validation(area: str, heading: str, column: Column) -> Validation:
    traits, look = TYPES[column.type], _look(column)
    example = f"，例如 {look.example}" if look.example else ""
    prompt = f"请填{traits.asks}{example}" + (f"；单位：{column.unit}" if column.unit else "")
    if column.words:
        return Validation(
            area, choices=column.words, title=heading, prompt="请从下拉框中选择", error="请从下拉框中选择"
        )
    match traits.shape:
        case Shape.TEXT | Shape.CHOICE:
            return Validation(area, title=heading, prompt=prompt)
        case Shape.DATE:
            error = "这里要填日期"
        case Shape.NUMBER | Shape.PERCENT | Shape.DAY:
            error = "这里要填数字"
        case unknown:
            assert_never(unknown)
    start = area.split(":", maxsplit=1)[0]
    return Validation(area, condition=f"ISNUMBER({start})", title=heading, prompt=prompt, error=error)
