"""排名汇总.xlsx: a month of all dealers in one workbook that people filter, print and try other weights in.

Written with XlsxWriter: unlike openpyxl it stores a formula's value beside the formula, so that a reader without a
calculating program sees numbers too, and it takes seconds for 2,000 dealers where openpyxl takes a minute.
"""

from __future__ import annotations

from xlkpi.month.standing import Standings
from xlkpi.shown.ranking.book import Book
from xlkpi.shown.ranking.heat import add_heat_map, add_weights
from xlkpi.shown.ranking.lists import add_findings, add_losses, add_moves, add_ranking, add_returns, add_unranked
from xlkpi.shown.ranking.overview import add_overview
from xlkpi.shown.ranking.parts import add_parts

FILE = "排名汇总.xlsx"


def ranking_workbook(stand: Standings) -> bytes:
    """The workbook. The same standings give the same bytes."""
    book = Book(stand)
    for sheet in (
        add_overview, add_ranking, add_unranked, add_parts, add_heat_map, add_weights, add_losses, add_returns,
        add_findings, add_moves,
    ):  # fmt: skip
        sheet(book)
    return book.saved()
