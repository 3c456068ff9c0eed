"""From findings to what is written into a workbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shared.packages import edited, moved

from xlkpi.checking.check import Checker
from xlkpi.checking.marking import COLOURS, HINT, SHEET, mark, marked_before
from xlkpi.findings import Finding
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.values import Place
from xlkpi.workbook.operations import Comment, EnsureSheet, Fill, Link, Write

MISSING = Finding("XK-V001", "a.xlsx", Place("填报", "F10"), "维修毛利", {"label": "维修毛利"})
NEGATIVE = Finding("XK-V014", "a.xlsx", Place("填报", "F9"), "精品", {"label": "精品", "found": "-5"})
REPAIRED = Finding("XK-V009", "a.xlsx", Place("填报", "F9"), "精品", {"label": "精品", "found": "－５", "read": "-5"})
NOWHERE = Finding("XK-F010", "a.xlsx")
ELSEWHERE = Finding("XK-V001", "a.xlsx", Place("别的表", "A1"), "轮胎", {"label": "轮胎"})


def test_a_cell_is_coloured_by_its_worst_finding_and_says_all_of_them_in_one_comment() -> None:
    done = mark([REPAIRED, NEGATIVE], {"填报"}, "D001")
    cells = [
        o
        for o in done
        if isinstance(o, Fill | Comment) and (o.sheet if isinstance(o, Fill) else o.place.sheet) == "填报"
    ]
    assert cells == [
        Fill("填报", "F9", COLOURS[NEGATIVE.severity]),
        Comment(
            Place("填报", "F9"),
            f"【警告 XK-V014】{NEGATIVE.message()}\n→ {NEGATIVE.remedy()}\n"
            f"【提示 XK-V009】{REPAIRED.message()}\n→ {REPAIRED.remedy()}",
        ),
    ]  # fmt: skip


def test_the_list_goes_from_the_most_serious_down_and_leads_to_the_cells() -> None:
    done = mark([NOWHERE, REPAIRED, NEGATIVE, MISSING], {"填报"}, "D001 2026-11")
    assert [o for o in done if isinstance(o, EnsureSheet)] == [EnsureSheet(SHEET, (6, 7, 18, 46, 28, 38, 10, 20, 30))]
    head, rows = (o for o in done if isinstance(o, Write))
    assert head.rows == (("问题清单　D001 2026-11",), ("共 4 条：错误 1，警告 1，提示 2",), (HINT,))
    assert [(row[0], row[1], row[2], row[6]) for row in rows.rows[1:]] == [
        (1, "错误", "填报!F10", "XK-V001"), (2, "警告", "填报!F9", "XK-V014"),
        (3, "提示", "—", "XK-F010"), (4, "提示", "填报!F9", "XK-V009"),
    ]  # fmt: skip
    assert [(o.place.ref, o.target) for o in done if isinstance(o, Link)] == [
        ("C5", Place("填报", "F10")), ("C6", Place("填报", "F9")), ("C8", Place("填报", "F9")),
    ]  # fmt: skip


def test_a_finding_on_a_sheet_that_the_workbook_lacks_stands_in_the_list_alone() -> None:
    done = mark([ELSEWHERE], {"填报"}, "D001")
    assert not [o for o in done if isinstance(o, Comment | Link)]
    assert {o.sheet for o in done if isinstance(o, Fill)} == {SHEET}
    assert "轮胎" in str([o for o in done if isinstance(o, Write)][1].rows)


def test_a_workbook_without_findings_gets_a_list_that_says_so() -> None:
    (head, _) = (o for o in mark([], {"填报"}, "D001") if isinstance(o, Write))
    assert head.rows[1:] == (("看了 1 份文件，没有发现问题",), ("",))


def test_rows_are_in_the_sheet_s_order_not_the_alphabet_s() -> None:
    places = ["F10", "F9", "AA9", "B9"]
    found = [Finding("XK-V001", "", Place("填报", ref), facts={"label": ref}) for ref in places]
    rows = [o for o in mark(found, {"填报"}, "") if isinstance(o, Write)][1].rows
    assert [row[2] for row in rows[1:]] == ["填报!B9", "填报!F9", "填报!AA9", "填报!F10"]


def test_cells_of_an_earlier_marking_get_their_colour_back_where_nothing_is_found_any_more() -> None:
    earlier = {Place("填报", "F9"): "#FFF2CC", Place("填报", "F10"): "#FFF2CC"}
    done = mark([MISSING], {"填报"}, "D001", earlier)
    assert done[:2] == (Fill("填报", "F9", "#FFF2CC"), Comment(Place("填报", "F9"), ""))
    assert [o for o in done if o == Fill("填报", "F10", COLOURS[MISSING.severity])]
    assert not [o for o in done if o == Fill("填报", "F10", "#FFF2CC")]


def test_the_cells_of_an_earlier_marking_are_read_off_its_list() -> None:
    done = mark([MISSING, NEGATIVE, NOWHERE], {"填报"}, "D001")
    (_, rows) = (o for o in done if isinstance(o, Write))
    cells = {f"C{row}": str(texts[2]) for row, texts in enumerate(rows.rows, 4)}
    assert marked_before(cells, {"填报"}) == [Place("填报", "F10"), Place("填报", "F9")]
    assert marked_before(cells, {"别的表"}) == []


def test_what_a_dealer_typed_never_breaks_the_lines_of_a_comment() -> None:
    found = Finding("XK-V002", "", Place("填报", "F9"), facts={"label": "精品", "found": "一\n二"})
    (comment,) = (o for o in mark([found], {"填报"}, "") if isinstance(o, Comment))
    assert [line[0] for line in comment.text.split("\n")] == ["【", "→"]


# ------------------------------------------------------------------ files whose parts lie elsewhere


def _relations_in_capitals(data: bytes) -> bytes:
    return edited(data, relations=lambda text: text.replace("worksheets/sheet", "WORKSHEETS/Sheet"))


def _backslashes(data: bytes) -> bytes:
    return edited(data, relations=lambda text: text.replace("/xl/", "\\xl\\").replace("worksheets/", "worksheets\\"))


PLACED: dict[str, Callable[[bytes], bytes]] = {
    "another name": lambda data: moved(data, "xl/book.xml"),
    "another folder": lambda data: moved(data, "content/the/Book.xml"),
    "no folder": lambda data: moved(data, "book.xml"),
    "a decoy where it was": lambda data: moved(data, "xl/workbook2.xml", decoy=True),
    "capitals": _relations_in_capitals,
    "backslashes": _backslashes,
}


@pytest.mark.parametrize("name", PLACED)
def test_a_file_whose_parts_lie_elsewhere_is_marked_where_they_lie(
    name: str, issue: Issue, filled: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "D001.xlsx"
    path.write_bytes(PLACED[name](filled))
    checker = Checker(issue)
    (checked,) = checker.check([path])
    assert isinstance(checked.read, Submission), checked.findings
    place = issue.layout.place("维修毛利")
    found = Finding("XK-V001", path.name, place, "维修毛利", {"label": "维修毛利"})
    marked = checker.marked(replace(checked, findings=(found,)))
    assert (marked.finding, marked.data is not None) == (None, True)
    again = open_workbook(marked.data or b"")
    assert SHEET in again.sheets
    assert again.cells(SHEET, {"G5"}).cells["G5"].text == "XK-V001"
    sent = read_submission(issue, marked.data or b"")
    assert isinstance(sent, Submission)
    assert sent.contents() == checked.read.contents()
