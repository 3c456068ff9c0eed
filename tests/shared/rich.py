"""A workbook with everything that a library would lose: macros, buttons, controls, charts, sparklines, x14 rules."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
import xlwings

from shared.packages import replaced

SHEET, OTHER = "数据 录入", "It's 分析"
PERSON = "王工"
SAID = "这个数我核对过"
_CONTROL = (
    '<formControlPr xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" objectType="CheckBox" '
    'checked="Checked" lockText="1" noThreeD="1"/>'
)
_CONTROLS = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice '
    'Requires="x14" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><controls>'
    '<mc:AlternateContent><mc:Choice Requires="x14"><control shapeId="1030" r:id="rId90" name="Check Box 6">'
    '<controlPr defaultSize="0" autoFill="0" autoLine="0" autoPict="0"><anchor moveWithCells="1"><from><xdr:col '
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing">8</xdr:col></from></anchor>'
    "</controlPr></control></mc:Choice></mc:AlternateContent></controls></mc:Choice></mc:AlternateContent>"
)


def rich_workbook() -> bytes:
    """An .xlsm of two sheets: on the first a button, a form control, comments, a chart, sparklines, x14 data bars, icon
    sets, validation, rich text and formulas with values; the second has a table and no comments."""
    with TemporaryDirectory() as folder:
        template = Path(xlwings.__file__).with_name("quickstart_standalone.xlsm")
        macros = Path(folder) / "vbaProject.bin"
        macros.write_bytes(zipfile.ZipFile(template).read("xl/vbaProject.bin"))
        path = Path(folder) / "rich.xlsm"
        with xlsxwriter.Workbook(path) as book:
            book.add_vba_project(str(macros))
            book.set_vba_name("ThisWorkbook")
            _first(book)
            _second(book)
        data = path.read_bytes()
    return _with_control(data)


def _first(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet(SHEET)
    sheet.set_vba_name("Sheet1")
    bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red"})
    money = book.add_format({"num_format": "#,##0.00", "bg_color": "#FFF2CC", "border": 1})
    sheet.set_column("A:A", 18)
    sheet.set_column("D:D", 9, money)
    sheet.set_row(30, 24, bold)
    for row in range(40):
        sheet.write_string(row, 0, f"项目 {row + 1}")
        sheet.write_number(row, 1, 100 + row * 3.25, money)
        sheet.write_formula(row, 2, f"=B{row + 1}*2", None, 200 + row * 6.5)
    sheet.write_rich_string("A41", "部分", red, "红字", "文本")
    sheet.write_comment("B3", SAID, {"author": PERSON, "visible": True})
    sheet.write_comment("B4", "第二条", {"author": PERSON})
    sheet.insert_button("F2", {"macro": "SampleCall", "caption": "校验", "width": 80, "height": 24})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"='{SHEET}'!$B$1:$B$12", "data_labels": {"value": True}})
    chart.set_style(37)
    sheet.insert_chart("H2", chart)
    sheet.add_sparkline("E1", {"range": f"'{SHEET}'!B1:B12", "type": "column", "markers": True})
    sheet.conditional_format("B1:B20", {"type": "data_bar", "data_bar_2010": True, "bar_solid": True})
    sheet.conditional_format("C1:C20", {"type": "icon_set", "icon_style": "3_arrows"})
    sheet.data_validation("D1:D20", {"validate": "list", "source": ["是", "否"]})
    sheet.protect("", {"objects": True})


def _second(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet(OTHER)
    sheet.set_vba_name("Sheet2")
    sheet.add_table(
        "A1:B4", {"data": [["甲", 1], ["乙", 2], ["丙", 3]], "columns": [{"header": "名"}, {"header": "数"}]}
    )


def _with_control(data: bytes) -> bytes:
    """A form control as Excel writes it, which XlsxWriter cannot: ctrlProp part, relation, `<controls>`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        relations = archive.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
        types = archive.read("[Content_Types].xml").decode()
    sheet, count = re.subn(r"(<legacyDrawing [^>]*/>)", rf"\1{_CONTROLS}", sheet)
    assert count == 1
    relation = (
        '<Relationship Id="rId90" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/ctrlProp" '
        'Target="../ctrlProps/ctrlProp1.xml"/></Relationships>'
    )
    kind = "application/vnd.ms-excel.controlproperties+xml"
    override = f'<Override PartName="/xl/ctrlProps/ctrlProp1.xml" ContentType="{kind}"/>'
    return replaced(
        data,
        {
            "xl/worksheets/sheet1.xml": sheet.encode(),
            "xl/worksheets/_rels/sheet1.xml.rels": relations.replace("</Relationships>", relation).encode(),
            "[Content_Types].xml": types.replace("</Types>", f"{override}</Types>").encode(),
            "xl/ctrlProps/ctrlProp1.xml": _CONTROL.encode(),
        },
    )
