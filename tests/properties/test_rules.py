"""Each scoring rule by itself, with any arguments: within its points, and never worse for a better figure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.workbook.defined_name import DefinedName

from xlkpi.scheme.formulas import Name, number_value
from xlkpi.scheme.judging import base_points
from xlkpi.scheme.rules import Parameter, Rule, bind, load_rules, render
from xlkpi.scoring.engine import load_engine
from xlkpi.values import Absence, CellContent, Place
from xlkpi.workbook.layout import Layout

RULES = load_rules()
SCORES = {name: rule for name, rule in RULES.items() if rule.kind == "score"}
SHEET = "算"
POINTS = 10.0
EXAMPLES = settings(max_examples=25)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers as a scheme spells them: three digits after the point."""
    return st.integers(round(low * 1000), round(high * 1000)).map(lambda n: n / 1000)


def _argument(parameter: Parameter) -> st.SearchStrategy[Any]:
    if parameter.type == "choice":
        return st.sampled_from(parameter.choices)
    if parameter.type == "bands":
        limits = st.lists(numbers(0.001, 3), min_size=1, max_size=4, unique=True).map(lambda x: sorted(x, reverse=True))
        earned = st.lists(numbers(0, POINTS), min_size=4, max_size=4).map(lambda x: sorted(x, reverse=True))
        return st.builds(
            lambda x, y: [{"at_least": a, "points": p} for a, p in zip(x, y, strict=False)], limits, earned
        )
    low = 0.001 if parameter.above is not None else -1.0
    return numbers(low, parameter.at_most if parameter.at_most is not None else 3.0)


def arguments(rule: Rule) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments by the rule's own parameters; ends of a range and of a line in order."""
    drawn = {
        key: _argument(parameter) if parameter.required else st.none() | _argument(parameter)
        for key, parameter in rule.parameters.items()
        if parameter.type not in ("name", "names")
    }

    def ordered(given: dict[str, Any]) -> dict[str, Any]:
        for first, second in (("low", "high"), ("full_at", "zero_at")):
            if given.get(first) is not None and given.get(second) is not None:
                given[first], given[second] = sorted((given[first], given[second]))
                given[second] += 0.001 if given[first] == given[second] else 0
        return {key: value for key, value in given.items() if value is not None}

    return st.fixed_dictionaries(drawn).map(ordered)


def figures(given: Mapping[str, Any]) -> st.SearchStrategy[list[float]]:
    """A dozen figures; those around the arguments' own limits among them."""
    edges = [0.0, 1.0]
    for value in given.values():
        if isinstance(value, list):
            edges += [band["at_least"] for band in value]
        elif not isinstance(value, str):
            edges.append(float(value))
    near = st.builds(
        lambda edge, by: edge + by, st.sampled_from(edges), st.sampled_from([0, 1e-6, -1e-6, 1e-12, -1e-12])
    )
    return st.lists(st.one_of(near, st.floats(-1, 4), st.floats(-1e6, 1e6)), min_size=12, max_size=12)


def scored(rule: Rule, given: Mapping[str, Any], columns: list[list[CellContent]]) -> list[CellContent]:
    """What the rule gives for each row of contents of its subjects, by formualizer."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    places = {}
    for row, contents in enumerate(columns, 1):
        names = [f"值_{row}_{position}" for position in range(len(contents))]
        for position, (name, content) in enumerate(zip(names, contents, strict=True)):
            cell = sheet.cell(row, 3 + position)
            cell.value = content
            book.defined_names[name] = DefinedName(name, attr_text=f"'{SHEET}'!${cell.column_letter}${row}")
        points = Name(f"分_{row}")
        sheet.cell(row, 2).value = POINTS
        book.defined_names[points.name] = DefinedName(points.name, attr_text=f"'{SHEET}'!$B${row}")
        several = rule.parameters["of"].type == "names"
        bound = bind(
            rule, {**given, "of": names if several else names[0]},
            lambda name: Name(name, words=tuple(rule.words.items()), may_be_blank=True),
        )  # fmt: skip
        sheet.cell(row, 1).value = f"={base_points(rule, bound, points, Name('没有')).formula}"
        places[Place(SHEET, f"A{row}")] = ""
    buffer = io.BytesIO()
    book.save(buffer)
    layout = Layout("", "", {}, places, {}, {})
    return list(load_engine("formualizer", buffer.getvalue(), layout).evaluate({}).values())


@pytest.mark.parametrize("name", [name for name, rule in SCORES.items() if rule.parameters["of"].type == "name"])
@EXAMPLES
@given(st.data())
def test_a_better_figure_never_scores_less(name: str, data: st.DataObject) -> None:
    rule = SCORES[name]
    assert rule.better in ("up", "down", "range"), "a scoring rule says which way is better"
    given_ = data.draw(arguments(rule))
    drawn = data.draw(figures(given_))
    if rule.better == "range":
        drawn.sort(key=lambda x: -max(given_["low"] - x, x - given_["high"], 0))
    else:
        drawn.sort(reverse=rule.better == "down")
    got = scored(rule, given_, [[figure] for figure in drawn])
    assert all(isinstance(points, float) for points in got), got
    assert all(-1e-12 <= points <= POINTS + 1e-9 for points in got), got
    assert max(a - b for a, b in pairwise(got)) <= 1e-9, list(zip(drawn, got, strict=True))


@EXAMPLES
@given(st.data())
def test_a_step_done_never_scores_less(data: st.DataObject) -> None:
    """The checklist: done instead of not done raises, and what does not apply is left out."""
    rule = SCORES["checklist"]
    words = st.sampled_from([*rule.words, Absence.NOT_APPLICABLE.value])
    steps = data.draw(st.lists(words, min_size=1, max_size=6))
    position = data.draw(st.integers(0, len(steps) - 1))
    rows: list[list[CellContent]] = [
        [*steps[:position], word, *steps[position + 1 :]]
        for word in ("未完成", "完成", None, Absence.UNREADABLE.value, "也许")
    ]
    failed, done, blank, unreadable, odd = scored(rule, {}, rows)
    assert isinstance(failed, float)
    assert isinstance(done, float)
    assert 0 <= failed < done <= POINTS
    assert (blank, unreadable, odd) == (Absence.MISSING.value, Absence.UNREADABLE.value, Absence.UNREADABLE.value)
    apply = [step for step in steps if step != Absence.NOT_APPLICABLE.value]
    whole = scored(rule, {}, [list(steps)])[0]
    expected = POINTS * apply.count("完成") / len(apply) if apply else Absence.NOT_APPLICABLE.value
    assert whole == (pytest.approx(expected) if apply else expected)


@pytest.mark.parametrize("name", list(SCORES))
@EXAMPLES
@given(st.data())
def test_a_word_is_never_points(name: str, data: st.DataObject) -> None:
    """Whatever words stand where a figure should: the result is one of the three absences."""
    rule = SCORES[name]
    given_ = data.draw(arguments(rule))
    text = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8)
    word = data.draw(text.filter(lambda t: t not in {*rule.words, *ERROR_CODES} and t[0] not in "='"))
    shown = {absence.value for absence in Absence}
    rows: list[list[CellContent]] = [[word], [None], *([w] for w in sorted(shown))]
    got = scored(rule, given_, rows)
    assert got[0] in ({word} & shown or {Absence.UNREADABLE.value})
    assert got[1] == Absence.MISSING.value
    assert got[2:] == sorted(shown)


@EXAMPLES
@given(st.data())
def test_a_deduction_never_gives_points_and_a_veto_is_one_of_two_words(data: st.DataObject) -> None:
    """The clauses: more occurrences never cost less, and a figure always decides a requirement."""
    each, require, veto = (RULES[name] for name in ("clause-each", "clause-require", "clause-veto"))
    lose, most = data.draw(numbers(0.001, 20)), data.draw(st.none() | numbers(0.001, 30))
    counts = sorted(data.draw(st.lists(st.integers(-3, 50), min_size=3, max_size=8)))
    limit, figure = data.draw(numbers(-1, 2)), data.draw(st.floats(-2, 3))
    operator = data.draw(st.sampled_from([">=", ">", "<=", "<"]))
    lost = _clauses(each, {"of": "甲", "lose": lose, **({"most": most} if most else {})}, [float(c) for c in counts])
    assert lost == sorted(lost)
    assert all(0 <= points <= (most or 1e9) + 1e-9 for points in lost)
    wanted = {"require": f"甲{operator}{limit}"}
    (points,) = _clauses(require, {**wanted, "lose": lose}, [figure])
    (outcome,) = _clauses(veto, wanted, [figure])
    assert outcome in ("达到", "否决")
    assert points == (lose if outcome == "否决" else 0)
    if abs(figure - limit) > 1e-9:
        holds = {">=": figure > limit, ">": figure > limit, "<=": figure < limit, "<": figure < limit}[operator]
        assert outcome == ("达到" if holds else "否决")


def _clauses(rule: Rule, given_: Mapping[str, Any], figures_: list[float]) -> list[CellContent]:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    places = {}
    for row, figure in enumerate(figures_, 1):
        sheet.cell(row, 2).value = figure
        book.defined_names[f"甲_{row}"] = DefinedName(f"甲_{row}", attr_text=f"'{SHEET}'!$B${row}")
        bound = bind(rule, given_, lambda name, row=row: Name(f"{name}_{row}", may_be_blank=True))
        rendered = render(rule, bound, Name("没有"), result=Name("没有"))
        sheet.cell(row, 1).value = f"={rendered.formula}"
        places[Place(SHEET, f"A{row}")] = ""
    buffer = io.BytesIO()
    book.save(buffer)
    layout = Layout("", "", {}, places, {}, {})
    return list(load_engine("formualizer", buffer.getvalue(), layout).evaluate({}).values())


def test_the_limits_of_every_rule_are_numbers() -> None:
    """Every parameter that is not a name is drawn above: none is silently left at its default."""
    for rule in SCORES.values():
        left = {key for key, parameter in rule.parameters.items() if parameter.type in ("name", "names")}
        assert left == {"of"}
        assert all(number_value(str(case.points)) > 0 for case in rule.cases)
