"""指标分析: one row an indicator: formula in words, this month, target, completion, guide, 红绿灯, earlier months.

A scheme without systems of indicators gets the plain form of the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlkpi.scheme import parts
from xlkpi.scheme.cells import GREEN, RED, YELLOW, of_field
from xlkpi.scheme.entries import Indicator, SchemeField
from xlkpi.scheme.formulas import Formula
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence, Judgement, cell_ref
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import Content, Highlight, SheetPlan, WorkbookPlan, number_format

TITLE = "指标分析"
_HEAD = 2
_PLAIN = (("序号", 6), ("指标", 24), ("算法", 62), ("本月", 16), ("单位", 8))
_FULL = (
    ("编号", 7), ("指标", 22), ("算法", 44), ("本月", 14), ("单位", 9), ("目标", 14), ("完成率", 11), ("下限", 11),
    ("上限", 11), ("评价", 9), ("红绿灯", 8), ("上月", 14), ("变化", 13), ("去年同月", 14), ("上月同组名次", 10),
)  # fmt: skip
_NUMBER, _LABEL, _MEANING, _VALUE, _UNIT, _TARGET, _COMPLETION, _LOW, _HIGH = range(1, 10)
_JUDGED, _LIGHT, _LAST, _CHANGE, _YEAR, _RANK = range(10, 16)
EARLIER = (parts.LAST_MONTH, parts.YEAR_AGO, parts.RANK)
"""What headquarters knows of an indicator or a field with a target from earlier months; stamped on 本店资料."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What the sheet shows of an indicator, or of a field that has a target; `name` is that of its value."""

    number: Content
    name: str
    label: str
    meaning: str
    entry: Indicator | SchemeField


def is_full(scheme: Scheme) -> bool:
    """Whether the scheme's indicators have systems to be listed by."""
    return bool(scheme.systems)


def year_ago(scheme: Scheme, name: str) -> str:
    """The cell of the same month last year: a figure that the dealer is asked for where the scheme needs it."""
    field = of_field(name, parts.ago(12))
    return field if field in scheme.fields else of_field(name, parts.YEAR_AGO)


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan; none for a scheme without targets and indicators."""
    scheme, full = plan.scheme, is_full(plan.scheme)
    if not scheme.targets() and not scheme.indicators:
        return
    columns = _FULL if full else _PLAIN
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=[width for _, width in columns], landscape=full, freeze=f"C{_HEAD + 1}",
            repeat_rows=f"{_HEAD}:{_HEAD}", last_printed_column=len(columns), tab_colour="70AD47",
        )
    )  # fmt: skip
    sheet.head(f"{scheme.title}　指标分析", len(columns))
    for column, (heading, _) in enumerate(columns, 1):
        sheet.put(column, _HEAD, heading, "header")
    sheet.heights[_HEAD] = 32 if full else 24
    row = _HEAD + 1
    for heading, rows in _sections(scheme):
        if heading:
            sheet.put(1, row, heading, "band")
            sheet.merge(1, row, len(columns), row)
            sheet.heights[row] = 22
            row += 1
        for entry in rows:
            _put_row(plan, sheet, row, entry)
            if full:
                _compare(plan, sheet, row, entry)
            row += 1
    _highlights(sheet, row - 1, full)


def _highlights(sheet: SheetPlan, last: int, full: bool) -> None:
    def colour(column: int, words: tuple[str, ...], style: str) -> None:
        first = cell_ref(column, _HEAD + 1)
        tests = [f'{first}="{word}"' for word in words]
        condition = f"OR({','.join(tests)})" if len(tests) > 1 else tests[0]
        sheet.highlights.append(Highlight(f"{first}:{cell_ref(column, last)}", condition, style))

    if full:
        colour(_JUDGED, (Judgement.LOW, Judgement.HIGH), "veto")
        colour(_JUDGED, (Judgement.ON_GUIDE,), "good")
        for word, style in ((RED, "red_light"), (YELLOW, "yellow_light"), (GREEN, "green_light")):
            colour(_LIGHT, (word,), style)
    colour(_VALUE, (Absence.MISSING.value, Absence.UNREADABLE.value), "open")


def _sections(scheme: Scheme) -> Iterator[tuple[str, list[_Row]]]:
    """What has a target first, then the indicators by system, in the order of the packs."""
    full = is_full(scheme)
    aimed = [
        _Row(number, name, field.label or name, field.definition, field)
        if full
        else _Row(
            number,
            of_field(name, parts.COMPLETION),
            f"{field.label or name}完成率",
            f"{field.label or name}实绩 ÷ 目标",
            field,
        )
        for number, (name, field) in enumerate(scheme.targets().items(), 1)
    ]
    if aimed:
        yield "目标完成" if full else "", aimed
    by_system: dict[str, list[_Row]] = {}
    for number, (name, entry) in enumerate(scheme.indicators.items(), len(aimed) + 1):
        shown = _Row(
            entry.id if full else number, name, entry.label or name, entry.definition or entry.formula, entry
        )  # fmt: skip
        by_system.setdefault(entry.system, []).append(shown)
    for system, rows in by_system.items():
        known = scheme.systems.get(system)
        yield (known.label if known else "其他指标") if full else "", rows


def _put_row(plan: WorkbookPlan, sheet: SheetPlan, row: int, entry: _Row) -> None:
    """The part of the row that both forms of the sheet have."""
    full, value = is_full(plan.scheme), entry.name
    shape = number_format(entry.entry.type)
    sheet.put(_NUMBER, row, entry.number, "number")
    sheet.put(_LABEL, row, entry.label, "item")
    sheet.put(_MEANING, row, entry.meaning, "note")
    if value in plan.scheme.fields:  # its home is 填报
        sheet.put(_VALUE, row, Formula(f'IF({value}="","{Absence.MISSING.value}",{value})'), "computed", shape)
    else:
        shape = shape if isinstance(entry.entry, Indicator) else "0.00%"
        plan.formula(sheet, (_VALUE, row), value, Role.INDICATOR, "computed", shape)
    sheet.put(_UNIT, row, entry.entry.unit if full or isinstance(entry.entry, Indicator) else "", "centre")
    lines = max(-(-len(entry.meaning) // 29), -(-len(entry.label) // 12))
    sheet.heights[row] = max(21, 13 * lines + 6) if full else 21


def _compare(plan: WorkbookPlan, sheet: SheetPlan, row: int, entry: _Row) -> None:
    """Target, guide, 红绿灯 and earlier months; what is not known stays blank."""
    name, shape = entry.name, number_format(entry.entry.type)
    indicator = entry.entry if isinstance(entry.entry, Indicator) else None
    target = of_field(name, parts.TARGET)
    sheet.put(_TARGET, row, _known(target), "figure", shape)
    role = Role.OTHER if indicator else Role.INDICATOR
    plan.formula(sheet, (_COMPLETION, row), of_field(name, parts.COMPLETION), role, "figure", "0.00%")
    bounds = indicator.bounds if indicator else []
    for column, bound in ((_LOW, parts.LOWER), (_HIGH, parts.UPPER)):
        standard = of_field(name, bound)
        content = Formula(f'IF({standard}="","待定",{standard})') if bound in bounds else None
        sheet.put(column, row, content, "figure" if content else "none", shape)
    if bounds:
        plan.formula(sheet, (_JUDGED, row), of_field(name, parts.JUDGEMENT), Role.OTHER, "check")
    else:
        sheet.put(_JUDGED, row, None, "none")
    plan.formula(sheet, (_LIGHT, row), of_field(name, parts.LIGHT), Role.OTHER, "check")
    last = of_field(name, parts.LAST_MONTH)
    sheet.put(_LAST, row, _known(last), "figure", shape)
    change = Formula(f'IF(COUNT({name},{last})=2,{name}-{last},"")')
    sheet.put(_CHANGE, row, change, "figure", f"+{shape};-{shape};{shape}" if shape != "General" else shape)
    sheet.put(_YEAR, row, _known(year_ago(plan.scheme, name)), "figure", shape)
    sheet.put(_RANK, row, _known(of_field(name, parts.RANK)), "centre")


def _known(name: str) -> Formula:
    return Formula(f'IF({name}="","",{name})')
