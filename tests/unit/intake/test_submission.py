"""What a dealer sent: whose it is, what was answered, and what differs from what was issued."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import REAL_ANSWERS, MakeIssue
from openpyxl import Workbook, load_workbook
from shared import packages
from shared.packages import edited, put, put_answer, ref_of

from xlkpi.findings import Finding, Severity
from xlkpi.headquarters.issuing import Blank, blanks, with_revision
from xlkpi.intake.locate import Retitled
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.source import SheetCells, Source
from xlkpi.intake.submission import Submission, Unusable, read_source, read_submission
from xlkpi.issue import Dealer, Issue
from xlkpi.values import UNKNOWN, Absence, Place
from xlkpi.workbook.layout import Role
from xlkpi.workbook.package import unpack

Fill = Callable[[bytes, Mapping[str, Any]], bytes]


def read(issue: Issue, data: bytes | Path) -> Submission:
    result = read_submission(issue, data)
    assert isinstance(result, Submission), [finding.message() for finding in result.findings]
    return result


def refused(issue: Issue, data: bytes | Path) -> tuple[Finding, ...]:
    result = read_submission(issue, data)
    assert isinstance(result, Unusable)
    return result.findings


def codes(found: Submission | tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in (found.findings if isinstance(found, Submission) else found)]


def with_openpyxl(data: bytes, change: Callable[[Any], None]) -> bytes:
    book = load_workbook(io.BytesIO(data))
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


# ------------------------------------------------------------------ the good road


def test_a_filled_workbook_gives_back_what_was_filled_in(issue: Issue, filled: bytes) -> None:
    sent = read(issue, filled)
    assert (sent.dealer, sent.month, sent.scheme) == ("D001", "2026-11", "service-assessment")
    assert sent.contents() == REAL_ANSWERS
    assert sent.findings == ()


def test_a_blank_is_all_missing_and_differs_in_nothing(issue: Issue, blank: bytes) -> None:
    sent = read(issue, blank)
    assert {answer.value for answer in sent.answers.values()} == {Absence.MISSING}
    assert (sent.contents(), sent.findings) == ({}, ())


def test_every_answer_remembers_the_cell_that_it_was_read_from(issue: Issue, filled: bytes) -> None:
    answer = read(issue, filled).answers["接车台次"]
    assert answer.raw is not None
    assert (answer.raw.place, answer.raw.text) == (issue.layout.place("接车台次"), "251")


def test_remarks_come_back_as_the_dealer_wrote_them(issue: Issue, filled: bytes) -> None:
    ref = issue.layout.place("接车台次_备注").ref
    data = with_openpyxl(filled, lambda book: book["填报"].__setitem__(ref, "春节 <b>&停业 =1+1"))
    sent = read(issue, data)
    assert sent.remarks == {"接车台次_备注": "春节 <b>&停业 =1+1"}
    assert sent.contents()["接车台次_备注"] == "春节 <b>&停业 =1+1"


def test_words_and_marks_are_normalised_with_findings_at_the_cell(issue: Issue, blank: bytes, fill: Fill) -> None:
    sent = read(issue, fill(blank, {"接车台次": "２８８台", "维修产值": "很多", "轮胎": "不适用"}))
    assert sent.contents() == {"接车台次": 288.0, "维修产值": "无法读取", "轮胎": "不适用"}
    assert {(f.code, f.place, f.field) for f in sent.findings} == {
        ("XK-V009", issue.layout.place("接车台次"), "接车台次"),
        ("XK-V002", issue.layout.place("维修产值"), "维修产值"),
    }
    assert "“接车台次”填的是“２８８台”，读作 288 台" in [finding.message() for finding in sent.findings]


def test_a_workbook_is_read_from_a_path_and_named_like_it(issue: Issue, filled: bytes, tmp_path: Path) -> None:
    path = tmp_path / "D001_原文实例店.xlsx"
    path.write_bytes(filled)
    assert read(issue, path).file == path.name


# ------------------------------------------------------------------ identity


def test_a_workbook_of_nobody_is_not_ours(issue: Issue) -> None:
    from openpyxl import Workbook

    buffer = io.BytesIO()
    Workbook().save(buffer)
    assert codes(refused(issue, buffer.getvalue())) == ["XK-T001"]


def test_without_any_marker_it_is_not_ours(issue: Issue, filled: bytes) -> None:
    bare = edited(
        filled,
        custom=lambda text: text.replace("|", "/"),
        workbook=lambda text: re.sub(r'<definedName [^>]*name="_xlkpi"[^>]*>[^<]*</definedName>', "", text),
    )
    bare = with_openpyxl(bare, lambda book: book["_xlkpi"].__setitem__("A1", None))
    assert codes(refused(issue, bare)) == ["XK-T014"]  # the form is ours, whose it is nobody knows


@pytest.mark.parametrize("left", ["property", "name", "cell"])
def test_one_marker_of_the_three_is_enough(left: str, issue: Issue, filled: bytes) -> None:
    def change(book: Any) -> None:
        if left != "property":
            book.custom_doc_props.props.clear()
        if left != "name":
            del book.defined_names["_xlkpi"]
        if left != "cell":
            book["_xlkpi"]["A1"] = None

    assert read(issue, with_openpyxl(filled, change)).dealer == "D001"


def test_another_scheme_is_refused(issue: Issue, filled: bytes) -> None:
    found = refused(replace(issue, scheme=issue.scheme.model_copy(update={"name": "other-scheme"})), filled)
    assert codes(found) == ["XK-T002"]


def test_another_version_is_refused(issue: Issue, filled: bytes) -> None:
    found = refused(replace(issue, scheme=issue.scheme.model_copy(update={"version": "2027.1"})), filled)
    assert codes(found) == ["XK-T002"]
    assert "2026.1" in found[0].message()
    assert "2027.1" in found[0].message()


def test_another_layout_under_the_same_version_is_refused(issue: Issue, filled: bytes) -> None:
    layout = replace(issue.layout, formulas={**issue.layout.formulas, Place("填报", "A3"): "1"})
    assert codes(refused(replace(issue, layout=layout), filled)) == ["XK-T002"]


def test_another_month_is_refused(issue: Issue, filled: bytes) -> None:
    found = refused(replace(issue, month="2026-12"), filled)
    assert codes(found) == ["XK-T003"]
    assert found[0].message() == "这是 2026-11 月的表，本次考核的是 2026-12"


def test_a_dealer_who_is_not_on_the_roster_is_refused(issue: Issue, filled: bytes) -> None:
    found = refused(replace(issue, roster={"D002": issue.roster["D002"]}), filled)
    assert codes(found) == ["XK-T004"]
    assert found[0].facts["dealer"] == "D001"


def test_markers_of_two_dealers_in_one_file_are_refused(issue: Issue, filled: bytes) -> None:
    found = refused(issue, edited(filled, custom=lambda text: text.replace("|D001|", "|D002|")))
    assert codes(found) == ["XK-T007"]
    assert "D001" in found[0].message()
    assert "D002" in found[0].message()


def test_a_missing_sheet_is_told_and_the_dealer_is_still_known(issue: Issue, filled: bytes) -> None:
    result = read_submission(issue, with_openpyxl(filled, lambda book: book.remove(book["填报"])))
    assert isinstance(result, Unusable)
    assert [(f.code, f.facts["sheet"]) for f in result.findings] == [("XK-T008", "填报")]
    assert result.dealer == "D001"


def test_a_sheet_that_is_gone_is_missing(issue: Issue, filled: bytes) -> None:
    data = with_openpyxl(filled, lambda book: book.remove(book["填报"]))
    assert codes(refused(issue, data)) == ["XK-T008"]


def test_macros_are_a_notice_and_are_never_opened(issue: Issue, filled: bytes) -> None:
    sent = read(issue, packages.replaced(filled, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 whatever"}))
    assert codes(sent) == ["XK-F010"]
    assert sent.contents() == REAL_ANSWERS


# ------------------------------------------------------------------ what differs


def test_an_altered_target_is_told_and_moves_nothing(issue: Issue, blank: bytes, fill: Fill) -> None:
    sent = read(issue, fill(blank, {**REAL_ANSWERS, "接车台次_目标": 100}))
    assert [(f.code, f.place) for f in sent.findings] == [("XK-I001", issue.layout.place("接车台次_目标"))]
    assert sent.findings[0].message() == "“接车台次”的目标在文件中是 100 台，总部下达的是 310 台；按总部的计算"
    assert sent.contents() == REAL_ANSWERS


def test_a_target_taken_away_is_told(issue: Issue, blank: bytes, fill: Fill) -> None:
    sent = read(issue, fill(blank, {"接车台次_目标": None}))
    assert [(f.code, f.facts["found"]) for f in sent.findings] == [("XK-I001", "未填")]


def test_an_altered_formula_is_told_with_both(issue: Issue, filled: bytes) -> None:
    place = issue.layout.place("接车台次_得分")
    sent = read(issue, with_openpyxl(filled, lambda book: book[place.sheet].__setitem__(place.ref, "=15")))
    assert [(f.code, f.place, f.facts["found"]) for f in sent.findings] == [("XK-I002", place, "=15")]


def test_many_formulas_pasted_over_are_one_finding_with_a_count_and_ranges(issue: Issue, filled: bytes) -> None:
    places = [place for place in issue.layout.formulas if place.sheet == issue.layout.place("总分").sheet]

    def paste(book: Workbook) -> None:
        for place in places:
            book[place.sheet][place.ref] = 1

    sent = read(issue, with_openpyxl(filled, paste))
    (finding,) = (f for f in sent.findings if f.code in ("XK-I002", "XK-W079"))
    assert (finding.code, finding.facts["count"], finding.place) == ("XK-W079", len(places), places[0])
    assert ":" in str(finding.facts["cells"])


def test_a_target_that_headquarters_revised_is_no_fault_of_the_dealer(issue: Issue, filled: bytes) -> None:
    code = "D001"
    revised = with_revision(issue, {code: {"接车台次": 502.0}})
    (finding,) = read(revised, filled).findings
    assert (finding.code, finding.severity) == ("XK-W078", Severity.NOTICE)
    assert "原因" not in finding.remedy()


def test_a_formula_pasted_over_with_a_value_is_told(issue: Issue, filled: bytes) -> None:
    place = issue.layout.place("总分")
    sent = read(issue, with_openpyxl(filled, lambda book: book[place.sheet].__setitem__(place.ref, 100)))
    assert [(f.code, f.place, f.facts["found"]) for f in sent.findings] == [("XK-I002", place, "100")]


def test_a_formula_that_was_deleted_is_told(issue: Issue, filled: bytes) -> None:
    place = issue.layout.place("接车台次_校验")
    sent = read(issue, with_openpyxl(filled, lambda book: book[place.sheet].__setitem__(place.ref, None)))
    assert [(f.code, f.place, f.facts["found"]) for f in sent.findings] == [("XK-I002", place, "空白")]


def test_spaces_that_a_program_puts_into_a_formula_alter_nothing(issue: Issue, blank: bytes) -> None:
    spaced = edited(blank, entry=lambda text: text.replace("<f>IF(接车台次=", "<f> IF( 接车台次 = "))
    assert read(issue, spaced).findings == ()


def test_spaces_inside_a_formulas_quoted_text_do_alter_it(issue: Issue, blank: bytes) -> None:
    spaced = edited(blank, entry=lambda text: text.replace("已填 ", "已填"))
    assert set(codes(read(issue, spaced))) <= {"XK-I002", "XK-W079"}
    assert codes(read(issue, spaced))


def test_an_inspection_by_the_dealer_is_told_and_not_used(issue: Issue, blank: bytes, fill: Fill) -> None:
    sent = read(issue, fill(blank, {"返修台数": 0, "员工满意度": "100%"}))
    assert [(f.code, f.field, f.facts["found"]) for f in sent.findings] == [
        ("XK-I003", "员工满意度", "100%"), ("XK-I003", "返修台数", "0"),
    ]  # fmt: skip
    assert sent.contents() == {}


def test_a_value_outside_the_form_is_a_stray(issue: Issue, filled: bytes) -> None:
    sent = read(issue, with_openpyxl(filled, lambda book: book["填报"].__setitem__("K8", "误填 123")))
    assert [(f.code, str(f.place), f.facts["found"]) for f in sent.findings] == [("XK-I004", "填报!K8", "误填 123")]


def test_an_emptied_cell_outside_the_form_is_no_stray(issue: Issue, filled: bytes) -> None:
    def colour(book: Any) -> None:
        from openpyxl.styles import Font

        book["填报"]["K8"].font = Font(bold=True)
        book["填报"]["K9"] = "   "

    assert read(issue, with_openpyxl(filled, colour)).findings == ()


def test_hundreds_of_strays_are_not_all_told(issue: Issue, filled: bytes) -> None:
    def litter(book: Any) -> None:
        for row in range(30, 330):
            book["填报"].cell(row, 12).value = row

    *quoted, counted = read(issue, with_openpyxl(filled, litter)).findings
    assert {finding.code for finding in quoted} == {"XK-I004"}
    assert (len(quoted), counted.code, counted.facts["count"]) == (20, "XK-I021", 280)


# ------------------------------------------------------------------ rows and names that moved


def row_of(place: Place) -> int:
    return int(place.ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def shifted(text: str, row: int) -> str:
    """A sheet's XML with one row inserted before `row`, as a spreadsheet program would leave it."""

    def move(found: re.Match[str]) -> str:
        number = int(found[3])
        return f"{found[1]}{found[2]}{number + (number >= row)}{found[4]}"

    text = re.sub(r'(<row [^>]*?)(r=")(\d+)(")', move, text)
    text = re.sub(r'(<mergeCell ref="[A-Z]+)()(\d+)(:)', move, text)
    text = re.sub(r'(<mergeCell ref="[A-Z]+\d+:[A-Z]+)()(\d+)(")', move, text)
    return re.sub(r'(<c r="[A-Z]+)()(\d+)(")', move, text)


def insert_row(data: bytes, row: int) -> bytes:
    def names(text: str) -> str:
        return re.sub(
            r"('填报'!\$[A-Z]+\$)(\d+)", lambda m: f"{m[1]}{int(m[2]) + (int(m[2]) >= row)}", text
        )  # fmt: skip

    return edited(data, entry=lambda text: shifted(text, row), workbook=names)


def test_after_an_inserted_row_answers_are_found_by_their_names(issue: Issue, filled: bytes) -> None:
    answers = {slot.field: row_of(slot.place) for slot in issue.layout.of(Role.ANSWER)}
    sent = read(issue, insert_row(filled, answers["接车台次"]))
    assert sent.contents() == REAL_ANSWERS
    moved = {f.field: f for f in sent.findings if f.code == "XK-T009"}
    assert set(moved) == {name for name, row in answers.items() if row >= answers["接车台次"]}
    row = answers["接车台次"]
    assert (
        moved["接车台次"].message() == f"“接车台次”不在原来的位置（原 填报!F{row}，现 填报!F{row + 1}），已按名称找到"
    )
    assert set(codes(sent)) == {"XK-T009", "XK-I008"}


def test_a_remark_moves_along_with_its_answer(issue: Issue, filled: bytes) -> None:
    place = issue.layout.place("养护品_备注")
    noted = with_openpyxl(filled, lambda book: book["填报"].__setitem__(place.ref, "促销"))
    assert read(issue, insert_row(noted, row_of(place))).remarks == {"养护品_备注": "促销"}


def test_an_answer_whose_name_was_deleted_is_found_by_its_words(issue: Issue, filled: bytes) -> None:
    data = with_openpyxl(filled, lambda book: book.defined_names.pop("精品"))
    assert (read(issue, data).contents(), codes(read(issue, data))) == (REAL_ANSWERS, [])
    row = row_of(issue.layout.place("精品"))
    sent = read(issue, insert_row(data, row))
    assert sent.contents() == REAL_ANSWERS
    told = next(finding for finding in sent.findings if finding.field == "精品")
    assert told.message() == f"“精品”不在原来的位置（原 填报!F{row}，现 填报!F{row + 1}），是按行和列的标题找到的"


def test_a_cell_that_was_deleted_is_told_and_no_neighbour_is_read_for_it(issue: Issue, filled: bytes) -> None:
    def change(book: Any) -> None:
        book.defined_names["精品"].attr_text = "'填报'!#REF!"

    sent = read(issue, with_openpyxl(filled, change))
    assert [(f.code, f.field) for f in sent.findings if f.code.startswith("XK-T")] == [("XK-T010", "精品")]
    assert sent.answers["精品"].value is Absence.MISSING
    assert sent.answers["轮胎"].value == 7453.0


def test_a_value_typed_into_an_inserted_row_is_a_stray(issue: Issue, filled: bytes) -> None:
    row = row_of(issue.layout.place("精品"))
    more = f'<row r="{row}"><c r="F{row}"><v>99</v></c></row><row r="{row + 1}"'
    data = edited(insert_row(filled, row), entry=lambda text: text.replace(f'<row r="{row + 1}"', more))
    sent = read(issue, data)
    assert sent.contents() == REAL_ANSWERS
    assert [(f.place, f.facts["found"]) for f in sent.findings if f.code == "XK-I004"] == [
        (Place("填报", f"F{row}"), "99")
    ]


# ------------------------------------------------------------------ sheets by another name


def test_a_renamed_sheet_costs_its_names_once(filled: bytes) -> None:
    """Each name is asked for: to go through all of them each time would take a minute where there are thousands."""
    book = Retitled(open_workbook(filled), {"填报": "五月"})
    assert book.names is book.names
    assert book.sheets is book.sheets


@pytest.mark.parametrize("follows", [True, False])
def test_a_renamed_sheet_is_recognised_and_findings_tell_its_name(follows: bool, issue: Issue, filled: bytes) -> None:
    """Excel lets the names follow; where a program does not, the sheet is known by its words."""

    def rename(text: str) -> str:
        return text.replace('name="填报"', 'name="五月"').replace("'填报'!" if follows else "\0", "'五月'!")

    sent = read(issue, put_answer(edited(filled, workbook=rename), "轮胎", "<v>很多</v>", ' t="str"'))
    assert sent.contents() == {**REAL_ANSWERS, "轮胎": "无法读取"}
    place = issue.layout.place("轮胎")
    assert [(f.code, str(f.place)) for f in sent.findings] == [("XK-T012", "None"), ("XK-V002", f"五月!{place.ref}")]
    assert sent.findings[0].message() == "工作表“填报”改名为“五月”，已认出"


def test_reordered_sheets_change_nothing_and_are_told(issue: Issue, filled: bytes) -> None:
    def turn(text: str) -> str:
        sheets = re.findall(r"<sheet [^>]*/>", text)
        return text.replace("".join(sheets), "".join(reversed(sheets)))

    sent = read(issue, edited(filled, workbook=turn))
    assert (sent.contents(), codes(sent)) == (REAL_ANSWERS, ["XK-I045"])


# ------------------------------------------------------------------ the same file in other programs' hands


def shared_strings(data: bytes) -> bytes:
    """All inline strings moved to a shared table, with rich text runs and phonetic runs among them."""
    parts = unpack(data)
    table: list[str] = []

    def move(found: re.Match[str]) -> str:
        text = found[3]
        rich = f'<r><t>{text[:1]}</t></r><r><rPr><b/></rPr><t xml:space="preserve">{text[1:]}</t></r>'
        broken = "&" in text[:8]  # an entity must not be cut in two
        phonetic = '<rPh sb="0" eb="1"><t>ピ</t></rPh><phoneticPr fontId="1"/>'
        table.append(f"<t>{text}</t>" if broken else rich + phonetic)
        return f'<c r="{found[1]}"{found[2]} t="s"><v>{len(table) - 1}</v></c>'

    pattern = re.compile(r'<c r="([A-Z]+\d+)"((?: s="\d+")?) t="inlineStr"><is><t(?: [^>]*)?>([^<]*)</t></is></c>')
    out = {
        name: pattern.sub(move, part.decode()).encode()
        for name, part in parts.items()
        if name.startswith("xl/worksheets/sheet")
    }
    body = "".join(f"<si>{item}</si>" for item in table)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    out["xl/sharedStrings.xml"] = f'<?xml version="1.0" encoding="UTF-8"?><sst xmlns="{main}">{body}</sst>'.encode()
    assert len(table) > 100
    return packages.replaced(data, out)


def prefixed(text: str) -> str:
    """The sheet with a namespace prefix on every element."""
    text = re.sub(r"<(/?)([A-Za-z])", r"<\1x:\2", text)
    return text.replace('xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"',
                        'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"')  # fmt: skip


VARIANTS: dict[str, Callable[[bytes], bytes]] = {
    "saved by openpyxl again": lambda data: with_openpyxl(data, lambda book: None),
    "shared strings with rich and phonetic runs": shared_strings,
    "a comment in the sheet": lambda data: edited(
        data, entry=lambda t: t.replace("<sheetData>", '<sheetData><!-- <c r="A1"><v>9</v></c> -->')
    ),
    "a processing instruction": lambda data: edited(
        data, entry=lambda t: t.replace("<sheetData>", '<sheetData><?x <c r="F7"><v>9</v></c>?>')
    ),
    "CDATA in a value": lambda data: edited(data, entry=lambda t: t.replace("<v>251</v>", "<v><![CDATA[251]]></v>")),
    "namespace prefixes in a sheet": lambda data: edited(data, entry=prefixed),
    "namespace prefixes in the workbook": lambda data: edited(data, workbook=prefixed),
    "a comment in the workbook": lambda data: edited(
        data, workbook=lambda t: t.replace("<sheets>", "<!-- x --><sheets>")
    ),
    "cells without references": lambda data: edited(data, entry=lambda t: re.sub(r'<c r="[A-H](6|7|8|9|10)"', "<c", t)),
    "single quotes": lambda data: edited(
        data, entry=lambda t: re.sub(r'<c r="([A-Z]+\d+)" s="(\d+)"', r"<c r='\1' s='\2'", t)
    ),
    "other order of attributes": lambda data: edited(
        data, entry=lambda t: re.sub(r'<c r="([A-Z]+\d+)" s="(\d+)"', r'<c s="\2" r="\1"', t)
    ),
    "line breaks inside tags": lambda data: edited(
        data, entry=lambda t: t.replace('<c r="F', '<c\n  r="F').replace("<row ", "<row\n")
    ),
    "tabs inside tags": lambda data: edited(data, entry=lambda t: t.replace('<c r="F', '<c\tr="F')),
    "spaces inside tags": lambda data: edited(data, entry=lambda t: t.replace('<c r="F', '<c  r="F')),
    "line breaks in the workbook's tags": lambda data: edited(
        data, workbook=lambda t: t.replace("<sheet ", "<sheet\n").replace("<definedName ", "<definedName\n")
    ),
    "numeric character references": lambda data: edited(data, workbook=lambda t: t.replace("填报", "&#22635;&#x62A5;")),
    "a wrong dimension": lambda data: edited(
        data, entry=lambda t: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:A1"', t)
    ),
    "numbers spelt otherwise": lambda data: edited(data, entry=lambda t: t.replace("<v>251</v>", "<v>2.51E2</v>")),
    "one prefixed cell": lambda data: edited(
        data,
        entry=lambda t: put(
            t.replace(
                "<worksheet ", '<worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ', 1
            ),
            ref_of(data, "接车台次"),
            f'<x:c r="{ref_of(data, "接车台次")}"><x:v>251</x:v></x:c>',
        ),
    ),
    "quotes in attributes of the workbook": lambda data: edited(
        data, workbook=lambda t: t.replace("<definedName ", """<definedName comment="it's > so" """)
    ),
    "a byte-order mark": lambda data: packages.replaced(
        data, {"xl/worksheets/sheet2.xml": b"\xef\xbb\xbf" + unpack(data)["xl/worksheets/sheet2.xml"]}
    ),
    "stored, not deflated": lambda data: packages.zipped(unpack(data).items(), level=0),
}


@pytest.mark.parametrize("way", VARIANTS)
def test_a_file_that_another_program_saved_reads_the_same(way: str, issue: Issue, filled: bytes) -> None:
    other = VARIANTS[way](filled)
    assert unpack(other) != unpack(filled) or way == "stored, not deflated"
    sent = read(issue, other)
    assert sent.contents() == REAL_ANSWERS
    assert sent.findings == ()


def test_a_text_answer_in_rich_runs_is_joined_without_its_phonetic_hints(issue: Issue, filled: bytes) -> None:
    runs = '<is><r><t>28</t></r><r><rPr><b/></rPr><t>8</t></r><rPh sb="0" eb="1"><t>99</t></rPh><r><t>台</t></r></is>'
    data = put_answer(filled, "接车台次", runs, ' t="inlineStr"')
    assert read(issue, data).contents()["接车台次"] == 288.0


def test_entities_in_an_answer_are_read_as_xml_says(issue: Issue, filled: bytes) -> None:
    ref = issue.layout.place("接车台次_备注").ref
    cell = f'<c r="{ref}" t="inlineStr"><is><t>A&amp;amp;&lt;&#x4E2D;&quot;</t></is></c>'
    assert read(issue, edited(filled, entry=lambda text: put(text, ref, cell))).remarks["接车台次_备注"] == 'A&amp;<中"'


def test_a_formula_in_an_answer_counts_by_its_cached_value(issue: Issue, filled: bytes) -> None:
    sent = read(issue, put_answer(filled, "接车台次", "<f>200+51</f><v>251</v>"))
    assert sent.contents() == REAL_ANSWERS
    assert codes(sent) == ["XK-V010"]


def test_a_formula_in_an_answer_without_a_cached_value_is_unreadable(issue: Issue, blank: bytes, fill: Fill) -> None:
    sent = read(issue, fill(blank, {"接车台次": "=200+A9"}))
    assert sent.answers["接车台次"].value is Absence.UNREADABLE
    assert codes(sent) == ["XK-V011"]


@pytest.mark.parametrize(
    ("attributes", "inside", "code"),
    [
        (' t="e"', "<v>#DIV/0!</v>", "XK-V008"),
        (' t="b"', "<v>1</v>", "XK-V002"),
        (' t="d"', "<v>2026-11-06</v>", "XK-V002"),
        ("", "<v>NaN</v>", "XK-V002"),
        ("", "<v>1e400</v>", "XK-V002"),
        (' t="str"', '<f>"y"</f><v>y</v>', "XK-V002"),
    ],
)
def test_a_cell_of_the_wrong_kind_is_unreadable(
    attributes: str, inside: str, code: str, issue: Issue, filled: bytes
) -> None:
    sent = read(issue, put_answer(filled, "接车台次", inside, attributes))
    assert sent.answers["接车台次"].value is Absence.UNREADABLE
    assert codes(sent) == [code]


def test_a_reference_to_no_shared_string_is_damage(issue: Issue, filled: bytes) -> None:
    data = put_answer(shared_strings(filled), "接车台次", "<v>99999</v>", ' t="s"')
    assert codes(refused(issue, data)) == ["XK-F002"]


def test_a_negative_shared_string_is_damage_and_not_the_last_one(issue: Issue, filled: bytes) -> None:
    data = put_answer(shared_strings(filled), "接车台次", "<v>-1</v>", ' t="s"')
    assert codes(refused(issue, data)) == ["XK-F002"]


def test_a_sheet_named_in_the_workbook_without_its_part_is_missing(issue: Issue, filled: bytes) -> None:
    assert codes(refused(issue, packages.without(filled, "xl/worksheets/sheet2.xml"))) == ["XK-T008"]


# ------------------------------------------------------------------ odd codes


@pytest.mark.parametrize("code", ["1001", "沪 A&B", 'x"y', "<店>", "D'1"])
def test_a_dealer_code_of_any_characters_comes_back(code: str, scheme_and_compiled: Any, issue_of: MakeIssue) -> None:
    roster = {code: Dealer(code, f"店 {code}", "=1+1")}
    issued = issue_of(*scheme_and_compiled, roster=roster)
    (made,) = list(blanks(issued))
    assert isinstance(made, Blank)
    sent = read(issued, made.data)
    assert sent.dealer == code
    assert sent.findings == ()


# ------------------------------------------------------------------ locked numbers


def test_altered_points_are_told_and_move_nothing(issue: Issue, filled: bytes) -> None:
    place = issue.layout.place("接车台次_分值")
    sent = read(issue, with_openpyxl(filled, lambda book: book[place.sheet].__setitem__(place.ref, 50)))
    assert [(f.code, f.place, f.facts["expected"], f.facts["found"]) for f in sent.findings] == [
        ("XK-I005", place, "15", "50")
    ]
    assert sent.contents() == REAL_ANSWERS


# ------------------------------------------------------------------ what is too long


def test_a_remark_is_cut_where_a_cell_of_excel_ends(issue: Issue, filled: bytes) -> None:
    ref = issue.layout.place("接车台次_备注").ref
    cell = f'<c r="{ref}" t="inlineStr"><is><t>{"长" * 40_000}</t></is></c>'
    sent = read(issue, edited(filled, entry=lambda text: put(text, ref, cell)))
    assert sent.remarks["接车台次_备注"] == "长" * 32_767


def test_a_finding_quotes_the_beginning_of_a_long_answer_only(issue: Issue, filled: bytes) -> None:
    sent = read(issue, put_answer(filled, "接车台次", f"<is><t>{'长' * 9_000}</t></is>", ' t="inlineStr"'))
    assert [len(str(finding.facts["found"])) for finding in sent.findings] == [200]


# ------------------------------------------------------------------ sources that are no file


class _Silent:
    """A source that tells values only, as an old format does."""

    def __init__(self, book: Source):
        self.book, self.sheets, self.names = book, book.sheets, book.names
        self.has_macros = self.tells_formulas = False

    def properties(self) -> Mapping[str, str]:
        return self.book.properties()

    def cells(self, sheet: str, wanted: Collection[str] | None, known: Collection[str] = ()) -> SheetCells:
        read = self.book.cells(sheet, wanted, known)
        bare = {ref: raw._replace(formula=UNKNOWN, format=UNKNOWN) for ref, raw in read.cells.items()}
        return SheetCells(bare, read.strays)


def test_a_source_that_tells_no_formulas_is_read_the_same_but_never_called_clean(issue: Issue, filled: bytes) -> None:
    place = issue.layout.place("接车台次_完成率")
    altered = with_openpyxl(filled, lambda book: book[place.sheet].__setitem__(place.ref, 9.9))
    sent = read_source(issue, lambda: _Silent(open_workbook(altered)), "x.xls")
    assert isinstance(sent, Submission)
    assert sent.contents() == read(issue, altered).contents() == REAL_ANSWERS
    assert codes(sent) == ["XK-I007", "XK-V045"]
    assert codes(read(issue, altered)) == ["XK-I002"]


# ------------------------------------------------------------------ sheets copied into a new workbook


def copied(data: bytes, *sheets: str) -> bytes:
    """Some sheets in a new workbook: what only the old workbook had, its names and properties, stays behind."""
    from openpyxl import Workbook

    old, new = load_workbook(io.BytesIO(data)), Workbook()
    new.remove(new.worksheets[0])
    for title in sheets:
        page = new.create_sheet(title)
        for line in old[title].iter_rows():
            for cell in line:
                if cell.value is not None:
                    page[cell.coordinate].value = cell.value
                    page[cell.coordinate].number_format = cell.number_format
    buffer = io.BytesIO()
    new.save(buffer)
    return buffer.getvalue()


def test_with_the_hidden_sheet_it_is_still_known_whose_it_is(issue: Issue, filled: bytes) -> None:
    sent = read(issue, copied(filled, "填报", "_xlkpi"))
    assert sent.contents() == REAL_ANSWERS
    assert sent.dealer == "D001"
    told = {finding.code for finding in sent.findings}
    assert told == {"XK-I010", "XK-I046"}  # a book without any name tells none to be lost
    assert {f.facts["sheet"] for f in sent.findings if f.code == "XK-I010"} == {
        place.sheet for place in issue.layout.formulas
    } - {"填报"}


def test_without_any_marker_what_is_known_is_said(issue: Issue, filled: bytes) -> None:
    result = read_submission(issue, copied(filled, "填报", "本店资料"))
    assert isinstance(result, Unusable)
    assert (codes(result.findings), result.dealer) == (["XK-T014"], "D001")
    assert result.findings[0].message().endswith("表上写的是：经销商 D001，月份 2026-11")
    bare = read_submission(issue, copied(filled, "填报"))
    assert isinstance(bare, Unusable)
    assert (codes(bare.findings), bare.dealer) == (["XK-T014"], "")
    assert bare.findings[0].message().endswith("看不出是哪家、哪个月")


def test_a_marker_that_is_partly_lost_is_noticed(issue: Issue, filled: bytes) -> None:
    sent = read(issue, with_openpyxl(filled, lambda book: book.remove(book["_xlkpi"])))
    assert sent.contents() == REAL_ANSWERS
    assert codes(sent) == ["XK-T013"]
    assert [f.message() for f in sent.findings] == ["身份标记缺了隐藏工作表，按剩下的文档属性、名称认出是 D001 的表"]
