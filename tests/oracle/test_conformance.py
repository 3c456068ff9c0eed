"""Every edge case of every rule file, rendered as the compiler renders it, in three evaluators that know nothing of
each other: formualizer, `formulas` and LibreOffice. All cases stand in one workbook without cached values.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from shared.judges import JUDGES, by_libreoffice, equal, formula_cells, recalculated
from shared.tables import table

from xlkpi.scheme.formulas import MISSING, Formula, Name, Number, Term
from xlkpi.scheme.judging import base_points
from xlkpi.scheme.rules import Case, Rendered, Rule, bind, load_rules, render
from xlkpi.values import CellContent, CellFault, Place

SHEET = "算例"
CANARY = 87654.321


@dataclass(frozen=True)
class Example:
    """A case as it stands in the workbook: in an input cell or as another formula's result, and with what word."""

    id: str
    rule: Rule
    case: Case
    row: int
    entered: bool  # the subject is an input cell, which may be blank; else a formula, which says 未填
    blank: bool  # 未填 as an empty cell

    @property
    def result(self) -> Place:
        return Place(SHEET, f"A{self.row}")

    @property
    def sentence(self) -> Place:
        return Place(SHEET, f"B{self.row}")


@dataclass
class Book:
    """The workbook under construction."""

    book: Workbook = field(default_factory=Workbook)
    sentences: set[Place] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.sheet = self.book.worksheets[0]
        self.sheet.title = SHEET

    def cell(self, name: str, column: int, row: int, content: Any) -> None:
        cell = self.sheet.cell(row, column)
        cell.value = f"={content.text}" if isinstance(content, Formula) else content
        self.book.defined_names[name] = DefinedName(name, attr_text=f"'{SHEET}'!${cell.column_letter}${row}")

    def put(self, example: Example) -> None:
        """The case's inputs, points, formula and sentence in one row, each with a name of its own."""
        row, case = example.row, example.case
        mine = {given: f"{given}_例{row}" for given in case.given}
        for position, (given, value) in enumerate(case.given.items()):
            missing = example.blank and value == MISSING
            self.cell(mine[given], 5 + position, row, None if missing else value)
        points = Name(f"分值_例{row}", kind="points")
        result = Name(f"结果_例{row}", kind="points")
        self.cell(points.name, 4, row, Number(case.points).value)
        rendered, formula = _render(example, mine, points, result)
        self.cell(result.name, 1, row, formula)
        if rendered.sentence is not None:
            self.sheet.cell(row, 2).value = f"={rendered.sentence.text}"
            self.sentences.add(example.sentence)

    def data(self) -> bytes:
        buffer = io.BytesIO()
        self.book.save(buffer)
        return buffer.getvalue()


def _render(example: Example, mine: Mapping[str, str], points: Name, result: Name) -> tuple[Rendered, Formula]:
    """As xlkpi.scheme.compile does for each kind of rule."""
    rule = example.rule

    def resolve(name: str) -> Name:
        shown = {"率": "rate", "意度": "rate", "日": "day", "次数": "count"}
        kind = next((kind for end, kind in shown.items() if name.endswith(end)), "number")
        words = tuple(rule.words.items())
        return Name(mine[name], label=name, kind=kind, words=words, may_be_blank=example.entered)

    bound = bind(rule, example.case.arguments, resolve)
    if rule.kind == "score":
        rendered = base_points(rule, bound, points, result)
        return rendered, rendered.formula
    if rule.kind == "clause":
        rendered = render(rule, bound, points, result=result)
        return rendered, rendered.formula
    constant: Term = points if rule.kind in ("gate", "not_applicable") else Number("0")
    rendered = render(rule, bound, constant)
    if rule.kind == "not_applicable":
        assert rendered.factor is not None
        return rendered, rendered.factor
    return rendered, rendered.formula


def _examples() -> list[Example]:
    found: list[Example] = []
    for rule in load_rules().values():
        for number, case in enumerate(rule.cases, 1):
            missing = MISSING in case.given.values()
            ways = [(False, False)]
            if rule.kind in ("score", "clause"):  # the others only ever judge the tool's own cells
                ways += [(True, False), (True, True)] if missing else [(True, False)]
            for entered, blank in ways:
                shown = "、".join(f"{k}={v}" for k, v in case.given.items())
                way = "blank" if blank else "entered" if entered else "computed"
                name = f"{rule.name}-{number}-{shown}-{way}"
                found.append(Example(name, rule, case, len(found) + 2, entered, blank))
    return found


EXAMPLES = _examples()
MARKS = {"libreoffice": [pytest.mark.oracle], "formulas": [pytest.mark.slow]}
WITH_JUDGE = [pytest.param(judge, marks=MARKS.get(judge, [])) for judge in JUDGES]


class Court:
    """The workbook, and each judge's values, computed when first asked for."""

    def __init__(self, folder: Any):
        self.folder = folder
        book = Book()
        book.sheet.cell(1, 3).value = CANARY / 3
        book.sheet.cell(1, 1).value = "=ROUND(C1*3,3)"
        for example in EXAMPLES:
            book.put(example)
        self.sentences = book.sentences
        self.data = book.data()
        self.places = formula_cells(self.data)
        self._ruled: dict[str, Mapping[Place, CellContent]] = {}

    def rules(self, judge: str) -> Mapping[Place, CellContent]:
        if judge not in self._ruled:
            if judge == "libreoffice":
                values = by_libreoffice({"cases": self.data}, {"cases": self.places}, self.folder)["cases"]
            else:
                values = recalculated(judge, self.data, self.places)
            self._ruled[judge] = values
        return self._ruled[judge]


@pytest.fixture(scope="session")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    return Court(tmp_path_factory.mktemp("conformance"))


def test_every_rule_has_cases_and_every_case_is_in_the_workbook(court: Court) -> None:
    assert all(rule.cases for rule in load_rules().values())
    expected = {example.result for example in EXAMPLES} | court.sentences | {Place(SHEET, "A1")}
    assert set(court.places) == expected
    assert {e.rule.name for e in EXAMPLES if e.sentence in court.sentences} == {
        rule.name for rule in load_rules().values() if rule.kind in ("score", "clause")
    }


@pytest.mark.parametrize("judge", WITH_JUDGE)
def test_the_judge_computes_at_all(court: Court, judge: str) -> None:
    """The canary: an evaluator that skips formulas gives blanks or zeros, and every case that gives 0 would pass."""
    assert court.rules(judge)[Place(SHEET, "A1")] == pytest.approx(CANARY, abs=1e-9)


@pytest.mark.parametrize("judge", WITH_JUDGE)
@table("example", EXAMPLES)
def test_case_gives(court: Court, judge: str, example: Example) -> None:
    got = court.rules(judge)[example.result]
    assert equal(got, example.case.gives), (
        f"{judge}: {got!r}, wanted {example.case.gives!r}: ={court.places[example.result]}"
    )
    if isinstance(example.case.gives, float):
        assert isinstance(got, float), f"{judge} gives {got!r}, which only counts as a number"


@pytest.mark.parametrize("judge", WITH_JUDGE)
def test_every_sentence_is_text(court: Court, judge: str) -> None:
    """The sentence explains the result whatever was given: never an error, never empty, never a bare number."""
    ruled = court.rules(judge)
    wrong = [
        f"{place}: {ruled[place]!r} from ={court.places[place]}"
        for place in sorted(court.sentences)
        if not isinstance(ruled[place], str) or isinstance(ruled[place], CellFault) or "#" in str(ruled[place])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.oracle
@pytest.mark.parametrize("judges", [("formualizer", "libreoffice"), pytest.param(JUDGES, marks=pytest.mark.slow)])
def test_they_agree_on_every_sentence(court: Court, judges: tuple[str, ...]) -> None:
    ruled = {judge: court.rules(judge) for judge in judges}
    wrong = [
        f"{place}: " + " | ".join(f"{judge}: {ruled[judge][place]}" for judge in judges)
        for place in sorted(court.sentences)
        if len({ruled[judge][place] for judge in judges}) > 1
    ]
    assert not wrong, "\n".join(wrong)
