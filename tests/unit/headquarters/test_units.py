"""In which unit headquarters' figures stand, wherever people write it: believed, or asked about, never passed over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from xlkpi.headquarters.lists import read_plan, read_targets
from xlkpi.issue import Dealer
from xlkpi.scheme.load import load_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence

ROSTER = {"D001": Dealer("D001", "一号店", "华东"), "D002": Dealer("D002", "二号店", "")}
HEADINGS = ["经销商代码", "经销商名称", "接车台次", "维修产值", "维修毛利"]
ROWS = [["D001", "一号店", 100, 20, 5], ["D002", "二号店", 80, 16, 4]]
PLAIN, TEN_THOUSAND, THOUSAND = (20.0, 5.0), (200_000.0, 50_000.0), (20_000.0, 5_000.0)
IN_DOUBT = (Absence.UNREADABLE, Absence.UNREADABLE)


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return load_scheme("service-assessment")[0]


def listed(path: Path, rows: list[list[Any]], title: str = "目标") -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


UNITS: Mapping[str, tuple[list[list[Any]], tuple[Any, Any], set[str]]] = {
    "no unit anywhere": ([HEADINGS, *ROWS], PLAIN, set()),
    "a row of units above": ([["", "", "台", "万元", "万元"], HEADINGS, *ROWS], TEN_THOUSAND, {"XK-T074"}),
    "a row of units below": ([HEADINGS, ["", "", "台", "万元", "万元"], *ROWS], TEN_THOUSAND, {"XK-T074"}),
    "a row below that calls itself 单位": (
        [HEADINGS, ["单位", "", "台次", "万元", "万元"], *ROWS], TEN_THOUSAND, {"XK-T074"},
    ),
    "a row below in the scheme's units": ([HEADINGS, ["", "", "台", "元", "元"], *ROWS], PLAIN, set()),
    "one column of a row below": ([HEADINGS, ["", "", "", "", "万元"], *ROWS], (20.0, 50_000.0), {"XK-T074"}),
    "for the whole sheet": ([["单位：万元"], HEADINGS, *ROWS], TEN_THOUSAND, {"XK-T074"}),
    "in brackets, with another": ([["", "", "", "", "（单位：台、万元）"], HEADINGS, *ROWS], TEN_THOUSAND, {"XK-T074"}),
    "in the title": ([["2026年11月目标（万元）"], HEADINGS, *ROWS], TEN_THOUSAND, {"XK-T074"}),
    "in a note below": ([HEADINGS, *ROWS, ["注：以上金额均为万元"]], TEN_THOUSAND, {"XK-T074", "XK-T076"}),
    "another note": ([HEADINGS, *ROWS, ["备注：金额以千元为单位"]], THOUSAND, {"XK-T074", "XK-T076"}),
    "the scheme's own for the sheet": ([["单位：元"], HEADINGS, *ROWS], PLAIN, set()),
    "a unit that no column has": ([["单位：小时"], HEADINGS, *ROWS], PLAIN, set()),
    "two for the sheet": ([["单位：元/万元"], HEADINGS, *ROWS], IN_DOUBT, {"XK-T075"}),
    "the heading against the sheet": (
        [["单位：万元"], [*HEADINGS[:3], "维修产值（元）", "维修毛利"], *ROWS], (20.0, 50_000.0), {"XK-T074"},
    ),
    "the heading against the row": (
        [[*HEADINGS[:3], "维修产值（元）", "维修毛利"], ["", "", "", "万元", "万元"], *ROWS],
        (Absence.UNREADABLE, 50_000.0), {"XK-T074", "XK-T075"},
    ),
    "rows that cannot all be in it": (
        [["单位：万元"], HEADINGS, ROWS[0], ["D002", "二号店", 80, 160_000, 4]], (Absence.UNREADABLE, 50_000.0),
        {"XK-T074", "XK-T075"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNITS)
def test_a_unit_counts_wherever_it_stands(kind: str, scheme: Scheme, tmp_path: Path) -> None:
    rows, expected, codes = UNITS[kind]
    read = read_targets([listed(tmp_path / "t.xlsx", rows)], scheme, ROSTER, month="2026-11")
    assert (read.rows["D001"]["维修产值"], read.rows["D001"]["维修毛利"]) == expected
    assert read.rows["D001"]["接车台次"] == 100
    assert {finding.code for finding in read.findings} == codes


def test_the_sheet_s_name_may_say_it(scheme: Scheme, tmp_path: Path) -> None:
    read = read_targets(
        [listed(tmp_path / "t.xlsx", [HEADINGS, *ROWS], "目标（万元）")], scheme, ROSTER, month="2026-11"
    )
    assert read.rows["D001"]["维修产值"] == 200_000


def test_a_plan_s_rows_in_another_kind_of_unit_are_asked_about(scheme: Scheme, tmp_path: Path) -> None:
    headings = ["经销商代码", "经销商名称", "项目", "11月目标"]
    rows = [["单位：万元"], headings, ["D001", "一号店", "维修产值", 20], ["D001", "一号店", "接车台次", 100]]
    read = read_plan([listed(tmp_path / "p.xlsx", rows)], scheme, ROSTER)
    assert read.rows["D001"] == {"维修产值_11月目标": 200_000.0}
    assert {finding.code for finding in read.findings} == {"XK-T074", "XK-V017"}
