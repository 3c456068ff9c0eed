"""实绩.xlsx from headquarters' systems: where it has the figure it scores, and what differs is said with both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from shared.simulated import exported

from xlkpi.batch import run
from xlkpi.checking.check import Checker
from xlkpi.cli.demo import fill_in
from xlkpi.headquarters.actuals import read_actuals
from xlkpi.headquarters.issuing import blanks
from xlkpi.issue import Actual, Issue
from xlkpi.library import explain
from xlkpi.scoring.trace import Step
from xlkpi.values import Absence

FIGURES = {
    "接车台次": 251.0, "维修产值": 252486.0, "维修毛利": 60574.0, "养护品": 19270.0, "精品": 3427.0, "轮胎": 7453.0,
    "交车台数": 600.0,
}  # fmt: skip


def test_the_list_is_read_with_the_cautions_of_every_list(issue: Issue, tmp_path: Path) -> None:
    """Headings that are mapped, units, blanks, what is not understood, another month, a dealer twice."""
    cases: list[tuple[list[list[Any]], dict[str, str], str, dict[str, Any], set[str]]] = [
        ([["代码", "接车台次"], ["D001", 250]], {}, "", {"接车台次": 250.0}, set()),
        ([["代码", "进厂数"], ["D001", 250]], {"进厂数": "接车台次"}, "", {"接车台次": 250.0}, set()),
        ([["代码", "产值(万元)"], ["D001", 25]], {"产值(万元)": "维修产值"}, "", {"维修产值": 250000.0}, {"XK-T074"}),
        ([["代码", "接车台次", "轮胎"], ["D001", None, 0]], {}, "", {"轮胎": 0.0}, set()),
        ([["代码", "接车台次"], ["D001", "约250"]], {}, "", {"接车台次": Absence.UNREADABLE}, {"XK-V002"}),
        ([["代码", "接车台次", "进厂数"], ["D001", 1, 2]], {}, "", {"接车台次": 1.0}, {"XK-T024"}),
        (
            [["代码", "接车台次"], ["D001", 1], ["D001", 2]], {}, "", {"接车台次": Absence.UNREADABLE},
            {"XK-T022", "XK-T069"},
        ),
        ([["代码", "接车台次"], ["D001", 1]], {"x": "没有的"}, "", {"接车台次": 1.0}, {"XK-T135"}),
        ([["代码", "接车台次"], ["D001", 1]], {}, "2026年10月 实绩", {}, {"XK-T061"}),
    ]  # fmt: skip
    for number, (rows, headings, above, expected, codes) in enumerate(cases):
        path = exported(tmp_path / f"{number}.xlsx", rows, above)
        read = read_actuals(path, issue.scheme, issue.roster, issue.month, headings=headings)
        assert {name: actual.value for name, actual in read.rows.get("D001", {}).items()} == expected, rows
        assert {finding.code for finding in read.findings} == codes, rows
        assert read.refused == bool(above)
    (actual,) = read_actuals(tmp_path / "0.xlsx", issue.scheme, issue.roster, issue.month).rows["D001"].values()
    assert actual.source == "0.xlsx Sheet!B2"


def steps(step: Step) -> Iterator[Step]:
    yield step
    for part in step.parts:
        yield from steps(part)


@pytest.fixture
def sent(issue: Issue, tmp_path: Path) -> Path:
    data = next(blank.data for blank in blanks(issue) if blank.dealer.code == "D001")
    path = tmp_path / "D001.xlsx"
    path.write_bytes(fill_in(data, {name: value for name, value in FIGURES.items() if name != "轮胎"}))
    return path


def known(issue: Issue, actuals: Mapping[str, Any], tolerances: Mapping[str, str], **more: Any) -> Issue:
    """The issue with headquarters' figures, and how far fields may be off."""
    fields = {
        name: entry.model_copy(update={"tolerance": tolerances[name]} if name in tolerances else {})
        for name, entry in issue.scheme.fields.items()
    }
    scheme = issue.scheme.model_copy(update={"fields": fields})
    figures = {name: Actual(value, f"实绩.xlsx 实绩!{name}") for name, value in actuals.items()}
    return replace(issue, scheme=scheme, actuals={"D001": figures}, **more)


def test_headquarters_figure_scores_and_what_differs_is_said(issue: Issue, sent: Path, tmp_path: Path) -> None:
    actuals = {
        "接车台次": 260.0,
        "维修产值": 252000.0,
        "维修毛利": 60575.0,
        "轮胎": 8000.0,
        "养护品": Absence.UNREADABLE,
    }
    doubled = known(issue, actuals, {"维修产值": "1%", "维修毛利": "1"})
    (scored,) = run(doubled, [sent], out=tmp_path / "out").assessments
    assert {name: scored.inputs[name] for name in actuals} == actuals
    assert scored.inputs["精品"] == FIGURES["精品"], "where the list has nothing the dealer's own counts"
    (differs,) = (finding for finding in scored.findings if finding.code == "XK-I047")
    assert (differs.field, differs.place) == ("接车台次", issue.layout.place("接车台次"))
    assert "251" in differs.message() and "260" in differs.message() and "实绩.xlsx 实绩!接车台次" in differs.message()
    provenance = {each.name: each for each in scored.provenance}
    assert provenance.keys() == actuals.keys()
    assert provenance["接车台次"].other.startswith(f"D001.xlsx {issue.layout.place('接车台次')}：251")
    assert provenance["轮胎"].other == "", "the dealer had left it blank"
    (path,) = (tmp_path / "out" / "assessed").iterdir()
    rows = list(load_workbook(path)["数据来源"].iter_rows(min_row=4, values_only=True))
    assert ("轮胎", str(issue.layout.place("轮胎")), 8000, "实绩.xlsx 实绩!轮胎", None) in rows
    assert (
        "没有采用：D001.xlsx" in {step.name: step.source for step in steps(explain(path, "接车台次").steps)}["接车台次"]
    )
    (checked,) = Checker(doubled).check([sent])
    assert [f.field for f in checked.findings if f.code == "XK-I047"] == ["接车台次"]
    assert not any(f.code == "XK-V001" and f.field == "轮胎" for f in checked.findings)


def test_how_far_apart_they_may_be(issue: Issue, sent: Path) -> None:
    """(tolerance, headquarters' figure for 251) → whether it is said."""
    for tolerance, figure, differs in (
        ("", 251.0, False), ("", 251.1, True), ("4", 255.0, False), ("4", 255.01, True), ("2%", 256.0, False),
        ("2%", 257.0, True), ("2%", 246.0, True), ("2%", 246.1, False),
    ):  # fmt: skip
        tolerances = {"接车台次": tolerance} if tolerance else {}
        (scored,) = run(known(issue, {"接车台次": figure}, tolerances), [sent]).assessments
        assert any(finding.code == "XK-I047" for finding in scored.findings) is differs, (tolerance, figure)


def test_a_decision_goes_before_headquarters_figure(issue: Issue, sent: Path) -> None:
    decided = known(issue, {"接车台次": 300.0}, {}, decided={"D001": {"接车台次": 280.0}})
    (scored,) = run(decided, [sent]).assessments
    assert scored.inputs["接车台次"] == 280.0
    assert not any(finding.code == "XK-I047" for finding in scored.findings)
    (told,) = scored.provenance
    assert "实绩.xlsx 实绩!接车台次：300" in told.other and "D001.xlsx" in told.other
