"""Charts of a plan, made with openpyxl. One palette; no chart needs a colour to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.chart import BarChart, DoughnutChart, LineChart, Reference
from openpyxl.chart.data_source import AxDataSource, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.utils.cell import coordinate_to_tuple, rows_from_range
from openpyxl.worksheet.worksheet import Worksheet

from xlkpi.workbook.plan import ChartPlan, PlannedCell, SheetPlan

_PALETTE = ("1F3864", "ED7D31", "A5A5A5", "4472C4")
_GAUGE = ("1F3864", "D9D9D9", "FFFFFF")


def add_chart(sheet: Worksheet, plan: ChartPlan, sheets: Mapping[str, SheetPlan]) -> None:
    """Put a chart onto its sheet. Its words are kept in it; its figures are stamped beside the references."""
    chart = _gauge() if plan.kind == "gauge" else LineChart() if plan.kind == "line" else _bars(plan.kind)
    for area in plan.series:
        chart.add_data(Reference(range_string=f"'{plan.sheet}'!{area}"), titles_from_data=True)
    words = sheets[plan.sheet].cells
    for series, area in zip(chart.series, plan.series, strict=True):
        series.tx.strRef.strCache = _words(words, [area.split(":")[0].replace("$", "")])
        # as texts: programs number the categories of a numRef 1, 2, 3
        cells = [where for row in rows_from_range(plan.categories.replace("$", "")) for where in row]
        series.cat = AxDataSource(strRef=StrRef(f=f"'{plan.sheet}'!{plan.categories}", strCache=_words(words, cells)))
    chart.title = plan.title
    chart.title.overlay = False  # type: ignore[union-attr]  # a title that does not say so lies over the bars in Excel
    chart.roundedCorners = False
    chart.varyColors = isinstance(chart, DoughnutChart)
    if isinstance(chart, DoughnutChart):
        _colour_gauge(chart)
    else:
        _style_axes(chart, plan)
    (top, left), (bottom, right) = map(coordinate_to_tuple, plan.area.split(":"))
    # tied to the cells at both corners: how wide a column is differs from program to program
    start, end = AnchorMarker(col=left - 1, row=top - 1), AnchorMarker(col=right, row=bottom)
    chart.anchor = TwoCellAnchor(_from=start, to=end)  # type: ignore[assignment]  # the stubs know only a reference
    sheet.add_chart(chart)


def _bars(kind: str) -> BarChart:
    chart = BarChart()
    chart.type = "bar" if kind == "bars" else "col"
    chart.gapWidth = 60
    return chart


def _gauge() -> DoughnutChart:
    """Half a ring: what was scored, what was not, and an unseen half below."""
    chart = DoughnutChart(holeSize=60, firstSliceAng=270)
    chart.legend = None
    return chart


def _colour_gauge(chart: DoughnutChart) -> None:
    for index, colour in enumerate(_GAUGE):
        point = DataPoint(idx=index)
        point.graphicalProperties.solidFill = colour
        point.graphicalProperties.line.solidFill = "FFFFFF"
        chart.series[0].dPt.append(point)


def _style_axes(chart: BarChart | LineChart, plan: ChartPlan) -> None:
    for series, colour in zip(chart.series, _PALETTE, strict=False):
        series.graphicalProperties.solidFill = colour
        series.graphicalProperties.line.solidFill = colour
        if isinstance(chart, LineChart):
            series.smooth = False
            series.marker.symbol = "circle"
            series.marker.size = 6
    chart.y_axis.number_format = plan.shape
    chart.y_axis.majorGridlines = None if plan.kind == "bars" else chart.y_axis.majorGridlines
    chart.x_axis.delete = chart.y_axis.delete = False  # newer programs hide axes that do not say so
    if plan.kind == "bars":
        chart.x_axis.scaling.orientation = "maxMin"  # first row on top, as in the table
        chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
        chart.dataLabels.numFmt = plan.shape
    if len(chart.series) == 1:
        chart.legend = None
    elif chart.legend is not None:
        chart.legend.position, chart.legend.overlay = "b", False


def _words(cells: Mapping[str, PlannedCell], places: Sequence[str]) -> StrData:
    """The texts of cells, for programs that show a chart without reading the cells anew."""
    texts = [cells[place].content for place in places]
    return StrData(
        len(texts), [StrVal(idx=at, v=text) for at, text in enumerate(texts) if isinstance(text, str) and text]
    )
