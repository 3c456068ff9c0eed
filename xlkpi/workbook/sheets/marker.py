"""The hidden sheet with the identity marker; the same words stand in a document property and a constant name."""

from __future__ import annotations

from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan

TITLE = "_xlkpi"
MARKER_CELL = "_xlkpi_cell"
MARKER_PROPERTY = "xlkpi"  # the document property that says whose workbook it is
MARKER_NAME = "_xlkpi"  # the constant name with the same words
MARKER_BLANK = "xlkpi-marker-of-the-dealer"  # stands in the master where stamping puts a dealer's marker


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    sheet = plan.sheet(SheetPlan(TITLE, widths=(60,), hidden=True))
    where = sheet.put(1, 1, None, "stamped")
    plan.slot(sheet, where, MARKER_CELL, Role.IDENTITY)
