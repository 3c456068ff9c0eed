"""The library's face: open a month, check it, score it, make tables of it, explain a score."""

from __future__ import annotations

import re
from inspect import isclass, isfunction, ismethod
from pathlib import Path

import pytest

import xlkpi
from xlkpi.cli.demo import run_demo
from xlkpi.month.month import Month
from xlkpi.month.scores import load_scores
from xlkpi.resources import templates
from xlkpi.shown.folder import write_month
from xlkpi.shown.report.page import render
from xlkpi.shown.report.source import Source


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_demo(tmp_path_factory.mktemp("library")).folder


@pytest.fixture(scope="module")
def opened(folder: Path) -> xlkpi.OpenIssue:
    return xlkpi.open_issue(str(folder / "blank"), inspections=str(folder / "inspections.xlsx"))


@pytest.fixture(scope="module")
def month(opened: xlkpi.OpenIssue, folder: Path) -> Month:
    return opened.score(str(folder / "filled"), jobs=1)


def test_every_public_name_is_listed_and_there() -> None:
    assert set(xlkpi.__all__) <= set(dir(xlkpi))
    assert all(getattr(xlkpi, name).__doc__ for name in xlkpi.__all__)


def test_paths_are_texts_or_paths_one_or_several(opened: xlkpi.OpenIssue, folder: Path, month: Month) -> None:
    files = sorted((folder / "filled").iterdir())
    assert len(opened.check(files[0])) == len(opened.check([str(files[0])])) == 1
    assert [done.dealer for done in opened.score(files, jobs=1)] == [done.dealer for done in month]


def test_a_path_without_a_folder_is_the_callers_wherever_it_stands(
    opened: xlkpi.OpenIssue, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are read in a process that is kept from one call to the next, and the caller may move in between."""
    file = next((folder / "filled").glob("D001*"))
    (tmp_path / file.name).write_bytes(file.read_bytes())
    for where in (folder / "filled", tmp_path, folder / "filled"):
        monkeypatch.chdir(where)
        (checked,) = opened.check(file.name)
        assert (checked.dealer, checked.findings) == ("D001", ())
        (scored,) = opened.score(file.name, jobs=1)
        assert scored.dealer == "D001"


def test_every_public_function_takes_a_text_and_a_path() -> None:
    """By their signatures, so that a new one does too."""
    taking = set()
    for name in xlkpi.__all__:
        public = getattr(xlkpi, name)
        members = [(m, v) for m, v in vars(public).items() if not m.startswith("_")] if isclass(public) else []
        for member, function in [(name, public), *((f"{name}.{m}", getattr(public, m)) for m, _ in members)]:
            if not isfunction(function) and not ismethod(function):
                continue
            hints = {key: str(hint) for key, hint in function.__annotations__.items() if key != "return"}
            assert not [key for key, hint in hints.items() if re.search(r"(?<!Any)\bPath\b", hint)], member
            taking |= {member for hint in hints.values() if re.search(r"\b(AnyPath|Paths)\b", hint)}
    assert taking == {
        *("Issue.load", "Issue.save", "OpenIssue.check", "OpenIssue.score"),
        *("explain", "open_issue", "read_submission", "usable_scheme"),
    }


def test_an_issue_and_a_file_open_by_either(folder: Path, opened: xlkpi.OpenIssue, tmp_path: Path) -> None:
    for blank in (folder / "blank", str(folder / "blank"), _Like(folder / "blank")):
        assert xlkpi.Issue.load(blank).month == opened.month
    (file,) = (folder / "filled").glob("D001*")
    read = [xlkpi.read_submission(opened.issue, source) for source in (file, str(file), _Like(file))]
    assert read[0] == read[1] == read[2]
    assert (read[0].file, xlkpi.read_submission(opened.issue, file.read_bytes()).file) == (file.name, "workbook")
    opened.issue.save(str(tmp_path / "again"))
    assert xlkpi.usable_scheme(_Like(templates() / "schemes" / "service-assessment"))[0] == opened.scheme


class _Like:
    """What is a path by its protocol alone."""

    def __init__(self, path: Path):
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


def test_the_command_line_s_demonstration_gives_the_same_bytes(month: Month, folder: Path, tmp_path: Path) -> None:
    write_month(month, tmp_path, report=True)
    for name in ("scores.json", "scores.csv", "排名汇总.xlsx", "report.html"):
        assert (tmp_path / name).read_bytes() == (folder / "out" / name).read_bytes(), name


def test_a_report_from_the_folder_is_that_from_memory(folder: Path) -> None:
    assert render(Source.read(folder / "out")).encode() == (folder / "out" / "report.html").read_bytes()


def test_what_is_read_back_is_what_was_written(month: Month, folder: Path) -> None:
    held, read = month.scores(), load_scores(folder / "out")
    assert tuple(held.dealers) == tuple(read.dealers)
    assert held.definitions == read.definitions
    assert held.population == read.population == read.populate().counts()
    assert read.populate().totals == month.population.totals


def test_tables_hold_the_assessments_figures(month: Month) -> None:
    pytest.importorskip("pyarrow")
    long, wide = month.to_arrow().to_pylist(), month.to_arrow("wide").to_pylist()
    assert len(wide) == len(month) + len(month.unusable)
    by_code = {row["dealer"]: row for row in wide}
    for done in month:
        row = by_code[done.dealer]
        assert (row["published"], row["grade"], row["status"]) == (done.published, done.grade, done.status)
        for item in done.items:
            assert row[f"item.{item.id}"] == (item.score if isinstance(item.score, float) else None)
    figures = {(r["dealer"], r["kind"], r["id"]): r["number"] for r in long if r["kind"] in ("item", "total")}
    assert all(figures[d.dealer, "total", "published"] == d.published for d in month)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_go_through_arrow(month: Month, library: str) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip(library)
    assert getattr(month, f"to_{library}")("wide").shape == month.to_arrow("wide").shape


def test_a_form_that_is_none_is_refused(month: Month) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(ValueError, match="long"):
        month.to_arrow("broad")  # type: ignore[arg-type] # wrong on purpose


def test_a_score_is_explained(folder: Path) -> None:
    (first,) = (folder / "out" / "assessed").glob("D001*")
    assert "251" in xlkpi.explain(str(first), "接车台次").sentence
