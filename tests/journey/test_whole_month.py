"""A month of four hundred dealers, from `init` to 定稿: everybody's state and score are reckoned a second time, and
nothing that one dealer is handed holds another's code, name or figures."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from openpyxl import Workbook
from shared.archives import zipped
from shared.simulated import AIMS, COLLECTED, COUNTS, Dealt, drawn, filled_form, printed, reckoned

from journey.shared import Clock, Run, dealers
from xlkpi.cli.demo import fill_in
from xlkpi.intake.guard import admit
from xlkpi.issue import Issue
from xlkpi.workbook.operations import Write
from xlkpi.workbook.package import unpack
from xlkpi.workbook.patch import patched

MONTH, BEFORE_LOCK, AFTER_LOCK = "2026-11", datetime(2026, 12, 7, 9), datetime(2026, 12, 20, 9)
DEALERS = 400
SIGNED = {"其余已核": "已核", "检查人": "李督导", "检查日期": "2026-12-02", "证据编号": "照片 001-020"}
MET: dict[str, float | str] = {**dict.fromkeys(COUNTS, 0.0), **dict.fromkeys(COLLECTED, "完成")}
"""An inspection that is like this is left to "其余已核"; all others are written down."""


@dataclass(slots=True)
class Told:
    """What the month should come to: each dealer's state (已评, 暂定, 退回, 未交), who came late, and the items."""

    month: Sequence[Dealt]
    states: dict[str, str] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    blank: dict[str, str] = field(default_factory=dict)  # the figure that a provisional dealer does not give

    def items(self, dealt: Dealt) -> dict[str, float]:
        """The points of every item; a figure that is not given counts 0."""
        lacking = self.blank.get(dealt.code)
        return reckoned(dealt) | ({lacking: 0.0} if lacking else {})


def distinct(count: int) -> list[Dealt]:
    """So many dealers of whom no two have a target or a figure in common."""
    random, month, used = Random(4), drawn(count), set[float]()
    for number, dealt in enumerate(month):
        dealt.code, dealt.name = f"XJ{7000 + number}Q", f"虚构第{7000 + number}号服务店"
        dealt.region = f"第{number % 7}大区"
        for name in AIMS:
            ratio = dealt.actuals[name] / dealt.targets[name]
            while True:
                target = float(random.randint(1_000_000, 8_000_000))
                actual = float(round(target * ratio))
                if not {target, actual} & used:
                    break
            dealt.targets[name], dealt.actuals[name] = target, actual
            used |= {target, actual}
        if dealt.inspections["返修台数"] == 1.0:
            dealt.inspections["返修台数"] = 9.0
        dealt.actuals["交车台数"] = float(3000 - number)
    return month


def roster_of(month: Sequence[Dealt]) -> bytes:
    """名册.xlsx with regions, peer groups and supervisors."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["经销商代码", "经销商名称", "区域", "对标组", "督导"])
    for number, dealt in enumerate(month):
        sheet.append([dealt.code, dealt.name, dealt.region, f"组{number % 50}", f"督导{number % 20}"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def exceptions(month: Sequence[Dealt]) -> dict[str, dict[str, float | str]]:
    """What supervisors enter: what is not met or is a figure, and their signature for the rest."""
    return {
        dealt.code: {name: value for name, value in dealt.inspections.items() if MET.get(name) != value} | SIGNED
        for dealt in month
    }


def typed(blank: bytes, issue: Issue, actuals: Mapping[str, float | str]) -> bytes:
    """A blank with figures in its cells, saved as cheaply as can be."""
    return patched(admit(blank), [Write(issue.layout.place(name), ((value,),)) for name, value in actuals.items()])


def ok(run: Run, *words: str | Path, code: int = 0) -> str:
    result = run(*words)
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.slow
def test_four_hundred_dealers_from_init_to_final(tmp_path: Path, run: Run, clock: Clock) -> None:
    root, month = tmp_path / "绩效", distinct(DEALERS)
    known = {dealt.code: dealt for dealt in month}
    folder = begun(root, month, run)
    told = sent(tmp_path, folder, month, run, clock)
    assert run("month", "check", "--at", root).exit_code == 1
    ok(run, "month", "score", "--second", "李四", "--by", "张三", "--at", root, code=1)
    as_reckoned(folder, told)
    ok(run, "month", "publish", "--at", root)
    leaves_no_trace(folder, month)

    decided(tmp_path, folder, month, told, run)
    clock.at = datetime(2027, 1, 4, 9)
    ok(run, "month", "finalise", "--by", "张三", "--second", "李四", "--at", root)
    correct = (
        "--ground",
        "目标",
        "--of",
        "轮胎",
        "--value",
        "1234567",
        "--reason",
        "抄错",
        "--by",
        "张三",
        "--second",
        "李四",
    )
    ok(run, "month", "correct", month[30].code, *correct, "--at", root)
    known[month[30].code].targets["轮胎"] = 1_234_567.0
    as_reckoned(folder, told)
    leaves_no_trace(folder, month)
    assert "没有变化" in run("month", "finalise", "--by", "张三", "--second", "李四", "--at", root).output


def begun(root: Path, month: Sequence[Dealt], run: Run) -> Path:
    """A workspace with everything filled in, issued, and three dealers' targets revised."""
    ok(run, "init", root)
    settings = root / "xlkpi.yaml"
    text = settings.read_text("utf-8").replace("second: []", "second: [inspections, final]")
    settings.write_text(re.sub("  # lock: 3 +#", "  lock: 5  #", text), "utf-8")
    (root / "名册.xlsx").write_bytes(roster_of(month))
    ok(run, "month", "open", MONTH, "--at", root)
    folder = root / MONTH
    targets = folder / "目标.xlsx"
    targets.write_bytes(filled_form(targets.read_bytes(), {d.code: d.targets for d in month}))
    ok(run, "month", "issue", "--at", root)
    for number in (3, 4, 5):
        month[number].targets["轮胎"] += 1234.0
    targets.write_bytes(filled_form(targets.read_bytes(), {d.code: d.targets for d in month[:6]}))
    revised = ok(run, "month", "issue", "--reason", "店面搬迁", "--approved", "王总", "--at", root)
    assert "要重新发给经销商的 3 份" in revised
    rows = exceptions(month)
    for path in sorted((folder / "检查情况").glob("*.xlsx")):
        path.write_bytes(filled_form(path.read_bytes(), rows))
    return folder


def sent(tmp_path: Path, folder: Path, month: Sequence[Dealt], run: Run, clock: Clock) -> Told:
    """What comes: in folders, archives with GBK names, twice, anew, broken, of another dealer, late, and not at all."""
    root, told = folder.parent, Told(month, dict.fromkeys((d.code for d in month), "已评"))
    issue, files = Issue.load(folder / "空白表"), dict[str, bytes]()
    blanks = {path.name.split("_")[0]: path.read_bytes() for path in (folder / "空白表").glob("XJ*.xlsx")}
    for number, dealt in enumerate(month):
        actuals: dict[str, float | str] = dict(dealt.actuals)
        match number % 40:
            case 11:  # a figure left out
                told.states[dealt.code], told.blank[dealt.code] = "暂定", "精品"
                del actuals["精品"]
            case 12:  # a figure that is a question
                told.states[dealt.code], told.blank[dealt.code] = "暂定", "养护品"
                actuals["养护品"] = "大概三百多"
        saved = fill_in(blanks[dealt.code], actuals) if number % 40 == 13 else None
        files[dealt.code] = saved or typed(blanks[dealt.code], issue, actuals)
    outside = tmp_path / "来件"
    (outside / "邮件").mkdir(parents=True)
    half = len(month) // 2
    first, second, later, lost = month[:half], month[half:-20], month[-20:-8], month[-8:]
    for dealt in first:
        (outside / "邮件" / f"{dealt.name}.xlsx").write_bytes(files[dealt.code])
    (outside / "邮件" / "副本 (1).xlsx").write_bytes(files[first[0].code])
    (outside / "门头.jpg").write_bytes(b"\xff\xd8photo")
    (outside / "说明.pdf").write_bytes(b"%PDF-1.4")
    (outside / "各店.zip").write_bytes(zipped({f"各店/{d.name}.xlsx": files[d.code] for d in second}, "gbk"))
    old = tmp_path / "旧"
    old.mkdir()
    for dealt in first[20:24]:  # sent before with another figure: the later one counts
        wrong = {**dealt.actuals, "接车台次": 17.0}
        (old / f"{dealt.code}.xlsx").write_bytes(typed(blanks[dealt.code], issue, wrong))
    run("month", "receive", old, "--came", "2026-11-30 08:00", "--at", root)
    assert run("month", "receive", outside, "--at", root).exit_code == 0
    assert f"{len(first) + len(second) + 3} 份以前已登记过" in run("month", "receive", outside, "--at", root).output
    broken, altered, absent = lost[0], lost[1], lost[2:]
    (tmp_path / "坏.xlsx").write_bytes(files[broken.code][:900])
    (tmp_path / "别的月.xlsx").write_bytes(files[altered.code].replace(b"PK\x03\x04", b"PK\x03\x05", 1))
    run("month", "receive", tmp_path / "坏.xlsx", tmp_path / "别的月.xlsx", "--at", root)
    told.states |= dict.fromkeys((d.code for d in absent), "未交")
    told.states |= {broken.code: "未交", altered.code: "未交"}  # nobody can tell whose it is
    run("month", "extend", later[0].code, "--until", "2026-12-09", "--reason", "停电", "--by", "王总", "--at", root)
    clock.at = BEFORE_LOCK
    for dealt in later[:6]:
        (tmp_path / f"{dealt.code}.xlsx").write_bytes(files[dealt.code])
        run("month", "receive", tmp_path / f"{dealt.code}.xlsx", "--at", root)
    told.late = {dealt.code for dealt in later[1:6]}
    clock.at = AFTER_LOCK
    for dealt in later[6:]:
        (tmp_path / f"{dealt.code}.xlsx").write_bytes(files[dealt.code])
    run("month", "receive", *(tmp_path / f"{dealt.code}.xlsx" for dealt in later[6:]), "--at", root)
    told.states |= dict.fromkeys((d.code for d in later[6:]), "退回")
    return told


def as_reckoned(folder: Path, told: Told) -> None:
    """Every dealer's state, items, total, rank and day against what the clauses' own words come to."""
    data = json.loads((folder / "结果" / "scores.json").read_text("utf-8"))
    scores = dealers(folder / "结果")
    words = {"scored": "已评", "provisional": "暂定", "rejected": "退回"}
    states = {code: words[scores[code]["status"]] if code in scores else "未交" for code in told.states}
    assert states == told.states
    totals = {}
    for dealt in told.month:
        if told.states[dealt.code] in ("退回", "未交"):
            continue
        entry, wanted = scores[dealt.code], told.items(dealt)
        assert {i["id"]: i["score"] for i in entry["items"]} == pytest.approx(wanted, abs=1e-9), dealt.code
        assert entry["published"] == printed(sum(wanted.values())), dealt.code
        if told.states[dealt.code] == "已评":
            totals[dealt.code] = entry["published"]
    wanted_ranks = {code: 1 + sum(other > total for other in totals.values()) for code, total in totals.items()}
    assert {code: entry["rank"] for code, entry in scores.items() if entry.get("rank")} == wanted_ranks
    assert {line["dealer"] for line in data["returns"] if line["status"] == "迟报"} >= told.late


def decided(tmp_path: Path, folder: Path, month: Sequence[Dealt], told: Told, run: Run) -> None:
    """Three appeals, of which one is rejected; each changes its dealer alone."""
    root = folder.parent
    appeals = [
        (month[1], "检查情况", "培训次数", "4", True), (month[2], "实绩", "接车台次", "3333333", True),
        (month[6], "实绩", "轮胎", "7999999", False),
    ]  # fmt: skip
    for number, (dealt, ground, of, value, accepted) in enumerate(appeals, 1):
        words = ("--ground", ground, "--of", of, "--proposed", value, "--evidence", "附件")
        ok(run, "month", "appeal", dealt.code, *words, "--at", root)
        verdict = "--accept" if accepted else "--reject"
        ok(run, "month", "decide", str(number), verdict, "--reason", "核实", "--at", root)
    month[1].inspections["培训次数"] = 4.0
    month[2].actuals["接车台次"] = 3_333_333.0
    as_reckoned(folder, told)


# ------------------------------------------------------------------ what one dealer is handed


def leaves_no_trace(folder: Path, month: Sequence[Dealt]) -> None:
    """Every byte of every part of every file in every dealer's folder, names too: nothing of another dealer."""
    homes = {home.name.split("_")[0]: home for home in (folder / "发放").iterdir()}
    assert set(homes) == {dealt.code for dealt in month}
    figures = {
        f"{by[name]:.0f}": dealt.code for dealt in month for by in (dealt.targets, dealt.actuals) for name in AIMS
    }  # fmt: skip
    codes = re.compile(r"XJ\d{4}Q|虚构第\d{4}号服务店")
    numbers = re.compile(r"(?<![\d.A-Za-z])\d{7}(?![\d.A-Za-z])")
    for dealt in month:
        for place, text in texts(homes[dealt.code]):
            assert set(codes.findall(text)) <= {dealt.code, dealt.name}, (dealt.code, place)
            others = {number for number in numbers.findall(text) if figures.get(number, dealt.code) != dealt.code}
            assert not others, (dealt.code, place, others)


def texts(home: Path) -> Iterator[tuple[str, str]]:
    """Names and contents of all files and of all parts of workbooks, as text."""
    for path in home.rglob("*"):
        yield "name", path.name
        data = path.read_bytes()
        if zipfile.is_zipfile(path):
            for name, part in unpack(data).items():
                yield f"{path.name}!{name}", f"{name}\n{part.decode('utf-8', 'replace')}"
        else:
            yield path.name, data.decode("utf-8-sig", "replace")
