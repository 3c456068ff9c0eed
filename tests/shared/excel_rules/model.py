"""What the rules share: names and limits of SpreadsheetML, areas of cells, a sheet, and the violations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from openpyxl.formula import Tokenizer
from openpyxl.utils.cell import column_index_from_string as col_no

M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CT = "http://schemas.openxmlformats.org/package/2006/content-types"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
V = "urn:schemas-microsoft-com:vml"
X = "urn:schemas-microsoft-com:office:excel"
OFFICE = "urn:schemas-microsoft-com:office:office"
VT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
NS = {"m": M, "r": R, "c": C, "xdr": XDR, "v": V, "x": X, "o": OFFICE}
MAX_ROW, MAX_COL = 1_048_576, 16_384

SHEET_ORDER = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
BOOK_ORDER = [
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
]
STYLE_ORDER = [
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
]
BUILTIN_NAMES = {
    "_xlnm.print_area", "_xlnm.print_titles", "_xlnm._filterdatabase", "_xlnm.criteria", "_xlnm.extract",
    "_xlnm.consolidate_area", "_xlnm.database", "_xlnm.sheet_title", "_xlnm.auto_open", "_xlnm.auto_close",
    "_xlnm.recorder", "_xlnm.data_form", "_xlnm.auto_activate", "_xlnm.auto_deactivate",
}  # fmt: skip
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!",
          "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!"}  # fmt: skip
BUILTIN_FORMATS = {*range(23), *range(27, 37), *range(37, 41), *range(41, 50), *range(50, 82)}
# fonts of Windows and Office in China; macOS Office and WPS replace 微软雅黑 by a like one
FONTS = {"calibri", "arial", "cambria", "times new roman", "tahoma", "verdana", "courier new", "segoe ui", "consolas",
         "微软雅黑", "microsoft yahei", "microsoft yahei ui", "宋体", "simsun", "黑体", "simhei", "等线", "dengxian",
         "楷体",
         "kaiti", "仿宋", "fangsong", "aptos narrow", "aptos", "wingdings", "symbol",
         "webdings", "ms sans serif"}  # fmt: skip

# name: (least, most) arguments; most None = 255
ARITY: dict[str, tuple[int, int | None]] = {
    "ABS": (1, 1), "AND": (1, None), "AVERAGE": (1, None), "AVERAGEA": (1, None), "AVERAGEIF": (2, 3),
    "AVERAGEIFS": (3, None), "CEILING": (2, 2), "CHAR": (1, 1), "CHOOSE": (2, 255), "CLEAN": (1, 1), "CODE": (1, 1),
    "COLUMN": (0, 1), "COLUMNS": (1, 1), "CONCATENATE": (1, None), "COUNT": (1, None), "COUNTA": (1, None),
    "COUNTBLANK": (1, 1), "COUNTIF": (2, 2), "COUNTIFS": (2, None), "DATE": (3, 3), "DATEDIF": (3, 3),
    "DATEVALUE": (1, 1), "DAY": (1, 1), "EDATE": (2, 2), "EOMONTH": (2, 2), "EXACT": (2, 2), "EXP": (1, 1),
    "FALSE": (0, 0), "FIND": (2, 3), "FIXED": (1, 3), "FLOOR": (2, 2), "HLOOKUP": (3, 4), "HOUR": (1, 1),
    "HYPERLINK": (1, 2), "IF": (2, 3), "IFERROR": (2, 2), "INDEX": (2, 4), "INDIRECT": (1, 2), "INT": (1, 1),
    "ISBLANK": (1, 1), "ISERR": (1, 1), "ISERROR": (1, 1), "ISEVEN": (1, 1), "ISLOGICAL": (1, 1), "ISNA": (1, 1),
    "ISNONTEXT": (1, 1), "ISNUMBER": (1, 1), "ISODD": (1, 1), "ISREF": (1, 1), "ISTEXT": (1, 1), "LARGE": (2, 2),
    "LEFT": (1, 2), "LEN": (1, 1), "LN": (1, 1), "LOG": (1, 2), "LOG10": (1, 1), "LOOKUP": (2, 3), "LOWER": (1, 1),
    "MATCH": (2, 3), "MAX": (1, None), "MAXA": (1, None), "MEDIAN": (1, None), "MID": (3, 3), "MIN": (1, None),
    "MINA": (1, None), "MINUTE": (1, 1), "MOD": (2, 2), "MONTH": (1, 1), "N": (1, 1), "NA": (0, 0),
    "NETWORKDAYS": (2, 3), "NOT": (1, 1), "NOW": (0, 0), "OFFSET": (3, 5), "OR": (1, None), "PERCENTILE": (2, 2),
    "PERCENTRANK": (2, 3), "POWER": (2, 2), "PRODUCT": (1, None), "PROPER": (1, 1), "QUARTILE": (2, 2),
    "QUOTIENT": (2, 2), "RANK": (2, 3), "REPLACE": (4, 4), "REPT": (2, 2), "RIGHT": (1, 2), "ROUND": (2, 2),
    "ROUNDDOWN": (2, 2), "ROUNDUP": (2, 2), "ROW": (0, 1), "ROWS": (1, 1), "SEARCH": (2, 3), "SECOND": (1, 1),
    "SIGN": (1, 1), "SMALL": (2, 2), "SQRT": (1, 1), "STDEV": (1, None), "SUBSTITUTE": (3, 4), "SUBTOTAL": (2, None),
    "SUM": (1, None), "SUMIF": (2, 3), "SUMIFS": (3, None), "SUMPRODUCT": (1, None), "SUMSQ": (1, None), "T": (1, 1),
    "TEXT": (2, 2), "TIME": (3, 3), "TODAY": (0, 0), "TRIM": (1, 1), "TRUE": (0, 0), "TRUNC": (1, 2), "UPPER": (1, 1),
    "VALUE": (1, 1), "VAR": (1, None), "VLOOKUP": (3, 4), "WEEKDAY": (1, 2), "WEEKNUM": (1, 2), "WORKDAY": (2, 3),
    "YEAR": (1, 1), "YEARFRAC": (2, 3), "AGGREGATE": (3, None),
}  # fmt: skip
# must be written with _xlfn. in a file; without it Excel shows #NAME?
FUTURE = {
    "IFS",
    "SWITCH",
    "CONCAT",
    "TEXTJOIN",
    "MAXIFS",
    "MINIFS",
    "IFNA",
    "XOR",
    "DAYS",
    "FORMULATEXT",
    "NUMBERVALUE",
    "ISFORMULA",
    "SHEET",
    "SHEETS",
    "UNICHAR",
    "UNICODE",
    "BASE",
    "DECIMAL",
    "RANK.EQ",
    "RANK.AVG",
    "PERCENTILE.INC",
    "PERCENTILE.EXC",
    "QUARTILE.INC",
    "QUARTILE.EXC",
    "STDEV.S",
    "STDEV.P",
    "VAR.S",
    "VAR.P",
    "MODE.SNGL",
    "MODE.MULT",
    "NORM.DIST",
    "CEILING.MATH",
    "FLOOR.MATH",
    "AGGREGATE",
    "NETWORKDAYS.INTL",
    "WORKDAY.INTL",
    "XLOOKUP",
    "XMATCH",
    "FILTER",
    "SORT",
    "SORTBY",
    "UNIQUE",
    "SEQUENCE",
    "RANDARRAY",
    "LET",
    "LAMBDA",
    "TEXTSPLIT",
    "TEXTBEFORE",
    "TEXTAFTER",
    "VSTACK",
    "HSTACK",
    "TOCOL",
    "TOROW",
    "TAKE",
    "DROP",
    "CHOOSECOLS",
    "CHOOSEROWS",
    "EXPAND",
    "WRAPROWS",
    "WRAPCOLS",
    "BYROW",
    "BYCOL",
    "MAP",
    "REDUCE",
    "SCAN",
    "MAKEARRAY",
    "ARRAYTOTEXT",
    "VALUETOTEXT",
    "ENCODEURL",
} - {"AGGREGATE", "NETWORKDAYS.INTL", "WORKDAY.INTL"}
DYNAMIC = {"FILTER", "SORT", "SORTBY", "UNIQUE", "SEQUENCE", "RANDARRAY", "XLOOKUP", "TEXTSPLIT", "VSTACK", "HSTACK"}
# take ranges or arrays as they are, in these arguments (0 = all)
_RANGES = (
    "SUM AVERAGE AVERAGEA COUNT COUNTA COUNTBLANK MAX MAXA MIN MINA MEDIAN PRODUCT SUMPRODUCT SUMSQ STDEV VAR AND OR "
    "ROWS COLUMNS ROW COLUMN SUBTOTAL AGGREGATE MODE CONCAT TEXTJOIN NPV IRR FREQUENCY TRANSPOSE MMULT ISREF N T "
    "AREAS XOR"
)
TAKES_RANGE: dict[str, set[int]] = {
    **{f: {0} for f in _RANGES.split()},
    "COUNTIF": {1}, "SUMIF": {1, 3}, "AVERAGEIF": {1, 3}, "LARGE": {1}, "SMALL": {1}, "RANK": {2}, "PERCENTILE": {1},
    "QUARTILE": {1}, "PERCENTRANK": {1}, "MATCH": {2}, "VLOOKUP": {2}, "HLOOKUP": {2}, "LOOKUP": {2, 3}, "INDEX": {1},
    "OFFSET": {1}, "CHOOSE": {0}, "IF": set(), "NETWORKDAYS": {3}, "WORKDAY": {3},
    "SUMIFS": {1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20}, "AVERAGEIFS": {1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20},
    "COUNTIFS": {1, 3, 5, 7, 9, 11, 13, 15, 17, 19},
}  # fmt: skip
WHOLE_ARRAY = {
    "SUMPRODUCT",
    "MMULT",
    "FREQUENCY",
    "LOOKUP",
    "AGGREGATE",
}  # evaluate their arguments as arrays without CSE
CRITERIA = {"COUNTIF": {2}, "SUMIF": {2}, "AVERAGEIF": {2}, "COUNTIFS": {2, 4, 6, 8, 10}, "SUMIFS": {3, 5, 7, 9, 11},
            "AVERAGEIFS": {3, 5, 7, 9, 11}, "MATCH": {1}, "VLOOKUP": {1}, "HLOOKUP": {1}, "SEARCH": {1}}  # fmt: skip
LOCALE_CODES = re.compile(r"(?i)[ymdhsgeb]|am/pm|general|上午")

CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})$")
RANGE = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d+)(?::\$?([A-Za-z]{1,3})\$?(\d+))?$")
NAME = re.compile(r"^[A-Za-z_\\\u00aa-\uffff][\w.\\?\u00aa-\uffff]*$")
SQ = re.compile(r"^\$?[A-Z]{1,3}\$?\d+(:\$?[A-Z]{1,3}\$?\d+)?$|^\$?[A-Z]{1,3}:\$?[A-Z]{1,3}$|^\$?\d+:\$?\d+$")
BAD_CHARS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def utf16(text: str) -> int:
    """Characters as Excel counts them."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class Area:
    """Columns and rows, one-based, both ends in it."""

    c1: int
    r1: int
    c2: int
    r2: int

    def meets(self, other: Area) -> bool:
        return not (self.c2 < other.c1 or other.c2 < self.c1 or self.r2 < other.r1 or other.r2 < self.r1)

    def within(self, other: Area) -> bool:
        return other.c1 <= self.c1 and self.c2 <= other.c2 and other.r1 <= self.r1 and self.r2 <= other.r2

    @property
    def single(self) -> bool:
        return self.c1 == self.c2 and self.r1 == self.r2


@lru_cache(100_000)
def area(ref: str) -> Area | None:
    """A1, A1:B2, A:B or 1:2 in any mixture of dollars; None if it is none or lies outside the sheet."""
    ref = ref.replace("$", "").upper()
    if found := RANGE.match(ref):
        a, b, c, d = found.groups()
        if col_no_safe(a) is None or (c and col_no_safe(c) is None):
            return None
        ends = (col_no_safe(a), int(b), col_no_safe(c or a), int(d or b))
    elif found := re.match(r"^([A-Z]{1,3}):([A-Z]{1,3})$", ref):
        ends = (col_no_safe(found[1]), 1, col_no_safe(found[2]), MAX_ROW)
    elif found := re.match(r"^(\d+):(\d+)$", ref):
        ends = (1, int(found[1]), MAX_COL, int(found[2]))
    else:
        return None
    c1, r1, c2, r2 = ends
    if None in ends or not (1 <= c1 <= c2 <= MAX_COL and 1 <= r1 <= r2 <= MAX_ROW):
        return None
    return Area(c1, r1, c2, r2)


def col_no_safe(letters: str) -> int | None:
    try:
        number = col_no(letters)
    except ValueError:
        return None
    return number if number <= MAX_COL else None


@dataclass
class Sheet:
    name: str
    part: str
    state: str
    root: Any
    areas: dict[str, list[Area]] = field(default_factory=dict)
    cells: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)  # ref -> type, value, formula


@dataclass(frozen=True)
class Violation:
    """A rule that a workbook breaks.

    Level E: Excel repairs or refuses the file; W: wrong or illegal; L: looks; C: other
    programs calculate otherwise; I: information."""

    level: str
    rule: str
    part: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.level} {self.rule} {self.part} {self.place}: {self.what}"


def local(element: Element | str) -> str:
    """The name of an element without its namespace."""
    return (element if isinstance(element, str) else element.tag).rpartition("}")[2]


def namespace(element: Element) -> str:
    """The namespace of an element."""
    return element.tag.rpartition("}")[0].removeprefix("{")


def each(tree: Element, uri: str, names: Iterable[str]) -> Iterator[Element]:
    """All elements with one of these names."""
    for name in names:
        yield from tree.iter(f"{{{uri}}}{name}")


class Base:
    """One workbook and its violations; the rules are methods of the classes that build on this."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.found: list[Violation] = []
        self.xml: dict[str, Any] = {}
        self.raw: dict[str, bytes] = {}
        self.rels: dict[str, dict[str, tuple[str, str, bool]]] = {}
        self.types: dict[str, str] = {}
        self.sheets: list[Sheet] = []
        self.names: dict[tuple[int | None, str], str] = {}
        self.tables: dict[str, tuple[str, Area, list[str]]] = {}
        self.strings: list[str] = []
        self.app_version = ""
        self.formulas = 0
        self.seen_functions: Counter[str] = Counter()

    def report(self, level: str, rule: str, part: str, place: str, what: str) -> None:
        """Keep a violation."""
        self.found.append(Violation(level, rule, part, place, what))

    def target(self, source: str, kind: str) -> str | None:
        return next(
            (t for t, k, e in self.rels.get(source, {}).values() if k.rsplit("/", 1)[-1] == kind and not e), None
        )

    def text(self, part: str, place: str, text: str) -> None:
        if utf16(text) > 32_767:
            self.report("E", "S02", part, place, f"{utf16(text)} characters; a cell takes 32,767")
        if text.count("\n") > 253:
            self.report("W", "S02", part, place, f"{text.count(chr(10))} line breaks; a cell takes 253")
        if BAD_CHARS.search(text):
            self.report("E", "S03", part, place, "control characters in text")
        if re.search(r"_x[0-9A-Fa-f]{4}_", text):
            self.report(
                "W",
                "S04",
                part,
                place,
                f"_xHHHH_ in text is read as one character: {re.search(r'_x[0-9A-Fa-f]{4}_', text)[0]}",
            )

    def order(self, part: str, tree: Any, wanted: list[str], rule: str) -> None:
        last = -1
        for e in tree:
            if not isinstance(e.tag, str) or namespace(e) != M:
                continue
            name = local(e)
            if name not in wanted:
                self.report("E", rule, part, name, "element is not allowed here")
                continue
            at = wanted.index(name)
            if at < last:
                self.report("E", rule, part, name, f"stands after {wanted[last]}")
            elif at == last and name not in ("conditionalFormatting", "cols", "fileRecoveryPr"):
                self.report("E", rule, part, name, "element twice")
            last = max(last, at)


def operands(text: str) -> list[str]:
    """References and names of a formula."""
    try:
        return [
            t.value
            for t in Tokenizer("=" + text).items
            if t.type == "OPERAND" and t.subtype == "RANGE" and t.value not in ("TRUE", "FALSE")
        ]
    except Exception:
        return []


def split_union(text: str) -> list[str]:
    pieces, depth, start = [], False, 0
    for n, char in enumerate(text):
        if char == "'":
            depth = not depth
        if char == "," and not depth:
            pieces.append(text[start:n])
            start = n + 1
    return [*pieces, text[start:]]


def needs_quotes(name: str) -> bool:
    """As Excel does: letters (Chinese ones too), digits, _ and . go without, unless the name begins like a
    number or a cell."""
    return (
        not re.match(r"^[^\W\d][\w.]*$", name)
        or bool(re.match(r"^[A-Za-z]{1,3}\d+$", name))
        or bool(re.match(r"^[rRcC]\d*$", name))
    )


def letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def format_faults(code: str) -> Iterator[str]:
    """What makes a number format illegal."""
    if utf16(code) > 255:
        yield f"{utf16(code)} characters, 255 at most"
    bare, n, sections, open_bracket = "", 0, 1, False
    while n < len(code):
        char = code[n]
        if char == '"':
            end = code.find('"', n + 1)
            if end < 0:
                yield "quotation mark is not closed"
                return
            n = end + 1
            continue
        if char in "\\_*":
            if n + 1 >= len(code):
                yield f"{char} at the end"
                return
            n += 2
            continue
        if char == "[":
            end = code.find("]", n)
            if end < 0:
                yield "[ is not closed"
                return
            inner = code[n + 1 : end]
            if not re.match(
                r"(?i)^(black|blue|cyan|green|magenta|red|white|yellow|color ?\d{1,2}|[hms]+|\$[^\]]*"
                r"|[<>=]+-?[\d.]+|dbnum\d|natnum\d|\$-.*|黑色|红色|蓝色|绿色)$",
                inner,
            ):
                yield f"[{inner}] is not known"
            n = end + 1
            continue
        if char == ";":
            sections += 1
        bare += char
        n += 1
    if sections > 4:
        yield f"{sections} sections, 4 at most"
    if re.search(r"[一-鿿]", bare):
        yield "Chinese letters outside quotation marks"
    odd = re.sub(r"(?i)general|am/pm|a/p|[ymdhseb0#?.,%/@$()+\-: ;!^&'~{}<>=¥￥€£°·×]", "", bare)
    if odd:
        yield f"letters without quotation marks: {odd!r}"
    del open_bracket
