"""指标分析: one row an indicator: formula in words, this month, guide and how it compares, last month, last year.

A scheme without systems and guides gets the plain form of the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlkpi.scheme.cells import HIGH, LOW, ON_GUIDE, of_field
from xlkpi.scheme.formulas import Formula
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import Content, Highlight, SheetPlan, WorkbookPlan, number_format

TITLE = "指标分析"
_HEAD = 2
_PLAIN = (("序号", 6), ("指标", 24), ("算法", 62), ("本月", 16), ("单位", 8))
_FULL = (
    ("编号", 7), ("指标", 22), ("算法", 46), ("本月", 14), ("单位", 9), ("下限", 11), ("上限", 11), ("评价", 10),
    ("上月", 13), ("变化", 12), ("去年同月", 13), ("同组名次", 10),
)  # fmt: skip
_VALUE, _UNIT, _JUDGED = 4, 5, 8
EARLIER = ("上月", "去年同月", "同组名次")
"""What headquarters knows of an indicator from earlier months; stamped on 本店资料."""


@dataclass(frozen=True, slots=True)
class _Row:
    number: Content
    name: str
    label: str
    meaning: str
    kind: str
    unit: str
    bounds: tuple[str, ...] = ()
    earlier: bool = False


def is_full(scheme: Scheme) -> bool:
    """Whether the scheme's indicators have systems to be listed by."""
    return bool(scheme.systems)


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    full = is_full(plan.scheme)
    columns = _FULL if full else _PLAIN
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=[width for _, width in columns], landscape=full, freeze=f"C{_HEAD + 1}",
            repeat_rows=f"{_HEAD}:{_HEAD}", last_printed_column=len(columns), tab_colour="70AD47",
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　指标分析", len(columns))
    for column, (heading, _) in enumerate(columns, 1):
        sheet.put(column, _HEAD, heading, "header")
    sheet.heights[_HEAD] = 24
    row = _HEAD + 1
    for heading, rows in _sections(plan.scheme):
        if heading:
            sheet.put(1, row, heading, "band")
            sheet.merge(1, row, len(columns), row)
            sheet.heights[row] = 22
            row += 1
        for entry in rows:
            _put(plan, sheet, row, entry, full)
            row += 1
    area = f"H{_HEAD + 1}:H{row - 1}"
    if full:
        for words, style in (((LOW, HIGH), "veto"), ((ON_GUIDE,), "good")):
            condition = ",".join(f'H{_HEAD + 1}="{word}"' for word in words)
            sheet.highlights.append(Highlight(area, f"OR({condition})", style))
    values = f"D{_HEAD + 1}:D{row - 1}"
    missing = ",".join(f'D{_HEAD + 1}="{word.value}"' for word in (Absence.MISSING, Absence.UNREADABLE))
    sheet.highlights.append(Highlight(values, f"OR({missing})", "open"))


def _sections(scheme: Scheme) -> Iterator[tuple[str, list[_Row]]]:
    """Completions first, then the indicators by system, in the order of the packs."""
    completions = [
        _Row(
            number,
            of_field(name, "完成率"),
            f"{field.label or name}完成率",
            f"{field.label or name}实绩 ÷ 目标",
            "rate",
            "",
        )
        for number, (name, field) in enumerate(scheme.targets().items(), 1)
    ]
    full = is_full(scheme)
    if completions:
        yield "目标完成" if full else "", completions
    by_system: dict[str, list[_Row]] = {}
    for number, (name, entry) in enumerate(scheme.indicators.items(), len(completions) + 1):
        shown = _Row(
            entry.id if full else number,
            name,
            entry.label or name,
            entry.definition or entry.formula,
            entry.type,
            entry.unit,
            tuple(entry.bounds),
            full,
        )
        by_system.setdefault(entry.system, []).append(shown)
    for system, rows in by_system.items():
        known = scheme.systems.get(system)
        yield (known.label if known else "其他指标") if full else "", rows


def _put(plan: WorkbookPlan, sheet: SheetPlan, row: int, entry: _Row, full: bool) -> None:
    shape = number_format(entry.kind)
    sheet.put(1, row, entry.number, "number")
    sheet.put(2, row, entry.label, "item")
    sheet.put(3, row, entry.meaning, "note")
    plan.formula(sheet, (_VALUE, row), entry.name, Role.INDICATOR, "computed", shape)
    sheet.put(_UNIT, row, entry.unit, "centre")
    sheet.heights[row] = 21 if len(entry.meaning) < 24 or not full else 32
    if not full:
        return
    for column, bound in ((6, "下限"), (7, "上限")):
        standard = of_field(entry.name, bound)
        content = Formula(f'IF({standard}="","待定",{standard})') if bound in entry.bounds else None
        sheet.put(column, row, content, "figure" if content else "none", shape)
    if entry.bounds:
        plan.formula(sheet, (_JUDGED, row), of_field(entry.name, "评价"), Role.OTHER, "check")
    else:
        sheet.put(_JUDGED, row, None, "none")
    last, year, rank = (of_field(entry.name, part) for part in EARLIER)
    if entry.earlier:
        sheet.put(9, row, Formula(f'IF({last}="","",{last})'), "figure", shape)
        change = f'IF(AND(ISNUMBER({entry.name}),ISNUMBER({last})),{entry.name}-{last},"")'
        sheet.put(10, row, Formula(change), "figure", shape)
        sheet.put(11, row, Formula(f'IF({year}="","",{year})'), "figure", shape)
        sheet.put(12, row, Formula(f'IF({rank}="","",{rank})'), "centre")
    else:
        for column in (9, 10, 11, 12):
            sheet.put(column, row, None, "none")
