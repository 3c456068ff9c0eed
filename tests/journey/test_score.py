"""`xlkpi score`: what it leaves, and what must not change it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import load_workbook

from journey.shared import TOTAL, Month, Run, dealers, item
from xlkpi.cli.demo import fill_in


@pytest.fixture(scope="module")
def several(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four dealers' files, one of which is provisional."""
    folder = tmp_path_factory.mktemp("several")
    for dealer in ("D001", "D003", "D006", "D008"):
        shutil.copy(month.of(dealer), folder)
    return folder


def score(run: Run, month: Month, sent: Path, out: Path, *more: str | Path) -> Result:
    words = ("--issue", month.blank, "--inspections", month.folder / "inspections.xlsx", "-o", out)
    return run("score", sent, *words, *more)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def alone(run: Run, month: Month, several: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone")
    assert score(run, month, several, out, "--jobs", "1").exit_code == 1
    return out


@pytest.mark.slow
def test_more_processes_give_the_same_bytes(run: Run, month: Month, several: Path, alone: Path, tmp_path: Path) -> None:
    assert score(run, month, several, tmp_path, "--jobs", "2").exit_code == 1
    assert contents(tmp_path) == contents(alone)
    assert len(contents(alone)) == 8, "scores.json, scores.csv, manifest, ranking workbook and four assessed workbooks"


def test_the_order_of_files_changes_nothing(run: Run, month: Month, several: Path, alone: Path, tmp_path: Path) -> None:
    backwards = sorted(several.iterdir(), reverse=True)
    words = ("--issue", month.blank, "--inspections", month.folder / "inspections.xlsx", "-o", tmp_path)
    assert run("score", *backwards, *words).exit_code == 1
    assert contents(tmp_path) == contents(alone)


@pytest.mark.slow
def test_the_other_engine_gives_the_same_scores(
    run: Run, month: Month, several: Path, alone: Path, tmp_path: Path
) -> None:
    assert score(run, month, several, tmp_path, "--engine", "formulas").exit_code == 1
    first = json.loads((alone / "scores.json").read_text("utf-8"))
    second = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert (first.pop("engine"), second.pop("engine")) == ("formualizer", "formulas")
    assert second == first


def test_the_assessed_workbook_holds_formula_and_value(alone: Path) -> None:
    (path,) = (alone / "assessed").glob("D001_*.xlsx")
    written, cached = load_workbook(path), load_workbook(path, data_only=True)
    ((sheet, ref),) = written.defined_names["总分"].destinations
    ref = ref.replace("$", "")
    assert str(written[sheet][ref].value).startswith("=")
    assert cached[sheet][ref].value == pytest.approx(TOTAL, abs=1e-9)


def test_the_trace_of_every_item_is_the_value_of_a_formula(alone: Path) -> None:
    for code, dealer in dealers(alone).items():
        (path,) = (alone / "assessed").glob(f"{code}_*.xlsx")
        written, cached = load_workbook(path), load_workbook(path, data_only=True)
        for entry in dealer["items"]:
            ((sheet, ref),) = written.defined_names[f"{entry['id']}_说明"].destinations
            ref = ref.replace("$", "")
            assert str(written[sheet][ref].value).startswith("="), entry["id"]
            assert cached[sheet][ref].value == entry["trace"] != ""


def test_the_long_form_says_the_same(alone: Path) -> None:
    with (alone / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["month"] for row in rows} == {"2026-11"}
    scored = dealers(alone)
    for kind, key in (("item", "items"), ("group", "groups")):
        told = {(row["dealer"], row["id"]): row["value"] for row in rows if row["kind"] == kind}
        held = {
            (code, entry.get("id", entry["name"])): str(entry["score"])
            for code, dealer in scored.items() for entry in dealer[key]
        }  # fmt: skip
        assert told == held
    totals = {row["dealer"]: float(row["value"]) for row in rows if (row["kind"], row["id"]) == ("total", "total")}
    assert totals == {code: dealer["total"] for code, dealer in scored.items()}


def test_a_later_revision_of_the_targets_decides_and_both_are_shown(
    run: Run, month: Month, sent: Path, tmp_path: Path
) -> None:
    book = load_workbook(month.folder / "targets.xlsx")
    sheet = book.worksheets[0]
    head = next(row for row in sheet.iter_rows() if row[0].value == "经销商代码")
    column = next(cell.column for cell in head if cell.value == "接车台次")
    sheet.cell(head[0].row + 1, column).value = 502
    book.save(tmp_path / "revised.xlsx")
    out = tmp_path / "out"
    result = score(run, month, sent, out, "--targets", tmp_path / "revised.xlsx")
    assert result.exit_code == 0, "headquarters revised it: no fault of the dealer's"
    dealer = dealers(out)["D001"]
    entry = item(dealer, "接车台次")
    assert (entry["target"], entry["completion"], entry["score"]) == (502, 0.5, 7.5)
    (finding,) = (finding for finding in dealer["findings"] if finding["code"] == "XK-W078")
    assert finding["severity"] == "notice"
    assert "310" in finding["message"]
    assert "502" in finding["message"]
    assert dealer["total"] == pytest.approx(TOTAL - 12.14516129032258 + 7.5, abs=1e-9)


def test_without_inspections_the_score_is_provisional(run: Run, month: Month, sent: Path, tmp_path: Path) -> None:
    assert run("score", sent, "--issue", month.blank, "-o", tmp_path / "out").exit_code == 0
    dealer = dealers(tmp_path / "out")["D001"]
    assert dealer["status"] == "provisional"
    assert dealer["total_range"] == pytest.approx([TOTAL - 45, TOTAL])
    assert sum(finding["code"] == "XK-V013" for finding in dealer["findings"]) == 16


def test_what_a_dealer_changes_in_the_workbook_moves_no_score(
    run: Run, month: Month, sent: Path, tmp_path: Path, real_month
) -> None:
    """Target, formula, points and an inspection, all overwritten with what would help."""
    forged = {"接车台次_目标": 1, "轮胎_得分": 5, "精品_分值": 50, "培训次数": 9}
    (path,) = sent.iterdir()
    path.write_bytes(fill_in(month.of("D001", "blank").read_bytes(), {**real_month.answers, **forged}))
    assert score(run, month, sent, tmp_path / "out").exit_code == 1, "the sheet tells another story"
    dealer = dealers(tmp_path / "out")["D001"]
    assert dealer["total"] == pytest.approx(TOTAL, abs=1e-9)
    told = {finding["code"]: finding["message"] for finding in dealer["findings"]}
    assert set(told) == {"XK-I001", "XK-I002", "XK-I003", "XK-I005"}
    assert "原为 5，现为 50" in told["XK-I005"]
