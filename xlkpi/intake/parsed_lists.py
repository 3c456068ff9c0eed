"""What a workbook and its package list, read as XML: sheets and names, relations, content types, properties, styles."""

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
    malformed,
    no_alternates,
    relation_of,
    tree,
    walk,
    whole_number,
)
from xlkpi.intake.memory import cache_short
from xlkpi.intake.spelling import defined, no_doubles


@dataclass(frozen=True, slots=True)
class Contents:
    """What the workbook's own part lists: sheets (name, relation), names of the whole workbook, whether days count from
    1904, and whether there is a list of names at all, even an empty one."""

    sheets: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, str], ...]
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
    sheets = [(n.get("name", ""), relation_of(n.attrib)) for n in sections.get("sheets", ()) if bare(n.tag) == "sheet"]
    listed = (n for n in sections.get("definedNames", ()) if bare(n.tag) == "definedName")
    names = [defined(n.get("name", ""), n.text or "") for n in listed if n.get("localSheetId") is None]
    about = sections.get("workbookPr")
    from_1904 = about is not None and about.get("date1904", "0").strip() in TRUE
    return Contents(tuple(sheets), tuple(names), from_1904, "definedNames" in sections)


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


@cache_short(64, 1 << 20)
def parsed_formats(data: bytes) -> tuple[tuple[int, ...], Mapping[int, str], frozenset[int]]:
    """The number of each cell style's format, the codes of the formats that the file brings, and the cell styles that
    strike out what they show.

    Raises:
        Refused: malformed.
    """
    styles = _Styles()
    walk("样式表", data, styles)
    struck = frozenset(n for n, font in enumerate(styles.fonts) if font in styles.struck)
    return tuple(styles.formats), styles.codes, struck


class _Styles:
    def __init__(self) -> None:
        self.section = ""
        self.formats: list[int] = []
        self.codes: dict[int, str] = {}
        self.fonts: list[int] = []  # of each cell style
        self.struck: set[int] = set()  # fonts
        self.font = -1

    def start(self, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        if depth == 1 and name != "styleSheet":
            raise malformed("样式表", " 不是样式表")
        if depth == 2:
            if name == "cellXfs" and self.formats:
                raise duplicate("样式表的 cellXfs")
            self.section = name
        elif depth == 3 and self.section == "cellXfs" and name == "xf":
            self.formats.append(whole_number("样式表的数字格式号", attributes.get("numFmtId", "0")))
            self.fonts.append(whole_number("样式表的字体号", attributes.get("fontId", "0")))
        elif self.section == "fonts" and name in ("font", "strike"):
            if name == "font":
                self.font += depth == 3
            elif depth == 4 and attributes.get("val", "1") in TRUE:
                self.struck.add(self.font)
        elif depth == 3 and self.section == "numFmts" and name == "numFmt":
            number = whole_number("样式表的数字格式号", attributes.get("numFmtId", "0"))
            code = attributes.get("formatCode", "")
            if self.codes.setdefault(number, code) != code:
                raise duplicate(f"样式表的数字格式 {number}")

    def end(self, depth: int, name: str) -> None:
        """Nothing to do."""

    def text(self, depth: int, text: str) -> None:
        """Nothing to do."""
