"""Operations applied to a person's own file, everything else byte for byte as it was.

A workbook library that loads and saves drops what it does not know: form controls, sparklines, x14 rules, cached
values, chart styles. Here only the parts that have to change are changed, each by putting bytes between its bytes;
all others are copied as they lie in the archive, still compressed. No serialiser is used, hence none of their losses
either (prefixes, `mc:Ignorable`), and no further library is needed for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import quoteattr

from xlkpi.workbook.operations import Choices, Comment, EnsureSheet, Fill, Link, NumberFormat, Operations, Write
from xlkpi.workbook.patch.cells import SheetPatch, blank_sheet
from xlkpi.workbook.patch.comments import Comments
from xlkpi.workbook.patch.parts import WORKBOOK, CannotPatch, Parts, Source
from xlkpi.workbook.patch.styles import NO_FILL, Look, Styles

__all__ = ["CannotPatch", "Source", "patched"]

_SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


def patched(source: Source, operations: Operations, workbook: str = WORKBOOK) -> bytes:
    """A workbook with these operations carried out.

    Args:
        source: an .xlsx or .xlsm that the guard has let in.
        operations: in order.
        workbook: the workbook's own part, as the reader has found it.

    Raises:
        CannotPatch: the file is written in a way that cannot be changed safely (rows without numbers, no styles), or
            an operation names a sheet that is not there or a cell with a formula.
    """
    try:
        return _Patch(Parts(source, workbook)).carry_out(operations)
    except CannotPatch:
        raise
    except (ValueError, IndexError) as error:  # numbers that are none, an index into nothing
        raise CannotPatch("里面的编号或位置不合规范") from error


@dataclass(slots=True)
class _Patch:
    parts: Parts
    sheets: dict[str, SheetPatch] = field(default_factory=dict)
    comments: dict[str, dict[str, str]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    _styles: Styles | None = None

    def carry_out(self, operations: Operations) -> bytes:
        related = self.parts.related(self.parts.workbook)
        listed = self.parts.document(self.parts.workbook).root.child("sheets")
        for node in listed.children if listed is not None else ():
            kind, target = related.get(node.get(node.key("id")), ("", ""))
            if kind == "worksheet":
                self.paths[node.get("name")] = target
        styles = next((target for kind, target in related.values() if kind == "styles"), "styles.xml")
        self._styles = Styles(self.parts.document(styles))
        for operation in operations:
            self._take(operation)
        for name, sheet in self.sheets.items():
            sheet.carry_out()
            if self.comments.get(name):
                Comments(self.parts, sheet, self.paths[name]).carry_out(self.comments[name])
            self.parts.put(self.paths[name], sheet.document.render())
        return self.parts.archive()

    def _take(self, operation: object) -> None:
        match operation:
            case EnsureSheet(name, widths):
                self._ensure(name, widths)
            case Write(place, rows, wrap):
                self._sheet(place.sheet).write(place.ref, rows, Look(wrap=wrap))
            case Fill(name, area, colour, bold):
                self._sheet(name).dress(area, Look(fill=colour or NO_FILL, bold=bold))
            case NumberFormat(name, area, code):
                self._sheet(name).dress(area, Look(number_format=code))
            case Link(place, target, text):
                self._sheet(place.sheet).link(place.ref, target, text)
            case Choices(name, area, words):
                self._sheet(name).choose(area, words)
            case Comment(place, text):
                self._sheet(place.sheet)
                comments = self.comments.setdefault(place.sheet, {})
                comments[place.ref] = f"{comments[place.ref]}\n{text}" if place.ref in comments else text
            case _:
                raise TypeError(f"no operation: {operation!r}")

    def _sheet(self, name: str) -> SheetPatch:
        if name not in self.sheets:
            if name not in self.paths or self._styles is None:
                raise CannotPatch(f"没有工作表“{name}”")
            self.sheets[name] = SheetPatch(self.parts.document(self.paths[name]), self._styles)
        return self.sheets[name]

    def _ensure(self, name: str, widths: tuple[float, ...]) -> None:
        if name not in self.paths:
            self._add(name)
        sheet = self._sheet(name)
        sheet.clear(widths)
        sheet.changes.clear()
        sheet.links.clear()
        sheet.choices.clear()

    def _add(self, name: str) -> None:
        """A new sheet after the last one."""
        document = self.parts.document(self.parts.workbook)
        listed = document.root.child("sheets")
        if listed is None or not listed.children:
            raise CannotPatch("工作簿没有工作表")
        path = self.parts.free("xl/worksheets/sheet{}.xml")
        self.parts.put(path, blank_sheet(self.parts.main, self.parts.namespace))
        self.parts.declare(path, _SHEET_TYPE)
        identity = self.parts.relate(self.parts.workbook, "worksheet", path)
        like = listed.children[0]
        number = 1 + max(int(node.get("sheetId", "0")) for node in listed.children)
        added = listed.last.count(f"<{like.tag} ")
        relation = self.parts.identified(document.root, identity)
        listed.last += f'<{like.tag} name={quoteattr(name)} sheetId="{number + added}"{relation}/>'
        self.paths[name] = path
