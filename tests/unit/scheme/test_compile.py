"""From a scheme to its formulas."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.scheme.conftest import ASSESSMENT, HEAD, Change
from xlkpi.scheme.cells import TOTAL, of_clause, of_field
from xlkpi.scheme.compile import compile_scheme
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.load import load_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parsing import allowed_functions, parse
from xlkpi.scheme.rules import load_rules


def test_names_of_parts_read_like_a_sentence() -> None:
    assert of_field("接车台次", "完成率") == "接车台次_完成率"
    assert of_clause("计划执行", 1) == "计划执行_第1条"
    assert of_clause("计划执行", 1, "说明") == "计划执行_第1条_说明"


def test_a_score_cell_reads_like_a_sentence_over_names(compiled: Compiled) -> None:
    assert compiled.formulas["接车台次_完成率"].startswith("IF(COUNT(接车台次,接车台次_目标)=2,")
    assert "接车台次/接车台次_目标" in compiled.formulas["接车台次_完成率"]
    assert compiled.formulas["接车台次_基础分"].startswith(
        "IF(ISNUMBER(接车台次_完成率),接车台次_分值*MAX(0,MIN(100%,接车台次_完成率)),"
    )
    assert compiled.formulas["返修率"].count("IFERROR(返修台数_读作/MAX(1,交车台数)") == 1


def test_every_formula_uses_known_names_and_shared_functions_only(compiled: Compiled) -> None:
    for name, text in compiled.formulas.items():
        parsed = parse(text)
        assert set(parsed.names) <= set(compiled.names), name
        assert set(parsed.functions) <= allowed_functions(), name


def test_no_formula_of_a_score_holds_a_cell_address_or_a_number_of_a_dealer(compiled: Compiled) -> None:
    assert [name for name, text in compiled.formulas.items() if "!" in text or "$" in text] == []


def test_every_item_has_all_its_steps(scheme: Scheme, compiled: Compiled) -> None:
    for item in scheme.items:
        for part in ("分值", "基础分", "扣分", "否决前", "否决", "状态", "得分", "最高", "说明"):
            assert of_field(item.name, part) in compiled.formulas
        for number in range(1, len(item.clauses) + 1):
            assert of_clause(item.name, number) in compiled.formulas
            assert of_clause(item.name, number, "说明") in compiled.formulas


def test_thresholds_compare_rounded_values(compiled: Compiled) -> None:
    assert "ROUND(返修率,10)<ROUND(0.2%,10)" in compiled.formulas["质量管理_第3条"]
    assert "ROUND(接车台次_完成率,10)>=50%" in compiled.formulas["接车台次_第1条"]


def test_what_cannot_be_rendered_is_listed_and_the_rest_is_still_there(change: Change, scheme_copy: Path) -> None:
    change(ASSESSMENT, "{proportional: 养护品_完成率}", "{proportional: 无此名}")
    change(ASSESSMENT, "full_at: 40%", "full_at: 0")
    compiled = compile_scheme(load_scheme(str(scheme_copy))[0], load_rules())
    assert [(where, message) for where, message in compiled.problems] == [
        (("groups", 0, "items", 2, "score"), "threshold.full_at: must be above 0, not 0"),
        (("groups", 0, "items", 3, "score"), "no field, constant or indicator is named '无此名'"),
    ]
    assert TOTAL in compiled.formulas


def test_item_rounding_is_written_into_the_formulas_where_the_scheme_asks_for_it(
    change: Change, scheme_copy: Path, compiled: Compiled
) -> None:
    change(HEAD, "deadline_day: 5", "deadline_day: 5\nround_items: 2")
    rounded = compile_scheme(load_scheme(str(scheme_copy))[0], load_rules())
    assert "ROUND" not in compiled.formulas["接车台次_得分"]
    assert "ROUND(" in rounded.formulas["接车台次_得分"]
    assert rounded.formulas["接车台次_得分"].count(",2)") == 1


@pytest.mark.parametrize("treatment", ["rescale", "full", "zero"])
def test_the_treatment_of_inapplicable_items_is_the_schemes(treatment: str, change: Change, scheme_copy: Path) -> None:
    change(HEAD, "not_applicable: rescale", f"not_applicable: {treatment}")
    compiled = compile_scheme(load_scheme(str(scheme_copy))[0], load_rules())
    factor = compiled.formulas["经营指标_折算"]
    assert factor == ("IF(经营指标_适用分值=0,0,经营指标_分值/经营指标_适用分值)" if treatment == "rescale" else "1")


def test_resolving_an_unknown_name_says_so(compiled: Compiled) -> None:
    with pytest.raises(ValueError, match="no field, constant or indicator is named '无此名'"):
        compiled.resolve("无此名")
