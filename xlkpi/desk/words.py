"""The page's words for steps, and for the commands that the workspace's sentences name: on a page they are buttons."""

from __future__ import annotations

import re
from typing import Final

STEPS: Final = {
    "init": "新建工作区", "open": "开月份", "issue": "下发", "receive": "收件", "check": "检查", "score": "评分",
    "publish": "预发布", "appeal": "登记申诉", "decide": "决定申诉", "finalise": "定稿", "correct": "更正",
    "extend": "延期", "inspect": "填检查情况", "list": "放入清单", "deliver": "收件、检查、评分", "pack": "打包",
}  # fmt: skip
"""What each step is called on its button."""
ORDER: Final = ("open", "issue", "receive", "check", "score", "publish", "appeal", "finalise")
"""The steps of a month, in the order in which they are shown."""
_PLACES: Final = {"status": "进度", "next": "下一步"}
_COMMAND: Final = re.compile(
    r"(?:运行 ?|请先：|用 |走 )?`?xlkpi (?:month )?(?P<name>[a-z]+)"
    r"(?: (?:或 )?--[a-z]+(?: (?!--|或)[^\s，。；：、（）]+)?"
    r"| (?:店|文件或文件夹|文件夹|文件|号|\d+|\d{4}-\d\d)| [A-Za-z0-9]+(?= --))*`?"
)


_OPTIONS: Final = {"用 --second 写上": "在“复核人”写上", "进入工作区再运行，或加 --at 文件夹": "打开工作区的文件夹"}


def on_page(sentence: str) -> str:
    """A sentence of the workspace as the page says it: where it names a command, the button is named."""
    for option, words in _OPTIONS.items():
        sentence = sentence.replace(option, words)
    return _COMMAND.sub(_button, sentence)


def _button(match: re.Match[str]) -> str:
    word = STEPS.get(match["name"]) or _PLACES.get(match["name"])
    return f"点“{word}”" if word else match[0]
