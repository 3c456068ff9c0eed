"""The one real month that the source prints, by every road on which its numbers leave the tool, and by three judges."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from shared.judges import ENGINES, by_libreoffice, differences, recalculated, stored_values, without_values

from xlkpi.cli.demo import Demo, run_demo
from xlkpi.headquarters.inspections import read_inspections
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scoring.assess import assess
from xlkpi.scoring.audit import audit_workbook
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent

if TYPE_CHECKING:
    from conftest import RealMonth

SCORES = {  # worked out by hand from the printed month; not taken from the code under test
    "接车台次": 12.14516129032258, "维修产值": 7.984282266510831, "维修毛利": 15, "养护品": 5,
    "精品": 0.8725208137077679, "轮胎": 2.223833479540016,
    "计划执行": 10, "资金计划": 10, "绩效管理": 10, "质量管理": 10, "学习成长": 5,
}  # fmt: skip
TOTAL = 88.2257978500812


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return run_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def issue(demo: Demo) -> Issue:
    """The demonstration's issue as it lies in its folder, and the inspections that were entered."""
    issued = Issue.load(demo.folder / "blank")
    entered = read_inspections(demo.folder / "inspections.xlsx", issued.scheme, issued.roster, issued.month)
    return replace(issued, inspections=entered.rows)


@pytest.fixture(scope="module")
def assessed(demo: Demo) -> bytes:
    """The real dealer's assessed workbook, as written."""
    (path,) = demo.assessed.glob("D001_*.xlsx")
    return path.read_bytes()


def _right(scores: dict[str, Any], total: Any) -> None:
    assert scores == {item: pytest.approx(score, abs=1e-9, rel=0) for item, score in SCORES.items()}
    assert total == pytest.approx(TOTAL, abs=1e-9, rel=0)


def test_the_numbers_are_those_of_the_sources_clauses(real_month: RealMonth) -> None:
    """Worked out from targets and actuals once more: proportion, the 40 % threshold, full points."""
    done = {name: real_month.answers[name] / target for name, target in real_month.targets.items()}
    by_hand = {
        "接车台次": 15 * done["接车台次"], "维修产值": 10 * done["维修产值"],
        "维修毛利": 15 if done["维修毛利"] >= 0.4 else None, "养护品": 5 if done["养护品"] >= 1 else None,
        "精品": 5 * done["精品"], "轮胎": 5 * done["轮胎"],
    }  # fmt: skip
    assert by_hand == {item: pytest.approx(SCORES[item], abs=1e-9, rel=0) for item in by_hand}
    assert sum(by_hand.values()) + 10 * 4 + 5 == pytest.approx(TOTAL, abs=1e-9, rel=0)


def test_scores_json(demo: Demo) -> None:
    data = json.loads((demo.folder / "out" / "scores.json").read_text("utf-8"))
    dealer = data["dealers"][0]
    assert (dealer["dealer"], dealer["status"], dealer["published"], dealer["grade"]) == (
        "D001",
        "scored",
        88.2,
        "良好",
    )
    assert dealer["total_range"] == [dealer["total"], dealer["total"]]
    _right({item["id"]: item["score"] for item in dealer["items"]}, dealer["total"])


def test_cached_values_of_the_assessed_workbook(issue: Issue, assessed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "assessed.xlsx"
    path.write_bytes(assessed)
    book = load_workbook(path, data_only=True)

    def value(name: str) -> CellContent:
        ((sheet, ref),) = book.defined_names[name].destinations
        return book[sheet][ref.replace("$", "")].value

    _right({item: value(f"{item}_得分") for item in SCORES}, value("总分"))
    place = issue.layout.place("总分")
    assert load_workbook(path)[place.sheet][place.ref].data_type == "f"  # the formulas are alive beside them


SOONEST = [pytest.param(name, marks=pytest.mark.slow if name == "formulas" else ()) for name in ENGINES]


@pytest.mark.oracle
def test_libreoffice_recalculates_a_copy_without_cached_values(issue: Issue, assessed: bytes, tmp_path: Path) -> None:
    layout = issue.layout
    bare = stored_values(without_values(assessed), layout.formulas)
    assert set(bare.values()) == {None}, "the copy still holds values, so nothing would be proven"
    cells = by_libreoffice({"D001": assessed}, {"D001": layout.formulas}, tmp_path)["D001"]
    _right({item: cells[layout.place(f"{item}_得分")] for item in SCORES}, cells[layout.place("总分")])
    unlike = differences(stored_values(assessed, layout.formulas), cells, layout.formulas)
    assert not unlike, "\n".join(unlike)


@pytest.mark.parametrize("engine", SOONEST)
def test_each_engine_from_the_dealers_file(demo: Demo, issue: Issue, engine: str) -> None:
    """Not from the cached values: the filled workbook is read, put into the issued master and evaluated."""
    (path,) = (demo.folder / "filled").glob("D001_*.xlsx")
    sent = read_submission(issue, path)
    assert isinstance(sent, Submission)
    done = assess(issue, load_engine(engine, issue.master, issue.layout), sent)
    _right({item.id: item.score for item in done.items}, done.total)
    assert done.engine == engine


@pytest.mark.parametrize("engine", SOONEST)
def test_each_engine_recalculates_the_assessed_workbook(issue: Issue, assessed: bytes, engine: str) -> None:
    places = issue.layout.formulas
    unlike = differences(stored_values(assessed, places), recalculated(engine, assessed, places), places)
    assert not unlike, "\n".join(unlike)


@pytest.mark.slow
def test_the_second_opinion_finds_nothing_in_the_demo(demo: Demo) -> None:
    """`xlkpi audit` over a file with zeros, small numbers and 不适用: a false alarm here cries wolf for ever."""
    (path,) = demo.assessed.glob("D007_*.xlsx")
    audit = audit_workbook(path)
    assert audit.cells > 200
    assert audit.differences == ()
