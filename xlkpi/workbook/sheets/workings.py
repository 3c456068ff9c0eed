"""计分过程: every step between an input and a score in the order of judging, for whoever checks or appeals."""

from __future__ import annotations

from xlkpi.scheme import parts
from xlkpi.scheme.cells import (
    BEFORE_VETO,
    BONUS,
    BONUS_BEFORE,
    BONUS_CEILING,
    CEILING,
    STATUS,
    TOTAL_VETO,
    of_clause,
    of_field,
)
from xlkpi.scheme.formulas import Formula
from xlkpi.scheme.telling import REASONS
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan, number_format

TITLE = "计分过程"
_ITEM = (
    (parts.POINTS, None), (parts.BASE_POINTS, Role.BASE), (parts.DEDUCTION, Role.DEDUCTION),
    (parts.BEFORE_VETO, Role.SCORE), (parts.VETO, Role.VETO), (parts.STATE, Role.STATE),
    (parts.SCORE, None), (parts.CEILING, Role.CEILING),
)  # fmt: skip
_GROUP = (
    (parts.APPLICABLE_POINTS, Role.OTHER), (parts.SCALING, Role.OTHER),
    (parts.SUBTOTAL, Role.OTHER), (parts.SUBTOTAL_CEILING, Role.OTHER),
    (parts.GATE, Role.VETO), (parts.GATE_CEILING, Role.OTHER),
    (parts.VETO, Role.VETO), (parts.BEFORE_VETO, Role.SCORE), (parts.SCORE, None), (parts.CEILING, Role.CEILING),
)  # fmt: skip
_TOTAL = (
    (BONUS, None), (BONUS_BEFORE, Role.SCORE), (BONUS_CEILING, Role.CEILING), (TOTAL_VETO, Role.VETO),
    (BEFORE_VETO, None), (CEILING, Role.CEILING), (STATUS, Role.STATE),
)  # fmt: skip
_POINTS = "0.0000"
_COLUMNS = 11
_WORDS = {
    parts.SCALING: "不适用折算系数",
    parts.SUBTOTAL: "细项得分合计",
    parts.SUBTOTAL_CEILING: "细项最高合计",
    parts.CEILING: "最高可得",
    parts.BEFORE_VETO: "否决前得分",
}


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan. Cells whose home is the assessment sheet are referred to, not repeated."""
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=(16, *([10.5] * (_COLUMNS - 1))), last_printed_column=_COLUMNS, tab_colour="7F7F7F"
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　计分过程", _COLUMNS)
    row = _head(sheet, 3, "一、细项", ("细项", *(_WORDS.get(part, part) for part, _ in _ITEM)))
    for item in plan.scheme.items:
        sheet.put(1, row, item.label or item.name, "item")
        for column, (part, role) in enumerate(_ITEM, 2):
            _place(plan, sheet, (column, row), of_field(item.name, part), role)
        row += 1
    row = _clauses(plan, sheet, row + 1)
    row = _head(sheet, row + 1, "三、考核项", ("考核项", *(_WORDS.get(part, part) for part, _ in _GROUP)))
    for group in plan.scheme.groups:
        sheet.put(1, row, group.name, "item")
        for column, (part, role) in enumerate(_GROUP, 2):
            _place(plan, sheet, (column, row), of_field(group.name, part), role)
        row += 1
    row = _head(sheet, row + 1, "四、总分", ("项目", "值"))
    for name, role in _TOTAL:
        if name in plan.compiled.formulas:
            sheet.put(1, row, name, "item")
            _place(plan, sheet, (2, row), name, role)
            row += 1
    row = _readings(plan, sheet, row + 1)
    _vetoes(plan, sheet, row + 1)


def _readings(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> int:
    """What each cell of 检查情况 comes to; the cells for what the button reads of words are open to it."""
    row = _head(sheet, row, "五、检查情况的读法", ("检查情况", "格中的数", parts.READING, "按钮读过的原文", "按钮读作"))
    for name, entry in plan.scheme.inspected.items():
        sheet.put(1, row, entry.label or name, "item")
        for column, part in ((2, parts.NUMBER), (3, parts.READING)):
            if of_field(name, part) in plan.compiled.formulas:
                shape = number_format(entry.type)
                plan.formula(sheet, (column, row), of_field(name, part), Role.OTHER, "computed", shape, name)
        for column, part in ((4, parts.TYPED), (5, parts.INTERPRETED)):
            where = sheet.put(column, row, None, "row_input")
            plan.slot(sheet, where, of_field(name, part), Role.READ, name)
        row += 1
    return row


def _clauses(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> int:
    row = _head(sheet, row, "二、条款", ("细项", "条款", "判定", "实扣", "说明"))
    sheet.merge(5, row - 1, _COLUMNS, row - 1)
    for item in plan.scheme.items:
        for number in range(1, len(item.clauses) + 1):
            sheet.put(1, row, item.label or item.name, "item")
            sheet.put(2, row, f"第 {number} 条", "centre")
            outcome = of_clause(item.name, number)
            plan.formula(sheet, (3, row), outcome, Role.OUTCOME, "computed", _POINTS, item.name)
            _place(plan, sheet, (4, row), of_clause(item.name, number, parts.DEDUCTED), Role.OTHER)
            plan.formula(
                sheet, (5, row), of_clause(item.name, number, parts.TRACE), Role.OTHER, "text", field_name=item.name
            )
            sheet.merge(5, row, _COLUMNS, row)
            row += 1
    return row


def _vetoes(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> None:
    """What vetoed each group and the total; nothing where a scheme has no such clause."""
    listed = [
        (group.name, of_field(group.name, part), part)
        for group in plan.scheme.groups for part in REASONS.values()
        if of_field(group.name, part) in plan.compiled.formulas
    ]  # fmt: skip
    if listed:
        row = _head(sheet, row, "六、成立的否决", ("考核项", "范围", "成立的条款"))
        sheet.merge(3, row - 1, _COLUMNS, row - 1)
    for group, name, part in listed:
        sheet.put(1, row, group, "item")
        sheet.put(2, row, part, "centre")
        plan.formula(sheet, (3, row), name, Role.OTHER, "text")
        sheet.merge(3, row, _COLUMNS, row)
        row += 1


def _place(plan: WorkbookPlan, sheet: SheetPlan, position: tuple[int, int], name: str, role: Role | None) -> None:
    """The formula itself where this sheet is its home, a reference where the assessment sheet is."""
    if role is None:
        sheet.put(*position, Formula(name), "computed", _POINTS)
    elif name in plan.compiled.formulas:
        plan.formula(sheet, position, name, role, "computed", _POINTS)
    else:  # a group without a gate, a clause that deducts nothing
        sheet.put(*position, "—", "computed")


def _head(sheet: SheetPlan, row: int, title: str, headings: tuple[str, ...]) -> int:
    sheet.put(1, row, title, "section")
    sheet.heights[row], sheet.heights[row + 1] = 24, 20
    for column, heading in enumerate(headings, 1):
        sheet.put(column, row + 1, heading, "header")
    return row + 2
