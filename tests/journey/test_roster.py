"""Two months of a workspace in which dealers open, close, merge and are on trial: every output goes by them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from shared.simulated import Dealt, drawn, filled_form, keys, printed, reckoned

from journey.shared import Run, dealers
from xlkpi.cli import workspace as commands
from xlkpi.cli.demo import fill_in
from xlkpi.headquarters.forms import roster_form
from xlkpi.headquarters.headings import CHANGES

CHANGED = (
    ("S002", "2026-11-01", "关闭"), ("S003", "2026-11-12", "开业"), ("S004", "2026年11月1日", "试运营"),
    ("S005", "2026-11-01", "并入", "S006"), ("S007", "2026-11-01", "区域", "西区"),
    ("S008", "2026-12-01", "区域", "西区"),
)  # fmt: skip


def roster_with(month: list[Dealt], *rows: tuple[str, ...]) -> bytes:
    book = load_workbook(io.BytesIO(roster_form(keys(month))))
    for number, row in enumerate(rows, 3):
        for column, content in enumerate(row, 1):
            book[CHANGES].cell(number, column, content)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet(path: Path, name: str) -> list[tuple[Any, ...]]:
    book = load_workbook(path, read_only=True)
    rows = [tuple(row) for row in book[name].iter_rows(values_only=True)]
    book.close()
    return rows


@pytest.mark.filterwarnings("ignore:.*extension is not supported")  # the ranking's bars
def test_who_is_a_dealer_of_which_month(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    root, moment = tmp_path / "绩效", [datetime(2026, 11, 2, 9)]
    monkeypatch.setattr(commands, "now", lambda: moment[0])
    month = drawn(8)
    for dealt in month:
        dealt.inspections |= {"培训次数": 4.0, "部门员工参训率": 1.0}
    known = {dealt.code: dealt for dealt in month}
    run("init", root)
    settings = root / "xlkpi.yaml"
    settings.write_text(
        settings.read_text("utf-8").replace("# send: 5 ", "send: 3 ").replace("# unit", "unit"), "utf-8"
    )
    (root / "名册.xlsx").write_bytes(roster_with(month))

    def scored(name: str, codes: list[str], *rows: tuple[str, ...]) -> Path:
        folder = root / name
        assert run("month", "open", name, "--at", root).exit_code == 0
        form = (folder / "目标.xlsx").read_bytes()
        (folder / "目标.xlsx").write_bytes(filled_form(form, {d.code: d.targets for d in month}))
        if rows:  # written after the form of targets was made, which has everybody's row
            (root / "名册.xlsx").write_bytes(roster_with(month, *rows))
        issued = run("month", "issue", "--month", name, "--at", root)
        assert issued.exit_code == 0, issued.output
        for code in ("XK-T120", "XK-T121", "XK-T122", "XK-T123"):
            assert (code in issued.output) == bool(rows), code
        assert {path.name.split("_")[0] for path in (folder / "空白表").glob("S*.xlsx")} == set(codes)
        if rows:
            revised(folder, name)
        form = (folder / "检查情况.xlsx").read_bytes()
        (folder / "检查情况.xlsx").write_bytes(filled_form(form, {c: known[c].inspections for c in codes}))
        for number, code in enumerate(codes[:-1]):  # the last one sends nothing
            (blank,) = (folder / "空白表").glob(f"{code}_*.xlsx")
            (tmp_path / f"{code}.xlsx").write_bytes(fill_in(blank.read_bytes(), known[code].actuals))
            came = ["--came", "2026-12-05 10:00"] if rows and not number else []
            assert (
                run("month", "receive", tmp_path / f"{code}.xlsx", *came, "--month", name, "--at", root).exit_code == 0
            )
        if rows:  # a change of this month that comes to be known late is told; one of the next is not
            late = (("S008", "2026-12-20", "督导", "李"), ("S007", "2026-11-20", "督导", "李"))
            (root / "名册.xlsx").write_bytes(roster_with(month, *rows, *late))
        run("month", "check", "--month", name, "--at", root)
        done = run("month", "score", "--month", name, "--at", root)
        assert ("XK-W095" in done.output) == bool(rows), done.output
        return folder

    def revised(folder: Path, name: str) -> None:
        """S001 gets another target: its blank alone is made anew."""
        before = {path.name: path.read_bytes() for path in (folder / "空白表").glob("S*.xlsx")}
        known["S001"].targets["轮胎"] = 2345.0
        targets = folder / "目标.xlsx"
        targets.write_bytes(filled_form(targets.read_bytes(), {"S001": known["S001"].targets}))
        said = ("--reason", "店面搬迁", "--approved", "王总")
        assert run("month", "issue", *said, "--month", name, "--at", root).exit_code == 0
        assert run("month", "issue", "--month", name, "--at", root).output.startswith("没有变化")
        after = {path.name: path.read_bytes() for path in (folder / "空白表").glob("S*.xlsx")}
        assert {file[:4] for file, data in after.items() if before[file] != data} == {"S001"}

    def points(code: str) -> float:
        return sum(reckoned(known[code]).values())

    everybody = [dealt.code for dealt in month]
    october = scored("2026-10", everybody)
    moment[0] = datetime(2026, 12, 2, 9)
    codes = ["S001", "S003", "S004", "S006", "S007", "S008"]
    folder = scored("2026-11", codes, *CHANGED)
    out = folder / "结果"
    records = dealers(out)

    # scores are what they would be without 变更; places are those of the dealers that have one
    assert set(records) == set(codes[:-1])
    for code, record in records.items():
        assert record["total"] == pytest.approx(points(code), abs=1e-9)
    places = {code: record["rank"] for code, record in records.items()}
    others = sorted((printed(points(code)) for code in places if code != "S004"), reverse=True)
    assert places == {code: None if code == "S004" else others.index(printed(points(code))) + 1 for code in places}
    assert records["S004"]["trial"]
    assert "试运营（2026-11-01 起）" in records["S004"]["remark"]
    assert records["S003"]["remark"] == "2026-11-12 开业"
    assert [records[code]["region"] for code in ("S007",)] == ["西区"]
    scores = json.loads((out / "scores.json").read_text("utf-8"))
    assert scores["population"] == {
        "dealers": 6, "ranked": 4, "trial": 1, "vetoed": 0, "provisional": 0, "refused": 0, "missing": 1,
    }  # fmt: skip
    assert [each["dealer"] for each in scores["missing"]] == ["S008"]

    # the return list: working days, and nobody who is no dealer of the month
    lines = {line["dealer"]: line for line in scores["returns"]}
    assert set(lines) == set(codes)
    assert (lines["S001"]["status"], lines["S001"]["days_late"]) == ("迟报", 2)  # due Thursday, came on a Saturday
    assert lines["S008"]["status"] == "未交"
    assert {row[0] for row in sheet(folder / "标注" / "returns.xlsx", "回收清单")[2:]} == set(codes)
    letters = {path.name.split("_")[0] for path in (folder / "标注").glob("S*.txt")}
    assert "S008" in letters
    assert not letters & {"S002", "S005"}
    group = (folder / "标注" / "群通知.txt").read_text("utf-8-sig")
    assert "S002" not in group
    assert "S008" in group

    # ranking workbook and report
    book = out / "排名汇总.xlsx"
    assert {row[1] for row in sheet(book, "排名")[3:]} == {"S001", "S003", "S006", "S007"}
    (apart,) = (row for row in sheet(book, "未排名") if row[0] == "S004")
    assert apart[4] == "试运营"
    assert "2026-11-01" in apart[8]
    assert "西区" in {row[0] for row in sheet(book, "区域")}
    assert "试运营" in (out / "report.html").read_text("utf-8")

    # the merged dealer's October goes on in the other's history
    history = json.loads((folder / "空白表" / "issue.json").read_text("utf-8"))["history"]
    both = known["S005"].actuals["接车台次"] + known["S006"].actuals["接车台次"]
    assert history["S006"]["接车台次_上月"] == both
    assert history["S001"]["接车台次_上月"] == known["S001"].actuals["接车台次"]
    shown = run("history", "S006", "--store", root / "历史.duckdb").output
    assert "（S005）" in shown
    assert "2026-10" in shown
    assert set(dealers(october / "结果")) == set(everybody[:-1])

    # every page says scheme, revision of the targets, and what it was made of
    basis = "方案 service-assessment 2026.1　目标：第 1 次修订（2026-12-02）　依据校验 "
    assert (scores["revision"], scores["revised_on"]) == (1, "2026-12-02")
    whole = basis + scores["made_of"]
    with zipfile.ZipFile(book) as package:
        footers = [package.read(part).decode() for part in package.namelist() if "worksheets/sheet" in part]
    assert all(whole in footer for footer in footers)
    assert sheet(book, "总览")[1][0] == whole
    assert scores["made_of"] in (out / "report.html").read_text("utf-8")
    assert whole in run("rank", "--store", root / "历史.duckdb", "-o", tmp_path / "again.xlsx").output or (
        sheet(tmp_path / "again.xlsx", "总览")[1][0] == whole
    )
    for code, record in records.items():
        (assessed,) = (out / "assessed").glob(f"{code}_*.xlsx")
        assert sheet(assessed, "绩效考核表")[2][0] == basis + record["made_of"]
    late = next((folder / "标注").glob("S001_*.txt")).read_text("utf-8-sig")
    assert late.rstrip().endswith(basis + records["S001"]["made_of"])
    assert basis in next((folder / "标注").glob("S008_*.html")).read_text("utf-8")

    # what is handed out
    moment[0] = datetime(2026, 12, 8, 9)
    assert run("month", "publish", "--month", "2026-11", "--at", root).exit_code == 0
    assert {path.name.split("_")[0] for path in (folder / "发放").iterdir()} == set(codes)
    for code, record in records.items():
        words = next((folder / "发放").glob(f"{code}_*/通知.txt")).read_text("utf-8-sig")
        assert record["made_of"] in words
        assert ("店面搬迁" in words) == (code == "S001")  # why is said to whom it concerns
        (handed,) = (folder / "发放").glob(f"{code}_*/*.xlsx")
        by_label = {row[0]: row[1] for row in sheet(handed, "本月记录")}
        assert by_label["依据校验"] == record["made_of"]
        assert by_label["目标"].startswith("第 1 次修订（2026-12-02")
    notice = next((folder / "发放").glob("S004_*/通知.txt")).read_text("utf-8-sig")
    assert "试运营" in notice
    assert "名（" not in notice
