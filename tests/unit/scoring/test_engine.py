"""Two engines behind one protocol."""

from __future__ import annotations

import pytest
from conftest import RealMonth
from shared.tiny import SHEET, book_and_layout, evaluate

from xlkpi.issue import Issue
from xlkpi.scoring.engine import ENGINES, Engine, load_engine
from xlkpi.values import CellContent, CellFault, Place

BOTH = pytest.mark.parametrize("name", ENGINES)


def test_an_unknown_engine_is_told_which_there_are(issue: Issue) -> None:
    with pytest.raises(ValueError, match="no engine is named 'excel'; there are formualizer, formulas"):
        load_engine("excel", issue.master, issue.layout)


@BOTH
@pytest.mark.parametrize(
    ("formula", "inputs", "value"),
    [
        ("A1*2", {"A1": 2.5}, 5.0),
        ('IF(A1="","空",A1)', {"A1": None}, "空"),
        ('A1&"号"', {"A1": "6"}, "6号"),
        ("ISNUMBER(A1)", {"A1": 1.0}, True),
        ("ISTEXT(A1)", {"A1": "=1+1"}, True),
        ("LEN(A1)", {"A1": "=1+1"}, 4.0),
        ("ROUND(A1,0)", {"A1": 2.5}, 3.0),
        ("ROUND(A1,2)", {"A1": 2.675}, 2.68),
        ("ROUND(A1,0)", {"A1": -2.5}, -3.0),
        ("ROUND(A1,10)>=0.2%", {"A1": 1 - 0.998}, True),
        ("A1<0.2%", {"A1": 0.002}, False),
        ("COUNT(A1,A2)", {"A1": 1.0, "A2": "未填"}, 1.0),
        ('A1="未填"', {"A1": "未填"}, True),
        ("SUM(A1,A2)", {"A1": 1.0, "A2": "不适用"}, 1.0),
    ],
)
def test_a_formula_gives_the_same_in_both_engines(
    name: str, formula: str, inputs: dict[str, CellContent], value: CellContent
) -> None:
    assert evaluate(formula, inputs, name) == value


def test_digits_that_are_text_are_no_number() -> None:
    # `formulas` says TRUE; nothing that reaches a master is such a text, for reading settles numbers first
    assert evaluate("ISNUMBER(A1)", {"A1": "1"}) is False


@BOTH
def test_an_error_comes_out_as_a_fault_and_never_as_a_value(name: str) -> None:
    assert evaluate("1/A1", {"A1": 0.0}, name) == CellFault("#DIV/0!")


@BOTH
def test_inputs_that_are_left_out_are_blank_again(name: str) -> None:
    data, layout = book_and_layout({"Z1": 'IF(A1="","空",A1)'}, {"A1": None})
    engine = load_engine(name, data, layout)
    where, result = Place(SHEET, "A1"), Place(SHEET, "Z1")
    assert engine.evaluate({where: 5.0})[result] == 5.0
    assert engine.evaluate({})[result] == "空"
    assert engine.evaluate({where: "字"})[result] == "字"


@BOTH
def test_what_the_master_holds_in_an_input_cell_is_no_input(name: str) -> None:
    data, layout = book_and_layout({"Z1": 'IF(A1="","空",A1)'}, {"A1": 5.0})
    engine = load_engine(name, data, layout)
    assert engine.evaluate({})[Place(SHEET, "Z1")] == "空"


@BOTH
def test_what_looks_like_the_value_before_is_still_set(name: str) -> None:
    data, layout = book_and_layout({"Z1": 'IF(ISNUMBER(A1),"数","否")'}, {"A1": None})
    engine = load_engine(name, data, layout)
    where, result = Place(SHEET, "A1"), Place(SHEET, "Z1")
    for value, kind in (
        (1.0, "数"),
        (True, "否"),
        (1.0, "数"),
        ("1个", "否"),
        (0.0, "数"),
        (False, "否"),
        (None, "否"),
    ):
        assert engine.evaluate({where: value})[result] == kind


def test_a_cell_never_holds_minus_zero() -> None:
    data, layout = book_and_layout({"Z1": '""&A1'}, {"A1": None})
    engine = load_engine("formualizer", data, layout)
    for value in (-0.0, 0.0, -0.0):
        assert engine.evaluate({Place(SHEET, "A1"): value})[Place(SHEET, "Z1")] == "0"


def test_one_dealer_leaves_nothing_behind_for_the_next(issue: Issue, engine: Engine, real_month: RealMonth) -> None:
    answers = {issue.layout.place(name): value for name, value in real_month.answers.items()}
    empty = engine.evaluate(issue.stamped("D002"))
    engine.evaluate({**issue.stamped("D001"), **answers})
    assert engine.evaluate(issue.stamped("D002")) == empty


def test_every_formula_of_the_master_has_a_result_and_none_is_a_fault(
    issue: Issue, engine: Engine, real_month: RealMonth
) -> None:
    answers = {issue.layout.place(name): value for name, value in real_month.answers.items()}
    results = engine.evaluate({**issue.stamped("D001"), **answers})
    assert set(results) == set(issue.layout.formulas)
    assert [place for place, value in results.items() if isinstance(value, CellFault)] == []


def test_a_reloaded_engine_goes_on_giving_the_same() -> None:
    data, layout = book_and_layout({"Z1": "A1+1"}, {"A1": None})
    engine = load_engine("formualizer", data, layout)
    results = {engine.evaluate({Place(SHEET, "A1"): 1.0})[Place(SHEET, "Z1")] for _ in range(1002)}
    assert results == {2.0}
