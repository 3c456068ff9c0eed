"""目标管理: the year's target by month, who answers for it, what earns a reward, where the dealer stands, what is left.

Targets and persons are headquarters' plan and stand on 本店资料 (`xlkpi new --plan`); what the plan does not say stays
blank, and the figures that need it with it.
"""

from __future__ import annotations

from xlkpi.scheme import parts
from xlkpi.scheme.cells import MONTH, of_field
from xlkpi.scheme.formulas import Formula
from xlkpi.values import Absence
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import Highlight, SheetPlan, WorkbookPlan, number_format
from xlkpi.workbook.sheets.indicators import is_full

TITLE = "目标管理"
_HEADINGS = (
    ("项目", 16), ("单位", 6), ("责任人", 14), ("年度目标", 15), ("季度目标", 14), ("本月目标", 14), ("本月实绩", 14),
    ("本月完成率", 14), ("奖励线", 14), ("达到奖励", 14), ("本季累计", 14), ("本年累计", 15), ("累计目标", 15),
    ("累计完成率", 14), ("累计差距", 14), ("以后每月需", 14),
)  # fmt: skip
_LAST = len(_HEADINGS)
_HEAD = 3


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan, for schemes that have systems of indicators and fields with targets."""
    if not (is_full(plan.scheme) and plan.scheme.targets()):
        return
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=[width for _, width in _HEADINGS], landscape=True, freeze=f"B{_HEAD + 1}",
            last_printed_column=_LAST, tab_colour="70AD47",
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　目标管理", _LAST)
    for column, (heading, _) in enumerate(_HEADINGS, 1):
        sheet.put(column, _HEAD, heading, "header")
    sheet.heights[_HEAD] = 24
    row = _HEAD + 1
    for name in plan.scheme.targets():
        _row(plan, sheet, row, name)
        row += 1
    last = row - 1
    _months(plan, sheet, row + 1)
    reward = f"J{_HEAD + 1}"
    sheet.highlights.append(Highlight(f"{reward}:J{last}", f'{reward}="是"', "good"))
    for letter in ("H", "N"):
        start = f"{letter}{_HEAD + 1}"
        behind = f"AND(ISNUMBER({start}),{start}<1)"
        sheet.highlights.append(Highlight(f"{start}:{letter}{last}", behind, "open"))


def _row(plan: WorkbookPlan, sheet: SheetPlan, row: int, name: str) -> None:
    field = plan.scheme.fields[name]
    shape = number_format(field.type)
    person, reward, target = (of_field(name, part) for part in (parts.PERSON, parts.REWARD, parts.TARGET))
    targets = [of_field(name, month) for month in parts.MONTH_TARGETS]
    now = f"VALUE(RIGHT({MONTH},2))"
    to_date = "+".join(f"IF({now}>={number},N({target}),0)" for number, target in enumerate(targets, 1))
    actual, year, so_far = f"G{row}", f"D{row}", f"L{row}"
    whole_year, quarter = of_field(name, parts.YEAR_TARGET), of_field(name, parts.QUARTER_TARGET)
    year_so_far, quarter_so_far = of_field(name, parts.YEAR_TO_DATE), of_field(name, parts.QUARTER_TO_DATE)
    cells: tuple[tuple[str, str, str], ...] = (
        (f'IF({person}="","",{person})', "centre", ""),
        (whole_year, "figure", shape),
        (quarter, "figure", shape),
        (f'IF({target}="","",{target})', "figure", shape),
        (f'IF({name}="","{Absence.MISSING.value}",{name})', "figure", shape),
        (of_field(name, parts.COMPLETION), "figure", "0.00%"),
        (f'IF({reward}="","",{reward})', "figure", shape),
        (f'IF(COUNT({reward},{actual})=2,IF({actual}>={reward},"是","否"),"")', "centre", ""),
        (quarter_so_far, "figure", shape),
        (year_so_far, "figure", shape),
        (f'IF(ISNUMBER({year}),{to_date},"")', "figure", shape),
        (f'IF(COUNT({so_far},M{row})=2,IF(M{row}=0,"不适用",{so_far}/M{row}),"")', "figure", "0.00%"),
        (f'IF(COUNT({so_far},M{row})=2,M{row}-{so_far},"")', "figure", shape),
        (f'IF(COUNT({so_far},{year})=2,IF({now}=12,"—",MAX(0,{year}-{so_far})/(12-{now})),"")', "figure", shape),
    )
    sheet.put(1, row, field.label or name, "item")
    sheet.put(2, row, field.unit, "centre")
    for column, (text, style, form) in enumerate(cells, 3):
        if text in (whole_year, quarter, quarter_so_far, year_so_far):
            plan.formula(sheet, (column, row), text, Role.OTHER, style, form, name)
        else:
            sheet.put(column, row, Formula(text), style, form)
    sheet.heights[row] = 24


def _months(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> None:
    """The year's targets month by month, as the plan split them."""
    sheet.put(1, row, "分月目标（年度目标由总部与经销商商定并分解到月）", "band")
    sheet.merge(1, row, _LAST, row)
    row += 1
    for column, heading in enumerate(("项目", "单位", *(f"{month}月" for month in range(1, 13))), 1):
        sheet.put(column, row, heading, "header")
    for name, field in plan.scheme.targets().items():
        row += 1
        sheet.put(1, row, field.label or name, "item")
        sheet.put(2, row, field.unit, "centre")
        for column, part in enumerate(parts.MONTH_TARGETS, 3):
            target = of_field(name, part)
            sheet.put(column, row, Formula(f'IF({target}="","",{target})'), "figure", number_format(field.type))
        sheet.heights[row] = 21


def add_plan_data(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> int:
    """The plan's cells on 本店资料, one row a field; returns the next free row."""
    for column, heading in enumerate(("目标计划", *parts.PLAN), 1):
        sheet.put(column + _PLAN_COLUMN - 1, row, heading, "header")
    for name, field in plan.scheme.targets().items():
        row += 1
        sheet.put(_PLAN_COLUMN, row, field.label or name, "label")
        for column, part in enumerate(parts.PLAN, _PLAN_COLUMN + 1):
            shape = number_format(field.type) if part != parts.PERSON else "General"
            slot = of_field(name, part)
            on_entry_sheet = slot in plan.slots  # on 填报, where headquarters does not know it
            content = Formula(f'IF({slot}="","",{slot})') if on_entry_sheet else None
            where = sheet.put(column, row, content, "stamped", shape)
            if not on_entry_sheet:
                plan.slot(sheet, where, slot, Role.HISTORY, name)
    return row + 1


_PLAN_COLUMN = 9  # right of the trend's figures on 本店资料
