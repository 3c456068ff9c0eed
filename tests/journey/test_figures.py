"""One set of figures: whatever occurs in two outputs of a run is the same in both, and is of the ranked dealers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from xlkpi.cli.demo import run_demo
from xlkpi.month.month import Month
from xlkpi.month.statistics import item_rates, parts, population
from xlkpi.month.store.file import open_store
from xlkpi.month.store.query import standings
from xlkpi.month.store.record import record
from xlkpi.month.store.trend import trend
from xlkpi.shown.terminal import counted

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
