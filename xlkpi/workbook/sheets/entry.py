"""填报: one row a field, the only sheet that a dealer fills in.

A form that no page holds is printed by who fills it in, each part on a page of its own, without 校验 and 备注; on top
of the sheet a link leads to each part and says how much of it is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never, get_args

from xlkpi.scheme import parts
from xlkpi.scheme.cells import ATTESTED, DEADLINE, DEALER, DEALER_NAME, MONTH, SIGNED_ON, of_field
from xlkpi.scheme.checks import MISSING, live_words
from xlkpi.scheme.entries import Department, SchemeField
from xlkpi.scheme.formulas import Formula
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence, Place, cell_ref
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import Content, Highlight, SheetPlan, Validation, WorkbookPlan, number_format

TITLE = "填报"
_HEADINGS = ("序号", "项目", "口径", "单位", "上月", "本月", "校验", "备注")
_WIDTHS = (5, 26, 54, 7, 14, 16, 40, 18)
_VALUE, _CHECK, _REMARK = 6, 7, 8
_LINKS = 4  # the first row of links to the parts
_LINK_COLUMNS = ((1, 2), (3, 3), (4, 6), (7, 7), (8, 8))
_A_PAGE = 18  # rows of fields

_Fields = list[tuple[str, SchemeField]]


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    sections = list(_sections(plan.scheme))
    head = _LINKS + max(1, -(-len(sections) // len(_LINK_COLUMNS)))
    entered = [entry for _, fields in sections for entry in fields]
    by_part = len(entered) > _A_PAGE
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=_WIDTHS, landscape=not by_part, freeze=f"C{head + 1}", repeat_rows=f"{head}:{head}",
            last_printed_column=len(_HEADINGS), tab_colour="FFC000",
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　填报", len(_HEADINGS))
    who = f'{DEALER_NAME}&"（"&{DEALER}&"）　考核月份 "&{MONTH}&"　截止 "&{DEADLINE}'
    sheet.put(1, 2, Formula(who), "subtitle")
    sheet.merge(1, 2, len(_HEADINGS), 2)
    for column, heading in enumerate(_HEADINGS, 1):
        sheet.put(column, head, heading, "header")
    sheet.heights[head] = 24
    row = head + 1
    areas: list[str] = []
    for number, (heading, fields) in enumerate(sections):
        first, page = row, row if areas else 1
        row = _part(plan, sheet, row, heading, fields)
        if heading:
            _link(sheet, number, heading, fields, (first, row - 1))
        areas.append(f"A{page}:{cell_ref(_VALUE, row - 1)}")
        if by_part:
            sheet.heights[row] = 8  # a gap, since programs join areas that touch
            row += 1
    if entered:
        _counter(sheet, entered, (head + 1, row - 1))
    else:
        _headline(sheet, "本方案没有要经销商填写的项目")
    if plan.scheme.attestation != "none":
        areas.append(_attestation(plan, sheet, row))
    sheet.printed = areas if by_part else ()


def _part(plan: WorkbookPlan, sheet: SheetPlan, row: int, heading: str, fields: _Fields) -> int:
    """The fields of one department, or of headquarters; returns the next free row."""
    if heading:
        sheet.put(1, row, Formula(f'"{heading}　"&{DEALER_NAME}&"　"&{MONTH}'), "band")
        sheet.merge(1, row, len(_HEADINGS), row)
        sheet.heights[row] = 22
        row += 1
    for name, field in fields:
        _row(plan, sheet, row, name, field)
        row += 1
    return row


def _attestation(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> str:
    """Who filled in the form, who checked it, and when; returns where it stands."""
    must = "必填" if plan.scheme.attestation == "required" else "请填"
    sheet.put(1, row, f"签署（{must}；填报人和审核人不能是同一人，日期不早于月末）", "band")
    sheet.merge(1, row, len(_HEADINGS), row)
    sheet.heights[row] = 22
    for number, name in enumerate(ATTESTED, 1):
        sheet.put(2, row + number, name, "item")
        shape = number_format("date") if name == SIGNED_ON else ""
        where = sheet.put(_VALUE, row + number, None, "input", shape)
        plan.slot(sheet, where, name, Role.ATTESTATION)
        sheet.heights[row + number] = 19
        expected = "日期，如 2026-12-03" if name == SIGNED_ON else "姓名"
        sheet.validations.append(Validation(where, title=name, prompt=f"请填{expected}"))
    return f"A{row}:{cell_ref(_VALUE, row + len(ATTESTED))}"


def _link(sheet: SheetPlan, number: int, heading: str, fields: _Fields, rows: tuple[int, int]) -> None:
    """The way to a part, with how much of it is filled in and how much is wrong."""
    line, position = divmod(number, len(_LINK_COLUMNS))
    first, last = _LINK_COLUMNS[position]
    row, who = _LINKS + line, heading.partition("（")[0].removesuffix("填写")
    filled, blank, wrong = _counted(fields, rows)
    text = Formula(f'"{who}　{filled}&IF({wrong}=0,""," · 错误 "&{wrong})')
    where = sheet.put(first, row, text, "link_line", link=f"{TITLE}!A{rows[0]}")
    sheet.merge(first, row, last, row)
    sheet.heights[row] = 20
    sheet.highlights.append(Highlight(where, f"{wrong}>0", "veto"))
    sheet.highlights.append(Highlight(where, f"{blank}=0", "good"))


def _sections(scheme: Scheme) -> Iterator[tuple[str, _Fields]]:
    """Fields by who in the dealership knows them, figures of earlier months last."""
    fields = scheme.by("dealer")
    for department in (None, *get_args(Department)):
        of_department = [
            (name, field) for name, field in fields.items() if field.asked_of == department and field.block == "本月"
        ]
        if of_department:
            yield f"{department}填写" if department else "", of_department
    for heading, block in (("总部数据", "总部"), ("历史数据", "历史")):
        known_to_headquarters = [(name, field) for name, field in fields.items() if field.block == block]
        if known_to_headquarters:
            yield f"{heading}（总部已知的已经填好，不能改；空着的请填）", known_to_headquarters


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
    longest = max((relation.text for relation in plan.scheme.relations if relation.at == name), key=len, default="")
    plan.formula(sheet, (_CHECK, row), of_field(name, parts.CHECK), Role.CHECK, "told", "", name, expects=longest)
    remark = sheet.put(_REMARK, row, None, "remark")
    plan.slot(sheet, remark, of_field(name, parts.REMARK), Role.REMARK, name)
    sheet.heights[row] = 19
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


def _counted(fields: _Fields, rows: tuple[int, int]) -> tuple[str, str, str]:
    """Formula text of what is filled in (begun inside a text: 已填 n/m), of the blanks, and of what else is wrong."""
    checks = f"{cell_ref(_CHECK, rows[0])}:{cell_ref(_CHECK, rows[1])}"
    required = sum(1 for _, field in fields if not field.optional and TYPES[field.type].shape is not Shape.TEXT)
    blank = f'COUNTIF({checks},"{live_words_of_missing()}")'
    wrong = f'(SUMPRODUCT(({checks}<>"")*1)-{blank})'
    return f'已填 "&({required}-{blank})&"/{required}"', blank, wrong


def _counter(sheet: SheetPlan, fields: _Fields, rows: tuple[int, int]) -> None:
    """已填 n/m · 错误 k: what is required and filled in, and the checks that complain of something else."""
    first, last = cell_ref(_CHECK, rows[0]), cell_ref(_CHECK, rows[1])
    missing = live_words_of_missing()
    checks = f"{first}:{last}"
    sheet.highlights.append(Highlight(checks, f'{first}="{missing}"', "open"))
    sheet.highlights.append(Highlight(checks, f'AND({first}<>"",{first}<>"{missing}")', "veto"))
    filled, blank, wrong = _counted(fields, rows)
    where = _headline(sheet, Formula(f'"{filled}&" · 错误 "&{wrong}'))
    sheet.highlights.append(Highlight(where, f"{wrong}>0", "veto"))
    sheet.highlights.append(Highlight(where, f"{blank}>0", "open"))
    sheet.highlights.append(Highlight(where, f"{blank}=0", "good"))


def _headline(sheet: SheetPlan, content: Content) -> str:
    where = sheet.put(1, 3, content, "counter")
    sheet.merge(1, 3, len(_HEADINGS), 3)
    sheet.heights[3] = 26
    return where


def live_words_of_missing() -> str:
    """The word of a 校验 cell for a blank."""
    return next(word for word, code in live_words().items() if code == MISSING)
