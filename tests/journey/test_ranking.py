"""排名汇总.xlsx of real runs: what it says of losses and of who did not send is what was scored and what came."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from journey.shared import Month, Run, dealers

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")

SILENT = "D002"
SCOPES = {"item": "本项", "group": "本组", "total": "总分"}
Runs = Mapping[str, tuple[Workbook, dict[str, Any]]]


@pytest.fixture(scope="module")
def runs(run: Run, month: Month, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The demonstration's month without D002's file, scored with a roster (so there is a return list) and without."""
    place = tmp_path_factory.mktemp("returned")
    sent = place / "sent"
    shutil.copytree(month.folder / "filled", sent)
    next(sent.glob(f"{SILENT}_*")).unlink()
    words = ("score", sent, "--issue", month.blank, "--inspections", month.folder / "inspections.xlsx")
    done = {}
    for name, more in (("plain", ()), ("roster", ("--roster", month.folder / "dealers.xlsx"))):
        out = place / name
        assert run(*words, *more, "-o", out).exit_code == 4
        done[name] = load_workbook(out / "排名汇总.xlsx", data_only=True), dealers(out)
    return done


def rows(sheet: Worksheet, heading: str) -> list[dict[str, Any]]:
    """A sheet's table by the headings of the row that has this one."""
    lines = list(sheet.iter_rows(values_only=True))
    head = next(n for n, line in enumerate(lines) if heading in line)
    return [dict(zip(lines[head], line, strict=True)) for line in lines[head + 1 :] if any(x is not None for x in line)]


@pytest.mark.parametrize("name", ["plain", "roster"])
def test_every_loss_stands_there_with_its_reason(runs: Runs, name: str) -> None:
    """What is listed is what scores.json says of each clause, with what it took; and how the sheet shows it."""
    book, scored = runs[name]
    expected: Counter[tuple[Any, ...]] = Counter()
    for code, dealer in scored.items():
        shown_as = {
            (line["item"], line["clause"]): line["inspection"]
            for line in dealer.get("account", ()) if "clause" in line and line["kind"] != "open"
        }  # fmt: skip
        for item in dealer.get("items", []):
            for veto in item["vetoes"]:
                why = veto["clause"], shown_as[item["id"], veto["number"]]
                expected["否决", code, item["name"], SCOPES[veto["scope"]], round(veto["taken"], 9), *why] += 1
            for lost in item["deductions"]:
                why = lost["clause"], shown_as[item["id"], lost["number"]]
                expected["扣分", code, item["name"], None, round(lost["taken"], 9), *why] += 1
    columns = ("类别", "代码", "细项", "范围", "扣分", "考核标准", "检查情况")
    listed = ({**row, "扣分": round(row["扣分"], 9)} for row in rows(book["否决扣分"], "类别"))
    shown = Counter(tuple(row[column] for column in columns) for row in listed)
    assert len(expected) > 8
    assert shown == expected
    inspections = {row["检查情况"] for row in rows(book["否决扣分"], "类别")}
    assert any(word.endswith("%") for word in inspections) and any(word.endswith("号") for word in inspections)


@pytest.mark.parametrize("name", ["plain", "roster"])
def test_what_was_deducted_is_summed_and_a_veto_adds_nothing(runs: Runs, name: str) -> None:
    """Of an item of 10 points 扣 15 takes 10: the sum is what was lost, never more than the items have."""
    book, scored = runs[name]
    listed = {row["代码"]: row for row in rows(book["排名"], "名次")}
    (column,) = (heading for heading in next(iter(listed.values())) if heading and heading.startswith("扣分"))
    expected = {
        code: sum(lost["taken"] for item in scored[code]["items"] for lost in item["deductions"]) for code in listed
    }
    assert {code: row[column] or 0 for code, row in listed.items()} == pytest.approx(expected)
    assert any(expected.values())
    for code in listed:
        for item in scored[code]["items"]:
            assert sum(lost["taken"] for lost in item["deductions"]) <= item["points"]
    nominal = sum(lost["points"] for item in scored["D005"]["items"] for lost in item["deductions"])
    assert (nominal, expected["D005"]) == (42, 20)


@pytest.mark.parametrize("name", ["plain", "roster"])
def test_who_did_not_send_is_who_did_not_send(runs: Runs, name: str) -> None:
    """One whose file was refused has sent; one of whom nothing came has not; nobody else is named."""
    book, scored = runs[name]
    code, state = {"plain": ("代码", "情况"), "roster": ("经销商代码", "状态")}[name]
    missing = [row[code] for row in rows(book["交表"], state) if row[state] == "未交"]
    assert missing == [SILENT]
    overview = list(book["总览"].iter_rows(values_only=True))
    head = next(n for n, line in enumerate(overview) if "未交" in line)
    tiles = dict(zip(overview[head], overview[head + 1], strict=True))
    status = Counter(dealer["status"] for dealer in scored.values())
    assert (tiles["未交"], tiles["退回"], tiles["暂定"]) == (1, status["rejected"], status["provisional"])
    assert status["rejected"] == 1


@pytest.mark.parametrize("name", ["plain", "roster"])
def test_the_overview_lists_items_from_the_weakest_with_their_rate_and_vetoes(runs: Runs, name: str) -> None:
    """Each item once, its rate a share between 0 and 1 in rising order, its vetoes those of the ranked dealers."""
    book, scored = runs[name]
    sheet = book["总览"]
    lines = list(sheet.iter_rows(values_only=True))
    head = next(n for n, line in enumerate(lines) if "细项" in line)
    first = lines[head].index("细项")
    table = [line[first:] for line in lines[head + 1 :] if line[first] is not None]
    place = {heading: n for n, heading in enumerate(lines[head][first:]) if heading}
    ranked = [dealer for dealer in scored.values() if dealer.get("rank")]
    names = [item["name"] for item in ranked[0]["items"]]
    assert sorted(line[0] for line in table) == sorted(names)
    rates = [line[place["得分率"]] for line in table]
    assert rates == sorted(rates)
    assert all(0 <= rate <= 1 for rate in rates)
    for line in table:
        vetoed = sum(item["vetoed"] for dealer in ranked for item in dealer["items"] if item["name"] == line[0])
        assert line[place["否决家数"]] == vetoed, line[0]
