"""Every kind of bad file of the issue: a finding with its code, an exit code by class, and the others scored."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import load_workbook

from journey import broken
from journey.shared import TOTAL, Month, Run, dealers
from xlkpi.cli.demo import fill_in
from xlkpi.resources import templates

ANSWERS = {
    "接车台次": 300,
    "维修产值": 300000,
    "维修毛利": 95000,
    "养护品": 12600,
    "精品": 17500,
    "轮胎": 16400,
    "交车台数": 520,
}


def score(run: Run, month: Month, sent: Path, out: Path) -> Result:
    return run("score", sent, "--issue", month.blank, "--inspections", month.folder / "inspections.xlsx", "-o", out)


@pytest.mark.parametrize(
    ("damage", "code", "exit_code"),
    [
        (broken.not_a_zip, "XK-F001", 4),
        (broken.truncated, "XK-F002", 4),
        (broken.encrypted, "XK-F003", 4),
        (broken.old_excel, "XK-F004", 4),
        (broken.document_type, "XK-F005", 3),
        (broken.bomb, "XK-F006", 3),
        (broken.far_cell, "XK-F007", 3),
        (broken.not_ours, "XK-T001", 4),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_a_bad_file_is_named_and_stops_nothing(
    run: Run, month: Month, sent: Path, tmp_path: Path, damage: Callable[[bytes], bytes], code: str, exit_code: int
) -> None:
    (sent / "bad.xlsx").write_bytes(damage(month.of("D002").read_bytes()))
    result = score(run, month, sent, tmp_path / "out")
    assert result.exit_code == exit_code, result.output
    assert f"错误 {code}" in result.output
    found = dealers(tmp_path / "out")
    assert found["D001"]["total"] == pytest.approx(TOTAL, abs=1e-9)
    refused = found["bad.xlsx"]
    assert refused["status"] == "rejected"
    assert [(finding["code"], finding["severity"]) for finding in refused["findings"]] == [(code, "error")]
    assert refused["findings"][0]["remedy"]
    assert [path.name[:4] for path in (tmp_path / "out" / "assessed").iterdir()] == ["D001"]


@pytest.fixture(scope="module")
def elsewhere(run: Run, month: Month, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A workbook for another month, of another version of the scheme, and of a dealer who is not on the roster."""
    place = tmp_path_factory.mktemp("elsewhere")
    newer = place / "scheme"
    shutil.copytree(templates() / "schemes" / "service-assessment", newer)
    text = (newer / "scheme.yaml").read_text("utf-8")
    (newer / "scheme.yaml").write_text(text.replace('version: "2026.1"', 'version: "2026.2"'), "utf-8")
    for name in ("dealers.xlsx", "targets.xlsx"):
        _recoded(month.folder / name, place / name)
    shipped = "service-assessment"
    return {
        "another month": _filled(run, month.folder, place / "1", shipped, "2026-12", "D002"),
        "another version": _filled(run, month.folder, place / "2", newer, "2026-11", "D002"),
        "not on the roster": _filled(run, place, place / "3", shipped, "2026-11", "D999"),
    }


def _recoded(source: Path, target: Path) -> None:
    """A list of headquarters' with another code for D002."""
    book = load_workbook(source)
    (cell,) = (row[0] for row in book.worksheets[0].iter_rows() if row[0].value == "D002")
    cell.value = "D999"
    book.save(target)


def _filled(run: Run, lists: Path, out: Path, scheme: str | Path, month: str, dealer: str) -> bytes:
    words = ("--roster", lists / "dealers.xlsx", "--targets", lists / "targets.xlsx", "--anyway", "-o", out)
    result = run("new", scheme, "--month", month, *words)
    assert result.exit_code == 0, result.output
    (blank,) = out.glob(f"{dealer}_*.xlsx")
    return fill_in(blank.read_bytes(), ANSWERS)


@pytest.mark.parametrize(
    ("which", "code", "says"),
    [
        ("another month", "XK-T003", "2026-12"),
        ("another version", "XK-T002", "2026.2"),
        ("not on the roster", "XK-T004", "D999"),
    ],
)
def test_a_workbook_of_another_issue_is_not_scored(
    run: Run, month: Month, sent: Path, tmp_path: Path, elsewhere: dict[str, bytes], which: str, code: str, says: str
) -> None:
    (sent / "other.xlsx").write_bytes(elsewhere[which])
    result = score(run, month, sent, tmp_path / "out")
    assert result.exit_code == 4
    found = dealers(tmp_path / "out")
    (finding,) = found["other.xlsx"]["findings"]
    assert finding["code"] == code
    assert says in finding["message"]
    assert found["D001"]["status"] == "scored"


def test_two_files_of_one_dealer_that_differ_and_came_at_once_leave_it_to_headquarters(
    run: Run, month: Month, sent: Path, tmp_path: Path
) -> None:
    blank = month.of("D002", "blank").read_bytes()
    for name, answers in (("first", ANSWERS), ("second", {**ANSWERS, "轮胎": 1})):
        (sent / f"{name}.xlsx").write_bytes(fill_in(blank, answers))
        os.utime(sent / f"{name}.xlsx", (0, 0))
    result = score(run, month, sent, tmp_path / "out")
    assert result.exit_code == 4
    scores = (tmp_path / "out" / "scores.json").read_text("utf-8")
    assert scores.count('"XK-T005"') == 2, "each of the two says so"
    assert "second.xlsx" in result.output
    assert dealers(tmp_path / "out")["D002"]["status"] == "rejected"
    assert not list((tmp_path / "out" / "assessed").glob("D002*"))


def test_the_same_answers_twice_count_once(run: Run, month: Month, sent: Path, tmp_path: Path) -> None:
    filled = fill_in(month.of("D002", "blank").read_bytes(), ANSWERS)
    (sent / "first.xlsx").write_bytes(filled)
    (sent / "second.xlsx").write_bytes(filled)
    assert score(run, month, sent, tmp_path / "out").exit_code == 0
    dealer = dealers(tmp_path / "out")["D002"]
    assert dealer["status"] == "scored"
    assert "XK-T006" in {finding["code"] for finding in dealer["findings"]}


def test_all_at_once_the_unsafe_decide_and_the_good_are_scored(
    run: Run, month: Month, sent: Path, tmp_path: Path, elsewhere: dict[str, bytes]
) -> None:
    good = month.of("D002").read_bytes()
    bad = [
        broken.not_a_zip, broken.truncated, broken.encrypted, broken.old_excel, broken.document_type, broken.bomb,
        broken.far_cell, broken.not_ours,
    ]  # fmt: skip
    for damage in bad:
        (sent / f"{damage.__name__}.xlsx").write_bytes(damage(good))
    for name, data in elsewhere.items():
        (sent / f"{name}.xlsx").write_bytes(data)
    shutil.copy(month.of("D008"), sent)
    result = score(run, month, sent, tmp_path / "out")
    assert result.exit_code == 3
    found = dealers(tmp_path / "out")
    assert {name for name, dealer in found.items() if dealer["status"] == "scored"} == {"D001", "D008"}
    refused = {d["findings"][0]["code"] for d in found.values() if d["status"] == "rejected"}
    assert refused == {*(f"XK-F00{n}" for n in range(1, 8)), "XK-T001", "XK-T002", "XK-T003", "XK-T004"}


def test_a_finding_of_severity_error_alone_is_exit_code_1(run: Run, month: Month, sent: Path, tmp_path: Path) -> None:
    shutil.copy(month.of("D006"), sent)
    assert score(run, month, sent, tmp_path / "out").exit_code == 1
    assert dealers(tmp_path / "out")["D006"]["status"] == "provisional"
