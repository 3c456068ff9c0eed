"""Nothing that reads outside bytes takes more than linear time: each construct is doubled three times over.

A construct of the greater size is held against eight of the eighth part, read right after one another, so that both
meet the same machine: linear work takes as long for both, quadratic work eight times as long. One attempt of many that
shows linear work is enough, since a busy machine can only add; what takes no time to speak of is not judged.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from shared.monthly import Monthly
from shared.packages import edited, replaced, zipped
from shared.tables import sampled

from hostile.build import BOOK, CUSTOM, ENTRY, STYLES, answer, part
from xlkpi.checking.marking import mark
from xlkpi.findings import Finding
from xlkpi.headquarters.words import closed_up
from xlkpi.intake import formats
from xlkpi.intake.foreign import open_source
from xlkpi.intake.guard import Refused
from xlkpi.intake.normalise import understand
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import MALFORMED_XML, Unusable, read_submission
from xlkpi.issue import Issue
from xlkpi.values import CellKind, Place, RawCell
from xlkpi.workbook.patch import CannotPatch, patched

MOST = 2.3  # times as long for twice as much
PARTS = 2**3  # three doublings
WORTH = 0.02  # seconds that are judged
ATTEMPTS = 25


def seconds(work: Callable[[bytes], object], data: bytes, times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        work(data)
    return time.process_time() - start


def is_linear(work: Callable[[bytes], object], made: Callable[[int], bytes], size: int) -> None:
    """Each doubling up to twice the size takes at most 2.3 times as long."""
    small, large = made(2 * size // PARTS), made(2 * size)
    attempts = []
    for _ in range(ATTEMPTS):
        whole = seconds(work, large)
        if whole < WORTH:
            return
        parts = seconds(work, small, PARTS)
        if whole <= (MOST / 2) ** 3 * parts:
            return
        attempts.append(f"{whole:.4f} s after {parts:.4f} s")
    pytest.fail(f"{PARTS} times as much takes longer than {PARTS} times a part: {', '.join(attempts)}")


def test_quadratic_work_is_found() -> None:
    with pytest.raises(pytest.fail.Exception, match="takes longer"):
        is_linear(lambda data: [1 for one in data for other in data if one < other], lambda n: b"a" * n, 1_000)


# ------------------------------------------------------------------ parts of a package

STRINGS, RELATIONS, TYPES = "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
CONSTRUCTS: dict[str, tuple[str, bytes, bytes, bytes, bytes]] = {
    # part, before what, begin, what is repeated, end
    "cells in a comment": (ENTRY, b"</worksheet>", b"<!--t=\"shared\"", b"<c <c ", b"-->"),
    "cells in a comment among cells": (ENTRY, b"</sheetData>", b"<!--", b'<c r="A1"', b"-->"),
    "rows in a comment": (ENTRY, b"</sheetData>", b"<!--", b"<row r=", b"-->"),
    "merges in a comment": (ENTRY, b"</worksheet>", b"<!--", b"<mergeCell ", b"-->"),
    "merges in text": (ENTRY, b"</worksheet>", b"<x>", b'mergeCell ref="A1"', b"</x>"),
    "columns in a comment": (ENTRY, b"</worksheet>", b"<!--", b'<col min="1"', b"-->"),
    "hidden in a comment": (ENTRY, b"</sheetData>", b"<!--", b'hidden="1', b"-->"),
    "blanks in a tag": (ENTRY, b"</worksheet>", b"<x ", b"  ", b'a="b"/>'),
    "attributes": (ENTRY, b"</worksheet>", b"<x ", b"", b"/>"),
    "unknown elements": (ENTRY, b"</worksheet>", b"", b"<x/>", b""),
    "rows": (ENTRY, b"</sheetData>", b"", b"<row/>", b""),
    "cells without a reference": (ENTRY, b"</sheetData>", b"<row>", b"<c/>", b"</row>"),
    "brackets in an attribute": (ENTRY, b"</worksheet>", b'<x a="', b"<c>".replace(b"<", b"&lt;"), b'"/>'),
    "closing brackets in an attribute": (ENTRY, b"</worksheet>", b'<x a="', b"></c>".replace(b"<", b""), b'"/>'),
    "the workbook's properties in a comment": (BOOK, b"</workbook>", b"<!--", b"<workbookPr ", b"-->"),
    "names in a comment": (BOOK, b"</workbook>", b"<!--", b'<definedName name="', b"-->"),
    "quotes in a name": (BOOK, b"</definedNames>", b'<definedName name="a">', b"'", b"!$A$1</definedName>"),
    "digits in a name": (BOOK, b"</definedNames>", b'<definedName name="a">A!$A$', b"9", b"</definedName>"),
    "dollars in a name": (BOOK, b"</definedNames>", b'<definedName name="a">A!', b"$A", b"$1</definedName>"),
    "marks in a name": (BOOK, b"</definedNames>", b'<definedName name="a">', b"A!", b"$A$1</definedName>"),
    "sheets in a comment": (BOOK, b"</sheets>", b"<!--", b"<sheet ", b"-->"),
    "formats in a comment": (STYLES, b"</styleSheet>", b"<!--", b"<numFmt ", b"-->"),
    "properties in a comment": (CUSTOM, b"</Properties>", b"<!--", b"<property ", b"-->"),
    "a text in the properties": (
        CUSTOM, b"</Properties>",
        b'<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="9" name="x"><vt:lpwstr>', b"|",
        b"</vt:lpwstr></property>",
    ),
    "relations in a comment": (RELATIONS, b"</Relationships>", b"<!--", b"<Relationship ", b"-->"),
    "types in a comment": (TYPES, b"</Types>", b"<!--", b'<Override PartName="', b"-->"),
    "relations": (RELATIONS, b"</Relationships>", b"", b'<Relationship Id="x" Type="a" Target="b"/>', b""),
    "types": (TYPES, b"</Types>", b"", b'<Default Extension="x" ContentType="y"/>', b""),
    "an instruction": (ENTRY, b"</worksheet>", b"<?x ", b"<?x ", b"?>"),
    "character data": (ENTRY, b"</worksheet>", b"<x><![CDATA[", b"]]<![CDATA[", b"]]></x>"),
}  # fmt: skip
CELLS = {
    "a formula of quotes": ('<f>A1&"', '""', '"</f><v>251</v>'),
    "a formula of blanks": ("<f>1", " ", "</f><v>251</v>"),
    "a formula of digits": ("<f>1", "1", "</f><v>251</v>"),
    "a formula of letters": ("<f>", "TRUE", "</f><v>251</v>"),
    "a formula of brackets": ("<f>", "(", "</f><v>251</v>"),
    "a formula of points": ("<f>", "1.", "</f><v>251</v>"),
    "a value of digits": ("<v>", "1", "</v>"),
    "a value of blanks": ("<v>", " ", "251</v>"),
    "entities": ("<is><t>", "&amp;", "</t></is>"),
    "escapes": ("<is><t>", "_x0041_", "</t></is>"),
    "half escapes": ("<is><t>", "_x00", "</t></is>"),
    "runs": ("<is>", "<r><t>1</t></r>", "</is>"),
    "phonetic hints": ("<is><t>251</t>", '<rPh sb="0" eb="1"><t>a</t></rPh>', "</is>"),
}


@pytest.fixture(scope="module")
def good(filled: bytes) -> bytes:
    return filled


def repeated(good: bytes, name: str, count: int) -> bytes:
    where, before, begin, unit, end = CONSTRUCTS[name]
    many = b" ".join(b'a%d="1"' % n for n in range(count)) if name == "attributes" else unit * count
    return replaced(good, {where: part(good, where).replace(before, begin + many + end + before, 1)})


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_a_construct_of_a_package(name: str, good: bytes, issue: Issue) -> None:
    is_linear(lambda data: read_submission(issue, data), lambda n: repeated(good, name, n), 10_000)


@pytest.mark.parametrize("name", CELLS)
def test_a_construct_of_a_cell(name: str, good: bytes, issue: Issue) -> None:
    begin, unit, end = CELLS[name]
    kind = ' t="inlineStr"' if "<is>" in begin else ""
    is_linear(lambda data: read_submission(issue, data), lambda n: answer(begin + unit * n + end, kind)(good), 4_000)


# ------------------------------------------------------------------ texts and formats

UNITS = (
    "1", " ", "1 ", "1  ", "1,", "1,111", "1.", ",", ".", "-", "+", "(", ")", "%", "万", "一", "零", "百", "合格", "不",
    "未", "完成", "无", "1月", "2026-", "2026年1月", "6号", "①", "1)", "(1)", "1.1", "、", "；", "，", "：", "\n", "a",
    "E", "¥", "元", "未完成 ", "1 合格 ", "返修率", "=", "<", "〈 ", "0.2 % ", "台次", "至", "~", "不合格，", "达到 ",
)  # fmt: skip
CODES = (
    "[", "]", "[a]", "[<1]", '"', '""', "\\", "_", "*", "0", "0,", "#", "?", "0.", ";", "E+", "h", "AM/", "/", "@", "g",
    "[$-", "[$¥-804]", "General", "yyyy", "%", ",0", "!", "  ",
)  # fmt: skip


KINDS = (
    "维修欠款回收",
    "返修台数",
    "绩效沟通会召开日",
    "绩效会参加率",
    "接车台次",
)  # words, counts, days, rates, figures


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", sampled(KINDS, len(KINDS)))
def test_a_text(name: str, unit: str, issue: Issue) -> None:
    entry = issue.scheme.fields[name]

    def read(data: bytes) -> None:
        understand(entry, RawCell(Place("填报", "F7"), CellKind.TEXT, data.decode()), name=name, month="2026-11")

    is_linear(read, lambda n: f"1{unit * n}x".encode(), 2_000)


@pytest.mark.parametrize("unit", [" ", "\n", "\u3000", "中\n", "中 ", "_x000D_", "_x00"])
def test_a_word_of_a_list(unit: str) -> None:
    is_linear(lambda data: closed_up(data.decode()), lambda n: f"中{unit * n}x".encode(), 10_000)


@pytest.mark.parametrize("unit", CODES)
def test_a_number_format(unit: str) -> None:
    for head, tail in (("", ""), ("0", "x"), ('"', "")):
        is_linear(
            lambda data: formats.rendered(data.decode(), 1234.5),
            lambda n, head=head, tail=tail: (head + unit * n + tail).encode(),
            2_000,
        )


# ------------------------------------------------------------------ what is marked, and other kinds of files


VML = (
    "<v:shape ", "</v:shape>", "<v:shape <o:idmap ", '<o:idmap data="1', '<o:idmap v:ext="edit" ', "_x0000_s",
    'ObjectType="Note"', "<x:Row>", "<x:Row>1</x:Row> ", '<v:shape ObjectType="Note"</v:shape>', "</xml>", 'data="',
)  # fmt: skip


@pytest.mark.parametrize("unit", VML)
def test_a_drawing_of_a_file_that_is_marked(unit: str, good: bytes) -> None:
    here = Place("填报", "F9")
    found = [Finding("XK-V014", "a.xlsx", here, "精品", {"label": "精品", "found": "-5"})]
    marked = patched(open_workbook(good).package, mark(found, {"填报"}, "D001"))
    drawing = next(name for name in open_workbook(marked).package.parts if name.endswith(".vml"))

    def made(count: int) -> bytes:
        whole = part(marked, drawing).decode()
        return replaced(marked, {drawing: whole.replace("</xml>", unit * count + "</xml>").encode()})

    def again(data: bytes) -> None:
        book = open_workbook(data)
        try:
            patched(book.package, mark([], {"填报"}, "D001", {here: ""}), book.main)
            other = Finding("XK-V014", "a.xlsx", Place("填报", "F10"), "精品", {"label": "精品", "found": "-5"})
            patched(book.package, mark([other], {"填报"}, "D001"), book.main)
        except CannotPatch:
            pass

    is_linear(again, made, 10_000)


ODS = (
    '<table:named-range ', '<table:named-range table:name="', "<table:named-expression x", 'table:name="',
    "<table:table ", "<number:number-style ", "<style:style ", "<text:p>", "<!--", "&#36;",
)  # fmt: skip


@pytest.mark.parametrize("unit", ODS)
@pytest.mark.parametrize("around", [("<!--", "-->"), ('<x a="', '"/>'), ("<x>", "</x>")])
def test_a_construct_of_an_ods(unit: str, around: tuple[str, str]) -> None:
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    held = unit.replace("--", "") if around[0] == "<!--" else unit.replace("<", "&lt;").replace('"', "&quot;")
    head = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body>'
    )

    def made(count: int) -> bytes:
        content = f"{head}{around[0]}{held * count}{around[1]}</office:body></office:document-content>"
        return zipped(
            [("mimetype", kind.encode()), ("META-INF/manifest.xml", b"<m/>"), ("content.xml", content.encode())]
        )

    def read(data: bytes) -> None:
        try:
            open_source(data)
        except (Refused, *MALFORMED_XML):
            pass

    is_linear(read, made, 10_000)


@pytest.mark.parametrize("last", ["999999999", "20001", "1"])
def test_a_table_with_more_rows_than_a_sheet_is_refused(last: str, service: Monthly) -> None:
    """The names of a table's columns say how many rows it has."""
    table = next(iter(service.issue.layout.tables.values()))

    def stretched(text: str) -> str:
        area = rf"(<definedName name=\"{table.name}_[^>]*>[^<]*\$){table.first}(:[^<]*\$){table.last}(?=<)"
        return re.sub(area, rf"\g<1>{table.first + 1}\g<2>{last}", text)

    told = read_submission(service.issue, edited(service.blanks["D001"], workbook=stretched))
    assert isinstance(told, Unusable)
    assert [finding.code for finding in told.findings] == ["XK-F007"]
