"""The control workbook, made from the installed xlwings' own standalone template.

The template's VBA goes in byte for byte, so there is no macro of ours. Its one macro runs whatever module the file is
named after, so the file must keep its name; its settings come from this workbook alone, never from a dealer's.
"""

from __future__ import annotations

import io
import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path, PureWindowsPath
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xlkpi.excel.control import (
    ACTION_ROW,
    BOOKS_SHOWN,
    FIELDS,
    FILE,
    FIRST_FIELD_ROW,
    LOG_HEADING,
    LOG_ROW,
    LOG_ROWS,
    MONTHS_SHOWN,
    NEXT,
    NEXT_ROW,
    OFFERED,
    SHEET,
    Action,
)
from xlkpi.files import write_file
from xlkpi.findings import Finding
from xlkpi.headquarters.occupied import Occupied
from xlkpi.resources import templates
from xlkpi.workbook.package import unpack

README: Final = "使用说明.txt"
CONF_SHEET: Final = "xlwings.conf"
VBA_PART: Final = "xl/vbaProject.bin"
_MACRO = "SampleCall"  # in the template: imports the file's name without its ending and calls main()
_MEANINGS = {
    Action.CHECK: "读打开的工作簿，把发现的问题写进它的“问题清单”",
    Action.SCORE: "读打开的工作簿和里面填的检查情况，写出“评分结果”和“问题清单”",
    Action.STANDING: "这个月做到哪里、下一步做什么、还有什么拦着",
    Action.FORMS: "开一个月份，生成 目标.xlsx；填好以后选“生成空白表”",
    Action.ISSUE: "按名册和目标，给每家经销商生成一份空白表和检查情况表",
    Action.RECEIVE: "收到的文件归到各店名下，记下什么时候到的",
    Action.CHECK_ALL: "检查收到的全部文件：标注、问题清单、信、收件情况，写到 标注",
    Action.LETTERS: "同“检查收到的”，并告知信在哪里",
    Action.SCORE_ALL: "给收到的全部文件评分：分数、排名、报告、绩效考核表，写到 结果",
    Action.RANKING: "打开 排名汇总.xlsx",
    Action.REPORT: "在浏览器里打开月度报告",
    Action.PDF: "每份绩效考核表一个 PDF，供签字（要装 LibreOffice）",
    Action.PUBLISH: "冻结结果，每家一个文件夹写到 发放，算出申诉截止日",
    Action.FINALISE: "申诉都定了、截止已过，把这个月关上",
}
_COLUMNS = ((0, 2), (1, 20), (2, 60), (3, 66))
_BLUE, _LINE, _YELLOW, _GREY = "#1E3A5F", "#BFC7D1", "#FFF9DB", "#9AA4B2"


def template() -> Path:
    """The installed xlwings' standalone workbook, found without importing xlwings."""
    spec = find_spec("xlwings")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("xlwings is not installed")
    return Path(spec.origin).parent / "quickstart_standalone.xlsm"


def template_vba() -> bytes:
    """The template's VBA project, as it lies there."""
    return unpack(template().read_bytes())[VBA_PART]


def install(folder: Path, interpreter: str = "", *, replace: bool = False) -> list[Path]:
    """Write the control workbook and the page that explains it; returns the paths.

    Args:
        folder: where to; made where it is not there.
        interpreter: the absolute path of the Python that Excel shall start; this one where left out.
        replace: write over a control workbook that lies there, and what is filled in and logged in it.

    Raises:
        Occupied: another control workbook lies there (XK-W044).
        WriteError: a file could not be written (the workbook may be open).
    """
    control, readme = folder / FILE, folder / README
    data = control_workbook(interpreter or sys.executable)
    if control.is_file() and not replace and control.read_bytes() != data:
        raise Occupied([Finding("XK-W044", FILE, facts={"path": str(control)})])
    write_file(control, data)
    text = (templates() / "excel" / "readme.txt").read_text("utf-8")
    write_file(readme, text.replace("\n", "\r\n").encode("utf-8-sig"))  # for the plainest editor on Windows
    return [control, readme]


def control_workbook(interpreter: str) -> bytes:
    """The workbook's bytes. The same interpreter and the same xlwings give the same bytes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"author": "xlkpi", "created": datetime(2000, 1, 1), "title": SHEET})
    book.add_vba_project(io.BytesIO(template_vba()), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    sheet = book.add_worksheet(SHEET)
    sheet.set_vba_name("Sheet1")  # the template's two sheets, by the names that its VBA knows
    conf = book.add_worksheet(CONF_SHEET)
    conf.set_vba_name("Sheet2")
    _control_sheet(book, sheet)
    _conf_sheet(conf, interpreter)
    book.close()
    return buffer.getvalue()


def settings(interpreter: str) -> tuple[tuple[str, str | bool], ...]:
    """What the macro is told. All keys stand here, blank ones too: what is missing is looked up in files elsewhere."""
    windows = PureWindowsPath(interpreter).drive != ""
    return (
        ("INTERPRETER_WIN", interpreter if windows else ""),
        ("INTERPRETER_MAC", "" if windows else interpreter),
        ("PYTHONPATH", ""),
        ("CONDA PATH", ""),
        ("CONDA ENV", ""),
        ("ADD_WORKBOOK_TO_PYTHONPATH", "false"),  # else a planted openpyxl.py beside a workbook is imported
        ("USE UDF SERVER", False),
        ("SHOW CONSOLE", False),
    )


def _conf_sheet(sheet: Worksheet, interpreter: str) -> None:
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 70)
    for row, (key, value) in enumerate(settings(interpreter)):
        sheet.write_string(row, 0, key)
        if isinstance(value, bool):
            sheet.write_boolean(row, 1, value)
        elif value:
            sheet.write_string(row, 1, value)
    sheet.write_string(0, 3, "由 xlkpi excel install 写入；换了 Python 或升级 xlwings 后请重新生成")


def _control_sheet(book: Any, sheet: Worksheet) -> None:
    plain = {"font_name": "等线", "font_size": 10.5, "valign": "vcenter", "align": "left", "indent": 1}
    boxed = {**plain, "border": 1, "border_color": _LINE, "text_wrap": True}
    look: dict[str, Format] = {
        "title": book.add_format({**plain, "font_size": 16, "bold": True, "font_color": _BLUE}),
        "note": book.add_format({**plain, "font_color": "#5B6675", "text_wrap": True}),
        "head": book.add_format({**boxed, "bold": True, "bg_color": "#D9E1F2"}),
        "label": book.add_format({**boxed, "bold": True}),
        # as text, so that Excel makes no date of 2026-12
        "input": book.add_format({**boxed, "bg_color": _YELLOW, "num_format": "@", "bold": True}),
        "cell": book.add_format({**boxed, "valign": "top"}),
        "hint": book.add_format({**boxed, "font_color": "#5B6675"}),
        "next": book.add_format({**boxed, "bold": True, "font_color": _BLUE, "bg_color": "#EEF2F8"}),
        "unused": book.add_format({"font_color": _GREY, "bg_color": "#F3F4F6"}),
    }
    sheet.hide_gridlines(2)
    for column, width in _COLUMNS:
        sheet.set_column(column, column, width)
    sheet.set_column(6, 8, None, None, {"hidden": True})
    sheet.set_row(0, 30)
    sheet.write_string(0, 1, "xlkpi 控制台", look["title"])
    sheet.merge_range(
        1,
        1,
        1,
        3,
        "填好工作区，选要做什么，再按“运行”（用不到的格子变灰）。做完以后，下面写出下一步和记录。",
        look["note"],
    )
    sheet.set_row(ACTION_ROW - 1, 34)
    sheet.set_row(ACTION_ROW, 24)
    sheet.write_string(ACTION_ROW - 1, 1, "要做什么", look["label"])
    sheet.write_string(ACTION_ROW - 1, 2, Action.SCORE.value, look["input"])
    sheet.data_validation(ACTION_ROW - 1, 2, ACTION_ROW - 1, 2, {"validate": "list", "source": list(OFFERED)})
    sheet.insert_button(
        ACTION_ROW - 1,
        3,
        {"macro": _MACRO, "caption": "运　行", "width": 150, "height": 34, "x_offset": 12, "y_offset": 5},
    )
    chosen = f"$C${ACTION_ROW}"
    meaning = "".join(f'IF({chosen}="{action}","{words}",' for action, words in _MEANINGS.items())
    sheet.merge_range(ACTION_ROW, 1, ACTION_ROW, 3, "", look["note"])
    sheet.write_formula(
        ACTION_ROW, 1, f'={meaning}"请在上面选一项"' + ")" * len(_MEANINGS), look["note"], _MEANINGS[Action.SCORE]
    )
    _fields(sheet, look, chosen)
    for column, heading in enumerate((LOG_HEADING, "做了什么", "结果"), 1):
        sheet.write_string(LOG_ROW - 1, column, heading, look["head"])
    for row in range(LOG_ROW, LOG_ROW + LOG_ROWS):
        sheet.set_row(row, 32)
        for column in (1, 2, 3):
            sheet.write_blank(row, column, None, look["cell"])
    sheet.freeze_panes(FIRST_FIELD_ROW - 1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _fields(sheet: Worksheet, look: dict[str, Format], chosen: str) -> None:
    """The cells to fill in; behind them, in a hidden column, which actions look at each."""
    for column, heading in enumerate(("设置", "内容", "说明"), 1):
        sheet.write_string(FIRST_FIELD_ROW - 2, column, heading, look["head"])
    for row, field in enumerate(FIELDS, FIRST_FIELD_ROW - 1):
        sheet.set_row(row, 22)
        sheet.write_string(row, 1, field.label, look["label"])
        sheet.write_blank(row, 2, None, look["input"])
        sheet.write_string(row, 3, field.note, look["hint"])
        sheet.write_string(row, 6, f"|{'|'.join(field.of)}|")
    first, last = FIRST_FIELD_ROW, FIRST_FIELD_ROW + len(FIELDS) - 1
    unused = f'=ISERROR(SEARCH("|"&{chosen}&"|",$G{first}))'
    area = f"B{first}:D{last}"
    sheet.conditional_format(area, {"type": "formula", "criteria": unused, "format": look["unused"]})
    for key, letter, shown in (("book", "H", BOOKS_SHOWN), ("month", "I", MONTHS_SHOWN)):
        place = first - 1 + [field.key for field in FIELDS].index(key)
        listed = f"=${letter}${first}:${letter}${first + shown - 1}"
        sheet.data_validation(place, 2, place, 2, {"validate": "list", "source": listed, "error_type": "information"})
    sheet.set_row(NEXT_ROW - 1, 34)
    sheet.write_string(NEXT_ROW - 1, 1, NEXT, look["label"])
    sheet.merge_range(NEXT_ROW - 1, 2, NEXT_ROW - 1, 3, "填好工作区，选“看下一步”，按“运行”", look["next"])
