"""总览: the month on one page: how many, how well, how spread, where points are lost."""

from __future__ import annotations

import statistics
from typing import Any

from xlkpi.scheme.formulas import number_value
from xlkpi.shown.ranking.book import Book, area, quoted
from xlkpi.shown.ranking.lists import GRADE_COLUMN, RANKING, TOP, TOTAL_COLUMN
from xlkpi.shown.ranking.parts import REGIONS, quartiles

NAME = "总览"
_BINS = 10
_TABLE = 8  # the row of the small tables' headings, from 0


def add_overview(book: Book) -> None:
    """Tiles, distribution, grades, items; three charts."""
    scheme = book.stand.scheme
    sheet = book.sheet(NAME, [11] * 14, f"{scheme.title}　排名汇总", f"方案 {scheme.scheme} {scheme.version}")
    _tiles(book, sheet)
    last = max(TOP + 1, TOP + len(book.ranked))
    charts = _TABLE + 2 + max(_BINS, len(scheme.items), len(scheme.grades))
    _distribution(book, sheet, last, charts)
    _grades(book, sheet, last, charts)
    _items(book, sheet, charts + 17)
    sheet.print_area(0, 0, charts + 20 + int(1.3 * max(6, len(scheme.items))), 13)
    sheet.fit_to_pages(1, 1)


def _tiles(book: Book, sheet: Any) -> None:
    totals = [row.published for row in book.ranked]
    rejected = sum(row.status == "rejected" for row in book.stand.rows)
    vetoed = sum(row.vetoed for row in book.apart)
    low, _, middle, _, high = quartiles(totals)
    tiles = (
        ("参加排名", len(totals), "0"), ("暂定", len(book.apart) - vetoed, "0"), ("一票否决", vetoed, "0"),
        ("退回", rejected, "0"), ("未交", len(book.stand.missing), "0"),
        ("平均分", statistics.fmean(totals) if totals else None, book.points), ("中位", middle, book.points),
    )  # fmt: skip
    for number, (words, figure, form) in enumerate(tiles):
        left = number * 2
        sheet.merge_range(3, left, 3, left + 1, words, book.format("tile_label"))
        sheet.merge_range(4, left, 4, left + 1, "—" if figure is None else figure, book.format("tile", form))
    sheet.set_row(4, 40)
    if low is not None and high is not None:
        best = "、".join(row.dealer.name for row in book.ranked if row.rank == 1)
        told = f"最高 {high:g} 分（{best[:60]}），最低 {low:g} 分"
        sheet.write_string(5, 0, told, book.format("remark_line"))


def _distribution(book: Book, sheet: Any, last: int, charts: int) -> None:
    """How many dealers in each tenth of the points; the last takes in what bonus adds."""
    step = book.stand.scheme.points / _BINS
    totals = area(RANKING, TOP + 1, last, TOTAL_COLUMN)
    _headings(book, sheet, 0, "分数段", "家数")
    for number in range(_BINS):
        low, high = step * number, step * (number + 1)
        row = _TABLE + 1 + number
        final = number == _BINS - 1
        sheet.merge_range(row, 0, row, 1, f"{low:g} 以上" if final else f"{low:g}～{high:g}", book.format("label"))
        below = "" if final else f',{totals},"<{high:g}"'
        count = sum(low <= r.published and (final or r.published < high) for r in book.ranked)
        sheet.write_formula(row, 2, f'=COUNTIFS({totals},">={low:g}"{below})', book.format("centre", "0"), count)
    chart = _columns(book, "总分分布（家数）", (NAME, _TABLE + 1, _TABLE + _BINS, 0, 2), "#2F75B5", gap=15)
    sheet.insert_chart(charts, 0, chart)


def _grades(book: Book, sheet: Any, last: int, charts: int) -> None:
    _headings(book, sheet, 4, "等级", "家数")
    cells = area(RANKING, TOP + 1, last, GRADE_COLUMN)
    for row, grade in enumerate(book.stand.scheme.grades, _TABLE + 1):
        sheet.merge_range(row, 4, row, 5, f"{grade.grade}（{grade.at_least} 分起）", book.format("label"))
        count = sum(standing.grade == grade.grade for standing in book.ranked)
        formula = f"=COUNTIFS({cells},{quoted(grade.grade)})"
        sheet.write_formula(row, 6, formula, book.format("centre", "0"), count)
    regions = {row.dealer.region or "" for row in (*book.ranked, *book.apart)}
    if book.ranked and 1 < len(regions) <= 30:
        chart = _columns(book, "各区域平均分", (REGIONS, TOP + 1, TOP + len(regions), 0, 3), "#548235", gap=60)
        sheet.insert_chart(charts, 7, chart)


def _items(book: Book, sheet: Any, place: int) -> None:
    """Where points are lost: the mean share of its points that each item earned, and how often it was vetoed."""
    _headings(book, sheet, 8, "细项", "平均得分率", "否决家数", wide=3)
    rows = [*book.ranked, *book.apart]
    found = []
    for item in book.stand.scheme.items:
        points = number_value(item.points)
        stood = [i for row in rows for i in row.items if i.item == item.item]
        earned = [i.score / points for i in stood if i.score is not None and points]
        found.append(
            (item.label or item.item, statistics.fmean(earned) if earned else 0.0, sum(i.vetoed for i in stood))
        )
    found.sort(key=lambda entry: entry[1])
    for row, (name, share, vetoed) in enumerate(found, _TABLE + 1):
        sheet.merge_range(row, 8, row, 10, name, book.format("label"))
        book.put(sheet, row, 11, share, "figure", "0.0%")
        book.put(sheet, row, 12, vetoed, "centre", "0;;0")
    chart = book.book.add_chart({"type": "bar"})
    last = _TABLE + len(found)
    chart.add_series({
        "name": "平均得分率", "categories": f"={area(NAME, _TABLE + 1, last, 8)}",
        "values": f"={area(NAME, _TABLE + 1, last, 11)}", "fill": {"color": "#C55A11"}, "gap": 40,
        "data_labels": {"value": True, "num_format": "0%"},
    })  # fmt: skip
    chart.set_title({"name": "各细项平均得分率（最弱的在上）", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_x_axis(
        {"min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}}
    )
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 1120, "height": 60 + 24 * max(6, len(found))})
    sheet.insert_chart(place, 0, chart)


def _headings(book: Book, sheet: Any, left: int, first: str, *others: str, wide: int = 2) -> None:
    sheet.merge_range(_TABLE, left, _TABLE, left + wide - 1, first, book.format("header"))
    for number, words in enumerate(others):
        sheet.write_string(_TABLE, left + wide + number, words, book.format("header"))


def _columns(book: Book, title: str, where: tuple[str, int, int, int, int], colour: str, gap: int) -> Any:
    name, first, last, labels, figures = where
    chart = book.book.add_chart({"type": "column"})
    chart.add_series({
        "name": title, "categories": f"={area(name, first, last, labels)}",
        "values": f"={area(name, first, last, figures)}",
        "fill": {"color": colour}, "gap": gap, "data_labels": {"value": True, "num_format": "0.#"},
    })  # fmt: skip
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}})
    chart.set_size({"width": 555, "height": 320})
    return chart
