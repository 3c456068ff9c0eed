"""Comments on cells: the comments part, and the old drawing language (VML) that says where their boxes are.

What a person wrote stays: our words go below it, in a run of their own. A cell with a threaded comment is left alone,
since its old comment is only a note for programs that do not know threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from xlkpi.workbook.patch.cells import SheetPatch, position
from xlkpi.workbook.patch.parts import Parts
from xlkpi.workbook.patch.splice import Document, Node
from xlkpi.workbook.stamp import as_written

AUTHOR: Final = "xlkpi"
OURS: Final = "〔核对结果〕"  # how our words begin; the next marking finds and replaces them
_BLOCK_OF_OURS: Final = re.compile(rf"\n?{OURS}(?:\n[【→][^\n]*)*\n?")  # a line of anybody else's makes it theirs
_THREADED: Final = "tc="  # the author of a threaded comment's stand-in
_NOTES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACE: Final = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_SHAPETYPE: Final = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_IDMAP: Final = re.compile(r'(<o:idmap\b[^<>]{0,200}?\bdata=")([\d,\s]{0,999})(")')
_SHAPE_ID: Final = re.compile(r'(?:_x0000_s|shapeId=")(\d{1,10})')  # in a drawing, and of a control on the sheet
_SHAPE_BEGINS, _SHAPE_ENDS, _IS_NOTE = "<v:shape ", "</v:shape>", 'ObjectType="Note"'
_SHAPE_PLACE: Final = re.compile(r"<x:Row>(\d{1,7})</x:Row>\s{0,99}<x:Column>(\d{1,5})</x:Column>")
_BLOCK: Final = 1024  # shape ids come in blocks, of which each drawing of a workbook has its own
_ACROSS, _LINE = 290, 20  # pixels: a box's width, the height of a line of some 24 Chinese characters


@dataclass(slots=True)
class Comments:
    """The comments of one sheet."""

    parts: Parts
    sheet: SheetPatch
    path: str

    def carry_out(self, texts: dict[str, str]) -> None:
        """Add these texts by reference."""
        related = self.parts.related(self.path)
        name = next((target for kind, target in related.values() if kind == "comments"), "")
        if not name:
            if not any(texts.values()):
                return
            name = self._new_part()
        document = self.parts.document(name)
        listed = document.root.child("commentList")
        authors = document.root.child("authors")
        if listed is None or authors is None:
            return  # not a comments part: the list of findings says it all the same
        standing = {node.get("ref"): node for node in listed.children}
        names = [document.text(node) for node in authors.children]
        new: list[str] = []
        removed: list[str] = []
        for ref, text in sorted(texts.items(), key=lambda entry: position(entry[0])):
            comment = standing.get(ref)
            if comment is None:
                new += [ref] if text else []
            elif not names[int(comment.get("authorId", "0"))].startswith(_THREADED):
                self._amend(document, comment, text)
                removed += [ref] if comment.replacement == "" else []
        if new and AUTHOR not in names:
            authors.last += f"<{authors.prefix}author>{AUTHOR}</{authors.prefix}author>"
            names.append(AUTHOR)
        for ref in new:
            _insert(listed, standing, ref, _comment(listed.prefix, ref, names.index(AUTHOR), texts[ref]))
        if new or removed:
            self._draw({ref: texts[ref] for ref in new}, removed, related)

    def _amend(self, document: Document, comment: Node, text: str) -> None:
        """Put our words below a person's, or in place of our own."""
        body, p = comment.child("text"), comment.prefix
        if body is None:
            return
        runs = [node for node in body.children if node.local in ("r", "t")]
        current = "".join(
            document.text(words) for run in runs if (words := run if run.local == "t" else run.child("t"))
        )
        if _BLOCK_OF_OURS.fullmatch(current):
            ours = _run(p, f"{OURS}\n{text}")
            if text:
                body.replacement = f"<{p}text>{ours}</{p}text>"
            else:
                comment.replacement = ""
            return
        ours = _run(p, f"\n{OURS}\n{text}") if text else ""
        if runs and runs[0].local == "t":  # a text without runs, beside which no run may stand
            source = document.source(runs[0]).decode()
            body.replacement = f"<{p}text><{p}r>{source}</{p}r>{ours}</{p}text>" if ours else None
            return
        for run in runs:
            words = run.child("t")
            if words is not None and _BLOCK_OF_OURS.fullmatch(document.text(words)):
                run.replacement = ""
        body.last += ours

    def _new_part(self) -> str:
        name = self.parts.free("xl/comments{}.xml")
        text = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<comments xmlns="{self.parts.main}"><authors></authors><commentList></commentList></comments>'
        )
        self.parts.put(name, text.encode())
        self.parts.declare(name, _NOTES)
        self.parts.relate(self.path, "comments", name)
        return name

    # ------------------------------------------------------------ boxes

    def _draw(self, texts: dict[str, str], removed: list[str], related: dict[str, tuple[str, str]]) -> None:
        """Boxes for new comments; those of comments that go, go too."""
        drawing = self.sheet.document.root.child("legacyDrawing")
        if drawing is not None:
            kind, name = related.get(drawing.get(drawing.key("id")), ("", ""))
            if kind != "vmlDrawing" or name not in self.parts:
                return
        else:
            name = self.parts.free("xl/drawings/vmlDrawing{}.vml")
            block = max(self._blocks(), default=0) + 1
            head = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{block}"/></o:shapelayout>'
            self.parts.put(name, f"<xml {_SPACE}>{head}{_SHAPETYPE}</xml>".encode())
            self.parts.declare_ending("vml", _VML)
            identity = self.parts.relate(self.path, "vmlDrawing", name)
            root = self.sheet.document.root
            self.sheet.insert("legacyDrawing", f"<{root.prefix}legacyDrawing{self.parts.identified(root, identity)}/>")
        vml = self.parts.whole(name).decode("utf-8", "surrogateescape")
        if "</xml>" not in vml:
            return
        for ref in removed:
            vml = _without_box(vml, ref)
        vml, number = self._room(vml, len(texts))
        cut = vml.rindex("</xml>")
        head = "" if "_x0000_t202" in vml or not texts else _SHAPETYPE
        known = all(f"xmlns:{prefix}=" in vml for prefix in "vox")
        shapes = "".join(self._shape(number + n, ref, texts[ref], known) for n, ref in enumerate(texts))
        self.parts.put(name, (vml[:cut] + head + shapes + vml[cut:]).encode("utf-8", "surrogateescape"))

    def _blocks(self) -> set[int]:
        """The blocks of shape ids that the workbook's drawings have."""
        used: set[int] = set()
        for name in self.parts.names():
            if name.lower().endswith(".vml"):
                text = self.parts.whole(name).decode("utf-8", "replace")
                used |= {int(n) // _BLOCK for n in _SHAPE_ID.findall(text)}
                used |= {int(n) for id_map in _IDMAP.finditer(text) for n in id_map[2].split(",") if n.strip()}
        return used

    def _room(self, vml: str, wanted: int) -> tuple[str, int]:
        """The first of so many free shape ids; a new block where the drawing's own has not enough left."""
        id_map = _IDMAP.search(vml)
        blocks = [int(n) for n in id_map[2].split(",") if n.strip()] if id_map else []
        controls = self.sheet.document.data.decode()
        ids = [int(n) for text in (vml, controls) for n in _SHAPE_ID.findall(text)]
        for block in blocks:
            first = max([n for n in ids if n // _BLOCK == block], default=block * _BLOCK) + 1
            if first + wanted <= (block + 1) * _BLOCK:
                return vml, first
        block = max(self._blocks(), default=0) + 1
        if id_map:
            vml = vml[: id_map.end(2)] + ("," if blocks else "") + str(block) + vml[id_map.end(2) :]
        return vml, block * _BLOCK + 1

    def _shape(self, number: int, ref: str, text: str, known: bool) -> str:
        row, column = position(ref)
        anchor = ", ".join(map(str, self._anchor(row, column, text)))
        space = "" if known else f" {_SPACE}"
        return (
            f'<v:shape{space} id="_x0000_s{number}" type="#_x0000_t202" '
            f'style="position:absolute;z-index:{number % _BLOCK};visibility:hidden" '
            'fillcolor="#fff7e0" o:insetmode="auto"><v:fill color2="#fff7e0"/><v:shadow on="t" color="black" '
            'obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto">'
            '<div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
            f"<x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
            f"<x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
        )

    def _anchor(self, row: int, column: int, text: str) -> tuple[int, ...]:
        """The box: right of the cell, wide enough to read and high enough for all of the text."""
        lines = sum(1 + len(line) // 24 for line in text.split("\n"))
        right, across = _walk(column, _ACROSS, self.sheet.column_width)
        below, down = _walk(row - 1, lines * _LINE + 12, self.sheet.row_height)
        return column, 12, row - 1, 4, right, across, below, down


def _without_box(vml: str, ref: str) -> str:
    row, column = position(ref)
    begin = vml.find(_SHAPE_BEGINS)
    while begin >= 0 and (end := vml.find(_SHAPE_ENDS, begin)) >= 0:
        end += len(_SHAPE_ENDS)
        note = vml.find(_IS_NOTE, begin, end)
        place = _SHAPE_PLACE.search(vml, note, end) if note >= 0 else None
        if place is not None and (int(place[1]), int(place[2])) == (row - 1, column - 1):
            return vml[:begin] + vml[end:]
        begin = vml.find(_SHAPE_BEGINS, end)
    return vml


def _walk(start: int, pixels: float, size: Callable[[int], float]) -> tuple[int, int]:
    """From a column or row (from 0) so many pixels on: where that ends, and how far into it."""
    at = start
    while pixels > (extent := size(at + 1)) and at < start + 200:
        pixels -= extent
        at += 1
    return at, int(pixels)


def _insert(listed: Node, standing: dict[str, Node], ref: str, text: str) -> None:
    """In the order of rows and columns, as programs write it."""
    following = [other for other in standing if position(other) > position(ref)]
    if following:
        standing[min(following, key=position)].before += text
    else:
        listed.last += text


def _comment(p: str, ref: str, author: int, text: str) -> str:
    ours = _run(p, f"{OURS}\n{text}")
    return f'<{p}comment ref="{ref}" authorId="{author}"><{p}text>{ours}</{p}text></{p}comment>'


def _run(p: str, text: str) -> str:
    words = escape(as_written(text))
    return (
        f'<{p}r><{p}rPr><{p}sz val="9"/><{p}color rgb="FF1F2937"/><{p}rFont val="微软雅黑"/><{p}family val="2"/>'
        f'<{p}charset val="134"/></{p}rPr><{p}t xml:space="preserve">{words}</{p}t></{p}r>'
    )
