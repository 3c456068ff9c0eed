"""Headquarters' lists: roster, targets, last values, inspections."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import RealMonth
from openpyxl import Workbook, load_workbook

from xlkpi.findings import Finding
from xlkpi.headquarters.forms import inspections_form, roster_form, targets_form
from xlkpi.headquarters.inspections import read_inspections
from xlkpi.headquarters.lists import missing_targets, read_history, read_roster, read_targets
from xlkpi.issue import Dealer
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence

Sheet = Callable[..., Path]
ROSTER = {"D001": Dealer("D001", "一号店", "华东"), "D002": Dealer("D002", "二号店", "")}


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    """A list with these rows, as headquarters would save it."""

    def make(*rows: list[Any], name: str = "list.xlsx") -> Path:
        book = Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return make


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.message()) for finding in findings]


# ------------------------------------------------------------------ roster


def test_a_roster_is_read_in_its_order_whatever_stands_above_the_headings(sheet: Sheet) -> None:
    listed = read_roster(sheet(
        ["二〇二六年名单"], [], ["序号", "经销商代码", "经销商名称", "区域", "备注"],
        [1, "D002", "二号店", "华南", None], [2, 1001, "一号店", None, "新"],
    ))  # fmt: skip
    assert list(listed.rows.values()) == [Dealer("D002", "二号店", "华南"), Dealer("1001", "一号店", "")]
    assert listed.findings == []


@pytest.mark.parametrize("heading", ["代码", "经销商代码", "code", "Code", "DEALER"])
def test_the_code_may_be_headed_in_several_ways(heading: str, sheet: Sheet) -> None:
    assert list(read_roster(sheet([heading, "名称"], ["D1", "店"])).rows) == ["D1"]


def test_a_code_twice_is_told_and_the_first_row_stays(sheet: Sheet) -> None:
    listed = read_roster(sheet(["代码", "名称"], ["D1", "甲"], ["D1", "乙"]))
    assert listed.rows == {"D1": Dealer("D1", "甲")}
    assert told(listed.findings) == [("XK-T022", "代码“D1”出现了不止一次")]
    assert str(listed.findings[0].place) == "Sheet!A3"


def test_a_code_with_a_bar_cannot_stand_in_a_marker_and_is_told(sheet: Sheet) -> None:
    listed = read_roster(sheet(["代码", "名称"], ["D|1", "甲"], ["D2", "乙"]))
    assert list(listed.rows) == ["D2"]
    assert [f.code for f in listed.findings] == ["XK-T026"]


def test_codes_that_differ_in_case_only_would_share_a_file_on_windows(sheet: Sheet) -> None:
    listed = read_roster(sheet(["代码", "名称"], ["D1a", "甲"], ["d1A", "乙"], ["D2", "丙"]))
    assert list(listed.rows) == ["D1a", "D2"]
    assert told(listed.findings) == [("XK-T027", "代码“d1A”与“D1a”只有大小写不同，该行没有使用")]
    assert str(listed.findings[0].place) == "Sheet!A3"


def test_a_row_without_a_code_is_told_and_a_blank_row_is_not(sheet: Sheet) -> None:
    listed = read_roster(sheet(["代码", "名称"], [None, "甲"], [], ["D1", "乙"]))
    assert told(listed.findings) == [("XK-T025", "第 2 行没有经销商代码，该行没有使用")]
    assert list(listed.rows) == ["D1"]


def test_a_list_without_a_column_of_codes_is_told(sheet: Sheet) -> None:
    assert told(read_roster(sheet(["店", "人"], ["a", "b"])).findings) == [("XK-T020", "表中缺少“经销商代码”一列")]


def test_a_roster_without_names_is_told(sheet: Sheet) -> None:
    assert [f.code for f in read_roster(sheet(["代码", "区域"], ["D1", "华东"])).findings] == ["XK-T020"]


def test_a_list_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_text("代码,名称\n")
    assert [f.code for f in read_roster(path).findings] == ["XK-F001"]
    assert [f.code for f in read_roster(tmp_path / "absent.xlsx").findings] == ["XK-F009"]


def test_the_first_sheet_with_codes_is_taken(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["封面"])
    book.create_sheet("名单").append(["代码", "名称"])
    book["名单"].append(["D1", "甲"])
    book.save(tmp_path / "list.xlsx")
    assert list(read_roster(tmp_path / "list.xlsx").rows) == ["D1"]


# ------------------------------------------------------------------ targets


def test_targets_are_numbers_or_the_word(sheet: Sheet, scheme: Scheme) -> None:
    listed = read_targets(
        sheet(["代码", "名称", "接车台次", "轮胎"], ["D001", "x", 310, "不适用"], ["D002", "y", "300台", 5]),
        scheme,
        ROSTER,
    )
    assert listed.rows == {
        "D001": {"接车台次": 310.0, "轮胎": Absence.NOT_APPLICABLE}, "D002": {"接车台次": 300.0, "轮胎": 5.0},
    }  # fmt: skip
    assert told(listed.findings) == [("XK-V009", "“二号店 接车台次”填的是“300台”，读作 300 台")]


def test_a_dealer_who_is_not_on_the_roster_is_told(sheet: Sheet, scheme: Scheme) -> None:
    listed = read_targets(sheet(["代码", "接车台次"], ["D009", 310]), scheme, ROSTER)
    assert listed.rows == {}
    assert told(listed.findings) == [("XK-T021", "名单上没有代码为“D009”的经销商，该行没有使用")]


def test_a_dealer_twice_in_the_targets_is_told(sheet: Sheet, scheme: Scheme) -> None:
    listed = read_targets(sheet(["代码", "接车台次"], ["D001", 310], ["D001", 1]), scheme, ROSTER)
    assert listed.rows["D001"]["接车台次"] is Absence.UNREADABLE
    assert [f.code for f in listed.findings] == ["XK-T022", "XK-T069"]
    assert "Sheet!B2、Sheet!B3" in listed.findings[1].message()


def test_a_column_that_nothing_asks_for_is_told(sheet: Sheet, scheme: Scheme) -> None:
    listed = read_targets(
        sheet(["代码", "名称", "备注", "接车台数", "轮胎"], ["D001", "x", "y", 310, 5]), scheme, ROSTER
    )
    assert told(listed.findings) == [("XK-T024", "表中的列“接车台数”不认识，没有使用")]
    assert str(listed.findings[0].place) == "Sheet!D1"


@pytest.mark.parametrize(("value", "code"), [("很多", "XK-V002"), (-1, "XK-V004"), (2.5, "XK-V003"), (True, "XK-V002")])
def test_a_target_that_cannot_be_is_told_and_not_used(value: Any, code: str, sheet: Sheet, scheme: Scheme) -> None:
    listed = read_targets(sheet(["代码", "接车台次"], ["D001", value]), scheme, ROSTER)
    assert listed.rows == {"D001": {"接车台次": Absence.UNREADABLE}}
    assert [f.code for f in listed.findings] == [code]


@pytest.mark.parametrize(("value", "shown"), [(None, "空白"), (0.0, "0 台"), (-3.0, "-3 台")])
def test_every_missing_or_worthless_target_is_a_finding(value: float | None, shown: str, scheme: Scheme) -> None:
    targets = {"D001": dict.fromkeys(scheme.targets(), 1.0), "D002": dict.fromkeys(scheme.targets(), 1.0)}
    if value is None:
        del targets["D002"]["接车台次"]
    else:
        targets["D002"]["接车台次"] = value
    found = missing_targets("targets.xlsx", scheme, ROSTER.values(), targets)
    assert told(found) == [("XK-T023", f"经销商 D002 的“接车台次”没有有效的目标（{shown}）")]


def test_no_targets_at_all_are_a_finding_for_each_field_that_names_the_dealers(scheme: Scheme) -> None:
    found = missing_targets("", scheme, ROSTER.values(), {})
    assert [finding.field for finding in found] == list(scheme.targets())
    assert all("D001、D002" in finding.message() for finding in found)


# ------------------------------------------------------------------ last values and inspections


def test_last_values_keep_numbers_only(sheet: Sheet, scheme: Scheme) -> None:
    listed = read_history(sheet(["代码", "接车台次", "轮胎"], ["D001", 250, "不适用"]), scheme, ROSTER)
    assert listed.rows == {"D001": {"接车台次_上月": 250.0}}


def test_the_sources_own_phrases_are_read_as_inspections(sheet: Sheet, scheme: Scheme, real_month: RealMonth) -> None:
    listed = read_inspections(
        sheet(["代码", *real_month.phrases], ["D001", *real_month.phrases.values()]), scheme, ROSTER
    )
    assert listed.rows == {"D001": dict(real_month.inspections)}
    assert {f.code for f in listed.findings} == {"XK-V009", "XK-V012"}
    assert {f.facts["label"] for f in listed.findings if f.code == "XK-V012"} == {
        "一号店 承诺时间修复率", "一号店 返修台数", "一号店 培训次数",
    }  # fmt: skip


def test_an_inspection_left_blank_is_left_out(sheet: Sheet, scheme: Scheme) -> None:
    listed = read_inspections(sheet(["代码", "返修台数", "培训次数"], ["D001", None, 3]), scheme, ROSTER)
    assert listed.rows == {"D001": {"培训次数": 3.0}}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("员工满意度", 900, "XK-V005"),
        ("绩效沟通会召开日", 32, "XK-V005"),
        ("培训次数", 2.5, "XK-V003"),
        ("返修台数", -1, "XK-V004"),
        ("维修欠款回收", "也许", "XK-V007"),
        ("员工满意度", "很好", "XK-V002"),
    ],
)
def test_an_inspection_that_cannot_be_is_unreadable_and_never_taken_as_met(
    field: str, value: Any, code: str, sheet: Sheet, scheme: Scheme
) -> None:
    listed = read_inspections(sheet(["代码", field], ["D001", value]), scheme, ROSTER)
    assert listed.rows == {"D001": {field: Absence.UNREADABLE}}
    assert code in [f.code for f in listed.findings]


def test_90_in_a_plain_cell_is_90_percent_with_a_notice(sheet: Sheet, scheme: Scheme) -> None:
    listed = read_inspections(sheet(["代码", "员工满意度"], ["D001", 90]), scheme, ROSTER)
    assert listed.rows == {"D001": {"员工满意度": 0.9}}
    assert [f.code for f in listed.findings] == ["XK-V009"]


# ------------------------------------------------------------------ the forms that the tool makes are read back


def filled_form(data: bytes, path: Path, values: dict[str, Any], code: str = "D001") -> Path:
    book = load_workbook(io.BytesIO(data))
    page = book.worksheets[0]
    head = next(n for n, row in enumerate(page.iter_rows(), 1) if row[0].value == "经销商代码")
    row = next(n for n in range(head + 1, page.max_row + 1) if page.cell(n, 1).value == code)
    columns = {cell.value: n for n, cell in enumerate(page[head], 1)}
    for heading, value in values.items():
        page.cell(row, columns[heading]).value = value
    book.save(path)
    return path


KEYS = [(dealer.code, dealer.name, dealer.region) for dealer in ROSTER.values()]


def test_the_roster_form_gives_the_roster(tmp_path: Path) -> None:
    (tmp_path / "r.xlsx").write_bytes(roster_form(KEYS))
    listed = read_roster(tmp_path / "r.xlsx")
    assert (listed.rows, listed.findings) == (ROSTER, [])


def test_the_targets_form_gives_the_targets(tmp_path: Path, scheme: Scheme, real_month: RealMonth) -> None:
    path = filled_form(targets_form(scheme, KEYS, "2026-11"), tmp_path / "t.xlsx", dict(real_month.targets))
    listed = read_targets(path, scheme, ROSTER)
    assert listed.rows == {"D001": dict(real_month.targets), "D002": {}}
    assert listed.findings == []


def test_the_inspections_form_gives_the_inspections(tmp_path: Path, scheme: Scheme, real_month: RealMonth) -> None:
    given = {name: value for name, value in real_month.inspections.items() if not isinstance(value, Absence)}
    path = filled_form(inspections_form(scheme, KEYS, "2026-11"), tmp_path / "i.xlsx", given)
    listed = read_inspections(path, scheme, ROSTER)
    assert listed.rows == {"D001": given, "D002": {}}
    assert {f.code for f in listed.findings} == {"XK-V012"}


# ------------------------------------------------------------------ hostile lists


@pytest.mark.parametrize(
    ("part", "end"),
    [
        ("xl/workbook.xml", b"</workbook>"),
        ("xl/worksheets/sheet1.xml", b"</worksheet>"),
        ("xl/worksheets/sheet1.xml", b"</sheetData>"),
        ("xl/worksheets/sheet1.xml", b"</is><!-- -->"),
        ("xl/styles.xml", b"</styleSheet>"),
    ],
)
def test_a_list_with_tags_beyond_any_depth_is_a_finding_at_most(sheet: Sheet, part: str, end: bytes) -> None:
    path = sheet(["代码", "名称"], ["D1", "甲"])
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    close = end.removesuffix(b"<!-- -->")  # a comment makes the reader take another way
    assert close in parts[part]
    parts[part] = parts[part].replace(close, b"<r>" * 50_000 + b"</r>" * 50_000 + end, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    listed = read_roster(path)
    assert listed.rows or listed.findings
    assert {finding.code[:4] for finding in listed.findings} <= {"XK-F"}
