"""The hostile files: kind -> (builder, the code that it gets). One a kind and limit, some hundred and eighty."""

from __future__ import annotations

import gzip
import struct

from shared.packages import replaced, zipped

from hostile.build import (
    BOOK,
    CUSTOM,
    ENTRY,
    KIND,
    LAUGHS,
    MAIN,
    MEGA,
    OLE,
    OUTSIDE,
    RELATIONS,
    ROOT,
    STRINGS,
    STYLES,
    TYPES,
    Build,
    answer,
    cells,
    changed,
    commented,
    declares_ten_bytes,
    document,
    for_some,
    inserted,
    lacking,
    lying,
    many_parts,
    misnamed,
    more_sheets,
    noise,
    other_method,
    overlapping,
    padded,
    part,
    quiet,
    recoded,
    renamed,
    rows,
    several_padded,
    stored_large,
    torn,
    whole,
    with_doctype,
    with_strings,
)  # fmt: skip
from xlkpi.workbook.package import unpack

HALF = b"<row>" + b"<c/>" * 250_001 + b"</row>"


UNUSABLE: dict[str, tuple[Build, str]] = {
    # no workbook at all
    "words instead of a workbook": (lambda good: "不是工作簿".encode(), "XK-F001"),
    "an empty file": (lambda good: b"", "XK-F001"),
    "an archive of nothing": (lambda good: zipped([]), "XK-F001"),
    "an archive of something else": (lambda good: zipped([("word/document.xml", b"<x/>")]), "XK-F001"),
    "a program before the archive": (lambda good: b"MZ" + bytes(100) + good, "XK-F001"),
    "the first half of a file": (lambda good: good[: len(good) // 2], "XK-F002"),
    "a file without its last bytes": (lambda good: good[:-10], "XK-F002"),
    "a file with a hole in it": (lambda good: good[:3000] + bytes(500) + good[3500:], "XK-F002"),
    "an encrypted workbook": (lambda good: OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le"), "XK-F003"),
    "an old .xls": (lambda good: OLE + bytes(2000), "XK-F004"),
    "an encrypted entry": (lying(BOOK, 8, "<H", 1), "XK-F003"),
    # document types
    "a document type in the workbook": (with_doctype(BOOK), "XK-F005"),
    "a document type in a sheet": (with_doctype(ENTRY), "XK-F005"),
    "a document type in the properties": (with_doctype(CUSTOM), "XK-F005"),
    "a document type in the styles": (with_doctype(STYLES), "XK-F005"),
    "a document type in the relations": (with_doctype("xl/_rels/workbook.xml.rels"), "XK-F005"),
    "a billion laughs": (with_doctype(BOOK, LAUGHS), "XK-F005"),
    "an entity from outside": (with_doctype(ENTRY, OUTSIDE), "XK-F005"),
    "a document type in UTF-16": (
        lambda good: replaced(good, {BOOK: '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><x/>'.encode("utf-16")}),
        "XK-F005",
    ),
    "a sheet in UTF-7": (
        lambda good: replaced(good, {ENTRY: b'<?xml version="1.0" encoding="UTF-7"?><x/>'}),
        "XK-F008",
    ),
    # too large
    "a bomb by its ratio": (padded(ENTRY, 40 * MEGA, 0), "XK-F006"),
    "a bomb in the first part that is read": (padded(BOOK, 60 * MEGA, 0), "XK-F006"),
    "a part over the limit at an honest ratio": (padded(ENTRY, 65 * MEGA, 1_200_000), "XK-F006"),
    "several parts over the limit together": (several_padded, "XK-F006"),
    "a file over the limit on disk": (stored_large, "XK-F006"),
    "a thousand and one parts": (many_parts(990), "XK-F006"),
    "twenty thousand parts": (many_parts(20_000), "XK-F006"),
    "a bomb that declares ten bytes": (declares_ten_bytes, "XK-F006"),
    "parts that lie on each other": (overlapping, "XK-F006"),
    "half a million cells and one": (
        quiet(cells(b'<row r="50">' + b'<c r="A50"/>' * 500_001 + b"</row>"), ENTRY),
        "XK-F006",
    ),
    "half a million cells without references": (
        quiet(cells(b'<row r="50">' + b"<c/>" * 500_001 + b"</row>"), ENTRY),
        "XK-F006",
    ),
    "half a million cells with a tab": (
        quiet(cells(b'<row r="50">' + b'<c\tr="A50"/>' * 500_001 + b"</row>"), ENTRY),
        "XK-F006",
    ),
    "four million elements and one in the workbook": (
        quiet(inserted(BOOK, b"<sheets>", b"<extLst>" + b"<e/>" * 4_000_000 + b"</extLst>"), BOOK),
        "XK-F006",
    ),
    "four million elements and one in the properties": (
        quiet(inserted(CUSTOM, b"</Properties>", b"<e/>" * 4_000_000), CUSTOM),
        "XK-F006",
    ),
    # too far
    "a cell in the last corner": (cells(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "XK-F007"),
    "a row beyond the limit": (cells(b'<row r="20001"><c r="A20001"><v>1</v></c></row>'), "XK-F007"),
    "a row beyond the limit beside a comment": (
        cells(b'<!-- x --><row r="20001"><c r="A20001"><v>1</v></c></row>'),
        "XK-F007",
    ),
    "row nought": (cells(b'<row r="0"><c r="A0"><v>1</v></c></row>'), "XK-F008"),
    "row ninety-nine thousand million": (
        cells(b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'),
        "XK-F008",
    ),
    "a cell without a number": (cells(b'<row r="50"><c r="A"><v>1</v></c></row>'), "XK-F008"),
    # names of parts
    "the same part twice": (renamed(ENTRY), "XK-F008"),
    "the same part in capitals": (renamed(ENTRY.upper()), "XK-F008"),
    "a path that leads up": (renamed("../../evil.xml"), "XK-F008"),
    "a path that leads up in the middle": (renamed("xl/../../evil.xml"), "XK-F008"),
    "an absolute path": (renamed("/etc/evil"), "XK-F008"),
    "a path of Windows": (renamed("xl\\..\\evil.xml"), "XK-F008"),
    "a drive": (renamed("C:evil.xml"), "XK-F008"),
    "a name with an end in the middle": (renamed(f"{ENTRY}\x00.txt"), "XK-F008"),
    # a directory that lies
    "a part that begins outside the file": (lying(BOOK, 42, "<L", 0x7FFFFFFF), "XK-F002"),
    "a part that begins in another one": (lying(BOOK, 42, "<L", 7), "XK-F002"),
    "a part cut short by the directory": (lying(BOOK, 20, "<L", 100), "XK-F002"),
    "a checksum that is wrong": (lying(BOOK, 16, "<L", 1), "XK-F002"),
    "another way of compressing": (other_method, "XK-F002"),
    "a text of ten million characters": (
        answer(f"<is><t>{noise(2_000_000).decode()}{'长' * 3_000_000}</t></is>", ' t="inlineStr"'),
        "XK-F023",
    ),
    "a formula of a million quotes": (answer(f"<f>{chr(34) * 999_999}</f><v>251</v>"), "XK-F023"),
    "tags two hundred thousand deep in a sheet": (
        quiet(inserted(ENTRY, b"</worksheet>", b"<a>" * 200_000 + b"</a>" * 200_000), ENTRY),
        "XK-F006",
    ),
    "tags two hundred thousand deep in the properties": (
        quiet(inserted(CUSTOM, b"</Properties>", b"<a>" * 200_000 + b"</a>" * 200_000), CUSTOM),
        "XK-F006",
    ),
    "two million elements in the properties": (
        quiet(inserted(CUSTOM, b"</Properties>", b"<e/>" * 2_000_000), CUSTOM),
        "XK-F006",
    ),
    "a value of megabytes with a quote in the workbook": (
        quiet(inserted(BOOK, b"<sheet ", b"<sheet name=\"'" + b"a" * 3_000_000 + b'" sheetId="99"/>'), BOOK),
        "XK-F023",
    ),
    "a value of megabytes with a bracket in the workbook": (
        quiet(
            inserted(BOOK, b"<definedName ", b'<definedName name="a>' + b"a" * 3_000_000 + b'">x</definedName>'), BOOK
        ),
        "XK-F023",
    ),
    # said twice
    "two values in a cell": (answer("<v>251</v><v>310</v>"), "XK-F022"),
    "a cell twice": (cells(b'<row r="50"><c r="A50"><v>1</v></c><c r="A50"><v>2</v></c></row>'), "XK-F022"),
    "the cells twice": (inserted(ENTRY, b"</worksheet>", b"<sheetData/>"), "XK-F022"),
    "a sheet twice": (
        inserted(BOOK, b"</sheets>", '<sheet name="填报" sheetId="99" r:id="rId1"/>'.encode()),
        "XK-F022",
    ),
    "a name twice": (
        inserted(BOOK, b"</definedNames>", '<definedName name="接车台次">1</definedName>'.encode()),
        "XK-F022",
    ),
    "a merge of many letters": (
        inserted(ENTRY, b"</mergeCells>", b'<mergeCell ref="' + b"A" * 200_000 + b'1:B2"/>'),
        "XK-F002",
    ),
    # XML that says nonsense
    "a workbook that is not well formed": (lambda good: replaced(good, {BOOK: b"<workbook>"}), "XK-F002"),
    "a style that is no number": (answer("<v>1</v>", ' s="many"'), "XK-F002"),
    "a shared string that is no number": (answer("<v>first</v>", ' t="s"'), "XK-F002"),
    "no relations": (
        lambda good: zipped((n, d) for n, d in unpack(good).items() if "workbook.xml.rels" not in n),
        "XK-F002",
    ),
    # kinds of files that are no workbooks, and one that is and is not read
    "words in columns": (lambda good: "名称,值\n接车台次,1\n".encode("gbk"), "XK-F001"),
    "a page of the web": (lambda good: b"<html><table><tr><td>1</td></tr></table></html>", "XK-F001"),
    "a saved page": (lambda good: b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "XK-F001"),
    "another kind of archive": (lambda good: gzip.compress(good), "XK-F001"),
    "an archive of RAR": (lambda good: b"Rar!\x1a\x07\x00" + bytes(500), "XK-F001"),
    "a binary workbook": (
        lambda good: zipped(
            [
                (
                    TYPES,
                    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
                    b'Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
                ),
                (ROOT, part(good, ROOT).replace(b"workbook.xml", b"workbook.bin")),
                ("xl/workbook.bin", b"\x83\1\0"),
            ]
        ),
        "XK-F001",
    ),
    "a compound file that claims four thousand million sectors": (
        lambda good: (
            OLE
            + bytes(16)
            + struct.pack("<5H6x9I", 0x3E, 3, 0xFFFE, 9, 6, 0, 0xFFFFFFFF, 0, 0, 4096, 0, 0, 0, 0xFFFFFFFF)
            + b"\xff" * 4532
        ),
        "XK-F002",
    ),
    # more document types
    "a document type in the strings": (
        lambda good: with_doctype(STRINGS)(with_strings("<si><t>1</t></si>")(good)),
        "XK-F005",
    ),
    "a document type in the content types": (with_doctype(TYPES), "XK-F005"),
    "a document type in the package's relations": (with_doctype(ROOT), "XK-F005"),
    "a document type at another place": (with_doctype(BOOK, b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x">'), "XK-F005"),
    "a document type in an .ods": (
        document("", content="<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"),
        "XK-F005",
    ),
    # an .ods
    "an encrypted .ods": (document("", "<encryption-data/>"), "XK-F003"),
    "an .ods that is not well formed": (document("", content="<x>"), "XK-F002"),
    "an .ods of seventeen thousand million values": (
        document(
            '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row>'
        ),
        "XK-F002",
    ),
    "an .ods of a million rows": (
        document(
            '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'office:value-type="float" office:value="1"/></table:table-row>'
        ),
        "XK-F007",
    ),
    "an .ods with a comment of eighty megabytes": (document(f"<!--{'x' * (80 << 20)}-->"), "XK-F006"),
    # each limit of the XML
    "three million marks and one in a sheet": (
        commented(inserted(ENTRY, b"</worksheet>", b"<e/>" * 3_000_001), ENTRY),
        "XK-F006",
    ),
    "half a million cells in two sheets": (
        lambda good: commented(inserted("xl/worksheets/sheet3.xml", b"</sheetData>", HALF), "xl/worksheets/sheet3.xml")(
            commented(cells(HALF), ENTRY)(good)
        ),
        "XK-F006",
    ),
    "a million marks in the strings": (commented(with_strings("<si><t>1</t></si>" * 250_000), STRINGS), "XK-F006"),
    "a million marks in the styles": (
        commented(inserted(STYLES, b"</fonts>", b"<font/>" * 1_000_000), STYLES),
        "XK-F006",
    ),
    "fifty thousand names": (
        commented(
            inserted(
                BOOK,
                b"</definedNames>",
                b"".join(b'<definedName name="n%d">1</definedName>' % n for n in range(50_000)),
            ),
            BOOK,
        ),
        "XK-F006",
    ),
    "sixty thousand sheets": (commented(more_sheets(60_000), BOOK), "XK-F006"),
    "two hundred and fifty-six sheets": (more_sheets(249), "XK-F006"),
    "two hundred thousand attributes in the relations": (
        commented(inserted(RELATIONS, b"</Relationships>", b'<x a="1" b="2"/>' * 100_001), RELATIONS),
        "XK-F006",
    ),
    "fifty thousand properties": (
        commented(inserted(CUSTOM, b"</Properties>", b'<property name="a"><a/></property>' * 67_000), CUSTOM),
        "XK-F006",
    ),
    "a comment of megabytes": (
        commented(inserted(ENTRY, b"</worksheet>", b"<!--" + b"<a>" * 400_000 + b"-->"), ENTRY),
        "XK-F023",
    ),
    "an instruction of megabytes": (
        commented(inserted(ENTRY, b"</worksheet>", b"<?x " + b"<a>" * 400_000 + b"?>"), ENTRY),
        "XK-F023",
    ),
    "a tag of megabytes": (
        commented(inserted(ENTRY, b"</worksheet>", b"<x " + b" " * 2_200_000 + b"/>"), ENTRY),
        "XK-F023",
    ),
    "tags 257 deep in a sheet": (inserted(ENTRY, b"</worksheet>", b"<a>" * 256 + b"</a>" * 256), "XK-F023"),
    "tags 257 deep in the workbook": (inserted(BOOK, b"</workbook>", b"<a>" * 256 + b"</a>" * 256), "XK-F023"),
    "tags 257 deep in the styles": (inserted(STYLES, b"</styleSheet>", b"<a>" * 256 + b"</a>" * 256), "XK-F023"),
    "an attribute of 32,768 characters in a sheet": (
        inserted(ENTRY, b"</worksheet>", b"<!-- --><x a='" + b"a" * 32_768 + b"'/>"),
        "XK-F023",
    ),
    "a number format of 33,000 characters": (
        inserted(STYLES, b"</numFmts>", b'<numFmt numFmtId="999" formatCode="' + b"0" * 33_000 + b'"/>'),
        "XK-F023",
    ),
    "five thousand merges": (
        inserted(ENTRY, b"</mergeCells>", b"".join(b'<mergeCell ref="A%d:B%d"/>' % (n, n) for n in range(100, 5_101))),
        "XK-F006",
    ),
    "more columns than Excel has": (
        inserted(ENTRY, b"</cols>", b'<col min="1" max="1" width="9"/>' * 16_385),
        "XK-F006",
    ),
    "a formula longer than Excel takes": (answer("<f>" + "1+" * 4_096 + "1</f><v>251</v>"), "XK-F023"),
    "a name longer than Excel takes": (
        inserted(BOOK, b"</definedNames>", b'<definedName name="' + b"a" * 256 + b'">1</definedName>'),
        "XK-F023",
    ),
    "a name that stands for more than Excel takes": (
        inserted(BOOK, b"</definedNames>", b'<definedName name="zz">' + b"1+" * 4_096 + b"1</definedName>"),
        "XK-F023",
    ),
    "shared formulas of half a million terms": (
        lambda good: rows(50, '<c r="%s"><f t="shared" si="9"/><v>1</v></c>')(
            cells(b'<row r="49"><c r="A49"><f t="shared" si="9" ref="A49:D99">' + b"1+" * 4_000 + b"1</f></c></row>")(
                good
            )
        ),
        "XK-F023",
    ),
    # where cells are
    "a column beyond the limit": (cells(b'<row r="50"><c r="ALM50"><v>1</v></c></row>'), "XK-F007"),
    "a cell in small letters": (cells(b'<row r="50"><c r="a50"><v>1</v></c></row>'), "XK-F008"),
    "a cell with dollars": (cells(b'<row r="50"><c r="$A$50"><v>1</v></c></row>'), "XK-F008"),
    "a cell with a nought in front": (cells(b'<row r="50"><c r="A050"><v>1</v></c></row>'), "XK-F008"),
    "a row that is no number": (cells(b'<row r="1.5"><c r="A50"><v>1</v></c></row>'), "XK-F002"),
    "a row below nought": (cells(b'<row r="-1"><c r="A50"><v>1</v></c></row>'), "XK-F002"),
    "a row of five thousand digits": (cells(b'<row r="' + b"9" * 5_000 + b'"><c r="A50"/></row>'), "XK-F008"),
    "a hidden column that is no number": (inserted(ENTRY, b"</cols>", b'<col min="x" max="1" hidden="1"/>'), "XK-F002"),
    "a merge of three corners": (inserted(ENTRY, b"</mergeCells>", b'<mergeCell ref="A1:B2:C3"/>'), "XK-F002"),
    # what cells say
    "an unknown type of cell": (answer("<v>1</v>", ' t="x"'), "XK-F002"),
    "a style below nought": (answer("<v>1</v>", ' s="-1"'), "XK-F002"),
    "a shared string where there are none": (answer("<v>0</v>", ' t="s"'), "XK-F002"),
    "a shared string that is not there": (with_strings("<si><t>1</t></si>", "999999"), "XK-F002"),
    "a shared string below nought": (with_strings("<si><t>1</t></si>", "-1"), "XK-F002"),
    "two formulas in a cell": (answer("<f>1</f><f>2</f><v>251</v>"), "XK-F022"),
    "two texts in a cell": (answer("<is><t>251</t><t>310</t></is>", ' t="inlineStr"'), "XK-F022"),
    "a text and a value in a cell": (answer("<is><t>251</t></is><v>310</v>", ' t="inlineStr"'), "XK-F022"),
    "a text and runs in a cell": (answer("<is><t>251</t><r><t>310</t></r></is>", ' t="inlineStr"'), "XK-F022"),
    "a text where a number belongs": (answer("<is><t>251</t></is>"), "XK-F022"),
    "a value where a text belongs": (answer("<v>251</v>", ' t="inlineStr"'), "XK-F002"),
    "a cell in a cell": (answer('<c r="A99"><v>1</v></c><v>251</v>'), "XK-F002"),
    "an element in a value": (answer("<v>25<b/>1</v>"), "XK-F002"),
    "a number as Python writes it": (answer("<v>1_000</v>"), "XK-F002"),
    "a number in wide digits": (answer("<v>２５１</v>"), "XK-F002"),
    "half of a character": (answer("<is><t>&#xD800;</t></is>", ' t="inlineStr"'), "XK-F002"),
    "the character of no use": (answer("<is><t>&#0;</t></is>", ' t="inlineStr"'), "XK-F002"),
    "an entity that nobody defines": (answer("<v>&evil;</v>"), "XK-F002"),
    "an attribute twice": (answer("<v>1</v>", ' s="1" s="2"'), "XK-F002"),
    "a prefix that nobody declares": (answer("<x:v>1</x:v>"), "XK-F002"),
    # for some programs only
    "cells for some": (for_some(ENTRY, b"</sheetData>", b'<row r="60"><c r="A60"><v>1</v></c></row>'), "XK-F022"),
    "a table of cells for some": (for_some(ENTRY, b"<sheetData>", b"<sheetData/>"), "XK-F022"),
    "columns for some": (for_some(ENTRY, b"<cols>", b"<cols/>"), "XK-F022"),
    "sheets for some": (for_some(BOOK, b"<sheets>", b"<sheets/>"), "XK-F022"),
    # strings and styles
    "a string of two texts": (with_strings("<si><t>1</t><t>2</t></si>"), "XK-F022"),
    "a string of a text and runs": (with_strings("<si><t>1</t><r><t>2</t></r></si>"), "XK-F022"),
    "a string in a string": (with_strings("<si><si><t>1</t></si></si>"), "XK-F002"),
    "strings that are none": (with_strings("<si><t>1</t></si>", root="x"), "XK-F002"),
    "strings cut short": (lambda good: whole(STRINGS, b"<sst><si>")(with_strings("")(good)), "XK-F002"),
    "no strings": (with_strings(""), "XK-F002"),
    "the cells' styles twice": (inserted(STYLES, b"</styleSheet>", b"<cellXfs><xf/></cellXfs>"), "XK-F022"),
    "a number format of two codes": (
        inserted(STYLES, b"</numFmts>", b'<numFmt numFmtId="164" formatCode="x"/>'),
        "XK-F022",
    ),
    "styles that are none": (whole(STYLES, b"<x/>"), "XK-F002"),
    "a number format that is no number": (
        inserted(STYLES, b"<cellXfs", b'<cellXfs><xf numFmtId="many"/></cellXfs>'),
        "XK-F002",
    ),
    # the package
    "a workbook of another root": (whole(BOOK, b"<x/>"), "XK-F001"),
    "a workbook in another language": (changed(BOOK, b"spreadsheetml/2006", b"spreadsheetml/1999"), "XK-F001"),
    "a sheet that is a chart": (whole(ENTRY, b"<chartsheet/>"), "XK-F002"),
    "a sheet in another language": (changed(ENTRY, b"spreadsheetml/2006", b"spreadsheetml/1999"), "XK-F002"),
    "a sheet that is not there": (lacking(ENTRY), "XK-T008"),
    "a relation twice": (
        inserted(
            RELATIONS,
            b"</Relationships>",
            f'<Relationship Id="rId2" Type="{KIND}/worksheet" Target="worksheets/sheet1.xml"/>'.encode(),
        ),
        "XK-F022",
    ),
    "two workbooks": (
        inserted(
            ROOT,
            b"</Relationships>",
            f'<Relationship Id="rId99" Type="{KIND}/officeDocument" Target="xl/other.xml"/>'.encode(),
        ),
        "XK-F022",
    ),
    "a workbook that relations and types disagree on": (
        lambda good: changed(ROOT, b'"xl/workbook.xml"', b'"xl/other.xml"')(
            whole("xl/_rels/other.xml.rels", part(good, RELATIONS))(whole("xl/other.xml", part(good, BOOK))(good))
        ),
        "XK-F022",
    ),
    "two tables of strings": (
        inserted(
            RELATIONS,
            b"</Relationships>",
            b"".join(
                b'<Relationship Id="s%d" Type="%s/sharedStrings" Target="s%d.xml"/>' % (n, KIND.encode(), n)
                for n in (1, 2)
            ),
        ),
        "XK-F022",
    ),
    "no content types": (lacking(TYPES), "XK-F001"),
    "a content type twice": (
        inserted(TYPES, b"</Types>", b'<Override PartName="/xl/WORKBOOK.xml" ContentType="x"/>'),
        "XK-F022",
    ),
    "content types of nothing": (
        whole(TYPES, b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
        "XK-F001",
    ),
    "a sheet twice, once in capitals": (
        inserted(BOOK, b"</sheets>", b'<sheet name="_XLKPI" sheetId="99" r:id="rId1"/>'),
        "XK-F022",
    ),
    "two lists of names": (inserted(BOOK, b"</workbook>", b"<definedNames/>"), "XK-F022"),
    "two lists of sheets": (inserted(BOOK, b"</workbook>", b"<sheets/>"), "XK-F022"),
    "a property twice": (
        inserted(CUSTOM, b"</Properties>", b'<property name="XLKPI"><vt:lpwstr>x|1|2|3|4</vt:lpwstr></property>'),
        "XK-F022",
    ),
    "a marker of a million characters": (changed(CUSTOM, b"|D001|", b"|" + b"D" * 1_000_000 + b"|"), "XK-T007"),
    # encodings
    "half of a character in UTF-8": (changed(ENTRY, "填报".encode(), b"\xe5\xa1"), "XK-F002"),
    "a character spelled too long": (changed(ENTRY, "填报".encode(), b"\xc0\xaf"), "XK-F002"),
    "two roots": (changed(ENTRY, b"</worksheet>", b"</worksheet><x/>"), "XK-F002"),
    "half of UTF-16": (recoded(BOOK, "utf-16", -1), "XK-F002"),
    "UTF-32": (recoded(BOOK, "utf-32"), "XK-F002"),
    "GBK": (changed(ENTRY, b"<worksheet", b'<?xml version="1.0" encoding="GBK"?><worksheet'), "XK-F008"),
    "a part that begins with nought": (changed(ENTRY, b"<worksheet", b"\0<worksheet"), "XK-F002"),
    # the archive
    "a long tail": (lambda good: good + b"x" * 70_000, "XK-F002"),
    "another archive behind it": (lambda good: good + zipped([("a", b"b")]), "XK-F001"),
    "a part that has two names": (misnamed, "XK-F022"),
    "an unknown way of compressing": (lying(BOOK, 10, "<H", 99), "XK-F022"),
    "a part said to be stored": (lying(BOOK, 10, "<H", 0), "XK-F022"),
    "compressed bytes that are none": (torn, "XK-F002"),
    "the same part with a backslash": (renamed("xl\\workbook.xml"), "XK-F008"),
}

V, N = "XK-V002", "XK-V009"
READABLE: dict[str, tuple[Build, list[str]]] = {
    # strange, but nothing that harms: read, with these findings
    "a number that is none": (answer("<v>NaN</v>"), [V]),
    "a number beyond all": (answer("<v>1e400</v>"), [V]),
    "an endless number": (answer("<v>-INF</v>"), [V]),
    "a number of a million digits": (answer(f"<v>{'9' * 1_000_000}</v>"), [V]),
    "a text of a million digits": (answer(f"<is><t>{'9' * 1_000_000}台</t></is>", ' t="inlineStr"'), [V]),
    "a merge over millions of cells": (inserted(ENTRY, b"</mergeCells>", b'<mergeCell ref="A100:Z99999"/>'), []),
    "a style beyond the table": (answer("<v>251</v>", ' s="99999999999"'), []),
    "a size that the directory misstates": (lying(ENTRY, 24, "<L", 10), []),
    "a number in another base": (answer("<v>0x10</v>"), [V]),
    "neither true nor false": (answer("<v>maybe</v>", ' t="b"'), [V]),
    "a day that no month has": (answer("<v>2026-99-99</v>", ' t="d"'), [V]),
    "an error": (answer("<v>#REF!</v>", ' t="e"'), ["XK-V008"]),
    "a text longer than a cell takes": (answer(f"<is><t>{'a' * 40_000}</t></is>", ' t="inlineStr"'), [V]),
    "strings that are miscounted": (
        with_strings("<si><t>251</t></si>", root=f'sst xmlns="{MAIN}" count="999999999999" uniqueCount="-5"'),
        [N],
    ),
    "a formula of four thousand brackets": (answer(f"<f>{'(' * 4_000}1{')' * 4_000}</f><v>251</v>"), ["XK-V010"]),
    "escapes of escapes": (answer(f"<is><t>{'_x005F_' * 100_000}</t></is>", ' t="inlineStr"'), [V]),
    "two hundred thousand entities": (answer(f"<is><t>{'&amp;' * 200_000}</t></is>", ' t="inlineStr"'), [V]),
    "formulas that share one that is nowhere": (
        cells(b'<row r="50"><c r="A50"><f t="shared" si="9"/></c><c r="B50"><f t="shared" si="9"/></c></row>'),
        [],
    ),
    "a number format as long as one may be": (
        inserted(STYLES, b"</numFmts>", b'<numFmt numFmtId="999" formatCode="' + b"0" * 32_000 + b'"/>'),
        [],
    ),
    "sixteen thousand hidden columns": (
        commented(inserted(ENTRY, b"</cols>", b'<col min="100" max="16384" hidden="1"/>' * 16_000), ENTRY),
        [],
    ),
    "names in a ring": (
        inserted(
            BOOK,
            b"</definedNames>",
            '<definedName name="甲">乙</definedName><definedName name="乙">甲</definedName>'.encode(),
        ),
        [],
    ),
    "sixty thousand attributes of one element": (
        commented(
            inserted(ENTRY, b"</worksheet>", b"<x" + b"".join(b' a%d="1"' % n for n in range(60_000)) + b"/>"), ENTRY
        ),
        [],
    ),
    "sixty thousand prefixes of one element": (
        commented(
            inserted(ENTRY, b"</worksheet>", b"<x" + b"".join(b' xmlns:a%d="1"' % n for n in range(60_000)) + b"/>"),
            ENTRY,
        ),
        [],
    ),
    "sixty thousand relations": (
        commented(
            inserted(
                RELATIONS,
                b"</Relationships>",
                b"".join(b'<Relationship Id="q%d" Type="a/x" Target="b"/>' % n for n in range(60_000)),
            ),
            RELATIONS,
        ),
        [],
    ),
    "a workbook at another place": (
        changed(ROOT, b'Target="xl/workbook.xml"', b'Target="http://127.0.0.1:1/x" TargetMode="External"'),
        [],
    ),
    "a document type where nobody reads": (whole("xl/theme/theme1.xml", LAUGHS + b"<x>&j;</x>"), []),
    "another version of XML": (changed(ENTRY, b"<worksheet", b'<?xml version="1.1"?><worksheet'), []),
    "a short tail": (lambda good: good + b"x" * 100, []),
    "a size for larger archives": (lying(BOOK, 24, "<L", 0xFFFFFFFF), []),
    "a count of parts that is wrong": (lambda good: good[:-12] + struct.pack("<H", 60_000) + good[-10:], []),
    "a device": (renamed("xl/con.xml"), []),
    "a part's name of sixty thousand letters": (renamed(f"xl/{'a' * 60_000}.xml"), []),
    "a part's name that clears the screen": (renamed("xl/\x1b[2J.xml"), []),
    "a part that is a folder": (renamed("xl/worksheets/"), []),
    "macros": (renamed("xl/vbaProject.bin"), ["XK-F010"]),
    "a link to another workbook": (renamed("xl/externalLinks/externalLink1.xml"), []),
}

# the limit that a refusal names, where several limits share a code
NAMED = {
    "a bomb by its ratio": "压缩比",
    "a bomb in the first part that is read": "压缩比",
    "a bomb that declares ten bytes": "压缩比",
    "a part over the limit at an honest ratio": "上限 32.0 MB",
    "several parts over the limit together": "展开后合计",
    "a file over the limit on disk": "上限 20.0 MB",
    "a thousand and one parts": "部件数",
    "twenty thousand parts": "部件数",
    "half a million cells and one": "单元格",
    "half a million cells without references": "单元格",
    "half a million cells with a tab": "单元格",
    "four million elements and one in the workbook": "标记",
    "four million elements and one in the properties": "标记",
    "half a million cells in two sheets": "单元格",
    "three million marks and one in a sheet": "标记",
    "a million marks in the strings": "标记",
    "a million marks in the styles": "标记",
    "fifty thousand names": "名称",
    "sixty thousand sheets": "工作表",
    "two hundred and fifty-six sheets": "工作表",
    "five thousand merges": "合并区域",
    "more columns than Excel has": "列",
    "shared formulas of half a million terms": "共享公式",
}
