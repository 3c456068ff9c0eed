"""Stamping: what a person typed stays text, every value survives, and the same input gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date

import pytest
from conftest import AssessWith, RealMonth
from openpyxl import load_workbook

from xlkpi.headquarters.issuing import Blank
from xlkpi.intake.reader import open_workbook
from xlkpi.issue import Issue
from xlkpi.scoring.engine import Engine
from xlkpi.values import CellContent, CellFault, CellKind, Place
from xlkpi.workbook.layout import Layout, Role, Slot
from xlkpi.workbook.package import unpack
from xlkpi.workbook.stamp import Stamper

REMARK = "接车台次_备注"


@pytest.fixture(scope="module")
def stamper(issue: Issue) -> Stamper:
    return Stamper(issue.layout, issue.master)


def stamped(issue: Issue, stamper: Stamper, **values: CellContent) -> bytes:
    return stamper.stamp({issue.layout.place(name): value for name, value in values.items()}, issue.marker("D001"))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("x","y")',
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "'quoted",
        "<b>&amp;</b>",
        "]]>",
        "两行\n字",
        "  留白  ",
        "😀𠀀",
        "&#65;",
        "_x0041_",
        '"quotes"',
        "{=1}",
        "#N/A",
        "TRUE",
        "123",
        "50%",
    ],
)
def test_a_text_stays_that_text_whatever_it_begins_with(text: str, issue: Issue, stamper: Stamper) -> None:
    data = stamped(issue, stamper, **{REMARK: text})
    place = issue.layout.place(REMARK)
    raw = open_workbook(data).cells(place.sheet, {place.ref}).cells[place.ref]
    assert (raw.kind, raw.text, raw.formula) == (CellKind.TEXT, text, None)
    cell = load_workbook(io.BytesIO(data))[place.sheet][place.ref]
    written = cell.value.replace("_x005F_", "_")  # openpyxl does not decode the escapes of Excel's texts
    assert (cell.data_type, written) in {("s", text), ("inlineStr", text)}


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\x00b\x07c", "abc"), ("\x0b\x0c\x1f", None), ("a\ufffeb\uffff", "ab"), ("tab\tand\nline", "tab\tand\nline")],
)
def test_characters_that_xml_forbids_are_dropped_and_nothing_else(
    text: str, kept: str | None, issue: Issue, stamper: Stamper
) -> None:
    data = stamped(issue, stamper, **{REMARK: text})
    place = issue.layout.place(REMARK)
    assert open_workbook(data).cells(place.sheet, {place.ref}).cells[place.ref].text == kept


def test_a_lone_surrogate_does_not_break_the_file(issue: Issue, stamper: Stamper) -> None:
    data = stamped(issue, stamper, **{REMARK: "a\ud800b"})
    place = issue.layout.place(REMARK)
    assert open_workbook(data).cells(place.sheet, {place.ref}).cells[place.ref].text == "ab"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (251.0, CellKind.NUMBER, "251"),
        (0.1 + 0.2, CellKind.NUMBER, "0.30000000000000004"),
        (-0.0, CellKind.NUMBER, "0"),
        (1e300, CellKind.NUMBER, "1e+300"),
        (12345678901234567890.0, CellKind.NUMBER, "1.2345678901234567e+19"),
        (5e-324, CellKind.NUMBER, "5e-324"),
        (True, CellKind.BOOLEAN, "1"),
        (False, CellKind.BOOLEAN, "0"),
        (CellFault("#DIV/0!"), CellKind.ERROR, "#DIV/0!"),
        (date(2026, 11, 6), CellKind.NUMBER, "46332"),
    ],
)
def test_every_kind_of_value_survives(
    value: CellContent, kind: CellKind, text: str, issue: Issue, stamper: Stamper
) -> None:
    place = issue.layout.place("接车台次")
    raw = open_workbook(stamped(issue, stamper, 接车台次=value)).cells(place.sheet, {place.ref}).cells[place.ref]
    assert (raw.kind, raw.text) == (kind, text)


@pytest.mark.parametrize("value", [12.5, "文字 & <x>", True, CellFault("#N/A"), "", None])
def test_a_formula_cell_keeps_its_formula_beside_any_value(value: CellContent, issue: Issue, stamper: Stamper) -> None:
    place = issue.layout.place("总分")
    raw = open_workbook(stamped(issue, stamper, 总分=value)).cells(place.sheet, {place.ref}).cells[place.ref]
    assert raw.formula == issue.layout.formulas[place]
    wanted = {12.5: "12.5", True: "1", CellFault("#N/A"): "#N/A"}.get(value, value)
    assert (raw.text or None) == (wanted or None)


def test_the_same_values_give_the_same_bytes_also_after_others(issue: Issue, stamper: Stamper) -> None:
    first = stamped(issue, stamper, 接车台次=251.0, 轮胎="不适用")
    assert stamped(issue, stamper, 接车台次=9.0) != first
    assert stamped(issue, stamper, 接车台次=251.0, 轮胎="不适用") == first
    assert stamped(issue, Stamper(issue.layout, issue.master), 接车台次=251.0, 轮胎="不适用") == first


def test_a_sheet_that_differs_only_in_the_kind_of_a_value_is_made_anew(issue: Issue, stamper: Stamper) -> None:
    number = stamped(issue, stamper, 接车台次=1.0)
    assert stamped(issue, stamper, 接车台次=True) != number
    assert stamped(issue, stamper, 接车台次=1.0) == number


def test_what_is_left_out_is_blank_again(issue: Issue, stamper: Stamper) -> None:
    stamped(issue, stamper, 接车台次=251.0)
    place = issue.layout.place("接车台次")
    book = open_workbook(stamped(issue, stamper))
    assert not book.cells(place.sheet, {place.ref}).cells
    assert f'<c r="{place.ref}"'.encode() in book.package.xml(book.sheets[place.sheet]), "its look is kept"


def test_parts_that_hold_nothing_of_a_dealer_are_the_masters_own(issue: Issue, blank: bytes) -> None:
    master, mine = unpack(issue.master), unpack(blank)
    assert list(mine) == list(master)
    changed = {name for name in master if mine[name] != master[name]}
    assert {"docProps/custom.xml", "xl/workbook.xml"} <= changed
    assert {"xl/styles.xml", "xl/theme/theme1.xml", "[Content_Types].xml", "docProps/core.xml"}.isdisjoint(changed)


def test_a_marker_with_xml_in_it_stays_a_marker(issue: Issue, stamper: Stamper) -> None:
    marker = 'a|b|c|<&">|d'
    book = open_workbook(stamper.stamp({}, marker))
    assert book.properties()["xlkpi"] == marker
    assert book.names["_xlkpi"] == '"a|b|c|<&"">|d"'  # a text in a formula doubles its quotation marks


def test_a_layout_that_does_not_fit_the_master_is_refused(issue: Issue) -> None:
    slots = {**issue.layout.slots, "x": Slot("x", Place("填报", "ZZ99"), Role.ANSWER, "x")}
    bad = Layout("s", "1", slots, issue.layout.formulas, issue.layout.occupied, issue.layout.words)
    with pytest.raises(ValueError, match="no cell ZZ99: master and layout do not belong together"):
        Stamper(bad, issue.master)


def test_an_assessed_workbook_holds_what_the_engine_gave(
    issue: Issue, stamper: Stamper, assess_with: AssessWith, real_month: RealMonth
) -> None:
    done = assess_with(real_month.answers, real_month.inspections)
    values = load_workbook(io.BytesIO(stamper.stamp(done.cells, issue.marker("D001"))), data_only=True)
    compared = 0
    for place in issue.layout.formulas:
        assert (values[place.sheet][place.ref].value or None) == (done.cells[place] or None), place
        compared += 1
    assert compared > 150
    total = issue.layout.place("总分")
    assert values[total.sheet][total.ref].value == pytest.approx(real_month.total, abs=1e-9)


def test_the_cached_values_of_a_blank_are_the_engines(
    issue: Issue, engine: Engine, issued_blanks: Mapping[str, Blank]
) -> None:
    for code, blank in issued_blanks.items():
        results = engine.evaluate(issue.stamped(code))
        values = load_workbook(io.BytesIO(blank.data), data_only=True)
        for place, value in results.items():
            assert (values[place.sheet][place.ref].value or None) == (value or None), place


@pytest.mark.parametrize("text", ["a_x000D_b", "_x0031_200", "tab\tline\nend", "_x005F_", "_xZZZZ_"])
def test_a_text_comes_back_as_it_was_typed(issue: Issue, text: str) -> None:
    """What looks like an escape of the file format is escaped in writing."""
    place = next(slot.place for slot in issue.layout.of(Role.REMARK))
    data = Stamper(issue.layout, issue.master).stamp({place: text}, issue.marker("D001"))
    cell = open_workbook(data).cells(place.sheet, {place.ref}).cells[place.ref]
    assert cell.text == text
