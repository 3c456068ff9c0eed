"""A workbook's styles and drawings read as XML: number formats, what is struck out or cannot be seen, what lies over a
sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from xlkpi.intake.markup import TRUE, duplicate, malformed, tree, walk, whole_number
from xlkpi.intake.memory import cache_short


class CellStyles(NamedTuple):
    """The number of each cell style's format; the codes of the formats that the file brings; the cell styles that
    strike out what they show, and those in which nobody can read it; the number formats that conditions put on."""

    formats: tuple[int, ...]
    codes: Mapping[int, str]
    struck: frozenset[int]
    unseen: frozenset[int]
    conditional: frozenset[str]


@cache_short(64, 1 << 20)
def parsed_formats(data: bytes) -> CellStyles:
    """What the styles say.

    Raises:
        Refused: malformed.
    """
    styles = _Styles()
    walk("样式表", data, styles)
    struck = frozenset(n for n, font in enumerate(styles.fonts) if font in styles.struck)
    unseen = frozenset(n for n, look in enumerate(zip(styles.fonts, styles.fills, strict=True)) if styles.hides(*look))
    return CellStyles(tuple(styles.formats), styles.codes, struck, unseen, frozenset(styles.conditional))


_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_Colour = tuple[int, ...]
_NAMED_COLOURS: Final = {
    ("theme", "0"): _WHITE, ("theme", "1"): _BLACK, ("indexed", "0"): _BLACK, ("indexed", "1"): _WHITE,
    ("indexed", "8"): _BLACK, ("indexed", "9"): _WHITE, ("indexed", "64"): _BLACK, ("indexed", "65"): _WHITE,
}  # fmt: skip
_CLOSE: Final = 48  # of 765: two colours that are nearer cannot be told apart
_SMALLEST: Final = 3.0  # points


def _colour(attributes: Mapping[str, str]) -> _Colour | None:
    """Red, green and blue; None where only a theme knows it."""
    rgb = attributes.get("rgb", "")
    if re.fullmatch("[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}", rgb):
        return tuple(bytes.fromhex(rgb[-6:]))
    if attributes.get("tint", "0") not in ("0", "0.0", ""):
        return None
    kind = "theme" if "theme" in attributes else "indexed"
    return _NAMED_COLOURS.get((kind, attributes.get(kind, "")))


class _Styles:
    def __init__(self) -> None:
        self.section = ""
        self.formats: list[int] = []
        self.codes: dict[int, str] = {}
        self.fonts: list[int] = []  # of each cell style
        self.fills: list[int] = []  # the same
        self.struck: set[int] = set()  # fonts
        self.font = self.fill = -1
        self.inks: dict[int, _Colour | None] = {}
        self.grounds: dict[int, _Colour | None] = {}
        self.tiny: set[int] = set()  # fonts
        self.conditional: set[str] = set()

    def hides(self, font: int, fill: int) -> bool:
        """Whether what is written in a font cannot be read on a fill."""
        ink, ground = self.inks.get(font, _BLACK), self.grounds.get(fill, _WHITE)
        is_close = (
            ink is not None
            and ground is not None
            and sum(abs(a - b) for a, b in zip(ink, ground, strict=True)) < _CLOSE
        )
        return is_close or font in self.tiny

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
            self.fills.append(whole_number("样式表的填充号", attributes.get("fillId", "0")))
        elif self.section == "fonts":
            self._in_fonts(depth, name, attributes)
        elif self.section == "fills":
            self._in_fills(depth, name, attributes)
        elif self.section == "dxfs" and depth == 4 and name == "numFmt":
            self.conditional.add(attributes.get("formatCode", ""))
        elif depth == 3 and self.section == "numFmts" and name == "numFmt":
            number = whole_number("样式表的数字格式号", attributes.get("numFmtId", "0"))
            code = attributes.get("formatCode", "")
            if self.codes.setdefault(number, code) != code:
                raise duplicate(f"样式表的数字格式 {number}")

    def _in_fonts(self, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        if depth == 3 and name == "font":
            self.font += 1
        elif depth == 4 and name == "strike" and attributes.get("val", "1") in TRUE:
            self.struck.add(self.font)
        elif depth == 4 and name == "color":
            self.inks[self.font] = _colour(attributes)
        elif depth == 4 and name == "sz" and _is_tiny(attributes.get("val", "")):
            self.tiny.add(self.font)

    def _in_fills(self, depth: int, name: str, attributes: Mapping[str, str]) -> None:
        if depth == 3 and name == "fill":
            self.fill += 1
        elif depth == 4 and (name != "patternFill" or attributes.get("patternType", "none") not in ("none", "solid")):
            self.grounds[self.fill] = None  # a pattern or a gradient
        elif depth == 4 and attributes.get("patternType") == "solid":
            self.grounds.setdefault(self.fill, None)
        elif depth == 5 and name == "fgColor" and self.fill in self.grounds:
            self.grounds[self.fill] = _colour(attributes)

    def end(self, depth: int, name: str) -> None:
        """Nothing to do."""

    def text(self, depth: int, text: str) -> None:
        """Nothing to do."""


def _is_tiny(size: str) -> bool:
    try:
        return float(size) < _SMALLEST
    except ValueError:
        return False


_ANCHORS: Final = ("twoCellAnchor", "oneCellAnchor", "absoluteAnchor")


@cache_short(64, 1 << 18)
def parsed_drawing(data: bytes) -> int:
    """How many pictures, shapes and charts a drawing has.

    Raises:
        Refused: malformed.
    """
    return sum(node.tag.rpartition("}")[2] in _ANCHORS for node in tree("图形", data))
