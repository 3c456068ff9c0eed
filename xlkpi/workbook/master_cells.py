"""What a master of our own holds: names, formulas, and constants in cells that are not filled in for a dealer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from xml.etree.ElementTree import Element, fromstring

from xlkpi.values import CellContent
from xlkpi.workbook.package import unpack

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_AREA = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!([$A-Z0-9:]+)")


@dataclass(slots=True)
class SheetCells:
    """A sheet's formulas (without the equals sign) and its constants, by reference."""

    formulas: dict[str, str] = field(default_factory=dict)
    constants: dict[str, CellContent] = field(default_factory=dict)


class MasterCells:
    """The cells of a master, read sheet by sheet when they are asked for."""

    def __init__(self, master: bytes):
        self._parts = unpack(master)
        self._sheets: dict[str, SheetCells] = {}

    @cached_property
    def names(self) -> Mapping[str, tuple[str, str]]:
        """Where each defined name points: sheet and cells (A1 or A1:B2); names of anything else are left out."""
        pointing = ((str(name.get("name")), _AREA.fullmatch(name.text or "")) for name in self._book_names())
        return {
            name: ((area[1] or area[2]).replace("''", "'"), area[3].replace("$", "")) for name, area in pointing if area
        }

    def sheet(self, title: str) -> SheetCells:
        """A sheet's cells; of a sheet that is not there, none."""
        if title not in self._sheets:
            part = self._part_names.get(title)
            self._sheets[title] = self._read(self._parts[part]) if part else SheetCells()
        return self._sheets[title]

    @cached_property
    def _book(self) -> Element:
        return _parsed(self._parts["xl/workbook.xml"])

    def _book_names(self) -> Iterator[Element]:
        yield from self._book.iter(f"{_MAIN}definedName")

    @cached_property
    def _part_names(self) -> dict[str, str]:
        relations = _parsed(self._parts["xl/_rels/workbook.xml.rels"])
        targets = {relation.get("Id"): str(relation.get("Target")).lstrip("/") for relation in relations}
        sheets = self._book.iter(f"{_MAIN}sheet")
        named = ((str(sheet.get("name")), targets[sheet.get(_RELATION)]) for sheet in sheets)
        return {title: target if target.startswith("xl/") else f"xl/{target}" for title, target in named}

    @cached_property
    def _strings(self) -> list[str]:
        part = self._parts.get("xl/sharedStrings.xml")
        entries = _parsed(part) if part else ()
        return ["".join(text.text or "" for text in entry.iter(f"{_MAIN}t")) for entry in entries]

    def _read(self, part: bytes) -> SheetCells:
        cells = SheetCells()
        for cell in _parsed(part).iter(f"{_MAIN}c"):
            ref, formula = str(cell.get("r")), cell.findtext(f"{_MAIN}f")
            if formula is not None:
                cells.formulas[ref] = formula
            elif (content := self._content(cell)) is not None:
                cells.constants[ref] = content
        return cells

    def _content(self, cell: Element) -> CellContent:
        kind, value = cell.get("t", "n"), cell.findtext(f"{_MAIN}v")
        if kind == "inlineStr":
            return "".join(text.text or "" for text in cell.iter(f"{_MAIN}t"))
        if not value:
            return "" if kind == "str" else None
        if kind == "s":
            return self._strings[int(value)]
        return float(value) if kind == "n" else value == "1" if kind == "b" else value


def _parsed(part: bytes) -> Element:
    return fromstring(part)  # noqa: S314 - a part of our own, or one that the guard has passed
