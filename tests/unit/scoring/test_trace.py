"""Tracing: the explanation is read off the workbook, not believed by the program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import AssessWith, RealMonth
from shared.packages import edited, put

from xlkpi.intake.guard import Refused
from xlkpi.issue import Issue
from xlkpi.scoring.trace import NoTrace, Step, trace_item
from xlkpi.workbook.stamp import Stamper


@pytest.fixture(scope="module")
def assessed(issue: Issue, assess_with: AssessWith, real_month: RealMonth) -> bytes:
    done = assess_with(real_month.answers, real_month.inspections)
    return Stamper(issue.layout, issue.master).stamp(done.cells, issue.marker("D001"))


@pytest.fixture
def file(assessed: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "D001.xlsx"
    path.write_bytes(assessed)
    return path


def walk(step: Step) -> Iterator[Step]:
    yield step
    for part in step.parts:
        yield from walk(part)


def test_an_item_is_traced_from_its_score_down_to_the_inputs(file: Path, issue: Issue, real_month: RealMonth) -> None:
    trace = trace_item(file, "接车台次")
    assert trace.score == pytest.approx(real_month.scores["接车台次"], abs=1e-9)
    assert trace.points == 15.0
    steps = {step.name: step for step in walk(trace.steps)}
    assert trace.steps.name == "接车台次_得分"
    assert steps["接车台次_基础分"].value == pytest.approx(12.14516129032258)
    assert (steps["接车台次"].value, steps["接车台次"].place, steps["接车台次"].formula) == (
        251.0,
        issue.layout.place("接车台次"),
        "",
    )
    assert steps["接车台次_目标"].value == 310.0
    assert steps["接车台次_完成率"].formula == issue.layout.formulas[issue.layout.place("接车台次_完成率")]


def test_the_trace_says_the_same_sentence_as_the_workbook(
    file: Path, assess_with: AssessWith, real_month: RealMonth
) -> None:
    done = assess_with(real_month.answers, real_month.inspections)
    for item in done.items:
        assert trace_item(file, item.id).sentence == item.trace


def test_clauses_come_with_their_outcomes(file: Path) -> None:
    clauses = trace_item(file, "绩效管理").clauses
    assert [outcome for _, outcome in clauses] == [0.0, 0.0, 0.0, "达到"]
    assert clauses[0][0] == "绩效沟通会未按时（6 号前）召开：扣 5 分"
    assert trace_item(file, "接车台次").clauses[0] == ("完成率 <100%：按比例得分", None)


def test_other_items_stay_out_of_the_tree(file: Path) -> None:
    names = {step.name for step in walk(trace_item(file, "轮胎").steps)}
    assert not any(name.startswith(("接车台次", "精品")) for name in names)


def test_an_altered_number_shows_in_the_trace_because_it_is_read_from_the_file(
    assessed: bytes, tmp_path: Path, issue: Issue
) -> None:
    place = issue.layout.place("接车台次")
    path = tmp_path / "x.xlsx"
    path.write_bytes(edited(assessed, entry=lambda t: put(t, place.ref, f'<c r="{place.ref}"><v>999</v></c>')))
    assert {step.name: step.value for step in walk(trace_item(path, "接车台次").steps)}["接车台次"] == 999.0


def test_an_unknown_item_is_told_which_there_are(file: Path) -> None:
    with pytest.raises(NoTrace, match="没有细项“轮台”；有：接车台次、维修产值"):
        trace_item(file, "轮台")


def test_a_workbook_without_results_is_sent_to_be_scored_first(filled: bytes, tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    path.write_bytes(filled)
    with pytest.raises(NoTrace, match="没有计算结果；请先用 xlkpi score 评分"):
        trace_item(path, "接车台次")


def test_a_workbook_of_others_has_no_items(tmp_path: Path) -> None:
    from openpyxl import Workbook

    Workbook().save(tmp_path / "x.xlsx")
    with pytest.raises(NoTrace, match="有：无"):
        trace_item(tmp_path / "x.xlsx", "接车台次")


def test_an_unsafe_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"no")
    with pytest.raises(Refused):
        trace_item(tmp_path / "x.xlsx", "接车台次")
