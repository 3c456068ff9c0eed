"""Every figure of every pack, computed by hand beforehand: `cases/<pack>.yaml`.

An entry is one of
  {indicator: NAME, given: {FIELD: value, …}, gives: number or word, worked: the arithmetic written out}
  {relation: NAME, given: …, holds: true or false, worked: …}
  {diagnosis: PROBLEM, given: …, shows: true or false, weighs: stake, worked: …}
A name that `given` leaves out (or null) is blank; a table's column is given as a list. Cases of indicators are given
entered figures and constants; those of relations and diagnoses whatever their condition names, indicators included.
"""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import formualizer
import pytest
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from shared.tables import table

from xlkpi.scheme.cells import COLUMN, MONTH, SHOWS, of_diagnosis, of_field
from xlkpi.scheme.files import plain
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.formulas import MISSING, NOT_APPLICABLE, UNREADABLE, number_value
from xlkpi.scheme.lined import read
from xlkpi.scheme.lint import lint_scheme
from xlkpi.scheme.load import pack_files
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parsing import parse

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
WORDS = {MISSING, NOT_APPLICABLE, UNREADABLE}
SHEET, ROWS = "算例", 20
INPUTS, FORMULAS = 1, 3  # columns; a table's columns stand from the fifth on

KINDS = {"indicator": "indicators", "relation": "relations", "diagnosis": "diagnoses"}


@cache
def pack_of(path: Path) -> dict[str, Any]:
    return plain(read(path.read_text("utf-8")))


@dataclass(frozen=True)
class Case:
    pack: str
    number: int
    entry: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if kind in self.entry)

    @property
    def name(self) -> str:
        return self.entry[self.kind]

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.entry.get("given") or {})

    def __str__(self) -> str:
        return f"{self.pack}-{self.number}-{self.name}"


@cache
def all_cases() -> tuple[Case, ...]:
    return tuple(
        Case(path.stem, number, plain(entry))
        for path in CASES
        for number, entry in enumerate(read(path.read_text("utf-8")), 1)
    )


def cases(kind: str) -> list[Case]:
    return [case for case in all_cases() if case.kind == kind]


@cache
def everything() -> tuple[Scheme, Compiled]:
    """A scheme that takes in every pack there is, whatever the shipped schemes leave out."""
    packs = "".join(f"- {name}\n" for name in [*pack_files(), "service-assessment"])
    head = 'scheme: all-packs\ntitle: 全部\nen: All packs\nversion: "1"\nvalid: {from: 2026-01}\n'
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "scheme.yaml").write_text(f"{head}packs:\n{packs}", "utf-8")
        scheme, compiled, problems = lint_scheme(folder)
    assert problems == [], "\n".join(map(str, problems))
    assert scheme is not None
    assert compiled is not None
    return scheme, compiled


# ------------------------------------------------------------------ a workbook of named cells


@dataclass
class Book:
    """Formulas in named cells over inputs in named cells, in one workbook that formualizer evaluates."""

    formulas: Mapping[str, str]
    inputs: Mapping[str, float | str | None]  # name: what stands there when a case says nothing
    columns: tuple[str, ...] = ()
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = SHEET

        def name(of: str, column: int, first: int, last: int) -> None:
            letter = get_column_letter(column)
            area = f"${letter}${first}" + (f":${letter}${last}" if last > first else "")
            book.defined_names[of] = DefinedName(of, attr_text=f"'{SHEET}'!{area}")

        for row, of in enumerate(self.inputs, 1):
            name(of, INPUTS, row, row)
        for row, (of, text) in enumerate(self.formulas.items(), 1):
            sheet.cell(row, FORMULAS).value = f"={text}"
            name(of, FORMULAS, row, row)
            self.places[of] = row
        for column, of in enumerate(self.columns, 5):
            name(of, column, 1, ROWS)
        buffer = io.BytesIO()
        book.save(buffer)
        config = formualizer.WorkbookConfig(mode=formualizer.WorkbookMode.Ephemeral)
        self.book = formualizer.Workbook.from_bytes(buffer.getvalue(), config=config)

    def values(self, given: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
        """The values of the wanted formulas, with these inputs and nothing else filled in."""
        unknown = set(given) - set(self.inputs) - set(self.columns)
        assert not unknown, f"a case gives {sorted(unknown)}, which nothing here reads"
        filled = {**self.inputs, **{name: value for name, value in given.items() if name in self.inputs}}
        self.book.set_values_batch(SHEET, 1, INPUTS, [[as_cell(value)] for value in filled.values()])
        for column, name in enumerate(self.columns, 5):
            rows = list(given.get(name, ()))
            rows += [None] * (ROWS - len(rows))
            self.book.set_values_batch(SHEET, 1, column, [[as_cell(value)] for value in rows])
        self.book.evaluate_all()
        return {name: self.book.get_value(SHEET, self.places[name], FORMULAS) for name in wanted}


def as_cell(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def standards(scheme: Scheme) -> dict[str, float | None]:
    """The bounds of every guide; None where headquarters fills them in."""
    found: dict[str, float | None] = {}
    for name, indicator in scheme.indicators.items():
        for bound in indicator.bounds:
            guide = indicator.guide
            text = (guide.low if bound == "下限" else guide.high) if guide else None
            found[of_field(name, bound)] = None if text is None else number_value(text)
    return found


def entered(scheme: Scheme, compiled: Compiled) -> dict[str, float | str | None]:
    """Every name that is an input, with what the scheme itself says of it."""
    known: dict[str, float | str | None] = {name: number_value(c.value) for name, c in scheme.constants.items()}
    known |= standards(scheme) | {MONTH: "2026-05"}  # every workbook has its month
    names = (n for n, name in compiled.names.items() if n not in compiled.formulas and name.kind != COLUMN)
    return {name: known.get(name) for name in names}


@pytest.fixture(scope="module")
def indicators() -> Book:
    """All indicators and completions of all packs over their inputs."""
    scheme, compiled = everything()
    wanted: dict[str, str] = {}

    def need(name: str) -> None:
        if name in compiled.formulas and name not in wanted:
            wanted[name] = compiled.formulas[name]
            for part in parse(compiled.formulas[name]).names:
                need(part)

    for name in scheme.indicators:
        need(name)
    columns = tuple(n for n, name in compiled.names.items() if name.kind == COLUMN)
    return Book(wanted, entered(scheme, compiled), columns)


@pytest.fixture(scope="module")
def conditions() -> Book:
    """The 校验 cells of relations and the diagnoses, over whatever they name."""
    scheme, compiled = everything()
    made = [of_field(name, "校验") for name in {relation.at for relation in scheme.relations}]
    for number in range(1, len(scheme.diagnoses) + 1):
        made += [of_diagnosis(number, "触发"), of_diagnosis(number, "轻重")]
    wanted = {name: compiled.formulas[name] for name in made}
    named = dict.fromkeys(part for text in wanted.values() for part in parse(text).names if part not in wanted)
    return Book(wanted, {name: None for name in named if compiled.names[name].kind != COLUMN})


# ------------------------------------------------------------------ the cases


@table("case", cases("indicator"))
def test_the_indicator_gives_what_was_worked_out_by_hand(case: Case, indicators: Book) -> None:
    found = indicators.values(case.given, [case.name])[case.name]
    expected = case.entry["gives"]
    worked = f"{case.name}: {case.entry['worked']}"
    if isinstance(expected, str):
        assert found == expected, worked
    else:
        assert isinstance(found, int | float), f"{worked}: {found!r}"
        assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9), f"{worked}: {found!r}"


@table("case", cases("relation"))
def test_the_relation_speaks_when_it_does_not_hold(case: Case, conditions: Book) -> None:
    scheme, _ = everything()
    (relation,) = (r for r in scheme.relations if r.name == case.name)
    cell = of_field(relation.at, "校验")
    expected = "" if case.entry["holds"] else relation.text
    found = conditions.values(case.given, [cell])[cell]
    assert (found or "") == expected, case.entry["worked"]


@table("case", cases("diagnosis"))
def test_the_diagnosis_shows_and_weighs_what_was_worked_out_by_hand(case: Case, conditions: Book) -> None:
    scheme, _ = everything()
    (number,) = (n for n, diagnosis in enumerate(scheme.diagnoses, 1) if diagnosis.problem == case.name)
    shows, weight = of_diagnosis(number, "触发"), of_diagnosis(number, "轻重")
    found = conditions.values(case.given, [shows, weight])
    assert (found[shows] or "") == (SHOWS if case.entry["shows"] else ""), case.entry["worked"]
    if "weighs" in case.entry:  # less a hair by position, which keeps equal weights apart
        assert math.isclose(found[weight], case.entry["weighs"], abs_tol=1e-6), case.entry["worked"]


def names_in(path: Path, kind: str) -> set[str]:
    entries = pack_of(path).get(KINDS[kind], {})
    return (
        set(entries) if kind == "indicator" else {e["relation" if kind == "relation" else "problem"] for e in entries}
    )


@pytest.mark.parametrize("pack", pack_files())
def test_every_indicator_and_diagnosis_has_a_case(pack: str) -> None:
    for kind in ("indicator", "diagnosis"):
        told = {case.name for case in cases(kind) if case.pack == pack}
        assert names_in(pack_files()[pack], kind) - told == set(), (
            f"add cases to tests/unit/scheme/packs/cases/{pack}.yaml"
        )


@pytest.mark.parametrize("pack", [p for p, f in pack_files().items() if "relations" in pack_of(f)])
def test_relations_with_cases_are_seen_to_hold_and_to_fail(pack: str) -> None:
    for outcome in (True, False):
        told = {case.name for case in cases("relation") if case.pack == pack and case.entry["holds"] is outcome}
        assert names_in(pack_files()[pack], "relation") - told == set(), f"holds: {outcome}"


def test_every_case_belongs_to_its_pack_and_shows_its_arithmetic() -> None:
    for kind in KINDS:
        for case in cases(kind):
            assert case.name in names_in(pack_files()[case.pack], kind), f"{case} is not in its pack"
            assert case.entry.get("worked"), f"{case} does not show its arithmetic"


# ------------------------------------------------------------------ absence


@pytest.mark.parametrize(
    ("word", "filled"), [("blank", None), ("zero", 0.0), *((word, word) for word in sorted(WORDS))]
)
def test_whatever_is_lacking_no_indicator_shows_an_error(word: str, filled: Any, indicators: Book) -> None:
    """All inputs blank, zero, or one of the words; constants and printed standards stand."""
    scheme, _ = everything()
    given = dict.fromkeys((name for name, value in indicators.inputs.items() if value is None), filled)
    found = indicators.values(given, scheme.indicators)
    allowed = {MISSING} if word == "blank" else WORDS
    number = word == "zero"  # then a number is as good
    assert {n: v for n, v in found.items() if v not in allowed and not (number and isinstance(v, int | float))} == {}


def test_no_indicator_divides_without_a_guard_against_zero() -> None:
    scheme, compiled = everything()
    dividing = [name for name, indicator in scheme.indicators.items() if "/" in indicator.formula]
    assert [name for name in dividing if "IFERROR(" not in compiled.formulas[name]] == []


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.7499, "偏低"), (0.75, "达标"), (1.0, "达标"), (1.05, "达标"), (NOT_APPLICABLE, NOT_APPLICABLE)],
)
def test_beyond_the_good_end_of_a_band_an_indicator_is_on_its_guide(share: float | str, said: str) -> None:
    _, compiled = everything()
    cell = "费用吸收率_评价"
    bounds = {"费用吸收率_下限": 0.75, "费用吸收率_上限": 1.0}
    book = Book({cell: compiled.formulas[cell]}, {"费用吸收率": None, **bounds})
    assert book.values({"费用吸收率": share}, [cell]) == {cell: said}
