"""The exact spelling of cells, strings and names that spreadsheet programs write; what differs from it is not cut.

Excel, WPS, LibreOffice, openpyxl, Apache POI, XlsxWriter and SheetJS all write this: double quotes, one blank before an
attribute, no comments, no prefixes, every attribute a known one. A piece of `wellformed` that has another spelling may
mean the same, so the part goes to `parsed`, which reads XML as XML. The patterns never backtrack: they are linear.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from xlkpi.intake.markup import duplicate, malformed, too_long
from xlkpi.intake.memory import cache_short
from xlkpi.values import CellKind, column_number

MAX_FORMULA: Final = 8_192  # characters, as many as Excel takes
ROW: Final = 1 << 14  # a cell's position in reading order is its row times this, plus its column
KINDS: Final = {
    "n": CellKind.NUMBER, "str": CellKind.TEXT, "s": CellKind.TEXT, "inlineStr": CellKind.TEXT,
    "b": CellKind.BOOLEAN, "e": CellKind.ERROR, "d": CellKind.DATE,
}  # fmt: skip
_TRUTHS: Final = {"1": "1", "true": "1", "0": "0", "false": "0"}

_CHARACTER = r"&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});"
TEXT: Final = rf"[^<&]*+(?:{_CHARACTER}[^<&]*+)*+"
_T = rf'<t(?: xml:space="preserve")?>({TEXT})</t>'
_REF = '<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"((?: (?:s|t|cm|vm|ph)="[A-Za-z0-9]{0,10}")*+)(/?)>'
_ROW = (
    "<row((?: (?:r|spans|s|customFormat|ht|hidden|customHeight|outlineLevel|collapsed|thickTop"
    '|thickBot|ph|x14ac:dyDescent)="[0-9A-Za-z.:-]*+(?: [0-9:]+)*+")*+)(/?)>'
)
_TAG = re.compile(rf"</row>|{_ROW}|{_REF}".encode())
_CONTENT = re.compile(
    (
        rf'(?:<f((?: (?:t|ref|si|ca|aca|bx|dt2D|dtr|del1|del2|r1|r2)="[0-9A-Za-z:]*+")*+)(?:/>|>({TEXT})</f>))?+'
        rf'(?:<v(?: xml:space="preserve")?>({TEXT})</v>|(<v/>)|<is>(?:{_T}|<t/>)</is>)?+'
    ).encode()
)
_ATTRIBUTE = re.compile(rb' ([a-z]+)="([^"]*+)"')
_ROW_NUMBER = re.compile(rb' r="([1-9][0-9]{0,6})"')
_HIDDEN = re.compile(rb' (?:hidden="(?:1|true)"|ht="0(?:\.0*)?")')  # as in outline.is_hidden
_ENTITY = re.compile(r"&(#x?)?(\w+);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NUMBER = re.compile(r"[ \t\n\r]*+[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?[ \t\n\r]*+")


class OtherSpelling(Exception):
    """Another spelling than the one that is cut."""


class StoredCell(NamedTuple):
    """A cell as stored: its attributes t and s, its formula, its value as written or its inline string.

    `shared` is the number of the formula that it shares, None where it shares none.
    """

    kind: str
    style: int
    formula: str | None
    value: str | None
    shared: str | None = None


class Piece(NamedTuple):
    """A piece of a sheet that is spelled exactly: its last cell, and how it goes on from the piece before.

    It may follow a piece whose last cell's position is from `least` up to, not including, `enter`; its own last cell
    is at `position`. `hidden` are the rows that it hides.
    """

    ref: str
    least: int
    enter: int
    position: int
    cell: StoredCell
    hidden: tuple[int, ...] = ()


class _Head(NamedTuple):
    """A piece up to its last cell's content: as `Piece`, and that cell's kind and style."""

    ref: str
    least: int
    enter: int
    position: int
    hidden: tuple[int, ...]
    kind: str
    style: int


def piece_of(piece: bytes) -> Piece:
    """Read a piece.

    Raises:
        OtherSpelling: it has another spelling.
        Refused: its content is malformed or longer than any program writes.
    """
    at = piece.find(b">", piece.rfind(b"<c ")) + 1
    head = _head_of(piece[:at])
    content = _CONTENT.fullmatch(piece, at)
    if content is None:
        raise OtherSpelling
    return Piece(head.ref, head.least, head.enter, head.position, _stored(content, head.kind, head.style), head.hidden)


@cache_short(20_000)
def _head_of(piece: bytes) -> _Head:  # noqa: PLR0912 - one branch a kind of tag
    """The rows and blank cells before a piece's last cell, and that cell's tag. In most files only what follows is new.

    Raises:
        OtherSpelling: it has another spelling.
    """
    first = piece.startswith(b"<sheetData>")
    at = len(b"<sheetData>") if first else 0
    in_row_tag, row, position, least, enter = not first, 0, 0, 0, 0
    hidden: list[int] = []
    while True:
        tag = _TAG.match(piece, at)
        if tag is None:
            raise OtherSpelling
        at = tag.end()
        about, closed, column, cell_row, attributes, blank = tag.groups()
        if column:
            in_row = int(cell_row)
            if not in_row_tag or (row and in_row != row):
                raise OtherSpelling
            if not row:  # it stands in the row that the piece before has opened
                row, least = in_row, in_row * ROW
            now = in_row * ROW + column_number(column.decode())
            if position and now <= position:
                raise OtherSpelling
            enter, position = enter or now, now
            if not blank:
                break
        elif about is not None:
            number = _ROW_NUMBER.search(about)
            if number is None or in_row_tag or int(number[1]) <= row:
                raise OtherSpelling
            row, in_row_tag, position = int(number[1]), not closed, 0
            enter = enter or row * ROW
            if _HIDDEN.search(about):
                hidden.append(row)
        elif in_row_tag:
            in_row_tag = False
        else:
            raise OtherSpelling
    if at != len(piece):
        raise OtherSpelling
    return _Head(
        (column + cell_row).decode(), least, enter, position, tuple(hidden), *_kind_and_style(attributes)
    )  # fmt: skip


def _stored(content: re.Match[bytes], kind: str, style: int) -> StoredCell:
    about, formula, value, empty, inline = content.groups()
    if empty:
        value = b""
    is_inline = inline is not None or (value is None and content[0].endswith(b"</is>"))
    if is_inline != (kind == "inlineStr") and (is_inline or value is not None):
        raise OtherSpelling  # the parser reports it in words
    if is_inline:
        value = inline or b""
    shared = None
    if about is None:
        text = None
    else:
        facts = dict(_ATTRIBUTE.findall(about)) if about else {}
        text = formula_of(formula or b"")
        if facts.get(b"t") == b"shared":
            shared = facts.get(b"si", b"").decode()
    return StoredCell(kind, style, text, None if value is None else decoded(value), shared)


@cache_short(5_000)
def _kind_and_style(attributes: bytes) -> tuple[str, int]:
    facts = dict(_ATTRIBUTE.findall(attributes))
    kind, style = facts.get(b"t", b"n").decode(), facts.get(b"s", b"0").decode()
    if kind not in KINDS or not style.isdecimal():
        raise OtherSpelling  # the parser reports it in words
    return kind, int(style)


@cache_short(256, 1 << 18)  # the unused rows of a table, the same in every file
def end_of(last: bytes) -> Piece:
    """What stands behind the last cell that holds something, as if one more followed in a row of its own.

    Raises:
        OtherSpelling: it has another spelling.
    """
    return piece_of(last + b'<row r="9999999"><c r="A9999999"><v>0</v>')


def decoded(data: bytes) -> str:
    """Text of XML: entities and line ends as a parser gives them."""
    text = even_lines(data.decode())
    return _ENTITY.sub(_unescaped_entity, text) if "&" in text else text


def _unescaped_entity(entity: re.Match[str]) -> str:
    number, name = entity.groups()
    return chr(int(name, 16 if number == "#x" else 10)) if number else _NAMED[name]


@cache_short(20_000)
def formula_of(data: bytes) -> str:
    """A formula's text; most come back in every file.

    Raises:
        Refused: it is longer than any program writes.
    """
    return formula_text(decoded(data))


def formula_text(text: str) -> str:
    """A formula as it is meant: some writers put an equals sign before it, which Excel takes away.

    Raises:
        Refused: it is longer than any program writes.
    """
    if len(text) > MAX_FORMULA:
        raise too_long("公式", MAX_FORMULA)
    text = even_lines(text)
    return text[1:] if text.startswith("=") else text


def without_escapes(text: str) -> str:
    """A cell's text without the escapes of spreadsheets (`_x000D_`), every line break the same."""
    if "_x" in text:
        text = _ESCAPED.sub(_unescaped, text)
    return even_lines(text)


def even_lines(text: str) -> str:
    """Every line break as one line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    number = int(escape[1], 16)
    return escape[0] if 0xD800 <= number < 0xE000 else chr(number)  # half of a character is none


def value_of(where: str, kind: str, value: str) -> str | None:
    """A stored value as it is meant, None where there is none; `where` is for people.

    Raises:
        Refused: Python would take it for a number that it is not in a spreadsheet (1_000, full-width digits).
    """
    if kind in ("str", "inlineStr"):
        return without_escapes(value) or ("" if kind == "str" else None)
    if kind == "b":
        return _TRUTHS.get(value.strip(" \t\n\r"), value) or None
    if kind == "n" and value and not _NUMBER.fullmatch(value):
        try:
            odd = math.isfinite(float(value))
        except ValueError:  # normalise reports it like any words in a number's cell
            odd = False
        if odd:
            raise malformed(where, f" 的数值写作 {value[:20]!r}")
    return value or None


def index_of(where: str, value: str) -> int:
    """The number of a shared string.

    Raises:
        Refused: it is none.
    """
    text = value.strip(" \t\n\r")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise malformed(where, f" 的共享字符串编号是 {value[:20]!r}")
    return int(text)


# ------------------------------------------------------------------ shared strings

_RUN = rf'<r>(?:<rPr>(?:<[A-Za-z0-9]+(?: [A-Za-z0-9]+="[^"<>&]*+")*+/>)*+</rPr>)?+(?:{_T}|<t/>)</r>'
_HINTS = (
    rf'(?:<rPh sb="[0-9]+" eb="[0-9]+">{_T}</rPh>)*+'
    '(?:<phoneticPr(?: (?:fontId|type|alignment)="[A-Za-z0-9]*+")*+/>)?+'
)  # fmt: skip
_ITEM = re.compile(rf"(?:{_T}|<t/>|(?:{_RUN})++){_HINTS}".encode())
_PIECE_OF_TEXT = re.compile(_T.encode())
_PHONETIC = b"<rPh "


@cache_short(20_000)
def string_of(item: bytes) -> str:
    """A shared string between `<si>` and `</si>`: its runs joined, phonetic hints left out.

    Raises:
        OtherSpelling: it has another spelling.
    """
    if _ITEM.fullmatch(item) is None or b"<strike" in item or b"<vertAlign" in item:  # not all of it may count
        raise OtherSpelling
    hints = item.find(_PHONETIC)
    return without_escapes(decoded(b"".join(_PIECE_OF_TEXT.findall(item if hints < 0 else item[:hints]))))


# ------------------------------------------------------------------ defined names

MAX_NAME: Final = 255
_NAME = re.compile(
    (
        r"(?:<definedNames>)?<definedName((?: (?:name|localSheetId|hidden|function|vbProcedure|comment|description|help"
        rf'|statusBar|customMenu|shortcutKey|functionGroupId|publishToServer|workbookParameter|xlm)="[^"<>&\r\n\t]*+")+)>({TEXT})'
    ).encode()
)
_LETTERS = re.compile(rb' (\w+)="([^"]*+)"')


def name_of(piece: bytes) -> tuple[str, str | None]:
    """A defined name of the whole workbook and what it stands for; None in its place for the name of a single sheet.

    Raises:
        OtherSpelling: it has another spelling.
        Refused: it is too long.
    """
    element = _NAME.fullmatch(piece)
    if element is None:
        raise OtherSpelling
    facts = dict(_LETTERS.findall(element[1]))
    if b"name" not in facts:
        raise OtherSpelling
    name = facts[b"name"].decode()
    return (name, None) if b"localSheetId" in facts else defined(name, decoded(element[2]))


def defined(name: str, text: str) -> tuple[str, str]:
    """A name and what it stands for.

    Raises:
        Refused: one of them is too long.
    """
    if len(name) > MAX_NAME:
        raise too_long("名称", MAX_NAME)
    return name, formula_text(text)


def no_doubles(kind: str, names: list[str]) -> None:
    """Names know no capitals, and each stands for one thing.

    Raises:
        Refused: two are the same.
    """
    folded_names: set[str] = set()
    for name in names:
        folded = name.casefold()
        if folded in folded_names:
            raise duplicate(f"{kind}“{name[:60]}”")
        folded_names.add(folded)
