"""A denominator of 0 under a scored item: what the scheme says it means, or a question; never silently 不适用."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.scoring.conftest import Score, Variant
from xlkpi.scheme.lint import advice
from xlkpi.scheme.load import load_scheme, scheme_folders
from xlkpi.scheme.ratios import may_divide_by_zero
from xlkpi.scoring.assess import Assessment, ItemScore
from xlkpi.values import Absence

RATIO = """indicators:
  测试率: {en: Ratio, type: rate, formula: 精品/养护品}
  再除率: {en: Ratio of a ratio, type: rate, formula: 测试率*1}
"""
SCORED = "score: {proportional: 精品_完成率}"
VETO = (
    '{require: 部门员工参训率>=90%, else: 否决, text: 部门员工参训率 <90%：否决, en: "staff trained below 90 %: veto"}'
)
JUDGED = "{require: 测试率>=50%, else: 否决, inspection: 部门员工参训率, text: 测试率 <50% 否决}"
SAYS = ["full", "zero", "not_applicable", None]


@pytest.fixture(scope="module", params=["测试率", "再除率"])
def by_score(request: pytest.FixtureRequest, variant: Variant) -> dict[str | None, Score]:
    """精品 scored by a ratio, for each thing that the scheme may say of a denominator of 0."""
    line = "score: {proportional: " + request.param + "}"
    return {said: variant((SCORED, line + (f"\n    when_zero: {said}" if said else "")), ratio=RATIO) for said in SAYS}


def item(done: Assessment, name: str) -> ItemScore:
    return next(item for item in done.items if item.id == name)


@pytest.mark.parametrize(
    ("said", "score", "status", "words"),
    [
        ("full", 5.0, "scored", "分母为 0，按方案得满分"),
        ("zero", 0.0, "scored", "分母为 0，按方案不得分"),
        ("not_applicable", Absence.NOT_APPLICABLE, "scored", "分母为 0，按方案不适用"),
        (None, 0.0, "provisional", "分母为 0，方案没有写明怎样计分，请总部裁定"),
    ],
)
def test_the_scheme_says_what_a_denominator_of_zero_means(
    said: str | None, score: object, status: str, words: str, by_score: dict[str | None, Score]
) -> None:
    done = by_score[said](养护品=0.0)
    got = item(done, "精品")
    assert (got.score, done.status) == (score, status)
    assert words in got.trace
    asked = [(f.code, f.severity.name) for f in done.findings if f.code == "XK-S010"]
    assert asked == ([] if said else [("XK-S010", "ERROR")])
    if said is None:
        assert done.ceiling - done.total == pytest.approx(5)


@pytest.mark.parametrize("said", SAYS)
def test_other_denominators_and_absences_are_as_before(said: str | None, by_score: dict[str | None, Score]) -> None:
    score = by_score[said]
    full, blank = score(养护品=3427.0), score(养护品=None)
    assert (item(full, "精品").score, full.status) == (5.0, "scored")
    assert (item(blank, "精品").status, blank.status) == ("未填", "provisional")
    assert not [f for f in (*full.findings, *blank.findings) if f.code == "XK-S010"]


@pytest.mark.parametrize(
    ("said", "vetoed", "status"),
    [
        ("full", False, "scored"),
        ("not_applicable", False, "scored"),
        ("zero", True, "scored"),
        (None, False, "provisional"),
    ],
)
def test_a_clause_over_a_ratio_follows_the_same_word(
    said: str | None, vetoed: bool, status: str, variant: Variant
) -> None:
    edits = [(VETO, JUDGED)]
    if said:
        edits.append(("- item: 学习成长\n", f"- item: 学习成长\n    when_zero: {said}\n"))
    score = variant(*edits, ratio=RATIO)
    done = score(养护品=0.0)
    assert (item(done, "学习成长").vetoed, done.status) == (vetoed, status)
    assert [f.code for f in done.findings if f.code == "XK-S010"] == ([] if said else ["XK-S010"])


@pytest.mark.parametrize(
    ("formula", "may"),
    [
        ("精品/养护品", True),
        ("精品/(养护品*12)", True),
        ("精品/(养护品-轮胎)", True),
        ("1-精品/养护品", True),
        ("精品/SUM(养护品,轮胎)", True),
        ("精品/12", False),
        ("精品/绩效沟通会期限日", False),
        ("精品/MAX(1,养护品)", False),
        ("精品/(12*MAX(1,养护品))", False),
        ("IF(养护品=0,0,精品/养护品)", False),
        ('IF(养护品=0,"不适用",精品/养护品)', True),
        ("IFERROR(精品/养护品,1)", False),
        ("精品*养护品", False),
    ],
)
def test_lint_warns_where_a_scored_denominator_may_be_zero(formula: str, may: bool, scheme_copy: Path) -> None:
    (scheme_copy / "more.yaml").write_text(
        f"indicators:\n  测试率: {{en: R, type: rate, formula: '{formula}'}}\n", "utf-8"
    )
    path = scheme_copy / "assessment.yaml"
    path.write_text(path.read_text("utf-8").replace(SCORED, "score: {proportional: 测试率}"), "utf-8")
    assert may_divide_by_zero("测试率", load_scheme(str(scheme_copy))[0]) is may
    told = [str(problem) for problem in advice(str(scheme_copy))]
    assert [text.split(" may be 0")[0] for text in told] == (
        ["assessment.yaml:43: 精品: the denominator of 测试率"] if may else []
    )


@pytest.mark.parametrize("name", scheme_folders())
def test_no_shipped_scheme_leaves_it_open(name: str) -> None:
    assert advice(name) == []
