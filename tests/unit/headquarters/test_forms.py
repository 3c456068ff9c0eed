"""Headquarters' forms, as Excel shows them; that they are read back is tested with the lists."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.headquarters.forms import inspections_form, roster_form, targets_form
from xlkpi.scheme.model import Scheme

DEALERS = [("D001", "一号店", "华东"), ("D002", '=HYPERLINK("x")', "华南")]


def page(data: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(data)).worksheets[0]


def head(sheet: Worksheet) -> int:
    return next(n for n, row in enumerate(sheet.iter_rows(), 1) if row[0].value == "经销商代码")


def test_a_form_has_a_row_for_each_dealer_in_order(scheme: Scheme) -> None:
    for data in (
        roster_form(DEALERS),
        targets_form(scheme, DEALERS, "2026-11"),
        inspections_form(scheme, DEALERS, "2026-11"),
    ):
        sheet = page(data)
        rows = [tuple(cell.value for cell in sheet[head(sheet) + n][:3]) for n in (1, 2)]
        assert rows == DEALERS


def test_a_dealers_name_is_never_a_formula(scheme: Scheme) -> None:
    sheet = page(targets_form(scheme, DEALERS, "2026-11"))
    assert sheet.cell(head(sheet) + 2, 2).data_type == "s"


def test_the_targets_form_asks_for_every_target(scheme: Scheme) -> None:
    sheet = page(targets_form(scheme, DEALERS, "2026-11"))
    assert [cell.value for cell in sheet[head(sheet)]][3:] == list(scheme.targets())


def test_the_inspections_form_asks_for_every_inspection_with_its_clause_above(scheme: Scheme) -> None:
    sheet = page(inspections_form(scheme, DEALERS, "2026-11"))
    row = head(sheet)
    headings = [cell.value for cell in sheet[row]][3:]
    assert sorted(headings) == sorted(scheme.by("headquarters"))
    above = " ".join(str(cell.value) for number in range(2, row) for cell in sheet[number])
    assert "每月培训少于 3 次：否决" in above
    assert "{" not in above


def test_choices_have_a_drop_down_and_other_inspections_take_words_too(scheme: Scheme) -> None:
    sheet = page(inspections_form(scheme, DEALERS, "2026-11"))
    lists = {rule.promptTitle: rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert lists == dict.fromkeys(("维修欠款回收", "索赔款回款", "员工欠款回收"), '"完成,无,未完成,不适用"')


@pytest.mark.parametrize("dealers", [[], DEALERS])
def test_the_same_input_gives_the_same_bytes(dealers: list[tuple[str, str, str]], scheme: Scheme) -> None:
    assert inspections_form(scheme, dealers, "2026-11") == inspections_form(scheme, dealers, "2026-11")
