"""What is missing, 不适用 or nothing to divide by is told in words: no error value on any sheet of any workbook."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from shared.monthly import ORDERS, SHEETS, Monthly, Row, errors, plain_value
from shared.tables import sampled

from xlkpi.scoring.assess import FORMULA_FAULT, Assessment
from xlkpi.values import Absence, CellContent, CellFault, Place, Value

NOT_APPLICABLE, MISSING, UNREADABLE = (
    absence.value for absence in (Absence.NOT_APPLICABLE, Absence.MISSING, Absence.UNREADABLE)
)
ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}

Answers = Mapping[str, CellContent]
Given = tuple[Answers, list[Row], Mapping[str, Value]]


def _every(monthly: Monthly, value: CellContent, inspection: Value) -> tuple[Answers, Mapping[str, Value]]:
    return (
        dict.fromkeys(monthly.scheme.by("dealer"), value),
        dict.fromkeys(monthly.scheme.by("headquarters"), inspection),
    )


def _blank(monthly: Monthly) -> Given:
    return {}, [], {}


def _half(rest: int) -> Callable[[Monthly], Given]:
    def half(monthly: Monthly) -> Given:
        fields = list(monthly.scheme.by("dealer").items())[rest::2]
        return {name: plain_value(field, 7.0 + n % 5) for n, (name, field) in enumerate(fields)}, [], {}

    return half


def _zero(monthly: Monthly) -> Given:
    answers, inspections = _every(monthly, 0.0, 0.0)
    row: Row = {"修理单号": "R1", "类别": "客户付费", "工时": 0.0, "工时销售": 0.0, "零件销售": 0.0}
    return answers, [row], inspections


def _not_applicable(monthly: Monthly) -> Given:
    answers, inspections = _every(monthly, NOT_APPLICABLE, Absence.NOT_APPLICABLE)
    return answers, [], inspections


def _unreadable(monthly: Monthly) -> Given:
    answers, inspections = _every(monthly, UNREADABLE, Absence.UNREADABLE)
    row: Row = {"修理单号": UNREADABLE, "类别": UNREADABLE, "工时": UNREADABLE, "工时销售": "x", "零件销售": "y"}
    return answers, [row], inspections


def _negative(monthly: Monthly) -> Given:
    answers, inspections = _every(monthly, -3.0, -1.0)
    return answers, [{"修理单号": "R1", "工时": -1.0}], inspections


STATES: Mapping[str, Callable[[Monthly], Given]] = {
    "blank": _blank, "half": _half(0), "other-half": _half(1), "zero": _zero, "not-applicable": _not_applicable,
    "unreadable": _unreadable, "negative": _negative,
}  # fmt: skip


def _done(monthly: Monthly, state: str) -> Assessment:
    return monthly.judge(*STATES[state](monthly))


def _cached(data: bytes) -> dict[Place, CellContent]:
    """What openpyxl reads beside the formulas, error values as what they are."""
    book = load_workbook(io.BytesIO(data), data_only=True)
    cells = ((Place(s.title, c.coordinate), c) for s in book.worksheets for row in s.iter_rows() for c in row)
    return {p: CellFault(c.value) if c.data_type == "e" else c.value for p, c in cells if c.value is not None}


@pytest.mark.parametrize("state", STATES)
def test_no_cell_holds_an_error(monthly: Monthly, state: str) -> None:
    done = _done(monthly, state)
    assert {place.sheet for place in done.cells} >= set(SHEETS) - {ORDERS}
    assert done.cells.keys() >= monthly.issue.layout.formulas.keys()
    assert errors(done.cells) == []
    assert [place for place, value in done.cells.items() if value in ERRORS] == []
    assert FORMULA_FAULT not in {finding.code for finding in done.findings}


@pytest.mark.parametrize("state", sampled(STATES, 3))
def test_nor_does_the_stamped_file(monthly: Monthly, state: str) -> None:
    done = _done(monthly, state)
    cached = _cached(monthly.stamp(done))
    assert errors(cached) == []
    assert [place for place, value in cached.items() if value in ERRORS] == []
    for place in monthly.issue.layout.formulas:  # and it holds what the engine gave, so the check above looked at it
        assert (cached.get(place) or "") == (done.cells[place] or ""), place


def test_the_look_finds_an_error(dealership: Monthly) -> None:
    """The same reading of a file with one error in it."""
    place = dealership.issue.layout.place("工时效率")
    done = _done(dealership, "blank")
    broken = replace(done, cells={**done.cells, place: CellFault("#DIV/0!")})
    assert errors(broken.cells) == errors(_cached(dealership.stamp(broken))) == [f"{place} #DIV/0!"]


@pytest.mark.parametrize(
    ("state", "word"),
    [("blank", MISSING), ("zero", NOT_APPLICABLE), ("not-applicable", NOT_APPLICABLE), ("unreadable", UNREADABLE)],
)
def test_a_ratio_says_the_word_for_it(monthly: Monthly, state: str, word: str) -> None:
    """Every indicator that is nothing but one figure by another."""
    done = _done(monthly, state)
    fields = monthly.scheme.by("dealer")
    ratios = [
        name
        for name, entry in monthly.scheme.indicators.items()
        if len(parts := entry.formula.split("/")) == 2 and all(part in fields for part in parts)
    ]
    assert len(ratios) >= 10
    wanted = dict.fromkeys(ratios, word)
    if state == "not-applicable":  # a dealer who may not say so has said nothing that can be read
        parts_of = {name: monthly.scheme.indicators[name].formula.split("/") for name in ratios}
        refused = [name for name, parts in parts_of.items() if not any(fields[part].not_applicable for part in parts)]
        assert refused
        wanted |= dict.fromkeys(refused, UNREADABLE)
    assert {name: done.indicators[name].value for name in ratios} == wanted
    assert {name: monthly.value(done, name) for name in ratios} == wanted


def test_every_indicator_of_a_blank_is_a_word(monthly: Monthly) -> None:
    done = _done(monthly, "blank")
    values = {name: value for name, value in done.indicators.items() if value is not Absence.MISSING}
    # a zero: the table's rows, counted; a sum of optional reasons
    assert [name for name, value in values.items() if not isinstance(value, Absence) and value != 0] == []
    assert (done.status, done.total) == ("provisional", pytest.approx(done.total))
    assert done.ceiling >= done.total >= 0
