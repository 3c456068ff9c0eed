"""Looking into formulas: names, functions, requirements."""

from __future__ import annotations

import pytest

from xlkpi.resources import templates
from xlkpi.scheme.parsing import allowed_functions, judged, parse


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("返修率<0.2%", ("返修率", "<", "0.2%")),
        ("完成率 >= 50%", ("完成率", ">=", "50%")),
        ("召开日<=期限日", ("召开日", "<=", "期限日")),
        ("次数<>0", ("次数", "<>", "0")),
        ("次数=3", ("次数", "=", "3")),
        ("回收", ("回收", None, None)),
    ],
)
def test_a_requirement_is_taken_apart(text: str, parts: tuple[str, str | None, str | None]) -> None:
    assert judged(text) == parts


@pytest.mark.parametrize("text", ["", ">=3", "培训次数>=", "培训次数 3", "A+B", "不少于3次!"])
def test_a_requirement_outside_the_closed_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a requirement: write NAME"):
        judged(text)


def test_parse_lists_names_and_functions_in_order_of_first_use() -> None:
    parsed = parse("IF(返修台数=0,0,ROUND(返修台数/MAX(1,交车台数),10))+返修台数")
    assert parsed.names == ("返修台数", "交车台数")
    assert parsed.functions == ("IF", "ROUND", "MAX")


def test_names_inside_quoted_text_are_no_names() -> None:
    assert parse('"返修台数 "&交车台数').names == ("交车台数",)


@pytest.mark.parametrize("text", ["1+", "IF(1,2", "(1", "A*/2"])
def test_a_formula_that_does_not_parse_raises_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text)


def test_the_allow_list_holds_what_the_rules_need_and_nothing_volatile() -> None:
    allowed = allowed_functions()
    assert {"IF", "ROUND", "ISNUMBER", "SUMIFS"} <= allowed
    assert not allowed & {"INDIRECT", "OFFSET", "NOW", "TODAY", "RAND", "HYPERLINK", "WEBSERVICE", "LET", "LAMBDA"}
    lines = [line for line in (templates() / "functions.txt").read_text("utf-8").splitlines() if line[:1] != "#"]
    assert lines == sorted(set(lines))
