"""`xlkpi demo`: the README's first command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shared import pinned

from journey.shared import TOTAL, Month, dealers, item

EXACT = {
    "接车台次": 12.14516129032258, "维修产值": 7.984282266510831, "维修毛利": 15, "养护品": 5,
    "精品": 0.8725208137077679, "轮胎": 2.223833479540016,
    "计划执行": 10, "资金计划": 10, "绩效管理": 10, "质量管理": 10, "学习成长": 5,
}  # fmt: skip


def test_it_ends_well_and_leaves_everything(month: Month) -> None:
    assert month.shown.exit_code == 0, month.shown.output
    for name in ("dealers.xlsx", "targets.xlsx", "inspections.xlsx", "blank/issue.json", "blank/master.xlsx"):
        assert (month.folder / name).is_file(), name
    assert len(list(month.blank.glob("D*.xlsx"))) == 12
    assert len(list((month.folder / "filled").glob("D*.xlsx"))) == 12
    assert len(list((month.out / "assessed").glob("D*.xlsx"))) == 11, "all but the broken one"
    assert "虚构·手写数字店" in (month.out / "report.html").read_text("utf-8")
    assert (month.out / "scores.csv").read_bytes().startswith(b"\xef\xbb\xbfdealer,month,kind,id,value\n")


def test_the_real_month_comes_out(month: Month) -> None:
    real = dealers(month.out)["D001"]
    assert real["total"] == pytest.approx(TOTAL, abs=1e-9)
    assert {entry["id"]: entry["score"] for entry in real["items"]} == pytest.approx(EXACT, abs=1e-9)
    assert (real["status"], real["published"], real["grade"], real["total_range"]) == (
        "scored", 88.2, "良好", [real["total"], real["total"]],
    )  # fmt: skip


def test_the_table_tells_totals_and_reasons(month: Month) -> None:
    rows = [line.split("│") for line in month.shown.output.splitlines() if line.startswith("│")]
    shown = "".join("".join(row[-2].split()) for row in rows)  # the last column, which folds
    assert "88.2" in {row[4].strip() for row in rows}
    reasons = [
        veto["clause"] for dealer in dealers(month.out).values() for entry in dealer.get("items", ())
        for veto in entry["vetoes"]
    ]  # fmt: skip
    assert len(reasons) == 4, "49.9 %, a comeback rate of 0.2 %, claims not collected, two trainings"
    for reason in (*reasons, "轮胎不适用", "维修毛利未填", "文件已损坏", "计划执行扣0（按条款15）"):
        assert "".join(reason.split()) in shown, reason


@pytest.mark.parametrize(
    ("dealer", "total", "before", "why"),
    [
        ("D002", 100, 100, "everything met"),
        ("D003", 85, 92.485, "49.9 % takes 接车台次 to zero"),
        ("D004", 87.5, 87.5, "exactly 50 % does not"),
        ("D005", 80, 80, "27 points of deductions from an item of 10, and 15 from another"),
        ("D008", 90, 100, "exactly 0.2 % is vetoed"),
    ],
)
def test_the_edges_that_it_shows(month: Month, dealer: str, total: float, before: float, why: str) -> None:
    scored = dealers(month.out)[dealer]
    assert (scored["total"], scored["total_before_veto"]) == pytest.approx((total, before), abs=1e-9), why


def test_absence_and_damage_have_their_own_status(month: Month) -> None:
    found = dealers(month.out)
    missing, unapplied, broken = found["D006"], found["D007"], next(f for f in found.values() if "D009" in f["file"])
    assert missing["status"] == "provisional"
    assert missing["total_range"] == pytest.approx([missing["total"], missing["total"] + 15])
    assert item(missing, "维修毛利")["actual"] == "未填"
    assert item(unapplied, "轮胎")["score"] == "不适用"
    assert unapplied["status"] == "scored"
    assert broken["status"] == "rejected"
    assert [finding["code"] for finding in broken["findings"]] == ["XK-F002"]


def test_its_files_are_the_same_on_every_system_and_python(month: Month) -> None:
    assert pinned.differences(month.folder) == [], "if it is meant: python tests/golden/regenerate.py"


def test_ranks_go_by_the_printed_total_and_leave_out_the_provisional(month: Month) -> None:
    found = {code: entry.get("rank") for code, entry in dealers(month.out).items()}
    assert found["D002"] == 1
    assert found["D001"] == 5
    assert found["D006"] is None
    assert found["D010"] is None


def test_the_installed_command_scores_from_another_folder(month: Month, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("xlkpi.exe" if sys.platform == "win32" else "xlkpi")
    words = ["score", month.of("D001"), "--issue", month.blank, "--inspections", month.folder / "inspections.xlsx"]
    done = subprocess.run(
        [command, *words, "-o", "out"], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert dealers(tmp_path / "out")["D001"]["total"] == pytest.approx(TOTAL, abs=1e-9)
    assert "88.2" in done.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "ascii"])
def test_a_redirected_stream_of_windows_takes_what_is_said(encoding: str) -> None:
    """Windows gives a pipe the old code page; 绩 is not in cp1252, − is not in gbk."""
    code = "from xlkpi.cli import main; main(['scheme', 'show', 'service-assessment'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert "绩效考核表" in done.stdout.decode("gbk" if encoding == "gbk" else "utf-8")
