"""Hostile files, made at run time from a good one: no bomb lies in the repository."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

from shared.packages import put_answer, replaced, zipped

from xlkpi.workbook.package import unpack

MEGA = 1 << 20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTRY, BOOK, CUSTOM, STYLES = "xl/worksheets/sheet2.xml", "xl/workbook.xml", "docProps/custom.xml", "xl/styles.xml"

Build = Callable[[bytes], bytes]


# ------------------------------------------------------------------ parts


def part(data: bytes, name: str) -> bytes:
    return unpack(data)[name]


def inserted(name: str, before: bytes, what: bytes) -> Build:
    """Put bytes into a part."""

    def build(good: bytes) -> bytes:
        text = part(good, name)
        assert before in text, f"{name} has no {before!r}"
        return replaced(good, {name: text.replace(before, what + before, 1)})

    return build


def with_doctype(name: str, doctype: bytes = b"<!DOCTYPE x>") -> Build:
    """A document type in front of a part's root."""

    def build(good: bytes) -> bytes:
        head, _, rest = part(good, name).partition(b"?>")
        return replaced(good, {name: head + b"?>" + doctype + rest})

    return build


LAUGHS = b'<!DOCTYPE lolz [<!ENTITY a "lol">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip
OUTSIDE = b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hostname">]>'


def noise(size: int) -> bytes:
    """Text that hardly compresses, to keep the ratio of a part inconspicuous."""
    return random.Random(2026).randbytes(size // 2).hex().encode()


def padded(name: str, size: int, hidden: int) -> Build:
    """A part blown up with spaces behind its root; `hidden` bytes of noise in a comment keep the ratio low."""
    comment = b"<!--" + noise(hidden) + b"-->" if hidden else b""
    return lambda good: replaced(good, {name: part(good, name) + comment + b" " * size})


def quiet(build: Build, name: str, hidden: int = 300_000) -> Build:
    """The same with so much noise in the part, as an element's attribute, that its ratio says nothing."""

    def made(good: bytes) -> bytes:
        data = build(good)
        at = part(data, name).rindex(b"</")
        text = part(data, name)
        return replaced(data, {name: text[:at] + b'<noise of="' + noise(hidden) + b'"/>' + text[at:]})

    return made


def several_padded(good: bytes) -> bytes:
    """Four parts, each within the limits of one part."""
    for name in (BOOK, STYLES, CUSTOM, ENTRY):
        comment = b"<!--" + noise(600_000) + b"-->"
        good = zipped(
            {**unpack(good), name: part(good, name) + comment + (b" " * 500_000 + b"<!-- -->") * 60}.items(), level=1
        )
    return good


def cells(xml: bytes) -> Build:
    """Rows at the end of the sheet that dealers fill in."""
    return inserted(ENTRY, b"</sheetData>", xml)


def answer(inside: str, attributes: str = "") -> Build:
    """Another cell in place of the first answer."""
    return lambda good: put_answer(good, "接车台次", inside, attributes)


# ------------------------------------------------------------------ archives


def renamed(name: str) -> Build:
    """One more part of this name."""

    def build(good: bytes) -> bytes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the standard library warns of duplicates
            return zipped([*unpack(good).items(), (name, b"<x/>")])

    return build


def directory_of(data: bytes, name: str) -> int:
    """Where the archive's directory speaks of a part."""
    at = data.rfind(name.encode())
    assert data[at - 46 : at - 42] == b"PK\1\2", name
    return at - 46


def lying(name: str, field: int, shape: str, value: int) -> Build:
    """A field of the directory's entry overwritten: flags at 8, compressed size at 20, size at 24, offset at 42."""

    def build(good: bytes) -> bytes:
        data = bytearray(good)
        struct.pack_into(shape, data, directory_of(good, name) + field, value)
        return bytes(data)

    return build


def many_parts(count: int) -> Build:
    return lambda good: zipped([*unpack(good).items(), *((f"xl/x{n}.xml", b"") for n in range(count))], level=1)


def overlapping(good: bytes) -> bytes:
    """A hundred parts that all lie on the same compressed bytes, sixty megabytes each."""
    body = b"<x>" + b" " * (60 * MEGA) + b"</x>"
    packed = zipped([("a.xml", body)])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        info = archive.infolist()[0]
    start = packed.index(b"a.xml") + 5
    local = packed[start : start + info.compress_size]
    names = [
        "[Content_Types].xml",
        BOOK,
        "xl/_rels/workbook.xml.rels",
        *(f"xl/worksheets/sheet{n}.xml" for n in range(97)),
    ]
    out, index = bytearray(), bytearray()
    facts = struct.pack("<4H3L", 0, 8, 0, 33, zlib.crc32(body), len(local), len(body))
    out += struct.pack("<4sH", b"PK\3\4", 20) + facts + struct.pack("<2H", len(names[0]), 0) + names[0].encode() + local
    for name in names:
        index += struct.pack("<4s2H", b"PK\1\2", 20, 20) + facts + struct.pack("<5H2L", len(name), 0, 0, 0, 0, 0, 0)
        index += name.encode()
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(names), len(names), len(index), len(out), 0)
    return bytes(out + index + end)


def stored_large(good: bytes) -> bytes:
    """Over twenty megabytes on disk, of honest bytes."""
    return zipped([*unpack(good).items(), ("xl/media/film.bin", random.Random(1).randbytes(20 * MEGA))], level=0)


def declares_ten_bytes(good: bytes) -> bytes:
    """A bomb whose directory says ten bytes."""
    bomb = padded(ENTRY, 80 * MEGA, 0)(good)
    return lying(ENTRY, 24, "<L", 10)(bomb)


def other_method(good: bytes) -> bytes:
    """A part compressed in a way that no spreadsheet program uses."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in unpack(good).items():
            archive.writestr(name, data, zipfile.ZIP_BZIP2 if name == BOOK else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# ------------------------------------------------------------------ the cases: name -> (builder, codes)

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
}
