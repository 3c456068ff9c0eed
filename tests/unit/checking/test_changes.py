"""What a resubmission changed: rows of tables, several earlier files, files that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlkpi.checking.changes import Change, Comparison
from xlkpi.checking.check import Checked
from xlkpi.findings import Finding
from xlkpi.intake.submission import Submission, Unusable
from xlkpi.intake.tables import Row
from xlkpi.issue import Issue
from xlkpi.values import Place
from xlkpi.workbook.layout import Layout, TableSlot

GONE = Finding("XK-V001", "", Place("填报", "F8"), "甲", {"label": "甲"})


@pytest.fixture
def with_table(issue: Issue) -> Issue:
    table = TableSlot("日报", "日报", 5, 9, {"单号": "A", "金额": "B"}, ())
    layout = Layout("", "", {}, {}, {}, {}, tables={"日报": table})
    return Issue(issue.scheme, layout, b"", issue.month, issue.roster, {})


def sent(file: str, *rows: Row, findings: tuple[Finding, ...] = ()) -> Checked:
    read = Submission("D001", "2026-11", "x", file, {}, {}, {"日报": rows}, ())
    return Checked(Path(file), read, findings)


def row(number: str, amount: float) -> Row:
    return {"单号": number, "金额": amount}


def test_a_row_in_between_changes_no_other_row(with_table: Issue) -> None:
    old = sent("一.xlsx", row("1", 10), row("2", 20.5), row("2", 20.5))
    new = sent("二.xlsx", row("0", 5), row("1", 10), row("2", 20.5))
    (told,) = Comparison(with_table, [old]).of([new])
    assert told.changes == (
        Change("明细", "日报", "单号 2，金额 20.5", ""), Change("明细", "日报", "", "单号 0，金额 5"),
    )  # fmt: skip


def test_which_of_several_earlier_files_counts_is_not_guessed(with_table: Issue) -> None:
    told = Comparison(with_table, [sent("一.xlsx", row("1", 1)), sent("二.xlsx")]).of([sent("三.xlsx", row("1", 1))])
    assert [(one.earlier, len(one.changes)) for one in told] == [("一.xlsx", 0), ("二.xlsx", 1)]


def test_where_one_cannot_be_read_the_findings_are_still_compared(with_table: Issue) -> None:
    broken = Checked(Path("一.xlsx"), Unusable("一.xlsx", (), "D001"), (GONE,))
    (told,) = Comparison(with_table, [broken]).of([sent("二.xlsx")])
    assert told.unread
    assert told.resolved == (GONE,)
    assert [entry[0] for entry in told.entries()] == ["—", "问题"]


def test_a_file_of_nobody_known_is_compared_with_nothing(with_table: Issue) -> None:
    nobody = Checked(Path("x.xlsx"), Unusable("x.xlsx", ()), ())
    now, earlier = Comparison(with_table, [nobody, sent("一.xlsx")]).of([nobody])
    assert (now.file, now.earlier, bool(now.unread)) == ("x.xlsx", "", True)
    assert (earlier.file, earlier.earlier, bool(earlier.unread)) == ("", "x.xlsx", True)


def test_the_same_complaint_about_another_figure_is_gone_and_come(with_table: Issue) -> None:
    before, after = (
        Finding("XK-V014", "", Place("填报", "F8"), "甲", {"label": "甲", "found": found}) for found in ("-5", "-6")
    )
    now = sent("二.xlsx", findings=(after, GONE))
    (told,) = Comparison(with_table, [sent("一.xlsx", findings=(before, GONE))]).of([now])
    assert (told.resolved, told.introduced) == ((before,), (after,))
