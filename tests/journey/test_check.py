"""`xlkpi check`: what is wrong with a file, before anything is scored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journey.broken import document_type
from journey.shared import Month, Run


def listing(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_a_good_file_has_nothing_wrong(run: Run, month: Month) -> None:
    result = run("check", month.of("D001"), "--issue", month.blank)
    assert (result.exit_code, result.output.strip()) == (0, "看了 1 份文件，没有发现问题")


def test_a_missing_figure_is_an_error_with_its_cell_and_remedy(run: Run, month: Month) -> None:
    result = run("check", month.of("D006"), "--issue", month.blank)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "D006 虚构·漏填店　D006_虚构·漏填店_2026-11.xlsx　错误 1",
        "  填报",
        "    错误 XK-V001 F8　“维修毛利”没有填",
        "        → 请填写；当月确实没有发生的填 0",
        "看了 1 份文件，共 1 条：错误 1，警告 0，提示 0",
    ]


def test_repairs_are_notices_and_no_failure(run: Run, month: Month) -> None:
    result = run("check", month.of("D012"), "--issue", month.blank, "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert [(entry["dealer"], entry["code"], entry["severity"], entry["cell"]) for entry in found] == [
        ("D012", "XK-V009", "notice", "F7"), ("D012", "XK-V009", "notice", "F8"), ("D012", "XK-V009", "notice", "F10"),
    ]  # fmt: skip
    assert [entry["field"] for entry in found] == ["维修产值", "维修毛利", "接车台次"]
    assert "２８８台" in found[2]["message"]
    assert "288" in found[2]["message"]


def test_a_file_that_is_unsafe_has_a_code_of_its_own(run: Run, month: Month, sent: Path) -> None:
    (sent / "evil.xlsx").write_bytes(document_type(month.of("D002").read_bytes()))
    result = run("check", sent, "--issue", month.blank)
    assert result.exit_code == 3
    assert "XK-F005" in result.output


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_folder_is_told_file_by_file_and_nothing_is_written(run: Run, month: Month, shape: str) -> None:
    before = listing(month.folder)
    result = run("check", month.folder / "filled", "--issue", month.blank, "--format", shape)
    assert result.exit_code == 1
    assert listing(month.folder) == before
    if shape == "json":
        told = {(entry["file"][:4], entry["code"]) for entry in json.loads(result.output)}
        assert told >= {("D006", "XK-V001"), ("D009", "XK-F002"), ("D011", "XK-V014"), ("D012", "XK-V009")}
        assert {file for file, _ in told} == {"D006", "D009", "D011", "D012"}
    else:
        assert [line[:4] for line in result.output.splitlines() if line[:1] == "D"] == ["D006", "D009", "D011", "D012"]


def test_a_folder_without_an_issue_is_a_usage_error(run: Run, month: Month, tmp_path: Path) -> None:
    result = run("check", month.of("D001"), "--issue", tmp_path)
    assert result.exit_code == 2
    assert "holds no issue" in result.output


def test_a_path_that_does_not_exist_is_a_finding(run: Run, month: Month, tmp_path: Path) -> None:
    result = run("check", tmp_path / "nowhere.xlsx", "--issue", month.blank)
    assert result.exit_code == 1
    assert "XK-F009" in result.output


def test_the_demonstration_too_says_whose_a_file_is(month: Month) -> None:
    lines = month.shown.output.splitlines()
    assert "D006 虚构·漏填店　D006_虚构·漏填店_2026-11.xlsx　错误 1" in lines
