"""日历.xlsx and the national calendar: which days are worked, and what is asked where nothing says so."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from xlkpi.headquarters.calendar import Calendar, UnknownDay, against_calendar, calendar_of, read_calendar
from xlkpi.headquarters.forms import calendar_form, targets_form
from xlkpi.headquarters.lists import Listed, read_headquarters_figures
from xlkpi.issue import Dealer
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.workspace import deadlines
from xlkpi.workspace.places import find_workspace
from xlkpi.workspace.record import Refusal
from xlkpi.workspace.settings import Deadlines

# 国务院办公厅关于2026年部分节假日安排的通知, typed from the notice: first and last day of rest, days worked instead
RESTS = (("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"),
         ("09-25", "09-27"), ("10-01", "10-07"))  # fmt: skip
WORKED = ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")


def by_the_notice(day: date) -> bool:
    text = f"{day:%m-%d}"
    return text in WORKED or (day.weekday() < 5 and not any(first <= text <= last for first, last in RESTS))


def days_of_2026() -> Iterator[date]:
    return (date(2026, 1, 1) + timedelta(days=number) for number in range(365))


def written(path: Path, *rows: tuple[Any, ...]) -> Path:
    """The form with these rows filled in."""
    book = load_workbook(io.BytesIO(calendar_form()))
    for number, row in enumerate(rows, 3):
        for column, content in enumerate(row, 1):
            book.worksheets[0].cell(number, column, content)
    book.save(path)
    return path


def test_a_year_of_days_is_as_the_notice_says() -> None:
    calendar = Calendar()
    assert [day for day in days_of_2026() if calendar.works(day) != by_the_notice(day)] == []
    for number in range(1, 13):
        worked = sum(by_the_notice(day) for day in days_of_2026() if day.month == number)
        assert calendar.working_days(f"2026-{number:02d}") == worked


def test_so_many_working_days_later_is_the_last_of_them() -> None:
    worked = [day for day in days_of_2026() if by_the_notice(day)]
    for day in days_of_2026():
        following = [each for each in worked if each > day]
        assert Calendar().later(day, 0) == day
        for count in range(1, min(6, len(following) + 1)):
            assert Calendar().later(day, count) == following[count - 1]


def test_an_empty_form_leaves_all_to_the_national_calendar(tmp_path: Path) -> None:
    listed = read_calendar(written(tmp_path / "日历.xlsx"))
    assert (listed.rows, listed.findings, listed.refused) == ({}, [], False)


def test_days_and_types_are_read_as_people_write_them(tmp_path: Path) -> None:
    days = [
        datetime(2027, 1, 4),
        "2027-01-05",
        "2027年1月6日",
        "2027/1/7",
        "二〇二七年一月八日",
        "2027.1.9",
        "２０２７-01-10",
    ]
    words = ["上班", "调休上班", " 工作日", "补班", "休息", "放假 ", "法定节假日"]
    listed = read_calendar(written(tmp_path / "日历.xlsx", *((*row, "总部") for row in zip(days, words, strict=True))))
    assert listed.findings == []
    assert listed.rows == {f"2027-01-{day:02d}": day < 8 for day in range(4, 11)}


def test_what_is_not_understood_has_its_cell_and_gives_no_day(tmp_path: Path) -> None:
    path = written(
        tmp_path / "日历.xlsx", ("1月4日", "上班"), ("2027-02-30", "上班"), (45000, "上班"),
        ("2027-01-04 08:00", "上班"), ("2027-01-05", "半天"), ("2027-01-06", "不上班"), (datetime(2027, 1, 7), None),
        (None, "上班"), ("2027-01-08", "休息"), ("2027-01-09", "上班"), ("2027/1/8", "上班"), ("2027-01-10", "上班"),
        ("2027-01-10", "上班"),
    )  # fmt: skip
    book = load_workbook(path)
    book.worksheets[0]["A5"].number_format = "General"
    book.save(path)
    listed = read_calendar(path)
    assert listed.rows == {"2027-01-09": True}
    assert {(finding.code, str(finding.place)) for finding in listed.findings} == {
        *(("XK-T101", f"日历!{cell}") for cell in ("A3", "A4", "A5", "A6", "B7", "B8", "B9")),
        ("XK-T025", "日历!B10"), ("XK-T102", "日历!A11"), ("XK-T102", "日历!A14"),
    }  # fmt: skip
    assert {f.facts["cells"] for f in listed.findings if f.code == "XK-T102"} == {"A11、A13", "A14、A15"}
    assert all(finding.remedy() for finding in listed.findings)


def test_beyond_the_known_years_nothing_is_assumed_and_the_list_decides(tmp_path: Path) -> None:
    rules = Deadlines(send=2, lock=1, appeal=3, unit="working")
    scheme, _ = usable_scheme("service-assessment")
    with pytest.raises(Refusal) as refusal:
        deadlines.of_issue(rules, scheme, "2026-12", Calendar())
    (finding,) = refusal.value.findings
    assert finding.code == "XK-T100"
    assert (finding.facts["day"], "日历.xlsx" in finding.remedy()) == ("2027-01-01", True)
    with pytest.raises(UnknownDay):
        Calendar().working_days("2027-01")
    days = [
        ("2027-01-01", "休息"),
        *((f"2027-01-{day:02d}", "休息" if day in (2, 3, 5) else "上班") for day in range(2, 8)),
    ]
    calendar = calendar_of(read_calendar(written(tmp_path / "日历.xlsx", *days)))
    assert deadlines.of_issue(rules, scheme, "2026-12", calendar) == ("2027-01-06", "2027-01-07")
    assert deadlines.of_appeals(rules, datetime(2026, 12, 30, 9), calendar) == "2027-01-06"
    # 2026-10: the list makes the 8th a day of rest, on which the national calendar has it worked
    own = calendar_of(Listed({"2026-10-08": False}))
    assert deadlines.of_issue(rules, scheme, "2026-09", Calendar()) == ("2026-10-09", "2026-10-10")
    assert deadlines.of_issue(rules, scheme, "2026-09", own) == ("2026-10-10", "2026-10-12")
    assert own.working_days("2026-10") == Calendar().working_days("2026-10") - 1
    # calendar days where nobody asks for working days
    assert deadlines.of_issue(rules, scheme, "2026-12") == ("2027-01-02", "2027-01-03")


def test_a_workspace_counts_by_its_own_calendar(tmp_path: Path) -> None:
    (tmp_path / "xlkpi.yaml").write_text("scheme: x\ndeadlines:\n  unit: working\n", "utf-8")
    workspace = find_workspace(tmp_path)
    calendar = workspace.counted_by()
    assert calendar is not None
    assert calendar.named == {}
    written(tmp_path / "日历.xlsx", ("2026-11-30", "休息"))
    calendar = workspace.counted_by()
    assert calendar is not None
    assert calendar.named == {date(2026, 11, 30): False}
    written(tmp_path / "日历.xlsx", ("2026-11-30", "半天"))
    with pytest.raises(Refusal) as refusal:
        workspace.counted_by()
    assert [finding.code for finding in refusal.value.findings] == ["XK-T101"]
    (tmp_path / "xlkpi.yaml").write_text("scheme: x\n", "utf-8")
    assert find_workspace(tmp_path).counted_by() is None


@pytest.fixture(scope="module")
def monthly() -> Scheme:
    return usable_scheme("dealer-monthly")[0]


def test_working_days_are_named_in_the_form_and_compared(tmp_path: Path, monthly: Scheme) -> None:
    roster = {code: Dealer(code, f"{code}店") for code in ("D1", "D2", "D3", "D4")}
    keys = [(dealer.code, dealer.name, "") for dealer in roster.values()]
    book = load_workbook(io.BytesIO(targets_form(monthly, keys, "2026-10", working_days=18)))
    sheet = book.worksheets[0]
    head, column = next(
        (cell.row, cell.column) for row in sheet.iter_rows() for cell in row if cell.value == "工作天数"
    )
    assert "按日历 18 天" in sheet.cell(head - 1, column).value
    for row, days in enumerate((22, 18, None, 22), head + 1):
        sheet.cell(row, column, days)
    book.save(tmp_path / "目标.xlsx")
    figures = read_headquarters_figures(tmp_path / "目标.xlsx", monthly, roster, month="2026-10")
    (finding,) = against_calendar(monthly, "2026-10", figures, Calendar())
    assert (finding.code, finding.facts["dealer"], finding.facts["days"]) == ("XK-T103", "D1、D4", 18)
    assert str(finding.place) == f"目标!{sheet.cell(head + 1, column).coordinate}"
    assert [f.code for f in against_calendar(monthly, "2027-10", figures, Calendar())] == ["XK-T104"]
    assert against_calendar(monthly, "2027-10", Listed(), Calendar()) == []
