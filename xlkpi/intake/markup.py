"""Reads XML of outside files by the standard: with namespaces, every element at its place in the tree.

Small parts become trees, large ones element events; both within limits on size, nesting and attributes.
The byte cuts of `wellformed` are for speed alone: whatever they do not take is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol
from xml.etree import ElementTree
from xml.parsers import expat

from xlkpi.intake.guard import Refused

MAX_DEPTH: Final = 256  # elements inside each other; spreadsheet programs write a dozen
MAX_ATTRIBUTE: Final = 32_767  # characters, as many as a cell may have
MAX_MARKS_ELSEWHERE: Final = 1_000_000  # opening brackets of a part that is no sheet
MAX_TREE: Final = 200_000  # opening brackets of a part that becomes a tree: about 50 MB of memory

_SHEET_SPACES: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # strict writers'
)
_RELATION_SPACES: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
ALTERNATE: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
OWN_ELEMENTS: Final = frozenset(
    {"sheetData", "row", "c", "v", "f", "is", "cols", "mergeCells", "sheets", "sheet", "definedNames", "workbookPr"}
)
TRUE: Final = ("1", "true")
_KNOWN: Final = 4_000  # names of elements that are kept; a hostile part may have millions
_OUT_OF_MEMORY: Final = 1  # expat's own number for it


class Handler(Protocol):
    """Receives a part's elements, in order. Depths count from 1, the root.

    `name` is the bare one of the spreadsheet namespaces; of others it is `{address}name`.
    """

    def start(self, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, depth: int, name: str) -> None:
        """An element ends."""

    def text(self, depth: int, text: str) -> None:
        """Text right inside the element at this depth; it may come in several pieces."""


def bare(tag: str) -> str:
    """An element's name without the spreadsheet namespace; `{address}name` of any other, and of none `{}name`."""
    space, mark, name = tag.rpartition("}")
    if mark and space[1:] in _SHEET_SPACES:
        return name
    return tag if mark else f"{{}}{tag}"


def relation_of(attributes: Mapping[str, str]) -> str:
    """The relation that an element names by its attribute r:id, "" where it names none."""
    return next((attributes[key] for space in _RELATION_SPACES if (key := f"{{{space}}}id") in attributes), "")


def tree(part: str, data: bytes) -> ElementTree.Element:
    """A small part as a tree; tags are `{address}name`.

    Raises:
        Refused: too many elements or attributes, nested too deeply, or not well formed.
    """
    for mark, counted in ((b"<", "标记"), (b"=", "属性")):
        if data.count(mark) > MAX_TREE:
            raise Refused("XK-F006", what=f"{part} 的{counted}", found="过多", limit=MAX_TREE)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - the guard refused every DOCTYPE
    except ElementTree.ParseError as error:
        raise damaged(part, *error.position) from None
    level, depth = [root], 0
    while level:
        depth += 1
        _not_too_deep(part, depth)
        level = [child for node in level for child in node]
    return root


def walk(part: str, data: bytes, handler: Handler, limit: int = MAX_MARKS_ELSEWHERE) -> None:
    """Pass a part's elements to a handler, without a tree: memory does not grow with the part.

    Raises:
        Refused: more opening brackets than `limit`, nested too deeply, an attribute too long, or not well formed.
    """
    if data.count(b"<") > limit:
        raise Refused("XK-F006", what=f"{part} 的标记", found="过多", limit=limit)
    depth = 0
    names: dict[str, str] = {}

    def local_name(tag: str) -> str:
        space, mark, local = tag.rpartition("|")
        name = bare(f"{{{space}}}{local}" if mark else local)
        if len(names) < _KNOWN:
            names[tag] = name
        return name

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            _not_too_deep(part, depth)
        if attributes and max(map(len, attributes.values())) > MAX_ATTRIBUTE:
            raise Refused("XK-F023", what=f"{part} 的属性", limit=f"{MAX_ATTRIBUTE} 个字符")
        handler.start(depth, names.get(tag) or local_name(tag), attributes)

    def end(tag: str) -> None:
        nonlocal depth
        handler.end(depth, names.get(tag) or local_name(tag))
        depth -= 1

    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: handler.text(depth, text)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if error.code == _OUT_OF_MEMORY:
            raise MemoryError from None
        raise damaged(part, error.lineno, error.offset) from None


def damaged(part: str, line: int, column: int) -> Refused:
    """The refusal of a part that is not well formed there."""
    return Refused("XK-F002", detail=f"{part} 第 {line} 行第 {column + 1} 个字符处不是合格的 XML")


def malformed(where: str, fault: str) -> Refused:
    """The refusal of well-formed XML with content that is invalid in a spreadsheet."""
    return Refused("XK-F002", detail=f"{where}{fault}")


def duplicate(subject: str) -> Refused:
    """The refusal of a duplicate, where programs differ in which one they show."""
    return Refused("XK-F022", what=subject)


def too_long(subject: str, limit: int) -> Refused:
    """The refusal of a name, a formula or another text that is longer than any program writes."""
    return Refused("XK-F023", what=subject, limit=f"{limit} 个字符")


def _not_too_deep(part: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Refused("XK-F023", what=f"{part} 的嵌套", limit=f"{MAX_DEPTH} 层")


def no_alternates(part: str, root: ElementTree.Element) -> None:
    """Refuse elements that matter inside mc:AlternateContent, which some programs show and others do not."""
    for node in root.iter(ALTERNATE):
        for inner in node.iter():
            if bare(inner.tag) in OWN_ELEMENTS:
                raise duplicate(f"{part} 里只给一部分软件看的内容（{bare(inner.tag)}）")


def whole_number(where: str, text: str) -> int:
    """A whole number as XML writes it."""
    bare_text = text.strip(" \t\r\n")
    if not (bare_text.isascii() and bare_text.isdecimal()):
        raise malformed(where, f"是 {text[:20]!r}")
    if len(bare_text) > 15:
        return 10**15
    return int(bare_text)
