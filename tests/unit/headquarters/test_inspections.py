"""Inspections by exception: a workbook a supervisor, what is signed, contradictions, gaps, re-inspections."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from xlkpi.headquarters.forms import inspections_by_supervisor
from xlkpi.headquarters.inspections import read_inspections
from xlkpi.headquarters.lists import Listed
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme.model import Inspecting, Scheme
from xlkpi.values import Absence, Value

MONTH = "2026-11"
ROSTER = {
    "D001": Dealer("D001", "一号店", "华东", supervisor="李督导"),
    "D002": Dealer("D002", "二号店", "华东"),
    "D003": Dealer("D003", "三号店", "华东", supervisor="李督导"),
}
SIGNATURE = {"其余已核": "已核", "检查人": "李督导", "检查日期": "2026-11-27", "证据编号": "A-1"}
Rows = list[dict[str, Any]]
Read = Callable[..., Listed[dict[str, Value]]]


@pytest.fixture(scope="module")
def forms(scheme: Scheme) -> dict[str, bytes]:
    return inspections_by_supervisor(scheme, ROSTER.values(), MONTH)


@pytest.fixture
def read(forms: dict[str, bytes], scheme: Scheme, tmp_path: Path) -> Read:
    """Read the supervisors' workbooks, with rows: a dealer's first into the form's, others below."""

    def reading(*books: Rows, month: str = MONTH, rules: dict[str, str] | None = None) -> Listed[dict[str, Value]]:
        paths = []
        for name, rows in zip(forms, books, strict=False):
            book = load_workbook(io.BytesIO(forms[name]))
            sheet = book.worksheets[0]
            head = next(n for n, row in enumerate(sheet.iter_rows(), 1) if row[0].value == "经销商代码")
            columns = {cell.value: n for n, cell in enumerate(sheet[head], 1)}
            taken: set[int] = set()
            for row in rows:
                free = (
                    n
                    for n in range(head + 1, sheet.max_row + 2)
                    if n not in taken and sheet.cell(n, 1).value in (row["经销商代码"], None)
                )
                number = next(free)
                taken.add(number)
                for heading, content in row.items():
                    sheet.cell(number, columns[heading]).value = content
            book.save(tmp_path / name)
            paths.append(tmp_path / name)
        ruled = scheme.model_copy(update={"inspections": Inspecting.model_validate(rules or {})})
        return read_inspections(paths, ruled, ROSTER, month)

    return reading


def row(dealer: str, **contents: Any) -> dict[str, Any]:
    return {"经销商代码": dealer, **contents}


def codes(listed: Listed[dict[str, Value]], *passing: str) -> list[str]:
    return sorted(f.code for f in listed.findings if f.code not in ("XK-V012", *passing))


def test_each_supervisor_has_one_workbook_and_a_dealer_without_one_is_in_its_regions(forms: dict[str, bytes]) -> None:
    assert list(forms) == ["检查情况_李督导_2026-11.xlsx", "检查情况_华东_2026-11.xlsx"]
    dealers = [
        [r[0].value for r in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows() if r[0].value in ROSTER]
        for data in forms.values()
    ]
    assert dealers == [["D001", "D003"], ["D002"]]


def test_what_is_signed_is_met_by_the_fields_own_words_and_the_rest_stays_provisional(
    read: Read, scheme: Scheme
) -> None:
    listed = read([row("D001", 培训次数=2, **SIGNATURE)], [])
    mine, fields = listed.rows["D001"], scheme.by("headquarters")
    worded = {n for n, entry in fields.items() if "met" in entry.words.values()} - {"培训次数"}
    assert mine["培训次数"] == 2.0
    assert set(mine) == worded | {"培训次数"}
    assert {n: fields[n].words.get(str(mine[n])) for n in worded} == dict.fromkeys(worded, "met")
    assert (listed.rows["D002"], listed.rows["D003"]) == ({}, {})
    signed = next(f for f in listed.findings if f.code == "XK-T111")
    assert (signed.facts["who"], signed.facts["evidence"], signed.facts["count"]) == ("李督导", "A-1", str(len(worded)))
    wordless = {e.label or n for n, e in fields.items() if "met" not in e.words.values() and n != "培训次数"}
    asked = [set(str(f.facts["labels"]).split("、")) for f in listed.findings if f.code == "XK-T112"]
    assert asked == ([wordless] if wordless else [])
    assert sorted(str(f.facts["dealer"]) for f in listed.findings if f.code == "XK-T113") == ["D002", "D003"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"其余已核": "大概"}, {"其余已核": 1}, {"其余已核": "未核"}, {"其余已核": None}, {"检查人": None},
        {"检查日期": None}, {"检查日期": "2026-10-30"}, {"检查日期": "2027-11-27"}, {"检查日期": "月底"},
        {"检查日期": "#N/A"},        {"证据编号": None}, {"证据编号": " "},
    ],
    ids=str,
)  # fmt: skip
def test_a_signature_that_is_not_whole_confirms_nothing(wrong: dict[str, Any], read: Read) -> None:
    listed = read([row("D001", **{**SIGNATURE, **wrong})], [])
    assert listed.rows["D001"] == {}
    silent = wrong.get("其余已核", "x") in (None, "未核")
    expected = [] if silent else ["XK-T110"]
    assert [f.code for f in listed.findings if f.code in ("XK-T110", "XK-T111")] == expected
    assert "D001" in [f.facts["dealer"] for f in listed.findings if f.code == "XK-T113"]


@pytest.mark.parametrize("other", [{"维修欠款回收": "未完成"}, {"维修欠款回收": "未完成", **SIGNATURE}])
@pytest.mark.parametrize("mine", [{"维修欠款回收": "完成"}, SIGNATURE], ids=["entered", "signed"])
def test_two_workbooks_that_contradict_each_other_are_asked_about_with_both_cells(
    mine: dict[str, Any], other: dict[str, Any], read: Read
) -> None:
    listed = read([row("D001", **mine)], [row("D002"), row("D001", **other)])
    assert listed.rows["D001"]["维修欠款回收"] is Absence.UNREADABLE
    cells = [str(f.facts["cells"]) for f in listed.findings if f.code == "XK-T069"]
    assert len(cells) == 1
    assert "检查情况_李督导_2026-11.xlsx 检查情况!" in cells[0]
    assert "检查情况_华东_2026-11.xlsx 检查情况!" in cells[0]


def test_a_re_inspection_replaces_what_it_enters_whatever_the_order_of_rows(read: Read) -> None:
    first = row("D001", 维修欠款回收="未完成", 培训次数=1, **SIGNATURE)
    again = row("D001", 维修欠款回收="完成", 复查日期="2026-12-03")
    last = row("D001", 维修欠款回收="无", 复查日期="2026-12-05")
    for rows in ([first, again, last], [last, first, again]):
        listed = read(rows, [])
        assert (listed.rows["D001"]["维修欠款回收"], listed.rows["D001"]["培训次数"]) == ("无", 1.0)
        told = [(f.facts["day"], f.facts["found"]) for f in listed.findings if f.code == "XK-T114"]
        assert sorted(told) == [("2026-12-03", "完成"), ("2026-12-05", "无")]
        assert not {"XK-T022", "XK-T069"} & set(codes(listed))


def test_a_signed_re_inspection_says_nothing_of_what_failed_before(read: Read) -> None:
    listed = read([row("D001", 维修欠款回收="未完成"), row("D001", 复查日期="2026-12-03", **SIGNATURE)], [])
    assert listed.rows["D001"]["维修欠款回收"] == "未完成"
    assert listed.rows["D001"]["员工欠款回收"] == "完成"


@pytest.mark.parametrize("day", ["是", "2025-12-03", "2027-03-01"])
def test_without_a_certain_date_a_second_row_is_a_contradiction(day: str, read: Read) -> None:
    listed = read([row("D001", 维修欠款回收="未完成"), row("D001", 维修欠款回收="完成", 复查日期=day)], [])
    assert listed.rows["D001"]["维修欠款回收"] is Absence.UNREADABLE
    assert {"XK-T022", "XK-T069", "XK-T115"} <= set(codes(listed))


def test_a_row_signs_for_the_whole_workbook(read: Read, forms: dict[str, bytes]) -> None:
    """All dealers without a word of their own; who is not inspected, and what is signed for itself, stays as it is."""
    whole = row("整本", **{**SIGNATURE, "证据编号": "整-1"})
    listed = read([row("D001", 维修欠款回收="未完成"), row("D003", 其余已核="未核"), whole], [row("D002")])
    assert (listed.rows["D001"]["维修欠款回收"], listed.rows["D001"]["员工欠款回收"]) == ("未完成", "完成")
    assert listed.rows["D003"] == listed.rows["D002"] == {}
    (signed,) = (f for f in listed.findings if f.code == "XK-T111")
    assert (signed.facts["dealer"], signed.facts["evidence"]) == ("D001", "整-1")
    assert not {"XK-T021", "XK-T022"} & set(codes(listed))
    unsigned = read([row("D001"), row("整本", **{**SIGNATURE, "检查人": None})], [])
    assert unsigned.rows["D001"] == {}
    assert "XK-T110" in codes(unsigned)
    filled = read([row("D001"), row("整本", 培训次数=3, **SIGNATURE)], [])
    assert "XK-T142" in codes(filled)
    assert "培训次数" not in filled.rows["D001"]


def test_the_scheme_says_which_of_several_inspections_counts(read: Read) -> None:
    early = row("D001", 维修欠款回收="未完成", 员工欠款回收="未完成", 检查日期="2026-11-10")
    late = row("D001", 维修欠款回收="完成", 检查日期="2026-11-27")
    again = row("D001", 维修欠款回收="无", 复查日期="2026-12-03")
    wanted: list[tuple[dict[str, str], Rows, object, set[str]]] = [
        ({}, [early, late], Absence.UNREADABLE, {"XK-T022", "XK-T069"}),
        ({"several": "last"}, [early, late], "完成", {"XK-T144"}),
        ({"several": "first"}, [early, late], "未完成", {"XK-T144"}),
        ({"several": "last"}, [early, row("D001", 维修欠款回收="完成")], Absence.UNREADABLE,
         {"XK-T022", "XK-T069", "XK-T143"}),
        ({}, [early, again], "无", {"XK-T114"}),
        ({"reinspection": "recorded"}, [early, again], "未完成", {"XK-T145"}),
        ({"several": "last", "reinspection": "recorded"}, [early, late, again], "完成", {"XK-T144", "XK-T145"}),
        ({"several": "last"}, [early, late, again], "无", {"XK-T114", "XK-T144"}),
    ]  # fmt: skip
    for rules, rows, expected, told in wanted:
        for order in (rows, rows[::-1]):
            listed = read(order, [], rules=rules)
            assert listed.rows["D001"]["维修欠款回收"] == expected, (rules, order)
            assert listed.rows["D001"]["员工欠款回收"] == "未完成"
            assert set(codes(listed, "XK-T113", "XK-T116")) == told, (rules, order)


def test_a_later_inspection_that_is_signed_is_a_word_on_everything(read: Read) -> None:
    early = row("D001", 维修欠款回收="未完成", 检查日期="2026-11-10")
    listed = read([early, row("D001", **SIGNATURE)], [], rules={"several": "last"})
    assert listed.rows["D001"]["维修欠款回收"] == "完成"
    listed = read([early, row("D001", **SIGNATURE)], [], rules={"several": "first"})
    assert listed.rows["D001"]["维修欠款回收"] == "未完成"


def test_a_workbook_that_has_not_come_is_a_gap_and_one_of_another_month_is_refused(read: Read) -> None:
    listed = read([row("D001", **SIGNATURE)])
    assert [f.facts["dealer"] for f in listed.findings if f.code == "XK-T116"] == ["D002"]
    refused = read([row("D001", **SIGNATURE)], [], month="2026-12")
    assert refused.refused
    assert "XK-T061" in codes(refused)


def test_supervisors_are_kept_with_the_issue(tmp_path: Path, issue: Issue) -> None:
    kept = replace(issue, roster=ROSTER, targets={}, history={})
    kept.save(tmp_path)
    assert Issue.load(tmp_path).roster == ROSTER
