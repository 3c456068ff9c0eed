"""Headquarters' forms to fill in: roster, targets and 检查情况 (dealers × clauses)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.files import safe_name, untaken
from xlkpi.headquarters.headings import (
    CHANGES,
    CHECKED_ON,
    CHECKER,
    EVIDENCE,
    REINSPECTED_ON,
    SIGNED,
    WHOLE,
    Changed,
)
from xlkpi.headquarters.identity import KINDS, NAME, PROPERTY, Origin, title
from xlkpi.issue import Dealer
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.model import Item, Scheme
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Absence
from xlkpi.workbook.lists import print_on_a4
from xlkpi.workbook.looks import STYLES
from xlkpi.workbook.measure import row_height
from xlkpi.workbook.package import saved
from xlkpi.workbook.plan import number_format
from xlkpi.workbook.style import cell_format

_KEYS = ("经销商代码", "经销商名称", "区域")
_KEY_WIDTHS = (14, 22, 10)
_WIDTH = 17  # of the others
_LINES = 30.0  # points of a dealer's row: two lines may be written into a cell
WORKING_DAYS = "工作天数"
"""The field that says how many days of the month are worked."""
_DAYS = 60  # rows of an empty 日历 that are laid out
RETURNS = Origin("returns")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a form: the heading that the reader knows, what stands above it, and what its cells take."""

    heading: str
    above: tuple[str, ...]
    hint: str
    entry: SchemeField


def targets_form(
    scheme: Scheme, dealers: Iterable[tuple[str, str, str]], month: str, *, indicators: bool = False,
    working_days: int | None = None,
) -> bytes:  # fmt: skip
    """A sheet for targets: dealers × fields with a target, and what headquarters gives beside them.

    `indicators` adds a column for every indicator that may have a target; `working_days` of the month are named above
    工作天数.
    """
    columns = [
        Column(entry.label or name, (entry.unit,), "正数，或“不适用”", entry)
        for name, entry in scheme.targets().items()
    ]
    columns += [
        Column(entry.label or name, (entry.unit,), _figure_hint(name, working_days), entry)
        for name, entry in scheme.headquarters_figures().items()
    ]
    if indicators:
        columns += [
            Column(entry.label or name, (entry.unit,), "可以空着", entry)
            for name, entry in scheme.aims.items()
            if name not in scheme.fields
        ]
    return _form(_of(scheme, "targets", month), title(month, scheme.title, "targets"), "目标", list(dealers), columns)


def _figure_hint(name: str, working_days: int | None) -> str:
    offered = f"，按日历 {working_days} 天" if name == WORKING_DAYS and working_days is not None else ""
    return f"总部的数{offered}；空着由店里填"


def _of(scheme: Scheme, kind: str, month: str) -> Origin:
    return Origin(kind, scheme.name, scheme.version, month)


def inspections_form(scheme: Scheme, dealers: Iterable[tuple[str, str, str]], month: str) -> bytes:
    """A sheet for 检查情况: dealers × clauses, with the clause above and what may be entered below it."""
    return _inspections(scheme, dealers, month, [])


def inspections_by_supervisor(scheme: Scheme, dealers: Iterable[Dealer], month: str) -> dict[str, bytes]:
    """A form for each supervisor (of a dealer without one, each region), with their dealers, by file name.

    Only exceptions are entered there; the rest is signed in the last columns, for a dealer, or in the last row for all
    that have no word of their own.
    """
    by_supervisor: dict[str, list[Dealer]] = {}
    for dealer in dealers:
        by_supervisor.setdefault(dealer.supervisor or dealer.region or "未分区域", []).append(dealer)
    used: set[str] = set()
    return {
        untaken(f"检查情况_{safe_name(who)}_{month}.xlsx", used): _inspections(
            scheme, [*((d.code, d.name, d.region) for d in several), _WHOLE_ROW], month, _SIGNATURE
        )
        for who, several in by_supervisor.items()
    }


_WHOLE_ROW = (WHOLE, "没有单独签署的店，其余都已核", "")
_SIGNATURE = [
    Column(SIGNED, ("签署", "只填例外；其余都查过、都达到的，选“已核”"), "已核",
           SchemeField(en="The rest was inspected", type="choice", words={"已核": "met"})),
    Column(CHECKER, ("签署", "谁查的"), "姓名", SchemeField(en="Inspected by", type="text")),
    Column(CHECKED_ON, ("签署", "哪天查的"), "日期", SchemeField(en="Inspected on", type="date")),
    Column(EVIDENCE, ("签署", "照片、记录的编号"), "编号", SchemeField(en="Evidence", type="text")),
    Column(REINSPECTED_ON, ("签署", "复查另起一行，写复查的日期；以最后一次为准"), "日期",
           SchemeField(en="Re-inspected on", type="date")),
]  # fmt: skip


def inspection_columns(scheme: Scheme) -> dict[str, Column]:
    """The columns of the forms for 检查情况 by their fields' names, in order; above each stand its item and clause."""
    fields = scheme.by("headquarters")
    return {
        name: Column(fields[name].label or name, (item.label or item.name, text), _hint(fields[name]), fields[name])
        for item in scheme.items
        for name, text in _inspected(scheme, item, fields)
    }


def _inspections(
    scheme: Scheme, dealers: Iterable[tuple[str, str, str]], month: str, signature: Sequence[Column]
) -> bytes:
    head = title(month, scheme.title, "inspections")
    columns = [*inspection_columns(scheme).values(), *signature]
    return _form(_of(scheme, "inspections", month), head, "检查情况", list(dealers), columns)


def roster_form(dealers: Iterable[tuple[str, str, str]]) -> bytes:
    """A roster, filled in with the dealers given, and an empty 变更 behind it."""
    book = _form_book("经销商名单", "名单", list(dealers), [])
    _day_rows(
        book.create_sheet(CHANGES),
        "店有变更就加一行，从那天起算；名单上的行不删。并入：新值写并入哪一家的代码；区域、对标组、督导、名称：写新的；"
        "其余的新值空着。",
        (("经销商代码", 14), ("日期", 14), ("项目", 12), ("新值", 16), ("说明", 60)), 2, 3, Changed,
    )  # fmt: skip
    return _marked(book, Origin("roster"))


def calendar_form() -> bytes:
    """An empty 日历: the days on which the national calendar does not hold, or that it does not have yet."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = KINDS["calendar"]
    _day_rows(
        sheet, "只写与国家放假安排（含调休）不同的日子；安排还没有公布的年份，每天写一行。",
        (("日期", 14), ("类型", 10), ("说明", 40)), 1, 2, ("上班", "休息"),
    )  # fmt: skip
    return _marked(book, Origin("calendar"))


def _day_rows(
    sheet: Worksheet, note: str, columns: Sequence[tuple[str, float]], day: int, choice: int, words: Iterable[str]
) -> None:
    """An empty sheet of rows with a day and a choice of words; the last column takes any words."""
    _put(sheet, 1, 1, note, "title")
    sheet.cell(1, 1).alignment = Alignment(horizontal="left", vertical="center", wrap_text=True)
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
    sheet.row_dimensions[1].height = 52
    for column, (heading, width) in enumerate(columns, 1):
        _put(sheet, 2, column, heading, "header")
        sheet.column_dimensions[get_column_letter(column)].width = width
        for row in range(3, 3 + _DAYS):
            _put(sheet, row, column, None, "input" if column < len(columns) else "text")
    for row in range(3, 3 + _DAYS):
        sheet.cell(row, day).number_format = "yyyy-mm-dd"
    rule = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True, showErrorMessage=True)
    letter = get_column_letter(choice)
    rule.add(f"{letter}3:{letter}400")
    sheet.add_data_validation(rule)
    sheet.freeze_panes = "A3"
    sheet.sheet_view.showGridLines = False
    print_on_a4(sheet, 2)


def return_list_form(
    head: str,
    headings: Sequence[str],
    widths: Sequence[float],
    rows: Iterable[Sequence[str | int | None]],
    origin: Origin = RETURNS,
) -> bytes:
    """The return list: one line a file or a dealer that sent none, to be filtered and printed."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "回收清单"
    _put(sheet, 1, 1, head, "title")
    sheet.cell(1, 1).alignment = Alignment(horizontal="left", vertical="center")
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True), 1):
        _put(sheet, 2, column, heading, "header")
        sheet.column_dimensions[get_column_letter(column)].width = width
    last = 2
    for last, row in enumerate(rows, 3):
        sheet.row_dimensions[last].height = row_height(
            (content or "", width, STYLES["text"]) for content, width in zip(row, widths, strict=True)
        )
        for column, content in enumerate(row, 1):
            _put(sheet, last, column, content if content != "" else None, "text")
    sheet.freeze_panes = "C3"
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(headings))}{last}"
    sheet.sheet_view.showGridLines = False
    print_on_a4(sheet, 2)
    return _marked(book, origin)


def _inspected(scheme: Scheme, item: Item, fields: dict[str, SchemeField]) -> list[tuple[str, str]]:
    names = [(name, item.text) for name in item.judged]
    names += [(clause.shown, clause.text) for clause in item.clauses]
    return [(name, scheme.words_of(text)) for name, text in names if name in fields]


def _hint(entry: SchemeField) -> str:
    hint = TYPES[entry.type].hint
    words = [word for word, meaning in entry.words.items() if meaning != "asserted"]
    if entry.not_applicable:
        words.append(Absence.NOT_APPLICABLE.value)
    return " / ".join(dict.fromkeys((*([hint] if hint else []), *words)))


def _marked(book: Workbook, origin: Origin) -> bytes:
    """The form with the words in it by which it is known when it comes back, whatever program saved it."""
    book.defined_names[NAME] = DefinedName(NAME, attr_text=f'"{origin.marker()}"', hidden=True)
    book.custom_doc_props.append(StringProperty(name=PROPERTY, value=origin.marker()))  # type: ignore[attr-defined]  # types-openpyxl lacks it
    return saved(book)


def _form(
    origin: Origin, head_line: str, sheet_title: str, dealers: Sequence[tuple[str, str, str]], columns: Sequence[Column]
) -> bytes:
    return _marked(_form_book(head_line, sheet_title, dealers, columns), origin)


def _form_book(
    head_line: str, sheet_title: str, dealers: Sequence[tuple[str, str, str]], columns: Sequence[Column]
) -> Workbook:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = sheet_title
    depth = max((len(column.above) for column in columns), default=0)
    head = 2 + depth + (1 if columns else 0)
    _put(sheet, 1, 1, head_line, "title")
    sheet.cell(1, 1).alignment = Alignment(horizontal="left", vertical="center")
    for position, (key, width) in enumerate(zip(_KEYS, _KEY_WIDTHS, strict=True), 1):
        _put(sheet, head, position, key, "header")
        sheet.column_dimensions[get_column_letter(position)].width = width
    for position, column in enumerate(columns, len(_KEYS) + 1):
        for line, text in enumerate(column.above):
            _put(sheet, 2 + line, position, text, "item" if line == 0 and depth > 1 else "note")
        _put(sheet, head - 1, position, column.hint, "note")
        _put(sheet, head, position, column.heading, "header")
        sheet.column_dimensions[get_column_letter(position)].width = _WIDTH
    for line in range(depth):
        _fit(sheet, 2 + line, (column.above[line] for column in columns), "item" if line == 0 and depth > 1 else "note")
    if columns:
        _fit(sheet, head - 1, (column.hint for column in columns), "note")
    _fit(sheet, head, (column.heading for column in columns), "header")
    for row, dealer in enumerate(dealers, head + 1):
        sheet.row_dimensions[row].height = max(
            _LINES, row_height((text, width, STYLES["text"]) for text, width in zip(dealer, _KEY_WIDTHS, strict=True))
        )
        for position, text in enumerate(dealer, 1):
            _put(sheet, row, position, text, "text")
        for position, column in enumerate(columns, len(_KEYS) + 1):
            _put(sheet, row, position, None, "inspection" if depth > 1 else "input")
            sheet.cell(row, position).number_format = number_format(column.entry.type)
    last = head + max(1, len(dealers))
    for position, column in enumerate(columns, len(_KEYS) + 1):
        letter = get_column_letter(position)
        _choices(sheet, column, f"{letter}{head + 1}:{letter}{last}")
    sheet.freeze_panes = f"{get_column_letter(len(_KEYS) + 1)}{head + 1}"
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(_KEYS) + len(columns))}{last}"
    sheet.sheet_view.showGridLines = False
    print_on_a4(sheet, head, len(_KEYS))
    return book


def _choices(sheet: Worksheet, column: Column, area: str) -> None:
    """A drop-down for choices; other inspections take words too, so they only get a message."""
    rule = DataValidation(allow_blank=True, showInputMessage=True)
    rule.promptTitle, rule.prompt = column.heading[:32], f"{column.hint}\n{column.entry.definition}"[:255]
    if TYPES[column.entry.type].shape is Shape.CHOICE:
        words = [*column.entry.words, *([Absence.NOT_APPLICABLE.value] if column.entry.not_applicable else [])]
        rule.type, rule.formula1, rule.showErrorMessage = "list", '"' + ",".join(words) + '"', True
    rule.add(area)
    sheet.add_data_validation(rule)


def _fit(sheet: Worksheet, row: int, texts: Iterable[str], style: str) -> None:
    """A row above the cells to fill in, as high as the longest of its texts."""
    sheet.row_dimensions[row].height = row_height(
        [("", _WIDTH, STYLES[style]), *((t, _WIDTH, STYLES[style]) for t in texts)]
    )


def _put(sheet: Worksheet, row: int, column: int, content: str | int | None, style: str) -> None:
    cell = sheet.cell(row, column, content)
    if isinstance(content, str):
        cell.data_type = "s"  # a dealer's name is never a formula
    shape = cell_format(style)
    cell.font, cell.fill, cell.border, cell.alignment = shape.font, shape.fill, shape.border, shape.alignment
