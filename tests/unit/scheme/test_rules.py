"""Rules as data: typed terms only, nothing undefined, and a new rule in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import AssessWith, MakeIssue, RealMonth
from jinja2 import UndefinedError

from unit.scheme.conftest import ASSESSMENT, Add, Change
from xlkpi.scheme.files import SchemeError
from xlkpi.scheme.formulas import Formula, Name, Number, Text
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.parsing import parse
from xlkpi.scheme.rules import Rule, bind, load_rules, render, requirement

POINTS = Name("细项_分值", kind="points")


def rule_with(formula: str, **more: Any) -> Rule:
    body = {"rule": "mine", "kind": "score", "label": "x", "en": "x", "meaning": "x", "cases": (), **more}
    return Rule.model_validate({**body, "formula": formula})


def resolve(name: str) -> Name:
    if "无" in name:
        raise ValueError(f"no field, constant or indicator is named {name!r}")
    return Name(name)


# ------------------------------------------------------------------ interpolation


@pytest.mark.parametrize("value", ["精品", 5, 0.4, None, True, ["精品"], {"a": 1}])
def test_a_template_that_interpolates_anything_but_a_term_raises(value: object) -> None:
    with pytest.raises(TypeError, match="may interpolate terms only, not"):
        render(rule_with("{{ of }}"), {"of": value}, POINTS)


def test_a_literal_string_of_the_template_itself_is_not_a_term_either() -> None:
    with pytest.raises(TypeError, match="terms only, not str"):
        render(rule_with('{{ "1+1" }}'), {}, POINTS)


@pytest.mark.parametrize(
    ("term", "text"),
    [(Name("精品"), "精品"), (Number("40%"), "40%"), (Text('a"b'), '"a""b"'), (Formula("1+1"), "1+1")],
)
def test_every_kind_of_term_is_interpolated(term: Any, text: str) -> None:
    assert render(rule_with("{{ of }}"), {"of": term}, POINTS).formula.text == text


@pytest.mark.parametrize("template", ["{{ nothing }}", "{{ of.nothing }}", "{% if nothing %}1{% endif %}"])
def test_what_is_undefined_raises(template: str) -> None:
    with pytest.raises(UndefinedError):
        render(rule_with(template), {"of": Name("精品")}, POINTS)


def test_several_lines_are_folded_and_quoted_spaces_are_kept() -> None:
    rendered = render(rule_with('IF( {{ of }} > 0,\n   "得 分",\n  "" )\n'), {"of": Name("精品")}, POINTS)
    assert rendered.formula.text == 'IF(精品>0,"得 分","")'


def test_a_rule_that_renders_to_nothing_raises() -> None:
    with pytest.raises(ValueError, match="renders to nothing"):
        render(rule_with("  \n"), {}, POINTS)


# ------------------------------------------------------------------ arguments


def test_an_argument_that_the_rule_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter 'full'; it has of, full_at, below"):
        bind(load_rules()["threshold"], {"of": "甲", "full": "40%"}, resolve)


def test_a_required_argument_that_is_left_out_is_refused() -> None:
    with pytest.raises(ValueError, match="needs full_at"):
        bind(load_rules()["threshold"], {"of": "甲"}, resolve)


def test_defaults_fill_what_is_left_out_and_optional_ones_stay_away() -> None:
    bound = bind(load_rules()["proportional"], {"of": "甲"}, resolve)
    assert bound["cap"] == Number("100%")
    assert "floor" not in bound


@pytest.mark.parametrize(
    ("rule", "arguments", "wanted"),
    [
        ("proportional", {"of": "无此名"}, "no field, constant or indicator is named '无此名'"),
        ("proportional", {"of": "甲", "cap": "150%"}, "proportional.cap: must be at most 1, not 150%"),
        ("proportional", {"of": "甲", "cap": 0}, "must be above 0"),
        ("threshold", {"of": "甲", "full_at": "40%", "below": "half"}, "write one of pro_rata, proportional, zero"),
        ("checklist", {"of": "甲"}, r"write a list of names: \[A, B\]"),
        ("checklist", {"of": []}, r"write a list of names: \[A, B\]"),
        ("steps", {"of": "甲", "bands": []}, "write bands from the highest down"),
        (
            "steps",
            {"of": "甲", "bands": [{"at_least": 1, "points": 5}, {"at_least": 2, "points": 3}]},
            "must both fall",
        ),
        (
            "steps",
            {"of": "甲", "bands": [{"at_least": 2, "points": 3}, {"at_least": 1, "points": 5}]},
            "must both fall",
        ),
        (
            "steps",
            {"of": "甲", "bands": [{"at_least": 1, "points": 5}, {"at_least": 1, "points": 3}]},
            "must both fall",
        ),
        ("steps", {"of": "甲", "bands": [{"at_least": 1, "worth": 5}]}, "write bands from the highest down"),
        ("bonus", {"of": "甲", "each": "many"}, "'many' is not a number"),
        ("bonus", {"of": "甲", "each": True}, "'True' is not a number"),
        ("clause-veto", {"require": "甲>=无此名"}, "no field, constant or indicator is named '无此名'"),
        ("clause-veto", {"require": "甲 >> 3"}, "no field|is not a requirement|not a number"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_to_write(rule: str, arguments: dict[str, Any], wanted: str) -> None:
    def strict(name: str) -> Name:
        if not name.isidentifier() or "无" in name:
            raise ValueError(f"no field, constant or indicator is named {name!r}")
        return Name(name)

    with pytest.raises(ValueError, match=wanted):
        bind(load_rules()[rule], arguments, strict)


def test_a_requirement_compares_with_a_number_or_another_name() -> None:
    assert requirement("返修率<0.2%", resolve).holds.excel == "ROUND(返修率,10)<ROUND(0.2%,10)"
    assert requirement("召开日<=期限日", resolve).holds.excel == "ROUND(召开日,10)<=ROUND(期限日,10)"
    assert requirement("回收", resolve).holds.excel == "FALSE"


# ------------------------------------------------------------------ the shipped rules


def test_the_rules_that_the_compiler_names_are_shipped() -> None:
    rules = load_rules()
    kinds = {name: rule.kind for name, rule in rules.items()}
    assert {name for name, kind in kinds.items() if kind == "score"} == {
        "proportional", "threshold", "steps", "lower", "in-range", "bonus", "checklist",
    }  # fmt: skip
    assert {name for name, kind in kinds.items() if kind == "clause"} == {
        "clause-each",
        "clause-require",
        "clause-veto",
    }
    assert {"gate", "grade", "rounding", "not-applicable-rescale", "not-applicable-full", "not-applicable-zero"} <= set(
        kinds
    )


@pytest.mark.parametrize("name", sorted(load_rules()))
def test_a_shipped_rule_says_what_it_does_and_is_named_like_its_file(name: str) -> None:
    rule = load_rules()[name]
    assert rule.file == f"{name}.yaml"
    assert rule.label
    assert rule.en
    assert rule.meaning
    assert rule.cases
    assert rule.sentence or rule.kind not in ("score", "clause")
    assert rule.better or rule.kind in ("not_applicable", "rounding")


@pytest.mark.parametrize("name", sorted(load_rules()))
def test_every_case_of_a_shipped_rule_binds_and_renders_to_a_formula_over_its_own_names(name: str) -> None:
    rule = load_rules()[name]
    result = Name("结果", kind="points")
    for case in rule.cases:
        words = tuple(rule.words.items())
        bound = bind(rule, case.arguments, lambda n, words=words: Name(n, words=words, may_be_blank=True))
        rendered = render(rule, bound, Number(case.points), result=result)
        for term in (rendered.formula, rendered.sentence, rendered.factor):
            if term is not None:
                assert set(parse(term.text).names) <= {*case.given, *(s.name for s in rendered.subjects), "结果"}


# ------------------------------------------------------------------ a rule in one file

SQUARED = """
rule: squared
kind: score
label: 平方得分
en: Squared
meaning: Points times the square of the completion.
better: up
parameters:
  of: {type: name, label: 完成率, en: the completion, required: true}
formula: |
  {{ points }}*MAX(0,MIN(1,{{ of }}))
  *MAX(0,MIN(1,{{ of }}))
sentence: |
  "；平方 = "&{{ rounded(result) }}&" 分"
cases:
- {arguments: {of: 完成率}, given: {完成率: 0.5}, gives: 2.5}
"""


def test_a_rule_dropped_in_as_one_file_scores_through_the_engine(
    change: Change, add: Add, scheme_copy: Path, issue_of: MakeIssue, assess_with: AssessWith, real_month: RealMonth
) -> None:
    change(ASSESSMENT, "score: {proportional: 精品_完成率}", "score: {squared: 精品_完成率}")
    add("rules/squared.yaml", SQUARED)
    issued = issue_of(*usable_scheme(str(scheme_copy)))
    done = assess_with(real_month.answers, real_month.inspections, issue=issued)
    scores = {item.id: item for item in done.items}
    completion = 3427 / 19638.5
    assert scores["精品"].score == pytest.approx(5 * completion**2, abs=1e-12)
    assert scores["精品"].trace.startswith("实绩 3,427.00 元 ÷ 目标 19,638.50 元 = 完成率 17.45%；平方 = 0.1523 分。")
    assert done.total == pytest.approx(real_month.total - 5 * completion + 5 * completion**2, abs=1e-9)


def test_without_its_file_the_rule_is_unknown(change: Change, scheme_copy: Path) -> None:
    change(ASSESSMENT, "score: {proportional: 精品_完成率}", "score: {squared: 精品_完成率}")
    with pytest.raises(SchemeError, match="no scoring rule is named 'squared'"):
        usable_scheme(str(scheme_copy))


def test_a_rule_file_is_read_again_once_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "squared.yaml"
    path.write_text(SQUARED, "utf-8")
    assert load_rules(tmp_path)["squared"].en == "Squared"
    path.write_text(SQUARED.replace("en: Squared", "en: To the power of two"), "utf-8")
    assert load_rules(tmp_path)["squared"].en == "To the power of two"
