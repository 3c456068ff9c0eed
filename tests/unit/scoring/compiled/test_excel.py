"""Each rule of Excel's value model, one case a line."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.scoring.compiled import criteria, excel, functions
from xlkpi.scoring.compiled.excel import DIV0, FAULTS, NUM, VALUE, ExcelError, Fault
from xlkpi.values import CellFault


def raised(code: Fault) -> pytest.RaisesExc[ExcelError]:
    return pytest.RaisesExc(ExcelError, check=lambda error: error.args[0] is code)


@pytest.mark.parametrize(
    ("content", "cell"),
    [(None, None), ("甲", "甲"), (True, True), (3, 3.0), (2.5, 2.5), (date(2026, 11, 30), 46356.0)],
)
def test_what_comes_in(content: Any, cell: object) -> None:
    got = excel.cell_of(content)
    assert got == cell
    assert type(got) is type(cell)


def test_no_cell_holds_minus_nought() -> None:
    cell: Any = excel.cell_of(-0.0)
    assert math.copysign(1, cell) == 1.0
    assert math.copysign(1, excel.finite(-0.0)) == 1.0


def test_an_error_goes_in_and_out() -> None:
    assert excel.content_of(excel.cell_of(CellFault("#N/A"))) == CellFault("#N/A")


@pytest.mark.parametrize(
    ("cell", "number"), [(None, 0.0), (True, 1.0), (False, 0.0), (2.5, 2.5), (" 12 ", 12.0), ("1.5%", 0.015),
        ("1e3", 1000.0)]
)  # fmt: skip
def test_as_a_number(cell: object, number: float) -> None:
    assert excel.number(cell) == number


@pytest.mark.parametrize("cell", ["甲", "", "1,2,3", "12a", "未填"])
def test_a_text_that_spells_no_number_is_an_error_in_arithmetic(cell: str) -> None:
    with raised(VALUE):
        excel.number(cell)


@pytest.mark.parametrize(("cell", "truth"), [(None, False), (0.0, False), (0.1, True), (True, True), ("true", True)])
def test_as_a_condition(cell: object, truth: bool) -> None:
    assert excel.truth(cell) is truth


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5.0, "5"), (-3.0, "-3"), (0.1, "0.1"), (1 / 3, "0.333333333333333"), (721.4844075832684, "721.484407583268"),
        (1e15, "1000000000000000"), (123456789012345680.0, "123456789012346000"),
        (1e-7, "0.0000001"), (1e21, "1E+21"), (1.5e-25, "1.5E-25"),
    ],
)  # fmt: skip
def test_as_text(value: float, words: str) -> None:
    assert excel.general(value) == words


@given(st.floats(min_value=-1e14, max_value=1e14, allow_nan=False))
def test_a_number_as_text_reads_back_on_fifteen_digits(value: float) -> None:
    spelled = excel.general(value)
    if "E" not in spelled:
        assert float(spelled) == pytest.approx(value, rel=1e-14, abs=1e-300)


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        (1.0, 2.0, -1), (2.0, "1", -1), ("a", True, -1), (5.0, False, -1), ("甲", "甲", 0), ("ABC", "abc", 0),
        (None, 0.0, 0), (None, "", 0), (None, False, 0), (None, None, 0), (None, 1.0, -1), (None, "a", -1),
        (-1.0, None, -1),
    ],
)  # fmt: skip
def test_order(left: object, right: object, order: int) -> None:
    assert excel.order(left, right) == order
    assert excel.order(right, left) == -order


def test_comparing_an_error_passes_it_on() -> None:
    for compare in (
        lambda: excel.order(DIV0, 1.0),
        lambda: excel.order("a", DIV0),
        lambda: DIV0 == 1.0,
        lambda: DIV0 in (None, ""),
    ):
        with raised(DIV0):
            compare()


@pytest.mark.parametrize(
    ("base", "exponent", "result"),
    [(2.0, 3.0, 8.0), (4.0, 0.5, 2.0), (0.0, 0.0, NUM), (0.0, -1.0, DIV0), (-8.0, 0.5, NUM), (1e200, 2.0, NUM)],
)
def test_power(base: float, exponent: float, result: float | Fault) -> None:
    if isinstance(result, Fault):
        with raised(result):
            excel.power(base, exponent)
    else:
        assert excel.power(base, exponent) == result


@pytest.mark.parametrize(
    ("value", "digits", "result"),
    [
        (2.5, 0, 3.0), (-2.5, 0, -3.0), (1.005, 2, 1.01), (2.675, 2, 2.68), (9.99975, 4, 9.9998), (1234.5, -2, 1200.0),
        (1 - 0.998, 10, 0.002), (0.954, 10, 0.954), (1e300, 2, 1e300), (0.285, 2, 0.29), (1e308, 100, 1e308),
        (3.5, 1e308, 3.5), (1e-300, 320, 1e-300), (3.5, -1e308, 0.0), (1e-300, -1, 0.0),
    ],
)  # fmt: skip
def test_rounding(value: float, digits: float, result: float) -> None:
    assert excel.rounded(value, digits) == result


@given(st.floats(-1e307, 1e307), st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_can_be_rounded_to_any_digits(value: float, digits: float) -> None:
    assert math.isfinite(excel.rounded(value, digits))
    assert math.isfinite(functions.rounded_away(value, digits, up=False))


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["0.00%", "#,##0", "0.0", "0"]))
def test_any_number_can_be_shown(value: float, code: str) -> None:
    assert functions.formatted(value, code)


@given(st.integers(-(10**12), 10**12), st.integers(0, 6))
def test_what_has_no_more_digits_is_not_rounded(number: int, digits: int) -> None:
    value = number / 10**digits
    assert excel.rounded(value, digits) == value


@pytest.mark.parametrize(
    ("cells", "counted", "numbers"),
    [([1.0, "甲", True, None, 2.0], 2, [1.0, 2.0]), ([], 0, []), (["1"], 0, [])],
)
def test_ranges_count_numbers_alone(cells: list[object], counted: int, numbers: list[float]) -> None:
    assert functions.count_cells(cells) == counted
    assert functions.numbers(cells) == numbers


def test_an_error_in_a_range_spreads_but_is_not_counted() -> None:
    assert functions.count_cells([1.0, DIV0]) == 1
    with raised(DIV0):
        functions.numbers([1.0, DIV0])


@pytest.mark.parametrize(
    ("criterion", "fitting"),
    [
        ("甲", ["甲"]), (">1", [2.0]), ("<>1", ["甲", 2.0, None, "", True, "abc"]), ("1", [1.0]), (1.0, [1.0]),
        ("", [None, ""]), ("a*", ["abc"]), ("?", ["甲"]), ("<>", ["甲", 1.0, 2.0, "", True, "abc"]), ("=", [None]),
        ("TRUE", [True]), (">=a", ["甲", "abc"]),
    ],
)  # fmt: skip
def test_criteria(criterion: object, fitting: list[object]) -> None:
    cells = ["甲", 1.0, 2.0, None, "", True, "abc"]
    condition = criteria.criterion(criterion)
    got = [cell for cell in cells if criteria.fits(cell, condition)]
    assert got == fitting


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: functions.average([]), "#DIV/0!"), (lambda: functions.nth([1.0], 2, largest=True), "#NUM!"),
        (lambda: functions.match("x", ["y"]), "#N/A"), (lambda: functions.index([1.0], 1, 1, 2.0), "#REF!"),
        (lambda: functions.choice(0, 2), "#VALUE!"), (lambda: functions.modulo(1.0, 0.0), "#DIV/0!"),
        (lambda: functions.middle("abc", 0.0, 1.0), "#VALUE!"), (lambda: functions.value_of(True), "#VALUE!"),
        (lambda: functions.value_of(""), "#VALUE!"), (lambda: functions.repeated("ab", 1e6), "#VALUE!"),
        (lambda: functions.part_of_date(-1.0, "year"), "#NUM!"),
        (lambda: functions.any_or_all([None], [False], any_of=True), "#VALUE!"),
    ],
)  # fmt: skip
def test_faults(call: Callable[[], object], fault: str) -> None:
    with raised(FAULTS[fault]):
        call()
