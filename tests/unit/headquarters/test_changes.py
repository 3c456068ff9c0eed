"""变更 beside the roster: what holds in which month, and every row that cannot be so with its cell."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from xlkpi.findings import Severity
from xlkpi.headquarters.forms import roster_form
from xlkpi.headquarters.headings import CHANGES
from xlkpi.headquarters.joined import is_added, joined
from xlkpi.headquarters.lists import Listed, read_roster
from xlkpi.issue import Dealer, Issue, Merged
from xlkpi.scheme.lint import usable_scheme

Rows = Sequence[tuple[Any, ...]]
CODES = ("D1", "D2", "D3", "D4")


def roster(
    path: Path, *rows: tuple[Any, ...], codes: Sequence[str] = CODES, remarks: dict[str, str] | None = None
) -> Path:  # fmt: skip
    """The form with some dealers and these rows on its second sheet."""
    book = load_workbook(io.BytesIO(roster_form([(code, f"店{code}", "华东") for code in codes])))
    for number, row in enumerate(rows, 3):
        for column, content in enumerate(row, 1):
            book[CHANGES].cell(number, column, content)
    if remarks:
        head = next(row[0].row for row in book.worksheets[0].iter_rows() if row[0].value == "经销商代码")
        book.worksheets[0].cell(head, 4, "备注")
        for number, code in enumerate(CODES, head + 1):
            book.worksheets[0].cell(number, 4, remarks.get(code))
    book.save(path)
    return path


def read(path: Path, month: str, *rows: tuple[Any, ...], **more: Any) -> Listed[Dealer]:
    return read_roster(roster(path, *rows, **more), month)


LIFE: Rows = (
    ("D1", datetime(2026, 11, 15), "开业", None), ("D2", "2026年11月20日", "关闭"), ("D3", "2026/11/1", "区域", "华南"),
    ("D4", "20261130", "试运营"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("month", "codes", "remarks"),
    [
        ("2026-10", ["D2", "D3", "D4"], {}),
        ("2026-11", ["D1", "D2", "D3", "D4"],
         {"D1": "2026-11-15 开业", "D2": "2026-11-20 关闭", "D4": "试运营（2026-11-30 起），有得分，不参加排名"}),
        ("2026-12", ["D1", "D3", "D4"], {"D4": "试运营（2026-11-30 起），有得分，不参加排名"}),
    ],
)  # fmt: skip
def test_a_month_takes_what_holds_in_it(
    tmp_path: Path, month: str, codes: list[str], remarks: dict[str, str]
) -> None:  # fmt: skip
    listed = read(tmp_path / "r.xlsx", month, *LIFE)
    assert list(listed.rows) == codes
    assert {code: dealer.remark for code, dealer in listed.rows.items() if dealer.remark} == remarks
    assert listed.rows["D3"].region == ("华东" if month < "2026-11" else "华南")
    told = {(f.code, f.facts["dealer"], f.place.ref) for f in listed.findings if f.place}
    assert (
        told
        == {
            "2026-10": {("XK-T122", "D1", "B3")},
            "2026-11": {("XK-T121", "D1", "B3"), ("XK-T121", "D2", "B4")},
            "2026-12": {("XK-T122", "D2", "B4")},
        }[month]
    )
    assert listed.absent == set(CODES) - set(codes)


def test_a_month_has_a_dealer_that_is_open_on_any_of_its_days(tmp_path: Path) -> None:
    days = [date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 31), date(2026, 12, 31)]
    rows = [(f"{what}{day:%m%d}", day.isoformat(), what) for day in days for what in ("开业", "关闭")]
    path = roster(tmp_path / "r.xlsx", *rows, codes=[code for code, *_ in rows])
    for month in ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-12", "2027-01"):
        dealers = read_roster(path, month).rows
        for day in days:
            this = f"{day:%Y-%m}"
            assert (f"开业{day:%m%d}" in dealers) == (month >= this)
            assert (f"关闭{day:%m%d}" in dealers) == (month < this or (month == this and day.day > 1))


FAULTS: dict[str, tuple[Rows, tuple[str, str]]] = {
    "formula": ([("D1", "=TODAY()", "关闭")], ("XK-T105", "B3")),
    "no year": ([("D1", "11月5日", "关闭")], ("XK-T105", "B3")),
    "with a time": ([("D1", "2026-11-05 10:00", "关闭")], ("XK-T105", "B3")),
    "two readings": ([("D1", 12.1, "关闭")], ("XK-T105", "B3")),
    "a month": ([("D1", "2026-11", "关闭")], ("XK-T105", "B3")),
    "no day": ([("D1", "2026-02-30", "关闭")], ("XK-T105", "B3")),
    "blank day": ([("D1", None, "关闭")], ("XK-T105", "B3")),
    "another century": ([("D1", "2206-11-01", "关闭")], ("XK-T105", "B3")),
    "unknown item": ([("D1", "2026-11-01", "装修")], ("XK-T106", "C3")),
    "blank item": ([("D1", "2026-11-01", None)], ("XK-T106", "C3")),
    "value lacking": ([("D1", "2026-11-01", "区域", None)], ("XK-T107", "D3")),
    "value too many": ([("D1", "2026-11-01", "关闭", "华东")], ("XK-T107", "D3")),
    "merged into nobody": ([("D1", "2026-11-01", "并入", "D9")], ("XK-T107", "D3")),
    "stranger": ([("D9", "2026-11-01", "关闭")], ("XK-T108", "A3")),
    "twice": ([("D1", "2026-11-01", "区域", "华南"), ("D1", "2026/11/1", "区域", "华北")], ("XK-T109", "C4")),
    "the same twice": ([("D1", "2026-11-01", "关闭"), ("D1", "2026-11-01", "关闭")], ("XK-T109", "C4")),
    "closed before opened": ([("D1", "2026-05-01", "开业"), ("D1", "2026-03-01", "关闭")], ("XK-T117", "C3")),
    "closed twice": ([("D1", "2026-03-01", "关闭"), ("D1", "2026-05-01", "关闭")], ("XK-T117", "C4")),
    "opened twice": ([("D1", "2026-03-01", "开业"), ("D1", "2026-05-01", "开业")], ("XK-T117", "C4")),
    "opened and closed on a day": ([("D1", "2026-05-01", "关闭"), ("D1", "2026-05-01", "开业")], ("XK-T117", "C3")),
    "no trial to end": ([("D1", "2026-03-01", "转正")], ("XK-T117", "C3")),
    "merged after closing": ([("D1", "2026-03-01", "关闭"), ("D1", "2026-05-01", "并入", "D2")], ("XK-T117", "C4")),
    "into a closed one": ([("D2", "2026-03-01", "关闭"), ("D1", "2026-05-01", "并入", "D2")], ("XK-T118", "D4")),
    "into one not open yet": ([("D2", "2026-09-01", "开业"), ("D1", "2026-05-01", "并入", "D2")], ("XK-T118", "D4")),
    "into a merged one": ([("D2", "2026-03-01", "并入", "D3"), ("D1", "2026-05-01", "并入", "D2")], ("XK-T118", "D4")),
    "into itself": ([("D1", "2026-03-01", "并入", "D1")], ("XK-T119", "D3")),
    "circle": ([("D1", "2026-03-01", "并入", "D2"), ("D2", "2026-03-01", "并入", "D1")], ("XK-T119", "D3")),
    "circle of three": ([("D1", "2026-03-01", "并入", "D2"), ("D2", "2026-04-01", "并入", "D3"),
                         ("D3", "2026-05-01", "并入", "D1")], ("XK-T119", "D3")),
}  # fmt: skip


def test_what_cannot_be_is_a_finding_with_its_cell(tmp_path: Path) -> None:
    """All cases on one roster, each with four dealers of its own."""

    def of_case(number: int, content: Any) -> Any:
        return f"{number}-{content}" if str(content) in (*CODES, "D9") else content

    rows: list[tuple[Any, ...]] = []
    expected, first_rows = {}, {}
    for number, (case_rows, (code, cell)) in enumerate(FAULTS.values()):
        first_rows[number] = len(rows)
        expected[number] = {(code, f"{cell[0]}{int(cell[1:]) + len(rows)}")}
        rows += [tuple(of_case(number, content) for content in row) for row in case_rows]
    codes = [f"{number}-{code}" for number in range(len(FAULTS)) for code in CODES]
    listed = read(tmp_path / "r.xlsx", "2026-11", *rows, codes=codes)
    found: dict[int, set[tuple[str, str]]] = {}
    for finding in (f for f in listed.findings if f.severity is Severity.ERROR):
        assert finding.place is not None
        assert finding.place.sheet == CHANGES
        row = int(finding.place.ref[1:]) - 3
        number = max(number for number, first in first_rows.items() if first <= row)
        found.setdefault(number, set()).add((finding.code, finding.place.ref))
    for number, case in enumerate(FAULTS):
        assert expected[number] <= found[number], case
        assert {code for code, _ in found[number]} == {code for code, _ in expected[number]}, case


def test_a_remark_that_says_closed_and_a_merger_go_together(tmp_path: Path) -> None:
    listed = read(tmp_path / "r.xlsx", "2026-11", ("D1", "2026-10-01", "并入", "店D2"), remarks={"D1": "已关闭"})
    assert [f.code for f in listed.findings] == ["XK-T084", "XK-T120"]
    assert listed.rows["D2"].merged == (Merged("D1", "", "2026-10-01"),)
    into_closed = read(tmp_path / "s.xlsx", "2026-11", ("D2", "2026-10-01", "并入", "D1"), remarks={"D1": "已关闭"})
    assert "XK-T118" in {f.code for f in into_closed.findings}


def test_history_goes_down_a_chain_once_nobody_reports_any_more(tmp_path: Path) -> None:
    rows = (("D1", "2026-09-15", "并入", "D2"), ("D2", "2026-11-15", "并入", "D3"), ("D1", "2025-03-01", "开业"))
    assert read(tmp_path / "r.xlsx", "2026-09", *rows).rows["D2"].merged == ()
    assert [m.code for m in read(tmp_path / "r.xlsx", "2026-10", *rows).rows["D2"].merged] == ["D1"]
    assert read(tmp_path / "r.xlsx", "2026-12", *rows).rows["D3"].merged == (
        Merged("D2", "", "2026-11-15"), Merged("D1", "2025-03-01", "2026-09-15"),
    )  # fmt: skip


def test_what_trial_is_and_when_it_ends(tmp_path: Path) -> None:
    rows: Rows = (
        ("D1", "2026-09-10", "试运营"), ("D1", "2026-11-10", "正式开业"), ("D2", "2026-09-01", "试运营"),
        ("D2", "2026-12-01", "试运营", "结束"), ("D3", "2026-03-01", "关闭"), ("D3", "2026-10-05", "重新开业"),
    )  # fmt: skip
    path = roster(tmp_path / "r.xlsx", *rows)
    by_month = {
        month: {code: dealer.trial for code, dealer in read_roster(path, month).rows.items()}
        for month in ("2026-08", "2026-10", "2026-11", "2026-12")
    }
    assert by_month == {
        "2026-08": {"D2": "", "D4": ""},
        "2026-10": {"D1": "2026-09-10", "D2": "2026-09-01", "D3": "", "D4": ""},
        "2026-11": {"D1": "", "D2": "2026-09-01", "D3": "", "D4": ""},
        "2026-12": {"D1": "", "D2": "", "D3": "", "D4": ""},
    }


def test_a_roster_without_the_sheet_is_as_it_was_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    book = load_workbook(roster(tmp_path / "r.xlsx"))
    del book[CHANGES]
    book.save(tmp_path / "plain.xlsx")
    plain = read_roster(tmp_path / "plain.xlsx", "2026-11")
    assert (list(plain.rows), plain.findings) == (list(CODES), [])
    book = load_workbook(roster(tmp_path / "r.xlsx", ("D1", "2026-11-01", "关闭")))
    book[CHANGES]["B2"] = "哪天"
    book.save(tmp_path / "heading.xlsx")
    assert "XK-T020" in {f.code for f in read_roster(tmp_path / "heading.xlsx", "2026-11").findings}


KNOWN: dict[str, dict[int, dict[str, float | str]]] = {
    "D1": {1: {"接车台次": 40.0, "工作天数": 21.0, "毛利率": 0.3, "接车台次_前2月": 9.0},
           2: {"接车台次": 44.0}},
    "D2": {1: {"接车台次": 100.0, "工作天数": 21.0, "毛利率": 0.5, "接车台次_前2月": 1.0, "接车台次_责任人": "李"},
           3: {"接车台次": 7.0}},
}  # fmt: skip


def test_what_two_reported_is_taken_together(tmp_path: Path) -> None:
    scheme, _ = usable_scheme("dealer-monthly")
    both = Dealer("D2", "店", merged=(Merged("D1", "", "2026-11-01"),))
    months, findings = joined(scheme, both, "2026-11", KNOWN)
    assert months == {1: {"接车台次": 140.0, "工作天数": 21.0, "接车台次_前2月": 10.0, "接车台次_责任人": "李"}}
    assert [(f.code, f.facts["months"]) for f in findings] == [("XK-T124", "2026-09、2026-08")]
    new_code = Dealer("D2", "店", since="2026-11-01", merged=(Merged("D1", "", "2026-11-01"),))
    assert joined(scheme, new_code, "2026-11", KNOWN)[0] == KNOWN["D1"]
    assert joined(scheme, Dealer("D2", "店"), "2026-11", KNOWN) == (KNOWN["D2"], [])
    added = {name for name in scheme.fields if is_added(scheme, name)}
    assert {"接车台次", "维修产值", "售出工时", "销售台数_前3月", "整车销售额_本年以前"} <= added
    assert not added & {"工作天数", "单车平均收入", "年度平均来店次数", "CSI排名", "CSI_诚实", "单车年均服务消费"}


def test_an_issue_keeps_what_a_dealer_is_in_its_month(issue: Issue, tmp_path: Path) -> None:
    """And one issued before there was 变更 has nothing of it."""
    code = next(iter(issue.roster))
    changed = replace(
        issue.roster[code], opened="2026-11-15", trial="2026-11-15", since="2026-11-15",
        merged=(Merged("D9", "", "2026-11-01"),),
    )  # fmt: skip
    replace(issue, roster={**issue.roster, code: changed}).save(tmp_path)
    assert Issue.load(tmp_path).roster[code] == changed
