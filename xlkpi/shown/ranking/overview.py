"""总览: the month on one page: how many, how well, how spread, where points are lost."""

from __future__ import annotations

from typing import Any

from xlkpi.month.statistics import bands, item_rates
from xlkpi.shown.ranking.book import Book, area, quoted
from xlkpi.shown.ranking.lists import GRADE_COLUMN, RANKING, TOP, TOTAL_COLUMN
from xlkpi.shown.ranking.parts import REGIONS
from xlkpi.values import State

NAME = "总览"
BASIS = "平均、分布、等级和得分率只计参加排名的经销商。"
_BINS = 10
_TABLE = 8  # the row of the small tables' headings, from 0


def add_overview(book: Book) -> None:
    """Tiles, distribution, grades, items; three charts."""
    scheme = book.stand.scheme
    sheet = book.sheet(NAME, [11] * 14, f"{scheme.title}　排名汇总", book.stand.basis)
    _tiles(book, sheet)
    last = max(TOP + 1, TOP + len(book.ranked))
    charts = _TABLE + 2 + max(_BINS, len(scheme.items), len(scheme.grades))
    _distribution(book, sheet, last, charts)
    _grades(book, sheet, last, charts)
    _items(book, sheet, charts + 17)
    sheet.print_area(0, 0, charts + 20 + int(1.3 * max(6, len(scheme.items))), 13)
    sheet.fit_to_pages(1, 1)


def _tiles(book: Book, sheet: Any) -> None:
    whole, totals = book.whole, book.whole.totals
    counts, middle = whole.counts(), totals.five.middle if totals.five else None
    tiles = (
        ("参加排名", counts["ranked"], "0"), (State.PROVISIONAL, counts["provisional"], "0"),
        (State.VETOED, counts["vetoed"], "0"), (State.REFUSED, counts["refused"], "0"),
        (State.MISSING, counts["missing"], "0"),
        (f"平均分（{totals.count} 家）", totals.mean, book.points),
        (f"中位（{totals.count} 家）", middle, book.points),
    )  # fmt: skip
    for number, (words, figure, form) in enumerate(tiles):
        column = number * 2
        sheet.merge_range(3, column, 3, column + 1, words, book.format("tile_label"))
        sheet.merge_range(4, column, 4, column + 1, "—" if figure is None else figure, book.format("tile", form))
    sheet.set_row(4, 40)
    if totals.five:
        best = "、".join(row.dealer.name for row in whole.ranked if row.rank == 1)
        extremes = f"最高 {totals.five.high:g} 分（{best[:60]}），最低 {totals.five.low:g} 分"
        if whole.trial:
            extremes += f"；试运营 {len(whole.trial)} 家，有得分，不参加排名"
        sheet.write_string(5, 0, f"{extremes}。{BASIS}", book.format("remark_line"))


def _distribution(book: Book, sheet: Any, last: int, charts: int) -> None:
    """How many dealers in each tenth of the points; the last takes in what bonus adds."""
    distribution = bands(book.whole, book.stand.scheme.points, _BINS)
    totals = area(RANKING, TOP + 1, last, TOTAL_COLUMN)
    _headings(book, sheet, 0, "分数段", "家数")
    for number, band in enumerate(distribution[:_BINS]):
        row = _TABLE + 1 + number
        final = number == _BINS - 1
        words = f"{band.low:g} 以上" if final else f"{band.low:g}～{band.high:g}"
        sheet.merge_range(row, 0, row, 1, words, book.format("label"))
        below = "" if final else f',{totals},"<{band.high:g}"'
        count = sum(above.count for above in distribution[number:]) if final else band.count
        sheet.write_formula(row, 2, f'=COUNTIFS({totals},">={band.low:g}"{below})', book.format("centre", "0"), count)
    chart = _columns(book, "总分分布（家数）", (NAME, _TABLE + 1, _TABLE + _BINS, 0, 2), "#2F75B5", gap=15)
    most = max((band.count for band in distribution), default=0)
    chart.set_y_axis({**_FROM_ZERO, "num_format": "0", "major_unit": max(1, -(-most // 6))})  # dealers are whole
    sheet.insert_chart(charts, 0, chart)


def _grades(book: Book, sheet: Any, last: int, charts: int) -> None:
    _headings(book, sheet, 4, "等级", "家数")
    cells = area(RANKING, TOP + 1, last, GRADE_COLUMN)
    counted = book.whole.grades
    for row, grade in enumerate(book.stand.scheme.grades, _TABLE + 1):
        sheet.merge_range(row, 4, row, 5, f"{grade.name}（{grade.at_least} 分起）", book.format("label"))
        count = counted[grade.name]
        formula = f"=COUNTIFS({cells},{quoted(grade.name)})"
        sheet.write_formula(row, 6, formula, book.format("centre", "0"), count)
    regions = {row.dealer.region or "" for row in (*book.ranked, *book.unranked)}
    if book.ranked and 1 < len(regions) <= 30:
        chart = _columns(book, "各区域平均分", (REGIONS, TOP + 1, TOP + len(regions), 0, 3), "#548235", gap=60)
        sheet.insert_chart(charts, 7, chart)


def _items(book: Book, sheet: Any, place: int) -> None:
    """Where points are lost: points earned ÷ points that applied, of how many dealers, and how often it was vetoed."""
    _headings(book, sheet, 8, "细项", "得分率", "家数", "否决家数", wide=3)
    labels = {item.name: item.label or item.name for item in book.stand.scheme.items}
    rates = sorted(item_rates(book.whole, labels), key=lambda line: (line.rate is None, line.rate or 0.0))
    for row, line in enumerate(rates, _TABLE + 1):
        sheet.merge_range(row, 8, row, 10, labels[line.item], book.format("label"))
        book.put(sheet, row, 11, "—" if line.rate is None else line.rate, "figure", "0.0%")
        book.put(sheet, row, 12, line.count, "centre", "0")
        book.put(sheet, row, 13, line.vetoed, "centre", "0;;0")
    rated = sum(line.rate is not None for line in rates)
    chart = book.book.add_chart({"type": "bar"})
    last = _TABLE + max(1, rated)
    chart.add_series({
        "name": "得分率", "categories": f"={area(NAME, _TABLE + 1, last, 8)}",
        "values": f"={area(NAME, _TABLE + 1, last, 11)}", "fill": {"color": "#C55A11"}, "gap": 40,
        "data_labels": {"value": True, "num_format": "0%"},
    })  # fmt: skip
    chart.set_title({"name": "各细项得分率：得到的分 ÷ 适用的分（最弱的在上）", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_x_axis(
        {"min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}}
    )
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 1120, "height": 60 + 24 * max(6, len(rates))})
    sheet.insert_chart(place, 0, chart)


def _headings(book: Book, sheet: Any, column: int, first: str, *further: str, wide: int = 2) -> None:
    sheet.merge_range(_TABLE, column, _TABLE, column + wide - 1, first, book.format("header"))
    for number, words in enumerate(further):
        sheet.write_string(_TABLE, column + wide + number, words, book.format("header"))


_FROM_ZERO = {"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}}


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
    chart.set_y_axis(_FROM_ZERO)
    chart.set_size({"width": 555, "height": 320})
    return chart
