"""Departments fill copies of their dealership's workbook: what they come to is the same as one workbook, in the
workspace and by the plain commands; nothing is merged, replaced or left out in silence."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from shared.replies import answered, decided
from shared.simulated import Dealt, drawn, exported, reckoned

from journey.shared import Clock, Run, dealers
from journey.test_workspace import MONTH, begun, refused, tree
from xlkpi.cli.demo import fill_in
from xlkpi.workbook.sheets.replies import REASONS

OFFICE, SHOP = ("维修产值", "维修毛利", "养护品", "精品"), ("接车台次", "轮胎", "交车台数")


def part(folder: Path, dealt: Dealt, names: tuple[str, ...], **other: float) -> bytes:
    """A dealer's blank with some of its figures."""
    (blank,) = (folder / "空白表").glob(f"{dealt.code}_*.xlsx")
    return fill_in(blank.read_bytes(), {**{name: dealt.actuals[name] for name in names}, **other})


def test_departments_fill_copies(tmp_path: Path, run: Run, clock: Clock) -> None:
    month, root = drawn(4), tmp_path / "绩效"
    folder, sent = begun(root, month, run), tmp_path / "来件"
    at_noon = {
        "S001": {"财务": (OFFICE, {}), "车间": (SHOP, {})},
        "S002": {"财务": (OFFICE, {}), "车间": ((*SHOP, "精品"), {"精品": 1.0})},  # they contradict each other
        "S003": {"旧": ((*OFFICE, *SHOP), {"轮胎": 1.0})},  # sent again, whole
        "S004": {"财务": (OFFICE, {"精品": 1.0}), "车间": (SHOP, {})},  # one department sends again
    }
    later = {"S003": {"新": (*OFFICE, *SHOP)}, "S004": {"财务2": OFFICE}}
    known = {dealt.code: dealt for dealt in month}
    sent.mkdir()
    for code, copies in at_noon.items():
        for who, (names, other) in copies.items():
            (sent / f"{code}_{who}.xlsx").write_bytes(part(folder, known[code], names, **other))
    run("month", "receive", sent, "--at", root)
    settings = root / "xlkpi.yaml"
    settings.write_text(settings.read_text("utf-8") + "actuals:\n  轮胎(万元): 轮胎\n", "utf-8")
    exported(folder / "实绩.xlsx", [["经销商代码", "轮胎(万元)"], ["S003", 0.5]], f"{MONTH} 系统导出")
    known["S003"].actuals["轮胎"] = 5000.0  # the dealer's own figure is another
    clock.at = datetime(2026, 12, 2, 9)
    for code, more in later.items():
        for who, names in more.items():
            path = tmp_path / f"{code}_{who}.xlsx"
            path.write_bytes(part(folder, known[code], names, **({"轮胎": 4000.0} if code == "S003" else {})))
            run("month", "receive", path, "--at", root)
    assert run("month", "check", "--at", root).exit_code == 1
    run("month", "score", "--at", root)
    once = tree(folder)
    assert run("month", "score", "--at", root).output.startswith("没有变化")
    assert tree(folder) == once
    scores = dealers(folder / "结果")
    for code in ("S001", "S003", "S004"):
        entry = scores[code]
        assert entry["status"] == "scored", (code, entry["findings"])
        assert {i["id"]: i["score"] for i in entry["items"]} == pytest.approx(reckoned(known[code]), abs=1e-9), code
    codes = {code: {finding["code"] for finding in entry["findings"]} for code, entry in scores.items()}
    assert {code for code in codes if "XK-T130" in codes[code]} == {"S001", "S002", "S004"}
    assert {code for code in codes if "XK-T050" in codes[code]} == {"S003", "S004"}
    assert {code: entry.get("copies") for code, entry in scores.items()} == {
        "S001": ["S001_财务.xlsx", "S001_车间.xlsx"], "S002": ["S002_财务.xlsx", "S002_车间.xlsx"], "S003": None,
        "S004": ["S004_车间.xlsx", "S004_财务2.xlsx"],
    }  # fmt: skip
    assert {code for code in codes if "XK-I047" in codes[code]} == {"S003"}
    assert [entry["source"] for entry in scores["S003"]["provenance"]] == ["实绩.xlsx Sheet!B3"]
    assert scores["S002"]["status"] == "provisional"
    (question,) = (finding for finding in scores["S002"]["findings"] if finding["code"] == "XK-T131")
    assert question["field"] == "精品"
    assert "S002_财务.xlsx" in question["message"] and "S002_车间.xlsx" in question["message"]
    whose = {entry["name"]: entry["source"] for entry in scores["S001"]["provenance"]}
    assert whose.keys() == {*OFFICE, *SHOP}
    assert all(whose[name].startswith("S001_财务.xlsx 填报!") for name in OFFICE)
    lines = json.loads((folder / "结果" / "scores.json").read_text("utf-8"))["returns"]
    joined = {line["file"] for line in lines if line["status"] == "已合并"}
    assert joined == {"S001_财务.xlsx", "S002_财务.xlsx", "S004_车间.xlsx"}

    # each marked copy holds what was filled in there, and the question stands in both
    marked = {
        path.name: {row[6] for row in load_workbook(path)["问题清单"].iter_rows(min_row=5, values_only=True)}
        for path in (folder / "标注").glob("S00*.xlsx")
    }
    assert "XK-T131" in marked["S002_财务.xlsx"] & marked["S002_车间.xlsx"]
    assert not any("XK-V001" in told for told in marked.values())

    # a warning is answered in the marked copy, and headquarters decides
    (copy,) = (folder / "标注").glob("S003_新.xlsx")
    (tmp_path / "S003_答.xlsx").write_bytes(answered(copy.read_bytes(), "XK-I047", REASONS[-1], "系统少一单"))
    clock.at = datetime(2026, 12, 3, 9)
    run("month", "receive", tmp_path / "S003_答.xlsx", "--at", root)
    assert "答复.xlsx" in run("month", "score", "--at", root).output
    (warned,) = (f for f in dealers(folder / "结果")["S003"]["findings"] if f["code"] == "XK-I047")
    assert (warned["severity"], warned["reply"]["words"]) == ("warning", "系统少一单")
    listed = (folder / "答复.xlsx").read_bytes()
    book = load_workbook(folder / "答复.xlsx")
    book.worksheets[0]["G1"].value = "别的"
    book.save(folder / "答复.xlsx")
    assert "XK-T141" in run("month", "check", "--at", root).output
    (folder / "答复.xlsx").write_bytes(listed)
    decided(folder / "答复.xlsx", 采纳="采纳", 批准人="王总")
    run("month", "score", "--at", root)
    (warned,) = (f for f in dealers(folder / "结果")["S003"]["findings"] if f["code"] == "XK-I047")
    assert (warned["severity"], warned["ruling"]["by"], warned["ruling"]["who"]) == ("notice", "reply", "王总")
    assert run("month", "score", "--at", root).output.startswith("没有变化")
    (tmp_path / "S003_答.xlsx").unlink()

    # what is handed out, traced and packed says so too
    run("month", "publish", "--at", root)
    (home,) = (folder / "发放").glob("S003_*")
    traced = run("trace", next(home.glob("*.xlsx")), "轮胎", "--full").output
    assert "实绩.xlsx Sheet!B3；没有采用：S003_答.xlsx" in traced
    assert "总部系统的数　轮胎 = 5000" in traced
    (home,) = (folder / "发放").glob("S001_*")
    (path,) = home.glob("*.xlsx")
    book = load_workbook(path)
    assert [row[1] for row in book["本月记录"].iter_rows(values_only=True) if str(row[0]).startswith("合并")] == [
        "S001_财务.xlsx", "S001_车间.xlsx"
    ]  # fmt: skip
    assert "S001_财务.xlsx 填报!" in run("trace", path, "维修产值").output
    run("month", "pack", "-o", tmp_path / "pack.zip", "--at", root)
    assert "重算 4 家，逐字节相同 4 家" in run("verify", tmp_path / "pack.zip").output

    # the plain commands: as the scheme says, the latest counts, and what it leaves blank is told; or joined, the same
    for path, hour in zip(sorted([*sent.iterdir(), *tmp_path.glob("S00*.xlsx")]), range(100), strict=False):
        moment = datetime(2026, 12, 1 + (path.parent != sent), 9, hour).timestamp()
        os.utime(path, (moment, moment))
    given = (sent, *sorted(tmp_path.glob("S00*.xlsx")), "--issue", folder / "空白表")
    listed = (
        "--inspections",
        folder / "检查情况.xlsx",
        "--actuals",
        folder / "实绩.xlsx",
        "--column",
        "轮胎(万元)=轮胎",
    )
    run("score", *given, *listed, "-o", tmp_path / "latest")
    latest = dealers(tmp_path / "latest")
    told = {c for c, entry in latest.items() if any(f["code"] == "XK-T132" for f in entry["findings"])}
    assert told == {"S001", "S002", "S004"}
    assert "XK-T131" in run("check", *given, "--copies", "joined").output
    for again in ((), ("--resume",)):
        run("score", *given, *listed, "-o", tmp_path / "joined", "--copies", "joined", *again)
        plain = dealers(tmp_path / "joined")
        assert {c: e["published"] for c, e in plain.items()} == {c: e["published"] for c, e in scores.items()}

    # the settings decide
    path = root / "xlkpi.yaml"
    path.write_text(path.read_text("utf-8").replace("copies: joined ", "copies: both "), "utf-8")
    assert "latest" in refused(run("month", "status", "--at", root), "XK-W082")
