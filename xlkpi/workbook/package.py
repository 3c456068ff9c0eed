"""The zip side of a workbook: reproducible bytes, and files made by copying an archive and replacing a few parts."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from isal import isal_zlib

from xlkpi.workbook.canonical import canonical

if TYPE_CHECKING:
    from openpyxl import Workbook

_DATE, _TIME = (1980 - 1980) << 9 | 1 << 5 | 1, 0  # 1980-01-01: the same input gives the same bytes
_EPOCH = datetime(2000, 1, 1)
_STYLES = "xl/styles.xml"
_FONT = b"b i strike condense extend outline shadow u vertAlign sz color name family charset scheme".split()
_CORE = "docProps/core.xml"
_WINDOW = 4096  # bytes before a block that it may repeat: more is smaller, and a value that differs spoils more blocks
_LAST = b"\x03\x00"  # an empty block that ends a deflated stream


def saved(book: Workbook) -> bytes:
    """What openpyxl saves, as bytes that depend on nothing but the workbook's content."""
    book.properties.creator = "xlkpi"
    book.properties.created = book.properties.modified = _EPOCH
    buffer = io.BytesIO()
    book.save(buffer)
    parts = {name: _canonical(part) for name, part in unpack(buffer.getvalue()).items()}
    parts[_STYLES] = re.sub(rb"<font>(.*?)</font>", _font_in_order, parts[_STYLES])
    # openpyxl writes the hour of saving over what it was told
    stamp = _EPOCH.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    parts[_CORE] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, parts[_CORE])
    return _packed(parts)


def _font_in_order(font: re.Match[bytes]) -> bytes:
    """A font with its parts in the order of the standard's schema; openpyxl has another."""
    parts = {part[1]: part[0] for part in re.finditer(rb"<(\w+)[^>]*/>", font[1])}
    return b"<font>" + b"".join(parts[name] for name in sorted(parts, key=_FONT.index)) + b"</font>"


def _canonical(part: bytes) -> bytes:
    """One spelling of an XML part: openpyxl writes another where lxml happens to be installed."""
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{canonical(part)}'.encode()


def _packed(parts: Mapping[str, bytes]) -> bytes:
    """An archive with content types first, the other parts sorted, fixed dates."""
    names = sorted(parts, key=lambda name: (name != "[Content_Types].xml", name))
    return assemble(member(name, parts[name], 9) for name in names)


def unpack(data: bytes) -> dict[str, bytes]:
    """All parts of an archive of our own. What comes from outside goes through the guard instead."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@dataclass(frozen=True, slots=True)
class Member:
    """A part as it lies in the archive: name, compressed bytes, checksum, size, and zip's number of the compression."""

    name: bytes
    packed: bytes
    crc: int
    size: int
    method: int = zipfile.ZIP_DEFLATED


def member(name: str, data: bytes, level: int = 1) -> Member:
    """Compress a part.

    Level 1 is ISA-L's: as small as zlib's own in a quarter of the time. Its bytes may differ between kinds of
    processors, so what must be the same everywhere takes another level: masters 9, being made once, blanks 6.
    """
    return Member(name.encode(), _deflated(data, level, zlib.Z_FINISH), isal_zlib.crc32(data), len(data))


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a part, compressed by itself; it can be joined to the block whose `end` is `before`, or to any where
    that is empty."""

    data: bytes
    before: bytes
    packed: bytes

    @property
    def end(self) -> bytes:
        """What the next block may repeat."""
        return self.data[-_WINDOW:]


def block(data: bytes, before: bytes, level: int) -> Block:
    """Compress a stretch of a part at a level of `member`; `before` is the end of the block before it, or nothing.

    The bytes depend on these three alone: a block that is kept from another file is the one that would be made now.
    """
    return Block(data, before, _deflated(data, level, zlib.Z_SYNC_FLUSH, before))


def joined(name: str, blocks: Iterable[Block]) -> Member:
    """A part from its blocks, in order."""
    packed: list[bytes] = []
    crc = size = 0
    for each in blocks:
        packed.append(each.packed)
        crc = isal_zlib.crc32(each.data, crc)
        size += len(each.data)
    return Member(name.encode(), b"".join((*packed, _LAST)), crc, size)


def _deflated(data: bytes, level: int, end: int, before: bytes = b"") -> bytes:
    compressor = (isal_zlib if level == 1 else zlib).compressobj(level, zlib.DEFLATED, -15, zdict=before)
    packed: bytes = compressor.compress(data) + compressor.flush(end)
    return packed


def gzipped(data: bytes, level: int = 6) -> bytes:
    """One stream of gzip (RFC 1952). The `gzip` module's header tells the system that wrote it, and its version."""
    head = b"\x1f\x8b\x08" + bytes(6) + b"\xff"  # deflated, no time, system unknown
    return head + _deflated(data, level, zlib.Z_FINISH) + struct.pack("<2L", isal_zlib.crc32(data), len(data) % 2**32)


def members(data: bytes) -> dict[str, Member]:
    """The parts of an archive as they lie there, nothing inflated."""
    by_name = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            at = info.header_offset
            name_size, extra_size = struct.unpack("<HH", data[at + 26 : at + 30])
            start = at + 30 + name_size + extra_size
            packed = data[start : start + info.compress_size]
            name = info.filename.replace("\\", "/")  # as the guard reads what writers on Windows once spelled so
            by_name[name] = Member(name.encode(), packed, info.CRC, info.file_size, info.compress_type)
    return by_name


def assemble(parts: Iterable[Member]) -> bytes:
    """An archive of these parts in this order."""
    out: list[bytes] = []
    directory: list[bytes] = []
    offset = count = 0
    for part in parts:
        flag = 0x800 if not part.name.isascii() else 0
        facts = struct.pack("<4H3L", flag, part.method, _TIME, _DATE, part.crc, len(part.packed), part.size)
        head = struct.pack("<4sH", b"PK\3\4", 20) + facts + struct.pack("<2H", len(part.name), 0) + part.name
        directory.append(
            struct.pack("<4s2H", b"PK\1\2", 20, 20)
            + facts
            + struct.pack("<5H2L", len(part.name), 0, 0, 0, 0, 0, offset)
            + part.name
        )
        out += (head, part.packed)
        offset += len(head) + len(part.packed)
        count += 1
    index = b"".join(directory)
    out += (index, struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(index), offset, 0))
    return b"".join(out)
