"""What makes Excel offer to repair a package: a strict look at any workbook, marked ones above all."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

# what kind of relation leads to what content type
_TYPE_OF = {
    "worksheet": "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
    "comments": "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml",
    "vmlDrawing": "application/vnd.openxmlformats-officedocument.vmlDrawing",
    "styles": "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml",
}
# the only elements of these parts in which text may stand
_WITH_TEXT = {"v", "f", "t", "is", "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter",
              "formula", "formula1", "formula2", "sqref", "author", "definedName", "id"}  # fmt: skip
_BOOLEAN = {"fitToPage", "customHeight", "customWidth", "hidden", "applyFill", "applyFont", "applyNumberFormat",
            "applyBorder", "applyAlignment", "applyProtection", "locked", "wrapText"}  # fmt: skip
_COUNT = {"s", "r", "sheetId", "xfId", "fillId", "fontId", "borderId", "numFmtId", "count", "authorId"}


def faults(data: bytes) -> list[str]:
    """Everything wrong with a package; nothing for one that opens without a word."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        parts = {name: archive.read(name) for name in names}
    found = [f"{name} stands there twice" for name, n in Counter(n.casefold() for n in names).items() if n > 1]
    roots: dict[str, Element] = {}
    for name, part in parts.items():
        if name.endswith((".xml", ".rels", ".vml")):
            try:
                roots[name] = fromstring(part)
            except ParseError as error:
                found.append(f"{name} is not well-formed: {error}")
    if found:
        return found
    return [*_types(roots, names), *_sheets(roots), *_texts(roots), *_vml(parts)]


def _relations(roots: dict[str, Element]) -> Iterator[tuple[str, str, str, str]]:
    for name, root in roots.items():
        if name.endswith(".rels"):
            folder, file = posixpath.split(name)
            source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
            for relation in root:
                if relation.get("TargetMode") != "External":
                    target = str(relation.get("Target"))
                    base = posixpath.dirname(source)
                    whole = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(base, target))
                    yield source, str(relation.get("Id")), str(relation.get("Type")).rsplit("/", 1)[1], whole


def _types(roots: dict[str, Element], names: list[str]) -> Iterator[str]:
    root = roots["[Content_Types].xml"]
    defaults = {str(e.get("Extension")).lower(): str(e.get("ContentType")) for e in root.iter(f"{TYPES}Default")}
    overrides = {str(e.get("PartName")): str(e.get("ContentType")) for e in root.iter(f"{TYPES}Override")}
    for entries in (root.iter(f"{TYPES}Default"), root.iter(f"{TYPES}Override")):
        keys = Counter(str(e.get("Extension") or e.get("PartName")).lower() for e in entries)
        yield from (f"{key} has two content types" for key, count in keys.items() if count > 1)
    yield from (f"{name} has a type and is not there" for name in overrides if name.removeprefix("/") not in names)
    for name in names:
        ending = name.rsplit(".", 1)[-1].lower()
        if name != "[Content_Types].xml" and f"/{name}" not in overrides and ending not in defaults:
            yield f"{name} has no content type"
    seen = Counter((source, rid) for source, rid, _, _ in _relations(roots))
    yield from (f"{source} has {rid} twice" for (source, rid), count in seen.items() if count > 1)
    for source, _, kind, target in _relations(roots):
        if target not in names:
            yield f"{source} leads to {target}, which is not there"
            continue
        given = overrides.get(f"/{target}") or defaults.get(target.rsplit(".", 1)[-1].lower())
        if kind in _TYPE_OF and given != _TYPE_OF[kind]:
            yield f"{target} has the type {given}"
    yield from (f"{part} belongs to nothing" for part in _unreached(roots, names))


def _unreached(roots: dict[str, Element], names: list[str]) -> set[str]:
    reached = {target for *_, target in _relations(roots)}
    return {n for n in names if not n.endswith((".rels", "/"))} - reached - {"[Content_Types].xml"}


def _sheets(roots: dict[str, Element]) -> Iterator[str]:
    sheets = list(roots["xl/workbook.xml"].iter(f"{MAIN}sheet"))
    for key in ("sheetId", f"{OFFICE}id", "name"):
        counted = Counter(str(sheet.get(key)).casefold() for sheet in sheets)
        yield from (f"two sheets have {key} {value}" for value, count in counted.items() if count > 1)
    yield from (f"sheetId {s.get('sheetId')}" for s in sheets if not 0 < int(str(s.get("sheetId"))) < 65535)
    known = {(source, rid) for source, rid, _, _ in _relations(roots)}
    for name, root in roots.items():
        for element in root.iter() if not name.endswith((".rels", ".vml")) else ():
            rid = element.get(f"{OFFICE}id")
            if rid is not None and (name, rid) not in known:
                yield f"{name} names {rid}, which is no relation of it"


def _texts(roots: dict[str, Element]) -> Iterator[str]:
    """Text where none may stand, and attributes that are not of their kind."""
    for name, root in roots.items():
        ours = name.endswith(".rels") or name == "[Content_Types].xml"
        if not ours and not re.match(r"xl/(workbook|styles|worksheets/|comments)", name):
            continue
        for element in root.iter():
            local = element.tag.rpartition("}")[2]
            allowed = not ours and (local in _WITH_TEXT or not element.tag.startswith(MAIN))
            if ((element.text or "").strip() and not allowed) or (element.tail or "").strip():
                yield f"{name}: text in or after {local}: {(element.text or '') + (element.tail or '')!r}"[:200]
            if not element.tag.startswith(MAIN):
                continue
            for key, value in element.attrib.items():
                if key in _BOOLEAN and value not in ("0", "1", "true", "false"):
                    yield f"{name}: {local} {key}={value!r}"
                if key in _COUNT and not re.fullmatch(r"\d+|[A-Z]+\d+", value):
                    yield f"{name}: {local} {key}={value!r}"
            if "count" in element.attrib and local != "sst" and int(element.get("count", "0")) != len(element):
                yield f"{name}: {local} says {element.get('count')} and has {len(element)}"


def _vml(parts: dict[str, bytes]) -> Iterator[str]:
    """Shape ids are of the block that their drawing declares, and no two drawings declare one block."""
    owners: Counter[str] = Counter()
    for name, part in parts.items():
        if not name.endswith(".vml"):
            continue
        text = part.decode("utf-8", "replace")
        declared = re.findall(r'<o:idmap [^>]*data="([^"]*)"', text)
        blocks = [block for data in declared for block in data.split(",")]
        owners.update(blocks)
        yield from (f"{name}: idmap {block!r}" for block in blocks if not block.strip().isdigit())
        ids = re.findall(r'<v:shape [^>]*id="_x0000_s(\d+)"', text)
        yield from (f"{name}: shape {i} twice" for i, count in Counter(ids).items() if count > 1)
        numbers = {int(block) for block in blocks if block.strip().isdigit()}
        yield from (
            f"{name}: shape {i} is of no block of {sorted(numbers)}" for i in ids if int(i) // 1024 not in numbers
        )
    yield from (f"two drawings have block {block}" for block, count in owners.items() if count > 1)
