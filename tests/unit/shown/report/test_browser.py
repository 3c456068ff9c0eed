"""The report in a real browser, opened from disk: it renders, sorts, searches, drills down by keyboard too, prints."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from xlkpi.month.scores import scores_of
from xlkpi.shown.report.page import write_report
from xlkpi.shown.report.source import Source

from .conftest import Open
from .month import HOSTILE, month

pytestmark = pytest.mark.browser

CHECK = """() => {
  const channel = (part) => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const element of document.querySelectorAll("body *:not(script):not(style):not(svg *)")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text || !element.getClientRects().length) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.push([element.tagName, element.textContent.slice(0, 20), ratio]);
  }
  return weak;
}"""


@pytest.fixture(scope="module")
def written(made_up: dict[str, Any], past: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(Source(scores_of(made_up), history=past), tmp_path_factory.mktemp("report") / "report.html")


def codes(page: Any) -> list[str]:
    """The dealers that the ranking shows, in order."""
    found: list[str] = page.eval_on_selector_all(
        "#table tbody tr:not([hidden])", "rows => rows.map(r => r.dataset.key)"
    )
    return found


def shown(page: Any, count: int) -> None:
    """Wait until the ranking shows so many dealers.

    All waiting goes through locators: `wait_for_function` evaluates its expression in the page, which the page's
    content security policy forbids as soon as it is not true at once.
    """
    from playwright.sync_api import expect

    expect(page.locator("#table tbody tr:not([hidden])")).to_have_count(count)


def named(page: Any, name: str) -> None:
    """Wait until this dealer's page is open."""
    from playwright.sync_api import expect

    expect(page.locator("#dealer[open] #dealer-name")).to_have_text(name)


def closed(page: Any, written: Path) -> None:
    """Wait until no dealer's page is open and the address is the report's own again, which happens a moment later."""
    page.locator("#dealer[open]").wait_for(state="detached")
    page.wait_for_url(written.as_uri())


def focused(page: Any) -> str:
    found: str = page.evaluate("document.activeElement.textContent")
    return found


def test_it_renders(written: Path, opened: Open, made_up: dict[str, Any]) -> None:
    with opened(written) as page:
        assert page.title() == "2026-11 售后服务月度分析与考核 · 月度绩效报告" or "2026-11" in page.title()
        assert page.inner_text("#overview dd >> nth=0") == "120"
        assert len(codes(page)) == 120
        for chart in ("bands", "items", "region", "means"):
            drawn = page.locator(f"#chart-{chart} svg")
            assert drawn.locator("path").count() > 4, chart
            assert drawn.bounding_box()["width"] > 300
            assert len(page.get_attribute(f"#chart-{chart}", "aria-label")) > 30, "told in words, too"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"


def test_colours_have_contrast(written: Path, opened: Open) -> None:
    with opened(written) as page:
        assert page.evaluate(CHECK) == []
        page.click("#table tbody [data-open] >> nth=0")
        page.wait_for_selector("#dealer[open]")
        assert page.evaluate(CHECK) == []


def test_it_sorts_by_mouse_and_by_keyboard(written: Path, opened: Open, made_up: dict[str, Any]) -> None:
    totals = {d["dealer"]: d.get("published") for d in made_up["dealers"]}
    with opened(written) as page:
        before = codes(page)
        assert page.get_attribute("#table thead th >> nth=0", "aria-sort") == "ascending"
        head = page.locator("#table thead th", has_text="总分")
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        assert page.locator("#table thead th:not([aria-sort=none])").count() == 1
        known = [totals[code] for code in codes(page)]
        assert [total for total in known if total is not None] == sorted(t for t in known if t is not None)
        assert known[-2:] == [None, None], "what has no total stands last"
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        known = [totals[code] for code in codes(page)]
        assert [t for t in known if t is not None] == sorted((t for t in known if t is not None), reverse=True)
        assert known[-2:] == [None, None]
        page.locator("#table thead th", has_text="名次").locator("button").press("Space")
        assert codes(page) == before


def test_it_searches_and_filters(written: Path, opened: Open, made_up: dict[str, Any]) -> None:
    with opened(written) as page:
        page.fill("#search", "ｄ００１２")  # as a Chinese keyboard may give it
        shown(page, 1)
        assert codes(page) == ["D0012"]
        assert page.inner_text("#shown") == "显示 1 / 120 家"
        page.fill("#search", "")
        page.select_option("[data-by=region]", "华东")
        east = {d["dealer"] for d in made_up["dealers"] if d["region"] == "华东"}
        shown(page, len(east))
        assert set(codes(page)) == east
        page.fill("#search", "宏达")
        assert set(codes(page)) == {
            d["dealer"] for d in made_up["dealers"] if d["dealer"] in east and "宏达" in d["name"]
        }
        page.click("#filters [type=reset]")
        shown(page, 120)
        page.click("[data-filter=region] >> nth=2")
        region = page.inner_text("[data-filter=region] >> nth=2")
        assert set(codes(page)) == {d["dealer"] for d in made_up["dealers"] if d["region"] == region}


def test_it_drills_down_by_keyboard_alone(written: Path, opened: Open, made_up: dict[str, Any]) -> None:
    with opened(written) as page:
        order = codes(page)
        names = {d["dealer"]: d["name"] for d in made_up["dealers"]}
        page.keyboard.press("Tab")
        assert focused(page) == "跳到排名"
        page.keyboard.press("Enter")
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.dataset.open") is not None:
                break
        assert focused(page) == names[order[0]], "the first dealer is reached by Tab"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus can be seen"
        page.keyboard.press("Enter")
        page.wait_for_selector("#dealer[open]")
        assert page.inner_text("#dealer-name") == names[order[0]]
        page.keyboard.press("ArrowRight")
        named(page, names[order[1]])
        assert page.evaluate("location.hash") == f"#{order[1]}"
        page.keyboard.press("ArrowLeft")
        named(page, names[order[0]])
        for _ in range(40):
            page.keyboard.press("Tab")
            assert page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        page.keyboard.press("Escape")
        closed(page, written)
        assert focused(page) == names[order[0]], "back where it came from"


def test_a_dealer_s_page_explains_every_item(written: Path, opened: Open, made_up: dict[str, Any]) -> None:
    dealer = next(
        d for d in made_up["dealers"] if d["findings"] and d.get("diagnoses") and d["status"] == "provisional"
    )
    with opened(written) as page:
        page.click(f"tr[data-key={dealer['dealer']}] [data-open]")
        page.wait_for_selector("#dealer[open]")
        assert page.locator("#sheet .told").all_inner_texts() == [item["trace"] for item in dealer["items"]]
        text = page.inner_text("#sheet")
        for item in dealer["items"]:
            for fired in (*item["vetoes"], *item["deductions"]):
                assert fired["clause"] in text
        assert dealer["findings"][0]["message"] in text
        assert all(one["problem"] in text for one in dealer["diagnoses"])
        assert "~" in page.inner_text("#sheet .facts .big >> nth=0"), "a provisional total is a range"
        trend = page.locator("#sheet .chart svg")
        assert trend.locator("path").count() > 4
        shapes = trend.inner_html()
        page.select_option("#sheet select", index=1)
        assert page.locator("#sheet .chart svg").inner_html() != shapes, "another item, another line"
        for _ in range(5):
            page.keyboard.press("Escape")
            page.locator("#table tbody [data-open]").nth(3).click()
            page.wait_for_selector("#dealer[open]")
        assert page.locator("[_echarts_instance_]").count() == 5, "no chart is left over: four of the month, one here"


def test_a_link_to_a_dealer_opens_it(written: Path, browser: Any, made_up: dict[str, Any]) -> None:
    page = browser.new_page()
    page.goto(f"{written.as_uri()}#D0003")
    page.wait_for_selector("#dealer[open]")
    assert page.inner_text("#dealer-name") == made_up["dealers"][2]["name"]
    page.click("#close")
    closed(page, written)
    assert page.evaluate("location.hash") == ""
    page.goto(f"{written.as_uri()}#%E0%")  # no encoding of anything
    assert page.locator("#dealer[open]").count() == 0
    page.click("#table tbody [data-open] >> nth=0")
    page.wait_for_selector("#dealer[open]")
    page.close()


def test_who_was_hit_is_listed_and_leads_there(written: Path, opened: Open) -> None:
    with opened(written) as page:
        first = page.locator("#vetoes details.who").first
        count = int(re.sub(r"\D", "", first.locator("summary").text_content()))
        first.locator("summary").click()
        assert first.locator("a").count() == count
        name = first.locator("a").first.text_content()
        first.locator("a").first.click()
        page.wait_for_selector("#dealer[open]")
        assert page.inner_text("#dealer-name") == name


def test_hostile_words_do_nothing(opened: Open, browser: Any, tmp_path: Path) -> None:
    data = json.loads(json.dumps(month(len(HOSTILE))))
    words = [word.encode("utf-8", "replace").decode() for word in HOSTILE]
    for dealer, word in zip(data["dealers"], words, strict=True):
        dealer |= {"dealer": word, "name": word, "region": word, "peer_group": word, "grade": word, "file": word}
        dealer["findings"] = [{"code": "XK-V002", "severity": "error", "sheet": word, "cell": "A1", "field": "",
                               "message": word, "remedy": word, "facts": {}}]  # fmt: skip
        for item in dealer["items"]:
            item["trace"] = item["actual"] = word
            item["vetoes"] = [{"number": 9, "clause": word, "inspection": word, "scope": "item"}]
    path = write_report(Source(scores_of(data)), tmp_path / "hostile.html")
    with opened(path) as page:
        for place, key in enumerate(codes(page)):
            page.locator("#table tbody [data-open]").nth(place).click()
            page.wait_for_selector("#dealer[open]")
            assert page.locator("#dealer-name").text_content() == key
            assert set(page.locator("#sheet .told").all_text_contents()) == {key}
            page.keyboard.press("Escape")
        page.hover("#chart-region svg", position={"x": 100, "y": 150})
        page.locator("details.who summary").first.click()
        assert page.evaluate("window.hit") is None
        assert page.locator("img, iframe, object").count() == 0


def test_the_policy_holds_in_the_browser(written: Path, browser: Any) -> None:
    """Should our own escaping ever fail: a script that is not the report's does not run, and nothing can be fetched."""
    page = browser.new_page()
    page.goto(written.as_uri())
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.hit = 1";
        document.body.append(script);
        const image = document.createElement("div");
        image.innerHTML = "<img src=x onerror='window.hit = 2'>";
        document.body.append(image);
    }""")
    outcome = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'fetched', (error) => error.name)")
    page.wait_for_timeout(200)
    assert (page.evaluate("window.hit"), outcome) == (None, "TypeError")
    page.close()


def test_it_can_be_read_without_scripts(written: Path, browser: Any) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(written.as_uri())
    assert page.locator("#table tbody tr:visible").count() == 120
    assert page.locator("noscript p").is_visible()
    page.close()


def test_it_fits_a_narrow_window(written: Path, opened: Open) -> None:
    with opened(written, viewport={"width": 390, "height": 800}) as page:
        assert page.locator("#chart-bands svg").bounding_box()["width"] <= 390
        assert page.inner_text("h1")


@pytest.mark.parametrize("width", [390, 800, 1024, 1366])
def test_names_of_dealers_and_regions_have_room(written: Path, opened: Open, width: int) -> None:
    """Every other column of the ranking has a width of its own, and they may leave the names none."""
    with opened(written, viewport={"width": width, "height": 800}) as page:
        name = page.locator("#table tbody tr").first.locator("a").first.bounding_box()
        assert name["width"] > name["height"]
        assert page.locator("#table thead th[data-label=经销商]").bounding_box()["width"] >= 100
        region = page.locator("#regions tbody th").first.bounding_box()
        assert region["height"] < 40, "a region in one line"


def pdf_text(path: Path) -> list[str]:
    """The pages of a PDF as text."""
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


def test_it_prints_on_a4(written: Path, opened: Open, made_up: dict[str, Any], tmp_path: Path) -> None:
    with opened(written) as page:
        page.pdf(path=tmp_path / "all.pdf", prefer_css_page_size=True)
        page.click("tr[data-key=D0003] [data-open]")
        page.wait_for_selector("#dealer[open]")
        page.pdf(path=tmp_path / "one.pdf", prefer_css_page_size=True)
    facts = subprocess.run(["pdfinfo", tmp_path / "all.pdf"], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in facts
    pages = pdf_text(tmp_path / "all.pdf")
    whole = "".join(pages)
    assert 5 < len(pages) < 16
    assert all(dealer["dealer"] in whole for dealer in made_up["dealers"] if dealer["status"] != "rejected")
    assert "打印" not in whole
    assert sum("失分最多" in text for text in pages) >= 3, "the headings stand on every page of the ranking"
    one = "".join(pdf_text(tmp_path / "one.pdf"))
    assert made_up["dealers"][2]["name"] in one
    assert made_up["dealers"][3]["name"] not in one
    assert "关闭" not in one


@pytest.mark.slow
def test_two_thousand_dealers_can_be_searched_and_opened(browser: Any, tmp_path: Path) -> None:
    path = write_report(Source(scores_of(month(2000, "service-assessment"))), tmp_path / "large.html")
    assert path.stat().st_size < 4_000_000
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    page.click("#table thead th button >> nth=5")
    page.fill("#search", "D1777")
    assert codes(page) == ["D1777"]
    page.click("tr[data-key=D1777] [data-open]")
    page.wait_for_selector("#dealer[open]")
    page.close()
