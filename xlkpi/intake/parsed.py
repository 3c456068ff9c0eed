"""Sheets and shared strings read as XML: the reference for the fast byte cuts.

An element counts at its own place of the tree and in its own namespace. What stands there twice, or only for some
programs (mc:AlternateContent), is refused: others would show another figure than the one that is scored.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree

from xlkpi.intake.guard import MAX_COLUMN, MAX_MARKS, MAX_ROW, Refused
from xlkpi.intake.markup import (
    ALTERNATE,
    OWN_ELEMENTS,
    TRUE,
    bare,
    duplicate,
    malformed,
    no_alternates,
    tree,
    walk,
    whole_number,
)
from xlkpi.intake.memory import cache_short
from xlkpi.intake.outline import Outline, is_hidden, outlined
from xlkpi.intake.spelling import KINDS, ROW, StoredCell, formula_text, without_escapes
from xlkpi.values import cell_ref, column_number

_REF: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_IGNORED: Final = frozenset({"extLst", "rPr", "rPh", "phoneticPr"})  # with all that is in them

Cell = Callable[[str, StoredCell], None]
"""Takes a cell that says something: its reference, and what it says. An inline string comes as the value."""


STROKE: Final = "\u0336"  # the combining stroke through the character before it
_SIDES: Final = {
    "super": str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"), "sub": str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"),
}  # fmt: skip


@dataclass(slots=True)
class _Look:
    """How a run of text looks where that changes what it says: struck out, raised, lowered."""

    struck: bool = False
    side: str = ""

    def add(self, name: str, attributes: Mapping[str, str]) -> None:
        """One property of the run."""
        if name == "strike":
            self.struck = attributes.get("val", "1") in TRUE
        elif name == "vertAlign":
            self.side = attributes.get("val", "").removesuffix("script")

    def worn(self, text: str) -> str:
        """The text as a person sees it."""
        return worn(text, struck=self.struck, side=self.side)


def worn(text: str, *, struck: bool, side: str = "") -> str:
    """A text as a person sees it: 3̶2̶0̶ for what is struck out, so that nobody takes it for a figure; ³²⁰ where its
    `side` is super, ₃₂₀ where it is sub."""
    text = text.translate(_SIDES.get(side, {}))
    return "".join(c if c.isspace() else c + STROKE for c in text) if struck else text


# ------------------------------------------------------------------ a sheet


def parsed_sheet(part: str, data: bytes, take: Cell, limit: int) -> Outline:
    """Pass every non-blank cell of a sheet to `take`; returns the outline. At most `limit` cells.

    Raises:
        Refused: malformed, duplicate, too many or too far out.
    """
    sheet = _Sheet(part, take, limit)
    walk(part, data, sheet, MAX_MARKS)
    if not sheet.counts["worksheet"]:
        raise malformed(part, " 不是工作表")
    return outlined(part, sheet.merged, sheet.rows, sheet.columns, sheet.protection, sheet.validations)


@cache_short(256, 1 << 18)
def outline_of_frame(frame: bytes) -> Outline | None:
    """The outline of a sheet whose cells were cut out, its rows left aside. None where the cells do not stand where a
    sheet has them.

    Raises:
        Refused: what stands around the cells is malformed.
    """
    root = tree("工作表", frame)
    names = [bare(node.tag) for node in root]
    if bare(root.tag) != "worksheet" or names.count("sheetData") != 1:
        return None
    if any(names.count(name) > 1 for name in ("cols", "mergeCells")):
        return None
    no_alternates("工作表", root)
    merged = [n.get("ref", "") for n in _children(root, "mergeCells", "mergeCell")]
    columns, validations = (
        [node.attrib for node in _children(root, *names)]
        for names in (("cols", "col"), ("dataValidations", "dataValidation"))
    )
    protection = next((node.attrib for node in root if bare(node.tag) == "sheetProtection"), {})
    return outlined("工作表", merged, (), columns, protection, validations)


def _children(root: ElementTree.Element, parent: str, name: str) -> Iterator[ElementTree.Element]:
    for node in root:
        if bare(node.tag) == parent:
            yield from (child for child in node if bare(child.tag) == name)


class _Sheet:
    """Handler for a worksheet. Elements inside what is ignored are counted by depth alone."""

    def __init__(self, part: str, take: Cell, limit: int):
        self.part, self.take, self.limit = part, take, limit
        self.counts = dict.fromkeys(("worksheet", "sheetData", "cols", "mergeCells"), 0)
        self.merged: list[str] = []
        self.columns: list[Mapping[str, str]] = []
        self.validations: list[Mapping[str, str]] = []
        self.protection: Mapping[str, str] = {}
        self.rows: list[int] = []
        self.ignored = 0  # the depth of the element that is ignored with all that is in it
        self.in_look = False  # what is ignored are a run's properties, of which a few matter
        self.alternate = 0
        self.section = ""  # the child of the worksheet that we are in
        self.row = self.column = self.count = self.last = 0
        self.occupied: bytearray | None = None  # every position within the limits, once cells do not come in order
        self.order = array("I")
        self.cell = _Cell()

    def start(self, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        if self.alternate and name in OWN_ELEMENTS:
            raise duplicate(f"{self.part} 里只给一部分软件看的内容（{name}）")
        if self.ignored:
            if self.in_look:
                self.cell.look.add(name, attributes)
            return
        if name == ALTERNATE:
            if self.section == "sheetData":
                raise duplicate(f"{self.part} 里只给一部分软件看的内容")
            self.ignored = self.alternate = depth
        elif depth == 1:
            self.counts["worksheet"] = name == "worksheet"
        elif depth == 2:
            self._part_of_sheet(name, attributes)
        elif self.section == "sheetData":
            self._in_data(depth, name, attributes)
        elif depth == 3 and self.section == "mergeCells" and name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))
        elif depth == 3 and self.section == "cols" and name == "col":
            self.columns.append(dict(attributes))
        elif depth == 3 and self.section == "dataValidations" and name == "dataValidation":
            self.validations.append(dict(attributes))

    def _part_of_sheet(self, name: str, attributes: Mapping[str, str]) -> None:
        self.section = name
        if name == "sheetProtection":
            self.protection = dict(attributes)
        if name in self.counts:
            self.counts[name] += 1
            if self.counts[name] > 1:
                raise duplicate(f"{self.part} 的 {name}")

    def _in_data(self, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        if name in _IGNORED and depth > 3:
            self.ignored, self.in_look = depth, name == "rPr"
        elif depth == 3 and name == "row":
            self._begin_row(attributes)
        elif depth == 4 and name == "c":
            self._begin_cell(attributes)
        elif depth > 4:
            self.cell.begin(self._where, depth - 4, name, attributes)
        else:
            raise malformed(self.part, f" 的表格数据里有 {name[-40:]}")

    @property
    def _where(self) -> str:
        return f"{self.part} 的单元格 {self.cell.ref}"

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r")
        self.row = whole_number(f"{self.part} 的行号", number) if number is not None else self.row + 1
        if not 0 < self.row < 1 << 21:
            raise Refused("XK-F008", detail=f"{self.part} 有第 {self.row} 行")
        self.column = 0
        if is_hidden(attributes, "ht"):
            self.rows.append(self.row)

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self.count += 1
        if self.count > self.limit:
            raise Refused("XK-F006", what=f"{self.part} 的单元格", found="过多", limit=self.limit)
        ref = attributes.get("r")
        if ref is None:
            self.column += 1
            ref = cell_ref(self.column, self.row)
        else:
            match = _REF.fullmatch(ref)
            if match is None:
                raise Refused("XK-F008", detail=f"{self.part} 有单元格 {ref[:20]!r}")
            self.column = column_number(match[1])
            self.row = int(match[2])  # programs believe the cell, whatever its row says
        self._only_once(ref)
        kind = attributes.get("t", "n")
        if kind not in KINDS:
            raise malformed(f"{self.part} 的单元格 {ref}", f" 的类型是 {kind[:20]!r}")
        style = attributes.get("s")
        number = 0 if style is None else whole_number(f"{self.part} 的单元格 {ref} 的样式号", style)
        self.cell = _Cell(ref, kind, number)

    def _only_once(self, ref: str) -> None:
        """Cells in order need no memory; of others within the limits every position is known."""
        if self.column > MAX_COLUMN or self.row > MAX_ROW:
            return
        cell = self.row * ROW + self.column
        if cell > self.last and self.occupied is None:
            self.last = cell
            self.order.append(cell)
            return
        if self.occupied is None:
            self.occupied = bytearray((MAX_ROW + 1) * (MAX_COLUMN + 1))
            for position in self.order:
                self.occupied[(position // ROW) * (MAX_COLUMN + 1) + position % ROW] = 1
            self.order = array("I")
        place = self.row * (MAX_COLUMN + 1) + self.column
        if self.occupied[place]:
            raise duplicate(f"{self.part} 的单元格 {ref}")
        self.occupied[place] = 1

    def end(self, depth: int, name: str) -> None:
        if self.ignored:
            if depth == self.ignored:
                self.ignored = self.alternate = 0
            return
        if self.section != "sheetData":
            return
        if depth == 4:
            stored = self.cell.stored(self._where)
            if stored is not None:
                self.take(self.cell.ref, stored)
        elif depth > 4:
            self.cell.close(depth - 4)

    def text(self, depth: int, text: str) -> None:
        if not self.ignored and self.section == "sheetData" and depth > 4:
            self.cell.text(text)


@dataclass(slots=True)
class _Cell:
    """Collects a cell's content. `path` are the elements that are open in it."""

    ref: str = ""
    kind: str = "n"
    style: int = 0
    path: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    shared: str | None = None
    rich: bool = False
    look: _Look = field(default_factory=_Look)

    def begin(self, where: str, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        within = self.path[-1] if self.path else ""
        if depth == 1 and name in ("v", "f", "is"):
            if name in self.texts:
                raise duplicate(f"{where} 的 {name}")
            self.texts[name] = []
            if name == "f" and attributes.get("t") == "shared":
                self.shared = attributes.get("si", "").strip()
        elif (within, name) in (("is", "t"), ("is", "r"), ("r", "t")):
            self._one_text(where, within, name)
        else:
            raise malformed(where, f" 里有 {name[-40:]}")
        self.path.append(name)

    def _one_text(self, where: str, within: str, name: str) -> None:
        mark = f"{within}/{name}"
        if mark == "is/r":
            self.rich, self.look = True, _Look()
            self.texts.pop("r/t", None)
        elif mark in self.texts:
            raise duplicate(f"{where} 的文字")
        else:
            self.texts[mark] = []
        if self.rich and "is/t" in self.texts:
            raise duplicate(f"{where} 的文字")

    def text(self, text: str) -> None:
        if not self.path:
            return
        name = self.path[-1]
        if name == "t":
            self.texts["is"].append(self.look.worn(text))
        elif name in ("v", "f"):
            self.texts[name].append(text)

    def close(self, depth: int) -> None:
        del self.path[depth - 1 :]

    def stored(self, where: str) -> StoredCell | None:
        """None where the cell is blank."""
        if not self.texts:
            return None
        inline, value, formula = (self.texts.get(name) for name in ("is", "v", "f"))
        if inline is not None and (self.kind != "inlineStr" or value is not None):
            raise duplicate(f"{where} 的内容")
        if self.kind == "inlineStr" and value is not None:
            raise malformed(where, " 的文字写在数值的位置")
        pieces = inline if inline is not None else value
        return StoredCell(
            self.kind, self.style,
            None if formula is None else formula_text("".join(formula)),
            None if pieces is None else "".join(pieces),
            self.shared,
        )  # fmt: skip


# ------------------------------------------------------------------ shared strings


def parsed_strings(part: str, data: bytes) -> list[str]:
    """The shared strings in order.

    Raises:
        Refused: malformed, or a text given twice.
    """
    strings = _Strings(part)
    walk(part, data, strings)
    return strings.all


class _Strings:
    def __init__(self, part: str):
        self.part = part
        self.all: list[str] = []
        self.ignored = 0
        self.in_look = False
        self.look = _Look()
        self.path: list[str] = []
        self.pieces: list[str] = []
        self.parts: set[str] = set()

    def start(self, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        if self.ignored:
            if self.in_look:
                self.look.add(name, attributes)
            return
        if depth == 1 and name != "sst":
            raise malformed(self.part, " 不是共享字符串")
        if depth == 1:
            return
        if name in _IGNORED:
            self.ignored, self.in_look = depth, name == "rPr"
            return
        within = self.path[-1] if self.path else ""
        if depth == 2 and name == "si":
            self.pieces, self.parts, self.look = [], set(), _Look()
        elif (within, name) in (("si", "t"), ("si", "r"), ("r", "t")):
            mark = f"{within}/{name}"
            if name == "r":
                self.parts.discard("r/t")
                self.look = _Look()
            if (name == "t" and mark in self.parts) or {"si/t", "si/r"} <= self.parts | {mark}:
                raise duplicate(f"{self.part} 第 {len(self.all)} 条的文字")
            self.parts.add(mark)
        else:
            raise malformed(self.part, f" 里有 {name[-40:]}")
        self.path.append(name)

    def end(self, depth: int, name: str) -> None:
        if self.ignored:
            if depth == self.ignored:
                self.ignored = 0
            return
        if depth == 2:
            self.all.append(without_escapes("".join(self.pieces)))
        del self.path[max(0, depth - 2) :]

    def text(self, depth: int, text: str) -> None:
        if not self.ignored and self.path and self.path[-1] == "t":
            self.pieces.append(self.look.worn(text))
