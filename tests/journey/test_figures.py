"""One set of figures: whatever occurs in two outputs of a run is the same in both, and is of the ranked dealers.

The accounts of scores are compared in a month of a scheme with everything that takes or gives points.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from properties.reckoning import random_months, random_scheme
from rich.console import Console
from shared.submissions import submission_of

from xlkpi.cli.demo import run_demo
from xlkpi.excel.scorecard import score_sheet
from xlkpi.headquarters.issuing import make_issue
from xlkpi.issue import Dealer
from xlkpi.month.month import Month, make_month
from xlkpi.month.scores import load_scores
from xlkpi.month.standing import Standing
from xlkpi.month.statistics import item_rates, parts, population
from xlkpi.month.store.file import open_store
from xlkpi.month.store.query import standings
from xlkpi.month.store.record import record
from xlkpi.month.store.trend import trend
from xlkpi.scheme.compile import compile_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.rules import load_rules
from xlkpi.scoring.account import Line
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import load_engine
from xlkpi.shown.month_tables import counted, print_ranking
from xlkpi.shown.report.figures import points
from xlkpi.workbook.operations import Write

SCHEME = "service-assessment"
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return run_demo(tmp_path_factory.mktemp("figures")).month


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, month: Month) -> Path:
    from xlkpi.shown.folder import write_month

    folder = tmp_path_factory.mktemp("out")
    write_month(month, folder, report=True)
    with open_store(folder / "s", write=True) as store:
        record(store, month)
    return folder


@pytest.fixture(scope="module")
def book(out: Path) -> Any:
    return load_workbook(out / "排名汇总.xlsx", data_only=True)


@pytest.fixture(scope="module")
def charts(out: Path) -> dict[str, Any]:
    found = re.search(r'id="charts">(.*?)</script>', (out / "report.html").read_text("utf-8"), re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def test_each_dealer_of_the_roster_is_counted_once(month: Month, out: Path, book: Any) -> None:
    counts = month.population.counts()
    assert counts["dealers"] == len(month.issue.roster) == sum(counts[k] or 0 for k in counts if k != "dealers")
    assert json.loads((out / "scores.json").read_text("utf-8"))["population"] == counts
    tiles = {book["总览"].cell(4, column).value: book["总览"].cell(5, column).value for column in range(1, 15, 2)}
    words = {"ranked": "参加排名", "provisional": "暂定", "vetoed": "一票否决", "refused": "退回", "missing": "未交"}
    assert {key: tiles[word] for key, word in words.items()} == {key: counts[key] for key in words}


def test_the_mean_is_one_number_and_says_of_how_many(month: Month, out: Path, book: Any) -> None:
    ranked = [d for d in json.loads((out / "scores.json").read_text("utf-8"))["dealers"] if d.get("rank")]
    mean = sum(d["published"] for d in ranked) / len(ranked)
    totals = month.population.totals
    assert (totals.count, totals.mean) == (len(ranked), pytest.approx(mean))
    assert book["总览"]["K4"].value == f"平均分（{len(ranked)} 家）"
    assert book["总览"]["K5"].value == totals.mean
    with open_store(out / "s") as store:
        (point,) = trend(store, SCHEME).points
        stored = standings(store, SCHEME, month.month)
    assert point.figures == totals
    assert population(stored.rows).totals == totals
    assert f"平均 {mean:.1f} 分（{len(ranked)} 家参加排名的）" in counted(month.population, 1)
    assert f"<dd>{mean:.1f}</dd>" in (out / "report.html").read_text("utf-8")


def test_rates_of_items_are_one_set(month: Month, book: Any, charts: dict[str, Any]) -> None:
    labels = {item.name: item.label or item.name for item in month.issue.scheme.items}
    wanted = {labels[one.item]: one.rate for one in item_rates(month.population, labels)}
    sheet = book["总览"]
    shown = {sheet.cell(row, 9).value: sheet.cell(row, 12).value for row in range(10, 10 + len(labels))}
    assert shown == {name: "—" if rate is None else pytest.approx(rate) for name, rate in wanted.items()}
    assert dict(charts["items"]) == {name: pytest.approx(rate) for name, rate in wanted.items() if rate is not None}
    assert all(rate is None or 0 <= rate <= 1 for rate in wanted.values())


def test_regions_and_grades_are_one_set(month: Month, out: Path, book: Any, charts: dict[str, Any]) -> None:
    regions = {one.name: one for one in parts(month.population, lambda dealer: dealer.region, "（未分）")}
    rows = [row for row in book["区域"].iter_rows(min_row=4, values_only=True) if row[0] in regions]
    assert {row[0]: (row[1], row[2], row[3]) for row in rows} == {
        name: (len(one.assessed), one.totals.count, one.totals.mean) for name, one in regions.items() if one.assessed
    }
    spreads = {name: tuple(five) for name, five in charts["spreads"]["region"]}
    assert spreads == {name: one.totals.five for name, one in regions.items() if one.totals.five}
    grades = [grade.name for grade in month.issue.scheme.grades]
    sheet = book["总览"]
    counts = [sheet.cell(row, 7).value for row in range(10, 10 + len(grades))]
    assert counts == [month.population.grades[grade] for grade in grades]
    banded = {grade: sum(band["grades"].get(grade, 0) for band in charts["bands"]) for grade in grades}
    assert list(banded.values()) == counts


# ------------------------------------------------------------------ the account of every score, in every output


@dataclass(frozen=True)
class Told:
    """A month in memory, and what its outputs say: scores.json, ranking workbook, report, store, terminal."""

    month: Month
    scores: dict[str, Any]
    book: Any
    pages: dict[str, Any]
    stored: dict[str, Standing]
    read: dict[str, Standing]
    screen: str

    @property
    def rows(self) -> dict[str, Standing]:
        return {row.dealer.code: row for row in self.month.standings.rows}


def made(seed: int, folder: Path) -> Told:
    """A month of a scheme made by chance, twelve dealers."""
    from xlkpi.shown.folder import write_month

    scheme = Scheme.model_validate(random_scheme(seed))
    roster = {f"D{n:02d}": Dealer(f"D{n:02d}", f"店{n}", "华东") for n in range(12)}
    issue = make_issue(scheme, compile_scheme(scheme, load_rules()), month="2026-11", roster=roster, targets={})
    engine = load_engine("compiled", issue.master, issue.layout)
    done = []
    for code, filled in zip(roster, random_months(scheme, seed, len(roster)), strict=True):
        theirs = {name: value for name, value in filled.items() if value is not None}
        answers = {name: value for name, value in theirs.items() if name in scheme.by("dealer")}
        inspections = {code: {name: value for name, value in theirs.items() if name not in answers}}
        inspected = replace(issue, inspections=inspections)  # type: ignore[arg-type] # drawn as cells hold them
        done.append(assess(inspected, engine, submission_of(inspected, code, answers, file=f"{code}.xlsx")))
    month = make_month(issue, "compiled", done)
    write_month(month, folder, report=True)
    with open_store(folder / "store", write=True) as store:
        record(store, month)
        stored = {row.dealer.code: row for row in standings(store, scheme.name, "2026-11").rows}
    text = (folder / "report.html").read_text("utf-8")
    packed = re.search(r'id="details"[^>]*>(.*?)</script>', text, re.S)
    assert packed is not None
    lines = gzip.decompress(base64.b64decode(packed[1])).decode().split("\n")
    screen = Console(width=2000, file=io.StringIO(), record=True)
    print_ranking(screen, month.standings)
    scores = json.loads((folder / "scores.json").read_text("utf-8"))
    whole = load_scores(folder).populate()
    return Told(
        month, scores, load_workbook(folder / "排名汇总.xlsx", data_only=True),
        {page["code"]: page for page in map(json.loads, lines[1:])}, stored,
        {row.dealer.code: row for row in whole.assessed}, screen.export_text(),
    )  # fmt: skip


@pytest.fixture(scope="module", params=(4, 7, 10))
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return made(request.param, tmp_path_factory.mktemp("account"))


def table(sheet: Any, first: str) -> list[dict[str, Any]]:
    lines = [line for line in sheet.iter_rows(values_only=True) if any(cell is not None for cell in line)]
    head = next(number for number, line in enumerate(lines) if line[0] == first)
    found = [dict(zip(lines[head], line, strict=True)) for line in lines[head + 1 :]]
    return [row for row in found if row[first] != "（无）"]


def test_file_store_and_folder_hold_the_same_account(told: Told) -> None:
    for dealer in told.scores["dealers"]:
        row = told.rows[dealer["dealer"]]
        assert [Line(**line) for line in dealer["account"]] == list(row.account.lines)
        assert sum(line["points"] for line in dealer["account"]) == pytest.approx(dealer["published"], abs=1e-9)
        for other in (told.stored[row.dealer.code], told.read[row.dealer.code]):
            assert other.account == row.account
            assert [(i.item, i.applied, i.score) for i in other.items] == [
                (i.item, i.applied, i.score) for i in row.items
            ]
            assert [(g.group, g.score) for g in other.groups] == [(g.group, g.score) for g in row.groups]


def test_losses_and_their_sum_are_one_set(told: Told) -> None:
    labels = {item.name: item.label or item.name for item in told.month.issue.scheme.items}
    listed: dict[str, Counter[tuple[Any, ...]]] = {code: Counter() for code in told.rows}
    for loss in table(told.book["否决扣分"], "类别"):
        why = loss["考核标准"], loss["检查情况"] or ""
        listed[loss["代码"]][loss["类别"], loss["细项"], round(loss["扣分"], 9), *why] += 1
    assert sum(sum(found.values()) for found in listed.values()) > 8
    for code, row in told.rows.items():
        assert listed[code] == Counter(
            ("否决" if line.vetoes else "扣分", line.subject(labels), round(line.taken, 9), line.text, line.inspection)
            for line in row.account.losses
        )
        for line in row.account.losses:
            whose = line.subject(labels)
            assert (line.text if line.vetoes else f"{whose} 扣 {line.taken:g}") in told.screen
        page = told.pages[code]
        fired = [fired for group in page["groups"] for item in group["items"] for fired in item["fired"]]
        assert len(fired) == sum(bool(line.item) for line in row.account.losses)
        assert [step[0] for step in page["account"]] == [line.subject(labels) for line in row.account.lines]
        added = sum(float(step[3]) for step in page["account"])
        assert added == pytest.approx(float(page["total"]), abs=1e-3)
    for ranked_row in table(told.book["排名"], "名次"):
        assert (ranked_row["扣分合计"] or 0) == pytest.approx(told.rows[ranked_row["代码"]].account.deducted, abs=1e-9)


def test_who_is_not_ranked_has_a_reason_everywhere(told: Told) -> None:
    for apart in table(told.book["未排名"], "代码"):
        row = told.rows[apart["代码"]]
        wanted = [line.text for line in (row.account.losses if row.vetoed else row.account.open)
                  if not row.vetoed or line.scope == "total"]  # fmt: skip
        assert wanted
        assert all(text in apart["原因"] for text in wanted)
        assert all(text in told.screen for text in wanted)


def test_groups_add_up_to_the_total_in_every_output(told: Told) -> None:
    digits = told.month.issue.scheme.display_decimals
    for done in told.month:
        dealer = next(d for d in told.scores["dealers"] if d["dealer"] == done.dealer)
        groups = sum(group["score"] for group in dealer["groups"])
        rest = sum(line["points"] for line in dealer["account"] if line["level"] == "total")
        assert groups + done.bonus + rest == pytest.approx(dealer["published"], abs=1e-9)
        shown = {group["name"]: group["score"] for group in told.pages[done.dealer]["groups"]}
        assert shown == {group["name"]: points(group["score"], digits) for group in dealer["groups"]}
        written = {
            row[1]: row for operation in score_sheet(told.month.issue, done, frozenset())
            if isinstance(operation, Write) for row in operation.rows if len(row) == 9
        }  # fmt: skip
        assert written["总分"][7] == done.total
        assert all(written.get("加分", (0.0,) * 8)[7] == done.bonus for item in done.items if item.bonus)
        results = [
            row[7]
            for operation in score_sheet(told.month.issue, done, frozenset())
            if isinstance(operation, Write)
            for row in operation.rows
            if len(row) == 8 and row[7] not in (None, "结果")
        ]
        assert len(results) == len(done.account.losses)
