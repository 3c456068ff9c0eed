"""A month as a folder, from `init` to 定稿 and after: what it comes to is reckoned a second time, and a kill at any
moment of any step leaves nothing that the step again would not make anew, byte for byte."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from shared.archives import zipped
from shared.simulated import Dealt, drawn, filled_form, keys, printed, reckoned

from journey.dying import KILLED, Ended, Steps, warm_steps
from journey.shared import Clock, Run, dealers, item
from xlkpi.cli.demo import fill_in
from xlkpi.files import claimed
from xlkpi.headquarters.forms import roster_form
from xlkpi.resources import templates

MONTH = "2026-11"


def tree(folder: Path) -> dict[str, str]:
    """Every file's hash, but for the history, whose bytes are DuckDB's own."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".duckdb" not in path.name
    }


def begun(root: Path, month: list[Dealt], run: Run, settings: str = "") -> Path:
    """A workspace with roster, targets and inspections filled in, issued."""
    assert run("init", root).exit_code == 0
    (root / "名册.xlsx").write_bytes(roster_form(keys(month)))
    if settings:
        path = root / "xlkpi.yaml"
        path.write_text(path.read_text("utf-8") + settings, "utf-8")
    assert run("month", "open", MONTH, "--at", root).exit_code == 0
    folder = root / MONTH
    (folder / "目标.xlsx").write_bytes(
        filled_form((folder / "目标.xlsx").read_bytes(), {d.code: d.targets for d in month})
    )
    assert run("month", "issue", "--at", root).exit_code == 0
    form = (folder / "检查情况.xlsx").read_bytes()
    (folder / "检查情况.xlsx").write_bytes(filled_form(form, {d.code: d.inspections for d in month}))
    return folder


def returned(folder: Path, dealt: Dealt, **other: float) -> bytes:
    """A dealer's blank, filled in."""
    (blank,) = (folder / "空白表").glob(f"{dealt.code}_*.xlsx")
    return fill_in(blank.read_bytes(), {**dealt.actuals, **other})


def refused(result: Any, code: str = "XK-W084") -> str:
    """What a refused step said; it ended with 1."""
    assert result.exit_code == 1, result.output
    assert code in result.output, result.output
    return str(result.output)


def test_a_month_from_init_to_final(tmp_path: Path, run: Run, clock: Clock) -> None:
    root = tmp_path / "绩效"
    month = drawn(12)
    month[0].inspections |= {"培训次数": 2.0, "部门员工参训率": 1.0}
    known = {dealt.code: dealt for dealt in month}

    # out of order, before anything is there
    assert "xlkpi init" in refused(run("month", "open", "--at", tmp_path), "XK-W089")
    run("init", root)
    refused(run("month", "open", MONTH, "--at", root), "XK-W085")
    assert "xlkpi month open" in refused(run("month", "issue", "--at", root))
    folder = begun(root, month, run, "  # nothing more\n")
    assert "xlkpi month receive" in refused(run("month", "score", "--at", root))
    assert "xlkpi month score" in refused(run("month", "publish", "--at", root))
    assert "xlkpi month publish" in refused(run("month", "finalise", "--at", root))
    assert run("month", "issue", "--at", root).output.startswith("没有变化")

    # the targets of one dealer are revised: with a reason and a name, and only its blank changes
    blanks = tree(folder / "空白表")
    known["S005"].targets["轮胎"] = 2345.0
    form = (folder / "目标.xlsx").read_bytes()
    first = returned(folder, known["S005"])
    (folder / "目标.xlsx").write_bytes(filled_form(form, {"S005": known["S005"].targets}))
    assert "--approved" in refused(run("month", "issue", "--at", root))
    run("month", "issue", "--reason", "店面搬迁", "--approved", "王总", "--at", root)
    moved = {name for name, digest in tree(folder / "空白表").items() if blanks.get(name) != digest}
    assert {name[:4] for name in moved - {"issue.json"}} == {"S005"}

    # what comes: in folders, an archive with GBK names, copies, photos; S011 late, S010 late with an extension
    sent = tmp_path / "来件"
    (sent / "华东").mkdir(parents=True)
    for dealt in month[:5]:
        data = first if dealt.code == "S005" else returned(folder, dealt)  # its old blank: the target is ours anyway
        (sent / "华东" / f"{dealt.name} 的表.xlsx").write_bytes(data)
    (sent / "华东" / "1号店 (1).xlsx").write_bytes((sent / "华东" / f"{month[0].name} 的表.xlsx").read_bytes())
    (sent / "门头照片.jpg").write_bytes(b"\xff\xd8")
    (sent / "华南.zip").write_bytes(zipped({f"各店/{d.name}.xlsx": returned(folder, d) for d in month[5:9]}, "gbk"))
    wrong = returned(folder, month[0], 接车台次=1.0)
    (tmp_path / "S001_旧.xlsx").write_bytes(wrong)
    run("month", "receive", tmp_path / "S001_旧.xlsx", "--came", "2026-11-30 08:00", "--at", root)
    assert run("month", "receive", sent, "--at", root).exit_code == 0
    assert "以前已登记过" in run("month", "receive", sent, "--at", root).output
    run("month", "extend", "S010", "--until", "2026-12-09", "--reason", "停电", "--by", "王总", "--at", root)
    clock.at = datetime(2026, 12, 8, 10)
    for dealt in month[9:11]:
        (tmp_path / f"{dealt.code}.xlsx").write_bytes(returned(folder, dealt))
        run("month", "receive", tmp_path / f"{dealt.code}.xlsx", "--at", root)

    assert run("month", "check", "--at", root).exit_code in (0, 1)
    assert run("month", "check", "--at", root).output.startswith("没有变化")
    assert {"问题清单.xlsx", "returns.xlsx"} <= set(tree(folder / "标注"))
    assert "S012" in run("next", "--at", root).output
    run("month", "score", "--at", root)
    once = tree(folder)
    assert run("month", "score", "--at", root).output.startswith("没有变化")
    assert tree(folder) == once

    # every score, reckoned from the clauses' own words
    scores = dealers(folder / "结果")
    assert set(scores) == set(known) - {"S012"}
    wanted = {code: reckoned(dealt) for code, dealt in known.items()}
    for code, entry in scores.items():
        assert entry["status"] == "scored", (code, entry["findings"])
        assert {i["id"]: i["score"] for i in entry["items"]} == pytest.approx(wanted[code], abs=1e-9), code
        assert entry["published"] == printed(sum(wanted[code].values())), code
    totals = {code: printed(sum(wanted[code].values())) for code in scores}
    assert {c: e["rank"] for c, e in scores.items()} == {
        c: 1 + sum(t > totals[c] for t in totals.values()) for c in totals
    }
    lines = {
        entry["dealer"]: entry for entry in json.loads((folder / "结果" / "scores.json").read_text("utf-8"))["returns"]
    }
    assert (lines["S011"]["status"], lines["S011"]["days_late"]) == ("迟报", 3)
    assert (lines["S010"]["status"], lines["S012"]["status"]) == ("按时", "未交")

    # 预发布, appeals, 定稿
    (folder / "检查情况.xlsx").write_bytes((folder / "检查情况.xlsx").read_bytes() + b"\0")
    assert "xlkpi month score" in refused(run("month", "publish", "--at", root))
    (folder / "检查情况.xlsx").write_bytes((folder / "检查情况.xlsx").read_bytes()[:-1])
    run("month", "publish", "--at", root)
    published = tree(folder)
    assert run("month", "publish", "--at", root).output.startswith("没有变化")
    assert tree(folder) == published
    refused(run("month", "score", "--at", root))
    for code in scores:
        (home,) = (folder / "发放").glob(f"{code}_*")
        text = b"".join(
            zipfile.ZipFile(path).read(name)
            for path in home.glob("*.xlsx")
            for name in zipfile.ZipFile(path).namelist()
        )
        text += b"".join(path.read_bytes() for path in home.glob("*.txt"))
        assert not [other for other in known if other != code and other.encode() in text], code

    (home,) = (folder / "发放").glob("S012_*")
    assert [path.name for path in home.iterdir()] == ["通知.txt"]
    assert "没有可以计分的上报" in (home / "通知.txt").read_text("utf-8-sig")
    with claimed(folder), ThreadPoolExecutor(1) as pool:  # two windows: who comes second is told
        refused(pool.submit(run, "month", "publish", "--at", root).result(), "XK-F027")

    was = known["S002"].targets["精品"]
    appealed = [
        ("S001", "检查情况", "培训次数", "4"), ("S003", "实绩", "接车台次", f"{known['S003'].targets['接车台次']:g}"),
        ("S002", "目标", "精品", f"{was / 2:g}"), ("S004", "实绩", "轮胎", "99999"),
    ]  # fmt: skip
    for code, ground, of, value in appealed:
        given = ("--ground", ground, "--of", of, "--proposed", value, "--evidence", "附件一", "--from", "店长")
        assert run("month", "appeal", code, *given, "--at", root).exit_code == 0
        assert run("month", "appeal", code, *given, "--at", root).output.startswith("没有变化")
    refused(run("month", "appeal", "S004", "--ground", "实绩", "--of", "轮胎", "--proposed", "很多", "--at", root))
    refused(run("month", "appeal", "S999", "--ground", "实绩", "--of", "轮胎", "--proposed", "1", "--at", root))
    file = tmp_path / "S012_补交.xlsx"
    file.write_bytes(returned(folder, known["S012"]))
    assert run("month", "appeal", "S012", "--ground", "上报", "--file", file, "--at", root).exit_code == 0
    assert "决定申诉" in run("next", "--at", root).output
    refused(run("month", "finalise", "--at", root))
    for number, verdict in ((1, "accept"), (2, "accept"), (3, "accept"), (4, "reject"), (5, "accept")):
        before = tree(folder / "结果" / "assessed") | tree(folder / "发放")
        assert run("month", "decide", number, f"--{verdict}", "--reason", "核实", "--at", root).exit_code == 0
        after = tree(folder / "结果" / "assessed") | tree(folder / "发放")
        whose = {name[:4] for name in after if before.get(name) != after[name]}
        assert whose == {[*(a[0] for a in appealed), "S012"][number - 1]}
        assert run("month", "decide", number, f"--{verdict}", "--reason", "核实", "--at", root).output.startswith(
            "没有变化"
        )
    trained = f"{known['S001'].inspections['培训次数']:g}"
    assert "案例" in run("month", "decide", 1, "--accept", "--reason", "核实", "--keep", "--at", root).output
    assert "1 个案例，0 个不同" in run("scheme", "test", "--at", root).output
    shutil.copytree(templates() / "schemes" / "service-assessment", root / "方案" / "stricter")
    strict = root / "方案" / "stricter" / "assessment.yaml"
    strict.write_text(strict.read_text("utf-8").replace("培训次数>=3", "培训次数>=9"), "utf-8")
    (case,) = (root / "方案" / "案例").glob("*.yaml")
    assert "S001" not in case.read_text("utf-8")
    changed_rule = run("scheme", "test", case, "--scheme", root / "方案" / "stricter")
    assert changed_rule.exit_code == 1
    assert "学习成长：5 → 0" in changed_rule.output
    known["S001"].inspections["培训次数"] = 4.0
    known["S003"].actuals["接车台次"] = known["S003"].targets["接车台次"]
    known["S002"].targets["精品"] = float(f"{was / 2:g}")
    scores = dealers(folder / "结果")
    for code, dealt in known.items():
        assert {i["id"]: i["score"] for i in scores[code]["items"]} == pytest.approx(reckoned(dealt), abs=1e-9), code
    (home,) = (folder / "发放").glob("S001_*")
    (path,) = home.glob("*.xlsx")
    shown = [row for row in load_workbook(path)["本月记录"].iter_rows(values_only=True) if row[0] == "申诉 1"]
    assert shown[0][2:8] == ("检查情况", "培训次数", trained, "4", "附件一", "采纳")
    assert len(list((folder / "结果" / "改分前").glob("*.xlsx"))) == 3
    refused(run("month", "finalise", "--at", root))
    clock.at = datetime(2026, 12, 14, 9)
    refused(run("month", "appeal", "S006", "--ground", "实绩", "--of", "轮胎", "--proposed", "1", "--at", root))
    run("month", "finalise", "--at", root)
    final = tree(folder)
    assert run("month", "finalise", "--at", root).output.startswith("没有变化")
    assert tree(folder) == final
    assert "第 1 次修订" in next((folder / "发放").glob("S005_*/通知.txt")).read_text("utf-8-sig")

    # nothing changes a final month but a recorded correction
    for name in ("检查情况.xlsx", "目标.xlsx", "空白表/issue.json", "结果/scores.json", "结果/排名汇总.xlsx"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept + b" ")
        refused(run("month", "finalise", "--at", root), "XK-W087")
        (folder / name).write_bytes(kept)
    assert run("month", "finalise", "--at", root).exit_code == 0
    refused(run("month", "issue", "--at", root))
    refused(run("month", "check", "--at", root))
    correction = ("--ground", "检查情况", "--of", "员工满意度", "--value", "0.5", "--reason", "问卷复核", "--at", root)
    assert run("month", "correct", "S006", *correction).exit_code == 0
    assert run("month", "correct", "S006", *correction).output.startswith("没有变化")
    changed = {name for name, digest in tree(folder / "发放").items() if final[f"发放/{name}"] != digest}
    assert {name[:4] for name in changed} == {"S006"}
    known["S006"].inspections["员工满意度"] = 0.5
    assert item(dealers(folder / "结果")["S006"], "绩效管理")["score"] == reckoned(known["S006"])["绩效管理"] == 0.0
    assert run("month", "finalise", "--at", root).output.startswith("没有变化")

    # a third party recomputes a dealer's score, and the month, with the tool alone
    for dealer in ("S003", ""):
        archive = tmp_path / f"pack{dealer}.zip"
        assert (
            run("month", "pack", *(("--dealer", dealer) if dealer else ()), "-o", archive, "--at", root).exit_code == 0
        )
        count = 1 if dealer else 12
        assert f"重算 {count} 家，逐字节相同 {count} 家" in run("verify", archive).output
    with zipfile.ZipFile(tmp_path / "packS003.zip") as packed:
        parts = b"".join(name.encode() + packed.read(name) for name in packed.namelist())
    assert not [
        code for code in known if code != "S003" and (code.encode() in parts or known[code].name.encode() in parts)
    ]
    (home,) = (folder / "发放").glob("S003_*")
    traced = run("trace", next(home.glob("*.xlsx")), "接车台次", "--full").output
    assert "依据校验" in traced and "改分" in traced

    # the next month takes over roster, history and last month's figures
    assert "2026-12" in run("month", "open", "--at", root).output
    (root / "2026-12" / "目标.xlsx").write_bytes(
        filled_form((root / "2026-12" / "目标.xlsx").read_bytes(), {d.code: d.targets for d in month})
    )
    assert run("month", "issue", "--at", root).exit_code == 0
    history = json.loads((root / "2026-12" / "空白表" / "issue.json").read_text("utf-8"))["history"]
    assert history["S007"]["接车台次_上月"] == known["S007"].actuals["接车台次"]
    assert "2026-12" in run("next", "--at", root / "2026-12").output


def test_two_people_sign(tmp_path: Path, run: Run, clock: Clock) -> None:
    """Targets, inspections and 定稿 where the settings say so; the same name twice is one person."""
    root, month = tmp_path / "绩效", drawn(2)
    run("init", root)
    path = root / "xlkpi.yaml"
    path.write_text(path.read_text("utf-8").replace("second: []", "second: [targets, inspections, final]"), "utf-8")
    (root / "名册.xlsx").write_bytes(roster_form(keys(month)))
    run("month", "open", MONTH, "--at", root)
    folder = root / MONTH
    (folder / "目标.xlsx").write_bytes(
        filled_form((folder / "目标.xlsx").read_bytes(), {d.code: d.targets for d in month})
    )
    for step in (["issue"], ["score"], ["publish"], ["finalise", "--reason", "急"]):
        if step == ["score"]:
            (tmp_path / "a.xlsx").write_bytes(returned(folder, month[0]))
            run("month", "receive", tmp_path / "a.xlsx", "--at", root)
        if step != ["publish"]:
            assert "--second" in refused(run("month", *step, "--by", "张三", "--at", root), "XK-W088")
            refused(run("month", *step, "--by", "张三", "--second", "张三", "--at", root), "XK-W088")
        more = () if step == ["publish"] else ("--second", "李四")
        assert run("month", *step, "--by", "张三", *more, "--at", root).exit_code == 0
    assert "李四" in run("month", "status", "--at", root).output


# ------------------------------------------------------------------ kills

STEPS = {
    "open": ["month", "open", MONTH], "issue": ["month", "issue"], "receive": ["month", "receive", "SENT"],
    "check": ["month", "check"], "score": ["month", "score"], "publish": ["month", "publish"],
    "appeal": ["month", "appeal", "S001", "--ground", "检查情况", "--of", "培训次数", "--proposed", "4"],
    "decide": ["month", "decide", "1", "--accept", "--reason", "核实"],
    "finalise": ["month", "finalise", "--reason", "演练"],
    "correct": ["month", "correct", "S002", "--ground", "目标", "--of", "轮胎", "--value", "9", "--reason", "抄错"],
}  # fmt: skip


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with warm_steps() as running:
        yield running


@pytest.mark.slow
def test_a_kill_at_any_moment_then_the_step_again(tmp_path: Path, run: Run, steps: Steps) -> None:
    """Fifty kills, spread over the writes of every step; before and after a file takes its name."""
    month = drawn(3)
    root, sent = tmp_path / "w", tmp_path / "sent"
    run("init", root)
    (root / "名册.xlsx").write_bytes(roster_form(keys(month)))
    kills = 0

    def one(at: int, step: str) -> Ended:
        words = [str(sent) if word == "SENT" else word for word in STEPS[step]]
        return steps.run(at, [*words, "--by", "张三", "--at", str(root)])

    for step in STEPS:
        start = tmp_path / f"before-{step}"
        shutil.copytree(root, start)
        whole = one(10**9, step)
        assert whole.code in (0, 1), whole.output
        moments = 10**9 - int(whole.output.split()[-1])
        expected = tree(root)
        for at in sorted({1 + n * max(1, moments - 1) // 5 for n in range(6)} & set(range(1, moments + 1))):
            shutil.rmtree(root)
            shutil.copytree(start, root)
            dead = one(at, step)
            assert dead.code == KILLED, (step, at, dead.output)
            kills += 1
            again = one(10**9, step)
            assert again.code in (0, 1), (step, at, again.output)
            assert tree(root) == expected, (step, at)
        folder = root / MONTH
        if step == "open":
            form = (folder / "目标.xlsx").read_bytes()
            (folder / "目标.xlsx").write_bytes(filled_form(form, {d.code: d.targets for d in month}))
        if step == "issue":
            form = (folder / "检查情况.xlsx").read_bytes()
            (folder / "检查情况.xlsx").write_bytes(filled_form(form, {d.code: d.inspections for d in month}))
            sent.mkdir()
            for dealt in month:
                (sent / f"{dealt.code}.xlsx").write_bytes(returned(folder, dealt))
    assert kills >= 50
