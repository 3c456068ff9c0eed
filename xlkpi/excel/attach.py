"""The workbooks that are open in a running Excel, and which of them is meant."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Any, Final

from xlkpi.excel.apply import words
from xlkpi.excel.cells import BookCells
from xlkpi.excel.control import FILE, Choices, Trouble, full_name, read

_MISSING: Final = {
    "win32": "xlwings 缺 pywin32，连接不了 Excel：请在 xlkpi 的 Python 里运行 pip install pywin32",
    "darwin": "xlwings 缺 appscript 或 psutil，连接不了 Excel：请运行 pip install appscript psutil",
}
_ELSEWHERE: Final = (
    "没有可以连接的 Excel：它只在 Windows 和 macOS 上运行。在这里请把工作簿存盘，再用 xlkpi check 和 xlkpi score"
)
_NONE_OPEN: Final = "没有找到打开着工作簿的 Excel；在“受保护的视图”里的不算，请先点“启用编辑”"
_NO_ANSWER: Final = "Excel 没有应答：请结束正在输入的单元格（Enter 或 Esc），关掉对话框，再试一次"
_DECLINED: Final = "系统不允许控制 Excel：请在“系统设置 → 隐私与安全性 → 自动化”里，允许本程序控制 Microsoft Excel"


class NotChosen(Trouble):
    """It is not clear which open workbook is meant."""


def running_books() -> list[Any]:
    """The workbooks that are open in any running Excel; one that does not answer is passed over.

    Raises:
        Trouble: there is no Excel to attach to, or none has a workbook open; the text says what to do.
    """
    try:
        import xlwings  # noqa: PLC0415 - the package is read on machines without Excel too
    except ImportError:
        raise Trouble("没有装 xlwings：请在 xlkpi 的 Python 里运行 pip install xlwings") from None
    # not `xlwings.apps`: that goes by the active engine, and a licence key in the environment can change which it is
    desktop = [engine for engine in xlwings.engines if engine.type == "desktop"]
    if not desktop:
        raise Trouble(why_none(sys.platform))
    keep_other_excels_open()
    refused: list[Exception] = []
    books = [book for engine in desktop for book in _books(engine, refused)]
    if not books:
        raise Trouble(_why_refused(refused[0]) if refused else _NONE_OPEN)
    return books


def _books(engine: Any, refused: list[Exception]) -> Iterator[Any]:
    """The workbooks of every Excel that answers. Each process is asked by itself: a window in protected view, or a
    cell that is being typed in, fails with whatever COM or Apple's events have for it.
    """
    try:
        apps = list(engine.apps)
    except Exception as error:
        refused.append(error)
        return
    for app in apps:
        try:
            yield from list(app.books)
        except Exception as error:
            refused.append(error)


def why_none(platform: str) -> str:
    """Why xlwings has no way to Excel here, and what to do."""
    return _MISSING.get(platform, _ELSEWHERE)


def _why_refused(error: Exception) -> str:
    advice = _DECLINED if "-1743" in str(error) else _NO_ANSWER
    return f"{advice}（{words(error)}）"


def keep_other_excels_open() -> None:
    """Keep xlwings, on Windows, from ending every Excel in which it sees no workbook when Python ends.

    xlwings does that to clean up. We start no Excel, so it would end the user's, with unsaved work.
    """
    windows = sys.modules.get("xlwings._xlwindows")
    if windows is not None and hasattr(windows, "cleanup"):
        atexit.unregister(windows.cleanup)


def choose(books: Iterable[Any], name: str, control: str = "", how: str = "请选择一份") -> Any:
    """The open workbook of this name, with or without ending or as a whole path; without a name, the only form of ours.

    Args:
        books: the open workbooks.
        name: as a person gave it.
        control: the name of the control workbook, which is never meant.
        how: what to do where there are several.

    Raises:
        NotChosen: none, or several.
    """
    candidates = [book for book in books if book.name != control]
    names = "、".join(book.name for book in candidates) or "没有"
    if name:
        fitting = _named(candidates, name)
        if not fitting:
            raise NotChosen(f"没有打开名为“{name}”的工作簿；现在打开的：{names}")
        if len(fitting) > 1:
            paths = "、".join(full_name(book) or book.name for book in fitting)
            raise NotChosen(f"打开了 {len(fitting)} 份名为“{name}”的工作簿，请写完整的路径：{paths}")
        return fitting[0]
    ours = [book for book in candidates if _is_form(book)]
    if len(ours) == 1:
        return ours[0]
    if ours:
        raise NotChosen(f"打开了 {len(ours)} 份经销商的工作簿，{how}：{'、'.join(book.name for book in ours)}")
    raise NotChosen(f"请先打开一份经销商的工作簿；现在打开的：{names}")


def _is_form(book: Any) -> bool:
    """Whether it looks like one of our forms; False if Excel does not let us look."""
    try:
        return BookCells(book).is_form
    except Exception:
        return False


def choices_among(books: Iterable[Any]) -> Choices:
    """What the sheet of the open control workbook says.

    Raises:
        NotChosen: it is not open.
        Trouble: its sheet was altered.
    """
    for book in books:
        if book.name.casefold() == FILE:
            return read(book).choices()
    raise NotChosen(f"请用 --issue 指明下发文件夹；或打开控制台 {FILE}，在里面填好")


def _named(books: list[Any], name: str) -> list[Any]:
    """Those of the name itself, and only where there is none those of the name without ending, or of the path."""
    folded = name.casefold()
    whole = [book for book in books if book.name.casefold() == folded]
    # Windows' way of comparing: no difference between capitals, nor between / and \
    return whole or [
        book
        for book in books
        if Path(book.name).stem.casefold() == folded or PureWindowsPath(full_name(book)) == PureWindowsPath(name)
    ]
