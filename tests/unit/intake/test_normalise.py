"""What people type, and what it is read as. Every repair is a notice; what is not understood is never guessed."""

from __future__ import annotations

import pytest
from conftest import RealMonth

from xlkpi.intake.meaning import show
from xlkpi.intake.normalise import understand
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence, CellKind, Place, RawCell, Unknown, Value

HERE = Place("填报", "F6")
MISSING, NA, UNREADABLE = Absence.MISSING, Absence.NOT_APPLICABLE, Absence.UNREADABLE


def field(**facts: object) -> SchemeField:
    return SchemeField.model_validate({"en": "x", "type": "count", **facts})


COUNT = field(unit="台")
AMOUNT = field(type="amount", unit="元")
RATE = field(type="rate", minimum=0, maximum="100%")
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


# ------------------------------------------------------------------ what typed.yaml cannot say


def test_a_notice_says_what_was_read_from_what() -> None:
    assert understand(RATE, number("85")).remarks == (("XK-V009", {"found": "85", "read": "85%"}),)
    assert understand(AMOUNT, typed("12.5万元")).remarks == (("XK-V009", {"found": "12.5万元", "read": "125,000 元"}),)


def test_a_doubt_puts_both_readings() -> None:
    assert understand(RATE, number("1")).remarks == (("XK-V016", {"found": "1", "one": "1%", "other": "100%"}),)
    facts = {"found": "1,5", "one": "1.5 元", "other": "15 元"}
    assert understand(AMOUNT, typed("1,5")).remarks == (("XK-V016", facts),)


def test_a_decimal_is_never_mistaken_for_a_list_number() -> None:
    assert codes(AMOUNT, typed("1.28元"))[0] == 1.28


def test_digits_without_end_are_no_number() -> None:
    assert codes(COUNT, typed("9" * 400)) == (UNREADABLE, ["XK-V002"])


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


# ------------------------------------------------------------------ headquarters' phrases


def test_every_inspection_that_the_source_prints_is_understood_as_it_was_meant(
    scheme: Scheme, real_month: RealMonth
) -> None:
    read = {name: understand(scheme.fields[name], typed(text), name=name) for name, text in real_month.phrases.items()}
    assert {name: reading.value for name, reading in read.items()} == real_month.inspections
    asserted = [name for name, reading in read.items() if "XK-V012" in dict(reading.remarks)]
    assert asserted == ["承诺时间修复率", "返修台数", "培训次数"]
    assert all("XK-V009" in dict(reading.remarks) for reading in read.values())


def test_a_phrase_that_repeats_the_clause_is_an_assertion_and_no_figure(scheme: Scheme) -> None:
    for text in ("1.承诺时间修复率〈100% 完成", "承诺时间修复率<100% 完成", "承诺时间修复率≥100%，完成"):
        reading = understand(scheme.fields["承诺时间修复率"], typed(text), name="承诺时间修复率")
        assert reading.value == "完成"
        assert [code for code, _ in reading.remarks] == ["XK-V009", "XK-V012"]


def test_not_done_is_never_read_as_done(scheme: Scheme) -> None:
    for text in ("未完成", "3.维修欠款：未完成", "维修欠款 未完成"):
        assert understand(scheme.fields["维修欠款回收"], typed(text)).value == "未完成"


def test_a_phrase_that_says_both_is_not_guessed(scheme: Scheme) -> None:
    assert codes(scheme.fields["维修欠款回收"], typed("完成 未完成")) == (UNREADABLE, ["XK-V031"])


def test_two_figures_in_one_phrase_are_not_guessed(scheme: Scheme) -> None:
    assert codes(scheme.fields["绩效沟通会召开日"], typed("6号 7号召开")) == (UNREADABLE, ["XK-V031"])
    assert codes(scheme.fields["绩效会参加率"], typed("90%，100%")) == (UNREADABLE, ["XK-V031"])


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
