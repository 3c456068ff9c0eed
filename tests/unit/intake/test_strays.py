"""Figures beside their cells, under merges, a row off, in hidden rows: every one is named, and none is taken."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from conftest import REAL_ANSWERS
from openpyxl import load_workbook
from shared.packages import replaced

from xlkpi.findings import Finding
from xlkpi.intake.outline import PLAIN, Area, Outline
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.strays import Remark, beyond, summarise_repeats, unseen_rows
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scoring.engine import Engine
from xlkpi.values import Absence, Place
from xlkpi.workbook.layout import Role, TableSlot

Fill = Callable[[bytes, Mapping[str, Any]], bytes]
SHEET = "填报"


def read(issue: Issue, data: bytes, change: Callable[[Any], None]) -> Submission:
    """The submission after a change to its entry sheet, as openpyxl saves it."""
    book = load_workbook(io.BytesIO(data))
    change(book[SHEET])
    buffer = io.BytesIO()
    book.save(buffer)
    result = read_submission(issue, buffer.getvalue())
    assert isinstance(result, Submission)
    return result


def told(sent: Submission) -> list[tuple[str, str]]:
    return [(finding.code, str(finding.facts.get("found", finding.facts.get("count")))) for finding in sent.findings]


def only(sent: Submission) -> Finding:
    (finding,) = sent.findings
    return finding


def row_of(issue: Issue, name: str) -> int:
    return int(issue.layout.place(name).ref[1:])


@pytest.fixture
def lacking(blank: bytes, fill: Fill) -> bytes:
    """D001's workbook with every figure but 接车台次."""
    return fill(blank, {name: value for name, value in REAL_ANSWERS.items() if name != "接车台次"})


# ------------------------------------------------------------------ beside the cell


@pytest.mark.parametrize("content", [251, "251", "２５１台", " 251 "])
@pytest.mark.parametrize("column", ["H", "I", "K"])
def test_a_figure_beside_a_blank_answer_is_asked_about(
    column: str, content: object, issue: Issue, lacking: bytes
) -> None:
    row = row_of(issue, "接车台次")
    sent = read(issue, lacking, lambda sheet: sheet.__setitem__(f"{column}{row}", content))
    finding = only(sent)
    assert (finding.code, finding.place, finding.field) == ("XK-V021", issue.layout.place("接车台次"), "接车台次")
    assert f"同一行的 {column}{row} 里却有“{str(content).strip()}”" in finding.message()
    assert sent.answers["接车台次"].value is Absence.MISSING


@pytest.mark.parametrize("column", ["B", "C", "D"])
def test_a_figure_typed_over_a_label_is_asked_about(column: str, issue: Issue, lacking: bytes) -> None:
    ref = f"{column}{row_of(issue, '接车台次')}"
    sent = read(issue, lacking, lambda sheet: sheet.__setitem__(ref, 251))
    assert [finding.code for finding in sent.findings] == ["XK-V021", "XK-I033"]  # and the label is gone
    assert sent.findings[0].facts["found"] == "251"


@pytest.mark.parametrize("column", ["E", "G"])
def test_a_figure_typed_over_a_formula_is_asked_about_and_the_formula_missed(
    column: str, issue: Issue, lacking: bytes
) -> None:
    ref = f"{column}{row_of(issue, '接车台次')}"
    sent = read(issue, lacking, lambda sheet: sheet.__setitem__(ref, 251))
    assert told(sent) == [("XK-V021", "251"), ("XK-I002", "251")]


def test_a_remark_in_words_is_a_remark(issue: Issue, lacking: bytes) -> None:
    row = row_of(issue, "接车台次")
    assert told(read(issue, lacking, lambda sheet: sheet.__setitem__(f"H{row}", "系统故障，251 台未录"))) == []


def test_a_figure_beside_an_answer_that_is_there_is_a_stray_and_a_remark_stays_one(issue: Issue, filled: bytes) -> None:
    row = row_of(issue, "接车台次")

    def change(sheet: Any) -> None:
        sheet[f"H{row}"], sheet[f"I{row}"] = 260, 270

    sent = read(issue, filled, change)
    assert told(sent) == [("XK-I004", "270")]
    assert sent.remarks == {"接车台次_备注": "260"}


def test_the_question_takes_the_place_of_the_check(
    issue: Issue, lacking: bytes, assess_submission: Callable[[Submission], list[str]]
) -> None:
    row = row_of(issue, "接车台次")
    assert assess_submission(read(issue, lacking, lambda sheet: None)) == ["XK-V001"]
    assert assess_submission(read(issue, lacking, lambda sheet: sheet.__setitem__(f"H{row}", 251))) == ["XK-V021"]


@pytest.fixture
def assess_submission(issue: Issue, engine: Engine) -> Callable[[Submission], list[str]]:
    """Codes of the findings on 接车台次 after assessing a submission."""
    from xlkpi.scoring.assess import assess

    def run(sent: Submission) -> list[str]:
        done = assess(issue, engine, sent)
        return [finding.code for finding in done.findings if finding.field == "接车台次"]

    return run


# ------------------------------------------------------------------ merged, hidden


def test_a_cell_merged_over_is_asked_about_with_what_stands_in_the_merge(issue: Issue, filled: bytes) -> None:
    row = row_of(issue, "维修产值")
    assert row_of(issue, "维修毛利") == row + 1
    sent = read(issue, filled, lambda sheet: sheet.merge_cells(f"F{row}:F{row + 1}"))
    (shared, finding) = sent.findings
    assert (shared.code, shared.field) == ("XK-T091", "维修产值")
    assert (finding.code, finding.field) == ("XK-V022", "维修毛利")
    assert f"被并入 F{row}:F{row + 1}，左上角 F{row} 里是“252486”" in finding.message()
    assert sent.answers["维修毛利"].value is Absence.MISSING
    assert sent.answers["维修产值"].value is Absence.UNREADABLE  # two fields share one cell: whose is it?


def test_a_figure_in_a_merge_that_begins_beside_the_cell_is_named(issue: Issue, lacking: bytes) -> None:
    row = row_of(issue, "接车台次")

    def change(sheet: Any) -> None:
        sheet[f"D{row}"] = 251
        sheet.merge_cells(f"D{row}:F{row}")

    sent = read(issue, lacking, change)
    assert ("XK-V022", "251") in told(sent)


def test_a_merge_that_begins_at_the_answer_harms_nothing(issue: Issue, filled: bytes) -> None:
    row = row_of(issue, "接车台次")
    sent = read(issue, filled, lambda sheet: sheet.merge_cells(f"F{row}:G{row}"))
    assert sent.contents() == REAL_ANSWERS
    assert [finding.code for finding in sent.findings] == ["XK-I002", "XK-I039"]  # the 校验 beside it is gone


@pytest.mark.parametrize("what", ["row", "column"])
def test_what_is_hidden_is_read_and_said(what: str, issue: Issue, filled: bytes) -> None:
    row = row_of(issue, "养护品")

    def change(sheet: Any) -> None:
        if what == "row":
            sheet.row_dimensions[row].hidden = True
        else:
            sheet.column_dimensions["F"].hidden = True

    sent = read(issue, filled, change)
    finding = only(sent)
    answers = list(issue.layout.of(Role.ANSWER))
    assert (finding.code, finding.facts["count"]) == ("XK-I020", 1 if what == "row" else len(answers))
    assert "养护品" in finding.message()
    assert sent.contents() == REAL_ANSWERS


# ------------------------------------------------------------------ a block one row off


def test_a_block_pasted_one_row_down_is_asked_about(issue: Issue, blank: bytes) -> None:
    places = [issue.layout.place(slot.name) for slot in issue.layout.of(Role.ANSWER)]
    last = places[-3:]
    top = int(last[0].ref[1:])

    def paste(sheet: Any) -> None:
        for number, value in enumerate((19270, 3427, 7453)):
            sheet[f"F{top + 1 + number}"] = value

    sent = read(issue, blank, paste)
    finding = next(f for f in sent.findings if f.code == "XK-V023")
    assert finding.place == last[0]
    assert f"这 3 行之外紧挨着的 F{top + 3} 里有“7453”" in finding.message()
    assert "XK-I004" not in [f.code for f in sent.findings]  # named once


def test_a_total_under_a_full_block_is_a_stray(issue: Issue, filled: bytes) -> None:
    bottom = max(int(issue.layout.place(slot.name).ref[1:]) for slot in issue.layout.of(Role.ANSWER))
    sent = read(issue, filled, lambda sheet: sheet.__setitem__(f"F{bottom + 1}", 30150))
    assert told(sent) == [("XK-I004", "30150")]


# ------------------------------------------------------------------ tables


TABLE = TableSlot("日报", "日报", 5, 14, {"日期": "A", "工时": "B"}, ("工时",))


def test_rows_below_a_tables_last_are_told_with_where_they_stand() -> None:
    ((code, place, _, facts),) = beyond(TABLE, ["B15", "A15", "A21", "K30", "B3"])
    assert (code, place) == ("XK-V024", Place("日报", "A15"))
    assert Finding(code, facts=facts).message() == "“日报”只到第 14 行，第 15 到 21 行有 2 行内容，没有读取"
    assert list(beyond(TABLE, ["K30", "B3"])) == []


def test_filtered_rows_are_told_where_they_hold_something() -> None:
    outline = Outline(hidden_rows=frozenset({6, 7, 9}))
    ((code, place, _, facts),) = unseen_rows(TABLE, {5, 6, 9}, outline)
    assert (code, place, facts["count"], facts["labels"]) == ("XK-I020", Place("日报", "A6"), 2, "第 6 行、第 9 行")
    assert list(unseen_rows(TABLE, {5}, outline)) == []


def test_a_column_spelt_otherwise_is_told_once_and_errors_one_by_one() -> None:
    def remark(code: str, row: int) -> Remark:
        return code, Place("日报", f"B{row}"), "", {"label": "日报 工时"}

    said = list(summarise_repeats([remark("XK-V009" if row != 8 else "XK-V002", row) for row in range(5, 15)]))
    assert [code for code, *_ in said] == ["XK-V009"] * 3 + ["XK-V002", "XK-V025"]
    code, place, _, facts = said[-1]
    assert place == Place("日报", "B9")
    assert "另有 6 格（B9 到 B14）" in Finding(code, facts=facts).message()
    errors = [remark("XK-V002", row) for row in range(5, 15)]
    assert list(summarise_repeats(errors)) == errors


# ------------------------------------------------------------------ the outline itself


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def outline_of(data: bytes, xml: str) -> Outline:
    return open_workbook(replaced(data, {"xl/worksheets/sheet2.xml": xml.encode()})).cells(SHEET, None).outline


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_the_outline_of_a_sheet_is_read_off_its_xml(prefix: str, filled: bytes) -> None:
    space = f'xmlns{":x" if prefix else ""}="{MAIN}"'
    xml = (
        f'<worksheet {space}><cols><col min="2" max="3" hidden="1"/><col min="5" max="5" hidden="0"/>'
        '<col min="7" max="7" width="0" customWidth="1"/><col min="8" max="8" width="0.5"/></cols><sheetData>'
        '<row r="4" hidden="true"><c r="A4"><v>1</v></c></row><row r="5" hidden="false"/><row r="6" hidden="1"/>'
        '<row r="7" ht="0" customHeight="1"/><row r="8" ht="0.75"/><row r="9" ht="0.0"><c r="A9"><v>1</v></c></row>'
        "</sheetData>"
        '<mergeCells count="1"><mergeCell ref="B2:D10"/></mergeCells></worksheet>'
    )
    outline = outline_of(filled, re.sub(r"<(/?)(?=\w)", rf"<\1{prefix}", xml))
    assert outline.merged == (Area(2, 2, 4, 10),)
    assert (outline.hidden_rows, outline.hidden_columns) == (frozenset({4, 6, 7, 9}), ((2, 3), (7, 7)))
    assert (outline.hides(1, 4), outline.hides(3, 9), outline.hides(5, 5)) == (True, True, False)
    assert outline_of(filled, f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>') is PLAIN
