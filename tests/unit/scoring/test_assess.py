"""assess(): what a month is worth, with everything that can make it open, vetoed or less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from conftest import REAL_SCORES, REAL_TARGETS, AssessWith, RealMonth
from shared.submissions import submission_of

from unit.scoring.conftest import Variant
from xlkpi.findings import Finding
from xlkpi.issue import Issue
from xlkpi.scoring.assess import Assessment, ItemScore, assess
from xlkpi.scoring.engine import Engine
from xlkpi.values import Absence, CellContent, CellFault, Place


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-9)


def item(done: Assessment, name: str) -> ItemScore:
    return next(item for item in done.items if item.id == name)


def with_answers(real_month: RealMonth, **more: CellContent) -> dict[str, CellContent]:
    return {**real_month.answers, **more}


# ------------------------------------------------------------------ the real month


def test_the_real_month_comes_to_what_the_clauses_give(assess_with: AssessWith, real_month: RealMonth) -> None:
    done = assess_with(real_month.answers, real_month.inspections)
    assert {i.id: i.score for i in done.items} == {name: near(score) for name, score in REAL_SCORES.items()}
    assert [g.score for g in done.groups] == [near(43.2257978500812), near(45)]
    assert (done.total, done.ceiling, done.before_veto) == (near(real_month.total),) * 3
    assert (done.published, done.grade, done.status, done.vetoed) == (88.2, "良好", "scored", False)
    assert done.findings == ()
    assert done.engine == "formualizer"


def test_every_item_is_explained_with_its_numbers_and_arithmetic(
    assess_with: AssessWith, real_month: RealMonth
) -> None:
    done = assess_with(real_month.answers, real_month.inspections)
    told = item(done, "接车台次").trace
    assert told.startswith("实绩 251 台 ÷ 目标 310 台 = 完成率 80.97%；15 分 × 80.97% = 12.1452 分；")
    assert told.endswith("得 12.1452 分")
    assert "绩效沟通会召开日 6 号" in item(done, "绩效管理").trace
    assert all(i.trace.count("。") >= 1 for i in done.items)


def test_target_actual_and_completion_stand_beside_the_score(assess_with: AssessWith, real_month: RealMonth) -> None:
    done = assess_with(real_month.answers, real_month.inspections)
    got = item(done, "接车台次")
    assert (got.target, got.actual, got.completion) == (310.0, 251.0, near(251 / 310))
    assert item(done, "计划执行").target is Absence.NOT_APPLICABLE
    assert done.indicators["接车台次_完成率"] == near(251 / 310)


# ------------------------------------------------------------------ edges


@pytest.mark.parametrize(
    ("actual", "score", "vetoed"),
    [
        (155.0, 7.5, False),
        (154.999, 0.0, True),
        (310.0, 15.0, False),
        (309.0, 15 * 309 / 310, False),
        (400.0, 15.0, False),
        (0.0, 0.0, True),
        (-5.0, 0.0, True),
    ],
)
def test_the_veto_at_fifty_percent_is_strict(
    actual: float, score: float, vetoed: bool, assess_with: AssessWith, real_month: RealMonth
) -> None:
    got = item(assess_with(with_answers(real_month, 接车台次=actual), real_month.inspections), "接车台次")
    assert (got.score, got.vetoed) == (near(score), vetoed)
    assert [fired.scope for fired in got.vetoes] == (["item"] if vetoed else [])


def test_an_item_veto_takes_the_item_and_leaves_the_rest(assess_with: AssessWith, real_month: RealMonth) -> None:
    done = assess_with(real_month.answers, {**real_month.inspections, "员工满意度": 0.8999})
    got = item(done, "绩效管理")
    assert (got.score, got.before_veto, got.vetoed) == (0.0, 10.0, True)
    assert got.vetoes[0].clause == "员工满意度 <90%：否决"
    assert got.vetoes[0].inspection == 0.8999
    assert done.total == near(real_month.total - 10)
    assert done.before_veto == near(real_month.total)
    assert done.status == "scored"
    assert not done.vetoed
    assert "否决，得 0 分" in got.trace


def test_deductions_add_up_and_stop_at_zero(assess_with: AssessWith, real_month: RealMonth) -> None:
    two = assess_with(real_month.answers, {**real_month.inspections, "计划退回次数": 1.0, "重点计划未完成数": 1.0})
    assert item(two, "计划执行").score == near(3)
    assert [(fired.clause, fired.points) for fired in item(two, "计划执行").deductions] == [
        ("计划制定不合格，每退回一次扣 5 分", 5.0), ("重点计划未完成，每项扣 2 分", 2.0),
    ]  # fmt: skip
    many = assess_with(real_month.answers, {**real_month.inspections, "计划退回次数": 9.0})
    assert item(many, "计划执行").score == 0
    assert not item(many, "计划执行").vetoed


@pytest.mark.parametrize(
    ("returned", "delivered", "vetoed"),
    [
        (1.0, 500.0, True),
        (1.0, 501.0, False),
        (0.0, 500.0, False),
        (1.0, 499.0, True),
        (2.0, 1000.0, True),
        (1.0, 0.0, True),
        (0.0, 0.0, False),
    ],
)
def test_the_comeback_rate_must_be_below_a_fifth_of_a_percent(
    returned: float, delivered: float, vetoed: bool, assess_with: AssessWith, real_month: RealMonth
) -> None:
    done = assess_with(with_answers(real_month, 交车台数=delivered), {**real_month.inspections, "返修台数": returned})
    assert item(done, "质量管理").vetoed is vetoed


@pytest.mark.parametrize(("trainings", "vetoed"), [(2.0, True), (3.0, False)])
def test_three_trainings_are_enough_and_two_are_not(
    trainings: float, vetoed: bool, assess_with: AssessWith, real_month: RealMonth
) -> None:
    done = assess_with(real_month.answers, {**real_month.inspections, "培训次数": trainings})
    assert item(done, "学习成长").vetoed is vetoed


@pytest.mark.parametrize(("day", "score"), [(6.0, 10.0), (7.0, 5.0), ("未召开", 5.0)])
def test_the_deadlines_own_day_is_in_time(
    day: Any, score: float, assess_with: AssessWith, real_month: RealMonth
) -> None:
    done = assess_with(real_month.answers, {**real_month.inspections, "绩效沟通会召开日": day})
    assert item(done, "绩效管理").score == score


# ------------------------------------------------------------------ absence


def test_a_missing_figure_makes_the_total_a_range(assess_with: AssessWith, real_month: RealMonth, issue: Issue) -> None:
    answers = {name: value for name, value in real_month.answers.items() if name != "维修毛利"}
    done = assess_with(answers, real_month.inspections)
    assert (done.status, done.grade) == ("provisional", "暂定")
    assert (done.total, done.ceiling) == (near(real_month.total - 15), near(real_month.total))
    got = item(done, "维修毛利")
    assert (got.score, got.ceiling, got.status, got.actual) == (0.0, 15.0, "未填", Absence.MISSING)
    assert "未填，暂按 0 分计" in got.trace
    assert [(f.code, f.field, f.place) for f in done.findings] == [
        ("XK-V001", "维修毛利", issue.layout.place("维修毛利"))
    ]


def test_an_unreadable_figure_is_open_likewise_and_told_once(assess_with: AssessWith, real_month: RealMonth) -> None:
    done = assess_with(with_answers(real_month, 维修毛利="无法读取"), real_month.inspections)
    assert item(done, "维修毛利").status == "无法读取"
    assert (done.status, done.total, done.ceiling) == (
        "provisional",
        near(real_month.total - 15),
        near(real_month.total),
    )


def test_a_blank_inspection_is_never_taken_as_met(assess_with: AssessWith, real_month: RealMonth) -> None:
    inspections = {name: value for name, value in real_month.inspections.items() if name != "培训次数"}
    done = assess_with(real_month.answers, inspections)
    assert (done.status, done.total, done.ceiling) == (
        "provisional",
        near(real_month.total - 5),
        near(real_month.total),
    )
    assert [(f.code, f.field) for f in done.findings] == [("XK-V013", "培训次数")]


def test_nothing_sent_and_nothing_inspected_is_zero_to_everything(assess_with: AssessWith) -> None:
    done = assess_with({}, {})
    assert (done.status, done.total, done.ceiling) == ("provisional", 0.0, near(100))
    assert sum(1 for f in done.findings if f.code == "XK-V013") == 16
    assert sum(1 for f in done.findings if f.code == "XK-V001") == 6


def test_a_certain_veto_caps_what_an_open_item_could_still_be(assess_with: AssessWith, real_month: RealMonth) -> None:
    inspections = {**real_month.inspections, "部门员工参训率": 0.5}
    del inspections["培训次数"]
    done = assess_with(real_month.answers, inspections)
    got = item(done, "学习成长")
    assert (got.score, got.ceiling, got.vetoed) == (0.0, 0.0, True)
    assert done.ceiling == near(real_month.total - 5)


def test_a_dealer_cannot_drop_its_weakest_item_with_a_word(assess_with: AssessWith, real_month: RealMonth) -> None:
    done = assess_with(with_answers(real_month, 精品="不适用"), real_month.inspections)
    assert item(done, "精品").score == 0.0
    assert item(done, "接车台次").score == near(REAL_SCORES["接车台次"])
    assert done.status == "provisional"
    assert "XK-V006" in [f.code for f in done.findings]


def test_a_target_that_headquarters_calls_inapplicable_scales_the_group(
    assess_with: AssessWith, real_month: RealMonth, issue: Issue
) -> None:
    issued = replace(issue, targets={"D001": {**REAL_TARGETS, "轮胎": Absence.NOT_APPLICABLE}})
    done = assess_with(real_month.answers, real_month.inspections, issue=issued)
    assert item(done, "轮胎").score is Absence.NOT_APPLICABLE
    assert item(done, "接车台次").score == near(REAL_SCORES["接车台次"] * 55 / 50)
    assert done.groups[0].score == near((43.2257978500812 - REAL_SCORES["轮胎"]) * 1.1)
    assert done.status == "scored"
    assert "组内折算 × 1.1" in item(done, "接车台次").trace
    assert "本项不适用" in item(done, "轮胎").trace


def test_a_whole_group_inapplicable_is_provisional_and_divides_nothing_by_zero(
    assess_with: AssessWith, real_month: RealMonth, issue: Issue
) -> None:
    issued = replace(issue, targets={"D001": dict.fromkeys(REAL_TARGETS, Absence.NOT_APPLICABLE)})
    done = assess_with(real_month.answers, real_month.inspections, issue=issued)
    assert done.status == "provisional"
    assert (done.groups[0].score, done.total, done.ceiling) == (0.0, near(45), near(100))
    assert "XK-S001" not in [f.code for f in done.findings]


# ------------------------------------------------------------------ findings off the cells


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("接车台次", 250.5, "XK-V003"),
        ("接车台次", -1.0, "XK-V004"),
        ("维修产值", -5200.0, "XK-V014"),
        ("交车台数", 10.5, "XK-V003"),
    ],
)
def test_the_words_of_a_check_become_a_finding_at_the_answer(
    name: str, value: float, code: str, assess_with: AssessWith, real_month: RealMonth, issue: Issue
) -> None:
    done = assess_with(with_answers(real_month, **{name: value}), real_month.inspections)
    (finding,) = [f for f in done.findings if f.field == name]
    assert (finding.code, finding.place) == (code, issue.layout.place(name))
    assert name in finding.message()
    assert finding.message("en")


def test_what_reading_has_said_is_not_said_again(issue: Issue, engine: Engine, real_month: RealMonth) -> None:
    issued = replace(issue, inspections={"D001": dict(real_month.inspections)})
    place = issue.layout.place("维修产值")
    said = Finding("XK-V002", "a.xlsx", place, "维修产值", {"label": "维修产值", "found": "很多"})
    answers = with_answers(real_month, 维修产值="无法读取")
    done = assess(issued, engine, submission_of(issued, "D001", answers, file="a.xlsx", findings=[said]))
    assert done.findings == (said,)
    assert done.file == "a.xlsx"


class Broken:
    """An engine whose formulas go wrong in one cell: what a faulty scheme would give."""

    name = "formualizer"

    def __init__(self, engine: Engine, place: Place):
        self.engine, self.place = engine, place

    def evaluate(self, inputs: Any) -> dict[Place, CellContent]:
        return {**self.engine.evaluate(inputs), self.place: CellFault("#DIV/0!")}


def test_an_error_in_any_formula_is_never_silent(issue: Issue, engine: Engine, real_month: RealMonth) -> None:
    place = issue.layout.place("轮胎_完成率")
    done = assess(issue, Broken(engine, place), submission_of(issue, "D001", real_month.answers))
    assert [(f.place, f.message()) for f in done.findings if f.code == "XK-S001"] == [(place, "公式算出错误值 #DIV/0!")]
    assert item(done, "轮胎").completion is Absence.UNREADABLE


def test_inputs_are_trusted_for_their_value_only(issue: Issue, engine: Engine, real_month: RealMonth) -> None:
    # targets and inspections come from the issue whatever is handed in beside the answers
    done = assess(issue, engine, submission_of(issue, "D002", real_month.answers))
    assert item(done, "接车台次").target == 300.0
    assert item(done, "质量管理").status == "未填"


# ------------------------------------------------------------------ other schemes

TRAINING_VETO = ("{require: 培训次数>=3, else: 否决,", "{require: 培训次数>=3, else: 否决, scope: %s,")


def test_a_group_veto_takes_the_group(variant: Variant, real_month: RealMonth) -> None:
    score = variant((TRAINING_VETO[0], TRAINING_VETO[1] % "group"))
    done = score(培训次数=2.0)
    assert [(g.score, g.vetoed) for g in done.groups] == [(near(43.2257978500812), False), (0.0, True)]
    assert done.groups[1].before_veto == near(45)
    assert (done.total, done.before_veto, done.vetoed) == (near(43.2257978500812), near(real_month.total), False)
    assert item(done, "学习成长").vetoes[0].scope == "group"
    assert "本组否决" in item(done, "学习成长").trace
    assert score().total == near(real_month.total)


def test_a_total_veto_takes_everything(variant: Variant, real_month: RealMonth) -> None:
    score = variant((TRAINING_VETO[0], TRAINING_VETO[1] % "total"))
    done = score(培训次数=2.0)
    assert (done.total, done.published, done.ceiling, done.vetoed) == (0.0, 0.0, 0.0, True)
    assert (done.before_veto, done.grade, done.status) == (near(real_month.total), "不合格", "scored")
    assert "一票否决" in item(done, "学习成长").trace


def test_a_gate_vetoes_a_group_below_its_share_and_not_at_it(variant: Variant, real_month: RealMonth) -> None:
    score = variant(("  points: 45\n", "  points: 45\n  gate: {at_least: 80%}\n"))
    at = score(部门员工参训率=0.5, 绩效会参加率=0.5)  # 45 - 5 - 5 = 35 < 36
    assert (at.groups[1].score, at.groups[1].vetoed) == (0.0, True)
    above = score(部门员工参训率=0.5)  # 40 >= 36
    assert (above.groups[1].score, above.groups[1].vetoed) == (near(40), False)
    exact = score(部门员工参训率=0.5, 重点计划未完成数=2.0)  # 45 - 5 - 4 = 36 exactly
    assert (exact.groups[1].score, exact.groups[1].vetoed) == (near(36), False)


BONUS = """
fields:
  表彰次数: {en: Praise, type: count, by: headquarters, minimum: 0}
groups:
- group: 加分项
  points: 0
  items:
  - {item: 表彰, points: 5, bonus: true, score: {bonus: {of: 表彰次数, each: 2}}, text: 每次表彰加 2 分}
"""


def test_bonus_comes_on_top_and_is_capped(variant: Variant, real_month: RealMonth) -> None:
    score = variant(("deadline_day: 5", "deadline_day: 5\nbonus_most: 3"), more=BONUS)
    assert score(表彰次数=0.0).total == near(real_month.total)
    assert score(表彰次数=1.0).total == near(real_month.total + 2)
    assert score(表彰次数=9.0).total == near(real_month.total + 3)
    assert item(score(表彰次数=9.0), "表彰").score == 5.0
    assert item(score(表彰次数=1.0), "表彰").bonus


def test_a_vetoed_total_has_no_bonus(variant: Variant) -> None:
    score = variant((TRAINING_VETO[0], TRAINING_VETO[1] % "total"), more=BONUS)
    assert score(培训次数=2.0, 表彰次数=2.0).total == 0.0


def test_rounded_items_add_up_as_people_add_them(variant: Variant) -> None:
    done = variant(("deadline_day: 5", "deadline_day: 5\nround_items: 2"))()
    scores = [i.score for i in done.items]
    assert scores[:6] == [12.15, 7.98, 15.0, 5.0, 0.87, 2.22]
    assert done.total == near(12.15 + 7.98 + 15 + 5 + 0.87 + 2.22 + 45)


@pytest.mark.parametrize(("treatment", "tyres"), [("full", 5.0), ("zero", Absence.NOT_APPLICABLE)])
def test_an_inapplicable_item_may_earn_all_or_nothing_unscaled(
    treatment: str, tyres: Any, scheme_copy: Any, issue: Issue, variant: Variant, real_month: RealMonth
) -> None:
    score = variant(
        ("not_applicable: rescale", f"not_applicable: {treatment}"),
        ("score: {proportional: 轮胎_完成率}", "score: {proportional: 轮胎比}\n    when_zero: not_applicable"),
        ("indicators:\n", "indicators:\n  轮胎比: {en: Tyres, type: rate, formula: 轮胎/(轮胎_目标-16757.1)}\n"),
    )
    done = score()
    assert item(done, "轮胎").score == tyres
    assert item(done, "接车台次").score == near(REAL_SCORES["接车台次"])
    assert done.total == near(real_month.total - REAL_SCORES["轮胎"] + (5.0 if tyres == 5.0 else 0.0))


def test_the_scheme_settles_grade_lines_and_digits(variant: Variant) -> None:
    done = variant(("display_decimals: 1", "display_decimals: 0"), ("at_least: 90", "at_least: 88"))()
    assert (done.published, done.grade) == (88.0, "优秀")
