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
_BOOKS_COLUMN = "H"
BOOKS_SHOWN: Final = 20


class Action(StrEnum):
    """What can be chosen above the button."""

    CHECK = "检查"
    SCORE = "评分"
    FOLDER = "批量评分一个文件夹"
    BLANKS = "生成下月空白表"


@dataclass(frozen=True, slots=True)
class Field:
    """A cell to fill in: its key, the words beside it, and which actions look at it."""

    key: str
    label: str
    note: str
    of: tuple[Action, ...]


_OPEN, _ISSUED = (Action.CHECK, Action.SCORE), (Action.CHECK, Action.SCORE, Action.FOLDER)
_MARKED, _BLANKS = (Action.SCORE, Action.FOLDER), (Action.BLANKS,)
FIELDS: Final = (
    Field("book", "打开的工作簿", "从下拉表里选；只打开了一份经销商的工作簿时可以不填", _OPEN),
    Field("issue", "下发文件夹", "当月空白表所在的文件夹，里面有 issue.json 和 master.xlsx", _ISSUED),
    Field("inspections", "检查情况清单", "可以不填；打开的工作簿里填了的，以工作簿里的为准", _MARKED),
    Field("returned", "收回文件夹", "经销商交回的工作簿所在的文件夹", (Action.FOLDER,)),
    Field("out", "结果文件夹", "分数和绩效考核表写到这里", (Action.FOLDER,)),
    Field("scheme", "方案", "例如 service-assessment、dealer-monthly，或方案文件夹", _BLANKS),
    Field("month", "月份", "例如 2026-12", _BLANKS),
    Field("roster", "经销商名单", "列：经销商代码、经销商名称、区域", _BLANKS),
    Field("targets", "目标清单", "xlkpi targets new 生成、填好的表", _BLANKS),
    Field("previous", "上月结果文件夹", "可以不填；上月的 assessed 文件夹，带出上月的数", _BLANKS),
    Field("blanks", "空白表文件夹", "新的空白表写到这里", _BLANKS),
)
LOG_ROW: Final = FIRST_FIELD_ROW + len(FIELDS) + 2  # of the log's headings


class Trouble(Exception):
    """Something the reviewer has to put right; the text says what, in words."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the sheet says. `folder` is the control workbook's own, from which relative paths start."""

    action: Action
    values: Mapping[str, str]
    folder: Path | None

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
    return next(field.label for field in FIELDS if field.key == key)


def read(control: Any) -> tuple[Choices, Sequence[Sequence[str]]]:
    """What the sheet says, and the log below it, in one read.

    Raises:
        Trouble: the sheet is not there, or no action is chosen.
    """
    if SHEET not in [sheet.name for sheet in control.sheets]:
        raise Trouble(f"{control.name} 里没有工作表“{SHEET}”；请用 xlkpi excel install 重新生成")
    cells = BookCells(control).cells(SHEET, None).cells

    def text(column: str, row: int) -> str:
        raw = cells.get(f"{column}{row}")
        return "" if raw is None else _text(raw)

    chosen = text("C", ACTION_ROW)
    if chosen not in list(Action):
        raise Trouble(f"请在“{SHEET}”的 C{ACTION_ROW} 选择要做什么：{'、'.join(Action)}")
    values = {field.key: text("C", row) for row, field in enumerate(FIELDS, FIRST_FIELD_ROW)}
    log = [[text(column, row) for column in "BCD"] for row in range(LOG_ROW + 1, LOG_ROW + 1 + LOG_ROWS)]
    return Choices(Action(chosen), values, _folder(full_name(control))), [line for line in log if any(line)]


def write_log(control: Any, when: datetime, action: str, message: str, log: Sequence[Sequence[str]]) -> None:
    """Put what happened on top of the log, and the names of open workbooks behind the choice of one."""
    rows = [[f"{when:%Y-%m-%d %H:%M:%S}", action, one_line(message)], *log][:LOG_ROWS]
    books = [book.name for book in control.app.books if book.name != control.name][:BOOKS_SHOWN]
    names = tuple((name,) for name in [*books, *[None] * (BOOKS_SHOWN - len(books))])
    apply(
        control,
        [
            Write(Place(SHEET, f"B{LOG_ROW + 1}"), tuple(tuple(row) for row in rows)),
            Write(Place(SHEET, f"{_BOOKS_COLUMN}{FIRST_FIELD_ROW}"), names),
        ],
    )


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
