"""Where a sentence of the workspace names a command, the page names a button."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import xlkpi.workspace
from xlkpi.desk.words import on_page
from xlkpi.findings import catalogue, example_facts

WORKSPACE = Path(xlkpi.workspace.__file__).parent
SHELL = re.compile("xlkpi (scheme|verify|month pack|appeal)")  # these have no button


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("请填 名册.xlsx，再运行 xlkpi month open。", "请填 名册.xlsx，再点“开月份”。"),
        ("请先：xlkpi month issue --reason 理由 --approved 批准人", "点“下发”"),
        ("改分走 xlkpi month appeal，定稿以后走 xlkpi month correct", "改分点“登记申诉”，定稿以后点“更正”"),
        ("（D1，目标）：xlkpi month decide 3 --accept 或 --reject", "（D1，目标）：点“决定申诉”"),
        ("（xlkpi month appeal 店 --file 文件）", "（点“登记申诉”）"),
        ("xlkpi month appeal S001 --ground 上报 --file 文件", "点“登记申诉”"),
        ("不知道下一步是什么，运行 xlkpi next", "不知道下一步是什么，点“下一步”"),
    ],
)
def test_a_command_becomes_a_button(sentence: str, expected: str) -> None:
    assert on_page(sentence) == expected


def test_no_sentence_of_a_step_sends_anybody_to_a_terminal() -> None:
    """Every text with a command in the workspace's modules, and every finding of the workspace."""
    texts = []
    for path in WORKSPACE.glob("*.py"):
        found = re.findall(r'"([^"\n]*xlkpi [a-z][^"\n]*)"', path.read_text("utf-8"))
        texts += [re.sub(r"\{[^}]*\}?", "7", text) for text in found]
    for number in (*range(80, 90), 45, 46, 47, 49):
        for part in ("message", "remedy"):
            texts.append(catalogue()[f"XK-W0{number}"].render(part, "zh", example_facts()))
    texts = [text for text in texts if not SHELL.search(text)]
    assert len(texts) > 40
    assert [text for text in texts if re.search(r"xlkpi (?!init 生成)[a-z]+|--[a-z]", on_page(text))] == []
