"""Figures that break no rule and are still worth a question: each doubt with its figures, else silence."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import AssessWith, MakeIssue

from xlkpi.checking.plausible import doubts, past_of, with_doubts
from xlkpi.findings import Finding, Severity
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.lined import read
from xlkpi.scheme.model import Plausibility, Scheme
from xlkpi.workbook.layout import Role

DEALERS = [f"D{number:03d}" for number in range(1, 13)]
USUAL = {
    "接车台次": 250.0, "维修产值": 250_000.0, "维修毛利": 60_000.0,
    "养护品": 19_000.0, "精品": 3_400.0, "轮胎": 7_500.0,
}  # fmt: skip
STEADY = [0.95, 1.02, 0.98, 1.05, 1.0, 0.97, 1.03]


@pytest.fixture(scope="module")
def month(scheme_and_compiled: tuple[Scheme, Compiled], issue_of: MakeIssue) -> Issue:
    """Twelve dealers: the first eight in 华东, the others in 华南."""
    roster = {code: Dealer(code, f"{code}店", "华东" if n < 8 else "华南") for n, code in enumerate(DEALERS)}
    return issue_of(*scheme_and_compiled, roster=roster)


def with_limits(issue: Issue, **limits: Any) -> Issue:
    plausibility = issue.scheme.plausibility.model_copy(update=limits)
    return replace(issue, scheme=issue.scheme.model_copy(update={"plausibility": plausibility}))


def of(
    issue: Issue, mine: Mapping[str, float], past: Mapping[str, Sequence[float]] | None = None
) -> list[Finding]:  # fmt: skip
    """What is said of D001 with these figures and this past."""
    return doubts(issue, {"D001": mine}, {"D001": past or {}}, {"D001": "a.xlsx"}).get("D001", [])


def codes(found: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in found]


# ------------------------------------------------------------------ against the dealer's own months


def test_a_month_like_the_others_says_nothing(month: Issue) -> None:
    past = {name: [value * share for share in STEADY] for name, value in USUAL.items()}
    assert of(month, USUAL, past) == []
    assert of(month, {name: value * 1.3 for name, value in USUAL.items()}, past) == []


def test_a_jump_is_told_with_median_spread_and_months(month: Issue) -> None:
    # the median of these seven is 100, the absolute deviations are 0 1 2 2 3 4 5 with median 2, so 1.4826 × 2 = 2.9652;
    # 5 % of the median is more, and the spread is 5: 180 is 16 times that off
    (finding,) = of(month, {"维修产值": 180.0}, {"维修产值": [98.0, 101.0, 97.0, 100.0, 105.0, 102.0, 96.0]})
    assert finding.code == "XK-P003"
    assert finding.message() == (
        "“维修产值”填的是 180 元，前 7 个月的中位数是 100 元，平常上下 5 元，这次偏离 16.0 倍"
        "（近几个月：101 元、97 元、100 元、105 元、102 元、96 元）"
    )
    assert finding.severity is Severity.WARNING
    assert (finding.place, finding.field, finding.file) == (month.layout.place("维修产值"), "维修产值", "a.xlsx")


def test_a_restless_past_allows_more(month: Issue) -> None:
    # median 100, deviations 60 50 0 20 80 40 70 with median 50: spread 74.13, six times that is 444.8
    restless = [40.0, 150.0, 100.0, 120.0, 180.0, 60.0, 30.0]
    assert of(month, {"维修产值": 540.0}, {"维修产值": restless}) == []
    assert codes(of(month, {"维修产值": 550.0}, {"维修产值": restless})) == ["XK-P003"]


@pytest.mark.parametrize(("months", "expected"), [(5, []), (6, ["XK-P003"])])
def test_median_and_mad_need_six_months(months: int, expected: list[str], month: Issue) -> None:
    assert codes(of(month, {"维修产值": 180.0}, {"维修产值": [100.0] * months})) == expected


def test_small_counts_may_move(month: Issue) -> None:
    steady = {"接车台次": [2.0] * 12}
    assert of(month, {"接车台次": 8.0}, steady) == []  # the root of 2 is 1.4, six times that 8.5
    assert codes(of(month, {"接车台次": 12.0}, steady)) == ["XK-P003"]


def test_with_one_month_known_only_a_leap_is_told(month: Issue) -> None:
    assert of(month, {"维修产值": 900.0}, {"维修产值": [100.0]}) == []
    (up,) = of(month, {"维修产值": 1_200.0}, {"维修产值": [100.0]})
    (down,) = of(month, {"维修产值": 8.0}, {"维修产值": [100.0]})
    assert (up.code, up.facts["times"], down.code, down.facts["times"]) == ("XK-P004", "×12", "XK-P004", "÷12")
    assert "前 1 个月（100 元；中位数 100 元）" in up.message()


def test_a_change_of_sign_is_told(month: Issue) -> None:
    (finding,) = of(month, {"维修毛利": -60_000.0}, {"维修毛利": [58_000.0, 61_000.0, 60_000.0]})
    assert finding.code == "XK-P002"
    assert "58,000 元、61,000 元、60,000 元" in finding.message()
    assert of(month, {"维修毛利": -60_000.0}, {"维修毛利": [58_000.0, -1_000.0, 60_000.0]}) == []
    assert of(month, {"维修毛利": -60_000.0}, {"维修毛利": [58_000.0, 61_000.0]}) == []


@pytest.mark.parametrize(("value", "code"), [(25.2, "XK-P001"), (2.5e9, "XK-P001"), (250.0, "XK-P004")])
def test_a_slip_of_ten_thousand_is_told_from_the_first_month_on(value: float, code: str, month: Issue) -> None:
    (finding,) = of(month, {"维修产值": value}, {"维修产值": [248_000.0]})
    assert finding.code == code
    assert "248,000 元" in finding.message()


def test_a_slip_is_a_matter_of_money_alone(month: Issue) -> None:
    assert codes(of(month, {"接车台次": 2_500_000.0}, {"接车台次": [250.0]})) == ["XK-P004"]


def test_nought_and_no_past_say_nothing(month: Issue) -> None:
    assert of(month, {"维修产值": 0.0}, {"维修产值": [100.0]}) == []
    assert of(month, {"维修产值": 100.0}, {"维修产值": [0.0, 0.0]}) == []
    assert of(month, USUAL) == []


# ------------------------------------------------------------------ against the others


def among(issue: Issue, name: str, values: Sequence[float], **past: Sequence[float]) -> dict[str, list[str]]:
    figures = {code: {name: value} for code, value in zip(DEALERS, values, strict=False)}
    told = doubts(issue, figures, {dealer: {name: earlier} for dealer, earlier in past.items()}, {})
    return {dealer: codes(found) for dealer, found in told.items()}


ALIKE = [100.0, 120.0, 80.0, 150.0, 90.0, 110.0, 130.0, 70.0]


def test_a_figure_far_from_the_regions_is_told(month: Issue) -> None:
    assert among(month, "轮胎", ALIKE) == {}
    assert among(month, "轮胎", [2_000.0, *ALIKE[1:]]) == {"D001": ["XK-P005"]}
    figures = {code: {"轮胎": value} for code, value in zip(DEALERS, [2_000.0, *ALIKE[1:]], strict=False)}
    (finding,) = doubts(month, figures, {}, {})["D001"]
    assert "同月 8 家（华东）的中位数是" in finding.message()


def test_a_dealer_that_is_always_large_is_no_wonder(month: Issue) -> None:
    assert among(month, "轮胎", [2_000.0, *ALIKE[1:]], D001=[2_000.0] * 6) == {}
    assert among(month, "轮胎", [2_000.0, *ALIKE[1:]], D001=[2_000.0] * 2) == {"D001": ["XK-P005"]}


def test_few_peers_are_no_measure_and_a_small_region_looks_at_all(month: Issue) -> None:
    assert among(month, "轮胎", [2_000.0, *ALIKE[1:7]]) == {}
    twelve = [*ALIKE, 95.0, 105.0, 115.0, 3_000.0]
    assert among(month, "轮胎", twelve) == {"D012": ["XK-P005"]}  # 华南 has four
    figures = {code: {"轮胎": value} for code, value in zip(DEALERS, twelve, strict=True)}
    assert doubts(month, figures, {}, {})["D012"][0].facts["group"] == "全部"


def test_a_peer_group_goes_before_the_region(month: Issue) -> None:
    roster = {code: replace(dealer, peer_group="A级" if code < "D010" else "") for code, dealer in month.roster.items()}
    figures = {code: {"轮胎": value} for code, value in zip(DEALERS, [2_000.0, *ALIKE[1:], 95.0], strict=False)}
    assert doubts(replace(month, roster=roster), figures, {}, {})["D001"][0].facts["group"] == "A级"


def test_a_slip_is_told_by_the_peers_where_there_is_no_past(month: Issue) -> None:
    values = [value * 1_000 for value in ALIKE]
    assert among(month, "维修产值", [10.2, *values[1:]]) == {"D001": ["XK-P009"]}


# ------------------------------------------------------------------ the sheet as a whole


def test_last_months_figures_sent_again_are_told(month: Issue) -> None:
    past = {name: [value] for name, value in USUAL.items()}
    (finding,) = of(month, USUAL, past)
    assert (finding.code, finding.place, finding.facts["count"]) == ("XK-P006", None, 6)
    assert of(month, {**USUAL, "轮胎": 7_501.0}, past) == []


def test_figures_of_another_dealer_are_told_to_both(month: Issue) -> None:
    told = doubts(month, {"D001": USUAL, "D002": dict(USUAL), "D003": {**USUAL, "轮胎": 1.0}}, {}, {})
    assert {dealer: codes(found) for dealer, found in told.items()} == {"D001": ["XK-P007"], "D002": ["XK-P007"]}
    assert "D002店（D002）" in told["D001"][0].message()


def test_a_block_one_row_off_is_told_with_the_rows(month: Issue) -> None:
    names = [slot.field for slot in month.layout.of(Role.ANSWER)]
    usual = dict(zip(names, [10.0, 300.0, 9_000.0, 250_000.0, 40.0, 2_000.0, 15.0], strict=True))
    shifted = dict(zip(names[1:], usual.values(), strict=False))
    found = of(month, shifted, {name: [value] for name, value in usual.items()})
    (finding,) = [one for one in found if one.code == "XK-P008"]
    assert (finding.facts["count"], finding.facts["told"]) == (6, 6)
    assert f"{names[1]} ← {names[0]}" in finding.message()
    assert "XK-P008" not in codes(of(month, usual, {name: [value * 1.1] for name, value in usual.items()}))


# ------------------------------------------------------------------ thresholds, sources, rate of false alarms


def test_thresholds_are_the_schemes(month: Issue) -> None:
    past = {"维修产值": [100.0] * 7}
    assert of(month, {"维修产值": 125.0}, past) == []
    assert codes(of(with_limits(month, change="20%", deviations=4.0), {"维修产值": 125.0}, past)) == ["XK-P003"]
    assert of(with_limits(month, without=("维修产值",)), {"维修产值": 1e9}, past) == []


@pytest.mark.parametrize("docs", ["docs", "docs/zh"])
def test_the_pages_show_the_defaults(docs: str) -> None:
    text = (Path(__file__).parents[3] / docs / "howto" / "check-and-mark.md").read_text("utf-8")
    shown = read(text[text.index("plausibility:\n") :].partition("```")[0])["plausibility"]
    assert Plausibility.model_validate(shown).model_dump() == Plausibility().model_dump()
    assert set(shown) == set(Plausibility.model_fields)


def test_the_past_is_taken_from_what_was_stamped_into_the_blanks(month: Issue) -> None:
    known = {"D001": {"维修产值_上月": 3.0, "维修产值_前3月": 1.0, "维修产值_前2月": 2.0, "轮胎_上月": "不适用"}}
    assert past_of(replace(month, history=known)) == {"D001": {"维修产值": [1.0, 2.0, 3.0]}}
    assert past_of(month) == {}


def test_assessments_carry_their_doubts(issue: Issue, assess_with: AssessWith) -> None:
    done = assess_with({"维修产值": 25.2}, {})
    known = replace(issue, history={"D001": {"维修产值_上月": 248_000.0}})
    doubted = with_doubts(known, [done])
    assert [f.code for f in doubted[0].findings if f.code.startswith("XK-P")] == ["XK-P001"]
    assert (len(doubted), next(iter(doubted)) == doubted[0], doubted[:1][0] == doubted[0]) == (1, True, True)
    stored = with_doubts(known, [done], {"D001": {"维修产值": [25.0, 26.0]}})
    assert [f.code for f in stored[0].findings if f.code.startswith("XK-P")] == []


def test_quiet_months_raise_few_false_alarms(month: Issue) -> None:
    """Dealers of sizes that differ 1 : 8, months that scatter by 15 % (log-normal): under 1 figure in 1,000 is told."""
    dice = random.Random(11)
    sizes = {code: dice.uniform(0.35, 2.8) for code in DEALERS}

    def drawn(code: str) -> dict[str, float]:
        return {name: round(value * sizes[code] * dice.lognormvariate(0, 0.15), 2) for name, value in USUAL.items()}

    told = figures = 0
    for _ in range(60):
        past = {code: [drawn(code) for _ in range(12)] for code in DEALERS}
        known = {code: {name: [m[name] for m in months] for name in USUAL} for code, months in past.items()}
        for used in (known, {}):
            told += sum(len(found) for found in doubts(month, {c: drawn(c) for c in DEALERS}, used, {}).values())
            figures += len(DEALERS) * len(USUAL)
    assert told / figures < 0.001
