"""定稿 again, after any input changed: refused, or nothing changes. Every kind of file of a workspace is tried."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from journey.shared import Run

MONTH = "2026-11"
Change = Callable[[Path], None]


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def fewer_lines(path: Path) -> None:
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8")


def another_word(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace('"by": "', '"by": "另', 1), "utf-8")


def gone(path: Path) -> None:
    path.unlink()


def made(path: Path) -> None:
    path.write_bytes(b"x")


REFUSED: tuple[tuple[str, Change], ...] = (
    ("目标.xlsx", longer), ("目标.xlsx", gone), ("检查情况.xlsx", longer), ("检查情况.xlsx", gone), ("豁免.xlsx", made),
    ("空白表/issue.json", longer), ("空白表/issue.json", gone), ("空白表/master.xlsx", longer),
    ("收件.jsonl", fewer_lines), ("收件.jsonl", gone), ("收件/*/*/*.xlsx", longer), ("收件/*/*/*.xlsx", gone),
    ("month.json", another_word), ("month.json", fewer_lines), ("结果/scores.json", longer), ("结果/scores.json", gone),
    ("结果/scores.csv", longer), ("结果/排名汇总.xlsx", longer), ("结果/report.html", longer),
    ("结果/manifest.jsonl", fewer_lines), ("结果/assessed/D001_*.xlsx", longer), ("结果/assessed/D001_*.xlsx", gone),
    ("结果/多出来的.txt", made),
)  # fmt: skip
ONLY_FINAL: tuple[tuple[str, Change], ...] = (
    ("发放/D001_*/通知.txt", longer), ("发放/D001_*/*.xlsx", longer), ("发放/D001_*/*.xlsx", gone),
    ("发放/多出来的.txt", made),
)  # fmt: skip
"""定稿 itself hands everything out anew; from then on what was handed out is held too."""
NOT_ASKED: tuple[tuple[str, Change], ...] = (
    ("../名册.xlsx", longer), ("../日历.xlsx", longer), ("../历史.duckdb", gone), ("标注/多出来的.txt", made),
)  # fmt: skip
"""What a final month is not made of any more: the issue holds what it took from them."""


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".duckdb" not in path.name
    }


@pytest.mark.slow
def test_what_changed_is_refused_before_and_after_the_month_is_final(
    workspace: Path, run: Run, tmp_path: Path
) -> None:  # fmt: skip
    root = tmp_path / "绩效"
    shutil.copytree(workspace, root)
    finalise = ("month", "finalise", "--reason", "演练", "--by", "张三", "--at", root)
    for final in (False, True):
        if final:
            assert run(*finalise).exit_code == 0
        holding = (*REFUSED, *ONLY_FINAL) if final else REFUSED
        for name, change in (*holding, *(NOT_ASKED if final else ())):
            folder = root / MONTH
            path = next(iter(sorted(folder.glob(name))), folder / name) if "*" in name else folder / name
            kept = path.read_bytes() if path.is_file() else None
            path.parent.mkdir(exist_ok=True)
            change(path)
            before = tree(root)
            result = run(*finalise)
            words = (final, name, change.__name__, result.output)
            if (name, change) in NOT_ASKED:
                assert result.output.startswith("没有变化"), words
            else:
                assert result.exit_code == 1, words
                assert "XK-W08" in result.output, words
            assert tree(root) == before, words
            path.unlink(missing_ok=True)
            if kept is not None:
                path.write_bytes(kept)
    assert run(*finalise).output.startswith("没有变化")
    state = json.loads((root / MONTH / "month.json").read_text("utf-8"))["state"]
    assert state == "定稿"
