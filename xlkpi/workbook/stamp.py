"""Stamping: a dealer's file is the master's archive with a few parts rewritten, never a workbook library's save.

The sheets' XML is cut once at the cells that vary; a file is then one join a part and a raw copy of all other parts.
Formula cells keep their formula and get the value beside it, so the file is right before anything recalculates.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape  # the same as that of xml.sax.saxutils, which loads http, ssl and email

from xlkpi.values import CellContent, CellFault, Place
from xlkpi.workbook.layout import Layout
from xlkpi.workbook.package import Member, assemble, member, members, unpack
from xlkpi.workbook.sheets.marker import MARKER_BLANK

_CELL = re.compile(r'<c r="([A-Z]+[0-9]+)"((?: [a-z]+="[^"]*")*?)\s*(?:/>|>(.*?)</c>)', re.S)
_STYLE = re.compile(r' s="(\d+)"')
_FORMULA = re.compile(r"<f[^>]*>.*?</f>|<f[^>]*/>", re.S)
_SHEET = re.compile(r"<sheet ([^>]*?)/>")
_RELATION = re.compile(r"<Relationship ([^>]*?)/>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH_ORDINAL = 693594  # date.toordinal() of 1899-12-30, Excel's day zero


@dataclass(slots=True)
class _Part:
    """A sheet's XML cut at its variable cells, and its state in the file that was made last: only cells that differ
    from that one's are written anew."""

    sheet: str
    name: str
    chunks: list[str]
    tail: str
    refs: list[str]
    styles: list[str]
    formulas: list[str]
    looks: dict[str, str]  # a cell that is locked when headquarters fills it in, and the style it then has
    places: tuple[Place, ...] = ()
    pieces: list[str] = field(default_factory=list)
    values: tuple[CellContent, ...] = ()
    locked: frozenset[str] = frozenset()
    packed: Member | None = None

    def close(self, tail: str) -> None:
        """All cells are in: the sheet is as it is when no cell has a value."""
        self.tail = tail
        self.places = tuple(Place(self.sheet, ref) for ref in self.refs)
        self.values = (None,) * len(self.refs)
        self.pieces = [self.piece(at) for at in range(len(self.refs))]

    def piece(self, at: int) -> str:
        """A cell as it stands in the file, and what stands before it."""
        ref = self.refs[at]
        style = self.looks[ref] if ref in self.locked else self.styles[at]
        return self.chunks[at] + style + cell_body(self.formulas[at], self.values[at])

    def filled(self, values: tuple[CellContent, ...], locked: frozenset[str], level: int) -> Member:
        """The part with these values, compressed."""
        stale = [
            at
            for at, (value, before) in enumerate(zip(values, self.values, strict=True))
            if value is not before and (value != before or type(value) is not type(before))  # TRUE is not 1
        ]
        stale += [self.refs.index(ref) for ref in locked ^ self.locked]
        self.values, self.locked = values, locked
        for at in stale:
            self.pieces[at] = self.piece(at)
        if self.packed is None or stale:
            self.packed = member(self.name, ("".join(self.pieces) + self.tail).encode(), level)
        return self.packed


@dataclass(slots=True)
class Stamper:
    """Makes files from one master. Keeps the master's compressed parts; one for each process is enough.

    `level` is that of `member`: 1 for results, which are many and wanted soon; blanks are sent by mail and take 6.
    """

    layout: Layout
    master: bytes
    level: int = 1
    _members: dict[str, Member] = field(init=False)
    _parts: dict[str, _Part] = field(init=False)
    _marked: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        texts = {name: data.decode() for name, data in unpack(self.master).items() if name.endswith((".xml", ".rels"))}
        self._members = members(self.master)
        self._marked = {name: text for name, text in texts.items() if MARKER_BLANK in text}
        wanted: dict[str, set[str]] = {}
        for place in self.layout.stamped_places:
            wanted.setdefault(place.sheet, set()).add(place.ref)
        paths = _sheet_paths(texts)
        self._parts = {sheet: _cut(sheet, paths[sheet], texts[paths[sheet]], refs) for sheet, refs in wanted.items()}
        for place, like in self.layout.locked_like.items():
            part = self._parts[place.sheet]
            part.looks[place.ref] = part.styles[part.refs.index(like.ref)]

    def stamp(self, values: Mapping[Place, CellContent], marker: str, known: Iterable[Place] = ()) -> bytes:
        """A file with these values: inputs and the results of formulas. A place that is left out becomes blank.

        `known` are the cells that headquarters has filled in; those that the layout says are then locked.
        """
        replaced: dict[str, Member] = {}
        lockable = self.layout.locked_like.keys() & set(known)
        for sheet, part in self._parts.items():
            locked = frozenset(place.ref for place in lockable if place.sheet == sheet)
            replaced[part.name] = part.filled(tuple(map(values.get, part.places)), locked, self.level)
        for name, text in self._marked.items():
            marked = text.replace(MARKER_BLANK, escape(marker, quote=False).replace('"', "&quot;"))
            replaced[name] = member(name, marked.encode(), self.level)
        return assemble(replaced.get(name, part) for name, part in self._members.items())


def cell_body(formula: str, value: CellContent) -> str:
    """What follows `<c r=… s=…`: the type, the formula, the value."""
    if type(value) is float:  # most are
        return f">{formula}<v>{_number(value)}</v></c>"
    if value is None:
        return f">{formula}</c>" if formula else "/>"
    if value is True or value is False:
        return f' t="b">{formula}<v>{int(value)}</v></c>'
    if isinstance(value, str):
        text = escape(value if value.isprintable() else _NOT_XML.sub("", value), quote=False)
        if formula:
            return f' t="str">{formula}<v>{text}</v></c>'
        # an inline string is text whatever it begins with: nothing that a person typed becomes a formula
        return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(value, CellFault):
        return f' t="e">{formula}<v>{value.code}</v></c>'
    if isinstance(value, date):
        return f">{formula}<v>{value.toordinal() - _EPOCH_ORDINAL}</v></c>"
    return f">{formula}<v>{_number(value)}</v></c>"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _cut(sheet: str, name: str, text: str, refs: Iterable[str]) -> _Part:
    wanted = set(refs)
    part = _Part(sheet, name, [], "", [], [], [], {})
    at = 0
    for found in _CELL.finditer(text):
        if found[1] in wanted:
            style = _STYLE.search(found[2])
            formula = _FORMULA.search(found[3] or "")
            part.chunks.append(text[at : found.start()] + f'<c r="{found[1]}"')
            part.refs.append(found[1])
            part.styles.append(style[0] if style else "")
            part.formulas.append(formula[0] if formula else "")
            at = found.end()
    part.close(text[at:])
    absent = wanted.difference(part.refs)
    if absent:
        raise ValueError(f"{name} has no cell {', '.join(sorted(absent))}: master and layout do not belong together")
    return part


def _sheet_paths(texts: Mapping[str, str]) -> dict[str, str]:
    """Sheet name to the name of its part."""
    relations = {}
    for found in _RELATION.finditer(texts["xl/_rels/workbook.xml.rels"]):
        facts = dict(_ATTRIBUTE.findall(found[1]))
        target = facts["Target"]
        relations[facts["Id"]] = target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    paths = {}
    for found in _SHEET.finditer(texts["xl/workbook.xml"]):
        facts = dict(_ATTRIBUTE.findall(found[1]))
        paths[facts["name"]] = relations[facts["r:id"]]
    return paths
