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


def assessed_rows(done: Assessment, month: str, rank: int | None) -> Iterator[LongRow]:
    """A dealer's rows. A finding's value is its cell."""
    totals = {
        "total": done.total, "ceiling": done.ceiling, "before_veto": done.before_veto, "published": done.published,
        "grade": done.grade, "status": done.status, "rank": "" if rank is None else rank,
    }  # fmt: skip
    yield from ((done.dealer, month, "total", name, value) for name, value in totals.items())
    yield from ((done.dealer, month, "group", group.name, group.score) for group in done.groups)
    yield from ((done.dealer, month, "item", item.id, plain(item.score)) for item in done.items)
    yield from ((done.dealer, month, "indicator", name, plain(v)) for name, v in done.indicators.items())
    yield from ((done.dealer, month, "finding", f.code, str(f.place or "")) for f in done.findings)


def refused_rows(unusable: Unusable, month: str) -> Iterator[LongRow]:
    """The rows of a file that could not be scored. A finding's value is the file's name."""
    yield unusable.dealer, month, "total", "status", Status.REJECTED
    yield from ((unusable.dealer, month, "finding", f.code, unusable.file) for f in unusable.findings)


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV; text that a spreadsheet would take for a formula is quoted."""
    buffer = io.StringIO()
    made = ([escape_formula(cell) for cell in row] for row in rows)
    csv.writer(buffer, lineterminator="\n").writerows(made)
    return buffer.getvalue()
