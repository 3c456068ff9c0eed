"""The package around the patched parts: content types, relations, names for new parts."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from xlkpi.workbook.package import assemble, member, members
from xlkpi.workbook.patch.splice import Document, Node

TYPES = "[Content_Types].xml"
WORKBOOK = "xl/workbook.xml"
"""The workbook's own part as nearly all programs name it."""
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


MAX_MARKS = 1_000_000  # opening brackets in a part: a tree of more elements than that takes half a gigabyte


class CannotPatch(ValueError):
    """The file is written in a way that this does not change safely; the text says which."""


class Source(Protocol):
    """An archive that the guard has let in (`intake.guard.Package`), or one of our own."""

    @property
    def raw(self) -> bytes:
        """The archive."""
        ...

    @property
    def parts(self) -> Collection[str]:
        """The names of its parts."""
        ...

    def xml(self, name: str) -> bytes:
        """An XML part, known to be well formed, in UTF-8 and without a document type."""
        ...

    def part(self, name: str) -> bytes:
        """Any part, inflated within limits."""
        ...


@dataclass(slots=True)
class Parts:
    """The parts that are looked at or changed; all others are copied as they lie in the archive.

    `workbook` is the workbook's own part, wherever it lies.
    """

    source: Source
    workbook: str = WORKBOOK
    _open: dict[str, Document] = field(default_factory=dict)
    _whole: dict[str, bytes] = field(default_factory=dict)
    _folded: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._folded = {name.casefold(): name for name in self.source.parts}

    def __contains__(self, name: str) -> bool:
        return name in self._open or name in self._whole or name in self.source.parts

    def named(self, name: str) -> str:
        """A part's name as the archive spells it: names know no capitals. Where there is none, the name itself."""
        return name if name in self else self._folded.get(name.casefold(), name)

    def names(self) -> set[str]:
        """All parts, new ones included."""
        return {*self.source.parts, *self._whole, *self._open}

    def document(self, name: str) -> Document:
        """An XML part to be changed."""
        if name not in self._open:
            if name in self._whole:
                self._open[name] = Document(self._whole.pop(name))
            elif name in self.source.parts:
                data = self.source.xml(name)
                if data.count(b"<") > MAX_MARKS:
                    raise CannotPatch(f"{name} 太大")
                self._open[name] = Document(data)
            else:
                raise CannotPatch(f"缺少 {name}")
        return self._open[name]

    def whole(self, name: str) -> bytes:
        """A part as it stands, not necessarily XML."""
        return self._whole[name] if name in self._whole else self.source.part(name)

    def put(self, name: str, data: bytes) -> None:
        """Replace or add a whole part."""
        self._whole[name] = data

    def free(self, pattern: str) -> str:
        """A name that no part has: the pattern with the first free number."""
        used = {name.casefold() for name in self.names()}
        return next(name for n in range(1, 10_000) if (name := pattern.format(n)).casefold() not in used)

    # ------------------------------------------------------------ relations

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """A part's relations: id to the last word of the type, and the target's name in the archive."""
        name = self.named(_relations_of(part))
        if name not in self:
            return {}
        related = {}
        for node in self.document(name).root.named("Relationship"):
            if node.get("TargetMode") != "External":
                kind = node.get("Type").rpartition("/")[2]
                related[node.get("Id")] = (kind, self.named(_target(part, node.get("Target"))))
        return related

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relation; returns its id. Several may be added before the part is written."""
        name = self.named(_relations_of(part))
        if name not in self:
            self.put(name, f'{_HEAD}<Relationships xmlns="{_RELATIONSHIPS}"></Relationships>'.encode())
        document = self.document(name)
        used = {node.get("Id") for node in document.root.named("Relationship")}
        number = 1
        while f"rIdX{number}" in used or f'"rIdX{number}"' in document.root.last:
            number += 1
        document.root.last += (
            f'<{document.root.prefix}Relationship Id="rIdX{number}" Type="{self.namespace}/{kind}" Target="/{target}"/>'
        )
        return f"rIdX{number}"

    @property
    def namespace(self) -> str:
        """The namespace of relations in this workbook: the usual one, or strict OOXML's."""
        return _STRICT if self.main == _STRICT_MAIN else _USUAL

    def identified(self, root: Node, identity: str) -> str:
        """The attribute that names a relation, for an element right inside this one's children."""
        known = next((key for key, value in root.attributes.items() if value == self.namespace and ":" in key), "")
        prefix = known.partition(":")[2] or "r"
        space = "" if known else f' xmlns:r="{self.namespace}"'
        return f'{space} {prefix}:id="{identity}"'

    @property
    def main(self) -> str:
        """The namespace of sheets in this workbook."""
        root = self.document(self.workbook).root
        return root.get(f"xmlns:{root.prefix[:-1]}" if root.prefix else "xmlns")

    # ------------------------------------------------------------ content types

    def declare(self, part: str, content_type: str) -> None:
        """Say what a new part is."""
        root = self.document(self.named(TYPES)).root
        root.last += f'<{root.prefix}Override PartName="/{part}" ContentType="{content_type}"/>'

    def declare_ending(self, ending: str, content_type: str) -> None:
        """Say what parts of this ending are, where nothing says it yet."""
        root = self.document(self.named(TYPES)).root
        known = {node.get("Extension").lower() for node in root.named("Default")}
        text = f'<{root.prefix}Default Extension="{ending}" ContentType="{content_type}"/>'
        if ending not in known and text not in root.first:
            root.first += text

    # ------------------------------------------------------------ the archive again

    def archive(self) -> bytes:
        """The archive: what did not change as it lay there, compressed bytes and all; new parts at the end."""
        original = members(self.source.raw)
        changed = {name: document.render() for name, document in self._open.items()}
        changed |= self._whole
        changed = {name: data for name, data in changed.items() if not self._same(name, data)}
        added = [member(name, changed[name], 6) for name in sorted(changed.keys() - original.keys())]
        return assemble(
            [*(member(n, changed[n], 6) if n in changed else part for n, part in original.items()), *added]
        )  # fmt: skip

    def _same(self, name: str, data: bytes) -> bool:
        return name in self.source.parts and self.source.part(name) == data


_USUAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _target(part: str, target: str) -> str:
    target = target.replace("\\", "/")
    return (
        posixpath.normpath(target[1:])
        if target.startswith("/")
        else posixpath.normpath(posixpath.join(posixpath.dirname(part), target))
    )
