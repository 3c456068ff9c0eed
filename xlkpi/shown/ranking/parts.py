"""区域 and 对标组: how each part stands, with quartiles, and a chart in which the middle half is a box."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from xlkpi.issue import Dealer
from xlkpi.month.statistics import Population, Spread, parts
from xlkpi.shown.ranking.book import Book, Column, area
from xlkpi.shown.ranking.lists import TOP
from xlkpi.values import State

REGIONS, PEERS = "区域", "对标组"
NONE = "（未分）"
_CHARTED = 30  # parts; more would be a comb


def add_parts(book: Book) -> None:
    """A sheet by region and one by peer group."""
    _add(book, REGIONS, lambda dealer: dealer.region)
    _add(book, PEERS, lambda dealer: dealer.peer_group)


def _add(book: Book, name: str, part: Callable[[Dealer], str]) -> None:
    points, grades = book.points, [grade.name for grade in book.stand.scheme.grades]
    figures = ("平均", "最低", "下四分位", "中位", "上四分位", "最高")
    columns = (
        Column(name, 16, "label"), Column("家数", 8, "centre", "0"), Column("排名家数", 9, "centre", "0"),
        *(Column(heading, 9, "figure", points) for heading in figures), Column("中间一半", 9, "figure", points),
        *(Column(grade, 9, "centre", "0;;") for grade in grades), Column("暂定", 8, "centre", "0;;"),
        Column("一票否决", 9, "centre", "0;;"), Column(State.TRIAL, 8, "centre", "0;;"),
    )  # fmt: skip
    note = (
        "平均、等级和四分位只计参加排名的经销商（“排名家数”；四分位同 QUARTILE）；“家数”是有得分的，"
        "含暂定、一票否决和试运营；“中间一半”是上下四分位之差，越小越齐。按平均分从高到低。"
    )
    sheet = book.sheet(name, [c.width for c in columns], f"按{name}", note, colour="548235")
    populations = parts(book.whole, part, NONE)
    rows = [_row(population, grades) for population in populations if population.assessed]
    last = book.table(sheet, TOP, columns, rows, fixed=1)
    shown = min(len(rows), _CHARTED)
    if len(rows) < 2 or rows[0][3] is None:
        return
    spreads = [population.totals for population in populations if population.totals.count]
    _chart(book, sheet, name, TOP + 1, TOP + shown, last + 1, spreads)
    sheet.print_area(0, 0, last + 18, len(columns) - 1)


def _row(population: Population, grades: Sequence[str]) -> tuple[Any, ...]:
    totals = population.totals
    five = totals.five or (None,) * 5
    middle = totals.five.third - totals.five.first if totals.five else None
    return (
        population.name, len(population.assessed), totals.count, totals.mean, *five, middle,
        *(population.grades[grade] for grade in grades), len(population.provisional), len(population.vetoed),
        len(population.trial),
    )  # fmt: skip


def _chart(book: Book, sheet: Any, name: str, first: int, last: int, row: int, spreads: Sequence[Spread]) -> None:
    """The middle half as a box (from the first quartile, unseen, up to the third), the mean as a mark."""
    chart = book.book.add_chart({"type": "column", "subtype": "stacked"})
    categories = f"={area(name, first, last, 0)}"
    chart.add_series(
        {"name": "下四分位", "categories": categories, "values": f"={area(name, first, last, 5)}",
         "fill": {"none": True}, "border": {"none": True}}
    )  # fmt: skip
    chart.add_series(
        {"name": "中间一半", "categories": categories, "values": f"={area(name, first, last, 9)}", "gap": 60,
         "fill": {"color": "#9DC3E6"}, "border": {"color": "#2F5597"}}
    )  # fmt: skip
    means = book.book.add_chart({"type": "line"})
    means.add_series(
        {"name": "平均", "categories": categories, "values": f"={area(name, first, last, 3)}", "line": {"none": True},
         "marker": {"type": "diamond", "size": 8, "fill": {"color": "#C00000"}, "border": {"color": "#C00000"}}}
    )  # fmt: skip
    chart.combine(means)
    chart.set_title(
        {"name": f"各{name}总分：中间一半（方框）和平均（菱形）", "name_font": {"size": 12}, "overlay": False}
    )
    chart.set_legend({"position": "bottom", "delete_series": [0]})
    firsts = [spread.five.first for spread in spreads if spread.five]
    highest = max((spread.five.third for spread in spreads if spread.five), default=0.0)
    floor = max(0, 10 * math.floor((min(firsts, default=0.0) - 5) / 10))  # from nought the boxes would all be slits
    top = max(book.stand.scheme.points, 10 * math.ceil(highest / 10))  # bonus items go beyond the scheme's points
    chart.set_y_axis(
        {
            "min": floor,
            "max": top,
            "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}},
        }
    )
    chart.set_size({"width": 980, "height": 340})
    sheet.insert_chart(row, 0, chart)
