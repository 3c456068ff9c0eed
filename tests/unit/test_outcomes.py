"""What became of a month, an item, a file: a type each, and one word each wherever people read it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import xlkpi
from xlkpi.month.returns import ReturnStatus
from xlkpi.resources import templates
from xlkpi.values import Absence, ItemStatus, State, Status

PACKAGE = Path(xlkpi.__file__).parent
DOCS = PACKAGE.parent / "docs"
OUTCOMES = {*Status, *State, *ItemStatus, *ReturnStatus}

# words that once stood beside the one of the glossary
INSTEAD = {"未计分": "退回", "未能评分": "退回", "未评分": "退回", "（一票）": "一票否决", "一票：": "一票否决"}


@pytest.mark.parametrize(
    ("status", "vetoed", "word"),
    [
        (Status.SCORED, False, "已评"), (Status.SCORED, True, "一票否决"), (Status.PROVISIONAL, False, "暂定"),
        (Status.PROVISIONAL, True, "一票否决"), (Status.REJECTED, False, "退回"), (Status.REJECTED, True, "退回"),
    ],
)  # fmt: skip
def test_what_became_of_a_month_has_one_word(status: Status, vetoed: bool, word: str) -> None:
    assert State.of(status, vetoed) == word


def test_an_item_s_status_is_a_word_of_its_cell() -> None:
    assert [ItemStatus(word) for word in ("已评", "未填", "不适用", "无法读取")] == list(ItemStatus)
    assert {absence.value for absence in Absence} == set(ItemStatus) - {ItemStatus.SCORED}
    assert ItemStatus("") is ItemStatus.UNREADABLE, "the formula gave an error"
    with pytest.raises(ValueError, match="合格"):
        ItemStatus("合格")


def test_a_line_of_the_return_list_is_one_of_four() -> None:
    for status in ReturnStatus:
        kinds = (status.is_counted, status.is_replaced, status.is_refused, status is ReturnStatus.MISSING)
        assert sum(kinds) == 1, status


def test_no_outcome_is_compared_with_a_bare_word() -> None:
    bare = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Compare):
                continue
            sides = (node.left, *node.comparators)
            asked = any(isinstance(side, ast.Attribute) and side.attr in ("status", "state") for side in sides)
            words = {n.value for side in sides for n in ast.walk(side) if isinstance(n, ast.Constant)}
            if asked and words & OUTCOMES:
                bare.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert not bare


def read_by_people() -> list[Path]:
    found = [path for path in templates().rglob("*") if path.suffix in (".yaml", ".j2", ".js", ".json")]
    found += [path for path in PACKAGE.rglob("*.py") if "templates" not in path.relative_to(PACKAGE).parts]
    return [
        path for path in (*found, *DOCS.rglob("*.md"), *PACKAGE.parent.glob("README*.md")) if "vendor" not in path.parts
    ]


def test_people_read_one_word_for_one_outcome() -> None:
    texts = {path: path.read_text("utf-8") for path in read_by_people()}
    assert len(texts) > 100
    stray = [f"{path.name}: {word}, the glossary says {INSTEAD[word]}" for path, text in texts.items()
             for word in INSTEAD if word in text and path.name != "architecture.md"]  # fmt: skip
    assert not stray


def test_the_glossary_has_every_word() -> None:
    glossary = (DOCS / "architecture.md").read_text("utf-8").split("## Glossary")[1]
    assert not [word for word in (*State, *ItemStatus) if word not in glossary]
