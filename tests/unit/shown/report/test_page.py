"""The report's text: complete, inert, self-contained, the same for the same month; its figures are the file's."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import statistics
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from shared.browser import need_chromium

from xlkpi.cli import main
from xlkpi.month import statistics as counted
from xlkpi.month.records import FindingRecord
from xlkpi.month.scores import NoScores, applied_of, scores_of
from xlkpi.month.store.query import EarlierMonth
from xlkpi.resources import templates
from xlkpi.scheme.lined import read
from xlkpi.shown.report import summary
from xlkpi.shown.report.dealers import rows
from xlkpi.shown.report.figures import figure, points
from xlkpi.shown.report.page import render
from xlkpi.shown.report.source import Source

from .month import HOSTILE, month, saved

WORKBOOKS = Path(__file__).parents[4] / "workbooks"
REPORTS = templates() / "reports"
WRITTEN = [name.encode("utf-8", "replace").decode() for name in HOSTILE]  # half a surrogate pair is a question mark


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


class Page(HTMLParser):
    """The elements of a page in order, each with its own text up to the next tag, as a browser cuts them."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.found: list[Element] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, dict(attrs)))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1].text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.found if element.tag == tag]


def pages_of(text: str) -> list[dict[str, Any]]:
    """The dealers' pages that are packed in a report; first what they share."""
    packed = re.search(r'id="details">([^<]*)<', text)
    assert packed is not None
    lines = gzip.decompress(base64.b64decode(packed[1])).decode().split("\n")
    return [json.loads(line) for line in lines]


def shown(data: dict[str, Any], **given: Any) -> str:
    return render(Source(scores_of(data), **given))


@pytest.fixture(scope="module")
def text(made_up: dict[str, Any], past: Any) -> str:
    return shown(made_up, history=past)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every word that a dealer, a region or a file's name can bring in is meant to break out."""
    data = json.loads(json.dumps(month(len(HOSTILE))))
    for dealer, name in zip(data["dealers"], HOSTILE, strict=True):
        dealer |= {"dealer": name, "name": name, "region": name, "file": name, "peer_group": name}
        dealer["findings"] = [
            {"code": "XK-V002", "severity": "error", "sheet": name, "cell": "A1", "field": "", "message": name,
             "remedy": name, "facts": {"label": name, "found": name}},
        ]  # fmt: skip
        for item in dealer["items"]:
            item["trace"] = item["actual"] = name
            item["deductions"] = [{"number": 1, "clause": name, "inspection": name, "points": 1.0}]
    text = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return dict(json.loads(text))


# ------------------------------------------------------------------ self-contained and inert


def test_the_policy_lets_nothing_be_fetched_and_only_the_two_scripts_run(text: str) -> None:
    page = Page(text)
    (policy,) = (e.attributes["content"] for e in page.all("meta") if e.attributes.get("http-equiv"))
    rules = dict(rule.split(" ", 1) for rule in str(policy).split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert set(rules) == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    scripts = [e.text for e in page.all("script") if not e.attributes]
    assert len(scripts) == 2
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_outside_is_referred_to(made_up: dict[str, Any], hostile: dict[str, Any], lang: Any) -> None:
    for data in (made_up, hostile):
        page = Page(shown(data, lang=lang))
        for element in page.found:
            assert element.tag not in {
                "link",
                "img",
                "iframe",
                "object",
                "embed",
                "base",
                "form",
                "audio",
                "video",
            } or (element.attributes.get("id") == "filters")
            assert not {"src", "srcset", "action", "data", "poster", "background"} & set(element.attributes)
            assert str(element.attributes.get("href", "#")).startswith("#")
            assert not [name for name in element.attributes if name.startswith("on")]
            assert "url(" not in str(element.attributes.get("style", ""))
        (style,) = page.all("style")
        assert "url(" not in style.text
        assert "@import" not in style.text


def test_our_own_script_never_makes_markup_out_of_text() -> None:
    script = (REPORTS / "month.js").read_text("utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "http",
    ):
        assert word not in script, word
    assert 'renderMode: "richText"' in script, "ECharts' tooltips would be HTML"


def test_hostile_words_stay_words(hostile: dict[str, Any], made_up: dict[str, Any]) -> None:
    page, harmless = Page(shown(hostile)), Page(shown(made_up))
    assert {e.tag for e in page.found} <= {e.tag for e in harmless.found} | {"h3"}  # peer groups have a heading
    assert len(page.all("script")) == len(harmless.all("script")) == 4
    links = [element.text for element in page.all("a") if "data-open" in element.attributes]
    assert set(WRITTEN) <= set(links)
    assert set(WRITTEN) <= {element.text for element in page.all("option")}
    for element in page.all("script")[:2]:
        assert "<" not in element.text


def test_hostile_words_arrive_whole_on_the_dealers_pages(hostile: dict[str, Any]) -> None:
    _, *pages = pages_of(shown(hostile))
    by_code = {page["code"]: page for page in pages}
    for name in WRITTEN:
        page = by_code[name]
        assert page["name"] == page["region"] == page["groups"][0]["items"][0]["trace"] == page["code"]


def test_a_report_can_be_written_whatever_a_name_holds(hostile: dict[str, Any], tmp_path: Path) -> None:
    out = saved(tmp_path / "out", hostile)
    done = CliRunner().invoke(main, ["report", str(out)])
    assert done.exit_code == 0, done.output
    assert (out / "report.html").read_bytes().decode("utf-8")


def test_the_same_month_gives_the_same_bytes(made_up: dict[str, Any], text: str, past: Any) -> None:
    assert shown(json.loads(json.dumps(made_up)), history=past) == text


def test_the_library_travels_with_its_licence_and_unedited() -> None:
    """Apache ECharts 6.1.0 as its makers packed it; the notice stands in every report."""
    folder = REPORTS / "vendor" / "echarts"
    script = (folder / "echarts.min.js").read_bytes()
    assert hashlib.sha256(script).hexdigest() == "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
    assert b"Licensed to the Apache Software Foundation" in script[:1000]
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")
    assert {path.name for path in folder.iterdir()} == {"echarts.min.js", "LICENSE", "LICENSE-d3", "NOTICE"}


# ------------------------------------------------------------------ what it says


def test_every_word_is_there_in_both_languages_and_none_is_left_over() -> None:
    listed = read((REPORTS / "words.yaml").read_text("utf-8"))
    code = "".join((REPORTS / name).read_text("utf-8") for name in ("month.html.j2", "month.js"))
    code += "".join(path.read_text("utf-8") for path in Path(summary.__file__).parent.glob("*.py"))
    looked_up = {"scored", "provisional", "rejected", "error", "warning", "notice", "已评"}  # words of scores.json
    for key, entry in listed.items():
        assert set(entry) == {"zh", "en"}, key
        assert (entry["zh"] and entry["en"]) or key == "own_words", key
        quoted = re.search(rf"""(?:\bt\.|["'\[]){re.escape(key)}\b""", code)
        assert quoted or key in looked_up or key.startswith(("scope_", "line_")) or not key.isascii(), (
            f"{key} is not used"
        )


def test_english_is_english(made_up: dict[str, Any], past: Any) -> None:
    text = shown(made_up, lang="en", history=past)
    page = Page(text)
    assert page.all("html")[0].attributes["lang"] == "en"
    for tag in ("h1", "h2", "h3", "dt", "figcaption", "label", "button", "summary"):
        for element in page.all(tag):
            if "data-filter" not in element.attributes:  # a region's own name
                assert not re.search(r"[一-鿿]", element.text), (tag, element.text)
    shared, first, *_ = pages_of(text)
    assert all(not re.search(r"[一-鿿]", entry["name"]) for entry in shared["items"].values())
    assert first["state"] == "scored"


def test_findings_are_told_in_the_reader_s_language(made_up: dict[str, Any]) -> None:
    said = {lang: [one.example for one in summary.findings(Source(scores_of(made_up), lang))] for lang in ("zh", "en")}
    assert any("没有填" in text for text in said["zh"])
    assert any("is not filled in" in text for text in said["en"])
    assert not any(re.search(r"[一-鿿]", text) for text in said["en"] if "is not filled in" in text)


def test_every_dealer_has_a_row_and_a_page_in_the_same_order(made_up: dict[str, Any], text: str) -> None:
    listed = [e.attributes["data-key"] for e in Page(text).all("tr") if "data-key" in e.attributes]
    _, *pages = pages_of(text)
    assert [page["key"] for page in pages] == listed
    assert sorted(listed) == sorted(dealer["dealer"] for dealer in made_up["dealers"])


def test_the_ranking_runs_ranked_vetoed_provisional_rejected(made_up: dict[str, Any]) -> None:
    listed = rows(Source(scores_of(made_up)))
    ranked = [row.rank for row in listed if row.rank is not None]
    assert ranked == sorted(ranked)
    rest = [(row.dealer.status, row.dealer.vetoed) for row in listed[len(ranked) :]]
    kinds = [("scored", True), ("provisional", False), ("rejected", False)]
    assert [kind for kind in kinds if kind in rest] == list(dict.fromkeys(rest)) == kinds


def test_a_dealer_s_state_is_one_word_in_the_ranking_its_filter_and_its_page(
    made_up: dict[str, Any], text: str
) -> None:
    states = {row.key: row.state for row in rows(Source(scores_of(made_up)))}
    assert set(states.values()) == {"已评", "一票否决", "暂定", "退回"}
    lines = {e.attributes["data-key"]: e for e in Page(text).all("tr") if "data-key" in e.attributes}
    assert {key: line.attributes["data-status"] for key, line in lines.items()} == states
    assert {page["key"]: page["state"] for page in pages_of(text)[1:]} == states
    offered = {e.text for e in Page(text).all("option")}
    assert set(states.values()) <= offered


def test_a_page_has_every_item_with_its_trace_and_every_finding(made_up: dict[str, Any], text: str) -> None:
    _, *pages = pages_of(text)
    by_code = {dealer["dealer"]: dealer for dealer in made_up["dealers"]}
    for page in pages:
        dealer = by_code[page["code"]]
        items = [item for group in page["groups"] for item in group["items"]]
        assert [item["trace"] for item in items] == [item["trace"] for item in dealer.get("items", ())]
        assert [item["score"] for item in items] == [points(item["score"], 1) for item in dealer.get("items", ())]
        assert len(page["findings"]) == len(dealer["findings"])
        assert len(page["diagnoses"]) == len(dealer.get("diagnoses", ()))
        fired = [len(item["vetoes"]) + len(item["deductions"]) for item in dealer.get("items", ())]
        assert [len(item["fired"]) for item in items] == fired


def test_two_files_of_one_dealer_and_files_of_nobody_keep_apart(made_up: dict[str, Any]) -> None:
    data = {**made_up, "dealers": [dict(dealer) for dealer in made_up["dealers"][48:52]]}
    for dealer, code in zip(data["dealers"], ("A", "", "", "A"), strict=True):
        dealer["dealer"] = code
    assert len({row.key for row in rows(Source(scores_of(data)))}) == 4


# ------------------------------------------------------------------ statistics


def test_tiles_and_regions_are_those_of_the_scored(made_up: dict[str, Any]) -> None:
    source = Source(scores_of(made_up))
    totals = [d["published"] for d in made_up["dealers"] if d.get("rank")]
    whole = source.whole
    assert (whole.dealers, whole.totals.count) == (120, len(totals))
    assert whole.totals.mean == pytest.approx(statistics.fmean(totals))
    parts = summary.spreads(source, "region")
    assert sum(part.dealers for part in parts) == 120
    assert sum(part.with_veto for part in parts) == whole.with_veto > 0
    assert sum((part.totals.mean or 0) * part.totals.count for part in parts) == pytest.approx(sum(totals))
    means = [part.totals.mean for part in parts if part.totals.mean is not None]
    assert means == sorted(means, reverse=True)


# Excel's QUARTILE.INC, worked by hand: position 1 + (n - 1) q
@pytest.mark.parametrize(
    ("values", "five"),
    [
        ([1.0, 2.0, 3.0, 4.0], (1.0, 1.75, 2.5, 3.25, 4.0)),
        ([10.0, 20.0], (10.0, 12.5, 15.0, 17.5, 20.0)),
        ([7.0], (7.0, 7.0, 7.0, 7.0, 7.0)),
        ([], None),
    ],
)
def test_quartiles_are_excel_s(values: list[float], five: Any) -> None:
    assert counted.five_numbers(values) == five


def test_every_scored_dealer_stands_in_one_band(made_up: dict[str, Any]) -> None:
    bands = summary.bands(Source(scores_of(made_up)))
    totals = [d["published"] for d in made_up["dealers"] if d.get("rank")]
    assert sum(band.count for band in bands) == len(totals)
    for number, band in enumerate(bands):
        last = number == len(bands) - 1
        assert band.count == sum(band.low <= t < band.high or (last and t == band.high) for t in totals), band


@pytest.mark.parametrize(
    ("total", "low"), [(0.0, 0.0), (4.9, 0.0), (5.0, 5.0), (85.0, 85.0), (100.0, 95.0), (103.0, 100.0)]
)
def test_the_edges_of_the_bands(made_up: dict[str, Any], total: float, low: float) -> None:
    one = {**made_up["dealers"][0], "published": total, "status": "scored", "rank": 1}
    (band,) = summary.bands(Source(scores_of({**made_up, "dealers": [one]})))
    assert (band.low, band.count) == (pytest.approx(low), 1)


def test_clauses_are_counted_once_whatever_figures_a_dealer_s_words_hold(made_up: dict[str, Any]) -> None:
    found = summary.clause_impacts(Source(scores_of(made_up)))
    fired = [
        (kind, item["id"], one["number"])
        for dealer in made_up["dealers"] for item in dealer.get("items", ())
        for kind in ("vetoes", "deductions") for one in item[kind]
    ]  # fmt: skip
    assert sum(len(one.who) for one in found) == len(fired)
    assert len(found) == len(set(fired))
    assert sum(one.points for one in found) == pytest.approx(
        sum(one["points"] for d in made_up["dealers"] for item in d.get("items", ()) for one in item["deductions"])
    )


def test_what_an_item_could_earn_grows_where_others_were_left_out(made_up: dict[str, Any]) -> None:
    """10 of 55 points left out: the others carry 55 ÷ 45 of theirs, and a full mark is a full mark."""
    dealer = json.loads(json.dumps(made_up["dealers"][0]))
    group = next(g for g in dealer["groups"] if g["points"] == 55)
    mine = [item for item in dealer["items"] if item["group"] == group["name"]]
    left_out = next(item for item in mine if item["points"] == 10)
    left_out["score"] = "不适用"
    first = next(item for item in mine if item["points"] == 15)
    first["score"] = 15 * 55 / 45
    data = {**made_up, "dealers": [dealer]}
    scores = scores_of(data)
    applied = applied_of(scores.definitions, scores.dealers[0])
    assert (applied[first["id"]], applied[left_out["id"]]) == (pytest.approx(15 * 55 / 45), 0.0)
    rates = {name: (rate, count) for name, rate, count in summary.item_rates(Source(scores))}
    assert rates[first["name"]] == (pytest.approx(1.0), 1)
    assert left_out["name"] not in rates


def test_the_trend_is_of_earlier_months_and_ends_with_this_one(made_up: dict[str, Any], past: Any) -> None:
    means = summary.mean_by_month(Source(scores_of(made_up), history=past))
    assert [month for month, _, _ in means][-2:] == ["2026-10", "2026-11"]
    assert len(means) == 12
    assert summary.mean_by_month(Source(scores_of(made_up))) == []
    later = {"D0001": [EarlierMonth("2026-12", 50.0, 1)]}
    assert summary.mean_by_month(Source(scores_of(made_up), history=later)) == []


def test_moves_are_against_the_latest_earlier_rank(made_up: dict[str, Any]) -> None:
    first = next(dealer for dealer in made_up["dealers"] if dealer.get("rank") == 1)
    known = {
        first["dealer"]: [
            EarlierMonth("2026-09", 80.0, 9),
            EarlierMonth("2026-10", 81.0, 4),
            EarlierMonth("2026-11", 99.0, 70),
        ]
    }
    moved = {row.key: row.moved for row in rows(Source(scores_of(made_up), history=known))}
    assert moved.pop(first["dealer"]) == 3
    assert set(moved.values()) == {None}


def test_the_return_list_is_counted_and_shown_without_those_on_time(made_up: dict[str, Any], text: str) -> None:
    source = Source(scores_of(made_up))
    assert list(summary.return_counts(source).items()) == [("按时", 113), ("迟报", 5), ("退回", 2)]
    assert [line.status for line in summary.returns_apart(source)].count("迟报") == 5
    assert {line.dealer for line in summary.returns_apart(source)} >= {"D0023", "D0050", "D0100"}
    assert 'id="returns"' in text
    assert 'id="returns"' not in shown({**made_up, "returns": []})


# ------------------------------------------------------------------ figures


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.8096774193548387, "rate", "80.97%"), (252486.0, "amount", "252,486.00"), (251.0, "count", "251"),
        (1.005, "number", "1.01"), (2.675, "amount", "2.68"), (0.28995, "rate", "29.00%"), (-0.001, "number", "0.00"),
        (-1234.5, "count", "-1,235"), (6.0, "day", "6"), ("未填", "rate", "未填"),
        (None, "rate", ""), (True, "count", "True"),
    ],
)  # fmt: skip
def test_figures_are_printed_as_excel_prints_them(value: Any, kind: str, text: str) -> None:
    assert figure(value, kind) == text


def test_points_round_half_away_from_zero() -> None:
    assert [points(v, 1) for v in (88.2257978500812, 0.25, 9.95, 99.95, "不适用", None)] == [
        "88.2", "0.3", "10.0", "100.0", "不适用", "",
    ]  # fmt: skip


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_a_browser_its_tests_are_skipped_and_in_ci_they_fail(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(outcome, match="NOT opened"):
        need_chromium()


# ------------------------------------------------------------------ the command


def test_the_command_writes_where_it_is_told(made_up: dict[str, Any], tmp_path: Path) -> None:
    out = saved(tmp_path / "out", made_up)
    done = CliRunner().invoke(main, ["report", str(out), "-o", str(tmp_path / "a" / "month.html"), "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert done.output.strip() == str(tmp_path / "a" / "month.html")
    assert "Ranking" in (tmp_path / "a" / "month.html").read_text("utf-8")


def test_scoring_writes_it_when_asked(tmp_path: Path) -> None:
    """The source's real month, typed as the README has it."""
    given, out = WORKBOOKS / "service-assessment", tmp_path / "out"
    runner = CliRunner()
    lists = ["--roster", given / "dealers.xlsx", "--targets", given / "targets.xlsx",
             "--key", given / "issue.key", "-o", tmp_path / "blank"]  # fmt: skip
    assert runner.invoke(main, ["new", "service-assessment", "--month", "2026-11", *map(str, lists)]).exit_code == 0
    more = ["--issue", tmp_path / "blank", "--inspections", given / "inspections.xlsx", "-o", out, "--report",
            "--store", tmp_path / "history"]  # fmt: skip
    done = runner.invoke(main, ["score", str(given / "filled.xlsx"), *map(str, more)])
    assert done.exit_code == 0, done.output
    _, page = pages_of((out / "report.html").read_text("utf-8"))
    assert (page["total"], page["rank"], page["grade"]) == ("88.2", 1, "良好")
    assert page["groups"][0]["items"][4]["trace"].startswith("实绩 3,427.00 元 ÷ 目标 19,638.50 元 = 完成率 17.45%")
    assert page["months"] == []
    # seen from the month after, this one is history
    december = {**json.loads((out / "scores.json").read_text("utf-8")), "month": "2026-12"}
    done = runner.invoke(main, ["report", str(saved(out, december)), "--store", str(tmp_path / "history")])
    assert done.exit_code == 0, done.output
    _, page = pages_of((out / "report.html").read_text("utf-8"))
    assert [(m["month"], m["total"], m["rank"]) for m in page["months"]] == [("2026-11", 88.2, 1), ("2026-12", 88.2, 1)]
    assert page["months"][0]["items"]["精品"] == pytest.approx(0.872520813707768)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"dealers": []}'])
def test_a_folder_without_scores_is_refused_in_words(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "scores.json").write_text(content, "utf-8")
    done = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert done.exit_code == 2
    assert "score" in done.output
    with pytest.raises(NoScores):
        Source.read(tmp_path)


def test_a_month_without_a_single_dealer_can_be_shown(made_up: dict[str, Any]) -> None:
    for dealers in ([], [made_up["dealers"][49]]):
        assert "排名" in shown({**made_up, "dealers": dealers})


def test_a_region_s_report_ranks_its_dealers_alone_and_holds_no_word_of_any_other(
    made_up: dict[str, Any], past: Any
) -> None:
    whole = scores_of(made_up)
    region = next(dealer.region for dealer in whole.dealers if dealer.rank)
    strangers = [dealer for dealer in whole.dealers if dealer.region != region]
    telling = FindingRecord("XK-P007", "notice", "填报", "F6", "", f"所填的数与{strangers[0].name}的相同", "")
    dealers = [replace(d, findings=(*d.findings, telling)) if d.region == region else d for d in whole.dealers]
    source = Source(replace(whole, dealers=dealers), history=past).of_region(region)
    places = sorted(dealer.rank for dealer in source.dealers if dealer.rank)
    assert places[0] == 1
    assert places[-1] <= len(places) < len(whole.dealers) / 2
    assert source.title.endswith(f"（{region}）")
    page = render(source)
    text = page + "".join(json.dumps(each, ensure_ascii=False) for each in pages_of(page))
    assert not [d.dealer for d in strangers if re.search(rf"(?<!\w){re.escape(d.dealer)}(?!\w)", text)]
    assert not [d.name for d in strangers if d.name in text]
    assert not [d.region for d in strangers if d.region in text]
    assert all(dealer.name in text for dealer in source.dealers)
    assert "XK-P007" not in text
