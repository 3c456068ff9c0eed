"""A table that is searched, filtered and sorted by its address, so that it can be kept, sent and gone back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request

_MOST: Final = 200  # rows of a page
Cells = Mapping[str, Any]
"""A row: its cells by the columns' headings, and what else its template shows."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and the style of its cells ("n": figures)."""

    heading: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of values of a column, with how many rows have each; `chosen` is "" where all are shown."""

    heading: str
    options: Sequence[tuple[str, int]]
    chosen: str


@dataclass(frozen=True, slots=True)
class Table:
    """What of a table is shown: the rows of a page, and how it came to them."""

    columns: Sequence[Column]
    rows: Sequence[Cells]
    total: int
    matching: int
    words: str
    filters: Sequence[Filter]
    sort: str
    falling: bool
    page: int
    pages: int
    path: str

    def address(self, **changes: object) -> str:
        """The address of the same table with something changed."""
        query = {"q": self.words, **{each.heading: each.chosen for each in self.filters}}
        query |= {"sort": self.sort, "falling": "1" if self.falling else "", "page": ""}
        query |= {name: str(content) for name, content in changes.items()}
        return f"{self.path}?{urlencode({name: text for name, text in query.items() if text})}"

    def sorted_by(self, heading: str) -> str:
        """The address of the table sorted by a column, the other way round where it is sorted by it already."""
        return self.address(sort=heading, falling="" if self.sort != heading or self.falling else "1")

    def direction(self, heading: str) -> str:
        """As aria-sort says it."""
        return "none" if self.sort != heading else "descending" if self.falling else "ascending"


def table_of(
    request: Request, rows: Sequence[Cells], columns: Sequence[Column], *, filters: Sequence[str] = (),
    first: str = "", most: int = _MOST,
) -> Table:  # fmt: skip
    """The rows that an address asks for.

    Args:
        request: `q` are words that a row must hold, `sort` and `falling` the order, `page` counts from 1; further words
            by the headings of the filters.
        rows: all rows.
        columns: what is shown of them.
        filters: headings by whose values rows can be chosen.
        first: the heading by which they are sorted where the address names none; "": as they stand.
        most: rows of a page.
    """
    query: QueryParams = request.query_params
    words, sort = query.get("q", "").strip(), query.get("sort", first)
    headings = [column.heading for column in columns]
    matching = [row for row in rows if _holds(row, headings, words)]
    choices = []
    for heading in filters:
        counts: dict[str, int] = {}
        for row in matching:
            text = str(row.get(heading) or "")
            counts[text] = counts.get(text, 0) + 1
        choices.append(Filter(heading, sorted(each for each in counts.items() if each[0]), query.get(heading, "")))
    for choice in choices:
        if choice.chosen:
            matching = [row for row in matching if str(row.get(choice.heading) or "") == choice.chosen]
    falling = bool(query.get("falling"))
    if sort in headings:
        known = [row for row in matching if row.get(sort) not in (None, "")]
        blank = [row for row in matching if row.get(sort) in (None, "")]
        matching = [*sorted(known, key=lambda row: _rank(row[sort]), reverse=falling), *blank]
    pages = max(1, -(-len(matching) // most))
    page = min(max(1, int(query.get("page", "1")) if query.get("page", "1").isdecimal() else 1), pages)
    shown_rows = matching[(page - 1) * most : page * most]
    return Table(
        columns, shown_rows, len(rows), len(matching), words, choices, sort, falling, page, pages, request.url.path
    )


def _holds(row: Cells, headings: Sequence[str], words: str) -> bool:
    """Whether a row holds all the words, whatever their case."""
    if not words:
        return True
    text = " ".join(str(row.get(heading) or "") for heading in headings).casefold()
    return all(word in text for word in words.casefold().split())


def _rank(content: Any) -> tuple[int, float, str]:
    """Figures before words."""
    is_figure = isinstance(content, int | float)
    return (0, float(content), "") if is_figure else (1, 0.0, str(content))
