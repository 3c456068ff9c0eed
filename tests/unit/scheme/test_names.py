"""Names: measured over Excel's rules, LibreOffice and both engines; what breaks anywhere is refused everywhere."""

from __future__ import annotations

import pytest

from xlkpi.scheme.names import clashes, why_unsafe

SAFE = [
    "接车台次",
    "A13_覆盖率",
    "A13覆盖率",
    "第1季度",
    "N_1月",
    "abc",
    "_x",
    "a.b",
    "接车台次_完成率",
    "Total",
    "覆盖率.2",
]

BROKEN_CHARACTERS = [
    "新增管理内用户数(自店销售)",
    "管理内用户（ABC）服务覆盖率",
    "毛利【元】",
    "毛利[元]",
    "a/b",
    "a-b",
    "a−b",
    "a·b",
    "满意?",
    "参训％",
    "参训%",
    "≥90",
    "检查：甲",
    "a b",
    "金额￥",
    "℃",
    "面积㎡",
    '他说"好"',
    "①号",
    "第１季度",
    "１季度",
    "3季度",
    "a\\b",
    "𠀀",
    "a&b",
    "a=b",
    "",
    ".a",
    "甲\n",
    "a'b",
    "a!b",
    "a$b",
    "a,b",
]

READ_AS_CELLS = ["A13", "Q1", "R1", "No1", "LOG10", "XFD1", "a13", "C3", "KPI1"]


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_name_is_taken(name: str) -> None:
    assert why_unsafe(name) is None


@pytest.mark.parametrize("name", BROKEN_CHARACTERS)
def test_a_character_that_breaks_a_program_is_refused(name: str) -> None:
    assert "may hold only" in (why_unsafe(name) or "")


@pytest.mark.parametrize("name", READ_AS_CELLS)
def test_a_name_that_is_silently_read_as_a_cell_is_refused(name: str) -> None:
    assert "looks like a cell reference" in (why_unsafe(name) or "")


@pytest.mark.parametrize("name", ["R", "C", "r", "c", "RC", "R1C1", "r2c3", "R1C"])
def test_r1c1_forms_are_refused(name: str) -> None:
    assert "R1C1" in (why_unsafe(name) or "")


@pytest.mark.parametrize("name", ["TRUE", "false", "SUM", "sum", "Round", "IF"])
def test_logical_values_and_functions_are_refused(name: str) -> None:
    assert "function or a logical value" in (why_unsafe(name) or "")


@pytest.mark.parametrize("name", ["_xlkpi", "_xlnm.Print_Area", "_XLFN.LET"])
def test_names_that_excel_and_the_tool_keep_for_themselves_are_refused(name: str) -> None:
    assert "begins with _xl" in (why_unsafe(name) or "")


def test_sixty_characters_are_taken_and_sixty_one_are_not() -> None:
    assert why_unsafe("长" * 60) is None
    assert "longer than 60" in (why_unsafe("长" * 61) or "")


def test_a_decomposed_spelling_is_refused_before_it_looks_like_two_names() -> None:
    assert "NFC" in (why_unsafe("cafe\u0301") or "")


def test_names_that_differ_in_case_only_clash() -> None:
    assert clashes(["Rate", "毛利", "rate", "RATE"]) == [("Rate", "rate"), ("Rate", "RATE")]


def test_the_same_name_twice_clashes_even_as_one_object() -> None:
    name = "A"
    assert clashes([name, name]) == [("A", "A")]


def test_different_names_do_not_clash() -> None:
    assert clashes(SAFE) == []
