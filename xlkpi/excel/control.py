"""The control workbook's one sheet: what stands where, what it asks for, and the log. Builder and button share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from xlkpi.excel.apply import apply
from xlkpi.excel.cells import BookCells
from xlkpi.values import UNKNOWN, CellKind, Place, RawCell, moment_of
from xlkpi.workbook.operations import Write

FILE: Final = "xlkpi.excel.xlsm"
"""The template's macro imports the file's name without its ending: `import xlkpi.excel;xlkpi.excel.main()`."""
SHEET: Final = "控制台"
ACTION_ROW: Final = 4
FIRST_FIELD_ROW: Final = 7
LOG_ROWS: Final = 12
LOG_HEADING: Final = "时间"
NEXT: Final = "下一步"
BOOKS_SHOWN: Final = 20
MONTHS_SHOWN: Final = 36
_BOOKS_COLUMN, _MONTHS_COLUMN = "H", "I"


class Action(StrEnum):
    """What can be chosen above the button."""

    CHECK = "检查"
    SCORE = "评分"
    STANDING = "看下一步"
    FORMS = "开月份，生成目标表"
    ISSUE = "生成空白表"
    RECEIVE = "登记收到的文件"
    CHECK_ALL = "检查收到的"
    LETTERS = "看信和退回的文件"
    SCORE_ALL = "给全部评分"
    RANKING = "看排名"
    REPORT = "看报告"
    PDF = "生成 PDF"
    PUBLISH = "预发布"
    FINALISE = "定稿"
    FOLDER = "批量评分一个文件夹"
    BLANKS = "生成下月空白表"


OF_OLD: Final = (Action.FOLDER, Action.BLANKS)
"""What only control workbooks of before the workspace offer; they go on working."""
OFFERED: Final = tuple(action for action in Action if action not in OF_OLD)


@dataclass(frozen=True, slots=True)
class Field:
    """A cell to fill in: its key, the words beside it, and which actions look at it."""

    key: str
    label: str
    note: str
    of: tuple[Action, ...]


_OPEN = (Action.CHECK, Action.SCORE)
_SIGNED = (Action.ISSUE, Action.SCORE_ALL, Action.FINALISE)
FIELDS: Final = (
    Field("workspace", "工作区", "xlkpi init 生成的文件夹（里面有 xlkpi.yaml）；只要填这一个", OFFERED),
    Field("month", "月份", "从下拉表里选；不填就是正在进行的月份", OFFERED),
    Field("book", "打开的工作簿", "从下拉表里选；只打开了一份经销商的工作簿时可以不填", _OPEN),
    Field("received", "收到的文件", "文件、文件夹或压缩包；不填就登记放进 收件 文件夹里的", (Action.RECEIVE,)),
    Field("by", "经手人", "可以不填；不填就记电脑的用户名", OFFERED[2:]),
    Field("second", "第二人签名", "xlkpi.yaml 里要求两人签名的步骤才用", _SIGNED),
)
OLD_FIELDS: Final = tuple(
    Field(key, label, "", OF_OLD)
    for key, label in (
        ("book", "打开的工作簿"), ("issue", "下发文件夹"), ("inspections", "检查情况清单"), ("returned", "收回文件夹"),
        ("out", "结果文件夹"), ("scheme", "方案"), ("month", "月份"), ("roster", "经销商名单"), ("targets", "目标清单"),
        ("previous", "上月结果文件夹"), ("blanks", "空白表文件夹"),
    )
)  # fmt: skip
_LABELS: Final = {field.key: field.label for field in (*OLD_FIELDS, *FIELDS)}
NEXT_ROW: Final = FIRST_FIELD_ROW + len(FIELDS)
LOG_ROW: Final = NEXT_ROW + 2  # of the log's headings


class Trouble(Exception):
    """Something the reviewer has to put right; the text says what, in words."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the sheet says. `folder` is the control workbook's own, from which relative paths start."""

    action: Action
    values: Mapping[str, str]
    folder: Path | None

    @property
    def is_old(self) -> bool:
        """Whether the control workbook is of before the workspace: it names each folder by itself."""
        return "workspace" not in self.values

    def text(self, key: str) -> str:
        """A cell that must be filled in.

        Raises:
            Trouble: it is blank.
        """
        if not self.values[key]:
            raise Trouble(f"请在“{SHEET}”里填写“{label(key)}”")
        return self.values[key]

    def path(self, key: str, *, exists: bool = True) -> Path:
        """A file or folder that must be named.

        Raises:
            Trouble: the cell is blank, or nothing is there.
        """
        path = Path(self.text(key).strip('"')).expanduser()
        if not path.is_absolute():
            if self.folder is None:
                raise Trouble(f"“{label(key)}”请写完整的路径：控制工作簿不在本机的文件夹里")
            path = self.folder / path
        if exists and not path.exists():
            raise Trouble(f"“{label(key)}”找不到：{path}")
        return path

    def path_or_none(self, key: str) -> Path | None:
        """A file or folder that may be left out.

        Raises:
            Trouble: it is named, and nothing is there.
        """
        return self.path(key) if self.values[key] else None


def label(key: str) -> str:
    """A field's words."""
    return _LABELS[key]


@dataclass(frozen=True, slots=True)
class Board:
    """Where the sheet shows what happened: the row of the log's headings with the lines below, and the row of the next
    step (0: the sheet is of before the workspace and shows none)."""

    log_row: int = LOG_ROW
    log: Sequence[Sequence[str]] = ()
    next_row: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """The control sheet, read at once: its texts in columns B to D, by reference. Fields are found by their words, in
    old workbooks too."""

    texts: Mapping[str, str]
    folder: Path | None

    @property
    def rows(self) -> Mapping[str, int]:
        """The rows below the choice, by the words in column B; the first of several."""
        last = FIRST_FIELD_ROW + _ROWS_READ
        return {self._text("B", row): row for row in range(last, FIRST_FIELD_ROW - 1, -1)}

    @property
    def board(self) -> Board:
        """Where it shows what happened."""
        rows = self.rows
        first = rows.get(LOG_HEADING, LOG_ROW) + 1
        log = [[self._text(column, row) for column in "BCD"] for row in range(first, first + LOG_ROWS)]
        return Board(first - 1, [line for line in log if any(line)], rows.get(NEXT, 0))

    def choices(self) -> Choices:
        """What is chosen and filled in.

        Raises:
            Trouble: no action is chosen, or the words of a field are gone.
        """
        rows = self.rows
        is_old = label("workspace") not in rows
        offered, fields = ((*_OPEN, *OF_OLD), OLD_FIELDS) if is_old else (OFFERED, FIELDS)
        chosen = self._text("C", ACTION_ROW)
        if chosen not in offered:
            raise Trouble(f"请在“{SHEET}”的 C{ACTION_ROW} 选择要做什么：{'、'.join(offered)}")
        lacking = "、".join(field.label for field in fields if field.label not in rows)
        if lacking:
            raise Trouble(f"“{SHEET}”的 B 列被改动过，找不到“{lacking}”；请用 xlkpi excel install 重新生成")
        values = {field.key: self._text("C", rows[field.label]) for field in fields}
        return Choices(Action(chosen), values, self.folder)

    def _text(self, column: str, row: int) -> str:
        return self.texts.get(f"{column}{row}", "")


_ROWS_READ: Final = 30


def read(control: Any) -> Panel:
    """The control sheet.

    Raises:
        Trouble: it is not there.
    """
    if SHEET not in [sheet.name for sheet in control.sheets]:
        raise Trouble(f"{control.name} 里没有工作表“{SHEET}”；请用 xlkpi excel install 重新生成")
    cells = BookCells(control).cells(SHEET, None).cells
    return Panel({ref: _text(raw) for ref, raw in cells.items() if ref[0] in "BCD"}, _folder(full_name(control)))


def show(
    control: Any, when: datetime, action: str, message: str, board: Board, *,
    months: Sequence[str] = (), next_step: str = "",
) -> None:  # fmt: skip
    """Put what happened on top of the log, and behind the choices what can be chosen: open workbooks, months.

    Args:
        control: the control workbook.
        when: the moment of the press.
        action: what was done.
        message: what it came to.
        board: where things are shown.
        months: the workspace's months, the newest first.
        next_step: the one next step, in words.
    """
    rows = [[f"{when:%Y-%m-%d %H:%M:%S}", action, one_line(message)], *board.log][:LOG_ROWS]
    books = [book.name for book in control.app.books if book.name != control.name]
    operations = [
        Write(Place(SHEET, f"B{board.log_row + 1}"), tuple(tuple(row) for row in rows)),
        Write(Place(SHEET, f"{_BOOKS_COLUMN}{FIRST_FIELD_ROW}"), _column(books, BOOKS_SHOWN)),
    ]
    if board.next_row:
        operations += [
            Write(Place(SHEET, f"C{board.next_row}"), ((next_step,),)),
            Write(Place(SHEET, f"{_MONTHS_COLUMN}{FIRST_FIELD_ROW}"), _column(months, MONTHS_SHOWN)),
        ]
    apply(control, operations)


def _column(names: Sequence[str], length: int) -> tuple[tuple[str | None], ...]:
    return tuple((name,) for name in [*names[:length], *[None] * (length - len(names))])


def one_line(message: str) -> str:
    """A message as the log has it."""
    return "；".join(line.strip("　 ") for line in message.splitlines())


def _text(raw: RawCell) -> str:
    """A cell's content as a person typed it: a month that Excel made a date of is a month again."""
    text = (raw.text or "").strip()
    if raw.kind is CellKind.NUMBER and raw.format is not UNKNOWN:
        return f"{moment_of(float(text)):%Y-%m}"
    return text


def full_name(book: Any) -> str:
    """Where an open workbook lies; "" where xlwings cannot say so: it looks for files of SharePoint and OneDrive on the
    disk, and raises where it finds none."""
    try:
        return str(book.fullname)
    except Exception:
        return ""


def _folder(fullname: str) -> Path | None:
    return None if "://" in fullname or not fullname else Path(fullname).parent
