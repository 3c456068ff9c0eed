"""Loading: every error names file and line, and says what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.scheme.conftest import ASSESSMENT, FIELDS, HEAD, Add, Change
from xlkpi.scheme.files import SchemeError
from xlkpi.scheme.load import find_scheme, load_scheme, scheme_folders
from xlkpi.scheme.model import Clause, Score, Valid


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(SchemeError) as caught:
        load_scheme(str(folder))
    return [str(problem) for problem in caught.value.problems]


def test_the_shipped_scheme_has_two_groups_eleven_items_and_a_hundred_points() -> None:
    scheme, _ = load_scheme("service-assessment")
    assert [(g.name, g.points, len(g.items)) for g in scheme.groups] == [("经营指标", "55", 6), ("管理指标", "45", 5)]
    assert scheme.points == 100
    assert {item.name: item.points for item in scheme.items} == {
        "接车台次": "15", "维修产值": "10", "维修毛利": "15", "养护品": "5", "精品": "5", "轮胎": "5",
        "计划执行": "10", "资金计划": "10", "绩效管理": "10", "质量管理": "10", "学习成长": "5",
    }  # fmt: skip


def test_every_item_and_every_inspection_names_its_source() -> None:
    scheme, _ = load_scheme("service-assessment")
    assert [item.name for item in scheme.items if not item.source] == []
    assert [name for name, field in scheme.fields.items() if not field.source] == []


def test_a_shipped_scheme_is_found_by_name_and_any_by_its_folder(scheme_copy: Path) -> None:
    assert find_scheme("service-assessment") == scheme_folders()["service-assessment"]
    assert find_scheme(str(scheme_copy)) == scheme_copy
    assert load_scheme(str(scheme_copy))[0] == load_scheme("service-assessment")[0]


def test_an_unknown_scheme_is_told_which_there_are(tmp_path: Path) -> None:
    for name in ("no-such-scheme", str(tmp_path)):
        with pytest.raises(SchemeError, match=r"write one of .*service-assessment.*, or a folder of YAML files"):
            find_scheme(name)


def test_a_missing_key_is_named_with_the_line_of_its_entry(change: Change, scheme_copy: Path) -> None:
    line = change(FIELDS, "  维修产值:\n    en: Service revenue\n", "  维修产值:\n")
    assert problems_of(scheme_copy) == [f"fields.yaml:{line}: fields.维修产值.en is missing: add `en: …`"]


def test_an_unknown_key_is_named_with_its_own_line(change: Change, scheme_copy: Path) -> None:
    line = change(FIELDS, "definition: 当月开出", "definitoin: 当月开出")
    wanted = "fields.接车台次.definitoin: there is no such key; remove it or correct its spelling"
    assert problems_of(scheme_copy) == [f"fields.yaml:{line}: {wanted}"]


def test_a_clause_outside_the_grammar_is_shown_the_three_forms(change: Change, scheme_copy: Path) -> None:
    line = change(ASSESSMENT, "{each: 计划退回次数, lose: 5, text", "{each: 计划退回次数, text")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith(f"assessment.yaml:{line}: ")
    assert "{each: NAME, lose: N}, {require: NAME>=LIMIT, lose: N}, {require: NAME>=LIMIT, else: 否决}" in problem


def test_an_unquoted_version_is_told_what_yaml_would_make_of_it(change: Change, scheme_copy: Path) -> None:
    line = change(HEAD, 'version: "2026.1"', "version: 2026.1")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith(f'scheme.yaml:{line}: version: write the version in quotes: "2026.1"')


def test_a_key_that_stands_in_two_files_is_named_with_both_places(add: Add, scheme_copy: Path) -> None:
    add("more.yaml", "\ntitle: 另一个\n")
    line = 1 + (scheme_copy / HEAD).read_text("utf-8").split("title:")[0].count("\n")
    assert problems_of(scheme_copy) == [f"scheme.yaml:{line}: title already stands in more.yaml:2; keep one"]


def test_a_field_defined_in_two_files_is_named(add: Add, scheme_copy: Path) -> None:
    add("more.yaml", "fields:\n  精品: {en: x, type: count}\n")
    assert problems_of(scheme_copy) == ["more.yaml:2: 精品 is defined twice; keep one"]


def test_a_field_defined_twice_in_one_file_is_named(change: Change, scheme_copy: Path) -> None:
    line = change(FIELDS, "  精品:\n", "  养护品:\n")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith(f'fields.yaml:{line}: not YAML: found duplicate key "养护品"')


def test_broken_yaml_is_named_with_its_line(change: Change, scheme_copy: Path) -> None:
    line = change(ASSESSMENT, "groups:\n", "groups: [\n")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith(f"assessment.yaml:{line + 1}: not YAML: ")


def test_a_tab_is_named_with_its_line(change: Change, scheme_copy: Path) -> None:
    line = change(ASSESSMENT, "  en: Business", "\ten: Business")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith(f"assessment.yaml:{line}: not YAML: ")


@pytest.mark.parametrize("text", ["", "- a\n", "words\n"])
def test_a_file_without_keys_is_told_what_to_write(text: str, add: Add, scheme_copy: Path) -> None:
    add("more.yaml", text)
    assert problems_of(scheme_copy) == ["more.yaml:1: write keys and values, such as `fields:`"]


def test_a_file_in_another_encoding_is_told_to_be_utf8(scheme_copy: Path) -> None:
    (scheme_copy / "more.yaml").write_bytes("note: 备注\n".encode("gbk"))
    assert problems_of(scheme_copy) == ["more.yaml: is not in UTF-8: save it with the encoding UTF-8"]


def test_a_name_that_is_read_as_a_cell_is_refused_with_a_way_out(change: Change, scheme_copy: Path) -> None:
    line = change(FIELDS, "  精品:\n", "  A13:\n")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith(f"fields.yaml:{line}: fields.A13: the name 'A13' looks like a cell reference")
    assert "keep the wording people read in `label`" in problem


def test_all_problems_are_told_at_once(change: Change, scheme_copy: Path) -> None:
    change(FIELDS, "definition: 当月开出", "definitoin: 当月开出")
    change(HEAD, 'version: "2026.1"', "version: 2026.1")
    change(HEAD, "at_least: 90", "at_least: high")
    problems = problems_of(scheme_copy)
    assert len(problems) == 3
    assert any("'high' is not a number: write for example 15, 2.5 or 40%" in problem for problem in problems)


@pytest.mark.parametrize(
    ("file", "old", "new", "wanted"),
    [
        (
            FIELDS,
            "    not_applicable: true\n    words: {完成: met, 无: met, 未完成: failed}",
            "    not_applicable: true",
            "a choice needs words",
        ),
        (FIELDS, "    target: true\n    minimum: 0", "    words: {完成: met}", "write by: headquarters"),
        (
            ASSESSMENT,
            "{each: 计划退回次数, lose: 5,",
            "{each: 计划退回次数, lose: 5, scope: total,",
            "scope belongs to a veto",
        ),
        (
            ASSESSMENT,
            "require: 绩效会参加率>=100%, lose: 5",
            "require: 绩效会参加率>=100%, lose: 5, most: 5",
            "most belongs to each",
        ),
        (ASSESSMENT, "require: 员工满意度>=90%,", "require: 员工满意度 至少 90%,", "is not a requirement"),
        (ASSESSMENT, "{proportional: 养护品_完成率}", "{proportional: 养护品_完成率, steps: 精品}", "write one rule"),
        (HEAD, "from: 2026-01", "from: 2026-13", "should match pattern"),
        (HEAD, "deadline_day: 5", "deadline_day: 31", "less than or equal to 28"),
        (HEAD, "deadline_day: 5", "bonus_most: true", "write a number such as 15 or 40%"),
        (FIELDS, "type: count\n", "type: kount\n", "Input should be 'count'"),
        (HEAD, "veto: item ", "veto: all ", "Input should be 'item', 'group' or 'total'"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(
    file: str, old: str, new: str, wanted: str, change: Change, scheme_copy: Path
) -> None:
    change(file, old, new)
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith(f"{file}:")
    assert wanted in problem


def test_groups_of_a_second_file_follow_the_first_ones_and_keep_their_lines(add: Add, scheme_copy: Path) -> None:
    add("more.yaml", "groups:\n- group: 新组\n  points: 5\n  items:\n  - {item: 新项, points: 5}\n")
    scheme, sources = load_scheme(str(scheme_copy))
    assert [group.name for group in scheme.groups] == ["经营指标", "管理指标", "新组"]
    assert str(sources.problem(("groups", 2, "points"), "here")) == "more.yaml:3: here"


def test_an_error_in_a_group_of_a_second_file_is_named_there(add: Add, scheme_copy: Path) -> None:
    add("more.yaml", "groups:\n- group: 新组\n  points: viel\n  items:\n  - {item: 新项, points: 5}\n")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith("more.yaml:3: groups.2.points: 'viel' is not a number")


def test_an_error_in_a_field_of_a_second_file_is_named_there(add: Add, scheme_copy: Path) -> None:
    add("more.yaml", "fields:\n  新项: {en: x, type: kount}\n")
    (problem,) = problems_of(scheme_copy)
    assert problem.startswith("more.yaml:2: fields.新项.type: Input should be 'count'")


def test_a_number_keeps_its_spelling() -> None:
    clause = Clause.model_validate({"text": "x", "require": "参训率>=90%", "lose": 2.5})
    assert (clause.lose, clause.subject) == ("2.5", "参训率")


def test_a_score_may_be_written_short() -> None:
    assert Score.model_validate({"proportional": "精品_完成率"}).arguments == {"of": "精品_完成率"}


def test_a_scheme_covers_the_months_of_its_validity_only() -> None:
    valid = Valid.model_validate({"from": "2026-01", "until": "2026-12"})
    assert [valid.covers(month) for month in ("2025-12", "2026-01", "2026-12", "2027-01")] == [False, True, True, False]
    assert Valid.model_validate({"from": "2026-01"}).covers("2031-05")


def test_a_scheme_survives_the_way_through_json() -> None:
    scheme, _ = load_scheme("service-assessment")
    again = type(scheme).model_validate(scheme.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    assert again == scheme
