"""What lies already where a command writes: refused and untouched, or replaced because somebody insisted, and said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from openpyxl import Workbook, load_workbook
from shared.tables import sampled

from journey.shared import Month, Run

REFUSED, WRITTEN = "refused", "written"


@dataclass(frozen=True)
class Ground:
    """What the states are made of: a month's issue and its results, and the commands' inputs."""

    month: Month
    issue: Path
    out: Path
    roster: Path
    targets: Path


Lay = Callable[[Ground, Path], None]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def ground(month: Month, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("ground")
    roster, targets = month.folder / "dealers.xlsx", month.folder / "targets.xlsx"
    shutil.copytree(month.blank, folder / "issue")  # with its key: what the demonstration filled in is of this issue
    scored = run("score", month.of("D001"), month.of("D002"), "--issue", folder / "issue", "--report",
                 "-o", folder / "out")  # fmt: skip
    assert (folder / "out" / "scores.json").is_file(), scored.output
    yield Ground(month, folder / "issue", folder / "out", roster, targets)


# ------------------------------------------------------------------ states: what lies there


def nothing(ground: Ground, place: Path) -> None:
    """Nothing."""


def bystander(ground: Ground, place: Path) -> None:
    place.mkdir(parents=True)
    shutil.copy(ground.roster, place / "dealers.xlsx")


def same_issue(ground: Ground, place: Path) -> None:
    shutil.copytree(ground.issue, place)


def one_filled(ground: Ground, place: Path) -> None:
    shutil.copytree(ground.issue, place)
    shutil.copy(ground.month.of("D002"), place)


def returns_alone(ground: Ground, place: Path) -> None:
    place.mkdir(parents=True)
    shutil.copy(ground.month.of("D002"), place)


def edited_issue(name: str, value: object) -> Lay:
    def lay(ground: Ground, place: Path) -> None:
        shutil.copytree(ground.issue, place)
        data = json.loads((place / "issue.json").read_text("utf-8"))
        if name == "scheme":
            data["scheme"]["scheme"] = value
        else:
            data[name] = value
        (place / "issue.json").write_text(json.dumps(data), "utf-8")

    return lay


def text_as(name: str, text: str) -> Lay:
    def lay(ground: Ground, place: Path) -> None:
        place.mkdir(parents=True)
        (place / name).write_text(text, "utf-8")

    return lay


def own_results(ground: Ground, place: Path) -> None:
    shutil.copytree(ground.out, place)


def edited_results(name: str, value: str) -> Lay:
    def lay(ground: Ground, place: Path) -> None:
        shutil.copytree(ground.out, place)
        data = json.loads((place / "scores.json").read_text("utf-8"))
        data[name] = value
        (place / "scores.json").write_text(json.dumps(data), "utf-8")

    return lay


def cut_off(ground: Ground, place: Path) -> None:
    """A run of another month that was killed before its scores were written."""
    shutil.copytree(ground.out, place)
    (place / "scores.json").unlink()
    lines = (place / "manifest.jsonl").read_text("utf-8").replace("_2026-11.xlsx", "_2026-10.xlsx")
    (place / "manifest.jsonl").write_text(lines, "utf-8")


NEW: list[tuple[Lay, str, str]] = [
    (nothing, WRITTEN, WRITTEN),
    (bystander, WRITTEN, WRITTEN),
    (same_issue, WRITTEN, WRITTEN),
    (one_filled, REFUSED, REFUSED),
    (returns_alone, REFUSED, REFUSED),
    (edited_issue("month", "2026-10"), REFUSED, WRITTEN),
    (edited_issue("scheme", "another"), REFUSED, WRITTEN),
    (edited_issue("blanks", {}), REFUSED, REFUSED),  # issued by 0.1.0, which kept no digests
    (text_as("issue.json", "[]"), REFUSED, WRITTEN),
    (text_as("issue.json", "half of a"), REFUSED, WRITTEN),
    (text_as("master.xlsx", "somebody's"), REFUSED, WRITTEN),
]
SCORE: list[tuple[Lay, str, str]] = [
    (nothing, WRITTEN, WRITTEN),
    (bystander, WRITTEN, WRITTEN),
    (own_results, WRITTEN, WRITTEN),
    (edited_results("month", "2026-10"), REFUSED, WRITTEN),
    (edited_results("scheme", "another"), REFUSED, WRITTEN),
    (cut_off, REFUSED, WRITTEN),
    (text_as("scores.json", "{}"), REFUSED, WRITTEN),
    (text_as("report.html", "somebody's"), REFUSED, WRITTEN),
    (text_as("排名汇总.xlsx", "somebody's"), REFUSED, WRITTEN),
    (text_as("scores.csv", "somebody's"), REFUSED, WRITTEN),
]


def insisted_or_not(states: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Each state with and without `--replace`; in a plain run with one of them, by turns."""
    return sampled([(*state, (n + turn) % 2 == 1) for n, state in enumerate(states) for turn in range(2)], 2)


def check_outcome(result: Result, expected: str, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    if expected == REFUSED:
        assert result.exit_code != 0, result.output
        assert after == before
        assert "没有写任何文件" in "".join(result.output.split())
        assert any(code in result.output for code in ("XK-W070", "XK-W071", "XK-W072", "XK-W073"))
    else:
        assert "没有写任何文件" not in "".join(result.output.split())
        shown = "".join(result.output.split())
        for name in before.keys() - after.keys():
            assert name.rsplit("/", 1)[-1] in shown or name.rsplit("/", 1)[0] in shown


@pytest.mark.parametrize(("lay", "plain", "insisted", "insist"), insisted_or_not(NEW))
def test_a_month_is_issued_over_nothing_else(
    run: Run, ground: Ground, tmp_path: Path, lay: Lay, plain: str, insisted: str, insist: bool
) -> None:
    place = tmp_path / "there"
    lay(ground, place)
    before = snapshot(tmp_path)
    result = run("new", "service-assessment", "--month", "2026-11", "--roster", ground.roster,
                 "--targets", ground.targets, "-o", place, *(["--replace"] if insist else []))  # fmt: skip
    check_outcome(result, insisted if insist else plain, before, snapshot(tmp_path))


@pytest.mark.parametrize(("lay", "plain", "insisted", "insist"), insisted_or_not(SCORE))
def test_results_replace_only_those_of_the_same_month(
    run: Run, ground: Ground, tmp_path: Path, lay: Lay, plain: str, insisted: str, insist: bool
) -> None:
    place = tmp_path / "there"
    lay(ground, place)
    before = snapshot(tmp_path)
    result = run("score", ground.month.of("D001"), "--issue", ground.issue, "-o", place,
                 *(["--replace"] if insist else []))  # fmt: skip
    expected = insisted if insist else plain
    check_outcome(result, expected, before, snapshot(tmp_path))
    if expected == WRITTEN:
        assert json.loads((place / "scores.json").read_text("utf-8"))["month"] == "2026-11"
        assert json.loads((place / "scores.json").read_text("utf-8"))["scheme"] == "service-assessment"


def test_what_a_run_does_not_renew_is_removed_and_said(run: Run, ground: Ground, tmp_path: Path) -> None:
    shutil.copytree(ground.out, tmp_path / "out")
    assert len(list((tmp_path / "out" / "assessed").iterdir())) == 2
    result = run("score", ground.month.of("D001"), "--issue", ground.issue, "-o", tmp_path / "out")
    (left,) = (tmp_path / "out" / "assessed").iterdir()
    assert left.name.startswith("D001_")
    assert not (tmp_path / "out" / "report.html").exists()
    said = "".join(result.output.split())
    assert "XK-W074" in said
    assert "D002_" in said
    assert "report.html" in said


@pytest.mark.parametrize("words", [[], ["--replace"], ["--resume"]])
def test_a_folder_without_workbooks_leaves_results_alone(
    run: Run, ground: Ground, tmp_path: Path, words: list[str]
) -> None:
    shutil.copytree(ground.out, tmp_path / "out")
    (tmp_path / "inbox").mkdir()
    before = snapshot(tmp_path)
    result = run("score", tmp_path / "inbox", "--issue", ground.issue, "-o", tmp_path / "out", *words)
    assert result.exit_code != 0
    assert snapshot(tmp_path) == before


def test_issuing_again_removes_what_it_made_and_says_so(run: Run, ground: Ground, tmp_path: Path) -> None:
    shutil.copytree(ground.issue, tmp_path / "issue")
    (last,) = (tmp_path / "issue").glob("D012_*.xlsx")
    (kept,) = (tmp_path / "issue").glob("D011_*.xlsx")
    kept.write_bytes(b"filled in by somebody")
    roster = load_workbook(ground.roster)
    rows = [row for row in roster.worksheets[0].iter_rows() if row[0].value in {"D011", "D012"}]
    roster.worksheets[0].delete_rows(rows[0][0].row, 2)
    roster.save(tmp_path / "dealers.xlsx")
    result = run("new", "service-assessment", "--month", "2026-11", "--roster", tmp_path / "dealers.xlsx",
                 "--targets", ground.targets, "--contact", "李", "-o", tmp_path / "issue", "--anyway")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert not last.exists()
    assert kept.read_bytes() == b"filled in by somebody"
    assert last.name in result.output
    assert "与上次下发不同 10 份" in result.output


# ------------------------------------------------------------------ forms


def form_of(kind: str, month: str = "2026-11", filled: bool = False) -> Callable[[Run, Ground, Path], None]:
    def lay(run: Run, ground: Ground, file: Path) -> None:
        write_form(run, ground, kind, file, month)
        if filled:
            book = load_workbook(file)
            sheet = book.worksheets[0]
            sheet.cell(sheet.max_row, 5, 3)
            book.save(file)

    return lay


def foreign(run: Run, ground: Ground, file: Path) -> None:
    Workbook().save(file)


def no_workbook(run: Run, ground: Ground, file: Path) -> None:
    file.write_text("somebody's", "utf-8")


def nothing_there(run: Run, ground: Ground, file: Path) -> None:
    """Nothing."""


def write_form(run: Run, ground: Ground, kind: str, file: Path, month: str = "2026-11", *words: str) -> Result:
    if kind == "targets":
        return run("targets", "new", "service-assessment", "--month", month, "--roster", ground.roster, "-o", file,
                   *words)  # fmt: skip
    return run("inspections", "new", "--issue", ground.issue, "-o", file, *words)


FORMS = [
    ("targets", nothing_there, WRITTEN),
    ("targets", form_of("targets"), WRITTEN),
    ("targets", form_of("targets", filled=True), REFUSED),
    ("targets", form_of("targets", "2026-10"), REFUSED),
    ("targets", form_of("inspections"), REFUSED),
    ("targets", foreign, REFUSED),
    ("targets", no_workbook, REFUSED),
    ("inspections", nothing_there, WRITTEN),
    ("inspections", form_of("inspections"), WRITTEN),
    ("inspections", form_of("inspections", filled=True), REFUSED),
    ("inspections", form_of("targets"), REFUSED),
    ("inspections", foreign, REFUSED),
    ("inspections", no_workbook, REFUSED),
]


@pytest.mark.parametrize(("kind", "lay", "plain", "insist"), insisted_or_not(FORMS))
def test_a_form_replaces_only_an_empty_one_of_its_own(
    run: Run, ground: Ground, tmp_path: Path, kind: str, lay: Callable[[Run, Ground, Path], None], plain: str,
    insist: bool,
) -> None:  # fmt: skip
    file = tmp_path / "form.xlsx"
    lay(run, ground, file)
    before = snapshot(tmp_path)
    result = write_form(run, ground, kind, file, "2026-11", *(["--replace"] if insist else []))
    check_outcome(result, WRITTEN if insist else plain, before, snapshot(tmp_path))
    if insist or plain == WRITTEN:
        assert result.exit_code == 0, result.output
        again = write_form(run, ground, kind, file)  # it is empty now, whatever lay there
        assert again.exit_code == 0, again.output


# ------------------------------------------------------------------ files that -o and --mark name


OUTPUTS: dict[str, tuple[str, str]] = {
    "check xlsx": ("check FILLED --issue ISSUE --format xlsx -o THERE/a.xlsx", "a.xlsx"),
    "check csv": ("check FILLED --issue ISSUE --format csv -o THERE/a.csv", "a.csv"),
    "check json": ("check FILLED --issue ISSUE --format json -o THERE/a.json", "a.json"),
    "check mark": ("check FILLED --issue ISSUE --mark THERE", "NAME"),
    "letters": ("letters FILLED --issue ISSUE -o THERE", "群通知.txt"),
    "report": ("report OUT -o THERE/a.html", "a.html"),
    "schema": ("scheme schema service-assessment -o THERE/a.json", "a.json"),
    "rank": ("rank --store STORE -o THERE/a.xlsx", "a.xlsx"),
    "export": ("store export STORE -o THERE", "items.parquet"),
    "demo": ("demo -o THERE", "dealers.xlsx"),
}


@pytest.fixture(scope="module")
def store(run: Run, ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a month in which every file was refused: what makes something of a store must take that too."""
    path = tmp_path_factory.mktemp("store") / "h.duckdb"
    run("score", ground.roster, ground.month.of("D001"), "--issue", ground.issue, "-o", path.parent / "out",
        "--store", path)  # fmt: skip
    return path


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_file_that_lies_there_is_replaced_only_where_somebody_insists(
    run: Run, ground: Ground, store: Path, tmp_path: Path, output: str
) -> None:
    place = tmp_path / "there"
    text, name = OUTPUTS[output]
    filled = ground.month.of("D006")  # one with a figure missing
    stands_for = {"FILLED": filled, "ISSUE": ground.issue, "OUT": ground.out, "STORE": store, "THERE": place}
    for word, path in stands_for.items():
        text = text.replace(word, str(path))
    words, target = text.split(), place / name.replace("NAME", filled.name)
    place.mkdir()
    target.write_bytes(b"somebody's")
    result = run(*words)
    assert result.exit_code == 1, result.output
    assert "XK-W044" in result.output
    assert snapshot(place) == {target.name: b"somebody's"}
    run(*words, "--replace")
    assert target.read_bytes() != b"somebody's"
    made = snapshot(place)
    if output not in ("export", "demo"):  # what is the same again is no loss
        assert "XK-W044" not in run(*words).output
        assert snapshot(place) == made


def test_letters_that_are_no_longer_wanted_are_removed_and_said(run: Run, ground: Ground, tmp_path: Path) -> None:
    place = tmp_path / "letters"
    run("letters", ground.month.of("D006"), "--issue", ground.issue, "-o", place)
    before = snapshot(place)
    assert any(name.startswith("D002") for name in before)
    both = (ground.month.of("D006"), ground.month.of("D002"))
    assert "XK-W044" in run("letters", *both, "--issue", ground.issue, "-o", place).output
    assert snapshot(place) == before
    result = run("letters", *both, "--issue", ground.issue, "-o", place, "--replace")
    removed = before.keys() - snapshot(place).keys()
    assert all(name in "".join(result.output.split()) for name in removed)
    assert not removed or all(name.startswith("D002") for name in removed)
