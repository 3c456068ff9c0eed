"""Typed terms of formulas, and what several formulas share."""

from __future__ import annotations

import pytest

from xlkpi.scheme import formulas
from xlkpi.scheme.formulas import Formula, Name, Number, Text, compare, number_value, text_with_names
from xlkpi.scheme.parsing import parse

RATE = Name("返修率", "返修率", "rate")
COUNT = Name("台数", "台数", "count", "台", may_be_blank=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15", 15.0),
        ("40%", 0.4),
        ("0.2%", 0.002),
        ("-5", -5.0),
        ("+2.5", 2.5),
        (" 800 ", 800.0),
        (".5", 0.5),
        ("5 %", 0.05),
    ],
)
def test_a_number_of_a_scheme_has_the_value_that_it_spells(text: str, value: float) -> None:
    assert number_value(text) == value


@pytest.mark.parametrize("text", ["", "%", "1e3", "１５", "15分", "1,000", "nan", "inf", "0x10", "--1", "1 2"])
def test_what_is_no_number_is_refused_and_told_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"write for example 15, 2\.5 or 40%"):
        number_value(text)


def test_a_text_is_quoted_with_its_quotes_doubled_so_that_it_cannot_break_out() -> None:
    assert Text('a"&HYPERLINK("x")&"').excel == '"a""&HYPERLINK(""x"")&"""'


def test_a_number_keeps_the_spelling_of_the_scheme() -> None:
    assert Number("40%").excel == "40%"
    assert Number("40%").value == 0.4


def test_comparing_rounds_names_and_shares_of_a_per_cent() -> None:
    assert compare(RATE, "<", Number("0.2%")).excel == "ROUND(返修率,10)<ROUND(0.2%,10)"
    assert compare(RATE, "<", Number("90%")).excel == "ROUND(返修率,10)<90%"
    assert compare(RATE, "<=", COUNT).excel == "ROUND(返修率,10)<=ROUND(台数,10)"


def test_an_operator_outside_the_six_is_refused() -> None:
    with pytest.raises(ValueError, match="does not compare"):
        compare(RATE, "=>", Number("1"))


def test_a_text_without_places_for_values_is_no_formula() -> None:
    assert text_with_names("完成率 <50%：否决", {}) is None


def test_a_text_shows_values_where_it_names_them() -> None:
    day = Name("期限日", kind="day")
    told = text_with_names("须在（{期限日}前）召开", {"期限日": day})
    shown = 'IF(ISNUMBER(期限日),ROUND(期限日,0)&" 号",期限日)'
    assert told == Formula(f'"须在"&IF(ISNUMBER(期限日),"（"&{shown}&"前）","")&"召开"')


def test_every_limit_with_two_decimals_is_met_by_itself() -> None:
    """What a cell holds for 95.4% is the double next to 0.954, and so is the limit."""
    for n in range(1, 10_001):
        whole, part = divmod(n, 100)
        assert number_value(f"{whole}.{part:02d}%") == float(f"{n / 10_000:.4f}")


def test_a_text_that_names_an_unknown_value_raises() -> None:
    with pytest.raises(KeyError, match="期限"):
        text_with_names("（{期限}前）", {})


def test_a_single_condition_needs_no_or() -> None:
    assert formulas.either([Formula("甲=1")]).excel == "甲=1"
    assert formulas.either([Formula("甲=1"), Formula("乙=1")]).excel == "OR(甲=1,乙=1)"
    assert formulas.every([Formula("甲=1"), Formula("乙=1")]).excel == "AND(甲=1,乙=1)"


@pytest.mark.parametrize("count", [255, 256, 261, 700])
def test_no_function_is_given_more_arguments_than_excel_takes(count: int) -> None:
    text = formulas.either(Formula(f"甲{n}_=1") for n in range(count)).excel
    assert parse(text).crowded(formulas.MAX_ARGUMENTS) == []
    assert text.count("=1") == count


def test_a_blank_input_is_missing_while_a_formula_says_so_itself() -> None:
    assert formulas.blank(COUNT).excel == 'OR(台数="",台数="未填")'
    assert formulas.blank(RATE).excel == '返修率="未填"'


def test_what_a_dealer_may_not_call_inapplicable_is_unreadable_there() -> None:
    mine = Name("甲", may_be_blank=True, always_applies=True)
    text = formulas.if_all_numbers([mine], Formula("甲*2")).excel
    assert text == 'IF(ISNUMBER(甲),甲*2,IF(ISTEXT(甲),IF(甲="不适用","无法读取",甲),"未填"))'


def test_a_ratio_is_told_with_both_its_parts() -> None:
    parts = (Name("实", "实绩", "count", "台"), Name("标", "目标", "count", "台"))
    told = formulas.describe(Name("率", "完成率", "rate", made_of=parts)).excel
    assert (
        told.index('"实绩 "') < told.index('" ÷ "') < told.index('"目标 "') < told.index('" = "') < told.index("完成率")
    )
    assert parse(told).names == ("实", "标", "率")
