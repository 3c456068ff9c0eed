"""Lint: what must hold of a scheme as a whole; each problem with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.scheme.conftest import ASSESSMENT, FIELDS, HEAD, Add, Change
from xlkpi.resources import templates
from xlkpi.scheme.files import SchemeError
from xlkpi.scheme.lint import lint_scheme, usable_scheme
from xlkpi.scheme.load import scheme_folders

RATE = "formula: 返修台数/MAX(1,交车台数)"


def lint(folder: Path) -> list[str]:
    return [str(problem) for problem in lint_scheme(str(folder))[2]]


@pytest.mark.parametrize("name", scheme_folders())
def test_every_shipped_scheme_is_clean(name: str) -> None:
    _, compiled, problems = lint_scheme(name)
    assert problems == []
    assert compiled is not None
    assert len(compiled.formulas) > 100


@pytest.mark.parametrize(
    ("file", "old", "new", "wanted"),
    [
        (
            ASSESSMENT,
            "points: 55",
            "points: 56",
            "经营指标: the items add up to 55, the group says 56; make them agree",
        ),
        (HEAD, RATE, "formula: 返修台数/MAX(1,交车台数", "Unmatched opening parenthesis"),
        (HEAD, RATE, "formula: 返修台数/MAX(1,交车数)", "no field, constant or indicator is named '交车数'"),
        (
            HEAD,
            RATE,
            "formula: 返修台数/LET(1,交车台数)",
            "LET is not shared by Excel, WPS, LibreOffice and the engines",
        ),
        (HEAD, RATE, "formula: INDIRECT(交车台数)", "INDIRECT is not shared"),
        (HEAD, RATE, f"formula: 返修台数/MAX({'1,' * 255}交车台数)", "MAX has 256 arguments; Excel takes 255"),
        (HEAD, RATE, "formula: 返修率+1", "circular reference: 返修率 → 返修率"),
        (HEAD, RATE, "formula: 允许返修台数+返修率*0", "返修率 → 返修率"),
        (
            ASSESSMENT,
            "{proportional: 养护品_完成率}",
            "{proportionl: 养护品_完成率}",
            "no scoring rule is named 'proportionl': write one of",
        ),
        (ASSESSMENT, "{proportional: 养护品_完成率}", "{gate: 养护品_完成率}", "no scoring rule is named 'gate'"),
        (
            ASSESSMENT,
            "{proportional: 养护品_完成率}",
            "{proportional: 养护_完成率}",
            "no field, constant or indicator is named '养护_完成率'",
        ),
        (ASSESSMENT, "full_at: 40%", "full: 40%", "rule threshold has no parameter 'full'; it has of, full_at, below"),
        (ASSESSMENT, ", full_at: 40%", "", "rule threshold needs full_at (full points from): write full_at: …"),
        (ASSESSMENT, "full_at: 40%", "full_at: 0", "threshold.full_at: must be above 0, not 0"),
        (ASSESSMENT, "full_at: 40%", "full_at: many", "'many' is not a number"),
        (
            ASSESSMENT,
            "full_at: 40%",
            "full_at: 40%, below: nothing",
            "threshold.below: write one of pro_rata, proportional, zero",
        ),
        (ASSESSMENT, "（{绩效沟通会期限日}前）", "（{期限}前）", "the text shows {期限}, which nothing defines"),
        (
            ASSESSMENT,
            "inspection: 返修台数",
            "inspection: 交车台数",
            "inspection: 交车台数 is no field of headquarters'",
        ),
        (
            ASSESSMENT,
            "{each: 计划退回次数, lose: 5,",
            "{each: 计划退回次数, lose: -5,",
            "lose is written as a positive number of points",
        ),
        (
            ASSESSMENT,
            "require: 员工满意度>=90%",
            "require: 部门员工参训率>=90%",
            "部门员工参训率 is already inspected under 绩效管理",
        ),
        (ASSESSMENT, "require: 员工满意度>=90%", "require: 部门员工参训率>=90%", "员工满意度 is headquarters' but no"),
        (ASSESSMENT, "item: 精品", "item: 养护品", "two groups or items are named '养护品'"),
        (ASSESSMENT, "item: 精品", "item: 管理指标", "two groups or items are named '管理指标'"),
        (ASSESSMENT, "item: 精品", "item: " + "长" * 58, "is longer than 60 characters; shorten the item's name"),
        (
            FIELDS,
            "words: {合格: met}",
            "words: {合格: met, 不合格: failed}",
            "a word cannot say how many; drop its failed words",
        ),
        (HEAD, "at_least: 90", "at_least: 70", "write grades from the highest down"),
        (
            HEAD,
            "constants:\n",
            "plausibility: {without: [轮胎, 旧项]}\nconstants:\n",
            "旧项 is no field of the scheme; leave it out",
        ),
        (HEAD, "constants:\n", "constants:\n  区域: {en: x, value: 1}\n", "区域 is a name that every workbook has"),
        (
            HEAD,
            "constants:\n",
            "constants:\n  总分: {en: x, value: 1}\n",
            "'总分' is also the name of a cell that the tool makes",
        ),
        (
            HEAD,
            "constants:\n",
            "constants:\n  接车台次_目标: {en: x, value: 1}\n",
            "'接车台次_目标' is also the name of a cell",
        ),
        (
            HEAD,
            "constants:\n",
            "constants:\n  接车台次_校验: {en: x, value: 1}\n",
            "'接车台次_校验' is also the name of a cell",
        ),
        (HEAD, "constants:\n", "constants:\n  计划执行_第1条_标准: {en: x, value: 1}\n", "is also the name of a cell"),
        (
            HEAD,
            "constants:\n",
            "constants:\n  精品: {en: x, value: 1}\n",
            "'精品' and '精品' are one name to a spreadsheet",
        ),
    ],
)
def test_a_scheme_at_fault_is_told_where_and_how(
    file: str, old: str, new: str, wanted: str, change: Change, scheme_copy: Path
) -> None:
    change(file, old, new)
    matching = [problem for problem in lint(scheme_copy) if wanted in problem]
    assert matching, lint(scheme_copy)
    where, line = matching[0].split(": ")[0].split(":")
    assert (scheme_copy / where).is_file()
    assert 0 < int(line) <= len((scheme_copy / where).read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (HEAD, RATE, "formula: 返修台数/MAX(1,交车数)"),
        (ASSESSMENT, "{proportional: 养护品_完成率}", "{proportionl: 养护品_完成率}"),
        (ASSESSMENT, "{each: 计划退回次数, lose: 5,", "{each: 计划退回次数, lose: -5,"),
        (FIELDS, "    target: true\n    minimum: 0", "    target: true\n    label: 台次\n    minimum: zero"),
        (HEAD, "constants:\n", "constants:\n  接车台次_得分: {en: x, value: 1}\n"),
    ],
)
def test_the_line_is_the_changed_one(file: str, old: str, new: str, change: Change, scheme_copy: Path) -> None:
    line = change(file, old, new)
    where, named = lint(scheme_copy)[0].split(": ")[0].split(":")
    assert where == file
    assert line <= int(named) <= line + new.count("\n")


def test_several_problems_are_told_at_once(change: Change, scheme_copy: Path) -> None:
    change(ASSESSMENT, "points: 55", "points: 56")
    change(HEAD, "at_least: 90", "at_least: 70")
    change(ASSESSMENT, "{proportional: 养护品_完成率}", "{proportionl: 养护品_完成率}")
    assert len(lint(scheme_copy)) == 3


def test_two_items_of_one_letter_are_told_apart(change: Change, scheme_copy: Path) -> None:
    change(ASSESSMENT, "item: 精品", "item: A")
    change(ASSESSMENT, "item: 养护品", "item: A")
    assert any("two groups or items are named 'A'" in problem for problem in lint(scheme_copy))


def test_indicators_that_lean_on_each_other_are_a_circle(change: Change, scheme_copy: Path) -> None:
    change(HEAD, RATE, "formula: 允许返修台数+1")
    change(HEAD, "formula: MAX(0,ROUNDUP(ROUND(0.2%*交车台数,10),0)-1)", "formula: 返修率*2")
    assert any("返修率 → 允许返修台数 → 返修率" in problem for problem in lint(scheme_copy))


def test_a_field_of_headquarters_that_nobody_shows_is_told(add: Add, scheme_copy: Path) -> None:
    add("more.yaml", "fields:\n  展厅检查: {en: Showroom, type: count, by: headquarters}\n")
    (problem,) = lint(scheme_copy)
    assert problem.startswith("more.yaml:2: 展厅检查 is headquarters' but no")


def test_points_of_zero_are_told(change: Change, scheme_copy: Path) -> None:
    change(ASSESSMENT, "en: Care products\n    points: 5", "en: Care products\n    points: 0")
    assert any("养护品: points must be above zero" in problem for problem in lint(scheme_copy))


def test_bonus_points_do_not_count_towards_the_groups_points(add: Add, scheme_copy: Path) -> None:
    add(
        "more.yaml",
        "fields:\n  表彰次数: {en: Praise, type: count, by: headquarters}\n"
        "groups:\n- group: 加分项\n  points: 0\n  items:\n"
        "  - {item: 表彰, points: 5, bonus: true, score: {bonus: {of: 表彰次数, each: 2}}}\n",
    )
    assert lint(scheme_copy) == []


def test_a_rule_that_uses_an_unshared_function_is_told_at_its_item(
    change: Change, add: Add, scheme_copy: Path
) -> None:  # fmt: skip
    line = change(ASSESSMENT, "{proportional: 养护品_完成率}", "{mine: 养护品_完成率}")
    add(
        "rules/mine.yaml",
        "rule: mine\nkind: score\nlabel: x\nen: x\nmeaning: x\nparameters:\n"
        "  of: {type: name, label: x, en: x, required: true}\nformula: LET({{ of }})\ncases: []\n",
    )
    (problem,) = lint(scheme_copy)
    assert problem.startswith(f"assessment.yaml:{line}: 养护品_基础分: LET is not shared")


def test_a_rules_file_at_fault_is_told_with_its_line(add: Add, scheme_copy: Path) -> None:
    add("rules/mine.yaml", "rule: mine\nkind: skore\nlabel: x\nen: x\nmeaning: x\nformula: x\ncases: []\n")
    (problem,) = lint(scheme_copy)
    assert problem.startswith("mine.yaml:2: kind: Input should be 'score'")


def test_a_schemes_own_rule_may_not_redefine_a_shipped_one(add: Add, scheme_copy: Path) -> None:
    add("rules/own.yaml", (templates() / "rules" / "proportional.yaml").read_text("utf-8"))
    assert lint(scheme_copy) == ["own.yaml:1: rule proportional is already defined in proportional.yaml"]


def test_a_scheme_with_a_problem_reaches_no_workbook(change: Change, scheme_copy: Path) -> None:
    change(ASSESSMENT, "points: 55", "points: 56")
    with pytest.raises(SchemeError, match="make them agree"):
        usable_scheme(str(scheme_copy))


def test_a_formula_longer_than_excel_takes_is_told(change: Change, scheme_copy: Path) -> None:
    change(HEAD, RATE, f"formula: SUM({','.join(['返修台数'] * 2000)})")
    assert any("Excel takes 8192: split it into two indicators" in problem for problem in lint(scheme_copy))


@pytest.mark.parametrize(("length", "problems"), [(255, 0), (256, 1)])
def test_a_quoted_text_longer_than_excel_takes_is_told(
    change: Change, scheme_copy: Path, length: int, problems: int
) -> None:
    quoted = '""' + "长" * (length - 1)  # a doubled quote is one character
    change(HEAD, RATE, f"formula: 'IF(返修台数>0,返修台数,LEN(\"{quoted}\"))'")
    found = [problem for problem in lint(scheme_copy) if f"has {length} characters; Excel takes 255" in problem]
    assert len(found) == problems
