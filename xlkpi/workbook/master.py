"""The master: a plan written with openpyxl, repacked to reproducible bytes. Made once; everything else copies it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.formatting.rule import Rule
from openpyxl.packaging.custom import CustomPropertyList, StringProperty
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.scheme.cells import of_column
from xlkpi.scheme.formulas import Formula
from xlkpi.values import cell_ref, column_letters, column_row
from xlkpi.workbook.charts import add_chart
from xlkpi.workbook.layout import Role, TableSlot
from xlkpi.workbook.package import saved
from xlkpi.workbook.plan import PlannedCell, SheetPlan, Validation, WorkbookPlan
from xlkpi.workbook.sheets.entry import TITLE as ENTRY
from xlkpi.workbook.sheets.marker import MARKER_BLANK, MARKER_NAME, MARKER_PROPERTY
from xlkpi.workbook.style import cell_format, highlight_format

_PROMPT_MAX = 255  # Excel's limits for data validation
_TITLE_MAX = 32

_Look = tuple[str, str, bool]  # style, number format, whether it is a link


def write_master(plan: WorkbookPlan) -> bytes:
    """The plan as an .xlsx package. The same plan gives the same bytes."""
    book = Workbook()
    book.remove(book["Sheet"])
    looks: dict[_Look, StyleArray] = {}
    highlights: dict[str, DifferentialStyle] = {}
    for sheet_plan in plan.sheets:
        _write_sheet(book.create_sheet(sheet_plan.title), sheet_plan, plan.sheets, looks, highlights)
    for slot in plan.slots.values():
        if slot.role not in (Role.CHECK, Role.REMARK):
            number, row = column_row(slot.place.ref)
            target = f"'{slot.place.sheet}'!${column_letters(number)}${row}"
            book.defined_names[slot.name] = DefinedName(slot.name, attr_text=target)
    for table in plan.tables.values():
        for column, letter in table.columns.items():
            area = f"'{table.sheet}'!${letter}${table.first}:${letter}${table.last}"
            name = of_column(table.name, column)
            book.defined_names[name] = DefinedName(name, attr_text=area)
        _excel_table(book[table.sheet], table)
    book.defined_names[MARKER_NAME] = DefinedName(MARKER_NAME, attr_text=f'"{MARKER_BLANK}"', hidden=True)
    properties: CustomPropertyList[StringProperty] = book.custom_doc_props  # type: ignore[attr-defined]  # types-openpyxl lacks it
    properties.append(StringProperty(name=MARKER_PROPERTY, value=MARKER_BLANK))
    book.active = book.sheetnames.index(ENTRY)
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet is book.active
    book.security = WorkbookProtection(lockStructure=True)
    book.properties.title = plan.scheme.title
    return saved(book)


def _excel_table(sheet: Worksheet, table: TableSlot) -> None:
    """Rows as an Excel table: people sort, filter and paste into it as they are used to."""
    letters = list(table.columns.values())
    excel = Table(displayName=f"{table.name}表", ref=f"{letters[0]}{table.first - 1}:{letters[-1]}{table.last}")
    sheet.protection.autoFilter = sheet.protection.sort = False  # the sheet is protected, its rows are people's own
    excel.tableStyleInfo = TableStyleInfo()  # none: stripes would be printed for the rows that nobody has filled in
    sheet.add_table(excel)


def _write_sheet(
    sheet: Worksheet,
    plan: SheetPlan,
    plans: Sequence[SheetPlan],
    looks: dict[_Look, StyleArray],
    highlights: dict[str, DifferentialStyle],
) -> None:
    for where, planned in plan.cells.items():
        _write_cell(sheet, where, planned, looks)
    for column, width in enumerate(plan.widths):
        sheet.column_dimensions[cell_ref(column + 1, 1).rstrip("1")].width = width
    for row, height in plan.heights.items():
        sheet.row_dimensions[row].height = height
    for merged in plan.merges:
        sheet.merged_cells.add(merged)
    for validation in plan.validations:
        sheet.add_data_validation(_validation(validation))
    for highlight in plan.highlights:
        shape = highlights.setdefault(highlight.style, highlight_format(highlight.style))
        rule = Rule(type="expression", dxf=shape, formula=[highlight.condition])
        sheet.conditional_formatting.add(highlight.range, rule)
    for chart in plan.charts:
        add_chart(sheet, chart, {each.title: each for each in plans})
    _set_up(sheet, plan)


def _write_cell(sheet: Worksheet, where: str, planned: PlannedCell, looks: dict[_Look, StyleArray]) -> None:
    cell = sheet[where]
    content = planned.content
    if isinstance(content, Formula):
        cell.value = f"={content.text}"
    elif isinstance(content, str):
        cell.value = content
        cell.data_type = "s"  # a text that begins with = stays a text
    else:
        cell.value = content
    if planned.link:
        # a place in this workbook, not an outside address that mail filters take offence at
        target, _, ref = planned.link.partition("!")
        cell.hyperlink = Hyperlink(ref=where, location=f"'{target}'!{ref or 'A1'}")
    look = (planned.style, planned.number_format, bool(planned.link))
    if look in looks:
        cell._style = copy(looks[look])  # to set each part of it anew takes twenty times as long
    else:
        _style(cell, planned.style, planned.number_format)
        looks[look] = cell._style


def _style(cell: Cell, style: str, number_format: str) -> None:
    shape = cell_format(style)
    cell.font, cell.fill, cell.border = shape.font, shape.fill, shape.border
    cell.alignment, cell.protection = shape.alignment, shape.protection
    if number_format:
        cell.number_format = number_format


def _validation(plan: Validation) -> DataValidation:
    rule = DataValidation(allow_blank=True)
    if plan.choices:
        rule.type, rule.formula1 = "list", '"' + ",".join(plan.choices) + '"'
    elif plan.condition:
        rule.type, rule.formula1 = "custom", plan.condition
    rule.showInputMessage = rule.showErrorMessage = True
    rule.promptTitle, rule.prompt = plan.title[:_TITLE_MAX], plan.prompt[:_PROMPT_MAX]
    rule.errorTitle, rule.error = plan.title[:_TITLE_MAX], plan.error[:_PROMPT_MAX]
    rule.errorStyle = "stop" if plan.stops else "warning"
    rule.add(plan.ref)
    return rule


def _set_up(sheet: Worksheet, plan: SheetPlan) -> None:
    sheet.sheet_state = "veryHidden" if plan.hidden else "visible"
    sheet.sheet_view.showGridLines = sheet.print_options.gridLines = plan.grid
    sheet.freeze_panes = plan.freeze or None
    if plan.tab_colour:
        sheet.sheet_properties.tabColor = plan.tab_colour
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False  # people may widen a column
    sheet.protection.formatRows = False
    sheet.page_setup.orientation = "landscape" if plan.landscape else "portrait"
    sheet.page_setup.paperSize = 9  # A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 1 if plan.one_page else 0
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.3
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    sheet.page_margins.header = sheet.page_margins.footer = 0.2  # inches, like the others; else there is no room for it
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(text="&A　第 &P / &N 页"))
    if plan.printed:
        sheet.print_area = list(plan.printed)
    elif plan.last_printed_column:
        sheet.print_area = f"A1:{cell_ref(plan.last_printed_column, plan.last_printed_row or plan.last_row)}"
    if plan.repeat_rows:
        sheet.print_title_rows = plan.repeat_rows
