"""The guard: an outside file is hostile until it has passed here. No parser of anybody's sees a byte before.

Limits are counted while inflating, and only over the parts that are inflated: macros and pictures are never opened.
"""

from __future__ import annotations

import io
import re
import xml.parsers.expat
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xlkpi.intake.wellformed import Cut, Doctype, is_unusual_part

MAX_FILE: Final = 20 << 20  # a filled workbook of 200,000 cells is 10 MB unpacked
MAX_PARTS: Final = 1000  # as Apache POI
MAX_PART: Final = 64 << 20
MAX_TOTAL: Final = 128 << 20
MAX_RATIO: Final = 200  # our own blanks reach 11:1; 100:1 gave false alarms elsewhere
RATIO_FROM: Final = 1 << 20
MAX_ROW: Final = 20_000
MAX_COLUMN: Final = 1_000
MAX_CELLS: Final = 500_000
MAX_MARKS: Final = 4_000_000  # opening brackets in a part: a tree of more elements than that takes a gigabyte
_BLOCK: Final = 1 << 16

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["']([\w.-]+)""")


class Refused(Exception):
    """The file goes no further; `code` and `facts` make the finding."""

    def __init__(self, code: str, **facts: object):
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(slots=True)
class Package:
    """An admitted archive: the only thing that the reader takes. Parts are inflated one by one, within the limits."""

    raw: bytes
    parts: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    inflated: int = 0
    unusual: set[str] = field(default_factory=set)
    """Parts read so far that hold comments, CDATA or processing instructions: XML, but no spreadsheet program's."""

    def __contains__(self, name: str) -> bool:
        return name in self.parts

    @property
    def has_macros(self) -> bool:
        """Whether it carries VBA; it is never opened."""
        return any(name.lower().endswith("vbaproject.bin") for name in self.parts)

    def xml(self, name: str) -> bytes:
        """An XML part, known to be well formed, in UTF-8, without a document type.

        Raises:
            Refused: damaged, too large or unsafe.
        """
        data = self._plain(name)
        self._parse(name, data)
        return data

    def pieces(self, name: str, cut: Cut) -> tuple[bytes, list[bytes] | None]:
        """An XML part, as `xml` gives it, and its pieces; None instead of them where it cannot be cut.

        Raises:
            Refused: damaged, too large or unsafe.
        """
        data = self._plain(name)
        pieces = cut.pieces(name, data)
        if pieces is None:
            self._parse(name, data)
        return data, pieces

    def _plain(self, name: str) -> bytes:
        """A part that may be parsed: UTF-8, and not too many elements."""
        info = self.parts.get(name)
        if info is None:
            raise Refused("XK-F002", detail=f"缺少 {name}")
        data = self._inflate(info)
        declared = _ENCODING.search(data[:200])
        if b"\0" in data[:200] or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
            raise Refused("XK-F008", detail=f"{name} 不是 UTF-8 编码")
        if len(data) > MAX_MARKS and data.count(b"<") > MAX_MARKS:
            raise Refused("XK-F006", what=f"{name} 的标记", found="过多", limit=MAX_MARKS)
        return data

    def _parse(self, name: str, data: bytes) -> None:
        try:
            if is_unusual_part(data):
                self.unusual.add(name)
        except Doctype:
            raise Refused("XK-F005", part=name) from None
        except xml.parsers.expat.ExpatError as error:
            raise Refused("XK-F002", detail=f"{name}：{error}") from None

    def part(self, name: str) -> bytes:
        """Any part, inflated within the limits and nothing more: for copying and patching, never for parsing.

        Raises:
            Refused: damaged or too large.
        """
        return self._inflate(self.parts[name])

    def _inflate(self, info: zipfile.ZipInfo) -> bytes:
        start = _data_start(self.raw, info)
        packed = self.raw[start : start + info.compress_size]
        if info.compress_type == zipfile.ZIP_STORED:
            blocks = [packed]
            self._count(info, len(packed), len(packed))
        elif info.compress_type == zipfile.ZIP_DEFLATED:
            blocks = self._inflate_deflated(info, packed)
        else:
            raise Refused("XK-F002", detail=f"{info.filename} 的压缩方式不支持")
        data = b"".join(blocks)
        if zlib.crc32(data) != info.CRC:
            raise Refused("XK-F002", detail=f"{info.filename} 校验和不符")
        return data

    def _inflate_deflated(self, info: zipfile.ZipInfo, packed: bytes) -> list[bytes]:
        inflater, blocks, size, rest = zlib.decompressobj(-15), [], 0, packed
        try:
            while not inflater.eof:
                block = inflater.decompress(rest, _BLOCK)
                rest = inflater.unconsumed_tail
                size += len(block)
                self._count(info, size, len(block))
                blocks.append(block)
                if not block and not rest:
                    raise Refused("XK-F002", detail=f"{info.filename} 不完整")
        except zlib.error as error:
            raise Refused("XK-F002", detail=f"{info.filename}：{error}") from None
        return blocks

    def _count(self, info: zipfile.ZipInfo, size: int, block: int) -> None:
        self.inflated += block
        if size > MAX_PART:
            raise Refused("XK-F006", what=info.filename, found=_mega(size), limit=_mega(MAX_PART))
        if self.inflated > MAX_TOTAL:
            raise Refused("XK-F006", what="展开后合计", found=_mega(self.inflated), limit=_mega(MAX_TOTAL))
        if size > RATIO_FROM and size > MAX_RATIO * max(1, info.compress_size):
            raise Refused("XK-F006", what=f"{info.filename} 的压缩比", found="过高", limit=f"{MAX_RATIO}:1")


def admit(source: Path | bytes) -> Package:
    """Look at the archive from outside and let it in.

    Raises:
        Refused: with the finding's code and facts.
    """
    raw = taken(source)
    if raw.startswith(_OLE):
        raise Refused("XK-F003" if is_encrypted(raw) else "XK-F004")
    package = archive(raw)
    if "[Content_Types].xml" not in package or not any(name.startswith("xl/") for name in package.parts):
        raise Refused("XK-F001")
    return package


def taken(source: Path | bytes) -> bytes:
    """A file's bytes, unless there are too many.

    Raises:
        Refused: too large, or it cannot be read.
    """
    raw = source if isinstance(source, bytes) else raw_bytes(source)
    if len(raw) > MAX_FILE:
        raise Refused("XK-F006", what="文件", found=_mega(len(raw)), limit=_mega(MAX_FILE))
    return raw


def is_encrypted(raw: bytes) -> bool:
    """Whether it is an Office file with a password to open it: a compound file around the real one."""
    return raw.startswith(_OLE) and _ENCRYPTED in raw


def archive(raw: bytes) -> Package:
    """An archive of any kind, by its table of contents; nothing is inflated yet.

    Raises:
        Refused: no archive, damaged, or its parts are unsafe.
    """
    if not raw.startswith(b"PK\x03\x04"):
        raise Refused("XK-F001")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as zipped:
            infos = zipped.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Refused("XK-F002", detail=str(error)) from None
    return Package(raw, _checked(infos))


def raw_bytes(path: Path) -> bytes:
    """A file's bytes; of one that is too large only so many that the guard sees it.

    Raises:
        Refused: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except OSError as error:
        raise Refused("XK-F009", detail=error.strerror or str(error)) from None


def _checked(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MAX_PARTS:
        raise Refused("XK-F006", what="部件数", found=len(infos), limit=MAX_PARTS)
    parts: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            raise Refused("XK-F008", detail=f"部件名 {name!r}")
        if name.casefold() in seen:
            raise Refused("XK-F008", detail=f"部件 {name!r} 重名")
        if info.flag_bits & 1:
            raise Refused("XK-F003")
        seen.add(name.casefold())
        parts[name] = info
    return parts


def _data_start(raw: bytes, info: zipfile.ZipInfo) -> int:
    at = info.header_offset
    if raw[at : at + 4] != b"PK\x03\x04":
        raise Refused("XK-F002", detail=f"{info.filename} 的位置不对")
    return at + 30 + int.from_bytes(raw[at + 26 : at + 28], "little") + int.from_bytes(raw[at + 28 : at + 30], "little")


def _mega(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB"
