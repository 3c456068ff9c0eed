"""Stamping: a dealer's file is the master's archive with a few parts rewritten, never a workbook library's save.

The parts that vary are cut once into stretches of text; a file is then made from the stretches of the one before, those
rewritten and compressed anew in which a cell differs, and from a raw copy of all other parts.
Formula cells keep their formula and get the value beside it, so the file is right before anything recalculates.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from html import escape  # the same as that of xml.sax.saxutils, which loads http, ssl and email
from typing import Literal, NamedTuple

from xlkpi.values import CellContent, CellFault, Place, number_text, serial_number
from xlkpi.workbook.layout import Layout
from xlkpi.workbook.package import Block, Member, assemble, block, joined, members, unpack
from xlkpi.workbook.sheets.marker import MARKER_BLANK, MARKER_CELL

_CELL = re.compile(r'<c r="([A-Z]+[0-9]+)"((?: [a-z]+="[^"]*")*?)\s*(?:/>|>(.*?)</c>)', re.S)
_STYLE = re.compile(r' s="(\d+)"')
_FORMULA = re.compile(r"<f[^>]*>.*?</f>|<f[^>]*/>", re.S)
_SHEET = re.compile(r"<sheet ([^>]*?)/>")
_RELATION = re.compile(r"<Relationship ([^>]*?)/>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CHARTED = re.compile(
    r"<f>'([^'<]+)'!\$([A-Z]+)\$(\d+):\$\2\$(\d+)</f>(?=</numRef>)"
)  # one column, as our charts have it
_LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_STRETCH = {1: 64_000, 6: 8_000}
"""Characters of a stretch by level. With short stretches less is compressed again, but compression is worse and every
stretch has overhead: a blank differs from the one before it in few places, a result nearly everywhere."""


@dataclass(slots=True)
class _Stretch:
    """Text that is compressed at once, as it stands in the file that was made last."""

    pieces: list[bytes] = field(default_factory=list)  # fixed text and spots by turns
    fixed: bool = False  # no spots
    block: Block | None = None  # none once a spot has been rewritten

    def packed(self, before: bytes, level: int) -> Block:
        """The stretch compressed, where `before` stands before it.

        Fixed text is not told what stands there, so that it is compressed but once, and then as hard as can be.
        """
        if self.fixed:
            before, level = b"", 9
        if self.block is None or self.block.before != before:
            self.block = block(b"".join(self.pieces), before, level)
        return self.block


class _Spot(NamedTuple):
    """Where something stands that differs between files: a piece of a stretch."""

    stretch: _Stretch
    at: int

    @property
    def empty(self) -> bool:
        """Whether nothing has been written here."""
        return not self.stretch.pieces[self.at]

    def put(self, text: str) -> None:
        """Write what stands here."""
        self.stretch.pieces[self.at] = text.encode()
        self.stretch.block = None


class _Cell(NamedTuple):
    """A cell that differs between files, from its style on."""

    spot: _Spot
    style: str
    locked: str  # the style that it has when headquarters fills it in
    formula: str

    def text(self, value: CellContent, locked: bool) -> str:
        """The cell with this value."""
        return (self.locked if locked else self.style) + cell_body(self.formula, value)


@dataclass(slots=True)
class _Part:
    """A part of the archive, cut into stretches.

    Where they begin depends on the master alone: a file's bytes must not tell which file was made before it.
    """

    name: str
    stretches: list[_Stretch]
    member: Member | None = None

    def packed(self, level: int) -> Member:
        """The part compressed."""
        if self.member is None or any(stretch.block is None for stretch in self.stretches):
            blocks: list[Block] = []
            for stretch in self.stretches:
                blocks.append(stretch.packed(blocks[-1].end if blocks else b"", level))
            self.member = joined(self.name, blocks)
        return self.member


@dataclass(slots=True)
class Stamper:
    """Makes files from one master. Keeps the compressed parts of the file made last; one for each process is enough.

    `level` is that of `member`: 1 for results, which are many and wanted soon; blanks are sent by mail and take 6.
    """

    layout: Layout
    master: bytes
    level: Literal[1, 6] = 1
    _members: dict[str, Member] = field(init=False)
    _parts: list[_Part] = field(init=False, default_factory=list)
    _cells: dict[Place, _Cell] = field(init=False, default_factory=dict)
    _charted: list[tuple[_Spot, list[Place]]] = field(init=False, default_factory=list)
    _marks: list[tuple[_Spot, bool]] = field(init=False, default_factory=list)
    _marked: Place | None = field(init=False, default=None)
    _values: dict[Place, CellContent] = field(init=False, default_factory=dict)
    _locked: Set[Place] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        texts = {name: data.decode() for name, data in unpack(self.master).items() if name.endswith((".xml", ".rels"))}
        self._members = members(self.master)
        for name, text in texts.items():
            if MARKER_BLANK in text:
                spots = self._cut(name, text, [marker.span() for marker in re.finditer(MARKER_BLANK, text)])
                # in the workbook part the marker is a text in a formula
                self._marks += [(spot, name == "xl/workbook.xml") for spot in spots]
            elif name.startswith("xl/charts/"):
                self._cut_chart(name, text)
        self._marked = self.layout.place(MARKER_CELL) if MARKER_CELL in self.layout.slots else None
        wanted: dict[str, set[str]] = {}
        for place in self.layout.stamped_places:
            wanted.setdefault(place.sheet, set()).add(place.ref)
        paths = _sheet_paths(texts)
        for sheet, refs in wanted.items():
            self._cut_sheet(sheet, paths[sheet], texts[paths[sheet]], refs)
        for place, like in self.layout.locked_like.items():
            self._cells[place] = self._cells[place]._replace(locked=self._cells[like].style)

    def _cut(self, name: str, text: str, gaps: Sequence[tuple[int, int]]) -> list[_Spot]:
        """Cut a part at what differs between files; returns where each gap's text goes."""
        stretches, spots = _stretches(text, gaps, _STRETCH[self.level])
        self._parts.append(_Part(name, stretches))
        return spots

    def _cut_sheet(self, sheet: str, name: str, text: str, refs: Set[str]) -> None:
        """Cut a sheet at these cells. Each is as it is when it has no value."""
        cells = {element[1]: element for element in _CELL.finditer(text) if element[1] in refs}
        absent = refs - cells.keys()
        if absent:
            raise ValueError(
                f"{name} has no cell {', '.join(sorted(absent))}: master and layout do not belong together"
            )
        # the style is written with the value
        gaps = [(element.end(1) + 1, element.end()) for element in cells.values()]
        for (ref, element), spot in zip(cells.items(), self._cut(name, text, gaps), strict=True):
            style = _STYLE.search(element[2])
            formula = _FORMULA.search(element[3] or "")
            cell = _Cell(spot, style[0] if style else "", "", formula[0] if formula else "")
            self._cells[Place(sheet, ref)] = cell
            spot.put(cell.text(None, locked=False))

    def _cut_chart(self, name: str, text: str) -> None:
        """Cut a chart behind its references to figures: the figures go there, for programs that calculate nothing."""
        charted = list(_CHARTED.finditer(text))
        ends = [(reference.end(), reference.end()) for reference in charted]
        for reference, spot in zip(charted, self._cut(name, text, ends), strict=True):
            sheet, letter, first, last = reference.groups()
            rows = range(int(first), int(last) + 1)
            self._charted.append((spot, [Place(sheet, f"{letter}{row}") for row in rows]))

    def stamp(self, values: Mapping[Place, CellContent], marker: str, known: Iterable[Place] = ()) -> bytes:
        """A file with these values: inputs and the results of formulas. A place that is left out becomes blank.

        `marker` says whose file it is. `known` are the cells that headquarters has filled in; those that the layout
        says are then locked.
        """
        values = {**values, **({self._marked: marker} if self._marked else {})}
        locked = self.layout.locked_like.keys() & set(known)
        before = self._values
        stale = {place for place in before if place not in values} | (locked ^ self._locked)
        stale.update(
            place
            for place, value in values.items()
            if value is not (old := before.get(place))
            and (value != old or type(value) is not type(old))  # TRUE is not 1
        )
        written = [
            (cell.spot, cell.text(values.get(place), place in locked))
            for place in stale
            if (cell := self._cells.get(place))
        ]
        # only now, since what fails must leave the state that the next file is compared with
        self._values, self._locked = values, locked
        for spot, text in written:
            spot.put(text)
        for spot, places in self._charted:
            if spot.empty or not stale.isdisjoint(places):
                spot.put(_cached(values.get(place) for place in places))
        for spot, quoted in self._marks:
            mark = marker.replace('"', '""') if quoted else marker
            spot.put(escape(mark, quote=False).replace('"', "&quot;"))
        replaced = {part.name: part.packed(self.level) for part in self._parts}
        return assemble(replaced.get(name, part) for name, part in self._members.items())


def _cached(values: Iterable[CellContent]) -> str:
    """The figures of a chart's series as it keeps them; a blank or a text leaves a gap."""
    known = list(values)
    figures = "".join(
        f'<pt idx="{at}"><v>{number_text(value)}</v></pt>'
        for at, value in enumerate(known)
        if isinstance(value, int | float) and not isinstance(value, bool)
    )
    return f'<numCache><formatCode>General</formatCode><ptCount val="{len(known)}"/>{figures}</numCache>'


def as_written(text: str) -> str:
    """A text as a cell or a comment of a workbook holds it: without what XML cannot say, and no part of it an escape.

    "_x000D_" stands for a carriage return there, so one that somebody typed is written "_x005F_x000D_".
    """
    if "_x" in text:
        text = _LIKE_AN_ESCAPE.sub("_x005F_", text)
    return text if text.isprintable() else _NOT_XML.sub("", text)


def cell_body(formula: str, value: CellContent) -> str:
    """What follows `<c r=… s=…`: the type, the formula, the value."""
    if type(value) is float:  # most are
        return f">{formula}<v>{number_text(value)}</v></c>"
    if value is None:
        return f">{formula}</c>" if formula else "/>"
    if value is True or value is False:
        return f' t="b">{formula}<v>{int(value)}</v></c>'
    if isinstance(value, str):
        text = escape(as_written(value), quote=False)
        if formula:
            return f' t="str">{formula}<v>{text}</v></c>'
        # an inline string is text whatever it begins with: nothing that a person typed becomes a formula
        return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(value, CellFault):
        return f' t="e">{formula}<v>{value.code}</v></c>'
    if isinstance(value, date):
        return f">{formula}<v>{number_text(serial_number(value))}</v></c>"
    return f">{formula}<v>{number_text(value)}</v></c>"


def _stretches(text: str, gaps: Iterable[tuple[int, int]], size: int) -> tuple[list[_Stretch], list[_Spot]]:
    """A text cut into stretches of about this size, and the spot of each gap; a gap is given by its begin and end."""
    stretches, spots = [_Stretch()], []
    begin = at = 0

    def fix(end: int) -> None:
        """Take in the fixed text up to here."""
        nonlocal begin
        if end - at >= size:
            stretches.extend((_Stretch([text[at:end].encode()], fixed=True), _Stretch()))
            begin = end
            return
        if at - begin >= size:
            stretches.append(_Stretch())
            begin = at
        stretches[-1].pieces.append(text[at:end].encode())

    for start, end in gaps:
        fix(start)
        spots.append(_Spot(stretches[-1], len(stretches[-1].pieces)))
        stretches[-1].pieces.append(b"")
        at = end
    fix(len(text))
    return [stretch for stretch in stretches if stretch.pieces], spots


def _sheet_paths(texts: Mapping[str, str]) -> dict[str, str]:
    """Sheet name to the name of its part."""
    relations = {}
    for element in _RELATION.finditer(texts["xl/_rels/workbook.xml.rels"]):
        facts = dict(_ATTRIBUTE.findall(element[1]))
        target = facts["Target"]
        relations[facts["Id"]] = target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    paths = {}
    for element in _SHEET.finditer(texts["xl/workbook.xml"]):
        facts = dict(_ATTRIBUTE.findall(element[1]))
        paths[facts["name"]] = relations[facts["r:id"]]
    return paths
