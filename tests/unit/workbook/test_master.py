"""The master, as another program sees it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from xlkpi.issue import Issue
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.values import Place
from xlkpi.workbook.layout import Role
from xlkpi.workbook.master import write_master
from xlkpi.workbook.package import unpack
from xlkpi.workbook.sheets.whole import plan_workbook

OPEN = (Role.ANSWER, Role.REMARK)


@pytest.fixture(scope="module")
def master(issue: Issue) -> Workbook:
    return load_workbook(io.BytesIO(issue.master))


@pytest.fixture(scope="module")
def mine(blank: bytes) -> Workbook:
    return load_workbook(io.BytesIO(blank))


def test_the_same_scheme_gives_the_same_bytes(issue: Issue, scheme: Scheme, compiled: Compiled) -> None:
    assert write_master(plan_workbook(scheme, compiled)) == issue.master


def test_a_dealer_may_fill_in_answers_and_remarks_and_nothing_else(issue: Issue, master: Workbook) -> None:
    """But for the cells in which the button leaves what it read of headquarters' words; what a file holds there is
    never read."""
    wanted = {slot.place for slot in issue.layout.of(*OPEN, Role.READ)}
    unlocked = {
        Place(sheet.title, cell.coordinate)
        for sheet in master.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked
    }
    legend = {place for place in unlocked - wanted if place.sheet == "说明"}  # a colour sample
    assert unlocked - legend == wanted
    assert all(master[place.sheet][place.ref].value is None for place in legend)


def test_every_sheet_is_protected_and_so_is_the_books_structure(master: Workbook) -> None:
    assert all(sheet.protection.sheet for sheet in master.worksheets)
    assert master.security.lockStructure


def test_every_answer_has_a_validation_with_a_message_and_no_other_cell_has_one(issue: Issue, master: Workbook) -> None:
    validated = {}
    for sheet in master.worksheets:
        for rule in sheet.data_validations.dataValidation:
            for cell in (str(part) for part in rule.sqref.ranges):
                assert rule.prompt
                assert rule.showInputMessage
                validated[Place(sheet.title, cell)] = rule
    assert set(validated) == {slot.place for slot in issue.layout.of(Role.ANSWER)}
    ref = issue.layout.place("接车台次").ref
    rule = validated[issue.layout.place("接车台次")]
    assert (rule.type, rule.formula1) == ("custom", f"AND(ISNUMBER({ref}),{ref}>=0,INT({ref})={ref})")
    assert rule.errorStyle == "stop"


def test_every_field_constant_item_and_total_has_its_defined_name(
    issue: Issue, scheme: Scheme, master: Workbook
) -> None:  # fmt: skip
    names = {
        name: master.defined_names[name].attr_text
        for name in master.defined_names
        if not master.defined_names[name].hidden
    }
    for name in (*scheme.fields, *scheme.constants, *scheme.indicators, "接车台次_得分", "总分", "等级", "经销商代码"):
        place = issue.layout.place(name)
        column = place.ref.rstrip("0123456789")
        assert names[name] == f"'{place.sheet}'!${column}${place.ref[len(column) :]}"


def test_every_formula_stands_in_its_cell_as_it_was_compiled(issue: Issue, master: Workbook) -> None:
    for place, text in issue.layout.formulas.items():
        assert master[place.sheet][place.ref].value == f"={text}"


def test_no_text_of_the_form_is_taken_for_a_formula(issue: Issue, master: Workbook) -> None:
    for sheet in master.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert Place(sheet.title, cell.coordinate) in issue.layout.formulas


def test_a_blank_carries_its_marker_in_three_places(issue: Issue, mine: Workbook) -> None:
    marker = issue.marker("D001")
    assert marker == f"service-assessment|2026.1|2026-11|D001|{issue.layout.fingerprint}"
    assert {prop.name: prop.value for prop in mine.custom_doc_props.props} == {"xlkpi": marker}
    assert mine.defined_names["_xlkpi"].attr_text == f'"{marker}"'
    assert mine.defined_names["_xlkpi"].hidden
    assert mine["_xlkpi"]["A1"].value == marker
    assert mine["_xlkpi"].sheet_state == "veryHidden"


def test_no_blank_holds_the_masters_placeholder(blank: bytes) -> None:
    assert all(b"xlkpi-marker-of-the-dealer" not in part for part in unpack(blank).values())


def test_all_other_sheets_are_visible_and_open_on_the_one_to_fill_in(mine: Workbook) -> None:
    assert [sheet.title for sheet in mine.worksheets if sheet.sheet_state == "visible"] == mine.sheetnames[:-1]
    assert mine.active is not None
    assert mine.active.title == "填报"
    assert [sheet.title for sheet in mine.worksheets if sheet.sheet_view.tabSelected] == ["填报"]


def test_the_assessment_has_the_sources_columns(mine: Workbook) -> None:
    headings = [cell.value for cell in mine["绩效考核表"][4]]
    for heading in (
        "考核项",
        "细项",
        "考核标准",
        "依据",
        "分值",
        "检查情况",
        "得分",
        "目标",
        "实绩",
        "完成率",
        "计算说明",
    ):
        assert heading in headings


def test_what_differs_by_dealer_stands_on_one_small_locked_sheet(issue: Issue) -> None:
    stamped = {slot.place.sheet for slot in issue.layout.of(Role.IDENTITY, Role.TARGET, Role.HISTORY)}
    assert stamped == {"本店资料", "_xlkpi"}


def test_a_blank_shows_who_when_and_what_is_still_missing(mine: Workbook, blank: bytes) -> None:
    values = load_workbook(io.BytesIO(blank), data_only=True)
    assert values["填报"]["A2"].value == "原文实例店（D001）　考核月份 2026-11　截止 2026-12-05"
    assert values["填报"]["A3"].value == "已填 0/6 · 错误 0"
    titles = [cell.value for cell in values["绩效考核表"][1] if isinstance(cell.value, str)]
    assert any(title.startswith("2026-11") and "绩效考核表" in title for title in titles)


_WITHOUT = """
scheme: by-eye
title: 目测表
en: By eye
version: "1"
valid: {from: 2026-01}
fields:
  备注说明: {en: Remark, type: text}
  整洁: {en: Tidy, type: choice, by: headquarters, words: {合格: met, 不合格: failed}}
groups:
- group: 现场
  points: 10
  items:
  - item: 清洁
    points: 10
    clauses:
    - {require: 整洁, lose: 5, text: 不整洁扣 5 分}
grades: [{grade: 合格, at_least: 6}]
"""


def test_a_scheme_without_targets_and_indicators_has_no_empty_sheet(tmp_path: Path) -> None:
    (tmp_path / "scheme.yaml").write_text(_WITHOUT, "utf-8")
    plan = plan_workbook(*usable_scheme(str(tmp_path)))
    assert "指标分析" not in [sheet.title for sheet in plan.sheets]
    rows = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")
    areas = [highlight.range for sheet in plan.sheets for highlight in sheet.highlights]
    assert areas
    assert not [area for area in areas if (found := rows.fullmatch(area)) and int(found[2]) > int(found[4])]
    assert load_workbook(io.BytesIO(write_master(plan))).sheetnames == [sheet.title for sheet in plan.sheets]
