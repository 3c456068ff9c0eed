"""Issuing a month: `targets new`, `new`, `inspections new`, each form filled in as headquarters would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from openpyxl import Workbook, load_workbook

from journey.shared import TOTAL, Run, dealers
from xlkpi.cli.demo import fill_in
from xlkpi.files import write_file

ROSTER = Path(__file__).parents[2] / "workbooks" / "service-assessment" / "dealers.xlsx"


def enter(form: Path, values: Mapping[str, Any], dealer: str = "D001") -> None:
    """Fill in a dealer's row of a form by its headings."""
    book = load_workbook(form)
    sheet = book.worksheets[0]
    head = next(row for row in sheet.iter_rows() if row[0].value == "经销商代码")
    columns = {cell.value: cell.column for cell in head}
    row = next(row[0].row for row in sheet.iter_rows(min_row=head[0].row) if row[0].value == dealer)
    for heading, value in values.items():
        sheet.cell(row, columns[heading]).value = value
    book.save(form)


@pytest.fixture
def targets(run: Run, tmp_path: Path, real_month) -> Path:
    form = tmp_path / "targets.xlsx"
    result = run("targets", "new", "service-assessment", "--month", "2026-11", "--roster", ROSTER, "-o", form)
    assert result.exit_code == 0, result.output
    enter(form, real_month.targets)
    return form


def new(run: Run, targets: Path, out: Path, month: str = "2026-11", *more: str | Path) -> Result:
    words = ("service-assessment", "--month", month, "--roster", ROSTER, "--targets", targets, "-o", out)
    return run("new", *words, *more)


def test_a_month_by_hand_comes_to_the_source_s_total(run: Run, tmp_path: Path, targets: Path, real_month) -> None:
    blank, sent = tmp_path / "blank", tmp_path / "sent"
    done = new(run, targets, blank, "2026-11", "--contact", "总部", "--deadline", "2026-12-08")
    assert done.exit_code == 0, done.output
    assert "2026-12-08" in done.output
    (workbook,) = blank.glob("D001_*_2026-11.xlsx")
    sent.mkdir()
    (sent / workbook.name).write_bytes(fill_in(workbook.read_bytes(), real_month.answers))
    form = tmp_path / "inspections.xlsx"
    assert run("inspections", "new", "--issue", blank, "-o", form).exit_code == 0
    enter(form, real_month.inspections)
    scored = run("score", sent, "--issue", blank, "--inspections", form, "-o", tmp_path / "out")
    assert scored.exit_code == 0, scored.output
    assert dealers(tmp_path / "out")["D001"]["total"] == pytest.approx(TOTAL, abs=1e-9)


@pytest.mark.parametrize(("target", "shown"), [(None, "空白"), (0, "0"), (-5, "-5"), ("待定", "待定")])
def test_nothing_is_issued_without_a_target(run: Run, tmp_path: Path, targets: Path, target: Any, shown: str) -> None:
    enter(targets, {"轮胎": target})
    refused = new(run, targets, tmp_path / "blank")
    assert refused.exit_code == 1
    assert ("XK-V015" if target == "待定" else "XK-T023") in refused.output
    assert "轮胎" in refused.output
    assert shown in refused.output
    assert not (tmp_path / "blank").exists()


def test_the_word_for_not_applicable_is_a_target(run: Run, tmp_path: Path, targets: Path) -> None:
    enter(targets, {"轮胎": "不适用"})
    assert new(run, targets, tmp_path / "blank").exit_code == 0


@pytest.mark.parametrize(
    ("month", "says"), [("2025-12", "not valid for 2025-12"), ("2026-13", "2026-11"), ("11", "2026-11")]
)
def test_a_month_outside_the_scheme_or_no_month_is_a_usage_error(
    run: Run, tmp_path: Path, targets: Path, month: str, says: str
) -> None:
    refused = new(run, targets, tmp_path / "blank", month)
    assert refused.exit_code == 2
    assert says in refused.output
    assert not (tmp_path / "blank").exists()


def test_last_month_s_values_stand_beside_the_cells(run: Run, tmp_path: Path, targets: Path) -> None:
    last, book = tmp_path / "last.xlsx", Workbook()
    book.worksheets[0].append(["经销商代码", "接车台次"])
    book.worksheets[0].append(["D001", 244])
    book.save(last)
    assert new(run, targets, tmp_path / "blank", "2026-11", "--last", last).exit_code == 0
    refused = new(run, targets, tmp_path / "other", "2026-11", "--last", targets)
    assert "XK-T060" in refused.output, "targets are no last values"
    (workbook,) = (tmp_path / "blank").glob("D001_*.xlsx")
    sheet = load_workbook(workbook, data_only=True)["填报"]
    assert [row[4] for row in sheet.iter_rows(min_row=6, values_only=True) if row[1] == "接车台次"] == [244]


def test_issuing_twice_gives_the_same_bytes(run: Run, tmp_path: Path, targets: Path) -> None:
    for name in ("one", "two"):
        write_file(tmp_path / name / "issue.key", bytes(range(32)))  # a key that lies there is kept
        assert new(run, targets, tmp_path / name).exit_code == 0
    first = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert len(first) == 4, "a blank, the master, issue.json and the key"


def test_an_issue_whose_master_was_exchanged_is_refused(run: Run, tmp_path: Path, targets: Path) -> None:
    blank = tmp_path / "blank"
    assert new(run, targets, blank).exit_code == 0
    (blank / "master.xlsx").write_bytes(targets.read_bytes())
    refused = run("inspections", "new", "--issue", blank, "-o", tmp_path / "inspections.xlsx")
    assert refused.exit_code == 2
    assert "not the master" in refused.output
