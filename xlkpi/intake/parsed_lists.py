"""What a workbook and its package list, read as XML: sheets and names, relations, content types, properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from xlkpi.intake.guard import Refused
from xlkpi.intake.markup import (
    OWN_ELEMENTS,
    TRUE,
    bare,
    duplicate,
    no_alternates,
    relation_of,
    tree,
)
from xlkpi.intake.memory import cache_short
from xlkpi.intake.spelling import defined, no_doubles


@dataclass(frozen=True, slots=True)
class Contents:
    """What the workbook's own part lists: sheets (name, relation), which of them are hidden, names and what they stand
    for (None where a name is of one sheet), whether days count from 1904, and whether there is a list of names at all,
    even an empty one."""

    sheets: tuple[tuple[str, str], ...]
    hidden: frozenset[str]
    names: tuple[tuple[str, str | None], ...]
    from_1904: bool
    lists_names: bool


@cache_short(64, 1 << 20)
def parsed_contents(data: bytes) -> Contents:
    """Read the workbook's part.

    Raises:
        Refused: not a workbook, malformed, or something listed twice.
    """
    part = "工作簿目录"
    root = tree(part, data)
    if bare(root.tag) != "workbook":
        raise Refused("XK-F001")
    sections: dict[str, ElementTree.Element] = {}
    for node in root:
        name = bare(node.tag)
        if name in sections and name in OWN_ELEMENTS:
            raise duplicate(f"{part}的 {name}")
        sections[name] = node
    no_alternates(part, root)
    nodes = [node for node in sections.get("sheets", ()) if bare(node.tag) == "sheet"]
    sheets = [(node.get("name", ""), relation_of(node.attrib)) for node in nodes]
    hidden = frozenset(node.get("name", "") for node in nodes if node.get("state", "visible") != "visible")
    listed = (n for n in sections.get("definedNames", ()) if bare(n.tag) == "definedName")
    names: list[tuple[str, str | None]] = [
        (node.get("name", ""), None)
        if "localSheetId" in node.attrib
        else defined(node.get("name", ""), node.text or "")
        for node in listed
    ]
    about = sections.get("workbookPr")
    from_1904 = about is not None and about.get("date1904", "0").strip() in TRUE
    return Contents(tuple(sheets), hidden, tuple(names), from_1904, "definedNames" in sections)


_PACKAGE: Final = "{http://schemas.openxmlformats.org/package/2006/"


@cache_short(64, 1 << 20)
def parsed_relations(data: bytes) -> tuple[tuple[str, str, str], ...]:
    """The last word of the kind, key and target of each relation to another part. Strict writers use other addresses
    for the kinds.

    Raises:
        Refused: two have the same key.
    """
    root = tree("关系表", data)
    nodes = [node for node in root if node.tag == f"{_PACKAGE}relationships}}Relationship"]
    no_doubles("关系", [node.get("Id", "") for node in nodes])
    inner = (node for node in nodes if node.get("TargetMode", "Internal") != "External")
    return tuple((n.get("Type", "").rpartition("/")[2], n.get("Id", ""), n.get("Target", "")) for n in inner)


@cache_short(64, 1 << 20)
def parsed_types(data: bytes) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Content types by part, and by the ending of a name; both names in small letters.

    Raises:
        Refused: one is listed twice.
    """
    root = tree("内容类型表", data)
    listed: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for node in root:
        if node.tag == f"{_PACKAGE}content-types}}Override":
            listed[0].append((node.get("PartName", "").replace("\\", "/").lstrip("/"), node.get("ContentType", "")))
        elif node.tag == f"{_PACKAGE}content-types}}Default":
            listed[1].append((node.get("Extension", ""), node.get("ContentType", "")))
    for names in listed:
        no_doubles("内容类型", [name for name, _ in names])
    parts, endings = ({name.casefold(): kind for name, kind in names} for names in listed)
    return parts, endings


def parsed_properties(part: str, data: bytes) -> dict[str, str]:
    """Custom document properties that are texts.

    Raises:
        Refused: two have the same name.
    """
    nodes = list(tree(part, data))
    no_doubles("文档属性", [node.get("name", "") for node in nodes])
    return {node.get("name", ""): "".join(node.itertext()) for node in nodes}
