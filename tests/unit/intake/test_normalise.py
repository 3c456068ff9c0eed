"""What people type, and what it is read as. Every repair is a notice; what is not understood is never guessed."""

from __future__ import annotations

import pytest
from conftest import RealMonth

from xlkpi.intake.normalise import show, understand
from xlkpi.scheme.model import Scheme, SchemeField
from xlkpi.values import UNKNOWN, Absence, CellKind, Place, RawCell, Unknown, Value

HERE = Place("填报", "F6")
MISSING, NA, UNREADABLE = Absence.MISSING, Absence.NOT_APPLICABLE, Absence.UNREADABLE


def field(**facts: object) -> SchemeField:
    return SchemeField.model_validate({"en": "x", "type": "count", **facts})


COUNT = field(unit="台")
AMOUNT = field(type="amount", unit="元")
RATE = field(type="rate", minimum=0, maximum="100%")
OPEN_RATE = field(type="rate")
TEXT = field(type="text")
CHOICE = field(type="choice", words={"完成": "met", "未完成": "failed"})
DAY = field(type="day", unit="号", by="headquarters", words={"未召开": "failed"})


def typed(
    text: str | None, kind: CellKind = CellKind.TEXT, shape: str | Unknown = "General", formula: str | None = None
) -> RawCell:
    return RawCell(HERE, kind if text is not None else CellKind.EMPTY, text, formula, shape)


def number(text: str, shape: str | Unknown = "General") -> RawCell:
    return typed(text, CellKind.NUMBER, shape)


def codes(entry: SchemeField, raw: RawCell | None) -> tuple[Value, list[str]]:
    reading = understand(entry, raw)
    return reading.value, [code for code, _ in reading.remarks]


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("entry", "raw", "value"),
    [
        (COUNT, number("251"), 251.0),
        (COUNT, number("0"), 0.0),
        (COUNT, number("-3"), -3.0),
        (COUNT, number("2.5E2"), 250.0),
        (AMOUNT, number("252486.12"), 252486.12),
        (RATE, number("0.85", "0.00%"), 0.85),
        (RATE, number("0.85"), 0.85),
        (RATE, number("1"), 1.0),
        (OPEN_RATE, number("85"), 85.0),
        (RATE, number("85", "0.00%"), 85.0),
        (RATE, number("85", UNKNOWN), 85.0),
        (RATE, number("850"), 850.0),
        (TEXT, number("12"), "12"),
    ],
)
def test_a_plain_number_is_taken_as_it_is(entry: SchemeField, raw: RawCell, value: float) -> None:
    assert codes(entry, raw) == (value, [])


def test_85_in_a_plain_cell_is_85_percent_where_the_range_leaves_no_other_reading() -> None:
    reading = understand(RATE, number("85"))
    assert reading.value == 0.85
    assert reading.remarks == (("XK-V009", {"found": "85", "read": "85%"}),)


@pytest.mark.parametrize(
    ("entry", "text", "value"),
    [
        (COUNT, "２８８台", 288.0), (COUNT, "288台", 288.0), (COUNT, " 288 ", 288.0), (COUNT, "288", 288.0),
        (AMOUNT, "291,000元", 291000.0), (AMOUNT, "291，000", 291000.0), (AMOUNT, "２９１，０００．５０ 元", 291000.5),
        (AMOUNT, "\u00a095000\u200b", 95000.0), (AMOUNT, "+12", 12.0), (AMOUNT, "－5200", -5200.0), (AMOUNT, ".5", 0.5),
        (RATE, "85%", 0.85), (RATE, "８５％", 0.85), (RATE, "85.5 %", 0.855), (RATE, "100%", 1.0),
    ],
)  # fmt: skip
def test_a_number_with_the_marks_that_people_type_is_understood_with_a_notice(
    entry: SchemeField, text: str, value: float
) -> None:
    got, said = codes(entry, typed(text))
    assert got == pytest.approx(value, abs=1e-12)
    assert said == ["XK-V009"]


def test_a_decimal_is_never_mistaken_for_a_list_number() -> None:
    assert codes(AMOUNT, typed("1.288元"))[0] == 1.288


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (COUNT, "大约288台"),
        (COUNT, "二百八十八"),
        (COUNT, "288元"),
        (COUNT, "288台左右"),
        (COUNT, "85%"),
        (AMOUNT, "29.1万元"),
        (AMOUNT, "1.2.3"),
        (AMOUNT, "12-15"),
        (RATE, "85"),
        (RATE, "八成"),
        (RATE, "%"),
        (COUNT, "--5"),
        (COUNT, "=1+1"),
        (COUNT, "NaN"),
        (COUNT, "inf"),
        (COUNT, "1e5"),
        (COUNT, "9" * 400),
        (COUNT, "未填"),
        (COUNT, "无法读取"),
        (COUNT, "否决"),
        (COUNT, "/"),
    ],
)
def test_what_is_not_plainly_a_number_is_unreadable_and_quoted(entry: SchemeField, text: str) -> None:
    reading = understand(entry, typed(text))
    assert reading.value is UNREADABLE
    assert reading.remarks == (("XK-V002", {"found": text}),)


@pytest.mark.parametrize("text", ["NaN", "INF", "1e400", "-1e400", "abc", "1,5"])
def test_a_number_cell_that_holds_no_finite_number_is_unreadable(text: str) -> None:
    assert codes(AMOUNT, number(text)) == (UNREADABLE, ["XK-V002"])


@pytest.mark.parametrize(("text", "shown"), [("1", "TRUE"), ("0", "FALSE")])
def test_a_boolean_is_no_number(text: str, shown: str) -> None:
    reading = understand(COUNT, typed(text, CellKind.BOOLEAN))
    assert reading.value is UNREADABLE
    assert reading.remarks == (("XK-V002", {"found": shown}),)


def test_a_cell_error_is_quoted_and_never_a_value() -> None:
    reading = understand(COUNT, typed("#DIV/0!", CellKind.ERROR))
    assert reading.value is UNREADABLE
    assert reading.remarks == (("XK-V008", {"found": "#DIV/0!"}),)


# ------------------------------------------------------------------ absence


@pytest.mark.parametrize("raw", [None, typed(None), typed(""), typed("   "), typed("\u3000\u200b")])
def test_a_blank_is_missing_without_a_word(raw: RawCell | None) -> None:
    assert codes(COUNT, raw) == (MISSING, [])


@pytest.mark.parametrize("text", ["不适用", " 不适用 ", "不 适用", "1.不适用"])
def test_inapplicable_is_recognised_everywhere(text: str) -> None:
    for entry in (COUNT, RATE, CHOICE, TEXT):
        assert codes(entry, typed(text)) == (NA, [])


# ------------------------------------------------------------------ formulas


def test_a_formula_with_its_result_is_used_and_said() -> None:
    reading = understand(COUNT, typed("251", CellKind.NUMBER, formula="200+51"))
    assert reading.value == 251.0
    assert reading.remarks == (("XK-V010", {"formula": "200+51", "read": "251 台"}),)


def test_a_formula_without_a_result_is_unreadable() -> None:
    assert codes(COUNT, typed(None, formula="200+51")) == (UNREADABLE, ["XK-V011"])


def test_a_formula_that_gives_an_empty_text_is_a_blank() -> None:
    assert codes(COUNT, typed("", formula='""'))[0] is MISSING


def test_a_formula_that_gives_words_is_unreadable_once() -> None:
    assert codes(COUNT, typed("多", formula='"多"')) == (UNREADABLE, ["XK-V002"])


# ------------------------------------------------------------------ choices and texts


def test_a_choice_takes_its_words_and_quotes_the_others() -> None:
    assert codes(CHOICE, typed("完成")) == ("完成", [])
    assert codes(CHOICE, typed(" 完 成 ")) == ("完成", ["XK-V009"])
    reading = understand(CHOICE, typed("大概完成"))
    assert reading.value is UNREADABLE
    assert reading.remarks == (("XK-V007", {"found": "大概完成", "choices": "完成、未完成"}),)
    assert codes(CHOICE, number("1")) == (UNREADABLE, ["XK-V007"])


def test_a_text_is_kept_as_it_was_typed() -> None:
    assert codes(TEXT, typed(" =1+1 备注 ")) == ("=1+1 备注", [])


# ------------------------------------------------------------------ headquarters' phrases


def test_every_inspection_that_the_source_prints_is_understood_as_it_was_meant(
    scheme: Scheme, real_month: RealMonth
) -> None:
    read = {name: understand(scheme.fields[name], typed(text)) for name, text in real_month.phrases.items()}
    assert {name: reading.value for name, reading in read.items()} == real_month.inspections
    asserted = [name for name, reading in read.items() if "XK-V012" in dict(reading.remarks)]
    assert asserted == ["承诺时间修复率", "返修台数", "培训次数"]
    assert all("XK-V009" in dict(reading.remarks) for reading in read.values())


def test_a_phrase_that_repeats_the_clause_is_an_assertion_and_no_figure(scheme: Scheme) -> None:
    for text in ("1.承诺时间修复率〈100% 完成", "承诺时间修复率<100% 完成", "承诺时间修复率≥100%，完成"):
        reading = understand(scheme.fields["承诺时间修复率"], typed(text))
        assert reading.value == "完成"
        assert [code for code, _ in reading.remarks] == ["XK-V009", "XK-V012"]


def test_not_done_is_never_read_as_done(scheme: Scheme) -> None:
    for text in ("未完成", "3.重点：未完成", "维修欠款 未完成"):
        assert understand(scheme.fields["维修欠款回收"], typed(text)).value == "未完成"


def test_a_phrase_that_says_both_is_not_guessed(scheme: Scheme) -> None:
    assert codes(scheme.fields["维修欠款回收"], typed("A完成 B未完成")) == (UNREADABLE, ["XK-V007"])


def test_two_figures_in_one_phrase_are_not_guessed(scheme: Scheme) -> None:
    assert codes(scheme.fields["绩效沟通会召开日"], typed("6号或7号召开")) == (UNREADABLE, ["XK-V002"])
    assert codes(scheme.fields["绩效会参加率"], typed("上旬90%，下旬100%")) == (UNREADABLE, ["XK-V002"])


def test_not_held_is_a_failed_day(scheme: Scheme) -> None:
    assert codes(DAY, typed("未召开")) == ("未召开", [])


def test_a_dealers_own_cell_takes_no_phrases() -> None:
    dealer = field(type="choice", words={"完成": "met", "未完成": "failed"})
    assert codes(dealer, typed("本月已完成"))[0] is UNREADABLE


# ------------------------------------------------------------------ showing


@pytest.mark.parametrize(
    ("entry", "value", "shown"),
    [
        (COUNT, 251.0, "251 台"), (AMOUNT, 252486.1, "252,486.1 元"), (RATE, 0.855, "85.5%"), (COUNT, MISSING, "未填"),
        (CHOICE, "完成", "完成"), (field(unit=""), 3.0, "3"),
    ],
)  # fmt: skip
def test_findings_quote_values_as_people_write_them(entry: SchemeField, value: Value, shown: str) -> None:
    assert show(entry, value) == shown
