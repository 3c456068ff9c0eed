"""本店资料: the one small locked sheet with all that differs by dealer; every other sheet refers to it.

So a blank for a dealer costs little more than copying the master.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlkpi.scheme import parts
from xlkpi.scheme.cells import IDENTITY, of_field
from xlkpi.scheme.entries import Guide, Indicator, SchemeField
from xlkpi.scheme.formulas import Formula, number_value
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan, number_format
from xlkpi.workbook.sheets.dashboard import DEALER_SHEET as TITLE
from xlkpi.workbook.sheets.dashboard import TREND_HEAD, add_trend_data
from xlkpi.workbook.sheets.goals import add_plan_data
from xlkpi.workbook.sheets.indicators import EARLIER, is_full, year_ago

_A_PAGE = 40  # rows of fields


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    full = is_full(plan.scheme)
    sheet = plan.sheet(
        SheetPlan(
            TITLE,
            widths=(34, 18, 18, 16, 12, 10, 12, 3, 16, *([13] * len(parts.PLAN))) if full else (26, 24, 24, 10),
            last_printed_column=5 if full else 4,
            tab_colour="4472C4",
        )
    )
    sheet.head("本店资料（总部下达，请勿改动）", 4)
    row = 3
    for name in IDENTITY:
        sheet.put(1, row, name, "label")
        where = sheet.put(2, row, None, "stamped")
        sheet.merge(2, row, 3, row)
        plan.slot(sheet, where, name, Role.IDENTITY)
        row += 1
    row = _constants(plan, sheet, row + 1)
    fields = plan.scheme.by("dealer")
    if len(fields) > _A_PAGE:  # what stands below is shown by other sheets, which are printed
        sheet.last_printed_row = row - 2
    row = _fields(plan, sheet, row, fields)
    if full:
        add_trend_data(plan, sheet)
        add_plan_data(plan, sheet, TREND_HEAD)
        _aims(plan, sheet, row + 1)


def _fields(plan: WorkbookPlan, sheet: SheetPlan, row: int, fields: Mapping[str, SchemeField]) -> int:
    """Targets and last month's values; returns the next free row."""
    row = _head(sheet, row, ("项目", "目标", "上月", "单位"))
    for name, field in fields.items():
        shape = number_format(field.type)
        sheet.put(1, row, field.label or name, "label")
        target = sheet.put(2, row, None, "stamped", shape)
        if field.target:
            plan.slot(sheet, target, of_field(name, parts.TARGET), Role.TARGET, name)
        last = sheet.put(3, row, None, "stamped", shape)
        plan.slot(sheet, last, of_field(name, parts.LAST_MONTH), Role.HISTORY, name)
        sheet.put(4, row, field.unit, "centre")
        row += 1
    return row


def _constants(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> int:
    """The scheme's constants and standards; returns the row of what follows them."""
    first = row
    if plan.scheme.constants:
        row = _head(sheet, row, ("常数", "值", "", "单位"))
    for name, constant in plan.scheme.constants.items():
        sheet.put(1, row, constant.label or name, "label")
        where = sheet.put(2, row, number_value(constant.value), "computed", number_format(constant.type))
        plan.slot(sheet, where, name, Role.CONSTANT)
        sheet.put(3, row, None, "none")
        sheet.put(4, row, constant.unit, "centre")
        row += 1
    guided = {name: entry for name, entry in plan.scheme.indicators.items() if entry.bounds}
    if guided:
        row = _head(sheet, row if row == first else row + 1, ("指标标准", "下限", "上限", "单位"))
    for name, indicator in guided.items():
        _standard(plan, sheet, row, name, indicator)
        row += 1
    return row if row == first else row + 1


def _aims(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> None:
    """Of all that may have a target: an indicator's target, the earlier months, the rank."""
    row = _head(sheet, row, ("指标目标和往月", "目标", *EARLIER))
    for name, entry in plan.scheme.aims.items():
        sheet.put(1, row, entry.label or name, "label")
        slots = (
            (of_field(name, parts.TARGET), Role.TARGET),
            (of_field(name, parts.LAST_MONTH), Role.HISTORY),
            (year_ago(plan.scheme, name), Role.HISTORY),
            (of_field(name, parts.RANK), Role.HISTORY),
        )
        for column, (slot, role) in enumerate(slots, 2):
            known = slot in plan.slots  # a field's own target and last value stand above, or on 填报
            content = Formula(f'IF({slot}="","",{slot})') if known else None
            shape = number_format(entry.type) if slot != of_field(name, parts.RANK) else "General"
            where = sheet.put(column, row, content, "stamped", shape)
            if not known:
                plan.slot(sheet, where, slot, role, name)
        row += 1


def _standard(plan: WorkbookPlan, sheet: SheetPlan, row: int, name: str, indicator: Indicator) -> None:
    """An indicator's bounds; one that the source lost is a blank for headquarters to fill in the scheme."""
    guide, shape = indicator.guide or Guide(lost=True), number_format(indicator.type)
    sheet.put(1, row, indicator.label or name, "label")
    bounds = indicator.bounds
    for column, bound, value in ((2, parts.LOWER, guide.low), (3, parts.UPPER, guide.high)):
        where = sheet.put(column, row, number_value(value) if value is not None else None, "computed", shape)
        if bound in bounds:
            plan.slot(sheet, where, of_field(name, bound), Role.CONSTANT)
    sheet.put(4, row, indicator.unit, "centre")


def _head(sheet: SheetPlan, row: int, headings: tuple[str, ...]) -> int:
    for column, heading in enumerate(headings, 1):
        sheet.put(column, row, heading, "header")
    return row + 1
