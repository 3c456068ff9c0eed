"""Files that nobody should send, made at run time from a good one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from openpyxl import Workbook

ENTRY = "xl/worksheets/sheet2.xml"
"""填报."""


def with_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            part = old.read(info)
            new.writestr(info, change(part) if info.filename == name else part)
    return out.getvalue()


def not_a_zip(_: bytes) -> bytes:
    return "经销商,接车台次\nD002,306\n".encode()


def truncated(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def encrypted(_: bytes) -> bytes:
    """How Excel saves with a password: an OLE container with a stream of this name."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)


def old_excel(_: bytes) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "Workbook".encode("utf-16-le") + bytes(1000)


def document_type(data: bytes) -> bytes:
    lol = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    return with_part(data, "xl/workbook.xml", lambda part: part.replace(b"<workbook", lol + b"<workbook", 1))


def bomb(data: bytes) -> bytes:
    return with_part(data, ENTRY, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b" " * (8 << 20), 1))


def far_cell(data: bytes) -> bytes:
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return with_part(data, ENTRY, lambda part: part.replace(b"</sheetData>", cell, 1))


def not_ours(_: bytes) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.worksheets[0]["A1"] = "接车台次"
    book.save(out)
    return out.getvalue()
