"""A month as an Arrow table, from which pandas and Polars make theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from xlkpi.values import Absence, Value
from xlkpi.workbook.layout import Role

if TYPE_CHECKING:
    import pyarrow

    from xlkpi.month.month import Form, Month
    from xlkpi.month.standing import Standing
    from xlkpi.scoring.assess import Assessment

_TOTALS = ("total", "ceiling", "before_veto", "published")


def to_arrow(month: Month, form: Form) -> pyarrow.Table:
    """The table; see `Month.to_arrow`."""
    try:
        import pyarrow  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("needs pyarrow: pip install 'xlkpi[frames]'", name=error.name) from None
    if form not in ("long", "wide"):
        raise ValueError(f"form is {form!r}: give 'long' or 'wide'")
    schema, columns = _long(month, pyarrow) if form == "long" else _wide(month, pyarrow)
    return pyarrow.Table.from_pydict(columns, schema=schema)


def _long(month: Month, arrow: Any) -> tuple[Any, dict[str, list[Any]]]:
    names = ("dealer", "month", "kind", "id", "number", "word")
    types = (*[arrow.string()] * 4, arrow.float64(), arrow.string())
    rows = ((*row[:4], *_number_or_word(row[4])) for row in month.long_rows())
    return arrow.schema(list(zip(names, types, strict=True))), _columns(names, rows)


def _number_or_word(value: Any) -> tuple[float | None, str | None]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), None
    return None, str(value) if value not in (None, "") else None


def _wide(month: Month, arrow: Any) -> tuple[Any, dict[str, list[Any]]]:
    """Identity and totals; then points by group and item, and indicators. Names of columns are never twice the same:
    `group.`, `item.` and `indicator.` stand before them."""
    scheme = month.issue.scheme
    indicators = [slot.name for slot in month.issue.layout.of(Role.INDICATOR)]
    words = ("dealer", "name", "region", "peer_group", "month", "file", "status", "grade")
    figures = [
        *(f"group.{group.name}" for group in scheme.groups),
        *(f"item.{item.name}" for item in scheme.items),
        *(f"indicator.{name}" for name in indicators),
    ]
    fields = [
        *((word, arrow.string()) for word in words), ("rank", arrow.int64()), ("vetoed", arrow.bool_()),
        *((name, arrow.float64()) for name in (*_TOTALS, *figures)),
    ]  # fmt: skip
    names = [name for name, _ in fields]
    return arrow.schema(fields), _columns(names, _wide_rows(month, names))


def _wide_rows(month: Month, names: Iterable[str]) -> Iterator[list[Any]]:
    listed = list(names)
    for assessment, standing in zip(month.assessments, month.standings.rows, strict=False):
        yield _dealer(month, assessment, standing, listed)
    for standing in month.standings.rows[len(month.assessments) :]:
        row = _identity(month, standing)
        yield [row.get(name) for name in listed]


def _identity(month: Month, standing: Standing) -> dict[str, Any]:
    dealer = standing.dealer
    return {
        "dealer": dealer.code, "name": dealer.name, "region": dealer.region, "peer_group": dealer.peer_group,
        "month": month.month, "file": standing.file, "status": standing.status,
    }  # fmt: skip


def _dealer(month: Month, assessment: Assessment, standing: Standing, names: list[str]) -> list[Any]:
    row = {
        **_identity(month, standing),
        "grade": assessment.grade,
        "rank": standing.rank,
        "vetoed": assessment.vetoed,
        **{name: getattr(assessment, name) for name in _TOTALS},
        **{f"group.{group.name}": group.score for group in assessment.groups},
        **{f"item.{item.id}": _number(item.score) for item in assessment.items},
        **{f"indicator.{name}": _number(value) for name, value in assessment.indicators.items()},
    }
    return [row.get(name) for name in names]


def _number(value: Value) -> float | None:
    """The number, or null for an absence or a word."""
    if isinstance(value, Absence | bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _columns(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> dict[str, list[Any]]:
    listed = list(names)
    columns: list[list[Any]] = [[] for _ in listed]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return dict(zip(listed, columns, strict=True))
