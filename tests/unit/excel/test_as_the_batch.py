"""What the button says of an open workbook is what the batch says of the same workbook as a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font
from openpyxl.workbook import Workbook
from shared.tables import sampled

from xlkpi.excel.attach import choose
from xlkpi.excel.button import review_book
from xlkpi.excel.control import full_name

from .demo import Month
from .fake import FakeApp, FakeBook
from .test_review import batch, of_the_dealer

Change = Callable[[Workbook], None]


def cell(ref: str, value: object, look: str = "") -> Change:
    def change(book: Workbook) -> None:
        book["填报"][ref].value = value
        if look:
            book["填报"][ref].number_format = look

    return change


def struck(book: Workbook) -> None:
    book["填报"]["F7"].font = Font(strike=True)


def merged(book: Workbook) -> None:
    book["填报"].merge_cells("F7:F8")


def hidden_row(book: Workbook) -> None:
    book["填报"].row_dimensions[9].hidden = True


def hidden_column(book: Workbook) -> None:
    book["填报"].column_dimensions["F"].hidden = True


CHANGES: dict[str, Change] = {
    "as it came": lambda book: None,
    "a unit in the format": cell("F7", 25.2, '0.0"万元"'),
    "percent": cell("F7", 0.85, "0%"),
    "thousands left out": cell("F7", 252486, "0,"),
    "fewer digits shown": cell("F7", 1234.56, "#,##0"),
    "a day": cell("F7", date(2026, 11, 3)),
    "struck out": struck,
    "merged": merged,
    "hidden row": hidden_row,
    "hidden column": hidden_column,
    "words": cell("F7", "约 25 万"),
    "an error": cell("F7", "#N/A"),
    "outside the form": cell("Z40", 12),
}


@pytest.mark.parametrize("name", sampled(CHANGES, 2))
def test_the_same_is_found_in_an_open_workbook_and_in_the_file(month: Month, name: str) -> None:
    book = load_workbook(io.BytesIO(month.sent("D001", reviewed=True)))
    CHANGES[name](book)
    buffer = io.BytesIO()
    book.save(buffer)
    data = buffer.getvalue()
    there = batch(month, "D001", data)
    done = review_book(FakeBook(data, "D001.xlsx", FakeApp()), month.issue, scoring=True)
    assert of_the_dealer(month, done.findings) == of_the_dealer(month, there.findings)


class _Unread:
    """A range whose values xlwings cannot tell where a cell holds what is no date of Excel's."""

    def __init__(self, told: Any):
        self._told = told

    @property
    def value(self) -> Any:
        raise ValueError("year is out of range")


def test_a_negative_date_is_a_finding_about_its_cell_and_the_rest_is_read(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    from . import fake

    book = load_workbook(io.BytesIO(month.sent("D001", reviewed=True)))
    book["填报"]["F7"].value, book["填报"]["F7"].number_format = -5, "yyyy-mm-dd"
    buffer = io.BytesIO()
    book.save(buffer)
    data = buffer.getvalue()
    real = fake.FakeRange.options

    def options(area: fake.FakeRange, ndim: int, err_to_str: bool = False) -> Any:
        top, left, bottom, right = area.box
        holds = area.sheet.name == "填报" and top <= 7 <= bottom and left <= 6 <= right
        return _Unread(area) if holds else real(area, ndim, err_to_str)

    monkeypatch.setattr(fake.FakeRange, "options", options)
    done = review_book(FakeBook(data, "D001.xlsx", FakeApp()), month.issue, scoring=True)
    there = batch(month, "D001", data)
    assert done.assessment is not None
    assert any(finding.place and finding.place.ref == "F7" for finding in done.findings)
    assert of_the_dealer(month, done.findings) == of_the_dealer(month, there.findings)


def test_a_workbook_of_which_nobody_knows_where_it_lies_ends_no_press(month: Month) -> None:
    class Elsewhere(FakeBook):
        @property
        def fullname(self) -> str:
            raise RuntimeError("Couldn't find the local SharePoint folder")

        @fullname.setter
        def fullname(self, path: str) -> None:
            pass

    class Closed(Elsewhere):
        @property
        def sheets(self) -> Any:
            raise RuntimeError("protected view")

    app = FakeApp()
    data = month.sent("D001")
    other, closed = Elsewhere(month.sent("D002"), "预算.xlsx", app), Closed(data, "x.xlsx", app)
    ours = FakeBook(data, "D001.xlsx", app)
    assert full_name(other) == ""
    assert choose([other, ours], "D001") is ours
    assert choose([closed, ours], "") is ours
    assert choose([other], "预算") is other
