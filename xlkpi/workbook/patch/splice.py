"""Changing an XML part and leaving every other byte of it alone.

expat says where each element begins and ends; a change is bytes put in between. No serialiser writes the part anew, so
prefixes, `mc:Ignorable`, unknown extensions, the order of attributes and white space stay as the program left them.
"""

from __future__ import annotations

import re
import xml.parsers.expat
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from xml.sax.saxutils import quoteattr

_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_ATTRIBUTE = re.compile(r"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(slots=True, eq=False)
class Node:
    """An element where it stands: `start` and `end` of the whole, `content` and `close` of what is within it.

    `tag` is the name as written, with its prefix; `local` without.
    """

    tag: str
    start: int
    content: int
    close: int = 0
    end: int = 0
    empty: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    changed: dict[str, str | None] = field(default_factory=dict)  # to be set; None removes
    before: str = ""
    first: str = ""
    last: str = ""
    replacement: str | None = None

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.tag.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The prefix as written, with its colon."""
        return self.tag[: len(self.tag) - len(self.local)]

    def get(self, name: str, default: str = "") -> str:
        """An attribute as the file has it."""
        return self.attributes.get(name, default)

    def key(self, local: str) -> str:
        """How an attribute of this name is written here, where only its prefix may vary (`r:id`)."""
        return next((key for key in self.attributes if key.rpartition(":")[2] == local and ":" in key), "")

    def child(self, *local: str) -> Node | None:
        """The first child of that name; several names lead down."""
        child = next((node for node in self.children if node.local == local[0]), None)
        return child.child(*local[1:]) if child is not None and len(local) > 1 else child

    def named(self, local: str) -> Iterator[Node]:
        """The children of that name."""
        return (node for node in self.children if node.local == local)


class Document:
    """An XML part as bytes, its elements, and what is to change in it."""

    def __init__(self, data: bytes):
        self.data = data
        self.nodes: list[Node] = []
        self.root = self._parse()

    def _parse(self) -> Node:
        parser = xml.parsers.expat.ParserCreate()
        parser.buffer_text = True
        top = Node("", 0, 0)
        stack = [top]
        data, nodes = self.data, self.nodes

        def start(tag: str, attributes: dict[str, str]) -> None:
            at = parser.CurrentByteIndex
            match = _TAG.match(data, at)
            if match is None:
                raise ValueError(f"no tag at {at}")
            node = Node(tag, at, match.end(), empty=match[0].endswith(b"/>"), attributes=attributes)
            stack[-1].children.append(node)
            stack.append(node)
            nodes.append(node)

        def end(_: str) -> None:
            node = stack.pop()
            node.close = node.content if node.empty else parser.CurrentByteIndex
            node.end = node.close if node.empty else data.index(b">", node.close) + 1

        parser.StartElementHandler, parser.EndElementHandler = start, end
        try:
            parser.Parse(data, True)
        except xml.parsers.expat.ExpatError as error:
            raise ValueError(str(error)) from None
        return top.children[0]

    def text(self, node: Node) -> str:
        """The text right inside an element that has no children."""
        return unescape(self.data[node.content : node.close].decode())

    def source(self, node: Node) -> bytes:
        """An element as it is written."""
        return self.data[node.start : node.end]

    def render(self) -> bytes:
        """The part with all changes in it; without any, the very bytes that were given."""
        out: list[bytes] = []
        at = 0
        for start, end, text in sorted(self._edits(), key=lambda edit: edit[:2]):
            out += (self.data[at:start], text.encode())
            at = end
        return b"".join((*out, self.data[at:]))

    def _edits(self) -> Iterator[tuple[int, int, str]]:
        for node in self.nodes:
            if node.replacement is not None:
                yield node.start, node.end, node.before + node.replacement
                continue
            inner = node.first + node.last
            if node.before or node.changed or (node.empty and inner):
                yield node.start, node.content, node.before + self._opening(node, inner)
            if not node.empty:
                if node.first:
                    yield node.content, node.content, node.first
                if node.last:
                    yield node.close, node.close, node.last

    def _opening(self, node: Node, inner: str) -> str:
        written = self.data[node.start : node.content].decode()
        for name, value in node.changed.items():
            written = _set(written, name, value)
        if node.empty and inner:
            return f"{written[:-2].rstrip()}>{inner}</{node.tag}>"
        return written


def _set(tag: str, name: str, value: str | None) -> str:
    """An opening tag with one attribute set, added or, with None, taken out; the rest stays as written."""
    for attribute in _ATTRIBUTE.finditer(tag):
        if attribute[1] == name:
            text = "" if value is None else f" {name}={quoteattr(value)}"
            return tag[: attribute.start()] + text + tag[attribute.end() :]
    if value is None:
        return tag
    cut = len(tag) - (2 if tag.endswith("/>") else 1)
    return f"{tag[:cut].rstrip()} {name}={quoteattr(value)}{tag[cut:]}"
