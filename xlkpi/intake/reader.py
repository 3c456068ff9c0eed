"""The reader: raw cells of an admitted workbook, in one pass over each sheet's bytes.

A sheet's XML is cut at its cells and only what somebody wants is decoded; the same attribute bytes, labels and formulas
come back in every file and are decoded once for each process. What the cutting does not understand (comments, CDATA,
namespace prefixes, cells without a reference) goes through ElementTree instead. Declared dimensions are never believed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from xlkpi.intake.guard import MAX_CELLS, MAX_COLUMN, MAX_ROW, Package, Refused, admit
from xlkpi.intake.memory import FILES, SHORT, remembered
from xlkpi.intake.outline import outline_of
from xlkpi.intake.source import SheetCells
from xlkpi.intake.variants import in_1900, with_shared_formulas
from xlkpi.intake.wellformed import CELLS, NAMES
from xlkpi.values import CellKind, Place, RawCell, column_letters, column_number

_ATTRIBUTE = re.compile(rb'\b(r|s|t)="([^"]*)"')
_TEXT = re.compile(rb"<t(?: [^>]*)?>([^<]*)</t>")
_VALUE = re.compile(rb"<v[^>]*>([^<]*)</v>")
_FORMULA = re.compile(rb"<f[^>]*>([^<]*)</f>|<f[^>]*/>")
_PHONETIC = re.compile(rb"<rPh.*?</rPh>", re.S)
_REF = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_KINDS = {
    "n": CellKind.NUMBER, "str": CellKind.TEXT, "s": CellKind.TEXT, "inlineStr": CellKind.TEXT,
    "b": CellKind.BOOLEAN, "e": CellKind.ERROR, "d": CellKind.DATE,
}  # fmt: skip
_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0",
    48: "##0.0E+0", 49: "@",
    # the dates of Chinese programs, which have no format code in the file (ECMA-376 18.8.30, zh-cn)
    27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"', 34: "AM/PMh:mm", 35: "AM/PMh:mm:ss", 36: 'yyyy"年"m"月"', 50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"', 55: "AM/PMh:mm", 56: "AM/PMh:mm:ss",
    57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip


_REMEMBERED = 6_000  # pieces of a sheet; larger ones are no form's
_CELL_BYTES = 4  # as long as the shortest cell, <c/>: a shorter sheet cannot hold too many


class _Odd(Exception):
    """The fast cut does not understand the sheet."""


def _text(data: bytes) -> str:
    text = data.decode()
    return unescape(text) if "&" in text else text


_decode = remembered(20_000)(_text)  # for what every file has: formulas, names; values differ and are not kept


@remembered(5_000)
def _attributes(data: bytes) -> tuple[str, int]:
    found = dict(_ATTRIBUTE.findall(data))
    return found.get(b"t", b"n").decode(), int(found.get(b"s", 0))


@dataclass(slots=True)
class Workbook:
    """An admitted workbook, a `Source`. Sheets and names are read at once, cells on demand."""

    package: Package
    sheets: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    _formats: tuple[str, ...] = ()
    _strings: list[bytes] | None = None
    _strings_part: str = "xl/sharedStrings.xml"
    _from_1904: bool = False

    @property
    def has_macros(self) -> bool:
        """Whether it carries VBA; it is never opened."""
        return self.package.has_macros

    @property
    def tells_formulas(self) -> bool:
        """A file always does."""
        return True

    def cells(self, sheet: str, wanted: Collection[str] | None, known: Collection[str] = ()) -> SheetCells:
        """Cells of a sheet that hold something: the wanted references, or all where None. `known` ones are no strays.

        Raises:
            Refused: too many cells, or one too far out.
        """
        data, pieces = self.package.pieces(self.sheets[sheet], CELLS)
        if len(data) > MAX_CELLS * _CELL_BYTES:
            _not_too_many(sheet, data.count(b"<c") + data.count(b":c"))  # a few other tags begin so too
        try:
            read = self._fast(sheet, pieces, wanted, known)
        except _Odd:
            read = self._slow(sheet, data, wanted, known)
        cells = with_shared_formulas(data, read.cells) if b"shared" in data else read.cells
        return SheetCells(in_1900(cells) if self._from_1904 else cells, read.strays, outline_of(data))

    def properties(self) -> dict[str, str]:
        """Custom document properties that are texts."""
        name = "docProps/custom.xml"
        if name not in self.package:
            return {}
        root = ElementTree.fromstring(self.package.xml(name))  # noqa: S314 - the guard refused every DOCTYPE
        return {node.get("name", ""): "".join(node.itertext()) for node in root}

    def _fast(
        self, sheet: str, pieces: list[bytes] | None, wanted: Collection[str] | None, known: Collection[str]
    ) -> SheetCells:  # fmt: skip
        if pieces is None:
            raise _Odd
        memory = _memory(sheet, self._formats, len(pieces))
        cells: dict[str, RawCell] = {}
        strays: list[str] = []
        for piece, (ref, raw) in zip(pieces, map(memory.__getitem__, pieces), strict=True):
            if wanted is not None and ref not in wanted:
                if ref not in known:
                    _not_too_far(sheet, ref)
                    if b"<v" in piece or b"<is" in piece or b"<f" in piece:
                        strays.append(ref)
                continue
            if wanted is None:
                _not_too_far(sheet, ref)
            cells[ref] = raw or self._cut(Place(sheet, ref), piece, memory)
        return SheetCells(cells, tuple(strays))

    def _cut(self, place: Place, piece: bytes, memory: _Memory) -> RawCell:
        cell = piece[piece.rfind(b"<c ") :]
        close = cell.index(b">")
        kind, style = _attributes(cell[len(place.ref) + 7 : close])
        raw = self._cell(place, kind, style, cell[close + 1 :])
        if kind != "s":  # a shared string means something else in every file
            memory.keep(piece, raw)
        return raw

    def _cell(self, place: Place, kind: str, style: int, body: bytes) -> RawCell:
        value = _VALUE.search(body) if b"<v" in body else None
        formula = _FORMULA.search(body) if b"<f" in body else None
        text: str | None = None
        if kind == "inlineStr":
            text = _text(b"".join(_TEXT.findall(_PHONETIC.sub(b"", body))))
        elif value is not None and kind == "s":
            text = self._string(int(value[1]))
        elif value is not None:
            text = _text(value[1])
        return self._raw(place, kind, style, text, None if formula is None else _decode(formula[1] or b""))

    def _raw(self, place: Place, kind: str, style: int, text: str | None, formula: str | None) -> RawCell:
        if text == "" and kind != "str":
            text = None
        shape = CellKind.EMPTY if text is None else _KINDS.get(kind, CellKind.TEXT)
        return RawCell(place, shape, text, formula, self._formats[style] if style < len(self._formats) else "General")

    def _slow(
        self, sheet: str, data: bytes, wanted: Collection[str] | None, known: Collection[str]
    ) -> SheetCells:  # fmt: skip
        cells: dict[str, RawCell] = {}
        strays: list[str] = []
        for ref, node in _elements(data):
            if not len(node):  # blank cells are no cells, wherever somebody coloured one
                continue
            _not_too_far(sheet, ref)
            parts = {_local(child.tag): child for child in node}
            text = parts["v"].text if "v" in parts else None
            if wanted is not None and ref not in wanted:
                if ref not in known and (text or "is" in parts or "f" in parts):
                    strays.append(ref)
                continue
            kind = node.get("t", "n")
            if kind == "inlineStr":
                text = _rich(parts["is"]) if "is" in parts else None
            elif kind == "s" and text is not None:
                text = self._string(int(text))
            formula = (parts["f"].text or "") if "f" in parts else None
            cells[ref] = self._raw(Place(sheet, ref), kind, int(node.get("s", 0)), text, formula)
        return SheetCells(cells, tuple(strays))

    def _string(self, index: int) -> str:
        if self._strings is None:
            data = self.package.xml(self._strings_part)
            if self._strings_part in self.package.unusual or b":si>" in data:
                root = ElementTree.fromstring(data)  # noqa: S314 - the guard refused every DOCTYPE
                self._strings = [b"<t>" + _escape(_rich(node)) + b"</t>" for node in root]
            else:
                self._strings = re.split(rb"<si(?: [^>]*)?>|<si/>", data)[1:]
        if not 0 <= index < len(self._strings):
            raise Refused("XK-F002", detail=f"共享字符串 {index} 不存在")
        piece = self._strings[index]
        if b"<rPh" in piece:
            piece = _PHONETIC.sub(b"", piece)
        return _decode(b"".join(_TEXT.findall(piece)))


class _Memory(dict[bytes, tuple[str, RawCell | None]]):
    """Pieces of a sheet: each cell's reference, and the cell once it was wanted. Filled as they are asked for.

    `_like` has the same by what stands before the value: most of what is new in a file is a new value and no more.
    """

    __slots__ = ("_like",)

    def __init__(self) -> None:
        self._like: dict[bytes, RawCell] = {}

    def __missing__(self, piece: bytes) -> tuple[str, RawCell | None]:
        """Raises _Odd where the cell does not say where it stands."""
        at = piece.rfind(b"<v>")
        like = self._like.get(piece[:at])
        entry: tuple[str, RawCell | None]
        if like is not None and piece.find(b"<", at + 3) == len(piece) - 4 > at + 3 and piece.endswith(b"</v>"):
            entry = like.place.ref, RawCell(like.place, like.kind, _text(piece[at + 3 : -4]), like.formula, like.format)
        else:
            entry = _reference(piece), None
        if len(piece) < SHORT:
            self[piece] = entry
        return entry

    def keep(self, piece: bytes, raw: RawCell) -> None:
        """Remember a cell that was wanted."""
        if piece in self:
            self[piece] = raw.place.ref, raw
            at = piece.rfind(b"<v>")
            if raw.text and piece.find(b"<v") == at >= 0 and piece.find(b"<", at + 3) == len(piece) - 4:
                self._like[piece[:at]] = raw

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._like.clear()


def _reference(piece: bytes) -> str:
    """Where a piece's cell stands; blank cells close themselves and stand before it in the piece.

    Raises:
        _Odd: it does not say so.
    """
    at = piece.rfind(b"<c ") + 3
    if piece[at : at + 3] != b'r="' or piece.rfind(b"<c") > at:
        raise _Odd
    return piece[at + 3 : piece.index(b'"', at + 3)].decode()


_memories: dict[tuple[str, tuple[str, ...]], _Memory] = {}


def _memory(sheet: str, formats: tuple[str, ...], pieces: int) -> _Memory:
    """What earlier files of the same look had on this sheet: a form's own cells, the same in every file."""
    if pieces > _REMEMBERED:
        return _Memory()
    if len(_memories) >= 64:
        _memories.clear()
    memory = _memories.setdefault((sheet, formats), _Memory())
    if len(memory) > FILES * pieces:
        memory.clear()
    return memory


def open_workbook(source: Path | bytes) -> Workbook:
    """Admit a file and read its table of contents.

    Raises:
        Refused: with the finding's code and facts.
    """
    package = admit(source)
    main = _main_part(package)
    folder, _, file = main.rpartition("/")
    data, pieces = package.pieces(main, NAMES)
    targets: dict[str, dict[str, str]] = {}
    for kind, key, target in _relations(package.xml(f"{folder}/_rels/{file}.rels")):
        targets.setdefault(kind, {})[key] = _part(package, folder, target)
    listed, names = _odd_contents(data) if pieces is None or b":sheet" in data else _contents(data, pieces)
    pages = targets.get("worksheet", {})
    sheets = {name: pages[key] for name, key in listed if key in pages and pages[key] in package}
    strings, styles = (
        next(iter(targets.get(kind, {}).values()), f"{folder}/{kind}.xml") for kind in ("sharedStrings", "styles")
    )
    formats = _formats_in(package.xml(styles)) if styles in package else ()
    return Workbook(
        package,
        sheets,
        names,
        formats,
        _strings_part=strings or f"{folder}/sharedStrings.xml",
        _from_1904=b"date1904" in data and _FROM_1904.search(data) is not None,
    )


def _main_part(package: Package) -> str:
    """The workbook's own part: in the usual place, or where the list of content types says."""
    if _MAIN in package:
        return _MAIN
    types = ElementTree.fromstring(package.xml("[Content_Types].xml"))  # noqa: S314 - the guard refused every DOCTYPE
    kinds = {node.get("ContentType", ""): node.get("PartName", "")[1:] for node in types}
    found = next((name for kind, name in kinds.items() if kind.endswith("main+xml") and "sheet" in kind), "")
    if found not in package:
        raise Refused("XK-F001")
    return found


_MAIN = "xl/workbook.xml"
_FROM_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\s[^>]*\bdate1904\s*=\s*["'](?:1|true|on)["']""")
# quoted values are taken whole: a pattern that may begin inside one takes hours over a value of some megabytes
_ATTRIBUTES = rb"""((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*"""
_SHEET_TAG = re.compile(rb"<sheet" + _ATTRIBUTES + rb"/?>")
_NAME = re.compile(_ATTRIBUTES + rb">([^<]*)$")
_ANY_ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def _contents(data: bytes, pieces: list[bytes]) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Sheets (name, relation) and workbook-wide names, cut out of the bytes."""
    sheets = []
    for found in _SHEET_TAG.finditer(data):
        facts = {key.rpartition(b":")[2] if b":" in key else key: value for key, value in _tag(found[1])}
        sheets.append((_decode(facts.get(b"name", b"")), _decode(facts.get(b"id", b""))))
    if len(_names) > FILES * len(pieces):
        _names.clear()
    names = dict(filter(None, map(_names.__getitem__, pieces)))
    return sheets, names


class _Names(dict[bytes, tuple[str, str] | None]):
    """Workbook-wide names and their texts by the pieces of the list. Most come back in every file."""

    def __missing__(self, piece: bytes) -> tuple[str, str] | None:
        found = _NAME.match(piece, piece.rfind(b"<definedName ") + 12)
        name = None
        if found is not None and b"localSheetId" not in found[1]:
            name = _text(dict(_tag(found[1])).get(b"name", b"")), _text(found[2])
        if len(piece) < SHORT:
            self[piece] = name
        return name


_names = _Names()


def _tag(attributes: bytes) -> list[tuple[bytes, bytes]]:
    return [(key, double or single) for key, double, single in _ANY_ATTRIBUTE.findall(attributes)]


def _odd_contents(data: bytes) -> tuple[list[tuple[str, str]], dict[str, str]]:
    sheets, names = [], {}
    for node in ElementTree.fromstring(data).iter():  # noqa: S314 - the guard refused every DOCTYPE
        if _local(node.tag) == "sheet":
            identity = next((value for key, value in node.items() if "}" in key and _local(key) == "id"), "")
            sheets.append((node.get("name", ""), identity))
        elif _local(node.tag) == "definedName" and node.get("localSheetId") is None:
            names[node.get("name", "")] = node.text or ""
    return sheets, names


@remembered(64, 1 << 20)
def _relations(data: bytes) -> tuple[tuple[str, str, str], ...]:
    """Kind, key and target of each part that the workbook names. Strict writers use other addresses for the kinds."""
    root = ElementTree.fromstring(data)  # noqa: S314 - the guard refused every DOCTYPE
    return tuple((node.get("Type", "").rpartition("/")[2], node.get("Id", ""), node.get("Target", "")) for node in root)


def _part(package: Package, folder: str, target: str) -> str:
    """A target as the archive spells it: parts' names know no capitals."""
    name = target[1:] if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
    if name in package:
        return name
    return next((part for part in package.parts if part.casefold() == name.casefold()), name)


@lru_cache(20_000)
def place_of(text: str) -> Place | None:
    """The single cell that a defined name's text points to: 'Sheet'!$A$1."""
    sheet, mark, ref = text.rpartition("!")
    bare = ref.replace("$", "")
    if not mark or not _REF.fullmatch(bare):
        return None
    return Place(sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet, bare)


@remembered(64, 1 << 20)
def _formats_in(data: bytes) -> tuple[str, ...]:
    """Number formats by cell style. The blanks of one month share their styles, so this is read once."""
    root = ElementTree.fromstring(data)  # noqa: S314 - the guard refused every DOCTYPE
    codes = dict(_BUILT_IN)
    formats: tuple[str, ...] = ()
    for node in root:
        tag = _local(node.tag)
        if tag == "numFmts":
            codes.update({int(entry.get("numFmtId", 0)): entry.get("formatCode", "") for entry in node})
        elif tag == "cellXfs":
            formats = tuple(codes.get(int(entry.get("numFmtId", 0)), "General") for entry in node)
    return formats


def _not_too_many(sheet: str, cells: int) -> None:
    if cells > MAX_CELLS:
        raise Refused("XK-F006", what=f"工作表“{sheet}”的单元格", found="过多", limit=MAX_CELLS)


def _not_too_far(sheet: str, ref: str) -> None:
    found = _REF.fullmatch(ref)
    if found is None:
        raise Refused("XK-F008", detail=f"{sheet} 有单元格 {ref[:20]!r}")
    if int(found[2]) > MAX_ROW or column_number(found[1]) > MAX_COLUMN:
        raise Refused("XK-F007", sheet=sheet, ref=ref)


def _elements(data: bytes) -> Iterator[tuple[str, ElementTree.Element]]:
    """Cells of a sheet with their references; one without takes the place after the one before."""
    root = ElementTree.fromstring(data)  # noqa: S314 - the guard refused every DOCTYPE
    row = 0
    for row_node in (node for node in root.iter() if _local(node.tag) == "row"):
        row = int(row_node.get("r", row + 1))
        column = 0
        for node in row_node:
            found = _REF.fullmatch(node.get("r", ""))
            if found:
                column = column_number(found[1])
            else:
                column += 1
            yield node.get("r") or f"{column_letters(column)}{row}", node


def _rich(node: ElementTree.Element) -> str:
    """Text of a string item: runs joined, phonetic hints left out."""
    return "".join(
        child.text or "" if _local(child.tag) == "t" else _rich(child)
        for child in node
        if _local(child.tag) in ("t", "r")
    )


def _escape(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").encode()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
