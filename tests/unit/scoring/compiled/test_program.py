"""The compiled engine: formualizer's cells, only what is asked or what a change reaches, and nothing unsafe."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from conftest import MakeIssue
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.dealers import NUMBERS, drawn
from shared.tables import sampled

from xlkpi.issue import Issue
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.parsing import allowed_functions
from xlkpi.scoring.compiled.calls import compiled_functions
from xlkpi.scoring.compiled.engine import CompiledEngine
from xlkpi.scoring.compiled.program import Program, compile_master
from xlkpi.scoring.compiled.shapes import ShapeWriter
from xlkpi.scoring.compiled.syntax import (
    Binary,
    Call,
    Literal,
    Node,
    NotCompiled,
    Reference,
    Unary,
    parse,
    split,
)
from xlkpi.scoring.compiled.watch import alike
from xlkpi.scoring.engine import load_engine
from xlkpi.values import Place
from xlkpi.workbook.layout import Role

SCHEMES = ("service-assessment", "service-monthly", "dealer-monthly")


@pytest.fixture(scope="module", params=sampled(SCHEMES, len(SCHEMES)))
def month(request: pytest.FixtureRequest, issue_of: MakeIssue) -> Issue:
    return issue_of(*usable_scheme(request.param))


@pytest.fixture(scope="module")
def program(month: Issue) -> Program:
    return compile_master(month.master, month.layout)


def test_every_cell_is_formualizer_s(month: Issue, program: Program) -> None:
    compiled, other = CompiledEngine(program), load_engine("formualizer", month.master, month.layout)
    for number, cells in enumerate(drawn(month, 24)):
        got, wanted = compiled.evaluate(cells), other.evaluate(cells)
        assert got.keys() == wanted.keys()
        unlike = [(place, wanted[place], got[place]) for place in wanted if not alike(wanted[place], got[place])]
        assert not unlike, f"dealer {number}: {unlike[:5]}"


def test_only_what_is_asked_is_computed(month: Issue, program: Program) -> None:
    engine = CompiledEngine(program)
    scores = {slot.place for slot in month.layout.of(Role.SCORE)} & set(month.layout.formulas)
    assert scores
    needed = program.needed(scores)
    assert len(needed) < len(program.steps)
    for cells in drawn(month, 6, seed=2):
        everything = engine.evaluate(cells)
        assert engine.evaluate(cells, scores) == {place: everything[place] for place in scores}


def test_a_change_gives_what_a_whole_evaluation_gives(month: Issue, program: Program) -> None:
    engine, random = CompiledEngine(program), Random(3)
    wanted = list(month.layout.formulas)
    for cells in drawn(month, 3, seed=4):
        changes = [
            {place: random.choice(NUMBERS) for place in random.sample(month.layout.engine_inputs, 2)} for _ in range(5)
        ]
        for change, got in zip(changes, engine.variants(cells, changes, wanted), strict=True):
            assert got == engine.evaluate({**cells, **change})


def test_a_program_travels_to_another_process(month: Issue, program: Program) -> None:
    travelled = pickle.loads(pickle.dumps(program))
    cells = next(drawn(month, 1, seed=5))
    assert CompiledEngine(travelled).evaluate(cells) == CompiledEngine(program).evaluate(cells)


def test_one_dealer_leaves_nothing_for_the_next(month: Issue, program: Program) -> None:
    engine = CompiledEngine(program)
    first, second = drawn(month, 2, seed=6)
    alone = engine.evaluate(second)
    engine.evaluate(first)
    assert engine.evaluate(second) == alone


def test_another_python_compiles_the_source_anew(program: Program) -> None:
    other = Program(program.places, program.base, program.steps, program.inputs, program.source, b"", b"elsewhere")
    assert CompiledEngine(other).evaluate({}) == CompiledEngine(program).evaluate({})


def test_every_function_of_the_list_is_compiled_and_no_other() -> None:
    assert compiled_functions() == allowed_functions()


# ------------------------------------------------------------------ syntax


@pytest.mark.parametrize(
    ("formula", "tree"),
    [
        ("1+2*3", Binary("+", Literal(1.0), Binary("*", Literal(2.0), Literal(3.0)))),
        ("-A1^2", Binary("^", Unary("-", Reference("A1")), Literal(2.0))),
        ("40%", Literal(0.4)),
        ("-40%", Literal(-0.4)),
        ("2^3^2", Binary("^", Binary("^", Literal(2.0), Literal(3.0)), Literal(2.0))),
        ('"a""b"', Literal('a"b')),
        ("IF(A1,,1)", Call("IF", (Reference("A1"), Literal(None), Literal(1.0)))),
        ("'填 报'!$B$2:$B$9", Reference("B2:B9", "填 报")),
        ("接车台次_目标", Reference("接车台次_目标")),
        ("TRUE", Literal(True)),
        ("1=2&3", Binary("=", Literal(1.0), Binary("&", Literal(2.0), Literal(3.0)))),
    ],
)
def test_a_formula_becomes_a_tree(formula: str, tree: object) -> None:
    assert parse(formula) == tree


@pytest.mark.parametrize(
    "formula", ["", "1+", "(1", "IF(1,2", '"a', "1 2", "A1:", "{1,2}", "'x'!", "=1", "#BAD!", "[1]S!A1"]
)
def test_what_is_not_understood_is_refused(formula: str) -> None:
    with pytest.raises(NotCompiled):
        parse(formula)


def references(node: Node) -> Iterator[str]:
    """In the order in which they are written."""
    match node:
        case Reference(text, sheet):
            yield f"{sheet}!{text}" if sheet else text
        case Call(_, given):
            for inner in given:
                yield from references(inner)
        case Binary(_, left, right):
            yield from references(left)
            yield from references(right)
        case Unary(_, operand):
            yield from references(operand)


def written(references: list[str]) -> list[str]:
    return [text.replace("$", "").replace("'", "") for text in references]


@pytest.mark.parametrize(
    ("formula", "named"),
    [
        ("A1+$B$2*接车台次", ["A1", "B2", "接车台次"]),
        ("SUM(A1:$B$9,'填 报'!$C$1:C9,S!D4)", ["A1:B9", "填 报!C1:C9", "S!D4"]),
        ('IF(x="A1","b"&y,#N/A)', ["x", "y"]),
        ("1E5+2.5e-3*A5", ["A5"]),
        ("IF(TRUE,FALSE,true_name)", ["true_name"]),
        ("LOG10(A1)&A1", ["A1", "A1"]),
        ('"a""b"&c', ["c"]),
    ],
)
def test_a_formula_is_split_into_words_and_references(formula: str, named: list[str]) -> None:
    words, found = split(formula)
    assert written(found) == named
    assert not set(found) & set(words)


def test_what_formulas_of_one_make_share_is_their_tree(month: Issue) -> None:
    """Formulas are told apart by words: two with the same words differ in their references alone."""
    shared: dict[tuple[str, ...], str] = {}
    for text in month.layout.formulas.values():
        words, found = split(text)
        tree = parse(text)
        assert list(references(tree)) == written(found)
        bare = re.sub(r"Reference\(.*?\)", "Reference", repr(tree))
        assert shared.setdefault(words, bare) == bare
    assert len(shared) < len(month.layout.formulas) / 2


def test_deep_nesting_is_refused_not_followed() -> None:
    with pytest.raises(NotCompiled, match="deeply"):
        parse("(" * 5000 + "1" + ")" * 5000)


@pytest.mark.parametrize(
    "formula",
    ["INDIRECT(A1)", "LOOKUP(1,A1:A2)", "MATCH(1,A1:A2)", "MATCH(1,A1:A2,1)", "A1:A2+1", "SUM()", "A9", "nothing+1"],
)
def test_what_is_not_compiled_is_said(issue: Issue, formula: str) -> None:
    sheet = next(iter(issue.layout.formulas)).sheet
    layout = replace(issue.layout, formulas={Place(sheet, "A9"): formula})
    with pytest.raises(NotCompiled):
        compile_master(issue.master, layout)


@settings(max_examples=300)
@given(st.text(min_size=0, max_size=60))
def test_no_text_leaves_its_literal(words: str) -> None:
    """Whatever a scheme's text holds, the function gives just that text."""
    source = ShapeWriter("shape0", 0).source(Literal(words))
    space: dict[str, Any] = {"__builtins__": {}}
    exec(source, space)
    assert space["shape0"]([]) == words
    assert set(space) == {"__builtins__", "shape0"}
