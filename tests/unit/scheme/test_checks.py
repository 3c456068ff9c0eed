"""The live 校验 cell: what a dealer reads while typing, evaluated by the engine over a tiny workbook."""

from __future__ import annotations

import pytest
from shared.tiny import evaluate

from xlkpi.findings import catalogue
from xlkpi.scheme.checks import live_check, live_words
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import Name
from xlkpi.values import CellContent


def field(**facts: object) -> SchemeField:
    return SchemeField.model_validate({"en": "x", "type": "number", **facts})


def check(entry: SchemeField, content: CellContent) -> str:
    """What the cell says when the input cell (here A1) holds the content."""
    name = Name("甲", words=tuple(entry.words.items()))
    said = evaluate(live_check(name, entry).text.replace("甲", "A1"), {"A1": content})
    assert isinstance(said, str)
    return said


COUNT = field(type="count", minimum=0)
AMOUNT = field(type="amount")
RATE = field(type="rate", minimum=0, maximum="100%")
CHOICE = field(type="choice", words={"完成": "met", "未完成": "failed"})


@pytest.mark.parametrize(
    ("entry", "content", "says"),
    [
        (COUNT, 251.0, ""),
        (COUNT, 0, ""),
        (COUNT, None, "未填"),
        (COUNT, 2.5, "应为整数"),
        (COUNT, -1, "小于下限"),
        (COUNT, "二十", "应填数字"),
        (COUNT, "不适用", "不可填不适用"),
        (COUNT, "无法读取", "应填数字"),
        (AMOUNT, -5200.5, "金额为负"),
        (AMOUNT, 0, ""),
        (AMOUNT, 0.01, ""),
        (RATE, 1, ""),
        (RATE, 1.0001, "大于上限"),
        (RATE, 85, "大于上限"),
        (RATE, -0.01, "小于下限"),
        (CHOICE, "完成", ""),
        (CHOICE, "未完成", ""),
        (CHOICE, "大概", "不在选项内"),
        (CHOICE, "不适用", "不可填不适用"),
        (field(type="count", not_applicable=True), "不适用", ""),
        (field(type="choice", not_applicable=True, words={"完成": "met"}), "不适用", ""),
        (field(type="count", optional=True), None, ""),
        (field(type="count", optional=True), 1.5, "应为整数"),
        (field(type="text"), None, ""),
        (field(type="text"), "任何话", ""),
        (field(type="day", minimum=1, maximum=31), 32, "大于上限"),
        (field(type="day", minimum=1), 6.5, "应为整数"),
        (field(type="amount", minimum=10), 5, "小于下限"),
    ],
)
def test_the_check_says_the_first_thing_that_is_wrong(entry: SchemeField, content: CellContent, says: str) -> None:
    assert check(entry, content) == says


def test_the_words_of_the_cell_map_to_one_code_each() -> None:
    words = live_words()
    assert words["未填"] == "XK-V001"
    assert len(words) == len([entry for entry in catalogue().values() if entry.live])


# Why what a cell's value is asked about has no words in its 校验 cell while it is typed.
NOT_LIVE = {
    "the format, a circled digit, a formula's text or a second number: a formula sees the value alone": (
        "XK-V019", "XK-V020", "XK-V041", "XK-V042", "XK-V043", "XK-V045",
    ),
    "the cell is no number, which is said live as XK-V002 or XK-V018; what exactly is wrong takes the whole reader": (
        "XK-V015", "XK-V016", "XK-V017", "XK-V044",
    ),
    "the cell shows an error, or nothing yet: whoever types sees it there": ("XK-V008", "XK-V011"),
    "nothing is wrong: it tells how something was understood": ("XK-V009", "XK-V010", "XK-V012"),
    "it is about other cells, rows or names than the field's own": (
        "XK-V021", "XK-V022", "XK-V023", "XK-V024", "XK-V025", "XK-V036", "XK-V037", "XK-V038",
    ),
    "it is about who filled in the form and when, or about two cells: no figure, so there is no 校验 beside it": (
        "XK-V046", "XK-V047", "XK-V048", "XK-V049", "XK-V050",
    ),
    "words of headquarters, for whom the form has no 校验 column": (
        "XK-V013", "XK-V030", "XK-V031", "XK-V032", "XK-V033",
    ),
}  # fmt: skip
REASONS = {code: reason for reason, codes in NOT_LIVE.items() for code in codes}


def test_every_finding_about_a_value_speaks_while_typing_or_cannot() -> None:
    values = {code for code in catalogue() if code.startswith("XK-V")}
    live = {code for code in live_words().values() if code.startswith("XK-V")}
    assert values - live == set(REASONS)
    assert not live & set(REASONS)


@pytest.mark.parametrize("content", ["约300", "251件", "1,5", "同上", "待定"])
def test_what_has_no_words_of_its_own_is_no_number_while_typing(content: str) -> None:
    assert check(field(type="amount", unit="元"), content) == catalogue()["XK-V002"].live
