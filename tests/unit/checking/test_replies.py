"""A dealer answers a warning in the marked copy; headquarters accepts it or not; what is accepted is then known."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from shared.replies import answered, decided

from xlkpi.checking.check import Checked, Checker
from xlkpi.cli.demo import fill_in
from xlkpi.findings import Finding, Ruling, Severity, for_dealer, with_rulings
from xlkpi.headquarters.issuing import blanks
from xlkpi.headquarters.replies import Answered, read_accepted, with_new_rows
from xlkpi.issue import Issue
from xlkpi.scheme.model import CodeRuling
from xlkpi.values import months_earlier
from xlkpi.workbook.sheets.replies import HEADINGS, REASONS

FIGURES = {"接车台次": 251.0, "维修产值": -5.0, "维修毛利": 60574.0, "养护品": 19270.0, "精品": 3427.0, "轮胎": 7453.0,
           "交车台数": 600.0}  # fmt: skip
ONCE, MORE, OTHER = REASONS[0], REASONS[1], REASONS[-1]


def only(findings: tuple[Finding, ...], code: str) -> Finding:
    (finding,) = (finding for finding in findings if finding.code == code)
    return finding


@pytest.fixture(scope="module")
def checker(issue: Issue) -> Checker:
    return Checker(issue)


@pytest.fixture
def back(checker: Checker, tmp_path: Path) -> Callable[[bytes], Checked]:
    def checked(data: bytes) -> Checked:
        (tmp_path / "D001.xlsx").write_bytes(data)
        (read,) = checker.check([tmp_path / "D001.xlsx"])
        return read

    return checked


@pytest.fixture
def marked(checker: Checker, back: Callable[[bytes], Checked]) -> bytes:
    blank = next(blank.data for blank in blanks(checker.issue) if blank.dealer.code == "D001")
    data = checker.marked(back(fill_in(blank, FIGURES))).data
    assert data is not None
    return data


def test_a_warning_is_answered_in_the_marked_copy(
    checker: Checker, back: Callable[[bytes], Checked], marked: bytes
) -> None:
    """Closed reasons and words; what is none is asked about; the answer stays when the copy is marked again."""
    sheet = load_workbook(io.BytesIO(marked))["问题清单"]
    assert tuple(cell.value for cell in sheet[4])[7:] == HEADINGS
    (choices,) = sheet.data_validations.dataValidation
    assert choices.formula1 == '"' + ",".join(REASONS) + '"'
    (row,) = (row for row in sheet.iter_rows(min_row=5) if row[6].value == "XK-V014")
    assert choices.sqref is not None and row[7].coordinate in choices.sqref
    cases: list[tuple[tuple[str | None, ...], str, bool]] = [
        ((ONCE, "=1+1"), f"{ONCE}（=1+1）", False), ((MORE, None), MORE, False),
        ((OTHER, "台风停业"), f"{OTHER}（台风停业）", False), ((OTHER, None), "", True), (("不知道", None), "", True),
        ((None, "有原因"), "", True), ((None, None), "", False),
    ]  # fmt: skip
    for answer, expected, refused in cases:
        read = back(answered(marked, "XK-V014", *answer))
        assert str(only(read.findings, "XK-V014").reply or "") == expected, answer
        assert any(finding.code == "XK-V050" for finding in read.findings) is refused, answer
    read = back(answered(marked, "XK-V014", ONCE, "=1+1"))
    again = checker.marked(read).data
    assert again is not None
    sheet = load_workbook(io.BytesIO(again))["问题清单"]
    (row,) = (row for row in sheet.iter_rows(min_row=5) if row[6].value == "XK-V014")
    assert [(cell.value, cell.data_type) for cell in row[7:9]] == [(ONCE, "s"), ("=1+1", "s")]
    assert str(only(back(again).findings, "XK-V014").reply) == f"{ONCE}（=1+1）"


def test_what_must_be_put_right_is_not_answered_away(
    checker: Checker, back: Callable[[bytes], Checked], tmp_path: Path
) -> None:
    blank = next(blank.data for blank in blanks(checker.issue) if blank.dealer.code == "D001")
    marked = checker.marked(back(fill_in(blank, {**FIGURES, "轮胎": None}))).data
    assert marked is not None
    assert only(back(answered(marked, "XK-V001", ONCE)).findings, "XK-V001").reply is None


def test_headquarters_decides_in_a_list_that_only_grows(
    checker: Checker, back: Callable[[bytes], Checked], marked: bytes, tmp_path: Path
) -> None:
    issue, path = checker.issue, tmp_path / "答复.xlsx"
    finding = only(back(answered(marked, "XK-V014", ONCE, "=1+1")).findings, "XK-V014")
    first = [Answered(issue.roster["D001"], finding)]
    assert with_new_rows(path, issue.month, issue, []) is None
    data = with_new_rows(path, issue.month, issue, first)
    assert data is not None
    path.write_bytes(data)
    assert with_new_rows(path, issue.month, issue, first) is None, "it is there already"
    assert read_accepted(path, issue) == ((), []), "nothing is decided yet"
    decided(path, 采纳="采纳", 批准人="王经理")
    changed = only(back(answered(marked, "XK-V014", MORE)).findings, "XK-V014")
    data = with_new_rows(path, issue.month, issue, [*first, Answered(issue.roster["D001"], changed)])
    assert data is not None
    path.write_bytes(data)
    rows = list(load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [(row[3], row[4], row[6], row[7], row[9]) for row in rows] == [
        ("XK-V014", "维修产值", ONCE, "=1+1", "采纳"), ("XK-V014", "维修产值", MORE, None, None),
    ]  # fmt: skip
    (ruling,), findings = read_accepted(path, issue)
    assert findings == []
    assert (ruling.dealer, ruling.field, ruling.who) == ("D001", "维修产值", "王经理")

    # known in this month and in the next, as a notice that says so; not after
    for later, severity in ((0, Severity.NOTICE), (1, Severity.NOTICE), (2, Severity.WARNING)):
        month = replace(issue, month=months_earlier(issue.month, -later))
        accepted, _ = read_accepted(path, month)
        assert len(accepted) == (later < 2)
        assert only(told(back, marked, accepted, month), "XK-V014").severity is severity
    note = only(told(back, marked, (ruling,), issue), "XK-V014").ruling_note()
    assert "已知：总部已采纳答复" in note and "王经理" in note


def told(
    back: Callable[[bytes], Checked], data: bytes, rulings: tuple[Ruling, ...], issue: Issue
) -> tuple[Finding, ...]:
    return tuple(with_rulings(back(data).findings, rulings, "D001", issue.month))


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"采纳": "也许"}, "看不懂"), ({"批准人": ""}, "批准人"), ({"问题代码": "XK-V001"}, "豁免"),
        ({"问题代码": "X1"}, "没有"), ({"项目": "没有的"}, "没有"), ({"有效期至": "年底"}, "2026-11"),
        ({"经销商代码": "D999"}, "没有"), ({"月份": "十一月份"}, "2026-11"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_understood_accepts_nothing(
    written: Mapping[str, Any], why: str, issue: Issue, tmp_path: Path, back: Callable[[bytes], Checked], marked: bytes
) -> None:
    path = tmp_path / "答复.xlsx"
    finding = only(back(answered(marked, "XK-V014", ONCE)).findings, "XK-V014")
    data = with_new_rows(path, issue.month, issue, [Answered(issue.roster["D001"], finding)])
    assert data is not None
    path.write_bytes(data)
    decided(path, **{"采纳": "采纳", "批准人": "王经理", **written})
    accepted, findings = read_accepted(path, issue)
    assert accepted == ()
    (finding,) = findings
    assert finding.code == "XK-T140"
    assert why in finding.message()


def test_a_list_that_lacks_a_column_is_left_alone(
    issue: Issue, tmp_path: Path, back: Callable[[bytes], Checked], marked: bytes
) -> None:
    path = tmp_path / "答复.xlsx"
    finding = only(back(answered(marked, "XK-V014", ONCE)).findings, "XK-V014")
    book = load_workbook(
        io.BytesIO(with_new_rows(path, issue.month, issue, [Answered(issue.roster["D001"], finding)]) or b"")
    )
    book.worksheets[0]["G1"].value = "别的"
    book.save(path)
    with pytest.raises(ValueError, match="答复"):
        with_new_rows(path, issue.month, issue, [Answered(issue.roster["D001"], finding)])


def test_a_new_check_is_on_probation_first(issue: Issue, back: Callable[[bytes], Checked], marked: bytes) -> None:
    ruling = CodeRuling.model_validate({"severity": "probation", "reason": "新检查", "from": "2026-11"}).ruling(
        "XK-V014"
    )
    findings = told(back, marked, (ruling,), issue)
    finding = only(findings, "XK-V014")
    assert finding.severity is Severity.NOTICE
    assert "试行" in finding.ruling_note()
    assert not any(each.code == "XK-V014" for each in for_dealer(findings))
