"""The ranking workbook before LibreOffice: with the issued weights its live totals are the assessed ones, with other
weights those of a scheme that is issued with them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import REAL_ANSWERS, REAL_INSPECTIONS, REAL_TARGETS
from openpyxl import load_workbook
from shared.judges import equal, saved_by_libreoffice
from shared.months import ranks
from shared.submissions import submission_of

from xlkpi.headquarters.issuing import make_issue
from xlkpi.issue import Dealer, Issue
from xlkpi.month.month import Month, make_month
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import load_engine
from xlkpi.shown.ranking import ranking_workbook
from xlkpi.shown.ranking.heat import FIRST, HEAT, KEYS, WEIGHTS
from xlkpi.values import Absence

from .test_edge_schemes import EDGES, SCHEMES, Edge

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore:.*extension is not supported")]

# answers and inspections of five dealers of the shipped scheme; D4's tyres do not apply, D5 is vetoed in one item
FIVE: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "D1": ({}, {}),
    "D2": ({"接车台次": 310.0, "轮胎": 0.0}, {}),
    "D3": ({"精品": 19638.5, "维修产值": 100000.0}, {"计划退回次数": 1.0}),
    "D4": ({"养护品": 3000.0}, {}),
    "D5": ({"接车台次": 100.0}, {"培训次数": 1.0}),
}


def edge_standings(edge: Edge):
    """Every row of an edge scheme as a dealer of one month."""
    scheme, compiled = usable_scheme(str(SCHEMES / edge.name))
    roster = {f"R{n:02d}": Dealer(f"R{n:02d}", row.name) for n, row in enumerate(edge.rows)}
    targets = {
        code: edge.targets if row.dealer == "D001" else {**edge.targets, **edge.second}
        for code, row in zip(roster, edge.rows, strict=True)
    }
    issue = make_issue(scheme, compiled, month="2026-11", roster=roster, targets=targets)
    given = {code: {**edge.base, **row.change} for code, row in zip(roster, edge.rows, strict=True)}
    mine = scheme.by("dealer")
    answers = {c: {n: v for n, v in by.items() if v is not None and n in mine} for c, by in given.items()}
    checked = {c: {n: v for n, v in by.items() if v is not None and n not in mine} for c, by in given.items()}
    return _assessed(issue, answers, checked)


def five(folder: Path | None = None):
    """The five dealers under the shipped scheme, or a copy of it."""
    scheme, compiled = usable_scheme(str(folder) if folder else "service-assessment")
    roster = {code: Dealer(code, f"{code}店", "华东") for code in FIVE}
    targets = {code: {**REAL_TARGETS, **({"轮胎": Absence.NOT_APPLICABLE} if code == "D4" else {})} for code in FIVE}
    issue = make_issue(scheme, compiled, month="2026-11", roster=roster, targets=targets)
    answers = {code: {**REAL_ANSWERS, **more} for code, (more, _) in FIVE.items()}
    return _assessed(issue, answers, {code: {**REAL_INSPECTIONS, **more} for code, (_, more) in FIVE.items()})


def _assessed(issue: Issue, answers: Mapping[str, Any], inspections: Mapping[str, Any]) -> Month:
    engine = load_engine("formualizer", issue.master, issue.layout)
    checked = replace(issue, inspections=inspections)
    done = [assess(checked, engine, submission_of(checked, code, answers[code])) for code in issue.roster]
    return make_month(checked, "formualizer", done)


def without_caches(data: bytes, weights: Mapping[str, float] = {}) -> bytes:
    """The workbook with other weights (by 权重's cell) and nothing cached: every value is then LibreOffice's own."""
    book = load_workbook(io.BytesIO(data))
    for cell, weight in weights.items():
        assert isinstance(book[WEIGHTS][cell].value, int | float), cell
        book[WEIGHTS][cell] = weight
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def weight_cells(data: bytes, column: str, names: str) -> dict[str, str]:
    """Which cell of 权重 holds a weight, by what stands in the names' column."""
    sheet = load_workbook(io.BytesIO(data))[WEIGHTS]
    return {sheet[f"{names}{row}"].value: f"{column}{row}" for row in range(5, sheet.max_row + 1)}


def tried(data: bytes) -> dict[str, tuple[Any, Any]]:
    """Total and rank that 热力图 shows, by dealer."""
    sheet = load_workbook(io.BytesIO(data), data_only=True)[HEAT]
    headings = [column.heading for column in KEYS]
    rows = sheet.iter_rows(min_row=FIRST + 1, values_only=True)
    return {r[0]: (r[headings.index("试算总分")], r[headings.index("试算名次")]) for r in rows if r[0]}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, copy_with: Callable[..., Path]) -> dict[str, tuple[Month, Month]]:
    """By file: what the workbook was made of, and whose totals it must show."""
    edges = {name: edge_standings(edge) for name, edge in EDGES.items()}
    issued = five()
    items = five(copy_with({"接车台次": ("15", "20"), "维修产值": ("10", "5")}))
    group = five(copy_with({
        "接车台次": ("15", "18"), "维修产值": ("10", "12"), "维修毛利": ("15", "18"), "养护品": ("5", "6"),
        "精品": ("5", "6"), "轮胎": ("5", "6"), "经营指标": ("55", "66"),
    }))  # fmt: skip
    return {name: (run, run) for name, run in edges.items()} | {
        "issued": (issued, issued), "items": (issued, items), "group": (issued, group)
    }  # fmt: skip


@pytest.fixture(scope="module")
def copy_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    import re
    import shutil

    from xlkpi.resources import templates

    def copy(points: Mapping[str, tuple[str, str]]) -> Path:
        folder = tmp_path_factory.mktemp("scheme") / "service-assessment"
        shutil.copytree(templates() / "schemes" / "service-assessment", folder)
        path = folder / "assessment.yaml"
        text = path.read_text("utf-8")
        for name, (before, after) in points.items():
            text, count = re.subn(
                rf"((?:item|group): {name}\n\s+(?:en: .*\n\s+)?points: ){before}\b", rf"\g<1>{after}", text
            )
            assert count == 1, name
        path.write_text(text, "utf-8")
        return folder

    return copy


@pytest.fixture(scope="module")
def made(runs: Mapping[str, tuple[Month, Month]]) -> dict[str, bytes]:
    """The workbooks as they are written."""
    return {name: ranking_workbook(run.standings) for name, (run, _) in runs.items()}


@pytest.fixture(scope="module")
def judged(made: Mapping[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    items, groups = weight_cells(made["items"], "F", "D"), weight_cells(made["items"], "C", "A")
    changes = {
        "items": {items["接车台次"]: 20, items["维修产值"]: 5}, "group": {groups["经营指标"]: 66}
    }  # fmt: skip
    given = {name: without_caches(data, changes.get(name, {})) for name, data in made.items()}
    return saved_by_libreoffice(given, tmp_path_factory.mktemp("ranking"))


@pytest.mark.parametrize("name", [*EDGES, "issued", "items", "group"])
def test_totals_and_ranks_are_those_of_the_assessment(
    runs: Mapping[str, tuple[Month, Month]], judged: Mapping[str, bytes], name: str
) -> None:
    wanted: list[Assessment] = list(runs[name][1].assessments)
    places = ranks(wanted)
    shown = tried(judged[name])
    assert shown == {a.dealer: (a.published, places.get(a.dealer, "—")) for a in wanted}
    if name != "issued" and name not in EDGES:
        assert shown != tried(judged["issued"]), "the weights moved nothing: the test would not see them"


@pytest.mark.parametrize("name", [*EDGES, "issued"])
def test_what_is_stored_is_what_every_formula_gives(
    made: Mapping[str, bytes], judged: Mapping[str, bytes], name: str
) -> None:
    """A reader that does not recalculate and one that does show the same, on every sheet."""
    formulas, stored, live = (
        load_workbook(io.BytesIO(data), data_only=values)
        for data, values in ((made[name], False), (made[name], True), (judged[name], True))
    )
    unlike, seen = [], set()
    for sheet in formulas.worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            seen.add(sheet.title)
            pair = stored[sheet.title][cell.coordinate].value, live[sheet.title][cell.coordinate].value
            if not equal(*pair):
                unlike.append(f"{sheet.title}!{cell.coordinate}: {pair[0]!r} ≠ {pair[1]!r}, {cell.value}")
    assert {"总览", HEAT, WEIGHTS} <= seen
    assert not unlike, "\n".join(unlike[:30])


def test_no_formula_gives_an_error(judged: Mapping[str, bytes]) -> None:
    for name, data in judged.items():
        for sheet in load_workbook(io.BytesIO(data), data_only=True).worksheets:
            errors = [c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "e"]
            assert not errors, (name, sheet.title, errors)
