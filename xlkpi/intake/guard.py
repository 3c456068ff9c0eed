"""The guard: an outside file is hostile until it has passed here. No parser runs before these checks.

Limits are counted while inflating, and only over the parts that are inflated: macros and pictures are never opened.
"""

from __future__ import annotations

import io
import re
import xml.parsers.expat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from isal import isal_zlib

from xlkpi.files import reason
from xlkpi.intake.wellformed import Cut, Doctype, Pieces, is_unusual_part

MAX_FILE: Final = 20 << 20  # a filled workbook of 200,000 cells is 10 MB unpacked
MAX_PARTS: Final = 1000  # as Apache POI
MAX_PART: Final = 32 << 20
MAX_TOTAL: Final = 96 << 20
MAX_RATIO: Final = 200  # our own blanks reach 11:1; 100:1 gave false alarms elsewhere
RATIO_FROM: Final = 1 << 20
MAX_ROW: Final = 20_000
MAX_COLUMN: Final = 1_000
MAX_CELLS: Final = 500_000
MAX_MARKS: Final = 3_000_000  # opening brackets in a part: half a million cells with formula and value have no more
MAX_TOKEN: Final = 1 << 20  # bytes without the start of an element: a parser fed in pieces scans them again

TYPES: Final = "[Content_Types].xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DECLARED = re.compile(rb"""\s*<\?xml\b[^<>]{0,200}?\bencoding\s*=\s*["']([\w.-]{1,40})""")
_DECLARATION = re.compile(r"\s*<\?xml\b[^<>]{0,200}\?>")
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


class Refused(Exception):
    """The file is refused; `code` and `facts` make the finding."""

    def __init__(self, code: str, **facts: object):
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class Limits:
    """How many parts an archive may have, and how many bytes it and all its parts together."""

    parts: int
    file: int
    total: int


OF_A_WORKBOOK: Final = Limits(MAX_PARTS, MAX_FILE, MAX_TOTAL)
OF_MANY_FILES: Final = Limits(50_000, 1 << 30, 4 << 30)
"""Of an archive of workbooks, whose parts are taken out one at a time: ten thousand dealers with all of theirs."""


@dataclass(slots=True)
class Package:
    """An admitted archive: the only thing that the reader takes. Parts are inflated one by one, within the limits."""

    raw: bytes
    parts: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    inflated: int = 0
    limits: Limits = OF_A_WORKBOOK
    _folded: dict[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.parts

    def named(self, name: str) -> str:
        """A part's name as the archive spells it: names know no capitals. Where there is none, the name itself."""
        if name in self.parts:
            return name
        if not self._folded:
            self._folded = {part.casefold(): part for part in self.parts}
        return self._folded.get(name.casefold(), name)

    @property
    def has_macros(self) -> bool:
        """Whether it carries VBA; it is never opened."""
        return any(name.lower().endswith("vbaproject.bin") for name in self.parts)

    def xml(self, name: str) -> bytes:
        """An XML part, known to be well formed, in UTF-8, without a document type.

        Raises:
            Refused: damaged, too large or unsafe.
        """
        data = self.plain(name)
        self._parse(name, data)
        return data

    def pieces(self, name: str, cut: Cut) -> tuple[bytes, Pieces | None]:
        """An XML part and its pieces, known to be well formed; None instead of them where it cannot be cut: then
        nothing is known of the part but its encoding and that it has no document type.

        Raises:
            Refused: damaged, too large or unsafe.
        """
        data = self.plain(name)
        return data, cut.pieces(name, data)

    def plain(self, name: str) -> bytes:
        """A part that may be parsed: in UTF-8, without a document type, and neither its elements too many nor any of
        its tokens too long.

        Raises:
            Refused: damaged, too large or unsafe.
        """
        info = self.parts.get(name)
        if info is None:
            raise Refused("XK-F002", detail=f"缺少 {name}")
        data = _in_utf_8(name, self._inflate(info))
        if b"<!DOCTYPE" in data:
            raise Refused("XK-F005", part=name)
        if len(data) > MAX_TOKEN:
            if data.count(b"<") > MAX_MARKS:
                raise Refused("XK-F006", what=f"{name} 的标记", found="过多", limit=MAX_MARKS)
            _no_long_tokens(name, data)
        return data

    def _parse(self, name: str, data: bytes) -> None:
        try:
            is_unusual_part(data)
        except Doctype:
            raise Refused("XK-F005", part=name) from None
        except xml.parsers.expat.ExpatError as error:
            where = f"{name} 第 {error.lineno} 行第 {error.offset + 1} 个字符处"
            raise Refused("XK-F002", detail=f"{where}不是合格的 XML") from None

    def part(self, name: str) -> bytes:
        """Any part, inflated within the limits and nothing more: for copying and patching, never for parsing.

        Raises:
            Refused: damaged or too large.
        """
        return self._inflate(self.parts[name])

    def _inflate(self, info: zipfile.ZipInfo) -> bytes:
        start = _data_start(self.raw, info)
        if start + info.compress_size > len(self.raw):
            raise Refused("XK-F002", detail=f"{info.filename} 不完整")
        packed = self.raw[start : start + info.compress_size]
        if info.compress_type == zipfile.ZIP_STORED:
            data = packed
            self._count(info, len(data))
        elif info.compress_type == zipfile.ZIP_DEFLATED:
            data = self._inflate_deflated(info, packed)
        else:
            raise Refused("XK-F002", detail=f"{info.filename} 的压缩方式不支持")
        if isal_zlib.crc32(data) != info.CRC:
            raise Refused("XK-F002", detail=f"{info.filename} 校验和不符")
        return data

    def _inflate_deflated(self, info: zipfile.ZipInfo, packed: bytes) -> bytes:
        most = min(MAX_PART, self.limits.total - self.inflated, max(RATIO_FROM, MAX_RATIO * info.compress_size))
        inflater = isal_zlib.decompressobj(-15)
        try:
            data = inflater.decompress(packed, most + 1)
        except isal_zlib.error:  # type: ignore[misc]  # the stub has it as an instance
            raise Refused("XK-F002", detail=f"{info.filename} 解压不了") from None
        self._count(info, len(data))
        if not inflater.eof:
            raise Refused("XK-F002", detail=f"{info.filename} 不完整")
        return data

    def _count(self, info: zipfile.ZipInfo, size: int) -> None:
        self.inflated += size
        if size > MAX_PART:
            raise Refused("XK-F006", what=info.filename, found=_mega(size), limit=_mega(MAX_PART))
        if self.inflated > self.limits.total:
            raise Refused("XK-F006", what="展开后合计", found=_mega(self.inflated), limit=_mega(self.limits.total))
        if size > RATIO_FROM and size > MAX_RATIO * max(1, info.compress_size):
            raise Refused("XK-F006", what=f"{info.filename} 的压缩比", found="过高", limit=f"{MAX_RATIO}:1")


def admit(source: Path | bytes) -> Package:
    """Validate the archive without inflating it.

    Raises:
        Refused: with the finding's code and facts.
    """
    raw = read_limited(source)
    if raw.startswith(_OLE):
        raise Refused("XK-F003" if is_encrypted(raw) else "XK-F004")
    package = archive(raw)
    if package.named(TYPES) not in package or not any(
        name.startswith("xl/") or name == "_rels/.rels" for name in map(str.lower, package.parts)
    ):
        raise Refused("XK-F001")
    return package


def read_limited(source: Path | bytes) -> bytes:
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


def archive(raw: bytes, limits: Limits = OF_A_WORKBOOK) -> Package:
    """An archive of any kind, by its table of contents; nothing is inflated yet.

    Raises:
        Refused: no archive, damaged, or its parts are unsafe.
    """
    if not raw.startswith(b"PK\x03\x04"):
        raise Refused("XK-F001")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as zipped:
            infos = zipped.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Refused("XK-F002", detail="压缩包的目录读不出来") from None
    return Package(raw, _checked(infos, limits.parts), limits=limits)


def raw_bytes(path: Path, most: int = MAX_FILE) -> bytes:
    """A file's bytes; of one that is too large only so many that the guard sees it.

    Raises:
        Refused: it cannot be opened, or is no file: a pipe, a device.
    """
    try:
        if isinstance(path, Path) and path.exists() and not (path.is_file() or path.is_dir()):
            raise Refused("XK-F025")  # a pipe would be waited for, and a device never ends
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise Refused("XK-F009", detail=reason(error)) from None


def _checked(infos: list[zipfile.ZipInfo], most: int) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > most:
        raise Refused("XK-F006", what="部件数", found=len(infos), limit=most)
    parts: dict[str, zipfile.ZipInfo] = {}
    names: set[str] = set()
    for info in infos:
        name = info.filename.replace("\\", "/")  # as writers on Windows once spelled it; Excel reads them
        if name.startswith("/") or ":" in name or ".." in name.split("/"):
            raise Refused("XK-F008", detail=f"部件名 {name!r}")
        if name.casefold() in names:
            raise Refused("XK-F008", detail=f"部件 {name!r} 重名")
        if info.flag_bits & 1:
            raise Refused("XK-F003")
        names.add(name.casefold())
        parts[name] = info
    return parts


def _data_start(raw: bytes, info: zipfile.ZipInfo) -> int:
    """The offset of a part's bytes. Its local header must give the name that the directory gives: programs differ in
    which of the two they believe."""
    at = info.header_offset
    if raw[at : at + 4] != b"PK\x03\x04":
        raise Refused("XK-F002", detail=f"{info.filename} 的位置不对")
    method, length = _number(raw, at + 8), _number(raw, at + 26)
    name = raw[at + 30 : at + 30 + length].decode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")
    if name != info.orig_filename:
        raise Refused("XK-F022", what=f"压缩包的目录和内容对同一部件说法不同：{info.filename!r} 与 {name[:60]!r}")
    if method != info.compress_type:
        raise Refused("XK-F022", what=f"压缩包的目录和内容对 {info.filename!r} 的压缩方式说法不同")
    return at + 30 + length + _number(raw, at + 28)


def _number(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + 2], "little")


def _in_utf_8(name: str, data: bytes) -> bytes:
    """A part in UTF-8; of the two encodings that the format allows the other one is turned into it."""
    wide = _UTF_16.get(data[:2])
    if wide is not None:
        try:
            return _DECLARATION.sub("", data.decode(wide), count=1).encode()
        except UnicodeError:
            raise Refused("XK-F002", detail=f"{name} 不是完整的 UTF-16 文字") from None
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in data[:200] or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
        raise Refused("XK-F008", detail=f"{name} 不是 UTF-8 编码")
    return data


def _no_long_tokens(name: str, data: bytes) -> None:
    """Refuse a tag, a text, a comment or an instruction of more than a megabyte."""
    for at in range(0, len(data) - MAX_TOKEN, MAX_TOKEN):
        if data.find(b"<", at, at + MAX_TOKEN) < 0:
            raise Refused("XK-F023", what=f"{name} 的一段内容", limit=_mega(MAX_TOKEN))
    for begin, end in ((b"<!--", b"-->"), (b"<?", b"?>")):
        at = data.find(begin)
        while at >= 0:
            close = data.find(end, at + len(begin))
            if close - at > MAX_TOKEN:
                raise Refused("XK-F023", what=f"{name} 的一段内容", limit=_mega(MAX_TOKEN))
            at = data.find(begin, close) if close >= 0 else -1


def _mega(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB"
