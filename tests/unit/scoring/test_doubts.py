"""Figures that cannot be so are findings in every scheme; a provisional score always has its reason."""

from __future__ import annotations

from random import Random

import pytest
from conftest import AssessWith, RealMonth

from unit.scoring.conftest import Variant
from xlkpi.findings import catalogue
from xlkpi.scoring.assess import Assessment
from xlkpi.values import Absence

RATIO = """fields:
  应续保: {en: Due, type: count}
  续保: {en: Renewed, type: count}
indicators:
  续保率: {en: Renewal rate, type: rate, formula: "续保/MAX(1,应续保)"MOST}
"""
SCORED = "score: {proportional: 精品_完成率}"


def codes(done: Assessment, *wanted: str) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.field) for finding in done.findings if finding.code in wanted]


@pytest.mark.parametrize(
    ("score", "most", "due", "renewed", "told"),
    [
        ("{proportional: 续保率}", "", 80.0, 110.0, [("XK-V035", "续保率")]),
        ("{proportional: 续保率}", "", 80.0, 80.0, []),
        ("{proportional: 续保率}", "", 80.0, 0.0, []),
        ("{proportional: 续保率}", ", maximum: 150%", 80.0, 110.0, []),
        ("{proportional: 续保率}", ", maximum: 90%", 80.0, 76.0, [("XK-V035", "续保率")]),
        ("{threshold: {of: 续保率, full_at: 120%}}", "", 80.0, 110.0, []),
        ("{steps: {of: 续保率, bands: [{at_least: 110%, points: 5}]}}", "", 80.0, 110.0, []),
        ("{proportional: 续保率}", "", 80.0, -4.0, [("XK-V034", "续保"), ("XK-V034", "续保率")]),
        ("{proportional: 续保率}", "", -80.0, 0.0, [("XK-V034", "应续保")]),
        ("{proportional: 续保率}", ", minimum: -100%", 80.0, -4.0, [("XK-V034", "续保")]),
    ],
)
def test_a_rate_above_the_whole_and_a_negative_figure_are_told_without_a_minimum(
    score: str, most: str, due: float, renewed: float, told: list[tuple[str, str]], variant: Variant
) -> None:
    done = variant((SCORED, f"score: {score}"), ratio=RATIO.replace("MOST", most))(应续保=due, 续保=renewed)
    assert codes(done, "XK-V034", "XK-V035") == told
    assert done.status == "scored"


def test_an_amount_says_once_that_it_is_negative(assess_with: AssessWith, real_month: RealMonth) -> None:
    done = assess_with({**real_month.answers, "精品": -5.0}, real_month.inspections)
    assert codes(done, "XK-V004", "XK-V014", "XK-V034") == [("XK-V014", "精品")]


@pytest.mark.parametrize("absence", list(Absence))
def test_a_provisional_dealer_always_has_a_reason(
    absence: Absence, assess_with: AssessWith, real_month: RealMonth
) -> None:
    """Whatever one figure lacks, the dealer's or headquarters'."""
    open_ = 0
    for name in (*real_month.answers, *real_month.inspections):
        answers, inspections = dict(real_month.answers), dict(real_month.inspections)
        (answers if name in answers else inspections)[name] = None if absence is Absence.MISSING else absence.value
        done = assess_with(answers, inspections)
        if done.status == "provisional":
            open_ += 1
            assert [f for f in done.findings if f.severity.name in ("ERROR", "WARNING")], (name, absence)
    assert open_


def test_an_optional_figure_that_the_score_needs_is_named(assess_with: AssessWith, real_month: RealMonth) -> None:
    """交车台数 may be blank; with a count of comebacks it may not."""
    done = assess_with({**real_month.answers, "交车台数": None}, {**real_month.inspections, "返修台数": 1.0})
    (reason,) = [finding for finding in done.findings if finding.code == "XK-S011"]
    assert (done.status, reason.facts) == ("provisional", {"item": "质量管理", "figures": "交车台数"})


def test_a_group_without_any_item_that_applies_says_so(variant: Variant) -> None:
    line = "score: {proportional: 续保率}\n    when_zero: not_applicable"
    edits = [
        (f"score: {{proportional: {name}_完成率}}", line) for name in ("接车台次", "维修产值", "养护品", "精品", "轮胎")
    ]
    edits.append(("score: {threshold: {of: 维修毛利_完成率, full_at: 40%}}", line))
    edits += [(f"require: {name}_完成率>=50%", "require: 续保率>=50%") for name in ("接车台次", "维修产值")]
    done = variant(*edits, ratio=RATIO.replace("MAX(1,应续保)", "应续保").replace("MOST", ""))(应续保=0.0, 续保=0.0)
    assert done.status == "provisional"
    assert [f.facts for f in done.findings if f.code == "XK-S012"] == [{"group": "经营指标"}]


def test_no_comebacks_is_below_the_limit_whatever_was_delivered(assess_with: AssessWith, real_month: RealMonth) -> None:
    given = {**real_month.inspections, "返修台数": 0.0}
    for delivered in (None, 0.0, 1.0, 480.0):
        done = assess_with({**real_month.answers, "交车台数": delivered}, given)
        assert (done.status, done.indicators["返修率"]) == ("scored", 0.0), delivered
        assert next(item for item in done.items if item.id == "质量管理").score == 10.0
    for word in Absence:
        done = assess_with({**real_month.answers, "交车台数": None}, {**given, "返修台数": word.value})
        assert done.indicators["返修率"] is word


def test_a_total_is_provisional_where_it_may_still_be_another(assess_with: AssessWith, real_month: RealMonth) -> None:
    """What is open in an item that has nothing left to win or lose moves nothing."""
    answers, lost = real_month.answers, {**real_month.inspections, "计划退回次数": 2.0}
    del lost["重点计划未完成数"]  # the item has lost all of its points already
    vetoed = {**real_month.inspections, "维修欠款回收": "未完成", "索赔款回款": "看不懂"}
    for given in (lost, vetoed):
        done = assess_with(answers, given)
        assert (done.status, done.ceiling) == ("scored", pytest.approx(done.total))
        assert done.grade != "暂定"
    one_left = assess_with(answers, {**lost, "计划退回次数": 1.0})
    assert (one_left.status, one_left.ceiling - one_left.total) == ("provisional", pytest.approx(5.0))


def test_whatever_lacks_a_dealer_is_provisional_just_where_the_total_is_a_range(
    assess_with: AssessWith, real_month: RealMonth
) -> None:
    names, draw = [*real_month.answers, *real_month.inspections], Random(7)
    seen = set()
    for _ in range(40):
        answers, inspections = dict(real_month.answers), dict(real_month.inspections)
        for name in draw.sample(names, draw.randrange(6)):
            (answers if name in answers else inspections)[name] = draw.choice([None, "无法读取", "未完成", 0.0])
        done = assess_with(answers, inspections)
        ranged = round(done.ceiling, 10) != round(done.total, 10)
        assert done.status == ("provisional" if ranged else "scored")
        assert done.ceiling >= done.total - 1e-9
        if ranged:
            assert [f for f in done.findings if f.severity.name in ("ERROR", "WARNING")]
        seen.add(done.status)
    assert seen == {"provisional", "scored"}


@pytest.mark.parametrize(
    ("kind", "score", "number", "code"),
    [
        ("count", "", -4.0, "XK-V034"), ("number", "", -0.5, "XK-V034"), ("rate", "", -0.1, "XK-V034"),
        ("rate", "{proportional: 续保}", 1.1, "XK-V035"), ("rate", "{proportional: 续保}", 1.0, ""),
        ("rate", "{steps: {of: 续保, bands: [{at_least: 110%, points: 5}]}}", 1.1, ""), ("rate", "", 1.1, ""),
        ("count", "", 121.00000000000001, ""), ("count", "", 121.5, "XK-V003"),
    ],
)  # fmt: skip
def test_the_sheet_says_of_a_figure_what_the_batch_says(
    kind: str, score: str, number: float, code: str, variant: Variant
) -> None:
    edits = [(SCORED, f"score: {score}")] if score else []
    done = variant(*edits, ratio=f"fields:\n  续保: {{en: Renewed, type: {kind}}}\n")(续保=number)
    told = [finding for finding in done.findings if finding.field == "续保" and finding.code != "XK-S011"]
    assert [finding.code for finding in told] == ([code] if code else [])
    words = {catalogue()[c].live for c in ("XK-V003", "XK-V034", "XK-V035")}
    assert words & set(done.cells.values()) == ({catalogue()[code].live} if code else set())
    if code == "XK-V035":
        assert (told[0].facts["found"], told[0].facts["limit"]) == ("110%", "100%")
