"""The steps on the page: each is the workspace's, done once whatever is clicked, and gone on with after a kill."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import load_workbook
from shared.desk import desk

from xlkpi.desk import actions, deliveries
from xlkpi.desk.jobs import Condition
from xlkpi.workspace.receiving import read_log

from .conftest import MONTH, Made

PAGE = f"/m/{MONTH}"


def log(root: Path) -> list[tuple[str, str, str]]:
    return [(line.name, line.source, line.dealer) for line in read_log(root / MONTH / "收件.jsonl")]


def test_a_month_on_the_page(made: Made) -> None:  # one month, which the next tests go on with
    page, root = made.page, made.root

    # a dropped folder is received, checked and scored; the same again changes nothing
    files = {f"来件/华东/{code}.xlsx": data for code, data in made.returned.items()}
    said = page.over(PAGE, page.drop(MONTH, files))
    assert "3 份文件" in said
    assert log(root) == [(f"{code}.xlsx", "网页/来件/华东", code) for code in made.returned]
    assert "3 份以前已登记过" in page.over(PAGE, page.drop(MONTH, files))
    assert not list((root / ".desk" / "deliveries").iterdir())
    scores = json.loads((root / MONTH / "结果" / "scores.json").read_text("utf-8"))
    assert {dealer["status"] for dealer in scores["dealers"]} == {"provisional"}
    assert "没有填：3 家" in page.ask(f"{PAGE}/next").text

    # what was inspected goes into the form, cell by cell
    for dealt in made.dealers:
        shown = page.ask(f"{PAGE}/inspections?dealer={dealt.code}").text
        assert "当月索赔款回款未完成" in shown
        words = {f"field:{name}": f"{value:.10g}" if isinstance(value, float) else value
                 for name, value in dealt.inspections.items()}  # fmt: skip
        rates = {name: dealt.inspections[name] for name in (*(n for n in dealt.inspections if "率" in n), "员工满意度")}
        words |= {f"field:{name}": f"{float(rate) * 100:g}%" for name, rate in rates.items()}
        assert "16 格写进了 检查情况.xlsx" in page.outcome(f"{PAGE}/do/inspect", {"dealer": dealt.code, **words})
    sheet = load_workbook(root / MONTH / "检查情况.xlsx").worksheets[0]
    row = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "S002")
    assert [value for value in row[3:] if value is not None] == list(made.dealers[1].inspections.values())

    # a second click is one step, a second window finds it done
    number = secrets.token_hex(16)
    first, second = (page.form(f"{PAGE}/do/score", {}, number) for _ in range(2))
    assert {first.status, second.status} == {303}
    page.over(PAGE, number)
    assert "没有变化" in page.outcome(f"{PAGE}/do/score", {})
    events = json.loads((root / MONTH / "month.json").read_text("utf-8"))["history"]
    assert [event["step"] for event in events].count("score") == 2
    scores = json.loads((root / MONTH / "结果" / "scores.json").read_text("utf-8"))
    assert {dealer["status"] for dealer in scores["dealers"]} == {"scored"}

    # every page shows it
    for place in ("", "/returns", "/findings", "/inspections", "/ranking", "/appeals", "/texts", "/files", "/report"):
        answer = page.ask(PAGE + place)
        assert answer.status == 200, place
        assert "S001" in answer.text or place in ("", "/appeals", "/texts", "/report", "/findings"), place
    published = next(d["published"] for d in scores["dealers"] if d["dealer"] == "S001")
    assert f"<dd>{published:g}</dd>" in page.ask(f"{PAGE}/d/S001").text

    # before its time a step is refused, and says which button comes first
    assert "点“预发布”" in page.outcome(f"{PAGE}/do/finalise", {})
    assert page.form(f"{PAGE}/do/score", {"by": ""}).status == 400
    assert page.form(f"{PAGE}/do/shutdown", {}).status == 400
    assert page.form("/m/2026-13/do/score", {}).status == 400


def test_what_is_not_understood_is_not_written(made: Made) -> None:
    path = made.root / MONTH / "检查情况.xlsx"
    before = path.read_bytes()
    words = {"dealer": "S001", "field:培训次数": "很多", "before:培训次数": "0 次"}
    shown = made.page.ask(f"{PAGE}/inspections?dealer=S001").text
    now = shown.split('name="before:培训次数" value="')[1].split('"')[0]
    said = made.page.outcome(f"{PAGE}/do/inspect", {**words, "before:培训次数": now})
    assert "XK-V002" in said
    said = made.page.outcome(f"{PAGE}/do/inspect", {**words, "field:培训次数": "7", "before:培训次数": "9 次"})
    assert "XK-W049" in said
    assert "没有 S009 的" in made.page.outcome(f"{PAGE}/do/inspect", {"dealer": "S009", "field:培训次数": "1"})
    assert path.read_bytes() == before
    assert "没有选是哪一项" in made.page.outcome(f"{PAGE}/do/appeal", {"dealer": "S001", "matter": "规则:x"})
    assert "看不懂日子" in made.page.outcome(f"{PAGE}/do/extend", {"dealer": "S001", "until": "改天", "reason": "x"})


def test_nothing_else_can_be_downloaded(made: Made) -> None:
    ask, root = made.page.ask, made.root
    (root.parent / "secret.txt").write_text("secret")
    (root / MONTH / "标注" / "link.txt").symlink_to(root.parent / "secret.txt")
    names = (
        *("空白表/issue.key", "空白表/issue.json", "空白表/master.xlsx", "month.json", "收件.jsonl", "xlkpi.yaml", ""),
        *("../xlkpi.yaml", "../../secret.txt", "标注/../month.json", "标注/./../../xlkpi.yaml", "/etc/passwd", "标注"),
        *("标注/link.txt", "标注//x", "标注\\..\\month.json", "结果/manifest.jsonl", ".desk/address", "历史.duckdb"),
        *("标注/C:/x", "标注/\0"),
    )
    for name in names:
        for spelled in (quote(name, safe=""), quote(name, safe="/.")):
            assert ask(f"{PAGE}/file/{spelled}").status == 404, spelled
    for name in ("..", ".desk", "旧版", "空白表/.."):
        assert ask(f"{PAGE}/bundle/{quote(name, safe='')}").status == 404, name
    for name in ("目标.xlsx", "名册.xlsx", "标注/问题清单.xlsx", "结果/排名汇总.xlsx"):
        answer = ask(f"{PAGE}/file/{quote(name)}")
        assert answer.status == 200
        assert answer.headers["content-disposition"].startswith("attachment")
    archive = ask(f"{PAGE}/bundle/{quote('空白表')}").body
    assert b"S001_" in archive
    assert b"issue.key" not in archive


def at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it to its end in a thread of its own: a browser that was driven before leaves a running loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, coroutine).result()


def test_dropped_names_stay_inside_their_delivery(made: Made, tmp_path: Path) -> None:
    """Whatever a name says, and two files never share a place."""

    async def one(data: bytes) -> AsyncIterator[bytes]:
        yield data

    delivery = deliveries.begin(tmp_path, "a" * 32, MONTH, datetime(2026, 12, 1))
    names = (
        *("../../x.xlsx", "/etc/x.xlsx", "C:\\x.xlsx", "..\\..\\x.xlsx", "a/../x.xlsx", "./x.xlsx", "x.xlsx", "X.XLSX"),
        *("x\0.xlsx", "", ".", "..", "/", "a" * 400 + ".xlsx", "店" * 200 + ".xlsx", "店" * 200, "d/" * 300 + "x.xlsx"),
        *("a:b*.xlsx", ".hidden", "尾 . ", "没有后缀", "没有后缀"),
    )
    for number, name in enumerate(names):
        at_once(delivery.keep(name, one(str(number).encode())))
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "delivery.json"]
    assert sorted(int(path.read_bytes()) for path in kept) == list(range(len(names)))
    assert all(path.resolve().is_relative_to(delivery.files.resolve()) for path in kept)
    assert delivery.count() == len(names)
    assert deliveries.find(tmp_path, "../" + "a" * 32) is None


def test_a_file_that_is_too_large_is_said_and_nothing_of_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 1000

    monkeypatch.setattr(deliveries, "LARGEST", 3000)
    delivery = deliveries.begin(tmp_path, "b" * 32, MONTH, datetime(2026, 12, 1))
    with pytest.raises(deliveries.NotKept) as refused:
        at_once(delivery.keep("大.zip", pieces()))
    assert refused.value.finding.code == "XK-W045"
    assert delivery.count() == 0
    assert [path.name for path in delivery.folder.rglob("*") if path.is_file()] == ["delivery.json"]


def test_what_goes_wrong_is_told(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = {"step": "open", "month": MONTH, "words": {"name": MONTH}, "by": "张三", "second": "", "number": "c" * 32,
           "at": "2026-12-01 09:00:00"}  # fmt: skip
    (tmp_path / "xlkpi.yaml").write_text("scheme: 没有这个\n", "utf-8")
    progress = lambda stage, count, total: None  # noqa: E731
    assert [f["code"] for f in actions.perform(tmp_path, job, progress)["findings"]] == ["XK-W046"]

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(actions.opening, "open_month", broken)
    outcome = actions.perform(made.root, job, progress)
    assert (outcome["condition"], [f["code"] for f in outcome["findings"]]) == (Condition.REFUSED, ["XK-W047"])


@pytest.mark.slow
def test_a_kill_in_the_middle_and_the_next_start_goes_on(made: Made) -> None:
    """The server and its process are killed while a delivery is worked on, three times over; the next one ends it."""
    root, page = made.root, made.page
    before = [name for name, _, _ in log(root)] if (root / MONTH / "收件.jsonl").is_file() else []
    changed = {f"再来/{code}.xlsx": data for code, data in made.returned.items()}
    number = page.drop(MONTH, {**changed, "再来/照片.jpg": b"\xff\xd8 no workbook"})
    page.process.kill()
    for delay in (0.0, 1.5):
        with desk(root) as other:
            assert other.address
            time.sleep(delay)
    with desk(root) as last:
        last.enter()
        assert "收件、检查、评分： 完成" in last.over(PAGE, number)
        # an upload that was cut off is offered, and taken or dropped
        half = secrets.token_hex(16)
        headers = {"x_form_token": last.form_token}
        last.ask(f"{PAGE}/deliveries?number={half}", "POST", **headers)
        last.ask(f"{PAGE}/deliveries/{half}/file?name=a.txt", "POST", b"x", **headers)
        assert "没有传完（已到 1 份）" in last.ask(PAGE).text
        assert last.ask(f"{PAGE}/deliveries/{half}/end?drop=1", "POST", x_by="a", **headers).status == 200
        assert "没有传完" not in last.ask(PAGE).text
    names = [name for name, _, _ in log(root)]
    assert sorted(names) == sorted([*before, *(f"{code}.xlsx" for code in made.returned), "照片.jpg"])
