"""Many files: which counts, what stops nothing else, and one result however many processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import REAL_ANSWERS, RealMonth

from xlkpi.batch import WORTH_A_SECOND_PROCESS, Worker, default_jobs, read_all, score_all
from xlkpi.issue import Issue
from xlkpi.publish import Blank

Fill = Callable[[bytes, Mapping[str, Any]], bytes]


@pytest.fixture(scope="module")
def sent(issued_blanks: Mapping[str, Blank], fill: Fill, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what came back: two good files, one broken, one of nobody."""
    folder = tmp_path_factory.mktemp("filled")
    for code, blank in issued_blanks.items():
        (folder / f"{code}.xlsx").write_bytes(fill(blank.data, REAL_ANSWERS))
    (folder / "broken.xlsx").write_bytes((folder / "D001.xlsx").read_bytes()[:9000])
    (folder / "nothing.xlsx").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def inspected(issue: Issue, real_month: RealMonth) -> Issue:
    return replace(issue, inspections={code: dict(real_month.inspections) for code in issue.roster})


def test_broken_files_are_named_and_stop_nothing(issue: Issue, sent: Path) -> None:
    submissions, unusable = read_all(issue, sorted(sent.iterdir()))
    assert [submission.dealer for submission in submissions] == ["D001", "D002"]
    assert [(refused.file, refused.findings[0].code) for refused in unusable] == [
        ("broken.xlsx", "XK-F002"), ("nothing.xlsx", "XK-F001"),
    ]  # fmt: skip


def test_a_second_file_with_the_same_content_is_a_notice_with_the_one_that_counts(
    issue: Issue, sent: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "again.xlsx"
    copy.write_bytes((sent / "D001.xlsx").read_bytes())
    submissions, unusable = read_all(issue, [sent / "D001.xlsx", copy])
    assert [submission.file for submission in submissions] == ["D001.xlsx"]
    assert [finding.code for finding in submissions[0].findings] == ["XK-T006"]
    assert unusable == []


def test_a_second_file_with_other_content_leaves_none_that_counts(
    issue: Issue, sent: Path, blank: bytes, fill: Fill, tmp_path: Path
) -> None:
    other = tmp_path / "other.xlsx"
    other.write_bytes(fill(blank, {**REAL_ANSWERS, "轮胎": 9999}))
    for order in ([sent / "D001.xlsx", other, sent / "D002.xlsx"], [other, sent / "D002.xlsx", sent / "D001.xlsx"]):
        submissions, unusable = read_all(issue, order)
        assert [submission.dealer for submission in submissions] == ["D002"]
        assert {(refused.file, refused.dealer, refused.findings[-1].code) for refused in unusable} == {
            ("D001.xlsx", "D001", "XK-T005"), ("other.xlsx", "D001", "XK-T005"),
        }  # fmt: skip


def test_scores_and_assessed_workbooks_are_the_same_in_one_process_and_in_two(
    inspected: Issue, sent: Path, tmp_path: Path, real_month: RealMonth
) -> None:
    submissions, _ = read_all(inspected, [sent / "D001.xlsx", sent / "D002.xlsx"])
    alone = list(score_all(inspected, submissions, engine="formualizer", jobs=1, folder=tmp_path / "one"))
    shared = list(score_all(inspected, submissions, engine="formualizer", jobs=2, folder=tmp_path / "two"))
    assert shared == alone
    assert alone[0].total == pytest.approx(real_month.total, abs=1e-9)
    first = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert len(first) == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()} == first


def test_without_a_folder_nothing_is_written(
    inspected: Issue, sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    submissions, _ = read_all(inspected, [sent / "D001.xlsx"])
    assert [done.dealer for done in score_all(inspected, submissions, engine="formualizer", jobs=1)] == ["D001"]
    assert list(tmp_path.iterdir()) == []


def test_an_assessed_workbook_that_cannot_be_written_is_a_finding_and_the_score_stays(
    inspected: Issue, sent: Path, tmp_path: Path, real_month: RealMonth
) -> None:
    (tmp_path / "out").write_bytes(b"a file where the folder should be")
    submissions, _ = read_all(inspected, [sent / "D001.xlsx"])
    (done,) = score_all(inspected, submissions, engine="formualizer", jobs=1, folder=tmp_path / "out")
    assert done.total == pytest.approx(real_month.total, abs=1e-9)
    assert [finding.code for finding in done.findings] == ["XK-W001"]
    assert "out" in done.findings[0].message()


def test_findings_of_reading_arrive_in_the_assessment(
    inspected: Issue, blank: bytes, fill: Fill, tmp_path: Path
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(fill(blank, {**REAL_ANSWERS, "接车台次": "251台"}))
    submissions, _ = read_all(inspected, [path])
    (done,) = score_all(inspected, submissions, engine="formualizer", jobs=1)
    assert [finding.code for finding in done.findings] == ["XK-V009"]
    assert done.items[0].actual == 251.0


def test_a_worker_keeps_no_cells_when_it_is_done(inspected: Issue, sent: Path) -> None:
    submissions, _ = read_all(inspected, [sent / "D001.xlsx"])
    (done,) = score_all(inspected, submissions, engine="formualizer", jobs=1)
    assert done.cells == {}


def test_an_unknown_engine_raises(inspected: Issue) -> None:
    with pytest.raises(ValueError, match="no engine is named"):
        Worker(inspected, "abacus")


def test_a_second_process_is_started_for_many_files_only() -> None:
    assert default_jobs(WORTH_A_SECOND_PROCESS - 1, 8) == 1
    assert default_jobs(WORTH_A_SECOND_PROCESS, 8) == 8
    assert default_jobs(1000, 0) == 1
