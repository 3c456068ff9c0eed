"""Hostile files, made at run time from a good one: no bomb lies in the repository."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from shared.packages import put_answer, replaced, zipped

from xlkpi.workbook.package import unpack

MEGA = 1 << 20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTRY, BOOK, CUSTOM, STYLES = "xl/worksheets/sheet2.xml", "xl/workbook.xml", "docProps/custom.xml", "xl/styles.xml"
STRINGS, RELATIONS, TYPES, ROOT = (
    "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "_rels/.rels",
)  # fmt: skip
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Build = Callable[[bytes], bytes]


# ------------------------------------------------------------------ parts


def part(data: bytes, name: str) -> bytes:
    return unpack(data)[name]


def inserted(name: str, before: bytes, what: bytes) -> Build:
    """Put bytes into a part."""

    def build(good: bytes) -> bytes:
        text = part(good, name)
        assert before in text, f"{name} has no {before!r}"
        return replaced(good, {name: text.replace(before, what + before, 1)}, level=1)

    return build


def changed(name: str, old: bytes, new: bytes) -> Build:
    """Put other bytes in the place of the first such ones of a part."""

    def build(good: bytes) -> bytes:
        text = part(good, name)
        assert old in text, f"{name} has no {old!r}"
        return replaced(good, {name: text.replace(old, new, 1)})

    return build


def whole(name: str, data: bytes) -> Build:
    """Another part in its place, or one more."""
    return lambda good: replaced(good, {name: data})


def lacking(name: str) -> Build:
    return lambda good: zipped((other, data) for other, data in unpack(good).items() if other != name)


def recoded(name: str, encoding: str, cut: int | None = None) -> Build:
    """A part in another encoding, without its last bytes where `cut` says so."""
    return lambda good: replaced(good, {name: part(good, name).decode().encode(encoding)[:cut]})


def with_doctype(name: str, doctype: bytes = b"<!DOCTYPE x>") -> Build:
    """A document type in front of a part's root."""

    def build(good: bytes) -> bytes:
        head, end, rest = part(good, name).rpartition(b"?>")
        return replaced(good, {name: head + end + doctype + rest})

    return build


LAUGHS = b'<!DOCTYPE lolz [<!ENTITY a "lol">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
) + b"]>"  # fmt: skip
OUTSIDE = b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hostname">]>'


@cache
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
        return replaced(data, {name: text[:at] + b'<noise of="' + noise(hidden) + b'"/>' + text[at:]}, level=1)

    return made


def commented(build: Build, name: str) -> Build:
    """The same, and a comment of noise behind the root: the ratio says nothing, and nothing is cut."""

    def made(good: bytes) -> bytes:
        data = build(good)
        return replaced(data, {name: part(data, name) + b"<!--" + noise(300_000) + b"-->"}, level=1)

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


def rows(count: int, cell: str) -> Build:
    """So many rows from the fiftieth on, of four cells each; `cell` has a place for the reference."""
    made = (f'<row r="{n}">{"".join(cell % f"{c}{n}" for c in "ABCD")}</row>' for n in range(50, 50 + count))
    return cells("".join(made).encode())


def with_strings(inside: str, index: str = "0", root: str = f'sst xmlns="{MAIN}"') -> Build:
    """Shared strings, of which the first answer takes one."""
    table = f"<{root}>{inside}</{root.split()[0]}>".encode()
    return lambda good: answer(f"<v>{index}</v>", ' t="s"')(replaced(good, {STRINGS: table}))


def for_some(name: str, before: bytes, what: bytes) -> Build:
    """Something that only those programs see that know an extension."""
    space = b'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    wrapped = b'<mc:AlternateContent %s><mc:Choice Requires="x14">%s</mc:Choice></mc:AlternateContent>'
    return inserted(name, before, wrapped % (space, what))


def more_sheets(count: int) -> Build:
    """So many sheets more, all of them in one part."""
    listed = b"".join(b'<sheet name="n%d" sheetId="%d" r:id="rId1"/>' % (n, n + 100) for n in range(count))
    return inserted(BOOK, b"</sheets>", listed)


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


def misnamed(good: bytes) -> bytes:
    """A part that its own header calls otherwise than the directory does."""
    at = good.find(BOOK.encode())
    assert at < good.rfind(BOOK.encode())
    return good[:at] + BOOK.replace("book", "bool").encode() + good[at + len(BOOK) :]


def torn(good: bytes) -> bytes:
    """A part whose compressed bytes are none."""
    at = good.find(BOOK.encode()) + len(BOOK) + 20
    return good[:at] + b"\xff" * 40 + good[at + 40 :]


def document(rows: str, manifest: str = "", content: str = "") -> Build:
    """An .ods with one sheet of these rows, or with other content."""
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    body = f"<office:document-content {spaces}><office:body><office:spreadsheet>"
    body += f'<table:table table:name="S">{rows}</table:table>'
    body += "</office:spreadsheet></office:body></office:document-content>"
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f"<m>{manifest}</m>", "content.xml": content or body,
    }  # fmt: skip

    def build(good: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, text in parts.items():
                archive.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else None)
        return buffer.getvalue()

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
