"""Marks put into a person's file: what has to change changes, and not a byte of anything else."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
import xlwings
from openpyxl import Workbook, load_workbook
from shared.packages import replaced, zipped
from shared.rich import OTHER, PERSON, SAID, SHEET, rich_workbook

from xlkpi.checking.marking import COLOURS, mark
from xlkpi.checking.marking import SHEET as LIST
from xlkpi.findings import Finding
from xlkpi.intake.guard import admit
from xlkpi.values import Place
from xlkpi.workbook.operations import Comment, EnsureSheet, Fill, Link, NumberFormat, Operation, Write
from xlkpi.workbook.package import members, unpack
from xlkpi.workbook.patch import CannotPatch, patched
from xlkpi.workbook.patch.splice import Document

# numbers, formulas with values, texts, rich text; cells that are not there in a row that is, and a row that is not
CELLS = [
    "B1", "B2", "B3", "B4", "B5", "C1", "C2", "C40", "A1", "A31", "A41", "B31",
    "D1", "D2", "D25", "E5", "Z31", "B50", "AA1", "D60",
]  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl says what it would lose


def finding(sheet: str, ref: str) -> Finding:
    return Finding("XK-V001", "rich.xlsm", Place(sheet, ref), "维修毛利", {"label": "维修毛利 <&\"'>"})


def findings(sheet: str, refs: Iterable[str]) -> list[Finding]:
    """Of two files, so that no more than ten are of one cause and each is told at its cell."""
    return [replace(finding(sheet, ref), file=f"{number // 10}.xlsm") for number, ref in enumerate(refs)]


def patch(data: bytes, *operations: Operation) -> bytes:
    return patched(admit(data), operations)


@pytest.fixture(scope="module")
def rich() -> bytes:
    return rich_workbook()


@pytest.fixture(scope="module")
def marked(rich: bytes) -> bytes:
    return patched(admit(rich), mark(findings(SHEET, CELLS), {SHEET, OTHER}, "D001 2026-11"))


def changed(before: bytes, after: bytes) -> set[str]:
    """Parts that are new or lie in the archive with other compressed bytes."""
    old, new = members(before), members(after)
    assert list(new)[: len(old)] == list(old), "parts were dropped or moved"
    return {name for name, part in new.items() if old.get(name) != part}


# ------------------------------------------------------------------ only what must


def test_twenty_marks_change_only_these_parts(rich: bytes, marked: bytes) -> None:
    assert len(CELLS) == 20
    assert changed(rich, marked) == {
        "[Content_Types].xml",  # the new sheet
        "xl/workbook.xml",  # its name
        "xl/_rels/workbook.xml.rels",  # and where it is
        "xl/worksheets/sheet3.xml",  # 问题清单 itself
        "xl/styles.xml",  # the colours
        "xl/worksheets/sheet1.xml",  # cells take them
        "xl/comments1.xml",  # what is said
        "xl/drawings/vmlDrawing1.vml",  # and the boxes that say it
    }
    with zipfile.ZipFile(io.BytesIO(marked)) as archive:
        assert archive.testzip() is None


def test_what_libraries_lose_is_all_there(rich: bytes, marked: bytes) -> None:
    was, now = (unpack(data)["xl/worksheets/sheet1.xml"].decode() for data in (rich, marked))
    after = "</sheetData>"
    assert now[now.index(after) :] == was[was.index(after) :]  # controls, x14 rules, sparklines, protection, …
    for word in ("x14:sparkline", "<control ", "x14:dataBar", "legacyDrawing", "sheetProtection", "dataValidation"):
        assert word in now
    assert now[: now.index("<sheetData")] == was[: was.index("<sheetData")]
    cells = re.compile(r'<c r="([A-Z]+\d+)"[^>]*?(?:/>|>.*?</c>)')
    old, new = ({c[1]: c[0] for c in cells.finditer(text)} for text in (was, now))
    assert {ref for ref in new if new[ref] != old.get(ref)} == set(CELLS)
    assert {ref: re.sub(r' s="\d+"', "", new[ref]) for ref in CELLS if ref in old} == {
        ref: re.sub(r' s="\d+"', "", old[ref]) for ref in CELLS if ref in old
    }  # value, formula and kind of every marked cell as they were


def test_cells_are_coloured_and_keep_the_rest_of_their_look(rich: bytes, marked: bytes) -> None:
    old, new = (load_workbook(io.BytesIO(data), data_only=True)[SHEET] for data in (rich, marked))
    for ref in CELLS:
        assert new[ref].fill.fgColor.rgb == "FF" + COLOURS[finding(SHEET, ref).severity][1:]
    for ref in CELLS[:12]:  # those that were there
        for aspect in ("value", "number_format", "font", "border", "alignment", "protection"):
            assert repr(getattr(new[ref], aspect)) == repr(getattr(old[ref], aspect)), (ref, aspect)
    assert new["C2"].value == 206.5  # the stored result of its formula
    assert new["D25"].number_format == "#,##0.00"  # a cell that was not there takes its column's look,
    assert new["Z31"].font.b  # or its row's
    assert new["B6"].fill.fgColor.rgb == "FFFFF2CC"


def test_a_person_s_comment_stays_and_ours_goes_below_it(rich: bytes, marked: bytes) -> None:
    sheet = load_workbook(io.BytesIO(marked))[SHEET]
    said = sheet["B3"].comment
    assert said.author == PERSON
    assert said.text.startswith(f"{SAID}\n〔核对结果〕\n【错误 XK-V001】")
    assert (sheet["B1"].comment.author, sheet["B1"].comment.text[:19]) == (
        "xlkpi", "〔核对结果〕\n【错误 XK-V001】",
    )  # fmt: skip
    assert all(sheet[ref].comment is not None for ref in CELLS)
    old, new = (unpack(data)["xl/comments1.xml"].decode() for data in (rich, marked))
    person = re.search(rf"<r><rPr>[^/]*/>.*?{SAID}</t></r>", old)
    assert person is not None
    assert person[0] in new  # their run, with its font


def test_boxes_are_added_behind_the_button_and_those_of_others(rich: bytes, marked: bytes) -> None:
    old, new = (unpack(data)["xl/drawings/vmlDrawing1.vml"].decode() for data in (rich, marked))
    assert new.startswith(old.removesuffix("</xml>"))
    ids = re.findall(r'<v:shape id="_x0000_s(\d+)"', new)
    assert len(ids) == len(set(ids)) == 3 + len(CELLS) - 2
    assert "1030" not in ids  # the form control's
    rows = set(re.findall(r"<x:Row>(\d+)</x:Row><x:Column>(\d+)<", new))
    assert {("0", "1"), ("0", "26"), ("59", "3")} <= rows


def test_the_list_leads_to_the_cells(marked: bytes) -> None:
    sheet = load_workbook(io.BytesIO(marked))[LIST]
    assert sheet["A1"].value == "问题清单　D001 2026-11"
    assert [sheet.cell(4, column).value for column in range(1, 8)] == [
        "序号", "级别", "位置", "问题", "原因", "怎么办", "代码"
    ]  # fmt: skip
    led = {sheet.cell(row, 3).hyperlink.location for row in range(5, 25)}
    assert led == {f"'{SHEET}'!{ref}" for ref in CELLS}
    assert sheet["D5"].value == "“维修毛利 <&\"'>”没有填"
    assert sheet["D5"].alignment.wrap_text
    assert sheet.column_dimensions["D"].width > 40


def test_marking_again_changes_nothing(marked: bytes) -> None:
    again = patched(admit(marked), mark(findings(SHEET, CELLS), {SHEET, OTHER}, "D001 2026-11"))
    assert again == marked


def test_marking_again_replaces_what_was_said(marked: bytes) -> None:
    other = Finding("XK-V014", "", Place(SHEET, "B3"), "精品", {"label": "精品", "found": "-1"})
    again = patched(admit(marked), mark([other], {SHEET, OTHER}, "D001"))
    book = load_workbook(io.BytesIO(again))
    assert "XK-V001" not in book[SHEET]["B3"].comment.text
    assert book[SHEET]["B3"].comment.text.startswith(SAID)
    assert book[LIST]["G5"].value == "XK-V014"
    assert book[LIST]["G6"].value is None


def test_what_is_mended_loses_our_marks_and_nothing_else(rich: bytes, marked: bytes) -> None:
    earlier = {Place(SHEET, ref): "" if ref == "A1" else "#FFF2CC" for ref in CELLS}
    again = patched(admit(marked), mark([finding(SHEET, "B5")], {SHEET, OTHER}, "D001", earlier))
    sheet = load_workbook(io.BytesIO(again))[SHEET]
    commented = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(commented) == {"B3", "B4", "B5"}
    assert (commented["B3"], commented["B4"]) == (SAID, "第二条")
    assert sheet["A1"].fill.fill_type is None
    assert sheet["B1"].fill.fgColor.rgb == "FFFFF2CC"
    assert sheet["B5"].fill.fgColor.rgb == "FFFF9B9B"
    old, new = (unpack(data)["xl/drawings/vmlDrawing1.vml"].decode() for data in (rich, again))
    assert new.startswith(old.removesuffix("</xml>"))
    assert new.count('ObjectType="Note"') == 3


def test_a_dealer_s_reply_in_our_comment_stays(rich: bytes, marked: bytes) -> None:
    replied = rewritten(marked, "xl/comments1.xml", r'(?s)(<comment ref="B5".*?)(</t>)', "\\1\n已改，请再看\\2")
    again = patched(admit(replied), mark([finding(SHEET, "B5")], {SHEET, OTHER}, ""))
    text = load_workbook(io.BytesIO(again))[SHEET]["B5"].comment.text
    assert "已改，请再看\n〔核对结果〕\n【错误 XK-V001】" in text
    cleared = patched(admit(again), mark([], {SHEET, OTHER}, "", {Place(SHEET, "B5"): "#FFF2CC"}))
    assert load_workbook(io.BytesIO(cleared))[SHEET]["B5"].comment.text.endswith("已改，请再看")


def test_the_same_input_gives_the_same_bytes(rich: bytes, marked: bytes) -> None:
    assert patched(admit(rich), mark(findings(SHEET, CELLS), {SHEET, OTHER}, "D001 2026-11")) == marked


def test_a_sheet_without_comments_gets_its_own_with_shape_ids_of_its_own(rich: bytes) -> None:
    both = patched(admit(rich), mark([finding(OTHER, "B2"), finding(SHEET, "B1")], {SHEET, OTHER}, ""))
    assert changed(rich, both) >= {
        "xl/comments2.xml",
        "xl/drawings/vmlDrawing2.vml",
        "xl/worksheets/_rels/sheet2.xml.rels",
    }
    parts = unpack(both)
    first, second = (parts[f"xl/drawings/vmlDrawing{n}.vml"].decode() for n in (1, 2))
    blocks = [re.findall(r'idmap [^>]*data="([\d,]+)"', text) for text in (first, second)]
    assert blocks == [["1"], ["2"]]
    assert 'id="_x0000_s2049"' in second
    sheet = parts["xl/worksheets/sheet2.xml"].decode()
    assert sheet.index("<legacyDrawing") < sheet.index("<tableParts")
    assert load_workbook(io.BytesIO(both))[OTHER]["B2"].comment.author == "xlkpi"


def test_a_sheet_with_a_button_and_no_comment_keeps_the_button_in_its_drawing() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("表")
        sheet.write("A1", 1)
        sheet.insert_button("F2", {"macro": "Go", "caption": "校验"})
    data = buffer.getvalue()
    done = patched(admit(data), mark(findings("表", ["A1"]), {"表"}, ""))
    parts, was = unpack(done), unpack(data)
    drawing = parts["xl/drawings/vmlDrawing1.vml"].decode()
    assert drawing.startswith(was["xl/drawings/vmlDrawing1.vml"].decode().removesuffix("</xml>"))
    assert drawing.count('<v:shapetype id="_x0000_t202"') == 1
    assert parts["[Content_Types].xml"].count(b'Extension="vml"') == 1
    assert parts["xl/worksheets/sheet1.xml"].count(b"<legacyDrawing") == 1
    assert load_workbook(io.BytesIO(done))["表"]["A1"].comment.author == "xlkpi"


# ------------------------------------------------------------------ each operation


def plain() -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "表"
    sheet["A1"], sheet["B2"], sheet["C3"] = "文字", 5, "=B2*2"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_no_operation_leaves_every_byte_of_every_part() -> None:
    assert changed(plain(), patch(plain())) == set()


def test_contents_are_written_as_what_they_are_and_a_text_is_never_a_formula() -> None:
    rows = (("=1+1", 2.5, True), ("@x\n'y", None, "   空 & <格> \x07"))
    sheet = load_workbook(io.BytesIO(patch(plain(), Write(Place("表", "B1"), rows))))["表"]
    assert [[sheet.cell(row, column).value for column in (2, 3, 4)] for row in (1, 2)] == [
        ["=1+1", 2.5, True], ["@x\n'y", None, "   空 & <格> "],
    ]  # fmt: skip
    assert sheet["B1"].data_type != "f"
    assert sheet["A1"].value == "文字"


def test_a_format_a_link_and_a_bold_fill() -> None:
    done = patch(
        plain(),
        EnsureSheet("评分", (20, 9.5)),
        Write(Place("评分", "A1"), (("得分", 0.87252), (None, 3))),
        NumberFormat("评分", "B1", "0.00"),
        NumberFormat("评分", "B2", '0.0"分"'),
        Fill("评分", "A1:B1", "#d9e1f2", bold=True),
        Link(Place("评分", "A3"), Place("表", "B2"), "去看"),
    )
    book = load_workbook(io.BytesIO(done))
    sheet = book["评分"]
    assert book.sheetnames == ["表", "评分"]
    assert (sheet["B1"].value, sheet["B1"].number_format, sheet["B2"].number_format) == (0.87252, "0.00", '0.0"分"')
    assert sheet["A1"].font.b
    assert sheet["A1"].fill.fgColor.rgb == sheet["B1"].fill.fgColor.rgb == "FFD9E1F2"
    assert (sheet["A3"].value, sheet["A3"].hyperlink.location) == ("去看", "'表'!B2")
    assert sheet.column_dimensions["B"].width == 9.5


def test_a_sheet_that_is_there_is_emptied_and_stays_where_it_is() -> None:
    once = patch(plain(), EnsureSheet("表"), Write(Place("表", "D9"), (("新",),)), EnsureSheet("后"))
    book = load_workbook(io.BytesIO(once))
    assert book.sheetnames == ["表", "后"]
    assert [cell.value for row in book["表"].iter_rows() for cell in row if cell.value is not None] == ["新"]


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (Write(Place("表", "C3"), ((1,),)), "C3 有公式"),
        (Fill("没有这张表", "A1", "#FFFFFF"), "没有这张表"),
        (Fill("表", "1A", "#FFFFFF"), "1A"),
    ],
)
def test_what_cannot_be_done_is_refused(operation: Operation, says: str) -> None:
    with pytest.raises(CannotPatch, match=says):
        patch(plain(), operation)


# ------------------------------------------------------------------ however a program writes it


def rewritten(data: bytes, part: str, old: str, new: str) -> bytes:
    text = unpack(data)[part].decode()
    assert re.search(old, text), f"{part} has no {old}"
    return replaced(data, {part: re.sub(old, new, text).encode()})


def prefixed(data: bytes) -> bytes:
    """As the Open XML SDK writes it: every element of sheet, styles and workbook with a prefix, attributes in single
    quotes, comments in between, a byte order mark."""
    parts = unpack(data)
    for name in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"):
        text = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", parts[name].decode()).replace(' xmlns="', ' xmlns:x="')
        text = re.sub(r'(\w+)="([^"\']*)"', r"\1 = '\2'", text).replace("<x:sheetData>", "<!-- > --><x:sheetData>")
        parts[name] = "\ufeff".encode() + text.encode()
    return zipped(parts.items(), level=0)


def test_prefixes_single_quotes_and_comments_are_kept_and_followed() -> None:
    data = prefixed(plain())
    done = patched(admit(data), mark(findings("表", ["B2", "C3", "D7"]), {"表"}, ""))
    text = unpack(done)["xl/worksheets/sheet1.xml"].decode()
    assert "<!-- > --><x:sheetData>" in text
    book = load_workbook(io.BytesIO(done.replace(b"\xef\xbb\xbf", b"\xef\xbb\xbf")))
    assert [book["表"][ref].fill.fgColor.rgb for ref in ("B2", "C3", "D7")] == ["FFFF9B9B"] * 3
    assert (book["表"]["B2"].value, book["表"]["C3"].value) == (5, "=B2*2")
    assert book["表"]["D7"].comment.text.startswith("〔核对结果〕\n【错误")
    assert book[LIST]["C5"].value == "表!B2"


def test_a_part_that_is_stored_not_deflated_stays_so() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, part in unpack(plain()).items():
            archive.writestr(name, part)
    done = patch(buffer.getvalue(), Fill("表", "A1", "#FF0000"))
    assert members(done)["docProps/core.xml"].method == zipfile.ZIP_STORED
    assert load_workbook(io.BytesIO(done))["表"]["A1"].fill.fgColor.rgb == "FFFF0000"


def test_a_thread_is_left_alone(rich: bytes) -> None:
    threaded = rewritten(rich, "xl/comments1.xml", f"<author>{PERSON}</author>", "<author>tc={0001}</author>")
    done = patched(admit(threaded), mark(findings(SHEET, ["B3", "B9"]), {SHEET}, ""))
    sheet = load_workbook(io.BytesIO(done))[SHEET]
    assert sheet["B3"].comment.text == SAID
    assert sheet["B3"].fill.fgColor.rgb == "FFFF9B9B"
    assert sheet["B9"].comment.author == "xlkpi"


def test_a_comment_without_runs_becomes_one(rich: bytes) -> None:
    bare = rewritten(rich, "xl/comments1.xml", rf"<text><r>.*?<t>{SAID}</t></r></text>", f"<text><t>{SAID}</t></text>")
    done = patch(bare, Comment(Place(SHEET, "B3"), "看这里"))
    assert load_workbook(io.BytesIO(done))[SHEET]["B3"].comment.text == f"{SAID}\n〔核对结果〕\n看这里"


def test_rows_without_numbers_are_refused() -> None:
    odd = rewritten(plain(), "xl/worksheets/sheet1.xml", r'<row r="\d+"', "<row")
    with pytest.raises(CannotPatch, match="行号"):
        patch(odd, Fill("表", "A1", "#FF0000"))


def test_cells_without_references_are_refused() -> None:
    odd = rewritten(plain(), "xl/worksheets/sheet1.xml", r'<c r="A1"', "<c")
    with pytest.raises(CannotPatch, match="位置"):
        patch(odd, Fill("表", "B1", "#FF0000"))


def test_every_part_comes_through_unchanged_as_long_as_nothing_is_asked(rich: bytes) -> None:
    for name, part in unpack(rich).items():
        if name.endswith((".xml", ".rels")):
            assert Document(part).render() == part, name


@pytest.mark.parametrize("name", ["quickstart_standalone.xlsm", "quickstart.xlsm"])
def test_what_excel_itself_saved_keeps_its_roots_and_its_macros(name: str) -> None:
    """xlwings ships workbooks that Excel made: compatibility markup, revision ids, an empty sheet."""
    data = Path(xlwings.__file__).with_name(name).read_bytes()
    done = patched(admit(data), mark(findings("Sheet1", ["A1", "C5", "B2"]), {"Sheet1"}, ""))
    assert changed(data, done) == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/comments1.xml",
        "xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels", "xl/worksheets/sheet3.xml",
        "xl/drawings/vmlDrawing1.vml",
    }  # fmt: skip
    was, now = unpack(data), unpack(done)
    for part in ("xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"):
        root = was[part][: was[part].index(b">", was[part].index(b"mc:Ignorable"))]
        assert now[part].startswith(root), part
    book = load_workbook(io.BytesIO(done), keep_vba=True)
    assert [book["Sheet1"][ref].comment is not None for ref in ("A1", "B2", "C5", "C6")] == [True, True, True, False]
