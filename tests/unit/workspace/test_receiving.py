"""收件: each file is kept once and logged, whose it is is read in the workbook, and nothing that is sent is lost."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from shared.archives import zipped

from xlkpi.headquarters.issuing import Blank
from xlkpi.issue import Issue
from xlkpi.workspace.places import MonthFolder, Workspace
from xlkpi.workspace.receiving import COUNTED, NOT_SCORED, SAME, Line, read_log, receive, to_score
from xlkpi.workspace.record import Refusal
from xlkpi.workspace.settings import Settings

CAME = datetime(2026, 12, 2, 10, 30)


@pytest.fixture
def folder(tmp_path: Path) -> MonthFolder:
    made = MonthFolder(Workspace(tmp_path / "绩效", Settings(scheme="service-assessment")), "2026-11")
    made.received.mkdir(parents=True)
    return made


def by_name(lines: list[Line]) -> dict[str, Line]:
    return {line.name: line for line in lines}


def test_everything_that_comes(
    folder: MonthFolder, issue: Issue, issued_blanks: Mapping[str, Blank], filled: bytes, tmp_path: Path
) -> None:
    """One delivery of all kinds; then the same once more."""
    other = issued_blanks["D002"].data
    sent = tmp_path / "来件"
    (sent / "华东" / "一店").mkdir(parents=True)
    (sent / "华东" / "一店" / "随便起的名.xlsx").write_bytes(filled)
    (sent / "D001_原文实例店_2026-11 (1).xlsx").write_bytes(filled)
    (sent / "照片.jpg").write_bytes(b"\xff\xd8 a photo")
    (sent / "扫描件.pdf").write_bytes(b"%PDF-1.4 a scan")
    (sent / "~$打开的.xlsx").write_bytes(b"a lock")
    (sent / "坏的.xlsx").write_bytes(filled[: len(filled) // 2])
    inner = zipped({"里层/照片.png": b"png"})
    (sent / "华南.zip").write_bytes(zipped({"各店/二号店的表.xlsx": other, "再包一层.zip": inner}, "gbk"))
    (sent / "炸弹.zip").write_bytes(zipped({"零.xlsx": b"\0" * (40 << 20)}))

    got = receive(folder, issue, [sent], CAME)
    lines = by_name(list(got.new))
    assert set(lines) == {
        "随便起的名.xlsx", "D001_原文实例店_2026-11 (1).xlsx", "照片.jpg", "扫描件.pdf", "坏的.xlsx", "二号店的表.xlsx",
        "照片.png", "炸弹.zip",
    }  # fmt: skip
    copies = [lines["随便起的名.xlsx"], lines["D001_原文实例店_2026-11 (1).xlsx"]]
    assert sorted(line.fate for line in copies) == sorted((COUNTED, SAME))
    assert {line.dealer for line in copies} == {"D001"}
    assert len({line.stored for line in copies}) == 1
    assert (lines["二号店的表.xlsx"].dealer, lines["二号店的表.xlsx"].fate) == ("D002", COUNTED)
    assert lines["二号店的表.xlsx"].source == "来件/华南.zip/各店"
    assert {line.name for line in got.new if line.fate == NOT_SCORED} == {
        "照片.jpg",
        "扫描件.pdf",
        "照片.png",
        "炸弹.zip",
    }
    assert "XK-F006" in {finding.code for finding in got.findings}
    assert "过高" in lines["炸弹.zip"].note or "展开" in lines["炸弹.zip"].note or "MB" in lines["炸弹.zip"].note
    for line in got.new:
        assert line.at == "2026-12-02 10:30:00"
        assert not line.stored or (folder.path / line.stored).is_file(), line
    files = to_score(folder, read_log(folder.log))
    assert set(files.values()) == {CAME}
    assert len(files) == 3

    before = folder.log.read_bytes()
    again = receive(folder, issue, [sent], datetime(2026, 12, 9))
    assert (again.new, again.known) == ((), len(got.new))
    assert folder.log.read_bytes() == before
    (sent / "又发一次.xlsx").write_bytes(filled)
    later = receive(folder, issue, [sent / "又发一次.xlsx"], datetime(2026, 12, 9))
    assert [line.fate for line in later.new] == [SAME]
    assert folder.log.read_bytes().startswith(before), "the log only grows"
    assert to_score(folder, read_log(folder.log)) == files, "the same content came when it first came"


def test_what_is_put_there_by_hand(folder: MonthFolder, issue: Issue, filled: bytes) -> None:
    (folder.received / "手工放的.xlsx").write_bytes(filled)
    got = receive(folder, issue, [], CAME)
    assert [(line.dealer, line.stored) for line in got.new] == [("D001", "收件/手工放的.xlsx")]
    assert receive(folder, issue, [], CAME).new == ()


def test_a_file_that_was_altered_after_it_came(
    folder: MonthFolder, issue: Issue, filled: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.xlsx").write_bytes(filled)
    (line,) = receive(folder, issue, [tmp_path / "a.xlsx"], CAME).new
    for change in (lambda path: path.write_bytes(b"other"), Path.unlink):
        change(folder.path / line.stored)
        with pytest.raises(Refusal) as refusal:
            to_score(folder, read_log(folder.log))
        assert [finding.code for finding in refusal.value.findings] == ["XK-W086"]


def test_what_a_killed_run_left_is_no_delivery(
    folder: MonthFolder, issue: Issue, filled: bytes, tmp_path: Path
) -> None:
    """The files lie there and the log does not: the same delivery gives the same log, and nothing is kept twice."""
    (tmp_path / "a.xlsx").write_bytes(filled)
    receive(folder, issue, [tmp_path / "a.xlsx"], CAME)
    whole = folder.log.read_bytes()
    folder.log.unlink()
    assert receive(folder, issue, [], CAME).new == ()
    receive(folder, issue, [tmp_path / "a.xlsx"], CAME)
    assert folder.log.read_bytes() == whole
    shutil.rmtree(folder.received)


@pytest.mark.parametrize("mark", ["issue.json", "manifest.jsonl", "month.json", "xlkpi.yaml"])
def test_our_own_folders_are_no_delivery(
    folder: MonthFolder, issue: Issue, filled: bytes, tmp_path: Path, mark: str
) -> None:
    for home in (tmp_path / "all", tmp_path / "all" / "ours"):
        home.mkdir()
        (home / "a.xlsx").write_bytes(filled)
    (tmp_path / "all" / "ours" / mark).write_bytes(b"{}")
    got = receive(folder, issue, [tmp_path / "all"], CAME)
    assert [line.source for line in got.new] == ["all"]
    assert [finding.code for finding in got.findings] == ["XK-W068"]
    assert receive(folder, issue, [tmp_path / "all" / "ours"], CAME).new == ()
