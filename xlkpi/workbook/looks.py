"""One look for every workbook: colours, fonts and borders by the names that the plans use, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FONT = "微软雅黑"

_INK, _BLUE, _RED, _ORANGE, _GREEN = "1F2937", "1F3864", "C00000", "9C5700", "006100"
_YELLOW, _SKY, _GREY, _PALE, _ROSE, _SAND, _MINT = "FFF2CC", "DDEBF7", "F2F2F2", "F8FAFC", "FFC7CE", "FFEB9C", "C6EFCE"

Horizontal = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Style:
    """A cell style in plain words."""

    fill: str = ""
    ink: str = _INK
    size: float = 10
    bold: bool = False
    across: Horizontal = "left"
    border: bool = True
    unlocked: bool = False
    wrap: bool = True
    shrinks: bool = False  # a number that is too wide is shown smaller, never as ####
    link: bool = False


WRAPPED = Style(size=11)
"""Wrapped text on a sheet that is added to somebody's workbook, in that workbook's own font."""

STYLES: dict[str, Style] = {
    "title": Style(ink=_BLUE, size=18, bold=True, across="center", border=False, wrap=False),
    "way_home": Style(ink="0563C1", size=9.5, border=False, wrap=False, link=True),
    "subtitle": Style(ink=_INK, size=11, across="center", border=False, wrap=False),
    "counter": Style(size=13, bold=True, across="center", border=False, wrap=False),
    "section": Style(ink=_BLUE, size=12, bold=True, border=False, wrap=False),
    "header": Style(fill=_BLUE, ink="FFFFFF", bold=True, across="center"),
    "tile_label": Style(fill="EEF2F8", ink="4B5563", across="center"),
    "tile": Style(fill="EEF2F8", ink=_BLUE, size=20, bold=True, across="center"),
    "bar": Style(ink=_RED, wrap=False),
    "band": Style(fill="DCE6F1", ink=_BLUE, bold=True),
    "label": Style(fill=_PALE, bold=True),
    "strong": Style(size=11, bold=True),
    "text": Style(),
    "note": Style(size=9, ink="4B5563"),
    "note_figure": Style(size=9, ink="4B5563", across="center"),
    "link": Style(ink="0563C1", link=True),
    "link_line": Style(ink="0563C1", across="center", wrap=False, link=True),
    "number": Style(across="center", ink="6B7280"),
    "centre": Style(across="center"),
    "item": Style(fill=_PALE, bold=True),
    "group": Style(fill=_PALE, bold=True, size=11, across="center"),
    "input": Style(fill=_YELLOW, bold=True, size=11, across="right", unlocked=True),
    "input_sample": Style(fill=_YELLOW),  # for the legend: Tab must not stop there
    "row_input": Style(border=False, unlocked=True, wrap=False),
    "remark": Style(fill=_YELLOW, size=9, unlocked=True),
    "inspection": Style(fill=_SKY, across="center"),
    "stamped": Style(fill=_GREY, across="right"),
    "computed": Style(fill=_GREY, across="right", wrap=False, shrinks=True),
    "check": Style(size=10, bold=True, across="center"),
    "told": Style(size=9, bold=True, across="center"),
    "clause": Style(),
    "points": Style(across="center"),
    "figure": Style(across="right", wrap=False, shrinks=True),
    "none": Style(fill="F7F7F7"),
    "outcome": Style(across="center"),
    "score": Style(bold=True, size=12, across="center"),
    "trace": Style(),
    "subtotal": Style(fill="E2E8F0", bold=True, across="center"),
    "subtotal_text": Style(fill="E2E8F0", bold=True),
    "total": Style(fill="CBD5E1", bold=True, size=11, across="right"),
    "total_value": Style(fill="CBD5E1", bold=True, size=13, across="center", ink=_BLUE),
    "total_text": Style(fill="CBD5E1", bold=True),
    "signature": Style(),
    # rows of a list that shows what holds: white until there is something, lined by the conditional format "shown"
    "shown_number": Style(across="center", ink="6B7280", border=False),
    "shown_item": Style(bold=True, border=False),
    "shown_text": Style(border=False),
    "shown_figure": Style(across="right", border=False, wrap=False, shrinks=True),
    "shown_note": Style(size=9, ink="4B5563", border=False),
    # conditional formats, and their samples in the legend
    "shown": Style(),
    "veto": Style(fill=_ROSE, ink=_RED, bold=True),
    "veto_cell": Style(fill=_ROSE, ink=_RED, bold=True, across="center"),
    "open": Style(fill=_SAND, ink=_ORANGE, bold=True),
    "good": Style(fill=_MINT, ink=_GREEN, bold=True),
    "red_light": Style(fill="E05252", ink="FFFFFF", bold=True, across="center"),
    "yellow_light": Style(fill="F2C037", bold=True, across="center"),
    "green_light": Style(fill="4CAF50", ink="FFFFFF", bold=True, across="center"),
}
