"""The reader: raw cells of an admitted workbook, in one pass over each sheet's bytes.

A sheet's XML is cut at its cells and only what somebody wants is decoded; the same pieces come back in every file and
are decoded once for each process. The cut takes the exact spelling of spreadsheet programs (`spelling`) and nothing
else; any other goes to the XML parser (`parsed`), so that both tell the same. Declared dimensions are never believed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

from xlkpi.intake.guard import MAX_CELLS, TYPES, Package, Refused, admit
from xlkpi.intake.markup import MAX_MARKS_ELSEWHERE, duplicate
from xlkpi.intake.memory import FILES, SHORT, cache_short
from xlkpi.intake.outline import Outline
from xlkpi.intake.parsed import parsed_sheet, parsed_strings, worn  # fmt: skip
from xlkpi.intake.parsed_lists import (  # fmt: skip
    Contents,
    parsed_contents,
    parsed_properties,
    parsed_relations,
    parsed_types,
)
from xlkpi.intake.parsed_styles import parsed_drawing, parsed_formats
from xlkpi.intake.sheet_reading import REF, SheetReading
from xlkpi.intake.source import SheetCells
from xlkpi.intake.spelling import (
    KINDS,
    OtherSpelling,
    StoredCell,
    index_of,
    name_of,
    no_doubles,
    string_of,
    value_of,
)  # fmt: skip
from xlkpi.intake.variants import in_1900, with_shared_formulas
from xlkpi.intake.wellformed import CELLS, NAMES, STRINGS
from xlkpi.values import CellKind, Place, RawCell

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

MAX_SHEETS: Final = 255
MAX_NAMES: Final = 50_000
_STRINGS_HEAD = re.compile(
    rb"""<sst xmlns="http://(?:schemas.openxmlformats.org/spreadsheetml/2006|purl.oclc.org/ooxml/spreadsheetml)/main"
    (?:\ (?:count|uniqueCount)="[0-9]*+")*+>""",
    re.VERBOSE,
)
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml[^<>]*+\?>)?\s*+<sst></sst>\s*+")


@dataclass(slots=True)
class Workbook:
    """An admitted workbook, a `Source`. Sheets and names are read at once, cells on demand.

    `main` is the workbook's own part; `struck` are the cell styles that strike out what they show, `unseen` those in
    which nobody can read it, `conditional` the number formats that conditions put on; `hidden` are sheets,
    `local_names` the names of single sheets.
    """

    package: Package
    main: str = ""
    sheets: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    struck: frozenset[int] = frozenset()
    unseen: frozenset[int] = frozenset()
    conditional: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    local_names: tuple[str, ...] = ()
    _strings: list[bytes] | list[str] | None = None
    _strings_part: str = ""
    _properties_part: str = ""
    _from_1904: bool = False
    _counted: dict[str, int] = field(default_factory=dict)  # cells by sheet, of those that were looked at
    _parsed: dict[str, tuple[Sequence[tuple[str, StoredCell]], Outline]] = field(default_factory=dict)

    @property
    def has_macros(self) -> bool:
        """Whether it carries VBA; it is never opened."""
        return self.package.has_macros

    @property
    def tells_formulas(self) -> bool:
        """A file always does."""
        return True

    def hidden_sheets(self) -> frozenset[str]:
        """The sheets that nobody sees who opens the file."""
        return self.hidden

    def drawn(self, sheet: str) -> int:
        """How many pictures, shapes and charts lie over a sheet.

        Raises:
            Refused: malformed.
        """
        drawings = _relations(self.package, self.sheets[sheet], must=False).get("drawing", {})
        return sum(parsed_drawing(self.package.plain(part)) for part in drawings.values() if part in self.package)

    def cells(self, sheet: str, wanted: Collection[str] | None, known: Collection[str] = ()) -> SheetCells:
        """Cells of a sheet that hold something: the wanted references, or all where None. `known` ones are no strays.

        Raises:
            Refused: too many cells, one too far out, or something that cannot be meant.
        """
        reading = SheetReading(self.raw, (self.formats, self.struck), sheet, wanted, known, self.unseen)
        outline = self._cut(reading) if sheet not in self._parsed else None
        if outline is None:
            cells, outline = self._parsed[sheet]
            for ref, stored in cells:
                reading.take(ref, stored)
        raw_cells = with_shared_formulas(sheet, reading.sharing, reading.cells) if reading.sharing else reading.cells
        raw_cells = in_1900(raw_cells) if self._from_1904 else raw_cells
        return SheetCells(raw_cells, tuple(reading.strays), outline, tuple(reading.unseen))

    def _cut(self, reading: SheetReading) -> Outline | None:
        """Read a sheet by the cut. None where that cannot be: then it has been parsed, once for all who ask."""
        sheet = reading.sheet
        data, pieces = self.package.pieces(self.sheets[sheet], CELLS)
        if sheet not in self._counted:
            prefixed = 0 if pieces is not None else data.count(b":c")  # what is cut has no prefixes
            self._counted[sheet] = data.count(b"<c") + prefixed  # a few other tags begin so too
            _not_too_many("单元格", sum(self._counted.values()), MAX_CELLS)
        try:
            return reading.cut(pieces)
        except OtherSpelling:
            reading.forget()
        cells: list[tuple[str, StoredCell]] = []
        outline = parsed_sheet(f"工作表“{sheet}”", data, lambda ref, stored: cells.append((ref, stored)), MAX_CELLS)
        self._parsed[sheet] = cells, outline
        return None

    def properties(self) -> dict[str, str]:
        """Custom document properties that are texts."""
        name = self._properties_part
        return parsed_properties("文档属性", self.package.plain(name)) if name in self.package else {}

    def raw(self, place: Place, stored: StoredCell) -> RawCell:
        """A cell as it is meant."""
        kind, value = stored.kind, stored.value
        if value is None:
            text = None
        elif kind == "s":
            text = self._string(index_of(str(place), value))
        else:
            text = value_of(str(place), kind, value)
        shape = CellKind.EMPTY if text is None else KINDS[kind]
        style = self.formats[stored.style] if stored.style < len(self.formats) else "General"
        if stored.style in self.struck and text is not None and stored.formula is None:  # 3̶2̶0̶ is no 320
            return RawCell(place, CellKind.TEXT, worn(text, struck=True), None, style)
        return RawCell(place, shape, text, stored.formula, style)

    def _string(self, index: int) -> str:
        if self._strings is None:
            self._strings = self._all_strings()
        if not 0 <= index < len(self._strings):
            raise Refused("XK-F002", detail=f"共享字符串 {index} 不存在")
        item = self._strings[index]
        return item if isinstance(item, str) else string_of(item)

    def _all_strings(self) -> list[bytes] | list[str]:
        """The shared strings: as they are spelled where each is spelled exactly, else as they are meant."""
        part = self._strings_part
        data, pieces = self.package.pieces(part, STRINGS)
        _not_too_many("共享字符串表的标记", data.count(b"<"), MAX_MARKS_ELSEWHERE)
        if pieces is not None and not pieces.last and _PROLOG.match(pieces.frame) and pieces.each:
            head = _STRINGS_HEAD.match(pieces.each[0])
            if head is not None:
                items = [pieces.each[0][head.end() :], *pieces.each[1:]]
                try:
                    return [_item(item) for item in items]
                except OtherSpelling:
                    pass
        return parsed_strings("共享字符串表", data)


@cache_short(20_000)
def _item(piece: bytes) -> bytes:
    """A string's piece without its start tag.

    Raises:
        OtherSpelling: it has another spelling.
    """
    if not piece.startswith(b"<si>"):
        raise OtherSpelling
    string_of(piece[4:])
    return piece[4:]


class _Looks(NamedTuple):
    """Number formats by cell style; the cell styles that strike out what they show, and those in which nobody can read
    it; the number formats that conditions put on."""

    formats: tuple[str, ...] = ()
    struck: frozenset[int] = frozenset()
    unseen: frozenset[int] = frozenset()
    conditional: frozenset[str] = frozenset()


def open_workbook(source: Path | bytes) -> Workbook:
    """Admit a file and read its table of contents.

    Raises:
        Refused: with the finding's code and facts.
    """
    package = admit(source)
    relations = _relations(package, "")
    main = _main_part(package, relations.get("officeDocument", {}))
    targets = _relations(package, main)
    contents, names = _contents(package, main)
    listed = contents.sheets
    _not_too_many("工作表", len(listed), MAX_SHEETS)
    no_doubles("工作表", [name for name, _ in listed])
    pages = targets.get("worksheet", {})
    sheets = {name: pages[key] for name, key in listed if key in pages and pages[key] in package}
    folder = posixpath.dirname(main)
    strings, styles = (
        _only(targets, kind) or package.named(posixpath.join(folder, f"{kind}.xml"))  # where no relation names it
        for kind in ("sharedStrings", "styles")
    )
    looks = _looks(package.plain(styles)) if styles in package else _Looks()
    return Workbook(
        package, main, sheets,
        {name: text for name, text in names if text is not None},
        *looks,
        hidden=contents.hidden,
        local_names=tuple(name for name, text in names if text is None),
        _strings_part=strings,
        _properties_part=_only(relations, "custom-properties"),
        _from_1904=contents.from_1904,
    )  # fmt: skip


def _relations(package: Package, part: str, *, must: bool = True) -> dict[str, dict[str, str]]:
    """A part's relations, the package's own for "": by kind and key the name of the part that is meant."""
    folder, _, file = part.rpartition("/")
    name = package.named(posixpath.join(folder, "_rels", f"{file}.rels"))
    if name not in package and not (part and must):
        return {}
    targets: dict[str, dict[str, str]] = {}
    for kind, key, target in parsed_relations(package.plain(name)):
        targets.setdefault(kind, {})[key] = _part(package, folder, target)
    return targets


def _only(targets: Mapping[str, Mapping[str, str]], kind: str) -> str:
    """The one part of a kind, "" where there is none."""
    names = set(targets.get(kind, {}).values())
    if len(names) > 1:
        raise duplicate(f"关系 {kind}")
    return names.pop() if names else ""


def _main_part(package: Package, related: Mapping[str, str]) -> str:
    """The workbook's own part: the one that the package's relations name, as every program finds it.

    Its content type must say the same. Where the relations name none that is there, the only one that the content
    types name.
    """
    parts, endings = parsed_types(package.plain(package.named(TYPES)))
    by_type = [name for part, kind in parts.items() if _is_main(kind) and (name := package.named(part)) in package]
    main = _only({"officeDocument": related}, "officeDocument")
    if main in package:
        kind = parts.get(main.casefold()) or endings.get(main.rpartition(".")[2].casefold(), "")
        if _is_main(kind):
            return main
        if by_type:
            raise duplicate(f"工作簿的位置（关系表说是 {main}，内容类型表说是 {by_type[0]}）")
        raise Refused("XK-F001")
    if len(by_type) != 1:
        raise Refused("XK-F001")
    return by_type[0]


def _is_main(kind: str) -> bool:
    return kind.endswith("main+xml") and "sheet" in kind


_Name = tuple[str, str | None]
"""A name and what it stands for; None where it is of a single sheet."""


def _contents(package: Package, main: str) -> tuple[Contents, list[_Name]]:
    """What the workbook's own part lists, and its names."""
    data, pieces = package.pieces(main, NAMES)
    _not_too_many("名称", data.count(b"definedName "), MAX_NAMES)
    contents, names = None, None
    if pieces is not None and not pieces.last:
        contents = parsed_contents(pieces.frame)
        names = _cut_names(pieces.each) if contents.lists_names else None
    if contents is None or names is None:
        contents = parsed_contents(data)
        names = list(contents.names)
    no_doubles("名称", [name for name, text in names if text is not None])
    return contents, names


def _cut_names(pieces: list[bytes]) -> list[_Name] | None:
    """None where one is spelled in another way."""
    if len(_names) > FILES * len(pieces):
        _names.clear()
    try:
        return list(map(_names.__getitem__, pieces))
    except OtherSpelling:
        return None


class _Names(dict[bytes, _Name]):
    """Names and their texts by the pieces of the list. Most come back in every file."""

    def __missing__(self, piece: bytes) -> _Name:
        name = name_of(piece)
        if len(piece) < SHORT:
            self[piece] = name
        return name


_names = _Names()


def _part(package: Package, folder: str, target: str) -> str:
    """A target as the archive spells it: parts' names know no capitals."""
    target = target.replace("\\", "/")
    name = posixpath.normpath(target[1:] if target.startswith("/") else posixpath.join(folder, target))
    member = package.named(name)
    return member if member in package or "%" not in name else package.named(unquote(name))


@lru_cache(20_000)
def place_of(text: str) -> Place | None:
    """The single cell that a defined name's text points to: 'Sheet'!$A$1."""
    sheet, mark, ref = text.rpartition("!")
    bare = ref.replace("$", "")
    if not mark or not REF.fullmatch(bare):
        return None
    return Place(sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet, bare)


@cache_short(64, 1 << 20)
def _looks(data: bytes) -> _Looks:
    """What the styles say. The blanks of one month share them: they are read once."""
    numbers, custom, struck, unseen, conditional = parsed_formats(data)
    codes = {**_BUILT_IN, **custom}
    return _Looks(tuple(codes.get(number, "General") for number in numbers), struck, unseen, conditional)


def _not_too_many(subject: str, count: int, limit: int) -> None:
    if count > limit:
        raise Refused("XK-F006", what=subject, found="过多", limit=limit)
