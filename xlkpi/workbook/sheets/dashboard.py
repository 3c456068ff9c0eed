"""看板: what a manager reads first: the total as a gauge, completions, the weakest items, a composition, the trend.

The figures behind the charts stand on the same sheet, right of what is printed.
"""

from __future__ import annotations

from xlkpi.scheme import parts
from xlkpi.scheme.cells import CEILING, DEALER, DEALER_NAME, GRADE, MONTH, PUBLISHED, STATUS, TOTAL, of_field
from xlkpi.scheme.formulas import NOT_APPLICABLE, Formula
from xlkpi.values import PROVISIONAL, VETOED, column_letters
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import ChartPlan, Highlight, SheetPlan, WorkbookPlan
from xlkpi.workbook.sheets.indicators import is_full

TITLE = "看板"
DEALER_SHEET = "本店资料"
TREND_HEAD = 3  # the row on 本店资料 where the months' totals begin
MONTHS_BEFORE = 11
_WIDTH = 12  # printed columns
_DATA = 15  # the charts' figures begin in this column
_WEAKEST = 5


def total_before(number: int) -> str:
    """The name of the published total so many months ago."""
    return of_field(PUBLISHED, parts.ago(number))


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan, for schemes that have systems of indicators."""
    if not is_full(plan.scheme):
        return
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=[11] * _WIDTH + [3, 3] + [14] * 6, landscape=True, last_printed_column=_WIDTH,
            one_page=True, tab_colour="7030A0",
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　看板", _WIDTH)
    sheet.put(1, 2, Formula(f'{DEALER_NAME}&"（"&{DEALER}&"）　"&{MONTH}'), "subtitle")
    sheet.merge(1, 2, _WIDTH, 2)
    _headline(sheet)
    row = _gauge(sheet, 1)
    row = _completions(plan, sheet, row + 2)
    _composition(plan, sheet, row + 2)
    _trend(plan, sheet)
    _weakest(plan, sheet)


def _headline(sheet: SheetPlan) -> None:
    """Four figures in large type."""
    tiles = (
        ("公布总分", Formula(PUBLISHED), "0.0"),
        ("等级", Formula(GRADE), ""),
        ("评定状态", Formula(STATUS), ""),
        ("还可能达到", Formula(CEILING), "0.0"),
    )
    for number, (label, content, shape) in enumerate(tiles):
        column = 1 + number * 3
        sheet.put(column, 4, label, "tile_label")
        sheet.merge(column, 4, column + 2, 4)
        where = sheet.put(column, 5, content, "tile", shape)
        sheet.merge(column, 5, column + 2, 5)
        sheet.highlights.append(Highlight(where, f'{where}="{PROVISIONAL}"', "open"))
    sheet.heights[4], sheet.heights[5] = 20, 36


def _gauge(sheet: SheetPlan, row: int) -> int:
    _data(sheet, row, ("总分", "分"))
    for offset, (label, text) in enumerate(
        (("得分", f"MAX(0,{TOTAL})"), ("未得", f"MAX(0,100-{TOTAL})"), ("", "100")), 1
    ):
        sheet.put(_DATA, row + offset, label, "note")
        sheet.put(_DATA + 1, row + offset, Formula(text), "computed", "0.0")
    sheet.charts.append(
        ChartPlan("gauge", "总分（满分 100）", _area(row + 1, row + 3), (_area(row, row + 3, 1),), "A7:D21", TITLE)
    )
    return row + 3


def _completions(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> int:
    of_items = {name for item in plan.scheme.items for name in item.judged}
    targets = {n: f for n, f in plan.scheme.targets().items() if of_field(n, parts.COMPLETION) in of_items}
    if not targets:
        return row
    _data(sheet, row, ("目标完成", "完成率"))
    for offset, (name, field) in enumerate(targets.items(), 1):
        sheet.put(_DATA, row + offset, field.label or name, "note")
        sheet.put(_DATA + 1, row + offset, Formula(f"MIN(2,N({of_field(name, parts.COMPLETION)}))"), "computed", "0.0%")
    last = row + len(targets)
    sheet.charts.append(
        ChartPlan(
            "bars",
            "目标完成率（最多画到 200%）",
            _area(row + 1, last),
            (_area(row, last, 1),),
            "E7:L21",
            TITLE,
            "0%",
        )
    )
    return last


def _composition(plan: WorkbookPlan, sheet: SheetPlan, row: int) -> None:
    shown = plan.scheme.dashboard
    if shown is None:
        return
    _data(sheet, row, (shown.title, "本月", "指导值"))
    for offset, name in enumerate(shown.composition, 1):
        entry = plan.scheme.indicators[name]
        sheet.put(_DATA, row + offset, (entry.label or name).removeprefix(f"{shown.title}·"), "note")
        sheet.put(_DATA + 1, row + offset, Formula(f"N({name})"), "computed", "0.0%")
        bounds = [of_field(name, bound) for bound in entry.bounds]
        guide = f"N({bounds[0]})" if bounds else "0"
        sheet.put(_DATA + 2, row + offset, Formula(guide), "computed", "0.0%")
    last = row + len(shown.composition)
    series = (_area(row, last, 1), _area(row, last, 2))
    sheet.charts.append(ChartPlan("columns", shown.title, _area(row + 1, last), series, "A23:F37", TITLE, "0%"))


def _trend(plan: WorkbookPlan, sheet: SheetPlan) -> None:
    """This month's total after those of the months before; the figures are headquarters' and stand on 本店资料."""
    first, last = TREND_HEAD, TREND_HEAD + MONTHS_BEFORE + 1
    has_dashboard = plan.scheme.dashboard is not None
    sheet.charts.append(
        ChartPlan(
            "line", "近十二个月公布总分", f"$F${first + 1}:$F${last}", (f"$G${first}:$G${last}",),
            "G23:L37" if has_dashboard else "A23:L37", DEALER_SHEET, "0",
        )
    )  # fmt: skip


def add_trend_data(plan: WorkbookPlan, sheet: SheetPlan) -> None:
    """The months' totals, on 本店资料: a month that headquarters does not know stays blank, so the line has a gap."""
    for offset, heading in enumerate(("月份", "公布总分")):
        sheet.put(6 + offset, TREND_HEAD, heading, "header")
    for offset in range(1, MONTHS_BEFORE + 2):
        ago = MONTHS_BEFORE + 1 - offset
        sheet.put(6, TREND_HEAD + offset, f"前{ago}月" if ago else "本月", "label")
        where = sheet.put(7, TREND_HEAD + offset, None if ago else Formula(PUBLISHED), "stamped", "0.0")
        if ago:
            plan.slot(sheet, where, total_before(ago), Role.HISTORY)


def _weakest(plan: WorkbookPlan, sheet: SheetPlan) -> None:
    """The items that lost most points, looked up by size; the hair between equal ones is their position."""
    items = plan.scheme.items
    column, row = _DATA + 4, 1
    for offset, heading in enumerate(("失分", "细项")):
        sheet.put(column + offset, row, heading, "header")
    for number, item in enumerate(items, 1):
        points, score, state = (of_field(item.name, p) for p in (parts.POINTS, parts.SCORE, parts.STATE))
        counted = f'IF({state}="{NOT_APPLICABLE}","",{points}-N({score})-{number}/10^9)'
        sheet.put(column, row + number, Formula(counted), "computed", "0.0000")
        sheet.put(column + 1, row + number, item.label or item.name, "note")
    first, last = row + 1, row + len(items)
    weights, names = (f"${column_letters(c)}${first}:${column_letters(c)}${last}" for c in (column, column + 1))
    top = 39
    sheet.put(1, top, f"失分最多的 {_WEAKEST} 项", "band")
    sheet.merge(1, top, _WIDTH, top)
    for rank in range(1, _WEAKEST + 1):
        large = f"LARGE({weights},{rank})"
        too_few = f"{rank}>COUNT({weights})"
        sheet.put(1, top + rank, rank, "number")
        sheet.put(2, top + rank, Formula(f'IF({too_few},"",INDEX({names},MATCH({large},{weights},0)))'), "item")
        sheet.merge(2, top + rank, 5, top + rank)
        sheet.put(6, top + rank, Formula(f'IF({too_few},"","失分 "&ROUND(MAX(0,{large}),2))'), "text")
        sheet.merge(6, top + rank, 8, top + rank)
        bar = f'IF({too_few},"",REPT("■",MIN(20,ROUND(MAX(0,{large}),0))))'
        sheet.put(9, top + rank, Formula(bar), "bar")
        sheet.merge(9, top + rank, _WIDTH, top + rank)
        sheet.heights[top + rank] = 20
    vetoed = "+".join(f'IF({of_field(item.name, parts.VETO)}="{VETOED}",1,0)' for item in items)
    sheet.last_printed_row = top + _WEAKEST + 1
    sheet.put(1, top + _WEAKEST + 1, Formula(f'"本月否决 "&({vetoed})&" 项"'), "strong")
    sheet.merge(1, top + _WEAKEST + 1, _WIDTH, top + _WEAKEST + 1)


def _data(sheet: SheetPlan, row: int, headings: tuple[str, ...]) -> None:
    for offset, heading in enumerate(headings):
        sheet.put(_DATA + offset, row, heading, "header")


def _area(first: int, last: int, offset: int = 0) -> str:
    letter = column_letters(_DATA + offset)
    return f"${letter}${first}:${letter}${last}"
