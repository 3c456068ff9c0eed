"""Names, the words of a row and its position say which cell is which; where they disagree nothing is taken."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font
from shared.monthly import Monthly
from shared.packages import edited, put

from xlkpi.headquarters.issuing import blanks
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, Unusable, read_source, read_submission
from xlkpi.issue import Issue
from xlkpi.values import Absence

SHEET = "填报"
UNREADABLE = Absence.UNREADABLE
Change = Callable[[Any], None]


def changed(data: bytes, change: Change) -> bytes:
    """A workbook after a change, as openpyxl saves it."""
    book = load_workbook(io.BytesIO(data))
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def name(book: Any, field: str, ref: str) -> None:
    """Let a field's name point to another cell."""
    book.defined_names[field].attr_text = ref


def swapped_names(book: Any) -> None:
    """As Excel leaves it when two figures are exchanged by cutting and pasting."""
    sheet = book[SHEET]
    sheet["F7"], sheet["F8"] = sheet["F8"].value, sheet["F7"].value
    name(book, "维修产值", f"'{SHEET}'!$F$8")
    name(book, "维修毛利", f"'{SHEET}'!$F$7")


def cut_to_the_next_row(book: Any) -> None:
    book[SHEET]["F11"], book[SHEET]["F10"] = book[SHEET]["F10"].value, None
    name(book, "接车台次", f"'{SHEET}'!$F$11")


def cut_to_another_column(book: Any) -> None:
    book[SHEET]["H10"], book[SHEET]["F10"] = book[SHEET]["F10"].value, None
    name(book, "接车台次", f"'{SHEET}'!$H$10")


def swapped_labels(book: Any) -> None:
    sheet = book[SHEET]
    column = next(cell.column_letter for cell in sheet[7] if cell.value == "维修产值")
    sheet[f"{column}7"], sheet[f"{column}8"] = "维修毛利", "维修产值"


def name_to_another_sheet(book: Any) -> None:
    book.create_sheet("草稿")["B2"] = 999
    name(book, "接车台次", "'草稿'!$B$2")


def figures(sent: Submission | Unusable, *fields: str) -> list[tuple[Any, list[str]]]:
    assert isinstance(sent, Submission)
    return [(sent.answers[f].value, [x.code for x in sent.findings if x.field == f]) for f in fields]


@pytest.mark.parametrize(
    ("change", "doubtful"),
    [
        (swapped_names, {"维修产值": "XK-T090", "维修毛利": "XK-T090"}),
        (cut_to_the_next_row, {"接车台次": "XK-T090", "交车台数": "XK-T091"}),
        (cut_to_another_column, {"接车台次": "XK-T090"}),
        (swapped_labels, {"维修产值": "XK-T090", "维修毛利": "XK-T090"}),
        (name_to_another_sheet, {"接车台次": "XK-T090"}),
    ],
)
def test_witnesses_that_disagree_are_a_question(
    issue: Issue, filled: bytes, change: Change, doubtful: dict[str, str]
) -> None:
    sent = read_submission(issue, changed(filled, change))
    for field, code in doubtful.items():
        assert figures(sent, field) == [(UNREADABLE, [code])]
    assert isinstance(sent, Submission)
    others = {f: a.value for f, a in sent.answers.items() if f not in doubtful and f != "交车台数"}
    assert UNREADABLE not in others.values()


def test_a_question_quotes_both_cells(issue: Issue, filled: bytes) -> None:
    sent = read_submission(issue, changed(filled, swapped_names))
    assert isinstance(sent, Submission)
    (found,) = [finding for finding in sent.findings if finding.field == "维修产值"]
    assert "名称指向 填报!F8（252,486 元）" in found.message()
    assert "文字指向 填报!F7（60,574 元）" in found.message()
    assert str(found.place) == "填报!F7"


def test_nothing_is_asked_where_nothing_was_entered(issue: Issue, blank: bytes) -> None:
    sent = read_submission(issue, changed(blank, swapped_names))
    assert figures(sent, "维修产值", "维修毛利") == [(Absence.MISSING, [])] * 2


def test_a_row_that_moved_with_its_words_and_name_is_read(issue: Issue, filled: bytes) -> None:
    def moved(book: Any) -> None:
        sheet = book[SHEET]
        sheet.move_range("A10:J10", rows=20)
        name(book, "接车台次", f"'{SHEET}'!$F$30")

    ((value, codes),) = figures(read_submission(issue, changed(filled, moved)), "接车台次")
    assert (value, codes) == (251.0, ["XK-T009"])


def test_cells_merged_into_one_belong_to_nobody(issue: Issue, filled: bytes) -> None:
    sent = read_submission(issue, changed(filled, lambda book: book[SHEET].merge_cells("F7:F8")))
    first, second = figures(sent, "维修产值", "维修毛利")
    assert first == (UNREADABLE, ["XK-T091"])
    assert second == (Absence.MISSING, ["XK-V022"])


def test_a_reviewers_inspections_need_their_witnesses_too(issue: Issue, filled: bytes) -> None:
    """Under the button 检查情况 is read from the open workbook: two of them exchanged by cutting and pasting."""
    one, other = issue.layout.place("计划退回次数"), issue.layout.place("上报迟延天数")

    def exchanged(book: Any) -> None:
        book[one.sheet][one.ref], book[other.sheet][other.ref] = "及时", "合格"
        name(book, "计划退回次数", f"'{other.sheet}'!${other.ref[0]}${other.ref[1:]}")
        name(book, "上报迟延天数", f"'{one.sheet}'!${one.ref[0]}${one.ref[1:]}")

    data = changed(filled, exchanged)
    sent = read_source(issue, lambda: open_workbook(data), "D001.xlsx", reviewed=True)
    assert isinstance(sent, Submission)
    assert {sent.inspections[field] for field in ("计划退回次数", "上报迟延天数")} == {UNREADABLE}
    assert [f.code for f in sent.findings if f.field in ("计划退回次数", "上报迟延天数")] == ["XK-T090", "XK-T090"]


# ------------------------------------------------------------------ further sheets


def copied(title: str, **cells: Any) -> Change:
    def change(book: Any) -> None:
        copy = book.copy_worksheet(book[SHEET])
        copy.title = title
        for ref, value in cells.items():
            copy[ref] = value

    return change


def test_a_filled_copy_beside_the_blank_sheet_is_a_question_for_each_figure(issue: Issue, blank: bytes) -> None:
    sent = read_submission(issue, changed(blank, copied("填报 (2)", F7=252486, F10=251)))
    assert figures(sent, "维修产值", "接车台次", "维修毛利") == [
        (UNREADABLE, ["XK-T092"]), (UNREADABLE, ["XK-T092"]), (Absence.MISSING, []),
    ]  # fmt: skip


def test_an_equal_or_a_blank_copy_asks_nothing(issue: Issue, filled: bytes) -> None:
    for change in (copied("填报 (2)"), copied("备份", F7=None, F8=None, F10=None, F13=None, F14=None, F15=None)):
        sent = read_submission(issue, changed(filled, change))
        assert figures(sent, "维修产值", "接车台次") == [(252486.0, []), (251.0, [])]


@pytest.mark.parametrize(
    "heading",
    [
        "虚构·二号店（D002）\u3000考核月份 2026-11\u3000截止 2026-12-05",
        "原文实例店（D001）\u3000考核月份 2026-10\u3000截止 2026-11-05",
    ],
)
def test_another_dealers_or_months_sheet_is_told_and_not_compared(issue: Issue, filled: bytes, heading: str) -> None:
    sent = read_submission(issue, changed(filled, copied("附表", A2=heading, F10=999)))
    assert figures(sent, "接车台次") == [(251.0, [])]
    assert isinstance(sent, Submission)
    assert [finding.code for finding in sent.findings] == ["XK-T095"]


def test_a_form_sheet_of_another_dealer_is_refused(issue: Issue, filled: bytes) -> None:
    said = "虚构·二号店（D002）\u3000考核月份 2026-11"

    def other(text: str) -> str:
        start = text.index('<c r="A2"')
        formula = text[text.index("<f>", start) : text.index("</f>", start) + 4]
        return put(text, "A2", f'<c r="A2" t="str">{formula}<v>{said}</v></c>')

    sent = read_submission(issue, edited(filled, entry=other))
    assert isinstance(sent, Unusable)
    assert [(f.code, f.facts["found"]) for f in sent.findings] == [("XK-T094", "D002")]


def test_a_copy_in_the_place_of_the_sheet_is_read_by_its_words(issue: Issue, filled: bytes) -> None:
    """The sheet was copied, the first one deleted, the copy renamed: the workbook's names point nowhere."""

    def replaced(book: Any) -> None:
        for slot in issue.layout.slots.values():
            if slot.place.sheet == SHEET and slot.name in book.defined_names:
                name(book, slot.name, "#REF!")

    sent = read_submission(issue, changed(filled, replaced))
    assert figures(sent, "维修产值", "接车台次") == [(252486.0, []), (251.0, [])]


# ------------------------------------------------------------------ tables


def test_a_column_under_another_ones_heading_is_not_read(dealership: Monthly, blank_monthly: bytes) -> None:
    table = next(iter(dealership.issue.layout.tables.values()))
    (one, first), (other, second) = list(table.columns.items())[-2:]

    def exchanged(book: Any) -> None:
        for column, letter in ((one, second), (other, first)):
            area = f"'{table.sheet}'!${letter}${table.first}:${letter}${table.last}"
            name(book, f"{table.name}_{column}", area)
        for letter in table.columns.values():
            book[table.sheet][f"{letter}{table.first}"] = 100

    sent = read_submission(dealership.issue, changed(blank_monthly, exchanged))
    assert isinstance(sent, Submission)
    ((row,),) = [sent.tables[table.name]]
    assert (row[one], row[other]) == ("无法读取", "无法读取")
    assert {f.facts["column"] for f in sent.findings if f.code == "XK-T093"} == {other, one}


@pytest.fixture(scope="module")
def blank_monthly(dealership: Monthly) -> bytes:
    return next(iter(blanks(dealership.issue, dealership.engine))).data


# ------------------------------------------------------------------ what is seen of a text


@pytest.mark.parametrize(
    ("inside", "seen"),
    [
        ("<r><rPr><strike/></rPr><t>320</t></r><r><t>500</t></r>", "3̶2̶0̶500"),
        ('<r><t>320</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>', "320¹"),
        ('<r><rPr><sz val="9"/><strike val="1"/></rPr><t>1</t></r><r><rPr><b/></rPr><t>2</t></r>', "1̶2"),
    ],
)
def test_struck_and_raised_digits_are_no_part_of_a_figure(issue: Issue, filled: bytes, inside: str, seen: str) -> None:
    cell = f'<c r="F10" t="inlineStr"><is>{inside}</is></c>'
    sent = read_submission(issue, edited(filled, entry=lambda text: put(text, "F10", cell)))
    assert figures(sent, "接车台次") == [(UNREADABLE, ["XK-V002"])]
    assert isinstance(sent, Submission)
    assert [f.facts["found"] for f in sent.findings if f.field == "接车台次"] == [seen]


def test_a_run_that_only_looks_different_is_part_of_its_figure(issue: Issue, filled: bytes) -> None:
    inside = '<r><rPr><b/></rPr><t>2</t></r><r><rPr><strike val="0"/></rPr><t>51</t></r>'
    cell = f'<c r="F10" t="inlineStr"><is>{inside}</is></c>'
    sent = read_submission(issue, edited(filled, entry=lambda text: put(text, "F10", cell)))
    assert figures(sent, "接车台次") == [(251.0, ["XK-V009"])]


def test_a_figure_that_is_struck_out_as_a_whole_is_none(issue: Issue, filled: bytes) -> None:
    def strike(book: Any) -> None:
        cell = book[SHEET]["F7"]
        cell.font = copy(cell.font) + Font(strike=True)

    sent = read_submission(issue, changed(filled, strike))
    assert isinstance(sent, Submission)
    (struck,) = [name for name, answer in sent.answers.items() if answer.value is UNREADABLE]
    assert [(f.code, f.field, str(f.place)) for f in sent.findings if f.field == struck] == [
        ("XK-V002", struck, f"{SHEET}!F7")
    ]


# ------------------------------------------------------------------ names that formulas use

REDEFINED = {
    "a target that is a number": ("接车台次_目标", "1"),
    "a target that is a text": ("维修产值_目标", '"1"'),
    "a target on another row": ("接车台次_目标", "'填报'!$D$8"),
    "a target on another sheet": ("接车台次_目标", "'绩效考核表'!$A$1"),
    "the total as a number": ("总分", "100"),
    "the total as a formula": ("总分", "SUM(1,99)"),
    "the total in another cell": ("总分", "'绩效考核表'!$A$1"),
    "a completion": ("接车台次_完成率", "1"),
    "points": ("接车台次_得分", "15"),
}


@pytest.mark.parametrize("name", REDEFINED)
def test_a_redefined_name_is_told_and_moves_no_score(name: str, issue: Issue, filled: bytes) -> None:
    known, text = REDEFINED[name]
    if known not in issue.layout.slots:
        known = next(slot.name for slot in issue.layout.slots.values() if slot.name.startswith(known[:4]))

    def change(xml: str) -> str:
        return re.sub(rf'(<definedName name="{known}"[^>]*>)[^<]*', lambda found: found[1] + text, xml)

    honest, sent = read_submission(issue, filled), read_submission(issue, edited(filled, workbook=change))
    assert isinstance(honest, Submission)
    assert isinstance(sent, Submission)
    assert sent.contents() == honest.contents()
    assert "XK-I030" not in [finding.code for finding in honest.findings]
    told = [finding for finding in sent.findings if finding.code == "XK-I030"]
    assert len(told) == 1
    assert known in told[0].message()


def test_names_that_moved_with_their_rows_are_in_order(issue: Issue, filled: bytes) -> None:
    for change in (lambda book: None, lambda book: book[SHEET].insert_rows(1)):
        sent = read_submission(issue, changed(filled, change))
        assert "XK-I030" not in [finding.code for finding in sent.findings]
