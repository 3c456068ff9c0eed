"""填报: one row a field, the only sheet that a dealer fills in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never, get_args

from xlkpi.scheme import parts
from xlkpi.scheme.cells import DEADLINE, DEALER, DEALER_NAME, MONTH, of_field
from xlkpi.scheme.checks import MISSING, live_words
from xlkpi.scheme.formulas import Formula
from xlkpi.scheme.model import Department, Scheme, SchemeField
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence, Place
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import Highlight, SheetPlan, Validation, WorkbookPlan, number_format

TITLE = "填报"
_HEADINGS = ("序号", "项目", "口径", "单位", "上月", "本月", "校验", "备注")
_HEAD = 5
_VALUE, _CHECK, _REMARK = 6, 7, 8
_LABEL_LINE, _DEFINITION_LINE, _CHECK_LINE = 12, 29, 13  # Chinese characters in a line of these columns


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=(6, 24, 48, 9, 15, 17, 26, 20), landscape=True, freeze=f"C{_HEAD + 1}",
            repeat_rows=f"{_HEAD}:{_HEAD}", last_printed_column=len(_HEADINGS), tab_colour="FFC000",
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　填报", len(_HEADINGS))
    who = f'{DEALER_NAME}&"（"&{DEALER}&"）　考核月份 "&{MONTH}&"　截止 "&{DEADLINE}'
    sheet.put(1, 2, Formula(who), "subtitle")
    sheet.merge(1, 2, len(_HEADINGS), 2)
    for column, heading in enumerate(_HEADINGS, 1):
        sheet.put(column, _HEAD, heading, "header")
    sheet.heights[_HEAD] = 24
    row = _HEAD + 1
    for heading, fields in _sections(plan.scheme):
        if heading:
            sheet.put(1, row, heading, "band")
            sheet.merge(1, row, len(_HEADINGS), row)
            sheet.heights[row] = 22
            row += 1
        for name, field in fields:
            _row(plan, sheet, row, name, field)
            row += 1
    _counter(sheet, plan.scheme.by("dealer"), row - 1)


def _sections(scheme: Scheme) -> Iterator[tuple[str, list[tuple[str, SchemeField]]]]:
    """Fields by who in the dealership knows them, figures of earlier months last."""
    fields = scheme.by("dealer")
    for department in (None, *get_args(Department)):
        asked = [
            (name, field) for name, field in fields.items() if field.asked_of == department and field.block == "本月"
        ]
        if asked:
            yield f"{department}填写" if department else "", asked
    for heading, block in (("总部数据", "总部"), ("历史数据", "历史")):
        known = [(name, field) for name, field in fields.items() if field.block == block]
        if known:
            yield f"{heading}（总部已知的已经填好，不能改；空着的请填）", known


def _row(plan: WorkbookPlan, sheet: SheetPlan, row: int, name: str, field: SchemeField) -> None:
    shape = number_format(field.type)
    definition = "；".join(filter(None, (field.definition, "可以不填" if field.optional else "")))
    sheet.put(1, row, sum(1 for slot in plan.slots.values() if slot.role is Role.ANSWER) + 1, "number")
    label = field.label or name
    sheet.put(2, row, label, "item")
    sheet.put(3, row, definition, "note")
    sheet.put(4, row, field.unit, "centre")
    last = of_field(name, parts.LAST_MONTH)
    shown_last = sheet.put(5, row, Formula(f'IF({last}="","",{last})'), "computed", shape)
    value = sheet.put(_VALUE, row, None, "input", shape)
    plan.slot(sheet, value, name, Role.ANSWER, name)
    if field.block != "本月":  # what headquarters knows is filled in and locked
        plan.locked_like[Place(TITLE, value)] = Place(TITLE, shown_last)
    plan.formula(sheet, (_CHECK, row), of_field(name, parts.CHECK), Role.CHECK, "check", field_name=name)
    remark = sheet.put(_REMARK, row, None, "remark")
    plan.slot(sheet, remark, of_field(name, parts.REMARK), Role.REMARK, name)
    longest = max((len(relation.text) for relation in plan.scheme.relations if relation.at == name), default=0)
    lines = max(-(-len(definition) // _DEFINITION_LINE), -(-longest // _CHECK_LINE), -(-len(label) // _LABEL_LINE))
    sheet.heights[row] = max(24, 13 * lines + 8)
    sheet.validations.append(_validation(value, name, field))


def _validation(where: str, name: str, field: SchemeField) -> Validation:
    label = field.label or name
    unit = f"；单位：{field.unit}" if field.unit else ""  # what is meant stands beside the cell, under 口径
    traits = TYPES[field.type]
    match traits.shape:
        case Shape.CHOICE:
            words = (*field.words, *([Absence.NOT_APPLICABLE.value] if field.not_applicable else []))
            return Validation(where, choices=words, title=label, prompt="请从下拉框中选择", error="请从下拉框中选择")
        case Shape.TEXT:
            return Validation(where, title=label, prompt=f"请填{traits.asks}")
        case Shape.NUMBER | Shape.PERCENT | Shape.DAY | Shape.DATE:
            return _limited(where, label, unit, field)
        case unknown:
            assert_never(unknown)


def _limited(where: str, label: str, unit: str, field: SchemeField) -> Validation:
    """A number or a date within the field's limits."""
    conditions = []
    wanted = TYPES[field.type].asks
    if field.minimum is not None:
        conditions.append(f"{where}>={field.minimum}")
        wanted += f"，不小于 {field.minimum}"
    if field.maximum is not None:
        conditions.append(f"{where}<={field.maximum}")
        wanted += f"，不大于 {field.maximum}"
    if TYPES[field.type].whole:
        conditions.append(f"INT({where})={where}")
    plain = ",".join((f"ISNUMBER({where})", *conditions))
    condition = f"AND({plain})" if conditions else plain
    if field.not_applicable:  # INT of a word is an error, and a rule that is an error forbids the word
        word = f'{where}="{Absence.NOT_APPLICABLE.value}"'
        condition = f"IF(ISNUMBER({where}),{condition},{word})"
        wanted += "，或“不适用”"
    return Validation(where, condition=condition, title=label, prompt=f"{wanted}{unit}", error=f"这里要填{wanted}")


def _counter(sheet: SheetPlan, fields: dict[str, SchemeField], last_row: int) -> None:
    """已填 n/m · 错误 k: what is required and filled in, and the checks that complain of something else."""
    first, last = f"G{_HEAD + 1}", f"G{last_row}"
    missing = live_words_of_missing()
    checks = f"{first}:{last}"
    sheet.highlights.append(Highlight(checks, f'{first}="{missing}"', "open"))
    sheet.highlights.append(Highlight(checks, f'AND({first}<>"",{first}<>"{missing}")', "veto"))
    required = sum(1 for field in fields.values() if not field.optional and TYPES[field.type].shape is not Shape.TEXT)
    blank = f'COUNTIF({first}:{last},"{missing}")'
    wrong = f'(SUMPRODUCT(({first}:{last}<>"")*1)-{blank})'
    text = f'"已填 "&({required}-{blank})&"/{required} · 错误 "&{wrong}'
    where = sheet.put(1, 3, Formula(text), "counter")
    sheet.merge(1, 3, len(_HEADINGS), 3)
    sheet.heights[3] = 26
    sheet.highlights.append(Highlight(where, f"{wrong}>0", "veto"))
    sheet.highlights.append(Highlight(where, f"{blank}>0", "open"))
    sheet.highlights.append(Highlight(where, f"{blank}=0", "good"))


def live_words_of_missing() -> str:
    """The word of a 校验 cell for a blank."""
    return next(word for word, code in live_words().items() if code == MISSING)
