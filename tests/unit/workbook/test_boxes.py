"""What Excel itself allows and shows: stop boxes let in what the form asks for, charts say how they are drawn."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.datavalidation import DataValidation
from shared.monthly import ORDERS, Monthly
from shared.tables import sampled
from shared.tiny import evaluate

from xlkpi.headquarters.forms import inspections_form
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.workbook.layout import Role
from xlkpi.workbook.package import unpack

NOT_APPLICABLE = "不适用"


@pytest.fixture(scope="module", params=sampled(["issue", "service", "dealership"], 3))
def issued(request: pytest.FixtureRequest) -> Issue:
    given = request.getfixturevalue(request.param)
    return given.issue if isinstance(given, Monthly) else given


def boxes(data: bytes, sheet: str) -> dict[str, DataValidation]:
    rules = load_workbook(io.BytesIO(data))[sheet].data_validations.dataValidation
    return {str(rule.sqref): rule for rule in rules}


def lets_in(rule: DataValidation, ref: str, value: str | float) -> bool:
    """What the rule says of a content; it stops whatever is not TRUE, an error too."""
    if rule.type == "list":
        return value in str(rule.formula1).strip('"').split(",")
    return rule.type is None or evaluate(str(rule.formula1), {ref: value}) is True


def plain(field: SchemeField) -> str | float:
    if field.words and field.type == "choice":
        return next(iter(field.words))
    least, most = (None if bound is None else float(str(bound).rstrip("%")) for bound in (field.minimum, field.maximum))
    if field.type == "rate":
        return 0.5
    return 1.0 if most is None or (least or 0) <= 1 <= most else float(least or most)


def test_a_stop_box_lets_in_what_the_form_asks_for(issued: Issue) -> None:
    rules = boxes(issued.master, "填报")
    fields = issued.scheme.fields
    wrong, tried = [], 0
    for slot in issued.layout.of(Role.ANSWER):
        field, rule, ref = fields[slot.name], rules[slot.place.ref], slot.place.ref
        wanted = {plain(field): True, NOT_APPLICABLE: field.not_applicable or field.type == "text"}
        if field.type not in ("text", "date"):
            tried += 1
            wrong += [(slot.name, value) for value, good in wanted.items() if lets_in(rule, ref, value) is not good]
    assert tried
    assert not wrong


def test_a_drop_down_of_the_inspections_offers_what_may_be_entered(issued: Issue) -> None:
    form = inspections_form(issued.scheme, [("D1", "甲店", "华东")], "2026-11")
    by_title = {rule.promptTitle: rule for rule in boxes(form, "检查情况").values()}
    for name, field in issued.scheme.by("headquarters").items():
        rule = by_title[(field.label or name)[:32]]
        if field.type == "choice":
            assert lets_in(rule, "", NOT_APPLICABLE) is field.not_applicable, name


def test_all_prompts_are_chinese(issued: Issue) -> None:
    for sheet in load_workbook(io.BytesIO(issued.master)).worksheets:
        for rule in sheet.data_validations.dataValidation:
            for text in (rule.prompt, rule.error):
                assert re.search("[一-鿿]", text or "一"), text


def test_the_daily_sheet_can_be_filtered_and_keeps_leading_zeros(dealership: Monthly) -> None:
    sheet = load_workbook(io.BytesIO(dealership.issue.master))[ORDERS]
    assert sheet.protection.sheet
    assert not sheet.protection.autoFilter
    assert not sheet.protection.sort
    table = dealership.issue.layout.tables[ORDERS]
    for name, column in dealership.scheme.tables[ORDERS].columns.items():
        if column.type == "text":
            assert sheet[f"{table.columns[name]}{table.last}"].number_format == "@", name


def test_charts_lie_beside_their_titles_and_carry_what_they_show(dealership: Monthly) -> None:
    done = dealership.judge({})
    parts = unpack(dealership.stamp(done))
    charts = {name: part.decode() for name, part in parts.items() if name.startswith("xl/charts/chart")}
    assert len(charts) == 4
    for name, text in charts.items():
        title = re.search(r"<title>.*?</title>", text, re.S)
        assert title is not None, name
        for overlaid in re.findall(r"<overlay[^>]*>", text):
            assert 'val="0"' in overlaid, name
        assert "<overlay" in title[0], name
        legend = re.search(r"<legend>.*?</legend>", text, re.S)
        assert legend is None or "<overlay" in legend[0], name
        for category in re.findall(r"<cat>.*?</cat>", text, re.S):
            assert "<strRef>" in category and "<strCache>" in category, name
        values = re.findall(r"<val>.*?</val>", text, re.S)
        assert values
        assert all("<numCache>" in value and "<ptCount" in value for value in values), name
