"""All sheets of a scheme's workbook."""

from __future__ import annotations

from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.model import Scheme
from xlkpi.workbook.plan import WorkbookPlan
from xlkpi.workbook.sheets import (
    assessment,
    dashboard,
    dealer,
    diagnosis,
    entry,
    goals,
    guide,
    indicators,
    marker,
    tables,
    workings,
)


def plan_workbook(scheme: Scheme, compiled: Compiled) -> WorkbookPlan:
    """The whole workbook of a scheme, sheets in the order in which people meet them; 说明 puts itself in front."""
    plan = WorkbookPlan(scheme, compiled)
    for sheet in (dashboard, entry, tables, assessment, indicators, goals, diagnosis, workings, dealer, marker, guide):
        sheet.add(plan)
    for planned in plan.sheets:
        planned.fit_rows()
    return plan
