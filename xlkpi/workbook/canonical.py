"""One spelling of an XML part, whichever library wrote it: Canonical XML 2.0, and the empty element in its short form.

`xml.etree.ElementTree.canonicalize` gives the same, and is what the tests hold this to; with a namespace looked up anew
for each name it takes a third of all the time that a master takes.
"""

from __future__ import annotations

import re
from xml.parsers import expat

_SIGNS = re.compile(r'[&<>"\t\n\r]')
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"})
_XML = "http://www.w3.org/XML/1998/namespace"


def canonical(part: bytes) -> str:
    """The part without declaration, comments and processing instructions.

    Namespaces are declared where they are first used, attributes are sorted, and each prefix stays what it is in the
    source. A part in which two prefixes stand for one namespace is not brought to one of them.
    """
    writer = _Writer()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    parser.Parse(part, True)
    return "".join(writer.out)


class _Writer:
    """Takes what expat reports and writes it down in `out`."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.known = [{"": "", "xml": _XML}]  # by open element: the namespace of each prefix in the source
        self.written = [{"": "", "xml": _XML}]  # by open element: those that stand in the output
        self.is_open = False  # whether the last tag still lacks its end

    def start(self, name: str, pairs: list[str]) -> None:
        known, written = self.known[-1], self.written[-1]
        attributes = list(zip(pairs[::2], pairs[1::2], strict=True))
        if any(":" in key or key == "xmlns" for key in pairs[::2]):
            declared = {key[6:]: uri for key, uri in attributes if key == "xmlns" or key.startswith("xmlns:")}
            if declared:
                known = {**known, **declared}
                attributes = [(key, value) for key, value in attributes if key.partition(":")[0] != "xmlns"]
            used = {name.rpartition(":")[0], *(key.rpartition(":")[0] for key, _ in attributes if ":" in key)}
            attributes.sort(key=lambda attribute: _place(attribute[0], known))
        else:
            used = {name.rpartition(":")[0]}
            attributes.sort()
        new = sorted((prefix, known[prefix]) for prefix in used if written.get(prefix) != known[prefix])
        if new:
            written = {**written, **dict(new)}
            attributes = [(f"xmlns:{prefix}" if prefix else "xmlns", uri) for prefix, uri in new] + attributes
        self._close()
        self.out.append(f"<{name}")
        self.out += [f' {key}="{_in_attribute(value)}"' for key, value in attributes]
        self.is_open = True
        self.known.append(known)
        self.written.append(written)

    def end(self, name: str) -> None:
        self.out.append("/>" if self.is_open else f"</{name}>")
        self.is_open = False
        self.known.pop()
        self.written.pop()

    def text(self, data: str) -> None:
        self._close()
        self.out.append(data.translate(_TEXT) if _SIGNS.search(data) else data)

    def _close(self) -> None:
        if self.is_open:
            self.out.append(">")
            self.is_open = False


def _place(key: str, known: dict[str, str]) -> tuple[str, str]:
    """Attributes without a prefix first, then by namespace and name."""
    prefix, _, name = key.rpartition(":")
    return known[prefix] if prefix else "", name


def _in_attribute(text: str) -> str:
    return text.translate(_ATTRIBUTE) if _SIGNS.search(text) else text
