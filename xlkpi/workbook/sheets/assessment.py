"""绩效考核表: the sheet that is signed. The source's seven columns; target, actual, completion and the sentence.

On paper the table with its signatures is a page of A4 upright; the sentences, which stand right of it, are the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlkpi.scheme import parts
from xlkpi.scheme.cells import (
    BASIS,
    BEFORE_VETO,
    BONUS,
    DEALER,
    DEALER_NAME,
    GRADE,
    MONTH,
    PUBLISHED,
    REGION,
    STATUS,
    TOTAL,
    TOTAL_VETO,
    of_clause,
    of_field,
)
from xlkpi.scheme.formulas import Formula, text_with_names
from xlkpi.scheme.model import Group, Item
from xlkpi.values import PROVISIONAL, VETOED, Absence, cell_ref
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import Content, Highlight, SheetPlan, WorkbookPlan, number_format

TITLE = "绩效考核表"
_HEADINGS = (
    "考核项", "细项", "考核标准", "依据", "分值", "目标", "实绩", "完成率", "检查情况", "判定", "得分",
    "细项", "计算说明",
)  # fmt: skip
_WIDTHS = (9, 10, 32, 5.5, 5.5, 12.5, 12.5, 9, 9, 8, 7.5, 10, 110)  # both pages are of one width
(
    _GROUP, _ITEM, _CLAUSE, _EVIDENCE, _POINTS, _TARGET, _ACTUAL, _COMPLETION, _INSPECTION, _OUTCOME, _SCORE,
    _TRACED, _TRACE,
) = range(1, len(_HEADINGS) + 1)  # fmt: skip
_HEAD = 4
_OUTCOME_FORMAT = '"扣 "General;;"不扣";@'
_BONUS_FORMAT = '"加 "General'
_REASONS = "字" * 36  # what vetoed, and the points before it


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of an item: a clause (numbered), or the rule's own text, with the inspection shown beside it."""

    text: str
    clause: int = 0
    inspection: str = ""


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=_WIDTHS, freeze=f"C{_HEAD + 1}", repeat_rows=f"{_HEAD}:{_HEAD}", tab_colour="C00000",
        )
    )  # fmt: skip
    sheet.head(Formula(f'{MONTH}&"　{plan.scheme.title}"'), _SCORE)
    sheet.put(_TRACED, 1, Formula(f'{MONTH}&"　{plan.scheme.title}　计算说明"'), "title")
    sheet.merge(_TRACED, 1, _TRACE, 1)
    for column, last in ((_GROUP, _SCORE), (_TRACED, _TRACE)):
        who = Formula(f'"经销商："&{DEALER_NAME}&"（"&{DEALER}&"）　区域："&{REGION}')
        sheet.put(column, 2, who, "subtitle")
        sheet.merge(column, 2, last, 2)
    plan.slot(sheet, sheet.put(_GROUP, 3, None, "note"), BASIS, Role.BASIS)
    sheet.merge(_GROUP, 3, _SCORE, 3)
    sheet.heights |= {1: 30, 2: 20, 3: 16}
    for column, heading in enumerate(_HEADINGS, 1):
        sheet.put(column, _HEAD, heading, "header")
    sheet.heights[_HEAD] = 22
    row = _HEAD + 1
    for group in plan.scheme.groups:
        row = _group(plan, sheet, group, row)
    last = row - 1
    _highlights(sheet, last)
    row = _totals(plan, sheet, row)
    _signatures(sheet, row + 1)
    sheet.printed = (f"A1:{cell_ref(_SCORE, row + 1)}", f"{cell_ref(_TRACED, 1)}:{cell_ref(_TRACE, last)}")


def _group(plan: WorkbookPlan, sheet: SheetPlan, group: Group, row: int) -> int:
    first = row
    has_bonus = any(item.bonus for item in group.items)
    apart = "\n加分另计" if has_bonus else ""
    sheet.put(_GROUP, first, f"{group.name}\n（{group.points}分）{apart}", "group")
    for item in group.items:
        row = _item(plan, sheet, group, item, row)
    if group.gate:
        row = _gate(plan, sheet, group, row)
    sheet.merge(_GROUP, first, _GROUP, row - 1)
    sheet.put(_GROUP, row, f"{group.name}小计{'（不含加分）' if has_bonus else ''}", "subtotal")
    sheet.merge(_GROUP, row, _EVIDENCE, row)
    plan.formula(sheet, (_POINTS, row), of_field(group.name, parts.POINTS), Role.POINTS, "subtotal", "General")
    plan.formula(sheet, (_SCORE, row), of_field(group.name, parts.SCORE), Role.SCORE, "subtotal", "0.0")
    name = of_field(group.name, parts.TRACE)
    expects = _REASONS if of_field(group.name, parts.GROUP_VETOES) in plan.compiled.formulas else ""
    where = plan.formula(sheet, (_TARGET, row), name, Role.TRACE, "subtotal_text", expects=expects)
    sheet.merge(_TARGET, row, _OUTCOME, row)
    sheet.highlights.append(Highlight(where, f'{of_field(group.name, parts.VETO)}="{VETOED}"', "veto"))
    sheet.put(_TRACED, row, None, "subtotal_text")
    sheet.merge(_TRACED, row, _TRACE, row)
    sheet.heights[row] = 20
    return row + 1


def _gate(plan: WorkbookPlan, sheet: SheetPlan, group: Group, row: int) -> int:
    """关口: what the group must earn, whether it did, and what missing it takes."""
    sheet.put(_ITEM, row, parts.GATE, "item")
    sheet.put(_CLAUSE, row, group.gate_words, "clause", expects=group.gate_words)
    for column in (_EVIDENCE, _POINTS, _TARGET, _ACTUAL, _COMPLETION, _INSPECTION, _SCORE):
        sheet.put(column, row, None, "none")
    missed, surely = (of_field(group.name, part) for part in (parts.GATE, parts.GATE_CEILING))
    open_ = f'IF({missed}="{VETOED}","{Absence.MISSING.value}","达到")'
    sheet.put(_OUTCOME, row, Formula(f'IF({surely}="{VETOED}","{VETOED}",{open_})'), "outcome")
    sheet.put(_TRACED, row, parts.GATE, "item")
    plan.formula(sheet, (_TRACE, row), of_field(missed, parts.TRACE), Role.TRACE, "trace")
    sheet.heights[row] = 20
    return row + 1


def _lines(plan: WorkbookPlan, item: Item) -> Iterator[_Line]:
    fields = plan.scheme.fields
    if item.score is not None:
        inspected = [name for name in item.judged if name in fields and fields[name].by == "headquarters"]
        yield _Line(item.text, inspection=inspected[0] if inspected else "")
        for name in inspected[1:]:
            yield _Line(fields[name].label or name, inspection=name)
    for number, clause in enumerate(item.clauses, 1):
        shown = clause.shown
        yield _Line(clause.text, number, shown if shown in fields and fields[shown].by == "headquarters" else "")


def _item(plan: WorkbookPlan, sheet: SheetPlan, group: Group, item: Item, row: int) -> int:
    name, first = item.name, row
    lines = list(_lines(plan, item)) or [_Line(item.text)]
    last = first + len(lines) - 1
    sheet.heights |= dict.fromkeys(range(first, last + 1), 20)
    for line in lines:
        text: Content = text_with_names(line.text, plan.compiled.names) or line.text
        standard = sheet.put(_CLAUSE, row, text, "clause", expects=line.text)
        if line.clause or row == first:
            slot = of_clause(name, line.clause, parts.STANDARD) if line.clause else of_field(name, parts.STANDARD)
            plan.slot(sheet, standard, slot, Role.CLAUSE, name)
        _inspection(plan, sheet, line.inspection, row)
        if line.clause:
            sheet.put(_OUTCOME, row, _outcome(plan, item, line.clause), "outcome", _OUTCOME_FORMAT)
        else:
            sheet.put(_OUTCOME, row, None, "outcome")
        row += 1
    actual = item.scored_field
    field = plan.scheme.fields.get(actual)
    sheet.put(_ITEM, first, item.label or name, "item")
    sheet.put(_EVIDENCE, first, item.evidence or group.evidence, "centre")
    shape = _BONUS_FORMAT if item.bonus else "General"
    plan.formula(sheet, (_POINTS, first), of_field(name, parts.POINTS), Role.POINTS, "points", shape, name)
    if field and field.target:
        shape = number_format(field.type)
        target = of_field(actual, parts.TARGET)
        sheet.put(_TARGET, first, Formula(f'IF({target}="","",{target})'), "figure", shape)
        sheet.put(_ACTUAL, first, Formula(f'IF({actual}="","{Absence.MISSING.value}",{actual})'), "figure", shape)
        sheet.put(_COMPLETION, first, Formula(of_field(actual, parts.COMPLETION)), "figure", "0.00%")
    else:
        for column in (_TARGET, _ACTUAL, _COMPLETION):
            sheet.put(column, first, None, "none")
    plan.formula(sheet, (_SCORE, first), of_field(name, parts.SCORE), Role.SCORE, "score", "0.0", name)
    sheet.put(_TRACED, first, item.label or name, "item")
    sentence = _sentence(item, lines)
    plan.formula(sheet, (_TRACE, first), of_field(name, parts.TRACE), Role.TRACE, "trace", "", name, expects=sentence)
    for column in (_ITEM, _EVIDENCE, _POINTS, _TARGET, _ACTUAL, _COMPLETION, _SCORE, _TRACED, _TRACE):
        sheet.merge(column, first, column, last)
    for column in (_SCORE, _TRACE):
        where = cell_ref(column, first)
        sheet.highlights.append(Highlight(where, f'{of_field(name, parts.VETO)}="{VETOED}"', "veto"))
    return row


def _sentence(item: Item, lines: Sequence[_Line]) -> str:
    """A text as long as the longest sentence of an item: the actual, the completion, the points, and every clause."""
    return "字" * ((60 if item.score else 12) + 10 * len(lines) + 24 * len(item.clauses))


def _outcome(plan: WorkbookPlan, item: Item, number: int) -> Formula:
    """What a clause does, and of a deduction what it really takes: 已扣完 where the item had nothing left."""
    outcome = of_clause(item.name, number)
    deducted = of_clause(item.name, number, parts.DEDUCTED)
    if deducted not in plan.compiled.formulas:
        return Formula(outcome)
    shown = f'IF(AND({outcome}>0,{deducted}=0),"已扣完",{deducted})'
    base = of_field(item.name, parts.BASE_POINTS)
    open_ = f'IF(ISNUMBER({base}),{shown},IF({outcome}>0,"应扣 "&{outcome},0))'
    return Formula(f"IF(ISNUMBER({outcome}),{open_},{outcome})")


def _inspection(plan: WorkbookPlan, sheet: SheetPlan, name: str, row: int) -> None:
    if not name:
        sheet.put(_INSPECTION, row, None, "none")
        return
    field = plan.scheme.fields[name]
    where = sheet.put(_INSPECTION, row, None, "inspection", number_format(field.type))
    plan.slot(sheet, where, name, Role.INSPECTION, name)


def _highlights(sheet: SheetPlan, last: int) -> None:
    first = _HEAD + 1
    missing, unreadable = Absence.MISSING.value, Absence.UNREADABLE.value
    for column in (_ACTUAL, _COMPLETION, _OUTCOME, _SCORE):
        start = cell_ref(column, first)
        area = f"{start}:{cell_ref(column, last)}"
        sheet.highlights.append(Highlight(area, f'{start}="{VETOED}"', "veto"))
        sheet.highlights.append(Highlight(area, f'OR({start}="{missing}",{start}="{unreadable}")', "open"))


def _totals(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> int:
    lines = [("总分（否决前）", BEFORE_VETO, "0.0"), ("总分", TOTAL, "0.0"), ("公布总分", PUBLISHED, "0.0"),
             ("等级", GRADE, "")]  # fmt: skip
    if BONUS in plan.compiled.formulas:
        lines.insert(0, (BONUS, BONUS, "0.0"))
    for label, name, shape in lines:
        sheet.put(_GROUP, row, label, "total")
        sheet.merge(_GROUP, row, _ITEM, row)
        plan.formula(sheet, (_SCORE, row), name, Role.SCORE, "total_value", shape)
        sentence = of_field(name, parts.TRACE)
        expects = 2 * _REASONS if name == TOTAL else ""
        where = plan.formula(sheet, (_CLAUSE, row), sentence, Role.TRACE, "total_text", expects=expects)
        sheet.merge(_CLAUSE, row, _OUTCOME, row)
        if name == TOTAL:
            sheet.highlights.append(Highlight(where, f'{TOTAL_VETO}="{VETOED}"', "veto"))
            sheet.highlights.append(Highlight(where, f'{STATUS}="{PROVISIONAL}"', "open"))
        sheet.heights[row] = 20
        row += 1
    return row


def _signatures(sheet: SheetPlan, row: int) -> None:
    for column, last, text in (
        (_GROUP, _CLAUSE, "经销商总经理（签字）：　　　　　　　日期："),
        (_EVIDENCE, _COMPLETION, "总部考核人（签字）：　　　　　　　日期："),
        (_INSPECTION, _SCORE, "总部盖章："),
    ):
        sheet.put(column, row, text, "signature")
        sheet.merge(column, row, last, row)
    sheet.heights |= {row - 1: 8, row: 44}
