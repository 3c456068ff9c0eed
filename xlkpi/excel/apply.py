"""Operations applied to a workbook that is open in Excel, on any engine of xlwings.

All is checked before anything is written. What only desktop Excel can do (widths, wrapped and bold text, comments) is
left out elsewhere: nothing that a person has to know is said by it alone. Whatever fails half-way is taken back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from xlkpi.files import fault
from xlkpi.values import CellContent, CellFault, column_letters, column_row
from xlkpi.workbook.operations import Choices, Comment, EnsureSheet, Fill, Link, NumberFormat, Operations, Write, quoted

LONGEST_NAME = 31  # characters of a sheet's name
LONGEST_TEXT = 32_767
LAST_ROW = 32_767  # the VBA client counts rows in an Integer
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]|^'|'$")
_REF = re.compile(r"([A-Z]{1,3})([1-9]\d*)")
_OF_EXCEL = frozenset(("com_error", "CommandError", "ComError"))  # pywin32's and appscript's
_SAFE = re.compile(r"[^\W\d_][^\d]*")  # begins with a letter and has no digit: Excel takes it for nothing but text


class _Step(NamedTuple):
    """How to undo one step. `plain` names a sheet whose contents come back without their formatting."""

    take_back: Callable[[], None]
    plain: str = ""


class CannotWrite(Exception):
    """The workbook takes no writing; the text says why and how it stands now, in words for the reviewer."""


def apply(book: Any, operations: Operations) -> None:
    """Carry the operations out.

    Raises:
        CannotWrite: an operation is impossible, or Excel refused one. What was written was taken back; where even that
            failed, the text says so.
    """
    check(book, operations)
    desktop = book.app.engine.type == "desktop"
    undo: list[_Step] = []
    with unlocked(book):
        try:
            for operation in operations:
                _APPLIERS[type(operation)](book, operation, desktop, undo)
        except Exception as error:
            raise CannotWrite(f"Excel 拒绝写入（{words(error)}）；{_roll_back(undo)}") from error


def _roll_back(undo: list[_Step]) -> str:
    """Undo the steps, the last first; returns the workbook's state. If one fails, the others are still undone."""
    complete = True
    for step in reversed(undo):
        try:
            step.take_back()
        except Exception:
            complete = False
    if not complete:
        return "没能全部复原，请不要保存，关闭后重新打开"
    kept_sheets = "、".join(f"“{step.plain}”" for step in undo if step.plain)
    return f"工作簿保持原样{f'，只有原来的{kept_sheets}要到下次写入才有颜色和链接' if kept_sheets else ''}"


def check(book: Any, operations: Operations) -> None:
    """Refuse operations that would fail, or be altered, half-way.

    Raises:
        CannotWrite: a sheet's name, a place, a number or a text is impossible.
    """
    titles = {sheet.name.casefold() for sheet in book.sheets}
    for operation in operations:
        if isinstance(operation, EnsureSheet):
            if len(operation.sheet) > LONGEST_NAME or _FORBIDDEN.search(operation.sheet) or not operation.sheet:
                raise CannotWrite(f"工作表名“{operation.sheet}”不合 Excel 的规定（最多 {LONGEST_NAME} 个字）")
            titles.add(operation.sheet.casefold())
            continue
        sheet = operation.place.sheet if isinstance(operation, Write | Link | Comment) else operation.sheet
        if sheet.casefold() not in titles:
            raise CannotWrite(f"工作簿里没有工作表“{sheet}”")
        if isinstance(operation, Write):
            _check_rows(operation)


def _check_rows(operation: Write) -> None:
    _, row = corner(operation.place.ref)
    if row + len(operation.rows) - 1 > LAST_ROW:
        raise CannotWrite(f"“{operation.place.sheet}”超过 {LAST_ROW} 行")
    for content in (content for row_ in operation.rows for content in row_):
        if isinstance(content, float) and not math.isfinite(content):
            raise CannotWrite(f"“{operation.place.sheet}”里有不能写入的数 {content}")
        if isinstance(content, str) and len(content) > LONGEST_TEXT:
            raise CannotWrite(f"“{operation.place.sheet}”里的文字超过 {LONGEST_TEXT} 个字")


def _ensure(book: Any, operation: EnsureSheet, desktop: bool, undo: list[_Step]) -> None:
    named = {sheet.name.casefold(): sheet for sheet in book.sheets}
    sheet = named.get(operation.sheet.casefold())
    if sheet is None:
        # only after the last: a client of the remote engine puts it elsewhere when asked for another place
        sheet = book.sheets.add(operation.sheet, after=book.sheets[len(book.sheets) - 1])
        undo.append(_Step(sheet.delete))
    elif desktop:
        put_back = _restore(sheet)
        sheet.clear()
        undo.append(_Step(put_back, operation.sheet))
    else:
        sheet.clear()  # only queued: after a failure nothing of it is sent
    if desktop:
        for number, width in enumerate(operation.widths, 1):
            sheet.range(f"{column_letters(number)}:{column_letters(number)}").column_width = width


def _restore(sheet: Any) -> Callable[[], None]:
    """Returns what restores the contents of one of our sheets; its formatting comes back with the next press."""
    used = sheet.used_range
    area = sheet.range((1, 1), (used.row + used.shape[0] - 1, used.column + used.shape[1] - 1))
    values = area.options(ndim=2).value

    def put_back() -> None:
        sheet.clear()
        area.value = [[_content(value) for value in row] for row in values]

    return put_back


def _write(book: Any, operation: Write, desktop: bool, undo: list[_Step]) -> None:
    width = max((len(row) for row in operation.rows), default=0)
    if not width:
        return
    column, row = corner(operation.place.ref)
    values = [[*map(_content, line), *[None] * (width - len(line))] for line in operation.rows]
    sheet = book.sheets[operation.place.sheet]
    area = sheet.range((row, column), (row + len(values) - 1, column + width - 1))
    area.value = values
    if operation.wrap and desktop:
        area.wrap_text = True


def _fill(book: Any, operation: Fill, desktop: bool, undo: list[_Step]) -> None:
    area = book.sheets[operation.sheet].range(operation.area)
    area.color = operation.colour
    if operation.bold and desktop:
        area.font.bold = True


def _number_format(book: Any, operation: NumberFormat, desktop: bool, undo: list[_Step]) -> None:
    book.sheets[operation.sheet].range(operation.area).number_format = operation.code


def _link(book: Any, operation: Link, desktop: bool, undo: list[_Step]) -> None:
    cell = book.sheets[operation.place.sheet].range(operation.place.ref)
    cell.add_hyperlink(
        f"#{quoted(operation.target.sheet)}!{operation.target.ref}",
        _without_formula(operation.text),
        str(operation.target),
    )


def _comment(book: Any, operation: Comment, desktop: bool, undo: list[_Step]) -> None:
    if not desktop:
        return
    cell = book.sheets[operation.place.sheet].range(operation.place.ref)
    if cell.note is None:
        cell.add_note(operation.text)
    elif operation.text not in cell.note.text:
        cell.note.text = f"{cell.note.text}\n{operation.text}"


_APPLIERS: dict[type, Callable[[Any, Any, bool, list[_Step]], None]] = {
    EnsureSheet: _ensure, Write: _write, Fill: _fill, NumberFormat: _number_format, Link: _link, Comment: _comment,
    Choices: lambda book, operation, desktop, undo: None,  # not every client can; the sheet names the words
}  # fmt: skip


def _content(content: CellContent) -> Any:
    """A content as xlwings wants it. A text stays a text: Excel drops the apostrophe and reads no formula behind it.

    The VBA client makes a date of every N-N-N, Excel itself of 3/4 or 5月; the apostrophe keeps both away.
    """
    if isinstance(content, CellFault):
        return content.code
    if isinstance(content, str) and content:
        return content if _plain_text(content) else f"'{content}"
    return content


def _without_formula(text: str) -> str:
    """The words of a link, which Excel enters into the cell: never a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "'")) else text


def _plain_text(text: str) -> bool:
    return _SAFE.fullmatch(text) is not None and text.upper() not in ("TRUE", "FALSE")


@contextmanager
def unlocked(book: Any) -> Iterator[None]:
    """Lift the lock on the workbook's sheets, which our blanks carry without a password, and put it back.

    Windows through COM, Mac through appscript; other engines have no way to it, and no lock shows there.

    Raises:
        CannotWrite: the lock could not be lifted, or not put back; the text says which.
    """
    api = book.api
    windows = getattr(api, "ProtectStructure", None) is True
    mac = not windows and hasattr(api, "protect_structure") and api.protect_structure.get() is True
    try:
        if windows:
            api.Unprotect()
        elif mac:
            api.unprotect()
    except Exception as error:
        raise CannotWrite(f"工作簿的结构受保护，没能解除（{words(error)}）；工作簿保持原样") from error
    try:
        yield
    finally:
        try:
            if windows:
                api.Protect(Structure=True, Windows=False)
            elif mac:
                api.protect_workbook(structure=True, windows=False)
        except Exception as error:
            raise CannotWrite(f"工作簿结构的保护没有恢复，请在“审阅”里重新保护工作簿（{words(error)}）") from error


def corner(ref: str) -> tuple[int, int]:
    """Column and row of a reference, from 1."""
    try:
        return column_row(ref)
    except ValueError:
        raise CannotWrite(f"“{ref}”不是单元格") from None


def words(error: Exception) -> str:
    """Excel's own message, shortened; for an error of ours its type and where it happened."""
    if type(error).__name__ not in _OF_EXCEL:
        return fault(error)
    about = error.args[2] if len(error.args) > 2 else None  # COM's: number, words, and what the program itself says
    description = about[2] if isinstance(about, tuple) and len(about) > 2 and about[2] else error
    return f"{description}"[:300]
