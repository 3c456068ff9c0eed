"""The results in long form: rows of dealer, month, kind, id, value, which scores.csv, Parquet and data frames share."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from xlkpi.files import escape_formula
from xlkpi.intake.submission import Unusable
from xlkpi.scoring.assess import Assessment
from xlkpi.values import Status, plain

LONG_FILE: Final = "scores.csv"

LongRow = tuple[str, str, str, str, Any]
"""Dealer's code, month, kind (total, group, item, indicator, finding), id within the kind, value; an absence is its
word."""
HEADINGS: Final = ("dealer", "month", "kind", "id", "value")


def assessed_rows(scored: Assessment, month: str, rank: int | None) -> Iterator[LongRow]:
    """A dealer's rows. A finding's value is its cell."""
    totals = {
        "total": scored.total, "ceiling": scored.ceiling, "before_veto": scored.before_veto,
        "published": scored.published,
        "grade": scored.grade, "status": scored.status, "rank": "" if rank is None else rank,
    }  # fmt: skip
    yield from ((scored.dealer, month, "total", name, value) for name, value in totals.items())
    yield from ((scored.dealer, month, "group", group.name, group.score) for group in scored.groups)
    yield from ((scored.dealer, month, "item", item.id, plain(item.score)) for item in scored.items)
    yield from ((scored.dealer, month, "indicator", name, plain(v)) for name, v in scored.indicators.items())
    yield from ((scored.dealer, month, "finding", f.code, str(f.place or "")) for f in scored.findings)


def refused_rows(unusable: Unusable, month: str) -> Iterator[LongRow]:
    """The rows of a file that could not be scored. A finding's value is the file's name."""
    yield unusable.dealer, month, "total", "status", Status.REJECTED
    yield from ((unusable.dealer, month, "finding", f.code, unusable.file) for f in unusable.findings)


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV; text that a spreadsheet would take for a formula is quoted."""
    buffer = io.StringIO()
    escaped = ([escape_formula(cell) for cell in row] for row in rows)
    csv.writer(buffer, lineterminator="\n").writerows(escaped)
    return buffer.getvalue()
