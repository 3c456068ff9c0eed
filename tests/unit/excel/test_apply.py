"""Operations in an open workbook: checked before, taken back after a failure, and only what every client can do."""

from __future__ import annotations

from typing import Any

import pytest
from openpyxl import Workbook

from xlkpi.excel.apply import CannotWrite, apply
from xlkpi.values import CellFault, Place
from xlkpi.workbook.operations import Comment, EnsureSheet, Fill, Link, NumberFormat, Write

from .conftest import Open
from .demo import saved
from .fake import ComError, FakeApp, FakeBook, FakeSheet
from .vba import ACTIONS, dump, replay


def book_of(*titles: str) -> bytes:
    book = Workbook()
    book.worksheets[0].title = titles[0]
    for title in titles[1:]:
        book.create_sheet(title)
    book.worksheets[0]["A1"] = "held"
    return saved(book)


ALL = (
    EnsureSheet("新表", (10.0, 20.0)),
    Write(Place("新表", "A1"), (("标题", None), (1.5, True)), wrap=True),
    Fill("新表", "A1:B1", "#D9E1F2", bold=True),
    NumberFormat("新表", "A2", "0.00"),
    Link(Place("新表", "B1"), Place("甲", "A1"), "甲!A1"),
    Comment(Place("甲", "A1"), "说明"),
)


def test_only_what_the_vba_client_can_do_is_sent_to_it(opened: Open) -> None:
    data = book_of("甲")
    book = opened(data)
    apply(book, ALL)
    actions = book.json()["actions"]
    assert {action["func"] for action in actions} <= ACTIONS
    assert len(ACTIONS) == 37
    seen = dump(replay(data, actions))
    assert seen["新表", "A1"] == ("标题", "D9E1F2", "General", None)
    assert seen["新表", "B1"] == ("甲!A1", "D9E1F2", "General", "'甲'!A1")
    assert seen["新表", "A2"] == (1.5, None, "0.00", None)
    assert seen["新表", "B2"] == (True, None, "General", None)


def test_sheets_are_added_only_after_the_last_one(opened: Open) -> None:
    book = opened(book_of("甲", "乙", "丙"))
    apply(book, [EnsureSheet("一"), EnsureSheet("二"), EnsureSheet("乙")])
    actions = book.json()["actions"]
    assert [(a["func"], a["args"]) for a in actions[:2]] == [("addSheet", [3, "一"]), ("addSheet", [4, "二"])]
    assert (actions[2]["func"], actions[2]["sheet_position"]) == ("sheetClear", 1)


TEXTS = (
    "=1+1", "=HYPERLINK(1)", "+1", "-1", "@x", "12-3-4", "2025-06-30", "1234567890123456", "007", "3/4", "5月", "1E5",
    "85%", "TRUE", "false", "'quoted", "2026年5月1日", "普通", "a-b-c",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_the_text_that_it_is(opened: Open, text: str) -> None:
    data = book_of("甲")
    book = opened(data)
    apply(book, [EnsureSheet("新表"), Write(Place("新表", "A1"), ((text,),))])
    cell = replay(data, book.json()["actions"])["新表"]["A1"]
    assert (cell.value, cell.data_type) == (text, "s")


IMPOSSIBLE: tuple[Any, ...] = (
    EnsureSheet("名" * 32), EnsureSheet("甲/乙"), EnsureSheet(""), Write(Place("没有", "A1"), ((1.0,),)),
    Write(Place("甲", "A1"), ((float("inf"),),)), Write(Place("甲", "A1"), ((float("nan"),),)),
    Write(Place("甲", "A32767"), ((1.0,), (2.0,))), Write(Place("甲", "A1"), (("x" * 32_768,),)),
    Write(Place("甲", "A0"), ((1.0,),)), Fill("没有", "A1", "#FFFFFF"),
)  # fmt: skip


@pytest.mark.parametrize("operation", IMPOSSIBLE)
def test_the_impossible_is_refused_before_anything_is_written(opened: Open, operation: Any) -> None:
    book = opened(book_of("甲"))
    with pytest.raises(CannotWrite):
        apply(book, [EnsureSheet("新表"), Write(Place("新表", "A1"), (("x",),)), operation])
    assert book.json()["actions"] == []


def test_a_sheet_s_name_of_31_characters_is_fine(opened: Open) -> None:
    book = opened(book_of("甲"))
    apply(book, [EnsureSheet("名" * 31)])
    assert book.json()["actions"][0]["args"] == [1, "名" * 31]


def test_an_error_is_written_as_its_word(opened: Open) -> None:
    book = opened(book_of("甲"))
    apply(book, [Write(Place("甲", "A2"), ((CellFault("#N/A"), None),))])
    assert book.json()["actions"][0]["values"] == [["#N/A", ""]]


def test_a_lock_on_the_sheets_is_lifted_and_put_back() -> None:
    book = FakeBook(book_of("甲"), "x.xlsx", FakeApp())
    book.locked = True
    apply(book, ALL[:-1])
    assert book.locked
    assert book.file.sheetnames == ["甲", "新表"]


class _Property:
    def __init__(self) -> None:
        self.value = True

    def get(self) -> bool:
        return self.value


class _MacBook(FakeBook):
    """As appscript shows a workbook."""

    @property
    def api(self) -> Any:
        book, lock = self, _Property()

        class Api:
            protect_structure = lock

            def unprotect(self) -> None:
                book.locked = False

            def protect_workbook(self, structure: bool, windows: bool) -> None:
                book.locked = structure

        return Api()


def test_on_a_mac_the_lock_goes_by_its_own_words() -> None:
    book = _MacBook(book_of("甲"), "x.xlsx", FakeApp())
    book.locked = True
    apply(book, ALL[:-1])
    assert book.locked
    assert book.file.sheetnames == ["甲", "新表"]


def test_a_failure_half_way_leaves_the_workbook_as_it_was() -> None:
    book = FakeBook(book_of("甲", "旧表"), "x.xlsx", FakeApp())
    book.file["旧表"]["A1"] = book.values["旧表"]["A1"] = "旧表　上次的结果"
    book.file["旧表"]["B2"] = book.values["旧表"]["B2"] = 7.0
    before = dump(book.file)
    book.locked, book.fails_at = True, "新表"
    operations = [EnsureSheet("旧表"), Write(Place("旧表", "A1"), (("新",),)), *ALL]
    with pytest.raises(CannotWrite, match="保持原样，只有原来的“旧表”要到下次写入才有颜色和链接"):
        apply(book, operations)
    assert book.file.sheetnames == ["甲", "旧表"]
    assert dump(book.file) == before
    assert book.locked


def test_a_sheet_of_ours_that_takes_no_writing_is_no_reason_for_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protected by its owner, say: nothing was changed, so nothing has to be taken back."""

    def refuse(_: FakeSheet) -> None:
        raise ComError("1004")

    book = FakeBook(book_of("甲", "旧表"), "x.xlsx", FakeApp())
    before = dump(book.file)
    monkeypatch.setattr(FakeSheet, "clear", refuse)
    with pytest.raises(CannotWrite, match=r"工作簿保持原样$"):
        apply(book, [EnsureSheet("新表"), EnsureSheet("旧表")])
    assert dump(book.file) == before
    assert book.file.sheetnames == ["甲", "旧表"]


def test_what_cannot_be_taken_back_is_said_and_keeps_nothing_else_back(monkeypatch: pytest.MonkeyPatch) -> None:
    book = FakeBook(book_of("甲"), "x.xlsx", FakeApp())
    book.fails_at = "丙"
    delete = FakeSheet.delete

    def stubborn(sheet: FakeSheet) -> None:
        if sheet.name == "丙":
            raise ComError("1004")
        delete(sheet)

    monkeypatch.setattr(FakeSheet, "delete", stubborn)
    with pytest.raises(CannotWrite, match="没能全部复原，请不要保存"):
        apply(book, [EnsureSheet("乙"), EnsureSheet("丙"), Fill("丙", "A1", "#FFFFFF")])
    assert book.file.sheetnames == ["甲", "丙"]


@pytest.mark.parametrize(
    ("way", "told", "sheets"),
    [
        ("_unlock", "没能解除（1004）；工作簿保持原样", ["甲"]),
        ("_lock", "保护没有恢复，请在“审阅”里重新保护工作簿", ["甲", "新表"]),
    ],
)
def test_a_lock_that_does_not_give_way_is_said(
    monkeypatch: pytest.MonkeyPatch, way: str, told: str, sheets: list[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ComError("1004")

    book = FakeBook(book_of("甲"), "x.xlsx", FakeApp())
    book.locked = True
    monkeypatch.setattr(FakeBook, way, refuse)
    with pytest.raises(CannotWrite, match=told):
        apply(book, ALL[:-1])
    assert book.file.sheetnames == sheets


def test_the_words_of_a_link_are_no_formula() -> None:
    from xlkpi.excel.apply import _without_formula

    assert _without_formula("=cmd|calc!F7") == "'=cmd|calc!F7"
    assert _without_formula("填报!F7") == "填报!F7"
