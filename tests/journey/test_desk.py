"""A month of 24 dealers clicked from the first form to 定稿 in a browser: no command is typed in between, and every
total is the one that is reckoned a second time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from shared.archives import zipped
from shared.desk import Desk, desk
from shared.simulated import drawn, filled_form, keys, printed, reckoned
from unit.desk.conftest import filled
from unit.shown.report.test_browser import CHECK

from xlkpi.headquarters.forms import roster_form
from xlkpi.issue import Issue

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MONTH = "2026-11"
LABELS = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")]
  .filter((e) => e.getClientRects().length && !(e.labels && e.labels[0] && e.labels[0].textContent.trim())
    && !(e.getAttribute("aria-label") || e.textContent || "").trim()).map((e) => e.outerHTML.slice(0, 90))"""
"""What a screen reader has no name for."""


@contextmanager
def opened(browser: Any, page: Desk) -> Iterator[Any]:
    """A window on the page. On closing: its console stayed empty, and it asked nobody but the page's own server."""
    window = browser.new_page(viewport={"width": 1366, "height": 768})
    said: list[str] = []
    asked: set[str] = set()
    window.on("console", lambda message: said.append(message.text))
    window.on("pageerror", lambda error: said.append(str(error)))
    window.on("request", lambda request: asked.add(re.sub(r"(?<=\d)/.*", "", request.url)))
    window.goto(page.address)
    window.wait_for_url("**/")
    yield window
    assert (said, asked) == ([], {f"http://127.0.0.1:{page.port}"})
    window.context.close()


def sound(window: Any) -> None:
    """What holds of every page: names for all that can be used, contrast, one heading, and no width that is cut off."""
    assert window.evaluate(LABELS) == []
    assert window.evaluate(CHECK) == []
    assert window.locator("h1").count() == 1
    for width in (390, 1366):
        window.set_viewport_size({"width": width, "height": 768})
        assert window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def step(window: Any, name: str, within: str = "#next") -> str:
    """Click a step's button, and wait for what it came to."""
    window.locator(f"{within} form[data-step={name}] button").click()
    return over(window)


def over(window: Any) -> str:
    place = window.locator(".job.over").first
    place.wait_for(timeout=240_000)
    sound(window)
    return str(place.inner_text())


def test_a_month_of_clicks(browser: Any, tmp_path: Path) -> None:
    root = tmp_path / "绩效"
    month = drawn(24)
    known = {dealt.code: dealt for dealt in month}
    roster = tmp_path / "名册.xlsx"
    roster.write_bytes(roster_form(keys(month)))
    with desk(root) as page, opened(browser, page) as window:
        base = f"http://127.0.0.1:{page.port}/m/{MONTH}"

        # the workspace, the month, the blanks
        window.get_by_label("经销商有疑问找谁").fill("李工")
        window.get_by_label("名册").set_input_files(roster)
        window.get_by_label("经手人").fill("张三")
        assert "名册.xlsx" in step(window, "init", "main")
        window.locator("input[name=name]").fill(MONTH)
        assert "（24 家）" in step(window, "open", "main")
        assert window.get_by_label("经手人").first.input_value() == "张三"
        with window.expect_download() as download:
            window.get_by_role("link", name="下载 目标.xlsx").click()
        form = Path(download.value.path()).read_bytes()
        targets = tmp_path / "目标.xlsx"
        targets.write_bytes(filled_form(form, {dealt.code: dealt.targets for dealt in month}))
        window.locator("#next input[name=targets]").set_input_files(targets)
        assert "24 份空白表" in step(window, "issue")

        # what came: a folder, an archive, a photo
        issue = Issue.load(root / MONTH / "空白表")
        sent = tmp_path / "来件"
        (sent / "华东").mkdir(parents=True)
        files = {}
        for path in sorted((root / MONTH / "空白表").glob("S*.xlsx")):
            files[path.name] = filled(issue, path.read_bytes(), known[path.name[:4]])
        for name in list(files)[:10]:
            (sent / "华东" / name).write_bytes(files[name])
        (sent / "照片.jpg").write_bytes(b"\xff\xd8 no workbook")
        (tmp_path / "其余.zip").write_bytes(zipped({name: files[name] for name in list(files)[10:]}))
        for picker, dropped, known_lines in (("#pick-folder", sent, 11), ("#pick-files", tmp_path / "其余.zip", 25)):
            window.goto(base)
            window.locator(picker).set_input_files(dropped)
            window.wait_for_url("**job=*")
            assert f"收件记录共 {known_lines} 条" in over(window)

        # the return list: filtered, and a dealer's page
        window.get_by_role("link", name="回收").click()
        window.get_by_label("区域").select_option("华东")
        window.wait_for_url("**%E5%8D%8E%E4%B8%9C*")
        assert window.locator("tbody tr").count() == 8
        window.get_by_role("link", name="经销商", exact=False).first.click()
        sound(window)

        # inspections: two dealers by keyboard, the others in the form
        for code in ("S001", "S002"):
            window.goto(f"{base}/inspections?dealer={code}")
            window.locator("#e1").focus()
            for name, value in known[code].inspections.items():
                assert window.evaluate("document.activeElement.name") == f"field:{name}"
                is_rate = "率" in name or name == "员工满意度"
                window.keyboard.type(
                    value if isinstance(value, str) else f"{value * 100:g}%" if is_rate else f"{value:g}"
                )
                window.keyboard.press("Tab")
            assert window.evaluate("document.activeElement.name") == "by"
            window.keyboard.press("Enter")
            assert "16 格写进了 检查情况.xlsx" in over(window)
        path = root / MONTH / "检查情况.xlsx"
        rest = tmp_path / "检查情况.xlsx"
        rest.write_bytes(filled_form(path.read_bytes(), {d.code: d.inspections for d in month[2:]}))
        window.goto(f"{base}/files")
        window.get_by_label("哪一张").select_option("inspections")
        window.locator("input[name=file]").set_input_files(rest)
        assert "原来的留在 旧版/" in step(window, "list", "main")

        # scored, published, appealed, decided, final
        window.goto(base)
        window.locator("#next form[data-step=score] button").dblclick()
        assert "24 份文件" in over(window)
        scores = json.loads((root / MONTH / "结果" / "scores.json").read_text("utf-8"))
        totals = {dealer["dealer"]: dealer["published"] for dealer in scores["dealers"]}
        assert totals == {dealt.code: printed(sum(reckoned(dealt).values())) for dealt in month}
        assert "已预发布 24 家" in step(window, "publish")
        window.goto(f"{base}/appeals?dealer=S003")
        new = window.locator("#new form").first
        new.locator("[name=matter]").select_option("检查情况:培训次数")
        new.locator("[name=proposed]").fill("9")
        new.locator("[name=evidence]").fill("签到表")
        new.get_by_role("button").click()
        assert "第 1 号申诉" in over(window)
        known["S003"].inspections["培训次数"] = 9.0
        window.get_by_label("采纳", exact=True).check()
        window.locator("#a1 [name=reason]").fill("签到表核对过")
        assert "第 1 号申诉：S003" in step(window, "decide", "#a1")
        window.goto(base)
        window.locator("details.more summary").first.click()
        window.locator("details.more form[data-step=finalise] [name=reason]").fill("演练")
        assert "已定稿" in step(window, "finalise", "details.more")

        # everything can be looked at
        for place in ("", "returns", "findings", "inspections", "ranking", "appeals", "texts", "files", "d/S003"):
            window.goto(f"{base}/{place}")
            sound(window)
        assert window.locator(".tiles dd").first.inner_text() == f"{printed(sum(reckoned(known['S003']).values())):g}"
        window.keyboard.press("Tab")
        assert window.evaluate("document.activeElement.className") == "skip"
        assert window.get_by_role("navigation").get_by_role("link").count() == 8
    state = json.loads((root / MONTH / "month.json").read_text("utf-8"))
    assert state["state"] == "定稿"
    assert {event["by"] for event in state["history"]} == {"张三"}
    assert sorted(path.name for path in (root / MONTH / "发放").iterdir())[2].startswith("S003_")
