"""Ways through the workbook: 说明 leads to every sheet and back; Tab goes through the input cells and nothing else."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from shared.monthly import ORDERS, SHEETS, Monthly

from xlkpi.workbook.layout import Role

GUIDE = "说明"


@pytest.fixture(scope="module")
def book(monthly: Monthly) -> Workbook:
    return load_workbook(io.BytesIO(monthly.blanks["D001"]))


def _links(sheet: Worksheet) -> dict[str, str]:
    """Cells that lead to another sheet, with that sheet; outside addresses are not among them."""
    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            if cell.hyperlink is not None:
                assert cell.hyperlink.target is None, f"{sheet.title}!{cell.coordinate} leads outside"
                title, ref = (cell.hyperlink.location or "").rsplit("!", 1)
                if title.strip("'") != sheet.title:
                    assert ref == "A1"
                    found[cell.coordinate] = title.strip("'")
    return found


def _visible(book: Workbook) -> list[Worksheet]:
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]


def test_the_guide_leads_to_every_sheet(book: Workbook) -> None:
    assert [sheet.title for sheet in _visible(book)] == list(SHEETS)
    assert set(_links(book[GUIDE]).values()) == set(SHEETS) - {GUIDE}
    for ref, title in _links(book[GUIDE]).items():  # and each link says where it leads
        assert str(book[GUIDE][ref].value).removeprefix("→ ") == title


def test_every_sheet_leads_back(book: Workbook) -> None:
    for sheet in _visible(book):
        if sheet.title != GUIDE:
            onward = {"G2": "全部诊断"} if sheet.title == "诊断改善" else {}  # where a person and a day are filled in
            assert _links(sheet) == {"A1": GUIDE, **onward}, sheet.title
            assert sheet["A1"].value == "← 说明"


def test_only_input_cells_are_unlocked(book: Workbook, monthly: Monthly) -> None:
    """And those that the button writes into, which lifts no sheet's protection."""
    layout = monthly.issue.layout
    wanted: dict[str, set[str]] = {title: set() for title in (*SHEETS, "_xlkpi")}
    for slot in layout.of(Role.ANSWER, Role.REMARK, Role.MEASURE, Role.READ):
        wanted[slot.place.sheet].add(slot.place.ref)
    for place in layout.tables[ORDERS].places(layout.tables[ORDERS].columns):
        wanted[place.sheet].add(place.ref)
    for sheet in book.worksheets:
        assert sheet.protection.sheet, sheet.title
        unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
        assert unlocked == wanted[sheet.title], sheet.title
        locked_columns = [d.protection.locked for d in sheet.column_dimensions.values() if d.protection is not None]
        assert all(locked_columns)  # a whole column unlocked would lead Tab astray
    assert len(wanted["填报"]) == 2 * len(monthly.scheme.by("dealer"))
    assert {title for title, refs in wanted.items() if refs} == {"填报", ORDERS, "全部诊断", "计分过程"}


def test_locked_cells_may_be_looked_at(book: Workbook) -> None:
    """A person who clicks a formula reads it: selecting locked cells stays allowed, and no formula is hidden."""
    for sheet in _visible(book):
        assert not sheet.protection.selectLockedCells
        assert not any(cell.protection.hidden for row in sheet.iter_rows() for cell in row if cell.data_type == "f")


def test_panes_and_print_areas(book: Workbook) -> None:
    for sheet in _visible(book):
        assert sheet.print_area or sheet.title == ORDERS, sheet.title  # which prints as far as it is filled in
        if sheet.title not in (GUIDE, "看板", "计分过程", "本店资料"):
            assert sheet.freeze_panes, sheet.title


def test_opens_where_one_fills_in(book: Workbook) -> None:
    assert book.active is not None
    assert book.active.title == "填报"
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_view.tabSelected] == ["填报"]
