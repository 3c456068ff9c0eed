"""The looks that marks need: styles made from those that the cells have, appended to styles.xml."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from xml.sax.saxutils import quoteattr

from xlkpi.workbook.patch.parts import CannotPatch
from xlkpi.workbook.patch.splice import Document, Node

NO_FILL = "none"


@dataclass(frozen=True, slots=True)
class Look:
    """What is to differ from the look that a cell has; empty means as it is."""

    fill: str = ""
    bold: bool = False
    number_format: str = ""
    wrap: bool = False

    def and_then(self, other: Look) -> Look:
        """Both, the other winning."""
        return replace(
            self,
            fill=other.fill or self.fill,
            bold=other.bold or self.bold,
            number_format=other.number_format or self.number_format,
            wrap=other.wrap or self.wrap,
        )


@dataclass(slots=True)
class _List:
    """One list of styles.xml (fonts, fills, cellXfs): entries as written, new ones at the end."""

    document: Document
    node: Node
    entries: list[str] = field(init=False)
    known: int = field(init=False)

    def __post_init__(self) -> None:
        self.entries = [self.document.source(child).decode() for child in self.node.children]
        self.known = len(self.entries)

    def add(self, entry: str) -> int:
        """The number of this entry, which is added where the list lacks it."""
        if entry in self.entries:
            return self.entries.index(entry)
        self.entries.append(entry)
        self.node.last += entry
        self.node.changed["count"] = str(len(self.entries))
        return len(self.entries) - 1


class Styles:
    """styles.xml, growing at its ends only."""

    def __init__(self, document: Document):
        self.document = document
        root = document.root
        lists = [root.child(name) for name in ("fonts", "fills", "cellXfs")]
        if any(node is None or not node.children for node in lists):
            raise CannotPatch("styles.xml 没有样式表")
        self.fonts, self.fills, self.formats = (_List(document, node) for node in lists if node is not None)
        self.prefix = root.prefix
        self._by_look: dict[tuple[int, Look], int] = {}
        self._codes: dict[str, int] = {}
        self._new_codes: list[str] = []

    def like(self, base: int, look: Look) -> int:
        """The number of a style that is as `base` is, but for the look."""
        if (base, look) not in self._by_look:
            self._by_look[base, look] = self.formats.add(self._varied(base, look))
        return self._by_look[base, look]

    def _varied(self, base: int, look: Look) -> str:
        if not 0 <= base < self.formats.known:
            raise CannotPatch(f"没有样式 {base}")
        xf = Document(self.formats.entries[base].encode())
        node = xf.root
        if look.fill:
            node.changed |= {"fillId": str(self._fill(look.fill)), "applyFill": "1"}
        if look.bold:
            node.changed |= {"fontId": str(self._bold(int(node.get("fontId", "0")))), "applyFont": "1"}
        if look.number_format:
            number = self._code(look.number_format)
            node.changed |= {"numFmtId": str(number), "applyNumberFormat": "1"}
        if look.wrap:
            node.changed["applyAlignment"] = "1"
            alignment = node.child("alignment")
            if alignment is not None:
                alignment.changed |= {"wrapText": "1", "vertical": "top"}
            else:
                node.first = f'<{self.prefix}alignment vertical="top" wrapText="1"/>'
        return xf.render().decode()

    def _fill(self, colour: str) -> int:
        if colour == NO_FILL:
            return 0  # the first fill is none in every workbook
        p, rgb = self.prefix, "FF" + colour.removeprefix("#").upper()
        return self.fills.add(
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{rgb}"/><{p}bgColor indexed="64"/>'
            f"</{p}patternFill></{p}fill>"
        )

    def _bold(self, base: int) -> int:
        font = Document(self.fonts.entries[base].encode())
        if font.root.child("b") is None:
            font.root.first = f"<{self.prefix}b/>"
        return self.fonts.add(font.render().decode())

    def _code(self, code: str) -> int:
        if code in _BUILT_IN:
            return _BUILT_IN[code]
        root = self.document.root
        listed = root.child("numFmts")
        if not self._codes and listed is not None:
            self._codes = {node.get("formatCode"): int(node.get("numFmtId", "0")) for node in listed.children}
        if code not in self._codes:
            number = max((163, *self._codes.values())) + 1
            self._codes[code] = number
            self._new_codes.append(f'<{self.prefix}numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>')
            entries = "".join(self._new_codes)
            if listed is not None:
                listed.last = entries
                listed.changed["count"] = str(len(self._codes))
            else:  # the first of its kind; the list stands before the fonts
                self.fonts.node.before = f"<{self.prefix}numFmts>{entries}</{self.prefix}numFmts>"
        return self._codes[code]


_BUILT_IN = {"General": 0, "0": 1, "0.00": 2, "#,##0": 3, "#,##0.00": 4, "0%": 9, "0.00%": 10, "@": 49}
