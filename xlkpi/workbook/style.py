"""The look of `looks` as openpyxl wants it."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle

from xlkpi.values import Place
from xlkpi.workbook.looks import FONT, STYLES

_LINE = Side(style="thin", color="BFC5CE")


@dataclass(frozen=True, slots=True)
class CellFormat:
    """The openpyxl objects of a style."""

    font: Font
    fill: PatternFill
    border: Border
    alignment: Alignment
    protection: Protection


def cell_format(name: str) -> CellFormat:
    """The style as openpyxl wants it. Raises KeyError for a name that is not in the table."""
    style = STYLES[name]
    side = _LINE if style.border else None
    return CellFormat(
        font=Font(
            name=FONT, size=style.size, bold=style.bold, color=style.ink, underline="single" if style.link else None
        ),
        fill=PatternFill("solid", fgColor=style.fill) if style.fill else PatternFill(),
        border=Border(left=side, right=side, top=side, bottom=side) if side else Border(),
        # a little air beside the line, except where the text is in the middle anyway
        alignment=Alignment(
            horizontal=style.across,
            vertical="center",
            wrap_text=style.wrap,
            shrink_to_fit=style.shrinks,
            indent=0 if style.across == "center" else 1,
        ),
        protection=Protection(locked=not style.unlocked),
    )


def colours(book: bytes, places: Collection[Place]) -> dict[Place, str]:
    """The background of cells in a workbook of our own, as #RRGGBB; "" where there is none."""
    sheets = load_workbook(io.BytesIO(book))
    fills = {place: sheets[place.sheet][place.ref].fill for place in places if place.sheet in sheets.sheetnames}
    return {place: f"#{fill.fgColor.rgb[-6:]}" if fill.fill_type == "solid" else "" for place, fill in fills.items()}


def highlight_format(name: str) -> DifferentialStyle:
    """The style as a conditional format's."""
    style = STYLES[name]
    if not style.fill:  # lines around what the cell looks like anyway
        return DifferentialStyle(border=cell_format(name).border)
    return DifferentialStyle(
        font=Font(color=style.ink, bold=style.bold), fill=PatternFill("solid", bgColor=style.fill, fgColor=style.fill)
    )
