"""填报 by who fills it in: a link to each part that says how much of it is filled in and how much is wrong."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from shared.monthly import Monthly, Page, plain_value

from xlkpi.scheme.entries import SchemeField

LINKED = re.compile(r"(\w+)　已填 (\d+)/(\d+)(?: · 错误 (\d+))?")
_NOT_COUNTED = ("text",)


@pytest.fixture(scope="module")
def sheet(dealership: Monthly) -> Worksheet:
    return load_workbook(io.BytesIO(dealership.blanks["D001"]))["填报"]


def links(page: Page, sheet: Worksheet) -> dict[str, tuple[int, int, int, str]]:
    """By part: filled in, asked for, wrong, and the cell that the link leads to."""
    found = {}
    for row in sheet.iter_rows(min_row=4, max_row=5):
        for cell in row:
            told = LINKED.fullmatch(str(page[cell.coordinate] or ""))
            if told:
                assert cell.hyperlink is not None, cell.coordinate
                target = str(cell.hyperlink.location).replace("'填报'!", "")
                found[told[1]] = (int(told[2]), int(told[3]), int(told[4] or 0), target)
    return found


def required(dealership: Monthly, department: str) -> dict[str, SchemeField]:
    fields = dealership.scheme.by("dealer").items()
    return {name: field for name, field in fields
            if field.asked_of == department and field.block == "本月" and not field.optional
            and field.type not in _NOT_COUNTED}  # fmt: skip


def test_each_department_sees_its_own_count(dealership: Monthly, sheet: Worksheet) -> None:
    mine = required(dealership, "配件")
    answers = {name: plain_value(field) for name, field in list(mine.items())[1:]}
    page = dealership.page(dealership.judge(answers), "填报")
    found = links(page, sheet)
    assert list(found) == ["财务", "前台", "车间", "配件", "客服", "销售", "人事", "总部数据", "历史数据"]
    assert found["配件"][:2] == (len(mine) - 1, len(mine))
    assert found["财务"][:2] == (0, len(required(dealership, "财务")))
    whole = re.fullmatch(r"已填 (\d+)/(\d+) · 错误 (\d+)", str(page["A3"]))
    assert whole is not None
    for position in range(3):
        assert int(whole[position + 1]) == sum(part[position] for part in found.values())
    for part, (*_, target) in found.items():
        assert str(page[target]).startswith(part)


def test_what_is_wrong_is_counted_where_it_stands(dealership: Monthly, sheet: Worksheet) -> None:
    first = next(iter(required(dealership, "财务")))
    page = dealership.page(dealership.judge({first: "约二十"}), "填报")
    found = links(page, sheet)
    assert found["财务"][2] == 1
    assert sum(part[2] for part in found.values()) == 1


def test_a_small_form_has_its_links_too(blank: bytes) -> None:
    small = load_workbook(io.BytesIO(blank), data_only=True)["填报"]
    told = [str(cell.value) for cell in small[4] if cell.value]
    assert told == ["财务　已填 0/2", "前台　已填 0/1", "配件　已填 0/3"]
