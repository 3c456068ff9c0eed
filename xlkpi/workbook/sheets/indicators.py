"""指标分析: one row an indicator, with its formula in words."""

from __future__ import annotations

from xlkpi.scheme.compile import of_field
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan, number_format

TITLE = "指标分析"
_HEADINGS = ("序号", "指标", "算法", "本月", "单位")


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    scheme = plan.scheme
    sheet = plan.sheet(
        SheetPlan(TITLE, widths=(6, 24, 62, 16, 8), freeze="A3", last_printed_column=5, tab_colour="70AD47")
    )
    sheet.put(1, 1, f"{scheme.title}　指标分析", "title")
    sheet.merge(1, 1, 5, 1)
    sheet.heights[1] = 32
    for column, heading in enumerate(_HEADINGS, 1):
        sheet.put(column, 2, heading, "header")
    rows = [
        (of_field(name, "完成率"), f"{field.label or name}完成率", f"{field.label or name}实绩 ÷ 目标", "rate", "")
        for name, field in scheme.targets().items()
    ] + [
        (name, entry.label or name, entry.definition or entry.formula, entry.type, entry.unit)
        for name, entry in scheme.indicators.items()
    ]
    for number, (name, label, meaning, kind, unit) in enumerate(rows, 1):
        row = number + 2
        sheet.put(1, row, number, "number")
        sheet.put(2, row, label, "item")
        sheet.put(3, row, meaning, "note")
        plan.formula(sheet, (4, row), name, Role.INDICATOR, "computed", number_format(kind))
        sheet.put(5, row, unit, "centre")
        sheet.heights[row] = 21
