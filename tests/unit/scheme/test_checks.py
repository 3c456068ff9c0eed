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
