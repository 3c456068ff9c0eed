"""本店资料: the one small locked sheet with all that differs by dealer; every other sheet refers to it.

So a blank for a dealer costs little more than copying the master.
"""

from __future__ import annotations

from xlkpi.scheme.compile import IDENTITY, of_field
from xlkpi.scheme.formulas import number_value
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan, number_format

TITLE = "本店资料"


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    sheet = plan.sheet(SheetPlan(TITLE, widths=(26, 22, 22, 10), last_printed_column=4, tab_colour="4472C4"))
    sheet.put(1, 1, "本店资料（由总部下达，请勿改动）", "title")
    sheet.merge(1, 1, 4, 1)
    sheet.heights[1] = 32
    row = 3
    for name in IDENTITY:
        sheet.put(1, row, name, "label")
        where = sheet.put(2, row, None, "stamped")
        sheet.merge(2, row, 3, row)
        plan.slot(sheet, where, name, Role.IDENTITY)
        row += 1
    row += 1
    for column, heading in enumerate(("项目", "目标", "上月", "单位"), 1):
        sheet.put(column, row, heading, "header")
    for name, field in plan.scheme.by("dealer").items():
        row += 1
        shape = number_format(field.type)
        sheet.put(1, row, field.label or name, "label")
        target = sheet.put(2, row, None, "stamped", shape)
        if field.target:
            plan.slot(sheet, target, of_field(name, "目标"), Role.TARGET, name)
        last = sheet.put(3, row, None, "stamped", shape)
        plan.slot(sheet, last, of_field(name, "上月"), Role.HISTORY, name)
        sheet.put(4, row, field.unit, "centre")
    if not plan.scheme.constants:
        return
    row += 2
    for column, heading in enumerate(("常数", "值", "说明", "单位"), 1):
        sheet.put(column, row, heading, "header")
    for name, constant in plan.scheme.constants.items():
        row += 1
        sheet.put(1, row, constant.label or name, "label")
        where = sheet.put(2, row, number_value(constant.value), "computed", number_format(constant.type))
        plan.slot(sheet, where, name, Role.CONSTANT)
        sheet.put(3, row, constant.en, "note")
        sheet.put(4, row, constant.unit, "centre")
