"""Whether XML is well formed, without parsing again what earlier files had: most of a dealer's file is the form itself.

A part is cut into pieces inside one element, `around`, and each new piece is parsed by itself between two seams. A seam
closes that element and opens it anew, and a piece that names it is not taken; so each piece begins and ends at one and
the same place of the tree, whatever stands before it and behind it. A part that is put together from such pieces, in
any order, is therefore well formed; comments and CDATA, which could hide a seam, are never taken for pieces either.
"""

from __future__ import annotations

import re
import xml.parsers.expat
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from xlkpi.intake.memory import FILES, cache_short

_PARTS: Final = 64  # that are remembered
_LARGE: Final = 1 << 21  # bytes of a part that are remembered; a form's sheets have a fifth of that
_NUMBER: Final = re.compile(rb"[-+.0-9E]+</v>")


class Doctype(Exception):
    """A document type, which no spreadsheet program writes."""


def is_unusual(data: bytes) -> bool:
    """Whether well-formed XML holds comments, CDATA or processing instructions: no spreadsheet program writes them.

    Raises:
        ExpatError: it is not well formed.
        Doctype: it has a document type.
    """
    if b"<!DOCTYPE" in data:
        raise Doctype
    unusual: list[str] = []
    parser = xml.parsers.expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.CommentHandler = unusual.append
    parser.ProcessingInstructionHandler = lambda target, _: unusual.append(target)
    parser.StartCdataSectionHandler = lambda: unusual.append("")
    parser.Parse(data, True)
    return bool(unusual)


is_unusual_part = cache_short(64, 1 << 18)(is_unusual)  # for what comes back whole in the next file, as styles do


@dataclass(slots=True)
class _Part:
    """What earlier files had in a part: the last one's pieces, and the shapes of more; all were well formed."""

    pieces: list[bytes] = field(default_factory=list)
    shapes: set[bytes] = field(default_factory=set)


def _shape(piece: bytes) -> bytes:
    """A piece that ends with a number, with 0 instead: any other number is as well formed. Others as they are."""
    head, value, number = piece.rpartition(b"<v>")
    return head + b"<v>0</v>" if value and _NUMBER.fullmatch(number) else piece


@dataclass(frozen=True, slots=True)
class Pieces:
    """A part, cut: its pieces in order, each without the end tag of its element; what stands behind the last of them,
    up to the end tag of the element `around`; and the rest of the part, with `around` empty in it."""

    each: list[bytes]
    last: bytes
    frame: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """How parts of a kind are cut: behind every `</element>` inside the element `around`.

    `opening` opens what stands between the two, `closing` closes it.
    """

    around: bytes
    element: bytes
    closing: bytes = b""
    opening: bytes = b""
    _before: dict[str, _Part] = field(default_factory=dict, compare=False)

    def pieces(self, name: str, data: bytes) -> Pieces | None:
        """A part's pieces, one an element that does not close itself.

        None where the part is not well formed, or is so in a way that cannot be cut: unusual or with prefixes. `name`
        is the part's: what the file before had there is compared first, and a piece that it had too is the very object.
        """
        start, end = data.find(b"<" + self.around), data.rfind(b"</" + self.around + b">")
        if data.count(b"<" + self.around) != 1 or data.count(b"/" + self.around) != 1:
            return None
        if not 0 <= start < end or b"ascii" in data[:200].lower():  # pieces are known as UTF-8, which allows more
            return None
        *pieces, last = data[start:end].split(b"</" + self.element + b">")
        first, further = pieces[:1], pieces[1:]
        part = self._part(name, len(pieces))
        further[: len(part.pieces)] = [
            old if raw == old else raw for raw, old in zip(further, part.pieces, strict=False)
        ]
        new = [raw for raw, old in zip_longest(further, part.pieces) if raw is not old and raw is not None]
        new = [shape for shape in map(_shape, new) if shape not in part.shapes]
        if not self._is_plain((*first, *new, last), data[:start], data[end:]):
            return None
        if end - start < _LARGE:
            part.pieces = further
            part.shapes.update(new)
        return Pieces([*first, *further], last, data[:start] + b"<" + self.around + b">" + data[end:])

    def _part(self, name: str, pieces: int) -> _Part:
        if len(self._before) > _PARTS:
            self._before.clear()
        part = self._before.setdefault(name, _Part())
        if len(part.shapes) > FILES * pieces:
            part.shapes.clear()
        return part

    def _is_plain(self, pieces: tuple[bytes, ...], before: bytes, behind: bytes) -> bool:
        close, reopen = b"</" + self.around + b">", b"<" + self.around + b">"
        seam = b"</" + self.element + b">" + self.closing + close + reopen + self.opening
        joined = seam.join(pieces)
        seams = len(pieces) - 1
        if (
            joined.count(b"<" + self.around) != 1 + seams
            or joined.count(b"/" + self.around) != seams
            or joined.count(b"</" + self.element) != seams * seam.count(b"</" + self.element)
            or b":" + self.element in joined
        ):
            return False
        try:
            # reopened at once, so that what stands before and behind is known to meet at one place of the tree
            return not (is_unusual_part(before + reopen + behind) or is_unusual(b"<_>" + joined + close + b"</_>"))
        except (Doctype, xml.parsers.expat.ExpatError):
            return False


CELLS: Final = Cut(b"sheetData", b"c", b"</row>", b"<row>")
NAMES: Final = Cut(b"definedNames", b"definedName")
STRINGS: Final = Cut(b"sst", b"si")


def _refuse_doctype(*_: object) -> None:
    raise Doctype
