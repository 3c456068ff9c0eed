"""Many files: which counts, what stops nothing else, one result however many processes, and going on after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import REAL_ANSWERS, RealMonth

from xlkpi.batch import BackgroundTasks, Batch, Expected, Filing, default_jobs, run, score_here, score_in_processes
from xlkpi.batch.processes import WORTH_A_SECOND_PROCESS
from xlkpi.batch.receipts import Receipt
from xlkpi.batch.work import FileOutcome, Setup, SourceFile, Worker, assessment_of, encoded
from xlkpi.headquarters.issuing import Blank
from xlkpi.issue import Issue
from xlkpi.scoring.assess import Assessment
from xlkpi.scoring.compiled import calls, excel, shapes
from xlkpi.scoring.engine import WORTH_COMPILING
from xlkpi.values import Absence

Fill = Callable[[bytes, Mapping[str, Any]], bytes]
in_two = partial(score_in_processes, jobs=2)


def die_unless_in(process: int) -> int:
    if os.getpid() != process:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


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
def corrected(blank: bytes, fill: Fill) -> bytes:
    """D001's workbook with another figure."""
    return fill(blank, {**REAL_ANSWERS, "轮胎": 9999})


@pytest.fixture(scope="module")
def inspected(issue: Issue, real_month: RealMonth) -> Issue:
    return replace(issue, inspections={code: dict(real_month.inspections) for code in issue.roster})


def put(path: Path, data: bytes, minute: int = 0) -> Path:
    """A file that came on a day of December 2026, at a minute past ten."""
    path.write_bytes(data)
    moment = datetime(2026, 12, 4, 10, minute).timestamp()
    os.utime(path, (moment, moment))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def codes(batch: Batch) -> dict[str, list[str]]:
    """The last finding of every file that counts no further."""
    return {refused.file: [finding.code for finding in refused.findings] for refused in batch.unusable}


def test_broken_files_are_named_and_stop_nothing(issue: Issue, sent: Path) -> None:
    batch = run(issue, sent.iterdir())
    assert [done.dealer for done in batch.assessments] == ["D001", "D002"]
    assert codes(batch) == {"broken.xlsx": ["XK-F002"], "nothing.xlsx": ["XK-F001"]}


def test_a_file_that_is_gone_is_named(issue: Issue, sent: Path) -> None:
    assert codes(run(issue, [sent / "gone.xlsx", sent / "D001.xlsx"])) == {"gone.xlsx": ["XK-F009"]}


# ------------------------------------------------------------------ several files of one dealer


def test_a_second_file_with_the_same_content_is_a_notice_with_the_one_that_came_first(
    issue: Issue, sent: Path, tmp_path: Path
) -> None:
    data = (sent / "D001.xlsx").read_bytes()
    batch = run(issue, [put(tmp_path / "a.xlsx", data, 30), put(tmp_path / "b.xlsx", data, 20)])
    (done,) = batch.assessments
    assert done.file == "b.xlsx"
    assert [finding.code for finding in done.findings if finding.code == "XK-T006"] == ["XK-T006"]
    assert batch.unusable == []


def test_of_files_that_differ_the_latest_counts_and_the_others_are_named(
    inspected: Issue, sent: Path, corrected: bytes, tmp_path: Path
) -> None:
    first, out = (sent / "D001.xlsx").read_bytes(), tmp_path / "out"
    (tmp_path / "in").mkdir()
    paths = [put(tmp_path / "in" / name, data, at) for name, data, at in (
        ("a.xlsx", corrected, 30), ("b.xlsx", first, 10), ("c.xlsx", first[:9000], 50),
    )]  # fmt: skip
    batch = run(inspected, paths, out=out)
    (done,) = batch.assessments
    assert done.file == "a.xlsx", "the latest that can be read"
    (note,) = (finding for finding in done.findings if finding.code == "XK-T050")
    assert "b.xlsx" in note.message()
    assert "2026-12-04 10:30:00，按文件修改时间" in note.message()
    assert codes(batch) == {"c.xlsx": ["XK-F002"]}
    alone = run(inspected, [paths[0]], out=tmp_path / "alone")
    assert alone.assessments[0].total == done.total
    (workbook,) = (out / "assessed").iterdir()
    assert workbook.read_bytes() == (tmp_path / "alone" / "assessed" / workbook.name).read_bytes()


def test_the_receipt_log_decides_before_the_files_times(
    issue: Issue, sent: Path, corrected: bytes, tmp_path: Path
) -> None:
    paths = [put(tmp_path / "a.xlsx", corrected, 30), put(tmp_path / "b.xlsx", (sent / "D001.xlsx").read_bytes(), 10)]
    came = (datetime(2026, 12, 4, 9), datetime(2026, 12, 4, 11))
    log = {str(path): Receipt(moment, logged=True) for path, moment in zip(paths, came, strict=True)}
    (done,) = run(issue, paths, filing=Filing(log)).assessments
    assert done.file == "b.xlsx"
    assert "按收件登记" in next(finding.message() for finding in done.findings if finding.code == "XK-T050")


def test_files_that_differ_and_came_at_once_leave_none_that_counts(
    issue: Issue, sent: Path, corrected: bytes, tmp_path: Path
) -> None:
    paths = [put(tmp_path / "b.xlsx", corrected), put(tmp_path / "a.xlsx", (sent / "D001.xlsx").read_bytes())]
    for order in ([*paths, sent / "D002.xlsx"], [sent / "D002.xlsx", *reversed(paths)]):
        out = tmp_path / "out"
        batch = run(issue, order, out=out)
        assert [done.dealer for done in batch.assessments] == ["D002"]
        assert [(refused.file, refused.dealer, refused.findings[-1].code) for refused in batch.unusable] == [
            ("a.xlsx", "D001", "XK-T005"), ("b.xlsx", "D001", "XK-T005"),
        ]  # fmt: skip
        assert [path.name[:4] for path in (out / "assessed").iterdir()] == ["D002"]


def test_a_file_named_after_another_dealer_is_nobodys(issue: Issue, sent: Path, tmp_path: Path) -> None:
    data = (sent / "D001.xlsx").read_bytes()
    paths = [put(tmp_path / "D002_二号店_2026-11.xlsx", data), put(tmp_path / "D001_2026-11.xlsx", data)]
    batch = run(issue, paths)
    assert [done.file for done in batch.assessments] == ["D001_2026-11.xlsx"]
    assert codes(batch)["D002_二号店_2026-11.xlsx"][-1] == "XK-T053"


def test_late_counts_and_locked_does_not(issue: Issue, sent: Path, corrected: bytes, tmp_path: Path) -> None:
    paths = [put(tmp_path / "a.xlsx", (sent / "D001.xlsx").read_bytes(), 10), put(tmp_path / "b.xlsx", corrected, 30)]
    ends = datetime(2026, 12, 4, 10), datetime(2026, 12, 4, 10, 20)
    batch = run(issue, paths, filing=Filing(expected=Expected(issue.roster, *ends)))
    (done,) = batch.assessments
    assert done.file == "a.xlsx", "what came after locking replaces nothing"
    assert [finding.code for finding in done.findings if finding.code.startswith("XK-T")] == ["XK-T051"]
    assert codes(batch)["b.xlsx"][-1] == "XK-T052"


# ------------------------------------------------------------------ processes


def test_scores_and_assessed_workbooks_are_the_same_in_one_process_and_in_two(
    inspected: Issue, sent: Path, tmp_path: Path, real_month: RealMonth
) -> None:
    alone = run(inspected, sent.iterdir(), out=tmp_path / "one")
    shared = run(inspected, sent.iterdir(), out=tmp_path / "two", runner=in_two)
    assert list(shared.assessments) == list(alone.assessments)
    assert alone.assessments[0].total == pytest.approx(real_month.total, abs=1e-9)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    assert sorted(path.name[:4] for path in (tmp_path / "one" / "assessed").iterdir()) == ["D001", "D002"]


class Murderous(Worker):
    """A worker that a certain file kills, as a fault in a library or the machine's memory would."""

    def score(self, one: SourceFile) -> FileOutcome:
        if one.file == "nothing.xlsx":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().score(one)


def _murderous(setup: Setup) -> Callable[[SourceFile], FileOutcome]:
    return Murderous(setup, expendable=True).score


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_a_worker_that_dies_costs_one_named_file(inspected: Issue, sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlkpi.batch.processes._scorer", _murderous)
    batch = run(inspected, sent.iterdir(), runner=in_two)
    assert [done.dealer for done in batch.assessments] == ["D001", "D002"]
    assert codes(batch) == {"broken.xlsx": ["XK-F002"], "nothing.xlsx": ["XK-W002"]}


def test_a_fault_of_ours_with_one_file_stops_no_other(
    issue: Issue, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*given: object, **named: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("xlkpi.batch.work.assess", faulty)
    batch = run(issue, [sent / "D001.xlsx"])
    assert codes(batch) == {"D001.xlsx": ["XK-W002"]}
    assert "ZeroDivisionError test_run.py:" in batch.unusable[0].findings[0].message()


def test_a_second_process_is_started_for_many_files_only() -> None:
    assert default_jobs(WORTH_A_SECOND_PROCESS - 1, 8) == 1
    assert default_jobs(WORTH_A_SECOND_PROCESS, 8) == 8
    assert default_jobs(1000, 0) == 1


# ------------------------------------------------------------------ going on


class Counting:
    """A runner that counts, and that a kill stops after so many files."""

    def __init__(self, most: int = 100):
        self.most, self.scored = most, list[str]()

    def __call__(self, setup: Setup, files: Any) -> Iterator[tuple[SourceFile, FileOutcome]]:
        for one, done in score_here(setup, files):
            if len(self.scored) == self.most:
                raise KeyboardInterrupt
            self.scored.append(one.file)
            yield one, done


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(inspected: Issue, sent: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    run(inspected, sent.iterdir(), out=whole)
    for most in range(4):
        out = tmp_path / str(most)
        with pytest.raises(KeyboardInterrupt):
            run(inspected, sent.iterdir(), out=out, runner=Counting(most))
        (out / "assessed").mkdir(exist_ok=True)
        (out / "assessed" / ".D001_x.xlsx.4711.tmp").write_bytes(b"torn")
        with (out / "manifest.jsonl").open("ab") as file:
            file.write(b'{"file":"D002.xlsx","input":"12')
        rest = Counting()
        run(inspected, sent.iterdir(), out=out, runner=rest, resume=True)
        assert len(rest.scored) == 4 - most
        assert contents(out) == contents(whole)


def test_going_on_scores_what_changed_and_nothing_else(
    inspected: Issue, issued_blanks: Mapping[str, Blank], sent: Path, corrected: bytes, tmp_path: Path
) -> None:
    def again(issue: Issue) -> list[str]:
        counting = Counting()
        run(issue, folder.iterdir(), out=out, runner=counting, resume=True)
        return counting.scored

    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("D001.xlsx", "D002.xlsx"):
        put(folder / name, (sent / name).read_bytes())
    assert again(inspected) == ["D001.xlsx", "D002.xlsx"]
    assert again(inspected) == []
    put(folder / "D001.xlsx", corrected)
    assert again(inspected) == ["D001.xlsx"]
    targets = {**inspected.targets, "D002": {**inspected.targets["D002"], "轮胎": 1.0}}
    assert again(replace(inspected, targets=targets)) == ["D002.xlsx"]
    assert again(replace(inspected, inspections={}, targets=targets)) == ["D001.xlsx", "D002.xlsx"]
    (workbook,) = (out / "assessed").glob("D001*")
    workbook.write_bytes(b"altered")
    assert again(replace(inspected, inspections={}, targets=targets)) == ["D001.xlsx"]
    (folder / "D001.xlsx").unlink()
    assert again(replace(inspected, inspections={}, targets=targets)) == []
    assert [path.name[:4] for path in (out / "assessed").iterdir()] == ["D002"], "nothing of a file that is gone"


def test_a_file_whose_process_died_is_tried_again(
    inspected: Issue, sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("xlkpi.batch.work.assess", lambda *_, **__: 1 / 0)
        assert codes(run(inspected, [sent / "D001.xlsx"], out=tmp_path)) == {"D001.xlsx": ["XK-W002"]}
    assert len(run(inspected, [sent / "D001.xlsx"], out=tmp_path, resume=True).assessments) == 1


def test_a_new_run_starts_over_and_leaves_nothing_of_the_one_before(
    inspected: Issue, sent: Path, tmp_path: Path
) -> None:
    run(inspected, [sent / "D001.xlsx", sent / "D002.xlsx"], out=tmp_path)
    run(inspected, [sent / "D002.xlsx"], out=tmp_path)
    assert [path.name[:4] for path in (tmp_path / "assessed").iterdir()] == ["D002"]
    assert len((tmp_path / "manifest.jsonl").read_bytes().splitlines()) == 1


# ------------------------------------------------------------------ what is written


def test_without_a_folder_nothing_is_written(
    inspected: Issue, sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [done.dealer for done in run(inspected, [sent / "D001.xlsx"]).assessments] == ["D001"]
    assert list(tmp_path.iterdir()) == []


def test_an_assessed_workbook_that_cannot_be_written_is_a_finding_and_the_score_stays(
    inspected: Issue, sent: Path, tmp_path: Path, real_month: RealMonth
) -> None:
    (tmp_path / "assessed").write_bytes(b"a file where the folder should be")
    (done,) = run(inspected, [sent / "D001.xlsx"], out=tmp_path).assessments
    assert done.total == pytest.approx(real_month.total, abs=1e-9)
    assert [finding.code for finding in done.findings] == ["XK-W001"]
    assert "assessed" in done.findings[0].message()


def test_findings_of_reading_arrive_in_the_assessment(
    inspected: Issue, blank: bytes, fill: Fill, tmp_path: Path
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(fill(blank, {**REAL_ANSWERS, "接车台次": "251台"}))
    (done,) = run(inspected, [path]).assessments
    assert [finding.code for finding in done.findings] == ["XK-V009"]
    assert done.items[0].actual == 251.0


def test_an_assessment_comes_back_from_the_manifest_as_it_was(inspected: Issue, sent: Path) -> None:
    (done,) = run(inspected, [sent / "D001.xlsx"]).assessments
    assert isinstance(done, Assessment)
    assert done.cells == {}
    odd = replace(done, indicators={"a": Absence.MISSING, "b": "未填 ", "c": True, "d": 0.1 + 0.2, "e": "2026-11-01"})
    assert assessment_of(encoded(odd)) == odd
    assert [item.score for item in assessment_of(encoded(odd)).items] == [item.score for item in done.items]


def test_an_unknown_engine_raises(inspected: Issue) -> None:
    with pytest.raises(ValueError, match="no engine is named"):
        Worker(Setup(inspected, "abacus"))


# ------------------------------------------------------------------ beside the files


def test_work_beside_is_done_in_another_process_or_here_with_one() -> None:
    with BackgroundTasks(2) as background:
        other = background.submit(os.getpid)
        failing = background.submit(int, "no number")
        assert other() != os.getpid()
        with pytest.raises(ValueError, match="no number"):
            failing()
    with BackgroundTasks(1) as background:
        assert background.submit(os.getpid)() == os.getpid()


def test_the_program_that_calls_is_run_once(tmp_path: Path) -> None:
    """A script of few lines has no `if __name__ == "__main__"`."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os\nfrom xlkpi.batch import BackgroundTasks\nprint('once')\n"
        "with BackgroundTasks(2) as background:\n    print(background.submit(os.getpid)() != os.getpid())\n",
        "utf-8",
    )
    said = subprocess.run([sys.executable, script], check=True, timeout=60, capture_output=True, text=True)
    assert (said.stdout.split(), said.stderr) == (["once", "True"], "")


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_work_whose_process_dies_is_done_here() -> None:
    with BackgroundTasks(2) as background:
        assert background.submit(die_unless_in, os.getpid())() == os.getpid()


# ------------------------------------------------------------------ the compiled formulas


def test_compiled_formulas_leave_the_same_folder(inspected: Issue, sent: Path, tmp_path: Path) -> None:
    for engine in ("formualizer", "compiled"):
        batch = run(inspected, sent.iterdir(), engine=engine, out=tmp_path / engine)
        assert batch.engine == engine
    names = ("formualizer", "compiled")
    workbooks = [{path.name: path.read_bytes() for path in (tmp_path / name / "assessed").iterdir()} for name in names]
    assert workbooks[0] == workbooks[1]
    assert len(workbooks[0]) == 2


def test_the_number_of_files_chooses_the_engine(inspected: Issue, sent: Path, tmp_path: Path) -> None:
    assert run(inspected, sent.iterdir()).engine == "formualizer"
    files = [put(tmp_path / f"{n:02}.xlsx", (sent / "D001.xlsx").read_bytes()) for n in range(WORTH_COMPILING)]
    assert run(inspected, files).engine == "compiled"
    assert run(inspected, files[1:]).engine == "formualizer"


def test_a_master_that_is_not_compiled_is_told_and_scored_all_the_same(
    inspected: Issue, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(calls.FUNCTIONS, "ROUND")
    batch = run(inspected, [sent / "D001.xlsx"], engine="compiled")
    assert batch.engine == "formualizer"
    (finding,) = batch.findings
    assert finding.code == "XK-S020"
    assert "ROUND" in finding.message()
    assert len(batch.assessments) == 1


def test_an_engine_that_parts_from_the_other_is_told_and_left(
    inspected: Issue, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = [done.total for done in run(inspected, [sent / "D001.xlsx", sent / "D002.xlsx"]).assessments]
    true_to_excel = excel.rounded
    monkeypatch.setitem(shapes.NAMESPACE, "rounded", lambda value, digits: true_to_excel(value, digits) + 1e-6)
    batch = run(inspected, [sent / "D001.xlsx", sent / "D002.xlsx"], engine="compiled")
    assert [done.total for done in batch.assessments] == right
    told = [[f for f in done.findings if f.code == "XK-S021"] for done in batch.assessments]
    assert [len(found) for found in told] == [1, 0]
    assert told[0][0].place is not None
    assert "formualizer" in told[0][0].message()
    assert [done.engine for done in batch.assessments] == ["formualizer", "formualizer"]
