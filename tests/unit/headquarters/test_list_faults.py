"""One reader for all lists: a table of what people do to them, and what comes of it: values, or a finding, never both.

Each case makes a workbook, breaks it in one way, and says which findings come and what is read in spite of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.batch.receipts import read_receipts
from xlkpi.findings import Finding, Severity, catalogue, told_once
from xlkpi.headquarters.forms import inspections_form, return_list_form, targets_form
from xlkpi.headquarters.inspections import read_inspections
from xlkpi.headquarters.lists import read_history, read_plan, read_roster, read_targets
from xlkpi.headquarters.waivers import COLUMNS, read_waivers
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence

MONTH = "2026-11"
ROSTER = {code: Dealer(code, f"{code}店", "华东") for code in ("D001", "D002", "007")}
LOST = Absence.UNREADABLE
FIELDS = ("接车台次", "维修产值", "维修毛利", "养护品", "精品", "轮胎")
FIGURES = (310, 316228.8, 108031.1, 12758.2, 19638.5, 16757.1)
Edit = Callable[[Worksheet], object]


@dataclass(frozen=True)
class Case:
    """What is done to a good list, which findings come, and what is read: by dealer and field, or by file."""

    name: str
    edit: Edit
    codes: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def book_of(sheet: Worksheet) -> Workbook:
    assert isinstance(sheet.parent, Workbook)
    return sheet.parent


def setting(**cells: Any) -> Edit:
    """Puts contents into cells."""

    def edit(sheet: Worksheet) -> None:
        for ref, content in cells.items():
            sheet[ref] = content

    return edit


def formatted(ref: str, content: Any, code: str) -> Edit:
    def edit(sheet: Worksheet) -> None:
        sheet[ref] = content
        sheet[ref].number_format = code

    return edit


def struck(*refs: str) -> Edit:
    def edit(sheet: Worksheet) -> None:
        for ref in refs:
            sheet[ref].font = Font(strike=True)

    return edit


def merging(*areas: str) -> Edit:
    return lambda sheet: [sheet.merge_cells(area) for area in areas]


def appending(*rows: list[Any]) -> Edit:
    def edit(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)

    return edit


def second(title: str, *rows: list[Any], state: str = "visible", first: bool = False) -> Edit:
    """A second sheet with the same headings and these rows."""

    def edit(sheet: Worksheet) -> None:
        book = book_of(sheet)
        other = book.create_sheet(title, 0 if first else None)
        other.append([cell.value for cell in sheet[1]])
        for row in rows:
            other.append(row)
        other.sheet_state = state
        book.active = book.index(sheet)

    return edit


def hiding(row: int = 0, column: str = "") -> Edit:
    def edit(sheet: Worksheet) -> None:
        if row:
            sheet.row_dimensions[row].hidden = True
        if column:
            sheet.column_dimensions[column].hidden = True

    return edit


def both(*edits: Edit) -> Edit:
    return lambda sheet: [edit(sheet) for edit in edits]


def titled(text: str) -> Edit:
    def edit(sheet: Worksheet) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = text

    return edit


def units_row(*units: str) -> Edit:
    def edit(sheet: Worksheet) -> None:
        sheet.insert_rows(1)
        for column, unit in enumerate(units, 4):
            sheet.cell(1, column).value = unit

    return edit


def in_ten_thousands(sheet: Worksheet) -> None:
    for row, figure in ((2, 31.6), (3, 30), (4, 28.5)):
        sheet.cell(row, 5).value = figure


def targets() -> Worksheet:
    sheet = Workbook().worksheets[0]
    sheet.append(["经销商代码", "经销商名称", "区域", *FIELDS])
    for code, dealer in ROSTER.items():
        sheet.append([code, dealer.name, "华东", *FIGURES])
    return sheet


EACH = {f"{code}.接车台次": 310.0 for code in ROSTER}
TARGETS = [
    Case("as it should be", setting(), (), EACH),
    Case("heading twice", setting(J1="接车台次", J2=100), ("XK-T068",), {"D001.接车台次": LOST, "D002.接车台次": LOST}),
    Case("heading twice with a blank", setting(J1="接车台次 ", J2=9), ("XK-T068",), {"D001.接车台次": LOST}),
    Case("heading twice with a unit", setting(J1="接车台次（台）"), ("XK-T068",), {"D001.维修产值": 316228.8}),
    Case("code column twice", setting(J1="经销商代码"), ("XK-T068",)),
    Case("blanks in a heading", setting(D1="接 车 台 次"), (), EACH),
    Case("line break in a heading", setting(D1="接车\n台次"), (), EACH),
    Case("full-width and invisible heading", setting(D1="\u200b接车台次：", A1="经销商代码\u200b"), (), EACH),
    Case("escaped carriage return", setting(D1="接车台次_x000D_", A2="D001_x000D_"), (), EACH),
    Case("unit in brackets", setting(D1="接车台次(台)", E1="维修产值（元）"), (), {"D001.维修产值": 316228.8, **EACH}),
    Case("unit on a second line", setting(E1="维修产值\n元"), (), {"D001.维修产值": 316228.8}),
    Case("another unit in brackets", both(setting(E1="维修产值（万元）"), in_ten_thousands), ("XK-T074",),
         {"D001.维修产值": 316000.0, "007.维修产值": 285000.0}),
    Case("another unit behind a stroke", both(setting(E1="维修产值/万元"), in_ten_thousands), ("XK-T074",),
         {"D001.维修产值": 316000.0}),
    Case("own unit in a cell", both(setting(E1="维修产值（万元）"), in_ten_thousands, setting(E2="31.6万元")),
         ("XK-T074", "XK-V009"), {"D001.维修产值": 316000.0}),
    Case("another unit for some only", setting(E1="维修产值（万元）", E2=31.6), ("XK-T075",), {"D001.维修产值": LOST}),
    Case("a unit of another kind", setting(E1="维修产值（台）"), ("XK-T075",), {"D001.维修产值": LOST}),
    Case("row of units", units_row("台", "元", "元"), (), EACH),
    Case("row of units changed", both(in_ten_thousands, units_row("台", "万元")), ("XK-T074",),
         {"D001.维修产值": 316000.0}),
    Case("row of units against heading", both(setting(E1="维修产值（万元）"), units_row("台", "元")), ("XK-T075",),
         {"D001.维修产值": LOST}),
    Case("unknown heading", setting(J1="接车台数", J2=5), ("XK-T024",), EACH),
    Case("column left out", setting(D1="接车数"), ("XK-T020", "XK-T024"), {"D001.维修产值": 316228.8}),
    Case("two sheets of one month's name", second("11月", ["D001", "", "", *FIGURES]), ("XK-T065",)),
    Case("last month's sheet first", second("旧", ["D001", "", "", 1, 1, 1, 1, 1, 1], first=True), ("XK-T065",)),
    Case("last month's sheet hidden", second("旧", ["D001", "", "", 1, 1, 1, 1, 1, 1], state="hidden", first=True),
         ("XK-T067",), EACH),
    Case("very hidden sheet", second("旧", ["D001", "", "", 1, 1, 1, 1, 1, 1], state="veryHidden"), ("XK-T067",), EACH),
    Case("sheet for each region", both(lambda s: s.delete_rows(4), second("华南", ["007", "", "", *FIGURES])),
         ("XK-T066",), EACH),
    Case("another month's sheet", lambda s: setattr(s, "title", "10月"), ("XK-T061",)),
    Case("another month in the title", titled("2026年10月目标"), ("XK-T061",)),
    Case("this month in the title", titled("2026年11月目标（制表 2026-10-28）"), (), EACH),
    Case("dealer twice and alike", appending(["D001", "", "", *FIGURES]), ("XK-T022",), EACH),
    Case("dealer twice with another figure", appending(["D001", "", "", 1]), ("XK-T022", "XK-T069"),
         {"D001.接车台次": LOST, "D001.维修产值": 316228.8}),
    Case("hidden row", hiding(row=3), ("XK-T070",), EACH),
    Case("hidden column", hiding(column="D"), ("XK-T070",), EACH),
    Case("formula that can be worked out", setting(E2="=100*2"), ("XK-V010",), {"D001.维修产值": 200.0}),
    Case("formula that cannot", setting(E2="=F2*3"), ("XK-V011",), {"D001.维修产值": LOST}),
    Case("code in lower case", setting(A2="d001"), ("XK-T072",), EACH),
    Case("code in full width", setting(A2="Ｄ００１"), ("XK-T072",), EACH),
    Case("code with invisible characters", setting(A2="D001\u200b", A3="D002\xa0"), (), EACH),
    Case("code as a number by format", formatted("A4", 7, "000"), (), EACH),
    Case("code as a number", setting(A4=7), ("XK-T072",), EACH),
    Case("code is an error", setting(A2="#N/A"), ("XK-T023", "XK-T071"), {"D002.接车台次": 310.0}),
    Case("code is TRUE", setting(A2=True), ("XK-T023", "XK-T071")),
    Case("code is a date", setting(A2=datetime(2026, 5, 1)), ("XK-T023", "XK-T071")),
    Case("code is 1.2E+17", setting(A2=1.2e17), ("XK-T023", "XK-T071")),
    Case("code is a formula without result", setting(A2='="D"&"001"'), ("XK-T023", "XK-T071")),
    Case("code left out", setting(A2=None), ("XK-T023", "XK-T025")),
    Case("code misspelt", setting(A2="D0O1"), ("XK-T021", "XK-T023")),
    Case("closed dealer", appending(["D099", "", "", *FIGURES]), ("XK-T077",), EACH),
    Case("totals row", appending(["合计", "", "", *FIGURES]), ("XK-T076",), EACH),
    Case("totals row by name", appending([None, "华东小计", "", *FIGURES]), ("XK-T076",), EACH),
    Case("a column without its heading", setting(I1=None), ("XK-T020", "XK-T024"), EACH),
    Case("words beside", setting(J2="已谈好"), ("XK-T024",), EACH),
    Case("a heading over two columns", both(setting(J1="备注", K2="已谈好"), merging("J1:K1")), (), EACH),
    Case("totals without a word", appending([None] * 3 + ["=SUM(D2:D4)", "=SUBTOTAL(9,E2:E4)"]), ("XK-T076",), EACH),
    Case("a figure of nobody's", appending([None, None, None, 930]), ("XK-T025",), EACH),
    Case("a change for a target", setting(D2="+10"), ("XK-T023",), {**EACH, "D001.接车台次": LOST}),
    Case("note below", appending(["注：目标为不含税"], [None, "制表人"]), ("XK-T076",), EACH),
    Case("row of spaces", appending([" ", "\u3000", " "]), ("XK-T076",), EACH),
    Case("headings again", appending(["经销商代码", "经销商名称", "区域", *FIELDS]), (), EACH),
    Case("another list below", appending(["经销商代码", "轮胎"], ["D001", 1]), ("XK-T086",), EACH),
    Case("merged target", merging("D2:D3"), ("XK-T073",), {"D001.接车台次": LOST, "D002.接车台次": LOST}),
    Case("merged over two fields", merging("E2:F2"), ("XK-T073",), {"D001.维修产值": LOST}),
    Case("merged region", merging("C2:C4"), (), EACH),
    Case("blank target", setting(D2=None), ("XK-T023",), {"D002.接车台次": 310.0}),
    Case("target nought", setting(E2=0), ("XK-T023",), {"D001.维修产值": LOST}),
    Case("target below nought", setting(E2=-5), ("XK-T023",), {"D001.维修产值": LOST}),
    Case("target not applicable", setting(E2="不适用"), (), {"D001.维修产值": Absence.NOT_APPLICABLE}),
    Case("unreadable target is no blank", setting(D2="约310"), ("XK-V002",), {"D001.接车台次": LOST}),
    Case("another unit by format", formatted("E2", 31.6, '0.0"万元"'), ("XK-V019",), {"D001.维修产值": LOST}),
    Case("another list", lambda s: [s.cell(1, c + 4, f"别的{c}") for c in range(6)], ("XK-T024", "XK-T087")),
]  # fmt: skip


def codes_of(findings: list[Finding]) -> tuple[str, ...]:
    """The codes that came, once each; every finding can be told in both languages."""
    for finding in findings:
        for lang in ("zh", "en"):
            assert finding.message(lang)
            assert finding.cause(lang)
            assert finding.remedy(lang)
    return tuple(sorted({finding.code for finding in findings}))


def saved(sheet: Worksheet, case: Case, folder: Path) -> Path:
    case.edit(sheet)
    path = folder / "list.xlsx"
    book_of(sheet).save(path)
    return path


def named(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=case.name.replace(" ", "-")) for case in cases]


def values_of(rows: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {key: rows.get(key.partition(".")[0], {}).get(key.partition(".")[2]) for key in wanted}


@pytest.mark.parametrize("case", named(TARGETS))
def test_targets(case: Case, tmp_path: Path, scheme: Scheme) -> None:
    path = saved(targets(), case, tmp_path)
    listed = read_targets(path, scheme, ROSTER, month=MONTH, complete=True)
    assert codes_of(listed.findings) == case.codes
    assert values_of(listed.rows, case.values) == case.values
    assert listed.refused == (not listed.rows)
    worst = [finding.severity for finding in listed.findings]
    assert worst == sorted(worst, reverse=True), "the gravest comes first"


# ------------------------------------------------------------------ roster


def roster() -> Worksheet:
    sheet = Workbook().worksheets[0]
    for row in (["经销商代码", "经销商名称", "区域"], ["D001", "浦东店", "华东"], ["D002", "虹桥店", "华东"]):
        sheet.append(row)
    return sheet


BOTH = {"D001": ("浦东店", "华东"), "D002": ("虹桥店", "华东")}
ROSTERS = [
    Case("as it should be", setting(), (), BOTH),
    Case("blanks and line breaks", setting(C2="华 东", B2="浦东\n店", C3="华东\u200b"), (), BOTH),
    Case("escaped carriage return", setting(A2="D001_x000D_", B2="浦东_x000D_\n店", C2="华东_x000D_"), (), BOTH),
    Case("code in full width", setting(A2="Ｄ００１"), ("XK-T072",), BOTH),
    Case("merged region", both(setting(C3=None), merging("C2:C3")), (), BOTH),
    Case("code is an error", setting(A2="#N/A"), ("XK-T071",), {"D002": BOTH["D002"]}),
    Case("code without result", setting(A2='="D"&"001"'), ("XK-T071",), {"D002": BOTH["D002"]}),
    Case("name is an error", setting(B2="#REF!"), ("XK-T071",), {"D001": ("D001", "华东"), "D002": BOTH["D002"]}),
    Case("name is TRUE", setting(B2=True), ("XK-T071",), {"D001": ("D001", "华东"), "D002": BOTH["D002"]}),
    Case("codes alike but for blanks", appending(["d 001", "丙", ""]), ("XK-T027",), BOTH),
    Case("codes that are no file's name", setting(A2="D:001?", A3="a/b"), (),
         {"D:001?": BOTH["D001"], "a/b": BOTH["D002"]}),
    Case("zeros by format", formatted("A3", 7, "000"), (), {"D001": BOTH["D001"], "007": BOTH["D002"]}),
    Case("number as a code", setting(A3=1002), (), {"D001": BOTH["D001"], "1002": BOTH["D002"]}),
    Case("closed dealer", setting(D1="状态", D3="已停业"), ("XK-T084",), {"D001": BOTH["D001"]}),
    Case("closed and when", setting(D1="状态", D3="2026年9月起停业"), ("XK-T097",), BOTH),
    Case("closed by a remark with more", setting(D1="备注", D3="已退网，不再考核"), ("XK-T097",), BOTH),
    Case("perhaps closed soon", setting(D1="状态", D3="拟撤店"), ("XK-T097",), BOTH),
    Case("closed by its name", setting(B3="虹桥店（已 停 业）"), ("XK-T097",),
         {**BOTH, "D002": ("虹桥店（已 停 业）", "华东")}),
    Case("closed by its state and its name", setting(B3="虹桥店（闭店）", D1="状态", D3="闭店"), ("XK-T084",),
         {"D001": BOTH["D001"]}),
    *(Case(f"state: {said}", setting(D1=said.split("=")[0], D3=said.split("=")[1]), ("XK-T097",), BOTH)
      for said in ("状态=已转让", "状态=暂停营业", "经营状态=建店中", "门店 状态=并入浦东店", "是否营业=否", "状态=关",
                   "备注=已转让", "备注=不再考核")),
    *(Case(f"another column: {said}", setting(D1=said.split("=")[0], D2="否", D3=said.split("=")[1]),
           ("XK-T024", "XK-T097"), BOTH)
      for said in ("说明=闭店", "是否停业=是", "退网日期=2026-10-31", "状态（营业/停业）=停业")),
    Case("without a heading", setting(E3="退网"), ("XK-T024", "XK-T097"), BOTH),
    Case("in the region", setting(C3="已停业"), ("XK-T097",), {**BOTH, "D002": ("虹桥店", "已停业")}),
    Case("in the code", setting(A3="D002(停业)"), ("XK-T097",), {"D001": BOTH["D001"], "D002(停业)": BOTH["D002"]}),
    Case("on a sheet for it", both(lambda s: s.delete_rows(3), second("已退网", ["D002", "虹桥店", "华东"])),
         ("XK-T066", "XK-T097"), BOTH),
    Case("struck out", struck("A3", "B3", "C3"), ("XK-T084",), {"D001": BOTH["D001"]}),
    Case("open by its state", setting(D1="状态", D2="营业", D3="正常"), (), BOTH),
    Case("totals and a note", appending(["合计", "2 家"], ["说明：本月"]), ("XK-T076",), BOTH),
    Case("sheet for each region", both(lambda s: s.delete_rows(3), second("华南", ["D002", "虹桥店", "华东"])),
         ("XK-T066",), BOTH),
    Case("no names", setting(B1="店"), ("XK-T020", "XK-T024"), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", named(ROSTERS))
def test_roster(case: Case, tmp_path: Path) -> None:
    listed = read_roster(saved(roster(), case, tmp_path))
    assert codes_of(listed.findings) == case.codes
    assert {code: (dealer.name, dealer.region) for code, dealer in listed.rows.items()} == case.values


# ------------------------------------------------------------------ inspections, last values, the plan


def inspections() -> Worksheet:
    sheet = Workbook().worksheets[0]
    sheet.append(["代码", "培训次数", "返修台数", "员工满意度"])
    for code in ROSTER:
        sheet.append([code, 3, 0, "95%"])
    return sheet


TRAINED = {f"{code}.培训次数": 3.0 for code in ROSTER}
INSPECTIONS = [
    Case("as it should be", setting(), ("XK-V009",), TRAINED),
    Case("heading twice", setting(E1="培训次数", E2=9), ("XK-T068", "XK-V009"), {"D001.培训次数": LOST}),
    Case("formula without result", setting(B2="=1+2"), ("XK-V009", "XK-V010"), TRAINED),
    Case("formula that cannot be worked out", setting(B2="=C9+1"), ("XK-V009", "XK-V011"), {"D001.培训次数": LOST}),
    Case("hidden old sheet", second("10月", ["D001", 1, 9, "1%"], state="hidden", first=True), ("XK-T067", "XK-V009"),
         TRAINED),
    Case("targets instead", lambda s: [s.cell(1, n, t) for n, t in enumerate(FIELDS[:3], 2)], ("XK-T024", "XK-T087")),
    Case("per cent in the heading", setting(D1="员工满意度（%）", D2=95, D3="95%", D4="95%"), ("XK-V009",),
         {"D001.员工满意度": 0.95}),
    Case("dealer twice", appending(["D001", 1]), ("XK-T022", "XK-T069", "XK-V009"), {"D001.培训次数": LOST}),
]  # fmt: skip


@pytest.mark.parametrize("case", named(INSPECTIONS))
def test_inspections(case: Case, tmp_path: Path, scheme: Scheme) -> None:
    listed = read_inspections(saved(inspections(), case, tmp_path), scheme, ROSTER, month=MONTH)
    assert codes_of(listed.findings) == case.codes
    assert values_of(listed.rows, case.values) == case.values


@pytest.mark.parametrize(
    ("edit", "codes", "value"),
    [
        (setting(), (), 250.0),
        (setting(B1="接车台次（台）"), (), 250.0),
        (setting(C1="接车台次", C2=1), ("XK-T068",), None),
        (setting(B2="=X9"), ("XK-V011",), None),
        (appending(["合计", 500]), ("XK-T076",), 250.0),
    ],
)
def test_last_values(edit: Edit, codes: tuple[str, ...], value: float | None, tmp_path: Path, scheme: Scheme) -> None:
    sheet = Workbook().worksheets[0]
    sheet.append(["代码", "接车台次"])
    sheet.append(["D001", 250])
    listed = read_history(saved(sheet, Case("", edit), tmp_path), scheme, ROSTER)
    assert codes_of(listed.findings) == codes
    assert listed.rows.get("D001", {}).get("接车台次_上月") == value


@pytest.mark.parametrize(
    ("edit", "codes", "values"),
    [
        (setting(), (), {"接车台次_1月目标": 100.0, "接车台次_责任人": "张"}),
        (setting(D1="1月"), (), {"接车台次_1月目标": 100.0}),
        (setting(D1="1 月\n目标"), (), {"接车台次_1月目标": 100.0}),
        (setting(D1="1月目标（万元）", B2="维修产值", D2=31.6), ("XK-T074",), {"维修产值_1月目标": 316000.0}),
        (setting(D1="1月目标（万元）"), ("XK-T074", "XK-V017"), {"接车台次_1月目标": None}),
        (setting(E1="一月计划", E2=5), ("XK-T024",), {"接车台次_1月目标": 100.0}),
        (appending(["D001", "接车台次", "李", 111]), ("XK-T069",), {"接车台次_1月目标": None, "接车台次_责任人": None}),
        (appending(["D001", "接车台次", None, 100]), (), {"接车台次_1月目标": 100.0, "接车台次_责任人": "张"}),
        (
            both(appending([None, "轮胎", "张", 7]), merging("A2:A3")),
            (),
            {"接车台次_1月目标": 100.0, "轮胎_1月目标": 7.0},
        ),
        (setting(D2="=X1*2"), ("XK-V011",), {"接车台次_1月目标": None}),
        (setting(D2=100.5), ("XK-V003",), {"接车台次_1月目标": None}),
        (setting(D2="很多"), ("XK-V002",), {"接车台次_1月目标": None}),
        (setting(D2=-5), ("XK-V004",), {"接车台次_1月目标": None}),
        (setting(B2="轮胎", D2=-5), ("XK-T098",), {"轮胎_1月目标": None}),
        (setting(B2="轮胎", D1="奖励线", D2=-5), ("XK-T098",), {"轮胎_奖励线": None}),
        (setting(B2="维修毛利", D1="本年以前", D2=-5), (), {"维修毛利_本年以前": -5.0}),
        (setting(D2=0), (), {"接车台次_1月目标": 0.0}),
        (setting(D1="1月目标", E1="1月目标", E2=5), ("XK-T068",), {"接车台次_1月目标": None}),
    ],
)
def test_plan(edit: Edit, codes: tuple[str, ...], values: Mapping[str, Any], tmp_path: Path, scheme: Scheme) -> None:
    sheet = Workbook().worksheets[0]
    sheet.append(["经销商代码", "项目", "责任人", "1月目标"])
    sheet.append(["D001", "接车台次", "张", 100])
    listed = read_plan(saved(sheet, Case("", edit), tmp_path), scheme, ROSTER)
    assert codes_of(listed.findings) == codes
    mine = listed.rows.get("D001", {})
    assert {name: mine.get(name) for name in values} == values


# ------------------------------------------------------------------ receipts


@pytest.mark.parametrize(
    ("content", "shown", "code"),
    [
        ("8/12", "", "XK-T056"), ("10月5日", "", "XK-T056"), (6.5, "", "XK-T056"),
        (12.8, "12-08 00:00", ""), (12.25, "12-25 00:00", ""), (12.1, "", "XK-T080"), (12.2, "", "XK-T080"),
        (11.3, "", "XK-T080"), (12.31, "12-31 00:00", ""), (5, "", "XK-T056"), (2026.12, "", "XK-T056"),
        (20261205, "12-05 00:00", ""), (261205, "", "XK-T056"), (46361.5, "12-05 12:00", ""),
        (datetime(2026, 12, 5, 18, 30), "12-05 18:30", ""), ("12.10", "12-10 00:00", ""), ("12.1", "12-01 00:00", ""),
        ("2026-12-05 18:30", "12-05 18:30", ""), ("2026/12/5 下午6:30", "12-05 18:30", ""),
        ("12月5日", "12-05 00:00", ""), ("12月5日 18时", "12-05 18:00", ""), ("2026-12-05T18:30:00Z", "", "XK-T056"),
        ("2026年12月5日 18时30分", "12-05 18:30", ""), ("2026.12.5", "12-05 00:00", ""),
        ("2026-12-05 6:30 PM", "12-05 18:30", ""), ("２０２６-１２-０５", "12-05 00:00", ""),
        ("2026-12-05 18：30", "12-05 18:30", ""), ("26-12-5", "", "XK-T056"), ("12/5/2026", "", "XK-T056"),
        ("2026-12-05 周六", "12-05 00:00", ""), ("2026-12-05 周一", "", "XK-T056"), ("昨天", "", "XK-T056"),
        (True, "", "XK-T056"), (None, "", "XK-T056"), ("2026-10-05", "10-05 00:00", "XK-T081"),
    ],
)  # fmt: skip
def test_receipts(content: Any, shown: str, code: str, tmp_path: Path) -> None:
    sheet = Workbook().worksheets[0]
    sheet.append(["文件", "收到时间"])
    sheet.append(["D001.xlsx", content])
    log = read_receipts(saved(sheet, Case("", setting()), tmp_path), MONTH)
    assert [f"{line.receipt.moment:%m-%d %H:%M}" for line in log.lines] == ([shown] if shown else [])
    assert all(line.receipt.moment.year == 2026 for line in log.lines)
    assert codes_of(log.findings) == ((code,) if code else ())


def test_a_number_shown_as_12_10_is_the_tenth(tmp_path: Path) -> None:
    sheet = Workbook().worksheets[0]
    sheet.append(["文件", "收到时间"])
    log = read_receipts(saved(sheet, Case("", both(setting(A2="a"), formatted("B2", 12.1, "0.00"))), tmp_path), MONTH)
    assert [line.receipt.moment for line in log.lines] == [datetime(2026, 12, 10)]


@pytest.mark.parametrize(
    ("written", "files", "codes"),
    [
        ("D001_店.xlsx", ["in/D001_店.xlsx"], ""), ("D001_店", ["in/D001_店.xlsx"], ""),
        ("d001_店.XLSX", ["in/D001_店.xlsx"], ""), ("华南/D001_店.xlsx", ["in/D001_店.xlsx"], ""),
        ("C:\\收件\\D001_店.xlsx", ["in/D001_店.xlsx"], ""), ("D002.xlsx", ["in/D001_店.xlsx"], "XK-T078"),
        ("报表.xlsx", ["east/报表.xlsx", "south/报表.xlsx"], "XK-T079"),
        ("south/报表.xlsx", ["east/报表.xlsx", "south/报表.xlsx"], ""),
    ],
)  # fmt: skip
def test_a_receipt_fits_its_file(written: str, files: list[str], codes: str, tmp_path: Path) -> None:
    sheet = Workbook().worksheets[0]
    sheet.append(["文件", "收到时间"])
    sheet.append([written, "2026-12-05"])
    log = read_receipts(saved(sheet, Case("", setting()), tmp_path), MONTH)
    found, strays = log.of([Path(file) for file in files])
    assert codes_of(strays) == ((codes,) if codes else ())
    assert list(found) == ([] if codes else [files[-1]])


# ------------------------------------------------------------------ waivers


@pytest.mark.parametrize(
    ("change", "month"),
    [
        ({"月份": "2026年11月"}, MONTH), ({"月份": 2026.11}, MONTH), ({"月份": 202611}, MONTH),
        ({"月份": "2026/11"}, MONTH), ({"月份": datetime(2026, 11, 1)}, MONTH), ({"月份": " 2026-11 "}, MONTH),
        ({"问题代码": "xk-v001"}, MONTH), ({"问题代码": "V001"}, MONTH), ({"问题代码": "ＸＫ-V001"}, MONTH),
        ({"项目": "精 品"}, MONTH), ({"经销商代码": "d001"}, MONTH), ({"月份": 2026.1}, ""), ({"月份": "11月"}, ""),
        ({"批准人": "#N/A", "月份": "x"}, ""),
    ],
)  # fmt: skip
def test_waivers(change: Mapping[str, Any], month: str, issue: Issue, tmp_path: Path) -> None:
    good = dict(zip(COLUMNS.values(), ("D001", "XK-V001", "精品", MONTH, None, "台风", "王"), strict=True))
    sheet = Workbook().worksheets[0]
    sheet.append(list(good))
    sheet.append(list({**good, **change}.values()))
    waivers, found = read_waivers(saved(sheet, Case("", setting()), tmp_path), issue)
    assert [(w.dealer, w.code, w.field, w.first) for w in waivers] == (
        [("D001", "XK-V001", "精品", month)] if month else []
    )
    assert codes_of(found) == (() if month else ("XK-T030",))


# ------------------------------------------------------------------ whose list it is


def form_of(kind: str, scheme: Scheme, month: str) -> bytes:
    keys = [(code, dealer.name, dealer.region) for code, dealer in ROSTER.items()]
    if kind == "returns":
        return return_list_form("回收清单", ("文件", "收到时间"), (9, 9), [("a", "2026-12-01")])
    return (targets_form if kind == "targets" else inspections_form)(scheme, keys, month)


@pytest.mark.parametrize(
    ("kind", "month", "given", "code"),
    [
        ("targets", MONTH, "targets", ""), ("targets", "2026-10", "targets", "XK-T061"),
        ("inspections", MONTH, "inspections", ""), ("inspections", "2026-10", "inspections", "XK-T061"),
        ("targets", MONTH, "inspections", "XK-T060"), ("inspections", MONTH, "targets", "XK-T060"),
        ("targets", MONTH, "roster", "XK-T060"), ("returns", MONTH, "receipts", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("unmarked", [False, True])
def test_a_form_is_known_by_its_marker_or_its_title(
    kind: str, month: str, given: str, code: str, unmarked: bool, tmp_path: Path, scheme: Scheme
) -> None:
    book = load_workbook(io.BytesIO(form_of(kind, scheme, month)))
    if unmarked:
        book.defined_names.clear()
        book.custom_doc_props.props.clear()  # type: ignore[attr-defined]  # types-openpyxl lacks it
    book.save(tmp_path / "form.xlsx")

    def read(anyway: bool) -> list[Finding]:
        path = tmp_path / "form.xlsx"
        if given == "roster":
            return read_roster(path, anyway=anyway).findings
        if given == "receipts":
            return read_receipts(path, MONTH, anyway=anyway).findings
        reader = read_targets if given == "targets" else read_inspections
        return reader(path, scheme, ROSTER, month=MONTH, anyway=anyway).findings

    found = read(anyway=False)
    assert codes_of(found) == ((code,) if code else ())
    if code:
        assert catalogue()[code].severity is Severity.ERROR
        assert "XK-T063" in codes_of(read(anyway=True))


def test_another_scheme_s_form_is_refused_by_both_names(tmp_path: Path, scheme: Scheme) -> None:
    other = scheme.model_copy(update={"name": "sales"})
    (tmp_path / "form.xlsx").write_bytes(form_of("targets", other, MONTH))
    listed = read_targets(tmp_path / "form.xlsx", scheme, ROSTER, month=MONTH)
    assert codes_of(listed.findings) == ("XK-T062",)
    assert "sales" in listed.findings[0].message()
    assert scheme.name in listed.findings[0].message()
    newer = scheme.model_copy(update={"version": "2027.1"})
    assert codes_of(read_targets(tmp_path / "form.xlsx", other, ROSTER, month=MONTH).findings) == ()
    (tmp_path / "form.xlsx").write_bytes(form_of("targets", newer, MONTH))
    assert codes_of(read_targets(tmp_path / "form.xlsx", scheme, ROSTER, month=MONTH).findings) == ("XK-T064",)


# ------------------------------------------------------------------ several lists, many faults


def test_lists_given_twice_are_both_read(tmp_path: Path) -> None:
    paths = []
    for code in ("D001", "D002"):
        sheet = Workbook().worksheets[0]
        sheet.append(["代码", "名称"])
        sheet.append([code, f"{code}店"])
        paths.append(tmp_path / f"{code}.xlsx")
        book_of(sheet).save(paths[-1])
    listed = read_roster(paths)
    assert (list(listed.rows), listed.findings) == (["D001", "D002"], [])
    assert codes_of(read_roster([*paths, paths[0]]).findings) == ("XK-T022",)


@pytest.mark.parametrize(
    ("heading", "content", "code"),
    [
        ("维修产值（元）", None, "XK-T023"),
        ("维修产值", "约3", "XK-V002"),
        ("产值", 5, "XK-T020"),
        ("维修产值", 0, "XK-T023"),
    ],
)
def test_a_fault_of_many_dealers_is_told_in_a_few_lines(
    heading: str, content: Any, code: str, tmp_path: Path, scheme: Scheme
) -> None:
    many = {f"D{n:03d}": Dealer(f"D{n:03d}", f"{n}店") for n in range(300)}
    sheet = Workbook().worksheets[0]
    sheet.append(["经销商代码", *FIELDS])
    sheet["C1"] = heading
    for dealer in many:
        sheet.append([dealer, FIGURES[0], content, *FIGURES[2:]])
    path = saved(sheet, Case("", setting()), tmp_path)
    found = told_once(read_targets(path, scheme, many, complete=True).findings)
    assert found[0].code == code
    assert len(found) <= 3
    if content is not None and code != "XK-T020":
        assert found[0].message().endswith("（这样的共 300 格：C2:C301）")


def test_a_notice_of_many_dealers_is_told_in_a_few_lines(tmp_path: Path, scheme: Scheme) -> None:
    many = {f"D{n:03d}": Dealer(f"D{n:03d}", f"{n}店") for n in range(30)}
    sheet = Workbook().worksheets[0]
    sheet.append(["经销商代码", "接车台次"])
    for dealer in many:
        sheet.append([dealer, "310台"])
    found = told_once(read_targets(saved(sheet, Case("", setting()), tmp_path), scheme, many).findings)
    assert [(finding.code, len(finding.cells)) for finding in found] == [("XK-V009", 30)]


# ------------------------------------------------------------------ months in titles, second witnesses, struck cells


@pytest.mark.parametrize(
    ("title", "sheet_name", "refused"),
    [
        ("10月份目标", "目标", True), ("2026年10月目标", "目标", True), ("二〇二六年十月目标表", "目标", True),
        ("考核月份：2026/10", "目标", True), ("202610", "目标", True), ("十二月目标", "目标", True),
        ("目标", "202610", True), ("目标", "十月", True), ("11月份目标", "目标", False), ("十一月目标", "目标", False),
        ("二〇二六年十一月", "11月", False), ("202611", "目标", False), ("10月实绩、11月目标", "目标", False),
        ("请在12月5日前交回", "目标", False), ("每三个月一次", "目标", False),
    ],
)  # fmt: skip
def test_the_month_that_a_title_names(
    title: str, sheet_name: str, refused: bool, tmp_path: Path, scheme: Scheme
) -> None:
    sheet = targets()
    titled(title)(sheet)
    sheet.title = sheet_name
    book_of(sheet).save(tmp_path / "list.xlsx")
    listed = read_targets(tmp_path / "list.xlsx", scheme, ROSTER, month=MONTH)
    assert (listed.refused, codes_of(listed.findings)) == (refused, ("XK-T061",) if refused else ())


def test_a_row_with_the_code_of_one_dealer_and_the_name_of_another_is_nobody_s(tmp_path: Path, scheme: Scheme) -> None:
    """Codes sorted by themselves; an abbreviated name is no reason."""
    sheet = targets()
    sheet["B2"], sheet["B3"], sheet["B4"] = "D002店", "D001店", "七店"
    book_of(sheet).save(tmp_path / "list.xlsx")
    listed = read_targets(tmp_path / "list.xlsx", scheme, ROSTER, month=MONTH)
    assert [(f.code, str(f.place)) for f in listed.findings] == [("XK-T088", "Sheet!B2"), ("XK-T088", "Sheet!B3")]
    assert set(listed.rows) == {"007"}


@pytest.mark.parametrize(("ref", "code"), [("D2", "XK-V002"), ("A2", "XK-T021")])
def test_a_cell_that_is_struck_out_says_nothing(ref: str, code: str, tmp_path: Path, scheme: Scheme) -> None:
    sheet = targets()
    sheet[ref].font = Font(strike=True)
    book_of(sheet).save(tmp_path / "list.xlsx")
    listed = read_targets(tmp_path / "list.xlsx", scheme, ROSTER, month=MONTH)
    assert [(f.code, str(f.place)) for f in listed.findings] == [(code, f"Sheet!{ref}")]
    assert listed.rows.get("D001", {}).get("接车台次", LOST) is LOST


@pytest.mark.parametrize(
    ("one", "other", "asked"),
    [
        ("华东", "華東", True), ("华东", "华东区", True), ("华 东", "华东", False), ("华东", "华南", False),
        ("广西", "廣西", True), ("", "华东", False), ("东区", "西区", False),
    ],
)  # fmt: skip
def test_a_region_in_two_spellings_is_asked_about(one: str, other: str, asked: bool, tmp_path: Path) -> None:
    sheet = roster()
    sheet["C2"], sheet["C3"] = one, other
    book_of(sheet).save(tmp_path / "list.xlsx")
    found = read_roster(tmp_path / "list.xlsx").findings
    assert [(f.code, str(f.place)) for f in found] == ([("XK-T089", "Sheet!C3")] if asked else [])
    assert not asked or (one in found[0].message() and other in found[0].message())
