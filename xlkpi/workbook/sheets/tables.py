"""Sheets with one row an event (修理单日报): an Excel table whose columns formulas roll up into the month."""

from __future__ import annotations

from xlkpi.scheme.cells import of_column
from xlkpi.scheme.model import Column, Table
from xlkpi.values import column_letters
from xlkpi.workbook.layout import TableSlot
from xlkpi.workbook.plan import SheetPlan, Validation, WorkbookPlan, number_format

_HEAD = 4
_WIDTHS = {"date": 13, "text": 18, "choice": 13, "number": 12, "count": 10, "amount": 15}
_PROMPTS = {"date": "请填日期，例如 2026-11-05", "text": "请填文字", "count": "请填整数"}
_NO_NAMES = "请勿填写车牌、姓名、电话等个人信息；多出来的列不会读取。"


def add(plan: WorkbookPlan) -> None:
    """Put a sheet for each table into the plan."""
    for name, table in plan.scheme.tables.items():
        _add(plan, name, table)


def _add(plan: WorkbookPlan, name: str, table: Table) -> None:
    widths = [_WIDTHS[column.type] for column in table.columns.values()]
    sheet = plan.sheet(
        SheetPlan(
            name, widths=widths, freeze=f"A{_HEAD + 1}", repeat_rows=f"{_HEAD}:{_HEAD}",
            last_printed_column=len(widths), tab_colour="FFC000",
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
        shape = "@" if column.type == "text" else number_format(column.type)  # a number 0012 keeps its zeros
        for row in range(first, last + 1):
            sheet.put(position, row, None, "row_input", shape)
        area = f"{letters[heading]}{first}:{letters[heading]}{last}"
        sheet.validations.append(_validation(area, heading, column))
    rolled = "\n".join(plan.compiled.formulas.values())
    used = tuple(column for column in letters if of_column(name, column) in rolled)
    plan.tables[name] = TableSlot(name, name, first, last, letters, used)


def _validation(area: str, heading: str, column: Column) -> Validation:
    prompt = _PROMPTS.get(column.type, "请填数字") + (f"；单位：{column.unit}" if column.unit else "")
    if column.words:
        return Validation(
            area, choices=column.words, title=heading, prompt="请从下拉框中选择", error="请从下拉框中选择"
        )
    if column.type == "text":
        return Validation(area, title=heading, prompt=prompt)
    start = area.split(":", maxsplit=1)[0]
    error = "这里要填日期" if column.type == "date" else "这里要填数字"
    return Validation(area, condition=f"ISNUMBER({start})", title=heading, prompt=prompt, error=error)
