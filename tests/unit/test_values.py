"""Basic types: references, serial numbers of days, months, and values as cells hold them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from xlkpi.values import (
    Absence,
    CellContent,
    CellFault,
    Value,
    cell_ref,
    column_row,
    content_of,
    months_earlier,
    serial_number,
    value_of,
)


@pytest.mark.parametrize(
    ("ref", "position"),
    [
        ("A1", (1, 1)), ("Z9", (26, 9)), ("AA10", (27, 10)), ("ZZ2", (702, 2)), ("AAA3", (703, 3)),
        ("XFD1048576", (16384, 1048576)),
    ],
)  # fmt: skip
def test_a_reference_and_its_position_are_the_same(ref: str, position: tuple[int, int]) -> None:
    assert column_row(ref) == position
    assert cell_ref(*position) == ref


@pytest.mark.parametrize("ref", ["", "A", "1", "a1", "A1:B2", "$A$1", "A１", "A0", "A01", "ABCD1"])
def test_what_is_no_reference_raises(ref: str) -> None:
    with pytest.raises(ValueError, match="is not a cell reference"):
        column_row(ref)


@pytest.mark.parametrize(
    ("moment", "number"),
    [(date(1900, 3, 1), 61.0), (date(2026, 11, 28), 46354.0), (datetime(2026, 11, 28, 18), 46354.75)],
)
def test_a_date_is_the_number_by_which_a_spreadsheet_keeps_it(moment: date, number: float) -> None:
    assert serial_number(moment) == number


@pytest.mark.parametrize(
    ("count", "month"),
    [(0, "2026-11"), (1, "2026-10"), (10, "2026-01"), (11, "2025-12"), (23, "2024-12"), (-1, "2026-12"),
     (-2, "2027-01")],
)  # fmt: skip
def test_months_are_counted_over_the_years(count: int, month: str) -> None:
    assert months_earlier("2026-11", count) == month
    assert months_earlier(month, -count) == "2026-11"


@pytest.mark.parametrize(
    ("value", "content"),
    [(1.5, 1.5), ("合格", "合格"), (True, True), (Absence.MISSING, None), (Absence.NOT_APPLICABLE, "不适用"),
     (Absence.UNREADABLE, "无法读取")],
)  # fmt: skip
def test_a_value_survives_a_cell(value: Value, content: CellContent) -> None:
    assert content_of(value) == content
    assert value_of(content) == value


def test_an_error_value_is_unreadable_and_the_word_for_missing_is_missing() -> None:
    assert value_of(CellFault("#DIV/0!")) is Absence.UNREADABLE
    assert value_of("未填") is Absence.MISSING
