"""A workbook of a few cells, to evaluate single formulas with the project's own engines."""

from __future__ import annotations

import io
from collections.abc import Mapping

from openpyxl import Workbook

from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent, Place
from xlkpi.workbook.layout import Layout, Role, Slot

SHEET = "S"


def book_and_layout(formulas: Mapping[str, str], inputs: Mapping[str, CellContent]) -> tuple[bytes, Layout]:
    """A workbook with these formulas (without the equals sign), and a layout in which `inputs` are input cells."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    for ref in inputs:
        sheet[ref] = None
        sheet[ref].number_format = "0"  # openpyxl omits an empty cell without a style
    for ref, text in formulas.items():
        sheet[ref] = f"={text}"
    buffer = io.BytesIO()
    book.save(buffer)
    slots = {ref: Slot(ref, Place(SHEET, ref), Role.ANSWER, ref) for ref in inputs}
    return buffer.getvalue(), Layout(
        "tiny", "1", slots, {Place(SHEET, r): f for r, f in formulas.items()}, {SHEET: frozenset()}, {}
    )


def evaluate(formula: str, inputs: Mapping[str, CellContent], engine: str = "formualizer") -> CellContent:
    """What a formula over the input cells gives."""
    data, layout = book_and_layout({"Z1": formula}, inputs)
    results = load_engine(engine, data, layout).evaluate({Place(SHEET, ref): value for ref, value in inputs.items()})
    return results[Place(SHEET, "Z1")]
