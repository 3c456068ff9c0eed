"""热力图 and 权重: every dealer's points by item in colours, and totals and ranks that follow when a weight is changed.

The points stand as assessed. A changed weight scales them by what it is to the issued points, an item left out (不适用)
passes its weight on as the scheme says, and vetoes stay as they were. With the issued weights every factor is exactly
1, so that the total is the assessed one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlsxwriter.worksheet import Worksheet

from xlkpi.month.standing import GroupStanding, Standing
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Group, Item
from xlkpi.shown.ranking.book import MOVE, Book, Column, area, ref
from xlkpi.values import State

HEAT, WEIGHTS = "热力图", "权重"
_POINTS, _TRIED, _FACTOR, _HEAD = 3, 4, 5, 6  # rows of 热力图, from 0
FIRST = _HEAD + 1
KEYS = (
    Column("代码", 11), Column("经销商", 20), Column("区域", 8), Column("公布总分", 8, "figure"),
    Column("公布名次", 7, "centre", "0"), Column("试算总分", 8, "total_value"),
    Column("试算名次", 7, "total_value", "0"), Column("升降", 7, "centre", MOVE), Column("状态", 9, "centre"),
)  # fmt: skip
_TOTAL, _RANK, _TRIED_TOTAL, _TRIED_RANK, _MOVE, _STATE = 3, 4, 5, 6, 7, 8
_TOP = 3  # the first row of 权重's table, from 0


@dataclass(frozen=True, slots=True)
class _Block:
    """A group's columns on 热力图: its items', its bonus items', its sum; and its items' rows on 权重."""

    group: Group
    scored: tuple[Item, ...]
    bonus: tuple[Item, ...]
    first: int
    row: int

    @property
    def end(self) -> int:
        """The column of the sum."""
        return self.first + len(self.scored) + len(self.bonus)


def _blocks(book: Book) -> list[_Block]:
    blocks, column, row = [], len(KEYS), _TOP + 1
    for group in book.stand.scheme.groups:
        scored = tuple(item for item in group.items if not item.bonus)
        bonus = tuple(item for item in group.items if item.bonus)
        blocks.append(_Block(group, scored, bonus, column, row))
        column, row = blocks[-1].end + 1, row + len(group.items)
    return blocks


def _in_order(block: _Block) -> Iterator[tuple[int, Item]]:
    yield from enumerate((*block.scored, *block.bonus), block.first)


# ------------------------------------------------------------------ 热力图


def add_heat_map(book: Book) -> None:
    """Dealer × item, with live totals and ranks."""
    blocks = _blocks(book)
    with_bonus = any(block.bonus for block in blocks)
    widths = [column.width for column in KEYS]
    for block in blocks:
        widths += [8.5] * (len(block.scored) + len(block.bonus)) + [9]
    note = (
        "格中是评定的得分，颜色按各项满分：红低绿高。改“权重”页的黄格，试算总分和名次随之重算；否决和关口仍按原评定。"
    )
    sheet = book.sheet(HEAT, [*widths, *([9] if with_bonus else [])], "得分热力图与权重试算", note, colour="BF8F00")
    rows = [*book.ranked, *book.unranked]
    end = blocks[-1].end + with_bonus
    _head(book, sheet, blocks, with_bonus)
    last = max(FIRST, FIRST + len(rows) - 1)
    for row, standing in enumerate(rows, FIRST):
        _dealer(book, sheet, row, last, standing, blocks)
    for block in blocks:
        for column, item in _in_order(block):
            _colours(sheet, last, column, number_value(item.points))
    book.up_and_down(sheet, _MOVE, FIRST, last)
    marks = {"type": "cell", "criteria": "==", "value": f'"{State.VETOED}"', "format": book.format("veto")}
    sheet.conditional_format(FIRST, _STATE, last, _STATE, marks)
    sheet.autofilter(_HEAD, 0, last, end)
    sheet.freeze_panes(FIRST, 3)
    sheet.repeat_rows(2, _HEAD)
    sheet.repeat_columns(0, 1)
    sheet.print_area(0, 0, last, end)


def _head(book: Book, sheet: Worksheet, blocks: list[_Block], with_bonus: bool) -> None:
    for row, words in ((_POINTS, "下发分值"), (_TRIED, "试算权重"), (_FACTOR, "权重 ÷ 分值")):
        sheet.merge_range(row, 0, row, len(KEYS) - 1, words, book.format("band"))
    for number, key in enumerate(KEYS):
        sheet.write_string(_HEAD, number, key.heading, book.format("header"))
    sheet.set_row(_HEAD, 42)
    for block in blocks:
        name = block.group.name
        sheet.merge_range(2, block.first, 2, block.end, name, book.format("header"))
        for column, item in _in_order(block):
            points = number_value(item.points)
            row = block.row + block.group.items.index(item)
            book.put(sheet, _POINTS, column, points, "points", "0.##")
            tried, factor = f"='{WEIGHTS}'!{ref(row, 6)}", f"={ref(_TRIED, column)}/{ref(_POINTS, column)}"
            sheet.write_formula(_TRIED, column, tried, book.format("points", "0.##"), points)
            sheet.write_formula(_FACTOR, column, factor if points else "=0", book.format("note_figure", "0.###"), 1.0)
            sheet.write_string(_HEAD, column, item.label or item.name, book.format("header"))
        worth = number_value(block.group.points)
        book.put(sheet, _POINTS, block.end, worth, "points", "0.##")
        sums = f"=SUM({ref(_TRIED, block.first)}:{ref(_TRIED, block.first + len(block.scored) - 1)})"
        sheet.write_formula(_TRIED, block.end, sums, book.format("points", "0.##"), worth)
        book.put(sheet, _FACTOR, block.end, None, "none")
        sheet.write_string(_HEAD, block.end, "小计", book.format("header"))
    if with_bonus:
        sheet.write_string(_HEAD, blocks[-1].end + 1, "加分", book.format("header"))


def _dealer(book: Book, sheet: Worksheet, row: int, last: int, standing: Standing, blocks: list[_Block]) -> None:
    points = book.points
    facts = (standing.dealer.code, standing.dealer.name, standing.dealer.region, standing.published, standing.rank)
    for number, (key, fact) in enumerate(zip(KEYS, facts, strict=False)):
        book.put(sheet, row, number, fact, key.style, points if number == _TOTAL else key.form)
    book.put(sheet, row, _STATE, standing.state, "centre")
    items = {item.item: item for item in standing.items}
    groups = {group.group: group for group in standing.groups}
    for block in blocks:
        for column, item in _in_order(block):
            result = items.get(item.name)
            content = None if result is None else "不适用" if result.score is None else result.score
            book.put(sheet, row, column, content, "points", "0.0")
        group = groups.get(block.group.name)
        if group is None or group.vetoed or group.undecided:
            book.put(sheet, row, block.end, "否决" if group and group.vetoed else "未定", "veto_cell")
        else:
            formula = f"={_sum(book, block, row)}"
            sheet.write_formula(row, block.end, formula, book.format("subtotal", "0.0"), group.score)
    parts = ",".join(ref(row, block.end) for block in blocks)
    fired = standing.vetoed or (
        not standing.total and any(group.score for group in standing.groups)
    )  # or not decided yet
    if any(block.bonus for block in blocks):
        column = blocks[-1].end + 1
        if fired:  # a vetoed total has no bonus, whatever the items earned
            book.put(sheet, row, column, 0.0, "subtotal", "0.0")
        else:
            bonus = standing.total - math.fsum(group.score for group in standing.groups)
            sheet.write_formula(
                row, column, f"={_bonus(book, blocks, row, groups)}", book.format("subtotal", "0.0"), bonus
            )
        parts += f",{ref(row, column)}"
    digits = book.stand.scheme.display_decimals
    if fired:
        book.put(sheet, row, _TRIED_TOTAL, 0.0, "total_value", points)
    else:
        total = f"=ROUND(SUM({parts}),{digits})"
        sheet.write_formula(row, _TRIED_TOTAL, total, book.format("total_value", points), standing.published)
    states, totals = (area(HEAT, FIRST, last, column).split("!")[1] for column in (_STATE, _TRIED_TOTAL))
    higher = f'COUNTIFS({states},"{State.SCORED}",{totals},">"&{ref(row, _TRIED_TOTAL)})'
    rank = f'=IF({ref(row, _STATE)}="{State.SCORED}",{higher}+1,"—")'
    sheet.write_formula(row, _TRIED_RANK, rank, book.format("total_value", "0"), standing.rank or "—")
    before, now = ref(row, _RANK), ref(row, _TRIED_RANK)
    moved = f'=IF(AND(ISNUMBER({before}),ISNUMBER({now})),{before}-{now},"")'
    sheet.write_formula(row, _MOVE, moved, book.format("centre", MOVE), 0 if standing.rank else "")


def _sum(book: Book, block: _Block, row: int) -> str:
    """A group's points under the weights that are tried."""
    first, last = block.first, block.first + len(block.scored) - 1
    if not block.scored:
        return "0"
    cells, factors, tried, points = (
        f"{ref(r, first, fixed_row=fixed)}:{ref(r, last, fixed_row=fixed)}"
        for r, fixed in ((row, False), (_FACTOR, True), (_TRIED, True), (_POINTS, True))
    )
    digits = book.stand.scheme.round_items
    if digits is None:
        total = f"SUMPRODUCT({cells},{factors})"
    else:  # people add up rounded items by calculator, so the sum is of rounded items
        columns = range(first, last + 1)
        total = "+".join(f"ROUND(N({ref(row, c)})*{ref(_FACTOR, c, fixed_row=True)},{digits})" for c in columns)
    if book.stand.scheme.treatment(block.group) != "rescale":
        return total
    # the points hold the scale of the issued weights already: what counts is how it changes; what applies has a score
    now, issued = (f'SUMIF({cells},">=0",{weights})' for weights in (tried, points))
    scale = f"IF(COUNT({cells})={len(block.scored)},1,IF({now}=0,0,(SUM({tried})/{now})/(SUM({points})/{issued})))"
    return f"({total})*{scale}"


def _bonus(book: Book, blocks: list[_Block], row: int, groups: Mapping[str, GroupStanding]) -> str:
    """Bonus points, capped; none of a group that is vetoed or may still be."""
    terms = [
        f"N({ref(row, column)})*{ref(_FACTOR, column, fixed_row=True)}"
        for block in blocks
        if (group := groups.get(block.group.name)) and not group.vetoed and not group.undecided
        for column, _ in list(_in_order(block))[len(block.scored) :]
    ]
    earned = "+".join(terms) or "0"
    most = book.stand.scheme.bonus_most
    return f"MIN({number_value(most):g},{earned})" if most else earned


def _colours(sheet: Worksheet, last: int, column: int, points: float) -> None:
    """From red at nothing to green at the item's points."""
    sheet.conditional_format(
        FIRST, column, last, column,
        {"type": "3_color_scale", "min_type": "num", "mid_type": "num", "max_type": "num", "min_value": 0,
         "mid_value": points * 0.6, "max_value": points, "min_color": "#F8696B", "mid_color": "#FFEB84",
         "max_color": "#63BE7B"},
    )  # fmt: skip


# ------------------------------------------------------------------ 权重


def add_weights(book: Book) -> None:
    """The weights to try, and what came of them."""
    headings = ("考核项", "下发分值", "试算权重", "细项", "下发分值", "试算权重", "有效权重")
    note = "只改黄格。组权重按组内细项权重的比例分下去；有效权重是每项最后的分值。改回下发分值，就回到公布的结果。"
    sheet = book.sheet(WEIGHTS, (16, 10, 10, 26, 10, 10, 10, 4, 26, 12), "权重试算", note, colour="BF8F00")
    for column, heading in enumerate(headings):
        sheet.write_string(_TOP, column, heading, book.format("header"))
    sheet.set_row(_TOP, 26)
    blocks = _blocks(book)
    for block in blocks:
        _group_rows(book, sheet, block)
    last = blocks[-1].row + len(blocks[-1].group.items) - 1
    _sums(book, sheet, blocks, last)
    _outcome(book, sheet)
    positive = {
        "validate": "decimal",
        "criteria": ">=",
        "value": 0,
        "error_title": "权重",
        "error_message": "填 0 或正数",
    }
    for column in (2, 5):
        sheet.data_validation(_TOP + 1, column, last, column, positive)
    sheet.freeze_panes(_TOP + 1, 0)
    sheet.repeat_rows(_TOP)
    sheet.print_area(0, 0, last + 1, 9)


def _group_rows(book: Book, sheet: Worksheet, block: _Block) -> None:
    points, rows = number_value(block.group.points), len(block.group.items)
    last = block.row + rows - 1
    for column, content, style in ((0, block.group.name, "group"), (1, points, "points"), (2, points, "input")):
        shape = book.format(style, "0.##" if column else "")
        if rows > 1:
            sheet.merge_range(block.row, column, last, column, content, shape)
        else:
            book.put(sheet, block.row, column, content, style, "0.##" if column else "")
    entered = "+".join(
        ref(row, 5, fixed_row=True) for row, item in enumerate(block.group.items, block.row) if not item.bonus
    )
    for row, item in enumerate(block.group.items, block.row):
        worth = number_value(item.points)
        book.put(sheet, row, 3, (item.label or item.name) + ("（加分）" if item.bonus else ""), "item")
        book.put(sheet, row, 4, worth, "points", "0.##")
        book.put(sheet, row, 5, worth, "input", "0.##")
        share = f"IF({entered}=0,0,{ref(row, 5)}*({ref(block.row, 2, fixed_row=True)}/({entered})))"
        effective = f"={ref(row, 5)}" if item.bonus else f"={share}"
        sheet.write_formula(row, 6, effective, book.format("computed", "0.##"), worth)
        sheet.set_row(row, 20)


def _sums(book: Book, sheet: Worksheet, blocks: list[_Block], last: int) -> None:
    row = last + 1
    total = math.fsum(number_value(block.group.points) for block in blocks)
    book.put(sheet, row, 0, "合计", "total_text")
    book.put(sheet, row, 1, total, "total", "0.##")
    sheet.write_formula(row, 2, f"=SUM({ref(_TOP + 1, 2)}:{ref(last, 2)})", book.format("total", "0.##"), total)
    for column in (3, 4, 5):
        book.put(sheet, row, column, None, "total")
    cells = ",".join(
        ref(block.row + n, 6) for block in blocks for n, item in enumerate(block.group.items) if not item.bonus
    )
    sheet.write_formula(row, 6, f"=SUM({cells})", book.format("total", "0.##"), total)


def _outcome(book: Book, sheet: Worksheet) -> None:
    """What the weights do to the ranking."""
    totals = book.whole.totals
    count, mean = totals.count, totals.mean or 0.0
    last = max(FIRST, FIRST + len(book.ranked) + len(book.unranked) - 1)
    columns = (_STATE, _MOVE, _TRIED_TOTAL, _TOTAL)
    states, moves, tried, issued = (area(HEAT, FIRST, last, column) for column in columns)
    sheet.merge_range(_TOP, 8, _TOP, 9, "试算结果", book.format("header"))
    for row, (words, formula, form, value) in enumerate((
        ("参加排名的家数", f'=COUNTIFS({states},"{State.SCORED}")', "0", count),
        ("名次上升的家数", f'=COUNTIFS({moves},">0")', "0", 0),
        ("名次下降的家数", f'=COUNTIFS({moves},"<0")', "0", 0),
        ("公布平均分", f'=IF(J{_TOP + 2}=0,0,SUMIFS({issued},{states},"{State.SCORED}")/J{_TOP + 2})', "0.00", mean),
        ("试算平均分", f'=IF(J{_TOP + 2}=0,0,SUMIFS({tried},{states},"{State.SCORED}")/J{_TOP + 2})', "0.00", mean),
    ), _TOP + 1):  # fmt: skip
        book.put(sheet, row, 8, words, "label")
        sheet.write_formula(row, 9, formula, book.format("computed", form), value)
